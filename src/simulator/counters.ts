/** The counters of a run while it goes on. */
import type { LimboReason } from '../agent/index.js';
import type { ProcessingEvent } from '../base/trace.js';
import type { NetworkCounters } from './report.js';

/** {@link NetworkCounters}, to be counted up. */
export type RunCounters = { -readonly [K in keyof NetworkCounters]: NetworkCounters[K] };

/** All counters at 0. */
export function newCounters(satellites: number): RunCounters {
  return {
    satellites,
    contacts: 0,
    outages: 0,
    bundlesSourced: 0,
    bundlesDelivered: 0,
    transmissions: 0,
    retransmissions: 0,
    lost: 0,
    corrupted: 0,
    duplicated: 0,
    reordered: 0,
    duplicatesSuppressed: 0,
    expired: 0,
    deleted: 0,
    waited: 0,
    custodyAccepted: 0,
    custodyReleased: 0,
    custodyRefused: 0,
    custodySignals: 0,
    malformed: 0,
    bytesTransmitted: 0,
    bytesDelivered: 0,
    peakStoredBundles: 0,
    peakStoredBytes: 0,
    simulatorEvents: 0,
    trafficSent: 0,
    trafficDelivered: 0,
    trafficMeanDelaySeconds: 0,
    custodyTrafficSent: 0,
    custodyTrafficDelivered: 0,
    statusReports: 0,
    statusReportsReceived: 0,
    statusReportsWithheld: 0,
    statusReportBytesReceived: 0,
    compressedReports: 0,
    compressedReportsReceived: 0,
    compressedReportEvents: 0,
    compressedReportBytesReceived: 0,
    reportsUnknown: 0,
    stateDamaged: 0,
    adminRecordsIgnored: 0,
    fragmentsMade: 0,
    reassembled: 0,
    fragmentConflicts: 0,
    fragmentsDropped: 0,
    allowances: 0,
    securityApplied: 0,
    securityVerified: 0,
    securityFailures: 0,
    limboUnknownNode: 0,
    limboNoRoute: 0,
    limboTooLarge: 0,
    limboTooLate: 0,
    limboAvoided: 0,
    limboNoVolume: 0,
    pushedOut: 0,
    criticalCopies: 0,
    planUpdates: 0,
    crashes: 0,
    restarts: 0,
    bursts: 0,
    forged: 0,
    setAside: 0,
  };
}

/** The counter of each reason that a bundle stays in limbo for. */
const LIMBO_COUNTERS: { readonly [reason in LimboReason]: keyof RunCounters } = {
  'unknown node': 'limboUnknownNode',
  'no route': 'limboNoRoute',
  'too large': 'limboTooLarge',
  'too late': 'limboTooLate',
  avoided: 'limboAvoided',
  'no volume': 'limboNoVolume',
};

/** Counts a bundle that came to have no way on; `reason` as a node tells it. */
export function countLimbo(counters: RunCounters, reason: string): void {
  const counter = LIMBO_COUNTERS[reason as LimboReason];
  if (counter !== undefined) counters[counter]++;
}

/** Counts an event of the procedures of RFC 9171 section 5. */
export function countProcessing(counters: RunCounters, event: ProcessingEvent, count: number): void {
  switch (event) {
    case 'report-sent':
      counters.statusReports++;
      break;
    case 'report-received':
      counters.statusReportsReceived++;
      break;
    case 'report-withheld':
      counters.statusReportsWithheld++;
      break;
    case 'compressed-report-sent':
      counters.compressedReports++;
      break;
    case 'compressed-report-received':
      counters.compressedReportsReceived++;
      counters.compressedReportEvents += count;
      break;
    case 'report-unknown':
      counters.reportsUnknown += count;
      break;
    case 'state-damaged':
      counters.stateDamaged += count;
      break;
    case 'admin-ignored':
      counters.adminRecordsIgnored++;
      break;
    case 'fragmented':
      counters.fragmentsMade += count;
      break;
    case 'reassembled':
      counters.reassembled++;
      break;
    case 'fragment-conflict':
      counters.fragmentConflicts++;
      break;
    case 'fragments-dropped':
      counters.fragmentsDropped += count;
      break;
    case 'pushed-out':
      counters.pushedOut += count;
      break;
    case 'copied':
      counters.criticalCopies += count;
      break;
    case 'allowance':
      counters.allowances++;
      break;
    case 'security-applied':
      counters.securityApplied++;
      break;
    case 'security-verified':
      counters.securityVerified++;
      break;
    case 'security-failed':
      counters.securityFailures++;
  }
}
