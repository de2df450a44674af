import { describe, expect, it } from 'vitest';
import { flyThis, write } from './fly.js';

/** Contacts in both directions from 0 to 2000 s, as ION's text form says them. */
function both(a: number, b: number, owltSeconds: number): string {
  const pairs = [
    [a, b],
    [b, a],
  ];
  return pairs
    .map(([x, y]) => `a contact +0 +2000 ${x} ${y} 100000\na range +0 +2000 ${x} ${y} ${owltSeconds}\n`)
    .join('');
}

describe('a relay that takes no custody', () => {
  it('and goes around a failure leaves nobody waiting for the end of a lifetime', async () => {
    const plan = [both(1, 2, 0), both(2, 3, 0), both(3, 5, 0), both(2, 4, 1), both(4, 5, 1)].join('');
    const { report } = await flyThis({
      plan: write('plan.ionrc', plan),
      store: { kind: 'durable' },
      nodes: { withoutCustody: [2], statusReports: true },
      faults: [{ at: 5, kind: 'link-down', from: 2, to: 3 }],
      traffic: [{ at: 10, from: 1, to: 5, count: 3, custody: true, lifetimeSeconds: 600, reports: ['deletion'] }],
      expect: { released: true },
      endSeconds: 1_500,
    });
    // Each is taken by node 4; node 2 took none.
    expect(report.network).toMatchObject({
      custodyAccepted: 3,
      custodyTrafficDelivered: 3,
      statusReports: 0,
      expired: 0,
    });
  });
});
