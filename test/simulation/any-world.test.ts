/**
 * Random worlds: whatever the plan, the hardships and the faults are, a job is done exactly or fails with a reason, and no
 * checker has anything to say. Where the faults heal long before the deadline, it is done.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { canonicalJson } from '../../src/base/json.js';
import { loadScenario, type RunReport, runScenario } from '../../src/simulator/index.node.js';
import { countOf, smallWorld, write } from './fly.js';

const words = Array.from({ length: 25 }, (_, i) => `w${i % 5} __proto__ ä${i % 3}`).join('\n');
const text = write('text.txt', words);

const links = fc.record({
  loss: fc.constantFrom(0, 0.1, 0.3, 0.5),
  duplication: fc.constantFrom(0, 0.3),
  corruption: fc.constantFrom(0, 0.1),
  reordering: fc.record({ probability: fc.constantFrom(0, 0.5), delayMs: fc.constantFrom(1, 100, 3000) }),
});
const job = fc.record({
  collectors: fc.integer({ min: 1, max: 2 }),
  maxCollectRecords: fc.constantFrom(1, 4, 100),
  collect: fc.constantFrom('doccollector', 'wordcountcollector'),
  allocator: fc.constantFrom('bipartite', 'greedy', 'random'),
  reducer: fc.constantFrom('auto', 'los', 'center'),
});

async function flyAny(scenario: object): Promise<RunReport> {
  const { report } = await runScenario(await loadScenario(write('any.yaml', stringify(scenario))));
  const broken = report.checks.filter(({ ok, name }) => !ok && !name.startsWith('expectations'));
  expect(broken).toEqual([]);
  for (const { state, reason, result } of report.jobs) {
    if (state === 'done') expect(canonicalJson(result)).toBe(countOf(words));
    else expect(reason ?? '').not.toBe('');
  }
  return report;
}

/** Faults come and go again: each lasts some seconds, all are over by `untilSeconds`. */
function healing(nodes: fc.Arbitrary<unknown>, neighbour: (node: unknown) => unknown, untilSeconds: number) {
  const fault = fc.record({
    node: nodes,
    isLink: fc.boolean(),
    from: fc.integer({ min: 0, max: untilSeconds - 1 }),
    lasts: fc.integer({ min: 1, max: untilSeconds }),
  });
  return fc.array(fault, { maxLength: 8 }).map((faults) =>
    faults
      .flatMap(({ node, isLink, from, lasts }) => {
        const end = Math.min(untilSeconds, from + lasts);
        const what = isLink ? { from: node, to: neighbour(node) } : { node };
        const kind = isLink ? 'link' : 'node';
        return [
          { at: from, kind: `${kind}-down`, ...what },
          { at: end, kind: `${kind}-up`, ...what },
        ];
      })
      .sort((a, b) => a.at - b.at),
  );
}

describe('in any world', () => {
  it('of contacts that come and go, a job is done exactly or fails with a reason', async () => {
    const nodes = 5;
    const contact = fc.record({
      from: fc.integer({ min: 1, max: nodes }),
      to: fc.integer({ min: 1, max: nodes }),
      start: fc.integer({ min: 0, max: 60 }),
      lasts: fc.integer({ min: 1, max: 40 }),
    });
    const outcomes = { done: 0, failed: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(contact, { minLength: 12, maxLength: 40 }),
        links,
        job,
        healing(fc.integer({ min: 1, max: nodes }), (node) => ((node as number) % nodes) + 1, 50),
        fc.constantFrom({}, { enabled: false }, { volatile: false }),
        fc.integer(),
        async (contacts, hardship, work, faults, custody, seed) => {
          const busyUntil = new Map<string, number>();
          const lines: string[] = [];
          // Contacts back to back are one of the things to try, contacts on top of each other no plan may have.
          for (const { from, to, start, lasts } of [...contacts].sort((a, b) => a.start - b.start)) {
            const begin = Math.max(start, busyUntil.get(`${from} ${to}`) ?? 0);
            if (from === to) continue;
            busyUntil.set(`${from} ${to}`, begin + lasts);
            const window = `+${begin} +${begin + lasts} ${from} ${to}`;
            lines.push(`a range ${window} 0.01`, `a contact ${window} 20000`);
          }
          // Every satellite is in the plan, reachable or not.
          for (let node = 1; node <= nodes; node++) {
            const to = (node % nodes) + 1;
            lines.push(`a range +500 +501 ${node} ${to} 0.01`, `a contact +500 +501 ${node} ${to} 20000`);
          }
          const filename = write('plan.ionrc', `${lines.join('\n')}\n`);
          const report = await flyAny({
            name: 'any plan',
            seed,
            plan: { filename },
            links: hardship,
            custody,
            faults,
            jobs: [{ ...work, at: 1, los: 1, aoi: [2, 3, 4, 5], data: { filename: text }, deadlineSeconds: 120 }],
          });
          outcomes[report.jobs[0]?.state ?? 'failed']++;
        },
      ),
      { numRuns: 120 },
    );
    expect(outcomes.done).toBeGreaterThan(5);
    expect(outcomes.failed).toBeGreaterThan(5);
  });

  it('of a constellation whose faults heal, a job is done exactly', async () => {
    const satellite = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 }));
    const nextInPlane = (node: unknown) => {
      const [sat, orb] = node as [number, number];
      return [(sat % 9) + 1, orb];
    };
    await fc.assert(
      fc.asyncProperty(
        links,
        job,
        healing(satellite, nextInPlane, 30),
        fc.integer(),
        async (hardship, work, faults, seed) => {
          const world = smallWorld(text);
          const [first] = world['jobs'] as object[];
          const report = await flyAny({
            ...world,
            seed,
            faults,
            links: { rateBytesPerSecond: 100_000, ...hardship },
            processing: { collectMs: 400, mapMs: 100 },
            jobs: [{ ...first, ...work, deadlineSeconds: 1800 }],
          });
          expect(report.jobs[0]).toMatchObject({ state: 'done', reason: null });
        },
      ),
      { numRuns: 40 },
    );
  });
});
