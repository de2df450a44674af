/** Where the package, the scenario and its files lie on a machine changes nothing of what flies. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadScenario, runScenario } from '../../src/simulator/index.node.js';
import { write } from './fly.js';

const root = mkdtempSync(join(tmpdir(), 'leodtn-places-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('gives one trace hash in folders of different depth', async () => {
  const text = write('text.txt', 'one two\nthree\n'.repeat(50));
  const scenario = write(
    'scenario.yaml',
    `constellation: { pattern: star, planes: 4, satellitesPerPlane: 11, altitudeKm: 530, inclinationDeg: 87 }
links: { loss: 0.1 }
jobs: [{ aoi: { sats: [1, 4], orbs: [1, 4] }, collectors: 3, data: { filename: text.txt } }]
`,
  );
  const hashes = [];
  for (const folder of [root, join(root, 'a', 'much', 'deeper', 'folder', 'of', 'another', 'length')]) {
    mkdirSync(folder, { recursive: true });
    copyFileSync(text, join(folder, 'text.txt'));
    copyFileSync(scenario, join(folder, 'scenario.yaml'));
    const { report } = await runScenario(await loadScenario(join(folder, 'scenario.yaml')));
    expect(report.jobs[0]?.state).toBe('done');
    hashes.push(report.traceHash);
  }
  expect(hashes[1]).toBe(hashes[0]);
});
