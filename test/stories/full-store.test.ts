/**
 * ION-DTN issue 60 and HDTN issue 18, both from the International Space Station: a node whose memory is full stops for good, and an operator
 * restarts it hours later. What was asked for: push back on whoever sends, lose nothing, and go on without anybody's help.
 */
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/agent/index.js';
import { both, Network, oneWay } from '../helpers/pair.js';

const RELAY_BUNDLES = 10;
const SOURCE_BUNDLES = 40;

/** Node 2 can hold little, and hands it on to node 3 only from `opensAt` on. */
function network(opensAt: number, bytes = false): Network {
  const small = (bundles: number) => (bytes ? { storedBytes: bundles * 1_200 } : { storedBundles: bundles });
  return new Network({
    contacts: [...both(1, 2), oneWay(2, 3, opensAt), oneWay(3, 2, 0)],
    config: (node, config) => {
      const own = node === 2 ? small(RELAY_BUNDLES) : node === 1 ? small(SOURCE_BUNDLES) : {};
      return { ...config, statusReports: true, limits: { ...DEFAULT_LIMITS, ...own } };
    },
  });
}

/** An application that offers `count` bundles, again and again until each is taken; tells how often it was turned away. */
function application(net: Network, count: number): { refusals: number; taken: number } {
  const state = { refusals: 0, taken: 0 };
  const offer = () => {
    while (state.taken < count) {
      if (net.send(1, 3, 1_000)) state.taken++;
      else {
        state.refusals++;
        net.at(net.nowUs / 1e6 + 1, offer);
        return;
      }
    }
  };
  offer();
  return state;
}

describe.each([
  ['ION-DTN #60: a store that is full by its number of bundles', false],
  ['HDTN #18: a store that is full by its bytes', true],
])('%s', (_, bytes) => {
  it('refuses custody in words, and holds no more than it may', () => {
    const net = network(100, bytes);
    application(net, 200);
    for (let at = 1; at < 90; at++) {
      net.runUntil(at);
      expect(net.stored(2)).toBeLessThanOrEqual(RELAY_BUNDLES + 2);
    }
    expect(net.count('custody-refused', 2)).toBeGreaterThan(0);
    expect(net.count('deleted', 2)).toBe(net.count('custody-refused', 2));
    expect(net.of('deleted', 2).every(({ detail }) => detail === 'depleted storage')).toBe(true);
  });

  it('pushes back as far as the application that sends, which loses nothing', () => {
    const net = network(100, bytes);
    const sent = application(net, 200);
    net.runUntil(90);
    expect(sent.refusals).toBeGreaterThan(0);
    expect(sent.taken).toBeLessThanOrEqual(RELAY_BUNDLES + SOURCE_BUNDLES + 2);
    expect(net.stored(1) + net.stored(2)).toBe(sent.taken);
  });

  it('recovers by itself once there is a way out: all arrives, once', () => {
    const net = network(100, bytes);
    const sent = application(net, 200);
    net.runUntil(400);
    expect(sent.taken).toBe(200);
    expect(net.delivered).toHaveLength(200);
    expect(net.stored()).toBe(0);
    // And it is as good as new.
    net.send(1, 3, 1_000);
    net.runUntil(405);
    expect(net.delivered).toHaveLength(201);
  });

  it('lets administrative traffic pass all the time: reports and signals of others', () => {
    const net = network(100, bytes);
    application(net, 200);
    net.runUntil(20);
    expect(net.send(1, 3, 1_000)).toBe(false);
    net.send(3, 1, 100, { custody: false, reports: { forwarding: true }, priority: 3 });
    net.runUntil(40);
    // The report that node 3 makes for itself aside, node 2 has told that it passed the bundle on.
    expect(net.reports.map(({ received }) => received.fromNode)).toContain(3);
    expect(net.count('transmitted', 2, 1)).toBeGreaterThan(0);
    expect(net.count('custody-declined', 1)).toBeGreaterThan(0);
  });

  it('takes every bundle of a full sender that has another way', () => {
    const net = new Network({
      contacts: [...both(1, 2), oneWay(2, 3, 100), ...both(1, 4, 5), ...both(4, 3, 5)],
      config: (node, config) => {
        const limits = { ...DEFAULT_LIMITS, storedBundles: node === 2 ? RELAY_BUNDLES : 1_000 };
        return { ...config, limits };
      },
    });
    for (let i = 0; i < 100; i++) net.send(1, 3, 1_000, { lifetimeMs: 60_000 });
    net.runUntil(60);
    expect(net.delivered).toHaveLength(100);
  });
});
