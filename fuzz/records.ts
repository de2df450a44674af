/** Administrative records: status reports, custody and reporting signals, and types that nobody knows. */
import type { Random } from '../src/base/random.js';
import { ADMIN_TYPES } from '../src/bpv7/index.js';
import { drawEid } from './bundles.js';
import { type CborValue, cbor } from './cbor-tree.js';
import { drawBytes, drawUInt, pick } from './draw.js';

/** The bytes of a record, as they are the payload of an administrative bundle. */
export function drawRecord(random: Random): Uint8Array {
  const kind = random.below(10);
  if (kind < 4) return cbor([ADMIN_TYPES.statusReport, drawStatusReport(random)]);
  if (kind < 7) return cbor([ADMIN_TYPES.custodySignal, drawCustodySignal(random)]);
  if (kind < 9) return cbor([ADMIN_TYPES.reportingSignal, drawReportingSignal(random)]);
  return cbor([drawUInt(random), drawBytes(random, random.below(10))]);
}

function drawStatusReport(random: Random): CborValue {
  const item = (): CborValue => {
    const isAsserted = random.chance(0.5);
    return isAsserted && random.chance(0.5) ? [true, drawUInt(random)] : [isAsserted];
  };
  const report: CborValue[] = [
    [item(), item(), item(), item()],
    random.chance(0.9) ? random.below(17) : drawUInt(random),
    drawEid(random),
    [drawUInt(random), drawUInt(random)],
  ];
  if (random.chance(0.3)) report.push(drawUInt(random), drawUInt(random));
  return report;
}

function drawCustodySignal(random: Random): CborValue {
  const signal = new Map<CborValue, CborValue>();
  if (random.chance(0.8)) signal.set(1, drawSequences(random));
  if (signal.size === 0 || random.chance(0.4)) signal.set(-1, drawSequences(random));
  return signal;
}

function drawReportingSignal(random: Random): CborValue {
  const signal = new Map<CborValue, CborValue>();
  for (const reason of [0, 1, 2, 3]) if (random.chance(0.4)) signal.set(reason, drawSequences(random));
  if (signal.size === 0) signal.set(random.below(8), drawSequences(random));
  return signal;
}

function drawSequences(random: Random): CborValue {
  return Array.from({ length: 1 + random.below(3) }, () => [
    random.chance(0.5) ? 1 + random.below(30) : drawEid(random),
    pick(random, [1, 2, drawUInt(random)]),
    random.chance(0.5) ? 1 + random.below(30) : drawRuns(random),
  ]);
}

/** Run lengths, an odd number of them. */
function drawRuns(random: Random): CborValue {
  const count = 1 + 2 * random.below(random.chance(0.9) ? 4 : 60);
  return Array.from({ length: count }, () => (random.chance(0.95) ? 1 + random.below(100) : drawUInt(random)));
}
