/** Files of elements and of areas: two-line elements, OMM in its forms, GeoJSON. Users have them from elsewhere. */
import { InputFileError } from '../src/base/errors.js';
import type { Random } from '../src/base/random.js';
import { type MeanElements, readGeoJson, readOmm, readTle, Sgp4Orbit, shapeOf } from '../src/orbit/index.js';
import { pick } from './draw.js';
import { expect, type Tally, type Target } from './target.js';

const TLE_LINES = [
  '1 00005U 58002B   00179.78495062  .00000023  00000-0  28098-4 0  4753',
  '2 00005  34.2682 348.7242 1859667 331.7664  19.3264 10.82419157413667',
] as const;

const FIELDS: readonly (readonly [field: string, value: string])[] = [
  ['OBJECT_NAME', 'ISS (ZARYA)'],
  ['OBJECT_ID', '1998-067A'],
  ['EPOCH', '2026-06-15T12:00:00.123456'],
  ['MEAN_MOTION', '15.49560532'],
  ['ECCENTRICITY', '0.0006317'],
  ['INCLINATION', '51.64'],
  ['RA_OF_ASC_NODE', '208.9163'],
  ['ARG_OF_PERICENTER', '69.9862'],
  ['MEAN_ANOMALY', '25.2906'],
  ['NORAD_CAT_ID', '25544'],
  ['BSTAR', '1.027e-4'],
];

/** Valid texts, which the fuzzer then changes. */
const TEXTS: readonly ((random: Random) => string)[] = [
  (random) => `${pick(random, ['', 'NAME\n', '0 NAME\r\n'])}${TLE_LINES.join('\n')}\n`,
  () => JSON.stringify([Object.fromEntries(FIELDS)]),
  () => `${FIELDS.map(([field]) => field).join(',')}\n${FIELDS.map(([, value]) => value).join(',')}\n`,
  () => `CCSDS_OMM_VERS = 3.0\n${FIELDS.map(([field, value]) => `${field} = ${value}`).join('\n')}\n`,
  () => `<ndm><omm>${FIELDS.map(([field, value]) => `<${field}>${value}</${field}>`).join('')}</omm></ndm>`,
  (random) => {
    const position = () => [random.below(361) - 180, random.below(181) - 90];
    const ring = () => Array.from({ length: 3 + random.below(6) }, position);
    const polygon = { type: 'Polygon', coordinates: [ring(), ring()] };
    return JSON.stringify(pick(random, [polygon, { type: 'Feature', geometry: polygon }]));
  },
];

/** Reads a text as each kind of file. */
export const elementsTarget: Target = {
  name: 'elements',
  // A text is read in three ways, and a short one can stand for an edge that takes some hundred arcs.
  passes: 40,
  draw: (random) => Uint8Array.from(pick(random, TEXTS)(random), (character) => character.charCodeAt(0)),
  run(input, tally) {
    let text = '';
    for (const byte of input) text += String.fromCharCode(byte);
    const sets = [
      ...(read('tle', () => readTle(text, 'a'), tally) ?? []),
      ...(read('omm', () => readOmm(text, 'a'), tally) ?? []),
    ];
    for (const elements of sets.slice(0, 2)) checkElements(elements, tally);
    const found = read('geojson', () => readGeoJson(text, 'a'), tally);
    if (found === undefined) return;
    const shape = shapeOf(found.area);
    for (const [latitude, longitude] of [
      [0, 0],
      [90, 0],
      [-90, 180],
      [45.5, -179.9],
    ] as const) {
      const distance = shape.distanceRad(latitude, longitude);
      expect(Math.abs(distance) <= Math.PI, 'a distance on the sphere is none');
      if (distance > 1e-9) expect(!shape.contains(latitude, longitude), 'a point away from an area is in it');
      if (distance < -1e-9) expect(shape.contains(latitude, longitude), 'a point inside of an area is not in it');
    }
  },
};

/** Undefined where the text is refused as it should be. */
function read<T>(name: string, reader: () => T, tally: Tally): T | undefined {
  try {
    const value = reader();
    tally.count(`${name} read`);
    return value;
  } catch (thrown) {
    if (!(thrown instanceof InputFileError)) throw thrown;
    tally.count(`${name} refused`);
    tally.see(
      `${name} ${thrown.position.field?.replace(/\d+/g, '')} ${thrown.problem.replace(/"[^"]*"|\d+/g, '').slice(0, 40)}`,
    );
    return undefined;
  }
}

/** There is a position, or a reason why not. */
function checkElements(elements: MeanElements, tally: Tally): void {
  const orbit = new Sgp4Orbit(elements, elements.epochUnixUs);
  for (const atUs of [0, 3_600e6, -86_400e6]) {
    const hasPosition = orbit.positionKm(atUs).every(Number.isFinite);
    const fault = orbit.faultAt(atUs);
    expect(hasPosition === (fault === undefined), 'neither a position nor a reason, or both');
    tally.count(fault === undefined ? 'positions' : `satellite ${fault.slice(0, 20)}`);
  }
}
