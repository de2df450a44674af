/** What a bundle protocol agent is told about itself, and the limits it keeps. */
import { US_PER_MS, US_PER_SECOND } from '../base/time.js';
import type { EidPattern } from '../bpsec/index.js';
import { CCSDS_TYPES, type ProfileName, type ReassemblyLimits, type TypeProfile } from '../bpv7/index.js';
import { MAX_DATAGRAM_BYTES } from '../convergence/udpcl.js';
import { DEFAULT_PRIORITIES, type PriorityPolicy } from './priority.js';

/** Endpoint IDs that a rule admits: those that any of `only` matches, where it is given, and none of `except` does. */
export interface EndpointRule {
  readonly only?: readonly EidPattern[] | undefined;
  readonly except?: readonly EidPattern[] | undefined;
}

/** From whom a node takes custody. What it does not admit is refused, and stays with its custodian. */
export interface CustodyPolicy {
  /** The custodian that a bundle is to be taken over from, by its administrative endpoint. */
  readonly custodians?: EndpointRule | undefined;
  /** The source of the bundle. */
  readonly sources?: EndpointRule | undefined;
}

/** Widths of custody counters that CCSDS 734.6-O-1 knows. */
export type CounterBits = 16 | 32 | 64;

/** How a node takes and hands on custody, and how patient it is. */
export interface CustodyConfig {
  /**
   * Take custody of other nodes' bundles. A node may do so with a durable store, or where its operator said that a volatile
   * one will do (`volatileCustody`); otherwise it relays bundles in custody and leaves the custodian as it is.
   */
  readonly acceptsCustody: boolean;
  /** From whom; by default from everybody. */
  readonly policy?: CustodyPolicy | undefined;
  /**
   * Refuse what the contact plan has no way for within its lifetime: its custodian may know another way, or keeps it. What the plan
   * has a way for later is kept.
   */
  readonly refusesWithoutRoute: boolean;
  /** This node's custody numbers wrap at 2^16-1, 2^32-1 or 2^64-1. */
  readonly counterBits: CounterBits;
  /**
   * A signal leaves when it covers this many bundles; more than 10 gains no bytes worth counting. Where they come in a rush it covers
   * what comes within two milliseconds, up to sixteen times as many: at such rates the signals themselves are traffic.
   */
  readonly signalLimit: number;
  /** A signal leaves at the latest this long after the first bundle it covers, in microseconds. */
  readonly signalDelayUs: number;
  /** Added to the predicted return of a signal before a bundle is sent again, in microseconds. */
  readonly retransmitMarginUs: number;
  /** Each further attempt waits this many times longer than the one before ... */
  readonly backoffFactor: number;
  /** ... but never more than this many times the first. */
  readonly backoffCap: number;
}

/** How a node tells in compressed reports what becomes of bundles that ask for them (CCSDS 734.6-O-1), and numbers its own. */
export interface ReportingConfig {
  /** A signal leaves when it says this many things of bundles ... */
  readonly signalLimit: number;
  /** ... or this long after the first of them, in microseconds. */
  readonly signalDelayUs: number;
  /** Counters of own bundles start again at 0 after 2^bits - 1. */
  readonly counterBits: 16 | 32 | 64;
}

/** Everything that one agent is told about itself. */
export interface AgentConfig {
  /** This node's number: its endpoints are `ipn:<node>.<service>`. */
  readonly node: number;
  readonly custody: CustodyConfig;
  /** How long a planned contact may be late before bundles are routed around it, in microseconds. */
  readonly contactGraceUs: number;
  /** How long a bundle keeps away from a contact that failed, at the first time; it doubles each time. Microseconds. */
  readonly avoidHoldUs: number;
  /** A link may run ahead of its rate by this much, so that a driver with coarse timers still fills it. 0 in the simulator. Microseconds. */
  readonly pacingBurstUs: number;
  /** Which bundles go first, and whether bundles say so themselves. */
  readonly priorities: PriorityPolicy;
  /**
   * A queue that takes no longer than this is left out of the choice of a route. 0 looks for a way around every queue, as
   * CCSDS 734.3-B-1 has it, at the price of a search for each bundle that meets one. Microseconds.
   */
  readonly queueToleranceUs: number;
  /**
   * `avoid`: tell neighbours how much of this node's contacts is taken where bundles wait for them long, and heed what they tell.
   * `off`: every node goes by the plan and by what it knows itself, which its bundles still say where it sends them another way.
   */
  readonly congestion: 'avoid' | 'off';
  /** Hop limit of bundles sourced here (RFC 9171 section 4.4.3). */
  readonly hopLimit: number;
  /** The longest datagram that the links of this node take; a longer bundle is fragmented where it may be. */
  readonly maxBundleBytes: number;
  /** How strictly bundles from others are read; what the lenient profile lets pass is told and sent on in strict form. */
  readonly profile: ProfileName;
  /** Type numbers of custody blocks and signals. Under one that has none there is no custody: such blocks are unknown ones. */
  readonly types: TypeProfile;
  /** Send the status reports that bundles ask for (RFC 9171 section 5.1), the compressed ones too. */
  readonly statusReports: boolean;
  readonly reporting: ReportingConfig;
  readonly limits: AgentLimits;
  /** What bundles may take of which not all fragments have come, beside the store; those left out are the codec's. */
  readonly reassembly: Partial<ReassemblyLimits>;
  /** Where fragments disagree about bytes, the first ones count, or the later fragment is refused. */
  readonly onFragmentConflict: 'first-wins' | 'refuse';
}

