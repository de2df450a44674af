/**
 * The job engine of one satellite: takes job messages, runs whichever roles they call for, has processors stepped, and sends what
 * the roles send. It is driven like the node that it is part of: one input, then the outputs are taken.
 *
 * Back-pressure: while too much of this node's own traffic waits, no processor is asked for its next step.
 */
import { concatBytes } from '../base/bytes.js';
import { UsageError } from '../base/errors.js';
import type { Platform } from '../base/platform.js';
import { PriorityQueue } from '../base/priority-queue.js';
import { DTN_EPOCH_UNIX_MS, type Instant, US_PER_MS } from '../base/time.js';
import type { TraceSink } from '../base/trace.js';
import type { SatelliteName } from '../processors/contract.js';
import type { StepBegin, StepOutcome, StepRequest } from '../processors/step.js';
import type { JobPlan, JobSpec } from '../scheduler/index.js';
import { type ReceivedStream, type StreamHandle, Streams, type StreamTransport } from '../streams/index.js';
import { CollectorRole } from './collector.js';
import { Coordinator, type JobStatus, planningFailure } from './coordinator.js';
import { decodeMessage, encodeMessage, type FileReference, type JobContext, type JobMessage } from './messages.js';
import { MapperRole } from './mapper.js';
import { ReducerRole } from './reducer.js';
import type { ArrivedFile, RoleHost, TaskOwner } from './role-host.js';

/** Messages kept for roles whose first message is still on its way, over all roles of a node. */
const MAX_EARLY_MESSAGES = 65_536;

/** Messages that wait for their files, over all jobs of a node. */
const MAX_WAITING_MESSAGES = 16_384;

/** Files that arrived whole before the message that refers to them. */
const MAX_UNCLAIMED_FILES = 4096;

/** Jobs that one LOS satellite coordinates at a time. */
const MAX_JOBS = 1024;

/** What the engine needs of the node around it. */
export interface EngineParts {
  readonly node: number;
  readonly platform: Platform;
  readonly trace: TraceSink;
  readonly transport: StreamTransport;
  nameOf(node: number): SatelliteName;
  skipsMap(collector: string): boolean;
  /** Places a job's roles (scheduler). Throws UsageError where the area has too few satellites. */
  plan(spec: JobSpec, job: string, nowUs: number): JobPlan;
  /** Whether any contact leads to a satellite from now on. */
  canReach(node: number, nowUs: number): boolean;
}

/** What the engine asks of its driver. */
export type EngineOutput =
  | { readonly kind: 'step-processor'; readonly request: StepRequest }
  | { readonly kind: 'cancel-processor'; readonly task: number }
  /** No more tasks of this job here: processor objects whose instance begins with `${job}/` can go. */
  | { readonly kind: 'forget-processors'; readonly job: string }
  | { readonly kind: 'job-changed'; readonly status: JobStatus };

interface Task {
  readonly owner: TaskOwner;
  /** Files under way: open streams by name, then their numbers. */
  readonly open: Map<string, StreamHandle>;
  readonly closed: Map<string, number>;
}

type AnyRole = CollectorRole | MapperRole | ReducerRole;

type RoleMessage = Extract<JobMessage, { type: 'map' | 'reduce' }>;

interface Arrival {
  readonly message: JobMessage;
  readonly source: number;
}

/** All roles of all jobs on one satellite. */
export class JobEngine implements RoleHost {
  readonly node: number;
  readonly #parts: EngineParts;
  readonly #streams: Streams;
  readonly #outputs: EngineOutput[] = [];
  #now: Instant = { monotonicUs: 0, dtnTimeMs: undefined };

