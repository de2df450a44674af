/** Which way bundles take by what is left of contacts: priorities, overbooking, fragments, critical bundles, limbo. */
import { describe, expect, it } from 'vitest';
import { type AgentConfig, PRIORITY, type Priority } from '../../src/agent/index.js';
import { UsageError } from '../../src/base/errors.js';
import { decodeIonQualityOfService, findBlock, ION_QOS_BLOCK } from '../../src/bpv7/index.js';
import { both, line, Network, oneWay, SERVICE, s } from '../helpers/pair.js';

const PLAIN = { custody: false, mustNotFragment: true } as const;
const SLOW = { rateBytesPerSecond: 1_000 };

/** Bundles are told apart by the first byte of their payload. */
function payload(mark: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes[0] = mark;
  return bytes;
}

function ion(_: number, config: AgentConfig): AgentConfig {
  return { ...config, priorities: { services: new Map(), profile: 'ion' } };
}

const marks = (net: Network) => net.delivered.map((each) => each.payload[0]);

describe('bundles of several classes', () => {
  const order: [mark: number, priority: Priority, ordinal?: number][] = [
    [1, PRIORITY.bulk],
    [2, PRIORITY.standard],
    [3, PRIORITY.expedited, 3],
    [4, PRIORITY.expedited, 200],
    [5, PRIORITY.expedited, 3],
  ];

  it('leave by class, expedited ones by ordinal, and then in order', () => {
    const net = new Network({ contacts: both(1, 2, 10, 100, SLOW) });
    for (const [mark, priority, ordinal] of order) net.send(1, 2, payload(mark, 500), { ...PLAIN, priority, ordinal });
    net.runUntil(100);
    expect(marks(net)).toEqual([4, 3, 5, 2, 1]);
  });

  it('are told apart on the way by the policy of each node', () => {
    const services = new Map([[SERVICE, { priority: PRIORITY.bulk, ordinal: 0 }]]);
    const config = (_: number, base: AgentConfig) => ({ ...base, priorities: { services, profile: 'local' as const } });
    const net = new Network({ contacts: [...both(1, 2), ...both(2, 3, 10, 100)], config });
    net.send(1, 3, 10, { ...PLAIN, priority: undefined });
    net.runUntil(5);
    expect(net.agent(2).held()).toMatchObject([{ state: 'waiting', neighbour: 3, priority: PRIORITY.bulk }]);
  });

  it('say so in block 193 under the profile ion, and are known by it on the way', () => {
    const net = new Network({ contacts: [...both(1, 2), ...both(2, 3, 10, 100)], config: ion });
    net.send(1, 3, 10, { ...PLAIN, priority: PRIORITY.expedited, ordinal: 7 });
    net.runUntil(5);
    const block = findBlock(net.bundles(1, 2)[0]!, ION_QOS_BLOCK)!;
    expect(decodeIonQualityOfService(block.data)).toEqual({ flags: 0, serviceClass: 2, ordinal: 7, dataLabel: 0 });
    expect(net.agent(2).held()).toMatchObject([{ priority: PRIORITY.expedited }]);
    net.runUntil(20);
    expect(net.delivered).toHaveLength(1);
  });

  it('have no ordinal but as expedited ones', () => {
    const net = new Network({ contacts: line(1, 2) });
    const bad = { ...PLAIN, priority: PRIORITY.standard, ordinal: 1 };
    expect(() => net.send(1, 2, 10, bad)).toThrow(UsageError);
    expect(() => net.send(1, 2, 10, { ...PLAIN, priority: PRIORITY.expedited, ordinal: 255 })).toThrow(UsageError);
  });
});

