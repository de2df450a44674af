import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../src/base/bytes.js';
import {
  type Allowance,
  BLOCK_TYPES,
  type Bundle,
  type BundleError,
  type BundleRule,
  CRC_TYPES,
  DTN_NONE,
  decodeBundle,
  decodeBundleAge,
  decodeBundleAt,
  decodeHopCount,
  encodeBundle,
  encodeBundleAge,
  encodeHopCount,
  encodePreviousNode,
  encodeSecurityBlock,
  findBlock,
  ipn,
  LENIENT_ALLOWANCES,
  newBlock,
  type PrimaryBlock,
  payloadOf,
  strictForm,
} from '../../src/bpv7/index.js';
import { anyBundle, bundleErrorOf, loadVectors } from './support.js';

const vectors = loadVectors<{
  valid: { id: string; hex: string }[];
  bad: { id: string; rule: BundleRule; desc: string; hex: string }[];
}>('bundles.json');
const captured = loadVectors<{
  cases: { name: string; hex: string; blocks: { type: number; number: number; data_len: number }[] }[];
}>('bundles-captured.json');

/** The bundle read leniently, and what was let pass. */
function lenient(bytes: Uint8Array): { bundle: Bundle; allowances: Allowance[] } {
  const allowances: Allowance[] = [];
  const bundle = decodeBundle(bytes, { profile: 'lenient', onAllowance: (each) => allowances.push(each) });
  return { bundle, allowances };
}

const codes = (allowances: readonly Allowance[]) => [...new Set(allowances.map(({ code }) => code))];

const primary: PrimaryBlock = {
  flags: 0,
  crcType: CRC_TYPES.crc16,
  destination: ipn(20, 2),
  source: ipn(10, 1),
  reportTo: ipn(10, 0),
  creationTimeMs: 815_000_000_123,
  sequence: 7,
  lifetimeMs: 3_600_000,
};
const payload = newBlock(BLOCK_TYPES.payload, 1, new Uint8Array([1, 2, 3]));

const withHop = (data: Uint8Array, number = 2) => newBlock(BLOCK_TYPES.hopCount, number, data);
const bytesOf = (fields: Partial<PrimaryBlock>, ...extensions: Bundle['blocks']): Uint8Array =>
  encodeBundle({ primary: { ...primary, ...fields }, blocks: [...extensions, payload] });

const definiteFrame = (bytes: Uint8Array): Uint8Array =>
  concatBytes([new Uint8Array([0x82]), bytes.subarray(1, bytes.length - 1)]);
const tagged = (bytes: Uint8Array): Uint8Array => concatBytes([new Uint8Array([0xd9, 0xd9, 0xf7]), bytes]);
/** The bundle with the length of its payload in two bytes. */
const longLength = (bytes: Uint8Array): Uint8Array =>
  fromHex(toHex(bytes).replace('850101000043010203', '85010100005803010203'));

/** A bundle for each rule that the lenient profile lets pass. */
const DEVIATIONS: readonly (readonly [name: string, rule: BundleRule, bytes: Uint8Array])[] = [
  ['a definite-length outer array', 'bundle-not-indefinite-array', definiteFrame(bytesOf({}))],
  ['a tag before the bundle', 'bundle-not-indefinite-array', tagged(bytesOf({}))],
  ['a length in more bytes than it needs', 'cbor-not-shortest', longLength(bytesOf({}))],
  ['a primary block without a CRC', 'primary-crc-missing', bytesOf({ crcType: CRC_TYPES.none })],
  [
    'a fragment that must not be fragmented',
    'primary-fragment-and-no-fragment',
    bytesOf({ flags: 0x05, fragmentOffset: 0, totalAduLength: 10 }),
  ],
  ['an anonymous bundle that may be fragmented', 'primary-anonymous-fragmentable', bytesOf({ source: DTN_NONE })],
  [
    'an anonymous bundle that asks for reports',
    'primary-anonymous-with-report-flags',
    bytesOf({ source: DTN_NONE, flags: 0x4004 }),
  ],
  ['an administrative record that asks for reports', 'primary-admin-with-report-flags', bytesOf({ flags: 0x4002 })],
  [
    'a block that asks for a report in an administrative bundle',
    'block-report-flag-forbidden',
    bytesOf({ flags: 0x02 }, newBlock(200, 2, new Uint8Array(1), 0x02)),
  ],
  [
    'extension blocks with number 0',
    'block-number',
    bytesOf({}, withHop(encodeHopCount(9, 1), 0), newBlock(200, 0, payload.data)),
  ],
  ['creation time 0 without an age', 'age-missing', bytesOf({ creationTimeMs: 0 })],
];

