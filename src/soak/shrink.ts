/**
 * Makes a failing case small: it leaves out and halves what it can, as long as the same checker still finds something wrong. Pure; the
 * runs are the caller's.
 */
import type { ScenarioFileForm } from '../simulator/scenario-schema.js';
import { waysFor } from './simpler.js';
import type { SoakCase } from './soak-case.js';

/** How a case is run while it is shrunk. */
export interface ShrinkRun {
  /** Whether the same checker finds something in the case. */
  fails(candidate: SoakCase): Promise<boolean>;
  /** True when there is no more time. */
  isOver(): boolean;
}

/** A shrunk case. */
export interface Shrunk {
  readonly soakCase: SoakCase;
  /** Runs that it took. */
  readonly runs: number;
}

/** The most runs of one shrinking: enough for a case of some hundred parts, since parts go by halves first. */
export const MAX_SHRINK_RUNS = 400;

/** Shrinks a case in which `checker` found something. Each way to make it simpler is tried until none of them works any more, or time and runs are over. */
export async function shrinkCase(failing: SoakCase, checker: string, run: ShrinkRun): Promise<Shrunk> {
  const ways = waysFor(checker);
  let soakCase = failing;
  let runs = 0;
  const isOver = () => runs >= MAX_SHRINK_RUNS || run.isOver();
  for (let hasShrunk = true; hasShrunk && !isOver(); ) {
    hasShrunk = false;
    for (const simpler of ways) {
      // After a success the same place in the new list is next, so that a long list is gone through once.
      let candidates = simpler(soakCase);
      for (let at = 0; at < candidates.length && !isOver(); ) {
        const candidate = candidates[at] as SoakCase;
        runs++;
        if (await run.fails(candidate)) {
          soakCase = candidate;
          candidates = simpler(soakCase);
          hasShrunk = true;
        } else at++;
      }
    }
  }
  return { soakCase, runs };
}

/** How large a case is, for a word about the shrinking. */
export function sizeOf({ form, contacts }: SoakCase): {
  readonly nodes: number;
  readonly contacts: number;
  readonly faults: number;
  readonly flows: number;
  readonly jobs: number;
} {
  const { faults = [], traffic = [], jobs = [] }: ScenarioFileForm = form;
  const all = contacts ?? [];
  return {
    nodes: new Set(all.flatMap(({ from, to }) => [from, to])).size,
    contacts: all.length,
    faults: faults.length,
    flows: traffic.length,
    jobs: jobs.length,
  };
}
