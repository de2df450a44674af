/** One listener for everything that happens in a run: feeds the counters, the trace hash, the checkers and the event log. */
import { usToSeconds } from '../base/time.js';
import type {
  BundleEvent,
  BundleIdentity,
  ContactEvent,
  CustodyEvent,
  JobEvent,
  ProcessingEvent,
  TraceSink,
} from '../base/trace.js';
import { COMPUTE_SERVICE } from '../runtime/node.js';
import { bundleName } from './checkers.js';
import { countLimbo, countProcessing, type RunCounters } from './counters.js';
import type { DeliveryChecker } from './delivery-checker.js';
import type { RunEvent } from './report.js';
import type { SignalChecker } from './signal-checker.js';
import type { TraceHash } from './trace-hash.js';

/** A number for each event name, so that the hash folds numbers. */
const CODES = new Map<string, number>();

function codeOf(event: string): number {
  let code = CODES.get(event);
  if (code === undefined) {
    code = 0;
    for (let i = 0; i < event.length; i++) code = (Math.imul(code, 31) + event.charCodeAt(i)) | 0;
    CODES.set(event, code);
  }
  return code;
}

/** What happens to a node from outside. */
export type NodeEvent = 'crashed' | 'restarted' | 'attacked';

/** The trace sink of every node of a run. */
export class TraceHub implements TraceSink {
  readonly #hash: TraceHash;
  readonly #counters: RunCounters;
  readonly #delivery: DeliveryChecker;
  readonly #onEvent: ((event: RunEvent) => void) | undefined;
  readonly #signals: SignalChecker | undefined;
  /** What happened at nodes since their last flush; undefined where everything counts at once. */
  readonly #uncommitted: Map<number, (() => void)[]> | undefined;

  /** With `isDurable` the checkers hear of what a node says once it is {@link committed}: what a crash takes never happened. */
  constructor(parts: {
    hash: TraceHash;
    counters: RunCounters;
    delivery: DeliveryChecker;
    onEvent: ((event: RunEvent) => void) | undefined;
    isDurable: boolean;
    signals?: SignalChecker | undefined;
  }) {
    this.#hash = parts.hash;
    this.#counters = parts.counters;
    this.#delivery = parts.delivery;
    this.#onEvent = parts.onEvent;
    this.#signals = parts.signals;
    this.#uncommitted = parts.isDurable ? new Map() : undefined;
  }

  /** What a node has said so far is durable. */
  committed(node: number): void {
    const happened = this.#uncommitted?.get(node);
    if (happened === undefined) return;
    this.#uncommitted?.delete(node);
    for (const happen of happened) happen();
  }

  /** What a node has said since its last flush is as if it had not happened. */
  rolledBack(node: number): void {
    this.#uncommitted?.delete(node);
  }

