/** Seconds as files write them, to and from whole microseconds without a loss on the way. */
import { US_PER_SECOND } from '../base/time.js';

/** A time in whole microseconds, and whether the text was finer than that. */
export interface ReadSeconds {
  /** The nearest whole microsecond; beyond 2^53 - 1 where the time is out of reach. */
  readonly us: number;
  readonly isRounded: boolean;
}

/** From here on neighbouring doubles are more than a microsecond apart, so that only the text says which one is meant. */
export const COARSE_SECONDS = 2 ** 32;

/** A decimal of at least 0, such as `90`, `1.5` or `2e3`, in whole microseconds; undefined for anything else. */
export function parseSeconds(text: string): ReadSeconds | undefined {
  const parts = /^(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,4}))?$/i.exec(text);
  if (parts === null) return undefined;
  let whole = parts[1] as string;
  let fraction = parts[2] ?? '';
  const exponent = Number(parts[3] ?? 0);
  if (exponent > 0) {
    fraction = fraction.padEnd(exponent, '0');
    whole += fraction.slice(0, exponent);
    fraction = fraction.slice(exponent);
  } else if (exponent < 0) {
    whole = whole.padStart(-exponent + 1, '0');
    fraction = whole.slice(exponent) + fraction;
    whole = whole.slice(0, exponent);
  }
  const us = Number(whole) * US_PER_SECOND + Number(fraction.slice(0, 6).padEnd(6, '0'));
  const rest = fraction.slice(6);
  return { us: us + (/^[5-9]/.test(rest) ? 1 : 0), isRounded: /[1-9]/.test(rest) };
}

/** A finite number of seconds from 0 to {@link COARSE_SECONDS}, which stands for the shortest decimal that it is parsed from. */
export function secondsOf(value: number): ReadSeconds {
  const us = Math.round(value * US_PER_SECOND);
  if (us / US_PER_SECOND === value) return { us, isRounded: false };
  // The product is itself rounded, by up to half a microsecond: which one is nearest only the digits say.
  return parseSeconds(String(value)) as ReadSeconds;
}

/** Decimal seconds of whole microseconds, without loss and no longer than needed. */
export function formatSeconds(us: number): string {
  const fraction = us % US_PER_SECOND;
  const whole = (us - fraction) / US_PER_SECOND;
  return fraction === 0 ? String(whole) : `${whole}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
}
