/** What the benches share: the form of a result and a way to measure. */

/** One figure of a bench. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What `ratio` compares with, and how fast that was in the same run. */
  readonly reference?: string;
  /** `value` over the reference's. */
  readonly ratio?: number;
}

/** Something to be timed: does `times` operations. */
export type Workload = (times: number) => void;

/**
 * Operations in a second of the process's CPU time, for each workload: the median of `rounds`. The rounds of all workloads
 * interleave, so that a busy machine hurts all of them alike; CPU time leaves out what other processes take and counts the
 * garbage collector's threads.
 */
export function operationsPerCpuSecond(workloads: readonly Workload[], times: number, rounds = 7): number[] {
  const samples: number[][] = workloads.map(() => []);
  for (const work of workloads) work(times);
  for (let round = 0; round < rounds; round++) {
    workloads.forEach((work, i) => {
      const before = process.cpuUsage();
      work(times);
      const { user, system } = process.cpuUsage(before);
      samples[i].push((times * 1e6) / (user + system));
    });
  }
  return samples.map((each) => each.sort((a, b) => a - b)[rounds >> 1]);
}

/** Prints rows as a table. */
export function printRows(rows: readonly BenchRow[]): void {
  for (const { name, value, unit, reference, ratio } of rows) {
    const amount = value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
    const compared = ratio === undefined ? '' : `  ${ratio.toFixed(2)} x ${reference ?? ''}`;
    console.log(`${name.padEnd(56)} ${amount.padStart(12)} ${unit}${compared}`);
  }
}
