/**
 * What this node has seen before (RFC 9171 section 4.2.7 names a bundle by source and creation timestamp): repeats of links, copies by
 * other ways, and bundles in custody that are sent again. It says whether a bundle is known, and answers its custodian where it is.
 */
import { DuplicateSet } from '../base/duplicate-set.js';
import type { Instant } from '../base/time.js';
import { type BundleRecord, sourceKeyOf } from './bundle-record.js';
import type { Custodian } from './custodian.js';
import { HeldCopies } from './held-copies.js';

/** Bundles remembered as seen; at 40 bytes a slot this is 80 MB in the worst case and a few KB in practice. */
const MAX_SEEN_BUNDLES = 1 << 20;

/** The salt of what was delivered here; for what passed through see {@link passageOf}. */
const DELIVERED = 0;

/** Above every node number. */
const NODE_NUMBERS = 2 ** 32;

/** What recognition needs of the agent. */
export interface KnownParts {
  readonly node: number;
  readonly custodian: Custodian;
  /** Finds a way for a held bundle anew. */
  dispatch(record: BundleRecord, now: Instant): void;
}

/** The bundles that one node knows. */
export class KnownBundles {
  readonly #parts: KnownParts;
  readonly #seen = new DuplicateSet(MAX_SEEN_BUNDLES);
  readonly #held = new HeldCopies();

  constructor(parts: KnownParts) {
    this.#parts = parts;
  }

  /** Notes a record that goes into the store. */
  hold(record: BundleRecord): void {
    if (record.custodyRequested) this.#held.add(record);
  }

  /** Forgets a record that left the store; that it was seen stays known. */
  release(record: BundleRecord): void {
    this.#held.remove(record);
  }

  /** Recognises what this node has taken before, else remembers it; a custodian that sends again is answered again. */
  isKnown(record: BundleRecord, now: Instant): boolean {
    const { node, custodian } = this.#parts;
    const custody = record.receivedCustody;
    const isForSelf = record.destinationNode === node;
    if (record.custodyRequested) {
      const isTaken = custody !== undefined && custodian.hasTaken(custody);
      const held = isTaken ? undefined : this.#joinHeld(record, now);
      if (custody !== undefined && (isTaken || held?.inCustody)) custodian.accept(custody, now);
      if (isTaken || held !== undefined) return true;
      // A bundle in custody that comes again was sent again or routed back here: whoever hands it over relies on us.
      if (!isForSelf) return false;
    }
    // Of a critical bundle each node passes on one alone, whoever it came from.
    const salt = isForSelf ? DELIVERED : record.isCritical ? node : passageOf(record);
    const { sourceKey, creationTimeMs, sequence, expiryUs } = record;
    if (this.#seen.add(sourceKey, creationTimeMs, sequence, salt, expiryUs, now.monotonicUs)) return false;
    if (custody !== undefined) custodian.accept(custody, now);
    return true;
  }

  /** Whether the bundle that a fragment is of was delivered here as a whole. */
  isWholeDelivered(fragment: BundleRecord): boolean {
    const { primary, creationTimeMs, sequence } = fragment;
    const sourceKey = sourceKeyOf({ ...primary, fragmentOffset: undefined }, 0);
    return this.#seen.has(sourceKey, creationTimeMs, sequence, DELIVERED);
  }

  /** The copy that is already here: in this node's custody, or yet to be passed on under the same custody number. */
  #joinHeld(copy: BundleRecord, now: Instant): BundleRecord | undefined {
    const held = this.#held.find(copy);
    if (held?.inCustody && this.#parts.custodian.startAnew(held)) {
      held.avoided = copy.avoided;
      this.#parts.dispatch(held, now);
    }
    return held;
  }
}

/**
 * How a bundle came here, as a number. For a relay a copy from another neighbour is no duplicate, and neither is one that made more
 * hops: it was routed around a failure or a queue and has come back, and there is no other.
 */
function passageOf({ previousNode, hopCount }: BundleRecord): number {
  return hopCount * NODE_NUMBERS + previousNode;
}
