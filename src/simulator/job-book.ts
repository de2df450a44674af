/** The jobs of a run: what their LOS satellites say of them, and the reports at the end. */
import type { JsonValue } from '../base/json.js';
import { DTN_EPOCH_UNIX_MS, type Instant, secondsToUs, usToSeconds } from '../base/time.js';
import type { LocalTelling, SatelliteName } from '../processors/index.js';
import type { ArrivedFile, JobStatus } from '../spacecomp/index.js';
import type { JobReport } from './report.js';
import type { ScenarioJob } from './scenario.js';

/** A job of the scenario and the last that was heard of it. */
export interface JobEntry {
  readonly job: ScenarioJob;
  /** Number that its LOS satellite will give it. */
  readonly id: string;
  status: JobStatus | undefined;
}

/** All jobs of a run. */
export class JobBook {
  readonly entries: readonly JobEntry[];
  readonly #byId = new Map<string, JobEntry>();
  #ended = 0;
  #phase = 'waiting for the first job';

  /** A LOS satellite numbers its jobs in order of submission; jobs of the same time in the order of the scenario. */
  constructor(jobs: readonly ScenarioJob[]) {
    const counts = new Map<number, number>();
    const inOrder = jobs
      .map((job, at) => ({ job, at }))
      .sort((a, b) => secondsToUs(a.job.at) - secondsToUs(b.job.at) || a.at - b.at);
    const entries: (JobEntry & { at: number })[] = inOrder.map(({ job, at }) => {
      const number = (counts.get(job.los) ?? 0) + 1;
      counts.set(job.los, number);
      return { job, at, id: `${job.los}-${number}`, status: undefined };
    });
    this.entries = entries.sort((a, b) => a.at - b.at);
    for (const entry of this.entries) this.#byId.set(entry.id, entry);
  }

  get ended(): number {
    return this.#ended;
  }

  get allEnded(): boolean {
    return this.#ended === this.entries.length;
  }

  /** What the job last heard of is about. */
  get phase(): string {
    return this.#phase;
  }

  changed(status: JobStatus): void {
    const entry = this.#byId.get(status.job);
    if (entry === undefined || isEnded(entry.status)) return;
    // The satellite has the bytes of files until the job's deadline only, and a later life of it not at all.
    entry.status = { ...status, files: status.files.map((file) => ({ ...file, pieces: [...file.pieces] })) };
    this.#phase = status.detail;
    if (isEnded(status)) this.#ended++;
  }

  /** When the time of a job is over, in microseconds. `at` counts the scenario's jobs from 0. */
  deadlineUs(at: number): number {
    const { job } = this.entries[at] as JobEntry;
    return secondsToUs(job.at) + secondsToUs(job.deadlineSeconds);
  }

  /** The deadline of a job has passed while its LOS satellite is dark: nobody there can say so. */
  lostAtDarkLos(at: number, nowUs: number, los: SatelliteName): void {
    const { job, id, status } = this.entries[at] as JobEntry;
    this.changed({
      job: id,
      state: 'failed',
      detail: `no result within ${job.deadlineSeconds} s: its LOS satellite ${JSON.stringify(los)} is dark`,
      plan: status?.plan,
      result: undefined,
      files: [],
      submittedUs: secondsToUs(job.at),
      atUs: nowUs,
    });
  }

  /** Files that came with results. */
  files(): { job: string; name: string; pieces: Iterable<Uint8Array> }[] {
    return this.entries.flatMap((entry) =>
      (entry.status?.files ?? []).map((file: ArrivedFile) => ({ job: entry.id, ...file })),
    );
  }

  /** What the processors of a job were told about it, for a local run of the same job. */
  told(
    index: number,
    nameOf: (node: number) => SatelliteName,
    instantOf: (node: number, us: number) => Instant,
  ): LocalTelling {
    const { job, id, status } = this.entries[index] as JobEntry;
    const { dtnTimeMs = 0 } = instantOf(job.los, status?.submittedUs ?? secondsToUs(job.at));
    const plan = status?.plan;
    return {
      jobId: id,
      jobStartSeconds: (dtnTimeMs + DTN_EPOCH_UNIX_MS) / 1000,
      los: nameOf(job.los),
      reducer: plan === undefined ? undefined : nameOf(plan.reducer),
      collectors: plan?.pairs.map((pair) => nameOf(pair.collector)),
      mappers: plan?.pairs.map((pair) => nameOf(pair.mapper)),
    };
  }

  /** Reports of all jobs; one that has not ended failed with the run, at `nowUs`. */
  reports(nowUs: number, unfinished: string, nameOf: (node: number) => SatelliteName): JobReport[] {
    return this.entries.map(({ job, id, status }) => {
      const ended = isEnded(status);
      const submittedUs = status?.submittedUs ?? secondsToUs(job.at);
      const endUs = ended ? (status as JobStatus).atUs : nowUs;
      const isDone = status?.state === 'done';
      const pairs = status?.plan?.pairs ?? [];
      return {
        id,
        state: isDone ? 'done' : 'failed',
        reason: isDone ? null : ended ? (status as JobStatus).detail : unfinished,
        result: isDone ? resultOf(status as JobStatus) : null,
        jobTimeSeconds: usToSeconds(Math.max(0, endUs - submittedUs)),
        collectors: pairs.map((pair) => nameOf(pair.collector)),
        mappers: pairs.map((pair) => nameOf(pair.mapper)),
        reducer: status?.plan === undefined ? null : nameOf(status.plan.reducer),
        los: nameOf(job.los),
        tasks: { collect: job.collect, map: job.map, combine: job.combine, reduce: job.reduce },
      };
    });
  }
}

/** The result as the user gets it: a file result is the list of its files, as in LeoPyMR. */
function resultOf(status: JobStatus): JsonValue {
  if (status.files.length > 0) return { files: status.files.map((file) => file.name) };
  return status.result === undefined ? null : (JSON.parse(status.result) as JsonValue);
}

function isEnded(status: JobStatus | undefined): boolean {
  return status?.state === 'done' || status?.state === 'failed';
}
