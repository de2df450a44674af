/** The counters of a run while it goes on. */
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
    custodyTrafficSent: 0,
    custodyTrafficDelivered: 0,
  };
}
