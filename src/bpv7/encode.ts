/**
 * Bundles to bytes, in core deterministic CBOR within an array of indefinite length (RFC 9171 section 4.1).
 *
 * The bytes are written once, straight to their place in a buffer that is as long as they can be at the most. Blocks with `raw` go out as they came in:
 * forwarding copies the primary and payload blocks with their CRCs and writes a few short blocks afresh.
 */
import { UsageError } from '../base/errors.js';
import { contentLength, writeContent } from './blocks.js';
import type { CanonicalBlock, OutgoingBlock, OutgoingBundle, PrimaryBlock } from './bundle.js';
import {
  BREAK_BYTE,
  headLength,
  INDEFINITE_ARRAY_BYTE,
  MAX_HEAD_BYTES,
  Major,
  writeHead,
  writeTime,
  writeUInt,
  writeUint32,
} from './cbor-writer.js';
import { BP_VERSION, BUNDLE_FLAGS, CRC_TYPES, type CrcTypeCode } from './constants.js';
import { blockCrc16, blockCrc32c, crc32cAround } from './crc.js';
import type { Eid } from './eid.js';
import { eidLength, MAX_EID_BYTES, writeEid } from './eid-codec.js';
import { hasFlag } from './uint.js';

// Numbers of the standards by names of this file: the engine takes these for numbers, and not for properties to be looked up.
const FRAME_START = INDEFINITE_ARRAY_BYTE;
const FRAME_END = BREAK_BYTE;
const ARRAY = Major.array;
const ARRAY_OF_2 = Major.array | 2;
const BYTES = Major.bytes;
const VERSION = BP_VERSION;
const FRAGMENT = BUNDLE_FLAGS.isFragment;
const { none: NO_CRC, crc16: CRC16, crc32c: CRC32C } = CRC_TYPES;

/** A buffer of its own costs more than 1 us, more than all else in encoding a short bundle; so short ones share a slab. */
const SLAB_BYTES = 16_384;
const MAX_SLAB_SHARE_BYTES = 2_048;

/** From this length of a payload on, three pieces for the system to gather cost less than a copy. */
const PIECE_FROM_BYTES = 8_192;

/** What stands behind a last block that goes out as it came. Not to be written to. */
const FRAME_END_PIECE = new Uint8Array([FRAME_END]);

let slab = new Uint8Array(0);
// Kept beside the slab: asking it for these takes as long as making a view.
let slabBuffer = slab.buffer;
let slabOffset = 0;
let slabUsed = 0;
let allocate = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length);

/**
 * Has the buffers of encoded bundles made by `fn`, for the whole process: a machine that can leave them unwritten saves the
 * time to zero 64 KiB, which is more than all else in encoding them. Every byte handed out is written by the encoder.
 */
export function setBufferAllocator(fn: (length: number) => Uint8Array<ArrayBuffer>): void {
  allocate = fn;
}

/**
 * The bytes of a bundle. The array may be a view into a larger buffer, shared with other bundles: copy it (`slice`) before
 * keeping one small bundle for long or handing its `buffer` away.
 *
 * Throws a UsageError on a field that has no encoding (an integer beyond 64 bits, fragment fields without the flag, LocalNode).
 * Rules that tie fields together are the caller's; {@link decodeBundle} is the judge of them.
 */
export function encodeBundle(bundle: OutgoingBundle): Uint8Array {
  const bound = lengthBound(bundle);
  if (bound > MAX_SLAB_SHARE_BYTES) {
    const into = allocate(bound);
    return new Uint8Array(into.buffer, into.byteOffset, writeBundle(into, 0, bundle));
  }
  const start = startInSlab(bound);
  slabUsed = writeBundle(slab, start, bundle);
  return new Uint8Array(slabBuffer, slabOffset + start, slabUsed - start);
}

/** The place in a slab where `bound` bytes are free. */
function startInSlab(bound: number): number {
  if (slabUsed + bound > slab.length) {
    slab = allocate(SLAB_BYTES);
    slabBuffer = slab.buffer;
    slabOffset = slab.byteOffset;
    slabUsed = 0;
  }
  return slabUsed;
}

