import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, PRIORITY } from '../../src/agent/index.js';
import { UsageError } from '../../src/base/errors.js';
import { transmissionUs } from '../../src/base/time.js';
import { type Bundle, decodeHopCount, decodePreviousNode, findBlock, ipn } from '../../src/bpv7/index.js';
import { foreignBundle } from '../helpers/foreign.js';
import { both, line, Network, OWLT_US, oneWay, RATE, SERVICE, s } from '../helpers/pair.js';

const PLAIN = { custody: false } as const;

describe('forwarding', () => {
  it('carries a bundle over relays to its service and leaves nothing behind', () => {
    const net = new Network({ contacts: line(1, 2, 3, 4) });
    net.send(1, 4, Uint8Array.of(1, 2, 3), PLAIN);
    net.runUntil(1);
    expect(net.delivered).toMatchObject([
      { node: 4, service: SERVICE, sourceNode: 1, payload: Uint8Array.of(1, 2, 3) },
    ]);
    expect(net.stored()).toBe(0);
    expect(net.sent).toHaveLength(3);
    const events = net.told.filter((each) => each.bundle !== undefined).map((each) => `${each.node} ${each.event}`);
    expect(events).toEqual([
      '1 sourced',
      '1 queued',
      '1 transmitted',
      '1 released',
      '2 received',
      '2 queued',
      '2 transmitted',
      '2 released',
      '3 received',
      '3 queued',
      '3 transmitted',
      '3 released',
      '4 received',
      '4 delivered',
    ]);
  });

  it('names itself as previous node and counts hops', () => {
    const net = new Network({ contacts: line(1, 2, 3) });
    net.send(1, 3, 10, PLAIN);
    net.runUntil(1);
    const seen = [net.bundles(1, 2)[0], net.bundles(2, 3)[0]].map((bundle) => [
      decodePreviousNode(findBlock(bundle as Bundle, 6)!.data),
      decodeHopCount(findBlock(bundle as Bundle, 10)!.data).count,
    ]);
    expect(seen).toEqual([
      [ipn(1, 0), 1],
      [ipn(2, 0), 2],
    ]);
  });

  it('sends one bundle at a time at the rate of the contact, administrative ones first, bulk last', () => {
    const net = new Network({ contacts: line(1, 2) });
    const priorities = [PRIORITY.standard, PRIORITY.bulk, PRIORITY.standard, PRIORITY.administrative];
    for (const [i, priority] of priorities.entries()) net.send(1, 2, Uint8Array.of(i), { ...PLAIN, priority });
    net.runUntil(1);
    expect(net.delivered.map((each) => each.payload[0])).toEqual([0, 3, 2, 1]);
    net.sent.slice(1).forEach((sent, i) => {
      const before = net.sent[i] as (typeof net.sent)[number];
      expect(sent.atUs - before.atUs).toBe(transmissionUs(before.datagram.length, RATE));
    });
  });

  it('delivers to itself without a link', () => {
    const net = new Network({ contacts: line(1, 2) });
    net.send(1, 1, Uint8Array.of(5));
    expect(net.delivered).toMatchObject([{ node: 1, payload: Uint8Array.of(5) }]);
    expect(net.stored()).toBe(0);
    net.send(1, 1, 1, { destinationService: 99 });
    expect(net.delivered).toHaveLength(1);
    expect(net.of('deleted', 1)).toMatchObject([{ detail: 'destination unavailable' }]);
  });

  it('throws at a payload that fits into no datagram, and keeps nothing of it', () => {
    const net = new Network({ contacts: line(1, 2, 3) });
    expect(() => net.send(1, 3, 65_507 - 255)).toThrow(UsageError);
    expect(net.stored()).toBe(0);
    net.send(1, 3, 65_507 - 256);
    net.runUntil(5);
    expect(net.delivered).toHaveLength(1);
  });

  it('leaves the avoidance block out rather than exceed a datagram', () => {
    const net = new Network({ contacts: [...line(1, 2, 4), ...line(1, 3, 4), ...line(3, 2)] });
    net.cut(2, 4);
    net.cut(1, 3);
    net.send(1, 4, 65_507 - 256);
    net.runUntil(5);
    net.heal(1, 3);
    net.heal(2, 4);
    net.runUntil(60);
    expect(net.delivered).toHaveLength(1);
    for (const { datagram } of net.sent) expect(datagram.length).toBeLessThanOrEqual(65_507);
  });
});

