import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import { UsageError } from '../../src/base/errors.js';
import {
  BLOCK_TYPES,
  BUNDLE_FLAGS,
  type Bundle,
  decodeAdminRecord,
  decodeBundle,
  eidToString,
  encodeStatusReport,
  ipn,
  newBlock,
  payloadOf,
  REASONS,
  reasonInWords,
  reportSubjectOf,
  type StatusReport,
} from '../../src/bpv7/index.js';
import { anyStatusReport } from './admin-support.js';
import { bundleErrorOf, loadVectors } from './support.js';

function reportOf(hex: string): StatusReport {
  const record = decodeAdminRecord(fromHex(hex));
  if (record.kind !== 'status-report') throw new Error(`expected a status report, found ${record.kind}`);
  return record.report;
}

const NO = { asserted: false };
const REPORT: StatusReport = {
  received: NO,
  forwarded: { asserted: true, timeMs: 815_000_005_123 },
  delivered: NO,
  deleted: NO,
  reason: 0,
  source: ipn(10, 1),
  creationTimeMs: 815_000_000_123,
  sequence: 7,
};
const HEX = '8201848481f482f51b000000bdc1c92a0381f481f4008202820a01821b000000bdc1c9167b07';

describe('a status report', () => {
  it('is read and written in the form of the vectors', () => {
    const { valid } = loadVectors<{ valid: { id: string; hex: string }[] }>('bundles.json');
    const vector = valid.find(({ id }) => id === 'V34');
    const payload = payloadOf(decodeBundle(fromHex(vector?.hex ?? ''))).data;
    expect(toHex(payload)).toBe(HEX);
    expect(reportOf(HEX)).toEqual(REPORT);
    expect(toHex(encodeStatusReport(REPORT))).toBe(HEX);
  });

  it('of ION is read and written', () => {
    const { cases } = loadVectors<{ cases: { name: string; hex: string }[] }>('bundles-captured.json');
    const captured = cases.filter(({ name }) => name.startsWith('ion-sr-'));
    expect(captured.map(({ name }) => name)).toEqual(['ion-sr-delivered-notime-0']);
    const payload = payloadOf(decodeBundle(fromHex(captured[0].hex))).data;
    const report = reportOf(toHex(payload));
    expect(eidToString(report.source)).toBe('ipn:9.7');
    expect(report).toEqual({
      ...REPORT,
      forwarded: NO,
      delivered: { asserted: true },
      source: report.source,
      creationTimeMs: 848_688_245_823,
      sequence: 6,
    });
    expect(encodeStatusReport(report)).toEqual(payload);
  });

  it('on a fragment tells its offset and the length of its payload', () => {
    const fragment = { ...REPORT, fragmentOffset: 400, payloadLength: 200 };
    const hex = `820186${HEX.slice(6)}19019018c8`;
    expect(toHex(encodeStatusReport(fragment))).toBe(hex);
    expect(reportOf(hex)).toEqual(fragment);
  });

  it('keeps a reason that is not assigned, and integers of 64 bits', () => {
    const report = { ...REPORT, reason: 2n ** 64n - 1n, sequence: 2n ** 64n - 1n, creationTimeMs: 0 };
    expect(reportOf(toHex(encodeStatusReport(report)))).toEqual(report);
  });

  it('is read with more status items than four, which are ignored', () => {
    expect(reportOf('8201848681f481f481f581f481f5820001008202820a01820007')).toEqual(
      reportOf('8201848481f481f481f581f4008202820a01820007'),
    );
    expect(bundleErrorOf(() => reportOf('8201848581f481f481f581f41c008202820a01820007')).code).toBe('admin-form');
  });

  it('is read with arrays of indefinite length', () => {
    expect(reportOf('9f019f9f9ff4ff9ff4ff9ff507ff9ff4ffff009f029f0a01ffff9f0007ffffff')).toEqual(
      reportOf('8201848481f481f482f50781f4008202820a01820007'),
    );
  });

  it.each([
    ['three status items', '8201848381f481f481f5008202820a01820007'],
    ['an integer as indicator', '82018484810181f481f481f4008202820a01820007'],
    ['null as indicator', '8201848481f681f481f481f4008202820a01820007'],
    ['an indicator without its array', '82018484f481f481f481f4008202820a01820007'],
    ['an item of nothing', '820184848081f481f481f4008202820a01820007'],
    ['an item of three', '8201848483f5010281f481f481f4008202820a01820007'],
    ['a time of what did not happen', '8201848482f40181f481f481f4008202820a01820007'],
    ['a negative time', '8201848482f52081f481f481f4008202820a01820007'],
    ['a time as float', '8201848482f5f93c0081f481f481f4008202820a01820007'],
    ['a negative reason', '8201848481f581f481f481f4208202820a01820007'],
    ['the source as text', '8201848481f581f481f481f4006869706e3a31302e31820007'],
    ['a source of LocalNode', '8201848481f581f481f481f40082028 21affffffff01820007'.replace(' ', '')],
    ['a timestamp of three items', '8201848481f581f481f481f4008202820a0183000700'],
    ['a timestamp that is none', '8201848481f581f481f481f4008202820a0107'],
    ['five items', '8201858481f581f481f481f4008202820a0182000705'],
    ['seven items', '8201878481f581f481f481f4008202820a01820007050505'],
    ['a negative offset', '8201868481f581f481f481f4008202820a018200072005'],
    ['a map as content', '8201a0'],
    ['a number in a long form', '8201848481f581f481f481f418008202820a01820007'],
    ['2^64-1 status items', '8201849bffffffffffffffff81f581f481f481f4008202820a01820007'],
  ])('with %s is rejected', (_what, hex) => {
    expect(bundleErrorOf(() => decodeAdminRecord(fromHex(hex))).code).toBe('admin-form');
  });

  it('that has no form is a misuse', () => {
    const encoding = (report: Partial<StatusReport>) => () => encodeStatusReport({ ...REPORT, ...report });
    expect(encoding({ deleted: { asserted: false, timeMs: 1 } })).toThrow(UsageError);
    expect(encoding({ fragmentOffset: 0 })).toThrow(UsageError);
    expect(encoding({ payloadLength: 0 })).toThrow(UsageError);
    expect(encoding({ reason: -1 })).toThrow(UsageError);
    expect(encoding({ deleted: { asserted: true, timeMs: 2n ** 64n } })).toThrow(UsageError);
  });

  it('of any kind comes back', () => {
    fc.assert(
      fc.property(anyStatusReport, (report) => {
        expect(decodeAdminRecord(encodeStatusReport(report))).toEqual({ kind: 'status-report', report });
      }),
    );
  });
});

