/**
 * Bundles of every shape: all kinds of blocks, flags, endpoint IDs, CRC types and sizes, fragments, security blocks, administrative
 * records. Most are valid; mutations make the rest. They are written by the fuzzer's own CBOR, so they do not depend on the encoder.
 */
import type { Random } from '../src/base/random.js';
import { BLOCK_FLAGS, BUNDLE_FLAGS } from '../src/bpv7/index.js';
import { type CborNode, type CborValue, cbor, cborNode, node, writeTrees } from './cbor-tree.js';
import { drawBytes, drawSize, drawUInt, pick } from './draw.js';
import { drawRecord } from './records.js';
import { repairCrcs } from './repair.js';

const BUNDLE_FLAG_BITS = Object.values(BUNDLE_FLAGS);
const BLOCK_FLAG_BITS = Object.values(BLOCK_FLAGS);

/** An endpoint ID of either scheme; valid but for a null endpoint that is written as text now and then. */
export function drawEid(random: Random): CborValue {
  const kind = random.below(16);
  if (kind < 9) return [2, [1 + random.below(30), random.below(4)]];
  if (kind === 9) return random.chance(0.02) ? [1, 'none'] : [1, 0];
  if (kind === 10) return [2, [0, 0]];
  if (kind === 11) return [2, [977_000, 1 + random.below(100), random.below(4)]];
  if (kind === 12) return [2, [(BigInt(977_000) << 32n) | BigInt(random.below(100)), drawUInt(random)]];
  if (kind === 13) return [2, [1 + random.below(100), drawUInt(random)]];
  return [
    1,
    pick(random, [
      '//node/',
      '//node/in',
      '//a.b-c/x/y',
      '//%41/~group',
      '///x',
      `//${'n'.repeat(random.below(40))}/s`,
    ]),
  ];
}

/** What {@link drawBundle} may be told; all else is drawn. */
export interface BundleWishes {
  readonly payload?: Uint8Array;
  /** Whole, with a source, and without the flag that forbids to cut it. */
  readonly mayBeCut?: boolean;
}

/** The bytes of a bundle. */
export function drawBundle(random: Random, wishes: BundleWishes = {}): Uint8Array {
  const isLawful = random.chance(0.9);
  const { mayBeCut = false } = wishes;
  const isAnonymous = !mayBeCut && random.chance(0.05);
  const isFragment = !mayBeCut && !isAnonymous && random.chance(0.15);
  const isRecord = !isFragment && random.chance(0.15);
  let flags = random.chance(0.5) ? 0 : pick(random, BUNDLE_FLAG_BITS) | pick(random, BUNDLE_FLAG_BITS);
  flags &= ~(BUNDLE_FLAGS.isFragment | BUNDLE_FLAGS.isAdministrativeRecord);
  if (isLawful && (isRecord || isAnonymous)) flags = isAnonymous ? BUNDLE_FLAGS.mustNotFragment : 0;
  if (mayBeCut || (isLawful && isFragment)) flags &= ~BUNDLE_FLAGS.mustNotFragment;
  if (isFragment) flags |= BUNDLE_FLAGS.isFragment;
  if (isRecord) flags |= BUNDLE_FLAGS.isAdministrativeRecord;
  const payload = wishes.payload ?? (isRecord ? drawRecord(random) : drawBytes(random, drawSize(random)));
  const hasClock = random.chance(0.8);
  const crcType = random.chance(isLawful ? 0 : 0.3) ? 0 : 1 + random.below(2);
  const primary: CborValue[] = [
    7,
    flags,
    crcType,
    drawEid(random),
    isAnonymous ? [1, 0] : drawEid(random),
    drawEid(random),
    [hasClock ? 800_000_000_000 + random.uint32() : 0, drawUInt(random)],
    drawUInt(random),
  ];
  if (isFragment) {
    const { offset, totalLength } = drawExtent(random, payload.length);
    primary.push(offset, totalLength);
  }
  const canReport = !isLawful || (!isRecord && !isAnonymous);
  const blocks = drawExtensions(random, canReport, primary[6]);
  blocks.push(block(1, 1, drawBlockFlags(random, canReport), random.below(3), payload));
  return frame(random, [withCrc(primary, crcType), ...blocks]);
}

function drawExtent(random: Random, payloadBytes: number): { offset: number; totalLength: number } {
  const offset = pick(random, [0, 1, 100, random.below(5000)]);
  return { offset, totalLength: offset + payloadBytes + random.below(3) };
}

