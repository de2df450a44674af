/** The durable store, on the disk. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe } from 'vitest';
import type { BundleStore } from '../../src/agent/index.js';
import { type LmdbStore, type LmdbStoreOptions, openLmdbStore } from '../../src/runtime/lmdb-store.node.js';
import { describeBundleStore } from '../compliance/bundle-store.js';

const folders = new Map<BundleStore, string>();
const base = mkdtempSync(join(tmpdir(), 'leodtn-store-'));
let made = 0;

const newFolder = () => join(base, String(made++));

async function openIn(folder: string, more: Partial<LmdbStoreOptions> = {}): Promise<LmdbStore> {
  const { store } = await openLmdbStore({ folder, ...more });
  folders.set(store, folder);
  return store;
}

/** The folder as it is now, without the process that has it open. */
function copyOf(store: BundleStore): string {
  const copy = newFolder();
  cpSync(folders.get(store)!, copy, { recursive: true, filter: (path) => !path.endsWith('/lock') });
  return copy;
}

afterEach(async () => {
  for (const store of folders.keys()) await (store as LmdbStore).close();
  folders.clear();
  rmSync(base, { recursive: true, force: true });
});

describe.each([
  ['with bundles in memory', {}],
  ['with no memory for bundles', { memoryBytes: 0 }],
  ['with files for all but short bundles', { fileFromBytes: 4_000, memoryBytes: 10_000 }],
])('the store on lmdb, %s', (_, limits) => {
  describeBundleStore({
    open: () => openIn(newFolder(), limits),
    crash: (store) => openIn(copyOf(store), limits),
  });
});
