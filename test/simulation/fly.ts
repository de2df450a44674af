/** Runs of whole scenarios for tests, with what must hold in each of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect } from 'vitest';
import { stringify } from 'yaml';
import { canonicalJson, type JsonValue } from '../../src/base/json.js';
import { loadScenario, type RunOptions, type RunOutcome, runScenario } from '../../src/simulator/index.node.js';

export const SCENARIOS = resolve(import.meta.dirname, '../../scenarios');
export const FLAGSHIP = join(SCENARIOS, 'crossover-wordcount.yaml');
export const FIXTURES = resolve(import.meta.dirname, 'fixtures');

let folder: string | undefined;
let files = 0;

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** A file with this content, for the time of a test file. */
export function write(name: string, content: string | Uint8Array): string {
  folder ??= mkdtempSync(join(tmpdir(), 'leodtn-test-'));
  const path = join(folder, `${++files}-${name}`);
  writeFileSync(path, content);
  return path;
}

/** Runs a scenario file with overrides; whatever becomes of its jobs, every checker must hold. */
export async function fly(file: string, set: readonly string[] = [], options: RunOptions = {}): Promise<RunOutcome> {
  const outcome = await runScenario(await loadScenario(file, { set }), { baseDir: FIXTURES, ...options });
  expect(outcome.report.checks.filter((check) => !check.ok)).toEqual([]);
  return outcome;
}

/** The same for a scenario given as an object. */
export function flyThis(scenario: object, set: readonly string[] = [], options: RunOptions = {}): Promise<RunOutcome> {
  return fly(write('scenario.yaml', stringify(scenario)), set, options);
}

/** Words of a text as the issue defines them, counted in the plainest way there is. */
export function countOf(text: string): string {
  const tally = new Map<string, number>();
  const lines = text.endsWith('\n') ? text.slice(0, -1).split('\n') : text.split('\n');
  if (text !== '')
    for (const line of lines) for (const word of line.split(' ')) tally.set(word, (tally.get(word) ?? 0) + 1);
  return canonicalJson(Object.fromEntries(tally) as JsonValue);
}

/** What of a run must not differ when it is repeated. */
export function essence({ report }: RunOutcome): unknown {
  const { wallSeconds: _, ...rest } = report;
  return rest;
}

/** A small world: 5 x 5 satellites that all see their neighbours, and a job over 16 of them. */
export function smallWorld(filename: string): { [field: string]: unknown } {
  return {
    name: 'small',
    seed: 1,
    constellation: {
      pattern: 'star',
      planes: 5,
      satellitesPerPlane: 9,
      phasing: 1,
      altitudeKm: 1200,
      inclinationDeg: 87,
      crossoverLatitudeDeg: 70,
    },
    links: { rateBytesPerSecond: 200_000 },
    jobs: [
      {
        at: 1,
        los: [1, 1],
        aoi: { sats: [2, 5], orbs: [1, 4] },
        collectors: 3,
        maxCollectRecords: 3,
        data: { filename },
        deadlineSeconds: 300,
      },
    ],
  };
}
