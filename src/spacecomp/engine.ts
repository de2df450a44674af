/**
 * The job engine of one satellite: takes job messages, runs whichever roles they call for, has processors stepped, and sends what
 * the roles send. It is driven like the node that it is part of: one input, then the outputs are taken.
 *
 * Back-pressure: while too much of this node's own traffic waits, no processor is asked for its next step.
 */
import { concatBytes } from '../base/bytes.js';
import { UsageError } from '../base/errors.js';
import type { JsonValue } from '../base/json.js';
import type { Platform } from '../base/platform.js';
import { PriorityQueue } from '../base/priority-queue.js';
import { DTN_EPOCH_UNIX_MS, type Instant, US_PER_MS } from '../base/time.js';
import type { TraceSink } from '../base/trace.js';
import type { SatelliteName } from '../processors/contract.js';
import type { StepBegin, StepOutcome, StepRequest } from '../processors/step.js';
import type { JobPlan, JobSpec } from '../scheduler/index.js';
import { type ReceivedStream, Streams, type StreamTransport } from '../streams/index.js';
import { CollectorRole } from './collector.js';
import { Coordinator, type JobStatus, planningFailure } from './coordinator.js';
import { type Arrival, Inbox, type RoleArrival } from './inbox.js';
import { MapperRole } from './mapper.js';
import { decodeMessage, encodeMessage, type JobContext, type JobMessage } from './messages.js';
import { ReducerRole } from './reducer.js';
import type { ArrivedFile, RoleHost, TaskOwner } from './role-host.js';
import { Tasks } from './tasks.js';

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
  /** A job's data as processors on this satellite see it. */
  localData(jobData: JsonValue): JsonValue;
  /** Places a job's roles (scheduler). Throws UsageError where the area has too few satellites. */
  plan(spec: JobSpec, job: string, nowUs: number): JobPlan;
  /** Whether any contact leads to a satellite from now on. */
  canReach(node: number, nowUs: number): boolean;
}

/** What the engine asks of its driver. */
export type EngineOutput =
  | { readonly kind: 'step-processor'; readonly request: StepRequest }
  /** The task is over: what it has under way is dropped, and steps of it that were asked for and not begun are not to be taken. */
  | { readonly kind: 'cancel-processor'; readonly task: number }
  /** No more tasks of this job here: processor objects whose instance begins with `${job}/` can go. */
  | { readonly kind: 'forget-processors'; readonly job: string }
  | { readonly kind: 'job-changed'; readonly status: JobStatus };

