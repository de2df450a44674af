import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import {
  BLOCK_FLAGS,
  BUNDLE_FLAGS,
  type Bundle,
  DEFAULT_REASSEMBLY_LIMITS,
  decodeBundle,
  encodeBundle,
  type FragmentSize,
  fragmentBundle,
  ipn,
  MAX_REMEMBERED_KEYS,
  newBlock,
  type PrimaryBlock,
  payloadOf,
  Reassembler,
  type ReassemblyOutcome,
  reassemblyKey,
} from '../../src/bpv7/index.js';
import { loadVectors, usageErrorOf } from './support.js';

interface FragmentVectors {
  sets: { id: string; fragments: string[]; reassembled: string | null; original?: string }[];
  captured: { fragments: string[] };
}

const vectors = loadVectors<FragmentVectors>('fragments.json');

const MS = 1_000;
const PRIMARY: PrimaryBlock = {
  flags: BUNDLE_FLAGS.isFragment,
  crcType: 2,
  destination: ipn(20, 2),
  source: ipn(10, 1),
  reportTo: ipn(10, 0),
  creationTimeMs: 815_000_000_123,
  sequence: 7,
  lifetimeMs: 3_600_000,
};

/** A fragment with these payload bytes, of 100 in all where nothing else is said, as it is read from the wire. */
function piece(offset: number, payload: ArrayLike<number>, primary: Partial<PrimaryBlock> = {}): Bundle {
  const fields = { ...PRIMARY, fragmentOffset: offset, totalAduLength: 100, ...primary };
  const blocks = [newBlock(200, 2, Uint8Array.of(offset)), newBlock(1, 1, Uint8Array.from(payload), 0, 1)];
  return decodeBundle(encodeBundle({ primary: fields, blocks }));
}

const run = (length: number, value: number) => new Uint8Array(length).fill(value);

function completed(outcome: ReassemblyOutcome): Bundle {
  if (outcome.kind !== 'complete') throw new Error(`expected a whole bundle, but the fragment is ${outcome.kind}`);
  return outcome.bundle;
}

/** Every order of a few things. */
function ordersOf<T>(things: readonly T[]): T[][] {
  if (things.length <= 1) return [[...things]];
  return things.flatMap((thing, i) => ordersOf(things.filter((_, k) => k !== i)).map((rest) => [thing, ...rest]));
}

