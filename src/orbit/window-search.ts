/**
 * Spans of time, and the search for those in which a quantity is at least 0: sampled, then each edge bisected. What the quantity
 * is (an elevation above its least, a distance below a limit) is the caller's.
 */
import { UsageError } from '../base/errors.js';
import { US_PER_SECOND } from '../base/time.js';

/** A span of time in whole microseconds. */
export interface Window {
  readonly startUs: number;
  readonly endUs: number;
}

/** How finely to search. */
export interface WindowSearch {
  /**
   * The finest sampling, whole microseconds above 0: a window or a gap that is shorter may be missed. Choose it below the shortest
   * that matters.
   */
  readonly stepUs: number;
  /** How late a window may start and how early it may end, whole microseconds of at least 1. */
  readonly toleranceUs: number;
  /**
   * A bound on how fast the margin changes, in its own unit a second. Where given, the search leaps over times in which it can not
   * reach 0, and samples at `stepUs` only where it is near.
   */
  readonly greatestRatePerS?: number | undefined;
}

/**
 * The windows between `fromUs` and `untilUs` (whole microseconds) in which `marginAt` is at least 0. Times are whole microseconds,
 * and the margin is at least 0 at both ends of each: starts are late and ends early by up to the tolerance, never the other
 * way. Windows of no length are left out. The margin may be `-Infinity` where there is nothing to see, such as a satellite that
 * has no position. Throws a UsageError `bad-search` for a step or tolerance out of range.
 */
export function searchWindows(
  marginAt: (atUs: number) => number,
  fromUs: number,
  untilUs: number,
  search: WindowSearch,
): Window[] {
  checkSearch(search);
  const windows: Window[] = [];
  if (fromUs >= untilUs) return windows;
  let atUs = fromUs;
  let margin = marginAt(atUs);
  let startUs = margin >= 0 ? fromUs : undefined;
  while (atUs < untilUs) {
    const nextUs = Math.min(untilUs, atUs + stepAt(margin, search));
    const next = marginAt(nextUs);
    if (startUs === undefined && next >= 0) {
      startUs = bisect(marginAt, atUs, nextUs, search.toleranceUs);
    } else if (startUs !== undefined && !(next >= 0)) {
      const endUs = bisect(marginAt, nextUs, atUs, search.toleranceUs);
      if (endUs > startUs) windows.push({ startUs, endUs });
      startUs = undefined;
    }
    atUs = nextUs;
    margin = next;
  }
  if (startUs !== undefined && untilUs > startUs) windows.push({ startUs, endUs: untilUs });
  return windows;
}

/** What is in both of two ascending lists of windows that do not overlap within a list. */
export function intersectWindows(a: readonly Window[], b: readonly Window[]): Window[] {
  const both: Window[] = [];
  let j = 0;
  for (const window of a) {
    while (j < b.length && (b[j] as Window).endUs <= window.startUs) j++;
    for (let k = j; k < b.length && (b[k] as Window).startUs < window.endUs; k++) {
      const other = b[k] as Window;
      both.push({ startUs: Math.max(window.startUs, other.startUs), endUs: Math.min(window.endUs, other.endUs) });
    }
  }
  return both;
}

/** What of `windows` is outside all of `cuts`; both ascending, and without overlap within `windows`. */
export function subtractWindows(windows: readonly Window[], cuts: readonly Window[]): Window[] {
  if (cuts.length === 0) return windows.slice();
  const left: Window[] = [];
  for (const { startUs, endUs } of windows) {
    let fromUs = startUs;
    for (const cut of cuts) {
      if (cut.endUs <= fromUs) continue;
      if (cut.startUs >= endUs) break;
      if (cut.startUs > fromUs) left.push({ startUs: fromUs, endUs: cut.startUs });
      fromUs = cut.endUs;
    }
    if (endUs > fromUs) left.push({ startUs: fromUs, endUs });
  }
  return left;
}

/** The union of windows in any order, ascending and without overlap; windows that touch become one. */
export function mergeWindows(windows: readonly Window[]): Window[] {
  const sorted = windows.slice().sort((a, b) => a.startUs - b.startUs);
  const merged: Window[] = [];
  for (const { startUs, endUs } of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && startUs <= last.endUs) {
      if (endUs > last.endUs) merged[merged.length - 1] = { startUs: last.startUs, endUs };
    } else merged.push({ startUs, endUs });
  }
  return merged;
}

function stepAt(margin: number, { stepUs, greatestRatePerS }: WindowSearch): number {
  if (greatestRatePerS === undefined || !Number.isFinite(margin)) return stepUs;
  return Math.max(stepUs, Math.floor((Math.abs(margin) / greatestRatePerS) * US_PER_SECOND));
}

/** A time with a margin of at least 0 within the tolerance of the edge between `downUs`, where it is not, and `upUs`, where it is. */
function bisect(marginAt: (atUs: number) => number, downUs: number, upUs: number, toleranceUs: number): number {
  let [down, up] = [downUs, upUs];
  while (Math.abs(up - down) > toleranceUs) {
    const middle = Math.floor((down + up) / 2);
    if (marginAt(middle) >= 0) up = middle;
    else down = middle;
  }
  return up;
}

function checkSearch({ stepUs, toleranceUs, greatestRatePerS }: WindowSearch): void {
  const isWhole = (value: number) => Number.isSafeInteger(value) && value >= 1;
  if (!isWhole(stepUs)) throw new UsageError('bad-search', `stepUs is ${stepUs}, expected whole microseconds above 0`);
  if (!isWhole(toleranceUs)) {
    throw new UsageError('bad-search', `toleranceUs is ${toleranceUs}, expected whole microseconds of at least 1`);
  }
  if (greatestRatePerS !== undefined && !(greatestRatePerS > 0)) {
    throw new UsageError('bad-search', `greatestRatePerS is ${greatestRatePerS}, expected more than 0`);
  }
}
