/** The slots of a contact: the published cases, and any order of bookings against a model of single microseconds. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContactSchedule, type Rank, type RatePiece, type Slot } from '../../src/routing/index.js';

interface Case {
  readonly name: string;
  readonly rates: readonly [number, number, number][];
  readonly initial_bookings: readonly [number, number, number][];
  readonly requests: readonly { priority: number; size: number; at: number; booked: [number, number] | null }[];
  readonly final_segments_merged: readonly [number, number, number][];
}

const url = new URL('../vectors/volume/booking-priority-segments.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(url, 'utf8')) as { cases: readonly Case[] };
const seconds = (us: number) => us / 1e6;

describe('the published cases of slots by priority', () => {
  it.each(cases.map((each) => [each.name, each] as const))('%s', (_, each) => {
    const rates = each.rates.map(([start, end, rateBytesPerSecond]) => ({
      startUs: start * 1e6,
      endUs: end * 1e6,
      rateBytesPerSecond,
    }));
    const schedule = new ContactSchedule<string>(rates);
    for (const [start, end, rank] of each.initial_bookings) {
      const bytes = (end - start) * (rates[0] as RatePiece).rateBytesPerSecond;
      expect(schedule.book('initial', rank as Rank, bytes, start * 1e6)?.slot.startUs).toBe(start * 1e6);
    }
    for (const { priority, size, at, booked } of each.requests) {
      const slot = schedule.book('asked', priority as Rank, size, at * 1e6)?.slot;
      expect(slot === undefined ? null : [seconds(slot.startUs), seconds(slot.endUs)]).toEqual(booked);
    }
    const segments = schedule.segments().map(({ startUs, endUs, rank }) => [seconds(startUs), seconds(endUs), rank]);
    expect(segments).toEqual(each.final_segments_merged);
  });
});

const piece = (start: number, end: number, rateBytesPerSecond: number): RatePiece => ({
  startUs: start,
  endUs: end,
  rateBytesPerSecond,
});

describe('a schedule', () => {
  it('names whom it took time from, and frees the rest of their slots when they are released', () => {
    const schedule = new ContactSchedule<string>([piece(0, 100, 1e6)]);
    const low = schedule.book('low', 0, 60, 0)?.slot as Slot<string>;
    const high = schedule.book('high', 2, 10, 20);
    expect(high?.preempted).toEqual([low]);
    expect(schedule.segments().map(({ startUs, rank }) => [startUs, rank])).toEqual([
      [0, 0],
      [20, 2],
      [30, 0],
      [60, -1],
    ]);
    schedule.release(low);
    schedule.release(low);
    expect(schedule.segments().map(({ startUs, rank }) => [startUs, rank])).toEqual([
      [0, -1],
      [20, 2],
      [30, -1],
    ]);
  });

  it('frees nothing of another slot that took the gap in the middle of the released one', () => {
    const schedule = new ContactSchedule<string>([piece(0, 100, 1e6)]);
    const low = schedule.book('low', 0, 60, 0)?.slot as Slot<string>;
    const high = schedule.book('high', 2, 10, 20)?.slot as Slot<string>;
    schedule.release(high);
    expect(schedule.book('other', 0, 10, 0)?.slot.startUs).toBe(20);
    schedule.release(low);
    expect(schedule.segments().filter(({ rank }) => rank >= 0)).toEqual([{ startUs: 20, endUs: 30, rank: 0 }]);
  });

  it('takes no time where the rate has no limit', () => {
    const schedule = new ContactSchedule<string>([piece(10, 20, Number.POSITIVE_INFINITY)]);
    for (let i = 0; i < 3; i++) {
      expect(schedule.book('a', 0, 1e15, 0)?.slot).toMatchObject({ startUs: 10, endUs: 10 });
    }
    expect(schedule.segments()).toEqual([{ startUs: 10, endUs: 20, rank: -1 }]);
  });

  it('takes a bundle whose last byte leaves at the end, and one without length at the end itself', () => {
    const schedule = new ContactSchedule<string>([piece(0, 10, 1e6)]);
    expect(schedule.departUs(0, 3, 7)).toBe(7);
    expect(schedule.departUs(0, 3, 8)).toBe(Number.POSITIVE_INFINITY);
    expect(schedule.departUs(0, 0, 10)).toBe(10);
    expect(schedule.departUs(0, 0, 11)).toBe(Number.POSITIVE_INFINITY);
  });

  it('forgets slots that are over', () => {
    const schedule = new ContactSchedule<string>([piece(0, 100, 1e6)]);
    const first = schedule.book('a', 0, 10, 0)?.slot as Slot<string>;
    schedule.book('b', 0, 10, 50);
    schedule.forgetBefore(50);
    expect(schedule.segments().filter(({ rank }) => rank >= 0)).toEqual([{ startUs: 50, endUs: 60, rank: 0 }]);
    schedule.release(first);
    expect(schedule.departUs(0, 60, 0)).toBe(Number.POSITIVE_INFINITY);
  });

  it('refuses rates with gaps and rates of nothing', () => {
    for (const rates of [[], [piece(0, 10, 1), piece(11, 20, 1)], [piece(0, 10, 0)], [piece(10, 0, 1)]]) {
      expect(() => new ContactSchedule(rates)).toThrow(expect.objectContaining({ code: 'bad-rates' }));
    }
  });
});

// --- against the model --------------------------------------------------------------------------------------------------

const anyRates = fc
  .array(fc.record({ length: fc.integer({ min: 1, max: 20 }), rate: fc.constantFrom(1, 2, 3) }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((list) => {
    let at = 3;
    return list.map(({ length, rate }) => {
      at += length;
      return piece(at - length, at, rate * 1e6);
    });
  });

type Step = { rank: Rank; bytes: number; atUs: number } | { release: number };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      rank: fc.constantFrom<Rank>(0, 0, 1, 3),
      bytes: fc.integer({ min: 1, max: 25 }),
      atUs: fc.integer({ min: 0, max: 60 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ release: fc.nat(8) }) },
);

/** Each microsecond of a contact: who has it, and how many bytes it carries. */
class Microseconds {
  readonly owner: (Slot<number> | undefined)[] = [];
  readonly bytes: number[] = [];
  readonly startUs: number;

