/** Fragmentation and reassembly against each other, on bundles and orders by chance. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalBytes } from '../../src/base/bytes.js';
import { UsageError } from '../../src/base/errors.js';
import {
  BUNDLE_FLAGS,
  type Bundle,
  decodeBundle,
  encodeBundle,
  encodedLength,
  type FragmentSize,
  fragmentBundle,
  ipn,
  isNullEid,
  newBlock,
  payloadOf,
  Reassembler,
} from '../../src/bpv7/index.js';
import { withoutFlag } from '../../src/bpv7/uint.js';
import { anyBundle } from './support.js';

/** Whole bundles that may be fragmented, with two bytes of payload at least. */
const anyWhole: fc.Arbitrary<Bundle> = anyBundle
  .filter(({ primary }) => !isNullEid(primary.source))
  .map(({ primary, blocks }) => {
    const flags = withoutFlag(withoutFlag(primary.flags, BUNDLE_FLAGS.mustNotFragment), BUNDLE_FLAGS.isFragment);
    const whole = { ...primary, flags, fragmentOffset: undefined, totalAduLength: undefined };
    const payload = blocks[blocks.length - 1];
    const data = payload.data.length > 1 ? payload.data : Uint8Array.of(5, 6);
    return { primary: whole, blocks: [...blocks.slice(0, -1), { ...payload, data }] };
  })
  .map((bundle) => decodeBundle(encodeBundle(bundle)));

/** A size as a share of the bundle's, with which of the two sizes is meant. */
const anySize = fc.record({ byPayload: fc.boolean(), share: fc.double({ min: 0, max: 1, noNaN: true }) });
type Size = { byPayload: boolean; share: number };

/** The fragments as they are read on the other side, each found to be as small as asked for; [bundle] where no such size works. */
function cut(bundle: Bundle, { byPayload, share }: Size): Bundle[] {
  const room = byPayload ? payloadOf(bundle).data.length : encodedLength(bundle);
  const bytes = Math.max(1, Math.floor(room * share));
  const size: FragmentSize = byPayload ? { maxPayloadBytes: bytes } : { maxBundleBytes: bytes };
  let fragments: Bundle[];
  try {
    fragments = fragmentBundle(bundle, size);
  } catch (thrown) {
    if (thrown instanceof UsageError && thrown.code === 'fragment-size') return [bundle];
    throw thrown;
  }
  return fragments.map((fragment) => {
    const encoded = encodeBundle(fragment);
    expect(byPayload ? payloadOf(fragment).data.length : encoded.length).toBeLessThanOrEqual(bytes);
    return decodeBundle(encoded);
  });
}

/** A round of fragmentation, and another of each of its fragments. */
const anyRound = fc.tuple(anySize, fc.array(anySize, { minLength: 1, maxLength: 4 }));

function cutTwice(bundle: Bundle, [first, second]: [Size, Size[]]): Bundle[] {
  const once = cut(bundle, first);
  return once.length === 1 ? once : once.flatMap((fragment, i) => cut(fragment, second[i % second.length]));
}

/** The things in another order, some of them twice. */
function shuffled<T>(things: readonly T[], keys: readonly number[]): T[] {
  return things
    .flatMap((thing, i) => (keys[i % keys.length] % 4 === 0 ? [thing, thing] : [thing]))
    .map((thing, i) => ({ thing, key: (keys[i % keys.length] * (2 * i + 1)) % 9973 }))
    .sort((a, b) => a.key - b.key)
    .map(({ thing }) => thing);
}

const anyKeys = fc.array(fc.nat(9972), { minLength: 1, maxLength: 50 });

describe('fragments of any bundle', () => {
  it('make the original bytes again: cut twice, from two rounds, repeated and in any order', () => {
    fc.assert(
      fc.property(anyWhole, anyRound, anyRound, anyKeys, (bundle, one, two, keys) => {
        const original = encodeBundle(bundle);
        const rounds = [cutTwice(bundle, one), cutTwice(bundle, two)].filter(({ length }) => length > 1);
        for (const fragments of [...rounds, rounds.flat()]) {
          if (fragments.length === 0) continue;
          const reassembler = new Reassembler();
          let wholes = 0;
          for (const fragment of shuffled(fragments, keys)) {
            const outcome = reassembler.add(fragment, 0);
            expect(outcome.conflict).toBe(false);
            if (outcome.kind === 'complete') {
              wholes++;
              expect(equalBytes(encodeBundle(outcome.bundle), original)).toBe(true);
            } else
              expect(outcome.kind).toBe(wholes === 0 && outcome.kind === 'incomplete' ? 'incomplete' : 'duplicate');
          }
          expect(wholes).toBe(1);
          expect([reassembler.sets, reassembler.bytes]).toEqual([0, 0]);
        }
      }),
      { numRuns: 120 },
    );
  });

  it('make nothing where one of them is missing', () => {
    fc.assert(
      fc.property(anyWhole, anyRound, anyKeys, fc.nat(), (bundle, round, keys, which) => {
        const fragments = cutTwice(bundle, round);
        if (fragments.length === 1) return;
        const reassembler = new Reassembler();
        const [missing] = fragments.splice(which % fragments.length, 1);
        for (const fragment of shuffled(fragments, keys)) {
          expect(reassembler.add(fragment, 0).kind).not.toBe('complete');
        }
        const last = reassembler.add(missing, 0);
        expect(last.kind).toBe('complete');
      }),
      { numRuns: 100 },
    );
  });
});

