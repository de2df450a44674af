/** What the durable store makes of folders and files that are not as it left them. */
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UnreadableBundleError } from '../../src/agent/index.js';
import { encodeBundle } from '../../src/bpv7/index.js';
import { type LmdbStore, type LmdbStoreOptions, openLmdbStore } from '../../src/runtime/lmdb-store.node.js';
import { openIndexFile } from '../../src/runtime/store/index-file.node.js';
import type { StoreIndex } from '../../src/runtime/store/store-index.js';
import { allTold, newRecord } from '../helpers/records.js';

let folder: string;
const open: LmdbStore[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leodtn-faults-'));
});

afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function opened(path = folder, more: Partial<LmdbStoreOptions> = {}) {
  const result = await openLmdbStore({ folder: path, fileFromBytes: 100_000, memoryBytes: 0, ...more });
  open.push(result.store);
  return result;
}

/** A closed store with a short, a longer and a long bundle and a value. */
async function filled() {
  const { store } = await opened();
  const records = [100, 5_000, 200_000].map((payloadBytes) => newRecord({ payloadBytes }));
  for (const record of records) store.put(record);
  store.state.set('agent/counter', () => Uint8Array.of(1, 2, 3));
  await store.flush();
  const values = allTold(records);
  await store.close();
  open.splice(0);
  return { records, values };
}

/** Changes the index of a closed store. */
async function tamper(change: (index: StoreIndex) => Promise<void>): Promise<void> {
  const index = await openIndexFile(join(folder, 'index.mdb'));
  await change(index);
  await index.close();
}

/** Changes a byte behind `head` where that stands in a file. */
function flipBehind(path: string, head: Uint8Array): void {
  const at = readFileSync(path).indexOf(head) + head.length;
  const file = openSync(path, 'r+');
  writeSync(file, Uint8Array.of(readFileSync(path)[at]! ^ 1), 0, 1, at);
  closeSync(file);
}

const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

describe('a damaged thing in a store', () => {
  it.each([
    ['what is known of a short bundle', 'bundles', 1, 40, [1, 2]],
    ['a short bundle', 'bundles', 1, 250, [1, 2]],
    ['what is known of a longer bundle', 'bundles', 2, 3, [0, 2]],
    ['a longer bundle', 'bodies', 2, 3_000, [0, 2]],
  ] as const)('%s is set aside with its reason, and the rest loads', async (_, table, key, at, left) => {
    const { values } = await filled();
    await tamper(async (index) => {
      const bytes = flipped(index.get(table, key)!, at);
      await index.commit((writer) => writer.put(table, key, bytes));
    });
    const { store, found } = await opened();
    expect(allTold(store.records())).toEqual(left.map((i) => values[i]));
    expect(found.bundles).toBe(2);
    expect(found.setAside).toBeGreaterThan(0);
    expect(found.words[0]).toMatch(new RegExp(`^bundles ${key}: .*damaged`));
    await store.close();
    const again = await opened();
    expect([again.found.bundles, again.found.setAside]).toEqual([2, 0]);
    await again.store.close();
    open.splice(0);
    await tamper(async (index) => expect([...index.keys('damaged')]).toContain(`bundles/${key}`));
  });

  it('a file that is damaged or gone leaves the rest, and is kept', async () => {
    const { values } = await filled();
    const file = join(folder, 'bundles', '03', '3.bundle');
    writeFileSync(file, flipped(readFileSync(file), 100_000));
    const { store, found } = await opened();
    expect(allTold(store.records())).toEqual(values.slice(0, 2));
    expect(found.setAside).toBe(2);
    expect(readdirSync(join(folder, 'damaged'))).toEqual(['3.bundle']);
    await store.close();
  });

  it.each([
    ['a longer bundle', 5_000, 'bundle.*number 1 of the store, is damaged'],
    ['a file', 200_000, 'bundle.*number 1 of the store, is damaged'],
  ])(
    '%s that is harmed after the opening is told once, and kept when its record goes',
    async (_, payloadBytes, words) => {
      const told: string[] = [];
      const { store } = await opened(folder, { onDamage: (each) => told.push(each) });
      const [record, other] = [newRecord({ payloadBytes }), newRecord({ payloadBytes })];
      const { bundle } = record;
      store.put(record);
      store.put(other);
      await store.flush();
      const head = encodeBundle(bundle).subarray(0, 200);
      const file = join(folder, 'bundles', '01', '1.bundle');
      if (existsSync(file)) writeFileSync(file, flipped(readFileSync(file), 3_000));
      else flipBehind(join(folder, 'index.mdb'), head);
      expect(() => record.bundle).toThrow(UnreadableBundleError);
      expect(record.bundleIfReadable).toBeUndefined();
      expect(told).toEqual([expect.stringMatching(words)]);
      expect(other.bundleIfReadable).toBeDefined();
      store.remove(record, 'deleted');
      await store.flush();
      await store.close();
      open.splice(0);
      if (payloadBytes > 100_000) expect(readdirSync(join(folder, 'damaged'))).toEqual(['1.bundle']);
      else await tamper(async (index) => expect([...index.keys('damaged')]).toEqual(['bodies/1']));
    },
  );

  it('a file that is gone is told, and the next opening finds nothing more', async () => {
    await filled();
    rmSync(join(folder, 'bundles', '03', '3.bundle'));
    const { store, found } = await opened();
    expect([found.bundles, found.words]).toEqual([
      2,
      [expect.stringMatching(/^bundles 3: the bundle is missing: it was ipn:1\.1-5-\d+ to ipn:2\.1$/)],
    ]);
    await store.close();
    expect((await opened()).found.setAside).toBe(0);
  });

  it('a value is not given out, and others are', async () => {
    await filled();
    await tamper(async (index) => {
      await index.commit((writer) => {
        writer.put('state', 'job/1', flipped(index.get('state', 'agent/counter')!, 1));
      });
    });
    const { store, found } = await opened();
    expect(found.words).toEqual(['state job/1: the value is damaged']);
    expect([...store.state.entries('')]).toEqual([['agent/counter', Uint8Array.of(1, 2, 3)]]);
  });

  it('a later state of a record falls back to its first', async () => {
    const { values } = await filled();
    await tamper((index) => index.commit((writer) => writer.put('changes', 1, Uint8Array.of(9, 9))));
    const { store, found } = await opened();
    expect(allTold(store.records())).toEqual(values);
    expect(found.setAside).toBe(1);
  });

  it('a file without a record, from before a commit that a crash prevented, is deleted', async () => {
    const { values } = await filled();
    mkdirSync(join(folder, 'bundles', '63'));
    writeFileSync(join(folder, 'bundles', '63', '99.bundle'), 'half a bun');
    const { store, found } = await opened();
    expect([found.orphans, found.setAside]).toEqual([1, 0]);
    expect(existsSync(join(folder, 'bundles', '63', '99.bundle'))).toBe(false);
    expect(allTold(store.records())).toEqual(values);
  });
});

