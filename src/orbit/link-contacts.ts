/**
 * From the windows of a link to contacts: the light time and the rate of a contact are those of its longest distance, and a window
 * in which they change by more than is wanted is cut.
 */
import type { Contact } from '../routing/contact-plan.js';
import { lightUs } from './crossover.js';
import { type LinkRate, rateAt } from './link-rate.js';
import type { Window } from './window-search.js';

/**
 * Between two looks at a distance, microseconds. A satellite in a low orbit moves by some 75 km in 10 s; the distance has one turn
 * in a pass and two in an orbit, which take minutes.
 */
export const DISTANCE_STEP_US = 10_000_000;

/** To how many microseconds the time of the longest distance and of a cut is found. */
const TIME_TOLERANCE_US = 1_000;

/** Ratio of the golden section. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** How long a link is as time goes on. */
export interface LinkLength {
  /** Length at a time, km. */
  kmAt(atUs: number): number;
  /** The longest within a window, km. */
  longestKm(window: Window): number;
}

/** What is made of a window. */
export interface ContactRules {
  readonly rate: LinkRate;
  /** A contact's light time changes by no more than this, microseconds; undefined: windows are not cut for it. */
  readonly owltToleranceUs?: number | undefined;
  /** A contact's rate changes by no more than this factor, above 1; undefined: windows are not cut for it. */
  readonly rateFactor?: number | undefined;
}

/** A length that is known by looking only: sampled, the longest refined by golden section. */
export function sampledLength(kmAt: (atUs: number) => number, stepUs = DISTANCE_STEP_US): LinkLength {
  return { kmAt, longestKm: (window) => longestSampledKm(kmAt, window, stepUs) };
}

/** A length that never changes. */
export function constantLength(km: number): LinkLength {
  return { kmAt: () => km, longestKm: () => km };
}

/** Adds the contacts of a two-way link, both directions of each. */
export function addContacts(
  contacts: Contact[],
  a: number,
  b: number,
  windows: readonly Window[],
  length: LinkLength,
  rules: ContactRules,
): void {
  for (const window of windows) {
    for (const { startUs, endUs } of cutWindow(window, length, rules)) {
      const km = length.longestKm({ startUs, endUs });
      const rateBytesPerSecond = rateAt(rules.rate, km);
      if (rateBytesPerSecond <= 0) continue;
      const owltUs = lightUs(km);
      contacts.push({ from: a, to: b, startUs, endUs, rateBytesPerSecond, owltUs });
      contacts.push({ from: b, to: a, startUs, endUs, rateBytesPerSecond, owltUs });
    }
  }
}

/** A window in pieces that follow on each other, in none of which light time or rate change by more than the rules allow. */
export function cutWindow(window: Window, length: LinkLength, rules: ContactRules): Window[] {
  if (rules.owltToleranceUs === undefined && rules.rateFactor === undefined) return [window];
  const pieces: Window[] = [];
  let startUs = window.startUs;
  let atUs = startUs;
  let [least, most] = [length.kmAt(startUs), length.kmAt(startUs)];
  while (atUs < window.endUs) {
    const nextUs = Math.min(window.endUs, atUs + DISTANCE_STEP_US);
    const next = length.kmAt(nextUs);
    if (isAlike(Math.min(least, next), Math.max(most, next), rules)) {
      [least, most] = [Math.min(least, next), Math.max(most, next)];
      atUs = nextUs;
      continue;
    }
    // The last time that still goes with the piece; the distance moves one way only between two looks.
    let [alikeUs, otherUs] = [atUs, nextUs];
    while (otherUs - alikeUs > TIME_TOLERANCE_US) {
      const middleUs = Math.floor((alikeUs + otherUs) / 2);
      const km = length.kmAt(middleUs);
      if (isAlike(Math.min(least, km), Math.max(most, km), rules)) alikeUs = middleUs;
      else otherUs = middleUs;
    }
    // A step of the rate may lie between the two: the time between goes with the slower piece.
    const other = length.kmAt(otherUs);
    const cutUs = other > length.kmAt(alikeUs) ? alikeUs : otherUs;
    if (cutUs > startUs) pieces.push({ startUs, endUs: cutUs });
    startUs = cutUs;
    atUs = otherUs;
    least = most = other;
  }
  if (window.endUs > startUs) pieces.push({ startUs, endUs: window.endUs });
  return pieces;
}

function isAlike(leastKm: number, mostKm: number, { rate, owltToleranceUs, rateFactor }: ContactRules): boolean {
  if (owltToleranceUs !== undefined && lightUs(mostKm) - lightUs(leastKm) > owltToleranceUs) return false;
  return rateFactor === undefined || rateAt(rate, leastKm) <= rateFactor * rateAt(rate, mostKm);
}

function longestSampledKm(kmAt: (atUs: number) => number, { startUs, endUs }: Window, stepUs: number): number {
  const looks = Math.max(1, Math.ceil((endUs - startUs) / stepUs));
  const timeOf = (look: number) => startUs + ((endUs - startUs) * look) / looks;
  let [farthest, longest] = [0, kmAt(startUs)];
  for (let look = 1; look <= looks; look++) {
    const km = kmAt(timeOf(look));
    if (km > longest) [farthest, longest] = [look, km];
  }
  if (farthest === 0 || farthest === looks) return longest;
  // It turns within the steps on both sides.
  let [low, high] = [timeOf(farthest - 1), timeOf(farthest + 1)];
  while (high - low > TIME_TOLERANCE_US) {
    const [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    if (kmAt(left) < kmAt(right)) low = left;
    else high = right;
  }
  return Math.max(longest, kmAt((low + high) / 2));
}
