/** What a run reports; the JSON of `leodtn run --json` is a {@link RunReport}. */
import type { JsonValue } from '../base/json.js';
import type { SatelliteName } from '../processors/contract.js';

/** A whole run. */
export interface RunReport {
  readonly scenario: string;
  readonly seed: number;
  readonly virtualSeconds: number;
  readonly wallSeconds: number;
  readonly jobs: readonly JobReport[];
  readonly network: NetworkCounters;
  readonly checks: readonly CheckReport[];
  /** Equal for equal seeds and scenarios; null over real sockets. */
  readonly traceHash: string | null;
  /** True where the run was stopped from outside before its end. */
  readonly interrupted: boolean;
}

/** How one job ended. */
export interface JobReport {
  readonly id: string;
  readonly state: 'done' | 'failed';
  /** Why it failed, in words; null for a job that is done. */
  readonly reason: string | null;
  /** JSON result, or `{files: [names]}`; null for a failed job. */
  readonly result: JsonValue;
  /** From submission to the result at the LOS satellite, or to failure. */
  readonly jobTimeSeconds: number;
  readonly collectors: readonly SatelliteName[];
  readonly mappers: readonly SatelliteName[];
  readonly reducer: SatelliteName | null;
  readonly los: SatelliteName;
  /** Names of the processors. */
  readonly tasks: { readonly collect: string; readonly map: string; readonly combine: string; readonly reduce: string };
}

/** Counters over all nodes and links of a run. */
export interface NetworkCounters {
  readonly satellites: number;
  /** Contacts of the plan that began during the run. */
  readonly contacts: number;
  /** Inter-plane contacts that ended during the run, by plan or by fault, while the run went on. */
  readonly outages: number;
  readonly bundlesSourced: number;
  readonly bundlesDelivered: number;
  /** Transmissions over all hops, repeats included. */
  readonly transmissions: number;
  readonly retransmissions: number;
  /** Transmissions that the links lost (loss, corruption, cut links, dark nodes). */
  readonly lost: number;
  readonly corrupted: number;
  readonly duplicated: number;
  readonly reordered: number;
  /** Receptions that a node recognised as known. */
  readonly duplicatesSuppressed: number;
  readonly expired: number;
  readonly deleted: number;
  /** How often a bundle had to wait for a contact, over all nodes. */
  readonly waited: number;
  readonly custodyAccepted: number;
  readonly custodyReleased: number;
  readonly custodyRefused: number;
  readonly custodySignals: number;
  readonly malformed: number;
  /** Bytes over all hops, repeats and signals included. */
  readonly bytesTransmitted: number;
  /** Bytes of payload delivered to applications. */
  readonly bytesDelivered: number;
  /** Most bundles that one node held at a time. */
  readonly peakStoredBundles: number;
  /** Most bytes that one node held at a time. */
  readonly peakStoredBytes: number;
  /** Events that the simulator handled; 0 over real sockets. */
  readonly simulatorEvents: number;
  readonly trafficSent: number;
  readonly trafficDelivered: number;
  /** From when a plain bundle was due to leave to its delivery, the mean of those delivered; 0 where none was. */
  readonly trafficMeanDelaySeconds: number;
  /** Of these, the ones that asked for custody transfer. */
  readonly custodyTrafficSent: number;
  readonly custodyTrafficDelivered: number;
  /** Bundle status reports that nodes sent. */
  readonly statusReports: number;
  /** Bundle status reports that reached where they were asked for. */
  readonly statusReportsReceived: number;
  /** Status reports that were asked for and not sent: too many at once, no room, or nowhere to send them. */
  readonly statusReportsWithheld: number;
  /** Bytes of the bundles that status reports came in, where they were asked for. */
  readonly statusReportBytesReceived: number;
  /** Signals of compressed reports that nodes sent. */
  readonly compressedReports: number;
  /** Signals of compressed reports that reached where they were asked for. */
  readonly compressedReportsReceived: number;
  /** Things that those said of bundles: one of one bundle is what a status report would say. */
  readonly compressedReportEvents: number;
  /** Bytes of the bundles that they came in. */
  readonly compressedReportBytesReceived: number;
  /** Numbers that compressed reports named and that no bundle had, or that their senders could know nothing of. */
  readonly reportsUnknown: number;
  /** Things kept through a restart that could not be read and were set aside. */
  readonly stateDamaged: number;
  /** Administrative records that were ill-formed or of a kind that nobody here knows. */
  readonly adminRecordsIgnored: number;
  readonly fragmentsMade: number;
  /** Bundles that were put together from fragments. */
  readonly reassembled: number;
  /** Fragments that disagreed with others on bytes that both hold. */
  readonly fragmentConflicts: number;
  /** Fragments of bundles that did not become whole in time, or that found no room. */
  readonly fragmentsDropped: number;
  /** Broken rules that the lenient profile let pass. */
  readonly allowances: number;
  /** Security operations that nodes added, and that nodes verified. */
  readonly securityApplied: number;
  readonly securityVerified: number;
  /** Security operations that were missing, not to be there, or did not hold. */
  readonly securityFailures: number;
  /** How often a bundle came to have no way on, over all nodes, by reason: its destination is not in the plan. */
  readonly limboUnknownNode: number;
  /** The plan has no way there any more. */
  readonly limboNoRoute: number;
  /** No way has contacts that take it whole. */
  readonly limboTooLarge: number;
  /** No way arrives in its lifetime. */
  readonly limboTooLate: number;
  /** All ways lead over contacts that it keeps away from for a while. */
  readonly limboAvoided: number;
  /** All ways are promised to bundles as urgent or more. */
  readonly limboNoVolume: number;
  /** Bundles that lost their place on a contact to a more urgent one. */
  readonly pushedOut: number;
  /** Copies of critical bundles that nodes made for further neighbours. */
  readonly criticalCopies: number;
  /** Contact plans that took the place of another one. */
  readonly planUpdates: number;
  /** Nodes that crashed, and that started again. */
  readonly crashes: number;
  readonly restarts: number;
  /** How often a link began to lose datagrams in a burst. */
  readonly bursts: number;
  /** Datagrams that attackers sent. */
  readonly forged: number;
  /** Damaged records that nodes set aside when they started again. */
  readonly setAside: number;
}

