import type { Random } from '../base/random.js';
import type { AreaOfInterest } from './job.js';

/** What the planner knows of the constellation at the LOS satellite. Times are microseconds of the monotonic clock. */
export interface PlanningContext {
  /** The satellite that plans, and to which the result goes. */
  readonly los: number;
  /** Satellites over the area then, in an order that is the same every time. */
  satellitesInArea(area: AreaOfInterest, atUs: number): readonly number[];
  /** Earliest arrivals at all nodes of a message of that size that leaves `from` at `atUs`. */
  arrivals(from: number, atUs: number, sizeBytes: number): ArrivalTree;
  /** Drawn from by the allocator `random` alone. */
  readonly random: Random;
  /** The collector sends past the mappers. */
  readonly skipsMap: boolean;
  /** All satellites of the constellation: the candidates for the reducer. */
  readonly allNodes: readonly number[];
}

/** Earliest arrivals from one node. */
export interface ArrivalTree {
  /** When the message is at the node, or Infinity; at the node that it leaves from, when it leaves. */
  arrivalUs(node: number): number;
}

/** Size that a collect request is taken to have, in bytes. */
export const NOMINAL_REQUEST_BYTES = 1024;

/** Size that a batch of records, a mapped record and a result are taken to have, in bytes: what they will be is not known yet. */
export const NOMINAL_DATA_BYTES = 16 * 1024;
