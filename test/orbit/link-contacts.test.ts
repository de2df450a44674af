import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addContacts,
  budgetBytesPerSecond,
  type ContactRules,
  checkRate,
  constantLength,
  cutWindow,
  freeSpaceLossDb,
  LIGHT_KM_PER_S,
  type LinkBudget,
  type LinkRate,
  lightUs,
  rateAt,
  rateOfBudget,
  rateRangeKm,
  sampledLength,
} from '../../src/orbit/index.js';
import type { Contact } from '../../src/routing/index.js';

const BUDGET: LinkBudget = {
  eirpDbw: 12,
  gOverTDbPerK: 25,
  frequencyGHz: 8.2,
  requiredEbN0Db: 4.5,
  otherLossesDb: 3,
  marginDb: 3,
  greatestBytesPerSecond: Infinity,
};

describe('a link rate', () => {
  it('has the free-space loss of ITU-R P.525: 32.45 + 20 log f(MHz) + 20 log d(km)', () => {
    expect(freeSpaceLossDb(1000, 8.2)).toBeCloseTo(32.4478 + 20 * Math.log10(8200) + 60, 3);
  });

  it('closes a budget by hand', () => {
    // C/N0 = 12 + 25 - 170.72 - 3 + 228.60 = 91.87 dBHz; 91.87 - 4.5 - 3 = 84.37 dB(bit/s)
    expect(budgetBytesPerSecond(BUDGET, 1000) * 8).toBeGreaterThan(10 ** 8.43);
    expect(budgetBytesPerSecond(BUDGET, 1000) * 8).toBeLessThan(10 ** 8.44);
    expect(budgetBytesPerSecond({ ...BUDGET, greatestBytesPerSecond: 1000 }, 1000)).toBe(1000);
  });

  it('is inverse square as a budget is, up to its greatest and down to whole bytes', () => {
    const rate = rateOfBudget({ ...BUDGET, greatestBytesPerSecond: 1e8 });
    expect(rateAt(rate, 2000)).toBe(Math.floor(budgetBytesPerSecond(BUDGET, 2000)));
    expect(rateAt(rate, 4000) / rateAt(rate, 2000)).toBeCloseTo(0.25, 6);
    expect(rateAt(rate, 1)).toBe(1e8);
    const range = rateRangeKm(rate);
    expect(rateAt(rate, range * 0.999)).toBeGreaterThan(0);
    expect(rateAt(rate, range * 1.001)).toBe(0);
  });

  it('goes down in steps and ends behind the last', () => {
    const rate: LinkRate = {
      kind: 'steps',
      steps: [
        { upToKm: 10, rateBytesPerSecond: 5 },
        { upToKm: 20, rateBytesPerSecond: 2 },
      ],
    };
    expect([1, 10, 10.5, 20, 21].map((km) => rateAt(rate, km))).toEqual([5, 5, 2, 2, 0]);
    expect(rateRangeKm(rate)).toBe(20);
  });

  it.each<[string, LinkRate]>([
    ['rateBytesPerSecond', { kind: 'fixed', rateBytesPerSecond: 0 }],
    [
      'referenceKm',
      { kind: 'inverse-square', rateAtReferenceBytesPerSecond: 1, referenceKm: 0, greatestBytesPerSecond: 1 },
    ],
    ['steps', { kind: 'steps', steps: [] }],
    [
      'steps.1.upToKm',
      {
        kind: 'steps',
        steps: [
          { upToKm: 2, rateBytesPerSecond: 2 },
          { upToKm: 2, rateBytesPerSecond: 1 },
        ],
      },
    ],
    [
      'steps.1.rateBytesPerSecond',
      {
        kind: 'steps',
        steps: [
          { upToKm: 2, rateBytesPerSecond: 2 },
          { upToKm: 3, rateBytesPerSecond: 2 },
        ],
      },
    ],
  ])('refuses a bad %s', (field, rate) => {
    expect(() => checkRate(rate)).toThrow(
      expect.objectContaining({ code: 'bad-rate', message: expect.stringContaining(field) }),
    );
  });
});

/** A length between 700 and 3,700 km, as a satellite that comes and goes. */
const lengthAt = (periodS: number, phase: number) => (atUs: number) =>
  2200 + 1500 * Math.sin((2 * Math.PI * atUs) / (periodS * 1e6) + phase);

