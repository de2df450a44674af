/** Jobs at the same time, from one LOS satellite and from several, do not get into each other's way. */
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadScenario, runScenario } from '../../src/simulator/index.node.js';
import { FIXTURES, flyThis, smallWorld, write } from './fly.js';

const text = (words: string, lines: number) => write('text.txt', `${words}\n`.repeat(lines));

describe('jobs at once', () => {
  it('are each exact, with their own numbers, on the same satellites', async () => {
    const world = smallWorld('');
    const [job] = world['jobs'] as object[];
    const { report } = await flyThis(
      {
        ...world,
        jobs: [
          { ...job, at: 2, data: { filename: text('a a b', 50) } },
          { ...job, at: 1, data: { filename: text('c', 40) }, maxCollectRecords: 1 },
          { ...job, at: 1, data: { filename: text('d e', 30) }, collect: 'wordcountcollector', reducer: 'los' },
          { ...job, at: 1, los: [3, 2], data: { filename: text('a', 20) }, allocator: 'random' },
        ],
      },
      ['links.loss=0.2', 'links.duplication=0.1'],
    );
    expect(report.jobs.map(({ id, state, result }) => [id, state, result])).toEqual([
      ['1-3', 'done', { a: 100, b: 50 }],
      ['1-1', 'done', { c: 40 }],
      ['1-2', 'done', { d: 30, e: 30 }],
      ['12-1', 'done', { a: 20 }],
    ]);
  });

  it('fail and succeed apart from each other', async () => {
    const world = smallWorld(text('a', 10));
    const [job] = world['jobs'] as object[];
    const jobs = [{ ...job, map: './out-of-film.mjs' }, job];
    const scenario = await loadScenario(write('two.yaml', stringify({ ...world, jobs })));
    const outcome = await runScenario(scenario, { baseDir: FIXTURES });
    expect(outcome.report.jobs.map(({ state }) => state)).toEqual(['failed', 'done']);
    expect(outcome.report.checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual([
      'expectations of the scenario',
    ]);
  });
});
