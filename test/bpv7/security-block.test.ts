import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import { UsageError } from '../../src/base/errors.js';
import {
  type AbstractSecurityBlock,
  BUNDLE_RULES,
  type Bundle,
  BundleError,
  type BundleRule,
  type CanonicalBlock,
  decodeBundle,
  decodeSecurityBlock,
  encodeBundle,
  encodeHopCount,
  encodeSecurityBlock,
  ipn,
  newBlock,
  type PrimaryBlock,
  securityCoverOf,
} from '../../src/bpv7/index.js';
import { anyUInt, bundleErrorOf } from './support.js';

const PRIMARY: PrimaryBlock = {
  flags: 0,
  crcType: 1,
  destination: ipn(20, 2),
  source: ipn(10, 1),
  reportTo: ipn(10, 0),
  creationTimeMs: 815_000_000_123,
  sequence: 7,
  lifetimeMs: 3_600_000,
};

const FRAGMENT: PrimaryBlock = { ...PRIMARY, flags: 1, fragmentOffset: 10, totalAduLength: 100 };
const FIRST_FRAGMENT: PrimaryBlock = { ...FRAGMENT, fragmentOffset: 0 };

const SOURCE = '8202820a01';
const SOME_HEX = `8101018201${SOURCE}`;

const asb = (targets: readonly number[], over: Partial<AbstractSecurityBlock> = {}): Uint8Array =>
  encodeSecurityBlock({
    targets,
    contextId: 1,
    contextFlags: 0,
    source: ipn(10, 1),
    parameters: [],
    results: targets.map(() => []),
    ...over,
  });

const bib = (number: number, data: Uint8Array | string | readonly number[], flags = 0): CanonicalBlock =>
  newBlock(11, number, contentOf(data), flags);
const bcb = (number: number, data: Uint8Array | string | readonly number[], flags = 1): CanonicalBlock =>
  newBlock(12, number, contentOf(data), flags);
const hop = (number: number): CanonicalBlock => newBlock(10, number, encodeHopCount(9, 1));
const ciphertext = (type: number, number: number): CanonicalBlock => newBlock(type, number, fromHex('00ff'));
const PAYLOAD = newBlock(1, 1, fromHex('68656c6c6f'), 0, 1);

function contentOf(data: Uint8Array | string | readonly number[]): Uint8Array {
  if (typeof data === 'string') return fromHex(data);
  return data instanceof Uint8Array ? data : asb(data);
}

function decoded(blocks: readonly CanonicalBlock[], primary = PRIMARY): Bundle {
  return decodeBundle(encodeBundle({ primary, blocks: [...blocks, PAYLOAD] }));
}

