/**
 * The short way to read a bundle in the form that nearly all bundles have. It is here for speed alone.
 *
 * {@link scanUsual} gives the bundle that decode.ts would give, or nothing: whatever is rare, in the least doubt, broken or
 * forbidden is left to the reader there, which alone knows the rules in full and reports faults. So nothing may be taken here that
 * is rejected there; test/bpv7/usual-form.test.ts holds the two against each other.
 *
 * Usual is: heads in their shortest form, integers up to 2^53-1, arrays of definite length; a primary block under a CRC, no
 * fragment, from a node with a clock; ipn endpoint IDs of two elements, or dtn:none; few blocks, no two with one number, each
 * standard one at most once and with valid content, no security block, the payload last; no forbidden request for reports; every
 * CRC right. What is usual is valid in both profiles.
 */
import { readCustodyBlock } from './blocks.js';
import type { Bundle, CanonicalBlock, CustodyBlock } from './bundle.js';
import { uint32At } from './cbor-reader.js';
import { BREAK_BYTE, INDEFINITE_ARRAY_BYTE, Major } from './cbor-writer.js';
import {
  ALL_REPORT_FLAGS,
  BLOCK_FLAGS,
  BLOCK_TYPES,
  BP_VERSION,
  BUNDLE_FLAGS,
  CRC_TYPES,
  type CrcTypeCode,
  PAYLOAD_BLOCK_NUMBER,
  SCHEME_CODES,
} from './constants.js';
import { blockCrc16, blockCrc32c } from './crc.js';
import { DTN_NONE, type Eid, ipn, LOCAL_NODE } from './eid.js';
import { ReceivedBlock, ReceivedPrimary } from './received.js';
import { isTaken } from './rules.js';

/** With more blocks than this their numbers are better looked up in a set, as the full reader does. */
const MAX_BLOCKS = 16;

// Numbers of the standards by names of this file: the engine takes these for numbers, and a property of an imported object for
// something to be looked up each time, which would cost a sixth of the whole scan.
const FRAME_START = INDEFINITE_ARRAY_BYTE;
const FRAME_END = BREAK_BYTE;
const ARRAY_OF_2 = Major.array | 2;
const ARRAY_OF_3 = Major.array | 3;
const ARRAY_OF_5 = Major.array | 5;
const ARRAY_OF_6 = Major.array | 6;
const ARRAY_OF_9 = Major.array | 9;
const BYTES = Major.bytes;
const VERSION = BP_VERSION;
const { isFragment: FRAGMENT, isAdministrativeRecord: RECORD } = BUNDLE_FLAGS;
const REPORTS = ALL_REPORT_FLAGS;
const { reportIfUnprocessed: REPORT_IF_UNPROCESSED } = BLOCK_FLAGS;
const { payload: PAYLOAD, previousNode: PREVIOUS_NODE, bundleAge: BUNDLE_AGE, hopCount: HOP_COUNT } = BLOCK_TYPES;
const { none: NO_CRC, crc16: CRC16, crc32c: CRC32C } = CRC_TYPES;
const PAYLOAD_NUMBER = PAYLOAD_BLOCK_NUMBER;
const { ipn: IPN, dtn: DTN } = SCHEME_CODES;

/** A type up to this one is the payload's, a standard block's, or one that the full reader may have rules for. */
const LAST_RULED_TYPE = BLOCK_TYPES.blockConfidentiality;

// Where the scan stands. A scan ends before anything else can begin, so it keeps its state in the module: an object for it would
// cost as much as one of the blocks.

/** The next byte to read. */
let at = 0;
/** False from the first unusual item on; what is read after that means nothing. */
let isUsual = true;

/**
 * The bundle of usual form at `start` of `bytes`, which ends at {@link usualEnd}; undefined where there is none, which says nothing
 * about the bytes. Throws nothing.
 */