  /** A node crashes, starts again, or is attacked; `count` says how often, or how much of it. */
  node(event: NodeEvent, atUs: number, node: number, count: number, detail?: string): void {
    this.#hash.number(codeOf(event));
    this.#hash.number(atUs);
    this.#hash.number(node);
    this.#hash.number(count);
    this.#onEvent?.({
      atSeconds: usToSeconds(atUs),
      type: 'node',
      event,
      node,
      count,
      ...(detail === undefined ? {} : { detail }),
    });
  }

  /** Lets something count now, or when the node's next flush is over. */
  #count(node: number, happen: () => void): void {
    if (this.#uncommitted === undefined) {
      happen();
      return;
    }
    const happened = this.#uncommitted.get(node);
    if (happened === undefined) this.#uncommitted.set(node, [happen]);
    else happened.push(happen);
  }

  bundle(
    event: BundleEvent,
    atUs: number,
    node: number,
    bundle: BundleIdentity,
    peer: number,
    bytes: number,
    detail?: string,
  ): void {
    const hash = this.#hash;
    hash.number(codeOf(event));
    hash.number(atUs);
    hash.number(node);
    hash.number(bundle.sourceNode);
    hash.number(bundle.sequence);
    hash.number(peer);
    hash.number(bytes);
    const counters = this.#counters;
    switch (event) {
      case 'sourced':
        counters.bundlesSourced++;
        break;
      case 'delivered':
        this.#count(node, () => {
          counters.bundlesDelivered++;
          counters.bytesDelivered += bytes;
          this.#delivery.delivered(bundle);
          if (bundle.destinationService === COMPUTE_SERVICE) this.#signals?.taken(node, bundle);
        });
        break;
      case 'transmitted':
      case 'retransmitted':
        counters.transmissions++;
        counters.bytesTransmitted += bytes;
        if (event === 'retransmitted') counters.retransmissions++;
        break;
      case 'duplicate':
        counters.duplicatesSuppressed++;
        break;
      case 'waiting':
        counters.waited++;
        if (detail !== undefined) countLimbo(counters, detail);
        break;
      case 'expired':
        counters.expired++;
        break;
      case 'deleted':
        counters.deleted++;
        break;
      default:
    }
    this.#onEvent?.({
      atSeconds: usToSeconds(atUs),
      type: 'bundle',
      event,
      node,
      peer,
      bundle: bundleName(bundle),
      bytes,
      ...(detail === undefined ? {} : { detail }),
    });
  }

  custody(
    event: CustodyEvent,
    atUs: number,
    node: number,
    bundle: BundleIdentity | undefined,
    peer: number,
    count: number,
    detail?: string,
  ): void {
    const hash = this.#hash;
    hash.number(codeOf(event));
    hash.number(atUs);
    hash.number(node);
    hash.number(peer);
    hash.number(count);
    const counters = this.#counters;
    if (event === 'accepted') counters.custodyAccepted++;
    else if (event === 'released') counters.custodyReleased++;
    else if (event === 'refused') counters.custodyRefused++;
    else if (event === 'signal-sent') counters.custodySignals++;
    this.#onEvent?.({
      atSeconds: usToSeconds(atUs),
      type: 'custody',
      event,
      node,
      peer,
      count,
      ...(bundle === undefined ? {} : { bundle: bundleName(bundle) }),
      ...(detail === undefined ? {} : { detail }),
    });
  }

  contact(event: ContactEvent, atUs: number, from: number, to: number, detail?: string): void {
    this.#hash.number(codeOf(event));
    this.#hash.number(atUs);
    this.#hash.number(from);
    this.#hash.number(to);
    this.#onEvent?.({
      atSeconds: usToSeconds(atUs),
      type: 'contact',
      event,
      node: from,
      peer: to,
      ...(detail === undefined ? {} : { detail }),
    });
  }

  job(event: JobEvent, atUs: number, node: number, job: string, role: string, index: number, detail?: string): void {
    this.#hash.number(codeOf(event));
    this.#hash.number(atUs);
    this.#hash.number(node);
    this.#hash.number(codeOf(role));
    this.#hash.number(index);
    if (event === 'role-input') this.#count(node, () => this.#delivery.roleInput(job, role, index, detail ?? ''));
    this.#onEvent?.({
      atSeconds: usToSeconds(atUs),
      type: 'job',
      event,
      node,
      job,
      role,
      index,
      ...(detail === undefined ? {} : { detail }),
    });
  }

  processing(
    event: ProcessingEvent,
    atUs: number,
    node: number,
    bundle: BundleIdentity | undefined,
    peer: number,
    count: number,
    detail?: string,
  ): void {
    const hash = this.#hash;
    hash.number(codeOf(event));
    hash.number(atUs);
    hash.number(node);
    hash.number(peer);
    hash.number(count);
    countProcessing(this.#counters, event, count);
    this.#onEvent?.({
      atSeconds: usToSeconds(atUs),
      type: 'processing',
      event,
      node,
      peer,
      count,
      ...(bundle === undefined ? {} : { bundle: bundleName(bundle) }),
      ...(detail === undefined ? {} : { detail }),
    });
  }

  malformed(atUs: number, node: number, peer: number, rule: string): void {
    this.#hash.number(codeOf(rule));
    this.#hash.number(atUs);
    this.#hash.number(node);
    this.#counters.malformed++;
    this.#onEvent?.({ atSeconds: usToSeconds(atUs), type: 'malformed', event: rule, node, peer });
  }
}
