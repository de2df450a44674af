/** The same scenarios over real UDP sockets on the wall clock. Results and custody are asserted, times and counters are not. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/simulator/report.js';
import { runScenario } from '../../src/simulator/run.node.js';
import { loadScenario } from '../../src/simulator/scenario-file.node.js';

/** A scenario of the package, with fields set, over sockets. */
async function flyOverUdp(name: string, set: string[], signal?: AbortSignal): Promise<RunReport> {
  const file = fileURLToPath(new URL(`../../scenarios/${name}.yaml`, import.meta.url));
  const scenario = await loadScenario(file, { set });
  const { report } = await runScenario(scenario, { udp: true, ...(signal === undefined ? {} : { signal }) });
  return report;
}

function expectToHold(report: RunReport): void {
  expect(report.checks.filter((check) => !check.ok)).toEqual([]);
  expect(report.jobs.every((job) => job.state === 'done')).toBe(true);
  expect(report.traceHash).toBeNull();
}

describe('over real UDP sockets', () => {
  it('the flagship counts exactly across loss, duplication, reordering and corruption', async () => {
    const report = await flyOverUdp('crossover-wordcount', ['timeScale=40', 'jobs.0.maxCollectRecords=200']);
    expectToHold(report);
    expect(report.network.lost).toBeGreaterThan(0);
    expect(report.network.retransmissions).toBeGreaterThan(0);
  });

  it('a job crosses contacts that open only now and then', async () => {
    expectToHold(await flyOverUdp('plan-file', []));
  });

  it('a reducer that goes dark and comes back gets everything', async () => {
    expectToHold(await flyOverUdp('node-down', []));
  });

  it('satellites that only a later plan joins reach each other', async () => {
    const report = await flyOverUdp('plan-update', []);
    expectToHold(report);
    expect(report.network.trafficDelivered).toBeGreaterThan(180);
  });

  it('plain bundles in custody all arrive', async () => {
    const report = await flyOverUdp('traffic', []);
    expect(report.checks.filter((check) => !check.ok)).toEqual([]);
    expect(report.network.trafficDelivered).toBeGreaterThan(0);
  });

  it('ends early with what it has when it is told to', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 300);
    const report = await flyOverUdp('crossover-wordcount', ['timeScale=1'], abort.signal);
    expect(report.interrupted).toBe(true);
    expect(report.jobs[0]).toMatchObject({ state: 'failed', result: null });
  });

  it('light takes its time', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leodtn-udp-'));
    try {
      const lines = [
        [1, 2],
        [2, 3],
      ].flatMap(([a, b]) => [
        `a contact +0 +900 ${a} ${b} 100000`,
        `a contact +0 +900 ${b} ${a} 100000`,
        `a range +0 +900 ${a} ${b} 10`,
      ]);
      writeFileSync(join(folder, 'plan.ionrc'), `${lines.join('\n')}\n`);
      writeFileSync(join(folder, 'text.txt'), 'a b\nc\n');
      const file = join(folder, 'far.yaml');
      writeFileSync(
        file,
        'plan: plan.ionrc\ntimeScale: 40\njobs: [{ los: 1, aoi: [2, 3], collectors: 1, reducer: 1, data: { filename: text.txt } }]\n',
      );
      const { report } = await runScenario(await loadScenario(file), { udp: true });
      expectToHold(report);
      // Three ways of light at the least, 10 s each in the scenario's own time: request, batch, record.
      expect(report.jobs[0]?.jobTimeSeconds).toBeGreaterThan(30);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('refuses more satellites than sockets', async () => {
    const tooMany = ['constellation.planes=50', 'constellation.satellitesPerPlane=50', 'jobs.0.deadlineSeconds=10'];
    await expect(flyOverUdp('no-faults', tooMany)).rejects.toMatchObject({ code: 'too-many-sockets' });
  });
});
