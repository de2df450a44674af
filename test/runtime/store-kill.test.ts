/** The durable store of a process that is killed while it writes. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Random } from '../../src/base/random.js';
import { openLmdbStore } from '../../src/runtime/lmdb-store.node.js';
import { numberedRecord, told } from '../helpers/records.js';

const WRITER = fileURLToPath(new URL('../helpers/store-writer.ts', import.meta.url));
const KILLS = 20;

/** Runs the writer, kills it `afterMs` after its first flush, and gives the lines that it wrote. */
async function killed(folder: string, afterMs: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', WRITER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  const exited = new Promise<void>((resolve) => child.on('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`the writer ended with status ${code}`)));
    child.stdout.on('data', (bytes) => {
      output += bytes;
      if (output.includes('done')) resolve();
    });
  });
  await sleep(afterMs);
  child.kill('SIGKILL');
  await exited;
  // The last line may be cut off.
  return output.split('\n').slice(0, -1);
}

it('holds what its flushes had held exactly once, whenever the process is killed, and can be opened at once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'leodtn-kill-'));
  const random = new Random(5);
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const lines = await killed(folder, random.next() * 40);
      const lastDone = lines.lastIndexOf('done');
      const allowed = [lines[lastDone - 1], lines[lastDone + 1]].filter((line) => line !== undefined);
      const { store, found } = await openLmdbStore({ folder, fileFromBytes: 100_000, memoryBytes: 0 });
      const records = [...store.records()].sort((a, b) => a.sequence - b.sequence);
      expect(allowed).toContain(records.map(({ sequence }) => sequence).join());
      // What was flushed together is there together.
      expect(Buffer.from(store.state.get('agent/held')!).toString()).toBe(
        records.map(({ sequence }) => sequence).join(),
      );
      for (const record of records) expect(told(record).bytes).toBe(told(numberedRecord(record.sequence)).bytes);
      expect(found.setAside).toBe(0);
      await store.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
