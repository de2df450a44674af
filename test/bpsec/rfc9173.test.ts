/** The examples of RFC 9173 appendix A, both ways, from the public operations. */
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import {
  acceptOperations,
  decryptBundle,
  encryptBundle,
  SecretKey,
  signBundle,
  verifyBundle,
  verifyEncryption,
} from '../../src/bpsec/index.js';
import {
  type Bundle,
  type CanonicalBlock,
  decodeBundle,
  encodeBundle,
  encodeBundleAge,
  ipn,
  newBlock,
} from '../../src/bpv7/index.js';
import { loadVectors } from '../bpv7/support.js';
import { crypto, vectors } from './support.js';

interface Example {
  readonly id: string;
  readonly hmac_key: string;
  readonly content_key: string;
  readonly kek: string;
  readonly iv: string;
  readonly original_bundle: string;
  readonly final_bundle: string;
}

const examples = new Map(loadVectors<{ vectors: Example[] }>('rfc9173.json').vectors.map((v) => [v.id, v]));
const example = (id: string): Example => examples.get(id) as Example;
const secret = (hex: string): SecretKey => new SecretKey(fromHex(hex));

const PAYLOAD = newBlock(
  1,
  1,
  Uint8Array.from('Ready to generate a 32-byte payload', (c) => c.charCodeAt(0)),
);
const AGE = newBlock(7, 2, encodeBundleAge(300));

/** Bundle of the examples: no CRC anywhere. */
const plain = (blocks: readonly CanonicalBlock[]): Bundle => ({
  primary: {
    flags: 0,
    crcType: 0,
    destination: ipn(1, 2),
    source: ipn(2, 1),
    reportTo: ipn(2, 1),
    creationTimeMs: 0,
    sequence: 40,
    lifetimeMs: 1_000_000,
  },
  blocks,
});

const hex = (bundle: Bundle | undefined): string => toHex(encodeBundle(bundle as Bundle));

describe('the examples of RFC 9173', () => {
  it('A.1: HMAC 512/512 over the payload', () => {
    const { hmac_key, original_bundle, final_bundle } = example('A.1');
    const original = plain([PAYLOAD]);
    expect(hex(original)).toBe(original_bundle);
    const key = secret(hmac_key);
    const signed = signBundle(original, {
      crypto,
      source: ipn(2, 1),
      targets: ['payload'],
      algorithm: 'HS512',
      scopeFlags: 0,
      key,
    });
    expect(hex(signed)).toBe(final_bundle);
    const { verified, operations } = verifyBundle(signed, { crypto, keys: key });
    expect(verified).toBe(true);
    expect(hex(acceptOperations(signed, operations, { isDestination: true }))).toBe(original_bundle);
  });

  it('A.2: AES-128-GCM over the payload with a wrapped key', () => {
    const { content_key, kek, iv, original_bundle, final_bundle } = example('A.2');
    const sealed = encryptBundle(plain([PAYLOAD]), {
      crypto,
      vectors: vectors(),
      source: ipn(2, 1),
      targets: ['payload'],
      algorithm: 'A128GCM',
      scopeFlags: 0,
      key: secret(content_key),
      wrappingKey: secret(kek),
      iv: fromHex(iv),
    });
    expect(hex(sealed)).toBe(final_bundle);
    const { bundle } = decryptBundle(sealed, { crypto, keys: secret(kek), isDestination: true });
    expect(hex(bundle)).toBe(original_bundle);
  });

  it('A.3: two BIB targets, the primary block among them, and a BCB of another node', () => {
    const { hmac_key, content_key, iv, original_bundle, final_bundle } = example('A.3');
    const encrypt = (bundle: Bundle): Bundle =>
      encryptBundle(bundle, {
        crypto,
        vectors: vectors(),
        source: ipn(2, 1),
        targets: ['payload'],
        algorithm: 'A128GCM',
        scopeFlags: 0,
        key: secret(content_key),
        iv: fromHex(iv),
        blockNumber: 4,
      });
    const sign = (bundle: Bundle): Bundle =>
      signBundle(bundle, {
        crypto,
        source: ipn(3, 0),
        targets: ['primary', { type: 7 }],
        algorithm: 'HS256',
        scopeFlags: 0,
        key: secret(hmac_key),
        blockNumber: 3,
      });
    const original = plain([AGE, PAYLOAD]);
    expect(hex(original)).toBe(original_bundle);
    expect(hex(sign(encrypt(original)))).toBe(final_bundle);
    expect(hex(encrypt(sign(original)))).toBe(final_bundle);
    const received = decodeBundle(fromHex(final_bundle));
    const opened = decryptBundle(received, { crypto, keys: secret(content_key), isDestination: true });
    const { verified, operations } = verifyBundle(opened.bundle as Bundle, { crypto, keys: secret(hmac_key) });
    expect(verified).toBe(true);
    expect(operations.map(({ target }) => target)).toEqual([0, 2]);
    expect(hex(acceptOperations(opened.bundle as Bundle, operations, { isDestination: true }))).toBe(original_bundle);
  });

  it('A.4: a BIB and its target under one BCB, all scope flags', () => {
    const { hmac_key, content_key, iv, original_bundle, final_bundle } = example('A.4');
    const signed = signBundle(plain([PAYLOAD]), {
      crypto,
      source: ipn(2, 1),
      targets: ['payload'],
      key: secret(hmac_key),
      blockNumber: 3,
    });
    const sealed = encryptBundle(signed, {
      crypto,
      vectors: vectors(),
      source: ipn(2, 1),
      targets: ['payload'],
      key: secret(content_key),
      blockNumber: 2,
      unsafeSharedIv: fromHex(iv),
    });
    expect(hex(sealed)).toBe(final_bundle);
    expect(verifyBundle(sealed, { crypto, keys: secret(hmac_key) })).toEqual({ verified: false, operations: [] });
    expect(verifyEncryption(sealed, { crypto, keys: secret(content_key) }).verified).toBe(true);
    const opened = decryptBundle(sealed, { crypto, keys: secret(content_key), isDestination: true });
    const result = verifyBundle(opened.bundle as Bundle, { crypto, keys: secret(hmac_key) });
    expect(result.verified).toBe(true);
    expect(hex(acceptOperations(opened.bundle as Bundle, result.operations, { isDestination: true }))).toBe(
      original_bundle,
    );
  });

  it.each([...examples.values()])('$id: is read leniently, and opened from its bytes', (v) => {
    const received = decodeBundle(fromHex(v.final_bundle), { profile: 'lenient' });
    expect(hex(received)).toBe(v.final_bundle);
    const keys = () => [v.kek, v.content_key].filter((key) => key !== undefined).map(secret);
    const opened = decryptBundle(received, { crypto, keys, isDestination: true }).bundle as Bundle;
    const macKeys = () => [secret(v.hmac_key ?? '')];
    const { operations } = verifyBundle(opened, { crypto, keys: macKeys });
    expect(hex(acceptOperations(opened, operations, { isDestination: true }))).toBe(v.original_bundle);
  });

  it('have keys that are too short by the letter of section 3.3.1', () => {
    const options = { crypto, source: ipn(2, 1), targets: ['payload'], key: secret(example('A.1').hmac_key) } as const;
    expect(() => signBundle(plain([PAYLOAD]), { ...options, allowShortKeys: false })).toThrow('expected 48');
    const signed = signBundle(plain([PAYLOAD]), options);
    const strict = verifyBundle(signed, { crypto, keys: options.key, allowShortKeys: false });
    expect(strict.operations.map(({ status }) => status)).toEqual(['failed']);
  });
});