const TOTAL = 60;
const anyPiece = fc.record({
  start: fc.nat(TOTAL - 1),
  length: fc.integer({ min: 1, max: TOTAL }),
  value: fc.nat(2),
  sequence: fc.nat(3),
});

/** A fragment of one value, of {@link TOTAL} bytes in all. */
function pieceOf(start: number, length: number, value: number, sequence: number, totalAduLength: number | bigint) {
  const primary = {
    flags: BUNDLE_FLAGS.isFragment,
    crcType: 2,
    destination: ipn(20, 2),
    source: ipn(10, 1),
    reportTo: ipn(10, 0),
    creationTimeMs: 815_000_000_123,
    sequence,
    lifetimeMs: 3_600_000,
    fragmentOffset: start,
    totalAduLength,
  } as const;
  return { primary, blocks: [newBlock(1, 1, new Uint8Array(length).fill(value))] };
}

describe('any fragments', () => {
  it('leave the bytes that came first, and conflicts are counted exactly', () => {
    fc.assert(
      fc.property(fc.array(anyPiece, { maxLength: 40 }), fc.boolean(), (pieces, refuses) => {
        const reassembler = new Reassembler({}, { onConflict: refuses ? 'refuse' : 'first-wins' });
        const bytes: (number | undefined)[] = new Array(TOTAL).fill(undefined);
        let conflicts = 0;
        for (const { start, length, value } of pieces) {
          const end = Math.min(TOTAL, start + length);
          const old = bytes.slice(start, end);
          const conflict = old.some((byte) => byte !== undefined && byte !== value);
          if (conflict) conflicts++;
          const outcome = reassembler.add(pieceOf(start, end - start, value, 0, TOTAL), 0);
          expect(outcome.conflict).toBe(conflict);
          if (conflict && refuses) {
            expect(outcome.kind).toBe('refused');
            continue;
          }
          for (let i = start; i < end; i++) bytes[i] ??= value;
          const expected = bytes.includes(undefined) ? 'incomplete' : 'complete';
          expect(outcome.kind).toBe(old.includes(undefined) ? expected : 'duplicate');
          if (outcome.kind !== 'complete') continue;
          expect([...payloadOf(outcome.bundle).data]).toEqual(bytes);
          break;
        }
        expect(reassembler.counters.conflicts).toBe(conflicts);
      }),
      { numRuns: 400 },
    );
  });

  it('stay within the limits, whatever they claim', () => {
    const anyTotal = fc.oneof(fc.constant(TOTAL), fc.nat(5_000), fc.constant(2n ** 63n));
    const anyStep = fc.record({ piece: anyPiece, total: anyTotal, waitUs: fc.nat(2_000) });
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 80 }), fc.nat(2_000), (steps, slack) => {
        const limits = { sets: 3, totalBytes: 1_500 + slack, bytesPerSet: 4_000, fragmentsPerSet: 5, holdMs: 9 };
        const reassembler = new Reassembler(limits);
        let nowUs = 0;
        let begun = 0;
        const held = new Map<string, number>();
        for (const { piece, total, waitUs } of steps) {
          nowUs += waitUs;
          const fragment = pieceOf(piece.start, piece.length, piece.value, piece.sequence, total);
          const outcome = reassembler.add(fragment, nowUs);
          for (const { key, reason } of outcome.dropped) {
            expect(reason === 'hold-over').toBe((held.get(key) ?? 0) + 9_000 <= nowUs);
            held.delete(key);
          }
          const key = `ipn:10.1 815000000123 ${piece.sequence}`;
          if (outcome.kind === 'complete') held.delete(key);
          if (outcome.kind === 'incomplete' && !held.has(key)) {
            begun++;
            held.set(key, nowUs);
          }
          expect(reassembler.bytes).toBeLessThanOrEqual(limits.totalBytes);
          expect(reassembler.sets).toBe(held.size);
          expect(held.size).toBeLessThanOrEqual(limits.sets);
          expect(reassembler.nextUs()).toBe(held.size === 0 ? undefined : Math.min(...held.values()) + 9_000);
        }
        expect(reassembler.expire(nowUs + 9_000)).toHaveLength(held.size);
        expect([reassembler.bytes, reassembler.sets]).toEqual([0, 0]);
        expect(begun).toBeLessThanOrEqual(reassembler.counters.fragments);
      }),
      { numRuns: 300 },
    );
  });
});