describe('the lenient profile', () => {
  it.each(DEVIATIONS)('lets %s pass and says so', (_, rule, bytes) => {
    expect(bundleErrorOf(() => decodeBundle(bytes)).code).toBe(rule);
    const { bundle, allowances } = lenient(bytes);
    expect(codes(allowances)).toEqual([rule]);
    for (const { section, offset, message } of allowances) {
      expect(section).toMatch(/^RFC /);
      expect(offset).toBeLessThan(bytes.length);
      expect(message).not.toBe('');
    }
    expect(toHex(payloadOf(bundle).data)).toBe('010203');
  });

  it('has a case here for every rule that it lets pass', () => {
    expect(new Set(DEVIATIONS.map(([, rule]) => rule))).toEqual(LENIENT_ALLOWANCES);
  });

  it('says nothing of what the strict profile takes', () => {
    for (const { hex } of vectors.valid) expect(lenient(fromHex(hex)).allowances).toEqual([]);
  });

  it.each(vectors.bad)('names what is wrong with $id ($rule) as the strict one does', ({ hex, rule }) => {
    const strict = bundleErrorOf(() => decodeBundle(fromHex(hex)));
    expect(strict.code).toBe(rule);
    const allowances: Allowance[] = [];
    let broken: string | undefined;
    try {
      decodeBundle(fromHex(hex), { profile: 'lenient', onAllowance: (each) => allowances.push(each) });
    } catch (thrown) {
      broken = (thrown as BundleError).code;
    }
    if (LENIENT_ALLOWANCES.has(rule) && broken === undefined) expect(codes(allowances)).toContain(rule);
    else expect(broken).toBe(rule);
  });

  it('reads the fragments of ION, whose extension blocks have number 0, as they are', () => {
    const fragments = captured.cases.filter(({ name }) => name.startsWith('ion-frag'));
    expect(fragments.length).toBeGreaterThan(0);
    for (const { hex, blocks } of fragments) {
      const { bundle, allowances } = lenient(fromHex(hex));
      expect(codes(allowances)).toEqual(['block-number']);
      expect(allowances).toHaveLength(blocks.length - 1);
      expect(bundle.blocks.map((block) => [block.type, block.number, block.data.length])).toEqual(
        blocks.map((block) => [block.type, block.number, block.data_len]),
      );
      expect(toHex(encodeBundle(bundle))).toBe(hex);
      expect(decodeBundle(encodeBundle(strictForm(bundle))).blocks.map(({ type }) => type)).toEqual(
        blocks.map(({ type }) => type),
      );
    }
  });

  it('still verifies CRCs over the bytes received', () => {
    const bytes = longLength(bytesOf({}));
    bytes[25] ^= 1;
    expect(bundleErrorOf(() => lenient(bytes)).code).toBe('primary-crc-value');
  });

  it('refuses a definite-length array that holds too little, too much, or a break', () => {
    const frame = (head: string, tail = '') => fromHex(head + toHex(bytesOf({})).slice(2, -2) + tail);
    expect(bundleErrorOf(() => lenient(frame('83'))).code).toBe('cbor-truncated');
    expect(bundleErrorOf(() => lenient(frame('81'))).code).toBe('bundle-too-few-blocks');
    expect(bundleErrorOf(() => lenient(fromHex('80'))).code).toBe('bundle-too-few-blocks');
    expect(bundleErrorOf(() => lenient(frame('83', 'ff'))).code).toBe('cbor-unexpected-break');
    expect(bundleErrorOf(() => lenient(frame('9bffffffffffffffff'))).code).toBe('cbor-truncated');
  });
});