describe('an index that cannot be read', () => {
  const spoil = {
    'a file of something else': () => writeFileSync(join(folder, 'index.mdb'), 'Dear diary, '.repeat(2_000)),
    'a file of a few bytes': () => writeFileSync(join(folder, 'index.mdb'), 'x'),
    'a file cut off in its first pages': () => truncateSync(join(folder, 'index.mdb'), 4_500),
    'a file cut off further on': () => truncateSync(join(folder, 'index.mdb'), 3 * 4_096),
  };

  it.each(Object.entries(spoil))('%s is an error that says what to do, and nothing is lost', async (_, change) => {
    await filled();
    change();
    const before = readFileSync(join(folder, 'index.mdb'));
    await expect(openLmdbStore({ folder })).rejects.toThrow(/nothing was lost: move .* away, or start over/);
    expect(readFileSync(join(folder, 'index.mdb')).subarray(0, before.length).equals(before)).toBe(true);
    const { store, found } = await opened(folder, { startOver: true });
    expect([store.bundles, found.movedTo]).toEqual([0, join(folder, 'set-aside-1')]);
    expect(readdirSync(found.movedTo!)).toEqual(expect.arrayContaining(['bundles', 'index.mdb']));
    store.put(newRecord());
    await store.flush();
  });

  it('an empty file, which a crash may leave of a new store, is a new store', async () => {
    writeFileSync(join(folder, 'index.mdb'), '');
    expect((await opened()).found.bundles).toBe(0);
  });

  it('of another form is refused with both numbers', async () => {
    await filled();
    await tamper((index) => index.commit((writer) => writer.put('about', 'form', Uint8Array.of(9))));
    await expect(openLmdbStore({ folder })).rejects.toThrow(/has form 9, and this program knows 1/);
  });
});

describe('the folder of a store', () => {
  it('is for one at a time, and free again when that is closed', async () => {
    const { store } = await opened();
    await expect(openLmdbStore({ folder })).rejects.toThrow(/in use by this process: stop that first/);
    await store.close();
    await opened();
  });

  it('is refused while another process runs that has it, and taken over when that is gone', async () => {
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.ppid }));
    await expect(openLmdbStore({ folder })).rejects.toThrow(`in use by process ${process.ppid}`);
    // A process of that number runs, but was started at another time than the one that held the lock.
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.ppid, started: 'before the last boot' }));
    const { store } = await opened();
    await store.close();
    writeFileSync(join(folder, 'lock'), 'no JSON at all');
    await opened();
  });

  it('may be named relatively or by a symbolic link, and is one all the same', async () => {
    const { values } = await filled();
    const link = join(folder, 'link');
    mkdirSync(join(folder, 'elsewhere'));
    cpSync(join(folder, 'index.mdb'), join(folder, 'elsewhere', 'index.mdb'));
    cpSync(join(folder, 'bundles'), join(folder, 'elsewhere', 'bundles'), { recursive: true });
    symlinkSync(join(folder, 'elsewhere'), link);
    const { store } = await opened(relative(process.cwd(), link));
    expect(allTold(store.records())).toEqual(values);
    await expect(openLmdbStore({ folder: join(folder, 'elsewhere') })).rejects.toThrow('in use');
  });

  it('that cannot be one is an error in words', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(openLmdbStore({ folder: join(folder, 'file', 'store') })).rejects.toThrow(/cannot keep a store in/);
  });
});
