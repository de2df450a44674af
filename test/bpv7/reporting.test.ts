import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import { UsageError } from '../../src/base/errors.js';
import {
  CCSDS_TYPES,
  decodeAdminRecord,
  decodeReportingBlock,
  eidToString,
  encodeReportingBlock,
  encodeReportingSignal,
  hasFlag,
  includedIntervals,
  ipn,
  REPORTING_REQUESTS,
  type ReportingBlock,
  type ReportingSignal,
  type SequenceRuns,
  type UInt,
} from '../../src/bpv7/index.js';
import { anyReportingSignals } from './admin-support.js';
import { anyEid, anyUInt, bundleErrorOf, loadVectors } from './support.js';

interface ReportingVectors {
  creb: { btsd: string }[];
  sequences: { desc: string; hex: string; expand: number[]; blockSource?: string }[];
  bad_sequences: { desc: string; hex: string }[];
  crs: { record: string; received: number[]; delivered: number[] }[];
}

const vectors = loadVectors<ReportingVectors>('bundles-custody.json');

function signalsOf(hex: string): readonly ReportingSignal[] {
  const record = decodeAdminRecord(fromHex(hex));
  if (record.kind !== 'reporting-signal') throw new Error(`expected a reporting signal, found ${record.kind}`);
  return record.signals;
}

/** All numbers of a short sequence, one by one. */
function expanded(sequence: SequenceRuns): number[] {
  return includedIntervals(sequence).flatMap(({ first, last }) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => Number(first) + i),
  );
}

describe('compressed reporting block', () => {
  const CONTENTS: ReportingBlock[] = [
    { sequence: 7 },
    { sequence: 7, sequenceId: 2 },
    { sequence: 7, sequenceId: 2, requestFlags: 0x3f },
    { sequence: 7, sequenceId: 2, requestFlags: 5, blockSource: ipn(10, 0) },
    { sequence: 7, sequenceId: 2, requestFlags: 5, blockSource: ipn(10, 0), reportTo: ipn(1, 9) },
  ];

  it.each(vectors.creb.map(({ btsd }, i): [string, ReportingBlock] => [btsd, CONTENTS[i]]))('%s', (btsd, content) => {
    expect(decodeReportingBlock(fromHex(btsd))).toEqual(content);
    expect(toHex(encodeReportingBlock(content))).toBe(btsd);
  });

  it('asks by named flags', () => {
    const { requestFlags } = decodeReportingBlock(fromHex('8307020c'));
    const asked = Object.entries(REPORTING_REQUESTS).filter(([, mask]) => hasFlag(requestFlags ?? 0, mask));
    expect(asked.map(([name]) => name)).toEqual(['delivery', 'deletion']);
    const all = Object.values(REPORTING_REQUESTS).reduce<number>((flags, mask) => flags | mask, 0);
    expect(all).toBe(0x3f);
  });

  it('with any content comes back', () => {
    const anyContent = fc
      .tuple(fc.integer({ min: 1, max: 5 }), anyUInt, anyUInt, anyUInt, anyEid, anyEid)
      .map(([items, sequence, sequenceId, requestFlags, blockSource, reportTo]): ReportingBlock => {
        const all = { sequence, sequenceId, requestFlags, blockSource, reportTo };
        return Object.fromEntries(Object.entries(all).slice(0, items)) as unknown as ReportingBlock;
      });
    fc.assert(
      fc.property(anyContent, (content) => {
        const data = encodeReportingBlock(content);
        expect(decodeReportingBlock(data)).toEqual(content);
        for (let length = 0; length < data.length; length++) {
          expect(bundleErrorOf(() => decodeReportingBlock(data.subarray(0, length))).code).toBe('reporting-form');
        }
      }),
    );
  });

  it('with a gap is a misuse', () => {
    expect(() => encodeReportingBlock({ sequence: 7, requestFlags: 5 })).toThrow(UsageError);
    expect(() => encodeReportingBlock({ sequence: 7, sequenceId: 1, reportTo: ipn(1, 9) })).toThrow(UsageError);
    expect(() => encodeReportingBlock({ sequence: undefined as unknown as UInt })).toThrow(UsageError);
  });

  it.each([
    ['no item', '80'],
    ['six items', '860702058202820a00820282010900'],
    ['a negative number', '8126'],
    ['flags as text', '8307026135'],
    ['the source as text', '840702056869706e3a31302e30'],
    ['a byte behind it', '810700'],
    ['no array', '07'],
    ['2^64-1 items', '9bffffffffffffffff0702'],
  ])('with %s is rejected', (_what, hex) => {
    const error = bundleErrorOf(() => decodeReportingBlock(fromHex(hex), 40, 2));
    expect(error.code).toBe('reporting-form');
    expect(error.block).toBe(2);
    expect(error.offset).toBeGreaterThanOrEqual(40);
  });
});

