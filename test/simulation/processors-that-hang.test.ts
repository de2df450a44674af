/** A processor that never answers, and a run that is stopped while one works. */
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
    const scenario = await loadScenario(scenarioWith(0.05), {});
    const { report } = await runScenario(scenario, { baseDir: FIXTURES, udp });
    expect(report.jobs[0]).toMatchObject({ state: 'failed' });
    expect(report.jobs[0]?.reason).toMatch(/mapper .* failed: no answer within 0.05 s/);
  });

  it('does not keep a run that is stopped', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    const scenario = await loadScenario(scenarioWith(3600), {});
    const { report } = await runScenario(scenario, { baseDir: FIXTURES, signal: abort.signal });
    expect(report.interrupted).toBe(true);
    expect(report.jobs[0]).toMatchObject({ state: 'failed', reason: 'the run was stopped before the job ended' });
  });
});
