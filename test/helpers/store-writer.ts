/**
 * A process that puts and removes bundles in a durable store until it is killed. Before each flush it writes a line with what will
 * be held then, and once the flush has resolved the line `done`; see test/runtime/store-kill.test.ts.
 */
import { writeSync } from 'node:fs';
import type { BundleRecord } from '../../src/agent/index.js';
import { openLmdbStore } from '../../src/runtime/lmdb-store.node.js';
import { numberedRecord } from './records.js';

const HELD = 40;

const say = (words: string) => writeSync(1, `${words}\n`);

async function main(folder: string): Promise<void> {
  const { store } = await openLmdbStore({ folder, fileFromBytes: 100_000, memoryBytes: 0 });
  const held = new Map<number, BundleRecord>([...store.records()].map((record) => [record.sequence, record]));
  let next = Math.max(0, ...held.keys()) + 1;
  for (let round = 0; ; round++) {
    for (let i = 0; i < 1 + (round % 7); i++) {
      const record = numberedRecord(next);
      held.set(next++, record);
      store.put(record);
    }
    for (const [number, record] of held) {
      if (held.size <= HELD) break;
      held.delete(number);
      store.remove(record, 'delivered');
    }
    const numbers = [...held.keys()];
    store.state.set('agent/held', () => Uint8Array.from(Buffer.from(numbers.join())));
    say(numbers.join());
    await store.flush();
    say('done');
  }
}

await main(process.argv[2] as string);
