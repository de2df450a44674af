/**
 * What a durable store writes for a bundle: a head, the state of its record, and the bundle itself or, where that lies elsewhere,
 * a stub of it: its primary block with an empty payload, which is all that a record needs to know. It knows nothing of disks.
 */
import {
  type BundleLoader,
  type BundleRecord,
  decodeRecordState,
  encodeRecordState,
  MAX_RECORD_STATE_BYTES,
} from '../../agent/index.js';
import { BREAK_BYTE as FRAME_END, INDEFINITE_ARRAY_BYTE as FRAME_START } from '../../bpv7/cbor-writer.js';
import {
  BLOCK_TYPES,
  type Bundle,
  CRC_TYPES,
  crc32c,
  decodeBundle,
  encodeBundle,
  encodeBundleInto,
  payloadOf,
} from '../../bpv7/index.js';
import type { ValueBuffer } from './value-buffer.js';

/** Of the form below; a value of another form is set aside. */
const FORM = 1;

/** Where the bytes of a bundle are. */
export type Place = 'here' | 'bodies' | 'file';
const PLACES: readonly Place[] = ['here', 'bodies', 'file'];

/**
 * The head: form, place, two bytes of zero, then as 32-bit numbers the lengths of the state, of the bundle or stub, of the payload, and
 * of the bundle wherever it is; a checksum of the bundle where it is elsewhere and not all of its blocks have CRCs; and one of the value.
 */
const HEAD_BYTES = 28;
const CRC_AT = HEAD_BYTES - 4;

/** Bundles up to this length lie in one value with what is known of them; for longer ones a second value costs little. */
export const HERE_BYTES = 2048;

/** A value takes at most so much beside the bundle, or its stub. */
const MAX_AROUND_BYTES = HEAD_BYTES + MAX_RECORD_STATE_BYTES;

/** The bytes of a bundle: those that it came in where they are still in one piece, which spares copying 60 KiB. */
export function bundleBytes(bundle: Bundle): Uint8Array {
  const first = bundle.primary.raw;
  if (first === undefined || first.byteOffset === 0) return encodeBundle(bundle);
  let end = first.byteOffset + first.length;
  for (const { raw } of bundle.blocks) {
    if (raw === undefined || raw.buffer !== first.buffer || raw.byteOffset !== end) return encodeBundle(bundle);
    end += raw.length;
  }
  const start = first.byteOffset - 1;
  if (end >= first.buffer.byteLength) return encodeBundle(bundle);
  const whole = new Uint8Array(first.buffer, start, end + 1 - start);
  return whole[0] === FRAME_START && whole[whole.length - 1] === FRAME_END ? whole : encodeBundle(bundle);
}

/** Writes the value for a record with its bundle, of `bytes` bytes when encoded. */
export function writeShortRecord(record: BundleRecord, bundle: Bundle, bytes: number, into: ValueBuffer): Uint8Array {
  const buffer = into.reserve(MAX_AROUND_BYTES + bytes);
  const start = into.at;
  const state = encodeRecordState(record, buffer, start + HEAD_BYTES);
  const end = encodeBundleInto(bundle, buffer, start + HEAD_BYTES + state.length);
  return finish(record, into.take(end), 'here', state.length, bytes, 0);
}

/** Writes the value for a record whose bundle, `bytes`, is put elsewhere. */
export function writeLongRecord(
  record: BundleRecord,
  bundle: Bundle,
  bytes: Uint8Array,
  place: Place,
  into: ValueBuffer,
): Uint8Array {
  const stub = stubOf(bundle);
  const buffer = into.reserve(MAX_AROUND_BYTES + stub.length);
  const start = into.at;
  const state = encodeRecordState(record, buffer, start + HEAD_BYTES);
  const stubAt = start + HEAD_BYTES + state.length;
  buffer.set(stub, stubAt);
  const value = into.take(stubAt + stub.length);
  return finish(record, value, place, state.length, bytes.length, hasCrcs(bundle) ? 0 : crc32c(bytes));
}

/** Writes the state of a record that is on the disk already. */
export function writeChange(record: BundleRecord, into: ValueBuffer): Uint8Array {
  const buffer = into.reserve(MAX_RECORD_STATE_BYTES);
  return into.take(into.at + encodeRecordState(record, buffer, into.at).length);
}

