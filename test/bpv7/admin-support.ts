/** What the tests of administrative records share: records by chance. */
import fc from 'fast-check';
import {
  type CustodySignal,
  type ReportingReason,
  type ReportingSignal,
  type SequenceRuns,
  type StatusItem,
  type StatusReport,
  type UInt,
  uintOf,
} from '../../src/bpv7/index.js';
import { anyEid, anyUInt } from './support.js';

const anyNumber = fc.oneof(fc.nat(30), fc.bigInt(0n, 2n ** 60n).map(uintOf));

function anySequence(withSource: boolean): fc.Arbitrary<SequenceRuns> {
  return fc
    .record({
      sequenceId: anyNumber.filter((id) => id > 0),
      destination: fc.option(anyEid),
      first: anyNumber,
      pairs: fc.array(fc.tuple(fc.nat(1000), anyNumber), { maxLength: 4 }),
      last: anyNumber,
      blockSource: withSource ? fc.option(anyEid, { nil: undefined }) : fc.constant(undefined),
    })
    .map(({ sequenceId, destination, first, pairs, last, blockSource }): SequenceRuns => {
      const runs: UInt[] = [...pairs.flat(), last];
      return destination === null
        ? { sequenceId, first, runs, blockSource }
        : { sequenceId: 0, destination, first, runs, blockSource };
    });
}

/** Lists of one to thirty sequences. */
export function anySequences(withSource: boolean): fc.Arbitrary<SequenceRuns[]> {
  return fc.array(anySequence(withSource), { minLength: 1, maxLength: 30 });
}

/** The content of custody signals, in the order in which they are written. */
export const anyCustodySignals: fc.Arbitrary<CustodySignal[]> = fc
  .tuple(fc.subarray<CustodySignal['disposition']>(['accepted', 'refused'], { minLength: 1 }), anySequences(false))
  .map(([dispositions, sequences]) => dispositions.map((disposition) => ({ disposition, sequences })));

const REPORTING_REASONS: ReportingReason[] = [
  'received',
  'forwarded',
  'delivered',
  'deleted',
  'custody-accepted',
  'custody-refused',
];

/** The content of reporting signals, in the order in which they are written. */
export const anyReportingSignals: fc.Arbitrary<ReportingSignal[]> = fc
  .tuple(fc.subarray(REPORTING_REASONS, { minLength: 1 }), anySequences(true))
  .map(([reasons, sequences]) => reasons.map((reason) => ({ reason, sequences })));

const anyItem: fc.Arbitrary<StatusItem> = fc.oneof(
  fc.constantFrom<StatusItem>({ asserted: false }, { asserted: true }),
  anyUInt.map((timeMs): StatusItem => ({ asserted: true, timeMs })),
);

/** Status reports on bundles and on fragments. */
export const anyStatusReport: fc.Arbitrary<StatusReport> = fc
  .record({
    received: anyItem,
    forwarded: anyItem,
    delivered: anyItem,
    deleted: anyItem,
    reason: anyUInt,
    source: anyEid,
    creationTimeMs: anyUInt,
    sequence: anyUInt,
    fragment: fc.option(fc.tuple(anyUInt, anyUInt)),
  })
  .map(({ fragment, ...report }) =>
    fragment === null ? report : { ...report, fragmentOffset: fragment[0], payloadLength: fragment[1] },
  );
