/**
 * Compressed bundle status reporting (CCSDS 734.6-O-1): the extension block that asks for it (CREB) and the signal that answers
 * (CRS). When to report, and to whom, is the agent's business.
 */
import { UsageError } from '../base/errors.js';
import { contentReader, endContent } from './blocks.js';
import type { SequenceRuns } from './bundle-sequence.js';
import type { CborReader } from './cbor-reader.js';
import { headLength, Major, writeUInt } from './cbor-writer.js';
import { ADMIN_TYPES, BLOCK_FLAGS } from './constants.js';
import type { Eid } from './eid.js';
import { eidLength, readEid, writeEid } from './eid-codec.js';
import { encodeSignal, readSignal, type SignalForm, type SignalShape } from './signal-map.js';
import { CCSDS_TYPES, type TypeProfile } from './type-profile.js';
import type { UInt } from './uint.js';

/** What a compressed reporting extension block can ask to be told, as bits of its request flags. */
export const REPORTING_REQUESTS = {
  reception: 0x01,
  forwarding: 0x02,
  delivery: 0x04,
  deletion: 0x08,
  custodyAcceptance: 0x10,
  custodyRefusal: 0x20,
} as const;

/** Flags of every compressed reporting block: copied into fragments, passed on by nodes that do not know it. */
export const REPORTING_BLOCK_FLAGS = BLOCK_FLAGS.replicateInFragments;

/**
 * The content of a compressed reporting extension block. What is left out on the wire is undefined; since items are known by
 * their place, each one that is present needs all those before it.
 */
export interface ReportingBlock {
  /** The block source's number for this bundle. */
  readonly sequence: UInt;
  /** Which of the block source's counters `sequence` belongs to; 0 for one counter for each destination. */
  readonly sequenceId?: UInt | undefined;
  /** {@link REPORTING_REQUESTS}; unknown bits are kept. */
  readonly requestFlags?: UInt | undefined;
  /** The node that put the block in, whose counter it is. */
  readonly blockSource?: Eid | undefined;
  /** Where reporting signals go to. */
  readonly reportTo?: Eid | undefined;
}

/** Data of a compressed reporting extension block. Throws a UsageError where an item is present and one before it is not. */
export function encodeReportingBlock(block: ReportingBlock): Uint8Array {
  const { sequence, sequenceId, requestFlags, blockSource, reportTo } = block;
  const optional = [sequenceId, requestFlags, blockSource, reportTo];
  const present = optional.filter((item) => item !== undefined).length;
  if (optional.slice(0, present).includes(undefined)) {
    throw new UsageError('reporting-block-gap', 'an item of a reporting block needs all those before it');
  }
  let length = 1 + headLength(sequence);
  if (sequenceId !== undefined) length += headLength(sequenceId);
  if (requestFlags !== undefined) length += headLength(requestFlags);
  if (blockSource !== undefined) length += eidLength(blockSource);
  if (reportTo !== undefined) length += eidLength(reportTo);
  const data = new Uint8Array(length);
  data[0] = Major.array | (1 + present);
  let at = writeUInt(data, 1, sequence);
  if (sequenceId !== undefined) at = writeUInt(data, at, sequenceId);
  if (requestFlags !== undefined) at = writeUInt(data, at, requestFlags);
  if (blockSource !== undefined) at = writeEid(data, at, blockSource);
  if (reportTo !== undefined) writeEid(data, at, reportTo);
  return data;
}

/** Content of a compressed reporting extension block. Throws a BundleError `reporting-form`. */
export function decodeReportingBlock(data: Uint8Array, baseOffset = 0, block?: number): ReportingBlock {
  const rule = 'reporting-form';
  const reader = contentReader(data, rule, baseOffset, block);
  const items = reader.openArray(rule, 'an array that starts with a sequence number');
  const indefinite = reader.openedIndefinite;
  if (items < 1 || items > 5) reader.failArray(items, rule, '1 to 5 items');
  const sequence = reader.readUInt(rule, 'a sequence number');
  const sequenceId = items > 1 ? reader.readUInt(rule, 'a sequence id') : undefined;
  const requestFlags = items > 2 ? reader.readUInt(rule, 'request flags') : undefined;
  const blockSource = items > 3 ? readEid(reader) : undefined;
  const reportTo = items > 4 ? readEid(reader) : undefined;
  reader.closeArray(indefinite);
  endContent(reader, rule);
  return { sequence, sequenceId, requestFlags, blockSource, reportTo };
}

/** What a reporting signal can say of bundles. */
export type ReportingReason =
  | 'received'
  | 'forwarded'
  | 'delivered'
  | 'deleted'
  | 'custody-accepted'
  | 'custody-refused';

/** One reason of a reporting signal with the bundles that it holds for. */
export interface ReportingSignal {
  readonly reason: ReportingReason;
  readonly sequences: readonly SequenceRuns[];
}

/**
 * The payload of a reporting signal: an administrative record. Entries of one reason are joined and stand in the order of the
 * reasons' numbers. Throws a UsageError where nothing is reported, a sequence has no form, or the profile has no reporting signals.
 */
export function encodeReportingSignal(
  signals: readonly ReportingSignal[],
  types: TypeProfile = CCSDS_TYPES,
  form: SignalForm = 'bare',
): Uint8Array {
  const entries = signals.map(({ reason, sequences }) => ({ meaning: reason, sequences }));
  return encodeSignal(entries, SHAPE, types.reportingSignal, types, form);
}

/** The content of a reporting signal. Throws a BundleError `admin-form`. */
export function readReportingSignal(reader: CborReader): ReportingSignal[] {
  return readSignal(reader, SHAPE).map(({ meaning, sequences }) => ({ reason: meaning, sequences }));
}

/** The keys from 6 on are reserved. */
const SHAPE: SignalShape<ReportingReason> = {
  what: 'reporting signal',
  tag: ADMIN_TYPES.reportingSignal,
  keys: [
    [0, 'received'],
    [1, 'forwarded'],
    [2, 'delivered'],
    [3, 'deleted'],
    [4, 'custody-accepted'],
    [5, 'custody-refused'],
  ],
  withSource: true,
};
