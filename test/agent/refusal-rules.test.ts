/** What a node refuses to take custody of, what it tells, and how its numbers wrap. */
import { describe, expect, it } from 'vitest';
import { type AgentConfig, type AgentLimits, type CustodyConfig, PRIORITY } from '../../src/agent/index.js';
import { parseEidPattern } from '../../src/bpsec/index.js';
import { decodeAdminRecord, decodeCustodyBlock, findBlock, ipn, payloadOf } from '../../src/bpv7/index.js';
import type { CrashableStore } from '../../src/simulator/crashable-store.js';
import { foreignBundle, foreignSignal } from '../helpers/foreign.js';
import { both, line, Network, oneWay, s } from '../helpers/pair.js';

const atTwo =
  (custody: Partial<CustodyConfig>, limits: Partial<AgentLimits> = {}) =>
  (node: number, config: AgentConfig) =>
    node === 2
      ? { ...config, custody: { ...config.custody, ...custody }, limits: { ...config.limits, ...limits } }
      : config;

const reasons = (net: Network) => net.of('custody-refused', 2).map(({ detail }) => detail);

/** The signals from node 2 to node 1. */
const signals = (net: Network) =>
  net.bundles(2, 1, 'administrative').flatMap((bundle) => {
    const record = decodeAdminRecord(payloadOf(bundle).data);
    return record.kind === 'custody-signal' ? record.signals : [];
  });

