/** A node with a durable store goes on behind a crash as if it had been asleep: what it promised is kept, and nothing comes twice. */
import { describe, expect, it } from 'vitest';
import { decodeCustodyBlock, findBlock } from '../../src/bpv7/index.js';
import type { CrashableStore } from '../../src/simulator/crashable-store.js';
import { foreignBundle, foreignSignal } from '../helpers/foreign.js';
import { both, line, Network, s } from '../helpers/pair.js';

const ALL = [1, 2, 3];

/** Custody numbers of all data sent on a link, in order. */
const numbers = (net: Network, from: number, to: number) =>
  net.bundles(from, to).map((bundle) => {
    const block = findBlock(bundle, 13);
    return block && Number(decodeCustodyBlock(block.data).sequence);
  });

/** Sends ten bundles 1 -> 2 -> 3 and crashes `node` once at `crashUs`, for two seconds; `lost` is what of a batch is. */
function crashing(node: number, crashUs: number, isFlushLost: boolean, loss = 0): Network {
  const net = new Network({ contacts: line(1, 2, 3), durable: ALL, impairments: { loss }, seed: crashUs + node });
  net.healUs = s(30);
  for (let i = 0; i < 10; i++) net.send(1, 3, Uint8Array.of(i));
  if (isFlushLost) net.at((crashUs - 5_000) / 1e6, () => net.unflushed.add(node));
  net.at(crashUs / 1e6, () => net.crash(node));
  net.at(crashUs / 1e6 + 2, () => net.restart(node));
  net.runUntil(400);
  return net;
}

describe('a crash at any moment', () => {
  const moments = Array.from({ length: 24 }, (_, i) => 7_001 + i * 10_007);

  it.each(
    ALL.flatMap(
      (node) =>
        [
          [node, false, 0],
          [node, true, 0],
          [node, true, 0.3],
        ] as const,
    ),
  )('of node %i, flush lost: %s, loss %f: every bundle comes once', (node, isFlushLost, loss) => {
    for (const crashUs of moments) {
      const net = crashing(node, crashUs, isFlushLost, loss);
      const came = net.delivered.filter(({ isRepeated }) => !isRepeated).map(({ payload }) => payload[0]);
      expect([...new Set(net.delivered.map(({ payload }) => payload[0]))].sort(), `at ${crashUs}`).toEqual([
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
      ]);
      expect(came, `at ${crashUs}`).toHaveLength(new Set(came).size);
      expect(net.stored()).toBe(0);
    }
  });
});

