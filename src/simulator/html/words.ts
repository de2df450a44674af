/** Numbers and names as people read them. */
import type { SatelliteName } from '../../processors/contract.js';

/** A whole number with separators between thousands. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `3 bundles`, `1 bundle`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Bytes in units of a thousand. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let amount = value;
  let unit = 0;
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1000;
    unit++;
  }
  return `${unit === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(amount < 10 ? 2 : 1)} ${units[unit]}`;
}

/** Seconds, in the units that a reader of the size would choose. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'never';
  if (seconds < 1) return `${(seconds * 1000).toFixed(seconds < 0.01 ? 2 : 0)} ms`;
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 120) return `${minutes} min ${whole - minutes * 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A number with at most `digits` digits after the point, and none that say nothing. */
export function decimal(value: number, digits = 2): string {
  return Number.isFinite(value) ? String(Number(value.toFixed(digits))) : '-';
}

/** A satellite as people write it. */
export function satelliteText(name: SatelliteName): string {
  return typeof name === 'number' ? String(name) : `[${name[0]}, ${name[1]}]`;
}
