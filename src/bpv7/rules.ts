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
import { checkSecurityBlocks, isSecurityBlock, NO_SECURITY_COVER, type SecurityCover } from './security-rules.js';
import { addUInt, hasFlag, type UInt } from './uint.js';

/** What must hold between the fields of a primary block (RFC 9171 sections 4.2.3 and 4.3.1). */
export function checkPrimary(reader: CborReader, primary: PrimaryBlock, start: number): void {
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
export class BlockRules {
  readonly #reader: CborReader;
  readonly #primary: PrimaryBlock;
  readonly #reportForbidden: boolean;
  readonly #numbers: UInt[] = [];
  #numberSet: Set<UInt> | undefined;
  #hasPayload = false;
  #hasPreviousNode = false;
  #hasAge = false;
  #hasHopCount = false;
  #hasSecurity = false;

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
    const security = this.#hasSecurity ? this.#checkSecurity(blocks) : NO_SECURITY_COVER;
    if (this.#hasPreviousNode || this.#hasAge || this.#hasHopCount) this.#checkContents(blocks, security);
    if (creationTimeMs === 0 && !this.#hasAge) {
      this.#fail('age-missing', 'a source without a clock must add a bundle age block', 0);
    }
    if (crcType === CRC_TYPES.none && !security.isPrimaryProtected) {
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
    } else if (isSecurityBlock(block)) {
      this.#hasSecurity = true;
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

  #checkSecurity(blocks: readonly CanonicalBlock[]): SecurityCover {
    const inputOffset = this.#reader.bytes.byteOffset;
    return checkSecurityBlocks(this.#primary, blocks, (position) => blocks[position - 1].data.byteOffset - inputOffset);
  }

  #checkContents(blocks: readonly CanonicalBlock[], security: SecurityCover): void {
    const inputOffset = this.#reader.bytes.byteOffset;
    for (let i = 0; i < blocks.length - 1; i++) {
      const block = blocks[i];
      if (security.encrypted.has(block.number)) continue;
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
