/** What `leodtn soak --json` prints. */
import type { SeedViolation, SoakTotals } from '../../soak/soak.node.js';

/** What a soak came to. */
export interface SoakReport {
  readonly seedsRun: number;
  readonly firstSeed: number;
  /** The last seed that was run; null where none was. */
  readonly lastSeed: number | null;
  /** Bundles that nodes made: data of jobs and flows, and signals. */
  readonly bundles: number;
  readonly crashes: number;
  readonly jobsDone: number;
  readonly jobsFailed: number;
  readonly violations: readonly SeedViolation[];
}

/** The report over seeds that were run one after the other from the first. */
export function soakReport(firstSeed: number, totals: SoakTotals): SoakReport {
  const { seedsRun, bundles, crashes, jobsDone, jobsFailed } = totals;
  const violations = totals.violations.map(({ seed, checker, detail, file }) => ({ seed, checker, detail, file }));
  const lastSeed = seedsRun === 0 ? null : firstSeed + seedsRun - 1;
  return { seedsRun, firstSeed, lastSeed, bundles, crashes, jobsDone, jobsFailed, violations };
}
