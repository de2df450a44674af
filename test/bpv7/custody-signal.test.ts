import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import { UsageError } from '../../src/base/errors.js';
import {
  CCSDS_TYPES,
  type CustodySignal,
  decodeAdminRecord,
  encodeCustodySignal,
  includedIntervals,
  parseEid,
  type SequenceRuns,
  type UInt,
  uintOf,
} from '../../src/bpv7/index.js';
import { anySequences } from './admin-support.js';
import { bundleErrorOf, loadVectors } from './support.js';

interface CustodyVectors {
  sequences: {
    desc: string;
    hex: string;
    expand: number[];
    seqId?: number;
    destination?: string;
    blockSource?: string;
  }[];
  bad_sequences: { desc: string; hex: string }[];
  ccs: {
    record: string;
    accepted?: number[];
    refused?: number[];
    acceptedBySeqId?: Record<string, number[]>;
    refusedBySeqId?: Record<string, number[]>;
    note?: string;
  }[];
}

const vectors = loadVectors<CustodyVectors>('bundles-custody.json');

/** All numbers of a short sequence, one by one. */
function expanded(sequence: SequenceRuns): number[] {
  const numbers: number[] = [];
  for (const { first, last } of includedIntervals(sequence)) {
    for (let number = Number(first); number <= Number(last); number++) numbers.push(number);
  }
  return numbers;
}

function signalsOf(hex: string): readonly CustodySignal[] {
  const record = decodeAdminRecord(fromHex(hex));
  if (record.kind !== 'custody-signal') throw new Error(`expected a custody signal, found ${record.kind}`);
  return record.signals;
}

/** Numbers by sequence id of one disposition. */
function bySequenceId(signals: readonly CustodySignal[], disposition: string): Record<string, number[]> {
  const numbers: Record<string, number[]> = {};
  for (const signal of signals) {
    if (signal.disposition !== disposition) continue;
    for (const sequence of signal.sequences) numbers[String(sequence.sequenceId)] = expanded(sequence);
  }
  return numbers;
}

describe('a sequence', () => {
  it.each(vectors.sequences.filter(({ blockSource }) => blockSource === undefined))('$desc', (vector) => {
    // An administrative record with that one accepted sequence in its list.
    const hex = `820da10181${vector.hex}`;
    const signals = signalsOf(hex);
    const [sequence] = signals[0].sequences;
    expect(expanded(sequence)).toEqual(vector.expand);
    if (vector.destination !== undefined) expect(sequence.destination).toEqual(parseEid(vector.destination));
    expect(toHex(encodeCustodySignal(signals))).toBe(hex);
  });

  it.each([
    ...vectors.bad_sequences,
    { desc: 'with block source', hex: vectors.sequences[3].hex },
    { desc: 'no runs', hex: '83010c80' },
    { desc: 'beyond 2^64-1', hex: '83011bffffffffffffffff02' },
    { desc: 'beyond 2^64-1 by its gap', hex: '83010083011bffffffffffffffff01' },
    { desc: 'a negative first number', hex: '83012001' },
  ])('bad: $desc', ({ hex }) => {
    expect(bundleErrorOf(() => decodeAdminRecord(fromHex(`820da10181${hex}`))).code).toBe('admin-form');
    expect(bundleErrorOf(() => decodeAdminRecord(fromHex(`820da101${hex}`))).code).toBe('admin-form');
  });

  it('of 2^64 numbers is one interval', () => {
    const [{ sequences }] = signalsOf('820da101818301001bffffffffffffffff');
    expect(includedIntervals(sequences[0])).toEqual([{ first: 0, last: uintOf(2n ** 64n - 2n) }]);
    const [{ sequences: last }] = signalsOf('820da1018183011bffffffffffffffff01');
    expect(includedIntervals(last[0])).toEqual([{ first: 2n ** 64n - 1n, last: 2n ** 64n - 1n }]);
  });

  it('joins runs around an empty gap and leaves out empty runs', () => {
    const intervals = (runs: UInt[]) => includedIntervals({ sequenceId: 1, first: 10, runs });
    expect(intervals([2, 0, 3])).toEqual([{ first: 10, last: 14 }]);
    expect(intervals([0])).toEqual([]);
    expect(intervals([0, 4, 1])).toEqual([{ first: 14, last: 14 }]);
  });
});

