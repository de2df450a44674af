/** A processor that never answers, and a run that is stopped while one works. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadScenario, runScenario } from '../../src/simulator/index.node.js';
import { FIXTURES, smallWorld, write } from './fly.js';

const HANGS = `export default class { run_map() { return { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }; } }`;

function scenarioWith(limitSeconds: number): string {
  const text = write('text.txt', 'a b\nc\n');
  const world = smallWorld(text) as { jobs: { [field: string]: unknown }[] };
  const jobs = world.jobs.map((job) => ({ ...job, map: write('hangs.mjs', HANGS) }));
  return write('hangs.yaml', stringify({ ...world, jobs, processing: { stepLimitSeconds: limitSeconds } }));
}

describe('a processor that never answers', () => {
  it.each([false, true])('fails its job when its limit is over (udp: %s)', async (udp) => {
    const scenario = await loadScenario(scenarioWith(0.5), {});
    const { report } = await runScenario(scenario, { baseDir: FIXTURES, udp });
    expect(report.jobs[0]).toMatchObject({ state: 'failed' });
    expect(report.jobs[0]?.reason).toMatch(/mapper .* failed: no answer within 0.5 s/);
  });

  it('breaks the check of results where it hangs only when the job is run once more', async () => {
    const once = write(
      'once.mjs',
      `let made = 0;
export default class {
  constructor() { this.number = ++made; }
  run_map({ data }) { return this.number <= LIMIT ? [{ lines: data.length }] : { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }; }
}`,
    );
    const world = smallWorld(write('text.txt', 'a b\nc\n')) as { jobs: { collectors: number }[] };
    const collectors = world.jobs[0]?.collectors ?? 1;
    // One more is made when the processors are looked at before the run.
    writeFileSync(once, readFileSync(once, 'utf8').replace('LIMIT', String(collectors + 1)));
    const jobs = world.jobs.map((job) => ({ ...job, map: once }));
    const file = write('once.yaml', stringify({ ...world, jobs, processing: { stepLimitSeconds: 0.02 } }));
    const { report } = await runScenario(await loadScenario(file, {}), { baseDir: FIXTURES });
    expect(report.jobs[0]?.state).toBe('done');
    expect(report.checks[0]).toMatchObject({ ok: false });
    expect(report.checks[0]?.detail).toContain('could not be run locally');
  });

  it.each([false, true])('is closed when the run ends while it works (udp: %s)', async (udp) => {
    const shared = globalThis as { readersOpen?: number };
    shared.readersOpen = 0;
    const reader = write(
      'reader.mjs',
      `export default class { *collect() {
        globalThis.readersOpen++;
        try { for (;;) yield 'a'; } finally { globalThis.readersOpen--; }
      } }`,
    );
    const world = smallWorld(write('text.txt', 'a b\nc\n')) as { jobs: { [field: string]: unknown }[] };
    const jobs = world.jobs.map((job) => ({ ...job, collect: reader }));
    const file = write(
      'reader.yaml',
      stringify({ ...world, jobs, endSeconds: 8, timeScale: 10, processing: { collectMs: 500 } }),
    );
    let most = 0;
    const onEvent = () => {
      most = Math.max(most, shared.readersOpen ?? 0);
    };
    const { report } = await runScenario(await loadScenario(file, {}), { baseDir: FIXTURES, udp, onEvent });
    expect(report.jobs[0]?.reason).toMatch(/the run ended at 8 s before the job did/);
    expect(most).toBeGreaterThan(0);
    expect(shared.readersOpen).toBe(0);
  });

  it('does not keep a run that is stopped', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    const scenario = await loadScenario(scenarioWith(3600), {});
    const { report } = await runScenario(scenario, { baseDir: FIXTURES, signal: abort.signal });
    expect(report.interrupted).toBe(true);
    expect(report.traceHash).toBeNull();
    expect(report.jobs[0]).toMatchObject({ state: 'failed', reason: 'the run was stopped before the job ended' });
  });
});
