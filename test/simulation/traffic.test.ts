/** Plain bundle flows: custody brings all of them through loss, without it the loss shows. */
import { describe, expect, it } from 'vitest';
import { flyThis, smallWorld, write } from './fly.js';

const flow = {
  at: 1,
  from: [1, 1],
  to: [5, 4],
  count: 200,
  sizeBytes: 900,
  intervalSeconds: 0.05,
  lifetimeSeconds: 120,
};
const world = (traffic: object[], links: object) => ({
  ...smallWorld(write('none', '')),
  jobs: [],
  traffic,
  links: { rateBytesPerSecond: 200_000, ...links },
});

describe('a flow', () => {
  it('arrives whole without hardship, with custody or without', async () => {
    const { report } = await flyThis(
      world(
        [
          { ...flow, custody: true },
          { ...flow, custody: false },
        ],
        {},
      ),
    );
    expect(report.network).toMatchObject({ trafficSent: 400, trafficDelivered: 400, lost: 0, expired: 0 });
  });

  it.each([0.1, 0.4])('with custody arrives whole at loss %d', async (loss) => {
    const { report } = await flyThis(
      world([{ ...flow, custody: true }], {
        loss,
        duplication: 0.1,
        corruption: 0.05,
        reordering: { probability: 0.3, delayMs: 80 },
      }),
    );
    expect(report.network).toMatchObject({ trafficSent: 200, trafficDelivered: 200 });
    expect(report.network.retransmissions).toBeGreaterThan(0);
  });

  it('without custody loses its share on every hop, and nothing is counted twice', async () => {
    const { report } = await flyThis(world([{ ...flow, custody: false }], { loss: 0.2, duplication: 0.2 }));
    const { trafficSent, trafficDelivered, lost, retransmissions } = report.network;
    expect(trafficSent).toBe(200);
    expect(retransmissions).toBe(0);
    expect(trafficDelivered).toBeLessThan(150);
    expect(trafficDelivered).toBeGreaterThan(0);
    expect(lost).toBeGreaterThanOrEqual(trafficSent - trafficDelivered);
  });

  it('goes on beside a job', async () => {
    const filename = write('text.txt', 'a b\n'.repeat(60));
    const { report } = await flyThis({ ...smallWorld(filename), traffic: [{ ...flow, custody: true }] }, [
      'links.loss=0.2',
    ]);
    expect(report.jobs[0]).toMatchObject({ state: 'done', result: { a: 60, b: 60 } });
    expect(report.network.trafficDelivered).toBe(200);
  });
});
