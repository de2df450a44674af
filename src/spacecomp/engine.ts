/**
 * The job engine of one satellite: takes job messages, runs whichever roles they call for, has processors stepped, and sends what
 * the roles send. It is driven like the node that it is part of: one input, then the outputs are taken.
 *
 * Back-pressure: while too much of this node's own traffic waits, no processor is asked for its next step.
 *
 * Restarts: where the node's store is durable, the messages that roles took are kept until the roles are done, and {@link start} takes them
 * once more: roles are run again from their inputs, and pass over what they had sent (role-run.ts).
 */

import type { StateStore } from '../agent/index.js';
import { concatBytes } from '../base/bytes.js';
import type { JsonValue } from '../base/json.js';
import type { Platform } from '../base/platform.js';
import type { Instant } from '../base/time.js';
import { US_PER_MS } from '../base/time.js';
import type { TraceSink } from '../base/trace.js';
import type { SatelliteName } from '../processors/contract.js';
import type { StepBegin, StepOutcome, StepRequest } from '../processors/step.js';
import type { JobPlan, JobSpec } from '../scheduler/index.js';
import { type ReceivedStream, StateTable, Streams, type StreamTransport } from '../streams/index.js';
import { CollectorRole } from './collector.js';
import type { Coordinator, JobStatus } from './coordinator.js';
import { type Arrival, Inbox, type RoleArrival } from './inbox.js';
import { DESK_ITEMS, JobDesk } from './job-desk.js';
import { KeptArrivals, type TakenInput } from './kept-arrivals.js';
import { KnownJobs } from './known-jobs.js';
import { MapperRole } from './mapper.js';
import { decodeMessage, encodeMessage, type JobContext, type JobMessage, type Role } from './messages.js';
import { ReducerRole } from './reducer.js';
import type { TaskFiles, TaskOwner } from './role-host.js';
import { KEPT_ROLE_ITEMS, type KeptRole, keptRole, RoleRun, type RunParts } from './role-run.js';
import { Tasks } from './tasks.js';

/** What the engine needs of the node around it. */
export interface EngineParts {
  readonly node: number;
  readonly platform: Platform;
  readonly trace: TraceSink;
  readonly transport: StreamTransport;
  /** Where jobs and streams survive restarts; left out where the node's store is not durable. */
  readonly state?: StateStore | undefined;
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
  /** No more tasks of this job here, or they begin anew: processor objects whose instance begins with `${job}/` can go. */
  | { readonly kind: 'forget-processors'; readonly job: string }
  | { readonly kind: 'job-changed'; readonly status: JobStatus };

type AnyRole = CollectorRole | MapperRole | ReducerRole;

/** A role with what it took. */
interface RoleEntry {
  /** Undefined once the role is done, so that late messages are known as such. */
  role: AnyRole | undefined;
  readonly run: RoleRun;
  /** What it took, where that is kept until it is done. */
  readonly inputs: TakenInput[];
}

/** All roles of all jobs on one satellite. */
export class JobEngine implements RunParts {
  readonly node: number;
  readonly streams: Streams;
  readonly table: StateTable;
  readonly #parts: EngineParts;
  readonly #outputs: EngineOutput[] = [];
  #now: Instant = { monotonicUs: 0, dtnTimeMs: undefined };

  readonly #desk: JobDesk;
  readonly #arrivals: KeptArrivals;
  /** Roles by `job/role/index`. */
  readonly #roles = new Map<string, RoleEntry>();
  /** What was kept of roles that have not been begun again yet. */
  readonly #before = new Map<string, KeptRole>();
  readonly #tasks: Tasks;
  readonly #inbox: Inbox;
  readonly #jobs: KnownJobs;
  /** True while inputs are taken that were taken before a restart. */
  #isReplaying = false;