describe('custody is refused', () => {
  const detour = [...line(1, 2, 4), ...line(1, 3, 4)];

  it.each([
    ['of a source that the policy leaves out', { sources: { except: [parseEidPattern('ipn:1.*')] } }],
    ['of a custodian that the policy does not name', { custodians: { only: [parseEidPattern('ipn:[5-9].0')] } }],
  ])('%s, and the bundle goes another way', (_, policy) => {
    const net = new Network({ contacts: detour, config: atTwo({ policy }) });
    net.send(1, 4);
    net.run(5);
    expect(reasons(net)).toEqual(['custody not admitted']);
    expect(net.bundles(1, 3)).toHaveLength(1);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('not of those that it admits', () => {
    const policy = {
      sources: { only: [parseEidPattern('ipn:1.*')] },
      custodians: { except: [parseEidPattern('ipn:5.0')] },
    };
    const net = new Network({ contacts: detour, config: atTwo({ policy }) });
    net.send(1, 4);
    net.run(5);
    expect(reasons(net)).toEqual([]);
    expect(net.bundles(2, 4)).toHaveLength(1);
  });

  it.each([
    ['an unknown destination', 'ipn:99.7', 60_000, 'no known route'],
    ['a destination that no contact leads to any more', 'ipn:3.7', 60_000, 'no known route'],
    ['a contact after its lifetime', 'ipn:4.7', 60_000, 'no timely contact'],
    ['a contact in its lifetime, which is waited for', 'ipn:4.7', 600_000, undefined],
  ])('where there is no way: %s', (_, destination, lifetimeMs, reason) => {
    const net = new Network({ contacts: [...line(1, 2), oneWay(3, 2), ...both(2, 4, 300, 400)] });
    net.inject(1, 2, foreignBundle({ destination, lifetimeMs, custody: [1, 2, 5] }));
    expect(reasons(net)).toEqual(reason === undefined ? [] : [reason]);
    expect(net.stored(2)).toBe(reason === undefined ? 1 : 0);
    net.run(1);
    expect(signals(net)).toMatchObject([{ disposition: reason === undefined ? 'accepted' : 'refused' }]);
  });

  it('where there is no way, unless the operator has it kept', () => {
    const net = new Network({ contacts: line(1, 2), config: atTwo({ refusesWithoutRoute: false }) });
    net.inject(1, 2, foreignBundle({ destination: 'ipn:99.7', custody: [1, 2, 5] }));
    expect(net.stored(2)).toBe(1);
  });

  it('under sequence id 0, naming the destination, while the bundle goes on', () => {
    const net = new Network({ contacts: line(1, 2, 3) });
    net.inject(1, 2, foreignBundle({ destination: 'ipn:3.7', custody: [1, 0, 5] }));
    net.run(2);
    expect(reasons(net)).toEqual(['sequence id 0']);
    expect(signals(net).slice(0, 1)).toEqual([
      { disposition: 'refused', sequences: [{ sequenceId: 0, destination: ipn(3, 7), first: 5, runs: [1] }] },
    ]);
    expect(net.delivered).toHaveLength(1);
  });
});

describe('a fragment in custody (K9)', () => {
  it('passes as it is and is not taken', () => {
    const net = new Network({ contacts: line(1, 2, 3) });
    net.inject(1, 2, foreignBundle({ destination: 'ipn:3.7', custody: [1, 2, 5], fragment: [0, 40] }));
    net.run(1);
    expect(net.count('custody-accepted', 2)).toBe(0);
    expect(decodeCustodyBlock(findBlock(net.bundles(2, 3)[0]!, 13)!.data).custodian).toEqual(ipn(1, 0));
  });

  it('is answered by a node with a durable store when the whole is there, not before', () => {
    const net = new Network({ contacts: line(1, 2), durable: [2] });
    net.inject(1, 2, foreignBundle({ custody: [1, 2, 5], fragment: [0, 40] }));
    net.run(1);
    expect(signals(net)).toEqual([]);
    net.inject(1, 2, foreignBundle({ custody: [1, 2, 6], fragment: [20, 40] }));
    net.inject(1, 2, foreignBundle({ custody: [1, 2, 5], fragment: [0, 40] }));
    net.run(1);
    expect(signals(net)).toMatchObject([{ disposition: 'accepted', sequences: [{ first: 5, runs: [2] }] }]);
    expect(net.delivered).toHaveLength(1);
  });
});

describe('the store of a node', () => {
  const contacts = [...both(1, 2), ...both(2, 3, 500, 600)];
  const fill = (net: Network, priority: (typeof PRIORITY)['bulk' | 'standard' | 'expedited'], count: number) => {
    let taken = 0;
    for (let i = 0; i < count; i++) if (net.send(2, 3, 100, { priority })) taken++;
    return taken;
  };

  it('keeps room for what is more urgent, in bundles', () => {
    const net = new Network({ contacts, config: atTwo({}, { storedBundles: 100 }) });
    expect(fill(net, PRIORITY.bulk, 200)).toBe(75);
    expect(fill(net, PRIORITY.standard, 200)).toBe(20);
    expect(fill(net, PRIORITY.bulk, 1)).toBe(0);
    expect(fill(net, PRIORITY.expedited, 200)).toBe(5);
    net.runUntil(700);
    expect(net.delivered).toHaveLength(100);
    expect(fill(net, PRIORITY.bulk, 200)).toBe(75);
  });

  it('keeps room for what is more urgent, in bytes', () => {
    const net = new Network({ contacts, config: atTwo({}, { storedBytes: 100_000 }) });
    fill(net, PRIORITY.bulk, 1_000);
    expect(net.stores.get(2)?.bytes).toBeLessThanOrEqual(75_000);
    expect(fill(net, PRIORITY.standard, 10)).toBe(10);
  });

  it('gives one source no more than its share, and others theirs', () => {
    const net = new Network({ contacts, config: atTwo({}, { sourceBundles: 3 }) });
    for (const source of ['ipn:8.1', 'ipn:9.1', 'ipn:8.2']) {
      for (let i = 0; i < 3; i++) {
        net.inject(
          1,
          2,
          foreignBundle({ source, destination: 'ipn:3.7', custody: [1, 2, i], sequence: i, lifetimeMs: 900_000 }),
        );
      }
    }
    expect(net.stored(2)).toBe(6);
    expect(reasons(net)).toEqual(['depleted storage', 'depleted storage', 'depleted storage']);
    net.runUntil(700);
    net.inject(1, 2, foreignBundle({ source: 'ipn:8.1', custody: [1, 2, 9], sequence: 9 }));
    expect(net.count('custody-refused', 2)).toBe(3);
  });
});

describe('custody numbers', () => {
  it.each([16, 32, 64] as const)(
    'wrap at %i bits, past one that is outstanding, and nothing is lost (K6)',
    (counterBits) => {
      const net = new Network({ contacts: line(1, 2), custody: { counterBits }, durable: [1] });
      // The first one has number 0 and is not answered for while the counter goes round.
      net.script = (_, bundle) => (payloadOf(bundle).data[0] === 7 ? 'lose' : undefined);
      net.send(1, 2, Uint8Array.of(7));
      net.run(0.05);
      const greatest = 2n ** BigInt(counterBits) - 1n;
      const store = net.stores.get(1) as CrashableStore;
      const counter = new Uint8Array(10);
      counter[0] = 1;
      new DataView(counter.buffer).setBigUint64(2, greatest - 1n);
      store.state.set(`agent/custody/${'2'.padStart(16, '0')}`, () => counter);
      store.commit();
      net.crash(1);
      net.restart(1);
      for (let i = 0; i < 4; i++) net.send(1, 2, Uint8Array.of(i));
      net.run(1);
      const given = net.bundles(1, 2).filter((bundle) => payloadOf(bundle).data[0] !== 7);
      const numbers = given.map((bundle) => decodeCustodyBlock(findBlock(bundle, 13)!.data).sequence);
      expect(numbers.map(BigInt)).toEqual([greatest - 1n, greatest, 1n, 2n]);
      expect(net.stored(1)).toBe(1);
      net.script = () => undefined;
      net.run(60);
      expect(net.delivered).toHaveLength(5);
      expect(net.stored()).toBe(0);
    },
  );

  it('of others are signalled as they are, up to 2^64-1', () => {
    const net = new Network({ contacts: line(1, 2, 3) });
    const top = 2n ** 64n - 1n;
    [top, top - 1n, 2n ** 53n, 4].forEach((number, sequence) => {
      net.inject(1, 2, foreignBundle({ destination: 'ipn:3.7', custody: [1, top, number], sequence }));
    });
    net.run(1);
    expect(signals(net)).toEqual([
      {
        disposition: 'accepted',
        sequences: [
          { sequenceId: top, destination: undefined, first: top - 1n, runs: [2] },
          { sequenceId: top, destination: undefined, first: 2n ** 53n, runs: [1] },
          { sequenceId: top, destination: undefined, first: 4, runs: [1] },
        ],
      },
    ]);
  });
});

describe('a custody signal', () => {
  it('to a custodian behind a relay leaves before the contact on its way closes (K11)', () => {
    const ends = both(2, 3, 0, 10.1);
    const net = new Network({ contacts: [...line(1, 2), ...ends, ...both(2, 3, 500, 600)], relays: [2] });
    net.at(10.0, () => net.send(1, 3));
    net.runUntil(11);
    expect(net.delivered).toHaveLength(1);
    expect(net.of('custody-signal-sent', 3)[0]?.atUs).toBeLessThanOrEqual(s(10.05));
    expect(net.stored()).toBe(0);
  });

  it('over a far link waits as long as light takes, and nothing is sent again for it', () => {
    const net = new Network({ contacts: both(1, 2, 0, 10_000, { owltUs: s(2) }) });
    for (let i = 0; i < 5; i++) net.at(i * 0.8, () => net.send(1, 2));
    net.runUntil(60);
    expect(net.count('custody-signal-sent', 2)).toBe(1);
    expect(net.count('retransmitted')).toBe(0);
    expect(net.stored()).toBe(0);
  });

  it('that refused and then accepts releases what is held (K1)', () => {
    const net = new Network({ contacts: line(1, 2, 3) });
    net.script = () => 'lose';
    net.send(1, 3);
    net.run(0.05);
    const range = { sequenceId: 2, first: 0, runs: [1] };
    net.inject(2, 1, foreignSignal(2, 1, [{ disposition: 'refused', sequences: [range] }], 1));
    expect(net.stored(1)).toBe(1);
    net.inject(2, 1, foreignSignal(2, 1, [{ disposition: 'accepted', sequences: [range] }], 2));
    expect(net.stored(1)).toBe(0);
  });
});

describe('the ledger', () => {
  it('says what is held, for whom, since when, how often tried, and what is waited for', () => {
    const net = new Network({ contacts: [...both(1, 2), ...both(2, 3, 500, 600)], loners: [4] });
    net.script = (sent) => (sent.from === 1 ? undefined : 'lose');
    net.send(1, 3, 50);
    net.send(2, 4, 50);
    net.run(0.05);
    expect(net.agent(2).ledger({ destinationNode: 3 })).toMatchObject([
      {
        bundle: { sourceNode: 1, destinationNode: 3 },
        previousCustodian: 1,
        number: undefined,
        tries: 0,
        lastTryUs: undefined,
        nextTryUs: s(500),
        why: 'waits for the contact to 3 at 500 s of plan time',
        sentTo: [],
      },
    ]);
    expect(net.agent(2).ledger({ sourceNode: 2 })).toMatchObject([{ state: 'limbo', previousCustodian: 0 }]);
    expect(net.agent(2).ledger({ sourceNode: 2 })[0]?.why).toMatch(/^no route: /);
    expect(net.agent(2).ledger({ limit: 1 })).toHaveLength(1);
    const [held] = net.agent(1).ledger();
    expect(held).toMatchObject({ state: 'in-flight', tries: 1, number: { sequenceId: 2, sequence: 0 }, sentTo: [2] });
    expect(held?.why).toMatch(/^custody signal of 2 due by [0-9.]+ s of plan time$/);
    expect(held?.nextTryUs).toBeGreaterThan(net.nowUs);
  });

  it('says that a neighbour refused custody, and when on the clock of the plan it looks again', () => {
    const policy = { sources: { except: [parseEidPattern('ipn:1.*')] } };
    const net = new Network({ contacts: line(1, 2, 4), config: atTwo({ policy }) });
    net.send(1, 4);
    net.run(1);
    expect(net.agent(1).ledger()[0]?.why).toMatch(
      /^no route: every way to 4 leads over a neighbour that refused custody, .*; looks again at [0-9.]+ s of plan time$/,
    );
  });
});
