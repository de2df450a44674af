/**
 * The way from a bundle that the lenient profile let pass to one that a strict node takes, as far as that can be done without a
 * change to the primary block, which is immutable from end to end (RFC 9171 section 4.3.1).
 */

import { freeBlockNumbers } from './block-numbers.js';
import {
  checkStandardContent,
  decodeBundleAge,
  decodeHopCount,
  decodePreviousNode,
  encodeBundleAge,
  encodeHopCount,
  encodePreviousNode,
  newBlock,
} from './blocks.js';
import { type Bundle, type CanonicalBlock, findBlock } from './bundle.js';
import { BLOCK_FLAGS, BLOCK_TYPES, BUNDLE_FLAGS } from './constants.js';
import { isStrictBlock } from './decode.js';
import { isNullEid } from './eid.js';
import { breaksRule } from './errors.js';
import { securityCoverOf } from './security-rules.js';
import { hasFlag, withoutFlag } from './uint.js';

const LENIENT = { profile: 'lenient' } as const;

/**
 * The bundle as this node would send it: blocks with number 0 get free numbers, blocks whose CBOR is not canonical lose their
 * `raw` and so are encoded afresh, requests for reports that must not be made are taken back, and a bundle without a creation
 * time gets the bundle age block that it lacks. The same object where nothing of this applies. A missing CRC, flags and lengths
 * in the primary block stay as they are.
 */
export function strictForm(bundle: Bundle): Bundle {
  const { primary, blocks } = bundle;
  const numbers = freeBlockNumbers(blocks);
  const { encrypted } = securityCoverOf(blocks);
  const isReportForbidden = hasFlag(primary.flags, BUNDLE_FLAGS.isAdministrativeRecord) || isNullEid(primary.source);
  let isChanged = false;
  const mended = blocks.map((block) => {
    const data = encrypted.has(block.number) ? block.data : strictContent(block);
    const flags = isReportForbidden ? withoutFlag(block.flags, BLOCK_FLAGS.reportIfUnprocessed) : block.flags;
    const hasName = block.number !== 0;
    if (hasName && data === block.data && flags === block.flags && isStrictBlock(block)) return block;
    isChanged = true;
    return newBlock(block.type, hasName ? block.number : numbers(), data, flags, block.crcType);
  });
  if (primary.creationTimeMs === 0 && findBlock(bundle, BLOCK_TYPES.bundleAge) === undefined) {
    isChanged = true;
    mended.splice(-1, 0, newBlock(BLOCK_TYPES.bundleAge, numbers(), encodeBundleAge(0)));
  }
  return isChanged ? { primary, blocks: mended } : bundle;
}

/** The content of a block that every node must be able to read, in canonical CBOR; the same array where it is. */
function strictContent(block: CanonicalBlock): Uint8Array {
  const { type, data } = block;
  if (!breaksRule(() => checkStandardContent(type, data))) return data;
  if (type === BLOCK_TYPES.previousNode) return encodePreviousNode(decodePreviousNode(data, 0, undefined, LENIENT));
  if (type === BLOCK_TYPES.bundleAge) return encodeBundleAge(decodeBundleAge(data, 0, undefined, LENIENT));
  const { limit, count } = decodeHopCount(data, 0, undefined, LENIENT);
  return encodeHopCount(limit, count);
}
