/**
 * Contents of the extension blocks: previous node, bundle age, hop count (RFC 9171 section 4.4) and custody transfer (CCSDS
 * 734.6-O-1). All functions give or take block-type-specific data; the decoders throw a BundleError and read no byte twice.
 */

import { UsageError } from '../base/errors.js';
import type {
  BundleAgeBlock,
  CanonicalBlock,
  CustodyBlock,
  CustodyTransferBlock,
  HopCount,
  HopCountBlock,
  PreviousNodeBlock,
} from './bundle.js';
import { CborReader } from './cbor-reader.js';
import { headLength, Major, writeUInt } from './cbor-writer.js';
import { BLOCK_FLAGS, BLOCK_TYPES, type CrcTypeCode } from './constants.js';
import type { Eid } from './eid.js';
import { eidLength, readEid, writeEid } from './eid-codec.js';
import type { BundleRule } from './errors.js';
import type { DecodeOptions } from './profile.js';
import type { UInt } from './uint.js';

/** A block with its content in place of its data. */
type ContentOnly = PreviousNodeBlock | BundleAgeBlock | HopCountBlock | CustodyTransferBlock;

// Names of this file for what the encoder asks for most: the engine takes these for numbers.
const { previousNode: PREVIOUS_NODE, bundleAge: BUNDLE_AGE, hopCount: HOP_COUNT } = BLOCK_TYPES;
const ARRAY_OF_2 = Major.array | 2;

/** A block without `raw`, to be encoded afresh. */
export function newBlock(
  type: UInt,
  number: UInt,
  data: Uint8Array,
  flags: UInt = 0,
  crcType: 0 | 1 | 2 = 0,
): CanonicalBlock {
  return { type, number, flags, crcType, data, raw: undefined };
}

/** A previous node block to be sent (RFC 9171 section 4.4.1). */
export function previousNodeBlock(
  number: UInt,
  node: Eid,
  flags: UInt = 0,
  crcType: CrcTypeCode = 0,
): PreviousNodeBlock {
  return { type: BLOCK_TYPES.previousNode, number, flags, crcType, content: node };
}

/** A bundle age block to be sent (RFC 9171 section 4.4.2). */
export function bundleAgeBlock(number: UInt, ageMs: UInt, flags: UInt = 0, crcType: CrcTypeCode = 0): BundleAgeBlock {
  return { type: BLOCK_TYPES.bundleAge, number, flags, crcType, content: ageMs };
}

/** A hop count block to be sent (RFC 9171 section 4.4.3); `limit` is 1..255. */
export function hopCountBlock(
  number: UInt,
  limit: number,
  count: number,
  flags: UInt = 0,
  crcType: CrcTypeCode = 0,
): HopCountBlock {
  return { type: BLOCK_TYPES.hopCount, number, flags, crcType, content: { limit, count } };
}

/** Length of a block's content as data, in bytes. Throws a UsageError on content that has no encoding. */
export function contentLength(block: ContentOnly): number {
  const { type, content } = block;
  if (type === PREVIOUS_NODE) return eidLength(content as Eid);
  if (type === BUNDLE_AGE) return headLength(content as UInt);
  if (type === HOP_COUNT) return hopCountLength(content as HopCount);
  return isCustody(content) ? custodyLength(content) : noContent(block);
}

/** Writes a block's content as data and returns the place behind it. Throws a UsageError on content that has no encoding. */
export function writeContent(into: Uint8Array, at: number, block: ContentOnly): number {
  const { type, content } = block;
  if (type === BUNDLE_AGE) return writeUInt(into, at, content as UInt);
  if (type === HOP_COUNT) return writeHopCount(into, at, content as HopCount);
  if (type === PREVIOUS_NODE) return writeEid(into, at, content as Eid);
  return isCustody(content) ? writeCustody(into, at, content) : noContent(block);
}

