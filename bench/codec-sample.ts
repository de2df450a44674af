/** The bundle that the codec bench measures with, and its size: every side builds the same one. */
import {
  BLOCK_TYPES,
  type Bundle,
  bundleAgeBlock,
  CRC_TYPES,
  hopCountBlock,
  ipn,
  newBlock,
  type OutgoingBundle,
  previousNodeBlock,
} from '../src/bpv7/index.js';

/** The payload that every side uses. */
export function samplePayload(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => i * 131 + 7);
}

/** Previous node, bundle age and hop count blocks without CRC; CRC-32C on the primary and the payload block. */
export function sampleBundle(payload: Uint8Array, sequence: number): OutgoingBundle {
  return {
    primary: {
      flags: 0,
      crcType: CRC_TYPES.crc32c,
      destination: ipn(20, 2),
      source: ipn(10, 1),
      reportTo: ipn(10, 0),
      creationTimeMs: 815_000_000_123,
      sequence,
      lifetimeMs: 3_600_000,
      raw: undefined,
    },
    blocks: [
      previousNodeBlock(2, ipn(12, 0)),
      bundleAgeBlock(3, 1500),
      hopCountBlock(4, 32, 3),
      newBlock(BLOCK_TYPES.payload, 1, payload, 0, CRC_TYPES.crc32c),
    ],
  };
}

/** The bundle as a node sends it on: primary and payload blocks as received, the blocks of the hop made new. */
export function forwarded(bundle: Bundle, ageMs: number): OutgoingBundle {
  const { blocks } = bundle;
  return {
    primary: bundle.primary,
    blocks: [
      previousNodeBlock(2, ipn(13, 0)),
      bundleAgeBlock(3, ageMs),
      hopCountBlock(4, 32, 4),
      blocks[blocks.length - 1],
    ],
  };
}
