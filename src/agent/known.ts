/**
 * What this node has seen before (RFC 9171 section 4.2.7 names a bundle by source and creation timestamp): repeats of links, copies by
 * other ways, and bundles in custody that are sent again. It says whether a bundle is known, and answers its custodian where it is.
 *
 * A custody number alone does not tell a repeat: counters wrap, and a custodian that lost its store begins anew. So a number counts as
 * taken over together with the bundle that it came with, and is forgotten a while after that one has expired: then no repeat can come.
 */
import { DuplicateSet } from '../base/duplicate-set.js';
import { type Instant, US_PER_SECOND } from '../base/time.js';
import { type UInt, uintOf } from '../bpv7/index.js';
import { type BundleRecord, type ReceivedCustody, sourceKeyOf } from './bundle-record.js';
import type { Custodian } from './custodian.js';
import { HeldCopies, hasSameCustody } from './held-copies.js';
import { SeenJournal } from './seen-journal.js';
import type { BundleStore } from './store.js';

/** Bundles remembered as seen; at 40 bytes a slot this is 80 MB in the worst case and a few KB in practice. */
const MAX_SEEN_BUNDLES = 1 << 20;

/**
 * What was delivered and taken over is known for this long after its lifetime, in microseconds. The age in a bundle leaves out how long
 * it was under way between nodes, so that a copy on another way may be younger than the first: by seconds in low orbits, by the light's
 * time over far links.
 */
const KNOWN_AFTER_LIFETIME_US = 3_600 * US_PER_SECOND;

/** The salt of what was delivered here; for what passed through see {@link passageOf}, for what was taken over {@link takeoverOf}. */
const DELIVERED = 0;

/** Above every node number. */
const NODE_NUMBERS = 2 ** 32;

/** What recognition needs of the agent. */
export interface KnownParts {
  readonly node: number;
  readonly store: BundleStore;
  readonly custodian: Custodian;
  /** Finds a way for a held bundle anew. */
  dispatch(record: BundleRecord, now: Instant): void;
}

/** The bundles that one node knows. */
export class KnownBundles {
  readonly #parts: KnownParts;
  readonly #seen = new DuplicateSet(MAX_SEEN_BUNDLES);
  readonly #held = new HeldCopies();
  /** What was delivered and taken over here, through a restart; undefined where nothing outlives the process. */
  readonly #journal: SeenJournal | undefined;

  constructor(parts: KnownParts) {
    this.#parts = parts;
    const { isDurable, state } = parts.store;
    this.#journal = isDurable ? new SeenJournal(state, MAX_SEEN_BUNDLES) : undefined;
  }

  /** Takes up what the store has kept; returns the keys of damaged values. */
  restore({ monotonicUs }: Instant): readonly string[] {
    const take = (entry: { source: number; timeMs: number; sequence: number; salt: number; expiryUs: number }) =>
      this.#seen.add(entry.source, entry.timeMs, entry.sequence, entry.salt, entry.expiryUs, monotonicUs);
    return this.#journal?.restore(monotonicUs, take) ?? [];
  }

  /** Notes a record that goes into the store. */
  hold(record: BundleRecord): void {
    if (record.custodyRequested) this.#held.add(record);
  }

  /** Forgets a record that left the store; that it was seen stays known. */
  release(record: BundleRecord): void {
    this.#held.remove(record);
  }

  /** This node becomes custodian of a bundle under that number of another one, which is told so. */
  takeOver(record: BundleRecord, custody: ReceivedCustody, now: Instant): void {
    this.#remember(record, takeoverOf(custody), now);
    this.#parts.custodian.accept(custody, now);
  }

