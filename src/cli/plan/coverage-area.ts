/** Areas on a command line: boxes, circles and polygons in degrees, and GeoJSON files. Several make one area together. */
import type { Command } from 'commander';
import { UsageError } from '../../base/errors.js';
import { type EarthArea, type GeographicPoint, readGeoJson, shapeOf } from '../../orbit/index.js';
import { readSource } from '../input-source.js';
import type { Io } from '../io.js';
import { count } from '../style.js';

/** The most bytes of a GeoJSON file: the coasts of all countries in fair detail. */
const MAX_GEOJSON_BYTES = 64 * 1024 * 1024;

/** Options that give areas. */
export interface AreaFlags {
  readonly box?: readonly string[];
  readonly circle?: readonly string[];
  readonly polygon?: readonly string[];
  readonly geojson?: readonly string[];
}

/** Adds the options. */
export function addAreaOptions(command: Command): Command {
  const list = (value: string, before: string[] | undefined) => [...(before ?? []), value];
  return command
    .option('--box <s,w,n,e>', 'a box: south, west, north and east in degrees; west > east crosses 180', list)
    .option('--circle <lat,lon,km>', 'a circle: its middle in degrees, its radius along the ground in km', list)
    .option('--polygon <corners...>', 'a polygon: LAT,LON of each corner, in order; in quotes where one is negative')
    .option('--geojson <file>', 'the polygons of a GeoJSON file, where positions are [longitude, latitude]', list);
}

/** All areas that the options give. Throws a UsageError where there is none, and for one that does not exist. */
export async function readAreas(flags: AreaFlags, io: Io): Promise<EarthArea[]> {
  const areas: EarthArea[] = [];
  for (const text of flags.box ?? []) {
    const [south, west, north, east] = numbersOf('--box', text, 4, 'SOUTH,WEST,NORTH,EAST');
    add(areas, { kind: 'box', latitudeDeg: [south!, north!], longitudeDeg: [west!, east!] }, '--box', text);
  }
  for (const text of flags.circle ?? []) {
    const [latitudeDeg, longitudeDeg, radiusKm] = numbersOf('--circle', text, 3, 'LATITUDE,LONGITUDE,KM');
    const circle = { latitudeDeg: latitudeDeg!, longitudeDeg: longitudeDeg!, radiusKm: radiusKm! };
    add(areas, { kind: 'circle', ...circle }, '--circle', text);
  }
  if (flags.polygon !== undefined) {
    const text = flags.polygon.join(' ');
    const ring: GeographicPoint[] = text
      .trim()
      .split(/\s+/)
      .map((corner) => {
        const [latitudeDeg, longitudeDeg] = numbersOf('--polygon', corner, 2, 'LATITUDE,LONGITUDE of each corner');
        return { latitudeDeg: latitudeDeg!, longitudeDeg: longitudeDeg! };
      });
    add(areas, { kind: 'polygon', polygons: [[ring]] }, '--polygon', text);
  }
  for (const file of flags.geojson ?? []) {
    const { name, bytes } = await readSource(file, MAX_GEOJSON_BYTES, io, 'GeoJSON');
    const { area, passedOver } = readGeoJson(Buffer.from(bytes).toString('utf8'), name);
    if (passedOver > 0) io.err(`leodtn: ${name}: ${count(passedOver)} geometries that are no areas are passed over\n`);
    areas.push(area);
  }
  if (areas.length === 0) {
    throw new UsageError('no-area', 'no area; expected --box, --circle, --polygon or --geojson');
  }
  return areas;
}

function add(areas: EarthArea[], area: EarthArea, option: string, text: string): void {
  try {
    shapeOf(area);
  } catch (thrown) {
    if (thrown instanceof UsageError) throw new UsageError(thrown.code, `${option} ${text}: ${thrown.message}`);
    throw thrown;
  }
  areas.push(area);
}

function numbersOf(option: string, text: string, length: number, expected: string): number[] {
  const parts = text.split(',').map((part) => part.trim());
  const areNumbers = parts.every((part) => /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(part));
  if (parts.length === length && areNumbers) return parts.map(Number);
  throw new UsageError('bad-area', `${option} ${text}: expected ${expected} as numbers with commas between them`);
}
