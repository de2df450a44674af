/** What nodes tell each other of the load of their contacts, and what they make of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ContactLoad, decodeLoads, encodeLoads, MAX_TOLD_CONTACTS } from '../../src/agent/load-notice.js';
import { LoadTeller } from '../../src/agent/load-teller.js';
import { MAX_HEARD_CONTACTS, NeighbourLoads } from '../../src/agent/neighbour-loads.js';
import { type Contact, ContactGraph, ContactPlan, RANK, type Rank, VolumeBook } from '../../src/routing/index.js';

const S = 1_000_000;
const contact = (from: number, to: number, start: number, end: number, rate = 100): Contact => ({
  from,
  to,
  startUs: start * S,
  endUs: end * S,
  rateBytesPerSecond: rate,
  owltUs: 0,
});
const graphOf = (...contacts: Contact[]) => new ContactGraph(new ContactPlan(contacts));
const load = (to: number, startsInMs: number, ...takenBytes: number[]): ContactLoad => ({ to, startsInMs, takenBytes });

describe('a load notice', () => {
  it('comes back as it was told', () => {
    const loads = [load(9, 12_000, 700, 600, 50, 0), load(8, -5_000, 2 ** 53 - 1, 1, 1, 1)];
    expect(decodeLoads(encodeLoads(4, loads), 4)).toEqual(loads);
  });

  it('says nothing where another node made it, or where it is not of its form', () => {
    const loads = [load(9, 0, 1, 1, 1, 1)];
    expect(decodeLoads(encodeLoads(4, loads), 5)).toEqual([]);
    for (const bad of [
      [9, 0, 1, 1, 1],
      [9, 0, 1, 2, 1, 1],
      [9, 0, -1, -1, -1, -1],
      [9, 0.5, 1, 1, 1, 1],
    ]) {
      const [to, startsInMs, ...takenBytes] = bad as [number, number, ...number[]];
      expect(decodeLoads(encodeLoads(4, [{ to, startsInMs, takenBytes }, ...loads]), 4)).toEqual(loads);
    }
  });

  it('is read up to its limit, and never throws', () => {
    const many = Array.from({ length: 100 }, () => load(9, 0, 1, 1, 1, 1));
    expect(decodeLoads(encodeLoads(4, many), 4)).toHaveLength(MAX_TOLD_CONTACTS);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(decodeLoads(bytes, 4)).toEqual([]);
      }),
    );
  });
});

describe('what is heard of a neighbour', () => {
  const graph = graphOf(contact(4, 9, 100, 110), contact(4, 9, 200, 210), contact(5, 9, 100, 110));
  const tell = (loads: NeighbourLoads, nowUs: number, ...told: ContactLoad[]) =>
    loads.hear(encodeLoads(4, told), 4, nowUs);

  it('counts for the contact that starts then, or about then, by rank', () => {
    const loads = new NeighbourLoads(graph);
    expect(tell(loads, 50 * S, load(9, 52_000, 700, 600, 50, 0))).toEqual([0]);
    expect([0, 1, 2, 3].map((rank) => loads.takenBytes(0, rank as Rank, 60 * S))).toEqual([700, 600, 50, 0]);
    expect(tell(loads, 50 * S, load(9, 170_000, 1, 1, 1, 1), load(8, 50_000, 1, 1, 1, 1))).toEqual([]);
    expect(loads.concern([2, 0], 60 * S)).toBe(true);
    expect(loads.concern([2, 1], 60 * S)).toBe(false);
  });

  it('counts for no contact of another node, and for no more than there is', () => {
    const loads = new NeighbourLoads(graph);
    const stranger = graph.contactsBetween(5, 9)[0] as number;
    expect(loads.hear(encodeLoads(5, [load(9, 50_000, 900, 0, 0, 0)]), 4, 50 * S)).toEqual([]);
    expect(tell(loads, 50 * S, load(9, 50_000, 1_001, 0, 0, 0))).toEqual([]);
    expect(loads.takenBytes(stranger, 0, 50 * S)).toBe(0);
    expect(loads.size).toBe(0);
  });

  it('is replaced by what comes later, and forgotten with the contact and after an hour', () => {
    const loads = new NeighbourLoads(graphOf(contact(4, 9, 100, 110), contact(4, 9, 90_000, 90_010)));
    tell(loads, 50 * S, load(9, 50_000, 700, 0, 0, 0));
    tell(loads, 51 * S, load(9, 49_000, 300, 0, 0, 0), load(9, 89_949_000, 500, 0, 0, 0));
    expect(loads.takenBytes(0, 0, 110 * S)).toBe(300);
    expect(loads.takenBytes(0, 0, 110 * S + 1)).toBe(0);
    expect(loads.takenBytes(1, 0, 3_651 * S)).toBe(500);
    expect(loads.takenBytes(1, 0, 3_651 * S + 1)).toBe(0);
    expect(loads.size).toBe(0);
  });

  it('is kept for so many contacts and no more', () => {
    const contacts = Array.from({ length: MAX_HEARD_CONTACTS + 1 }, (_, i) => contact(4, 9, 100 * i, 100 * i + 9));
    const loads = new NeighbourLoads(graphOf(...contacts));
    for (let i = 0; i <= MAX_HEARD_CONTACTS; i++) tell(loads, 0, load(9, 100_000 * i, 1, 1, 1, 1));
    expect(loads.size).toBe(MAX_HEARD_CONTACTS);
    expect(loads.takenBytes(0, 0, 0)).toBe(0);
  });
});

describe('a teller', () => {
  /** Node 4 with a coming contact to 9 of 1,000 bytes, and open contacts to 1 and 2. */
  function teller() {
    const graph = graphOf(contact(4, 9, 100, 110), contact(4, 1, 0, 100, 1e6), contact(4, 2, 0, 100, 1e6));
    const book = new VolumeBook<string>(graph);
    const telling = new LoadTeller(graph, {
      node: 4,
      ownContacts: () => book.bookedContacts(),
      takenBytes: (index, rank) => book.takenBytes(index, rank),
      spentBytes: (index) => book.spentBytes(index),
      freeUs: (neighbour) => (neighbour === 1 || neighbour === 2 ? 0 : undefined),
      openNeighbours: () => [1, 2],
    });
    const index = graph.contactsBetween(4, 9)[0] as number;
    return { book, telling, index };
  }

  it('tells nothing while nobody waits long', () => {
    const { book, telling, index } = teller();
    book.book('a', [index], 99, RANK.standard);
    expect(telling.noticeFor(1, 0, 0)).toBeUndefined();
    expect(telling.nextUs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('tells each neighbour but the receiver once, and again when the wait has changed by much', () => {
    const { book, telling, index } = teller();
    book.book('a', [index], 400, RANK.standard);
    const told = decodeLoads(telling.noticeFor(1, 2 * S, S) as Uint8Array, 4);
    expect(told).toEqual([load(9, 98_000, 400, 400, 0, 0)]);
    expect(telling.noticeFor(9, S, S)).toBeUndefined();
    expect(telling.noticeFor(1, S, 2 * S)).toBeUndefined();
    expect(telling.noticeFor(2, S, 2 * S)).toBeDefined();
    book.book('b', [index], 90, RANK.expedited);
    expect(telling.noticeFor(1, S, 3 * S)).toBeUndefined();
    const more = book.book('c', [index], 20, RANK.expedited);
    expect(decodeLoads(telling.noticeFor(1, 4 * S, 4 * S) as Uint8Array, 4)).toEqual([
      load(9, 96_000, 510, 510, 110, 0),
    ]);
    if (more !== undefined) book.release(more.booking);
    expect(telling.noticeFor(1, 5 * S, 5 * S)).toBeUndefined();
  });

  it('tells when the load is gone, and then no more', () => {
    const { book, telling, index } = teller();
    const booked = book.book('a', [index], 400, RANK.standard);
    telling.noticeFor(1, S, S);
    if (booked !== undefined) book.release(booked.booking);
    expect(decodeLoads(telling.noticeFor(1, 2 * S, 2 * S) as Uint8Array, 4)).toEqual([load(9, 98_000, 0, 0, 0, 0)]);
    expect(telling.noticeFor(1, 60 * S, 60 * S)).toBeUndefined();
  });

  it('repeats what it told after ten seconds, on what goes there anyway', () => {
    const { book, telling, index } = teller();
    book.book('a', [index], 400, RANK.standard);
    expect(telling.noticeFor(1, S, S)).toBeDefined();
    expect(telling.noticeFor(1, 10 * S, 10 * S)).toBeUndefined();
    expect(telling.noticeFor(1, 11 * S, 11 * S)).toBeDefined();
  });

  it('asks for a bundle of its own where none goes to a neighbour, once a second at most', () => {
    const { book, telling, index } = teller();
    book.book('a', [index], 400, RANK.standard);
    telling.look(S);
    expect(telling.nextUs()).toBe(1.2 * S);
    expect(telling.noticeFor(1, 1.1 * S, 1.1 * S)).toBeDefined();
    expect(telling.takeDue(1.2 * S)).toEqual([2]);
    expect(telling.nextUs()).toBe(Number.POSITIVE_INFINITY);
    telling.look(1.4 * S);
    expect(telling.nextUs()).toBe(2.2 * S);
  });

  it('counts the time of an open contact that passed without a transmission as gone', () => {
    const { book, telling, index } = teller();
    book.book('a', [index], 400, RANK.standard);
    expect(decodeLoads(telling.noticeFor(1, 103 * S, 103 * S) as Uint8Array, 4)).toEqual([
      load(9, -3_000, 700, 700, 300, 300),
    ]);
  });
});