/** Bounds on what a node holds. */
export interface AgentLimits {
  /** Bundles in the store, administrative ones apart. */
  readonly storedBundles: number;
  /** Bytes in the store, administrative bundles apart. */
  readonly storedBytes: number;
  /** Administrative bundles in the store: they pass when the store is full, but not without end. */
  readonly administrativeBundles: number;
  /**
   * The share of the store, in bundles and in bytes, that bulk bundles may fill, from 0 to 1: the rest is kept for what is more urgent.
   * Nothing that was taken in is dropped for something else.
   */
  readonly bulkShare: number;
  /** The share that bulk and standard bundles may fill together: the rest is kept for expedited ones. */
  readonly standardShare: number;
  /** Bundles of one source node, administrative ones apart; all sources that are no node count as one. Infinity for no limit. */
  readonly sourceBundles: number;
  /** Bytes of one source node, in the same way. */
  readonly sourceBytes: number;
  /** Status reports, and signals of compressed ones, that leave within a second: whoever asks for them by the thousand need not get all. */
  readonly statusReportsPerSecond: number;
}

/** Custody as a node without a durable store has it: relayed, not taken. */
export const DEFAULT_CUSTODY: CustodyConfig = {
  acceptsCustody: false,
  refusesWithoutRoute: true,
  counterBits: 64,
  signalLimit: 10,
  // Long enough to gather several bundles of a busy flow, short against the seconds that a job takes.
  signalDelayUs: 100 * US_PER_MS,
  // A signal that is lost is made up for by the next one, which on a busy flow follows within signalDelayUs.
  retransmitMarginUs: 100 * US_PER_MS,
  // Loss on these links is not congestion, so the back-off is gentle.
  backoffFactor: 1.3,
  backoffCap: 32,
};

/** Whoever asks for compressed reports wants few: a hundred numbers in a row take no more bytes than ten. */
export const DEFAULT_REPORTING: ReportingConfig = {
  signalLimit: 100,
  signalDelayUs: 5 * US_PER_SECOND,
  counterBits: 64,
};

/** Bounds that a node with some hundred megabytes to spare can keep. */
export const DEFAULT_LIMITS: AgentLimits = {
  storedBundles: 100_000,
  storedBytes: 256 * 1024 * 1024,
  administrativeBundles: 10_000,
  bulkShare: 0.75,
  standardShare: 0.95,
  // Who shares a node fairly is its operator's to say.
  sourceBundles: Number.POSITIVE_INFINITY,
  sourceBytes: Number.POSITIVE_INFINITY,
  statusReportsPerSecond: 1_000,
};

/** Configuration of node `node` with every default. */
export function defaultAgentConfig(node: number): AgentConfig {
  return {
    node,
    custody: DEFAULT_CUSTODY,
    contactGraceUs: US_PER_SECOND,
    avoidHoldUs: 10 * US_PER_SECOND,
    pacingBurstUs: 0,
    priorities: DEFAULT_PRIORITIES,
    // A detour takes volume from other satellites, and what queues on them is not known here.
    queueToleranceUs: US_PER_SECOND,
    congestion: 'avoid',
    // The largest that the block holds: a path across 100 planes has up to 100 hops, and detours add to it.
    hopLimit: 255,
    maxBundleBytes: MAX_DATAGRAM_BYTES,
    profile: 'strict',
    types: CCSDS_TYPES,
    // RFC 9171 section 5.1: off unless the operator wants them.
    statusReports: false,
    reporting: DEFAULT_REPORTING,
    limits: DEFAULT_LIMITS,
    reassembly: {},
    onFragmentConflict: 'first-wins',
  };
}
