import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../src/base/bytes.js';
import {
  BLOCK_FLAGS,
  BLOCK_TYPES,
  BUNDLE_FLAGS,
  type Bundle,
  type CanonicalBlock,
  CRC_TYPES,
  crc32c,
  DTN_NONE,
  decodeBundle,
  encodeBundle,
  encodedLength,
  type FragmentSize,
  fragmentBundle,
  HDTN_TYPES,
  ipn,
  MAX_FRAGMENT_BLOCKS,
  MAX_FRAGMENTS,
  newBlock,
  type PrimaryBlock,
  payloadOf,
  Reassembler,
} from '../../src/bpv7/index.js';
import { loadVectors, usageErrorOf } from './support.js';

const vectors = loadVectors<{ sets: { id: string; fragments: string[]; original?: string }[] }>('fragments.json');

const PRIMARY: PrimaryBlock = {
  flags: 0,
  crcType: 2,
  destination: ipn(20, 2),
  source: ipn(10, 1),
  reportTo: ipn(10, 0),
  creationTimeMs: 815_000_000_123,
  sequence: 7,
  lifetimeMs: 3_600_000,
};

const { replicateInFragments } = BLOCK_FLAGS;

/** A bundle with a payload of so many bytes, as it is read from the wire. */
function bundleOf(
  payloadBytes: number,
  primary: Partial<PrimaryBlock> = {},
  extensions: readonly CanonicalBlock[] = [],
): Bundle {
  const data = Uint8Array.from({ length: payloadBytes }, (_, i) => 37 * i + 11);
  const blocks = [...extensions, newBlock(BLOCK_TYPES.payload, 1, data, 0, 1)];
  return decodeBundle(encodeBundle({ primary: { ...PRIMARY, ...primary }, blocks }), { profile: 'lenient' });
}

/** Data of a security block: targets, context 1, no parameters, source ipn:10.0, a result for each target. */
const security = (...targets: number[]): Uint8Array =>
  Uint8Array.from([
    0x80 | targets.length,
    ...targets,
    1,
    0,
    0x82,
    2,
    0x82,
    10,
    0,
    0x80 | targets.length,
    ...targets.flatMap(() => [0x81, 0x82, 1, 0x41, 0xaa]),
  ]);

/** The bundle with its primary block as an array of indefinite length: legal, but not what this codec writes. */
function withIndefinitePrimary(bundle: Bundle): Bundle {
  const raw = bundle.primary.raw as Uint8Array;
  const primary = concatBytes([Uint8Array.of(0x9f), raw.subarray(1, -4), new Uint8Array(4), Uint8Array.of(0xff)]);
  new DataView(primary.buffer).setUint32(primary.length - 5, crc32c(primary));
  const blocks = encodeBundle(bundle).subarray(1 + raw.length);
  return decodeBundle(concatBytes([Uint8Array.of(0x9f), primary, blocks]));
}

const numbersOf = (fragments: readonly Bundle[]) => fragments.map(({ blocks }) => blocks.map(({ number }) => number));
const placesOf = (fragments: readonly Bundle[]) =>
  fragments.map((fragment) => [fragment.primary.fragmentOffset, payloadOf(fragment).data.length]);

/** The size that an error message says works. */
function workable(bundle: Bundle, size: FragmentSize): number {
  const { code, message } = usageErrorOf(() => fragmentBundle(bundle, size));
  expect(['fragment-size', 'fragment-count']).toContain(code);
  const match = /at least (\d+) bytes/.exec(message);
  return Number(match?.[1]);
}

/** The least number of pieces of at most `max` encoded bytes, found by trying every cut. */
function fewestFragments(bundle: Bundle, max: number): number {
  const { length } = payloadOf(bundle).data;
  const base = Number(bundle.primary.fragmentOffset);
  const least = [0];
  for (let end = 1; end <= length; end++) {
    least.push(Number.POSITIVE_INFINITY);
    for (let start = Math.max(0, end - max); start < end; start++) {
      const primary = { ...bundle.primary, fragmentOffset: base + start, raw: undefined };
      const blocks = [newBlock(BLOCK_TYPES.payload, 1, payloadOf(bundle).data.subarray(start, end), 0, 1)];
      if (encodedLength({ primary, blocks }) <= max) least[end] = Math.min(least[end], least[start] + 1);
    }
  }
  return least[length];
}

