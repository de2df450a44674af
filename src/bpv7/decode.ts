/**
 * Bytes to bundles, by the letter of RFC 9171: one rule a check, each fault a {@link BundleError}, nothing copied.
 *
 * Parsing and judging are apart: the functions that read know the form of blocks, {@link checkPrimary} and {@link BlockRules}
 * know what must hold between their fields.
 */
import { checkStandardBlock } from './blocks.js';
import type { Bundle, CanonicalBlock, PrimaryBlock } from './bundle.js';
import { CborReader, uint32At } from './cbor-reader.js';
import {
  ALL_REPORT_FLAGS,
  BLOCK_FLAGS,
  BLOCK_TYPES,
  BP_VERSION,
  BUNDLE_FLAGS,
  CRC_TYPES,
  type CrcTypeCode,
  PAYLOAD_BLOCK_NUMBER,
} from './constants.js';
import { blockCrc16, blockCrc32c } from './crc.js';
import { type Eid, isNullEid, isSingleton } from './eid.js';
import { readEid } from './eid-codec.js';
import type { BundleRule } from './errors.js';
import { encryptedBlockNumbers, isPrimaryIntegrityProtected } from './security-targets.js';
import { addUInt, hasFlag, type UInt } from './uint.js';

/**
 * The bundle in `bytes`, which must hold that and nothing else. Block data and `raw` are views of `bytes`, so the caller must
 * leave it unchanged as long as the bundle is in use. Throws a BundleError, and nothing else, whatever the bytes are.
 */
export function decodeBundle(bytes: Uint8Array): Bundle {
  const reader = new CborReader(bytes);
  reader.openFrame('bundle-not-indefinite-array');
  if (reader.takeBreak()) reader.fail('bundle-too-few-blocks', 'no block at all', 0);
  reader.block = 0;
  const primary = readPrimary(reader);
  const rules = new BlockRules(reader, primary);
  const blocks: CanonicalBlock[] = [];
  while (!reader.takeBreak()) {
    const start = reader.offset;
    reader.block = blocks.length + 1;
    const block = readBlock(reader);
    rules.add(block, start);
    blocks.push(block);
  }
  reader.block = undefined;
  if (!reader.atEnd) reader.fail('bundle-trailing-bytes', `${bytes.length - reader.offset} bytes behind the bundle`);
  if (blocks.length === 0) reader.fail('bundle-too-few-blocks', 'no block but the primary', 0);
  rules.finish(blocks);
  return { primary, blocks };
}

/**
 * A primary block as received. `raw` is an accessor, made on demand and not an own property: a spread copy with other fields
 * does not drag the old bytes along.
 */
class ReceivedPrimary implements PrimaryBlock {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;

  constructor(
    bytes: Uint8Array,
    start: number,
    end: number,
    readonly flags: UInt,
    readonly crcType: CrcTypeCode,
    readonly destination: Eid,
    readonly source: Eid,
    readonly reportTo: Eid,
    readonly creationTimeMs: UInt,
    readonly sequence: UInt,
    readonly lifetimeMs: UInt,
    readonly fragmentOffset: UInt | undefined,
    readonly totalAduLength: UInt | undefined,
  ) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  get raw(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }
}

/** A canonical block as received; `raw` as in {@link ReceivedPrimary}. */
class ReceivedBlock implements CanonicalBlock {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;

  constructor(
    bytes: Uint8Array,
    start: number,
    end: number,
    readonly type: UInt,
    readonly number: UInt,
    readonly flags: UInt,
    readonly crcType: CrcTypeCode,
    readonly data: Uint8Array,
  ) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  get raw(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }
}