describe('reassembly of the vectors', () => {
  it.each(vectors.sets)('$id comes out in the order given', ({ fragments, reassembled, original }) => {
    const reassembler = new Reassembler();
    const outcomes = fragments.map((hex) => reassembler.add(decodeBundle(fromHex(hex)), 0));
    const whole = outcomes.flatMap((outcome) => (outcome.kind === 'complete' ? [outcome.bundle] : []));
    if (reassembled === null) {
      expect(whole).toEqual([]);
      return;
    }
    expect(toHex(payloadOf(whole[0]).data)).toBe(reassembled);
    if (original !== undefined) expect(toHex(encodeBundle(whole[0]))).toBe(original);
    expect(decodeBundle(encodeBundle(whole[0])).primary.fragmentOffset).toBeUndefined();
    expect([reassembler.sets, reassembler.bytes]).toEqual([0, 0]);
  });

  it.each(vectors.sets)('$id comes out in every other order, with the bytes that came first', (set) => {
    const decoded = set.fragments.map((hex) => decodeBundle(fromHex(hex)));
    for (const order of ordersOf(decoded)) {
      const reassembler = new Reassembler();
      const bytes: (number | undefined)[] = new Array(Number(order[0].primary.totalAduLength)).fill(undefined);
      let whole: Bundle | undefined;
      for (const fragment of order) {
        const outcome = reassembler.add(fragment, 0);
        if (whole === undefined) {
          payloadOf(fragment).data.forEach((byte, i) => {
            bytes[Number(fragment.primary.fragmentOffset) + i] ??= byte;
          });
          expect(outcome.kind === 'complete').toBe(!bytes.includes(undefined));
        } else expect(outcome.kind).toBe('duplicate');
        if (outcome.kind === 'complete') whole = outcome.bundle;
      }
      expect(whole === undefined).toBe(set.reassembled === null);
      if (whole === undefined) continue;
      expect([...payloadOf(whole).data]).toEqual(bytes);
      if (set.original !== undefined) expect(toHex(encodeBundle(whole))).toBe(set.original);
      expect(whole.blocks.map(({ type }) => type)).toEqual([7, 10, 200, 201, 1]);
    }
  });

  it('G10 tells of its conflict, and a switch refuses the fragment', () => {
    const fragments = vectors.sets.find(({ id }) => id === 'G10')?.fragments ?? [];
    const kinds = (reassembler: Reassembler) =>
      fragments
        .map((hex) => reassembler.add(decodeBundle(fromHex(hex)), 0))
        .map(({ kind, conflict }) => [kind, conflict]);
    const first = new Reassembler();
    expect(kinds(first).filter(([, conflict]) => conflict)).toHaveLength(1);
    expect(first.counters).toMatchObject({ conflicts: 1, completed: 1 });
    const refusing = new Reassembler({}, { onConflict: 'refuse' });
    expect(kinds(refusing).filter(([kind]) => kind === 'refused')).toHaveLength(1);
    expect(refusing.counters).toMatchObject({ conflicts: 1, completed: 0, refused: { 'content-conflict': 1 } });
  });

  it('takes the fragments of ION, which the lenient profile lets in', () => {
    for (const order of ordersOf(vectors.captured.fragments)) {
      const reassembler = new Reassembler();
      const outcomes = order.map((hex) => reassembler.add(decodeBundle(fromHex(hex), { profile: 'lenient' }), 0));
      const bundle = completed(outcomes[2]);
      expect([...payloadOf(bundle).data]).toEqual(Array.from({ length: 1000 }, (_, i) => (3 * i) % 253));
      expect(bundle.primary.flags).toBe(BUNDLE_FLAGS.statusTimeRequested);
      expect(bundle.blocks.map(({ type, number }) => [type, number])).toEqual([
        [6, 0],
        [193, 0],
        [7, 0],
        [1, 1],
      ]);
      // The fragment's own bytes are kept, zero block numbers and all.
      expect(toHex(bundle.blocks[0].raw as Uint8Array)).toBe('850600100045820282' + '0100');
    }
  });
});

describe('what a fragment brings', () => {
  it('is told by its outcome', () => {
    const reassembler = new Reassembler();
    const outcome = (fragment: Bundle) => {
      const { kind, conflict } = reassembler.add(fragment, 0);
      return `${kind}${conflict ? ', conflict' : ''}`;
    };
    expect(outcome(piece(10, run(40, 1)))).toBe('incomplete');
    expect(outcome(piece(10, run(40, 1)))).toBe('duplicate');
    expect(outcome(piece(20, run(5, 1)))).toBe('duplicate');
    expect(outcome(piece(20, run(5, 2)))).toBe('duplicate, conflict');
    expect(outcome(piece(60, run(10, 3)))).toBe('incomplete');
    expect(outcome(piece(40, run(60, 4)))).toBe('incomplete, conflict');
    const whole = reassembler.add(piece(0, run(100, 5)), 0);
    expect(whole.conflict).toBe(true);
    const expected = [...run(10, 5), ...run(40, 1), ...run(10, 4), ...run(10, 3), ...run(30, 4)];
    expect([...payloadOf(completed(whole)).data]).toEqual(expected);
    expect(outcome(piece(3, run(4, 9)))).toBe('duplicate');
    expect(reassembler.counters).toMatchObject({ fragments: 8, completed: 1, duplicates: 4, conflicts: 3 });
  });

  it('takes extension blocks and CRC types from the first fragment at offset 0', () => {
    const reassembler = new Reassembler();
    reassembler.add(piece(50, run(50, 1), { crcType: 2 }), 0);
    const first = piece(0, run(40, 1), { crcType: 1 });
    reassembler.add({ ...first, blocks: [newBlock(201, 9, Uint8Array.of(7)), ...first.blocks] }, 0);
    const { primary, blocks } = completed(reassembler.add(piece(0, run(60, 1)), 0));
    expect(primary.crcType).toBe(1);
    expect(blocks.map(({ type, number, crcType }) => [type, number, crcType])).toEqual([
      [201, 9, 0],
      [200, 2, 0],
      [1, 1, 1],
    ]);
  });

  it('is a copy: nothing of a datagram is kept, from a Buffer neither', () => {
    for (const make of [(bytes: Uint8Array) => bytes.slice(), (bytes: Uint8Array) => Buffer.from(bytes)]) {
      const reassembler = new Reassembler();
      let whole: Bundle | undefined;
      for (const part of [piece(0, run(50, 1)), piece(50, run(50, 2))]) {
        const datagram = make(encodeBundle(part));
        const outcome = reassembler.add(decodeBundle(datagram), 0);
        datagram.fill(0xee);
        if (outcome.kind === 'complete') whole = outcome.bundle;
      }
      expect([...payloadOf(whole as Bundle).data]).toEqual([...run(50, 1), ...run(50, 2)]);
      const [extension] = (whole as Bundle).blocks;
      expect([...extension.data]).toEqual([0]);
      expect(toHex(extension.raw as Uint8Array)).toBe('8518c80200004100');
      // As with any block read, a changed copy is encoded afresh.
      expect({ ...extension, flags: BLOCK_FLAGS.replicateInFragments }.raw).toBeUndefined();
    }
  });

  it('belongs to the bundle of its source by value, creation time and sequence number', () => {
    const two = { ...PRIMARY, source: ipn(10, 1) };
    const three = { ...PRIMARY, source: { ...ipn(10, 1), threeElement: true as const } };
    expect(reassemblyKey(two)).toBe(reassemblyKey(three));
    const reassembler = new Reassembler();
    reassembler.add(piece(0, run(50, 1), two), 0);
    for (const other of [{ source: ipn(10, 2) }, { sequence: 8 }, { creationTimeMs: 815_000_000_124 }]) {
      expect(reassembler.add(piece(50, run(50, 1), other), 0).kind).toBe('incomplete');
    }
    expect(reassembler.sets).toBe(4);
    expect(reassembler.add(piece(50, run(50, 1), three), 0).kind).toBe('complete');
  });
});

