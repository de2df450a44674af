/**
 * Cutting bundles into fragments (RFC 9171 section 5.8). Owns what a fragment carries and where the cuts lie; when a bundle is to
 * be cut, and how its pieces come together again (reassembly.ts), is not known here.
 *
 * **Which blocks travel.** The fragment at offset 0 carries every extension block, any other those with the replicate flag. Two
 * more go along without that flag, because a fragment without them could not be read: the bundle age block of a bundle
 * without a creation time, which must have one (section 4.4.2), and a block confidentiality block with a target that travels,
 * whose ciphertext would otherwise pass for plain data.
 *
 * **Security (RFC 9172 section 5.2).** A fragment's primary block is not the one that a BIB or the additional data of a BCB covers, so
 * nothing that includes the primary block verifies on a fragment: security is judged on the whole. That works as long as
 * reassembly gives back the very bytes of the original primary block, and what reassembly has to go by is the primary block of
 * the fragment at offset 0: its fields and its CRC type. Two originals do not come back that way:
 *
 * - One without a CRC, as it may be under a BIB. A fragment needs a CRC, since the BIB does not protect its primary block,
 *   and once it has one nothing on the wire tells that the original had none. Leaving the CRC out of the first fragment alone
 *   would tell, and would send that primary block with no protection at all.
 * - One that is not in the encoding that this codec writes, such as an array of indefinite length.
 *
 * A bundle with security blocks and such a primary block is therefore not fragmented. Without security blocks nothing depends on
 * those bytes: the fragments of a primary block without a CRC, which only the lenient profile lets in, get a CRC-32C, and so
 * does the bundle made of them.
 */
import { equalBytes } from '../base/bytes.js';
import { UsageError } from '../base/errors.js';
import { type Bundle, type CanonicalBlock, type PrimaryBlock, payloadOf } from './bundle.js';
import { headLength } from './cbor-writer.js';
import { BLOCK_FLAGS, BLOCK_TYPES, BUNDLE_FLAGS, CRC_TYPES } from './constants.js';
import { isNullEid } from './eid.js';
import { encodedLength, encodePrimary } from './encode.js';
import { peekSecurityTargets } from './security-block.js';
import { isSecurityBlock } from './security-rules.js';
import { CCSDS_TYPES, type TypeProfile } from './type-profile.js';
import { addUInt, hasFlag, type UInt, withFlag, withoutFlag } from './uint.js';

/** How large fragments may be: the payload of each, or each as a whole in encoded bytes. */
export type FragmentSize = { readonly maxPayloadBytes: number } | { readonly maxBundleBytes: number };

/**
 * The most fragments that one call makes: 64 MiB in pieces of 1 KiB. More is a size that was given by mistake, and each fragment
 * costs some hundred bytes however short its piece is.
 */
export const MAX_FRAGMENTS = 65_536;

/**
 * The most blocks in all fragments of one call together. A stranger's bundle may have thousands of tiny blocks that all travel, and
 * the fragments' lists of them would be many times the bundle.
 */
export const MAX_FRAGMENT_BLOCKS = 1_048_576;

/** The greatest offsets before a CBOR head grows by more than a byte. */
const LAST_OFFSETS_BEFORE_STEP = [0xffff, 0xffff_ffff];

/**
 * The bundle as fragments of at most the given size, in the order of their offsets, as few as that takes and at least two;
 * the bundle itself as the only one where it fits. A fragment may be cut again: offsets and the total length are always those of the
 * original application data unit. Payloads are views of the bundle's payload, blocks that travel are the same objects.
 *
 * Throws a UsageError: `must-not-fragment` where the flag says so, the source is anonymous or the bundle has a custody or
 * reporting block (CCSDS 734.6-O-1), whose types `types` tells; `fragment-security` where security blocks could not be verified on the reassembled bundle;
 * `fragment-size` where no fragment of that size holds a byte of payload; `fragment-count` beyond {@link MAX_FRAGMENTS} or
 * {@link MAX_FRAGMENT_BLOCKS}. The last two say which size works.
 */
export function fragmentBundle(bundle: Bundle, size: FragmentSize, types: TypeProfile = CCSDS_TYPES): Bundle[] {
  if (fits(bundle, size)) return [bundle];
  checkMayFragment(bundle, types);
  const { length } = payloadOf(bundle).data;
  const place = placeOf(bundle);
  const others = travellingBlocks(bundle);
  const first = place.base === 0 ? bundle.blocks.slice(0, -1) : others;
  const room = new Room(bundle, size, place.base, place.total, first, others);
  return cutAt(bundle, place, others, cuts(length, place.base, room));
}

/**
 * The bundle in two fragments, the first with `firstPayloadBytes` of payload. Throws a UsageError like {@link fragmentBundle}, and
 * `fragment-size` where either would have no payload.
 */
