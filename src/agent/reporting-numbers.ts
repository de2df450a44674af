/**
 * The numbers that this node's bundles carry for compressed reporting (CCSDS 734.6-O-1): one counter for each source endpoint and
 * destination, or for each source endpoint and sequence id; and which bundle had which, so that what a signal says of numbers can
 * be said of bundles. It knows nothing of signals on the wire.
 */
import { hash32 } from '../base/random.js';
import type { BundleIdentity } from '../base/trace.js';
import {
  addUInt,
  type Eid,
  eidToString,
  includedIntervals,
  type SequenceRuns,
  type UInt,
  uintOf,
} from '../bpv7/index.js';
import type { ReportingConfig } from './config.js';
import type { BundleStore } from './store.js';

/** Where counters are kept in a durable store's state. */
export const COUNTER_PREFIX = 'agent/creb/';

/** Counters in memory; of more the one unused for longest is forgotten, and read again from a durable store. */
const MAX_COUNTERS = 65_536;

/** Bundles of which the numbers are remembered, over all counters; of more the first are forgotten. About 10 MB. */
const MAX_SENT_NUMBERS = 65_536;

/**
 * Numbers that are looked at for one signal: it may claim far more, and name the same ones many times. As many as are remembered,
 * for each of a few things that are said of them.
 */
export const MAX_LOOKUPS = 8 * MAX_SENT_NUMBERS;

/** Texts that are no longer stand in a key as they are. */
const MAX_KEY_TEXT = 128;

/** Of the value of a counter: a byte for its form, and eight for the next number. */
const COUNTER_FORM = 1;
const COUNTER_BYTES = 9;

/** A counter with what it counted. */
interface Counter {
  next: UInt;
  /** In the order in which the numbers were given. */
  readonly sent: Map<UInt, BundleIdentity>;
}

/** Which of this node's counters. */
export interface CounterName {
  /** The service of this node that sends. */
  readonly service: UInt;
  readonly sequenceId: UInt;
  /** It names the counter where `sequenceId` is 0. */
  readonly destination: Eid;
}

/** What a signal's sequence names of this node's bundles. */
export interface NamedBundles {
  readonly bundles: readonly BundleIdentity[];
  /** How many of the numbers are none of a bundle that is remembered, as far as a number can say that. */
  readonly unknown: number;
}

/** The counters of one node. */
export class ReportingNumbers {
  readonly #store: Pick<BundleStore, 'isDurable' | 'state'>;
  readonly #modulus: bigint;
  /** By key, the one used last at the end. */
  readonly #counters = new Map<string, Counter>();
  /** Remembered numbers with their counters, the first at the front. */
  readonly #order = new Map<BundleIdentity, { readonly counter: Counter; readonly sequence: UInt }>();
  readonly #damaged: (nowUs: number) => void;

  /** `damaged` is told when a kept counter cannot be read. */
  constructor(
    { counterBits }: ReportingConfig,
    store: Pick<BundleStore, 'isDurable' | 'state'>,
    damaged: (nowUs: number) => void,
  ) {
    this.#store = store;
    this.#modulus = 1n << BigInt(counterBits);
    this.#damaged = damaged;
  }

