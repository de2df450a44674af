import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.js';
import { randomOutages } from '../../src/orbit/index.js';

const RATES = { meanBetweenSeconds: 900, meanDurationSeconds: 100 };

describe('random outages', () => {
  it('have about the means that are asked for, from the beginning on', () => {
    const horizonUs = 10_000 * 1_000_000_000;
    const outages = randomOutages(new Random(1), RATES, horizonUs);
    const down = outages.reduce((sum, { startUs, endUs }) => sum + endUs - startUs, 0);
    expect(down / horizonUs).toBeGreaterThan(0.09);
    expect(down / horizonUs).toBeLessThan(0.11);
    expect(down / outages.length / 1e6).toBeGreaterThan(90);
    expect(down / outages.length / 1e6).toBeLessThan(110);
    const starts = Array.from(
      { length: 2000 },
      (_, i) => randomOutages(new Random(5).fork(`${i}`), RATES, 1_000_000)[0],
    );
    const downAtStart = starts.filter((first) => first?.startUs === 0).length;
    expect(downAtStart).toBeGreaterThan(140);
    expect(downAtStart).toBeLessThan(260);
  });

  it('are in order, apart, within the horizon, and the same for the same seed', () => {
    const outages = randomOutages(new Random(3).fork('a'), RATES, 50_000_000_000);
    expect(outages).toEqual(randomOutages(new Random(3).fork('a'), RATES, 50_000_000_000));
    expect(outages).not.toEqual(randomOutages(new Random(3).fork('b'), RATES, 50_000_000_000));
    let last = -1;
    for (const { startUs, endUs } of outages) {
      expect(startUs).toBeGreaterThan(last);
      expect(endUs).toBeGreaterThan(startUs);
      last = endUs;
    }
    expect(last).toBeLessThanOrEqual(50_000_000_000);
  });

  it('of a shorter horizon are the beginning of those of a longer one', () => {
    const long = randomOutages(new Random(3), RATES, 50_000_000_000);
    const short = randomOutages(new Random(3), RATES, 20_000_000_000);
    expect(short.slice(0, -1)).toEqual(long.slice(0, short.length - 1));
  });
});