describe('fragmentation', () => {
  it('makes the fragments of the vectors byte for byte, from a bundle read and from one made', () => {
    const whole = vectors.sets.filter(({ original }) => original !== undefined);
    expect(whole.map(({ id }) => id)).toEqual(['G01']);
    for (const { original, fragments } of whole) {
      const bundle = decodeBundle(fromHex(original as string));
      const { length } = payloadOf(decodeBundle(fromHex(fragments[0]))).data;
      expect(fragmentBundle(bundle, { maxPayloadBytes: length }).map((f) => toHex(encodeBundle(f)))).toEqual(fragments);
      // The second and third fragment have the same length; the first carries more blocks.
      const { length: size } = fromHex(fragments[0]);
      expect(fragmentBundle(bundle, { maxBundleBytes: size })).toHaveLength(4);
    }
  });

  it('returns what fits as it is, must-not-fragment or not', () => {
    const bundle = bundleOf(100, { flags: BUNDLE_FLAGS.mustNotFragment });
    expect(fragmentBundle(bundle, { maxPayloadBytes: 100 })).toEqual([bundle]);
    expect(fragmentBundle(bundle, { maxBundleBytes: encodedLength(bundle) })[0]).toBe(bundle);
    const empty = bundleOf(0);
    expect(fragmentBundle(empty, { maxPayloadBytes: 1 })[0]).toBe(empty);
  });

  it('gives views of the payload and the same blocks', () => {
    const bundle = bundleOf(10, {}, [newBlock(200, 5, Uint8Array.of(1), replicateInFragments)]);
    for (const fragment of fragmentBundle(bundle, { maxPayloadBytes: 4 })) {
      expect(payloadOf(fragment).data.buffer).toBe(payloadOf(bundle).data.buffer);
      expect(fragment.blocks[0]).toBe(bundle.blocks[0]);
    }
  });

  it('keeps all of the primary block but the fragment fields, with wide flags too', () => {
    for (const flags of [BUNDLE_FLAGS.reportDelivery | BUNDLE_FLAGS.statusTimeRequested, 2 ** 40 + 8, 2n ** 63n]) {
      const bundle = bundleOf(10, { flags, crcType: 1 });
      const [, second] = fragmentBundle(bundle, { maxPayloadBytes: 5 });
      expect({ ...decodeBundle(encodeBundle(second)).primary }).toEqual({
        ...bundle.primary,
        flags: typeof flags === 'bigint' ? flags + 1n : flags + 1,
        fragmentOffset: 5,
        totalAduLength: 10,
      });
    }
  });

  it('lets blocks travel by their flag, all with offset 0, and when a fragment is cut again as well', () => {
    const extensions = [
      newBlock(200, 2, Uint8Array.of(1), replicateInFragments),
      newBlock(201, 3, Uint8Array.of(1)),
      newBlock(BLOCK_TYPES.bundleAge, 4, Uint8Array.of(1)),
    ];
    const bundle = bundleOf(12, {}, extensions);
    const fragments = fragmentBundle(bundle, { maxPayloadBytes: 6 });
    expect(numbersOf(fragments)).toEqual([
      [2, 3, 4, 1],
      [2, 1],
    ]);
    const again = fragments.map((fragment) => fragmentBundle(fragment, { maxPayloadBytes: 4 }));
    expect(again.map(numbersOf)).toEqual([
      [
        [2, 3, 4, 1],
        [2, 1],
      ],
      [
        [2, 1],
        [2, 1],
      ],
    ]);
    expect(again.flatMap(placesOf)).toEqual([
      [0, 4],
      [4, 2],
      [6, 4],
      [10, 2],
    ]);
    for (const { primary } of again.flat()) expect(primary.totalAduLength).toBe(12);
    // A block that a node added to a later fragment follows its own flag.
    const added = { ...fragments[1], blocks: [newBlock(202, 9, Uint8Array.of(1)), ...fragments[1].blocks] };
    expect(numbersOf(fragmentBundle(added, { maxPayloadBytes: 4 }))).toEqual([
      [2, 1],
      [2, 1],
    ]);
  });

  it('lets a bundle age block travel without a creation time, and ciphertext only with its BCB', () => {
    const age = newBlock(BLOCK_TYPES.bundleAge, 4, Uint8Array.of(1));
    const [, second] = fragmentBundle(bundleOf(2, { creationTimeMs: 0 }, [age]), { maxPayloadBytes: 1 });
    expect(decodeBundle(encodeBundle(second)).blocks).toHaveLength(2);
    const extensions = [
      newBlock(200, 2, Uint8Array.of(1), replicateInFragments),
      newBlock(201, 3, Uint8Array.of(1)),
      newBlock(BLOCK_TYPES.blockConfidentiality, 5, security(2)),
      newBlock(BLOCK_TYPES.blockConfidentiality, 6, security(3)),
      newBlock(BLOCK_TYPES.blockIntegrity, 7, security(3), replicateInFragments),
    ];
    const secured = fragmentBundle(bundleOf(2, {}, extensions), { maxPayloadBytes: 1 });
    expect(numbersOf(secured)[1]).toEqual([2, 5, 7, 1]);
    for (const fragment of secured) decodeBundle(encodeBundle(fragment));
  });

  it('refuses what must stay whole', () => {
    const size = { maxPayloadBytes: 5 };
    const flags = BUNDLE_FLAGS.mustNotFragment;
    const custody = newBlock(BLOCK_TYPES.custodyTransfer, 2, Uint8Array.of(1), replicateInFragments);
    const reporting = newBlock(BLOCK_TYPES.compressedReporting, 2, Uint8Array.of(1), replicateInFragments);
    for (const bundle of [
      bundleOf(10, { flags }),
      bundleOf(10, { source: DTN_NONE }),
      bundleOf(10, {}, [custody]),
      bundleOf(10, {}, [reporting]),
      bundleOf(10, { flags: flags | BUNDLE_FLAGS.isFragment, fragmentOffset: 0, totalAduLength: 20 }),
    ]) {
      expect(usageErrorOf(() => fragmentBundle(bundle, size)).code).toBe('must-not-fragment');
      expect(usageErrorOf(() => fragmentBundle(bundle, { maxBundleBytes: 40 })).code).toBe('must-not-fragment');
    }
    // Elsewhere the type of a custody block is that of something else.
    expect(fragmentBundle(bundleOf(10, {}, [custody]), size, HDTN_TYPES)).toHaveLength(2);
  });

  it('refuses a secured bundle whose primary block would not come back, and no other', () => {
    const size = { maxPayloadBytes: 5 };
    const bib = newBlock(BLOCK_TYPES.blockIntegrity, 2, security(0), replicateInFragments);
    expect(usageErrorOf(() => fragmentBundle(bundleOf(10, { crcType: 0 }, [bib]), size)).code).toBe(
      'fragment-security',
    );
    expect(fragmentBundle(bundleOf(10, {}, [bib]), size)).toHaveLength(2);
    const [first] = fragmentBundle(bundleOf(10, { crcType: 0 }), size);
    expect(first.primary.crcType).toBe(CRC_TYPES.crc32c);
    for (const extension of [bib, newBlock(200, 2, Uint8Array.of(1))]) {
      const bundle = withIndefinitePrimary(bundleOf(10, {}, [extension]));
      expect(bundle.primary.crcType).toBe(2);
      if (extension === bib) expect(usageErrorOf(() => fragmentBundle(bundle, size)).code).toBe('fragment-security');
      else expect(fragmentBundle(bundle, size)).toHaveLength(2);
    }
  });

  it('makes two fragments at least, also where leaving a block behind would do', () => {
    const [, second] = fragmentBundle(bundleOf(20), { maxPayloadBytes: 10 });
    const crowded = { ...second, blocks: [newBlock(202, 9, new Uint8Array(50)), ...second.blocks] };
    const fragments = fragmentBundle(crowded, { maxBundleBytes: encodedLength(crowded) - 1 });
    expect(placesOf(fragments)).toEqual([
      [10, 9],
      [19, 1],
    ]);
  });

  it('gives a secured bundle back byte for byte, from fragments that pass the rules about security blocks', () => {
    const bundle = bundleOf(40, {}, [
      newBlock(200, 2, Uint8Array.of(1)),
      newBlock(BLOCK_TYPES.blockIntegrity, 3, security(0, 2), replicateInFragments),
      newBlock(BLOCK_TYPES.blockConfidentiality, 4, security(1), replicateInFragments),
    ]);
    const fragments = fragmentBundle(bundle, { maxPayloadBytes: 9 }).map((f) => decodeBundle(encodeBundle(f)));
    expect(numbersOf(fragments).slice(0, 2)).toEqual([
      [2, 3, 4, 1],
      [3, 4, 1],
    ]);
    const reassembler = new Reassembler();
    const outcomes = fragments.reverse().map((fragment) => reassembler.add(fragment, 0));
    const last = outcomes[outcomes.length - 1];
    expect(last.kind === 'complete' && toHex(encodeBundle(last.bundle))).toBe(toHex(encodeBundle(bundle)));
  });

  it('says which size works where one does not', () => {
    const block = newBlock(201, 3, new Uint8Array(50));
    for (const bundle of [bundleOf(2), bundleOf(1000), bundleOf(300, {}, [block]), bundleOf(70_000)]) {
      const least = workable(bundle, { maxBundleBytes: 20 });
      expect(fragmentBundle(bundle, { maxBundleBytes: least }).every((f) => encodedLength(f) <= least)).toBe(true);
      expect(least).toBeLessThanOrEqual(encodedLength(bundle));
    }
    for (const length of [0, 1]) {
      const bundle = bundleOf(length);
      expect(workable(bundle, { maxBundleBytes: encodedLength(bundle) - 1 })).toBe(encodedLength(bundle));
    }
    for (const size of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(usageErrorOf(() => fragmentBundle(bundleOf(9), { maxPayloadBytes: size })).code).toBe('fragment-size');
      expect(usageErrorOf(() => fragmentBundle(bundleOf(9), { maxBundleBytes: size })).code).toBe('fragment-size');
    }
  });

  it('makes no more fragments, and no more blocks in them, than the limits allow', () => {
    const bundle = bundleOf(MAX_FRAGMENTS + 1);
    expect(usageErrorOf(() => fragmentBundle(bundle, { maxPayloadBytes: 1 })).code).toBe('fragment-count');
    expect(workable(bundle, { maxPayloadBytes: 1 })).toBe(2);
    // Far behind the start all offsets have heads of the same length, so that a size can mean one byte for each.
    const far = { flags: BUNDLE_FLAGS.isFragment, fragmentOffset: 2 ** 40, totalAduLength: 2 ** 41 };
    const least = workable(bundleOf(MAX_FRAGMENTS + 1, far), { maxBundleBytes: 20 });
    expect(fragmentBundle(bundleOf(MAX_FRAGMENTS + 1, far), { maxBundleBytes: least })).toHaveLength(32_769);
    expect(workable(bundleOf(MAX_FRAGMENTS + 1, far), { maxBundleBytes: least - 1 })).toBe(least);
    const many = Array.from({ length: 1023 }, (_, i) => newBlock(200, i + 2, Uint8Array.of(1), replicateInFragments));
    const crowded = bundleOf(2 * (MAX_FRAGMENT_BLOCKS / 1024), {}, many);
    expect(workable(crowded, { maxPayloadBytes: 1 })).toBe(2);
    expect(fragmentBundle(crowded, { maxPayloadBytes: 2 })).toHaveLength(1024);
  });

  it('cuts as few fragments as can be, also where the head of the offset grows by more than a byte', () => {
    for (const step of [0, 2 ** 16, 2 ** 32]) {
      for (const [before, length] of [
        [100, 199],
        [100, 200],
        [100, 201],
        [101, 201],
        [99, 200],
        [80, 240],
      ]) {
        const fragmentOffset = Math.max(0, step - before);
        const primary = { flags: BUNDLE_FLAGS.isFragment, fragmentOffset, totalAduLength: 2 ** 40 };
        const bundle = bundleOf(length, primary);
        const max = encodedLength(bundleOf(100, primary));
        const fragments = fragmentBundle(bundle, { maxBundleBytes: max });
        expect(fragments.length, `${length} bytes from ${fragmentOffset}`).toBe(fewestFragments(bundle, max));
        for (const fragment of fragments) expect(encodedLength(fragment)).toBeLessThanOrEqual(max);
      }
    }
  });

  it('counts offsets beyond 2^53 exactly', () => {
    const fragmentOffset = 2n ** 63n;
    const totalAduLength = 2n ** 63n + 100n;
    const bundle = bundleOf(10, { flags: BUNDLE_FLAGS.isFragment, fragmentOffset, totalAduLength });
    for (const size of [{ maxPayloadBytes: 4 }, { maxBundleBytes: encodedLength(bundle) - 4 }]) {
      const [first, second] = fragmentBundle(bundle, size);
      expect(first.primary.fragmentOffset).toBe(fragmentOffset);
      expect(second.primary.fragmentOffset).toBe(fragmentOffset + BigInt(payloadOf(first).data.length));
      expect(decodeBundle(encodeBundle(second)).primary.totalAduLength).toBe(totalAduLength);
    }
  });
});