/** Reads the primary block and checks it on its own (RFC 9171 section 4.3.1). */
function readPrimary(reader: CborReader): PrimaryBlock {
  const start = reader.offset;
  const items = reader.openArray('primary-not-array', 'the primary block as an array');
  const indefinite = reader.openedIndefinite;
  if (items < 8 || items > 11) reader.failArray(items, 'primary-length', '8 to 11 items');
  const version = reader.readUInt('primary-version', 'a version');
  if (version !== BP_VERSION) reader.fail('primary-version', `version ${version}, expected ${BP_VERSION}`, start);
  const flags = reader.readUInt('primary-flags', 'bundle processing control flags');
  const crcType = readCrcType(reader, 'primary-crc-type');
  const isFragment = hasFlag(flags, BUNDLE_FLAGS.isFragment);
  const expectedItems = 8 + (isFragment ? 2 : 0) + (crcType === CRC_TYPES.none ? 0 : 1);
  if (items !== expectedItems) {
    reader.fail('primary-length', `${items} items, expected ${expectedItems} by flags and CRC type`, start);
  }
  const destination = readEid(reader);
  const source = readEid(reader);
  const reportTo = readEid(reader);
  const timestampItems = reader.openArray('primary-timestamp', 'a creation timestamp as an array');
  const timestampIndefinite = reader.openedIndefinite;
  if (timestampItems !== 2) reader.failArray(timestampItems, 'primary-timestamp', 'time and sequence number');
  const creationTimeMs = reader.readUInt('primary-timestamp', 'a creation time');
  const sequence = reader.readUInt('primary-timestamp', 'a sequence number');
  reader.closeArray(timestampIndefinite);
  const lifetimeMs = reader.readUInt('primary-lifetime', 'a lifetime');
  let fragmentOffset: UInt | undefined;
  let totalAduLength: UInt | undefined;
  if (isFragment) {
    fragmentOffset = reader.readUInt('primary-fragment-fields', 'a fragment offset');
    totalAduLength = reader.readUInt('primary-fragment-fields', 'a total application data unit length');
  }
  const fieldAt = readCrcField(reader, crcType, 'primary-crc-form');
  reader.closeArray(indefinite);
  checkCrc(reader, crcType, start, fieldAt, 'primary-crc-value');
  const primary = new ReceivedPrimary(
    reader.bytes,
    start,
    reader.offset,
    flags,
    crcType,
    destination,
    source,
    reportTo,
    creationTimeMs,
    sequence,
    lifetimeMs,
    fragmentOffset,
    totalAduLength,
  );
  checkPrimary(reader, primary, start);
  return primary;
}

/** Reads a canonical block and checks its form (RFC 9171 section 4.3.2). */
function readBlock(reader: CborReader): CanonicalBlock {
  const start = reader.offset;
  const items = reader.openArray('block-not-array', 'a canonical block as an array');
  const indefinite = reader.openedIndefinite;
  if (items !== 5 && items !== 6) reader.failArray(items, 'block-length', '5 or 6 items');
  const type = reader.readUInt('block-type', 'a block type');
  if (type === 0) reader.fail('block-type', 'block type 0 is reserved', start);
  const number = reader.readUInt('block-number', 'a block number');
  if (number === 0) reader.fail('block-number', 'number 0 is the primary block', start);
  const flags = reader.readUInt('block-flags', 'block processing control flags');
  const crcType = readCrcType(reader, 'block-crc-type');
  const expectedItems = crcType === CRC_TYPES.none ? 5 : 6;
  if (items !== expectedItems) {
    reader.fail('block-length', `${items} items, expected ${expectedItems} by the CRC type`, start);
  }
  const dataAt = reader.readBytes(
    'block-data-not-bstr',
    'block-data-indefinite',
    'block-type-specific data as a byte string',
  );
  const data = reader.bytes.subarray(dataAt, reader.offset);
  const fieldAt = readCrcField(reader, crcType, 'block-crc-form');
  reader.closeArray(indefinite);
  checkCrc(reader, crcType, start, fieldAt, 'block-crc-value');
  return new ReceivedBlock(reader.bytes, start, reader.offset, type, number, flags, crcType, data);
}

function readCrcType(reader: CborReader, rule: BundleRule): CrcTypeCode {
  const at = reader.offset;
  const crcType = reader.readUInt(rule, 'a CRC type');
  if (crcType === 0 || crcType === 1 || crcType === 2) return crcType;
  return reader.fail(rule, `CRC type ${crcType}, expected 0, 1 or 2`, at);
}

