/** A job whose LOS satellite is dark: its deadline counts from when it was asked for, and whoever asked learns of it. */

import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadScenario, runScenario } from '../../src/simulator/index.node.js';
import { smallWorld, write } from './fly.js';

async function flyWith(faults: object[], deadlineSeconds: number) {
  const world = smallWorld(write('text.txt', 'a b\nc\n')) as { jobs: { [field: string]: unknown }[] };
  const jobs = world.jobs.map((job) => ({ ...job, at: 1, los: [1, 1], deadlineSeconds }));
  const file = write('dark.yaml', stringify({ ...world, jobs, faults, endSeconds: 500 }));
  return (await runScenario(await loadScenario(file, {}))).report;
}

const down = (at: number) => ({ at, kind: 'node-down', node: [1, 1] });
const up = (at: number) => ({ at, kind: 'node-up', node: [1, 1] });

describe('a dark LOS satellite', () => {
  it('fails the job at its deadline, by name', async () => {
    const report = await flyWith([down(0)], 20);
    expect(report.jobs[0]).toMatchObject({
      state: 'failed',
      reason: 'no result within 20 s: its LOS satellite [1,1] is dark',
    });
    expect(report.jobs[0]?.jobTimeSeconds).toBeCloseTo(20, 3);
  });

  it('takes a job in late, with what is left of its time', async () => {
    const report = await flyWith([down(0), up(10)], 20);
    expect(report.jobs[0]).toMatchObject({ state: 'done' });
    expect(report.jobs[0]?.jobTimeSeconds).toBeGreaterThan(9);
  });

  it('does not take in a job whose time is over', async () => {
    const report = await flyWith([down(0), up(25)], 20);
    expect(report.jobs[0]?.state).toBe('failed');
  });
});