export function splitBundle(
  bundle: Bundle,
  firstPayloadBytes: number,
  types: TypeProfile = CCSDS_TYPES,
): [first: Bundle, rest: Bundle] {
  const { length } = payloadOf(bundle).data;
  if (!(Number.isInteger(firstPayloadBytes) && firstPayloadBytes > 0 && firstPayloadBytes < length)) {
    const message = `a payload of ${length} bytes cannot be split behind ${firstPayloadBytes}; give 1 to ${length - 1}`;
    throw new UsageError('fragment-size', message);
  }
  checkMayFragment(bundle, types);
  const pieces = cutAt(bundle, placeOf(bundle), travellingBlocks(bundle), [firstPayloadBytes, length]);
  return pieces as [Bundle, Bundle];
}

/** Where a bundle's payload lies in its application data unit. */
interface Place {
  readonly base: UInt;
  readonly total: UInt;
}

function placeOf(bundle: Bundle): Place {
  const { flags, fragmentOffset, totalAduLength } = bundle.primary;
  if (!hasFlag(flags, BUNDLE_FLAGS.isFragment)) return { base: 0, total: payloadOf(bundle).data.length };
  return { base: fragmentField(fragmentOffset), total: fragmentField(totalAduLength) };
}

/** The fragments that end at `ends` of the bundle's payload; `others` are the blocks of those behind the first. */
function cutAt(
  bundle: Bundle,
  { base, total }: Place,
  others: readonly CanonicalBlock[],
  ends: readonly number[],
): Bundle[] {
  const payload = payloadOf(bundle);
  const extensions = bundle.blocks.slice(0, -1);
  const fragments: Bundle[] = [];
  let start = 0;
  for (const end of ends) {
    const data = payload.data.subarray(start, end);
    const blocks = start === 0 && base === 0 ? extensions : others;
    fragments.push({
      primary: fragmentPrimary(bundle.primary, addUInt(base, start), total),
      blocks: [...blocks, { ...payload, data, raw: undefined }],
    });
    start = end;
  }
  return fragments;
}

/** The primary block of the whole that the fragment with this primary block is of, to be encoded afresh. */
export function wholePrimary(primary: PrimaryBlock): PrimaryBlock {
  const flags = withoutFlag(primary.flags, BUNDLE_FLAGS.isFragment);
  return { ...primary, flags, fragmentOffset: undefined, totalAduLength: undefined, raw: undefined };
}

function fragmentPrimary(primary: PrimaryBlock, fragmentOffset: UInt, totalAduLength: UInt): PrimaryBlock {
  const flags = withFlag(primary.flags, BUNDLE_FLAGS.isFragment);
  const crcType = primary.crcType === CRC_TYPES.none ? CRC_TYPES.crc32c : primary.crcType;
  return { ...primary, flags, crcType, fragmentOffset, totalAduLength, raw: undefined };
}

function fragmentField(value: UInt | undefined): UInt {
  if (value !== undefined) return value;
  throw new UsageError('primary-fragment-fields', 'a fragment needs both its offset and the total length');
}

function limitOf(size: FragmentSize): number {
  const limit = 'maxPayloadBytes' in size ? size.maxPayloadBytes : size.maxBundleBytes;
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw new UsageError('fragment-size', `expected a size in whole bytes, at least 1, got ${String(limit)}`);
}

function fits(bundle: Bundle, size: FragmentSize): boolean {
  const limit = limitOf(size);
  return ('maxPayloadBytes' in size ? payloadOf(bundle).data.length : encodedLength(bundle)) <= limit;
}

function checkMayFragment({ primary, blocks }: Bundle, types: TypeProfile): void {
  if (hasFlag(primary.flags, BUNDLE_FLAGS.mustNotFragment)) {
    throw new UsageError(
      'must-not-fragment',
      'the bundle must not be fragmented: send it over a link that takes it whole',
    );
  }
  if (isNullEid(primary.source)) {
    throw new UsageError('must-not-fragment', 'fragments of a bundle without a source could not be told apart');
  }
  let isSecured = false;
  for (const block of blocks) {
    const { type } = block;
    if (type === types.custodyBlock || type === types.reportingBlock) {
      const message = `a bundle with a block of type ${type} must not be fragmented: remove the block first`;
      throw new UsageError('must-not-fragment', message);
    }
    if (isSecurityBlock(block)) isSecured = true;
  }
  if (isSecured && !comesBack(primary)) {
    const message =
      'the bundle has security blocks and a primary block without a CRC, or in an unusual encoding, that reassembly could not restore: sign it with the CRC of the primary block kept';
    throw new UsageError('fragment-security', message);
  }
}

/** Whether reassembly gives the original primary block back byte for byte. */
function comesBack(primary: PrimaryBlock): boolean {
  if (primary.crcType === CRC_TYPES.none) return false;
  // That of a fragment is not the original: what could be lost was lost where the first fragment was made.
  if (hasFlag(primary.flags, BUNDLE_FLAGS.isFragment)) return true;
  return primary.raw === undefined || equalBytes(primary.raw, encodePrimary({ ...primary, raw: undefined }));
}