/** Passes over the CRC field and returns the offset of its value; 0 where there is none. */
function readCrcField(reader: CborReader, crcType: CrcTypeCode, rule: BundleRule): number {
  if (crcType === CRC_TYPES.none) return 0;
  const width = crcType === CRC_TYPES.crc16 ? 2 : 4;
  const at = reader.offset;
  const fieldAt = reader.readBytes(rule, rule, 'a CRC as a byte string');
  if (reader.offset - fieldAt !== width)
    reader.fail(rule, `a CRC of ${reader.offset - fieldAt} bytes, expected ${width}`, at);
  return fieldAt;
}

/** Verifies the CRC of the block from `start` up to the reader's offset, over the bytes received (RFC 9171 section 4.2.2). */
function checkCrc(reader: CborReader, crcType: CrcTypeCode, start: number, fieldAt: number, rule: BundleRule): void {
  if (crcType === CRC_TYPES.none) return;
  const { bytes, offset } = reader;
  const matches =
    crcType === CRC_TYPES.crc16
      ? blockCrc16(bytes, start, fieldAt, offset) === ((bytes[fieldAt] << 8) | bytes[fieldAt + 1])
      : blockCrc32c(bytes, start, fieldAt, offset) === uint32At(bytes, fieldAt);
  if (!matches) reader.fail(rule, 'the CRC does not match the bytes received', fieldAt);
}

/** What must hold between the fields of a primary block (RFC 9171 sections 4.2.3 and 4.3.1). */
function checkPrimary(reader: CborReader, primary: PrimaryBlock, start: number): void {
  const { flags, source } = primary;
  const asksReports = hasAnyFlag(flags, ALL_REPORT_FLAGS);
  const mustNotFragment = hasFlag(flags, BUNDLE_FLAGS.mustNotFragment);
  if (asksReports && hasFlag(flags, BUNDLE_FLAGS.isAdministrativeRecord)) {
    reader.fail('primary-admin-with-report-flags', 'an administrative record asks for status reports', start);
  }
  if (isNullEid(source)) {
    if (!mustNotFragment) {
      reader.fail('primary-anonymous-fragmentable', 'an anonymous bundle lacks the must-not-fragment flag', start);
    }
    if (asksReports)
      reader.fail('primary-anonymous-with-report-flags', 'an anonymous bundle asks for status reports', start);
  } else if (!isSingleton(source)) {
    reader.fail('primary-source-not-singleton', 'the source is an endpoint that may have several members', start);
  }
  if (mustNotFragment && hasFlag(flags, BUNDLE_FLAGS.isFragment)) {
    reader.fail('primary-fragment-and-no-fragment', 'a fragment of a bundle that must not be fragmented', start);
  }
}

/** From this many blocks on their numbers are looked up in a set, so that a bundle of many tiny blocks costs linear time. */
const LINEAR_SEARCH_BLOCKS = 16;

/** What must hold between the blocks of a bundle (RFC 9171 sections 4.1, 4.2.4 and 4.4). Fed block by block, then finished. */
class BlockRules {
  readonly #reader: CborReader;
  readonly #primary: PrimaryBlock;
  readonly #reportForbidden: boolean;
  readonly #numbers: UInt[] = [];
  #numberSet: Set<UInt> | undefined;
  #hasPayload = false;
  #hasPreviousNode = false;
  #hasAge = false;
  #hasHopCount = false;
  #hasConfidentiality = false;

  constructor(reader: CborReader, primary: PrimaryBlock) {
    this.#reader = reader;
    this.#primary = primary;
    this.#reportForbidden = hasFlag(primary.flags, BUNDLE_FLAGS.isAdministrativeRecord) || isNullEid(primary.source);
  }

