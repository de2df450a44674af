/**
 * The custody ledger: what a node holds in custody, for whom, since when, how often it tried, and what it waits for next, in words.
 * A snapshot for whoever asks, which changes nothing. It knows records and the contact plan, and decides nothing.
 */
import { US_PER_SECOND } from '../base/time.js';
import type { BundleIdentity } from '../base/trace.js';
import type { UInt } from '../bpv7/index.js';
import type { BundleRecord, RecordState } from './bundle-record.js';
import type { LimboReason } from './limbo.js';
import type { Priority } from './priority.js';

/** One bundle in custody. Times are monotonic microseconds of the node, the same axis as its contact plan's. */
export interface LedgerEntry {
  /** Which bundle it is, and whom it is for. */
  readonly bundle: BundleIdentity;
  readonly sizeBytes: number;
  readonly payloadBytes: number;
  readonly priority: Priority;
  readonly state: RecordState;
  /** When this node took custody. */
  readonly sinceUs: number;
  /** The custodian that it was taken over from; 0 where this node is its source. */
  readonly previousCustodian: number;
  /** The number in this node's own custody block; undefined before the first transmission. */
  readonly number: { readonly sequenceId: number; readonly sequence: UInt } | undefined;
  /** Transmissions so far; after a restart at least those to a neighbour that it had not been sent to before. */
  readonly tries: number;
  /** When it was sent last; undefined for never. */
  readonly lastTryUs: number | undefined;
  /** When something is done about it next if nothing comes in between; undefined where nothing is planned. */
  readonly nextTryUs: number | undefined;
  /** What it waits for, in words, such as `custody signal of 7 due by 12.5 s of plan time`. */
  readonly why: string;
  /** Neighbours that it was sent to. */
  readonly sentTo: readonly number[];
  readonly expiryUs: number;
}

/** Which entries are wanted; what is left out does not matter. */
export interface LedgerFilter {
  readonly sourceNode?: number;
  readonly destinationNode?: number;
  readonly previousCustodian?: number;
  readonly state?: RecordState;
  /** At most that many entries. */
  readonly limit?: number;
}

/** When a contact of the plan begins, in microseconds. */
export type ContactStart = (contact: number) => number;

/** The bundles among `records` that are in this node's custody, as they stand; in the order of the store. */
export function ledgerOf(
  records: Iterable<BundleRecord>,
  startOf: ContactStart,
  { sourceNode, destinationNode, previousCustodian, state, limit = Number.POSITIVE_INFINITY }: LedgerFilter = {},
): LedgerEntry[] {
  const entries: LedgerEntry[] = [];
  for (const record of records) {
    if (entries.length >= limit) break;
    if (!record.inCustody) continue;
    if (sourceNode !== undefined && record.sourceNode !== sourceNode) continue;
    if (destinationNode !== undefined && record.destinationNode !== destinationNode) continue;
    if (previousCustodian !== undefined && custodianBefore(record) !== previousCustodian) continue;
    if (state !== undefined && record.state !== state) continue;
    entries.push(entryOf(record, startOf));
  }
  return entries;
}

function entryOf(record: BundleRecord, startOf: ContactStart): LedgerEntry {
  const { sourceNode, sourceService, creationTimeMs, sequence, destinationNode, destinationService } = record;
  const nextTryUs = nextTryOf(record, startOf);
  return {
    bundle: { sourceNode, sourceService, creationTimeMs, sequence, destinationNode, destinationService },
    sizeBytes: record.sizeBytes,
    payloadBytes: record.payloadBytes,
    priority: record.priority,
    state: record.state,
    sinceUs: record.receivedUs,
    previousCustodian: custodianBefore(record),
    number:
      record.custodySequence < 0
        ? undefined
        : { sequenceId: record.custodySequenceId, sequence: record.custodySequence },
    tries: record.attempts,
    lastTryUs: record.attempts === 0 ? undefined : record.sentUs,
    nextTryUs,
    why: whyOf(record, nextTryUs),
    sentTo: [...record.sentTo],
    expiryUs: record.expiryUs,
  };
}

function custodianBefore(record: BundleRecord): number {
  return record.receivedCustody?.custodian ?? 0;
}

function nextTryOf(record: BundleRecord, startOf: ContactStart): number | undefined {
  switch (record.state) {
    case 'waiting': {
      const contact = record.booking?.contacts[0];
      return contact === undefined ? record.wakeUs : startOf(contact);
    }
    case 'in-flight':
    case 'limbo':
      return record.wakeUs === Number.POSITIVE_INFINITY ? undefined : record.wakeUs;
    default:
      return undefined;
  }
}

function whyOf(record: BundleRecord, nextTryUs: number | undefined): string {
  const { nextHop, destinationNode } = record;
  const at = nextTryUs === undefined ? '' : ` at ${planTime(nextTryUs)}`;
  switch (record.state) {
    case 'queued':
      return `queues for the open contact to ${nextHop}`;
    case 'waiting':
      return `waits for the contact to ${nextHop}${at}`;
    case 'in-flight':
      return nextTryUs === undefined
        ? `sent to ${nextHop}; by the plan no custody signal can come back`
        : `custody signal of ${nextHop} due by ${planTime(nextTryUs)}`;
    case 'delivering':
      return 'handed to its application, which has not confirmed it yet';
    case 'limbo':
      return `no route: ${limboInWords(record.limboReason, destinationNode)}${at === '' ? '' : `; looks again${at}`}`;
    default:
      return 'is being looked at';
  }
}

function limboInWords(reason: LimboReason | undefined, destination: number): string {
  switch (reason) {
    case 'unknown node':
      return `the plan does not know node ${destination}`;
    case 'no route':
      return `the plan has no way to ${destination} any more`;
    case 'too large':
      return `every way to ${destination} has a contact that is too short for it`;
    case 'too late':
      return `every way to ${destination} arrives after its lifetime`;
    case 'no volume':
      return `every way to ${destination} is promised to bundles as urgent or more`;
    default:
      return `every way to ${destination} leads over a neighbour that refused custody, never answered or closed too early, or back to where it came from`;
  }
}

/** Seconds from the plan's second 0, to the millisecond, without zeros behind. */
function planTime(us: number): string {
  return `${Math.round(us / 1_000) / (US_PER_SECOND / 1_000)} s of plan time`;
}
