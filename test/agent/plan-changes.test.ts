/** Plans that change, and contacts that do not keep to them, while bundles queue, wait or are under way. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Contact } from '../../src/routing/index.js';
import { both, Network, oneWay, s } from '../helpers/pair.js';

const PLAIN = { custody: false, mustNotFragment: true } as const;
const SLOW = { rateBytesPerSecond: 1_000 };

describe('another plan', () => {
  it('gives a way to what waits for a contact that is gone from it', () => {
    const net = new Network({ contacts: [...both(1, 2, 50, 100), ...both(2, 4, 50, 100), ...both(1, 3, 900, 999)] });
    net.send(1, 4, 10, PLAIN);
    expect(net.agent(1).held()).toMatchObject([{ state: 'waiting', neighbour: 2 }]);
    net.runUntil(10);
    net.updatePlan([...both(1, 3, 20, 30), ...both(3, 4, 20, 30)]);
    expect(net.agent(1).held()).toMatchObject([{ state: 'waiting', neighbour: 3 }]);
    net.runUntil(40);
    expect(net.delivered).toHaveLength(1);
  });

  it('takes what queues off an open contact that is gone from it', () => {
    const net = new Network({
      contacts: [...both(1, 2, 0, 100, SLOW), ...both(2, 4), ...both(1, 3, 0, 300, SLOW), ...both(3, 4)],
    });
    for (let i = 0; i < 20; i++) net.send(1, 4, 900, PLAIN);
    const before = net.bundles(1, 2).length;
    net.run(0.5);
    net.updatePlan([...both(1, 3, 0, 300, SLOW), ...both(3, 4, 0, 1000), ...both(2, 4)]);
    expect(
      net
        .agent(1)
        .held()
        .every(({ neighbour }) => neighbour === 3),
    ).toBe(true);
    net.runUntil(100);
    expect(net.bundles(1, 2).length).toBeLessThanOrEqual(before + 1);
    expect(net.delivered).toHaveLength(20);
  });

  it('keeps what was promised of contacts that have another place in it, and no more', () => {
    const contacts = [
      ...both(1, 2, 10, 20, SLOW),
      ...both(2, 4, 10, 1000),
      ...both(1, 3, 50, 1000),
      ...both(3, 4, 50, 1000),
    ];
    const net = new Network({ contacts });
    for (let i = 0; i < 3; i++) net.send(1, 4, 2_800, PLAIN);
    net.updatePlan([...both(7, 8, 1, 2), ...contacts]);
    expect(
      net
        .agent(1)
        .held()
        .map(({ neighbour }) => neighbour),
    ).toEqual([2, 2, 2]);
    net.send(1, 4, 2_800, PLAIN);
    expect(net.agent(1).held().at(-1)).toMatchObject({ neighbour: 3 });
    net.updatePlan(contacts.filter(({ from, to }) => from !== 2 && to !== 2));
    expect(
      net
        .agent(1)
        .held()
        .map(({ neighbour }) => neighbour),
    ).toEqual([3, 3, 3, 3]);
  });

  it('leaves the open contact that is in use as it was, beside a faster one that nobody has told of', () => {
    const slow = oneWay(1, 2, 0, 100, SLOW);
    const net = new Network({ contacts: [slow] });
    net.runUntil(10);
    net.updatePlan([slow, oneWay(1, 2, 5, 50)]);
    for (let i = 0; i < 3; i++) net.send(1, 2, 900, PLAIN);
    net.runUntil(100);
    expect(net.delivered).toHaveLength(3);
    const gapsUs = net.sent.slice(1).map(({ atUs }, i) => atUs - (net.sent[i]?.atUs ?? 0));
    for (const gapUs of gapsUs) expect(gapUs).toBeGreaterThan(s(0.9));
  });

  it('puts off no answer that is overdue, however often plans change', () => {
    const contacts = [...both(1, 2), ...both(2, 3)];
    const net = new Network({ contacts });
    let losses = 1;
    net.script = ({ from }) => (from === 1 && losses-- > 0 ? 'lose' : undefined);
    net.send(1, 3, 10);
    for (let at = 0.05; at < 20; at += 0.05) net.at(at, () => net.updatePlan(contacts));
    net.runUntil(20);
    expect(net.delivered).toHaveLength(1);
    expect(net.count('retransmitted', 1)).toBe(1);
  });

  it('gives a way to what was in limbo, at once', () => {
    const net = new Network({ contacts: [...both(1, 2), ...both(2, 3, 0, 1)] });
    net.runUntil(5);
    net.send(1, 3, 10, PLAIN);
    expect(net.agent(1).held()).toMatchObject([{ state: 'limbo', reason: 'no route' }]);
    net.updatePlan([...both(1, 2), ...both(2, 3, 6, 100)]);
    net.runUntil(7);
    expect(net.delivered).toHaveLength(1);
  });
});

describe('a contact that never comes', () => {
  it('is waited for no longer than the grace, and then routed around', () => {
    const net = new Network({
      contacts: [oneWay(1, 2, 10, 100), oneWay(2, 4, 0, 100), oneWay(1, 3, 30, 100), oneWay(3, 4, 0, 100)],
      held: [2], // sorted by start: 2>4, 3>4, 1>2, 1>3
    });
    net.send(1, 4, 10, PLAIN);
    expect(net.agent(1).held()).toMatchObject([{ neighbour: 2 }]);
    net.runUntil(10.5);
    expect(net.agent(1).held()).toMatchObject([{ state: 'waiting', neighbour: 2 }]);
    net.runUntil(60);
    expect(net.bundles(1, 3)).toHaveLength(1);
    expect(net.delivered).toHaveLength(1);
  });
});

describe('a bundle whose way on is lost', () => {
  it('goes back to where it came from only with news that keeps it from coming straight again', () => {
    // Node 2 gets it too late for its contact with 3; the only way left leads back over 1.
    const net = new Network({
      contacts: [...both(1, 2), ...both(2, 3, 0, 10), ...both(1, 4, 20, 1000), ...both(4, 3, 20, 1000)],
    });
    net.script = ({ from, to }) => (from === 1 && to === 2 ? s(15) : undefined);
    net.send(1, 3, 10, PLAIN);
    net.runUntil(60);
    expect(net.delivered).toHaveLength(1);
    expect(net.bundles(2, 1)).toHaveLength(1);
    expect(net.bundles(1, 2)).toHaveLength(1);
  });
});

/** Visits of one node by one bundle beyond this are a loop: holds double, so that few failures lead back to one place. */
const MOST_VISITS = 12;