  /** Recognises what this node has taken before, else remembers it; a custodian that sends again is answered again. */
  isKnown(record: BundleRecord, now: Instant): boolean {
    const { node, custodian } = this.#parts;
    const custody = record.receivedCustody;
    const isForSelf = record.destinationNode === node;
    if (record.custodyRequested && !isForSelf) {
      if (custody !== undefined && this.#has(record, takeoverOf(custody))) {
        custodian.accept(custody, now);
        return true;
      }
      // A bundle in custody that comes again was sent again or routed back here: whoever hands it over relies on us.
      return this.#joinHeld(record, now) !== undefined;
    }
    // Of a critical bundle each node passes on one alone, whoever it came from.
    const salt = isForSelf ? DELIVERED : record.isCritical ? node : passageOf(record);
    if (this.#remember(record, salt, now)) return false;
    if (custody !== undefined) custodian.accept(custody, now);
    return true;
  }

  /** Whether a bundle for this node was delivered before. */
  isDelivered(record: BundleRecord): boolean {
    return this.#has(record, DELIVERED);
  }

  /** Whether the bundle that a fragment is of was delivered here as a whole. */
  isWholeDelivered(fragment: BundleRecord): boolean {
    const { primary, creationTimeMs, sequence } = fragment;
    const sourceKey = sourceKeyOf({ ...primary, fragmentOffset: undefined }, 0);
    return this.#seen.has(sourceKey, creationTimeMs, sequence, DELIVERED);
  }

  #has({ sourceKey, creationTimeMs, sequence }: BundleRecord, salt: number): boolean {
    return this.#seen.has(sourceKey, creationTimeMs, sequence, salt);
  }

  /** Remembers a bundle; false where it was known in that way. What merely passed through need not be known behind a restart. */
  #remember({ sourceKey, creationTimeMs, sequence, expiryUs }: BundleRecord, salt: number, now: Instant): boolean {
    const nowUs = now.monotonicUs;
    const isKept = salt <= DELIVERED;
    const untilUs = isKept ? expiryUs + KNOWN_AFTER_LIFETIME_US : expiryUs;
    if (!this.#seen.add(sourceKey, creationTimeMs, sequence, salt, untilUs, nowUs)) return false;
    if (isKept) this.#journal?.add(sourceKey, creationTimeMs, sequence, salt, untilUs, nowUs);
    return true;
  }

  /** The copy that is already here: in this node's custody, or yet to be passed on under the same custody number. */
  #joinHeld(copy: BundleRecord, now: Instant): BundleRecord | undefined {
    const held = this.#held.find(copy);
    if (held === undefined || !held.inCustody) return held;
    // Under the number that it came with before it is a repeat; under another one it was routed back here.
    if (!hasSameCustody(held, copy) && this.#parts.custodian.startAnew(held)) {
      held.avoided = copy.avoided;
      this.#parts.dispatch(held, now);
    }
    if (copy.receivedCustody !== undefined) this.takeOver(copy, copy.receivedCustody, now);
    return held;
  }
}

/**
 * How a bundle came here, as a number above {@link DELIVERED}. For a relay a copy from another neighbour is no duplicate, and neither is
 * one that made more hops: it was routed around a failure or a queue and has come back, and there is no other.
 */
function passageOf({ previousNode, hopCount }: BundleRecord): number {
  return hopCount * NODE_NUMBERS + previousNode;
}

/** Under which number of which custodian a bundle was taken over, as a number below {@link DELIVERED}: a hash of 53 bits. */
function takeoverOf({ custodian, sequenceId, sequence }: ReceivedCustody): number {
  let high = Math.imul(custodian ^ 0x9e3779b9, 0x85ebca6b);
  let low = Math.imul(custodian ^ 0x165667b1, 0xc2b2ae35);
  for (const part of [highHalf(sequenceId), lowHalf(sequenceId), highHalf(sequence), lowHalf(sequence)]) {
    high = Math.imul(high ^ part ^ (high >>> 15), 0x2c1b3c6d);
    low = Math.imul(low ^ part ^ (low >>> 13), 0x297a2d39) ^ high;
  }
  return -1 - (((high ^ (high >>> 16)) & 0x1f_ffff) * NODE_NUMBERS + (low >>> 0));
}

function lowHalf(value: UInt): number {
  return typeof value === 'number' ? value | 0 : Number(uintOf(value & 0xffff_ffffn)) | 0;
}

function highHalf(value: UInt): number {
  return typeof value === 'number' ? Math.floor(value / NODE_NUMBERS) : Number(value >> 32n) | 0;
}