/** The extension blocks that fragments behind the first one carry. */
function travellingBlocks({ primary, blocks }: Bundle): CanonicalBlock[] {
  const extensions = blocks.slice(0, -1);
  const travels = (block: CanonicalBlock): boolean =>
    hasFlag(block.flags, BLOCK_FLAGS.replicateInFragments) ||
    (block.type === BLOCK_TYPES.bundleAge && primary.creationTimeMs === 0);
  const numbers = new Set(extensions.filter(travels).map(({ number }) => number));
  const encrypts = (block: CanonicalBlock): boolean =>
    block.type === BLOCK_TYPES.blockConfidentiality &&
    peekSecurityTargets(block.data)?.some((target) => numbers.has(target)) === true;
  return extensions.filter((block) => travels(block) || encrypts(block));
}

/** How much payload a fragment has room for. */
class Room {
  readonly #size: FragmentSize;
  readonly #base: UInt;
  readonly #length: number;
  readonly #wholeBytes: number;
  /** The most fragments that may come out. */
  readonly maxFragments: number;
  /** Encoded bytes of the fragment at the start without its payload and the head of that, and of others if they had offset 0. */
  readonly #firstBytes: number;
  readonly #otherBytes: number;

  constructor(
    bundle: Bundle,
    size: FragmentSize,
    base: UInt,
    total: UInt,
    first: readonly CanonicalBlock[],
    others: readonly CanonicalBlock[],
  ) {
    const payload = payloadOf(bundle);
    const empty = { ...payload, data: new Uint8Array(0), raw: undefined };
    const bytesOf = (offset: UInt, blocks: readonly CanonicalBlock[]): number =>
      encodedLength({ primary: fragmentPrimary(bundle.primary, offset, total), blocks: [...blocks, empty] }) - 1;
    this.#size = size;
    this.#base = base;
    this.#length = payload.data.length;
    this.#wholeBytes = encodedLength(bundle);
    this.maxFragments = Math.max(2, Math.min(MAX_FRAGMENTS, Math.floor(MAX_FRAGMENT_BLOCKS / (others.length + 1))));
    this.#firstBytes = bytesOf(base, first);
    this.#otherBytes = bytesOf(0, others);
  }

  /** The most payload bytes of a fragment that starts `start` bytes into the bundle's payload; below 1 where there is no room. */
  at(start: number): number {
    if ('maxPayloadBytes' in this.#size) return this.#size.maxPayloadBytes;
    const room = this.#size.maxBundleBytes - this.#bytesAt(start);
    if (room < 2) return 0;
    // What the head of the longest conceivable data leaves; a shorter head may leave a little more.
    let length = room - headLength(room);
    while (headLength(length + 1) + length + 1 <= room) length++;
    return length;
  }

  /** A size that works: that of the whole bundle, or one that leaves each fragment its share of the payload. */
  workable(): string {
    if (this.#length < 2) return `at least ${this.#wholeBytes} bytes work`;
    const share = Math.ceil(this.#length / this.maxFragments);
    if ('maxPayloadBytes' in this.#size) return `at least ${share} bytes of payload work`;
    const least = Math.max(this.#bytesAt(0), this.#bytesAt(this.#length - 1)) + headLength(share) + share;
    return `at least ${Math.min(least, this.#wholeBytes)} bytes work`;
  }

  #bytesAt(start: number): number {
    if (start === 0) return this.#firstBytes;
    return this.#otherBytes + headLength(addUInt(this.#base, start)) - headLength(0);
  }
}

/** Where the fragments of `length` bytes end: each is as long as it can be, but for one case in {@link endOf}. */
function cuts(length: number, base: UInt, room: Room): number[] {
  if (length < 2) {
    throw new UsageError('fragment-size', `a payload of ${length} bytes cannot be cut: ${room.workable()}`);
  }
  const ends: number[] = [];
  for (let start = 0; start < length; ) {
    const end = endOf(start, length, base, room);
    if (end <= start) {
      throw new UsageError('fragment-size', `the size leaves no room for payload: ${room.workable()}`);
    }
    if (ends.length === room.maxFragments) {
      throw new UsageError('fragment-count', `the size makes over ${room.maxFragments} fragments: ${room.workable()}`);
    }
    ends.push(end);
    start = end;
  }
  return ends;
}

/**
 * The end of the fragment at `start`. The longest fragment is not the best where the next one then starts just behind an offset
 * at which the head grows by 2 or 4 bytes: one that starts at that offset reaches further.
 */
function endOf(start: number, length: number, base: UInt, room: Room): number {
  // The first one leaves a byte at least: a single fragment of all would be no fragmentation.
  const end = Math.min(start + room.at(start), start === 0 ? length - 1 : length);
  if (typeof base !== 'number' || end === length) return end;
  for (const offset of LAST_OFFSETS_BEFORE_STEP) {
    const step = offset - base;
    if (start < step && step < end && step + room.at(step) > end + room.at(end)) return step;
  }
  return end;
}