const broken: [rule: BundleRule, what: string, blocks: readonly CanonicalBlock[], primary?: PrimaryBlock][] = [
  ['sec-asb-form', 'one array instead of a sequence', [bib(2, `868101010080${SOURCE}8180`)]],
  ['sec-asb-form', 'empty data', [bib(2, '')]],
  ['sec-asb-form', 'empty data of a BCB', [bcb(2, '')]],
  ['sec-asb-form', 'targets that are no array', [bib(2, `010100${SOURCE}8180`)]],
  ['sec-asb-form', 'a negative target', [bib(2, `81200100${SOURCE}8180`)]],
  ['sec-asb-form', 'a target that is not in the shortest form', [bib(2, `8118010100${SOURCE}8180`)]],
  ['sec-asb-form', 'targets that end in the middle', [bib(2, '8201')]],
  ['sec-asb-form', 'more targets than any input could hold', [bib(2, '9bffffffffffffffff01')]],
  ['sec-asb-form', 'a context that is text', [bib(2, `8101613100${SOURCE}8180`)]],
  ['sec-asb-form', 'a context above 16 bits', [bib(2, `810119800000${SOURCE}8180`)]],
  ['sec-asb-form', 'a context below 16 bits', [bib(2, `810139800000${SOURCE}8180`)]],
  ['sec-asb-form', 'negative context flags', [bib(2, `81010120${SOURCE}8180`)]],
  ['sec-asb-form', 'a source that is no endpoint', [bib(2, '810101008180')]],
  ['sec-asb-form', 'a null source', [bib(2, '810101008201008180')]],
  ['sec-asb-form', 'a source with several members', [bib(2, '8101010082016a2f2f6e6f64652f7e78788180')]],
  ['sec-asb-form', 'LocalNode as source', [bib(2, '810101008202821affffffff018180')]],
  ['sec-asb-form', 'no results', [bib(2, `81010100${SOURCE}`)]],
  ['sec-asb-form', 'nothing behind the source where parameters are announced', [bib(2, `81010101${SOURCE}`)]],
  ['sec-asb-form', 'a third field behind the source', [bib(2, `81010101${SOURCE}81820105818000`)]],
  ['sec-asb-form', 'an empty list of parameters', [bib(2, `81010101${SOURCE}808180`)]],
  ['sec-asb-form', 'parameters that are no array', [bib(2, `81010101${SOURCE}058180`)]],
  ['sec-asb-form', 'a parameter of one item', [bib(2, `81010101${SOURCE}8181058180`)]],
  ['sec-asb-form', 'a parameter of three items', [bib(2, `81010101${SOURCE}81830105008180`)]],
  ['sec-asb-form', 'a negative parameter id', [bib(2, `81010101${SOURCE}818220058180`)]],
  ['sec-asb-form', 'results that are no array', [bib(2, `81010100${SOURCE}05`)]],
  ['sec-asb-form', 'results of a target that are no array', [bib(2, `81010100${SOURCE}8105`)]],
  ['sec-asb-form', 'a result that is no pair', [bib(2, `81010100${SOURCE}818105`)]],
  ['sec-asb-form', 'a result that is not well-formed', [bib(2, `81010100${SOURCE}81818201ff`)]],
  ['sec-asb-form', 'a result nested too deep', [bib(2, `81010100${SOURCE}81818201${'81'.repeat(20)}00`)]],
  ['sec-params-mismatch', 'parameters that are not announced', [bib(2, `81010100${SOURCE}818201058180`)]],
  ['sec-params-mismatch', 'parameters of a BCB not announced', [bcb(2, `81010200${SOURCE}818201058180`)]],
  ['sec-params-mismatch', 'announced parameters that are missing', [bib(2, `81010101${SOURCE}8180`)]],
  ['sec-params-mismatch', 'reserved flags but not that for parameters', [bib(2, `81010106${SOURCE}818201058180`)]],
  ['sec-no-targets', 'a BIB', [bib(2, `800100${SOURCE}80`)]],
  ['sec-no-targets', 'a BCB', [bcb(2, `800200${SOURCE}80`)]],
  ['sec-no-targets', 'an array of indefinite length', [bib(2, `9fff0100${SOURCE}80`)]],
  ['sec-duplicate-targets', 'two alike', [bib(2, `8201010100${SOURCE}828080`)]],
  ['sec-duplicate-targets', 'the primary block twice', [bib(2, `8300010001 00${SOURCE}83808080`)]],
  ['sec-duplicate-targets', 'in a BCB', [bcb(2, `8201010200${SOURCE}828080`)]],
  [
    'sec-duplicate-targets',
    'among many',
    [bib(2, `9819${[...Array(24).keys()].map((n) => (n < 24 ? n.toString(16).padStart(2, '0') : '')).join('')}17`)],
  ],
  ['sec-target-missing', 'of a BIB', [bib(2, [5])]],
  ['sec-target-missing', 'of a BCB', [bcb(2, [1, 5])]],
  ['sec-target-missing', 'behind others', [hop(3), bib(2, [0, 1, 3, 4])]],
  ['sec-target-missing', 'in the first fragment', [bib(2, [5])], FIRST_FRAGMENT],
  ['sec-results-count', 'fewer than targets', [bib(2, `8200010100${SOURCE}8180`)]],
  ['sec-results-count', 'more than targets', [bib(2, `81010100${SOURCE}828080`)]],
  ['sec-results-count', 'none', [bib(2, `81010100${SOURCE}80`)]],
  ['sec-results-count', 'in a BCB', [bcb(2, `81010201${SOURCE}8182010580`)]],
  ['sec-duplicate-operation', 'two BIBs over one block', [bib(2, [1]), bib(3, [1])]],
  ['sec-duplicate-operation', 'two BIBs over the primary block', [bib(2, [0, 1]), hop(4), bib(3, [4, 0])]],
  ['sec-duplicate-operation', 'two BIBs of different contexts', [bib(2, [1]), bib(3, asb([1], { contextId: -7 }))]],
  ['sec-duplicate-operation', 'two BCBs over one block', [bcb(2, [1]), bcb(3, [1])]],
  ['sec-duplicate-operation', 'two BIBs of a late fragment', [bib(2, [9]), bib(3, [9])], FRAGMENT],
  ['bib-targets-security', 'a BIB', [bib(2, [1]), bib(3, [2])]],
  ['bib-targets-security', 'a BCB', [bcb(2, [1]), bib(3, [2])]],
  ['bib-targets-security', 'itself', [bib(2, [0, 2])]],
  ['bcb-targets-primary', 'alone', [bcb(2, [0])]],
  ['bcb-targets-primary', 'among others', [hop(3), bcb(2, [3, 1, 0])]],
  ['bcb-targets-bcb', 'another', [bcb(2, [1]), bcb(3, [2])]],
  ['bcb-targets-bcb', 'itself', [bcb(2, [1, 2])]],
  ['bcb-targets-bcb', 'one that follows', [bcb(2, [3]), bcb(3, [1])]],
  ['bcb-discard-flag', 'over the payload', [bcb(2, [1], 0x11)]],
  ['bcb-discard-flag', 'over another block', [hop(3), bcb(2, [3], 0x10)]],
  ['bcb-payload-not-replicated', 'alone', [bcb(2, [1], 0)]],
  ['bcb-payload-not-replicated', 'among others', [hop(3), bcb(2, [3, 1], 4)]],
  ['bcb-payload-not-replicated', 'in a fragment', [bcb(2, [1], 0)], FIRST_FRAGMENT],
  ['bcb-bib-no-shared-target', 'a BCB over a BIB alone', [ciphertext(11, 3), bcb(2, [3])]],
  ['bcb-bib-no-shared-target', 'a BCB over two BIBs', [ciphertext(11, 3), bib(4, [1]), bcb(2, [3, 4])]],
  ['bcb-bib-no-shared-target', 'a BIB in clear over another block', [bib(3, [0]), bcb(2, [3, 1])]],
  ['bcb-bib-no-shared-target', 'under a BCB of its own', [hop(4), bib(3, [4]), bcb(2, [1]), bcb(5, [3])]],
  ['bcb-bib-no-shared-target', 'two BCBs', [ciphertext(11, 3), ciphertext(11, 4), bcb(2, [3]), bcb(5, [4])]],
];

