import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.js';
import { type Fate, type ImpairmentOptions, Impairments } from '../../src/convergence/impairments.js';

const NONE: ImpairmentOptions = { loss: 0, duplication: 0, corruption: 0, reordering: { probability: 0, delayUs: 0 } };
const COUNT = 20_000;

/** The fates of many datagrams. */
function fates(options: Partial<ImpairmentOptions>, seed = 1, count = COUNT): Fate[] {
  const impairments = new Impairments({ ...NONE, ...options }, new Random(seed));
  return Array.from({ length: count }, () => ({ ...impairments.draw() }));
}

const share = (all: readonly Fate[], what: (fate: Fate) => boolean) => all.filter(what).length / all.length;

describe('a link without hardship', () => {
  it('does nothing to any datagram', () => {
    const untouched = {
      isLost: false,
      isCorrupted: false,
      isReordered: false,
      beginsBurst: false,
      delayUs: 0,
      copyDelayUs: -1,
    };
    for (const fate of fates({})) expect(fate).toEqual(untouched);
  });
});

describe('hardships', () => {
  const all = fates({ loss: 0.1, duplication: 0.2, corruption: 0.3, reordering: { probability: 0.4, delayUs: 1_000 } });

  it.each([
    ['loss', 0.1, (fate: Fate) => fate.isLost],
    ['duplication', 0.2, (fate: Fate) => fate.copyDelayUs >= 0],
    ['corruption', 0.3, (fate: Fate) => fate.isCorrupted],
    ['reordering', 0.4, (fate: Fate) => fate.isReordered],
  ])('%s comes as often as asked', (_, probability, what) => {
    // Five standard deviations of a binomial count.
    const slack = 5 * Math.sqrt((probability * (1 - probability)) / COUNT);
    expect(Math.abs(share(all, what) - probability)).toBeLessThan(slack);
  });

  it('come independently', () => {
    const slack = 5 * Math.sqrt(0.25 / COUNT);
    const joint = share(all, (fate) => fate.isLost && fate.isCorrupted);
    expect(Math.abs(joint - 0.03)).toBeLessThan(slack);
  });

  it('delay only what is reordered, by at least 1 us and at most as asked', () => {
    for (const { isReordered, delayUs } of all) {
      if (isReordered) expect(delayUs >= 1 && delayUs <= 1_000 && Number.isInteger(delayUs)).toBe(true);
      else expect(delayUs).toBe(0);
    }
    const delays = new Set(all.map((fate) => fate.delayUs));
    expect(delays.size).toBeGreaterThan(900);
  });

  it('let a copy come behind its original, within 5 ms', () => {
    for (const { copyDelayUs } of all) {
      expect(copyDelayUs === -1 || (copyDelayUs >= 1 && copyDelayUs <= 5_000 && Number.isInteger(copyDelayUs))).toBe(
        true,
      );
    }
  });

  it('are the same for a seed', () => {
    const options = { loss: 0.5, duplication: 0.5 };
    expect(fates(options, 3, 200)).toEqual(fates(options, 3, 200));
    expect(fates(options, 3, 200)).not.toEqual(fates(options, 4, 200));
  });

  it('certain or impossible are just that', () => {
    const certain = fates(
      { loss: 1, duplication: 1, corruption: 1, reordering: { probability: 1, delayUs: 1 } },
      1,
      500,
    );
    expect(certain.every((fate) => fate.isLost && fate.isCorrupted && fate.isReordered && fate.delayUs === 1)).toBe(
      true,
    );
  });
});

describe('a corrupted datagram', () => {
  it('differs in one byte, and the original stays as it was', () => {
    const impairments = new Impairments(NONE, new Random(1));
    const original = Uint8Array.from({ length: 50 }, (_, i) => i);
    const places = new Set<number>();
    for (let i = 0; i < 500; i++) {
      const corrupt = impairments.corrupt(original);
      const changed = [...corrupt.keys()].filter((at) => corrupt[at] !== original[at]);
      expect(changed).toHaveLength(1);
      places.add(changed[0] as number);
    }
    expect(places.size).toBe(50);
    expect([...original]).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it('without any byte stays so', () => {
    expect(new Impairments(NONE, new Random(1)).corrupt(new Uint8Array(0))).toEqual(new Uint8Array(0));
  });
});