describe('a bundle that waits', () => {
  it('leaves the moment its contact opens', () => {
    const net = new Network({ contacts: [...both(1, 2, 0, 100), ...both(2, 3, 40, 50)] });
    net.send(1, 3);
    net.runUntil(39);
    expect(net.stored(2)).toBe(1);
    expect(net.bundles(2, 3)).toHaveLength(0);
    net.runUntil(45);
    expect(net.sent.find((each) => each.from === 2 && each.to === 3)?.atUs).toBe(s(40));
    expect(net.delivered).toHaveLength(1);
  });

  it('takes a later contact where the first is too short for it', () => {
    const short = { rateBytesPerSecond: 1_000 };
    const net = new Network({ contacts: [...both(1, 2, 1, 2, short), ...both(1, 2, 10, 100, short)] });
    net.send(1, 2, 3_000, { ...PLAIN, mustNotFragment: true });
    net.runUntil(9);
    expect(net.sent).toHaveLength(0);
    net.runUntil(20);
    expect(net.delivered).toHaveLength(1);
    expect(net.sent).toMatchObject([{ atUs: s(10) }]);
  });

  it('that no longer fits behind others into a contact takes the next one', () => {
    const slow = { rateBytesPerSecond: 1_000 };
    const net = new Network({ contacts: [...both(1, 2, 0, 3, slow), ...both(1, 2, 10, 20, slow)] });
    for (let i = 0; i < 7; i++)
      net.send(
        1,
        2,
        Uint8Array.from({ length: 500 }, () => i),
        PLAIN,
      );
    net.runUntil(9);
    expect(net.delivered.length).toBeGreaterThan(1);
    expect(net.delivered.length).toBeLessThan(7);
    net.runUntil(30);
    expect(net.delivered.map((each) => each.payload[0])).toEqual([0, 1, 2, 3, 4, 5, 6]);
    for (const { atUs, datagram } of net.sent) {
      const endUs = atUs < s(5) ? s(3) : s(20);
      expect(atUs + transmissionUs(datagram.length, 1_000)).toBeLessThanOrEqual(endUs);
    }
  });

  it('for want of a route goes when another plan has one', () => {
    const net = new Network({ contacts: line(1, 2), loners: [3] });
    net.send(1, 3);
    net.runUntil(20);
    expect(net.stored(1)).toBe(1);
    net.updatePlan([...line(1, 2), ...both(2, 3, 30, 100)]);
    net.runUntil(35);
    expect(net.delivered).toMatchObject([{ node: 3 }]);
    expect(net.stored()).toBe(0);
  });

  it('does not go round for ever where a contact lasts longer by plan than its driver said', () => {
    const net = new Network({ contacts: both(1, 2, 0, 10) });
    net.runUntil(5);
    const late = { contact: 0, to: 2, endUs: s(6), owltUs: OWLT_US, rateBytesPerSecond: RATE };
    net.agent(1).contactStarted(late, net.instant(1));
    net.runUntil(7);
    net.send(1, 2);
    expect(net.stored(1)).toBe(1);
    expect(net.sent).toHaveLength(0);
  });
});

