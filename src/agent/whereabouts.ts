/** Where the bundles that a node holds stand, for whoever asks; a snapshot, which changes nothing. */
import type { BundleIdentity } from '../base/trace.js';
import type { BundleRecord, RecordState } from './bundle-record.js';
import type { LimboReason } from './limbo.js';
import type { Priority } from './priority.js';

/** One held bundle. */
export interface HeldBundle {
  readonly bundle: BundleIdentity;
  readonly state: RecordState;
  /** The neighbour that it queues, waits or was sent for; 0 for none. */
  readonly neighbour: number;
  /** Why it has no way on; undefined outside of limbo. */
  readonly reason: LimboReason | undefined;
  readonly priority: Priority;
  readonly sizeBytes: number;
  /** Contacts that it has volume of, by index in the plan. */
  readonly promisedContacts: readonly number[];
}

/** The bundles of a store as they stand. */
export function whereabouts(records: Iterable<BundleRecord>): HeldBundle[] {
  return Array.from(records, (record) => ({
    bundle: record,
    state: record.state,
    neighbour: record.nextHop,
    reason: record.state === 'limbo' ? record.limboReason : undefined,
    priority: record.priority,
    sizeBytes: record.sizeBytes,
    promisedContacts: record.booking?.isHeld ? record.booking.contacts : [],
  }));
}
