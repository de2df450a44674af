/** Bundle status reports (RFC 9171 section 6.1.1). Whether one is due, and where it goes, is the agent's business. */
import { UsageError } from '../base/errors.js';
import { type Bundle, payloadOf } from './bundle.js';
import type { CborReader } from './cbor-reader.js';
import { headLength, Major, writeUInt } from './cbor-writer.js';
import { ADMIN_TYPES, REASONS } from './constants.js';
import type { Eid } from './eid.js';
import { eidLength, readEid, writeEid } from './eid-codec.js';
import type { UInt } from './uint.js';

/** One thing that can happen to a bundle at a node. */
export interface StatusItem {
  /** Whether it happened. */
  readonly asserted: boolean;
  /** When, in DTN time; only where it happened and the subject bundle's flags ask for status times. */
  readonly timeMs?: UInt | undefined;
}

/** Which bundle a status report is about. */
export interface ReportSubject {
  readonly source: Eid;
  readonly creationTimeMs: UInt;
  readonly sequence: UInt;
  /** Offset of the subject's payload in the application data unit; only where the subject is a fragment. */
  readonly fragmentOffset?: UInt | undefined;
  /**
   * Length of the subject's own payload; only together with `fragmentOffset`. ION leaves both out of its reports on fragments, so
   * a report without them may be on a fragment.
   */
  readonly payloadLength?: UInt | undefined;
}

/** The content of a bundle status report. */
export interface StatusReport extends ReportSubject {
  readonly received: StatusItem;
  readonly forwarded: StatusItem;
  readonly delivered: StatusItem;
  readonly deleted: StatusItem;
  /** One of {@link REASONS}, or a code that is not assigned and is kept as it came. */
  readonly reason: UInt;
}

/** What a status report on this bundle says of its subject. */
export function reportSubjectOf(bundle: Bundle): ReportSubject {
  const { source, creationTimeMs, sequence, fragmentOffset } = bundle.primary;
  const payloadLength = fragmentOffset === undefined ? undefined : payloadOf(bundle).data.length;
  return { source, creationTimeMs, sequence, fragmentOffset, payloadLength };
}

/** A reason code in words, which are the standard's (RFC 9171 section 9.5, RFC 9172 section 11.2). */
export function reasonInWords(reason: UInt): string {
  const words = REASON_WORDS.get(reason);
  if (words !== undefined) return words;
  return reason === RESERVED_REASON ? `reserved reason ${reason}` : `unassigned reason ${reason}`;
}

/**
 * The payload of a status report: an administrative record. Throws a UsageError on a time without an assertion, on one of fragment
 * offset and payload length without the other, and on a number that is no unsigned 64-bit integer.
 */
export function encodeStatusReport(report: StatusReport): Uint8Array {
  const { reason, source, creationTimeMs, sequence, fragmentOffset, payloadLength } = report;
  const items = [report.received, report.forwarded, report.delivered, report.deleted];
  if ((fragmentOffset === undefined) !== (payloadLength === undefined)) {
    throw new UsageError('status-report-fragment', 'expected both of fragment offset and payload length, or none');
  }
  let length = 5 + headLength(reason) + eidLength(source) + headLength(creationTimeMs) + headLength(sequence);
  for (const item of items) length += itemLength(item);
  if (fragmentOffset !== undefined) length += headLength(fragmentOffset);
  if (payloadLength !== undefined) length += headLength(payloadLength);
  const data = new Uint8Array(length);
  data[0] = Major.array | 2;
  data[1] = ADMIN_TYPES.statusReport;
  data[2] = Major.array | (fragmentOffset === undefined ? 4 : 6);
  data[3] = Major.array | items.length;
  let at = 4;
  for (const item of items) at = writeItem(data, at, item);
  at = writeEid(data, writeUInt(data, at, reason), source);
  data[at++] = Major.array | 2;
  at = writeUInt(data, writeUInt(data, at, creationTimeMs), sequence);
  if (fragmentOffset !== undefined) at = writeUInt(data, at, fragmentOffset);
  if (payloadLength !== undefined) writeUInt(data, at, payloadLength);
  return data;
}

