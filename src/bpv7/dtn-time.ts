/** DTN times as text and back (RFC 9171 section 4.2.6): UTC by the Gregorian calendar, without leap seconds as POSIX counts. */
import { UsageError } from '../base/errors.js';
import type { UInt } from './uint.js';

const MS_PER_DAY = 86_400_000;
/** Days from 0000-03-01, where the 400-year cycle of the calendar begins here, to the DTN epoch 2000-01-01. */
const EPOCH_DAY = 730_425;
const DAYS_PER_CYCLE = 146_097;
/** The first millisecond of the year 10000, whose text would have five digits. */
const END_MS = 252_455_616_000_000;

/** `2025-10-28T20:53:20.123Z` of milliseconds since the DTN epoch, or undefined after the year 9999. */
export function dtnTimeToText(timeMs: UInt): string | undefined {
  if (typeof timeMs !== 'number' || timeMs >= END_MS) return undefined;
  const inDay = timeMs % MS_PER_DAY;
  const { year, month, day } = civilOf(Math.floor(timeMs / MS_PER_DAY) + EPOCH_DAY);
  const date = `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
  const clock = [Math.floor(inDay / 3_600_000), Math.floor(inDay / 60_000) % 60, Math.floor(inDay / 1_000) % 60];
  return `${date}T${clock.map((part) => digits(part, 2)).join(':')}.${digits(inDay % 1_000, 3)}Z`;
}

/**
 * Milliseconds since the DTN epoch of a text such as `2025-10-28T20:53:20Z`, with up to three decimals of a second. Throws a
 * UsageError where it is no such text, or a time before 2000.
 */
export function parseDtnTime(text: string): number {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?Z$/.exec(text);
  if (match === null) return badTime(text, 'a time such as 2025-10-28T20:53:20.123Z');
  const [year, month, day, hours, minutes, seconds] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const dayNumber = dayOf(year, month, day);
  const back = civilOf(dayNumber);
  const exists = back.year === year && back.month === month && back.day === day;
  if (!exists || hours > 23 || minutes > 59 || seconds > 59) return badTime(text, 'a time of the calendar');
  const inDay = ((hours * 60 + minutes) * 60 + seconds) * 1_000 + Number((match[7] ?? '0').padEnd(3, '0'));
  const timeMs = (dayNumber - EPOCH_DAY) * MS_PER_DAY + inDay;
  return timeMs < 0 ? badTime(text, 'a time from 2000 on, where DTN time begins') : timeMs;
}

/** Day number from 0000-03-01. Years begin in March here, so that the day that some of them lack is their last. */
function dayOf(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1;
  const inYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return shifted * 365 + Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400) + inYear;
}

function civilOf(dayNumber: number): { year: number; month: number; day: number } {
  const cycle = Math.floor(dayNumber / DAYS_PER_CYCLE);
  const inCycle = dayNumber - cycle * DAYS_PER_CYCLE;
  const leapDays = Math.floor(inCycle / 1_460) - Math.floor(inCycle / 36_524) + Math.floor(inCycle / 146_096);
  const shifted = Math.floor((inCycle - leapDays) / 365);
  const inYear = inCycle - (365 * shifted + Math.floor(shifted / 4) - Math.floor(shifted / 100));
  const fromMarch = Math.floor((5 * inYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = shifted + cycle * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day: inYear - Math.floor((153 * fromMarch + 2) / 5) + 1 };
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function badTime(text: string, expected: string): never {
  throw new UsageError('dtn-time-text', `${JSON.stringify(text)}: expected ${expected}`);
}