/** Writes the head of a value. */
function finish(
  record: BundleRecord,
  value: Uint8Array,
  place: Place,
  stateBytes: number,
  bundleBytes: number,
  bundleCrc: number,
): Uint8Array {
  const view = new DataView(value.buffer, value.byteOffset, HEAD_BYTES);
  value[0] = FORM;
  value[1] = PLACES.indexOf(place);
  view.setUint16(2, 0);
  view.setUint32(4, stateBytes);
  view.setUint32(8, value.length - HEAD_BYTES - stateBytes);
  view.setUint32(12, record.payloadBytes);
  view.setUint32(16, bundleBytes);
  view.setUint32(20, bundleCrc);
  view.setUint32(CRC_AT, checksum(value));
  return value;
}

/** A value as read. */
export interface RecordValue {
  readonly place: Place;
  readonly state: Uint8Array;
  /** The bundle, or its stub. */
  readonly content: Uint8Array;
  readonly payloadBytes: number;
  readonly bundleBytes: number;
  /** CRC-32C of the bundle elsewhere, 0 where its own CRCs serve. */
  readonly bundleCrc: number;
}

/** The parts of a value; undefined where it is damaged or of another form. */
export function readRecordValue(value: Uint8Array): RecordValue | undefined {
  if (value.length < HEAD_BYTES || value[0] !== FORM) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const place = PLACES[value[1] as number];
  const stateEnd = HEAD_BYTES + view.getUint32(4);
  if (place === undefined || value.length !== stateEnd + view.getUint32(8)) return undefined;
  if (view.getUint32(CRC_AT) !== checksum(value)) return undefined;
  return {
    place,
    state: value.subarray(HEAD_BYTES, stateEnd),
    content: value.subarray(stateEnd),
    payloadBytes: view.getUint32(12),
    bundleBytes: view.getUint32(16),
    bundleCrc: view.getUint32(20),
  };
}

/**
 * The record of a value, with a state written later where there is one; its bundle is loaded by `load` where it is elsewhere. Undefined
 * where the bundle or the state is damaged.
 */
export function recordOf(
  value: RecordValue,
  later: Uint8Array | undefined,
  load: BundleLoader,
): BundleRecord | undefined {
  const bundle = bundleFrom(value.content);
  if (bundle === undefined) return undefined;
  const record = decodeRecordState(later ?? value.state, bundle, value.payloadBytes);
  if (value.place !== 'here') record?.unload(load);
  return record;
}

/** The bundle of a value, which lies here or whose bytes are `body`; undefined where it is damaged. */
export function bundleOf(value: RecordValue, body: Uint8Array | undefined): Bundle | undefined {
  if (value.place === 'here') return bundleFrom(value.content);
  if (body === undefined || body.length !== value.bundleBytes) return undefined;
  if (value.bundleCrc !== 0 && crc32c(body) !== value.bundleCrc) return undefined;
  return bundleFrom(body);
}

/** A record's bundle by its name, such as `ipn:7.1-852076800000-12`. */
export function recordName({ sourceNode, sourceService, creationTimeMs, sequence }: BundleRecord): string {
  return `ipn:${sourceNode}.${sourceService}-${creationTimeMs}-${sequence}`;
}

/** What was held was judged when it came: here only damage counts. */
function bundleFrom(bytes: Uint8Array): Bundle | undefined {
  try {
    return decodeBundle(bytes, { profile: 'lenient', securityRules: false });
  } catch {
    return undefined;
  }
}

function stubOf(bundle: Bundle): Uint8Array {
  const { type, number, flags } = payloadOf(bundle);
  const payload = { type, number, flags, crcType: CRC_TYPES.none, data: new Uint8Array(0) };
  const age = bundle.blocks.filter((block) => block.type === BLOCK_TYPES.bundleAge);
  return encodeBundle({ primary: bundle.primary, blocks: [...age, payload] });
}

function hasCrcs({ primary, blocks }: Bundle): boolean {
  return primary.crcType !== CRC_TYPES.none && blocks.every(({ crcType }) => crcType !== CRC_TYPES.none);
}

function checksum(value: Uint8Array): number {
  return (crc32c(value, 0, CRC_AT) ^ crc32c(value, HEAD_BYTES)) >>> 0;
}
