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
import { encryptedBlockNumbers, isPrimaryIntegrityProtected } from './security-targets.js';
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

/** What must hold between the blocks of a bundle (RFC 9171 sections 4.1, 4.2.4 and 4.4). Fed block by block, then finished. */
export class BlockRules {
  readonly #reader: CborReader;
  readonly #primary: PrimaryBlock;
  readonly #start: number;
  readonly #reportForbidden: boolean;
  /** Numbers of the extension blocks, from when there are many on. */
  #numberSet: Set<UInt> | undefined;
  #hasPayload = false;
  #hasPreviousNode = false;
  #hasAge = false;
  #hasHopCount = false;
  #hasConfidentiality = false;

  /** `start` is where the bundle begins, for faults of the whole. */
  constructor(reader: CborReader, primary: PrimaryBlock, start: number) {
    this.#reader = reader;
    this.#primary = primary;
    this.#start = start;
    this.#reportForbidden = hasFlag(primary.flags, BUNDLE_FLAGS.isAdministrativeRecord) || isNullEid(primary.source);
  }

  /** Takes the block that was read from `start` up to the reader's offset; `before` are those before it. */
  add(block: CanonicalBlock, start: number, before: readonly CanonicalBlock[]): void {
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
      this.#addExtension(block, start, before);
    }
    if (this.#reportForbidden && hasFlag(block.flags, BLOCK_FLAGS.reportIfUnprocessed)) {
      this.#deviate('block-report-flag-forbidden', 'a block asks for a report that the bundle must not cause', start);
    }
  }

  /** Judges the bundle as a whole. */
  finish(blocks: readonly CanonicalBlock[]): void {
    const { crcType, creationTimeMs } = this.#primary;
    if (!this.#hasPayload) this.#fail('payload-missing', 'no payload block', this.#start);
    if (this.#hasPreviousNode || this.#hasAge || this.#hasHopCount) this.#checkContents(blocks);
    if (creationTimeMs === 0 && !this.#hasAge) {
      this.#deviate('age-missing', 'a source without a clock must add a bundle age block', this.#start);
    }
    if (crcType === CRC_TYPES.none && !isPrimaryIntegrityProtected(blocks)) {
      this.#deviate(
        'primary-crc-missing',
        'neither a CRC nor a block integrity block covers the primary block',
        this.#start,
      );
    }
    this.#checkFragment(blocks[blocks.length - 1]);
  }

  #addExtension(block: CanonicalBlock, start: number, before: readonly CanonicalBlock[]): void {
    if (this.#isKnown(block.number, before)) {
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

  /** Whether a block number is taken, by a look at the blocks before or, from many on, at a set that is kept of them. */
  #isKnown(number: UInt, before: readonly CanonicalBlock[]): boolean {
    // Told already where the profile lets it pass, and no name that could be taken.
    if (number === 0) return false;
    if (before.length < LINEAR_SEARCH_BLOCKS) {
      for (let i = 0; i < before.length; i++) if (before[i].number === number) return true;
      return false;
    }
    this.#numberSet ??= new Set(before.map((each) => each.number));
    const { size } = this.#numberSet;
    return this.#numberSet.add(number).size === size;
  }

  #checkContents(blocks: readonly CanonicalBlock[]): void {
    const encrypted = this.#hasConfidentiality ? encryptedBlockNumbers(blocks) : undefined;
    const inputOffset = this.#reader.bytes.byteOffset;
    for (let i = 0; i < blocks.length - 1; i++) {
      const block = blocks[i];
      if (encrypted?.has(block.number)) continue;
      const start = block.data.byteOffset - inputOffset;
      checkStandardBlock(this.#reader, block.type, start, start + block.data.length, i + 1);
    }
  }

  #checkFragment(payload: CanonicalBlock): void {
    const { fragmentOffset, totalAduLength } = this.#primary;
    if (fragmentOffset === undefined || totalAduLength === undefined) return;
    if (addUInt(fragmentOffset, payload.data.length) > totalAduLength) {
      this.#fail(
        'fragment-out-of-range',
        `the fragment ends behind the ${totalAduLength} bytes of the whole`,
        this.#start,
      );
    }
    if (payload.data.length === 0) this.#fail('fragment-empty', 'a fragment without payload', this.#start);
  }

  #fail(rule: BundleRule, detail: string, at: number): never {
    return this.#reader.fail(rule, detail, at);
  }

  #deviate(rule: BundleRule, detail: string, at: number): void {
    this.#reader.deviate(rule, detail, at);
  }
}

function hasAnyFlag(flags: UInt, mask: number): boolean {
  return typeof flags === 'number' ? (flags & mask) !== 0 : (flags & BigInt(mask)) !== 0n;
}
