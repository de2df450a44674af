/** RFC 9171 section 5 on whole runs: reports asked for and sent, deletions and their reasons, ages without clocks, fragments. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/simulator/report.js';
import { FLAGSHIP, fly, flyThis, SCENARIOS, smallWorld, write } from './fly.js';

const flow = {
  at: 1,
  from: [1, 1],
  to: [4, 1],
  count: 20,
  sizeBytes: 400,
  intervalSeconds: 0.1,
  lifetimeSeconds: 120,
};
const world = (traffic: object, more: object = {}) => ({
  ...smallWorld(write('none', '')),
  jobs: [],
  traffic: [{ ...flow, ...traffic }],
  ...more,
});
const REPORTING = { nodes: { statusReports: true } };

/** A run with what its nodes said. */
async function watched(scenario: object): Promise<{ events: RunEvent[]; network: { [name: string]: number } }> {
  const events: RunEvent[] = [];
  const { report } = await flyThis(scenario, [], { onEvent: (event) => events.push(event) });
  return { events, network: report.network as unknown as { [name: string]: number } };
}

/** How often each detail of an event occurred, at nodes in ascending order. */
function details(
  events: readonly RunEvent[],
  name: string,
): [node: number, detail: string | undefined, times: number][] {
  const found = events.filter(({ event }) => event === name).map(({ node, detail }) => `${node}|${detail}`);
  return [...new Set(found)].sort().map((key) => {
    const [node, detail] = key.split('|');
    return [Number(node), detail, found.filter((each) => each === key).length];
  });
}

describe('status reports in a run', () => {
  it('are sent by nobody unless the scenario says so', async () => {
    const { network } = await watched(world({ reports: ['reception', 'forwarding', 'delivery', 'deletion'] }));
    expect(network).toMatchObject({
      trafficDelivered: 20,
      statusReports: 0,
      statusReportsWithheld: 0,
      bundlesSourced: 20,
    });
  });

  it('tell the source of each step of each bundle', async () => {
    const reports = ['reception', 'forwarding', 'delivery', 'deletion', 'time'];
    const { events, network } = await watched(world({ reports }, REPORTING));
    expect(details(events, 'report-sent')).toEqual([
      [1, 'forwarded 0', 20],
      [2, 'received+forwarded 0', 20],
      [3, 'received+forwarded 0', 20],
      [4, 'received+delivered 0', 20],
    ]);
    expect(network).toMatchObject({ statusReports: 80, statusReportsReceived: 80, adminRecordsIgnored: 0 });
  });

  it('tell each thing once over links that lose and repeat, in custody too', async () => {
    const links = { loss: 0.2, duplication: 0.3, reordering: { probability: 0.3, delayMs: 80 } };
    const reports = ['reception', 'forwarding', 'delivery', 'deletion'];
    const { events, network } = await watched(world({ reports, custody: true }, { ...REPORTING, links }));
    expect(network).toMatchObject({ trafficDelivered: 20 });
    expect(network['statusReportsReceived']).toBeLessThan(network['statusReports'] as number);
    expect(details(events, 'report-sent').filter(([, detail]) => detail?.includes('delivered'))).toEqual([
      [4, 'received+delivered 0', 20],
    ]);
    expect(details(events, 'report-sent').some(([, detail]) => detail?.includes('deleted'))).toBe(false);
  });

  it('go where the flow says', async () => {
    const { events } = await watched(world({ reports: ['delivery'], reportTo: [2, 1] }, REPORTING));
    expect(details(events, 'report-received')).toEqual([[2, 'delivered 0', 20]]);
  });
});

