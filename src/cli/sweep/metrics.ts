/** What a sweep shows of each point. */
import { decimal, duration } from '../style.js';
import type { PointResult } from './result.js';

/** One quantity with its words. */
export interface Metric {
  /** Head of its column. */
  readonly column: string;
  /** Title of its plot. */
  readonly title: string;
  /** Upper end of its axis where that is fixed. */
  readonly limit: number | undefined;
  /** Null where the point has none. */
  value(point: PointResult): number | null;
  text(point: PointResult): string;
}

const metric = (
  column: string,
  title: string,
  limit: number | undefined,
  value: Metric['value'],
  words: (value: number) => string,
): Metric => ({
  column,
  title,
  limit,
  value,
  text: (point) => {
    const found = value(point);
    return found === null ? '-' : words(found);
  },
});

/** All quantities in the order in which they are shown; those that no point has are left out. */
export const METRICS: readonly Metric[] = [
  metric(
    'jobs done',
    'Delivery ratio: jobs done',
    1,
    (point) => point.jobDeliveryRatio,
    (value) => value.toFixed(2),
  ),
  metric(
    'with custody',
    'Delivery ratio: plain bundles with custody',
    1,
    (point) => point.custodyTrafficDeliveryRatio,
    (value) => value.toFixed(3),
  ),
  metric(
    'without custody',
    'Delivery ratio: plain bundles without custody',
    1,
    (point) => point.uncustodiedTrafficDeliveryRatio,
    (value) => value.toFixed(3),
  ),
  metric('job time', 'Job time, median', undefined, (point) => point.jobTimeSeconds?.median ?? null, duration),
  metric(
    'sent/bundle',
    'Overhead: transmissions for each bundle delivered, all hops',
    undefined,
    (point) => point.transmissionsPerBundle,
    (value) => decimal(value, 2),
  ),
  metric(
    'bytes/byte',
    'Overhead: bytes on links for each byte of payload delivered, all hops',
    undefined,
    (point) => point.bytesPerByte,
    (value) => decimal(value, 2),
  ),
];
