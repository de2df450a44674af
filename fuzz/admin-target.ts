/** Administrative records, and the runs of sequence numbers in their signals. */
import { decodeAdminRecord, includedIntervals } from '../src/bpv7/index.js';
import { drawRecord } from './records.js';
import { decoded, expect, type Target } from './target.js';

/** Decodes as the payload of an administrative bundle. */
export const adminTarget: Target = {
  name: 'admin',
  draw: drawRecord,
  run(input, tally) {
    const record = decoded(tally, input, 'admin', () => decodeAdminRecord(input));
    if (record === undefined) return;
    tally.count(record.kind);
    if (record.kind === 'custody-signal') {
      for (const { sequences } of record.signals) {
        for (const runs of sequences) {
          tally.see(`runs ${Math.min(runs.runs.length, 9)} ${runs.destination?.scheme}`);
          const intervals = includedIntervals(runs);
          expect(intervals.length <= runs.runs.length, 'more intervals than runs');
          for (const { first, last } of intervals) expect(first <= last, 'an interval runs backwards');
        }
      }
    }
  },
};
