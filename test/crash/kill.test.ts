/** A small campaign of kills against real nodes; the long one is `npm run kill-test`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { builtCommand } from '../helpers/command.js';
import { runCampaign } from './campaign.js';

const KILLS = 15;

it(`loses nothing and doubles nothing over ${KILLS} kills of nodes`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'leodtn-kill-'));
  const seed = Date.now() % 1_000_000;
  const said: string[] = [];
  const options = { folder, command: builtCommand(), seed, kills: KILLS, nodes: 4, atOnce: 2, pauseMs: 500 };
  const result = await runCampaign({ ...options, say: (line) => void said.push(line) });
  const words = `npm run kill-test -- --seed ${seed} --kills ${KILLS} --nodes 4 --at-once 2 --pause-ms 500; ${folder}`;
  expect(result.violations, words).toEqual([]);
  expect(result.kills, words).toBeGreaterThanOrEqual(KILLS);
  expect(result.accepted, words).toBeGreaterThan(0);
  expect(result.delivered, words).toBeGreaterThanOrEqual(result.accepted);
  console.log(`kill test: seed ${seed}, ${result.kills} kills, ${result.accepted} bundles, ${result.seconds} s`);
  rmSync(folder, { recursive: true, force: true });
}, 240_000);