export function scanUsual(bytes: Uint8Array, start: number): Bundle | undefined {
  if (start >= bytes.length || bytes[start] !== FRAME_START) return undefined;
  at = start + 1;
  isUsual = true;
  const primary = scanPrimary(bytes);
  if (primary === undefined) return undefined;
  const isRecord = (primary.flags & RECORD) !== 0;
  const forbiddenFlags = isRecord ? REPORT_IF_UNPROCESSED : 0;
  // Asked for once: the answers take longer than making a view of them.
  const { buffer, byteOffset } = bytes;
  const blocks: CanonicalBlock[] = [];
  let ruledTypes = 0;
  while (blocks.length < MAX_BLOCKS) {
    const block = scanBlock(bytes, buffer, byteOffset);
    if (block === undefined) return undefined;
    const { type, number, flags } = block;
    if ((flags & forbiddenFlags) !== 0 || isTaken(number, blocks, blocks.length)) return undefined;
    blocks.push(block);
    // Another block of number 1 is found out here as well: the payload block needs the number.
    if (type === PAYLOAD) {
      if (number !== PAYLOAD_NUMBER || at >= bytes.length || bytes[at++] !== FRAME_END) return undefined;
      return { primary, blocks };
    }
    if (type <= LAST_RULED_TYPE) {
      const bit = 1 << type;
      if ((ruledTypes & bit) !== 0) return undefined;
      ruledTypes |= bit;
    }
  }
  return undefined;
}

/** Where the bundle that {@link scanUsual} gave last ends. */
export function usualEnd(): number {
  return at;
}

/** Content of a custody transfer extension block: the short way, then the long one. Throws a BundleError `custody-form`. */
export function decodeCustodyBlock(data: Uint8Array, baseOffset = 0, block?: number): CustodyBlock {
  at = 0;
  isUsual = true;
  takeByte(data, ARRAY_OF_3);
  const sequence = takeUInt(data);
  const sequenceId = takeUInt(data);
  const custodian = takeEid(data);
  if (isUsual && at === data.length) return { sequence, sequenceId, custodian };
  return readCustodyBlock(data, baseOffset, block);
}

/** A received block whose integers are all below 2^53. */
type UsualBlock = ReceivedBlock & { readonly type: number; readonly number: number; readonly flags: number };

function scanPrimary(bytes: Uint8Array): (ReceivedPrimary & { readonly flags: number }) | undefined {
  const start = at;
  takeByte(bytes, ARRAY_OF_9);
  takeByte(bytes, VERSION);
  const flags = takeUInt(bytes);
  const crcType = takeCrcType(bytes);
  if (!isUsual || crcType === NO_CRC || (flags & FRAGMENT) !== 0) return undefined;
  const isRecord = (flags & RECORD) !== 0;
  if (isRecord && (flags & REPORTS) !== 0) return undefined;
  const destination = takeEid(bytes);
  const source = takeEid(bytes);
  const reportTo = takeEid(bytes);
  takeByte(bytes, ARRAY_OF_2);
  const creationTimeMs = takeUInt(bytes);
  const sequence = takeUInt(bytes);
  const lifetimeMs = takeUInt(bytes);
  // An endpoint at node 0 is the null endpoint, and so is dtn:none.
  if (!isUsual || source.scheme === 'dtn' || source.node === 0 || creationTimeMs === 0) return undefined;
  if (!takeCrc(bytes, start, crcType)) return undefined;
  const primary = new ReceivedPrimary(
    bytes,
    start,
    at,
    flags,
    crcType,
    destination,
    source,
    reportTo,
    creationTimeMs,
    sequence,
    lifetimeMs,
    undefined,
    undefined,
  );
  return primary as ReceivedPrimary & { readonly flags: number };
}

/** `buffer` and `byteOffset` are those of `bytes`. */
function scanBlock(bytes: Uint8Array, buffer: ArrayBufferLike, byteOffset: number): UsualBlock | undefined {
  const start = at;
  const head = takeAnyByte(bytes);
  const type = takeUInt(bytes);
  const number = takeUInt(bytes);
  const flags = takeUInt(bytes);
  const crcType = takeCrcType(bytes);
  const length = takeBytesHead(bytes);
  const dataAt = at;
  const dataEnd = dataAt + length;
  if (
    !isUsual ||
    head !== (crcType === NO_CRC ? ARRAY_OF_5 : ARRAY_OF_6) ||
    type === 0 ||
    number === 0 ||
    dataEnd > bytes.length
  ) {
    return undefined;
  }
  if (type <= LAST_RULED_TYPE && type !== PAYLOAD) {
    takeContent(bytes, type);
    if (!isUsual || at !== dataEnd) return undefined;
  }
  at = dataEnd;
  const data = new Uint8Array(buffer, byteOffset + dataAt, length);
  if (crcType !== NO_CRC && !takeCrc(bytes, start, crcType, data, dataAt)) return undefined;
  return new ReceivedBlock(dataAt - start, at - dataEnd, type, number, flags, crcType, data) as UsualBlock;
}

