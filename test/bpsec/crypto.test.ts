import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import { nodeSecurityCrypto as crypto } from '../../src/bpsec/crypto.node.js';

const KEY_DATA = '00112233445566778899aabbccddeeff';

describe("Node's cryptography", () => {
  // RFC 3394 sections 4.1 to 4.3
  it.each([
    ['000102030405060708090a0b0c0d0e0f', '1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5'],
    ['000102030405060708090a0b0c0d0e0f1011121314151617', '96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d'],
    [
      '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      '64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7',
    ],
  ])('wraps keys under %s as RFC 3394 does', (wrappingKey, wrapped) => {
    expect(toHex(crypto.wrapKey(fromHex(wrappingKey), fromHex(KEY_DATA)))).toBe(wrapped);
    expect(toHex(crypto.unwrapKey(fromHex(wrappingKey), fromHex(wrapped)) as Uint8Array)).toBe(KEY_DATA);
    const damaged = fromHex(wrapped);
    damaged[3] ^= 1;
    expect(crypto.unwrapKey(fromHex(wrappingKey), damaged)).toBeUndefined();
    for (const length of [0, 8, 16, 23]) {
      expect(crypto.unwrapKey(fromHex(wrappingKey), damaged.subarray(0, length))).toBeUndefined();
    }
  });

  // RFC 4231 section 4.3
  it.each([
    [5, '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
    [6, 'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649'],
    [
      7,
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    ],
  ] as const)('makes the MACs of RFC 4231, variant %i', (variant, mac) => {
    const text = (words: string) => Uint8Array.from(words, (c) => c.charCodeAt(0));
    const parts = [text('what do ya want '), new Uint8Array(0), text('for nothing?')];
    expect(toHex(crypto.hmac(variant, text('Jefe'), parts))).toBe(mac);
  });

  it('seals and opens, with additional data in several parts', () => {
    const key = crypto.randomBytes(32);
    const iv = crypto.randomBytes(12);
    const parts = [fromHex('00'), fromHex('0102'), new Uint8Array(0)];
    const sealed = crypto.seal(key, iv, parts, fromHex('c0ffee'));
    expect(toHex(crypto.open(key, iv, [fromHex('000102')], sealed) as Uint8Array)).toBe('c0ffee');
    expect(crypto.open(key, iv, [fromHex('0001')], sealed)).toBeUndefined();
    expect(crypto.open(key, iv, parts, { ...sealed, tag: sealed.tag.subarray(0, 15) })).toBeUndefined();
    expect(toHex(crypto.open(key, iv, [], crypto.seal(key, iv, [], new Uint8Array(0))) as Uint8Array)).toBe('');
  });

  it('compares bytes of different lengths without throwing', () => {
    expect(crypto.equal(fromHex('01'), fromHex('0102'))).toBe(false);
    expect(crypto.equal(fromHex('0102'), fromHex('0102'))).toBe(true);
    expect(crypto.equal(fromHex('0103'), fromHex('0102'))).toBe(false);
  });
});
