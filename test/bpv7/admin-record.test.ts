import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalBytes, fromHex, toHex } from '../../src/base/bytes.js';
import { UsageError } from '../../src/base/errors.js';
import {
  type AdminRecord,
  BPLIB_TYPES,
  BundleError,
  CCSDS_TYPES,
  decodeAdminRecord,
  encodeCustodySignal,
  encodeReportingSignal,
  encodeStatusReport,
  HDTN_TYPES,
  includedIntervals,
  TYPE_PROFILES,
  type TypeProfile,
} from '../../src/bpv7/index.js';
import { anyCustodySignals, anyReportingSignals, anyStatusReport } from './admin-support.js';
import { bundleErrorOf, loadVectors } from './support.js';

interface AdminVectors {
  bplib: {
    profile: keyof typeof TYPE_PROFILES;
    record: string;
    disposition: string;
    sequenceId: number;
    intervals: [number, number][];
  }[];
  bibe: { typeCode: number; record: string }[];
}

const vectors = loadVectors<AdminVectors>('bundles-admin.json');

/** The record in its canonical form; undefined for an unknown one. */
function encoded(record: AdminRecord, types: TypeProfile): Uint8Array | undefined {
  if (record.kind === 'status-report') return encodeStatusReport(record.report);
  if (record.kind === 'custody-signal') return encodeCustodySignal(record.signals, types);
  return record.kind === 'reporting-signal' ? encodeReportingSignal(record.signals, types) : undefined;
}

function decodedOrUndefined(payload: Uint8Array, types: TypeProfile): AdminRecord | undefined {
  try {
    return decodeAdminRecord(payload, types);
  } catch (thrown) {
    if (thrown instanceof BundleError && thrown.code === 'admin-form') return undefined;
    throw thrown;
  }
}

/** Checks that what a payload is read as encodes to a fixed point: the same record, and then the same bytes. */
function expectCanonical(payload: Uint8Array, types: TypeProfile): void {
  const record = decodedOrUndefined(payload, types);
  const canonical = record === undefined ? undefined : encoded(record, types);
  if (canonical === undefined) return;
  const again = decodeAdminRecord(canonical, types);
  const rewritten = encoded(again, types);
  expect(again.kind).toBe(record?.kind);
  expect(rewritten !== undefined && equalBytes(rewritten, canonical)).toBe(true);
}

const anyProfile = fc.constantFrom(CCSDS_TYPES, BPLIB_TYPES);

/** A profile and the canonical bytes of a record under it. */
const anyRecord = fc.tuple(
  anyProfile,
  fc.oneof(
    anyStatusReport.map((report): AdminRecord => ({ kind: 'status-report', report })),
    anyCustodySignals.map((signals): AdminRecord => ({ kind: 'custody-signal', signals })),
    anyReportingSignals.map((signals): AdminRecord => ({ kind: 'reporting-signal', signals })),
  ),
);

