/** What the benches share: the form of a result and a way to measure. */

/** One figure of a bench. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The most that `value` may be. */
  readonly atMost?: number;
  /** The least that it may be. */
  readonly atLeast?: number;
  /** What `value` is compared with, one entry a peer. */
  readonly comparisons?: readonly Comparison[];
}

/** A peer that did the same work in the same run. */
export interface Comparison {
  /** Its name, and how fast it was. */
  readonly peer: string;
  /** How much better than the peer, 1 for equal: the median over the rounds. */
  readonly ratio: number;
  /** The least ratio that is aimed at. */
  readonly goal?: number;
}

/** Something to be timed: does `times` operations and tells the CPU seconds that it took. */
export type Workload = (times: number) => number | Promise<number>;

/** A workload in this process: CPU time leaves out what other processes take and counts the garbage collector's threads. */
export function inProcess(work: (times: number) => void): Workload {
  return (times) => {
    const before = process.cpuUsage();
    work(times);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
}

/**
 * Operations in a second of CPU time, for each workload and round. The rounds of all workloads interleave, so that a busy machine
 * hurts all of them alike; one round more goes ahead to warm up.
 */
export async function ratesOf(workloads: readonly Workload[], times: number, rounds = 9): Promise<number[][]> {
  const samples: number[][] = workloads.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [i, work] of workloads.entries()) {
      const seconds = await work(times);
      if (round >= 0) samples[i].push(times / seconds);
    }
  }
  return samples;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return values.slice().sort((a, b) => a - b)[values.length >> 1];
}

/** The value that the given share of all values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}

/** The median over the rounds of `ours` over `peer`. */
export function medianRatio(ours: readonly number[], peer: readonly number[]): number {
  return median(ours.map((rate, round) => rate / peer[round]));
}

/** Prints rows as a table, and whether goals are held or by how much they are missed. */
export function printRows(rows: readonly BenchRow[]): void {
  for (const { name, value, unit, atMost, atLeast, comparisons = [] } of rows) {
    const compared = comparisons.map(({ peer, ratio, goal }) => {
      const said = goal === undefined ? '' : verdict(goal, ratio >= goal, 1 - ratio / goal);
      return `  ${ratio.toFixed(2)} x ${peer}${said}`;
    });
    const most = atMost === undefined ? '' : verdict(atMost, value <= atMost, value / atMost - 1);
    const least = atLeast === undefined ? '' : verdict(atLeast, value >= atLeast, 1 - value / atLeast);
    console.log(`${name.padEnd(56)} ${inDigits(value).padStart(10)} ${unit}${most}${least}${compared.join(';')}`);
  }
}

/** Three digits, and no decimals above 100. */
export function inDigits(value: number): string {
  if (value === 0) return '0';
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
}

/** `share` is the part of the goal by which it is missed. */
function verdict(goal: number, held: boolean, share: number): string {
  const missed = Number.isFinite(share) ? `MISSED by ${Math.ceil(share * 100)} %` : 'MISSED';
  return ` (goal ${goal.toLocaleString('en-US')}: ${held ? 'held' : missed})`;
}
