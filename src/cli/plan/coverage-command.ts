/** `leodtn plan coverage`: which satellites cover an area, from when to when. */
import { type Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../../base/errors.js';
import { secondsToUs, US_PER_SECOND } from '../../base/time.js';
import { loadConstellation } from '../../constellation/constellation-file.node.js';
import {
  type CoverageOptions,
  type CoveragePass,
  coverageTotals,
  coverageWindows,
  type Ephemeris,
  latestElements,
  latestEpochUnixUs,
  type MeanElements,
  positionsEndUs,
  readOmm,
  readTle,
  Sgp4Orbit,
  shapeOf,
  unionOf,
} from '../../orbit/index.js';
import { formatIsoTime } from '../../plans/index.js';
import { readSource } from '../input-source.js';
import type { Io } from '../io.js';
import { writeFile, writeLines } from '../output.js';
import { STATUS_OK, type StatusCell } from '../status.js';
import { plural, printable } from '../style.js';
import { type AreaFlags, addAreaOptions, readAreas } from './coverage-area.js';
import { type Coverage, type CoveringSatellite, coverageJson, coverageLines } from './coverage-report.js';
import { coverageSvg } from './coverage-svg.js';
import { ageRemark } from './elements-age.js';
import { axisTime, dateOf } from './time.js';

/** The most bytes of a file of elements: several times the whole public catalogue in its longest form. */
const MAX_ELEMENT_BYTES = 256 * 1024 * 1024;

/** How long is looked at where only elements are given: a day. */
const DEFAULT_SPAN_US = 86_400 * US_PER_SECOND;

/** Remarks of one kind that standard error tells one by one. */
const TOLD_REMARKS = 10;

interface CoverageFlags extends AreaFlags {
  readonly tle?: readonly string[];
  readonly omm?: readonly string[];
  readonly swath?: number;
  readonly minElevation?: number;
  readonly from?: string;
  readonly until?: string;
  readonly epoch?: string;
  readonly step: number;
  readonly json?: boolean;
  readonly svg?: string;
}

/** Adds the command to the group. */
export function addCoverageCommand(group: Command, io: Io, cell: StatusCell): void {
  const list = (value: string, before: string[] | undefined) => [...(before ?? []), value];
  const command = group
    .command('coverage')
    .description('tell which satellites cover an area of the Earth, from when to when')
    .argument('[constellation]', 'constellation file (YAML); before the options, or with --tle or --omm instead')
    .option('--tle <file>', 'satellites by two-line elements; - is standard input; may be repeated', list)
    .option('--omm <file>', 'satellites by orbit mean-elements messages: JSON, CSV, XML or KVN', list);
  addAreaOptions(command)
    .option('--swath <km>', 'cover what is within half of this of the point below, not only that point', atLeast(0))
    .option(
      '--min-elevation <degrees>',
      'cover what sees the satellite at least this high above its horizon',
      atLeast(0),
    )
    .option('--from <time>', 'look from then on: seconds, or a date with a zone', '0')
    .option('--until <time>', 'look up to then; by default the horizon of the constellation, or a day')
    .option('--epoch <date>', 'the date of time 0; by default that of the latest elements')
    .option('--step <seconds>', 'passes that are longer are never missed', atLeast(0.001), 1)
    .option('--json', 'print one JSON object and nothing else')
    .option('--svg <file>', 'draw a timeline and a map into an SVG file')
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn plan coverage scenarios/constellations/iridium-like.yaml --circle 48.1,11.6,500
  $ leodtn plan coverage --tle stations.tle --box 35,-10,60,30 --until 86400 --svg europe.svg
  $ leodtn plan coverage --omm active.json --geojson lake.geojson --swath 200 --epoch 2026-06-15T00:00:00Z --json
  $ leodtn plan coverage --tle stations.tle --polygon '-17,177 -17,-179 -19,-179 -19,177' --min-elevation 10

A satellite covers an area while the point below it is in it. With --swath or --min-elevation it does while any of the area is within
reach. Edges of polygons are straight in latitude and longitude and take the shorter way around. Latitudes are geodetic (WGS-84)
for satellites by elements, those of a sphere for shells. Several areas count as one. Starts are late and ends early by up to 1 ms.
Exit status: 0 searched, be it without a pass, 2 a wrong command or file.
`,
    )
    .action(async (file: string | undefined, flags: CoverageFlags) => {
      if (flags.svg === '-' || flags.svg === '') throw new UsageError('svg-not-writable', '--svg: expected a file');
      await coverage(file, flags, io);
      cell.status = STATUS_OK;
    });
}

function atLeast(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value < Infinity) return value;
    throw new InvalidArgumentError(`Expected a number of at least ${least}.`);
  };
}

async function coverage(file: string | undefined, flags: CoverageFlags, io: Io): Promise<void> {
  const areas = await readAreas(flags, io);
  const source = await readSatellites(file, flags, io);
  const fromUs = axisTime('--from', flags.from ?? '0', source.epochUnixUs);
  const untilUs =
    flags.until === undefined ? fromUs + source.spanUs : axisTime('--until', flags.until, source.epochUnixUs);
  if (untilUs <= fromUs) {
    throw new UsageError('bad-time', `--until ${flags.until}: not after --from ${flags.from}; expected a later time`);
  }
  const options = {
    fromUs,
    untilUs,
    swathKm: flags.swath,
    minElevationDeg: flags.minElevation,
    stepUs: secondsToUs(flags.step),
  };
  const remarks: string[] = [];
  const passes = passesOf(source.satellites, unionOf(areas.map(shapeOf)), options, source, remarks);
  for (const remark of remarks.slice(0, TOLD_REMARKS)) io.err(`leodtn: ${printable(remark)}\n`);
  if (remarks.length > TOLD_REMARKS) io.err(`leodtn: ${remarks.length - TOLD_REMARKS} more like these\n`);
  const result: Coverage = {
    ...source,
    areas,
    ...options,
    passes,
    totals: coverageTotals(passes, fromUs, untilUs),
    remarks,
  };
  if (flags.svg !== undefined) writeFile(flags.svg, Buffer.from(coverageSvg(result)), '--svg');
  if (flags.json === true) io.out(`${JSON.stringify(coverageJson(result))}\n`);
  else await writeLines(coverageLines(result, flags.svg), io);
}

/** Where satellites come from. */
interface SatelliteSource {
  readonly title: string;
  readonly satellites: readonly CoveringSatellite[];
  readonly epochUnixUs: number | undefined;
  /** How long to look where nothing else is said. */
  readonly spanUs: number;
}

async function readSatellites(file: string | undefined, flags: CoverageFlags, io: Io): Promise<SatelliteSource> {
  const files = [...(flags.tle ?? []), ...(flags.omm ?? [])];
  if (file !== undefined && files.length > 0) {
    throw new UsageError('arguments', `found ${file} beside --tle or --omm; expected one of them`);
  }
  const epoch = flags.epoch === undefined ? undefined : dateOf('--epoch', flags.epoch);
  if (file !== undefined) return readConstellation(file, epoch);
  if (files.length === 0)
    throw new UsageError('arguments', 'no satellites; expected a constellation file, --tle or --omm');
  const sets: MeanElements[] = [];
  for (const name of flags.tle ?? []) sets.push(...(await readElements(name, readTle, io)));
  for (const name of flags.omm ?? []) sets.push(...(await readElements(name, readOmm, io)));
  const latest = latestElements(sets);
  if (latest.length < sets.length) {
    io.err(`leodtn: of ${plural(sets.length - latest.length, 'older set')} of elements later ones are used\n`);
  }
  const epochUnixUs = epoch ?? latestEpochUnixUs(latest);
  const satellites = latest.map((elements, i) => ({
    name: elements.name === '' ? `#${elements.catalogueNumber}` : elements.name,
    node: i + 1,
    catalogueNumber: elements.catalogueNumber,
    ephemeris: new Sgp4Orbit(elements, epochUnixUs, 'greenwich'),
  }));
  return { title: files.join(', '), satellites, epochUnixUs, spanUs: DEFAULT_SPAN_US };
}

