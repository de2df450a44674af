/** Soaks with real workers: the seeds that every change is held to, and what becomes of runs that fail, hang or are cut short. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keepCase } from '../../src/soak/case-files.node.js';
import { generateCase } from '../../src/soak/generate.js';
import { soakProfile } from '../../src/soak/profiles.js';
import { runCaseFile } from '../../src/soak/run-case.node.js';
import { type SoakOptions, soak } from '../../src/soak/soak.node.js';

const OPTIONS: SoakOptions = {
  firstSeed: 1,
  lastSeed: 1,
  workers: 2,
  profile: undefined,
  scenario: undefined,
  outFolder: undefined,
  signal: new AbortController().signal,
  workerEntry: new URL('./worker-entry.mjs', import.meta.url),
};

/** A worker that never comes back from a seed. */
const HANGING = new URL('./hanging-entry.mjs', import.meta.url);

const folder = () => mkdtempSync(join(tmpdir(), 'leodtn-soak-test-'));

/** Seeds of the harsh profile that every run of the tests flies. */
const FIRST_SEED = 1;
const LAST_SEED = 200;

describe('the harsh soak', () => {
  it(`violates no checker with seeds ${FIRST_SEED} to ${LAST_SEED}`, { timeout: 600_000 }, async () => {
    const totals = await soak({ ...OPTIONS, firstSeed: FIRST_SEED, lastSeed: LAST_SEED, profile: 'harsh' });
    const { seedsRun, bundles, crashes, jobsDone } = totals;
    console.log(
      `harsh seeds ${FIRST_SEED} to ${LAST_SEED}: ${bundles} bundles, ${crashes} crashes, ${jobsDone} jobs done`,
    );
    expect(totals.violations).toEqual([]);
    expect(seedsRun).toBe(LAST_SEED - FIRST_SEED + 1);
    expect(crashes).toBeGreaterThan(seedsRun);
    expect(jobsDone).toBeGreaterThan(seedsRun / 2);
  });
});

describe('a harsh case that once failed', () => {
  it.each([
    [8487, 'a copy under way for long is younger by its age than the first, and came when that one had expired'],
  ])('%i: %s', async (seed) => {
    expect(
      (await soak({ ...OPTIONS, firstSeed: seed, lastSeed: seed, workers: 1, profile: 'harsh' })).violations,
    ).toEqual([]);
  });
});

describe('a soak', () => {
  it('comes to the same with one worker and with three', async () => {
    const one = await soak({ ...OPTIONS, lastSeed: 12, workers: 1 });
    expect(await soak({ ...OPTIONS, lastSeed: 12, workers: 3 })).toEqual(one);
    expect(one.seedsRun).toBe(12);
  });

  it('makes a failing scenario small, into a file that fails in the same way', async () => {
    const out = folder();
    const failing = generateCase(3, soakProfile('mild'));
    const flow = { from: 1, to: 2, count: 3, custody: true, lifetimeSeconds: 100_000 };
    // A bundle in custody that its plan cannot bring home before the end.
    const scenario = keepCase(
      { ...failing, form: { ...failing.form, traffic: [...(failing.form.traffic ?? []), flow], endSeconds: 2 } },
      [],
      out,
    );
    const totals = await soak({ ...OPTIONS, scenario, firstSeed: 7, lastSeed: 7, outFolder: out });
    expect(totals.seedsRun).toBe(1);
    const [violation] = totals.violations;
    expect(violation).toMatchObject({ seed: 7 });
    const file = violation?.file as string;
    expect(dirname(file)).toBe(out);
    expect(readFileSync(file, 'utf8')).toContain('Found by leodtn soak, seed 7');
    const { violations } = await runCaseFile(file);
    expect(violations.map(({ checker }) => checker)).toContain(violation?.checker);
  });

  it('counts a run that does not end as a violation of its own, keeps its case, and goes on', async () => {
    const out = folder();
    const totals = await soak({
      ...OPTIONS,
      lastSeed: 3,
      workers: 1,
      outFolder: out,
      hangMs: 10,
      workerEntry: HANGING,
    });
    expect(totals.seedsRun).toBe(3);
    expect(totals.violations.map(({ seed, checker }) => [seed, checker])).toEqual([
      [1, 'run'],
      [2, 'run'],
      [3, 'run'],
    ]);
    expect(readFileSync(totals.violations[0]?.file as string, 'utf8')).toContain('has not ended');
  });

  it('ends with what it has when it is told to', async () => {
    const stop = new AbortController();
    const totals = await soak({
      ...OPTIONS,
      lastSeed: 1_000_000,
      signal: stop.signal,
      onSeed: ({ seedsRun }) => {
        if (seedsRun === 3) stop.abort();
      },
    });
    expect(totals.seedsRun).toBeGreaterThanOrEqual(3);
    expect(totals.seedsRun).toBeLessThan(10);
  });

  it('refuses a scenario that cannot be read', async () => {
    const file = join(folder(), 'bad.yaml');
    writeFileSync(file, 'seed: 1\n');
    await expect(soak({ ...OPTIONS, scenario: file })).rejects.toThrow('no world');
  });
});
