/** What a soak and its workers say to each other. */
import type { CaseOutcome, CaseSource } from './soak-case.js';

/** What a worker is started with. */
export interface WorkerTask extends CaseSource {
  /** Folder for failing cases; undefined where they are not kept. */
  readonly outFolder: string | undefined;
  /** The longest that a failing case is shrunk, in milliseconds. */
  readonly shrinkMs: number;
}

/** To a worker: run this seed. */
export interface SeedOrder {
  readonly seed: number;
  /** Whether a failure is to be made small, or kept as it is. */
  readonly isShrunk: boolean;
}

/** To a worker: a seed, that a failing case has been made small enough, or that no seed will follow. */
export type Order = SeedOrder | 'hurry' | 'end';

/** From a worker. */
export type WorkerWord =
  | { readonly kind: 'ready' }
  /** The seed has failed and is being made small, which takes a while. */
  | { readonly kind: 'shrinking'; readonly seed: number }
  | { readonly kind: 'done'; readonly seed: number; readonly outcome: CaseOutcome; readonly file: string | undefined };