describe('a custody signal', () => {
  it.each(vectors.ccs)('$record', (vector) => {
    const signals = signalsOf(vector.record);
    const { accepted, refused, acceptedBySeqId, refusedBySeqId } = vector;
    if (accepted !== undefined) expect(Object.values(bySequenceId(signals, 'accepted')).flat()).toEqual(accepted);
    if (refused !== undefined) expect(Object.values(bySequenceId(signals, 'refused')).flat()).toEqual(refused);
    if (acceptedBySeqId !== undefined) expect(bySequenceId(signals, 'accepted')).toEqual(acceptedBySeqId);
    if (refusedBySeqId !== undefined) expect(bySequenceId(signals, 'refused')).toEqual(refusedBySeqId);
    // A single sequence in place of a list is written as a list.
    if (vector.note === undefined) expect(toHex(encodeCustodySignal(signals))).toBe(vector.record);
    else expect(toHex(encodeCustodySignal(signals))).toBe('820da1018183010c83020405');
  });

  it('is accepted in the tag that the book has around its map', () => {
    expect(signalsOf('820dcda1018183010c83020405')).toEqual(signalsOf('820da1018183010c83020405'));
    expect(bundleErrorOf(() => signalsOf('820dcea1018183010c83020405')).code).toBe('admin-form');
    expect(toHex(encodeCustodySignal(signalsOf('820da1018183010c83020405'), CCSDS_TYPES, 'tagged'))).toBe(
      '820dcda1018183010c83020405',
    );
  });

  it('is accepted as a single sequence for a destination', () => {
    expect(signalsOf('820da101838202821402186405')).toEqual([
      {
        disposition: 'accepted',
        sequences: [{ sequenceId: 0, destination: parseEid('ipn:20.2'), first: 100, runs: [5] }],
      },
    ]);
  });

  it('is accepted as a single sequence for a destination of indefinite length', () => {
    expect(signalsOf('820da101839f02821402ff186405')).toEqual(signalsOf('820da101838202821402186405'));
    expect(signalsOf('820da101819f01186405ff')).toEqual(signalsOf('820da1018301186405'));
  });

  it('is accepted with items of indefinite length', () => {
    expect(signalsOf('9f0dbf019f9f010c9f020405ffffffffff')).toEqual(signalsOf('820da1018183010c83020405'));
  });

  it.each([
    ['an empty map', '820da0'],
    ['an empty list', '820da10180'],
    ['an empty list before another', '820da20180208183010c01'],
    ['a reserved disposition', '820da1218183010c01'],
    ['disposition 0', '820da1008183010c01'],
    ['one disposition twice', '820da2018183010c01018183010d01'],
    ['a list in place of the map', '820d8183010c01'],
    ['a third item', '830da1018183010c0100'],
    ['a byte behind it', '820da1018183010c0100'],
    ['a map of 2^64-1 pairs', '820dbbffffffffffffffff01'],
    ['a list of 2^64-1 sequences', '820da1019bffffffffffffffff83010c01'],
  ])('with %s is rejected', (_what, hex) => {
    expect(bundleErrorOf(() => decodeAdminRecord(fromHex(hex))).code).toBe('admin-form');
  });

  it('joins entries of one disposition, accepted first', () => {
    const one = (first: number): SequenceRuns[] => [{ sequenceId: 1, first, runs: [1] }];
    const bytes = encodeCustodySignal([
      { disposition: 'refused', sequences: one(9) },
      { disposition: 'accepted', sequences: one(1) },
      { disposition: 'accepted', sequences: one(5) },
    ]);
    expect(toHex(bytes)).toBe('820da201' + '82' + '83010101' + '83010501' + '20' + '81' + '83010901');
  });

  it('of nothing, or of something that has no form, is a misuse', () => {
    const of = (sequence: SequenceRuns) => () =>
      encodeCustodySignal([{ disposition: 'accepted', sequences: [sequence] }]);
    expect(() => encodeCustodySignal([])).toThrow(UsageError);
    expect(of({ sequenceId: 1, first: 0, runs: [1, 2] })).toThrow(UsageError);
    expect(of({ sequenceId: 0, first: 0, runs: [1] })).toThrow(UsageError);
    expect(of({ sequenceId: 1, first: -1, runs: [1] })).toThrow(UsageError);
    expect(of({ sequenceId: 1, first: 0.5, runs: [1] })).toThrow(UsageError);
    expect(of({ sequenceId: 1, destination: parseEid('ipn:20.2'), first: 0, runs: [1] })).toThrow(UsageError);
    expect(of({ sequenceId: 1, first: 2n ** 64n - 1n, runs: [2] })).toThrow(UsageError);
    expect(of({ sequenceId: 1, first: 0, runs: [1], blockSource: parseEid('ipn:10.0') })).toThrow(UsageError);
  });

  it('of any kind comes back', () => {
    fc.assert(
      fc.property(anySequences(false), fc.option(anySequences(false)), (accepted, refused) => {
        const signals: CustodySignal[] = [{ disposition: 'accepted', sequences: accepted }];
        if (refused !== null) signals.push({ disposition: 'refused', sequences: refused });
        expect(decodeAdminRecord(encodeCustodySignal(signals))).toEqual({ kind: 'custody-signal', signals });
      }),
    );
  });
});
