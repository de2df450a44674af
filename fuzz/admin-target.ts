/** Administrative records under each type profile, and the runs of sequence numbers in their signals. */
import {
  type AdminRecord,
  decodeAdminRecord,
  encodeCustodySignal,
  encodeReportingSignal,
  encodeStatusReport,
  includedIntervals,
  type SequenceRuns,
  TYPE_PROFILES,
  type TypeProfile,
} from '../src/bpv7/index.js';
import { drawRecord } from './records.js';
import { decoded, expect, sameValue, type Tally, type Target } from './target.js';

/** Decodes as the payload of an administrative bundle. */
export const adminTarget: Target = {
  name: 'admin',
  draw: drawRecord,
  run(input, tally) {
    for (const types of Object.values(TYPE_PROFILES)) {
      const record = decoded(tally, input, `admin ${types.name}`, () => decodeAdminRecord(input, types));
      if (record !== undefined) checkRecord(record, types, tally);
    }
  },
};

function checkRecord(record: AdminRecord, types: TypeProfile, tally: Tally): void {
  tally.count(record.kind);
  tally.see(`record ${record.kind} ${types.name}`);
  let again: Uint8Array;
  if (record.kind === 'unknown') return;
  if (record.kind === 'status-report') again = encodeStatusReport(record.report);
  else {
    for (const { sequences } of record.signals) for (const each of sequences) checkRuns(each, tally);
    again =
      record.kind === 'custody-signal'
        ? encodeCustodySignal(record.signals, types)
        : encodeReportingSignal(record.signals, types);
  }
  expect(sameValue(inOrder(decodeAdminRecord(again, types)), inOrder(record)), 'a record encoded afresh is another');
}

/** The entries of a signal mean the same in any order. */
function inOrder(record: AdminRecord): unknown {
  if (record.kind !== 'custody-signal' && record.kind !== 'reporting-signal') return record;
  return [...record.signals].map((entry) => JSON.stringify(entry, asText)).sort();
}

function asText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value;
}

function checkRuns(runs: SequenceRuns, tally: Tally): void {
  tally.see(`runs ${Math.min(runs.runs.length, 9)} ${runs.destination?.scheme} ${runs.blockSource?.scheme}`);
  const intervals = includedIntervals(runs);
  expect(intervals.length <= runs.runs.length, 'more intervals than runs');
  for (const { first, last } of intervals) expect(first <= last, 'an interval runs backwards');
}
