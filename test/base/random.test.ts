import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash32, Random } from '../../src/base/random.js';

const draws = (random: Random, count = 20) => Array.from({ length: count }, () => random.uint32());

describe('a generator', () => {
  it('repeats itself for a seed and a path, and for nothing else', () => {
    expect(draws(new Random(7))).toEqual(draws(new Random(7)));
    const others = [
      new Random(8),
      new Random(7, 'x'),
      new Random(7).fork('a'),
      new Random(7).fork('b'),
      new Random(-7),
    ];
    const seen = new Set([new Random(7), ...others].map((each) => draws(each).join()));
    expect(seen.size).toBe(6);
  });

  it('gives these numbers on every engine', () => {
    expect(draws(new Random(2026), 4)).toEqual([408_914_339, 1_887_007_713, 2_424_261_917, 66_902_522]);
    expect(draws(new Random(2026).fork('links').fork('1>2'), 2)).toEqual([3_259_313_946, 2_175_669_888]);
  });

  it('is not shifted by its forks, nor they by it', () => {
    const plain = draws(new Random(3));
    const forked = new Random(3);
    const child = draws(forked.fork('child'));
    expect(draws(forked)).toEqual(plain);
    draws(forked);
    expect(draws(forked.fork('child'))).toEqual(child);
  });

  it('keeps within bounds', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 1_000_000 }), (seed, bound) => {
        const random = new Random(seed);
        for (let i = 0; i < 20; i++) {
          const next = random.next();
          expect(next >= 0 && next < 1).toBe(true);
          const below = random.below(bound);
          expect(Number.isInteger(below) && below >= 0 && below < bound).toBe(true);
        }
      }),
    );
  });

  it('is even enough: a chi-square over 16 cells stays below its 99.9 % bound for each of ten seeds', () => {
    for (let seed = 0; seed < 10; seed++) {
      const random = new Random(seed);
      const cells = new Array<number>(16).fill(0);
      for (let i = 0; i < 16_000; i++) cells[random.below(16)]!++;
      const chiSquare = cells.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
      expect(chiSquare).toBeLessThan(37.7);
    }
  });

  it('gives chances as asked, and draws nothing for none', () => {
    const random = new Random(5);
    let hits = 0;
    for (let i = 0; i < 10_000; i++) if (random.chance(0.3)) hits++;
    expect(hits).toBeGreaterThan(2_800);
    expect(hits).toBeLessThan(3_200);
    const [one, other] = [new Random(1), new Random(1)];
    expect([one.chance(0), one.chance(-1)]).toEqual([false, false]);
    expect(draws(one)).toEqual(draws(other));
    expect(Array.from({ length: 100 }, () => random.chance(1))).toEqual(Array(100).fill(true));
  });

  it('shuffles into any order and leaves the list alone', () => {
    const list = [1, 2, 3];
    const random = new Random(9);
    const seen = new Set(Array.from({ length: 200 }, () => random.shuffled(list).join('')));
    expect([...seen].sort()).toEqual(['123', '132', '213', '231', '312', '321']);
    expect(list).toEqual([1, 2, 3]);
  });
});

describe('hash32', () => {
  it('is FNV-1a', () => {
    expect([hash32(''), hash32('a'), hash32('foobar')]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  });
});
