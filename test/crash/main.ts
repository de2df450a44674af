/**
 * `npm run kill-test [-- --kills N --seed S --nodes N --at-once N --out FOLDER --command FILE]`: kills real nodes and looks whether anything is lost. Exit
 * status 1 where something is; the folder of the run is kept then.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { builtCommand } from '../helpers/command.js';
import { runCampaign } from './campaign.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    nodes: { type: 'string', default: '5' },
    'at-once': { type: 'string', default: '3' },
    'pause-ms': { type: 'string', default: '600' },
    out: { type: 'string' },
    command: { type: 'string' },
  },
});
const folder = values.out ?? mkdtempSync(join(tmpdir(), 'leodtn-kill-'));
const startedMs = Date.now();
const result = await runCampaign({
  folder,
  command: values.command ?? builtCommand(),
  seed: Number(values.seed),
  kills: Number(values.kills),
  nodes: Number(values.nodes),
  atOnce: Number(values['at-once']),
  pauseMs: Number(values['pause-ms']),
  say: (line) => process.stdout.write(`${((Date.now() - startedMs) / 1_000).toFixed(1)} s: ${line}\n`),
});
process.stdout.write(`${JSON.stringify({ seed: Number(values.seed), ...result }, null, 2)}\n`);
if (result.violations.length === 0 && values.out === undefined) rmSync(folder, { recursive: true, force: true });
else process.stdout.write(`kept: ${folder}\n`);
process.exit(result.violations.length === 0 ? 0 : 1);
