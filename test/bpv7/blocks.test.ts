import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import { UsageError } from '../../src/base/errors.js';
import {
  decodeBundleAge,
  decodeCustodyBlock,
  decodeHopCount,
  decodePreviousNode,
  eidToString,
  encodeBundleAge,
  encodeCustodyBlock,
  encodeHopCount,
  type UInt,
  uintOf,
} from '../../src/bpv7/index.js';
import { anyEid, anyUInt, bundleErrorOf, loadVectors } from './support.js';

describe('bundle age', () => {
  it('of any length of time comes back', () => {
    fc.assert(
      fc.property(anyUInt, (ageMs) => {
        expect(decodeBundleAge(encodeBundleAge(ageMs))).toBe(ageMs);
      }),
    );
  });
});

describe('an integer', () => {
  const FORMS: [value: UInt, hex: string][] = [
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [255, '18ff'],
    [256, '190100'],
    [65_535, '19ffff'],
    [65_536, '1a00010000'],
    [4_294_967_295, '1affffffff'],
    [4_294_967_296, '1b0000000100000000'],
    [9_007_199_254_740_991, '1b001fffffffffffff'],
    [9_007_199_254_740_992n, '1b0020000000000000'],
    [18_446_744_073_709_551_615n, '1bffffffffffffffff'],
  ];

  it.each(FORMS)('%s has the form %s', (value, hex) => {
    expect(toHex(encodeBundleAge(value))).toBe(hex);
    expect(toHex(encodeBundleAge(BigInt(value)))).toBe(hex);
    expect(uintOf(BigInt(value))).toBe(value);
    expect(decodeBundleAge(fromHex(hex))).toBe(value);
  });

  it.each(['1817', '1900ff', '1a0000ffff', '1b00000000ffffffff'])('in the long form %s is rejected', (hex) => {
    const error = bundleErrorOf(() => decodeBundleAge(fromHex(hex)));
    expect(error.code).toBe('age-form');
    expect(error.message).toMatch(/\d+ in \d bytes/);
  });
});

describe('hop count', () => {
  it('comes back', () => {
    expect(toHex(encodeHopCount(32, 3))).toBe('82182003');
    expect(decodeHopCount(fromHex('82182003'))).toEqual({ limit: 32, count: 3 });
  });

  it('above all numbers reads as the greatest', () => {
    expect(decodeHopCount(fromHex('82051bffffffffffffffff'))).toEqual({ limit: 5, count: Number.MAX_SAFE_INTEGER });
  });

  it('needs a limit from 1 to 255', () => {
    for (const limit of [0, 256, Number.NaN]) expect(() => encodeHopCount(limit, 0)).toThrow(UsageError);
    expect(bundleErrorOf(() => decodeHopCount(fromHex('82190100 00'))).code).toBe('hop-limit-range');
  });
});

describe('custody transfer block', () => {
  const { cteb } = loadVectors<{ cteb: { btsd: string; seqNum: number; seqId: number; custodian: string }[] }>(
    'bundles-custody.json',
  );

  it.each(cteb)('$btsd', ({ btsd, seqNum, seqId, custodian }) => {
    const custody = decodeCustodyBlock(fromHex(btsd));
    expect([custody.sequence, custody.sequenceId, eidToString(custody.custodian)]).toEqual([seqNum, seqId, custodian]);
    expect(toHex(encodeCustodyBlock(custody))).toBe(btsd);
  });

  it('with any content comes back', () => {
    fc.assert(
      fc.property(anyUInt, anyUInt, anyEid, (sequence, sequenceId, custodian) => {
        const custody = { sequence, sequenceId, custodian };
        expect(decodeCustodyBlock(encodeCustodyBlock(custody))).toEqual(custody);
      }),
    );
  });

  it.each([
    ['two items', '820701'],
    ['four items', '8407018202820a0000'],
    ['the custodian as text', '8307016869706e3a31302e30'],
    ['a negative number', '8326018202820a00'],
    ['a byte too many', '8307018202820a0000'],
    ['nothing', ''],
  ])('with %s is rejected', (_what, hex) => {
    expect(bundleErrorOf(() => decodeCustodyBlock(fromHex(hex))).code).toBe('custody-form');
  });
});

describe('cut content', () => {
  it('is rejected under the rule of its block', () => {
    for (const hex of ['', '82', '8202', '820282', '82028214']) {
      expect(bundleErrorOf(() => decodePreviousNode(fromHex(hex))).code).toBe('prev-node-form');
    }
    for (const hex of ['', '18', '1901'])
      expect(bundleErrorOf(() => decodeBundleAge(fromHex(hex))).code).toBe('age-form');
    for (const hex of ['', '82', '8205'])
      expect(bundleErrorOf(() => decodeHopCount(fromHex(hex))).code).toBe('hop-form');
  });
});
