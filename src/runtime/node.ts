/**
 * A satellite: the bundle protocol agent and the job engine joined into one state machine without I/O. A driver hands it one input
 * at a time and drains the outputs; the simulator and the UDP host drive this very class.
 */
import {
  type AgentConfig,
  BUNDLE_OVERHEAD_BYTES,
  BundleAgent,
  type BundleSecurity,
  type BundleStore,
  type LedgerEntry,
  type LedgerFilter,
  type StateStore,
} from '../agent/index.js';
import { Fifo } from '../base/fifo.js';
import type { JsonValue } from '../base/json.js';
import type { Platform } from '../base/platform.js';
import type { Random } from '../base/random.js';
import { type Instant, US_PER_MS } from '../base/time.js';
import type { TraceSink } from '../base/trace.js';
import { parseDatagram } from '../convergence/udpcl.js';
import type { SatelliteName } from '../processors/contract.js';
import type { ContactGraph, RouteTable } from '../routing/index.js';
import type { JobPlan, JobSpec } from '../scheduler/index.js';
import { JobEngine } from '../spacecomp/index.js';
import { ByteStreams, type StreamTransport } from '../streams/index.js';
import type { NodeInput, NodeOutput } from './node-io.js';

/** Service number of the SpaceCoMP job engine, from the private range (RFC 9758). */
export const COMPUTE_SERVICE = 1;

/** Service number of plain traffic: what comes in is handed to the driver. */
export const TRAFFIC_SERVICE = 2;

/** Service number of byte streams between applications: they come in as pieces in order, not as bundles. */
export const STREAM_SERVICE = 3;

/** A route must exist for a bundle of this size for a satellite to count as reachable. */
const PROBE_BYTES = 1024;

/** What a node is built from. The graph, the routes and the planner may be shared by all nodes of a process. */
export interface NodeParts {
  readonly config: AgentConfig;
  /** Services of plain traffic; what comes in for them is handed to the driver. Default {@link TRAFFIC_SERVICE} alone. */
  readonly services?: readonly number[] | undefined;
  /** Custody transfer for what the services of the node itself send: jobs and byte streams. Neither repeats what is lost without it. */
  readonly jobCustody: boolean;
  readonly graph: ContactGraph;
  readonly routes: RouteTable;
  readonly store: BundleStore;
  readonly random: Random;
  readonly platform: Platform;
  readonly trace: TraceSink;
  /** What the node secures and demands; without it security blocks are passed on unseen. */
  readonly security?: BundleSecurity | undefined;
  nameOf(node: number): SatelliteName;
  skipsMap(collector: string): boolean;
  /** A job's data as processors on this satellite see it: files named by where they lie here. */
  localData(jobData: JsonValue): JsonValue;
  /** Places a job's roles for this satellite as LOS. Throws UsageError for a job that cannot be placed. */
  plan(spec: JobSpec, los: number, random: Random, nowUs: number): JobPlan;
}

/** One satellite as a state machine: {@link handle} an input, then {@link poll} until nothing comes. */
export class SatelliteNode {
  readonly node: number;
  readonly #agent: BundleAgent;
  /** Undefined until the node has to do with a job, or at once where a store may have kept something of one: most nodes never do. */
  #engine: JobEngine | undefined;
  /** The same for byte streams. */
  #streams: ByteStreams | undefined;
  readonly #parts: NodeParts;
  readonly #trace: TraceSink;
  readonly #store: BundleStore;
  #routes: RouteTable;
  readonly #outputs = new Fifo<NodeOutput>();
  #now: Instant = { monotonicUs: 0, dtnTimeMs: undefined };