/** Takes the content of a block that every node must be able to read; any other type is unusual. */
function takeContent(bytes: Uint8Array, type: number): void {
  if (type === PREVIOUS_NODE) {
    takeEid(bytes);
  } else if (type === BUNDLE_AGE) {
    takeUInt(bytes);
  } else if (type === HOP_COUNT) {
    takeByte(bytes, ARRAY_OF_2);
    const limit = takeUInt(bytes);
    takeUInt(bytes);
    if (limit < 1 || limit > 255) isUsual = false;
  } else {
    isUsual = false;
  }
}

/** Takes the CRC field of the block from `start` to here and tells whether it is right; `data` stands from `dataAt` on. */
function takeCrc(bytes: Uint8Array, start: number, crcType: CrcTypeCode, data?: Uint8Array, dataAt?: number): boolean {
  const width = crcType === CRC16 ? 2 : 4;
  takeByte(bytes, BYTES | width);
  const fieldAt = at;
  const end = fieldAt + width;
  if (!isUsual || end > bytes.length) return false;
  at = end;
  return crcType === CRC16
    ? blockCrc16(bytes, start, fieldAt, end) === ((bytes[fieldAt] << 8) | bytes[fieldAt + 1])
    : blockCrc32c(bytes, start, fieldAt, end, data, dataAt) === uint32At(bytes, fieldAt);
}

function takeEid(bytes: Uint8Array): Eid {
  const from = at;
  if (from + 5 <= bytes.length && bytes[from] === ARRAY_OF_2) {
    if (bytes[from + 1] === IPN && bytes[from + 2] === ARRAY_OF_2) {
      at = from + 3;
      const node = takeUInt(bytes);
      const service = takeUInt(bytes);
      if (node >= LOCAL_NODE) isUsual = false;
      return ipn(node, service);
    }
    if (bytes[from + 1] === DTN && bytes[from + 2] === 0) {
      at = from + 3;
      return DTN_NONE;
    }
  }
  isUsual = false;
  return DTN_NONE;
}

function takeCrcType(bytes: Uint8Array): CrcTypeCode {
  const crcType = takeAnyByte(bytes);
  if (crcType === CRC32C || crcType === NO_CRC || crcType === CRC16) return crcType;
  isUsual = false;
  return 0;
}

function takeUInt(bytes: Uint8Array): number {
  if (at < bytes.length) {
    const info = bytes[at];
    if (info >= 24) return takeWideArgument(bytes, info);
    at++;
    return info;
  }
  isUsual = false;
  return 0;
}

/** Takes the head of a byte string and gives its length. */
function takeBytesHead(bytes: Uint8Array): number {
  if (at < bytes.length) {
    const info = bytes[at] ^ BYTES;
    if (info >= 24) return takeWideArgument(bytes, info);
    at++;
    return info;
  }
  isUsual = false;
  return 0;
}

/** The argument of a head whose additional information says that it stands behind the first byte. */
function takeWideArgument(bytes: Uint8Array, info: number): number {
  const from = at + 1;
  const room = bytes.length - from;
  let value = 0;
  let least = 1;
  if (info === 24 && room >= 1) {
    at = from + 1;
    value = bytes[from];
    least = 24;
  } else if (info === 25 && room >= 2) {
    at = from + 2;
    value = (bytes[from] << 8) | bytes[from + 1];
    least = 0x100;
  } else if (info === 26 && room >= 4) {
    at = from + 4;
    value = uint32At(bytes, from);
    least = 0x1_0000;
  } else if (info === 27 && room >= 8) {
    at = from + 8;
    value = uint32At(bytes, from) * 0x1_0000_0000 + uint32At(bytes, from + 4);
    least = 0x1_0000_0000;
  }
  if (value < least || value > Number.MAX_SAFE_INTEGER) isUsual = false;
  return value;
}

/** Takes the byte `expected`. */
function takeByte(bytes: Uint8Array, expected: number): void {
  if (at < bytes.length && bytes[at] === expected) at++;
  else isUsual = false;
}

function takeAnyByte(bytes: Uint8Array): number {
  if (at < bytes.length) return bytes[at++];
  isUsual = false;
  return 0;
}
