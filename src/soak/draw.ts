/** Draws of whole numbers and choices from a seeded generator, as the generators of cases need them. */
import type { Random } from '../base/random.js';

/** A whole number from `low` to `high`, both included. */
export function between(random: Random, low: number, high: number): number {
  return low + random.below(high - low + 1);
}

/** One of the items. */
export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)] as T;
}

/** A probability up to `most` in steps of a hundredth, so that a file shows it as people would write it. */
export function probabilityUpTo(random: Random, most: number): number {
  return random.below(Math.round(most * 100) + 1) / 100;
}
