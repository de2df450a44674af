/** The book of volume against a model that keeps a plain list of what is promised and sums it up at each question. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Booking,
  type Contact,
  ContactGraph,
  ContactPlan,
  contactVolumeBytes,
  evcBytes,
  RANK,
  RANKS,
  type Rank,
  VolumeBook,
} from '../../src/routing/index.js';

const contact = (from: number, to: number, start: number, end: number, rate = 100): Contact => ({
  from,
  to,
  startUs: start * 1e6,
  endUs: end * 1e6,
  rateBytesPerSecond: rate,
  owltUs: 0,
});
const graphOf = (...contacts: Contact[]) => new ContactGraph(new ContactPlan(contacts));
/** Two contacts of 1,000 bytes, one after the other. */
const twoHops = () => graphOf(contact(1, 2, 0, 10), contact(2, 3, 10, 20));

describe('the estimated volume consumption', () => {
  it('is the size and 3 %, but 100 bytes at least', () => {
    expect(evcBytes(0)).toBe(100);
    expect(evcBytes(1_000)).toBe(1_100);
    expect(evcBytes(3_333)).toBe(3_433);
    expect(evcBytes(10_000)).toBe(10_300);
    expect(evcBytes(10_001)).toBe(10_302);
  });
});

describe('a book', () => {
  it('counts a bundle against its rank and those below, on every contact of the route', () => {
    const book = new VolumeBook<string>(twoHops());
    expect(book.book('a', [0, 1], 300, RANK.standard)?.pushedOut).toEqual([]);
    for (const each of [0, 1]) {
      expect(book.residualBytes(each, RANK.bulk)).toBe(700);
      expect(book.residualBytes(each, RANK.standard)).toBe(700);
      expect(book.residualBytes(each, RANK.expedited)).toBe(1_000);
      expect(book.residualBytes(each, RANK.administrative)).toBe(1_000);
    }
  });

  it('books nothing where one contact of the route has too little left', () => {
    const book = new VolumeBook<string>(graphOf(contact(1, 2, 0, 10), contact(2, 3, 10, 12)));
    expect(book.book('a', [0, 1], 201, RANK.bulk)).toBeUndefined();
    expect(book.residualBytes(0, RANK.bulk)).toBe(1_000);
    expect(book.size).toBe(0);
    expect(book.book('a', [0, 1], 200, RANK.bulk)).toBeDefined();
  });

  it('pushes out the lowest rank first, of one rank the last booked, and no more than it must', () => {
    const book = new VolumeBook<string>(twoHops());
    const take = (item: string, bytes: number, rank: Rank) =>
      book.book(item, [0, 1], bytes, rank)?.pushedOut.map((each) => each.item);
    expect(take('standard', 300, RANK.standard)).toEqual([]);
    expect(take('bulk 1', 200, RANK.bulk)).toEqual([]);
    expect(take('bulk 2', 200, RANK.bulk)).toEqual([]);
    expect(take('bulk 3', 400, RANK.bulk)).toBeUndefined();
    expect(take('expedited', 300, RANK.expedited)).toEqual([]);
    expect(take('urgent', 150, RANK.administrative)).toEqual(['bulk 2']);
    expect(take('more', 350, RANK.expedited)).toEqual(['bulk 1', 'standard']);
    expect(book.residualBytes(0, RANK.bulk)).toBe(200);
    expect(take('too much', 250, RANK.standard)).toBeUndefined();
  });

  it('gives back a released booking once, and from one of its hops on', () => {
    const book = new VolumeBook<string>(twoHops());
    const booking = book.book('a', [0, 1], 300, RANK.bulk)?.booking as Booking<string>;
    book.release(booking, 1);
    expect([0, 1].map((each) => book.residualBytes(each, RANK.bulk))).toEqual([700, 1_000]);
    expect(booking.isHeld).toBe(true);
    book.release(booking);
    book.release(booking);
    expect([0, 1].map((each) => book.residualBytes(each, RANK.bulk))).toEqual([1_000, 1_000]);
    expect(booking.isHeld).toBe(false);
  });

  it('gives back no bytes that have left, and no rank gets them', () => {
    const book = new VolumeBook<string>(twoHops());
    const booking = book.book('a', [0, 1], 300, RANK.bulk)?.booking as Booking<string>;
    book.spend(booking);
    book.release(booking);
    expect([0, 1].map((each) => book.residualBytes(each, RANK.administrative))).toEqual([700, 1_000]);
  });

  it('lets a higher rank displace without a word what was settled', () => {
    const book = new VolumeBook<string>(twoHops());
    const booking = book.book('a', [0, 1], 900, RANK.bulk)?.booking as Booking<string>;
    book.spend(booking);
    book.settle(booking);
    expect([0, 1].map((each) => book.residualBytes(each, RANK.bulk))).toEqual([100, 100]);
    expect(book.book('b', [1], 500, RANK.standard)?.pushedOut).toEqual([]);
    expect(book.residualBytes(1, RANK.bulk)).toBe(0);
    expect(book.book('c', [0], 500, RANK.administrative)).toBeUndefined();
  });

  it('makes room for what others hold of a contact, the lowest rank and the last booked first', () => {
    const book = new VolumeBook<string>(twoHops());
    book.book('standard', [0, 1], 300, RANK.standard);
    book.book('bulk 1', [0, 1], 300, RANK.bulk);
    book.book('bulk 2', [0, 1], 300, RANK.bulk);
    expect(book.pushOut(1, 100, 9)).toEqual([]);
    expect(book.pushOut(1, 500, 1).map((each) => each.item)).toEqual(['bulk 2']);
    expect(book.pushOut(1, 1_000, 9).map((each) => each.item)).toEqual(['bulk 1', 'standard']);
    expect([0, 1].map((each) => book.residualBytes(each, RANK.bulk))).toEqual([1_000, 1_000]);
  });

  it('lets a bundle leave behind what others hold besides', () => {
    const book = new VolumeBook<string>(twoHops());
    expect(book.departUs(1, RANK.bulk, 0, 500, 500)).toBe(15e6);
    expect(book.departUs(1, RANK.bulk, 0, 501, 500)).toBe(Number.POSITIVE_INFINITY);
    book.book('a', [1], 100, RANK.bulk);
    expect(book.departUs(1, RANK.bulk, 0, 400, 500)).toBe(16e6);
  });

  it('gives back what a shorter bundle does not need', () => {
    const book = new VolumeBook<string>(twoHops());
    const booking = book.book('a', [0, 1], 900, RANK.bulk)?.booking as Booking<string>;
    book.reduce(booking, 400);
    expect(book.residualBytes(1, RANK.bulk)).toBe(600);
    book.release(booking);
    expect(book.residualBytes(1, RANK.bulk)).toBe(1_000);
    expect(() => book.reduce(booking, 401)).toThrow(expect.objectContaining({ code: 'bad-booking' }));
  });

  it('refuses sums and routes that cannot be', () => {
    const book = new VolumeBook<string>(twoHops());
    for (const bytes of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => book.book('a', [0], bytes, RANK.bulk)).toThrow(expect.objectContaining({ code: 'bad-booking' }));
    }
    expect(() => book.book('a', [0, 0], 1, RANK.bulk)).toThrow(expect.objectContaining({ code: 'bad-booking' }));
  });

  it('releases whole what held a contact that is lost', () => {
    const book = new VolumeBook<string>(twoHops());
    book.book('bulk', [0, 1], 100, RANK.bulk);
    book.book('standard', [1], 100, RANK.standard);
    const other = book.book('other', [0], 100, RANK.standard)?.booking as Booking<string>;
    expect(book.lose(1).map((each) => each.item)).toEqual(['standard', 'bulk']);
    expect([0, 1].map((each) => book.residualBytes(each, RANK.bulk))).toEqual([900, 1_000]);
    expect(other.isHeld).toBe(true);
    expect(book.lose(1)).toEqual([]);
  });

  it('forgets contacts that are over, and what still held them releases nothing', () => {
    const book = new VolumeBook<string>(twoHops());
    const booking = book.book('a', [0, 1], 300, RANK.bulk)?.booking as Booking<string>;
    book.forgetBefore(10e6);
    expect([...book.bookedContacts()]).toEqual([0, 1]);
    book.forgetBefore(10e6 + 1);
    expect([...book.bookedContacts()]).toEqual([1]);
    book.release(booking);
    expect([0, 1].map((each) => book.residualBytes(each, RANK.bulk))).toEqual([1_000, 1_000]);
  });

  it('keeps what was settled of many contacts, through further bookings and a change of the plan', () => {
    const many = Array.from({ length: 200 }, (_, i) => contact(i + 1, i + 2, i, i + 10));
    const book = new VolumeBook<number>(graphOf(...many));
    for (let i = 0; i < 200; i++) {
      const booking = book.book(i, [i], 100 + i, RANK.standard)?.booking as Booking<number>;
      book.settle(booking);
    }
    for (let i = 0; i < 200; i++) expect(book.residualBytes(i, RANK.standard)).toBe(900 - i);
    expect(book.size).toBe(200);
    expect(book.book(200, [3, 4], 898, RANK.standard)).toBeUndefined();
    expect(book.book(200, [3, 4], 890, RANK.expedited)?.pushedOut).toEqual([]);
    expect([3, 4].map((each) => book.residualBytes(each, RANK.bulk))).toEqual([7, 6]);
    book.moveTo(graphOf(...many.slice(0, 100)));
    expect([0, 99].map((each) => book.residualBytes(each, RANK.bulk))).toEqual([900, 801]);
    book.forgetSettled(0);
    book.lose(99);
    expect([0, 99].map((each) => book.takenBytes(each, RANK.bulk))).toEqual([0, 0]);
    book.forgetBefore(50e6);
    expect([...book.bookedContacts()].sort((a, b) => a - b)).toEqual(Array.from({ length: 59 }, (_, i) => i + 40));
  });

  it('knows which contacts its own node sends on', () => {
    const book = new VolumeBook<string>(twoHops(), 10, 2);
    book.book('a', [0, 1], 300, RANK.bulk);
    expect([...book.ownContacts()]).toEqual([1]);
    book.moveTo(twoHops());
    expect([...book.ownContacts()]).toEqual([1]);
    book.forgetBefore(21e6);
    expect([...book.ownContacts()]).toEqual([]);
    book.book('b', [1], 300, RANK.bulk);
    book.lose(1);
    expect([...book.ownContacts()]).toEqual([]);
  });

  it('counts no further contacts at its limit, and lets bundles pass there', () => {
    const book = new VolumeBook<string>(twoHops(), 1);
    const booking = book.book('a', [0, 1], 900, RANK.bulk)?.booking as Booking<string>;
    expect([0, 1].map((each) => book.residualBytes(each, RANK.bulk))).toEqual([100, 1_000]);
    expect(book.book('b', [1], 900, RANK.bulk)).toBeDefined();
    book.release(booking);
    expect([0, 1].map((each) => book.residualBytes(each, RANK.bulk))).toEqual([1_000, 1_000]);
  });

  it('never runs out on a contact without a limit, nor on one whose volume passes 2^53', () => {
    const book = new VolumeBook<string>(
      graphOf(contact(1, 2, 0, 10, Number.POSITIVE_INFINITY), contact(2, 3, 10, 1e9, 1e12)),
    );
    expect(book.residualBytes(0, RANK.bulk)).toBe(Number.POSITIVE_INFINITY);
    for (let i = 0; i < 100; i++) expect(book.book('a', [0, 1], 2 ** 50, RANK.bulk)?.pushedOut).toEqual([]);
    expect(book.residualBytes(0, RANK.bulk)).toBe(Number.POSITIVE_INFINITY);
    expect(book.takenBytes(1, RANK.bulk)).toBe(100 * 2 ** 50);
  });

  it('lets a bundle leave behind what its rank and higher ones took, where it fits', () => {
    const book = new VolumeBook<string>(twoHops());
    book.book('a', [1], 300, RANK.standard);
    book.book('b', [1], 200, RANK.expedited);
    const leaves = (rank: Rank, readyUs: number, bytes: number) => book.departUs(1, rank, readyUs, bytes) / 1e6;
    expect(leaves(RANK.bulk, 0, 500)).toBe(15);
    expect(leaves(RANK.bulk, 0, 501)).toBe(Number.POSITIVE_INFINITY);
    expect(leaves(RANK.expedited, 0, 800)).toBe(12);
    expect(leaves(RANK.administrative, 0, 1_000)).toBe(10);
    expect(leaves(RANK.expedited, 18e6, 200)).toBe(18);
    expect(leaves(RANK.expedited, 18e6, 201)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a book that moves to another plan', () => {
  it('finds its contacts under their new indexes', () => {
    const book = new VolumeBook<string>(twoHops());
    const booking = book.book('a', [0, 1], 300, RANK.bulk)?.booking as Booking<string>;
    const spent = book.book('b', [0, 1], 100, RANK.standard)?.booking as Booking<string>;
    book.spend(spent);
    expect(book.moveTo(graphOf(contact(0, 6, 0, 1), contact(1, 2, 0, 12), contact(2, 3, 8, 20)))).toEqual([]);
    expect(booking.contacts).toEqual([1, 2]);
    expect(spent.contacts).toEqual([2]);
    expect([1, 2].map((each) => book.residualBytes(each, RANK.bulk))).toEqual([800, 800]);
    book.release(booking);
    book.release(spent);
    expect([1, 2].map((each) => book.residualBytes(each, RANK.bulk))).toEqual([1_100, 1_200]);
  });

  it('releases what loses a contact, or no longer fits into one, the lowest rank first', () => {
    const book = new VolumeBook<string>(twoHops());
    book.book('bulk', [0], 300, RANK.bulk);
    book.book('standard', [0], 300, RANK.standard);
    book.book('expedited', [0], 300, RANK.expedited);
    book.book('gone', [0, 1], 100, RANK.administrative);
    const lost = book.moveTo(graphOf(contact(1, 2, 0, 7), contact(2, 3, 20, 30)));
    expect(lost.map((each) => each.item)).toEqual(['gone', 'bulk']);
    expect(book.residualBytes(0, RANK.bulk)).toBe(100);
  });
});

// --- against the model --------------------------------------------------------------------------------------------------

/** A promise on one contact. */
interface Promised {
  readonly id: number;
  readonly contact: number;
  readonly rank: number;
  bytes: number;
  kind: 'held' | 'settled' | 'spent';
}

type Step =
  | { do: 'book'; route: readonly number[]; bytes: number; rank: Rank }
  | { do: 'spend' | 'settle' | 'release' | 'release from 1' | 'halve'; which: number }
  | { do: 'lose'; contact: number }
  | { do: 'forget settled'; contact: number };

const CONTACTS = [contact(1, 2, 0, 10), contact(2, 3, 0, 7), contact(3, 4, 0, 9), contact(2, 4, 0, 5)];
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('book' as const),
      route: fc.constantFrom([0], [0, 1], [0, 1, 2], [0, 3], [1, 2], [3]),
      bytes: fc.integer({ min: 0, max: 400 }),
      rank: fc.constantFrom<Rank>(0, 1, 2, 3),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('spend', 'settle', 'release', 'release from 1', 'halve'),
      which: fc.nat(30),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('lose', 'forget settled'), contact: fc.nat(3) }) },
) as fc.Arbitrary<Step>;

