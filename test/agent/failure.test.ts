import { describe, expect, it } from 'vitest';
import {
  decodeAvoidance,
  encodeAvoidance,
  holdUs,
  ROUTE_AVOIDANCE_BLOCK,
  withAvoided,
} from '../../src/agent/avoidance.js';
import { type AvoidedContact, UnreadableBundleError } from '../../src/agent/bundle-record.js';
import { findBlock } from '../../src/bpv7/index.js';
import { both, line, Network, s } from '../helpers/pair.js';

const square = [...line(1, 2, 4), ...both(1, 3), ...both(3, 4, 0, 1000, { owltUs: 50_000 })];

describe('a contact that fails', () => {
  it('is routed around by every node on the way: the bundle carries the news', () => {
    const net = new Network({ contacts: square });
    net.cut(2, 4);
    net.send(1, 4, 100, { custody: false });
    net.runUntil(1);
    expect(net.sent.map((each) => [each.from, each.to])).toEqual([
      [1, 2],
      [2, 1],
      [1, 3],
      [3, 4],
    ]);
    const block = findBlock(net.bundles(2, 1)[0]!, ROUTE_AVOIDANCE_BLOCK);
    expect(decodeAvoidance(block!.data, 0)).toMatchObject([{ from: 2, to: 4, times: 1 }]);
    expect(net.delivered).toHaveLength(1);
  });

  it('gives back what queued for it', () => {
    const far = { owltUs: s(2) };
    const net = new Network({ contacts: [...both(1, 2), ...both(1, 3, 0, 1000, far), ...both(3, 2, 0, 1000, far)] });
    for (let i = 0; i < 10; i++) net.send(1, 2, 500, { custody: false });
    net.cut(1, 2);
    net.runUntil(8);
    expect(net.delivered).toHaveLength(9); // the one under way is gone
    expect(net.bundles(1, 3)).toHaveLength(9);
  });

  it('does not make bundles wander for as long as there is no way at all', () => {
    const net = new Network({ contacts: square });
    net.cut(2, 4);
    net.cut(3, 4);
    net.send(1, 4);
    net.runUntil(300);
    expect(net.sent.length).toBeLessThan(60);
    net.heal(2, 4);
    net.runUntil(900);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('and comes back gets what waits for it at once', () => {
    const net = new Network({ contacts: line(1, 2) });
    net.cut(1, 2);
    net.send(1, 2);
    net.runUntil(3);
    expect(net.sent).toHaveLength(0);
    net.heal(1, 2);
    expect(net.sent).toHaveLength(1);
    expect(net.stored(1)).toBe(1);
  });

  it('and comes back calls in what meanwhile waits for another contact', () => {
    const net = new Network({ contacts: [...both(1, 2), ...both(1, 3, 5, 1000), ...both(3, 2)] });
    net.cut(1, 2);
    net.send(1, 2);
    net.runUntil(2);
    expect(net.of('waiting', 1).at(-1)?.peer).toBe(3);
    net.heal(1, 2);
    net.runUntil(3);
    expect(net.delivered).toHaveLength(1);
  });

  it('is tried again when the hold is over, though nobody said that it is back', () => {
    const net = new Network({ contacts: [...both(2, 4), ...line(1, 2)] });
    net.cut(2, 4);
    net.send(1, 4);
    net.runUntil(8);
    expect(net.stored()).toBe(1);
    net.heal(2, 4);
    net.runUntil(12);
    expect(net.delivered).toHaveLength(1);
  });

  it('is forgotten with the plan that it stood in', () => {
    const net = new Network({ contacts: line(1, 2) });
    net.cut(1, 2);
    net.runUntil(1);
    // In the new plan its place belongs to a contact of the same pair that opens a little late.
    net.updatePlan(both(1, 2, 1.5, 500));
    net.runUntil(1.6);
    net.send(1, 2);
    expect(net.of('waiting', 1).at(-1)).toMatchObject({ peer: 2 });
    net.heal(1, 2);
    net.runUntil(3);
    expect(net.delivered).toHaveLength(1);
  });
});

describe('a contact that is late', () => {
  it('within the grace is waited for', () => {
    const net = new Network({ contacts: both(1, 2, 5, 1000), held: [0, 1] });
    net.send(1, 2);
    net.runUntil(5.9);
    expect(net.stored(1)).toBe(1);
    expect(net.of('waiting', 1)).toHaveLength(1);
    net.open(0);
    net.open(1);
    net.runUntil(6.2);
    expect(net.delivered).toHaveLength(1);
  });

  it('beyond the grace is routed around', () => {
    const net = new Network({
      contacts: [...line(1, 3), ...both(1, 2, 5, 1000), ...both(3, 2, 8, 1000)],
      held: [2, 3],
    });
    net.send(1, 2);
    net.runUntil(5.9);
    expect(net.bundles(1, 3)).toHaveLength(0);
    net.runUntil(6.1);
    expect(net.bundles(1, 3)).toHaveLength(1);
    net.runUntil(9);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('calls in what meanwhile waits for another contact', () => {
    const net = new Network({
      contacts: [...both(1, 2, 5, 1000), ...both(1, 3, 15, 1000), ...both(3, 2)],
      held: [2, 3],
    });
    net.send(1, 2);
    net.runUntil(8);
    expect(net.of('waiting', 1).at(-1)?.peer).toBe(3);
    net.open(3);
    net.open(2);
    net.runUntil(8.2);
    expect(net.delivered).toHaveLength(1);
  });

  it('is taken when it opens after all', () => {
    const net = new Network({ contacts: both(1, 2, 5, 1000), held: [0, 1] });
    net.send(1, 2);
    net.runUntil(8);
    net.open(1);
    net.open(0);
    net.runUntil(8.2);
    expect(net.delivered).toHaveLength(1);
  });
});

describe('a way round that arrives later than the hold on the failed contact lasts', () => {
  it('is not taken at once: the contact may be back', () => {
    const net = new Network({ contacts: [...both(1, 2), ...both(1, 3), ...both(3, 2, 500, 1000)] });
    net.cut(1, 2);
    net.send(1, 2);
    net.runUntil(5);
    expect(net.bundles(1, 3)).toHaveLength(0);
    net.heal(1, 2);
    net.runUntil(6);
    expect(net.delivered).toHaveLength(1);
  });

  it('is taken where it would be missed', () => {
    const net = new Network({ contacts: [...both(1, 2), ...both(1, 3, 0, 8), ...both(3, 2, 500, 1000)] });
    net.cut(1, 2);
    net.send(1, 2);
    net.runUntil(600);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('is taken in the end, however long it is', () => {
    const far = { owltUs: s(1_000) };
    const net = new Network({
      contacts: [...both(1, 2, 0, 9_000), ...both(1, 3, 0, 9_000), ...both(3, 2, 0, 9_000, far)],
    });
    net.cut(1, 2);
    net.send(1, 2, 100, { lifetimeMs: 9_000_000 });
    net.runUntil(3_000);
    expect(net.delivered).toHaveLength(1);
  });
});

describe('the route avoidance block', () => {
  const entry = (from: number, to: number, untilUs: number, times = 1): AvoidedContact => ({
    from,
    to,
    untilUs,
    times,
  });

  it('carries what is left of each hold', () => {
    const data = encodeAvoidance([entry(1, 2, s(5)), entry(700_000, 4, s(9), 3)], s(2));
    expect(decodeAvoidance(data, s(100))).toEqual([entry(1, 2, s(103)), entry(700_000, 4, s(107), 3)]);
  });

  it.each([
    ['nothing', ''],
    ['no array', '01'],
    ['a text', '6161'],
    ['entries of another form', '8283010203840102030484010261610184010220018401fb3ff000000000000003'],
    ['a claim of more than there is', '9affffffff'],
    ['a deep nest', '81'.repeat(5_000)],
  ])('that holds %s is passed over', (_, hex) => {
    const decoded = decodeAvoidance(
      Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
      0,
    );
    expect(decoded.filter((each) => each.from !== 1)).toEqual([]);
  });

  it('of a stranger keeps a bundle from a contact for an hour at most, and from sixteen contacts', () => {
    const many = Array.from({ length: 40 }, (_, i) => entry(i, 9, s(1e6)));
    const decoded = decodeAvoidance(encodeAvoidance(many, 0), 0);
    expect(decoded).toHaveLength(16);
    expect(Math.max(...decoded.map((each) => each.untilUs))).toBe(s(3_600));
  });

  it('remembers sixteen contacts, the latest ones, and how often each failed', () => {
    let avoided: AvoidedContact[] = [];
    for (let i = 0; i < 20; i++) avoided = withAvoided(avoided, i, 9, s(i), 1);
    expect(avoided.map((each) => each.from)).toEqual(Array.from({ length: 16 }, (_, i) => i + 4));
    avoided = withAvoided(avoided, 4, 9, s(30), 1);
    expect(avoided.at(-1)).toEqual(entry(4, 9, s(30), 2));
    expect(withAvoided(avoided, 4, 9, s(3), 0).at(-1)).toEqual(entry(4, 9, s(30), 2));
  });

  it('doubles the hold with each failure, up to 64 times the first', () => {
    const holds = [0, 1, 2, 6, 7, 100].map((times) => holdUs([entry(1, 2, 0, times)], 1, 2, 10));
    expect(holds).toEqual([10, 20, 40, 640, 640, 640]);
    expect(holdUs([], 1, 2, 10)).toBe(10);
  });
});

describe('a bundle that the disk has harmed', () => {
  const lost = () => {
    throw new UnreadableBundleError('damaged');
  };

  it.each([true, false])('is given up when it is to leave, custody %s, and the rest goes on', (custody) => {
    const net = new Network({ contacts: both(1, 2, 10) });
    for (let i = 0; i < 3; i++) net.send(1, 2, Uint8Array.of(i), { custody });
    [...net.stores.get(1)!.records()][1]!.unload(lost);
    net.runUntil(20);
    expect(net.delivered.map(({ payload }) => payload[0])).toEqual([0, 2]);
    expect(net.stored()).toBe(0);
    expect(net.told.filter(({ event }) => event === 'deleted')).toMatchObject([
      { node: 1, detail: 'stored bundle damaged' },
    ]);
    expect(net.told.filter(({ detail }) => detail === 'stored-bundle')).toHaveLength(1);
  });

  it('and waits for its application is given up when that says so', () => {
    const net = new Network({ contacts: both(1, 2), durable: [1, 2] });
    net.confirms = false;
    net.send(1, 2);
    net.runUntil(1);
    const { receipt } = net.delivered[0]!;
    expect(net.stored(2)).toBe(1);
    net.agent(2).deliveryUnreadable(receipt, { monotonicUs: s(1), dtnTimeMs: undefined });
    net.agent(2).deliveryUnreadable(receipt, { monotonicUs: s(1), dtnTimeMs: undefined });
    expect(net.stored(2)).toBe(0);
    expect(net.told.filter(({ detail }) => detail === 'stored-bundle')).toHaveLength(1);
  });
});
