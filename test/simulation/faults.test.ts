/** Links are cut and satellites go dark under a job that needs them, and come back. */
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/base/json.js';
import { countOf, flyThis, smallWorld, write } from './fly.js';

const words = Array.from({ length: 90 }, (_, i) => `a${i % 4} b${i % 9} c`).join('\n');
const text = write('text.txt', words);
const world = { ...smallWorld(text), processing: { collectMs: 500, mapMs: 200, reduceMs: 3000 } };
const down = (node: unknown, from: number, to: number) => [
  { at: from, kind: 'node-down', node },
  { at: to, kind: 'node-up', node },
];
const cut = (a: unknown, b: unknown, from: number, to: number) => [
  { at: from, kind: 'link-down', from: a, to: b },
  { at: to, kind: 'link-up', from: a, to: b },
];
const inOrder = (faults: { at: number }[]) => faults.sort((a, b) => a.at - b.at);

/** Who does what in the small world when nothing goes wrong. */
async function placed() {
  const { report } = await flyThis(world);
  const [job] = report.jobs;
  return {
    collector: job?.collectors[0],
    mapper: job?.mappers[1],
    reducer: job?.reducer,
    los: job?.los,
    time: job?.jobTimeSeconds ?? 0,
  };
}

describe('a job is exact though', () => {
  it.each([
    ['its collector', 'collector', 3, 40],
    ['its mapper', 'mapper', 3, 40],
    ['its reducer', 'reducer', 3, 40],
    ['its reducer, while it reduces,', 'reducer', 16, 60],
    ['its LOS satellite', 'los', 1.2, 60],
    ['its LOS satellite, from before the job came in,', 'los', 0, 30],
  ] as const)('%s is dark for a while', async (_, role, from, to) => {
    const roles = await placed();
    const [sat, orb] = roles[role] as [number, number];
    const heard: object[] = [];
    const { report } = await flyThis(
      { ...world, faults: down(roles[role], from, to) },
      ['links.reordering={probability: 0.5, delayMs: 800}'],
      {
        onEvent: (event) => {
          const isDark = event.atSeconds > from && event.atSeconds < to;
          if (isDark && event.node === (orb - 1) * 9 + sat) heard.push(event);
        },
      },
    );
    expect(heard).toEqual([]);
    expect(report.jobs[0]).toMatchObject({ state: 'done' });
    expect(canonicalJson(report.jobs[0]?.result ?? null)).toBe(countOf(words));
    expect(report.virtualSeconds).toBeGreaterThan(to);
  });

  it('all links around a mapper are cut again and again, with loss besides', async () => {
    const { mapper } = await placed();
    const [sat, orb] = mapper as [number, number];
    const neighbours = [
      [sat - 1, orb],
      [sat + 1, orb],
      [sat, orb - 1],
      [sat, orb + 1],
    ].filter(([, o]) => (o as number) >= 1);
    const faults = inOrder(
      [3, 9, 15].flatMap((from) =>
        neighbours.flatMap((each, i) => cut(mapper, each, from + i * 0.3, from + 4 + i * 0.2)),
      ),
    );
    const { report } = await flyThis({ ...world, faults }, ['links.loss=0.2', 'links.duplication=0.1']);
    expect(canonicalJson(report.jobs[0]?.result ?? null)).toBe(countOf(words));
    expect(report.network.outages).toBeGreaterThan(0);
  });
});

describe('a job fails at its deadline and names who was missing when', () => {
  it.each(['collector', 'mapper', 'reducer'] as const)('its %s goes dark for good', async (role) => {
    const roles = await placed();
    const faults = [{ at: 0, kind: 'node-down', node: roles[role] }];
    const { report } = await flyThis({ ...world, faults, expect: { jobs: 'failed' } }, ['jobs.0.deadlineSeconds=50']);
    expect(report.jobs[0]).toMatchObject({ state: 'failed', jobTimeSeconds: 50 });
    expect(report.jobs[0]?.reason).toContain(`at satellite ${JSON.stringify(roles[role])}`);
  });

  it('its LOS satellite goes dark for good', async () => {
    const { los } = await placed();
    const faults = [{ at: 0.5, kind: 'node-down', node: los }];
    const { report } = await flyThis({ ...world, faults, expect: { jobs: 'failed' } }, ['jobs.0.deadlineSeconds=50']);
    expect(report.jobs[0]?.reason).toBe(`no result within 50 s: its LOS satellite ${JSON.stringify(los)} is dark`);
  });
});
