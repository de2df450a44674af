/**
 * What a running node says about itself: counters for its status, the bundle that was made last, and where somebody listens its events,
 * kept back until what they tell of is durable.
 */
import type { BundleEvent, BundleIdentity, CustodyEvent, TraceSink } from '../base/trace.js';
import { COMPUTE_SERVICE, STREAM_SERVICE } from '../runtime/node.js';

/** An event as a line of JSON has it. */
export type NodeEvent = { readonly type: string; readonly event: string; readonly atUs: number } & {
  readonly [field: string]: string | number | undefined;
};

/** The counters of a node, by what they count: `bundles.received`, `custody.accepted`, `malformed.RULE`. */
export type NodeCounters = { readonly [name: string]: number };

/** Rules that get a counter of their own: there are some dozens, and a name is never made of what came from outside. */
const MAX_COUNTERS = 1_000;

/** Services whose bundles the node sends itself: administration, jobs, streams. */
const OWN_SERVICES: ReadonlySet<number> = new Set([0, COMPUTE_SERVICE, STREAM_SERVICE]);

/** Listens to one node. */
export class NodeTrace implements TraceSink {
  readonly #counters = new Map<string, number>();
  readonly #isListened: boolean;
  #events: NodeEvent[] = [];
  /** Name of the bundle that an application of this node sent last; the node's own administration and jobs apart. */
  lastSent = '';

  /** Keeps events only where `isListened`. */
  constructor(isListened: boolean) {
    this.#isListened = isListened;
  }

  get counters(): NodeCounters {
    return Object.fromEntries([...this.#counters].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The events since the last call. */
  takeEvents(): readonly NodeEvent[] {
    const events = this.#events;
    // A new array each time: what comes while a flush is under way is not among what that flush covers.
    this.#events = [];
    return events;
  }

  bundle(
    event: BundleEvent,
    atUs: number,
    _node: number,
    bundle: BundleIdentity,
    peer: number,
    bytes: number,
    detail?: string,
  ): void {
    if (event === 'sourced' && !OWN_SERVICES.has(bundle.sourceService)) this.lastSent = bundleName(bundle);
    this.#add(`bundles.${event}`, 1);
    if (this.#isListened) this.#events.push({ type: 'bundle', event, atUs, ...named(bundle), peer, bytes, detail });
  }

  custody(
    event: CustodyEvent,
    atUs: number,
    _node: number,
    bundle: BundleIdentity | undefined,
    peer: number,
    count: number,
    detail?: string,
  ): void {
    this.#add(`custody.${event}`, event === 'signal-unknown' ? count : 1);
    if (this.#isListened) {
      const name = bundle === undefined ? {} : named(bundle);
      this.#events.push({ type: 'custody', event, atUs, ...name, peer, count, detail });
    }
  }

  contact(event: string, atUs: number, from: number, to: number, detail?: string): void {
    this.#add(`contacts.${event}`, 1);
    if (this.#isListened) this.#events.push({ type: 'contact', event, atUs, from, to, detail });
  }

  job(event: string, atUs: number, _node: number, job: string, role: string, index: number, detail?: string): void {
    this.#add(`jobs.${event}`, 1);
    if (this.#isListened) this.#events.push({ type: 'job', event, atUs, job, role, index, detail });
  }

  processing(
    event: string,
    atUs: number,
    _node: number,
    bundle: BundleIdentity | undefined,
    peer: number,
    count: number,
    detail?: string,
  ): void {
    this.#add(`processing.${event}`, 1);
    if (this.#isListened) {
      const name = bundle === undefined ? {} : named(bundle);
      this.#events.push({ type: 'processing', event, atUs, ...name, peer, count, detail });
    }
  }

  malformed(atUs: number, _node: number, peer: number, rule: string): void {
    this.#add(`malformed.${rule}`, 1);
    if (this.#isListened) this.#events.push({ type: 'malformed', event: rule, atUs, peer });
  }

  #add(name: string, count: number): void {
    const before = this.#counters.get(name);
    if (before === undefined && this.#counters.size >= MAX_COUNTERS) return;
    this.#counters.set(name, (before ?? 0) + count);
  }
}

/** A bundle's name as one text, `ipn:7.1-852076800000-12`. */
export function bundleName({ sourceNode, sourceService, creationTimeMs, sequence }: BundleIdentity): string {
  return `ipn:${sourceNode}.${sourceService}-${creationTimeMs}-${sequence}`;
}

function named(bundle: BundleIdentity): { bundle: string; to: string } {
  return { bundle: bundleName(bundle), to: `ipn:${bundle.destinationNode}.${bundle.destinationService}` };
}