function isCustody(content: ContentOnly['content'] | undefined): content is CustodyBlock {
  return typeof content === 'object' && 'custodian' in content;
}

function noContent({ type }: ContentOnly): never {
  throw new UsageError(
    'block-content',
    `expected data, or the content of a standard block, in a block of type ${type}`,
  );
}

/** Data of a previous node block (RFC 9171 section 4.4.1). */
export function encodePreviousNode(node: Eid): Uint8Array {
  const data = new Uint8Array(eidLength(node));
  writeEid(data, 0, node);
  return data;
}

/** The node ID in a previous node block. Throws a BundleError `prev-node-form`. */
export function decodePreviousNode(data: Uint8Array, baseOffset = 0, block?: number, options?: DecodeOptions): Eid {
  return readPreviousNode(contentReader(data, 'prev-node-form', baseOffset, block, options));
}

function readPreviousNode(reader: CborReader): Eid {
  const node = readEid(reader);
  endContent(reader, 'prev-node-form');
  return node;
}

/** Data of a bundle age block (RFC 9171 section 4.4.2). */
export function encodeBundleAge(ageMs: UInt): Uint8Array {
  const data = new Uint8Array(headLength(ageMs));
  writeUInt(data, 0, ageMs);
  return data;
}

/** Milliseconds since the bundle was created, from a bundle age block. Throws a BundleError `age-form`. */
export function decodeBundleAge(data: Uint8Array, baseOffset = 0, block?: number, options?: DecodeOptions): UInt {
  // Young bundles are the most: an integer below 24 stands in its head.
  if (data.length === 1 && (data[0] as number) < 24) return data[0] as number;
  return readBundleAge(contentReader(data, 'age-form', baseOffset, block, options));
}

function readBundleAge(reader: CborReader): UInt {
  const ageMs = reader.readUInt('age-form', 'an age in milliseconds');
  endContent(reader, 'age-form');
  return ageMs;
}

/** Data of a hop count block (RFC 9171 section 4.4.3); `limit` is 1..255. */
export function encodeHopCount(limit: number, count: number): Uint8Array {
  const hops = { limit, count };
  const data = new Uint8Array(hopCountLength(hops));
  writeHopCount(data, 0, hops);
  return data;
}

function hopCountLength({ limit, count }: HopCount): number {
  if (!(limit >= 1 && limit <= 255)) throw new UsageError('hop-limit-range', `hop limit ${limit} is not in 1..255`);
  return 1 + headLength(limit) + headLength(count);
}

function writeHopCount(into: Uint8Array, at: number, { limit, count }: HopCount): number {
  if (!(limit >= 1 && limit <= 255)) throw new UsageError('hop-limit-range', `hop limit ${limit} is not in 1..255`);
  into[at] = ARRAY_OF_2;
  return writeUInt(into, writeUInt(into, at + 1, limit), count);
}

/** Limit and count of a hop count block. Throws a BundleError `hop-form` or `hop-limit-range`. */
export function decodeHopCount(data: Uint8Array, baseOffset = 0, block?: number, options?: DecodeOptions): HopCount {
  return readHopCount(contentReader(data, 'hop-form', baseOffset, block, options));
}

function readHopCount(reader: CborReader): HopCount {
  const start = reader.offset;
  const items = reader.openArray('hop-form', 'an array of limit and count');
  const indefinite = reader.openedIndefinite;
  if (items !== 2) reader.failArray(items, 'hop-form', '2 items');
  const limit = reader.readUInt('hop-form', 'a hop limit');
  const count = reader.readUInt('hop-form', 'a hop count');
  reader.closeArray(indefinite);
  endContent(reader, 'hop-form');
  if (limit < 1 || limit > 255) reader.failAs('hop-limit-range', `hop limit ${limit} is not in 1..255`, start);
  return { limit: Number(limit), count: typeof count === 'number' ? count : Number.MAX_SAFE_INTEGER };
}