describe('a bundle is deleted in a run', () => {
  it.each([
    ['where its hops are used up', { hopLimit: 2 }, 3, 'hop limit exceeded', 9],
    ['where a block takes it along', { blocks: [{ type: 200, flags: 4 }] }, 2, 'block unsupported', 11],
  ])('%s, and the source is told why', async (_, more, node, detail, reason) => {
    const { events, network } = await watched(world({ ...more, reports: ['deletion'] }, REPORTING));
    expect(details(events, 'deleted')).toEqual([[node, detail, 20]]);
    expect(details(events, 'report-received')).toEqual([[1, `deleted ${reason}`, 20]]);
    expect(network).toMatchObject({ trafficDelivered: 0, deleted: 20, statusReports: 20 });
  });

  it('never where a block only asks to be reported or discarded', async () => {
    const blocks = [
      { type: 200, flags: 2, data: '0102' },
      { type: 201, flags: 16 },
    ];
    const { events, network } = await watched(world({ blocks }, REPORTING));
    expect(network).toMatchObject({ trafficDelivered: 20, deleted: 0 });
    expect(details(events, 'report-sent')).toEqual([2, 3, 4].map((node) => [node, 'received 11', 20]));
  });

  it('by its age where the source does not know the date', async () => {
    // Nothing leaves node 3 for node 4 before 40 s: what is older than its lifetime then is deleted on the way.
    const faults = [
      { at: 0, kind: 'link-down', from: 3, to: 4 },
      { at: 40, kind: 'link-up', from: 3, to: 4 },
    ];
    const traffic = { from: 1, to: 4, intervalSeconds: 2, lifetimeSeconds: 20, reports: ['deletion'] };
    const line = { ...world(traffic), constellation: undefined, plan: write('line.ionrc', LINE), faults };
    const runs = [[], [1, 2, 3]].map((clockless) => watched({ ...line, nodes: { statusReports: true, clockless } }));
    for (const { events, network } of await Promise.all(runs)) {
      expect(network['expired']).toBeGreaterThan(5);
      expect((network['trafficDelivered'] as number) + (network['expired'] as number)).toBe(20);
      expect(details(events, 'report-received').map(([node, detail]) => [node, detail])).toEqual([[1, 'deleted 1']]);
    }
  });
});

/** Four nodes in a line for an hour. */
const LINE = [1, 2, 3]
  .flatMap((node) => [
    [node, node + 1],
    [node + 1, node],
  ])
  .map(([from, to]) => `a contact +0 +3600 ${from} ${to} 200000\na range +0 +3600 ${from} ${to} 1\n`)
  .join('');

describe('fragments in a run', () => {
  const links = (more: object = {}) => ({ links: { rateBytesPerSecond: 500_000, maxBundleBytes: 2_000, ...more } });
  const large = { fragment: true, sizeBytes: 50_000, intervalSeconds: 1 };

  it('carry what no datagram takes, out of order and repeated, once and unchanged', async () => {
    const hardship = links({ duplication: 0.2, reordering: { probability: 0.5, delayMs: 300 } });
    const { network } = await watched(world(large, hardship));
    expect(network).toMatchObject({ trafficDelivered: 20, reassembled: 20, fragmentConflicts: 0, fragmentsDropped: 0 });
    expect(network['fragmentsMade']).toBeGreaterThan(20 * 25);
  });

  it('of which one is lost make no bundle, and no other one either', async () => {
    const { network } = await watched(
      world({ ...large, sizeBytes: 20_000, lifetimeSeconds: 30 }, links({ loss: 0.03 })),
    );
    expect(network['trafficDelivered']).toBe(network['reassembled']);
    expect(network['trafficDelivered']).toBeLessThan(20);
    expect(network['trafficDelivered']).toBeGreaterThan(0);
    expect(network['bundlesDelivered']).toBe(network['trafficDelivered']);
  });

  it('are made by a satellite without a clock too', async () => {
    const nodes = {
      clockless: [
        [1, 1],
        [2, 1],
        [4, 1],
      ],
    };
    const { network } = await watched(world({ ...large, count: 3 }, { ...links(), nodes }));
    expect(network).toMatchObject({ trafficDelivered: 3, reassembled: 3 });
  });

  it('are reported with the delivery of the whole', async () => {
    const { events } = await watched(
      world({ ...large, count: 2, reports: ['delivery'] }, { ...links(), ...REPORTING }),
    );
    expect(details(events, 'report-received')).toEqual([[1, 'delivered 0', 2]]);
  });

  it('are not made of a job: its streams are cut to what a datagram takes', async () => {
    const filename = write('text.txt', 'so many words in a line\n'.repeat(400));
    const { report } = await flyThis({
      ...smallWorld(filename),
      links: { rateBytesPerSecond: 200_000, maxBundleBytes: 1_280 },
    });
    expect(report.jobs[0]).toMatchObject({ state: 'done', result: { so: 400, words: 400 } });
    expect(report.network).toMatchObject({ fragmentsMade: 0, deleted: 0 });
  });
});