/** The verdict of one checker; `detail` says what it saw, or what is wrong. */
export interface CheckReport {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** How far a run has come, for a progress line. */
export interface RunProgress {
  readonly virtualSeconds: number;
  readonly endSeconds: number;
  readonly jobsDone: number;
  readonly jobs: number;
  /** What the current job does, in a few words. */
  readonly phase: string;
  readonly transmissions: number;
  readonly lost: number;
}

/** One line of events.jsonl, and what report.html draws. */
export interface RunEvent {
  readonly atSeconds: number;
  readonly type: 'bundle' | 'contact' | 'custody' | 'job' | 'malformed' | 'node' | 'processing';
  readonly event: string;
  readonly node: number;
  readonly peer?: number;
  /** `node.service-creationTimeMs-sequence` of the bundle. */
  readonly bundle?: string;
  readonly bytes?: number;
  readonly count?: number;
  readonly job?: string;
  readonly role?: string;
  readonly index?: number;
  readonly detail?: string;
}

/** One packet of a capture: a datagram that a node handed to a link, and what the link did with it. */
export interface SentDatagram {
  readonly from: number;
  readonly to: number;
  /** When it was handed over: virtual time, as microseconds since 1970 that agree with the bundles' creation times. */
  readonly unixUs: number;
  /** As they arrive, damage included; as they were sent where nothing arrives. */
  readonly bytes: Uint8Array;
  /** `no-contact`: it was sent while no contact was open, and nobody can hear it. */
  readonly outcome: 'carried' | 'lost' | 'no-contact';
  readonly isCorrupted: boolean;
  /** How much later than by rate and light time it arrives, in microseconds. */
  readonly delayUs: number;
  /** How long after it an undamaged second copy arrives, in microseconds; undefined for none. */
  readonly copyDelayUs: number | undefined;
}
