/** Constellations from the values that a file would hold. */
import {
  type Constellation,
  type GeneratedPlan,
  generatePlan,
  parseConstellationForm,
  resolveConstellation,
} from '../../src/constellation/index.js';

/** A small star whose planes always see their neighbours. */
export const SHELL = {
  name: 'a',
  pattern: 'star',
  planes: 4,
  satellitesPerPlane: 9,
  phasing: 1,
  altitudeKm: 1000,
  inclinationDeg: 86,
};

/** Two places far apart. */
export const STATIONS = [
  { name: 'kiruna', latitudeDeg: 67.857, longitudeDeg: 20.964 },
  { name: 'quito', latitudeDeg: -0.2, longitudeDeg: -78.5, minElevationDeg: 20 },
];

/** The constellation that a file with these fields says. */
export function constellationOf(fields: object): Constellation {
  return resolveConstellation(parseConstellationForm({ shells: [SHELL], ...fields }));
}

/** Its plan. */
export function planOf(fields: object): GeneratedPlan {
  return generatePlan(constellationOf(fields));
}
