/** Constellation vectors; planes and slots in them count from 0. */
import { readFileSync } from 'node:fs';
import type { WalkerShell } from '../../src/orbit/index.js';

/** A file of test/vectors/orbit. */
export function orbitVector<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../vectors/orbit/${name}.json`, import.meta.url), 'utf8')) as T;
}

/** The Iridium shell of the vectors: 66/6/2 star. */
export const IRIDIUM: WalkerShell = {
  pattern: 'star',
  planes: 6,
  satellitesPerPlane: 11,
  phasing: 2,
  altitudeKm: 780,
  inclinationDeg: 86.4,
};

/** Distance of two points, km. */
export function distanceKm(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((value, i) => value - (b[i] as number)));
}
