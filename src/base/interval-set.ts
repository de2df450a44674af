/**
 * A set of whole numbers kept as sorted, disjoint intervals. Custody numbers arrive nearly in order, so a set of thousands is
 * a handful of intervals, and a claim about 2^53 numbers costs no more than one about two.
 */
export class IntervalSet {
  /** Flat pairs: first, last (both included), ascending. */
  readonly #bounds: number[] = [];
  readonly #maxIntervals: number;

  /** At most `maxIntervals` are kept; beyond that the lowest is forgotten. */
  constructor(maxIntervals: number) {
    this.#maxIntervals = maxIntervals;
  }

  /** The set of bounds as {@link toBounds} gives them, which the caller knows to ascend. */
  static ofBounds(bounds: readonly number[], maxIntervals: number): IntervalSet {
    const set = new IntervalSet(maxIntervals);
    for (const bound of bounds.slice(-2 * maxIntervals)) set.#bounds.push(bound);
    return set;
  }

  get intervals(): number {
    return this.#bounds.length / 2;
  }

  get isEmpty(): boolean {
    return this.#bounds.length === 0;
  }

  has(value: number): boolean {
    const at = this.#firstEndingAtOrAfter(value);
    return at < this.#bounds.length && (this.#bounds[at] as number) <= value;
  }

  /** Adds one number; false where it was there already. */
  add(value: number): boolean {
    const bounds = this.#bounds;
    const at = this.#firstEndingAtOrAfter(value);
    if (at < bounds.length && (bounds[at] as number) <= value) return false;
    const joinsBefore = at > 0 && bounds[at - 1] === value - 1;
    const joinsAfter = at < bounds.length && bounds[at] === value + 1;
    if (joinsBefore && joinsAfter) bounds.splice(at - 1, 2);
    else if (joinsBefore) bounds[at - 1] = value;
    else if (joinsAfter) bounds[at] = value;
    else {
      bounds.splice(at, 0, value, value);
      if (bounds.length > 2 * this.#maxIntervals) bounds.splice(0, 2);
    }
    return true;
  }

  clear(): void {
    this.#bounds.length = 0;
  }

  /** First and last of each interval, ascending, as far as they hold numbers from `from` on. */
  toBounds(from = Number.NEGATIVE_INFINITY): number[] {
    const bounds = this.#bounds.slice(this.#firstEndingAtOrAfter(from));
    if (bounds.length > 0) bounds[0] = Math.max(bounds[0] as number, from);
    return bounds;
  }

  /** All numbers from `from` on, one by one: for sets that are known to be small. */
  *from(from: number): Iterable<number> {
    const bounds = this.toBounds(from);
    for (let i = 0; i < bounds.length; i += 2) {
      for (let value = bounds[i] as number; value <= (bounds[i + 1] as number); value++) yield value;
    }
  }

  /** The least number and the run lengths from it on: included, excluded, included, ... (CCSDS 734.6-O-1, length-or-ranges). */
  toRuns(): { first: number; runs: number[] } {
    const bounds = this.#bounds;
    const runs: number[] = [];
    for (let i = 0; i < bounds.length; i += 2) {
      if (i > 0) runs.push((bounds[i] as number) - (bounds[i - 1] as number) - 1);
      runs.push((bounds[i + 1] as number) - (bounds[i] as number) + 1);
    }
    return { first: bounds[0] ?? 0, runs };
  }

  /** Index in the flat array of the first interval whose end is not below `value`. */
  #firstEndingAtOrAfter(value: number): number {
    const bounds = this.#bounds;
    let low = 0;
    let high = bounds.length / 2;
    // Most numbers come at the top.
    if (high > 0 && (bounds[bounds.length - 1] as number) < value) return bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((bounds[2 * middle + 1] as number) < value) low = middle + 1;
      else high = middle;
    }
    return 2 * low;
  }
}