describe('under random plans, failures and new plans', () => {
  const NODES = 6;
  const END = 400;
  const contact = fc
    .tuple(
      fc.integer({ min: 1, max: NODES }),
      fc.integer({ min: 1, max: NODES }),
      fc.nat(300),
      fc.integer({ min: 5, max: 60 }),
    )
    .filter(([a, b]) => a !== b)
    .map(([a, b, at, length]): Contact[] => both(a, b, at, at + length, { rateBytesPerSecond: 4_000 }));
  const plan = fc.array(contact, { minLength: 4, maxLength: 16 }).map((pairs) => withoutOverlap(pairs));
  const cut = fc.tuple(
    fc.integer({ min: 1, max: NODES }),
    fc.integer({ min: 1, max: NODES }),
    fc.nat(300),
    fc.integer({ min: 1, max: 60 }),
  );
  const bundle = fc.tuple(
    fc.integer({ min: 1, max: NODES }),
    fc.integer({ min: 1, max: NODES }),
    fc.nat(200),
    fc.integer({ min: 10, max: 8_000 }),
    fc.boolean(),
  );

  it('no bundle comes to a node again and again, and nothing is promised when nothing is held', () => {
    const hardship = fc.record({
      plan,
      later: plan,
      cuts: fc.array(cut, { maxLength: 6 }),
      bundles: fc.array(bundle, { minLength: 1, maxLength: 12 }),
    });
    fc.assert(
      fc.property(hardship, ({ plan, later, cuts, bundles }) => {
        const net = new Network({
          contacts: plan,
          loners: [1, 2, 3, 4, 5, 6].filter((n) => !plan.some(({ from }) => from === n)),
        });
        for (const [a, b, at, length] of cuts) {
          if (a === b) continue;
          net.at(at, () => net.cut(a, b));
          net.at(at + length, () => net.heal(a, b));
        }
        for (const [from, to, at, bytes, mustNotFragment] of bundles) {
          if (from !== to)
            net.at(at, () => net.send(from, to, bytes, { custody: false, mustNotFragment, lifetimeMs: 390_000 }));
        }
        net.at(150, () => net.updatePlan([...plan, ...later.filter(({ startUs }) => startUs > s(150))]));
        net.runUntil(END);
        const visits = new Map<string, number>();
        for (const { node, bundle: identity, event, count } of net.told) {
          if (event !== 'received' || identity === undefined) continue;
          // Pieces of one bundle have its name; their lengths tell them apart, nearly always.
          const key = `${node} ${identity.sourceNode}-${identity.sequence} ${count}`;
          visits.set(key, (visits.get(key) ?? 0) + 1);
        }
        expect(Math.max(0, ...visits.values())).toBeLessThanOrEqual(MOST_VISITS);
        net.runUntil(900);
        for (const agent of net.agents.values()) expect(agent.held()).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

/** Contacts whose pairs do not meet twice at one time, as the links of the test network are. */
function withoutOverlap(pairs: readonly Contact[][]): Contact[] {
  const kept: Contact[] = [];
  for (const contact of pairs.flat()) {
    const isFree = kept.every(
      (each) =>
        each.from !== contact.from ||
        each.to !== contact.to ||
        each.endUs <= contact.startUs ||
        contact.endUs <= each.startUs,
    );
    if (isFree) kept.push(contact);
  }
  return kept;
}