describe('an administrative record', () => {
  it('of any kind comes back under its profile', () => {
    fc.assert(
      fc.property(anyRecord, ([types, record]) => {
        expect(decodeAdminRecord(encoded(record, types) as Uint8Array, types)).toEqual(record);
      }),
    );
  });

  it('cut at any byte is rejected', () => {
    fc.assert(
      fc.property(anyRecord, ([types, record]) => {
        const bytes = encoded(record, types) as Uint8Array;
        for (let length = 0; length < bytes.length; length++) {
          expect(bundleErrorOf(() => decodeAdminRecord(bytes.subarray(0, length), types)).code).toBe('admin-form');
        }
      }),
      { numRuns: 30 },
    );
  });

  it('with bytes cut out and put in is rejected, or encodes canonically', () => {
    fc.assert(
      fc.property(
        anyRecord,
        fc.nat(),
        fc.nat(5),
        fc.uint8Array({ maxLength: 5 }),
        ([types, record], place, cut, put) => {
          const bytes = encoded(record, types) as Uint8Array;
          const at = place % bytes.length;
          expectCanonical(Uint8Array.from([...bytes.subarray(0, at), ...put, ...bytes.subarray(at + cut)]), types);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('of CBOR by chance is rejected, or encodes canonically', () => {
    const heads = [
      0x80, 0x81, 0x82, 0x83, 0x84, 0x86, 0x9f, 0xff, 0xa1, 0xa2, 0xbf, 0xcd, 0xce, 0xf4, 0xf5, 0x1b, 0x20,
    ];
    const likely = fc.oneof(fc.constantFrom(...heads), fc.nat(6), fc.nat(255));
    const starts = ['', '82', '8201', '82018484', '820d', '820da101', '820e', '820ea10081', '8204a1', '8203'].map(
      fromHex,
    );
    fc.assert(
      fc.property(anyProfile, fc.constantFrom(...starts), fc.array(likely, { maxLength: 40 }), (types, start, rest) => {
        expectCanonical(Uint8Array.from([...start, ...rest]), types);
      }),
      { numRuns: 10_000 },
    );
  });

  it('is unknown by a type that nobody has told', () => {
    expect(decodeAdminRecord(fromHex('8202f6'))).toEqual({ kind: 'unknown', typeCode: 2 });
    expect(decodeAdminRecord(fromHex('820080'))).toEqual({ kind: 'unknown', typeCode: 0 });
    expect(decodeAdminRecord(fromHex('821bfffffffffffffffff6'))).toEqual({ kind: 'unknown', typeCode: 2n ** 64n - 1n });
  });

  it.each(vectors.bibe)('of type $typeCode for an encapsulated bundle is unknown', ({ typeCode, record }) => {
    expect(decodeAdminRecord(fromHex(record))).toEqual({ kind: 'unknown', typeCode });
    expect(decodeAdminRecord(fromHex(record), HDTN_TYPES)).toEqual({ kind: 'unknown', typeCode });
    // bplib has other records under types 3 and 4, which these are not.
    if (typeCode <= 4) {
      expect(bundleErrorOf(() => decodeAdminRecord(fromHex(record), BPLIB_TYPES)).code).toBe('admin-form');
    }
  });

  it.each([
    '',
    '00',
    '80',
    '8104',
    '82',
    '8204',
    '822000',
    '82041c',
    '830406f6',
    '8204f6f6',
    'a10400',
    '9f04f6',
    '6161',
  ])('is rejected where %j is none', (hex) => {
    expect(bundleErrorOf(() => decodeAdminRecord(fromHex(hex))).code).toBe('admin-form');
  });
});

describe('a type profile', () => {
  it('stands under its own name', () => {
    for (const [name, types] of Object.entries(TYPE_PROFILES)) expect(types.name).toBe(name);
  });

  it.each(vectors.bplib)('$profile reads and writes a signal as bplib does: $record', (vector) => {
    const types = TYPE_PROFILES[vector.profile];
    const record = decodeAdminRecord(fromHex(vector.record), types);
    if (record.kind !== 'custody-signal') throw new Error(`expected a custody signal, found ${record.kind}`);
    const [{ disposition, sequences }] = record.signals;
    expect([disposition, sequences[0].sequenceId]).toEqual([vector.disposition, vector.sequenceId]);
    expect(includedIntervals(sequences[0]).map(({ first, last }) => [first, last])).toEqual(vector.intervals);
    const asBplib = { ...types, sequences: 'single' } as const;
    expect(toHex(encodeCustodySignal(record.signals, asBplib))).toBe(vector.record);
  });

  it('bplib keeps both dispositions as one sequence each, and several sequences as a list', () => {
    const both = '8204a20183010c8302040520830301' + '02';
    const record = decodeAdminRecord(fromHex(both), BPLIB_TYPES);
    expect(toHex(encoded(record, BPLIB_TYPES) as Uint8Array)).toBe(both);
    const list = '8203a1038283010c0183020d01';
    expect(toHex(encoded(decodeAdminRecord(fromHex(list), BPLIB_TYPES), BPLIB_TYPES) as Uint8Array)).toBe(list);
  });

  it('has the same tags under other record types', () => {
    const tagged = fromHex('8204cda10183010c01');
    expect(decodeAdminRecord(tagged, BPLIB_TYPES)).toEqual(decodeAdminRecord(fromHex('820da1018183010c01')));
    const { signals } = decodeAdminRecord(tagged, BPLIB_TYPES) as Extract<AdminRecord, { kind: 'custody-signal' }>;
    expect(encodeCustodySignal(signals, BPLIB_TYPES, 'tagged')).toEqual(tagged);
  });

  it('of a record type of its own above 23 is written and read', () => {
    const types = { ...CCSDS_TYPES, name: 'own', custodySignal: 64_400, reportingSignal: 64_401 };
    const sequences = [{ sequenceId: 1, first: 12, runs: [1] }];
    const bytes = encodeCustodySignal([{ disposition: 'refused', sequences }], types);
    expect(toHex(bytes)).toBe('8219fb90a1208183010c01');
    expect(decodeAdminRecord(bytes, types).kind).toBe('custody-signal');
    expect(decodeAdminRecord(bytes)).toEqual({ kind: 'unknown', typeCode: 64_400 });
  });

  it('hdtn recognises no custody and no reporting, and writes none', () => {
    const sequences = [{ sequenceId: 1, first: 12, runs: [1] }];
    expect([HDTN_TYPES.custodyBlock, HDTN_TYPES.reportingBlock]).toEqual([undefined, undefined]);
    expect(() => encodeCustodySignal([{ disposition: 'accepted', sequences }], HDTN_TYPES)).toThrow(UsageError);
    expect(() => encodeReportingSignal([{ reason: 'received', sequences }], HDTN_TYPES)).toThrow(UsageError);
    for (const record of ['820da1018183010c01', '820ea1008183010c01']) {
      expect(decodeAdminRecord(fromHex(record), HDTN_TYPES).kind).toBe('unknown');
    }
  });
});

describe('a record that promises more than it holds', () => {
  it('costs no more than its length', () => {
    const huge = '9bffffffffffffffff';
    for (const start of [huge, '820d', '820da101', '820da10181', '820da101818301', '8201', '820184', '820184848']) {
      const hex = start.length % 2 === 0 ? start : `${start}1`;
      const payload = fromHex(hex === huge ? huge : `${hex}${huge}`);
      expect(bundleErrorOf(() => decodeAdminRecord(payload)).code).toBe('admin-form');
    }
  });

  it('of 2^63 numbers is one interval', () => {
    const record = decodeAdminRecord(fromHex('820da1018183011b80000000000000001b7fffffffffffffff'));
    if (record.kind !== 'custody-signal') throw new Error(record.kind);
    expect(includedIntervals(record.signals[0].sequences[0])).toEqual([{ first: 2n ** 63n, last: 2n ** 64n - 2n }]);
  });

  it('of very many sequences and of very many runs is read and written whole', () => {
    const count = 200_000;
    const sequences = Array.from({ length: count }, (_, i) => ({ sequenceId: 1, first: i, runs: [1] }));
    const many = encodeCustodySignal([{ disposition: 'accepted', sequences }]);
    const written = encoded(decodeAdminRecord(many), CCSDS_TYPES) as Uint8Array;
    expect(equalBytes(written, many)).toBe(true);
    const runs = new Array<number>(count + 1).fill(2 ** 40);
    const long = encodeReportingSignal([{ reason: 'deleted', sequences: [{ sequenceId: 1, first: 0, runs }] }]);
    const record = decodeAdminRecord(long);
    if (record.kind !== 'reporting-signal') throw new Error(record.kind);
    expect(includedIntervals(record.signals[0].sequences[0])).toHaveLength(count / 2 + 1);
  });
});