async function readConstellation(file: string, epoch: number | undefined): Promise<SatelliteSource> {
  const set = epoch === undefined ? [] : [`epoch="${formatIsoTime(epoch)}"`];
  const { name, groups, horizonUs, epochUnixUs } = await loadConstellation(file, { set });
  const satellites = groups.flatMap(({ names, firstNode, ephemerides }) =>
    ephemerides.map((ephemeris, i) => ({
      name: names[i]!,
      node: firstNode + i,
      catalogueNumber: ephemeris instanceof Sgp4Orbit ? ephemeris.elements.catalogueNumber : undefined,
      ephemeris,
    })),
  );
  return { title: name, satellites, epochUnixUs: epochUnixUs ?? epoch, spanUs: horizonUs };
}

async function readElements(
  file: string,
  read: (text: string, file: string) => MeanElements[],
  io: Io,
): Promise<MeanElements[]> {
  const { name, bytes } = await readSource(file, MAX_ELEMENT_BYTES, io, 'elements of satellites');
  return read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'), name);
}

/** All passes by start, then satellite; what is wrong with satellites goes to `remarks`. */
function passesOf(
  satellites: readonly CoveringSatellite[],
  shape: ReturnType<typeof unionOf>,
  options: CoverageOptions,
  { epochUnixUs }: SatelliteSource,
  remarks: string[],
): CoveragePass[] {
  const passes: CoveragePass[] = [];
  satellites.forEach(({ name, ephemeris }, satellite) => {
    const untilUs = usableUntilUs(name, ephemeris, options, remarks);
    const figure = ephemeris instanceof Sgp4Orbit ? 'wgs84' : 'sphere';
    for (const window of coverageWindows(ephemeris, shape, { ...options, untilUs, figure })) {
      passes.push({ satellite, ...window });
    }
  });
  const age = ageRemark(
    satellites.map(({ ephemeris }) => ephemeris),
    epochUnixUs,
    options.untilUs,
  );
  if (age !== undefined) remarks.unshift(age);
  return passes.sort((a, b) => a.startUs - b.startUs || a.satellite - b.satellite);
}

function usableUntilUs(
  name: string,
  ephemeris: Ephemeris,
  { fromUs, untilUs }: CoverageOptions,
  remarks: string[],
): number {
  if (!(ephemeris instanceof Sgp4Orbit)) return untilUs;
  const endUs = positionsEndUs(ephemeris, fromUs, untilUs);
  if (endUs === untilUs) return untilUs;
  const problem = ephemeris.faultAt(Math.min(untilUs, endUs + US_PER_SECOND)) ?? 'has no position';
  const when = endUs === fromUs ? 'at the start' : `after ${Math.round(endUs / US_PER_SECOND)} s`;
  remarks.push(`${name} (${ephemeris.elements.catalogueNumber}) ${problem}, ${when}: left out from then on`);
  return endUs;
}