type AnyRole = CollectorRole | MapperRole | ReducerRole;

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
  readonly #tasks: Tasks;
  readonly #inbox = new Inbox();
  readonly #deadlines = new PriorityQueue<string>();
  readonly #ownDeadlines = new Set<string>();
  /** Jobs that were called off and whose messages may still come; kept until their deadlines. */
  readonly #calledOff = new Set<string>();
  #nextJob = 1;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.node = parts.node;
    this.#streams = new Streams(parts.transport, parts.platform);
    this.#tasks = new Tasks({
      streams: this.#streams,
      step: (request) => this.#outputs.push({ kind: 'step-processor', request }),
      cancel: (task) => this.#outputs.push({ kind: 'cancel-processor', task }),
      untilUs: (owner) => this.#untilUs(owner.context),
    });
  }

  /** The next output, or undefined. */
  poll(): EngineOutput | undefined {
    return this.#outputs.shift();
  }

  /** When {@link timeout} wants to be called, in monotonic microseconds; Infinity for never. */
  nextTimeoutUs(): number {
    const deadlineUs = this.#deadlines.peekKey() ?? Number.POSITIVE_INFINITY;
    return Math.min(deadlineUs, this.#inbox.nextUs(), this.#streams.nextExpiryUs());
  }

  /** Messages and files that wait here for others still on their way. */
  get unclaimed(): number {
    return this.#inbox.size;
  }

  // --- inputs ---------------------------------------------------------------------------------------------------------

  /** Takes a job in at this satellite, its LOS; its time has run since `requestedUs`. */
  submit(spec: JobSpec, now: Instant, requestedUs = now.monotonicUs): string {
    this.#now = now;
    const job = `${this.node}-${this.#nextJob++}`;
    const context = this.#contextOf(spec, job, now, requestedUs);
    this.#parts.trace.job('submitted', now.monotonicUs, this.node, job, 'coordinator', 0);
    let plan: JobPlan;
    try {
      if (requestedUs + spec.deadlineUs <= now.monotonicUs)
        throw new UsageError('too-late', 'the deadline was over when the LOS satellite took the job in');
      if (this.#coordinators.size >= MAX_JOBS)
        throw new UsageError('too-many-jobs', `this satellite coordinates ${MAX_JOBS} jobs already`);
      plan = this.#parts.plan(spec, job, now.monotonicUs);
    } catch (error) {
      const detail = planningFailure(error);
      this.trace('failed', context, 'coordinator', 0, detail);
      this.#changed({ job, state: 'failed', detail, plan: undefined, submittedUs: requestedUs });
      return job;
    }
    const planned = { ...context, reducer: plan.reducer };
    const coordinator = new Coordinator(planned, plan, requestedUs, (node) => this.nameOf(node));
    this.#coordinators.set(job, coordinator);
    this.#armDeadline(job, coordinator.deadlineUs);
    this.#parts.trace.job('planned', now.monotonicUs, this.node, job, 'coordinator', 0);
    this.#changed({ job, state: 'planned', detail: 'planned', plan, submittedUs: requestedUs });
    for (const { index, collector, mapper } of plan.pairs) {
      this.send(collector, { type: 'collect', context: planned, index, mapper }, planned);
    }
    return job;
  }

  /** Takes one data unit that the agent delivered; at `expiryUs` the lifetime of its bundle ends, and with it that of its job. */
  receive(source: number, payload: Uint8Array, expiryUs: number, now: Instant): void {
    this.#now = now;
    const stream = this.#streams.receive(source, payload, expiryUs);
    if (stream === undefined) return;
    if (stream.kind === 'message') this.#messageArrived(stream, expiryUs);
    else for (const arrival of this.#inbox.fileArrived(stream, expiryUs)) this.#dispatch(arrival);
  }

  /** Takes what a step of a processor gave. */
  stepped(task: number, outcome: StepOutcome, now: Instant): void {
    this.#now = now;
    this.#tasks.stepped(task, outcome);
  }

  /** Ends what has reached its deadline. */
  timeout(now: Instant): void {
    this.#now = now;
    while ((this.#deadlines.peekKey() ?? Number.POSITIVE_INFINITY) <= now.monotonicUs) {
      const job = this.#deadlines.pop() as string;
      this.#ownDeadlines.delete(job);
      const coordinator = this.#coordinators.get(job);
      if (coordinator !== undefined) {
        const reason = coordinator.missing((node) => this.#parts.canReach(node, coordinator.submittedUs));
        this.#finishJob(coordinator, 'failed', reason, undefined, []);
      }
      this.#dropJob(job);
      this.#calledOff.delete(job);
    }
    if (this.#inbox.nextUs() <= now.monotonicUs) this.#inbox.sweep(now.monotonicUs);
    this.#streams.expire(now.monotonicUs);
  }

  /** Sends and steps what had to wait for room; called when bundles may have left this node. */
  resume(now: Instant): void {
    this.#now = now;
    this.#streams.flush();
    this.#tasks.resume();
  }

  // --- what roles ask for (RoleHost) ----------------------------------------------------------------------------------

  nameOf(node: number): SatelliteName {
    return this.#parts.nameOf(node);
  }

  skipsMap(collector: string): boolean {
    return this.#parts.skipsMap(collector);
  }

  localData(jobData: JsonValue): JsonValue {
    return this.#parts.localData(jobData);
  }

  send(destination: number, message: JobMessage, context: JobContext): void {
    this.#streams.sendMessage(destination, encodeMessage(message), this.#untilUs(context));
  }

  startTask(owner: TaskOwner, begin: StepBegin): number {
    return this.#tasks.start(owner, begin);
  }

  continueTask(task: number): void {
    this.#tasks.goOn(task);
  }

  trace(
    event: Parameters<TraceSink['job']>[0],
    context: JobContext,
    role: string,
    index: number,
    detail?: string,
  ): void {
    this.#parts.trace.job(event, this.#now.monotonicUs, this.node, context.job, role, index, detail);
  }

  // --- messages -------------------------------------------------------------------------------------------------------

  #messageArrived(stream: ReceivedStream, expiryUs: number): void {
    const { source } = stream;
    const pieces = [...stream.pieces];
    const message = decodeMessage(pieces.length === 1 ? (pieces[0] as Uint8Array) : concatBytes(pieces));
    if (message === undefined) {
      this.#parts.transport.malformed(source, 'job-message');
      return;
    }
    const arrival = { message, source, expiryUs };
    if (this.#inbox.hasFiles(arrival)) this.#dispatch(arrival);
    else if (!this.#inbox.awaitFiles(arrival)) this.#parts.transport.malformed(source, 'too-many-waiting-messages');
  }

  #dispatch({ message, source, expiryUs }: Arrival): void {
    switch (message.type) {
      case 'collect':
        this.#collect(message);
        break;
      case 'map':
      case 'reduce':
        this.#roleInput({ message, source, expiryUs, files: this.#inbox.takeFiles(message.files, source) });
        break;
      case 'progress': {
        const coordinator = this.#coordinators.get(message.job);
        if (!coordinator?.onProgress(message)) break;
        const { plan, submittedUs } = coordinator;
        this.#changed({ job: message.job, state: 'running', detail: coordinator.phase(), plan, submittedUs });
        break;
      }
      case 'result': {
        const files = this.#inbox.takeFiles(message.files, source);
        const coordinator = this.#coordinators.get(message.job);
        if (coordinator === undefined) break;
        const { failure, result } = message;
        if (failure === undefined) this.#finishJob(coordinator, 'done', 'done', result, files);
        else {
          this.#finishJob(coordinator, 'failed', failure, undefined, []);
          this.#callOff(coordinator);
        }
        break;
      }
      case 'cancel':
        this.#armDeadline(message.job, this.#untilUs(message));
        this.#calledOff.add(message.job);
        this.#dropJob(message.job);
    }
  }

  #collect(message: Extract<JobMessage, { type: 'collect' }>): void {
    const { context, index, mapper } = message;
    const key = `${context.job}/collector/${index}`;
    if (this.#roles.has(key) || this.#calledOff.has(context.job)) return;
    this.trace('role-input', context, 'collector', index, `${index}/1`);
    const role = new CollectorRole(this, context, index, mapper, () => this.#roleDone(key, context));
    this.#startRole(key, role);
  }

  /** Hands a batch or a record to its role, which its first message brings into being. */
  #roleInput(arrival: RoleArrival): void {
    const { message } = arrival;
    if (this.#calledOff.has(message.job)) return;
    const key = message.type === 'map' ? `${message.job}/mapper/${message.index}` : `${message.job}/reducer/1`;
    const { context } = message;
    if (this.#roles.has(key)) this.#feed(key, arrival);
    else if (context === undefined) {
      if (!this.#inbox.keepEarly(key, arrival))
        this.#parts.transport.malformed(arrival.source, 'too-many-early-messages');
    } else {
      const done = () => this.#roleDone(key, context);
      const { index } = message;
      const isMapper = message.type === 'map';
      this.#startRole(
        key,
        isMapper ? new MapperRole(this, context, index, done) : new ReducerRole(this, context, done),
      );
      this.#feed(key, arrival);
      for (const early of this.#inbox.takeEarly(key)) this.#feed(key, early);
    }
  }

  #feed(key: string, { message, files, source }: RoleArrival): void {
    const role = this.#roles.get(key);
    if (message.type === 'map' && role instanceof MapperRole) role.onBatch(message, files, source);
    else if (message.type === 'reduce' && role instanceof ReducerRole) role.onInput(message, files, source);
  }

  // --- lives and ends of roles and jobs -------------------------------------------------------------------------------

  #startRole(key: string, role: AnyRole): void {
    this.#roles.set(key, role);
    this.#armDeadline(role.context.job, this.#untilUs(role.context));
    role.start();
  }

  /** A role is over; with the last one of its job here the job's processors go. */
  #roleDone(key: string, { job }: JobContext): void {
    this.#roles.set(key, undefined);
    const prefix = `${job}/`;
    for (const [other, role] of this.#roles) if (role !== undefined && other.startsWith(prefix)) return;
    this.#outputs.push({ kind: 'forget-processors', job });
  }

  #armDeadline(job: string, deadlineUs: number): void {
    if (this.#ownDeadlines.has(job)) return;
    this.#ownDeadlines.add(job);
    this.#deadlines.push(deadlineUs, job);
  }

  /** The job's deadline on this node's clock; where this node or the LOS satellite has no clock, the whole allowance counts from now. */
  #untilUs({ deadlineMs, deadlineDtnMs }: Pick<JobContext, 'deadlineMs' | 'deadlineDtnMs'>): number {
    const { monotonicUs, dtnTimeMs } = this.#now;
    const hasClocks = dtnTimeMs !== undefined && deadlineDtnMs !== 0;
    const leftMs = hasClocks ? Math.max(0, deadlineDtnMs - dtnTimeMs) : deadlineMs;
    return monotonicUs + leftMs * US_PER_MS;
  }

  /** Says how a job ended; what comes for it afterwards is ignored. */
  #finishJob(
    coordinator: Coordinator,
    state: 'done' | 'failed',
    detail: string,
    result: string | undefined,
    files: readonly ArrivedFile[],
  ): void {
    const { context, plan, submittedUs } = coordinator;
    this.#coordinators.delete(context.job);
    this.trace(state, context, 'coordinator', 0, state === 'failed' ? detail : undefined);
    this.#changed({ job: context.job, state, detail: oneLine(detail), plan, submittedUs, result, files });
  }

  /** Has all satellites of a job stop working on it. */
  #callOff({ context, nodes }: Coordinator): void {
    const { job, deadlineMs, deadlineDtnMs } = context;
    for (const node of nodes) {
      if (node !== this.node) this.send(node, { type: 'cancel', job, deadlineMs, deadlineDtnMs }, context);
    }
    this.#calledOff.add(job);
    this.#dropJob(job);
  }

  /** Lets go of everything that belongs to a job here, running tasks included. */
  #dropJob(job: string): void {
    const prefix = `${job}/`;
    this.#tasks.dropJob(job);
    for (const key of this.#roles.keys()) if (key.startsWith(prefix)) this.#roles.delete(key);
    this.#inbox.dropJob(job);
    this.#outputs.push({ kind: 'forget-processors', job });
  }

  #changed(status: Partial<JobStatus> & Pick<JobStatus, 'job' | 'state' | 'detail' | 'submittedUs' | 'plan'>): void {
    const whole: JobStatus = { result: undefined, files: [], atUs: this.#now.monotonicUs, ...status };
    this.#outputs.push({ kind: 'job-changed', status: whole });
  }

  #contextOf(spec: JobSpec, job: string, now: Instant, requestedUs: number): JobContext {
    const dtnTimeMs = now.dtnTimeMs ?? 0;
    const deadlineMs = Math.ceil(spec.deadlineUs / US_PER_MS);
    const waitedMs = Math.floor((now.monotonicUs - requestedUs) / US_PER_MS);
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
      deadlineDtnMs: now.dtnTimeMs === undefined ? 0 : dtnTimeMs + deadlineMs - waitedMs,
    };
  }
}

/** A reason in one line, whatever a processor threw. */
function oneLine(text: string): string {
  return text.trim().replace(/\s*[\r\n]+\s*/g, ' | ');
}