/** The content of a status report. Throws a BundleError `admin-form`. */
export function readStatusReport(reader: CborReader): StatusReport {
  const items = reader.openArray('admin-form', 'a status report as an array');
  const indefinite = reader.openedIndefinite;
  if (items !== 4 && items !== 6) reader.failArray(items, 'admin-form', '4 items, or 6 for a fragment');
  const [received, forwarded, delivered, deleted] = readItems(reader);
  const reason = reader.readUInt('admin-form', 'a reason code');
  const source = readEid(reader);
  const timestampItems = reader.openArray('admin-form', 'a creation timestamp as an array');
  const timestampIndefinite = reader.openedIndefinite;
  if (timestampItems !== 2) reader.failArray(timestampItems, 'admin-form', 'creation time and sequence number');
  const creationTimeMs = reader.readUInt('admin-form', 'a creation time');
  const sequence = reader.readUInt('admin-form', 'a sequence number');
  reader.closeArray(timestampIndefinite);
  const fragmentOffset = items === 6 ? reader.readUInt('admin-form', 'a fragment offset') : undefined;
  const payloadLength = items === 6 ? reader.readUInt('admin-form', 'a payload length') : undefined;
  reader.closeArray(indefinite);
  const subject = { source, creationTimeMs, sequence, fragmentOffset, payloadLength };
  return { received, forwarded, delivered, deleted, reason, ...subject };
}

const STATUS_ITEMS = 4;
const FALSE = 0xf4;
const TRUE = 0xf5;

/** The four status items; more may follow, and are ignored. */
function readItems(reader: CborReader): StatusItem[] {
  const count = reader.openArray('admin-form', 'bundle status items');
  const indefinite = reader.openedIndefinite;
  if (count < STATUS_ITEMS) reader.failArray(count, 'admin-form', `at least ${STATUS_ITEMS} status items`);
  const items: StatusItem[] = [];
  for (let i = 0; i < STATUS_ITEMS; i++) items.push(readItem(reader));
  for (let i = STATUS_ITEMS; i < count; i++) reader.skipItem();
  reader.closeArray(indefinite);
  return items;
}

function readItem(reader: CborReader): StatusItem {
  const count = reader.openArray('admin-form', 'a status item as an array');
  const indefinite = reader.openedIndefinite;
  if (count !== 1 && count !== 2) reader.failArray(count, 'admin-form', 'a status indicator and at most a time');
  const head = reader.peek();
  if (head !== TRUE && head !== FALSE) reader.failItem('admin-form', 'true or false');
  if (head === FALSE && count === 2) reader.fail('admin-form', 'a time of what did not happen');
  reader.offset++;
  const timeMs = count === 2 ? reader.readUInt('admin-form', 'a status time') : undefined;
  reader.closeArray(indefinite);
  return { asserted: head === TRUE, timeMs };
}

function itemLength({ asserted, timeMs }: StatusItem): number {
  if (timeMs === undefined) return 2;
  if (!asserted) throw new UsageError('status-report-time', 'only what happened has a time');
  return 2 + headLength(timeMs);
}

function writeItem(into: Uint8Array, at: number, { asserted, timeMs }: StatusItem): number {
  into[at] = Major.array | (timeMs === undefined ? 1 : 2);
  into[at + 1] = asserted ? TRUE : FALSE;
  return timeMs === undefined ? at + 2 : writeUInt(into, at + 2, timeMs);
}

const RESERVED_REASON = 255;

const REASON_WORDS: ReadonlyMap<UInt, string> = new Map([
  [REASONS.noInformation, 'no additional information'],
  [REASONS.lifetimeExpired, 'lifetime expired'],
  [REASONS.forwardedOverUnidirectionalLink, 'forwarded over unidirectional link'],
  [REASONS.transmissionCanceled, 'transmission canceled'],
  [REASONS.depletedStorage, 'depleted storage'],
  [REASONS.destinationUnavailable, 'destination endpoint ID unavailable'],
  [REASONS.noKnownRoute, 'no known route to destination from here'],
  [REASONS.noTimelyContact, 'no timely contact with next node on route'],
  [REASONS.blockUnintelligible, 'block unintelligible'],
  [REASONS.hopLimitExceeded, 'hop limit exceeded'],
  [REASONS.trafficPared, 'traffic pared'],
  [REASONS.blockUnsupported, 'block unsupported'],
  [REASONS.missingSecurityOperation, 'missing security operation'],
  [REASONS.unknownSecurityOperation, 'unknown security operation'],
  [REASONS.unexpectedSecurityOperation, 'unexpected security operation'],
  [REASONS.failedSecurityOperation, 'failed security operation'],
  [REASONS.conflictingSecurityOperation, 'conflicting security operation'],
]);
