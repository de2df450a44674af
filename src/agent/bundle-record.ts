/** A bundle as a node holds it: what it is, who may delete it, where it goes next. */
import { hash32 } from '../base/random.js';
import type { BundleIdentity } from '../base/trace.js';
import {
  type Bundle,
  eidToString,
  type PrimaryBlock,
  payloadOf,
  type ReportingBlock,
  type UInt,
} from '../bpv7/index.js';
import type { Booking } from '../routing/index.js';
import type { LimboReason } from './limbo.js';
import { type Priority, rankOf, type Urgency } from './priority.js';

/** Where a held bundle stands. Each state is one of RFC 9171's retention constraints, "forward pending" in four parts. */
export type RecordState =
  | 'dispatch' // being looked at
  | 'queued' // on the queue towards `nextHop`
  | 'waiting' // its route begins with a contact that is not open yet
  | 'limbo' // no route is known
  | 'in-flight' // sent in custody, no signal yet
  | 'delivering' // handed to an application of this node that has not said yet that it has it
  | 'gone'; // no longer in the store

/** The custody transfer block that a bundle came with (CCSDS 734.6-O-1). */
export interface ReceivedCustody {
  /** Node number of the custodian that the block names. */
  readonly custodian: number;
  /** Never 0, which cannot serve for custody. */
  readonly sequenceId: UInt;
  readonly sequence: UInt;
}

/** A contact that let a bundle down, so that its further route goes elsewhere for a while. */
export interface AvoidedContact {
  readonly from: number;
  readonly to: number;
  /** Monotonic microseconds here; what is left of the hold on the wire. */
  readonly untilUs: number;
  /** How many times it let this bundle down: the hold doubles each time. */
  readonly times: number;
}

/**
 * Reads the bundle of a record back from where a store keeps it. Synchronous, and for what was put and is not removed it succeeds, unless
 * the disk has harmed it: it throws an {@link UnreadableBundleError} then.
 */
export type BundleLoader = (record: BundleRecord) => Bundle;

/** A bundle whose bytes were harmed where a store keeps them: whoever meets it tells the agent, which gives the record up. */
export class UnreadableBundleError extends Error {
  override readonly name = 'UnreadableBundleError';
}

/** One bundle in a node's hands, from its arrival or creation until nothing holds it here any longer. */
export class BundleRecord implements BundleIdentity {
  #primary: PrimaryBlock;
  #bundle: Bundle | undefined;
  #load: BundleLoader | undefined;
  state: RecordState = 'dispatch';
  /** Changes with every change of state, so that a timer set before it is known to be stale. */
  generation = 0;
  /** The neighbour whose queue or contact it stands for; 0 for none. */
  nextHop = 0;
  /** This node is its custodian. */
  inCustody = false;
  /**
   * A number for the source endpoint, and in a fragment for its place too: with the creation timestamp it tells bundles apart
   * (RFC 9171 section 4.2.7) where node and service numbers cannot, since a stranger may have neither.
   */
  readonly sourceKey: number;
  /** This node's own custody number for it, -1 before the first transmission. */
  custodySequence: UInt = -1;
  custodySequenceId = 0;
  /** Transmissions so far. */
  attempts = 0;
  /** The neighbour that it was sent to last, 0 for none, and when it was first sent there. */
  askedNeighbour = 0;
  askedUs = 0;
  /** When the timer of its present state wakes it, in monotonic microseconds; Infinity for never. */
  wakeUs = Number.POSITIVE_INFINITY;
  /** When it was sent last, in monotonic microseconds. */
  sentUs = 0;
  /** When the last byte of that transmission reaches the neighbour. */
  arrivalUs = 0;
  /** Neighbours that it was sent to: they, and what lies on the way behind them, may signal custody for it. */
  readonly sentTo: number[] = [];
  avoided: readonly AvoidedContact[] = NONE_AVOIDED;
  /** Contacts that its present way keeps out of because of what queues there; the next nodes are told. */
  detours: readonly AvoidedContact[] = NONE_AVOIDED;
  /** What it holds of the contacts on its way; undefined where it holds nothing. */
  booking: Booking<BundleRecord> | undefined = undefined;
  /** Its place in the calendar of lifetimes, which alone knows what it means. */
  expiryPlace = -1;
  /** Why it has no way on, while it is in limbo and until it finds one. */
  limboReason: LimboReason | undefined = undefined;
  /**
   * The neighbour that it came from, to which it does not go straight back; 0 once it was sent from here: what happens to it then is
   * news to that neighbour, and two custodians that each kept off an older one could send it to each other for ever.
   */
  notBackTo: number;
  /** Its compressed reporting block; `none` where it has none that can be read, undefined where nobody has looked. */
  reporting: ReportingBlock | 'none' | undefined = undefined;
  /** A copy goes through every neighbour that has a route, once at each node. */
  isCritical = false;
  /** The copies of it have been made here. */
  isCopied = false;
  /** The neighbour that this copy of a critical bundle is for; 0 for any. */
  onlyNeighbour = 0;
  /** Where it stands in a queue: the smaller, the sooner. */
  readonly rank: number;
  readonly priority: Priority;