  constructor(parts: EngineParts) {
    const { state } = parts;
    this.#parts = parts;
    this.node = parts.node;
    this.streams = new Streams(parts.transport, parts.platform, undefined, state);
    this.table = new StateTable(state, 'job/role/', KEPT_ROLE_ITEMS);
    this.#arrivals = new KeptArrivals(state, (source, stream) => this.streams.release(source, stream));
    this.#jobs = new KnownJobs(state);
    this.#tasks = new Tasks({
      isCongested: (destination) => this.streams.isCongested(destination),
      step: (request) => this.#outputs.push({ kind: 'step-processor', request }),
      cancel: (task) => this.#outputs.push({ kind: 'cancel-processor', task }),
    });
    this.#inbox = new Inbox({
      dropped: (arrival) => this.#arrivals.drop(arrival),
      releaseFile: (source, stream) => this.streams.release(source, stream),
    });
    this.#desk = new JobDesk({
      node: parts.node,
      tables: {
        led: new StateTable(state, 'job/led/', DESK_ITEMS.led),
        ended: new StateTable(state, 'job/ended/', DESK_ITEMS.ended),
        next: new StateTable(state, 'job/next/', DESK_ITEMS.next),
      },
      nameOf: (node) => parts.nameOf(node),
      plan: (spec, job, nowUs) => parts.plan(spec, job, nowUs),
      canReach: (node, nowUs) => parts.canReach(node, nowUs),
      send: (destination, message, context) => this.send(destination, message, context),
      changed: (status) => this.#outputs.push({ kind: 'job-changed', status }),
      trace: (event, job, detail) =>
        parts.trace.job(event, this.#now.monotonicUs, this.node, job, 'coordinator', 0, detail),
      armDeadline: (job, deadlineUs) => this.#jobs.arm(job, deadlineUs),
      callOff: (coordinator) => this.#callOff(coordinator),
      releaseFile: (source, stream) => this.streams.release(source, stream),
      damaged: () => this.#damaged(),
    });
  }

  /** The next output, or undefined. */
  poll(): EngineOutput | undefined {
    return this.#outputs.shift();
  }

  /** When {@link timeout} wants to be called, in monotonic microseconds; Infinity for never. */
  nextTimeoutUs(): number {
    return Math.min(this.#jobs.nextUs(), this.#inbox.nextUs(), this.streams.nextExpiryUs(), this.#desk.nextUs());
  }

  /** Messages and files that wait here for others still on their way. */
  get unclaimed(): number {
    return this.#inbox.size;
  }

  // --- inputs ---------------------------------------------------------------------------------------------------------

  /** Takes up what the store kept through a restart; called once, before anything else. */
  start(now: Instant): void {
    if (this.#parts.state === undefined) return;
    this.#now = now;
    const damaged = () => this.#damaged();
    this.#jobs.start(damaged);
    for (const { file, expiryUs } of this.streams.start()) {
      if (file.kind === 'file') this.#inbox.fileArrived(file, expiryUs);
    }
    this.#desk.start(now.monotonicUs, (files, source) => this.#inbox.takeFiles(files, source));
    for (const kept of this.table.read(keptRole, damaged)) this.#before.set(kept.key, kept);
    const arrivals = this.#arrivals.read(damaged);
    for (const job of new Set([...this.#before.values()].map(({ key }) => jobOf(key)))) this.#forgetProcessors(job);
    this.#isReplaying = true;
    for (const arrival of arrivals) this.#take(arrival);
    this.#isReplaying = false;
  }

  /** Takes a job in at this satellite, its LOS; its time has run since `requestedUs`. */
  submit(spec: JobSpec, now: Instant, requestedUs = now.monotonicUs): string {
    this.#now = now;
    return this.#desk.submit(spec, now, requestedUs);
  }

  /** Takes one data unit that the agent delivered; at `expiryUs` the lifetime of its bundle ends, and with it that of its job. */
  receive(source: number, payload: Uint8Array, expiryUs: number, now: Instant): void {
    this.#now = now;
    const stream = this.streams.receive(source, payload, expiryUs);
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
    const nowUs = now.monotonicUs;
    for (let job = this.#jobs.popDue(nowUs); job !== undefined; job = this.#jobs.popDue(nowUs)) {
      this.#desk.deadline(job, nowUs);
      this.#dropJob(job);
    }
    if (this.#inbox.nextUs() <= nowUs) this.#inbox.sweep(nowUs);
    this.streams.expire(nowUs);
    this.#desk.forgetEnded(nowUs);
  }

  /** Sends and steps what had to wait for room; called when bundles may have left this node. */
  resume(now: Instant): void {
    this.#now = now;
    this.streams.flush();
    this.#tasks.resume();
  }

  // --- what roles ask for (RunParts) ----------------------------------------------------------------------------------

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
    this.streams.sendMessage(destination, encodeMessage(message), this.untilUs(context));
  }

  startTask(owner: TaskOwner, files: TaskFiles, begin: StepBegin): number {
    return this.#tasks.start(owner, files, begin);
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
    if (this.#isReplaying && event === 'role-input') return;
    this.#parts.trace.job(event, this.#now.monotonicUs, this.node, context.job, role, index, detail);
  }

  /** The job's deadline on this node's clock; where this node or the LOS satellite has no clock, the whole allowance counts from now. */
  untilUs({ deadlineMs, deadlineDtnMs }: Pick<JobContext, 'deadlineMs' | 'deadlineDtnMs'>): number {
    const { monotonicUs, dtnTimeMs } = this.#now;
    const hasClocks = dtnTimeMs !== undefined && deadlineDtnMs !== 0;
    const leftMs = hasClocks ? Math.max(0, deadlineDtnMs - dtnTimeMs) : deadlineMs;
    return monotonicUs + leftMs * US_PER_MS;
  }

  brokenOff(key: string): void {
    const entry = this.#roles.get(key);
    if (entry !== undefined) this.#tasks.drop(jobOf(key), entry.run);
    this.#roleDone(key);
  }

  // --- messages -------------------------------------------------------------------------------------------------------

  #messageArrived(stream: ReceivedStream, expiryUs: number): void {
    const { source } = stream;
    const pieces = [...stream.pieces];
    const bytes = pieces.length === 1 ? (pieces[0] as Uint8Array) : concatBytes(pieces);
    const message = decodeMessage(bytes);
    if (message === undefined) {
      this.#parts.transport.malformed(source, 'job-message');
      return;
    }
    // What says how far a role is, or that a job is called off, has done all it can as soon as it is taken.
    const isKept = message.type !== 'progress' && message.type !== 'cancel';
    const id = isKept ? this.#arrivals.add(source, expiryUs, bytes) : 0;
    this.#take({ message, source, expiryUs, id });
  }

  #take(arrival: Arrival): void {
    if (this.#inbox.hasFiles(arrival)) this.#dispatch(arrival);
    else if (!this.#inbox.awaitFiles(arrival)) this.#refuse(arrival, 'too-many-waiting-messages');
  }

  #dispatch(arrival: Arrival): void {
    const { message, source } = arrival;
    switch (message.type) {
      case 'collect':
        this.#collect(message, arrival);
        break;
      case 'map':
      case 'reduce':
        this.#roleInput({ ...arrival, message, files: this.#inbox.takeFiles(message.files, source) });
        break;
      case 'taken':
        this.#taken(message, arrival);
        break;
      case 'progress':
        this.#desk.progress(message, this.#now.monotonicUs);
        break;
      case 'result': {
        const files = this.#inbox.takeFiles(message.files, source);
        const keepsFiles = this.#desk.result(message, source, files, this.#now.monotonicUs);
        this.#arrivals.dropMessage(arrival);
        if (!keepsFiles) this.#arrivals.releaseFiles(source, message.files);
        break;
      }
      case 'cancel':
        this.#jobs.callOff(message.job, this.untilUs(message));
        this.#dropJob(message.job);
    }
  }

  #collect(message: Extract<JobMessage, { type: 'collect' }>, arrival: Arrival): void {
    const { context, index, mapper } = message;
    const key = `${context.job}/collector/${index}`;
    if (this.#roles.has(key) || this.#before.get(key)?.isDone || this.#jobs.isCalledOff(context.job)) {
      this.#arrivals.drop(arrival);
      return;
    }
    this.trace('role-input', context, 'collector', index, `${index}/1`);
    const done = () => this.#roleDone(key);
    const start = (run: RoleRun) => new CollectorRole(run, context, index, mapper, done);
    this.#startRole(key, 'collector', index, context, start, arrival);
  }

  /** Hands a batch or a record to its role, which its first message brings into being. */
  #roleInput(arrival: RoleArrival): void {
    const { message } = arrival;
    const key = message.type === 'map' ? `${message.job}/mapper/${message.index}` : `${message.job}/reducer/1`;
    if (this.#jobs.isCalledOff(message.job) || this.#before.get(key)?.isDone) {
      this.#arrivals.drop(arrival);
      return;
    }
    const { context, index } = message;
    if (this.#roles.has(key)) this.#feed(key, arrival);
    else if (context === undefined) {
      if (!this.#inbox.keepEarly(key, arrival)) this.#refuse(arrival, 'too-many-early-messages');
    } else {
      const done = () => this.#roleDone(key);
      if (message.type === 'map')
        this.#startRole(key, 'mapper', index, context, (run) => new MapperRole(run, context, index, done));
      else this.#startRole(key, 'reducer', 1, context, (run) => new ReducerRole(run, context, done));
      this.#feed(key, arrival);
      for (const early of this.#inbox.takeEarly(key)) this.#feed(key, early);
    }
  }

  /** Lets a collector go on; of such messages the last one is kept, in place of the one before. */
  #taken({ job, index, batch }: Extract<JobMessage, { type: 'taken' }>, arrival: Arrival): void {
    const entry = this.#roles.get(`${job}/collector/${index}`);
    if (!(entry?.role instanceof CollectorRole) || !entry.role.onTaken(batch, arrival.source)) {
      this.#arrivals.drop(arrival);
      return;
    }
    this.#arrivals.dropAll(entry.inputs.splice(1));
    this.#arrivals.note(entry.inputs, arrival);
  }

  #feed(key: string, arrival: RoleArrival): void {
    const { message, files, source } = arrival;
    const entry = this.#roles.get(key);
    if (entry?.role === undefined) {
      this.#arrivals.drop(arrival);
      return;
    }
    this.#arrivals.note(entry.inputs, arrival);
    if (message.type === 'map' && entry.role instanceof MapperRole) entry.role.onBatch(message, files, source);
    else if (message.type === 'reduce' && entry.role instanceof ReducerRole) entry.role.onInput(message, files, source);
  }

  // --- lives and ends of roles and jobs -------------------------------------------------------------------------------

  #startRole(
    key: string,
    role: Role,
    index: number,
    context: JobContext,
    make: (run: RoleRun) => AnyRole,
    first?: Arrival,
  ): void {
    const run = new RoleRun(this, { key, role, index }, context, this.#before.get(key));
    this.#before.delete(key);
    const entry: RoleEntry = { role: make(run), run, inputs: [] };
    if (first !== undefined) this.#arrivals.note(entry.inputs, first);
    this.#roles.set(key, entry);
    this.#jobs.arm(context.job, this.untilUs(context));
    entry.role?.start();
  }

  /** A role is over; with the last one of its job here the job's processors go. */
  #roleDone(key: string): void {
    const entry = this.#roles.get(key);
    if (entry?.role === undefined) return;
    entry.role = undefined;
    entry.run.finish();
    this.#arrivals.dropAll(entry.inputs.splice(0));
    const job = jobOf(key);
    for (const [other, { role }] of this.#roles) if (role !== undefined && jobOf(other) === job) return;
    this.#forgetProcessors(job);
  }

  /** Has all satellites of a job stop working on it. */
  #callOff({ context, nodes, deadlineUs }: Coordinator): void {
    const { job, deadlineMs, deadlineDtnMs } = context;
    for (const node of nodes) {
      if (node !== this.node) this.send(node, { type: 'cancel', job, deadlineMs, deadlineDtnMs }, context);
    }
    this.#jobs.callOff(job, deadlineUs);
    this.#dropJob(job);
  }

  /** Lets go of everything that belongs to a job here, running tasks included. */
  #dropJob(job: string): void {
    this.#tasks.drop(job);
    for (const [key, entry] of this.#roles) {
      if (jobOf(key) !== job) continue;
      this.#roles.delete(key);
      entry.role = undefined;
      entry.run.forget();
      this.#arrivals.dropAll(entry.inputs.splice(0));
    }
    for (const [key, { id }] of this.#before) {
      if (jobOf(key) !== job) continue;
      this.#before.delete(key);
      this.table.delete(id);
    }
    this.#inbox.dropJob(job);
    this.#forgetProcessors(job);
  }

  #forgetProcessors(job: string): void {
    this.#outputs.push({ kind: 'forget-processors', job });
  }

  #refuse(arrival: Arrival, rule: string): void {
    this.#parts.transport.malformed(arrival.source, rule);
    this.#arrivals.drop(arrival);
  }

  #damaged(): void {
    this.#parts.transport.malformed(this.node, 'job-state');
  }
}

/** The job of a role's key; its name may have slashes. */
function jobOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/', key.lastIndexOf('/') - 1));
}