describe('what is refused', () => {
  const reasonOf = (outcome: ReassemblyOutcome) => (outcome.kind === 'refused' ? outcome.reason : outcome.kind);

  it('is what disagrees with the first fragment, each a conflict that is counted', () => {
    const reassembler = new Reassembler();
    reassembler.add(piece(0, run(50, 1)), 0);
    const differing: [string, Partial<PrimaryBlock>][] = [
      ['total-mismatch', { totalAduLength: 101 }],
      ['primary-mismatch', { destination: ipn(20, 3) }],
      ['primary-mismatch', { reportTo: ipn(20, 3) }],
      ['primary-mismatch', { lifetimeMs: 1 }],
      ['primary-mismatch', { flags: BUNDLE_FLAGS.isFragment | BUNDLE_FLAGS.reportDelivery }],
    ];
    for (const [reason, primary] of differing) {
      const outcome = reassembler.add(piece(50, run(50, 1), primary), 0);
      expect([reasonOf(outcome), outcome.conflict]).toEqual([reason, true]);
    }
    expect(reassembler.counters).toMatchObject({
      conflicts: 5,
      refused: { 'total-mismatch': 1, 'primary-mismatch': 4 },
    });
    expect(reassembler.add(piece(50, run(50, 1)), 0).kind).toBe('complete');
  });

  it('is what can be no fragment, and what is too long, without a byte being kept', () => {
    const reassembler = new Reassembler({ bytesPerSet: 1000 });
    const good = piece(0, run(50, 1));
    const withPrimary = (primary: Partial<PrimaryBlock>) => ({ ...good, primary: { ...good.primary, ...primary } });
    const empty = { ...good, blocks: [newBlock(1, 1, new Uint8Array(0))] };
    for (const [reason, fragment] of [
      ['anonymous-source', withPrimary({ source: ipn(0, 0) })],
      ['fragment-range', withPrimary({ totalAduLength: 49 })],
      ['fragment-range', withPrimary({ fragmentOffset: undefined })],
      ['fragment-range', withPrimary({ fragmentOffset: 2n ** 64n - 1n, totalAduLength: 2n ** 64n - 1n })],
      ['fragment-range', empty],
      ['adu-too-long', withPrimary({ totalAduLength: 1001 })],
      ['adu-too-long', withPrimary({ totalAduLength: 2n ** 63n })],
    ] as const) {
      expect(reasonOf(reassembler.add(fragment, 0))).toBe(reason);
    }
    expect([reassembler.sets, reassembler.bytes, reassembler.nextUs()]).toEqual([0, 0, undefined]);
  });

  it('is misuse by the caller', () => {
    const whole = piece(0, [1], { flags: 0, fragmentOffset: undefined, totalAduLength: undefined });
    expect(usageErrorOf(() => new Reassembler().add(whole, 0)).code).toBe('not-a-fragment');
    for (const limits of [{ sets: 0 }, { holdMs: 1.5 }, { totalBytes: Number.NaN }]) {
      expect(usageErrorOf(() => new Reassembler(limits)).code).toBe('reassembly-limit');
    }
  });
});

