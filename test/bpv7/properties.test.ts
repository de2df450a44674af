import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalBytes, fromHex } from '../../src/base/bytes.js';
import {
  type Bundle,
  BundleError,
  decodeAdminRecord,
  decodeBundle,
  encodeBundle,
  encodedLength,
} from '../../src/bpv7/index.js';
import { anyBundle, bundleErrorOf, loadVectors, withoutRaw } from './support.js';

/** Offsets in an encoded bundle that a CRC covers: those of the blocks whose CRC type is not 0. */
function coveredOffsets(bundle: Bundle): [start: number, end: number][] {
  const covered: [number, number][] = [];
  let at = 1;
  for (const block of [bundle.primary, ...bundle.blocks]) {
    const end = at + (block.raw as Uint8Array).length;
    if (block.crcType !== 0) covered.push([at, end]);
    at = end;
  }
  return covered;
}

function decodeOrUndefined(bytes: Uint8Array): Bundle | undefined {
  try {
    return decodeBundle(bytes);
  } catch (thrown) {
    if (thrown instanceof BundleError) return undefined;
    throw thrown;
  }
}

describe('any bundle', () => {
  it('comes back as it went, in the bytes that were foretold', () => {
    fc.assert(
      fc.property(anyBundle, (bundle) => {
        const bytes = encodeBundle(bundle);
        expect(bytes.length).toBe(encodedLength(bundle));
        const before = bytes.slice();
        const decoded = decodeBundle(bytes);
        expect(equalBytes(bytes, before)).toBe(true);
        expect(withoutRaw(decoded)).toEqual(withoutRaw(bundle));
        expect(equalBytes(encodeBundle(decoded), bytes)).toBe(true);
        expect(equalBytes(encodeBundle(withoutRaw(decoded)), bytes)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('is truncated at whatever length it is cut', () => {
    fc.assert(
      fc.property(anyBundle, (bundle) => {
        const bytes = encodeBundle(bundle);
        const step = Math.ceil(bytes.length / 200);
        for (let length = 0; length < bytes.length; length += step) {
          expect(bundleErrorOf(() => decodeBundle(bytes.subarray(0, length))).code).toBe('cbor-truncated');
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is rejected with any bit flipped under a CRC, and elsewhere never read as other bytes', () => {
    fc.assert(
      fc.property(anyBundle, fc.nat(), (bundle, chance) => {
        const bytes = encodeBundle(bundle);
        const covered = coveredOffsets(decodeBundle(bytes));
        for (let k = 0; k < 40; k++) {
          const bit = (chance + k * 7919) % (bytes.length * 8);
          const damaged = bytes.slice();
          damaged[bit >> 3] ^= 1 << (bit & 7);
          const decoded = decodeOrUndefined(damaged);
          if (decoded === undefined) continue;
          expect(covered.some(([start, end]) => bit >> 3 >= start && bit >> 3 < end)).toBe(false);
          expect(equalBytes(encodeBundle(withoutRaw(decoded)), damaged)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('with bytes cut out and put in is a BundleError or a bundle of just these bytes', () => {
    fc.assert(
      fc.property(anyBundle, fc.nat(), fc.nat(9), fc.uint8Array({ maxLength: 9 }), (bundle, place, cut, put) => {
        const bytes = encodeBundle(bundle);
        const at = place % bytes.length;
        const damaged = Uint8Array.from([...bytes.subarray(0, at), ...put, ...bytes.subarray(at + cut)]);
        const decoded = decodeOrUndefined(damaged);
        if (decoded !== undefined) expect(equalBytes(encodeBundle(decoded), damaged)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('any bytes', () => {
  const likely = fc.constantFrom(
    0x9f,
    0xff,
    0x89,
    0x82,
    0x86,
    0x5f,
    0x7f,
    0xbf,
    0x1b,
    0x18,
    0x01,
    0x02,
    0x00,
    0x42,
    0xa1,
    0xcd,
  );

  it('are a bundle or a BundleError', () => {
    const start = fromHex('9f89070001820282140282');
    fc.assert(
      fc.property(fc.boolean(), fc.array(fc.oneof(likely, fc.nat(255)), { maxLength: 80 }), (framed, rest) => {
        decodeOrUndefined(Uint8Array.from(framed ? [...start, ...rest] : rest));
      }),
      { numRuns: 10_000 },
    );
  });

  it('are an administrative record or a BundleError', () => {
    const [{ record }] = loadVectors<{ ccs: { record: string }[] }>('bundles-custody.json').ccs;
    const start = fromHex(record).subarray(0, 5);
    fc.assert(
      fc.property(fc.nat(5), fc.array(fc.oneof(likely, fc.nat(255)), { maxLength: 30 }), (length, rest) => {
        try {
          decodeAdminRecord(Uint8Array.from([...start.subarray(0, length), ...rest]));
        } catch (thrown) {
          if (!(thrown instanceof BundleError) || thrown.code !== 'admin-form') throw thrown;
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
