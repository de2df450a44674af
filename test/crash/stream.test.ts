/** A stream through real nodes that are killed, short enough for every run; the long one is `npm run stream-test`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { builtCommand } from '../helpers/command.js';
import { runStream } from './stream-run.js';

const MIB = 1024 * 1024;

it('carries a stream whole through four nodes, each killed once, none of which takes 64 MiB more than at its start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'leodtn-stream-'));
  const result = await runStream({
    folder,
    command: builtCommand(),
    bytes: 24 * MIB,
    nodes: 4,
    kills: true,
    seed: 1,
    rateBytesPerSecond: 20_000_000,
    say: () => {},
  });
  expect(result.isSame, `${result.sent}; ${folder}`).toBe(true);
  expect(result.kills).toBe(4);
  expect(Math.max(...result.peakBytes)).toBeLessThan(64 * MIB);
  rmSync(folder, { recursive: true, force: true });
}, 300_000);