describe('a reporting signal', () => {
  it.each(vectors.crs)('$record', ({ record, received, delivered }) => {
    const signals = signalsOf(record);
    expect(signals.map(({ reason }) => reason)).toEqual(['received', 'delivered']);
    expect(signals.map(({ sequences }) => sequences.flatMap(expanded))).toEqual([received, delivered]);
    expect(toHex(encodeReportingSignal(signals))).toBe(record);
  });

  it.each(vectors.sequences)('with the sequence: $desc', ({ hex, expand, blockSource }) => {
    const signals = signalsOf(`820ea10381${hex}`);
    const [sequence] = signals[0].sequences;
    expect(expanded(sequence)).toEqual(expand);
    expect(sequence.blockSource && eidToString(sequence.blockSource)).toBe(blockSource);
    expect(toHex(encodeReportingSignal(signals))).toBe(`820ea10381${hex}`);
    // The same without the list around it.
    expect(signalsOf(`820ea103${hex}`)).toEqual(signals);
  });

  it.each([...vectors.bad_sequences, { desc: 'five items', hex: '850307028202820a0000' }])(
    'is rejected with the sequence: $desc',
    ({ hex }) => {
      expect(bundleErrorOf(() => decodeAdminRecord(fromHex(`820ea10381${hex}`))).code).toBe('admin-form');
      expect(bundleErrorOf(() => decodeAdminRecord(fromHex(`820ea103${hex}`))).code).toBe('admin-form');
    },
  );

  it('knows six reasons, in the order of their numbers', () => {
    const one = (first: number): SequenceRuns[] => [{ sequenceId: 1, first, runs: [1] }];
    const bytes = encodeReportingSignal([
      { reason: 'custody-refused', sequences: one(5) },
      { reason: 'custody-accepted', sequences: one(4) },
      { reason: 'deleted', sequences: one(3) },
      { reason: 'delivered', sequences: one(2) },
      { reason: 'forwarded', sequences: one(1) },
      { reason: 'received', sequences: one(0) },
    ]);
    expect(toHex(bytes)).toBe(`820ea6${[0, 1, 2, 3, 4, 5].map((n) => `0${n}8183010${n}01`).join('')}`);
  });

  it('is accepted in the tag that the book has around its map, and written in it', () => {
    const record = vectors.crs[0].record;
    const tagged = `820ece${record.slice(4)}`;
    expect(signalsOf(tagged)).toEqual(signalsOf(record));
    expect(toHex(encodeReportingSignal(signalsOf(record), CCSDS_TYPES, 'tagged'))).toBe(tagged);
    expect(bundleErrorOf(() => signalsOf(`820ecd${record.slice(4)}`)).code).toBe('admin-form');
  });

  it.each([
    ['an empty map', '820ea0'],
    ['an empty list', '820ea10080'],
    ['a reserved reason', '820ea1068183010c01'],
    ['a negative reason', '820ea1208183010c01'],
    ['one reason twice', '820ea2018183010c01018183010d01'],
    ['a reason in a long form', '820ea118018183010c01'],
    ['a map of 2^64-1 pairs', '820ebbffffffffffffffff01'],
  ])('with %s is rejected', (_what, hex) => {
    expect(bundleErrorOf(() => decodeAdminRecord(fromHex(hex))).code).toBe('admin-form');
  });

  it('of nothing is a misuse', () => {
    expect(() => encodeReportingSignal([])).toThrow(UsageError);
    expect(() => encodeReportingSignal([{ reason: 'received', sequences: [] }])).toThrow(UsageError);
  });

  it('of any kind comes back', () => {
    fc.assert(
      fc.property(anyReportingSignals, (signals) => {
        expect(decodeAdminRecord(encodeReportingSignal(signals))).toEqual({ kind: 'reporting-signal', signals });
      }),
    );
  });
});
