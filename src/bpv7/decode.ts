/**
 * Bytes to bundles, by the letter of RFC 9171: one rule a check, each fault a {@link BundleError}, nothing copied.
 *
 * The functions here know the form of blocks; what must hold between their fields is in rules.ts.
 */
import type { Bundle, CanonicalBlock, PrimaryBlock } from './bundle.js';
import { CborReader, uint32At } from './cbor-reader.js';
import { BP_VERSION, BUNDLE_FLAGS, CRC_TYPES, type CrcTypeCode } from './constants.js';
import { blockCrc16, blockCrc32c } from './crc.js';
import { readEid } from './eid-codec.js';
import { BundleError, type BundleRule, breaksRule } from './errors.js';
import type { DecodeOptions } from './profile.js';
import { ReceivedBlock, ReceivedPrimary } from './received.js';
import { checkBlocks, checkPrimary } from './rules.js';
import { hasFlag, type UInt } from './uint.js';
import { scanUsual, usualEnd } from './usual-form.js';

/**
 * The bundle in `bytes`, which must hold that and nothing else. Block data and `raw` are views of `bytes`, so the caller must
 * leave it unchanged as long as the bundle is in use. Throws a BundleError, and nothing else, whatever the bytes are.
 */
export function decodeBundle(bytes: Uint8Array, options?: DecodeOptions): Bundle {
  const usual = scanUsual(bytes, 0);
  if (usual !== undefined && usualEnd() === bytes.length) return usual;
  const { bundle, end } = readInFull(bytes, 0, options);
  if (end < bytes.length) {
    throw new BundleError('bundle-trailing-bytes', end, undefined, `${bytes.length - end} bytes behind the bundle`);
  }
  return bundle;
}

/** A bundle among other bytes, and where it ends. */
export interface DecodedSpan {
  readonly bundle: Bundle;
  /** The offset behind its last byte. */
  readonly end: number;
}

/**
 * The bundle that begins at `offset` of `bytes`, whatever follows it: for bundles one behind the other. Offsets in errors and
 * allowances count from the first byte of `bytes`; otherwise as {@link decodeBundle}.
 */
export function decodeBundleAt(bytes: Uint8Array, offset: number, options?: DecodeOptions): DecodedSpan {
  const bundle = scanUsual(bytes, offset);
  return bundle === undefined ? readInFull(bytes, offset, options) : { bundle, end: usualEnd() };
}

/** {@link decodeBundleAt} by the reader that knows every rule, whatever the bundle's form; for what the short way leaves to it. */
export function readInFull(bytes: Uint8Array, offset: number, options?: DecodeOptions): DecodedSpan {
  const reader = new CborReader(bytes, undefined, 0, options);
  reader.offset = offset;
  const bundle = readBundle(reader);
  return { bundle, end: reader.offset };
}

/** True where a block as received is in the form of the strict profile; the bytes alone count, not its place in a bundle. */
export function isStrictBlock({ raw }: CanonicalBlock): boolean {
  return raw === undefined || !breaksRule(() => readBlock(new CborReader(raw)));
}

function readBundle(reader: CborReader): Bundle {
  const start = reader.offset;
  const items = reader.openFrame('bundle-not-indefinite-array');
  if (isFrameEnd(reader, items, 0)) reader.fail('bundle-too-few-blocks', 'no block at all', start);
  reader.block = 0;
  const primary = readPrimary(reader);
  try {
    const blocks: CanonicalBlock[] = [];
    while (!isFrameEnd(reader, items, blocks.length + 1)) {
      reader.block = blocks.length + 1;
      blocks.push(readBlock(reader));
    }
    reader.block = undefined;
    if (blocks.length === 0) reader.fail('bundle-too-few-blocks', 'no block but the primary', start);
    checkBlocks(reader, primary, blocks, start);
    return { primary, blocks };
  } catch (thrown) {
    if (thrown instanceof BundleError && primary.crcType !== CRC_TYPES.none) thrown.primary = primary;
    throw thrown;
  }
}

/** Whether the frame of a bundle ends here: at its break, or after `items` where its length is definite. */
function isFrameEnd(reader: CborReader, items: number, read: number): boolean {
  return items === Number.POSITIVE_INFINITY ? reader.takeBreak() : read >= items;
}

/** Reads the primary block and checks it on its own (RFC 9171 section 4.3.1). */
function readPrimary(reader: CborReader): PrimaryBlock {
  const start = reader.offset;
  const items = reader.openArray('primary-not-array', 'the primary block as an array');
  const indefinite = reader.openedIndefinite;
  if (items < 8 || items > 11) reader.failArray(items, 'primary-length', '8 to 11 items');
  const versionAt = reader.offset;
  const version = reader.readUInt('primary-version', 'a version');
  if (version !== BP_VERSION) reader.fail('primary-version', `version ${version}, expected ${BP_VERSION}`, versionAt);
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
  const typeAt = reader.offset;
  const type = reader.readUInt('block-type', 'a block type');
  if (type === 0) reader.fail('block-type', 'block type 0 is reserved', typeAt);
  const numberAt = reader.offset;
  const number = reader.readUInt('block-number', 'a block number');
  if (number === 0) reader.deviate('block-number', 'number 0 is the primary block', numberAt);
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
  const data = viewOf(reader.bytes, dataAt, reader.offset);
  const fieldAt = readCrcField(reader, crcType, 'block-crc-form');
  reader.closeArray(indefinite);
  checkCrc(reader, crcType, start, fieldAt, 'block-crc-value', data, dataAt);
  const behind = reader.offset - dataAt - data.length;
  return new ReceivedBlock(dataAt - start, behind, type, number, flags, crcType, data);
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

/**
 * Verifies the CRC of the block from `start` up to the reader's offset, over the bytes received (RFC 9171 section 4.2.2); `data`
 * is what stands from `dataAt` on.
 */
function checkCrc(
  reader: CborReader,
  crcType: CrcTypeCode,
  start: number,
  fieldAt: number,
  rule: BundleRule,
  data?: Uint8Array,
  dataAt?: number,
): void {
  if (crcType === CRC_TYPES.none) return;
  const { bytes, offset } = reader;
  const matches =
    crcType === CRC_TYPES.crc16
      ? blockCrc16(bytes, start, fieldAt, offset) === ((bytes[fieldAt] << 8) | bytes[fieldAt + 1])
      : blockCrc32c(bytes, start, fieldAt, offset, data, dataAt) === uint32At(bytes, fieldAt);
  if (!matches) reader.fail(rule, 'the CRC does not match the bytes received', fieldAt);
}

/** A view of bytes `from` to `to`, made in half the time that `subarray` takes. */
function viewOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from);
}