  constructor(parts: NodeParts) {
    this.node = parts.config.node;
    this.#parts = parts;
    this.#trace = parts.trace;
    this.#store = parts.store;
    this.#routes = parts.routes;
    this.#agent = new BundleAgent({
      config: parts.config,
      graph: parts.graph,
      routes: parts.routes,
      store: parts.store,
      random: parts.random.fork('agent'),
      trace: parts.trace,
      security: parts.security,
    });
    this.#agent.register(COMPUTE_SERVICE, 'inside');
    this.#agent.register(STREAM_SERVICE, 'inside');
    for (const service of parts.services ?? [TRAFFIC_SERVICE]) this.#agent.register(service);
  }

  /** Takes one input. The outputs of the one before must have been drained. */
  handle(input: NodeInput, now: Instant): void {
    this.#now = now;
    switch (input.kind) {
      case 'started':
        this.#agent.start(now);
        if (this.#store.isDurable) {
          this.#jobs().start(now);
          this.#byteStreams().start();
        }
        break;
      case 'delivery-taken':
        this.#agent.deliveryTaken(input.receipt, now);
        break;
      case 'delivery-unreadable':
        this.#agent.deliveryUnreadable(input.receipt, now);
        break;
      case 'datagram-received':
        this.#datagram(input.from, input.datagram, now);
        break;
      case 'contact-started':
        this.#agent.contactStarted(input.contact, now);
        break;
      case 'contact-ended':
        this.#agent.contactEnded(input.to, input.failed, now);
        break;
      case 'timeout':
        if (this.#agent.nextTimeoutUs() <= now.monotonicUs) this.#agent.timeout(now);
        if (this.#engine !== undefined && this.#engine.nextTimeoutUs() <= now.monotonicUs) this.#engine.timeout(now);
        if (this.#streams !== undefined && this.#streams.nextTimeoutUs() <= now.monotonicUs) {
          this.#streams.timeout(now.monotonicUs);
        }
        break;
      case 'plan-updated':
        this.#routes = input.routes;
        this.#agent.planUpdated(input.graph, input.routes, now);
        break;
      case 'job-submitted':
        this.#jobs().submit(input.spec, now, input.requestedUs);
        break;
      case 'bundle-submitted':
        if (!this.#agent.send(input.request, now))
          this.#outputs.push({ kind: 'bundle-refused', request: input.request });
        break;
      case 'processor-stepped':
        this.#jobs().stepped(input.task, input.outcome, now);
        break;
      default:
        this.#byteStreams().handle(input, now.monotonicUs);
    }
    this.#settle(now);
  }

  /** The next output, or undefined when all are taken. */
  poll(): NodeOutput | undefined {
    return this.#outputs.shift();
  }

  /** When the node wants a `timeout` input, in monotonic microseconds; undefined for never. */
  nextTimeout(): number | undefined {
    let next = this.#agent.nextTimeoutUs();
    if (this.#engine !== undefined) next = Math.min(next, this.#engine.nextTimeoutUs());
    if (this.#streams !== undefined) next = Math.min(next, this.#streams.nextTimeoutUs());
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  /** What the node has in custody: for whom, since when, how often tried, what is waited for. A snapshot; changes nothing. */
  ledger(filter?: LedgerFilter): LedgerEntry[] {
    return this.#agent.ledger(filter);
  }

  /** Resolves when all that the outputs promise is durable. */
  flush(): Promise<void> {
    return this.#store.flush();
  }

  #jobs(): JobEngine {
    this.#engine ??= this.#newEngine();
    return this.#engine;
  }

  #byteStreams(): ByteStreams {
    this.#streams ??= new ByteStreams(this.#transport(this.#parts, STREAM_SERVICE), this.#state);
    return this.#streams;
  }

  get #state(): StateStore | undefined {
    return this.#store.isDurable ? this.#store.state : undefined;
  }

  #newEngine(): JobEngine {
    const parts = this.#parts;
    const planning = parts.random.fork('scheduler');
    return new JobEngine({
      node: this.node,
      platform: parts.platform,
      state: this.#state,
      trace: parts.trace,
      nameOf: (node) => parts.nameOf(node),
      skipsMap: (collector) => parts.skipsMap(collector),
      localData: (jobData) => parts.localData(jobData),
      plan: (spec, job, nowUs) => parts.plan(spec, this.node, planning.fork(job), nowUs),
      canReach: (node, nowUs) => this.#hasRoute(node, nowUs, PROBE_BYTES),
      transport: this.#transport(parts, COMPUTE_SERVICE),
    });
  }

  /** What a service inside the node has of the agent. */
  #transport({ config, jobCustody }: NodeParts, service: number): StreamTransport {
    return {
      send: (destination, payload, untilUs) => {
        const lifetimeMs = Math.max(1, Math.floor((untilUs - this.#now.monotonicUs) / US_PER_MS));
        const request = { destinationNode: destination, destinationService: service, sourceService: service };
        return this.#agent.send({ ...request, payload, lifetimeMs, custody: jobCustody }, this.#now);
      },
      heldBundles: (destination) => this.#agent.localBundles(destination),
      maxPayloadBytes: config.maxBundleBytes - BUNDLE_OVERHEAD_BYTES,
      canCarry: (destination, bytes) =>
        this.#hasRoute(destination, this.#now.monotonicUs, bytes + BUNDLE_OVERHEAD_BYTES),
      malformed: (source, rule) => this.#trace.malformed(this.#now.monotonicUs, this.node, source, rule),
    };
  }

  #hasRoute(node: number, atUs: number, bytes: number): boolean {
    return node === this.node || this.#routes.nextHop(this.node, node, atUs, bytes) !== undefined;
  }

  #datagram(from: number, datagram: Uint8Array, now: Instant): void {
    const parsed = parseDatagram(datagram);
    switch (parsed.kind) {
      case 'bundle':
        this.#agent.receive(parsed.bytes, from, now);
        break;
      case 'malformed':
        this.#trace.malformed(now.monotonicUs, this.node, from, parsed.rule);
        break;
      case 'unsupported':
        this.#trace.malformed(now.monotonicUs, this.node, from, `unsupported-${parsed.what}`);
        break;
      default: // a keepalive or padding carries nothing
    }
  }

  /** Hands deliveries up and lets the engine send, until neither has anything left; then gathers the outputs. */
  #settle(now: Instant): void {
    for (let deliveries = this.#agent.takeDeliveries(); ; deliveries = this.#agent.takeDeliveries()) {
      for (const delivery of deliveries) {
        const { service, sourceNode, expiryUs, receipt } = delivery;
        if (service === COMPUTE_SERVICE) this.#jobs().receive(sourceNode, delivery.payload, expiryUs, now);
        else if (service === STREAM_SERVICE) this.#byteStreams().receive(sourceNode, delivery.payload, expiryUs);
        else {
          this.#outputs.push({ kind: 'deliver', delivery });
          continue;
        }
        // What a service inside the node keeps of it is in the same store, and durable with the same flush.
        if (receipt > 0) this.#agent.deliveryTaken(receipt, now);
      }
      this.#engine?.resume(now);
      this.#streams?.resume();
      if (deliveries.length === 0) break;
    }
    for (const received of this.#agent.takeReports()) this.#outputs.push({ kind: 'status-report', received });
    for (const received of this.#agent.takeCompressedReports()) {
      this.#outputs.push({ kind: 'compressed-report', received });
    }
    for (let output = this.#engine?.poll(); output !== undefined; output = this.#engine?.poll())
      this.#outputs.push(output);
    for (let output = this.#streams?.poll(); output !== undefined; output = this.#streams?.poll())
      this.#outputs.push(output);
    for (let sent = this.#agent.takeTransmission(); sent !== undefined; sent = this.#agent.takeTransmission()) {
      this.#outputs.push(sent);
    }
  }
}