describe('the strict form of a bundle that was read leniently', () => {
  const inPrimary = ['primary-crc-missing', 'primary-fragment-and-no-fragment', 'primary-anonymous-fragmentable'];
  inPrimary.push('primary-anonymous-with-report-flags', 'primary-admin-with-report-flags');

  it.each(DEVIATIONS)('of %s is taken by the strict profile, or keeps its primary block', (_, rule, bytes) => {
    const mended = encodeBundle(strictForm(lenient(bytes).bundle));
    if (inPrimary.includes(rule)) expect(bundleErrorOf(() => decodeBundle(mended)).code).toBe(rule);
    else expect(toHex(payloadOf(decodeBundle(mended)).data)).toBe('010203');
  });

  it('is the same object where nothing is to be mended', () => {
    fc.assert(
      fc.property(anyBundle, (bundle) => {
        const decoded = decodeBundle(encodeBundle(bundle));
        expect(strictForm(decoded)).toBe(decoded);
      }),
    );
  });

  it('gives numbers that no block has, and blocks that lack the age their age', () => {
    const { blocks } = strictForm(
      lenient(bytesOf({ creationTimeMs: 0 }, withHop(encodeHopCount(9, 1), 0), newBlock(200, 2, payload.data))).bundle,
    );
    expect(blocks.map(({ type, number }) => [type, number])).toEqual([
      [BLOCK_TYPES.hopCount, 3],
      [200, 2],
      [BLOCK_TYPES.bundleAge, 4],
      [BLOCK_TYPES.payload, 1],
    ]);
  });

  it('gives no number that a security block targets, for in a fragment the target may be missing', () => {
    const content = { contextId: 2, contextFlags: 0, source: ipn(9, 0), parameters: [], results: [[], []] };
    const sealing = newBlock(12, 3, encodeSecurityBlock({ ...content, targets: [2, 1] }), 1);
    const bytes = bytesOf({ flags: 1, fragmentOffset: 5, totalAduLength: 10 }, newBlock(200, 0, payload.data), sealing);
    expect(strictForm(lenient(bytes).bundle).blocks.map(({ number }) => number)).toEqual([4, 3, 1]);
  });

  it('writes the contents that every node reads in canonical CBOR', () => {
    const long = bytesOf(
      {},
      newBlock(BLOCK_TYPES.bundleAge, 2, fromHex('1805')),
      withHop(fromHex('82180901'), 3),
      newBlock(BLOCK_TYPES.previousNode, 4, fromHex('820282180500')),
    );
    const { bundle, allowances } = lenient(long);
    expect(allowances.map(({ code, block }) => [code, block])).toEqual(
      [1, 2, 3].map((at) => ['cbor-not-shortest', at]),
    );
    const mended = decodeBundle(encodeBundle(strictForm(bundle)));
    const data = (type: number) => findBlock(mended, type)?.data as Uint8Array;
    expect(decodeBundleAge(data(BLOCK_TYPES.bundleAge))).toBe(5);
    expect(decodeHopCount(data(BLOCK_TYPES.hopCount))).toEqual({ limit: 9, count: 1 });
    expect(toHex(data(BLOCK_TYPES.previousNode))).toBe(toHex(encodePreviousNode(ipn(5, 0))));
  });
});

describe('bundles one behind the other', () => {
  it('are read in their order, with offsets from the start of all', () => {
    fc.assert(
      fc.property(fc.array(anyBundle, { minLength: 1, maxLength: 4 }), (bundles) => {
        const encoded = bundles.map((bundle) => encodeBundle(bundle));
        const all = concatBytes(encoded);
        let at = 0;
        for (const bytes of encoded) {
          const { bundle, end } = decodeBundleAt(all, at);
          expect(toHex(encodeBundle(bundle))).toBe(toHex(bytes));
          at = end;
        }
        expect(at).toBe(all.length);
      }),
    );
  });

  it('leave the ones before a broken one readable, and say where that is broken', () => {
    const good = bytesOf({});
    const bad = good.slice();
    bad[bad.length - 1] = 0;
    const all = concatBytes([good, bad]);
    expect(bundleErrorOf(() => decodeBundle(all)).code).toBe('bundle-trailing-bytes');
    const { end } = decodeBundleAt(all, 0);
    const error = bundleErrorOf(() => decodeBundleAt(all, end));
    expect([error.code, error.offset]).toEqual(['block-not-array', all.length - 1]);
    const ageless = concatBytes([good, bytesOf({ creationTimeMs: 0 })]);
    expect(bundleErrorOf(() => decodeBundleAt(ageless, end)).offset).toBe(end);
  });
});

describe('a fault behind the primary block', () => {
  const broken = (fields: Partial<PrimaryBlock>) =>
    encodeBundle({
      primary: { ...primary, ...fields },
      blocks: [newBlock(BLOCK_TYPES.bundleAge, 2, encodeBundleAge(1)), withHop(payload.data), payload],
    });

  it('still tells whose bundle it is, where a CRC vouches for that', () => {
    const error = bundleErrorOf(() => decodeBundle(broken({})));
    expect(error.code).toBe('block-number-duplicate');
    expect(error.primary?.sequence).toBe(7);
    expect(error.detail).not.toContain('offset');
    expect(bundleErrorOf(() => decodeBundle(broken({ crcType: CRC_TYPES.none }))).primary).toBeUndefined();
    expect(bundleErrorOf(() => decodeBundle(fromHex('9f89'))).primary).toBeUndefined();
  });
});