describe('security blocks in a bundle', () => {
  it.each(broken)('break %s: %s', (rule, _, blocks, primary) => {
    const error = bundleErrorOf(() => decoded(blocks, primary));
    expect(error.code).toBe(rule);
    expect(error.section).toMatch(/^RFC 9172 3/);
    expect(error.block).toBeGreaterThanOrEqual(1);
  });

  it('have a case for every rule', () => {
    const tested = new Set(broken.map(([rule]) => rule));
    expect(BUNDLE_RULES.filter((rule) => /^(sec|bib|bcb)-/.test(rule) && !tested.has(rule))).toEqual([]);
  });

  it.each<[string, readonly CanonicalBlock[], PrimaryBlock?]>([
    ['a BIB and a BCB over the payload', [ciphertext(11, 3), bcb(2, [3, 1])]],
    ['a BIB that is not ciphertext, under a BCB with a target of it', [bib(3, [0, 1]), bcb(2, [3, 1])]],
    ['one BCB over the payload and one over its BIB', [bcb(2, [1]), ciphertext(11, 3), bcb(4, [3], 0)]],
    ['a BIB and a BCB over one block where the BIB stays readable', [bib(3, [1]), bcb(2, [1])]],
    ['a BIB over the primary block', [bib(2, [0])], { ...PRIMARY, crcType: 0 }],
    ['contexts of a site and parameters that nobody knows', [bib(2, `8101 397fff 01 ${SOURCE} 818218c8f6 8180`)]],
    ['the greatest context', [bib(2, asb([1], { contextId: 0x7fff }))]],
    ['reserved context flags', [bib(2, `810101 1902fe ${SOURCE} 8180`)]],
    ['arrays of indefinite length', [bib(2, `9f01ff 01 01 ${SOURCE} 9f9f0105ffff 9f9fffff`)]],
    ['a target that the fragment lacks', [bib(2, [9, 0]), bcb(3, [8])], FRAGMENT],
    ['several BIBs and BCBs over different blocks', [hop(2), bib(3, [0]), bib(4, [1, 2]), bcb(5, [1])]],
  ])('may be %s', (_, blocks, primary) => {
    const bundle = { primary: primary ?? PRIMARY, blocks: [...blocks, PAYLOAD] };
    expect(toHex(encodeBundle(decoded(blocks, primary)))).toBe(toHex(encodeBundle(bundle)));
  });

  it('leave the primary block without protection where the BIB over it is encrypted', () => {
    const blocks = [bib(3, [0, 1]), bcb(2, [1]), bcb(4, [3])];
    expect(bundleErrorOf(() => decoded(blocks, { ...PRIMARY, crcType: 0 })).code).toBe('primary-crc-missing');
    decoded([bib(3, [0, 1]), bcb(2, [1])], { ...PRIMARY, crcType: 0 });
  });

  it('keep ciphertext from being read as an extension block', () => {
    expect(bundleErrorOf(() => decoded([ciphertext(10, 3)])).code).toBe('hop-form');
    decoded([ciphertext(10, 3), bcb(2, [3])]);
  });

  it('have the offset and the block of a fault named', () => {
    const blocks = [hop(3), bib(2, [0, 1, 77, 3])];
    const bytes = encodeBundle({ primary: PRIMARY, blocks: [...blocks, PAYLOAD] });
    const error = bundleErrorOf(() => decodeBundle(bytes));
    expect(error).toMatchObject({ code: 'sec-target-missing', block: 2, offset: toHex(bytes).indexOf('184d') / 2 });
    const embedded = new Uint8Array(bytes.length + 9);
    embedded.set(bytes, 9);
    expect(bundleErrorOf(() => decodeBundle(embedded.subarray(9))).offset).toBe(error.offset);
  });

  it('are judged in linear time, many targets and many blocks', () => {
    const targets = Array.from({ length: 60_000 }, (_, i) => i + 100);
    decoded([bib(2, asb(targets)), bcb(3, asb(targets.map((n) => n + 100_000)))], FRAGMENT);
    const many = Array.from({ length: 5_000 }, (_, i) => bib(i + 2, [i + 10_000]));
    decoded(many, FRAGMENT);
  });

  it('are not judged where asked, and still tell what they cover', () => {
    const malformed = {
      primary: { ...PRIMARY, crcType: 0 as const },
      blocks: [bib(2, '8100'), bcb(4, '8103'), ciphertext(10, 3), PAYLOAD],
    };
    const bytes = encodeBundle(malformed);
    expect(bundleErrorOf(() => decodeBundle(bytes)).code).toBe('sec-asb-form');
    expect(decodeBundle(bytes, { securityRules: false }).blocks).toHaveLength(4);
  });

  it('tell what they cover without being judged', () => {
    const blocks = [bib(2, [0]), bib(3, 'ffff'), bcb(4, [3, 1], 0x10), bcb(5, '40'), PAYLOAD];
    expect(securityCoverOf(blocks)).toEqual({ encrypted: new Set([3, 1]), isPrimaryProtected: true });
    expect(securityCoverOf([...blocks, bcb(6, [2])]).isPrimaryProtected).toBe(false);
  });
});

