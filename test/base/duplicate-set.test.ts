import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DuplicateSet } from '../../src/base/duplicate-set.js';

const entry = fc.record({
  source: fc.constantFrom(-1, 1, 2, 2 ** 40, -(2 ** 50)),
  timeMs: fc.constantFrom(0, 1, 852_076_800_000, 2 ** 53),
  sequence: fc.nat(6),
  salt: fc.constantFrom(0, 3, 2 ** 33),
});

describe('a duplicate set', () => {
  it('knows what was added and nothing else', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 200 }), fc.array(entry, { maxLength: 20 }), (added, asked) => {
        const set = new DuplicateSet(1_000);
        const model = new Set<string>();
        for (const each of added) {
          const { source, timeMs, sequence, salt } = each;
          expect(set.add(source, timeMs, sequence, salt, 100, 0)).toBe(!model.has(JSON.stringify(each)));
          model.add(JSON.stringify(each));
          expect(set.size).toBe(model.size);
        }
        for (const each of [...added, ...asked]) {
          const { source, timeMs, sequence, salt } = each;
          expect(set.has(source, timeMs, sequence, salt)).toBe(model.has(JSON.stringify(each)));
        }
      }),
    );
  });

  it('never forgets before the time, and makes room by what has expired', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 50 })), { maxLength: 300 }), (steps) => {
        const set = new DuplicateSet(1_000);
        const until = new Map<number, number>();
        steps.forEach(([sequence, lifeUs], nowUs) => {
          const isLive = (until.get(sequence) ?? -1) >= nowUs;
          const isNew = set.add(1, 0, sequence, 0, nowUs + lifeUs, nowUs);
          if (isLive) expect(isNew).toBe(false);
          if (isNew) until.set(sequence, nowUs + lifeUs);
        });
        expect(set.size).toBeLessThanOrEqual(31);
      }),
    );
  });

  it('keeps in the clearing up what lives to this very moment', () => {
    const set = new DuplicateSet(1_000);
    for (let sequence = 0; sequence < 8; sequence++) set.add(1, 0, sequence, 0, 99 + (sequence % 4), 0);
    set.add(1, 0, 8, 0, 200, 100);
    expect(set.size).toBe(7);
    for (let sequence = 0; sequence < 8; sequence++) expect(set.has(1, 0, sequence, 0)).toBe(sequence % 4 > 0);
  });

  it('remembers no more than its limit: what expired goes first, then the half that would expire first', () => {
    const set = new DuplicateSet(100);
    for (let sequence = 0; sequence < 150; sequence++) {
      expect(set.add(1, 0, sequence, 0, 1_000 + sequence, 0)).toBe(true);
      expect(set.size).toBeLessThanOrEqual(100);
    }
    for (let sequence = 100; sequence < 150; sequence++) expect(set.has(1, 0, sequence, 0)).toBe(true);
    for (let sequence = 0; sequence < 40; sequence++) expect(set.has(1, 0, sequence, 0)).toBe(false);
    for (let sequence = 200; sequence < 300; sequence++) set.add(1, 0, sequence, 0, 9_000, 5_000);
    for (let sequence = 200; sequence < 300; sequence++) expect(set.has(1, 0, sequence, 0)).toBe(true);
  });

  it('stays within its limit where everything expires at one moment', () => {
    const set = new DuplicateSet(100);
    for (let sequence = 0; sequence < 250; sequence++) {
      expect(set.add(1, 0, sequence, 0, 1_000, 0)).toBe(true);
      expect(set.has(1, 0, sequence, 0)).toBe(true);
      expect(set.size).toBeLessThanOrEqual(100);
    }
  });

  it('keeps an entry whose time was over before it came', () => {
    const set = new DuplicateSet(100);
    expect(set.add(1, 0, 0, 0, -5, 0)).toBe(true);
    expect(set.add(1, 0, 0, 0, -5, 0)).toBe(false);
  });
});
