/** Values that more than one part of the annotated tree shows: times and durations. */
import { dtnTimeToText } from './dtn-time.js';
import type { FieldWalker } from './field-walker.js';
import type { UInt } from './uint.js';

/** Notes a creation timestamp (RFC 9171 section 4.2.7). */
export function timestamp(walker: FieldWalker): void {
  walker.array(
    'creation timestamp',
    (items) => `array of ${items} items`,
    (i) => {
      if (i === 0) walker.within('RFC 9171 4.2.6', () => walker.uint('creation time', timeText));
      else if (i === 1) walker.uint('sequence number');
      else walker.other('surplus item', 'does not belong to a timestamp');
    },
  );
}

/** A DTN time in milliseconds and as a time of the calendar; 0 stands for a time that is not known. */
export function timeText(timeMs: UInt): string {
  if (timeMs === 0) return '0, not known: the source has no clock';
  return `${timeMs} ms, ${dtnTimeToText(timeMs) ?? 'after the year 9999'}`;
}

/** A duration in milliseconds and in larger units. */
export function durationText(ms: UInt): string {
  if (typeof ms !== 'number' || ms < 1_000) return `${ms} ms`;
  const seconds = Math.floor(ms / 1_000) % 60;
  const parts: (readonly [value: number, unit: string])[] = [
    [Math.floor(ms / 86_400_000), 'd'],
    [Math.floor(ms / 3_600_000) % 24, 'h'],
    [Math.floor(ms / 60_000) % 60, 'min'],
    [ms % 1_000 === 0 ? seconds : (ms % 60_000) / 1_000, 's'],
  ];
  const words = parts.filter(([value]) => value > 0).map(([value, unit]) => `${value} ${unit}`);
  return `${ms} ms, ${words.join(' ')}`;
}