describe('expiry', () => {
  it.each([
    ['waits for a contact', [...both(1, 2, 50, 100)]],
    ['has no route', []],
    ['was sent in custody and never answered', [oneWay(1, 2)]],
  ])('happens once, on time, to a bundle that %s', (_, contacts) => {
    const net = new Network({
      contacts,
      loners: [1, 2].filter((n) => contacts.every((c) => c.from !== n && c.to !== n)),
    });
    net.script = () => 'lose';
    net.send(1, 2, 100, { lifetimeMs: 10_000 });
    net.runUntil(9.99);
    expect(net.stored(1)).toBe(1);
    expect(net.count('expired')).toBe(0);
    net.runUntil(10.2);
    expect(net.stored(1)).toBe(0);
    expect(net.agent(1).localBundles()).toBe(0);
    net.runUntil(200);
    expect(net.count('expired')).toBe(1);
    expect(net.agent(1).nextTimeoutUs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('in a queue keeps a bundle from being sent', () => {
    const net = new Network({ contacts: both(1, 2, 0, 1000, { rateBytesPerSecond: 100 }) });
    net.send(1, 2, 2_000, PLAIN);
    net.send(1, 2, 10, { ...PLAIN, lifetimeMs: 5_000 });
    net.runUntil(100);
    expect(net.sent).toHaveLength(1);
    expect(net.count('expired')).toBe(1);
  });

  it('counts to the microsecond on a link that becomes free, whenever the clearing up comes round', () => {
    const slow = () => new Network({ contacts: both(1, 2, 0, 1000, { rateBytesPerSecond: 100 }) });
    const probe = slow();
    probe.send(1, 2, 500, PLAIN);
    const length = probe.sent[0]?.datagram.length ?? 0;
    // Free again 50 ms after a tenth of a second; the other bundle expires 10 ms before that.
    const payload = 500 + ((15 - (length % 10)) % 10);
    const freeMs = (length - 500 + payload) * 10;
    const net = slow();
    net.send(1, 2, payload, PLAIN);
    net.send(1, 2, 10, { ...PLAIN, lifetimeMs: freeMs - 10 });
    net.runUntil(100);
    expect(net.sent).toHaveLength(1);
    expect(net.of('expired', 1)[0]?.atUs).toBeGreaterThan(freeMs * 1_000);
  });

  it('on arrival keeps a bundle from being delivered', () => {
    const net = new Network({ contacts: both(1, 2) });
    net.script = () => s(3);
    net.send(1, 2, 10, { ...PLAIN, lifetimeMs: 2_000 });
    net.runUntil(100);
    expect(net.delivered).toHaveLength(0);
    expect(net.of('expired')).toMatchObject([{ node: 2 }]);
  });
});

describe('duplicates', () => {
  it('are not delivered twice, whichever way they come', () => {
    const net = new Network({ contacts: [...line(1, 2, 4), ...line(1, 3, 4)] });
    const copy = (from: number) => foreignBundle({ destination: ipn(4, SERVICE), hops: [30, from] });
    for (const from of [2, 3, 2]) net.inject(from, 4, copy(from));
    expect(net.delivered).toHaveLength(1);
    expect(net.count('duplicate', 4)).toBe(2);
  });

  it('from the same neighbour are not relayed, those from another are: they may have come round a failure', () => {
    const net = new Network({ contacts: [...line(1, 2, 4), ...line(3, 2)] });
    const bytes = foreignBundle({ destination: ipn(4, SERVICE) });
    for (const from of [1, 1, 3]) net.inject(from, 2, bytes);
    net.runUntil(1);
    expect(net.bundles(2, 4)).toHaveLength(2);
    expect(net.delivered).toHaveLength(1);
  });

  it('are not what has come round to the same neighbour again: that made more hops, and there is no other', () => {
    const net = new Network({ contacts: line(1, 2, 4) });
    for (const hops of [1, 3, 3]) net.inject(1, 2, foreignBundle({ destination: ipn(4, SERVICE), hops: [30, hops] }));
    net.runUntil(1);
    expect(net.bundles(2, 4)).toHaveLength(2);
    expect(net.count('duplicate', 2)).toBe(1);
  });

  it.each([
    ['services of a node', 'ipn:9.1', 'ipn:9.2'],
    ['nodes of the dtn scheme', 'dtn://a/x', 'dtn://b/x'],
    ['allocators', 'ipn:9.1', 'ipn:7.9.1'],
    ['high service numbers', 'ipn:9.1048577', 'ipn:10.1'],
  ])('are not seen where %s happen to count alike', (_, one, other) => {
    const net = new Network({ contacts: line(1, 2) });
    for (const source of [one, other, one, other]) net.inject(1, 2, foreignBundle({ source }));
    expect(net.delivered).toHaveLength(2);
  });

  it('are told from bundles of another time or number', () => {
    const net = new Network({ contacts: line(1, 2) });
    for (const creationTimeMs of [1_000_000_000, 1_000_000_001]) {
      for (const sequence of [0, 1]) net.inject(1, 2, foreignBundle({ creationTimeMs, sequence }));
    }
    expect(net.delivered).toHaveLength(4);
  });
});

describe('the hop limit', () => {
  it.each([
    [2, 0],
    [3, 1],
  ])('%i over three hops delivers %i', (hopLimit, count) => {
    const net = new Network({ contacts: line(1, 2, 3, 4), config: (_, config) => ({ ...config, hopLimit }) });
    net.send(1, 4, 10, PLAIN);
    net.runUntil(1);
    expect(net.delivered).toHaveLength(count);
    expect(net.of('deleted').map((each) => [each.node, each.detail])).toEqual(count ? [] : [[3, 'hop limit exceeded']]);
  });

  it('is passed over at the destination', () => {
    const net = new Network({ contacts: line(1, 2) });
    net.inject(1, 2, foreignBundle({ hops: [3, 3] }));
    expect(net.delivered).toHaveLength(1);
  });
});

describe('a store that is full', () => {
  const limits = { ...DEFAULT_LIMITS, storedBundles: 3, storedBytes: 100_000, administrativeBundles: 5 };
  const closed = both(1, 2, 50, 1000);

  it('takes no more from applications until bundles have left, and counts them', () => {
    const net = new Network({ contacts: closed, config: (_, config) => ({ ...config, limits }) });
    expect([1, 2, 3, 4].map(() => net.send(1, 2))).toEqual([true, true, true, false]);
    expect(net.agent(1).localBundles()).toBe(3);
    net.runUntil(60);
    expect(net.agent(1).localBundles()).toBe(0);
    expect(net.send(1, 2)).toBe(true);
    net.runUntil(70);
    expect(net.delivered).toHaveLength(4);
    expect(new Set(net.of('sourced', 1).map((each) => each.bundle?.sequence)).size).toBe(net.count('sourced', 1));
  });

  it('counts bytes too', () => {
    const net = new Network({ contacts: closed, config: (_, config) => ({ ...config, limits }) });
    expect([1, 2].map(() => net.send(1, 2, 60_000))).toEqual([true, false]);
  });

  it('lets administrative traffic pass, but not without end', () => {
    const net = new Network({ contacts: closed, config: (_, config) => ({ ...config, limits }) });
    for (let i = 0; i < 3; i++) net.send(1, 2);
    const administrative = { ...PLAIN, destinationService: 0, priority: PRIORITY.administrative, administrative: true };
    expect([1, 2, 3, 4, 5, 6].map(() => net.send(1, 2, 10, administrative))).toEqual([...Array(5).fill(true), false]);
  });

  it('bounds the bytes of what strangers call administrative', () => {
    const net = new Network({
      contacts: closed,
      loners: [5],
      config: (_, config) => ({ ...config, limits: { ...limits, administrativeBundles: 1_000 } }),
    });
    for (let sequence = 0; sequence < 50; sequence++) {
      net.inject(1, 2, foreignBundle({ destination: 'ipn:5.0', flags: 2, sequence, payload: new Uint8Array(10_000) }));
    }
    expect(net.stores.get(2)?.bytes).toBeLessThanOrEqual(limits.storedBytes);
    expect(net.stored(2)).toBeGreaterThan(5);
  });
});
