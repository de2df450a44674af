import { describe, expect, test } from 'vitest';
import {
  BLOCK_TYPES,
  type Bundle,
  CRC_TYPES,
  decodeBundle,
  encodeBundle,
  encodeBundleInPieces,
  ipn,
  joinPieces,
  previousNodeBlock,
  setCrc32cAccelerator,
} from '../../src/bpv7/index.js';

const PRIMARY = {
  flags: 0,
  crcType: CRC_TYPES.crc32c,
  destination: ipn(2, 1),
  source: ipn(1, 1),
  reportTo: ipn(1, 0),
  creationTimeMs: 800_000_000_000,
  sequence: 7,
  lifetimeMs: 60_000,
};

function bundleOf(bytes: number, crcType: 0 | 1 | 2): Bundle {
  const data = Uint8Array.from({ length: bytes }, (_, i) => i * 7);
  return { primary: PRIMARY, blocks: [{ type: BLOCK_TYPES.payload, number: 1, flags: 0, crcType, data }] };
}

describe('a bundle in pieces', () => {
  for (const bytes of [0, 1, 8_191, 8_192, 60_000]) {
    for (const crcType of [0, 1, 2] as const) {
      test(`of ${bytes} bytes under CRC type ${crcType} has the same bytes as in one`, () => {
        const bundle = bundleOf(bytes, crcType);
        const made = { primary: bundle.primary, blocks: [previousNodeBlock(2, ipn(1, 0), 0, 1), ...bundle.blocks] };
        expect(joinPieces(encodeBundleInPieces(made))).toEqual(encodeBundle(made));
      });
    }
  }

  test('is forwarded with the payload block as it came', () => {
    const received = decodeBundle(encodeBundle(bundleOf(20_000, CRC_TYPES.crc32c)));
    const made = { primary: received.primary, blocks: [previousNodeBlock(2, ipn(3, 0), 0, 1), ...received.blocks] };
    const pieces = encodeBundleInPieces(made);
    expect(pieces).toHaveLength(3);
    expect(pieces[1]?.buffer).toBe(received.blocks[0]?.data.buffer);
    expect(joinPieces(pieces)).toEqual(encodeBundle(made));
  });

  test('does not copy a long payload, and hands its CRC to the accelerator', () => {
    const bundle = bundleOf(20_000, CRC_TYPES.crc32c);
    const whole = encodeBundle(bundle);
    const given: number[] = [];
    setCrc32cAccelerator((bytes) => {
      given.push(bytes.length);
      return 0;
    });
    const pieces = encodeBundleInPieces(bundle);
    setCrc32cAccelerator(undefined);
    expect(given).toEqual([20_000]);
    expect(pieces[1]).toBe(bundle.blocks[0]?.data);
    expect(joinPieces(encodeBundleInPieces(bundle))).toEqual(whole);
  });
});
