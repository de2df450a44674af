/**
 * The hop checksum block: what guards a secured bundle on a link.
 *
 * A security operation takes the CRC from its target (RFC 9173 section 3.7 for integrity, 4.8.1 for confidentiality), so a bit that a link
 * flips there shows only where the operation is verified. A custodian without the key would take the damaged copy over, let the
 * node before it drop the whole one, and send what nobody accepts until its lifetime ends. So a node that sends a bundle with
 * security blocks adds this block: a CRC-32C over the primary block, the payload, and all blocks without a CRC of their own.
 * The next node checks it and takes it off. What is damaged is dropped at once, and custody repairs it.
 *
 * Block type 241 of the private range (RFC 9171 section 9.1); the flag has nodes discard it that do not know it. Its data is a CBOR
 * array of `[node, crc]`, with the node that made it: behind one that passed it on in spite of the flag it says nothing.
 */
import { equalBytes } from '../base/bytes.js';
import { headLength, Major, writeUInt } from '../bpv7/cbor-writer.js';
import {
  BLOCK_FLAGS,
  BUNDLE_FLAGS,
  type Bundle,
  CRC_TYPES,
  crc32c,
  encodeBundle,
  hasFlag,
  isSecurityBlock,
  type OutgoingBundle,
} from '../bpv7/index.js';

/** Block type number, from the private range. */
export const HOP_CHECKSUM_BLOCK = 241;

/** Block processing control flags of the block. */
export const HOP_CHECKSUM_FLAGS = BLOCK_FLAGS.discardIfUnprocessed;

/**
 * Whether a bundle has blocks that nothing but a security operation guards. The security blocks may be in another fragment: only that
 * at offset 0 carries them all.
 */
export function lacksCrcs({ primary, blocks }: OutgoingBundle): boolean {
  if (!hasFlag(primary.flags, BUNDLE_FLAGS.isFragment) && !blocks.some(isSecurityBlock)) return false;
  return primary.crcType === CRC_TYPES.none || blocks.some(({ crcType }) => crcType === CRC_TYPES.none);
}

/** The data of the block for a bundle as it leaves `node`. */
export function encodeHopChecksum(bundle: OutgoingBundle, node: number): Uint8Array {
  const crc = checksum(bundle);
  const data = new Uint8Array(1 + headLength(node) + headLength(crc));
  data[0] = Major.array | 2;
  writeUInt(data, writeUInt(data, 1, node), crc);
  return data;
}

/** A bundle without its hop checksum, and what that said. */
export interface HopCheck {
  readonly bundle: Bundle;
  /** `unknown` where the neighbour added none: one of another node is left for what its flags say. */
  readonly verdict: 'whole' | 'damaged' | 'unknown';
}

/** Checks what came from neighbour `from` by the block that it added. */
export function checkHop(bundle: Bundle, from: number): HopCheck {
  const block = bundle.blocks.find(({ type }) => type === HOP_CHECKSUM_BLOCK);
  if (block === undefined) return { bundle, verdict: 'unknown' };
  const expected = encodeHopChecksum(bundle, from);
  const nodeEnd = 1 + headLength(from);
  if (!equalBytes(block.data.subarray(0, nodeEnd), expected.subarray(0, nodeEnd)))
    return { bundle, verdict: 'unknown' };
  const verdict = equalBytes(block.data, expected) ? 'whole' : 'damaged';
  return { bundle: { primary: bundle.primary, blocks: bundle.blocks.filter((each) => each !== block) }, verdict };
}

/** Over the primary block, the blocks without CRC, and the payload, as they are on the wire. */
function checksum({ primary, blocks }: OutgoingBundle): number {
  const last = blocks.length - 1;
  const covered = blocks.filter(
    ({ crcType, type }, at) => at === last || (crcType === CRC_TYPES.none && type !== HOP_CHECKSUM_BLOCK),
  );
  return crc32c(encodeBundle({ primary, blocks: covered }));
}
