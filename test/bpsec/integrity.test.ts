import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import { UsageError } from '../../src/base/errors.js';
import {
  acceptOperations,
  encryptBundle,
  parseSecurityTarget,
  type SecretKey,
  type SecurityTarget,
  type SignOptions,
  signBundle,
  verifyBundle,
} from '../../src/bpsec/index.js';
import {
  type Bundle,
  decodeBundle,
  decodeSecurityBlock,
  encodeBundle,
  encodeSecurityBlock,
  newBlock,
} from '../../src/bpv7/index.js';
import { AGE, BUNDLE, crypto, HOP, keyOf, NODE, PAYLOAD, PRIMARY, vectors } from './support.js';

const KEY = keyOf(48);
const options = (targets: readonly SecurityTarget[], over: Partial<SignOptions> = {}): SignOptions => ({
  crypto,
  source: NODE,
  targets,
  key: KEY,
  ...over,
});
const recoded = (bundle: Bundle): Bundle => decodeBundle(encodeBundle(bundle));
const statuses = (bundle: Bundle, keys = KEY): string[] =>
  verifyBundle(bundle, { crypto, keys }).operations.map(({ status }) => status);

const anyTargets = fc
  .subarray<SecurityTarget>(['primary', 'payload', { type: 7 }, { block: 3 }], { minLength: 1 })
  .chain((targets) => fc.shuffledSubarray(targets, { minLength: targets.length }));
const anyScope = fc.integer({ min: 0, max: 7 });

