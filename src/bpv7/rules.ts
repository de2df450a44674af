/**
 * What must hold between the fields of a bundle that is well-formed: the rules apart from the reading, so that another profile
 * can have others.
 */
import { checkStandardBlock } from './blocks.js';
import type { CanonicalBlock, PrimaryBlock } from './bundle.js';
import type { CborReader } from './cbor-reader.js';
import {
  ALL_REPORT_FLAGS,
  BLOCK_FLAGS,
  BLOCK_TYPES,
  BUNDLE_FLAGS,
  CRC_TYPES,
  PAYLOAD_BLOCK_NUMBER,
} from './constants.js';
import { isNullEid, isSingleton } from './eid.js';
import type { BundleRule } from './errors.js';
import {
  checkSecurityBlocks,
  isSecurityBlock,
  NO_SECURITY_COVER,
  type SecurityCover,
  securityCoverOf,
} from './security-rules.js';
import { addUInt, hasFlag, type UInt } from './uint.js';

/** What must hold between the fields of a primary block (RFC 9171 sections 4.2.3 and 4.3.1). */
export function checkPrimary(reader: CborReader, primary: PrimaryBlock, start: number): void {
  const { flags, source } = primary;
  const asksReports = hasAnyFlag(flags, ALL_REPORT_FLAGS);
  const mustNotFragment = hasFlag(flags, BUNDLE_FLAGS.mustNotFragment);
  if (asksReports && hasFlag(flags, BUNDLE_FLAGS.isAdministrativeRecord)) {
    reader.deviate('primary-admin-with-report-flags', 'an administrative record asks for status reports', start);
  }
  if (isNullEid(source)) {
    if (!mustNotFragment) {
      reader.deviate('primary-anonymous-fragmentable', 'an anonymous bundle lacks the must-not-fragment flag', start);
    }
    if (asksReports)
      reader.deviate('primary-anonymous-with-report-flags', 'an anonymous bundle asks for status reports', start);
  } else if (!isSingleton(source)) {
    reader.fail('primary-source-not-singleton', 'the source is an endpoint that may have several members', start);
  }
  if (mustNotFragment && hasFlag(flags, BUNDLE_FLAGS.isFragment)) {
    reader.deviate('primary-fragment-and-no-fragment', 'a fragment of a bundle that must not be fragmented', start);
  }
}

/** From this many blocks on their numbers are looked up in a set, so that a bundle of many tiny blocks costs linear time. */
const LINEAR_SEARCH_BLOCKS = 16;

/**
 * What must hold between the blocks of a bundle (RFC 9171 sections 4.1, 4.2.4 and 4.4, RFC 9172). The blocks are as received; the
 * bundle begins at `start`, which faults of the whole are reported at.
 */
export function checkBlocks(
  reader: CborReader,
  primary: PrimaryBlock,
  blocks: readonly CanonicalBlock[],
  start: number,
): void {
  const found = checkEachBlock(reader, primary, blocks);
  if (!found.payload) reader.fail('payload-missing', 'no payload block', start);
  const security = found.security ? checkSecurity(reader, primary, blocks) : NO_SECURITY_COVER;
  if (found.standard) checkContents(reader, blocks, security);
  if (primary.creationTimeMs === 0 && !found.age) {
    reader.deviate('age-missing', 'a source without a clock must add a bundle age block', start);
  }
  if (primary.crcType === CRC_TYPES.none && !security.isPrimaryProtected) {
    reader.block = 0;
    const detail = 'neither a CRC nor a block integrity block covers the primary block';
    reader.deviate('primary-crc-missing', detail, offsetOf(reader, primary));
    reader.block = undefined;
  }
  if (primary.fragmentOffset !== undefined) checkFragment(reader, primary, blocks);
}

/** Which kinds of block a bundle has. */
interface FoundBlocks {
  readonly payload: boolean;
  readonly age: boolean;
  /** Blocks whose content every node must be able to read. */
  readonly standard: boolean;
  readonly security: boolean;
}