describe('a contact that is promised in full', () => {
  // Over node 2 there is room for three bundles of 3 kB; the way over node 3 opens later.
  const contacts = [
    ...both(1, 2, 10, 20, SLOW),
    ...both(2, 4, 10, 1_000),
    ...both(1, 3, 50, 1_000),
    ...both(3, 4, 50, 1_000),
  ];

  it('takes no further bundle of the same class: that goes another way', () => {
    const net = new Network({ contacts });
    for (let mark = 1; mark <= 5; mark++) net.send(1, 4, payload(mark, 2_800), PLAIN);
    const promised = net
      .agent(1)
      .held()
      .map(({ neighbour }) => neighbour);
    expect(promised).toEqual([2, 2, 2, 3, 3]);
    net.runUntil(100);
    expect(marks(net)).toEqual([1, 2, 3, 4, 5]);
    expect(net.bundles(1, 2)).toHaveLength(3);
  });

  it('gives room to a more urgent bundle, and the one that it pushes out is dispatched again at once', () => {
    const net = new Network({ contacts });
    for (let mark = 1; mark <= 3; mark++) net.send(1, 4, payload(mark, 2_800), PLAIN);
    net.send(1, 4, payload(9, 2_800), { ...PLAIN, priority: PRIORITY.expedited });
    expect(net.count('pushed-out', 1)).toBe(1);
    expect(
      net
        .agent(1)
        .held()
        .map(({ neighbour }) => neighbour),
    ).toEqual([2, 2, 3, 2]);
    net.runUntil(100);
    expect(marks(net)).toEqual([9, 1, 2, 3]);
  });

  it('pushes out of the queue of an open contact what has no room there any more', () => {
    const net = new Network({ contacts });
    net.runUntil(10);
    for (let mark = 1; mark <= 3; mark++) net.send(1, 4, payload(mark, 2_800), PLAIN);
    net.send(1, 4, payload(9, 2_800), { ...PLAIN, priority: PRIORITY.expedited });
    net.runUntil(100);
    expect(marks(net)).toEqual([1, 9, 2, 3]);
  });

  it('gives back the place of a bundle that expires to one that has none', () => {
    const only = contacts.filter(({ from, to }) => from !== 3 && to !== 3);
    const net = new Network({
      contacts: only.map((each) => (each.startUs === s(10) ? { ...each, startUs: s(30), endUs: s(40) } : each)),
    });
    for (let mark = 1; mark <= 2; mark++) net.send(1, 4, payload(mark, 2_800), PLAIN);
    net.send(1, 4, payload(3, 2_800), { ...PLAIN, lifetimeMs: 60_000 });
    net.send(1, 4, payload(4, 2_800), PLAIN);
    expect(net.agent(1).held().at(-1)).toMatchObject({ state: 'limbo', reason: 'no volume' });
    net.script = () => undefined;
    net.runUntil(29);
    expect(net.count('expired')).toBe(0);
  });

  it('leaves nothing promised when nothing is held', () => {
    const net = new Network({ contacts });
    for (let mark = 1; mark <= 5; mark++) net.send(1, 4, payload(mark, 2_800), PLAIN);
    expect(
      net
        .agent(1)
        .held()
        .every(({ promisedContacts }) => promisedContacts.length === 2),
    ).toBe(true);
    net.runUntil(100);
    for (const agent of net.agents.values()) expect(agent.held()).toEqual([]);
  });
});

describe('a bundle that must wait for a longer contact', () => {
  const contacts = [...both(1, 2, 0, 2, SLOW), ...both(1, 2, 100, 200, SLOW)];

  it('is cut to what remains of the open one, and is there sooner', () => {
    const whole = new Network({ contacts });
    whole.send(1, 2, 4_000, PLAIN);
    whole.runUntil(300);
    const cut = new Network({ contacts });
    cut.send(1, 2, 4_000, { custody: false });
    cut.runUntil(300);
    expect(cut.delivered).toHaveLength(1);
    expect(cut.delivered[0]!.payload).toHaveLength(4_000);
    expect(cut.sent[0]?.atUs).toBe(0);
    expect(cut.delivered[0]!.atUs).toBeLessThan(whole.delivered[0]!.atUs);
  });

  it('is cut where no contact takes it whole', () => {
    const net = new Network({ contacts: [0, 10, 20, 30].flatMap((at) => both(1, 2, at, at + 2, SLOW)) });
    net.send(1, 2, 4_000, { custody: false });
    net.runUntil(100);
    expect(net.delivered).toHaveLength(1);
    expect(net.agent(1).held()).toEqual([]);
  });

  it('is not cut in custody, nor where its flag forbids it', () => {
    for (const more of [{ custody: true }, PLAIN]) {
      const net = new Network({ contacts: both(1, 2, 0, 2, SLOW) });
      net.send(1, 2, 4_000, more);
      expect(net.agent(1).held()).toMatchObject([{ state: 'limbo', reason: 'too large' }]);
      expect(net.count('fragmented')).toBe(0);
    }
  });

  it('is not cut into pieces below the least', () => {
    const net = new Network({ contacts: [...both(1, 2, 0, 0.5, SLOW), ...both(1, 2, 100, 200, SLOW)] });
    net.send(1, 2, 4_000, { custody: false });
    net.runUntil(300);
    expect(net.count('fragmented')).toBe(0);
    expect(net.delivered).toHaveLength(1);
  });
});