  constructor(rates: readonly RatePiece[]) {
    this.startUs = (rates[0] as RatePiece).startUs;
    for (const { startUs, endUs, rateBytesPerSecond } of rates) {
      for (let us = startUs; us < endUs; us++) this.bytes[us] = rateBytesPerSecond / 1e6;
    }
  }

  /** The first run of microseconds at or after `atUs` that carries the bytes and has nobody of this rank or above in it. */
  earliest(rank: number, bytes: number, atUs: number): [number, number] | undefined {
    for (let start = Math.max(atUs, this.startUs); start < this.bytes.length; start++) {
      let carried = 0;
      for (let us = start; us < this.bytes.length && (this.owner[us]?.rank ?? -1) < rank; us++) {
        carried += this.bytes[us] as number;
        if (carried >= bytes) return [start, us + 1];
      }
    }
    return undefined;
  }
}

describe('any order of bookings and releases', () => {
  it('gives each the first gap it fits into, and no microsecond to two', () => {
    fc.assert(
      fc.property(anyRates, fc.array(anyStep, { maxLength: 40 }), (rates, steps) => {
        const schedule = new ContactSchedule<number>(rates);
        const model = new Microseconds(rates);
        const slots: Slot<number>[] = [];
        for (const step of steps) {
          if ('release' in step) {
            const slot = slots[step.release % slots.length];
            if (slot === undefined) continue;
            schedule.release(slot);
            for (let us = 0; us < model.bytes.length; us++) if (model.owner[us] === slot) delete model.owner[us];
          } else {
            const { rank, bytes, atUs } = step;
            const earliest = model.earliest(rank, bytes, atUs);
            expect(schedule.departUs(rank, bytes, atUs)).toBe(earliest?.[0] ?? Number.POSITIVE_INFINITY);
            const booked = schedule.book(slots.length, rank, bytes, atUs);
            expect(booked && [booked.slot.startUs, booked.slot.endUs]).toEqual(earliest);
            if (booked === undefined || earliest === undefined) continue;
            const hurt = new Set<Slot<number>>();
            for (let us = earliest[0]; us < earliest[1]; us++) {
              const before = model.owner[us];
              if (before !== undefined) hurt.add(before);
              model.owner[us] = booked.slot;
            }
            expect(new Set(booked.preempted)).toEqual(hurt);
            slots.push(booked.slot);
          }
          for (const { startUs, endUs, rank } of schedule.segments()) {
            for (let us = startUs; us < endUs; us++) expect(model.owner[us]?.rank ?? -1).toBe(rank);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
