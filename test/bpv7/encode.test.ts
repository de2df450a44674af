import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, equalBytes, toHex } from '../../src/base/bytes.js';
import { UsageError } from '../../src/base/errors.js';
import {
  BLOCK_TYPES,
  type Bundle,
  BundleError,
  bundleAgeBlock,
  decodeBundle,
  encodeBundle,
  encodeBundleAge,
  encodeBundleInto,
  encodedLength,
  encodeHopCount,
  encodePreviousNode,
  encodePrimary,
  hopCountBlock,
  ipn,
  LOCAL_NODE,
  newBlock,
  type OutgoingBlock,
  type OutgoingBundle,
  type PrimaryBlock,
  payloadOf,
  previousNodeBlock,
} from '../../src/bpv7/index.js';
import { anyEid, anyUInt, bundleErrorOf } from './support.js';

const primary: PrimaryBlock = {
  flags: 0,
  crcType: 2,
  destination: ipn(20, 2),
  source: ipn(10, 1),
  reportTo: ipn(10, 0),
  creationTimeMs: 815_000_000_123,
  sequence: 7,
  lifetimeMs: 3_600_000,
};

function bundleWith(payloadBytes: number): Bundle {
  const payload = Uint8Array.from({ length: payloadBytes }, (_, i) => i & 0xff);
  return {
    primary,
    blocks: [
      newBlock(BLOCK_TYPES.previousNode, 2, encodePreviousNode(ipn(12, 0)), 0, 1),
      newBlock(BLOCK_TYPES.bundleAge, 3, encodeBundleAge(1500)),
      newBlock(BLOCK_TYPES.payload, 1, payload, 0, 2),
    ],
  };
}

describe('forwarding', () => {
  it('carries primary and payload blocks as they came and writes the others afresh', () => {
    const received = encodeBundle(bundleWith(1000));
    const bundle = decodeBundle(received);
    const [previousNode, age, payload] = bundle.blocks;
    const bytes = encodeBundle({
      primary: bundle.primary,
      blocks: [
        { ...previousNode, data: encodePreviousNode(ipn(13, 0)) },
        { ...age, data: encodeBundleAge(70_000) },
        newBlock(BLOCK_TYPES.hopCount, 4, encodeHopCount(30, 1), 0, 2),
        payload,
      ],
    });
    const again = decodeBundle(bytes);
    expect(equalBytes(again.primary.raw as Uint8Array, bundle.primary.raw as Uint8Array)).toBe(true);
    expect(equalBytes(payloadOf(again).raw as Uint8Array, payload.raw as Uint8Array)).toBe(true);
    expect(again.blocks.map((block) => toHex(block.data)).slice(0, 3)).toEqual([
      '8202820d00',
      '1a00011170',
      '82181e01',
    ]);
    expect(again.blocks.map((block) => block.crcType)).toEqual([1, 0, 2, 2]);
  });

  it('keeps bytes that are right but not canonical', () => {
    const bytes = encodeBundle(bundleWith(5));
    const { primary: received, blocks } = decodeBundle(bytes);
    const raw = received.raw as Uint8Array;
    expect(encodePrimary(received)).toEqual(raw);
    const expected = concatBytes([
      bytes.subarray(0, 1 + raw.length),
      encodeBundle({ primary: received, blocks }).subarray(1 + raw.length),
    ]);
    expect(expected).toEqual(bytes);
  });

  it('loses the old bytes with a spread, so that the new fields go out', () => {
    const { primary: received, blocks } = decodeBundle(encodeBundle(bundleWith(5)));
    const changed = decodeBundle(encodeBundle({ primary: { ...received, lifetimeMs: 1 }, blocks }));
    expect(changed.primary.lifetimeMs).toBe(1);
    expect(changed.primary.sequence).toBe(7);
  });
});

describe('views', () => {
  it('are of the input, which stays as it is', () => {
    const bytes = encodeBundle(bundleWith(3000)).slice();
    const copy = bytes.slice();
    const bundle = decodeBundle(bytes);
    expect(bytes).toEqual(copy);
    for (const block of bundle.blocks) {
      expect(block.data.buffer).toBe(bytes.buffer);
      expect(block.raw?.buffer).toBe(bytes.buffer);
    }
    expect(bundle.primary.raw?.buffer).toBe(bytes.buffer);
  });

  it('work in the middle of a larger buffer', () => {
    const bytes = encodeBundle(bundleWith(100));
    const larger = concatBytes([new Uint8Array(33).fill(0xff), bytes, new Uint8Array(9).fill(0xff)]);
    const bundle = decodeBundle(larger.subarray(33, 33 + bytes.length));
    expect(equalBytes(encodeBundle(bundle), bytes)).toBe(true);
    const error = bundleErrorOf(() => decodeBundle(larger.subarray(33, 20 + bytes.length)));
    expect(error.code).toBe('cbor-truncated');
    expect(error.offset).toBeLessThan(bytes.length);
  });

  it('of encoded bundles do not overlap', () => {
    const bundles = Array.from({ length: 300 }, (_, i) => bundleWith((i * 37) % 2300));
    const encoded = bundles.map(encodeBundle);
    const copies = encoded.map((bytes) => bytes.slice());
    encoded.forEach((bytes, i) => {
      expect(equalBytes(bytes, copies[i])).toBe(true);
      expect(bytes.length).toBe(encodedLength(bundles[i]));
      expect(payloadOf(decodeBundle(bytes)).data).toHaveLength((i * 37) % 2300);
    });
  });
});

