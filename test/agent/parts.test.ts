/** The small parts of an agent on their own. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAvoidance, ROUTE_AVOIDANCE_BLOCK } from '../../src/agent/avoidance.js';
import type { BundleRecord } from '../../src/agent/bundle-record.js';
import { defaultAgentConfig } from '../../src/agent/config.js';
import { ExpiryCalendar } from '../../src/agent/expiry.js';
import { HeldCopies } from '../../src/agent/held-copies.js';
import { Link } from '../../src/agent/links.js';
import { outgoingPieces } from '../../src/agent/outbound.js';
import { OutstandingCustody } from '../../src/agent/outstanding.js';
import { PRIORITY, type Priority } from '../../src/agent/priority.js';
import { RecordTimers } from '../../src/agent/record-timers.js';
import { SignalAggregator } from '../../src/agent/signal-aggregator.js';
import { newLocalRecord } from '../../src/agent/sourcing.js';
import { decodeBundle, findBlock, includedIntervals, joinPieces } from '../../src/bpv7/index.js';
import { s } from '../helpers/contacts.js';

let sequence = 0;
function record(
  more: { lifetimeMs?: number; priority?: Priority; custody?: boolean; dtnTimeMs?: number; payload?: Uint8Array } = {},
): BundleRecord {
  const request = {
    destinationNode: 2,
    destinationService: 1,
    sourceService: 1,
    payload: more.payload ?? new Uint8Array(10),
    lifetimeMs: more.lifetimeMs ?? 1_000,
    custody: more.custody ?? true,
    priority: more.priority ?? PRIORITY.standard,
  };
  return newLocalRecord(request, defaultAgentConfig(1), sequence++, { monotonicUs: 0, dtnTimeMs: more.dtnTimeMs ?? 5 });
}

const custody = (custodian: number, sequenceId: number, number: number) => ({
  custodian,
  sequenceId,
  sequence: number,
});

describe('the expiry calendar', () => {
  it('gives each record once, never early and at most a bucket late, whatever was taken out before', () => {
    const plan = fc.array(fc.tuple(fc.integer({ min: 1, max: 2_000 }), fc.boolean()), { maxLength: 40 });
    fc.assert(
      fc.property(plan, (entries) => {
        const calendar = new ExpiryCalendar();
        const records = entries.map(([lifetimeMs]) => record({ lifetimeMs }));
        for (const each of records) calendar.add(each);
        records.forEach((each, i) => {
          if (entries[i]?.[1]) calendar.remove(each);
        });
        const given: BundleRecord[] = [];
        for (let next = calendar.nextUs(); next !== undefined; next = calendar.nextUs()) {
          for (const each of calendar.takeDue(next)) {
            expect(each.expiryUs).toBeLessThanOrEqual(next);
            expect(next - each.expiryUs).toBeLessThan(s(0.1));
            given.push(each);
          }
        }
        expect(new Set(given)).toEqual(new Set(records.filter((_, i) => !entries[i]?.[1])));
        expect(given).toHaveLength(new Set(given).size);
      }),
    );
  });

  it('takes up a bucket again that was emptied', () => {
    const calendar = new ExpiryCalendar();
    const [one, other] = [record(), record()];
    calendar.add(one);
    calendar.remove(one);
    expect(calendar.nextUs()).toBeUndefined();
    calendar.add(other);
    expect(calendar.takeDue(s(2))).toEqual([other]);
  });
});

describe('a calendar of many lifetimes', () => {
  it('gives what is left in the order of its coming, whatever came and went', () => {
    const calendar = new ExpiryCalendar();
    const records = Array.from({ length: 500 }, () => record());
    const held = new Set<BundleRecord>();
    for (let i = 0; i < 5_000; i++) {
      const each = records[(i * 7919) % 500] as BundleRecord;
      if ((i * 31) % 7 < 4) {
        calendar.add(each);
        held.add(each);
      } else {
        calendar.remove(each);
        held.delete(each);
      }
    }
    for (const each of [...held].slice(3)) {
      if (records.indexOf(each) % 5 === 0) continue;
      calendar.remove(each);
      held.delete(each);
    }
    const places = (some: Iterable<BundleRecord>) => [...some].map((each) => records.indexOf(each));
    expect(held.size).toBeGreaterThan(20);
    expect(places(calendar.takeDue(Number.MAX_SAFE_INTEGER))).toEqual(places(held));
    expect(calendar.nextUs()).toBeUndefined();
  });
});

describe('record timers', () => {
  it('wake in order, and not for a state that is past', () => {
    const timers = new RecordTimers();
    const [a, b, c] = [record(), record(), record()];
    timers.set(a, 30);
    timers.set(b, 20);
    timers.set(c, 10);
    timers.set(b, Number.POSITIVE_INFINITY);
    c.enter('gone');
    expect(timers.nextUs()).toBe(20);
    expect(timers.popDue(19)).toBeUndefined();
    expect([timers.popDue(50), timers.popDue(50), timers.popDue(50)]).toEqual([b, a, undefined]);
    expect(timers.nextUs()).toBeUndefined();
  });
});

describe('many record timers', () => {
  it('wake in their order, the stale ones among them swept or not', () => {
    const timers = new RecordTimers();
    const records = Array.from({ length: 2_000 }, () => record());
    const woken: BundleRecord[] = [];
    for (const [i, each] of records.entries()) {
      timers.set(each, 10_000 - (i % 7));
      if (i % 3 !== 0) each.enter('gone');
    }
    for (let next = timers.popDue(20_000); next !== undefined; next = timers.popDue(20_000)) woken.push(next);
    const expected = [...records.entries()].filter(([i]) => i % 3 === 0).sort(([a], [b]) => (b % 7) - (a % 7) || a - b);
    expect(woken.map((each) => records.indexOf(each))).toEqual(expected.map(([i]) => i));
  });
});

describe('a link', () => {
  const queued = (link: Link, each: BundleRecord) => {
    each.enter('queued', link.neighbour);
    link.enqueue(each);
  };

  it('gives records by priority and then in order, without those that moved on', () => {
    const link = new Link(2);
    const records = [1, 2, 0, 1, 2, 0].map((priority) => record({ priority: priority as Priority }));
    for (const each of records) queued(link, each);
    records[3]?.enter('gone');
    records[5]?.enter('queued', 3);
    expect(link.drain().map((each) => records.indexOf(each))).toEqual([2, 0, 1, 4]);
    expect(link.queued).toBe(0);
  });

  it('gives a record once that left its queue and came back', () => {
    const link = new Link(2);
    const [one, other] = [record(), record()];
    queued(link, one);
    queued(link, other);
    queued(link, one);
    expect(link.drain()).toEqual([other, one]);
  });

  it('keeps the order of thousands, added and taken by turns', () => {
    const link = new Link(2);
    const records = Array.from({ length: 500 }, () => record());
    const given: BundleRecord[] = [];
    for (const each of records) {
      queued(link, each);
      if (given.length * 2 < records.indexOf(each)) given.push(link.next() as BundleRecord);
    }
    expect([...given, ...link.drain()]).toEqual(records);
  });
});

describe('held copies', () => {
  it('finds what this node has in custody, and of other copies only the same', () => {
    const held = new HeldCopies();
    const own = record();
    const twin = Object.assign(Object.create(Object.getPrototypeOf(own)), own) as BundleRecord;
    held.add(own);
    expect(held.find(Object.assign(twin, { receivedCustody: custody(7, 1, 1) }))).toBeUndefined();
    own.inCustody = true;
    expect(held.find(twin)).toBe(own);
    held.remove(own);
    expect(held.find(twin)).toBeUndefined();
    held.remove(own); // twice is no harm
  });

  it('tells bundles of one number apart by their time, where their keys fold together too', () => {
    const held = new HeldCopies();
    const records = [5, 6, 5 + 2 ** 32].map((dtnTimeMs) => record({ dtnTimeMs }));
    for (const each of records) {
      Object.assign(each, { sequence: 3, inCustody: true });
      held.add(each);
    }
    for (const each of records) expect(held.find(each)).toBe(each);
    held.remove(records[0] as BundleRecord);
    expect(held.find(records[0] as BundleRecord)).toBeUndefined();
    expect(held.find(records[2] as BundleRecord)).toBe(records[2]);
  });
});

describe('what leaves', () => {
  const now = { monotonicUs: 0, dtnTimeMs: 5 };
  const avoided = Array.from({ length: 16 }, (_, i) => ({
    from: 2 ** 31 + i,
    to: 2 ** 31,
    untilUs: s(3_600),
    times: 1,
  }));

  it.each([
    [1_000, 16],
    [65_507 - 256, 0],
  ])(
    'with a payload of %i bytes carries %i contacts to avoid: a datagram has only so much room',
    (length, contacts) => {
      const large = record({ payload: new Uint8Array(length) });
      large.avoided = avoided;
      const bytes = joinPieces(outgoingPieces(large, defaultAgentConfig(1), now, 0));
      expect(bytes.length).toBeLessThanOrEqual(65_507);
      const block = findBlock(decodeBundle(bytes), ROUTE_AVOIDANCE_BLOCK);
      expect(block === undefined ? 0 : decodeAvoidance(block.data, 0).length).toBe(contacts);
    },
  );
});

describe('outstanding custody', () => {
  it('names what a signal covers, as a walk over all numbers would', () => {
    const runs = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(fc.nat(20), fc.nat(25), runs, fc.array(fc.nat(19)), (count, first, lengths, dropped) => {
        const ledger = new OutstandingCustody(64, undefined);
        const records = Array.from({ length: count }, () => record());
        for (const each of records) ledger.number(each, 4);
        for (const at of dropped) if (records[at]) ledger.drop(records[at]);
        const covered = new Set<number>();
        let at = first;
        lengths.forEach((length, i) => {
          for (let end = at + length; at < end; at++) if (i % 2 === 0) covered.add(at);
        });
        const expected = records.filter((_, i) => covered.has(i) && !dropped.includes(i));
        const range = { sequenceId: 4, first, runs: lengths.length % 2 === 0 ? [...lengths, 0] : lengths };
        expect(ledger.named(range)).toEqual(expected);
        expect(ledger.named({ ...range, sequenceId: 5 })).toEqual([]);
        expect(ledger.wasGiven(range)).toBe(first < count);
      }),
    );
  });

  it('never gives a number twice', () => {
    const ledger = new OutstandingCustody(64, undefined);
    const one = record();
    for (let i = 0; i < 3; i++) {
      ledger.number(one, 4);
      expect(one.custodySequence).toBe(i);
      ledger.drop(one);
    }
    expect(ledger.named({ sequenceId: 4, first: 0, runs: [10] })).toEqual([]);
  });
});

describe('the signal aggregator', () => {
  const numbers = (signals: ReturnType<SignalAggregator['takeDue']>, disposition = 'accepted') =>
    signals
      .flatMap((each) => each.signals)
      .filter((each) => each.disposition === disposition)
      .flatMap((each) => each.sequences)
      .map((each) => [each.sequenceId, ...includedIntervals(each).flatMap(({ first, last }) => [first, last])]);

  it('is due when enough have come, when the first has waited, or when the way back closes', () => {
    const signals = new SignalAggregator(3);
    signals.add(custody(1, 1, 0), 'accepted', 10, 110);
    expect(signals.nextUs()).toBe(110);
    signals.add(custody(1, 1, 1), 'accepted', 50, 80);
    expect(signals.nextUs()).toBe(80);
    signals.add(custody(1, 1, 2), 'accepted', 2_060, 160);
    expect(signals.nextUs()).toBe(80);
    signals.add(custody(2, 1, 0), 'accepted', 90, 30);
    expect(signals.takeDue(79)).toEqual([]);
    expect(signals.takeDue(90).map((each) => [each.custodian, each.count])).toEqual([
      [1, 3],
      [2, 1],
    ]);
    expect(signals.nextUs()).toBeUndefined();
  });

  it('is due when enough have come, and in a rush when that has lasted for 2 ms or brought sixteen times as many', () => {
    const signals = new SignalAggregator(3);
    const add = (from: number, to: number, nowUs: number) => {
      for (let i = from; i < to; i++) signals.add(custody(1, 1, i), 'accepted', nowUs, nowUs + 100_000);
    };
    add(0, 2, 1_000);
    expect(signals.nextUs()).toBe(101_000);
    add(2, 3, 50_000);
    expect(signals.takeDue(50_000).map(({ count }) => count)).toEqual([3]);
    add(3, 6, 60_000);
    expect(signals.nextUs()).toBe(62_000);
    add(6, 9, 61_000);
    expect(signals.takeDue(61_999)).toEqual([]);
    expect(signals.takeDue(62_000).map(({ count }) => count)).toEqual([6]);
    add(0, 47, 70_000);
    expect(signals.nextUs()).toBe(72_000);
    add(47, 48, 70_000);
    expect(signals.takeDue(70_000).map(({ count }) => count)).toEqual([48]);
  });

  it('leaves for each bundle where that is the limit', () => {
    const signals = new SignalAggregator(1);
    signals.add(custody(1, 1, 0), 'accepted', 10, 110);
    expect(signals.takeDue(10).map(({ count }) => count)).toEqual([1]);
  });

  it('repeats what the signal before accepted, once, and nothing that was refused', () => {
    const signals = new SignalAggregator(3);
    const round = (number: number) => {
      signals.add(custody(1, 4, number), 'accepted', 0, 0);
      signals.add(custody(1, 4, 50 + number), 'refused', 0, 0);
      return signals.takeDue(0);
    };
    const rounds = [round(0), round(1), round(9)];
    expect(rounds.map((each) => numbers(each))).toEqual([[[4, 0, 0]], [[4, 0, 1]], [[4, 1, 1, 9, 9]]]);
    expect(rounds.map((each) => numbers(each, 'refused'))).toEqual([[[4, 50, 50]], [[4, 51, 51]], [[4, 59, 59]]]);
    expect(rounds.map((each) => each[0]?.count)).toEqual([2, 2, 2]);
  });

  it('keeps custodians and counters apart in what it repeats', () => {
    const signals = new SignalAggregator(3);
    const round = (custodian: number, sequenceId: number) => {
      signals.add(custody(custodian, sequenceId, 7), 'accepted', 0, 0);
      return numbers(signals.takeDue(0));
    };
    expect(round(1, 4)).toEqual([[4, 7, 7]]);
    expect(round(2, 4)).toEqual([[4, 7, 7]]);
    expect(round(1, 5)).toEqual([
      [5, 7, 7],
      [4, 7, 7],
    ]);
    signals.add(custody(1, 5, 8), 'refused', 0, 0);
    expect(numbers(signals.takeDue(0))).toEqual([]);
  });
});
