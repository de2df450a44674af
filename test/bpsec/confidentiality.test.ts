import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.js';
import { UsageError } from '../../src/base/errors.js';
import {
  acceptOperations,
  decryptBundle,
  type EncryptOptions,
  encryptBundle,
  type SecurityTarget,
  signBundle,
  verifyBundle,
  verifyEncryption,
} from '../../src/bpsec/index.js';
import {
  type Bundle,
  BundleError,
  decodeBundle,
  decodeSecurityBlock,
  encodeBundle,
  encodeSecurityBlock,
  newBlock,
  payloadOf,
} from '../../src/bpv7/index.js';
import { BUNDLE, crypto, HOP, keyOf, NODE, PAYLOAD, PRIMARY, vectors } from './support.js';

const KEY = keyOf(32);
const MAC_KEY = keyOf(48);
const VECTORS = vectors();
const options = (targets: readonly SecurityTarget[], over: Partial<EncryptOptions> = {}): EncryptOptions => ({
  crypto,
  vectors: VECTORS,
  source: NODE,
  targets,
  key: KEY,
  ...over,
});
const signing = (targets: readonly SecurityTarget[], scopeFlags = 7) => ({
  crypto,
  source: NODE,
  targets,
  key: MAC_KEY,
  scopeFlags,
});
const recoded = (bundle: Bundle): Bundle => decodeBundle(encodeBundle(bundle));
const types = (bundle: Bundle): (number | bigint)[] => bundle.blocks.map(({ type }) => type);
const contents = (bundle: Bundle): string[] =>
  bundle.blocks.map(({ type, number, data }) => `${type} ${number} ${toHex(data)}`);

const anyTargets = fc.shuffledSubarray<SecurityTarget>(['payload', { type: 7 }, { block: 3 }], { minLength: 1 });