describe('the subject of a status report', () => {
  const bundle: Bundle = {
    primary: {
      flags: 0,
      crcType: 1,
      destination: ipn(20, 1),
      source: ipn(10, 1),
      reportTo: ipn(10, 0),
      creationTimeMs: 5,
      sequence: 6,
      lifetimeMs: 7,
    },
    blocks: [newBlock(BLOCK_TYPES.payload, 1, new Uint8Array(11))],
  };

  it('is a bundle by source and creation timestamp', () => {
    expect(reportSubjectOf(bundle)).toEqual({ source: ipn(10, 1), creationTimeMs: 5, sequence: 6 });
  });

  it('is a fragment by its offset and its own payload length as well', () => {
    const primary = { ...bundle.primary, flags: BUNDLE_FLAGS.isFragment, fragmentOffset: 0, totalAduLength: 400 };
    expect(reportSubjectOf({ ...bundle, primary })).toMatchObject({ fragmentOffset: 0, payloadLength: 11 });
  });
});

describe('a reason', () => {
  it('has words of its own from 0 to 16', () => {
    expect(Object.values(REASONS).sort((a, b) => a - b)).toEqual([...Array(17).keys()]);
    const words = Object.values(REASONS).map((reason) => reasonInWords(reason));
    expect(new Set(words).size).toBe(17);
    expect(words.filter((each) => /\d/.test(each))).toEqual([]);
    expect(reasonInWords(REASONS.hopLimitExceeded)).toBe('hop limit exceeded');
  });

  it('beyond is told by its number', () => {
    expect(reasonInWords(17)).toBe('unassigned reason 17');
    expect(reasonInWords(255)).toBe('reserved reason 255');
    expect(reasonInWords(2n ** 64n - 1n)).toBe('unassigned reason 18446744073709551615');
  });
});
