/**
 * dtn7-rs issue 45: a ferry between two nodes that never meet, with a thousand bundles on either side. Node 2 got 1,067 of 1,000, because the
 * ones it had were offered again, and then stopped with bundles unprocessed. `scenarios/ferry.yaml` is the same with links that
 * lose, repeat and reorder; here it is looked at from closer by.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { both, Network, type NetworkOptions } from '../helpers/pair.js';
import { fly, SCENARIOS } from '../simulation/fly.js';

const COUNT = 1_000;
const FERRY = [...both(1, 2, 15, 30), ...both(2, 3, 30, 120)];

function loaded(options: Partial<NetworkOptions>): Network {
  const net = new Network({ contacts: FERRY, ...options });
  for (let i = 0; i < COUNT; i++) {
    net.send(1, 3, 100);
    net.send(3, 2, 100);
  }
  return net;
}

describe('dtn7-rs #45: of 1,000 bundles that a ferry carries 1,000 arrive', () => {
  it('neither more nor fewer, and nobody is left with any', () => {
    const net = loaded({});
    net.runUntil(120);
    expect(net.delivered.filter(({ node }) => node === 3)).toHaveLength(COUNT);
    expect(net.delivered.filter(({ node }) => node === 2)).toHaveLength(COUNT);
    expect(net.count('received', 2)).toBe(
      2 * COUNT + net.bundles(1, 2, 'administrative').length + net.bundles(3, 2, 'administrative').length,
    );
    expect(net.stored()).toBe(0);
  });

  it('on links that are whole nobody is sent what it has', () => {
    const net = loaded({});
    net.runUntil(120);
    expect(net.bundles(1, 2)).toHaveLength(COUNT);
    expect(net.bundles(2, 3)).toHaveLength(COUNT);
    expect(net.bundles(2, 1)).toEqual([]);
    expect(net.count('duplicate') + net.count('retransmitted')).toBe(0);
  });

  it('on links that lose, repeat and reorder too', () => {
    const net = loaded({
      impairments: { loss: 0.2, duplication: 0.2, reordering: { probability: 0.2, delayUs: 200_000 } },
      seed: 45,
    });
    net.runUntil(120);
    for (const node of [2, 3]) expect(net.delivered.filter((each) => each.node === node)).toHaveLength(COUNT);
    expect(net.count('duplicate')).toBeGreaterThan(0);
    expect(net.stored()).toBe(0);
  });

  it('as a scenario', async () => {
    const { report } = await fly(join(SCENARIOS, 'ferry.yaml'));
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.network.trafficDelivered).toBe(2 * COUNT);
  });
});
