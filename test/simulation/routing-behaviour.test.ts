/** Scenarios about priorities and changing plans: they hold, and would not without what they are about. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fly, flyThis, SCENARIOS, write } from './fly.js';

const fileOf = (name: string) => join(SCENARIOS, `${name}.yaml`);

/** What a scenario comes to when it expects nothing. */
async function networkOf(name: string, ...set: string[]) {
  return (await fly(fileOf(name), ['expect={}', ...set])).report.network;
}

const cancelled = (announced: boolean) =>
  `faults=[{ at: 90, kind: contact-cancelled, from: 1, to: 2, start: 100, announced: ${announced} }]`;

describe('the scenario with priorities', () => {
  it('holds', async () => {
    await fly(fileOf('priorities'), []);
  });

  it('delivers less where everything is equally urgent', async () => {
    const network = await networkOf('priorities', 'traffic.1.priority=bulk', 'traffic.1.ordinal=0');
    expect(network).toMatchObject({ pushedOut: 0, trafficDelivered: 40, expired: 10 });
  });
});

describe('the scenario with another plan under way', () => {
  it('holds', async () => {
    const { report } = await fly(fileOf('plan-update'), []);
    expect(report.network.trafficDelivered).toBe(200);
  });

  it('delivers nothing where the contact is gone and no other plan comes', async () => {
    expect((await networkOf('plan-update', cancelled(false))).trafficDelivered).toBe(0);
  });
});

describe('a contact that is open and longer in another plan', () => {
  it('takes what waited since it did not fit, whole and within its new end', async () => {
    const plan = (end: number) =>
      write('plan.ionrc', `a contact +0 +${end} 1 2 1000\na contact +0 +${end} 2 1 1000\na range +0 +${end} 1 2 0\n`);
    const { report } = await flyThis({
      name: 'extended',
      seed: 1,
      plan: plan(20),
      faults: [{ at: 19.5, kind: 'plan-update', plan: plan(60) }],
      traffic: [{ at: 19.2, from: 1, to: 2, count: 3, sizeBytes: 900, intervalSeconds: 0.1, lifetimeSeconds: 300 }],
    });
    expect(report.network).toMatchObject({ trafficDelivered: 3, lost: 0 });
  });
});

describe('a cancelled contact', () => {
  it('is waited for where nobody is told, and not where all are', async () => {
    const told = await networkOf('plan-update', cancelled(true));
    expect(told).toMatchObject({ planUpdates: 1, limboAvoided: 0 });
    expect(told.limboNoRoute).toBeGreaterThan(0);
    const untold = await networkOf('plan-update', cancelled(false));
    expect(untold.planUpdates).toBe(0);
    expect(untold.limboAvoided).toBeGreaterThan(0);
  });

  it('that is open ends at once, and what is being sent on it is cut off', async () => {
    const fault = 'faults=[{ at: 130, kind: contact-cancelled, from: 1, to: 2, start: 100 }]';
    const network = await networkOf('plan-update', fault);
    expect(network.trafficDelivered).toBeGreaterThan(100);
    expect(network.trafficDelivered).toBeLessThan(200);
    expect(network.transmissions).toBe(2 * network.trafficDelivered + network.lost);
  });

  it('that nobody has is refused', async () => {
    const fault = 'faults=[{ at: 90, kind: contact-cancelled, from: 1, to: 2, start: 99 }]';
    await expect(networkOf('plan-update', fault)).rejects.toThrow('they begin at 100 s');
  });
});

describe('a late contact', () => {
  it('carries what waited for it when it comes', async () => {
    const fault = 'faults=[{ at: 90, kind: contact-late, from: 1, to: 2, start: 100, bySeconds: 30 }]';
    const network = await networkOf('plan-update', fault, 'traffic.0.count=50');
    expect(network).toMatchObject({ trafficDelivered: 50, planUpdates: 0 });
    const early = await networkOf(
      'plan-update',
      fault.replace('start: 100', 'start: 100, announced: true'),
      'traffic.0.count=50',
    );
    expect(early).toMatchObject({ trafficDelivered: 50, planUpdates: 1, limboAvoided: 0 });
  });
});