describe('security in a run', () => {
  const security = (rules: object[]) => ({
    ...REPORTING,
    security: { keys: join(SCENARIOS, 'keys/example.jwks.json'), rules },
  });
  const signing = { service: 'integrity', targets: ['primary', 'payload'], key: 'integrity' };
  const hiding = { service: 'confidentiality', targets: ['payload'], key: 'secrecy' };

  it('signs and encrypts at the source, and the destination gets what was sent, in fragments too', async () => {
    const rules = [signing, hiding].flatMap((rule) => [
      { ...rule, role: 'source', nodes: [1] },
      { ...rule, role: 'acceptor', nodes: [4] },
    ]);
    const links = { links: { rateBytesPerSecond: 500_000, maxBundleBytes: 2_000, loss: 0.1 } };
    const small = world({ custody: true }, { ...security(rules), ...links });
    const large = world({ fragment: true, sizeBytes: 20_000, intervalSeconds: 1 }, security(rules));
    const [{ network }, { network: cut }] = await Promise.all([
      watched(small),
      watched({ ...large, links: { ...links.links, loss: 0 } }),
    ]);
    expect(network).toMatchObject({ trafficDelivered: 20, securityFailures: 0 });
    expect(network['securityVerified']).toBeGreaterThanOrEqual(20 * 3);
    expect(cut).toMatchObject({ trafficDelivered: 20, reassembled: 20, securityFailures: 0 });
  });

  it('deletes what is not signed where a signature is demanded, and tells the source', async () => {
    const rules = [{ ...signing, role: 'verifier', nodes: [3] }];
    const { events, network } = await watched(world({ reports: ['deletion'] }, security(rules)));
    expect(details(events, 'deleted')).toEqual([[3, 'missing security operation', 20]]);
    expect(details(events, 'report-received')).toEqual([[1, 'deleted 12', 20]]);
    expect(network['securityFailures']).toBe(20);
  });

  it('loses nothing in custody over links that damage one bundle in ten, though no node on the way can verify', async () => {
    const rules = [signing, hiding].flatMap((rule) => [
      { ...rule, role: 'source', nodes: [1] },
      { ...rule, role: 'acceptor', nodes: [4] },
    ]);
    const links = { rateBytesPerSecond: 500_000, corruption: 0.1 };
    const { network } = await watched(world({ custody: true, count: 60 }, { ...security(rules), links }));
    expect(network).toMatchObject({ trafficDelivered: 60, securityFailures: 0 });
    expect(network['malformed']).toBeGreaterThan(0);
  });

  it('is the same run again, though every run encrypts anew', async () => {
    const rules = [
      { ...hiding, role: 'source', nodes: [1] },
      { ...hiding, role: 'acceptor', nodes: [4] },
    ];
    const scenario = world({}, security(rules));
    const [one, other] = [await flyThis(scenario), await flyThis(scenario)];
    expect(one.report.traceHash).toBe(other.report.traceHash);
  });
});

describe('a run that uses none of this', () => {
  it('has the trace hash that it had before', async () => {
    const { report } = await fly(FLAGSHIP);
    expect(report.traceHash).toBe('715d945d819e4b97');
  });
});