describe('blocks with their content', () => {
  const payload = newBlock(BLOCK_TYPES.payload, 1, Uint8Array.of(1, 2, 3), 0, 2);

  it('are the bytes of blocks with the data', () => {
    fc.assert(
      fc.property(
        anyEid,
        anyUInt,
        fc.integer({ min: 1, max: 255 }),
        fc.nat(70_000),
        anyUInt,
        fc.constantFrom(0, 1, 2) as fc.Arbitrary<0 | 1 | 2>,
        (node, ageMs, limit, count, flags, crcType) => {
          const withContent: OutgoingBundle = {
            primary,
            blocks: [
              previousNodeBlock(2, node, flags, crcType),
              bundleAgeBlock(3, ageMs, flags, crcType),
              hopCountBlock(4, limit, count, flags, crcType),
              payload,
            ],
          };
          const withData: Bundle = {
            primary,
            blocks: [
              newBlock(BLOCK_TYPES.previousNode, 2, encodePreviousNode(node), flags, crcType),
              newBlock(BLOCK_TYPES.bundleAge, 3, encodeBundleAge(ageMs), flags, crcType),
              newBlock(BLOCK_TYPES.hopCount, 4, encodeHopCount(limit, count), flags, crcType),
              payload,
            ],
          };
          const bytes = encodeBundle(withContent);
          expect(toHex(bytes)).toBe(toHex(encodeBundle(withData)));
          expect(encodedLength(withContent)).toBe(bytes.length);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are copied with another content by a spread', () => {
    const age = bundleAgeBlock(3, 5);
    const bundle = decodeBundle(encodeBundle({ primary, blocks: [{ ...age, content: 300 }, payload] }));
    expect(toHex(bundle.blocks[0].data)).toBe('19012c');
  });

  it('must be standard blocks, with content that has an encoding', () => {
    const encoding = (block: object) => () => encodeBundle({ primary, blocks: [block as OutgoingBlock, payload] });
    expect(encoding({ ...bundleAgeBlock(3, 5), type: 200 })).toThrow('block of type 200');
    expect(encoding({ type: 13, number: 2, flags: 0, crcType: 0 })).toThrow(UsageError);
    expect(encoding(hopCountBlock(4, 256, 0))).toThrow('hop limit 256');
    expect(encoding(bundleAgeBlock(3, -1))).toThrow(UsageError);
    expect(encoding(previousNodeBlock(2, ipn(LOCAL_NODE, 0)))).toThrow(UsageError);
  });
});

describe('into a given buffer', () => {
  it('go the same bytes, where they have just room enough, and no others', () => {
    for (const payloadBytes of [0, 100, 3000]) {
      const bundle = bundleWith(payloadBytes);
      const bytes = encodeBundle(bundle);
      const into = new Uint8Array(bytes.length + 7).fill(0xaa);
      expect(encodeBundleInto(bundle, into, 7)).toBe(into.length);
      expect(equalBytes(into.subarray(7), bytes)).toBe(true);
      expect([...into.subarray(0, 7)]).toEqual(Array(7).fill(0xaa));
      const behind = new Uint8Array(bytes.length + 400).fill(0xaa);
      expect(encodeBundleInto(bundle, behind)).toBe(bytes.length);
      expect(behind.subarray(bytes.length).every((byte) => byte === 0xaa)).toBe(true);
    }
  });

  it('that is too small goes nothing', () => {
    const bundle = bundleWith(10);
    const into = new Uint8Array(encodedLength(bundle) + 1).fill(0xaa);
    for (const at of [2, into.length, into.length + 5]) {
      expect(() => encodeBundleInto(bundle, into, at)).toThrow('are free');
    }
    for (const at of [-1, 0.5, Number.NaN]) expect(() => encodeBundleInto(bundle, into, at)).toThrow(UsageError);
    expect(into.every((byte) => byte === 0xaa)).toBe(true);
  });
});

describe('misuse', () => {
  const encoding = (change: Partial<PrimaryBlock>) => () =>
    encodeBundle({ primary: { ...primary, ...change }, blocks: bundleWith(1).blocks });

  it.each<[string, Partial<PrimaryBlock>]>([
    ['a negative integer', { sequence: -1 }],
    ['a fraction', { lifetimeMs: 0.5 }],
    ['not a number', { creationTimeMs: Number.NaN }],
    ['a number above 2^53-1', { lifetimeMs: 2 ** 53 }],
    ['a bigint above 2^64-1', { lifetimeMs: 2n ** 64n }],
    ['a negative bigint', { flags: -1n }],
    ['the fragment flag without its fields', { flags: 1 }],
    ['the fragment flag with one of its fields', { flags: 1, fragmentOffset: 0 }],
    ['fragment fields without the flag', { fragmentOffset: 0, totalAduLength: 1 }],
    ['a CRC type that there is not', { crcType: 3 as 2 }],
  ])('%s throws a UsageError', (_what, change) => {
    expect(encoding(change)).toThrow(UsageError);
  });

  it('that only breaks a rule between fields is left to the decoder', () => {
    const bytes = encoding({ flags: 0x4002 })();
    expect(() => decodeBundle(bytes)).toThrow(BundleError);
  });
});
