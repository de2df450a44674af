import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intersectWindows, mergeWindows, searchWindows, subtractWindows, type Window } from '../../src/orbit/index.js';

/** A sum of two swings with periods of 200 s and more, as functions of whole microseconds. */
const anySwing = fc.record({
  offset: fc.double({ min: -1.5, max: 1.5, noNaN: true }),
  swings: fc.array(
    fc.record({
      size: fc.double({ min: 0.1, max: 1, noNaN: true }),
      periodS: fc.double({ min: 200, max: 4000, noNaN: true }),
      phase: fc.double({ min: 0, max: 6.3, noNaN: true }),
    }),
    { minLength: 1, maxLength: 2 },
  ),
});
type Swing = (typeof anySwing)['filter'] extends (p: (value: infer V) => boolean) => unknown ? V : never;

const UNTIL_US = 5_000_000_000;

function marginOf({ offset, swings }: Swing): (atUs: number) => number {
  return (atUs) =>
    swings.reduce(
      (sum, { size, periodS, phase }) => sum + size * Math.sin((2 * Math.PI * atUs) / (periodS * 1e6) + phase),
      offset,
    );
}

function greatestRate({ swings }: Swing): number {
  return swings.reduce((sum, { size, periodS }) => sum + (size * 2 * Math.PI) / periodS, 0);
}

describe('searchWindows', () => {
  it.each([
    ['at a fixed step', false],
    ['by leaps', true],
  ])('finds what a fine scan finds, %s', (_, leaps) => {
    fc.assert(
      fc.property(anySwing, (swing) => {
        const marginAt = marginOf(swing);
        const rate = greatestRate(swing);
        const windows = searchWindows(marginAt, 0, UNTIL_US, {
          stepUs: 1_000_000,
          toleranceUs: 1_000,
          greatestRatePerS: leaps ? rate : undefined,
        });
        for (const { startUs, endUs } of windows) {
          expect(Number.isInteger(startUs) && Number.isInteger(endUs) && startUs < endUs).toBe(true);
          expect(Math.min(marginAt(startUs), marginAt(endUs))).toBeGreaterThanOrEqual(0);
          if (startUs > 0) expect(marginAt(startUs - 1_000)).toBeLessThan(0);
          if (endUs < UNTIL_US) expect(marginAt(endUs + 1_000)).toBeLessThan(0);
        }
        for (let atUs = 0; atUs <= UNTIL_US; atUs += 500_000) {
          const margin = marginAt(atUs);
          // A touch that lasts less than a step may be missed.
          if (Math.abs(margin) < rate * rate) continue;
          const isIn = windows.some(({ startUs, endUs }) => startUs <= atUs && atUs <= endUs);
          if (isIn !== margin >= 0) throw new Error(`${atUs}: margin ${margin}, ${isIn ? 'in' : 'out'}`);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('leaps where nothing can happen', () => {
    let looks = 0;
    const far = (atUs: number) => {
      looks++;
      return -2 + Math.sin(atUs / 1e9);
    };
    searchWindows(far, 0, UNTIL_US, { stepUs: 1_000_000, toleranceUs: 1, greatestRatePerS: 1e-3 });
    expect(looks).toBeLessThan(10);
  });

  it('moves its windows with the axis', () => {
    const marginAt = (atUs: number) => Math.sin(atUs / 5e8);
    const search = { stepUs: 1_000_000, toleranceUs: 1 };
    const windows = searchWindows(marginAt, 0, UNTIL_US, search);
    const shift = 123_456_789;
    const moved = searchWindows((atUs) => marginAt(atUs - shift), shift, UNTIL_US + shift, search);
    expect(moved).toEqual(windows.map(({ startUs, endUs }) => ({ startUs: startUs + shift, endUs: endUs + shift })));
  });

  it('takes what has no position for down', () => {
    const marginAt = (atUs: number) => (atUs < 1e7 ? 1 : Number.NaN);
    const windows = searchWindows(marginAt, 0, 1e8, { stepUs: 1_000_000, toleranceUs: 1 });
    expect(windows).toEqual([{ startUs: 0, endUs: 9_999_999 }]);
    expect(
      searchWindows(() => Number.NEGATIVE_INFINITY, 0, 1e8, { stepUs: 1e6, toleranceUs: 1, greatestRatePerS: 1 }),
    ).toEqual([]);
  });

  it.each([
    ['stepUs', { stepUs: 0, toleranceUs: 1 }],
    ['toleranceUs', { stepUs: 1, toleranceUs: 0.5 }],
    ['greatestRatePerS', { stepUs: 1, toleranceUs: 1, greatestRatePerS: 0 }],
  ])('refuses a bad %s', (field, search) => {
    expect(() => searchWindows(() => 1, 0, 10, search)).toThrow(
      expect.objectContaining({ code: 'bad-search', message: expect.stringContaining(field) }),
    );
  });
});

describe('sets of windows', () => {
  const anyWindows = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 9 })), { maxLength: 8 })
    .map((list) => list.map(([startUs, length]) => ({ startUs, endUs: startUs + length })));
  /** The unit spans that windows cover. */
  const units = (windows: readonly Window[]) => {
    const covered = new Set<number>();
    for (const { startUs, endUs } of windows) for (let at = startUs; at < endUs; at++) covered.add(at);
    return covered;
  };
  const sorted = (set: Set<number>) => [...set].sort((a, b) => a - b);

  it('are as the sets of their units', () => {
    fc.assert(
      fc.property(anyWindows, anyWindows, (left, right) => {
        const [a, b] = [mergeWindows(left), mergeWindows(right)];
        const [inA, inB] = [units(left), units(right)];
        expect(sorted(units(a))).toEqual(sorted(inA));
        expect(sorted(units(intersectWindows(a, b)))).toEqual(sorted(inA).filter((at) => inB.has(at)));
        expect(sorted(units(subtractWindows(a, b)))).toEqual(sorted(inA).filter((at) => !inB.has(at)));
        for (const list of [a, intersectWindows(a, b), subtractWindows(a, b)]) {
          list.forEach(({ startUs, endUs }, i) => {
            expect(endUs).toBeGreaterThan(startUs);
            if (i > 0) expect(startUs).toBeGreaterThanOrEqual(list[i - 1]!.endUs);
          });
        }
      }),
    );
  });
});