describe('limits', () => {
  const numbered = (sequence: number, offset = 0, primary: Partial<PrimaryBlock> = {}) =>
    piece(offset, run(10, 1), { sequence, ...primary });
  const droppedOf = ({ dropped }: ReassemblyOutcome) =>
    dropped.map(({ primary, reason }) => [primary.sequence, reason]);

  it('drops the oldest set where there are too many', () => {
    const reassembler = new Reassembler({ sets: 2 });
    expect([1, 2, 1, 3].map((sequence, i) => droppedOf(reassembler.add(numbered(sequence, 10 * i), i)))).toEqual([
      [],
      [],
      [],
      [[1, 'room-needed']],
    ]);
    expect(reassembler.sets).toBe(2);
  });

  it('drops the oldest sets where memory is short, but never the one that grows', () => {
    const reassembler = new Reassembler({ totalBytes: 5_500 });
    reassembler.add(numbered(1), 0);
    reassembler.add(numbered(2), 0);
    expect(reassembler.bytes).toBeGreaterThan(2_000);
    const grown = [1, 2, 3, 4, 5, 6].map((i) => reassembler.add(numbered(1, 10 * i), 0));
    expect(grown.flatMap(droppedOf)).toEqual([]);
    expect(droppedOf(reassembler.add(numbered(1, 70), 0))).toEqual([[2, 'room-needed']]);
    expect(droppedOf(reassembler.add(numbered(3), 0))).toEqual([[1, 'room-needed']]);
    expect(reassembler.sets).toBe(1);
  });

  it('drops a set that is beyond a limit by itself, and leaves the others alone', () => {
    const few = new Reassembler({ fragmentsPerSet: 2 });
    few.add(numbered(1), 0);
    few.add(numbered(2), 0);
    few.add(numbered(2, 10), 0);
    const third = few.add(numbered(2, 20), 0);
    expect([third.kind, droppedOf(third), few.sets]).toEqual(['refused', [[2, 'over-limit']], 1]);
    expect(third.dropped[0]).toMatchObject({ fragments: 2, receivedBytes: 20, key: 'ipn:10.1 815000000123 2' });
    const small = new Reassembler({ totalBytes: 5_000 });
    small.add(numbered(1, 0, { totalAduLength: 9_000 }), 0);
    small.add(numbered(2, 0, { totalAduLength: 9_000 }), 0);
    const refused = small.add(piece(10, run(4_000, 1), { sequence: 2, totalAduLength: 9_000 }), 0);
    expect([refused.kind, droppedOf(refused), small.sets]).toEqual(['refused', [[2, 'over-limit']], 1]);
    const alone = small.add(piece(10, run(6_000, 1), { sequence: 3, totalAduLength: 9_000 }), 0);
    expect([alone.kind, droppedOf(alone), small.sets]).toEqual(['refused', [], 1]);
    expect(small.counters.refused['no-room']).toBe(2);
  });

  it('drops exactly the sets whose hold is over', () => {
    const reassembler = new Reassembler({ holdMs: 10 });
    reassembler.add(numbered(1), 0);
    reassembler.add(numbered(2), 4 * MS);
    // A later fragment does not prolong the hold.
    reassembler.add(numbered(1, 10), 9 * MS);
    expect(reassembler.nextUs()).toBe(10 * MS);
    expect(reassembler.expire(10 * MS - 1)).toEqual([]);
    expect(reassembler.expire(10 * MS).map(({ primary, reason }) => [primary.sequence, reason])).toEqual([
      [1, 'hold-over'],
    ]);
    expect(reassembler.nextUs()).toBe(14 * MS);
    // Adding expires what is due, too.
    expect(droppedOf(reassembler.add(numbered(3), 14 * MS))).toEqual([[2, 'hold-over']]);
    expect(reassembler.expire(24 * MS)).toHaveLength(1);
    expect([reassembler.sets, reassembler.bytes, reassembler.nextUs()]).toEqual([0, 0, undefined]);
    expect(reassembler.counters.dropped['hold-over']).toBe(3);
  });

  it('remembers completed bundles as long as a set is held, up to a number', () => {
    const reassembler = new Reassembler({ holdMs: 10 });
    const both = (sequence: number, nowUs: number) => [
      reassembler.add(numbered(sequence, 0, { totalAduLength: 20 }), nowUs).kind,
      reassembler.add(numbered(sequence, 10, { totalAduLength: 20 }), nowUs).kind,
    ];
    expect(both(1, 0)).toEqual(['incomplete', 'complete']);
    expect(both(1, 10 * MS - 1)).toEqual(['duplicate', 'duplicate']);
    expect(both(1, 10 * MS)).toEqual(['incomplete', 'complete']);
    const one = numbered(0, 0, { totalAduLength: 10 });
    const alone = (sequence: number) =>
      reassembler.add({ ...one, primary: { ...one.primary, sequence } }, 11 * MS).kind;
    for (let i = 0; i < MAX_REMEMBERED_KEYS; i++) expect(alone(100 + i)).toBe('complete');
    expect(alone(100)).toBe('duplicate');
    expect(alone(99)).toBe('complete');
    expect(alone(100)).toBe('complete');
    expect(alone(102)).toBe('duplicate');
  });

  it('charges for long endpoint texts, extension blocks and tiny pieces', () => {
    const chargeOf = (...fragments: Bundle[]) => {
      const reassembler = new Reassembler();
      for (const fragment of fragments) reassembler.add(fragment, 0);
      return reassembler.bytes;
    };
    const plain = chargeOf(piece(0, [1]));
    const longName = { scheme: 'dtn', ssp: `//${'n'.repeat(5_000)}/` } as const;
    expect(chargeOf(piece(0, [1], { destination: longName }))).toBeGreaterThanOrEqual(plain + 5_000);
    expect(chargeOf(piece(0, [1], { source: longName }))).toBeGreaterThanOrEqual(plain + 10_000);
    const first = piece(0, [1]);
    const crowded = { ...first, blocks: [newBlock(201, 3, new Uint8Array(5_000)), ...first.blocks] };
    expect(chargeOf(crowded)).toBeGreaterThanOrEqual(plain + 5_000);
    expect(chargeOf(piece(0, [1]), piece(2, [1]), piece(4, [1]))).toBeGreaterThan(plain + 200);
  });

  it('by default let a bundle of 16 MiB in pieces of 1 KiB through, whatever their order', () => {
    const bytes = new Uint8Array(16 * 1024 * 1024).map((_, i) => i * 7);
    const size: FragmentSize = { maxPayloadBytes: 1024 };
    const primary = { ...PRIMARY, flags: 0 };
    const fragments = fragmentBundle({ primary, blocks: [newBlock(1, 1, bytes, 0, 2)] }, size);
    expect(fragments.length).toBeLessThanOrEqual(DEFAULT_REASSEMBLY_LIMITS.fragmentsPerSet);
    // The factor is odd and the number of fragments a power of 2: each comes once, far from the one before it.
    const order = fragments.map((_, i) => fragments[(i * 6_365) % fragments.length]);
    for (const sequence of [fragments, [...fragments].reverse(), order]) {
      const reassembler = new Reassembler();
      const outcomes = sequence.map((fragment) => reassembler.add(fragment, 0));
      expect(outcomes.filter(({ kind }) => kind === 'complete')).toHaveLength(1);
      const whole = payloadOf(completed(outcomes[outcomes.length - 1])).data;
      expect(Buffer.compare(whole, bytes)).toBe(0);
    }
  });

  it('do not hold a set that its owner abandons; its fragments may begin anew', () => {
    const reassembler = new Reassembler();
    reassembler.add(piece(0, [1, 2]), 0);
    const key = reassemblyKey(PRIMARY);
    expect(reassembler.abandon(key)).toMatchObject({ key, reason: 'abandoned', fragments: 1, receivedBytes: 2 });
    expect(reassembler.abandon(key)).toBeUndefined();
    expect([reassembler.sets, reassembler.bytes, reassembler.nextUs()]).toEqual([0, 0, undefined]);
    expect(reassembler.counters.dropped.abandoned).toBe(1);
    expect(reassembler.add(piece(0, [1, 2]), 0).kind).toBe('incomplete');
  });
});
