/** What a job asks for, and what the scheduler answers. */
import type { JsonValue } from '../base/json.js';
import type { EarthArea } from '../orbit/index.js';

/**
 * Where to collect: a grid box as LeoPyMR has it, satellites by number, or a box, circle or polygon on the Earth, which means the
 * satellites above it at the job's start.
 */
export type AreaOfInterest =
  | {
      readonly kind: 'grid';
      readonly sats: readonly [min: number, max: number];
      readonly orbs: readonly [min: number, max: number];
    }
  | { readonly kind: 'nodes'; readonly nodes: readonly number[] }
  | EarthArea;

/** How collectors get their mappers: least total cost, cheapest first, or by lot (LeoPyMR's names, `greedy` added). */
export type Allocator = 'bipartite' | 'greedy' | 'random';

/** Where to reduce: the place that is cheapest for all mappers, the LOS satellite, the middle of the mappers, or a given node. */
export type ReducerChoice = 'auto' | 'los' | 'center' | number;

/** A job as it is submitted to the LOS satellite. */
export interface JobSpec {
  readonly aoi: AreaOfInterest;
  /** How many collectors; each gets a mapper of its own unless the collector skips the map phase. */
  readonly collectors: number;
  readonly collectTask: string;
  readonly mapTask: string;
  readonly combineTask: string;
  readonly reduceTask: string;
  /** Records in a batch, at least 1. */
  readonly maxCollectRecords: number;
  /** LeoPyMR's `job_data`, handed to the processors as it is. */
  readonly jobData: JsonValue;
  readonly allocator: Allocator;
  readonly reducer: ReducerChoice;
  /** The job fails when this much time has passed since its submission, in microseconds. */
  readonly deadlineUs: number;
}

/** One collector and the mapper that takes its records. */
export interface Pair {
  /** LeoPyMR's `data_id`, from 1. */
  readonly index: number;
  readonly collector: number;
  /** Equal to `collector` where the map phase is skipped. */
  readonly mapper: number;
  /** Predicted arrival of a batch of the collector at the mapper, microseconds after the collect request arrived; Infinity: never. */
  readonly transferUs: number;
}

/** Who does what, as node numbers. */
export interface JobPlan {
  readonly los: number;
  readonly pairs: readonly Pair[];
  readonly reducer: number;
  /** When the result can be back at the LOS satellite at the earliest, if every step took no time; Infinity: a role cannot be reached. */
  readonly predictedResultUs: number;
}
