/** Dates of the Gregorian calendar in UTC as microseconds since 1970, and back. Leap seconds do not exist, as in Unix time. */
import { US_PER_SECOND } from './time.js';

/** Microseconds in a day. */
export const US_PER_DAY = 86_400 * US_PER_SECOND;

/**
 * Microseconds since 1970-01-01T00:00:00Z of a date such as `2026-06-15T00:00:00.5Z`, or with an offset such as `+02:00`; undefined
 * for anything else, for a date that does not exist and for one too far away to be exact (before 1685, after 2254). Digits beyond microseconds are rounded. A day may also be given by its number
 * in the year, `2026-166T00:00:00Z` (CCSDS 301.0-B-4 section 3.5.1.2).
 */
export function parseIsoTime(text: string): number | undefined {
  const found =
    /^(\d{4})-(?:(\d\d)-(\d\d)|(\d{3}))T(\d\d):(\d\d)(?::(\d\d(?:\.\d{1,12})?))?(?:Z|([+-])(\d\d):(\d\d))$/.exec(text);
  if (found === null) return undefined;
  const [, year, month, day, dayOfYear, hour, minute, second, sign, offsetHours, offsetMinutes] = found;
  const days =
    dayOfYear === undefined
      ? daysOfDate(Number(year), Number(month), Number(day))
      : daysOfYear(Number(year), Number(dayOfYear));
  if (days === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) >= 60) return undefined;
  let minutes = (days * 24 + Number(hour)) * 60 + Number(minute);
  if (sign !== undefined) {
    if (Number(offsetHours) > 23 || Number(offsetMinutes) > 59) return undefined;
    minutes -= (sign === '-' ? -1 : 1) * (Number(offsetHours) * 60 + Number(offsetMinutes));
  }
  const us = minutes * 60 * US_PER_SECOND + Math.round(Number(second ?? 0) * US_PER_SECOND);
  return Number.isSafeInteger(us) ? us : undefined;
}

/** `2026-06-15T00:00:00Z`, with a fraction of the second where there is one. For whole microseconds of the years 1 to 9999. */
export function formatIsoTime(unixUs: number): string {
  const days = Math.floor(unixUs / US_PER_DAY);
  const [year, month, day] = dateOf(days);
  const ofDayUs = unixUs - days * US_PER_DAY;
  const seconds = Math.floor(ofDayUs / US_PER_SECOND);
  const fraction = ofDayUs - seconds * US_PER_SECOND;
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) => pad(part, 2));
  const tail = fraction === 0 ? '' : `.${pad(fraction, 6).replace(/0+$/, '')}`;
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${clock.join(':')}${tail}Z`;
}

/** Days from 1970-01-01 to a day of a year, counted from 1; undefined for a day that the year does not have. */
export function daysOfYear(year: number, dayOfYear: number): number | undefined {
  if (!(year >= 1 && dayOfYear >= 1 && dayOfYear <= (isLeap(year) ? 366 : 365))) return undefined;
  return daysBeforeYear(year) + dayOfYear - 1;
}

/** Days from 1970-01-01 to a date, negative before it; undefined for a date that does not exist. */
export function daysOfDate(year: number, month: number, day: number): number | undefined {
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return undefined;
  let days = daysBeforeYear(year);
  for (let m = 1; m < month; m++) days += daysInMonth(year, m);
  return days + day - 1;
}

function dateOf(days: number): [year: number, month: number, day: number] {
  let year = 1970 + Math.floor(days / 365.2425);
  while (daysBeforeYear(year) > days) year--;
  while (daysBeforeYear(year + 1) <= days) year++;
  let left = days - daysBeforeYear(year);
  let month = 1;
  while (left >= daysInMonth(year, month)) left -= daysInMonth(year, month++);
  return [year, month, left + 1];
}

/** Days from 1970-01-01 to the first of January; negative before it. */
function daysBeforeYear(year: number): number {
  const before = year - 1;
  return 365 * before + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 719_162;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