/** Flags of every custody transfer block: copied into fragments, passed on by nodes that do not know it (CCSDS 734.6-O-1). */
export const CUSTODY_BLOCK_FLAGS = BLOCK_FLAGS.replicateInFragments;

/** Data of a custody transfer extension block. */
export function encodeCustodyBlock(custody: CustodyBlock): Uint8Array {
  const data = new Uint8Array(custodyLength(custody));
  writeCustody(data, 0, custody);
  return data;
}

/** A custody transfer block to be sent, of the type of a type profile. */
export function custodyTransferBlock(
  type: UInt,
  number: UInt,
  content: CustodyBlock,
  flags: UInt = CUSTODY_BLOCK_FLAGS,
  crcType: CrcTypeCode = 0,
): CustodyTransferBlock {
  return { type, number, flags, crcType, content };
}

function custodyLength({ sequence, sequenceId, custodian }: CustodyBlock): number {
  return 1 + headLength(sequence) + headLength(sequenceId) + eidLength(custodian);
}

function writeCustody(into: Uint8Array, at: number, { sequence, sequenceId, custodian }: CustodyBlock): number {
  into[at] = Major.array | 3;
  return writeEid(into, writeUInt(into, writeUInt(into, at + 1, sequence), sequenceId), custodian);
}

/** Content of a custody transfer extension block, whatever its form. Throws a BundleError `custody-form`. */
export function readCustodyBlock(data: Uint8Array, baseOffset = 0, block?: number): CustodyBlock {
  const reader = contentReader(data, 'custody-form', baseOffset, block);
  const items = reader.openArray('custody-form', 'an array of sequence number, sequence id and custodian');
  const indefinite = reader.openedIndefinite;
  if (items !== 3) reader.failArray(items, 'custody-form', '3 items');
  const sequence = reader.readUInt('custody-form', 'a sequence number');
  const sequenceId = reader.readUInt('custody-form', 'a sequence id');
  const custodian = readEid(reader);
  reader.closeArray(indefinite);
  endContent(reader, 'custody-form');
  return { sequence, sequenceId, custodian };
}

/** The rule for the form of the content of a block that every node must be able to read; undefined for other blocks. */
function contentRule(type: UInt): BundleRule | undefined {
  if (type === BLOCK_TYPES.previousNode) return 'prev-node-form';
  if (type === BLOCK_TYPES.bundleAge) return 'age-form';
  return type === BLOCK_TYPES.hopCount ? 'hop-form' : undefined;
}

/** Checks the content of a block on its own, where it is one that every node must be able to read. Throws a BundleError. */
export function checkStandardContent(type: UInt, data: Uint8Array): void {
  checkStandardBlock(new CborReader(data), type, 0, data.length, 0);
}

/**
 * Checks the content of a block that every node must be able to read, which lies from `start` to `end` of the reader's bytes;
 * others pass. `position` is that of the block. Throws a BundleError.
 */
export function checkStandardBlock(reader: CborReader, type: UInt, start: number, end: number, position: number): void {
  const rule = contentRule(type);
  if (rule === undefined) return;
  const { offset } = reader;
  reader.enterContent(start, end, rule, position);
  if (rule === 'prev-node-form') readPreviousNode(reader);
  else if (rule === 'age-form') readBundleAge(reader);
  else readHopCount(reader);
  reader.leaveContent(offset);
}

/** A reader of a block's data that reports every fault under one rule. */
export function contentReader(
  data: Uint8Array,
  rule: BundleRule,
  baseOffset: number,
  block: number | undefined,
  options?: DecodeOptions,
): CborReader {
  const reader = new CborReader(data, rule, baseOffset, options);
  reader.block = block;
  return reader;
}

/** Rejects bytes behind a block's content. */
export function endContent(reader: CborReader, rule: BundleRule): void {
  if (!reader.atEnd) reader.fail(rule, 'bytes left behind the content');
}
