/** The contents of extension blocks on their own, security blocks included: the first byte of an input says which. */
import type { Random } from '../src/base/random.js';
import {
  BLOCK_TYPES,
  type BundleError,
  decodeBundleAge,
  decodeCustodyBlock,
  decodeHopCount,
  decodeIonQualityOfService,
  decodePreviousNode,
  decodeReportingBlock,
  decodeSecurityBlock,
  encodeBundleAge,
  encodeCustodyBlock,
  encodeHopCount,
  encodeIonQualityOfService,
  encodePreviousNode,
  encodeReportingBlock,
  encodeSecurityBlock,
  ION_QOS_BLOCK,
} from '../src/bpv7/index.js';
import { drawContent } from './bundles.js';
import { pick } from './draw.js';
import { decoded, expect, sameValue, type Target } from './target.js';

interface Content {
  readonly type: number;
  decode(data: Uint8Array, baseOffset?: number, block?: number): unknown;
  /** Undefined for the hop count, which is an object to read and two arguments to write. */
  readonly encode: ((value: never) => Uint8Array) | undefined;
}

const CONTENTS: readonly Content[] = [
  { type: BLOCK_TYPES.previousNode, decode: decodePreviousNode, encode: encodePreviousNode },
  { type: BLOCK_TYPES.bundleAge, decode: decodeBundleAge, encode: encodeBundleAge },
  { type: BLOCK_TYPES.hopCount, decode: decodeHopCount, encode: undefined },
  { type: BLOCK_TYPES.custodyTransfer, decode: decodeCustodyBlock, encode: encodeCustodyBlock },
  { type: BLOCK_TYPES.compressedReporting, decode: decodeReportingBlock, encode: encodeReportingBlock },
  { type: BLOCK_TYPES.blockIntegrity, decode: decodeSecurityBlock, encode: encodeSecurityBlock },
  { type: ION_QOS_BLOCK, decode: decodeIonQualityOfService, encode: encodeIonQualityOfService },
];

/** Decodes what follows the first byte as the data of a block. */
export const contentTarget: Target = {
  name: 'content',
  draw(random: Random) {
    const index = random.below(CONTENTS.length);
    const type = random.chance(0.9) ? CONTENTS[index].type : pick(random, CONTENTS).type;
    const data = drawContent(random, type, [2n, 3n]);
    const input = new Uint8Array(1 + data.length);
    input[0] = index;
    input.set(data, 1);
    return input;
  },
  run(input, tally) {
    if (input.length === 0) return;
    const { type, decode, encode } = CONTENTS[input[0] % CONTENTS.length];
    const data = input.subarray(1);
    const value = decoded(tally, data, `content ${type}`, () => decode(data));
    checkPlace(data, decode);
    if (value === undefined) return;
    tally.count(`block type ${type}`);
    const hops = value as { limit: number; count: number };
    const again = encode === undefined ? encodeHopCount(hops.limit, hops.count) : encode(value as never);
    expect(sameValue(decode(again), value), 'a content encoded afresh is another');
  },
};

/** A fault that is found within a bundle is at the same place, counted from where the content begins. */
function checkPlace(data: Uint8Array, decode: Content['decode']): void {
  const alone = offsetOf(() => decode(data));
  const within = offsetOf(() => decode(data, 1000, 7));
  expect(
    alone === undefined ? within === undefined : within === alone + 1000,
    'an offset does not count from the base',
  );
}

function offsetOf(decode: () => unknown): number | undefined {
  try {
    decode();
    return undefined;
  } catch (thrown) {
    return (thrown as BundleError).offset;
  }
}
