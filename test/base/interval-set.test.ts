import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IntervalSet } from '../../src/base/interval-set.js';

/** The same set, number by number. */
class Naive {
  readonly numbers = new Set<number>();

  constructor(readonly maxIntervals: number) {}

  get intervals(): [first: number, last: number][] {
    const result: [number, number][] = [];
    for (const number of [...this.numbers].sort((a, b) => a - b)) {
      const last = result.at(-1);
      if (last !== undefined && last[1] === number - 1) last[1] = number;
      else result.push([number, number]);
    }
    return result;
  }

  add(number: number): boolean {
    if (this.numbers.has(number)) return false;
    this.numbers.add(number);
    const { intervals } = this;
    const [lowest] = intervals;
    if (intervals.length > this.maxIntervals && lowest !== undefined) {
      for (let each = lowest[0]; each <= lowest[1]; each++) this.numbers.delete(each);
    }
    return true;
  }
}

const fromRuns = ({ first, runs }: { first: number; runs: number[] }): [number, number][] => {
  const result: [number, number][] = [];
  let at = first;
  runs.forEach((length, i) => {
    if (i % 2 === 0) result.push([at, at + length - 1]);
    at += length;
  });
  return result;
};

describe('an interval set', () => {
  it.each([1, 2, 5, 1_000])('of %i intervals at most does as a naive one does', (maxIntervals) => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 80 }), (numbers) => {
        const set = new IntervalSet(maxIntervals);
        const model = new Naive(maxIntervals);
        for (const number of numbers) {
          expect(set.add(number)).toBe(model.add(number));
          expect(set.intervals).toBe(model.intervals.length);
        }
        for (let number = -1; number <= 42; number++) expect(set.has(number)).toBe(model.numbers.has(number));
        expect(set.isEmpty).toBe(model.numbers.size === 0);
        expect(fromRuns(set.toRuns())).toEqual(model.intervals);
        expect(set.toRuns().runs.every((run) => run > 0)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('holds numbers up to 2^53-1', () => {
    const set = new IntervalSet(10);
    for (const number of [Number.MAX_SAFE_INTEGER, 0, Number.MAX_SAFE_INTEGER - 1]) set.add(number);
    expect(set.toRuns()).toEqual({ first: 0, runs: [1, Number.MAX_SAFE_INTEGER - 2, 2] });
  });

  it('is empty after it was cleared', () => {
    const set = new IntervalSet(10);
    set.add(3);
    set.clear();
    expect([set.isEmpty, set.has(3), set.toRuns()]).toEqual([true, false, { first: 0, runs: [] }]);
  });
});