const anyItem = fc
  .oneof(
    fc.nat(23).map((n) => n.toString(16).padStart(2, '0')),
    fc.uint8Array({ maxLength: 23 }).map((b) => (0x40 + b.length).toString(16) + toHex(b)),
    fc.constantFrom('f6', '8201a10203', 'fb3ff8000000000000', 'c11a50000001'),
  )
  .map(fromHex);
const anyValues = (minLength: number) =>
  fc.array(fc.record({ id: anyUInt, value: anyItem }), { minLength, maxLength: 4 });
const anySecurityBlock: fc.Arbitrary<AbstractSecurityBlock> = fc
  .uniqueArray(anyUInt, { minLength: 1, maxLength: 30 })
  .chain((targets) =>
    fc.record({
      targets: fc.constant(targets),
      contextId: fc.integer({ min: -0x8000, max: 0x7fff }),
      reservedFlags: fc.nat(1000),
      source: fc.constantFrom(ipn(10, 1), { scheme: 'dtn' as const, ssp: '//node/' }),
      parameters: anyValues(0),
      results: fc.array(anyValues(0), { minLength: targets.length, maxLength: targets.length }),
    }),
  )
  .map(({ reservedFlags, ...rest }) => ({
    ...rest,
    contextFlags: 2 * reservedFlags + (rest.parameters.length > 0 ? 1 : 0),
  }));

