/** What waits beside a dark satellite goes to it as soon as it is back, and not by a contact half an hour later. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runScenario } from '../../src/simulator/run.node.js';
import { loadScenario } from '../../src/simulator/scenario-file.node.js';

const FILE = fileURLToPath(new URL('../../scenarios/node-down.yaml', import.meta.url));

/** The satellites are back at 35 s, and the work left then takes about half a minute. */
const SOON_SECONDS = 120;

describe('a reducer that goes dark and comes back', () => {
  it.each([1, 3, 4, 5, 8])('gets its records soon after with seed %i', async (seed) => {
    const { report } = await runScenario(await loadScenario(FILE, { set: [], seed }));
    expect(report.checks.filter((check) => !check.ok)).toEqual([]);
    expect(report.jobs[0]).toMatchObject({ state: 'done' });
    expect(report.jobs[0]?.jobTimeSeconds).toBeLessThan(SOON_SECONDS);
  });
});
