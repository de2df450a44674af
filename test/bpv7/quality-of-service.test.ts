import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import {
  decodeIonQualityOfService,
  encodeIonQualityOfService,
  type IonQualityOfService,
  MAX_UINT64,
  uintOf,
} from '../../src/bpv7/index.js';
import { bundleErrorOf } from './support.js';

describe("ION's quality of service block", () => {
  // [flags, class, ordinal, data label], as qos_serialize of ION 4.1 writes it.
  const vectors: [hex: string, content: IonQualityOfService][] = [
    ['8400010000', { flags: 0, serviceClass: 1, ordinal: 0, dataLabel: 0 }],
    ['84010218fe00', { flags: 1, serviceClass: 2, ordinal: 254, dataLabel: 0 }],
    ['840400001a00010000', { flags: 4, serviceClass: 0, ordinal: 0, dataLabel: 65_536 }],
  ];

  it.each(vectors)('is read and written: %s', (hex, content) => {
    expect(decodeIonQualityOfService(fromHex(hex))).toEqual(content);
    expect(toHex(encodeIonQualityOfService(content))).toBe(hex);
  });

  it('comes back for every content', () => {
    const uint = fc.bigInt(0n, BigInt(MAX_UINT64)).map(uintOf);
    const contents = fc.record({ flags: uint, serviceClass: uint, ordinal: uint, dataLabel: uint });
    fc.assert(
      fc.property(contents, (content) => {
        expect(decodeIonQualityOfService(encodeIonQualityOfService(content))).toEqual(content);
      }),
    );
  });

  it.each(['80', '83000100', '850001000000', '8420010000', '840001000000', '01', ''])('is refused as %s', (hex) => {
    expect(bundleErrorOf(() => decodeIonQualityOfService(fromHex(hex))).code).toBe('qos-form');
  });
});