  constructor(
    bundle: Bundle,
    readonly sourceNode: number,
    readonly sourceService: number,
    readonly creationTimeMs: number,
    readonly sequence: number,
    readonly destinationNode: number,
    readonly destinationService: number,
    /** Monotonic microseconds at which its lifetime ends. */
    readonly expiryUs: number,
    readonly receivedUs: number,
    /** Node that it came from, 0 for this one. */
    readonly previousNode: number,
    readonly urgency: Urgency,
    /** Length as received, or as first encoded: what the store and route search count. */
    readonly sizeBytes: number,
    readonly payloadBytes: number,
    /** It came with a custody block, or this node wants it in custody. */
    readonly custodyRequested: boolean,
    readonly receivedCustody: ReceivedCustody | undefined,
    readonly hopLimit: number,
    readonly hopCount: number,
  ) {
    this.#primary = bundle.primary;
    this.#bundle = bundle;
    this.sourceKey = sourceKeyOf(bundle.primary, payloadBytes);
    this.rank = rankOf(urgency);
    this.notBackTo = previousNode;
    this.priority = urgency.priority;
  }

  /** Its primary block, which stays in memory when the bundle does not. */
  get primary(): PrimaryBlock {
    return this.#primary;
  }

  /**
   * The bundle itself; read from the store where it is not in memory, so that it is asked for once where it is used. Throws an
   * {@link UnreadableBundleError} where the store has lost it.
   */
  get bundle(): Bundle {
    return this.#bundle ?? (this.#load as BundleLoader)(this);
  }

  /** The bundle, or undefined where the store has lost it: for what can be left undone until that is found out on its way. */
  get bundleIfReadable(): Bundle | undefined {
    try {
      return this.bundle;
    } catch (error) {
      if (error instanceof UnreadableBundleError) return undefined;
      throw error;
    }
  }

  /** Whether the bundle is in memory. */
  get isLoaded(): boolean {
    return this.#bundle !== undefined;
  }

  /** Lets go of the bundle's bytes: a store has them, and `load` brings them back. */
  unload(load: BundleLoader): void {
    this.#load = load;
    this.#bundle = undefined;
    // As received it is a view of the whole datagram.
    this.#primary = { ...this.#primary };
  }

  /** True where this node created it. */
  get isLocal(): boolean {
    return this.previousNode === 0;
  }

  /** The record of another form of the bundle: a fragment of it, or the whole that it is a fragment of. */
  withBundle(bundle: Bundle, sizeBytes: number): BundleRecord {
    const record = new BundleRecord(
      bundle,
      this.sourceNode,
      this.sourceService,
      this.creationTimeMs,
      this.sequence,
      this.destinationNode,
      this.destinationService,
      this.expiryUs,
      this.receivedUs,
      this.previousNode,
      this.urgency,
      sizeBytes,
      payloadOf(bundle).data.length,
      this.custodyRequested,
      this.receivedCustody,
      this.hopLimit,
      this.hopCount,
    );
    record.avoided = this.avoided;
    record.reporting = this.reporting;
    record.isCritical = this.isCritical;
    record.isCopied = this.isCopied;
    record.onlyNeighbour = this.onlyNeighbour;
    return record;
  }

  /** Moves to another state; timers set for the old one become stale. */
  enter(state: RecordState, nextHop = 0): void {
    this.state = state;
    this.nextHop = nextHop;
    this.wakeUs = Number.POSITIVE_INFINITY;
    this.generation++;
  }
}

const NONE_AVOIDED: readonly AvoidedContact[] = [];

/** Service numbers below this leave room for the node number in an exact integer. */
const EXACT_SERVICES = 2 ** 20;

/**
 * A number for the source of a bundle, see {@link BundleRecord.sourceKey}: exact and at least 0 for common ipn endpoints; for all
 * else, and for fragments, a negative hash of 53 bits. A fragment is told apart by its offset and its length.
 */
export function sourceKeyOf({ source, fragmentOffset, totalAduLength }: PrimaryBlock, payloadBytes: number): number {
  if (
    source.scheme === 'ipn' &&
    source.allocator === 0 &&
    source.service < EXACT_SERVICES &&
    fragmentOffset === undefined
  ) {
    return source.node * EXACT_SERVICES + source.service;
  }
  const place = fragmentOffset === undefined ? '' : `${fragmentOffset} ${payloadBytes} ${totalAduLength}`;
  const text = `${eidToString(source)} ${place}`;
  return -1 - ((hash32(text) & 0x1f_ffff) * 0x1_0000_0000 + hash32(text, 0x9e3779b9));
}