/**
 * The bytes of a bundle in pieces to be sent one behind the other: a long payload stands among them as it is and is not copied, so it
 * must not change as long as the pieces are in use. One piece where that gains nothing. Throws as {@link encodeBundle}.
 */
export function encodeBundleInPieces(bundle: OutgoingBundle): readonly Uint8Array[] {
  const { primary, blocks } = bundle;
  const last = blocks[blocks.length - 1];
  const { raw, data } = last;
  if (data === undefined || data.length < PIECE_FROM_BYTES) return [encodeBundle(bundle)];
  if (raw === undefined && last.crcType !== CRC32C) return [encodeBundle(bundle)];
  const bound = lengthBound(bundle) - data.length;
  if (bound > MAX_SLAB_SHARE_BYTES) return [encodeBundle(bundle)];
  const start = startInSlab(bound);
  let at = writeFrameStart(slab, start, primary);
  at = writeBlocks(slab, at, blocks, blocks.length - 1);
  if (raw !== undefined) {
    slabUsed = at;
    return [new Uint8Array(slabBuffer, slabOffset + start, at - start), raw, FRAME_END_PIECE];
  }
  const dataAt = writeHead(slab, writeBlockStart(slab, at, last), BYTES, data.length);
  const end = dataAt + 5;
  slab[dataAt] = BYTES | 4;
  writeUint32(slab, dataAt + 1, crc32cAround(slab, at, dataAt, data, BYTES | 4));
  slab[end] = FRAME_END;
  slabUsed = end + 1;
  return [
    new Uint8Array(slabBuffer, slabOffset + start, dataAt - start),
    data,
    new Uint8Array(slabBuffer, slabOffset + dataAt, slabUsed - dataAt),
  ];
}

