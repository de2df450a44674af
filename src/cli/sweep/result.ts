/** What a sweep measured: runs folded into points. */
import type { RunReport } from '../../simulator/report.js';
import type { SweepAxis, SweepPoint } from './grid.js';

/** All runs at one combination of values. */
export interface PointResult {
  /** Value by path. */
  readonly set: { readonly [path: string]: string };
  readonly runs: number;
  readonly jobs: number;
  readonly jobsDone: number;
  /** Jobs done among all jobs; null without jobs. */
  readonly jobDeliveryRatio: number | null;
  readonly trafficSent: number;
  readonly trafficDelivered: number;
  /** Plain bundles delivered among those sent, with custody transfer and without; null without traffic. */
  readonly trafficDeliveryRatio: number | null;
  readonly custodyTrafficSent: number;
  readonly custodyTrafficDelivered: number;
  /** The same of those that asked for custody transfer; null where none did. */
  readonly custodyTrafficDeliveryRatio: number | null;
  /** The same of those that did not ask for it; null where all did. */
  readonly uncustodiedTrafficDeliveryRatio: number | null;
  /** Over the jobs that were done; null where none was. */
  readonly jobTimeSeconds: { readonly median: number; readonly min: number; readonly max: number } | null;
  readonly transmissions: number;
  readonly bundlesDelivered: number;
  /** Transmissions over all hops for each bundle delivered; null where none was. */
  readonly transmissionsPerBundle: number | null;
  readonly bytesTransmitted: number;
  readonly bytesDelivered: number;
  /** Bytes over all hops for each byte of payload delivered; null where none was. */
  readonly bytesPerByte: number | null;
  readonly lost: number;
  readonly retransmissions: number;
  /** Names of checks that broke in any of the runs. */
  readonly brokenChecks: readonly string[];
  /** Reasons of failed jobs, each once. */
  readonly reasons: readonly string[];
}

/** The JSON of `leodtn sweep --json`. */
export interface SweepReport {
  readonly scenario: string;
  readonly seeds: readonly number[];
  readonly axes: readonly SweepAxis[];
  readonly points: readonly PointResult[];
  readonly wallSeconds: number;
  /** True where the sweep was stopped before its last point. */
  readonly interrupted: boolean;
}

/** Folds the reports of one point. */
export function foldPoint(axes: readonly SweepAxis[], point: SweepPoint, reports: readonly RunReport[]): PointResult {
  const sum = (of: (report: RunReport) => number) => reports.reduce((total, report) => total + of(report), 0);
  const jobs = reports.flatMap((report) => report.jobs);
  const done = jobs.filter((job) => job.state === 'done');
  const times = done.map((job) => job.jobTimeSeconds).sort((a, b) => a - b);
  const trafficSent = sum((report) => report.network.trafficSent);
  const trafficDelivered = sum((report) => report.network.trafficDelivered);
  const custodyTrafficSent = sum((report) => report.network.custodyTrafficSent);
  const custodyTrafficDelivered = sum((report) => report.network.custodyTrafficDelivered);
  const transmissions = sum((report) => report.network.transmissions);
  const bundlesDelivered = sum((report) => report.network.bundlesDelivered);
  const bytesTransmitted = sum((report) => report.network.bytesTransmitted);
  const bytesDelivered = sum((report) => report.network.bytesDelivered);
  return {
    set: Object.fromEntries(axes.map(({ path }, i) => [path, point[i]!])),
    runs: reports.length,
    jobs: jobs.length,
    jobsDone: done.length,
    jobDeliveryRatio: ratio(done.length, jobs.length),
    trafficSent,
    trafficDelivered,
    trafficDeliveryRatio: ratio(trafficDelivered, trafficSent),
    custodyTrafficSent,
    custodyTrafficDelivered,
    custodyTrafficDeliveryRatio: ratio(custodyTrafficDelivered, custodyTrafficSent),
    uncustodiedTrafficDeliveryRatio: ratio(
      trafficDelivered - custodyTrafficDelivered,
      trafficSent - custodyTrafficSent,
    ),
    jobTimeSeconds: times.length === 0 ? null : { median: median(times), min: times[0]!, max: times.at(-1)! },
    transmissions,
    bundlesDelivered,
    transmissionsPerBundle: ratio(transmissions, bundlesDelivered),
    bytesTransmitted,
    bytesDelivered,
    bytesPerByte: ratio(bytesTransmitted, bytesDelivered),
    lost: sum((report) => report.network.lost),
    retransmissions: sum((report) => report.network.retransmissions),
    brokenChecks: [
      ...new Set(reports.flatMap((report) => report.checks.filter(({ ok }) => !ok).map(({ name }) => name))),
    ],
    reasons: [...new Set(jobs.flatMap((job) => (job.reason === null ? [] : [job.reason])))],
  };
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function median(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
