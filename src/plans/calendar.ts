/** Dates as plan files write them, and whether they are finer than microseconds. The calendar itself is in base. */
import { daysOfDate, formatIsoTime } from '../base/calendar.js';
import { US_PER_SECOND } from '../base/time.js';
import { parseSeconds } from './decimal.js';

/** The whole years whose microseconds since 1970 are exact, in words for messages. */
export const CALENDAR_YEARS = '1685 to 2254';

/** Parts of a date as texts of digits; `second` may have a fraction. */
export interface DateParts {
  readonly year: string;
  readonly month: string;
  readonly day: string;
  readonly hour: string;
  readonly minute: string;
  readonly second: string;
}

/** Microseconds since 1970-01-01T00:00:00Z; undefined for a date that does not exist, or is too far away to be exact. */
export function unixUsOf(parts: DateParts): { readonly us: number; readonly isRounded: boolean } | undefined {
  const [year, month, day, hour, minute] = [parts.year, parts.month, parts.day, parts.hour, parts.minute].map(
    Number,
  ) as [number, number, number, number, number];
  const second = parseSeconds(parts.second);
  if (second === undefined || Number(parts.second) >= 60 || hour > 23 || minute > 59) return undefined;
  const days = daysOfDate(year, month, day);
  if (days === undefined) return undefined;
  const minutes = (days * 24 + hour) * 60 + minute;
  const us = minutes * 60 * US_PER_SECOND + second.us;
  return Number.isSafeInteger(us) ? { us, isRounded: second.isRounded } : undefined;
}

/** A date such as `2026-06-15T00:00:00.5Z` or with an offset such as `+02:00`; undefined for anything else, one without a zone too. */
export function parseIsoTime(text: string): { readonly us: number; readonly isRounded: boolean } | undefined {
  const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d(?:\.\d+)?)(?:Z|([+-])(\d\d):(\d\d))$/.exec(text);
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second, sign, hours, minutes] = found as unknown as string[];
  const date = unixUsOf({ year, month, day, hour, minute, second } as DateParts);
  if (date === undefined || sign === undefined) return date;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offsetUs = (Number(hours) * 60 + Number(minutes)) * 60 * US_PER_SECOND;
  const us = date.us - (sign === '-' ? -offsetUs : offsetUs);
  return Number.isSafeInteger(us) ? { ...date, us } : undefined;
}

/** `2026/06/15-00:00:00`, as ION writes a time. */
export function formatIonTime(unixUs: number): string {
  return formatIsoTime(unixUs).slice(0, -1).replaceAll('-', '/').replace('T', '-');
}