/** The pieces as one array; the only piece itself where there is one. */
export function joinPieces(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = allocate(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * Writes the bytes of a bundle into `into` from `at` on and returns the place behind them: for a caller with a buffer of its own,
 * which it uses again. Throws a UsageError `buffer-too-small` where they do not fit, with nothing written; otherwise as
 * {@link encodeBundle}, with bytes behind `at` spoilt.
 */
export function encodeBundleInto(bundle: OutgoingBundle, into: Uint8Array, at = 0): number {
  if (at >>> 0 !== at) throw new UsageError('buffer-offset', `expected an offset in the buffer, got ${at}`);
  const room = into.length - at;
  if (room < lengthBound(bundle)) {
    const length = encodedLength(bundle);
    if (length > room) throw new UsageError('buffer-too-small', `a bundle of ${length} bytes where ${room} are free`);
  }
  return writeBundle(into, at, bundle);
}

/** Writes a bundle at `start` and returns the place behind it. */
function writeBundle(into: Uint8Array, start: number, { primary, blocks }: OutgoingBundle): number {
  const at = writeBlocks(into, writeFrameStart(into, start, primary), blocks, blocks.length);
  into[at] = FRAME_END;
  return at + 1;
}

/** Writes the head of the frame and the primary block. */
function writeFrameStart(into: Uint8Array, start: number, primary: PrimaryBlock): number {
  into[start] = FRAME_START;
  const { raw } = primary;
  if (raw === undefined) return writePrimary(into, start + 1, primary);
  into.set(raw, start + 1);
  return start + 1 + raw.length;
}

/** Writes the first `count` blocks. */
function writeBlocks(into: Uint8Array, start: number, blocks: readonly OutgoingBlock[], count: number): number {
  let at = start;
  for (let i = 0; i < count; i++) {
    const block = blocks[i];
    const raw = block.raw;
    if (raw === undefined) {
      at = writeBlock(into, at, block);
    } else {
      into.set(raw, at);
      at += raw.length;
    }
  }
  return at;
}

/** What a primary block takes at the most, the texts of its endpoint IDs apart. */
const MAX_PRIMARY_BYTES = 3 + 3 * MAX_EID_BYTES + 1 + 6 * MAX_HEAD_BYTES + 5;

/** What a canonical block takes at the most beside its data. */
const MAX_BLOCK_OVERHEAD_BYTES = 2 + 4 * MAX_HEAD_BYTES + 5;

/** A length that the bundle does not exceed, found without looking at its integers. */
function lengthBound({ primary, blocks }: OutgoingBundle): number {
  let bound = 2;
  if (primary.raw !== undefined) bound += primary.raw.length;
  else {
    const { destination, source, reportTo } = primary;
    bound += MAX_PRIMARY_BYTES + textLength(destination) + textLength(source) + textLength(reportTo);
  }
  for (let i = 0; i < blocks.length; i++) {
    const block = blocks[i];
    const { raw, data } = block;
    if (raw !== undefined) bound += raw.length;
    else bound += MAX_BLOCK_OVERHEAD_BYTES + (data === undefined ? contentBound(block.content) : data.length);
  }
  return bound;
}

/** A length that no content exceeds: an endpoint ID is the longest part. */
function contentBound(content: OutgoingContent): number {
  if (typeof content !== 'object') return MAX_EID_BYTES;
  if ('custodian' in content) return 1 + 2 * MAX_HEAD_BYTES + MAX_EID_BYTES + textLength(content.custodian);
  return 'ssp' in content ? MAX_EID_BYTES + content.ssp.length : MAX_EID_BYTES;
}

type OutgoingContent = Exclude<OutgoingBlock, CanonicalBlock>['content'];

function textLength(eid: Eid): number {
  return eid.scheme === 'dtn' ? eid.ssp.length : 0;
}

/** Length in bytes of what {@link encodeBundle} makes of the bundle, without making it. */
export function encodedLength(bundle: OutgoingBundle): number {
  const { primary, blocks } = bundle;
  let length = 2 + (primary.raw === undefined ? primaryLength(primary) : primary.raw.length);
  for (let i = 0; i < blocks.length; i++) {
    const block = blocks[i];
    const raw = block.raw;
    length += raw === undefined ? blockLength(block) : raw.length;
  }
  return length;
}

/** The bytes of a primary block, `raw` where it has that. */
export function encodePrimary(primary: PrimaryBlock): Uint8Array {
  if (primary.raw !== undefined) return primary.raw;
  const into = new Uint8Array(primaryLength(primary));
  writePrimary(into, 0, primary);
  return into;
}

function primaryLength(primary: PrimaryBlock): number {
  let length =
    3 + // array head, version, CRC type
    headLength(primary.flags) +
    eidLength(primary.destination) +
    eidLength(primary.source) +
    eidLength(primary.reportTo) +
    1 +
    headLength(primary.creationTimeMs) +
    headLength(primary.sequence) +
    headLength(primary.lifetimeMs) +
    crcFieldLength(primary.crcType);
  const { fragmentOffset, totalAduLength } = primary;
  checkFragmentFields(primary);
  if (fragmentOffset !== undefined && totalAduLength !== undefined) {
    length += headLength(fragmentOffset) + headLength(totalAduLength);
  }
  return length;
}

function writePrimary(into: Uint8Array, start: number, primary: PrimaryBlock): number {
  const { crcType, fragmentOffset, totalAduLength } = primary;
  let items = crcType === NO_CRC ? 8 : 9;
  checkFragmentFields(primary);
  if (fragmentOffset !== undefined) items += 2;
  let at = start;
  into[at++] = ARRAY | items;
  into[at++] = VERSION;
  at = writeUInt(into, at, primary.flags);
  into[at++] = crcType;
  at = writeEid(into, at, primary.destination);
  at = writeEid(into, at, primary.source);
  at = writeEid(into, at, primary.reportTo);
  into[at++] = ARRAY_OF_2;
  at = writeTime(into, at, primary.creationTimeMs);
  at = writeUInt(into, at, primary.sequence);
  at = writeUInt(into, at, primary.lifetimeMs);
  if (fragmentOffset !== undefined && totalAduLength !== undefined) {
    at = writeUInt(into, at, fragmentOffset);
    at = writeUInt(into, at, totalAduLength);
  }
  return writeCrc(into, start, at, crcType);
}

/** Fragment offset and total length stand in fragments, both, and nowhere else. */
function checkFragmentFields({ flags, fragmentOffset, totalAduLength }: PrimaryBlock): void {
  const isFragment = hasFlag(flags, FRAGMENT);
  if ((fragmentOffset !== undefined) === isFragment && (totalAduLength !== undefined) === isFragment) return;
  throw new UsageError(
    'primary-fragment-fields',
    isFragment
      ? 'a fragment needs both its offset and the total length'
      : 'fragment offset and total length need the fragment flag',
  );
}

function blockLength(block: OutgoingBlock): number {
  const length = block.data === undefined ? contentLength(block) : block.data.length;
  return (
    2 + // array head, CRC type
    headLength(block.type) +
    headLength(block.number) +
    headLength(block.flags) +
    headLength(length) +
    length +
    crcFieldLength(block.crcType)
  );
}

/** Writes what a block has before its data. */
function writeBlockStart(into: Uint8Array, start: number, block: OutgoingBlock): number {
  const { crcType } = block;
  into[start] = ARRAY | (crcType === NO_CRC ? 5 : 6);
  let at = writeUInt(into, start + 1, block.type);
  at = writeUInt(into, at, block.number);
  at = writeUInt(into, at, block.flags);
  into[at] = crcType;
  return at + 1;
}

function writeBlock(into: Uint8Array, start: number, block: OutgoingBlock): number {
  const { crcType, data } = block;
  let at = writeBlockStart(into, start, block);
  if (data === undefined) return writeCrc(into, start, writeContentBytes(into, at, block), crcType);
  const { length } = data;
  at = writeHead(into, at, BYTES, length);
  // Below this length a loop beats the call.
  if (length < 24) for (let i = 0; i < length; i++) into[at + i] = data[i];
  else into.set(data, at);
  return writeCrc(into, start, at + length, crcType, data, at);
}

/** Writes a block's content as a byte string. */
function writeContentBytes(into: Uint8Array, at: number, block: Exclude<OutgoingBlock, CanonicalBlock>): number {
  const end = writeContent(into, at + 1, block);
  const length = end - at - 1;
  if (length < 24) {
    into[at] = BYTES | length;
    return end;
  }
  // The head takes more than the one byte left for it.
  const contentAt = at + headLength(length);
  into.copyWithin(contentAt, at + 1, end);
  return writeHead(into, at, BYTES, length) + length;
}

function crcFieldLength(crcType: CrcTypeCode): number {
  if (crcType === NO_CRC) return 0;
  if (crcType === CRC16) return 3;
  if (crcType === CRC32C) return 5;
  return notACrcType(crcType);
}

/**
 * Appends the CRC field of the block that starts at `start` and so far ends at `at` (RFC 9171 section 4.2.2); `data` is what
 * stands from `dataAt` on.
 */
function writeCrc(
  into: Uint8Array,
  start: number,
  at: number,
  crcType: CrcTypeCode,
  data?: Uint8Array,
  dataAt?: number,
): number {
  if (crcType === NO_CRC) return at;
  if (crcType === CRC32C) {
    into[at] = BYTES | 4;
    writeUint32(into, at + 1, blockCrc32c(into, start, at + 1, at + 5, data, dataAt));
    return at + 5;
  }
  if (crcType !== CRC16) return notACrcType(crcType);
  into[at] = BYTES | 2;
  const crc = blockCrc16(into, start, at + 1, at + 3);
  into[at + 1] = crc >>> 8;
  into[at + 2] = crc;
  return at + 3;
}

function notACrcType(crcType: never): never {
  throw new UsageError('crc-type', `expected CRC type 0, 1 or 2, got ${String(crcType)}`);
}