describe('a signed bundle', () => {
  it('is verified after its travel, whatever the targets, scope and algorithm', () => {
    fc.assert(
      fc.property(
        anyTargets,
        anyScope,
        fc.constantFrom('HS256', 'HS384', 'HS512'),
        fc.constantFrom(16, 24, 32, undefined),
        (targets, scopeFlags, algorithm, wrap) => {
          const wrappingKey = wrap && keyOf(wrap, 9);
          const keys = wrappingKey ?? KEY;
          const key = wrappingKey === undefined ? KEY : undefined;
          const signed = signBundle(BUNDLE, options(targets, { scopeFlags, algorithm, key, wrappingKey }));
          const received = recoded(signed);
          const { verified, operations } = verifyBundle(received, { crypto, keys });
          expect(verified).toBe(true);
          expect(operations).toHaveLength(targets.length);
          const accepted = recoded(acceptOperations(received, operations));
          expect(accepted.blocks.map(({ type, number }) => [type, number])).toEqual([
            [7, 2],
            [10, 3],
            [1, 1],
          ]);
          expect(accepted.primary.crcType).not.toBe(0);
          for (const { crcType } of accepted.blocks) expect(crcType).not.toBe(0);
        },
      ),
    );
  });

  it('is not verified with any bit flipped in what is covered', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom<SecurityTarget>('payload', { block: 3 }), (bit, target) => {
        const signed = signBundle(BUNDLE, options([target]));
        const number = target === 'payload' ? 1 : 3;
        const blocks = signed.blocks.map((block) => {
          if (block.number !== number) return block;
          const data = block.data.slice();
          data[(bit >> 3) % data.length] ^= 1 << (bit & 7);
          return newBlock(Number(block.type), block.number, data);
        });
        expect(statuses({ primary: signed.primary, blocks })).toEqual(['failed']);
      }),
    );
  });

  it('is not verified with another primary block, header of the target or header of the BIB, where the scope has them', () => {
    for (let scopeFlags = 0; scopeFlags < 8; scopeFlags++) {
      const signed = signBundle(BUNDLE, options(['payload'], { scopeFlags }));
      const [bib, ...rest] = signed.blocks;
      const expected = (flag: number) => [(scopeFlags & flag) === 0 ? 'verified' : 'failed'];
      const primary = { ...PRIMARY, lifetimeMs: 1 };
      expect(statuses({ primary, blocks: signed.blocks })).toEqual(expected(1));
      const flagged = rest.map((block) => (block.number === 1 ? { ...block, flags: 1 } : block));
      expect(statuses({ primary: signed.primary, blocks: [bib, ...flagged] })).toEqual(expected(2));
      expect(statuses({ primary: signed.primary, blocks: [{ ...bib, flags: 1 }, ...rest] })).toEqual(expected(4));
    }
  });

  it('is verified though unassigned block flags changed, and though a CRC came', () => {
    const signed = signBundle(BUNDLE, options(['payload']));
    const blocks = signed.blocks.map((block) => ({ ...block, flags: 0x68, crcType: 1 as const }));
    expect(statuses({ primary: signed.primary, blocks })).toEqual(['verified']);
  });

  it('is not verified under another key, and says where there is none', () => {
    const signed = signBundle(BUNDLE, options(['payload']));
    expect(statuses(signed, keyOf(48, 2))).toEqual(['failed']);
    expect(verifyBundle(signed, { crypto, keys: () => [] }).operations[0].status).toBe('no-key');
    expect(verifyBundle(signed, { crypto, keys: () => [keyOf(48, 2), KEY] }).verified).toBe(true);
    expect(verifyBundle(BUNDLE, { crypto, keys: KEY }).verified).toBe(false);
  });

  it('is verified with the one of several keys that it was made with, whatever the others are', () => {
    const wrapped = signBundle(BUNDLE, options(['payload'], { key: undefined, wrappingKey: keyOf(24) }));
    const verified = (bundle: Bundle, keys: readonly SecretKey[], allowShortKeys = true): boolean =>
      verifyBundle(bundle, { crypto, keys: () => keys, allowShortKeys }).verified;
    expect(verified(wrapped, [keyOf(20), keyOf(16), keyOf(24)])).toBe(true);
    expect(verified(wrapped, [keyOf(20), keyOf(16)])).toBe(false);
    const short = signBundle(BUNDLE, options(['payload'], { key: keyOf(16) }));
    expect(verified(short, [KEY, keyOf(16)])).toBe(true);
    expect(verified(short, [KEY, keyOf(16)], false)).toBe(false);
  });

  it('has no CRC on its targets and keeps the others', () => {
    const signed = signBundle(BUNDLE, options(['primary', 'payload']));
    expect(signed.primary.crcType).toBe(0);
    expect(signed.blocks.map(({ crcType }) => crcType)).toEqual([0, 1, 2, 0]);
    recoded(signed);
  });

  it('keeps the CRC of its primary block where asked, or where other security blocks may cover it', () => {
    const kept = signBundle(BUNDLE, options(['primary'], { keepPrimaryCrc: true }));
    expect(kept.primary.crcType).toBe(1);
    expect(statuses(recoded(kept))).toEqual(['verified']);
    const first = signBundle(BUNDLE, options(['payload']));
    const second = signBundle(first, options(['primary']));
    expect(second.primary.crcType).toBe(1);
    expect(statuses(recoded(second))).toEqual(['verified', 'verified']);
    const forced = signBundle(first, options(['primary'], { keepPrimaryCrc: false }));
    expect(statuses(forced)).toEqual(['verified', 'failed']);
  });

  it('carries a fresh wrapped key each time', () => {
    const wrapping = options(['payload'], { key: undefined, wrappingKey: keyOf(32) });
    expect(toHex(encodeBundle(signBundle(BUNDLE, wrapping)))).not.toBe(
      toHex(encodeBundle(signBundle(BUNDLE, wrapping))),
    );
  });

  it('loses one operation after the other when they are accepted, and the block with the last', () => {
    const signed = signBundle(BUNDLE, options(['primary', 'payload']));
    const only = (wanted: number) => (target: number | bigint) => target === wanted;
    const { operations } = verifyBundle(signed, { crypto, keys: KEY, only: only(1) });
    const half = recoded(acceptOperations(signed, operations));
    expect(decodeSecurityBlock(half.blocks[0].data).targets).toEqual([0]);
    expect(half.blocks[3].crcType).toBe(2);
    expect(statuses(half)).toEqual(['verified']);
    const rest = verifyBundle(half, { crypto, keys: KEY });
    const none = acceptOperations(half, rest.operations, { isDestination: true });
    expect(none.blocks).toHaveLength(3);
    expect(none.primary.crcType).toBe(0);
    expect(recoded(acceptOperations(half, rest.operations)).primary.crcType).toBe(2);
  });

  it('keeps operations that were not verified', () => {
    const signed = signBundle(BUNDLE, options(['payload']));
    const { operations } = verifyBundle(signed, { crypto, keys: keyOf(48, 2) });
    expect(acceptOperations(signed, operations)).toBe(signed);
  });
});