describe('an encrypted bundle', () => {
  it('comes back as it was, whatever the targets, scope and algorithm', () => {
    fc.assert(
      fc.property(
        anyTargets,
        fc.integer({ min: 0, max: 7 }),
        fc.constantFrom('A128GCM', 'A256GCM'),
        fc.option(fc.constantFrom(16, 24, 32)),
        (targets, scopeFlags, algorithm, wrap) => {
          const key = wrap === null ? keyOf(algorithm === 'A128GCM' ? 16 : 32) : undefined;
          const wrappingKey = wrap === null ? undefined : keyOf(wrap, 7);
          const sealed = recoded(encryptBundle(BUNDLE, options(targets, { scopeFlags, algorithm, key, wrappingKey })));
          expect(types(sealed).filter((type) => type === 12)).toHaveLength(targets.length);
          const keys = (key ?? wrappingKey) as NonNullable<typeof key>;
          expect(verifyEncryption(sealed, { crypto, keys }).verified).toBe(true);
          const { bundle, decrypted } = decryptBundle(sealed, { crypto, keys });
          expect(decrypted).toBe(true);
          expect(contents(recoded(bundle as Bundle))).toEqual(contents(BUNDLE));
          for (const { crcType } of (bundle as Bundle).blocks) expect(crcType).not.toBe(0);
        },
      ),
    );
  });

  it('uses no initialization vector twice', () => {
    const used = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const signed = signBundle(BUNDLE, signing(['payload']));
      const sealed = encryptBundle(signed, options(['payload', { type: 7 }]));
      for (const { type, data } of sealed.blocks) {
        if (type === 12) used.add(toHex(decodeSecurityBlock(data).parameters[0].value));
      }
    }
    expect(used.size).toBe(60);
  });

  it('may have the tag behind the ciphertext', () => {
    const sealed = encryptBundle(BUNDLE, options(['payload'], { scopeFlags: 3 }));
    const [bcb, ...rest] = sealed.blocks;
    const hex = toHex(bcb.data);
    const tag = hex.slice(-32);
    expect(hex.slice(-42, -32)).toBe('8181820150');
    const bare = Uint8Array.from(Buffer.from(`${hex.slice(0, -42)}8180`, 'hex'));
    const payload = payloadOf(sealed);
    const tagged = Uint8Array.from([...payload.data, ...Buffer.from(tag, 'hex')]);
    const blocks = [newBlock(12, bcb.number, bare, 1), ...rest.slice(0, -1), newBlock(1, 1, tagged)];
    const { bundle } = decryptBundle(recoded({ primary: sealed.primary, blocks }), { crypto, keys: KEY });
    expect(contents(bundle as Bundle)).toEqual(contents(BUNDLE));
  });

  it('is discarded where its payload cannot be decrypted', () => {
    const sealed = encryptBundle(BUNDLE, options(['payload']));
    const result = decryptBundle(sealed, { crypto, keys: keyOf(32, 2) });
    expect(result.bundle).toBeUndefined();
    expect(result.decrypted).toBe(false);
    expect(result.operations[0].detail).toContain('tag');
  });

  it('loses another block that cannot be decrypted, with the operations over it', () => {
    const signed = signBundle(BUNDLE, signing(['primary', { block: 3 }], 3));
    const sealed = encryptBundle(signed, options([{ block: 3 }]));
    const blocks = sealed.blocks.map((block) => (block.number === 3 ? newBlock(10, 3, new Uint8Array(3)) : block));
    const { bundle, decrypted } = decryptBundle({ primary: sealed.primary, blocks }, { crypto, keys: KEY });
    expect(decrypted).toBe(false);
    const left = recoded(bundle as Bundle);
    expect(left.blocks.map(({ number }) => number)).not.toContain(3);
    expect(types(left)).toEqual([11, 7, 1]);
    expect(decodeSecurityBlock(left.blocks[0].data).targets).toEqual([0]);
    expect(verifyBundle(left, { crypto, keys: MAC_KEY }).verified).toBe(true);
  });

  it('gets a CRC on its primary block where the BIB that may cover it does not decrypt', () => {
    const bare = { primary: { ...PRIMARY, crcType: 0 as const }, blocks: BUNDLE.blocks };
    const sealed = encryptBundle(signBundle(bare, signing(['payload'])), options(['payload']));
    const blocks = sealed.blocks.map((block) =>
      block.type === 11 ? newBlock(11, block.number, new Uint8Array(90)) : block,
    );
    const { bundle } = decryptBundle({ primary: sealed.primary, blocks }, { crypto, keys: KEY, isDestination: true });
    expect(types(recoded(bundle as Bundle))).toEqual([7, 10, 1]);
  });

  it('stays as it is where there is no key', () => {
    const sealed = encryptBundle(BUNDLE, options(['payload']));
    const { bundle, operations } = decryptBundle(sealed, { crypto, keys: () => [] });
    expect(bundle).toEqual(sealed);
    expect(operations[0].status).toBe('no-key');
  });

  it('is not decrypted with any bit flipped', () => {
    fc.assert(
      fc.property(fc.nat(), (bit) => {
        const sealed = encryptBundle(BUNDLE, options(['payload']));
        const blocks = sealed.blocks.map((block) => {
          if (block.type !== 1 && block.type !== 12) return block;
          const data = block.data.slice();
          if (block.type === (bit % 2 === 0 ? 1 : 12)) data[(bit >> 4) % data.length] ^= 1 << ((bit >> 1) & 7);
          return newBlock(Number(block.type), block.number, data, block.flags);
        });
        try {
          const { decrypted, bundle } = decryptBundle({ primary: sealed.primary, blocks }, { crypto, keys: KEY });
          // A flip in the security source alone is not covered by the tag.
          if (decrypted) expect(contents(bundle as Bundle)).toEqual(contents(BUNDLE));
        } catch (thrown) {
          if (!(thrown instanceof BundleError)) throw thrown;
        }
      }),
    );
  });

  it('is not decrypted under another primary block or header, where the scope has them', () => {
    for (let scopeFlags = 0; scopeFlags < 8; scopeFlags++) {
      const sealed = encryptBundle(BUNDLE, options(['payload'], { scopeFlags }));
      const opens = (bundle: Bundle) => decryptBundle(bundle, { crypto, keys: KEY }).decrypted;
      expect(opens({ primary: { ...PRIMARY, sequence: 8 }, blocks: sealed.blocks })).toBe((scopeFlags & 1) === 0);
      const flagged = (type: number) =>
        sealed.blocks.map((block) => (block.type === type ? { ...block, flags: 0x05 } : block));
      expect(opens({ primary: PRIMARY, blocks: flagged(1) })).toBe((scopeFlags & 2) === 0);
      expect(opens({ primary: PRIMARY, blocks: flagged(12) })).toBe((scopeFlags & 4) === 0);
    }
  });

  it('loses a standard block whose plaintext is malformed', () => {
    const broken = { primary: PRIMARY, blocks: [newBlock(10, 3, Uint8Array.of(0xff)), PAYLOAD] };
    const sealed = recoded(encryptBundle(broken, options([{ block: 3 }])));
    const { bundle, operations } = decryptBundle(sealed, { crypto, keys: KEY });
    expect(operations[0].status).toBe('failed');
    expect(types(bundle as Bundle)).toEqual([1]);
  });
});