describe('contacts of a window', () => {
  it('are cut so that light time and rate change no more than the rules allow, follow on each other and lose nothing', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 400, max: 6000, noNaN: true }),
        fc.double({ min: 0, max: 6.3, noNaN: true }),
        fc.option(fc.integer({ min: 200, max: 5000 }), { nil: undefined }),
        fc.option(fc.double({ min: 1.1, max: 4, noNaN: true }), { nil: undefined }),
        (periodS, phase, owltToleranceUs, rateFactor) => {
          const kmAt = lengthAt(periodS, phase);
          const rules: ContactRules = { rate: rateOfBudget(BUDGET), owltToleranceUs, rateFactor };
          const window = { startUs: 1_000_003, endUs: 1_000_000_007 };
          const pieces = cutWindow(window, sampledLength(kmAt), rules);
          expect(pieces[0]!.startUs).toBe(window.startUs);
          expect(pieces.at(-1)!.endUs).toBe(window.endUs);
          for (const [i, { startUs, endUs }] of pieces.entries()) {
            if (i > 0) expect(startUs).toBe(pieces[i - 1]!.endUs);
            let [least, most] = [Infinity, 0];
            for (let look = 0; look <= 50; look++) {
              const km = kmAt(startUs + ((endUs - startUs) * look) / 50);
              [least, most] = [Math.min(least, km), Math.max(most, km)];
            }
            if (owltToleranceUs !== undefined) {
              // A turn between two looks, at most ten seconds apart, is not seen.
              const turnUs = (1500 * (1 - Math.cos((2 * Math.PI * 5) / periodS)) * 1e6) / LIGHT_KM_PER_S;
              expect(lightUs(most) - lightUs(least)).toBeLessThanOrEqual(owltToleranceUs + 2 + turnUs);
            }
            if (rateFactor !== undefined) {
              expect(rateAt(rules.rate, least) / rateAt(rules.rate, most)).toBeLessThan(rateFactor * 1.02);
            }
          }
          if (owltToleranceUs === undefined && rateFactor === undefined) expect(pieces).toHaveLength(1);
        },
      ),
    );
  });

  it('have the light time and the rate of the longest distance', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 300, max: 6000, noNaN: true }),
        fc.double({ min: 0, max: 6.3, noNaN: true }),
        (periodS, phase) => {
          const kmAt = lengthAt(periodS, phase);
          const contacts: Contact[] = [];
          const rate = rateOfBudget(BUDGET);
          addContacts(contacts, 1, 2, [{ startUs: 0, endUs: 900_000_000 }], sampledLength(kmAt), { rate });
          expect(contacts).toHaveLength(2);
          let longest = 0;
          for (let atUs = 0; atUs <= 900_000_000; atUs += 100_000) longest = Math.max(longest, kmAt(atUs));
          for (const { owltUs, rateBytesPerSecond } of contacts) {
            expect(owltUs).toBeGreaterThanOrEqual((longest / LIGHT_KM_PER_S) * 1e6);
            expect(owltUs).toBeLessThan((longest / LIGHT_KM_PER_S) * 1e6 + 2);
            expect(rateBytesPerSecond).toBeLessThanOrEqual(rateAt(rate, longest));
          }
          expect(contacts.map(({ from, to }) => [from, to])).toEqual([
            [1, 2],
            [2, 1],
          ]);
        },
      ),
    );
  });

  it('are cut where the rate steps, and none is made where there is no rate', () => {
    const rate: LinkRate = {
      kind: 'steps',
      steps: [
        { upToKm: 1000, rateBytesPerSecond: 8 },
        { upToKm: 2000, rateBytesPerSecond: 2 },
      ],
    };
    const kmAt = (atUs: number) => atUs / 50_000;
    const contacts: Contact[] = [];
    addContacts(contacts, 1, 2, [{ startUs: 0, endUs: 150_000_000 }], sampledLength(kmAt), { rate, rateFactor: 2 });
    const ways = contacts.filter(({ from }) => from === 1);
    expect(ways.map(({ rateBytesPerSecond }) => rateBytesPerSecond)).toEqual([8, 2]);
    expect(Math.abs(ways[0]!.endUs - 50_000_000)).toBeLessThanOrEqual(1000);
    expect(Math.abs(ways[1]!.endUs - 100_000_000)).toBeLessThanOrEqual(1000);
  });

  it('of a link that never changes are one', () => {
    const rules: ContactRules = { rate: { kind: 'fixed', rateBytesPerSecond: 1 }, owltToleranceUs: 1, rateFactor: 1.1 };
    const window = { startUs: 0, endUs: 1e12 };
    expect(cutWindow(window, constantLength(4033), { rate: rules.rate })).toEqual([window]);
  });
});
