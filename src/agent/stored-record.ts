/**
 * A bundle record as bytes, for stores that outlive the process: what a node knows of the bundle beside the bundle itself. Numbers
 * are fixed-width, since a store writes one of these for every bundle; a checksum tells damage. It knows nothing of stores.
 */
import { type Bundle, crc32c, payloadOf, type UInt, uintOf } from '../bpv7/index.js';
import { BundleRecord } from './bundle-record.js';
import { endpointNumbers } from './endpoints.js';
import type { Priority } from './priority.js';

/** Of the form below; a store written by another version is not read. */
const FORM = 2;

const FLAGS = {
  inCustody: 1,
  custodyRequested: 2,
  hasReceivedCustody: 4,
  isCritical: 8,
  isCopied: 16,
  isDelivering: 32,
  hasNumber: 64,
} as const;

/** Bytes before the numbers: form, flags, priority, ordinal, and how many neighbours it was sent to. */
const HEAD_BYTES = 6;

/** Numbers that every record has. */
const NUMBERS = 15;

/** Neighbours that a record was sent to; of more the last ones are kept. */
const MAX_SENT_TO = 64;

const CRC_BYTES = 4;

const TWO_TO_32 = 2 ** 32;

/** No state is longer. */
export const MAX_RECORD_STATE_BYTES = HEAD_BYTES + 8 * (NUMBERS + MAX_SENT_TO) + CRC_BYTES;

/**
 * The state of a record, without its bundle; in an array of its own, or written to `start` of a buffer with
 * {@link MAX_RECORD_STATE_BYTES} left there, of which the result is a view.
 */
export function encodeRecordState(record: BundleRecord, into?: Uint8Array, start = 0): Uint8Array {
  const sentTo = record.sentTo.slice(-MAX_SENT_TO);
  const length = HEAD_BYTES + 8 * (NUMBERS + sentTo.length) + CRC_BYTES;
  const bytes = into ? new Uint8Array(into.buffer, into.byteOffset + start, length) : new Uint8Array(length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  bytes[0] = FORM;
  bytes[1] = flagsOf(record);
  bytes[2] = record.urgency.priority;
  bytes[3] = record.urgency.ordinal;
  view.setUint16(4, sentTo.length);
  const { receivedCustody: custody } = record;
  let at = HEAD_BYTES;
  const write = (value: number) => {
    view.setFloat64(at, value);
    at += 8;
  };
  const writeUInt = (value: UInt) => {
    view.setUint32(at, typeof value === 'number' ? value / TWO_TO_32 : Number(value >> 32n));
    view.setUint32(at + 4, typeof value === 'number' ? value : Number(value & 0xffff_ffffn));
    at += 8;
  };
  write(record.expiryUs);
  write(record.receivedUs);
  write(record.previousNode);
  write(record.sizeBytes);
  write(record.hopLimit);
  write(record.hopCount);
  write(custody?.custodian ?? 0);
  writeUInt(custody?.sequenceId ?? 0);
  writeUInt(custody?.sequence ?? 0);
  writeUInt(record.custodySequenceId);
  writeUInt(record.custodySequence < 0 ? 0 : record.custodySequence);
  write(record.attempts);
  write(record.sentUs);
  write(record.notBackTo);
  write(record.onlyNeighbour);
  for (const node of sentTo) write(node);
  view.setUint32(at, crc32c(bytes, 0, at));
  return bytes;
}

/**
 * The record that {@link encodeRecordState} wrote, of a bundle; undefined where the bytes are damaged or of another form. A store that
 * has the bundle elsewhere hands over its primary block with an empty payload, says how long that is, and unloads the record.
 */
export function decodeRecordState(
  bytes: Uint8Array,
  bundle: Bundle,
  payloadBytes = payloadOf(bundle).data.length,
): BundleRecord | undefined {
  if (bytes.length < HEAD_BYTES + CRC_BYTES || bytes[0] !== FORM) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sentToCount = view.getUint16(4);
  const end = HEAD_BYTES + 8 * (NUMBERS + sentToCount);
  if (bytes.length !== end + CRC_BYTES || view.getUint32(end) !== crc32c(bytes, 0, end)) return undefined;
  const flags = bytes[1] as number;
  const has = (flag: number) => (flags & flag) !== 0;
  let at = HEAD_BYTES;
  const read = () => {
    at += 8;
    return view.getFloat64(at - 8);
  };
  const readUInt = () => {
    at += 8;
    const high = view.getUint32(at - 8);
    const low = view.getUint32(at - 4);
    return high < 2 ** 21 ? high * TWO_TO_32 + low : uintOf((BigInt(high) << 32n) | BigInt(low));
  };
  const [expiryUs, receivedUs, previousNode, sizeBytes, hopLimit, hopCount] = [
    read(),
    read(),
    read(),
    read(),
    read(),
    read(),
  ];
  const custody = { custodian: read(), sequenceId: readUInt(), sequence: readUInt() };
  const source = endpointNumbers(bundle.primary.source);
  const destination = endpointNumbers(bundle.primary.destination);
  const record = new BundleRecord(
    bundle,
    source.node,
    source.service,
    Number(bundle.primary.creationTimeMs),
    Number(bundle.primary.sequence),
    destination.node,
    destination.service,
    expiryUs,
    receivedUs,
    previousNode,
    { priority: bytes[2] as Priority, ordinal: bytes[3] as number },
    sizeBytes,
    payloadBytes,
    has(FLAGS.custodyRequested),
    has(FLAGS.hasReceivedCustody) ? custody : undefined,
    hopLimit,
    hopCount,
  );
  record.inCustody = has(FLAGS.inCustody);
  record.isCritical = has(FLAGS.isCritical);
  record.isCopied = has(FLAGS.isCopied);
  if (has(FLAGS.isDelivering)) record.enter('delivering');
  record.custodySequenceId = Number(readUInt());
  const custodySequence = readUInt();
  if (has(FLAGS.hasNumber)) record.custodySequence = custodySequence;
  record.attempts = read();
  record.sentUs = read();
  record.notBackTo = read();
  record.onlyNeighbour = read();
  for (let i = 0; i < sentToCount; i++) record.sentTo.push(read());
  return record;
}

function flagsOf(record: BundleRecord): number {
  let flags = 0;
  if (record.inCustody) flags |= FLAGS.inCustody;
  if (record.custodyRequested) flags |= FLAGS.custodyRequested;
  if (record.receivedCustody !== undefined) flags |= FLAGS.hasReceivedCustody;
  if (record.isCritical) flags |= FLAGS.isCritical;
  if (record.isCopied) flags |= FLAGS.isCopied;
  if (record.custodySequence >= 0) flags |= FLAGS.hasNumber;
  if (record.state === 'delivering') flags |= FLAGS.isDelivering;
  return flags;
}
