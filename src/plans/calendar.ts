/** Dates of the Gregorian calendar in UTC as microseconds since 1970, and back. Leap seconds do not exist, as in Unix time. */
import { US_PER_SECOND } from '../base/time.js';
import { parseSeconds } from './decimal.js';

const DAY_US = 86_400 * US_PER_SECOND;

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
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  const minutes = (daysSince1970(year, month, day) * 24 + hour) * 60 + minute;
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

/** `2026-06-15T00:00:00Z`, with a fraction of the second where there is one. */
export function formatIsoTime(unixUs: number): string {
  const { date, time } = formatParts(unixUs);
  return `${date.join('-')}T${time}Z`;
}

/** `2026/06/15-00:00:00`, as ION writes a time. */
export function formatIonTime(unixUs: number): string {
  const { date, time } = formatParts(unixUs);
  return `${date.join('/')}-${time}`;
}

function formatParts(unixUs: number): { date: string[]; time: string } {
  const days = Math.floor(unixUs / DAY_US);
  const usOfDay = unixUs - days * DAY_US;
  const [year, month, day] = dateOf(days);
  const minutes = Math.floor(usOfDay / (60 * US_PER_SECOND));
  const secondUs = usOfDay - minutes * 60 * US_PER_SECOND;
  const wholeSeconds = Math.floor(secondUs / US_PER_SECOND);
  const fraction = secondUs - wholeSeconds * US_PER_SECOND;
  const second = `${pad(wholeSeconds, 2)}${fraction === 0 ? '' : `.${pad(fraction, 6).replace(/0+$/, '')}`}`;
  return {
    date: [pad(year, 4), pad(month, 2), pad(day, 2)],
    time: `${pad(Math.floor(minutes / 60), 2)}:${pad(minutes % 60, 2)}:${second}`,
  };
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

/** Year, month and day of a day counted from 1970-01-01. */
function dateOf(days: number): [year: number, month: number, day: number] {
  let year = 1970 + Math.floor(days / 365.2425);
  while (daysSince1970(year, 1, 1) > days) year--;
  while (daysSince1970(year + 1, 1, 1) <= days) year++;
  let month = 12;
  while (daysSince1970(year, month, 1) > days) month--;
  return [year, month, days - daysSince1970(year, month, 1) + 1];
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 1970-01-01 to a date of the Gregorian calendar; negative before it. */
function daysSince1970(year: number, month: number, day: number): number {
  const before = year - 1;
  let days = 365 * before + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 719_162;
  for (let m = 1; m < month; m++) days += daysInMonth(year, m);
  return days + day - 1;
}