/** Checks each step's outcome against a list of promises, which it changes by what the step should do. */
class Model {
  promises: Promised[] = [];
  readonly bookings: { id: number; booking: Booking<number> }[] = [];
  readonly book: VolumeBook<number>;

  constructor(readonly graph: ContactGraph) {
    this.book = new VolumeBook<number>(graph);
  }

  sum(of: (each: Promised) => boolean): number {
    return this.promises.filter(of).reduce((bytes, each) => bytes + each.bytes, 0);
  }

  residual(at: number, rank: number): number {
    const taken = this.sum((each) => each.contact === at && (each.kind === 'spent' || each.rank >= rank));
    return contactVolumeBytes(this.graph.contact(at)) - taken;
  }

  drop(id: number): void {
    this.promises = this.promises.filter((each) => each.id !== id || each.kind !== 'held');
  }

  step(step: Step): void {
    if (step.do === 'book') this.#book(step.route, step.bytes, step.rank);
    else if (step.do === 'forget settled') {
      this.book.forgetSettled(step.contact);
      this.promises = this.promises.filter((each) => each.contact !== step.contact || each.kind !== 'settled');
    } else if (step.do === 'lose') {
      const ids = new Set(
        this.promises.filter((each) => each.contact === step.contact && each.kind === 'held').map((each) => each.id),
      );
      expect(new Set(this.book.lose(step.contact).map((each) => each.item))).toEqual(ids);
      for (const id of ids) this.drop(id);
      this.promises = this.promises.filter((each) => each.contact !== step.contact);
    } else if (this.bookings.length > 0) {
      const { id, booking } = this.bookings[step.which % this.bookings.length] as (typeof this.bookings)[number];
      this.#change(step.do, id, booking);
    }
  }

