import { Random } from '../../src/base/random.js';
import type { Instant } from '../../src/base/time.js';
import { SILENT_TRACE } from '../../src/base/trace.js';
import { ProcessorCatalogue } from '../../src/processors/catalogue.js';
import type { Collector, Combiner, Mapper, Reducer } from '../../src/processors/contract.js';
import type { StepRequest } from '../../src/processors/step.js';
import { ProcessorRunner } from '../../src/runtime/processor-runner.js';
import type { JobPlan, JobSpec } from '../../src/scheduler/index.js';
import { JobEngine, type JobStatus } from '../../src/spacecomp/index.js';
import { decodeMessage, encodeMessage, type JobMessage } from '../../src/spacecomp/messages.js';
import { decodeFrame, encodeFrame } from '../../src/streams/index.js';
import { CrashableState } from '../helpers/crashable-state.js';
import { PlainPlatform } from '../helpers/plain-platform.js';

/** Processors under the name `mine`; each factory is called once for each instance. */
export interface Mine {
  readonly collect?: () => Collector;
  readonly map?: () => Mapper;
  readonly combine?: () => Combiner;
  readonly reduce?: () => Reducer;
}

export interface Packet {
  readonly from: number;
  readonly to: number;
  readonly payload: Uint8Array;
  readonly untilUs: number;
}

/** A job for processors named `mine` with what a test wants different. */
export function spec(changes: Partial<JobSpec> = {}): JobSpec {
  return {
    aoi: { kind: 'nodes', nodes: [] },
    collectors: 1,
    collectTask: 'mine',
    mapTask: 'mine',
    combineTask: 'mine',
    reduceTask: 'mine',
    maxCollectRecords: 2,
    jobData: null,
    allocator: 'bipartite',
    reducer: 'auto',
    deadlineUs: 60_000_000,
    ...changes,
  };
}

/** The LOS satellite, and where the reducer is: as far apart as any other. */
export const LOS = 1;
export const REDUCER = 2;
export const collectorNode = (index: number) => 1 + 2 * index;
export const mapperNode = (index: number) => 2 + 2 * index;

/** What becomes of packets: which goes next, and how many copies of it there are. */
export interface Fate {
  /** Index of the next packet among those under way. */
  pick(underWay: number): number;
  copies(packet: Packet): number;
}

export const inOrder: Fate = { pick: () => 0, copies: () => 1 };
export const backwards: Fate = { pick: (underWay) => underWay - 1, copies: () => 1 };

/** Any order, and now and then a packet twice. */
export function wild(seed: number): Fate {
  const random = new Random(seed);
  return { pick: (underWay) => random.below(underWay), copies: () => (random.chance(0.2) ? 2 : 1) };
}

/** Job engines on satellites that hand each other packets, with neither bundles nor links between them. */
export class Flock {
  readonly platform = new PlainPlatform();
  readonly catalogue = new ProcessorCatalogue();
  readonly statuses: JobStatus[] = [];
  readonly malformed: string[] = [];
  readonly events: string[] = [];
  /** Messages that were sent, in order; those of several packets are left out. */
  readonly sent: { from: number; to: number; message: JobMessage }[] = [];
  /** Streams of files that anything was sent of. */
  readonly fileStreams = new Set<string>();
  underWay: Packet[] = [];
  /** Satellites that no contact leads to: what is sent to them vanishes. */
  readonly lost = new Set<number>();
  heldBundles = 0;
  /** Satellites whose processors do not answer. */
  readonly stuck = new Set<number>();
  /** Whether the stores of the satellites have room. */
  hasRoom = true;
  now: Instant = { monotonicUs: 1_000_000, dtnTimeMs: 500_000 };
  readonly states = new Map<number, CrashableState>();
  /** Asked before each input of a satellite whose state is durable: whether it crashes before its flush, which takes the input back. */
  crashes: (node: number) => boolean = () => false;
  crashCount = 0;
  /** What the input under way has sent and said. */
  #batch: { packets: Packet[]; events: string[] } = { packets: [], events: [] };
  readonly #engines = new Map<number, JobEngine>();
  readonly #runners = new Map<number, ProcessorRunner>();
  #steps: { node: number; request: StepRequest }[] = [];

  constructor(
    mine: Mine = {},
    readonly isDurable = false,
  ) {
    const { collect, map, combine, reduce } = mine;
    if (collect) this.catalogue.register('collect', 'mine', collect);
    if (map) this.catalogue.register('map', 'mine', map);
    if (combine) this.catalogue.register('combine', 'mine', combine);
    if (reduce) this.catalogue.register('reduce', 'mine', reduce);
  }

