/** What the benches share: the form of a result and a way to measure. */

/** One figure of a bench. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What `value` is compared with, one entry a peer. */
  readonly comparisons?: readonly Comparison[];
}

/** A peer that did the same work in the same run. */
export interface Comparison {
  /** Its name, and how fast it was. */
  readonly peer: string;
  /** The row's value over the peer's: the median over the rounds. */
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

/** The median over the rounds of `ours` over `peer`. */
export function medianRatio(ours: readonly number[], peer: readonly number[]): number {
  return median(ours.map((rate, round) => rate / peer[round]));
}

/** Prints rows as a table, and by how much a goal is missed. */
export function printRows(rows: readonly BenchRow[]): void {
  for (const { name, value, unit, comparisons = [] } of rows) {
    const amount = value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
    const compared = comparisons.map(
      ({ peer, ratio, goal }) => `  ${ratio.toFixed(2)} x ${peer}${verdict(ratio, goal)}`,
    );
    console.log(`${name.padEnd(48)} ${amount.padStart(10)} ${unit}${compared.join(';')}`);
  }
}

function verdict(ratio: number, goal: number | undefined): string {
  if (goal === undefined) return '';
  if (ratio >= goal) return ` (goal ${goal}: held)`;
  return ` (goal ${goal}: MISSED by ${Math.ceil((1 - ratio / goal) * 100)} %)`;
}
