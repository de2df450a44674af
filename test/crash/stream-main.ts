/** `npm run stream-test [-- --mib N --nodes N --no-kills --rate BYTES --out FOLDER --command FILE]`: a long stream through nodes that are killed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { builtCommand } from '../helpers/command.js';
import { runStream } from './stream-run.js';

const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '1024' },
    nodes: { type: 'string', default: '6' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '20000000' },
    'no-kills': { type: 'boolean', default: false },
    out: { type: 'string' },
    command: { type: 'string' },
  },
});
const folder = values.out ?? mkdtempSync(join(tmpdir(), 'leodtn-stream-'));
const startedMs = Date.now();
const result = await runStream({
  folder,
  command: values.command ?? builtCommand(),
  bytes: Number(values.mib) * 1024 * 1024,
  nodes: Number(values.nodes),
  kills: !values['no-kills'],
  seed: Number(values.seed),
  rateBytesPerSecond: Number(values.rate),
  say: (line) => process.stdout.write(`${((Date.now() - startedMs) / 1_000).toFixed(1)} s: ${line}\n`),
});
const mib = result.peakBytes.map((peak) => Number((peak / 1_048_576).toFixed(1)));
process.stdout.write(`${JSON.stringify({ ...result, peakMib: mib }, null, 2)}\n`);
if (values.out === undefined) rmSync(folder, { recursive: true, force: true });
process.exit(result.isSame && mib.every((peak) => peak < 64) ? 0 : 1);