  #book(route: readonly number[], bytes: number, rank: Rank): void {
    const fits = route.every((at) => this.residual(at, rank) >= bytes);
    const id = this.bookings.length;
    const booked = this.book.book(id, route, bytes, rank);
    expect(booked !== undefined).toBe(fits);
    if (booked === undefined) return;
    this.bookings.push({ id, booking: booked.booking });
    for (const each of booked.pushedOut) {
      expect(each.rank).toBeLessThan(rank);
      expect(each.isHeld).toBe(false);
      this.drop(each.item);
    }
    for (const at of route) {
      this.promises.push({ id, contact: at, rank, bytes, kind: 'held' });
      // What was settled gives way too, the lowest rank first.
      let over = -this.residual(at, 0);
      for (let lower = 0; lower < rank; lower++) {
        for (const each of this.promises) {
          if (over <= 0 || each.kind !== 'settled' || each.contact !== at || each.rank !== lower) continue;
          const less = Math.min(over, each.bytes);
          each.bytes -= less;
          over -= less;
        }
      }
    }
    // Nobody had to go who could have stayed: on some contact of the last one there would be too little.
    const last = booked.pushedOut.at(-1);
    if (last !== undefined) {
      const isNeeded = (at: number) => this.residual(at, 0) < last.bytes;
      expect(last.contacts.some((at) => route.includes(at) && isNeeded(at))).toBe(true);
    }
  }

  #change(what: string, id: number, booking: Booking<number>): void {
    const held = () => this.promises.filter((each) => each.id === id && each.kind === 'held');
    if (what === 'spend') {
      this.book.spend(booking);
      const first = held()[0];
      if (first !== undefined) first.kind = 'spent';
    } else if (what === 'settle') {
      this.book.settle(booking);
      for (const each of held()) each.kind = 'settled';
    } else if (what === 'release') {
      this.book.release(booking);
      this.drop(id);
    } else if (what === 'release from 1') {
      this.book.release(booking, 1);
      const first = booking.contacts[0];
      this.promises = this.promises.filter((each) => each.id !== id || each.kind !== 'held' || each.contact === first);
    } else {
      const bytes = booking.bytes >> 1;
      this.book.reduce(booking, bytes);
      for (const each of held()) each.bytes = bytes;
    }
  }
}

describe('any order of bookings and releases', () => {
  it('promises of no contact more than it carries, and to each rank what the ranks above leave', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
        const model = new Model(graphOf(...CONTACTS));
        // The plan sorts its contacts; routes above are by place in the list.
        const place = CONTACTS.map((each) => model.graph.contactsBetween(each.from, each.to)[0] as number);
        for (const step of steps) {
          if (step.do === 'book') model.step({ ...step, route: step.route.map((at) => place[at] as number) });
          else model.step(step);
          for (let at = 0; at < CONTACTS.length; at++) {
            expect(model.sum((each) => each.contact === at)).toBeLessThanOrEqual(
              contactVolumeBytes(model.graph.contact(at)),
            );
            for (let rank = 0; rank < RANKS; rank++) {
              expect(model.book.residualBytes(at, rank as Rank)).toBe(model.residual(at, rank));
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
