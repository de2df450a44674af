/** A job that needs a satellite which no contact reaches fails at its deadline and names it; nothing else goes wrong. */
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { UsageError } from '../../src/base/errors.js';
import { loadScenario, runScenario } from '../../src/simulator/index.node.js';
import { flyThis, write } from './fly.js';

const text = write('text.txt', 'a b\nc d\n');

/** Nodes 1 to 3 see each other all the time; others as the lines say. */
function planned(lines: readonly string[], jobs: object, more: object = {}) {
  const always = ['1 2', '2 1', '2 3', '3 2', '1 3', '3 1'];
  const plan = [...always.map((pair) => `a contact +0 +500 ${pair} 100000`), ...lines].join('\n');
  const ranges = ['1 2', '2 3', '1 3', '3 4', '2 4', '1 4'].map((pair) => `a range +0 +500 ${pair} 1`).join('\n');
  const filename = write('plan.ionrc', `${ranges}\n${plan}\n`);
  const job = { los: 1, collectors: 1, data: { filename: text }, deadlineSeconds: 60, ...jobs };
  return { name: 'planned', plan: { filename }, links: {}, jobs: [job], expect: { jobs: 'failed' }, ...more };
}

describe('a job', () => {
  it.each([
    ['mapper', { aoi: [2, 4], reducer: 3 }, 'mapper 1 at satellite 4'],
    ['reducer', { aoi: [2, 3], reducer: 4 }, 'reducer at satellite 4'],
  ])('whose %s cannot be reached fails at its deadline and says so', async (_, job, words) => {
    const { report } = await flyThis(planned(['a contact +0 +500 4 3 100000'], job));
    expect(report.jobs[0]).toMatchObject({ state: 'failed', result: null, jobTimeSeconds: 60 });
    expect(report.jobs[0]?.reason).toContain(`no result within 60 s: no contact reaches ${words}`);
  });

  it('whose collectors cannot all be reached names those, and not the mappers that wait for them', async () => {
    const lines = ['a contact +0 +500 4 3 100000', 'a contact +0 +500 5 3 100000', 'a range +0 +500 3 5 1'];
    const { report } = await flyThis(planned(lines, { aoi: [4, 5], reducer: 'los' }));
    expect(report.jobs[0]?.reason).toBe(
      'no result within 60 s: no contact reaches collector 1 at satellite 4, mapper 1 at satellite 5',
    );
  });

  it('whose result finds no way back fails at its deadline', async () => {
    const { report } = await flyThis(planned(['a contact +0 +500 3 4 100000'], { aoi: [2, 3], reducer: 4 }));
    expect(report.jobs[0]).toMatchObject({ state: 'failed', jobTimeSeconds: 60 });
    expect(report.jobs[0]?.reason).toContain('nothing was heard from reducer at satellite 4');
  });

  it('that waits for a contact beyond its deadline fails; with a later deadline it is done', async () => {
    const lines = ['a contact +100 +500 3 4 100000', 'a contact +100 +500 4 3 100000'];
    const late = await flyThis(planned(lines, { aoi: [2, 3], reducer: 4 }));
    expect(late.report.jobs[0]).toMatchObject({ state: 'failed', jobTimeSeconds: 60 });
    const done = await flyThis(
      planned(lines, { aoi: [2, 3], reducer: 4, deadlineSeconds: 200 }, { expect: { jobs: 'done' } }),
    );
    expect(done.report.jobs[0]?.result).toEqual({ a: 1, b: 1, c: 1, d: 1 });
    expect(done.report.jobs[0]?.jobTimeSeconds).toBeGreaterThan(99);
  });

  it.each([
    ['los', { los: 99, aoi: [2, 3] }, {}],
    ['aoi', { aoi: [2, 99] }, {}],
    ['reducer', { aoi: [2, 3], reducer: 99 }, {}],
    ['faults', { aoi: [2, 3] }, { faults: [{ at: 1, kind: 'link-down', from: 1, to: 99 }] }],
    ['traffic', { aoi: [2, 3] }, { traffic: [{ from: 99, to: 1 }] }],
  ])('in a world without a satellite that it names cannot be run: %s', async (_, job, more) => {
    const scenario = await loadScenario(write('scenario.yaml', stringify(planned([], job, more))));
    const error = await runScenario(scenario).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toContain('node 99');
  });
});