describe('a bundle that is signed and then encrypted', () => {
  const CHOICES: readonly SecurityTarget[] = ['primary', 'payload', { block: 2 }, { block: 3 }];
  it('decodes strictly after each step and is verified in the end, in all combinations of targets', () => {
    for (let s = 1; s < 16; s++) {
      for (let e = 1; e < 8; e++) {
        const toSign = CHOICES.filter((_, i) => (s >> i) & 1);
        const toEncrypt = CHOICES.slice(1).filter((_, i) => (e >> i) & 1);
        const signed = recoded(signBundle(BUNDLE, signing(toSign, 3)));
        const sealed = recoded(encryptBundle(signed, options(toEncrypt)));
        const opened = decryptBundle(sealed, { crypto, keys: KEY });
        expect(opened.decrypted, `${s} ${e}`).toBe(true);
        const plain = recoded(opened.bundle as Bundle);
        const { verified, operations } = verifyBundle(plain, { crypto, keys: MAC_KEY });
        expect(verified, `${s} ${e}`).toBe(true);
        expect(operations).toHaveLength(toSign.length);
        expect(contents(recoded(acceptOperations(plain, operations)))).toEqual(contents(BUNDLE));
      }
    }
  });

  it('has a BIB encrypted with its target, under a BCB of its own', () => {
    const sealed = recoded(encryptBundle(signBundle(BUNDLE, signing(['payload'])), options(['payload'])));
    expect(types(sealed)).toEqual([11, 12, 12, 7, 10, 1]);
    expect(verifyBundle(sealed, { crypto, keys: MAC_KEY }).operations).toEqual([]);
    const { bundle } = decryptBundle(sealed, { crypto, keys: KEY });
    expect(verifyBundle(bundle as Bundle, { crypto, keys: MAC_KEY }).verified).toBe(true);
  });

  it('has a BIB split where only some of its targets are encrypted', () => {
    const signed = signBundle(BUNDLE, signing(['primary', 'payload', { block: 2 }], 3));
    const sealed = recoded(encryptBundle(signed, options(['payload'])));
    expect(types(sealed)).toEqual([11, 11, 12, 12, 7, 10, 1]);
    const clear = verifyBundle(sealed, { crypto, keys: MAC_KEY });
    expect(clear.operations.map(({ target, status }) => [target, status])).toEqual([
      [0, 'verified'],
      [2, 'verified'],
    ]);
  });

  it('is refused where the split would break the MACs', () => {
    const signed = signBundle(BUNDLE, signing(['primary', 'payload']));
    expect(() => encryptBundle(signed, options(['payload']))).toThrow('cannot be split');
    const foreign = {
      targets: [0, 1],
      contextId: -7,
      contextFlags: 0,
      source: NODE,
      parameters: [],
      results: [[], []],
    };
    const unknown = { ...BUNDLE, blocks: [newBlock(11, 9, encodeSecurityBlock(foreign)), ...BUNDLE.blocks] };
    expect(() => encryptBundle(unknown, options(['payload']))).toThrow('cannot be split');
    const flagless = { ...foreign, contextFlags: 1, parameters: [{ id: 3, value: Uint8Array.of(0) }] };
    const misread = { ...BUNDLE, blocks: [newBlock(11, 9, encodeSecurityBlock(flagless)), ...BUNDLE.blocks] };
    expect(() => encryptBundle(misread, options(['payload']))).toThrow('cannot be split');
  });
});