describe('the content of a security block', () => {
  it('comes back as it was encoded', () => {
    fc.assert(
      fc.property(anySecurityBlock, (content) => {
        const data = encodeSecurityBlock(content);
        const back = decodeSecurityBlock(data);
        expect(toHex(encodeSecurityBlock(back))).toBe(toHex(data));
        expect(back.targets).toEqual(content.targets);
        expect([back.contextId, back.contextFlags]).toEqual([content.contextId, content.contextFlags]);
        expect(back.results.map((values) => values.map(({ value }) => toHex(value)))).toEqual(
          content.results.map((values) => values.map(({ value }) => toHex(value))),
        );
      }),
    );
  });

  it('gives typed errors only, whatever the bytes are', () => {
    const hostile = fc.tuple(anySecurityBlock, fc.nat(), fc.uint8Array({ maxLength: 3 })).map(([content, at, junk]) => {
      const data = encodeSecurityBlock(content);
      data.set(
        junk.subarray(0, data.length),
        Math.min(at % data.length, data.length - Math.min(junk.length, data.length)),
      );
      return data.subarray(0, at % 5 === 0 ? at % data.length : data.length);
    });
    fc.assert(
      fc.property(fc.oneof(hostile, fc.uint8Array({ maxLength: 60 })), (data) => {
        try {
          encodeSecurityBlock(decodeSecurityBlock(data));
        } catch (thrown) {
          if (!(thrown instanceof BundleError)) throw thrown;
        }
      }),
    );
  });

  it.each<[string, Partial<AbstractSecurityBlock>]>([
    ['no targets', { targets: [], results: [] }],
    ['a target twice', { targets: [1, 1], results: [[], []] }],
    ['results of another number', { results: [] }],
    ['a context beyond 16 bits', { contextId: 0x8000 }],
    ['a null source', { source: ipn(0, 0) }],
    ['flags for parameters that are not there', { contextFlags: 1 }],
    ['parameters without their flag', { parameters: [{ id: 1, value: fromHex('05') }] }],
    ['a value that is no item', { results: [[{ id: 1, value: fromHex('81') }]] }],
    ['a value of two items', { results: [[{ id: 1, value: fromHex('0101') }]] }],
  ])('is not encoded with %s', (_, over) => {
    expect(() => asb([1], over)).toThrow(UsageError);
  });

  it('is read with offsets from its place', () => {
    expect(bundleErrorOf(() => decodeSecurityBlock(fromHex(SOME_HEX), 100, 4))).toMatchObject({ block: 4 });
    expect(bundleErrorOf(() => decodeSecurityBlock(fromHex(`8205050100${SOURCE}828080`), 100, 4)).offset).toBe(102);
  });
});
