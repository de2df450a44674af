/**
 * The jobs that a satellite leads as their LOS: it takes them in, has them planned, hears how far they are, and says how they ended. Where
 * its store is durable it knows them again after a restart and says once more how they stand; a result, with its files, until the deadline.
 */
import { UsageError } from '../base/errors.js';
import { DTN_EPOCH_UNIX_MS, type Instant, US_PER_MS } from '../base/time.js';
import type { SatelliteName } from '../processors/contract.js';
import type { JobPlan, JobSpec } from '../scheduler/index.js';
import { isCount, type StateTable } from '../streams/index.js';
import { Coordinator, type JobStatus, planningFailure } from './coordinator.js';
import { planItems, planOfItems } from './kept-plan.js';
import {
  contextItems,
  contextOfItems,
  type FileReference,
  type JobContext,
  type JobMessage,
  parseJson,
} from './messages.js';
import type { ArrivedFile } from './role-host.js';

/** Jobs that one LOS satellite coordinates at a time. */
const MAX_JOBS = 1024;

/** How long the end of a job is kept at least, for a driver that a crash kept from hearing of it at the deadline. */
const RESULT_GRACE_US = 60_000_000;

/** Results that are kept: with more the oldest is forgotten, which only a driver misses that did not hear it before a crash. */
const MAX_RESULTS = 4096;

/** Items of a job under way, of a job that has ended, and of the number of the next job, in their tables. */
export const DESK_ITEMS = { led: 4, ended: 8, next: 1 } as const;

/** A file of a result, with the stream that it came in. */
interface ResultFile extends FileReference {
  readonly source: number;
  readonly size: number;
}

/** What the desk needs of the engine. */
export interface DeskParts {
  readonly node: number;
  readonly tables: { readonly led: StateTable; readonly ended: StateTable; readonly next: StateTable };
  nameOf(node: number): SatelliteName;
  /** Places a job's roles. Throws UsageError where that cannot be done. */
  plan(spec: JobSpec, job: string, nowUs: number): JobPlan;
  canReach(node: number, nowUs: number): boolean;
  send(destination: number, message: JobMessage, context: JobContext): void;
  changed(status: JobStatus): void;
  trace(event: 'submitted' | 'planned' | 'done' | 'failed', job: string, detail?: string): void;
  armDeadline(job: string, deadlineUs: number): void;
  /** Has all satellites of a job stop working on it. */
  callOff(coordinator: Coordinator): void;
  /** Lets go of the bytes of a file. */
  releaseFile(source: number, stream: number): void;
  damaged(): void;
}

type Ending = Omit<JobStatus, 'files'> & { readonly files: readonly ResultFile[]; readonly untilUs: number };

