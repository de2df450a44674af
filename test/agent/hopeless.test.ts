/** Crowds in limbo: who like another would find no way is not searched for, and waits for the same reason. */
import { describe, expect, it } from 'vitest';
import { Hopeless } from '../../src/agent/hopeless.js';
import { defaultAgentConfig, type SendRequest } from '../../src/agent/index.js';
import { newLocalRecord } from '../../src/agent/sourcing.js';
import { both, Network } from '../helpers/pair.js';

const PLAIN = { custody: false, mustNotFragment: true } as const;

function inLimbo(bytes: number, lifetimeMs: number, more: Partial<SendRequest> = {}) {
  const request = { destinationNode: 9, destinationService: 2, sourceService: 2, lifetimeMs, ...PLAIN, ...more };
  const payload = new Uint8Array(bytes);
  const record = newLocalRecord({ ...request, payload }, defaultAgentConfig(1), 0, { monotonicUs: 0, dtnTimeMs: 1 });
  record.limboReason = 'no volume';
  record.enter('limbo');
  return record;
}

describe('a bundle without a way', () => {
  const hopeless = new Hopeless();
  hopeless.note(inLimbo(500, 1_000), 0);

  it('speaks for one of its length that lives no longer', () => {
    expect(hopeless.covers(inLimbo(500, 1_000), 0)).toBe(true);
    expect(hopeless.covers(inLimbo(500, 900), 0)).toBe(true);
  });

  it('speaks for no other', () => {
    expect(hopeless.covers(inLimbo(500, 1_001), 0)).toBe(false);
    expect(hopeless.covers(inLimbo(499, 1_000), 0)).toBe(false);
    expect(hopeless.covers(inLimbo(501, 1_000), 0)).toBe(false);
    expect(hopeless.covers(inLimbo(500, 1_000, { destinationNode: 8 }), 0)).toBe(false);
    expect(hopeless.covers(inLimbo(500, 1_000, { priority: 1 }), 0)).toBe(false);
    const away = inLimbo(500, 1_000);
    away.avoided = [{ from: 1, to: 2, untilUs: 5, times: 1 }];
    expect(hopeless.covers(away, 0)).toBe(false);
    expect(hopeless.covers(away, 5)).toBe(true);
  });

  it('speaks for longer ones that may not be cut where it was too large itself', () => {
    const large = inLimbo(2_000, 1_000);
    large.limboReason = 'too large';
    hopeless.note(large, 0);
    for (const [mustNotFragment, isCovered] of [
      [true, true],
      [false, false],
    ] as const) {
      const larger = inLimbo(3_000, 1_000, { mustNotFragment });
      larger.limboReason = 'too large';
      expect(hopeless.covers(larger, 0)).toBe(isCovered);
    }
  });
});

describe('a crowd in limbo', () => {
  it('is looked at without a search for each when a contact opens, and goes as soon as there is room', () => {
    // Room for two of them over node 2; another way comes with another plan.
    const contacts = [...both(1, 2, 10, 60), ...both(2, 9, 100, 101, { rateBytesPerSecond: 1_500 })];
    const net = new Network({ contacts, loners: [3] });
    for (let i = 0; i < 200; i++) net.send(1, 9, 500, { ...PLAIN, lifetimeMs: 500_000 - i });
    const searches = net.routes.counters;
    const before = searches.hits + searches.searches;
    net.runUntil(20);
    expect(searches.hits + searches.searches - before).toBeLessThan(50);
    expect(net.agent(1).held()).toHaveLength(198);
    expect(
      net
        .agent(1)
        .held()
        .every(({ reason }) => reason === 'no volume'),
    ).toBe(true);
    net.updatePlan([...contacts, ...both(1, 3, 20.5, 100), ...both(3, 9, 20.5, 200)]);
    net.runUntil(200);
    expect(net.delivered).toHaveLength(200);
  });
});
