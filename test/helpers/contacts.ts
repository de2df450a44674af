/** Contacts for tests, with times in seconds. */
import { US_PER_SECOND } from '../../src/base/time.js';
import type { Contact } from '../../src/routing/index.js';

/** Rate of a link unless a test says otherwise: a bundle of 1 KB takes about a millisecond. */
export const RATE = 1_000_000;

/** Light time of a link unless a test says otherwise, in microseconds. */
export const OWLT_US = 5_000;

/** Whole microseconds of `seconds`. */
export const s = (seconds: number): number => Math.round(seconds * US_PER_SECOND);

/** A contact in one direction; times in seconds. */
export function oneWay(from: number, to: number, start = 0, end = 1000, more: Partial<Contact> = {}): Contact {
  return { from, to, startUs: s(start), endUs: s(end), rateBytesPerSecond: RATE, owltUs: OWLT_US, ...more };
}

/** A contact in both directions; times in seconds. */
export function both(a: number, b: number, start = 0, end = 1000, more: Partial<Contact> = {}): Contact[] {
  return [oneWay(a, b, start, end, more), oneWay(b, a, start, end, more)];
}

/** Contacts between the neighbours of a line of nodes. */
export function line(...nodes: number[]): Contact[] {
  return nodes.slice(1).flatMap((node, i) => both(nodes[i] as number, node));
}