describe('a critical bundle', () => {
  const diamond = [...line(1, 2, 5), ...line(1, 3, 5), ...line(1, 4, 5)];

  it('goes through every neighbour with a route, and is delivered once', () => {
    const net = new Network({ contacts: diamond, config: ion });
    net.send(1, 5, 10, { ...PLAIN, critical: true });
    net.runUntil(10);
    for (const neighbour of [2, 3, 4]) {
      expect(net.bundles(1, neighbour)).toHaveLength(1);
      expect(net.bundles(neighbour, 5)).toHaveLength(1);
    }
    expect(net.delivered).toHaveLength(1);
    expect(net.count('duplicate', 5)).toBe(2);
    expect(net.stored()).toBe(0);
  });

  it('arrives although all links but one are dead and nobody knows', () => {
    const net = new Network({ contacts: diamond, config: ion });
    net.script = ({ from, to }) => (from === 1 && to !== 4 ? 'lose' : undefined);
    net.send(1, 5, 10, { ...PLAIN, critical: true });
    net.runUntil(10);
    expect(net.delivered).toHaveLength(1);
  });

  it('is passed on once by each node, however many copies come by', () => {
    const nodes = [1, 2, 3, 4, 5, 6];
    const mesh = nodes.flatMap((a) => nodes.filter((b) => b > a).flatMap((b) => both(a, b)));
    const net = new Network({ contacts: mesh, config: ion });
    net.send(1, 6, 10, { ...PLAIN, critical: true });
    net.runUntil(10);
    // Each of five nodes sends at most one copy to each of five neighbours.
    expect(net.sent.length).toBeLessThanOrEqual(25);
    for (const a of nodes) for (const b of nodes) expect(net.bundles(a, b).length).toBeLessThanOrEqual(1);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('needs the profile that carries the mark, and no custody', () => {
    const local = new Network({ contacts: diamond });
    expect(() => local.send(1, 5, 10, { ...PLAIN, critical: true })).toThrow(UsageError);
    const net = new Network({ contacts: diamond, config: ion });
    expect(() => net.send(1, 5, 10, { critical: true, custody: true })).toThrow(UsageError);
  });
});

describe('a bundle in limbo says why', () => {
  const reasonAt = (net: Network, node = 1) => net.agent(node).held()[0]?.reason;

  it.each([
    ['unknown node', 77, both(1, 2), 10, {}],
    ['no route', 3, [...both(1, 2), oneWay(3, 1)], 10, {}],
    ['too large', 2, both(1, 2, 0, 1, SLOW), 3_000, {}],
    ['too late', 2, both(1, 2, 100, 200), 10, { lifetimeMs: 50_000 }],
  ] as const)('%s', (reason, to, contacts, bytes, more) => {
    const net = new Network({ contacts, loners: [] });
    net.send(1, to, bytes, { ...PLAIN, ...more });
    expect(reasonAt(net)).toBe(reason);
    expect(net.of('waiting', 1).map(({ detail }) => detail)).toEqual([reason]);
  });

  it('avoided: where the only contact failed', () => {
    const net = new Network({ contacts: both(1, 2) });
    net.cut(1, 2);
    net.send(1, 2, 10, PLAIN);
    expect(reasonAt(net)).toBe('avoided');
    net.heal(1, 2);
    net.runUntil(1);
    expect(net.delivered).toHaveLength(1);
  });
});