  /** Takes the block that was read from `start` up to the reader's offset. */
  add(block: CanonicalBlock, start: number): void {
    const { type, number } = block;
    if (type === BLOCK_TYPES.payload) {
      if (this.#hasPayload) this.#fail('payload-multiple', 'a second payload block', start);
      if (number !== PAYLOAD_BLOCK_NUMBER) this.#fail('payload-number', `a payload block with number ${number}`, start);
      this.#hasPayload = true;
    } else {
      if (number === PAYLOAD_BLOCK_NUMBER) {
        this.#fail('block-number-one-not-payload', `a block of type ${type} has the payload block's number`, start);
      }
      if (this.#hasPayload) this.#fail('payload-not-last', `a block of type ${type} follows the payload block`, start);
      this.#addExtension(block, start);
    }
    if (this.#reportForbidden && hasFlag(block.flags, BLOCK_FLAGS.reportIfUnprocessed)) {
      this.#fail('block-report-flag-forbidden', 'a block asks for a report that the bundle must not cause', start);
    }
  }

  /** Judges the bundle as a whole. */
  finish(blocks: readonly CanonicalBlock[]): void {
    const { crcType, creationTimeMs } = this.#primary;
    if (!this.#hasPayload) this.#fail('payload-missing', 'no payload block', 0);
    if (this.#hasPreviousNode || this.#hasAge || this.#hasHopCount) this.#checkContents(blocks);
    if (creationTimeMs === 0 && !this.#hasAge) {
      this.#fail('age-missing', 'a source without a clock must add a bundle age block', 0);
    }
    if (crcType === CRC_TYPES.none && !isPrimaryIntegrityProtected(blocks)) {
      this.#fail('primary-crc-missing', 'neither a CRC nor a block integrity block covers the primary block', 0);
    }
    this.#checkFragment(blocks[blocks.length - 1]);
  }

  #addExtension(block: CanonicalBlock, start: number): void {
    if (this.#isKnown(block.number)) {
      this.#fail('block-number-duplicate', `a second block with number ${block.number}`, start);
    }
    if (block.type === BLOCK_TYPES.previousNode) {
      if (this.#hasPreviousNode) this.#fail('prev-node-multiple', 'a second previous node block', start);
      this.#hasPreviousNode = true;
    } else if (block.type === BLOCK_TYPES.bundleAge) {
      if (this.#hasAge) this.#fail('age-multiple', 'a second bundle age block', start);
      this.#hasAge = true;
    } else if (block.type === BLOCK_TYPES.hopCount) {
      if (this.#hasHopCount) this.#fail('hop-multiple', 'a second hop count block', start);
      this.#hasHopCount = true;
    } else if (block.type === BLOCK_TYPES.blockConfidentiality) {
      this.#hasConfidentiality = true;
    }
  }

  /** Notes a block number and tells whether it was there already. */
  #isKnown(number: UInt): boolean {
    const numbers = this.#numbers;
    if (this.#numberSet === undefined) {
      if (numbers.includes(number)) return true;
      numbers.push(number);
      if (numbers.length >= LINEAR_SEARCH_BLOCKS) this.#numberSet = new Set(numbers);
      return false;
    }
    const { size } = this.#numberSet;
    return this.#numberSet.add(number).size === size;
  }

  #checkContents(blocks: readonly CanonicalBlock[]): void {
    const encrypted = this.#hasConfidentiality ? encryptedBlockNumbers(blocks) : undefined;
    const inputOffset = this.#reader.bytes.byteOffset;
    for (let i = 0; i < blocks.length - 1; i++) {
      const block = blocks[i];
      if (encrypted?.has(block.number)) continue;
      checkStandardBlock(block, block.data.byteOffset - inputOffset, i + 1);
    }
  }

  #checkFragment(payload: CanonicalBlock): void {
    const { fragmentOffset, totalAduLength } = this.#primary;
    if (fragmentOffset === undefined || totalAduLength === undefined) return;
    if (addUInt(fragmentOffset, payload.data.length) > totalAduLength) {
      this.#fail('fragment-out-of-range', `the fragment ends behind the ${totalAduLength} bytes of the whole`, 0);
    }
    if (payload.data.length === 0) this.#fail('fragment-empty', 'a fragment without payload', 0);
  }

  #fail(rule: BundleRule, detail: string, at: number): never {
    return this.#reader.fail(rule, detail, at);
  }
}

function hasAnyFlag(flags: UInt, mask: number): boolean {
  return typeof flags === 'number' ? (flags & mask) !== 0 : (flags & BigInt(mask)) !== 0n;
}