describe('signing is refused', () => {
  const signed = signBundle(BUNDLE, options(['payload']));
  const encrypted = encryptBundle(BUNDLE, {
    crypto,
    vectors: vectors(),
    source: NODE,
    targets: ['payload'],
    key: keyOf(32),
  });
  const fragment: Bundle = {
    primary: { ...PRIMARY, flags: 1, fragmentOffset: 0, totalAduLength: 100 },
    blocks: [PAYLOAD],
  };
  it.each<[string, string, Bundle, SignOptions]>([
    ['of a fragment', 'security-on-fragment', fragment, options(['payload'])],
    ['of a block that is not there', 'security-target', BUNDLE, options([{ block: 9 }])],
    ['of a type that is not there', 'security-target', BUNDLE, options([{ type: 6 }])],
    ['of nothing', 'security-target', BUNDLE, options([])],
    ['of a BIB', 'security-target', signed, options([{ type: 11 }])],
    ['of a BCB', 'security-target', encrypted, options([{ type: 12 }])],
    ['of an encrypted block', 'security-target', encrypted, options(['payload'])],
    ['a second time', 'security-duplicate', signed, options(['payload'])],
    ['without a key', 'security-key', BUNDLE, options(['payload'], { key: undefined })],
    ['with a key below 16 bytes', 'security-key', BUNDLE, options(['payload'], { key: keyOf(15) })],
    ['with a wrapping key of 20 bytes', 'security-key', BUNDLE, options(['payload'], { wrappingKey: keyOf(20) })],
    [
      'with a key that cannot be wrapped',
      'security-key',
      BUNDLE,
      options(['payload'], { key: keyOf(17), wrappingKey: keyOf(16) }),
    ],
    [
      'with a key too long to be wrapped',
      'security-key',
      BUNDLE,
      options(['payload'], { key: keyOf(72), wrappingKey: keyOf(16) }),
    ],
    ['with reserved scope flags', 'security-scope', BUNDLE, options(['payload'], { scopeFlags: 8 })],
    ['with scope flags that are no integer', 'security-scope', BUNDLE, options(['payload'], { scopeFlags: 0.5 })],
    ['under a number in use', 'security-block-number', BUNDLE, options(['payload'], { blockNumber: 2 })],
    ['under number 1', 'security-block-number', BUNDLE, options(['payload'], { blockNumber: 1 })],
    ['from a null source', 'security-block', BUNDLE, options(['payload'], { source: { scheme: 'dtn', ssp: 'none' } })],
  ])('%s', (_, code, bundle, wanted) => {
    try {
      signBundle(bundle, wanted);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(UsageError);
      expect((thrown as UsageError).code).toBe(code);
      return;
    }
    throw new Error('expected a UsageError');
  });
});

describe('a target', () => {
  it('has a text', () => {
    expect(['primary', 'payload', 'block:3', 'type:18'].map(parseSecurityTarget)).toEqual([
      'primary',
      'payload',
      { block: 3 },
      { type: 18 },
    ]);
    expect(parseSecurityTarget('block:18446744073709551615')).toEqual({ block: 2n ** 64n - 1n });
    for (const text of ['', '3', 'block:', 'block:-1', 'block:03', 'type:x', 'Payload', 'block:18446744073709551616']) {
      expect(() => parseSecurityTarget(text), text).toThrow('expected primary, payload, block:NUMBER or type:NUMBER');
    }
  });
});

