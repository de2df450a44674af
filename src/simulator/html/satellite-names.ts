/** Between node numbers and the names that people use. */
import type { SatelliteName } from '../../processors/contract.js';

/** How satellites of one run are named. */
export class SatelliteNames {
  /** Undefined where node numbers are all there is. */
  constructor(readonly satellitesPerPlane: number | undefined) {}

  /** `[sat, orb]`, or the number. */
  label(node: number): string {
    if (this.satellitesPerPlane === undefined) return String(node);
    const [sat, orb] = this.place(node);
    return `[${sat}, ${orb}]`;
  }

  /** Position in the plane and plane, both from 1. */
  place(node: number): [sat: number, orb: number] {
    const size = this.satellitesPerPlane ?? 1;
    return [((node - 1) % size) + 1, Math.floor((node - 1) / size) + 1];
  }

  /** The node number of a name. */
  node(name: SatelliteName): number {
    return typeof name === 'number' ? name : (name[1] - 1) * (this.satellitesPerPlane ?? 1) + name[0];
  }
}