  readonly #coordinators = new Map<string, Coordinator>();
  /** Roles by `job/role/index`; undefined once a role is done, so that late messages are known as such. */
  readonly #roles = new Map<string, AnyRole | undefined>();
  readonly #tasks = new Map<number, Task>();
  /** Tasks whose next step waits for room to send. */
  #stalled: number[] = [];
  /** Messages for roles that have not been told of their job yet. */
  readonly #early = new Map<string, { message: RoleMessage; files: readonly ArrivedFile[]; source: number }[]>();
  #earlyCount = 0;
  /** Messages whose files have not all arrived. */
  #waiting: Arrival[] = [];
  /** Whole files by `source:stream`. */
  readonly #files = new Map<string, readonly Uint8Array[]>();
  readonly #deadlines = new PriorityQueue<string>();
  readonly #ownDeadlines = new Set<string>();
  #nextTask = 1;
  #nextJob = 1;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.node = parts.node;
    this.#streams = new Streams(parts.transport, parts.platform);
  }

  /** The next output, or undefined. */
  poll(): EngineOutput | undefined {
    return this.#outputs.shift();
  }

  /** When {@link timeout} wants to be called, in monotonic microseconds; Infinity for never. */
  nextTimeoutUs(): number {
    return this.#deadlines.peekKey() ?? Number.POSITIVE_INFINITY;
  }

  // --- inputs ---------------------------------------------------------------------------------------------------------

  /** Takes a job in at this satellite, its LOS. */
  submit(spec: JobSpec, now: Instant): string {
    this.#now = now;
    const job = `${this.node}-${this.#nextJob++}`;
    const context = this.#contextOf(spec, job, now);
    this.#parts.trace.job('submitted', now.monotonicUs, this.node, job, 'coordinator', 0);
    let plan: JobPlan;
    try {
      if (this.#coordinators.size >= MAX_JOBS) throw new UsageError('too-many-jobs', `this satellite coordinates ${MAX_JOBS} jobs already`);
      plan = this.#parts.plan(spec, job, now.monotonicUs);
    } catch (error) {
      this.#changed({ job, state: 'failed', detail: planningFailure(error), plan: undefined, submittedUs: now.monotonicUs });
      return job;
    }
    const planned = { ...context, reducer: plan.reducer };
    const coordinator = new Coordinator(planned, plan, now.monotonicUs, (node) => this.nameOf(node));
    this.#coordinators.set(job, coordinator);
    this.#armDeadline(planned, coordinator.deadlineUs);
    this.#parts.trace.job('planned', now.monotonicUs, this.node, job, 'coordinator', 0);
    this.#changed({ job, state: 'planned', detail: 'planned', plan, submittedUs: now.monotonicUs });
    for (const { index, collector, mapper } of plan.pairs) {
      this.send(collector, { type: 'collect', context: planned, index, mapper }, planned);
    }
    return job;
  }

  /** Takes one data unit that the agent delivered. */
  receive(source: number, payload: Uint8Array, now: Instant): void {
    this.#now = now;
    const stream = this.#streams.receive(source, payload);
    if (stream === undefined) return;
    if (stream.kind === 'file') this.#fileArrived(stream);
    else this.#messageArrived(stream);
  }

  /** Takes what a step of a processor gave. */
  stepped(taskNumber: number, outcome: StepOutcome, now: Instant): void {
    this.#now = now;
    const task = this.#tasks.get(taskNumber);
    if (task === undefined) return; // cancelled meanwhile
    switch (outcome.kind) {
      case 'file-chunk':
        this.#writeFile(task, outcome);
        this.#requestStep(taskNumber);
        break;
      case 'record': {
        const files = outcome.files.map(({ name }) => ({ name, stream: task.closed.get(name) ?? 0 }));
        task.closed.clear();
        if (task.owner.onRecord(outcome.json, files)) this.#requestStep(taskNumber);
        break;
      }
      case 'ended':
        this.#tasks.delete(taskNumber);
        task.owner.onEnded();
        break;
      case 'failed':
        this.#tasks.delete(taskNumber);
        task.owner.onFailed(outcome.message);
    }
  }

  /** Ends what has reached its deadline. */
  timeout(now: Instant): void {
    this.#now = now;
    while ((this.#deadlines.peekKey() ?? Number.POSITIVE_INFINITY) <= now.monotonicUs) {
      const job = this.#deadlines.pop() as string;
      this.#ownDeadlines.delete(job);
      const coordinator = this.#coordinators.get(job);
      if (coordinator?.end()) {
        const reason = coordinator.missing((node) => this.#parts.canReach(node, coordinator.submittedUs));
        this.#finishJob(coordinator, 'failed', reason, undefined, []);
      }
      this.#coordinators.delete(job);
      this.#dropJob(job);
    }
  }

  /** Sends and steps what had to wait for room; called when bundles may have left this node. */
  resume(now: Instant): void {
    this.#now = now;
    this.#streams.flush();
    while (this.#stalled.length > 0 && !this.#streams.isCongested) {
      const task = this.#stalled.shift() as number;
      if (this.#tasks.has(task)) this.#outputs.push({ kind: 'step-processor', request: { task } });
    }
  }

  // --- what roles ask for (RoleHost) ----------------------------------------------------------------------------------

  nameOf(node: number): SatelliteName {
    return this.#parts.nameOf(node);
  }

  skipsMap(collector: string): boolean {
    return this.#parts.skipsMap(collector);
  }

  send(destination: number, message: JobMessage, context: JobContext): void {
    this.#streams.sendMessage(destination, encodeMessage(message), this.#untilUs(context));
  }

  startTask(owner: TaskOwner, begin: StepBegin): number {
    const task = this.#nextTask++;
    this.#tasks.set(task, { owner, open: new Map(), closed: new Map() });
    this.#outputs.push({ kind: 'step-processor', request: { task, begin } });
    return task;
  }

  continueTask(task: number): void {
    if (this.#tasks.has(task)) this.#requestStep(task);
  }

  trace(event: Parameters<TraceSink['job']>[0], context: JobContext, role: string, index: number, detail?: string): void {
    this.#parts.trace.job(event, this.#now.monotonicUs, this.node, context.job, role, index, detail);
  }

  #requestStep(task: number): void {
    if (this.#streams.isCongested) this.#stalled.push(task);
    else this.#outputs.push({ kind: 'step-processor', request: { task } });
  }

  #writeFile(task: Task, chunk: Extract<StepOutcome, { kind: 'file-chunk' }>): void {
    let handle = task.open.get(chunk.name);
    if (handle === undefined) {
      handle = this.#streams.open(task.owner.fileDestination, 'file', this.#untilUs(task.owner.context));
      task.open.set(chunk.name, handle);
    }
    this.#streams.write(handle, chunk.bytes);
    if (!chunk.last) return;
    this.#streams.close(handle);
    task.open.delete(chunk.name);
    task.closed.set(chunk.name, handle.stream);
  }

  // --- messages -------------------------------------------------------------------------------------------------------

  #messageArrived(stream: ReceivedStream): void {
    const bytes = stream.pieces.length === 1 ? (stream.pieces[0] as Uint8Array) : concatBytes(stream.pieces);
    const message = decodeMessage(bytes);
    if (message === undefined) this.#parts.transport.malformed(stream.source, 'job-message');
    else if (this.#hasFiles(message, stream.source)) this.#dispatch(message, stream.source);
    else if (this.#waiting.length < MAX_WAITING_MESSAGES) this.#waiting.push({ message, source: stream.source });
    else this.#parts.transport.malformed(stream.source, 'too-many-waiting-messages');
  }

  #fileArrived(stream: ReceivedStream): void {
    if (this.#files.size >= MAX_UNCLAIMED_FILES) this.#files.delete(this.#files.keys().next().value as string);
    this.#files.set(`${stream.source}:${stream.stream}`, stream.pieces);
    const ready = this.#waiting.filter(({ message, source }) => this.#hasFiles(message, source));
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter((each) => !ready.includes(each));
    for (const { message, source } of ready) this.#dispatch(message, source);
  }

  #hasFiles(message: JobMessage, source: number): boolean {
    return !('files' in message) || message.files.every((file) => this.#files.has(`${source}:${file.stream}`));
  }

  #takeFiles(files: readonly FileReference[], source: number): ArrivedFile[] {
    return files.map(({ name, stream }) => {
      const key = `${source}:${stream}`;
      const pieces = this.#files.get(key) ?? [];
      this.#files.delete(key);
      return { name, pieces };
    });
  }

  #dispatch(message: JobMessage, source: number): void {
    switch (message.type) {
      case 'collect':
        this.#collect(message);
        break;
      case 'map':
      case 'reduce':
        this.#roleInput(message, this.#takeFiles(message.files, source), source);
        break;
      case 'progress': {
        const coordinator = this.#coordinators.get(message.job);
        if (coordinator === undefined || coordinator.isEnded || !coordinator.onProgress(message)) break;
        const { plan, submittedUs } = coordinator;
        this.#changed({ job: message.job, state: 'running', detail: coordinator.phase(), plan, submittedUs });
        break;
      }
      case 'result': {
        const coordinator = this.#coordinators.get(message.job);
        const files = this.#takeFiles(message.files, source);
        if (!coordinator?.end()) break;
        const { failure, result } = message;
        if (failure !== undefined) this.#finishJob(coordinator, 'failed', failure, undefined, []);
        else this.#finishJob(coordinator, 'done', 'done', result, files);
        break;
      }
      case 'cancel':
        this.#dropJob(message.job);
    }
  }

  #collect(message: Extract<JobMessage, { type: 'collect' }>): void {
    const { context, index, mapper } = message;
    const key = `${context.job}/collector/${index}`;
    if (this.#roles.has(key)) return;
    this.trace('role-input', context, 'collector', index, `${index}/1`);
    const role = new CollectorRole(this, context, index, mapper, () => this.#roleDone(key));
    this.#startRole(key, role);
  }

  /** Hands a batch or a record to its role, which its first message brings into being. */
  #roleInput(message: RoleMessage, files: readonly ArrivedFile[], source: number): void {
    const key = message.type === 'map' ? `${message.job}/mapper/${message.index}` : `${message.job}/reducer/1`;
    if (!this.#roles.has(key)) {
      if (message.context === undefined) {
        this.#keepEarly(key, message, files, source);
        return;
      }
      const { context } = message;
      const done = () => this.#roleDone(key);
      this.#startRole(
        key,
        message.type === 'map' ? new MapperRole(this, context, message.index, done) : new ReducerRole(this, context, done),
      );
      this.#feed(key, message, files, source);
      for (const early of this.#takeEarly(key)) this.#feed(key, early.message, early.files, early.source);
      return;
    }
    this.#feed(key, message, files, source);
  }

  #feed(key: string, message: RoleMessage, files: readonly ArrivedFile[], source: number): void {
    const role = this.#roles.get(key);
    if (message.type === 'map' && role instanceof MapperRole) role.onBatch(message, files, source);
    else if (message.type === 'reduce' && role instanceof ReducerRole) role.onInput(message, files, source);
  }

  #keepEarly(key: string, message: RoleMessage, files: readonly ArrivedFile[], source: number): void {
    if (this.#earlyCount >= MAX_EARLY_MESSAGES) {
      this.#parts.transport.malformed(source, 'too-many-early-messages');
      return;
    }
    const early = this.#early.get(key);
    if (early === undefined) this.#early.set(key, [{ message, files, source }]);
    else early.push({ message, files, source });
    this.#earlyCount++;
  }

  #takeEarly(key: string): { message: RoleMessage; files: readonly ArrivedFile[]; source: number }[] {
    const early = this.#early.get(key) ?? [];
    this.#early.delete(key);
    this.#earlyCount -= early.length;
    return early;
  }

  // --- lives and ends of roles and jobs -------------------------------------------------------------------------------

  #startRole(key: string, role: AnyRole): void {
    this.#roles.set(key, role);
    this.#armDeadline(role.context, this.#untilUs(role.context));
    role.start();
  }

  #roleDone(key: string): void {
    this.#roles.set(key, undefined);
  }

  #armDeadline(context: JobContext, deadlineUs: number): void {
    if (this.#ownDeadlines.has(context.job)) return;
    this.#ownDeadlines.add(context.job);
    this.#deadlines.push(deadlineUs, context.job);
  }

  /** The job's deadline on this node's clock; without a trusted clock the whole allowance counts from now. */
  #untilUs(context: JobContext): number {
    const { monotonicUs, dtnTimeMs } = this.#now;
    const leftMs = dtnTimeMs === undefined ? context.deadlineMs : Math.max(0, context.deadlineDtnMs - dtnTimeMs);
    return monotonicUs + leftMs * US_PER_MS;
  }

  #finishJob(
    coordinator: Coordinator,
    state: 'done' | 'failed',
    detail: string,
    result: string | undefined,
    files: readonly ArrivedFile[],
  ): void {
    const { context, plan, submittedUs } = coordinator;
    this.trace(state, context, 'coordinator', 0, state === 'failed' ? detail : undefined);
    this.#changed({ job: context.job, state, detail, plan, submittedUs, result, files });
    if (state !== 'failed') return;
    for (const node of coordinator.nodes) {
      if (node !== this.node) this.send(node, { type: 'cancel', job: context.job }, context);
    }
    this.#dropJob(context.job);
  }

  /** Lets go of everything that belongs to a job here, running tasks included. */
  #dropJob(job: string): void {
    const prefix = `${job}/`;
    for (const [number, task] of this.#tasks) {
      if (task.owner.context.job !== job) continue;
      this.#tasks.delete(number);
      this.#outputs.push({ kind: 'cancel-processor', task: number });
    }
    for (const key of this.#roles.keys()) if (key.startsWith(prefix)) this.#roles.set(key, undefined);
    for (const key of [...this.#early.keys()]) if (key.startsWith(prefix)) this.#takeEarly(key);
    this.#waiting = this.#waiting.filter(({ message }) => !('job' in message) || message.job !== job);
    if (!this.#ownDeadlines.has(job)) {
      // The deadline is over, and with it the lifetime of every message of the job: nothing late can come any more.
      for (const key of [...this.#roles.keys()]) if (key.startsWith(prefix)) this.#roles.delete(key);
    }
    this.#outputs.push({ kind: 'forget-processors', job });
  }

  #changed(status: Partial<JobStatus> & Pick<JobStatus, 'job' | 'state' | 'detail' | 'submittedUs' | 'plan'>): void {
    const whole: JobStatus = { result: undefined, files: [], atUs: this.#now.monotonicUs, ...status };
    this.#outputs.push({ kind: 'job-changed', status: whole });
  }

  #contextOf(spec: JobSpec, job: string, now: Instant): JobContext {
    const dtnTimeMs = now.dtnTimeMs ?? 0;
    const deadlineMs = Math.ceil(spec.deadlineUs / US_PER_MS);
    return {
      job,
      los: this.node,
      reducer: this.node,
      size: spec.collectors,
      collectTask: spec.collectTask,
      mapTask: spec.mapTask,
      combineTask: spec.combineTask,
      reduceTask: spec.reduceTask,
      maxCollectRecords: spec.maxCollectRecords,
      jobData: JSON.stringify(spec.jobData),
      startUnixSeconds: (dtnTimeMs + DTN_EPOCH_UNIX_MS) / 1000,
      deadlineMs,
      deadlineDtnMs: dtnTimeMs + deadlineMs,
    };
  }
}