describe('encrypting is refused', () => {
  const sealed = encryptBundle(BUNDLE, options(['payload']));
  const signed = signBundle(BUNDLE, signing(['payload']));
  const fragment: Bundle = {
    primary: { ...PRIMARY, flags: 1, fragmentOffset: 0, totalAduLength: 100 },
    blocks: [HOP, PAYLOAD],
  };
  const iv = Uint8Array.from({ length: 12 }, (_, i) => i);
  it.each<[string, string, Bundle, EncryptOptions]>([
    ['of a fragment', 'security-on-fragment', fragment, options(['payload'])],
    ['of the primary block', 'security-target', BUNDLE, options(['primary'])],
    ['of a missing block', 'security-target', BUNDLE, options([{ block: 9 }])],
    ['of a BIB', 'security-target', signed, options(['payload', { type: 11 }])],
    ['of a BCB', 'security-target', sealed, options([{ type: 12 }])],
    ['a second time', 'security-duplicate', sealed, options(['payload'])],
    ['with a key of the wrong length', 'security-key', BUNDLE, options(['payload'], { key: keyOf(16) })],
    ['with a vector too short', 'security-iv', BUNDLE, options(['payload'], { iv: iv.subarray(0, 7) })],
    ['with one vector for two BCBs', 'security-iv', BUNDLE, options(['payload', { block: 3 }], { iv })],
    ['with one vector for a BIB too', 'security-iv', signed, options(['payload'], { iv })],
    ['with reserved scope flags', 'security-scope', BUNDLE, options(['payload'], { scopeFlags: 8 })],
    ['under a number in use', 'security-block-number', BUNDLE, options(['payload'], { blockNumber: 3 })],
  ])('%s', (_, code, bundle, wanted) => {
    try {
      encryptBundle(bundle, wanted);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(UsageError);
      expect((thrown as UsageError).code).toBe(code);
      return;
    }
    throw new Error('expected a UsageError');
  });

  it('with a vector of your own a second time', () => {
    const own = options(['payload'], { iv, vectors: vectors() });
    encryptBundle(BUNDLE, own);
    expect(() => encryptBundle(BUNDLE, own)).toThrow('used before');
    encryptBundle(BUNDLE, { ...own, key: keyOf(32, 2) });
    encryptBundle(BUNDLE, { ...own, iv: undefined, unsafeSharedIv: iv });
  });
});

describe('bundles with hostile security blocks', () => {
  it('give outcomes or a BundleError, and nothing else', () => {
    const signed = signBundle(BUNDLE, signing(['primary', 'payload']));
    const sealed = encryptBundle(signBundle(BUNDLE, signing(['payload'])), options(['payload', { block: 2 }]));
    fc.assert(
      fc.property(
        fc.constantFrom(signed, sealed),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (bundle, changes) => {
          const blocks = bundle.blocks.map((block) => {
            if (block.type !== 11 && block.type !== 12) return block;
            const data = block.data.slice();
            for (const [at, value] of changes) data[at % data.length] = value;
            return newBlock(Number(block.type), block.number, data, block.flags);
          });
          try {
            const hostile = { primary: bundle.primary, blocks };
            const { bundle: left } = decryptBundle(hostile, { crypto, keys: KEY });
            if (left !== undefined) verifyBundle(left, { crypto, keys: MAC_KEY });
          } catch (thrown) {
            if (!(thrown instanceof BundleError)) throw thrown;
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
