import { describe, expect, it } from 'vitest';
import { type Bundle, decodeAdminRecord, decodeCustodyBlock, findBlock, ipn, payloadOf } from '../../src/bpv7/index.js';
import { foreignBundle, foreignSignal } from '../helpers/foreign.js';
import { both, line, Network, oneWay, s } from '../helpers/pair.js';

function custodyOf(bundle: Bundle | undefined) {
  const block = bundle && findBlock(bundle, 13);
  return block && { ...decodeCustodyBlock(block.data), flags: block.flags };
}

function isAdministrative({ primary }: Pick<Bundle, 'primary'>): boolean {
  return (Number(primary.flags) & 2) !== 0;
}

/** Loses the first `count` datagrams on one link that carry data, or administrative records. */
function losing(net: Network, from: number, to: number, count: number, what: 'data' | 'signals'): void {
  let left = count;
  net.script = (sent, { primary }) => {
    const isSignal = isAdministrative({ primary });
    return sent.from === from && sent.to === to && isSignal === (what === 'signals') && left-- > 0 ? 'lose' : undefined;
  };
}

describe('custody transfer', () => {
  it('moves hop by hop: each custodian stamps its own block and lets go when the next has it', () => {
    const net = new Network({ contacts: line(1, 2, 3, 4) });
    net.send(1, 4);
    net.runUntil(5);
    for (const [from, to] of [
      [1, 2],
      [2, 3],
      [3, 4],
    ] as const) {
      expect(custodyOf(net.bundles(from, to)[0])).toEqual({
        custodian: ipn(from, 0),
        sequenceId: to,
        sequence: 0,
        flags: 1,
      });
      expect(net.bundles(from, to)).toHaveLength(1);
      expect(net.bundles(to, from, 'administrative')).toHaveLength(1);
      expect(net.count('custody-released', from, to)).toBe(1);
    }
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('numbers bundles by neighbour, from 0 on', () => {
    const net = new Network({ contacts: [...line(1, 2), ...line(1, 3)] });
    for (const to of [2, 3, 2, 3]) net.send(1, to);
    net.runUntil(5);
    expect(net.bundles(1, 2).map((each) => custodyOf(each)?.sequence)).toEqual([0, 1]);
    expect(net.bundles(1, 3).map((each) => custodyOf(each))).toMatchObject([
      { sequenceId: 3, sequence: 0 },
      { sequenceId: 3, sequence: 1 },
    ]);
  });

  it('keeps a bundle until the signal is there, and no longer', () => {
    const net = new Network({ contacts: line(1, 2) });
    net.send(1, 2);
    net.runUntil(0.1);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored(1)).toBe(1);
    net.runUntil(0.2);
    expect(net.stored(1)).toBe(0);
    expect(net.agent(1).nextTimeoutUs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('is none of the business of a bundle without custody', () => {
    const net = new Network({ contacts: line(1, 2, 3) });
    net.send(1, 3, 10, { custody: false });
    net.runUntil(5);
    expect(net.sent).toHaveLength(2);
    expect(net.bundles(1, 2).map(custodyOf)).toEqual([undefined]);
  });

  it.each(['data', 'signals'] as const)('survives %s that are lost, and takes nothing twice', (what) => {
    const net = new Network({ contacts: line(1, 2, 3) });
    losing(net, what === 'data' ? 1 : 2, what === 'data' ? 2 : 1, 3, what);
    net.send(1, 3);
    net.runUntil(30);
    expect(net.count('retransmitted', 1)).toBe(3);
    expect(net.bundles(1, 2).map((each) => custodyOf(each)?.sequence)).toEqual([0, 0, 0, 0]);
    expect(net.count('custody-accepted', 2)).toBe(1);
    expect(net.bundles(2, 3)).toHaveLength(1);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('answers once more for a bundle that was delivered when its signal got lost', () => {
    const net = new Network({ contacts: line(1, 2) });
    losing(net, 2, 1, 1, 'signals');
    net.send(1, 2);
    net.runUntil(30);
    expect(net.delivered).toHaveLength(1);
    expect(net.count('duplicate', 2)).toBe(1);
    expect(net.stored()).toBe(0);
  });
});

describe('a node that takes no custody', () => {
  it('passes the block on untouched, and the custodian beyond it answers', () => {
    const net = new Network({ contacts: line(1, 2, 3, 4), relays: [2] });
    net.send(1, 4);
    net.runUntil(20);
    expect(custodyOf(net.bundles(2, 3)[0])).toEqual(custodyOf(net.bundles(1, 2)[0]));
    expect(net.count('custody-accepted', 2)).toBe(0);
    expect(net.count('custody-released', 1, 3)).toBe(1);
    expect(net.count('retransmitted')).toBe(0);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('keeps one copy of what is sent again while it waits, and passes on what is sent again later', () => {
    const net = new Network({ contacts: [...both(1, 2), ...both(2, 3, 100, 200)], relays: [2] });
    let lost = 0;
    net.script = (sent) => (sent.from === 2 && sent.to === 3 && lost++ === 0 ? 'lose' : undefined);
    net.send(1, 3);
    net.runUntil(99);
    expect(net.count('retransmitted', 1)).toBeGreaterThan(5);
    expect(net.stored(2)).toBe(1);
    net.runUntil(150);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('may go around a failure that its custodian knows nothing of: who has the bundle then is heard after one more try', () => {
    const around = [...both(2, 4), ...both(4, 5, 1, 1000), ...both(9, 1)];
    const net = new Network({ contacts: [...line(1, 2, 3, 5), ...around], relays: [2] });
    net.cut(2, 3);
    net.send(1, 5);
    net.runUntil(60);
    expect(net.of('custody-released', 1)).toMatchObject([{ peer: 4 }]);
    expect(net.count('retransmitted', 1)).toBe(1);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('is answered for by nobody who cannot have had the bundle from it, however often it was sent', () => {
    const net = new Network({ contacts: [...line(1, 2, 3), ...both(9, 1), ...both(9, 3)], relays: [2] });
    net.script = ({ from, to }, bundle) => (from === 2 && to === 3 && !isAdministrative(bundle) ? 'lose' : undefined);
    net.send(1, 3);
    net.runUntil(3);
    expect(net.count('retransmitted', 1)).toBeGreaterThan(1);
    const { sequenceId, sequence } = custodyOf(net.bundles(1, 2)[0]!)!;
    const sequences = [{ sequenceId, first: sequence, runs: [1] }];
    net.inject(9, 1, foreignSignal(9, 1, [{ disposition: 'accepted', sequences }]));
    expect(net.count('custody-signal-unknown', 1)).toBe(1);
    expect(net.stored(1)).toBe(1);
  });

  it('is still custodian of its own, and a destination that answers', () => {
    const net = new Network({ contacts: line(1, 2), relays: [1, 2] });
    net.send(1, 2);
    net.runUntil(1);
    expect(net.count('custody-released', 1, 2)).toBe(1);
    expect(net.stored()).toBe(0);
  });

  it.each([
    ['of the dtn scheme', { scheme: 'dtn', ssp: '//ground/' } as const, 1],
    ['with sequence id 0', ipn(1, 0), 0],
  ])('or a custodian %s that no signal reaches: bundles sent again pass each time', (_, custodian, sequenceId) => {
    const net = new Network({ contacts: line(1, 2, 3) });
    net.script = (sent) => (sent.atUs < s(1) ? 'lose' : undefined);
    const bytes = foreignBundle({ destination: 'ipn:3.7', custody: [custodian, sequenceId, 0] });
    net.inject(1, 2, bytes);
    net.runUntil(2);
    net.inject(1, 2, bytes);
    net.runUntil(3);
    expect(net.bundles(2, 3).map((each) => custodyOf(each)?.custodian)).toEqual([custodian, custodian]);
    expect(net.delivered).toHaveLength(1);
  });
});

describe('refusal', () => {
  it('sends the bundle another way', () => {
    const net = new Network({
      contacts: [...line(1, 2, 4), ...line(1, 3, 4)],
      config: (node, config) => (node === 2 ? { ...config, limits: { ...config.limits, storedBundles: 0 } } : config),
    });
    net.send(1, 4);
    net.runUntil(5);
    expect(net.count('custody-refused', 2, 1)).toBe(1);
    expect(net.count('custody-declined', 1, 2)).toBe(1);
    expect(net.bundles(1, 2)).toHaveLength(1);
    expect(net.bundles(1, 3)).toHaveLength(1);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('of a service that is not there is repeated each time, until the service is there', () => {
    const net = new Network({ contacts: line(1, 2) });
    net.send(1, 2, 100, { destinationService: 99, lifetimeMs: 100_000 });
    net.runUntil(50);
    expect(net.stored(1)).toBe(1);
    expect(net.count('custody-released', 1)).toBe(0);
    expect(net.count('custody-refused', 2)).toBeGreaterThan(1);
    net.agent(2).register(99);
    net.runUntil(80);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('from beyond a relay causes no storm', () => {
    const net = new Network({ contacts: line(1, 2, 3), relays: [2] });
    net.send(1, 3, 100, { destinationService: 99, lifetimeMs: 100_000 });
    net.runUntil(90);
    expect(net.count('custody-declined', 1)).toBeGreaterThan(1);
    expect(net.bundles(1, 2).length).toBeLessThan(10);
  });
});

describe('a bundle that is routed back to an earlier custodian', () => {
  // 1 -> 2 -> 4; the contact 2 -> 4 is dead, so 2 sends the bundle back by way of 1 to 3 -> 4.
  const contacts = [...line(1, 2, 4), ...both(1, 3), ...both(3, 4, 0, 1000, { owltUs: s(0.2) })];

  it.each([
    ['while the signal for it is under way', 0],
    ['after the signal for it', s(2)],
  ])('%s is not lost', (_, delayUs) => {
    const net = new Network({ contacts });
    net.cut(2, 4);
    net.script = (sent, { primary }) => (sent.from === 2 && (Number(primary.flags) & 2) === 0 ? delayUs : undefined);
    net.send(1, 4);
    net.runUntil(20);
    expect(net.bundles(2, 1).length).toBeGreaterThan(0);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('has its number changed there, so that the signal for the old one releases nothing', () => {
    const net = new Network({ contacts });
    net.cut(2, 4);
    net.cut(3, 4);
    net.send(1, 4);
    net.runUntil(2);
    // 2 has taken it, sent it back to 1 and said so; only 1 has it now.
    expect(net.count('custody-accepted', 2)).toBeGreaterThan(0);
    expect(net.stored()).toBe(1);
    net.heal(3, 4);
    net.runUntil(60);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('and comes back to its custodian by a relay that knows no better is sent anew', () => {
    const net = new Network({ contacts, relays: [2] });
    net.cut(2, 4);
    net.send(1, 4);
    net.runUntil(20);
    expect(custodyOf(net.bundles(2, 1)[0])?.custodian).toEqual(ipn(1, 0));
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });
});

describe('a custody signal', () => {
  const numbersOf = (bundle: Bundle) => {
    const record = decodeAdminRecord(payloadOf(bundle).data);
    return record.kind === 'custody-signal' ? record.signals.flatMap((each) => each.sequences) : [];
  };

  it('covers ten bundles at once, and those left over after its delay', () => {
    const net = new Network({ contacts: both(1, 2, 0, 1000, { rateBytesPerSecond: 500_000 }) });
    for (let i = 0; i < 14; i++) net.send(1, 2);
    net.runUntil(1);
    const signals = net.bundles(2, 1, 'administrative');
    expect(net.of('custody-signal-sent', 2).map((each) => each.count)).toEqual([10, 4]);
    expect(numbersOf(signals[0]!)).toEqual([{ sequenceId: 2, destination: undefined, first: 0, runs: [10] }]);
    // The second says again what the first has said.
    expect(numbersOf(signals[1]!)).toEqual([{ sequenceId: 2, destination: undefined, first: 0, runs: [14] }]);
    expect(net.count('custody-signal-unknown')).toBe(0);
    const [first, second] = net.of('custody-signal-sent', 2).map((each) => each.atUs) as [number, number];
    expect(second - first).toBeGreaterThan(90_000);
  });

  it('that is lost is made up for by the next: nothing is sent again', () => {
    const net = new Network({ contacts: line(1, 2) });
    losing(net, 2, 1, 1, 'signals');
    for (let i = 0; i < 20; i++) net.send(1, 2);
    net.runUntil(10);
    expect(net.count('custody-signal-sent', 2)).toBe(2);
    expect(net.count('retransmitted')).toBe(0);
    expect(net.stored()).toBe(0);
  });

  it('leaves before the contact to its custodian closes', () => {
    const net = new Network({ contacts: [...both(1, 2, 0, 10.1), ...both(1, 2, 500, 600)] });
    net.at(10.02, () => net.send(1, 2));
    net.runUntil(11);
    const [signal] = net.of('custody-signal-sent', 2);
    expect(signal?.atUs).toBeLessThanOrEqual(s(10.05));
    expect(net.stored()).toBe(0);
  });

  it('lives for as long as its way back takes', () => {
    const net = new Network({ contacts: [oneWay(1, 2, 0, 10), oneWay(2, 1, 3_600, 3_700)] });
    net.send(1, 2, 100, { lifetimeMs: 7_200_000 });
    net.runUntil(5_000);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
    expect(net.count('retransmitted')).toBe(0);
  });

  it('is owed to nobody whom the plan does not know, whatever strangers write into their blocks', () => {
    const net = new Network({ contacts: line(1, 2, 3) });
    for (let i = 0; i < 50; i++) {
      net.inject(1, 2, foreignBundle({ destination: 'ipn:3.7', sequence: i, custody: [ipn(1_000 + i, 0), 2, 0] }));
    }
    net.runUntil(5);
    expect(net.delivered).toHaveLength(50);
    expect(net.stored(2)).toBe(0);
    expect(net.count('custody-signal-sent', 2)).toBe(0);
  });

  it('passes a store that is full', () => {
    const net = new Network({
      contacts: [...line(1, 2), ...both(2, 3, 500, 600)],
      config: (node, config) => (node === 2 ? { ...config, limits: { ...config.limits, storedBundles: 2 } } : config),
    });
    for (let i = 0; i < 2; i++) net.send(1, 3);
    net.runUntil(5);
    expect(net.stored(2)).toBe(2);
    expect(net.stored(1)).toBe(0);
    expect(net.send(2, 3)).toBe(false);
  });
});
