import { describe, expect, it } from 'vitest';
import { DEFAULT_CUSTODY } from '../../src/agent/index.js';
import { both, line, Network, OWLT_US, oneWay, type Sent, s } from '../helpers/pair.js';

const isData = (bundle: { primary: { flags: number | bigint } }) => (Number(bundle.primary.flags) & 2) === 0;

/** When node 1 sent data, in microseconds. */
const departures = (net: Network, to = 2): number[] =>
  net.sent.filter((each) => each.from === 1 && each.to === to).map((each) => each.atUs);

const loseUntil = (seconds: number) => (sent: Sent) => (sent.atUs < s(seconds) ? 'lose' : undefined);

describe('a bundle that nobody answers for is sent again', () => {
  it('when the signal should have been back, and not before', () => {
    const net = new Network({ contacts: line(1, 2) });
    net.script = loseUntil(0.01);
    net.send(1, 2);
    net.runUntil(5);
    const [first, second] = departures(net) as [number, number];
    expect(departures(net)).toHaveLength(2);
    const patienceUs = 2 * OWLT_US + DEFAULT_CUSTODY.signalDelayUs;
    expect(second - first).toBeGreaterThan(patienceUs);
    // Transmission there and back, the margin, and a fifth for chance.
    expect(second - first).toBeLessThan(1.2 * (patienceUs + DEFAULT_CUSTODY.retransmitMarginUs) + 5_000);
    expect(net.delivered).toHaveLength(1);
  });

  it('not at one moment with all others', () => {
    const net = new Network({ contacts: both(1, 2, 0, 1000, { rateBytesPerSecond: 1e9 }) });
    net.script = loseUntil(0.01);
    for (let i = 0; i < 20; i++) net.send(1, 2);
    net.runUntil(5);
    expect(new Set(departures(net).slice(20)).size).toBeGreaterThan(15);
  });

  it('less and less often, but never more rarely than the cap says', () => {
    const net = new Network({ contacts: line(1, 2) });
    net.script = loseUntil(500);
    net.send(1, 2, 100, { lifetimeMs: 900_000 });
    net.runUntil(499);
    const gaps = departures(net)
      .map((us, i, all) => us - (all[i - 1] ?? us))
      .slice(1);
    // Every eighth time without an answer the neighbour is left alone for a while, where there is another way or none.
    const usual = gaps.filter((gap) => gap < 9 * (gaps[0] as number));
    expect(Math.max(...usual)).toBeGreaterThan(3 * (gaps[0] as number));
    expect(departures(net).length).toBeLessThan(100);
    expect(departures(net).length).toBeGreaterThan(20);
    net.runUntil(700);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('longer to a neighbour that is heard: the link is bad and the neighbour lives', () => {
    const net = new Network({ contacts: [...line(1, 2, 4), ...line(1, 3, 4)] });
    net.script = (sent) => (sent.from === 1 && sent.to === 2 ? 'lose' : undefined);
    net.send(1, 4);
    for (let second = 1; second < 300 && departures(net, 3).length === 0; second++) {
      net.send(2, 1, 10, { custody: false });
      net.runUntil(second);
    }
    expect(departures(net, 2)).toHaveLength(32);
    net.runUntil(400);
    expect(net.delivered.filter((each) => each.node === 4)).toHaveLength(1);
  });

  it('by another way after eight times, where there is one', () => {
    const net = new Network({ contacts: [...line(1, 2, 4), ...line(1, 3, 4)] });
    net.script = (sent) => (sent.to === 2 ? 'lose' : undefined);
    net.send(1, 4);
    net.runUntil(60);
    expect(departures(net, 2)).toHaveLength(8);
    expect(departures(net, 3)).toHaveLength(1);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });
});

describe('where the contact goes one way only', () => {
  it('the way back is waited for', () => {
    const net = new Network({ contacts: [oneWay(1, 2, 0, 1000), oneWay(2, 1, 100, 1000)] });
    net.script = loseUntil(0.01);
    net.send(1, 2);
    net.runUntil(100);
    expect(departures(net)).toHaveLength(1);
    net.runUntil(200);
    expect(departures(net)).toHaveLength(2);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('by way of others, too', () => {
    const net = new Network({ contacts: [oneWay(1, 2, 0, 1000), oneWay(2, 3, 50, 1000), oneWay(3, 1, 0, 1000)] });
    net.send(1, 2);
    net.runUntil(60);
    expect(departures(net)).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });

  it('an hour until it opens is no reason to wait for another', () => {
    const net = new Network({ contacts: [oneWay(1, 2, 0, 20_000), oneWay(2, 1, 3_600, 20_000)] });
    net.script = loseUntil(0.01);
    net.send(1, 2, 100, { lifetimeMs: 20_000_000 });
    net.runUntil(3_605);
    expect(departures(net)).toHaveLength(2);
    net.runUntil(3_700);
    expect(net.stored()).toBe(0);
  });

  it('and never back, a bundle is sent once and expires', () => {
    const net = new Network({ contacts: [oneWay(1, 2, 0, 1000)] });
    net.send(1, 2, 100, { lifetimeMs: 500_000 });
    net.runUntil(900);
    expect(departures(net)).toHaveLength(1);
    expect(net.of('expired').map((each) => [each.node, each.bundle?.sourceNode])).toContainEqual([1, 1]);
  });

  it('a new plan with a way back is gone by', () => {
    const net = new Network({ contacts: [oneWay(1, 2, 0, 1000)] });
    net.script = loseUntil(10);
    net.send(1, 2);
    net.runUntil(20);
    net.updatePlan([oneWay(1, 2, 0, 1000), oneWay(2, 1, 30, 1000)]);
    net.runUntil(100);
    expect(departures(net)).toHaveLength(2);
    expect(net.delivered).toHaveLength(1);
    expect(net.stored()).toBe(0);
  });
});

describe('when a contact opens', () => {
  it('everything that waited in custody is sent once, no faster than the contact takes it', () => {
    const slow = { rateBytesPerSecond: 100_000 };
    const net = new Network({ contacts: [...both(1, 2, 0, 2, slow), ...both(1, 2, 100, 900, slow)] });
    net.script = loseUntil(50);
    for (let i = 0; i < 100; i++) net.send(1, 2, 500);
    net.runUntil(99);
    expect(net.stored(1)).toBe(100);
    const before = departures(net).length;
    net.runUntil(200);
    expect(net.delivered).toHaveLength(100);
    // A hundred bundles take longer than a signal: none is sent again before its own can be back.
    expect(departures(net).length - before).toBe(100);
    expect(net.stored()).toBe(0);
  });

  it('no bundle of a custodian that has expired is sent', () => {
    const net = new Network({ contacts: [...both(1, 2, 0, 1), ...both(1, 2, 100, 200)] });
    net.script = (_, bundle) => (isData(bundle) ? 'lose' : undefined);
    net.send(1, 2, 100, { lifetimeMs: 50_000 });
    net.runUntil(300);
    expect(departures(net).every((us) => us < s(1))).toBe(true);
    expect(net.count('expired', 1)).toBe(1);
  });
});