describe('behind a restart', () => {
  it('a custodian sends again under the number that it gave', () => {
    const net = new Network({ contacts: line(1, 2), durable: [1] });
    net.script = () => 'lose';
    for (let i = 0; i < 3; i++) net.send(1, 2);
    net.run(0.1);
    net.crash(1);
    net.script = () => undefined;
    net.restart(1);
    net.send(1, 2);
    net.run(5);
    expect(numbers(net, 1, 2)).toEqual([0, 1, 2, 0, 1, 2, 3]);
    expect(net.delivered).toHaveLength(4);
    expect(net.stored()).toBe(0);
  });

  it('a signal for what was sent before releases it', () => {
    const net = new Network({ contacts: both(1, 2, 0, 100, { owltUs: s(1) }), durable: [1] });
    net.send(1, 2);
    net.runUntil(1.5);
    net.cut(1, 2); // so that it is not sent again
    net.crash(1);
    net.restart(1);
    expect(net.agent(1).ledger()).toMatchObject([{ number: { sequenceId: 2, sequence: 0 }, sentTo: [2], tries: 1 }]);
    net.heal(1, 2);
    net.runUntil(20);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('neither custody numbers nor those of bundles are given out twice, though nothing is held', () => {
    const net = new Network({ contacts: line(1, 2), durable: [1], clockless: [1, 2] });
    for (let round = 0; round < 3; round++) {
      net.send(1, 2, Uint8Array.of(round));
      net.run(2);
      net.crash(1);
      net.restart(1);
    }
    expect(numbers(net, 1, 2)).toEqual([0, 1, 2]);
    expect(net.delivered.map(({ payload }) => payload[0])).toEqual([0, 1, 2]);
  });

  it('a late signal for the number of a bundle that was routed back releases nothing', () => {
    const net = new Network({ contacts: [...line(1, 2, 4), ...both(1, 4, 500, 600)], durable: [1] });
    net.cut(2, 4);
    net.script = (sent, { primary }) => (sent.from === 2 && (Number(primary.flags) & 2) !== 0 ? 'lose' : undefined);
    net.send(1, 4);
    while (net.bundles(2, 1).length === 0) net.run(1);
    net.run(1);
    net.crash(1);
    net.restart(1);
    const range = { sequenceId: 2, first: 0, runs: [1] };
    net.inject(2, 1, foreignSignal(2, 1, [{ disposition: 'accepted', sequences: [range] }]));
    expect(net.stored(1)).toBe(1);
    net.script = () => undefined;
    net.runUntil(700);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('what was taken over is answered again and not taken twice (K10)', () => {
    const net = new Network({ contacts: line(1, 2, 3), durable: [2] });
    net.script = (sent) => (sent.from === 2 && sent.to === 1 ? 'lose' : undefined);
    net.send(1, 3);
    net.run(0.25);
    expect(net.count('custody-accepted', 2)).toBe(1);
    net.crash(2);
    net.script = () => undefined;
    net.restart(2);
    net.run(20);
    expect(net.count('custody-accepted', 2)).toBe(1);
    expect(net.bundles(2, 3)).toHaveLength(1);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('what was delivered is not delivered again, with custody or without', () => {
    const net = new Network({ contacts: line(1, 2), durable: [2] });
    for (const custody of [true, false]) {
      net.send(1, 2, 10, { custody });
      net.run(1);
      const datagram = net.sent.filter((each) => each.from === 1).at(-1)?.datagram as Uint8Array;
      net.crash(2);
      net.restart(2);
      net.inject(1, 2, datagram);
    }
    expect(net.delivered).toHaveLength(2);
    expect(net.count('duplicate', 2)).toBe(2);
  });

  it('a bundle that expired meanwhile is gone, told once, and not sent', () => {
    const net = new Network({ contacts: both(1, 2, 50, 100), durable: [1] });
    net.send(1, 2, 10, { lifetimeMs: 20_000 });
    net.run(1);
    net.crash(1);
    net.run(60);
    net.restart(1);
    net.run(10);
    net.crash(1);
    net.restart(1);
    net.run(10);
    expect(net.count('expired')).toBe(1);
    expect(net.sent).toEqual([]);
    expect(net.stored()).toBe(0);
  });

  it('a damaged counter goes on by the clock, and is told', () => {
    const net = new Network({ contacts: line(1, 2), durable: [1] });
    net.send(1, 2);
    net.run(2);
    const { state } = net.stores.get(1) as CrashableStore;
    for (const [key] of [...state.entries('agent/')]) state.set(key, () => Uint8Array.of(9, 9));
    (net.stores.get(1) as CrashableStore).commit();
    net.crash(1);
    net.restart(1);
    expect(net.of('malformed', 1).map(({ detail }) => detail)).toEqual(['stored-state', 'stored-state']);
    net.send(1, 2);
    net.run(2);
    expect(numbers(net, 1, 2)).toEqual([0, 2_000_000]);
    expect(net.delivered).toHaveLength(2);
  });
});

describe('an application that confirms what it takes', () => {
  it('gets what it has not confirmed again, and marked, until it has', () => {
    const net = new Network({ contacts: line(1, 2), durable: [2] });
    net.confirms = false;
    net.send(1, 2);
    net.run(1);
    expect(net.stored(1)).toBe(0);
    expect(net.stored(2)).toBe(1);
    net.crash(2);
    net.restart(2);
    const [first, again] = net.delivered;
    expect([first?.isRepeated, again?.isRepeated]).toEqual([false, true]);
    net.confirm(2, first?.receipt ?? 0); // of the run before: says nothing
    expect(net.stored(2)).toBe(1);
    net.confirm(2, again?.receipt ?? 0);
    net.confirm(2, again?.receipt ?? 0);
    expect(net.stored(2)).toBe(0);
    net.crash(2);
    net.restart(2);
    expect(net.delivered).toHaveLength(2);
  });

  it('holds back its senders where it is slow: the store is full, custody refused, and nothing lost', () => {
    const net = new Network({
      contacts: line(1, 2),
      durable: [2],
      config: (node, config) => (node === 2 ? { ...config, limits: { ...config.limits, storedBundles: 3 } } : config),
    });
    net.confirms = false;
    for (let i = 0; i < 5; i++) net.send(1, 2);
    net.run(5);
    expect(net.delivered).toHaveLength(3);
    expect(net.stored(1)).toBe(2);
    expect(net.of('custody-refused', 2)[0]?.detail).toBe('depleted storage');
    net.confirms = true;
    for (const { receipt } of [...net.delivered]) net.confirm(2, receipt);
    net.run(120);
    expect(net.delivered).toHaveLength(5);
    expect(net.stored()).toBe(0);
  });

  it('that never does loses the bundle with its lifetime, which is no deletion to report', () => {
    const net = new Network({ contacts: line(1, 2), durable: [2] });
    net.confirms = false;
    net.send(1, 2, 10, { lifetimeMs: 5_000 });
    net.run(20);
    expect(net.stored(2)).toBe(0);
    expect(net.count('expired')).toBe(0);
  });

  it('is not waited for without custody', () => {
    const net = new Network({ contacts: line(1, 2), durable: [2] });
    net.send(1, 2, 10, { custody: false });
    net.run(1);
    expect(net.delivered).toMatchObject([{ receipt: 0 }]);
    expect(net.stored(2)).toBe(0);
  });
});

describe('a clock that steps (T2)', () => {
  it.each([
    ['of the source, ahead', 1, 7_200_000],
    ['of the source, back', 1, -900_000_000],
    ['on the way, ahead', 2, 7_200_000],
    ['of the destination, back', 3, -7_200_000],
  ])('%s ends no lifetime', (_, node, byMs) => {
    const net = new Network({ contacts: [...both(1, 2), ...both(2, 3, 100, 900)] });
    net.send(1, 3, 10, { lifetimeMs: 300_000 });
    net.run(0.001);
    net.clockErrorMs.set(node, byMs);
    net.send(1, 3, 10, { lifetimeMs: 300_000 });
    net.runUntil(200);
    expect(net.count('expired')).toBe(0);
    expect(net.delivered).toHaveLength(2);
    expect(net.stored()).toBe(0);
  });

  it('lets a bundle expire all the same when it is old', () => {
    const net = new Network({ contacts: [...both(1, 2), ...both(2, 3, 400, 900)] });
    net.clockErrorMs.set(2, -7_200_000);
    net.send(1, 3, 10, { lifetimeMs: 300_000 });
    net.runUntil(500);
    expect(net.delivered).toHaveLength(0);
    expect(net.stored()).toBe(0);
  });
});

describe('a number that another custodian gave before', () => {
  const from = (sequence: number, custody: number | bigint) =>
    foreignBundle({
      destination: 'ipn:3.7',
      custody: [{ scheme: 'ipn', allocator: 0, node: 1, service: 0 }, 2, custody],
      sequence,
    });

  it.each([0, 2n ** 64n - 1n])('(%s) under another bundle is a new one: counters wrap (K6)', (number) => {
    const net = new Network({ contacts: line(1, 2, 3) });
    for (const sequence of [1, 2, 1]) {
      net.inject(1, 2, from(sequence, number));
      net.run(1);
    }
    expect(net.count('custody-accepted', 2)).toBe(2);
    expect(net.count('duplicate', 2)).toBe(1);
    expect(net.delivered).toHaveLength(2);
  });
});