/** See the head of this file. */
export class JobDesk {
  readonly #parts: DeskParts;
  readonly #led = new Map<string, { readonly coordinator: Coordinator; readonly id: number }>();
  /** Jobs that have ended, the one that is forgotten first usually ahead; nothing where the store is not durable. */
  readonly #ended = new Map<number, Pick<Ending, 'untilUs' | 'files'>>();
  #forgetUs = Number.POSITIVE_INFINITY;
  #nextJob = 1;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** Takes up what was kept, and says how each job stands; `takeFiles` gives the files of a result. */
  start(nowUs: number, takeFiles: (files: readonly FileReference[], source: number) => ArrivedFile[]): void {
    const { tables, damaged } = this.#parts;
    const [next] = tables.next.read(([number]) => (isCount(number) ? number : undefined), damaged);
    this.#nextJob = next ?? 1;
    for (const { id, coordinator } of tables.led.read((items, at) => this.#coordinatorOf(items, at), damaged)) {
      this.#led.set(coordinator.context.job, { coordinator, id });
      this.#running(coordinator, nowUs);
    }
    for (const { id, ending } of tables.ended.read((items, at) => endingOf(items, at), damaged)) {
      this.#ended.set(id, ending);
      this.#forgetUs = Math.min(this.#forgetUs, ending.untilUs);
      const files = ending.files.flatMap((file) => takeFiles([file], file.source));
      this.#parts.changed({ ...ending, files });
    }
  }

  /** Takes a job in at this satellite, its LOS; its time has run since `requestedUs`. */
  submit(spec: JobSpec, now: Instant, requestedUs: number): string {
    const { node, tables } = this.#parts;
    const job = `${node}-${this.#nextJob++}`;
    tables.next.set(0, () => [this.#nextJob]);
    const context = contextOf(spec, job, node, now, requestedUs);
    this.#parts.trace('submitted', job);
    let plan: JobPlan;
    try {
      if (requestedUs + spec.deadlineUs <= now.monotonicUs)
        throw new UsageError('too-late', 'the deadline was over when the LOS satellite took the job in');
      if (this.#led.size >= MAX_JOBS)
        throw new UsageError('too-many-jobs', `this satellite coordinates ${MAX_JOBS} jobs already`);
      plan = this.#parts.plan(spec, job, now.monotonicUs);
    } catch (error) {
      const detail = planningFailure(error);
      this.#parts.trace('failed', job, detail);
      const atUs = now.monotonicUs;
      const untilUs = requestedUs + spec.deadlineUs;
      this.#sayEnd({ job, state: 'failed', detail, plan: undefined, submittedUs: requestedUs, atUs, untilUs }, []);
      return job;
    }
    const planned = { ...context, reducer: plan.reducer };
    const coordinator = new Coordinator(planned, plan, requestedUs, (each) => this.#parts.nameOf(each));
    const id = tables.led.add(() => ledItems(coordinator));
    this.#led.set(job, { coordinator, id });
    this.#parts.armDeadline(job, coordinator.deadlineUs);
    this.#parts.trace('planned', job);
    this.#say({ job, state: 'planned', detail: 'planned', plan, submittedUs: requestedUs, atUs: now.monotonicUs });
    for (const { index, collector, mapper } of plan.pairs) {
      this.#parts.send(collector, { type: 'collect', context: planned, index, mapper }, planned);
    }
    return job;
  }

  /** A role tells how far it is. */
  progress(message: Extract<JobMessage, { type: 'progress' }>, nowUs: number): void {
    const led = this.#led.get(message.job);
    if (!led?.coordinator.onProgress(message)) return;
    this.#parts.tables.led.set(led.id, () => ledItems(led.coordinator));
    this.#running(led.coordinator, nowUs);
  }

  /** A job has its result, with files from `source`, or a role has given up; false where no such job is led here. */
  result(
    message: Extract<JobMessage, { type: 'result' }>,
    source: number,
    files: readonly ArrivedFile[],
    nowUs: number,
  ): boolean {
    const coordinator = this.#led.get(message.job)?.coordinator;
    if (coordinator === undefined) return false;
    const { failure, result } = message;
    if (failure === undefined) {
      const sizes = message.files.map((file, i) => ({ ...file, source, size: files[i]?.size ?? 0 }));
      this.#finish(coordinator, 'done', 'done', nowUs, { result, files, sizes });
    } else {
      this.#finish(coordinator, 'failed', failure, nowUs);
      this.#parts.callOff(coordinator);
    }
    return failure === undefined;
  }

  /** The deadline of a job has passed. */
  deadline(job: string, nowUs: number): void {
    const coordinator = this.#led.get(job)?.coordinator;
    if (coordinator === undefined) return;
    const reason = coordinator.missing((node) => this.#parts.canReach(node, coordinator.submittedUs));
    this.#finish(coordinator, 'failed', reason, nowUs);
  }

  /** When {@link forgetEnded} wants to be called, in monotonic microseconds; Infinity for never. */
  nextUs(): number {
    return this.#forgetUs;
  }

  /** Lets go of results that nobody can ask for any more. */
  forgetEnded(nowUs: number): void {
    if (this.#forgetUs > nowUs) return;
    this.#forgetUs = Number.POSITIVE_INFINITY;
    for (const [id, { untilUs }] of this.#ended) {
      if (untilUs <= nowUs) this.#forget(id);
      else this.#forgetUs = Math.min(this.#forgetUs, untilUs);
    }
  }

  #finish(
    coordinator: Coordinator,
    state: 'done' | 'failed',
    detail: string,
    nowUs: number,
    given?: { result: string | undefined; files: readonly ArrivedFile[]; sizes: readonly ResultFile[] },
  ): void {
    const { context, plan, submittedUs, deadlineUs } = coordinator;
    const { job } = context;
    this.#parts.tables.led.delete(this.#led.get(job)?.id ?? 0);
    this.#led.delete(job);
    this.#parts.trace(state, job, state === 'failed' ? detail : undefined);
    const { result, files = [], sizes = [] } = given ?? {};
    const times = { submittedUs, atUs: nowUs, untilUs: deadlineUs };
    this.#sayEnd({ job, state, detail: oneLine(detail), plan, result, ...times }, files, sizes);
  }

  /** Says how a job ended, and keeps that for a driver that a crash keeps from hearing it. */
  #sayEnd(
    status: Omit<Ending, 'files' | 'result'> & { readonly result?: string | undefined },
    files: readonly ArrivedFile[],
    sizes: readonly ResultFile[] = [],
  ): void {
    const { untilUs, ...said } = status;
    this.#say({ ...said, files });
    const { ended } = this.#parts.tables;
    if (!ended.isKept) return;
    const ending = {
      result: undefined,
      ...said,
      untilUs: Math.max(untilUs, said.atUs + RESULT_GRACE_US),
      files: sizes,
    };
    const id = ended.add(() => endedItems(ending));
    this.#ended.set(id, { untilUs: ending.untilUs, files: sizes });
    this.#forgetUs = Math.min(this.#forgetUs, ending.untilUs);
    if (this.#ended.size > MAX_RESULTS) this.#forget(this.#ended.keys().next().value as number);
  }

  #forget(id: number): void {
    for (const { source, stream } of this.#ended.get(id)?.files ?? []) this.#parts.releaseFile(source, stream);
    this.#ended.delete(id);
    this.#parts.tables.ended.delete(id);
  }

  #running(coordinator: Coordinator, atUs: number): void {
    const { context, plan, submittedUs } = coordinator;
    this.#say({ job: context.job, state: 'running', detail: coordinator.phase(), plan, submittedUs, atUs });
  }

  #say(status: Omit<JobStatus, 'result' | 'files'> & Partial<JobStatus>): void {
    this.#parts.changed({ result: undefined, files: [], ...status });
  }

  #coordinatorOf(
    [context, plan, submittedUs, progress]: readonly unknown[],
    id: number,
  ): { readonly coordinator: Coordinator; readonly id: number } | undefined {
    const [jobContext, jobPlan] = [contextOfItems(context), planOfItems(plan)];
    if (jobContext === undefined || jobPlan === undefined || typeof submittedUs !== 'number') return undefined;
    const coordinator = new Coordinator(jobContext, jobPlan, submittedUs, (node) => this.#parts.nameOf(node));
    return coordinator.restore(progress) ? { coordinator, id } : undefined;
  }
}

function contextOf(spec: JobSpec, job: string, los: number, now: Instant, requestedUs: number): JobContext {
  const dtnTimeMs = now.dtnTimeMs ?? 0;
  const deadlineMs = Math.ceil(spec.deadlineUs / US_PER_MS);
  const waitedMs = Math.floor((now.monotonicUs - requestedUs) / US_PER_MS);
  return {
    job,
    los,
    reducer: los,
    size: spec.collectors,
    collectTask: spec.collectTask,
    mapTask: spec.mapTask,
    combineTask: spec.combineTask,
    reduceTask: spec.reduceTask,
    maxCollectRecords: spec.maxCollectRecords,
    jobData: JSON.stringify(spec.jobData),
    startUnixSeconds: (dtnTimeMs + DTN_EPOCH_UNIX_MS) / 1000,
    deadlineMs,
    deadlineDtnMs: now.dtnTimeMs === undefined ? 0 : dtnTimeMs + deadlineMs - waitedMs,
  };
}

/** A reason in one line, whatever a processor threw. */
function oneLine(text: string): string {
  return text.trim().replace(/\s*[\r\n]+\s*/g, ' | ');
}

function ledItems(coordinator: Coordinator): unknown[] {
  const { context, plan, submittedUs } = coordinator;
  return [contextItems(context), planItems(plan), submittedUs, coordinator.progress()];
}

function endedItems({ job, state, detail, plan, result, files, ...times }: Ending): unknown[] {
  const { submittedUs, atUs, untilUs } = times;
  const fileItems = files.map(({ name, stream, source, size }) => [JSON.stringify(name), stream, source, size]);
  return [job, state, detail, planItems(plan), result ?? null, fileItems, [submittedUs, atUs], untilUs];
}

function endingOf(items: readonly unknown[], id: number): { readonly id: number; readonly ending: Ending } | undefined {
  const [job, state, detail, plan, result, files, times, untilUs] = items;
  if (typeof job !== 'string' || (state !== 'done' && state !== 'failed') || typeof detail !== 'string')
    return undefined;
  if ((result !== null && typeof result !== 'string') || typeof untilUs !== 'number') return undefined;
  if (!Array.isArray(files) || !Array.isArray(times)) return undefined;
  const [submittedUs, atUs] = times as unknown[];
  if (typeof submittedUs !== 'number' || typeof atUs !== 'number') return undefined;
  const kept = files.map((file) => resultFileOf(file));
  if (kept.includes(undefined)) return undefined;
  const status = {
    job,
    state,
    detail,
    plan: planOfItems(plan),
    result: result ?? undefined,
    submittedUs,
    atUs,
  } as const;
  return { id, ending: { ...status, files: kept as ResultFile[], untilUs } };
}

function resultFileOf(item: unknown): ResultFile | undefined {
  if (!Array.isArray(item)) return undefined;
  const [json, stream, source, size] = item as unknown[];
  const name = typeof json === 'string' ? parseJson(json) : undefined;
  if (typeof name !== 'string' || !isCount(stream) || !isCount(source) || !isCount(size)) return undefined;
  return { name, stream, source, size };
}