describe('a BIB from outside', () => {
  const bibOf = (contextId: number, parameters: string[], result: string): Bundle => {
    const data = encodeSecurityBlock({
      targets: [1],
      contextId,
      contextFlags: 1,
      source: NODE,
      parameters: parameters.map((value, i) => ({ id: i === 0 ? 1 : 3, value: fromHex(value) })),
      results: [[{ id: 1, value: fromHex(result) }]],
    });
    return { primary: PRIMARY, blocks: [newBlock(11, 4, data), AGE, HOP, PAYLOAD] };
  };
  it('with a parameter that is there twice is not verified', () => {
    const [bib, ...rest] = signBundle(BUNDLE, options(['payload'])).blocks;
    const content = decodeSecurityBlock(bib.data);
    const parameters = [...content.parameters, content.parameters[0]];
    const data = encodeSecurityBlock({ ...content, parameters });
    expect(statuses({ primary: PRIMARY, blocks: [newBlock(11, bib.number, data), ...rest] })).toEqual(['failed']);
    const unknown = [...content.parameters, { id: 99, value: fromHex('f6') }];
    const passed = encodeSecurityBlock({ ...content, parameters: unknown });
    expect(statuses({ primary: PRIMARY, blocks: [newBlock(11, bib.number, passed), ...rest] })).toEqual(['verified']);
  });

  const MAC = `5820${'00'.repeat(32)}`;
  it.each<[string, Bundle, string]>([
    ['a wrong MAC', bibOf(1, ['05'], MAC), 'failed'],
    ['another context', bibOf(3, ['05'], MAC), 'unknown-context'],
    ['a context of a site', bibOf(-1, ['05'], MAC), 'unknown-context'],
    ['another variant', bibOf(1, ['08'], MAC), 'failed'],
    ['a variant that is text', bibOf(1, ['6135'], MAC), 'failed'],
    ['a variant above 53 bits', bibOf(1, ['1bffffffffffffffff'], MAC), 'failed'],
    ['scope flags above 16 bits', bibOf(1, ['05', '1a00010000'], MAC), 'failed'],
    ['a MAC of another variant', bibOf(1, ['06'], MAC), 'failed'],
    ['a MAC that is no byte string', bibOf(1, ['05'], '05'), 'failed'],
  ])('with %s is not verified', (_, bundle, status) => {
    expect(statuses(recoded(bundle))).toEqual([status]);
  });

  it('is worked on for fewer targets the longer the primary block is that each covers', () => {
    const source = { scheme: 'dtn' as const, ssp: `//n/${'x'.repeat(1_048_576)}` };
    const extra = Array.from({ length: 80 }, (_, i) => newBlock(200, i + 10, new Uint8Array(1)));
    const targets = extra.map(({ number }) => number);
    const results = targets.map(() => [{ id: 1, value: Uint8Array.of(0x40) }]);
    const content = { targets, contextId: 1, contextFlags: 0, source: NODE, parameters: [], results };
    const blocks = [newBlock(11, 2, encodeSecurityBlock(content)), ...extra, PAYLOAD];
    const { operations } = verifyBundle({ primary: { ...PRIMARY, source }, blocks }, { crypto, keys: KEY });
    expect(operations.filter(({ detail }) => detail === 'more security operations than are worked on')).toHaveLength(
      17,
    );
    const unsigned = { primary: { ...PRIMARY, source }, blocks: [...extra, PAYLOAD] };
    expect(() => signBundle(unsigned, options([{ type: 200 }]))).toThrow('at most 63 security operations');
  });

  it('on a fragment is not judged', () => {
    const signed = signBundle(BUNDLE, options(['payload']));
    const primary = { ...signed.primary, flags: 1, fragmentOffset: 0, totalAduLength: 100 };
    expect(statuses({ primary, blocks: signed.blocks })).toEqual(['unreadable']);
  });
});
