/** How a scenario file names satellites, and the node numbers that it means. */
import { type FieldPath, FieldProblem, inWords } from '../documents/problem.js';
import type { SatelliteForm } from './scenario-schema.js';

/** How satellites are named in this scenario. */
export interface Naming {
  /** Undefined where satellites have node numbers only. */
  readonly satellitesPerPlane: number | undefined;
  /** Undefined where a plan file says which satellites there are. */
  readonly planes: number | undefined;
}

/** The node number of a satellite, checked against the constellation. */
export function nodeOf(satellite: SatelliteForm | readonly number[], path: FieldPath, naming: Naming): number {
  const { planes, satellitesPerPlane } = naming;
  const outside = (expected: string) => new FieldProblem(path, `found ${inWords(satellite)}; expected ${expected}`);
  if (typeof satellite === 'number') {
    const count = planes === undefined || satellitesPerPlane === undefined ? undefined : planes * satellitesPerPlane;
    if (count !== undefined && satellite > count) throw outside(`a node number from 1 to ${count}, or [sat, orb]`);
    return satellite;
  }
  if (satellitesPerPlane === undefined) throw outside('a node number, since the plan gives no satellitesPerPlane');
  const [sat, orb] = satellite as [number, number];
  if (sat > satellitesPerPlane || (planes !== undefined && orb > planes)) {
    const orbs = planes === undefined ? '' : ` and orb from 1 to ${planes}`;
    throw outside(`[sat, orb] with sat from 1 to ${satellitesPerPlane}${orbs}`);
  }
  return (orb - 1) * satellitesPerPlane + sat;
}