  engine(node: number): JobEngine {
    let engine = this.#engines.get(node);
    if (engine === undefined) {
      engine = this.#newEngine(node);
      this.#engines.set(node, engine);
    }
    return engine;
  }

  runner(node: number): ProcessorRunner {
    let runner = this.#runners.get(node);
    if (runner === undefined) {
      runner = new ProcessorRunner(this.catalogue, this.platform);
      this.#runners.set(node, runner);
    }
    return runner;
  }

  /** Tasks and processor objects of all satellites that are still there. */
  get leftovers(): { tasks: number; processors: number } {
    const runners = [...this.#runners.values()];
    return {
      tasks: runners.reduce((sum, runner) => sum + runner.taskCount, 0),
      processors: runners.reduce((sum, runner) => sum + runner.instanceCount, 0),
    };
  }

  /** Submits a job at the LOS satellite; its number. */
  submit(job: JobSpec): string {
    let id = '';
    this.#act(LOS, (engine) => {
      id = engine.submit(job, this.now);
    });
    return id;
  }

  /** Runs a job to wherever it gets; its last status. */
  async run(job: JobSpec, fate: Fate = inOrder): Promise<JobStatus> {
    this.submit(job);
    await this.fly(fate);
    return this.statuses.at(-1) as JobStatus;
  }

  /** Delivers and steps until nothing is left to do. */
  async fly(fate: Fate = inOrder, until: () => boolean = () => false): Promise<void> {
    while (!until() && (this.underWay.length > 0 || this.#answered.length > 0)) await this.once(fate);
  }

  /** One step of a processor, or one packet. */
  async once(fate: Fate): Promise<void> {
    const steps = this.#answered;
    const at = fate.pick(this.underWay.length + steps.length);
    if (at < steps.length) {
      const step = steps[at] as (typeof steps)[number];
      const { node, request } = step;
      this.#steps = this.#steps.filter((each) => each !== step);
      const outcome = await this.runner(node).step(request);
      this.#act(node, (engine) => engine.stepped(request.task, outcome, this.now));
      return;
    }
    const packet = this.underWay[at - steps.length] as Packet;
    const isLast = fate.copies(packet) === 1;
    // Custody keeps what a satellite had not taken when it crashed.
    if (this.deliver(packet) !== false && isLast) this.underWay.splice(this.underWay.indexOf(packet), 1);
  }

  /** Steps that were asked for, those of stuck satellites left out. */
  get #answered(): readonly { readonly node: number; readonly request: StepRequest }[] {
    return this.stuck.size === 0 ? this.#steps : this.#steps.filter(({ node }) => !this.stuck.has(node));
  }

  /** Hands a packet over; false where the satellite crashed before it had taken it. */
  deliver(packet: Packet): boolean | undefined {
    if (this.lost.has(packet.to)) return true;
    return this.#act(packet.to, (engine) => engine.receive(packet.from, packet.payload, packet.untilUs, this.now));
  }

  /** One input of a satellite, with the flush after it; false where the satellite crashes before the flush. */
  #act(node: number, input: (engine: JobEngine) => void): boolean {
    input(this.engine(node));
    if (this.isDurable && this.crashes(node)) {
      this.restart(node);
      return false;
    }
    this.#flush();
    this.states.get(node)?.commit();
    this.drain(node);
    return true;
  }

  #flush(): void {
    this.underWay.push(...this.#batch.packets);
    for (const { from, to, payload } of this.#batch.packets) this.#note(from, to, payload);
    this.events.push(...this.#batch.events);
    this.#batch = { packets: [], events: [] };
  }

  /** A satellite crashes and comes back with what it has flushed. */
  restart(node: number): void {
    this.crashCount++;
    this.#batch = { packets: [], events: [] };
    this.states.set(node, (this.states.get(node) as CrashableState).crash());
    this.#runners.delete(node);
    this.#steps = this.#steps.filter((step) => step.node !== node);
    const engine = this.#newEngine(node);
    this.#engines.set(node, engine);
    engine.start(this.now);
    this.#flush();
    this.states.get(node)?.commit();
    this.drain(node);
  }

  /** Hands a message to a satellite, as if `from` had sent it. */
  inject(from: number, to: number, message: JobMessage, stream: number): void {
    const data = encodeMessage(message);
    const end = { count: 1, digest: new Uint8Array(0) };
    this.deliver({
      from,
      to,
      payload: encodeFrame({ kind: 'message', stream, index: 0, data, end }),
      untilUs: Number.POSITIVE_INFINITY,
    });
  }

  /** Lets time pass and wakes the satellites that are due. */
  wait(us: number): void {
    const { monotonicUs, dtnTimeMs } = this.now;
    this.now = {
      monotonicUs: monotonicUs + us,
      dtnTimeMs: dtnTimeMs === undefined ? undefined : dtnTimeMs + Math.floor(us / 1000),
    };
    for (const [node, engine] of this.#engines) {
      if (engine.nextTimeoutUs() > this.now.monotonicUs) continue;
      this.#act(node, (due) => due.timeout(this.now));
    }
  }

  /** Lets a satellite send and step what it held back. */
  resume(node: number): void {
    this.#act(node, (engine) => engine.resume(this.now));
  }

  get waitingSteps(): number {
    return this.#steps.length;
  }

  drain(node: number): void {
    const engine = this.engine(node);
    for (let output = engine.poll(); output !== undefined; output = engine.poll()) {
      switch (output.kind) {
        case 'step-processor':
          this.#steps.push({ node, request: output.request });
          break;
        case 'cancel-processor':
          this.#steps = this.#steps.filter((each) => each.node !== node || each.request.task !== output.task);
          this.runner(node).cancel(output.task);
          break;
        case 'forget-processors':
          this.runner(node).forgetJob(`${output.job}/`);
          break;
        case 'job-changed':
          this.statuses.push(output.status);
      }
    }
  }

  #newEngine(node: number): JobEngine {
    if (this.isDurable && !this.states.has(node)) this.states.set(node, new CrashableState());
    return new JobEngine({
      node,
      state: this.states.get(node),
      platform: this.platform,
      trace: {
        ...SILENT_TRACE,
        job: (event, _atUs, at, job, role, index, detail) => {
          this.#batch.events.push([event, at, job, role, index, ...(detail === undefined ? [] : [detail])].join(' '));
        },
      },
      localData: (jobData) => jobData,
      nameOf: (each) => [each, 7],
      skipsMap: (collector) => this.catalogue.skipsMap(collector),
      plan: (job) => this.plan(job),
      canReach: (to) => !this.lost.has(to),
      transport: {
        send: (to, payload, untilUs) => {
          if (!this.hasRoom) return false;
          this.#batch.packets.push({ from: node, to, payload, untilUs });
          return true;
        },
        heldBundles: () => this.heldBundles,
        canCarry: () => true,
        malformed: (source, rule) => this.malformed.push(`${rule} from ${source} at ${node}`),
      },
    });
  }

  /** Where roles are: see {@link collectorNode}, {@link mapperNode}, {@link REDUCER}. */
  plan(job: JobSpec): JobPlan {
    const skips = this.catalogue.skipsMap(job.collectTask);
    const pairs = Array.from({ length: job.collectors }, (_, at) => {
      const collector = collectorNode(at + 1);
      return { index: at + 1, collector, mapper: skips ? collector : mapperNode(at + 1), transferUs: 0 };
    });
    return { los: LOS, pairs, reducer: REDUCER, predictedResultUs: 0 };
  }

  #note(from: number, to: number, payload: Uint8Array): void {
    const frame = decodeFrame(payload);
    if (frame?.kind === 'file') this.fileStreams.add(`${from} ${to} ${frame.stream}`);
    if (frame?.kind !== 'message' || frame.index !== 0 || frame.end === undefined) return;
    const message = decodeMessage(frame.data);
    if (message !== undefined) this.sent.push({ from, to, message });
  }
}

/** Messages of one type, in the order of sending. */
export function sentOf<T extends JobMessage['type']>(flock: Flock, type: T): Extract<JobMessage, { type: T }>[] {
  return flock.sent.flatMap(({ message }) =>
    message.type === type ? [message as Extract<JobMessage, { type: T }>] : [],
  );
}

/** A job's collector, mapper, combiner or reducer that does what a function says. */
export const collects =
  (collect: Collector['collect'], skips = false) =>
  () => ({ COMP_SKIP_MAP: skips, collect });
export const maps = (run_map: Mapper['run_map']) => () => ({ run_map });
export const combines = (combine: Combiner['combine']) => () => ({ combine });
export const reduces = (reduce: Reducer['reduce']) => () => ({ reduce });