function frame(random: Random, blocks: CborNode[]): Uint8Array {
  const isDefinite = random.chance(0.05);
  const bytes = writeTrees([{ ...node(4, 0, blocks), form: isDefinite ? 'shortest' : 'indefinite' }]);
  repairCrcs(bytes);
  return bytes;
}

/** Extension blocks, with numbers that differ, and a bundle age block where the creation time is zero. */
function drawExtensions(random: Random, canReport: boolean, timestamp: CborValue): CborNode[] {
  const kinds = [6, 7, 10, 11, 12, 13, 14, 192].filter(() => random.chance(0.3));
  const hasNoClock = (timestamp as readonly CborValue[])[0] === 0;
  if (hasNoClock && !kinds.includes(7)) kinds.push(7);
  while (random.chance(0.1)) kinds.push(pick(random, [11, 12, 13, 15, 16, 193, 70_000]));
  const base = random.chance(0.8) ? 2 : pick(random, [23, 24, 255, 256, 65_536, 2 ** 32, 2 ** 53]);
  const numbers = random.shuffled(kinds.map((_, i) => BigInt(base) + BigInt(i)));
  return kinds.map((type, i) => {
    const data = drawContent(random, type, numbers);
    return block(type, numbers[i], drawBlockFlags(random, canReport), random.below(3), data);
  });
}

function drawBlockFlags(random: Random, canReport: boolean): number {
  if (random.chance(0.6)) return 0;
  const flags = pick(random, BLOCK_FLAG_BITS) | pick(random, BLOCK_FLAG_BITS);
  return canReport ? flags : flags & ~BLOCK_FLAGS.reportIfUnprocessed;
}

/** The data of a block of this type, valid most of the time; `numbers` are those of blocks that a security block can name. */
export function drawContent(random: Random, type: number, numbers: readonly bigint[]): Uint8Array {
  switch (type) {
    case 6:
      return cbor(drawEid(random));
    case 7:
      return cbor(drawUInt(random));
    case 10:
      return cbor([1 + random.below(255), random.below(300)]);
    case 11:
    case 12:
      return drawSecurityContent(random, type, numbers);
    case 13:
      return cbor([drawUInt(random), 1 + random.below(30), drawEid(random)]);
    case 14:
      return cbor([drawUInt(random), 1 + random.below(30), random.below(32), drawEid(random)].slice(random.below(2)));
    case 193:
      return cbor([random.below(16), random.below(4), random.below(256), drawUInt(random)]);
    default:
      return drawBytes(random, drawSize(random));
  }
}

/** An abstract security block (RFC 9172 section 3.6) that names real blocks, in one of the two contexts of RFC 9173 or another. */
export function drawSecurityContent(random: Random, type: number, numbers: readonly bigint[]): Uint8Array {
  const candidates: (bigint | number)[] = [1, ...numbers];
  if (type === 11) candidates.push(0);
  const targets = random.shuffled(candidates).slice(0, 1 + random.below(random.chance(0.7) ? 1 : 3));
  const parameters: CborValue[] = [];
  const isKnown = random.chance(0.85);
  if (type === 11) {
    if (random.chance(0.7)) parameters.push([1, pick(random, [5, 6, 7])]);
    if (random.chance(0.2)) parameters.push([2, drawBytes(random, pick(random, [24, 40, 41]))]);
    if (random.chance(0.7)) parameters.push([3, random.below(8)]);
  } else {
    if (random.chance(0.95)) parameters.push([1, drawBytes(random, pick(random, [12, 12, 12, 8, 16, 7, 0]))]);
    if (random.chance(0.7)) parameters.push([2, pick(random, [1, 3])]);
    if (random.chance(0.2)) parameters.push([3, drawBytes(random, pick(random, [24, 40, 41]))]);
    if (random.chance(0.7)) parameters.push([4, random.below(8)]);
  }
  const results = targets.map(() =>
    random.chance(0.9) ? [[1, drawBytes(random, type === 11 ? pick(random, [32, 48, 64]) : 16)]] : [],
  );
  const hasParameters = parameters.length > 0;
  const items: CborValue[] = [targets, isKnown ? type - 10 : drawUInt(random), hasParameters ? 1 : 0, drawEid(random)];
  if (hasParameters) items.push(parameters);
  items.push(results);
  return writeTrees(items.map(cborNode));
}

function block(type: number, number: bigint | number, flags: number, crcType: number, data: Uint8Array): CborNode {
  return withCrc([type, number, flags, crcType, data], crcType);
}

function withCrc(fields: CborValue[], crcType: number): CborNode {
  if (crcType !== 0) fields.push(new Uint8Array(crcType === 1 ? 2 : 4));
  return cborNode(fields);
}