  /** The next number of a counter; it is given once {@link give} is called. */
  next(name: CounterName, nowUs: number): UInt {
    const key = keyOf(name);
    if (!this.#counters.has(key)) this.#add(key, nowUs);
    return this.#counter(key).next;
  }

  /** Gives the next number of a counter to a bundle. */
  give(name: CounterName, bundle: BundleIdentity): void {
    const key = keyOf(name);
    const counter = this.#counter(key);
    const sequence = counter.next;
    const after = addUInt(sequence, 1);
    counter.next = BigInt(after) === this.#modulus ? 0 : after;
    if (this.#store.isDurable) this.#store.state.set(`${COUNTER_PREFIX}${key}`, () => encodeCounter(counter.next));
    // A counter that has wrapped: the number means this bundle from now on.
    const former = counter.sent.get(sequence);
    if (former !== undefined) this.#forget(former);
    if (this.#order.size >= MAX_SENT_NUMBERS) this.#forget(this.#order.keys().next().value as BundleIdentity);
    const { sourceNode, sourceService, creationTimeMs, destinationNode, destinationService } = bundle;
    // Not the record itself, which would be kept with its payload.
    const identity = { sourceNode, sourceService, creationTimeMs, destinationNode, destinationService };
    const kept: BundleIdentity = { ...identity, sequence: bundle.sequence };
    counter.sent.set(sequence, kept);
    this.#order.set(kept, { counter, sequence });
  }

  /**
   * The bundles that a sequence names. Works on intervals against what is remembered: a claim about 2^63 numbers costs no more than
   * what is there. `budget` bounds the numbers that are looked at; undefined where they would be more.
   */
  named(service: UInt, sequence: SequenceRuns, budget: { left: number }): NamedBundles | undefined {
    const { sequenceId, destination } = sequence;
    const intervals = includedIntervals(sequence);
    let claimed = 0;
    for (const { first, last } of intervals) claimed += Number(last) - Number(first) + 1;
    const name = destination === undefined ? { service, sequenceId } : { service, sequenceId: 0, destination };
    const counter = this.#counters.get(keyOf(name));
    if (counter === undefined) return { bundles: [], unknown: claimed };
    const cost = Math.min(claimed, counter.sent.size) + intervals.length;
    if (cost > budget.left) return undefined;
    budget.left -= cost;
    const bundles: BundleIdentity[] = [];
    if (claimed > counter.sent.size) {
      for (const [number, bundle] of counter.sent) if (isWithin(intervals, number)) bundles.push(bundle);
    } else {
      for (const { first, last } of intervals) {
        for (let number = first; number <= last; number = addUInt(number, 1)) {
          const bundle = counter.sent.get(number);
          if (bundle !== undefined) bundles.push(bundle);
        }
      }
    }
    return { bundles, unknown: claimed - bundles.length };
  }

  /** A counter that {@link next} was called for; it becomes the one used last. */
  #counter(key: string): Counter {
    const counter = this.#counters.get(key) as Counter;
    this.#counters.delete(key);
    this.#counters.set(key, counter);
    return counter;
  }

  #add(key: string, nowUs: number): void {
    if (this.#counters.size >= MAX_COUNTERS) this.#dropOldest();
    this.#counters.set(key, { next: this.#kept(key, nowUs), sent: new Map() });
  }

  /** Where a counter goes on. One that is damaged starts halfway, far from the numbers that are in use. */
  #kept(key: string, nowUs: number): UInt {
    if (!this.#store.isDurable) return 0;
    const bytes = this.#store.state.get(`${COUNTER_PREFIX}${key}`);
    if (bytes === undefined) return 0;
    const next = decodeCounter(bytes);
    if (next !== undefined) return uintOf(BigInt(next) % this.#modulus);
    this.#damaged(nowUs);
    return uintOf(this.#modulus / 2n);
  }

  #dropOldest(): void {
    const [key, counter] = this.#counters.entries().next().value as [string, Counter];
    for (const bundle of [...counter.sent.values()]) this.#forget(bundle);
    this.#counters.delete(key);
  }

  #forget(bundle: BundleIdentity): void {
    const place = this.#order.get(bundle);
    if (place === undefined) return;
    this.#order.delete(bundle);
    place.counter.sent.delete(place.sequence);
  }
}

/** The intervals ascend and are disjoint. */
function isWithin(intervals: ReturnType<typeof includedIntervals>, number: UInt): boolean {
  let low = 0;
  let high = intervals.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((intervals[middle] as { last: UInt }).last < number) low = middle + 1;
    else high = middle;
  }
  const found = intervals[low];
  return found !== undefined && found.first <= number;
}

/** ASCII, and sorted by service. Two that share a hash share a counter, whose numbers are as good for both. */
function keyOf({ service, sequenceId, destination }: Partial<CounterName>): string {
  const of = `${service}`.padStart(20, '0');
  if (destination === undefined || sequenceId !== 0) return `${of}/id/${`${sequenceId}`.padStart(20, '0')}`;
  const text = eidToString(destination);
  const isPlain = text.length <= MAX_KEY_TEXT && /^[\x21-\x7e]+$/.test(text);
  return `${of}/to/${isPlain ? text : `#${hash32(text).toString(16)}${hash32(text, 0x9e3779b9).toString(16)}`}`;
}

function encodeCounter(next: UInt): Uint8Array {
  const bytes = new Uint8Array(COUNTER_BYTES);
  bytes[0] = COUNTER_FORM;
  new DataView(bytes.buffer).setBigUint64(1, BigInt(next));
  return bytes;
}

function decodeCounter(bytes: Uint8Array): UInt | undefined {
  if (bytes.length !== COUNTER_BYTES || bytes[0] !== COUNTER_FORM) return undefined;
  return uintOf(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(1));
}