/** Judges the blocks one by one, each against those before it. */
function checkEachBlock(reader: CborReader, primary: PrimaryBlock, blocks: readonly CanonicalBlock[]): FoundBlocks {
  let payload = false;
  let previousNode = false;
  let age = false;
  let hopCount = false;
  let security = false;
  let numbers: Set<UInt> | undefined;
  const isReportForbidden = hasFlag(primary.flags, BUNDLE_FLAGS.isAdministrativeRecord) || isNullEid(primary.source);
  for (let i = 0; i < blocks.length; i++) {
    const block = blocks[i];
    const { type, number } = block;
    reader.block = i + 1;
    if (type === BLOCK_TYPES.payload) {
      if (payload) failBlock(reader, 'payload-multiple', 'a second payload block', block);
      if (number !== PAYLOAD_BLOCK_NUMBER)
        failBlock(reader, 'payload-number', `a payload block with number ${number}`, block);
      payload = true;
    } else {
      if (number === PAYLOAD_BLOCK_NUMBER) {
        failBlock(
          reader,
          'block-number-one-not-payload',
          `a block of type ${type} has the payload block's number`,
          block,
        );
      }
      if (payload) failBlock(reader, 'payload-not-last', `a block of type ${type} follows the payload block`, block);
      if (i >= LINEAR_SEARCH_BLOCKS) numbers ??= numbersOf(blocks, i);
      // Number 0 was told already where the profile lets it pass, and is no name that could be taken.
      if (number !== 0 && (numbers === undefined ? isTaken(number, blocks, i) : numbers.has(number))) {
        failBlock(reader, 'block-number-duplicate', `a second block with number ${number}`, block);
      }
      numbers?.add(number);
      if (type === BLOCK_TYPES.previousNode) {
        if (previousNode) failBlock(reader, 'prev-node-multiple', 'a second previous node block', block);
        previousNode = true;
      } else if (type === BLOCK_TYPES.bundleAge) {
        if (age) failBlock(reader, 'age-multiple', 'a second bundle age block', block);
        age = true;
      } else if (type === BLOCK_TYPES.hopCount) {
        if (hopCount) failBlock(reader, 'hop-multiple', 'a second hop count block', block);
        hopCount = true;
      } else if (isSecurityBlock(block)) {
        security = true;
      }
    }
    if (isReportForbidden && hasFlag(block.flags, BLOCK_FLAGS.reportIfUnprocessed)) {
      const detail = 'a block asks for a report that the bundle must not cause';
      reader.deviate('block-report-flag-forbidden', detail, offsetOf(reader, block));
    }
  }
  reader.block = undefined;
  return { payload, age, standard: previousNode || age || hopCount, security };
}

/** Where a received block begins. */
function offsetOf(reader: CborReader, block: PrimaryBlock | CanonicalBlock): number {
  return (block.raw as Uint8Array).byteOffset - reader.bytes.byteOffset;
}

/** Where the data of a received block begins. */
function dataOffsetOf(reader: CborReader, block: CanonicalBlock): number {
  return block.data.byteOffset - reader.bytes.byteOffset;
}

function failBlock(reader: CborReader, rule: BundleRule, detail: string, block: CanonicalBlock): never {
  return reader.fail(rule, detail, offsetOf(reader, block));
}

/** Whether one of the first `count` blocks has the number. */
export function isTaken(number: UInt, blocks: readonly CanonicalBlock[], count: number): boolean {
  for (let i = 0; i < count; i++) if (blocks[i].number === number) return true;
  return false;
}

/** The numbers of the first `count` blocks. */
function numbersOf(blocks: readonly CanonicalBlock[], count: number): Set<UInt> {
  const numbers = new Set<UInt>();
  for (let i = 0; i < count; i++) numbers.add(blocks[i].number);
  return numbers;
}

function checkSecurity(reader: CborReader, primary: PrimaryBlock, blocks: readonly CanonicalBlock[]): SecurityCover {
  if (reader.options?.securityRules === false) return securityCoverOf(blocks);
  return checkSecurityBlocks(primary, blocks, (position) => dataOffsetOf(reader, blocks[position - 1]));
}

function checkContents(reader: CborReader, blocks: readonly CanonicalBlock[], security: SecurityCover): void {
  for (let i = 0; i < blocks.length - 1; i++) {
    const { type, number, data } = blocks[i];
    if (security !== NO_SECURITY_COVER && security.encrypted.has(number)) continue;
    const start = dataOffsetOf(reader, blocks[i]);
    checkStandardBlock(reader, type, start, start + data.length, i + 1);
  }
}

function checkFragment(reader: CborReader, primary: PrimaryBlock, blocks: readonly CanonicalBlock[]): void {
  const { fragmentOffset = 0, totalAduLength = 0 } = primary;
  const payload = blocks[blocks.length - 1];
  if (addUInt(fragmentOffset, payload.data.length) > totalAduLength) {
    reader.block = 0;
    const detail = `the fragment ends behind the ${totalAduLength} bytes of the whole`;
    reader.fail('fragment-out-of-range', detail, offsetOf(reader, primary));
  }
  if (payload.data.length === 0) {
    reader.block = blocks.length;
    failBlock(reader, 'fragment-empty', 'a fragment without payload', payload);
  }
}

function hasAnyFlag(flags: UInt, mask: number): boolean {
  return typeof flags === 'number' ? (flags & mask) !== 0 : (flags & BigInt(mask)) !== 0n;
}
