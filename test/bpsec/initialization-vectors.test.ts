import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import { UsageError } from '../../src/base/errors.js';
import { InitializationVectors, MAX_REMEMBERED_VECTORS } from '../../src/bpsec/index.js';
import { crypto, cryptoWith, keyOf } from './support.js';

const A = fromHex('a1a2a3a4a5a6a7a8');
const B = fromHex('b1b2b3b4b5b6b7b8');
const KEY = keyOf(16).reveal();

describe('initialization vectors', () => {
  it('are an incarnation and a counter', () => {
    const vectors = new InitializationVectors(cryptoWith([A]));
    expect(toHex(vectors.next())).toBe('a1a2a3a4a5a6a7a800000000');
    expect(toHex(vectors.next())).toBe('a1a2a3a4a5a6a7a800000001');
  });

  it('differ after a restart, though the counter starts again', () => {
    const made = new Set<string>();
    for (let start = 0; start < 50; start++) {
      const vectors = new InitializationVectors(crypto);
      for (let i = 0; i < 20; i++) made.add(toHex(vectors.next()));
    }
    expect(made.size).toBe(1000);
  });

  it('get a new incarnation before the counter would repeat', () => {
    const vectors = new InitializationVectors(cryptoWith([A, B]), 0xffff_fffe);
    expect([vectors.next(), vectors.next(), vectors.next(), vectors.next()].map(toHex)).toEqual([
      'a1a2a3a4a5a6a7a8fffffffe',
      'a1a2a3a4a5a6a7a8ffffffff',
      'b1b2b3b4b5b6b7b800000000',
      'b1b2b3b4b5b6b7b800000001',
    ]);
  });

  it('of a caller are taken once under a key', () => {
    const vectors = new InitializationVectors(crypto);
    const iv = fromHex('0102030405060708090a0b0c');
    vectors.claim(KEY, iv);
    vectors.claim(keyOf(16, 2).reveal(), iv);
    expect(() => vectors.claim(KEY, iv)).toThrow(UsageError);
    expect(() => vectors.claim(KEY, iv)).toThrow('used before');
  });

  it('of a caller may not lie among those made here, those of old incarnations too', () => {
    const vectors = new InitializationVectors(cryptoWith([A, B]), 0xffff_ffff);
    vectors.next();
    vectors.next();
    for (const own of ['a1a2a3a4a5a6a7a800000001', 'b1b2b3b4b5b6b7b8ffffffff', 'a1a2a3a4a5a6a7a8']) {
      expect(() => vectors.claim(KEY, fromHex(own)), own).toThrow('used before');
    }
  });

  it('of callers are refused when no more can be remembered, and none is forgotten', () => {
    const vectors = new InitializationVectors(crypto);
    const iv = new Uint8Array(12);
    const view = new DataView(iv.buffer);
    for (let i = 0; i < MAX_REMEMBERED_VECTORS; i++) {
      view.setUint32(0, i);
      vectors.claim(KEY, iv);
    }
    view.setUint32(0, MAX_REMEMBERED_VECTORS);
    expect(() => vectors.claim(KEY, iv)).toThrow('too many');
    view.setUint32(0, 0);
    expect(() => vectors.claim(KEY, iv)).toThrow('used before');
    expect(vectors.next()).toHaveLength(12);
  });
});
