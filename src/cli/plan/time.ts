/** Times on a command line: seconds on a plan's axis, or a date where it is known which date the axis begins at. */
import { UsageError } from '../../base/errors.js';
import { usToSeconds } from '../../base/time.js';
import { formatIsoTime, formatSeconds, parseIsoTime, parseSeconds } from '../../plans/index.js';

const EXPECTED = 'expected seconds such as 90 or 1.5, or a date with a zone such as 2026-06-15T00:00:00Z';

/**
 * Whole microseconds on the axis, the nearest ones to a time that is finer. Throws a UsageError that names the option for a text that is neither seconds nor a date, for a date
 * where the axis has none, and for a time before its beginning.
 */
export function axisTime(option: string, text: string, epochUnixUs: number | undefined): number {
  const seconds = parseSeconds(text.trim());
  if (seconds !== undefined) return checked(seconds.us, option, text);
  const date = parseIsoTime(text.trim())?.us ?? dateOf(option, text);
  if (epochUnixUs === undefined) {
    throw new UsageError(
      'no-epoch',
      `${option} ${text}: the plan does not say which date its time 0 is; add --epoch with that date, or give seconds`,
    );
  }
  if (date < epochUnixUs) {
    const start = formatIsoTime(epochUnixUs);
    throw new UsageError('bad-time', `${option} ${text}: before the plan begins; expected a date from ${start} on`);
  }
  return checked(date - epochUnixUs, option, text);
}

/** The date of the axis' beginning: what `--epoch` gives, or the plan. Throws a UsageError where both do and differ. */
export function epochOf(planUnixUs: number | undefined, text: string | undefined): number | undefined {
  if (text === undefined) return planUnixUs;
  const given = dateOf('--epoch', text);
  if (planUnixUs !== undefined && planUnixUs !== given) {
    const date = formatIsoTime(planUnixUs);
    throw new UsageError('bad-epoch', `--epoch ${text}: the plan itself says that its time 0 is ${date}; leave it out`);
  }
  return given;
}

/** Seconds of a time for JSON; null for one that never comes. */
export function secondsOrNull(us: number): number | null {
  return us === Infinity ? null : usToSeconds(us);
}

/** `90.5 s`, and the date where it is known. */
export function timeWords(us: number, epochUnixUs: number | undefined): string {
  const seconds = `${formatSeconds(us)} s`;
  return epochUnixUs === undefined ? seconds : `${seconds} (${formatIsoTime(epochUnixUs + us)})`;
}

/** Microseconds since 1970 of a date. Throws a UsageError for anything else. */
export function dateOf(option: string, text: string): number {
  const date = parseIsoTime(text.trim());
  if (date !== undefined && !date.isRounded) return date.us;
  if (date !== undefined) throw new UsageError('bad-time', `${option} ${text}: finer than a microsecond`);
  if (/^-\d/.test(text)) throw new UsageError('bad-time', `${option} ${text}: before the plan begins; ${EXPECTED}`);
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    throw new UsageError('bad-time', `${option} ${text}: no such date, or no zone; ${EXPECTED}`);
  }
  throw new UsageError('bad-time', `${option} ${text}: no time; ${EXPECTED}`);
}

function checked(us: number, option: string, text: string): number {
  if (Number.isSafeInteger(us)) return us;
  throw new UsageError('bad-time', `${option} ${text}: too late for whole microseconds below 2^53`);
}
