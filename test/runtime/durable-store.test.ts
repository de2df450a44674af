/** The durable store over an index that fails when a test says so. */
import { describe, expect, it } from 'vitest';
import { DurableStore } from '../../src/runtime/store/durable-store.js';
import { SpaceGauge } from '../../src/runtime/store/space.js';
import type { StoreIndex, Table } from '../../src/runtime/store/store-index.js';
import { allTold, newRecord } from '../helpers/records.js';

const MIB = 1024 * 1024;

/** An index in memory. */
class PlainIndex implements StoreIndex {
  readonly tables = new Map<Table, Map<number | string, Uint8Array>>();
  /** Commits that fail from now on. */
  failures = 0;
  commits = 0;
  /** Called in the middle of a commit. */
  during: () => void = () => {};

  #of(table: Table): Map<number | string, Uint8Array> {
    const found = this.tables.get(table) ?? new Map();
    this.tables.set(table, found);
    return found;
  }
  get(table: Table, key: number | string) {
    return this.#of(table).get(key)?.slice();
  }
  entries(table: Table) {
    return [...this.#of(table)].sort(([a], [b]) => (a < b ? -1 : 1));
  }
  keys(table: Table) {
    return [...this.#of(table).keys()];
  }
  async commit(write: Parameters<StoreIndex['commit']>[0]) {
    this.commits++;
    const writes: (() => void)[] = [];
    write({
      put: (table, key, value) => writes.push(() => this.#of(table).set(key, value.slice())),
      remove: (table, key) => writes.push(() => this.#of(table).delete(key)),
    });
    await Promise.resolve();
    const { during } = this;
    this.during = () => {};
    during();
    if (this.failures-- > 0) throw new Error('no space left on device');
    for (const each of writes) each();
  }
  /** What {@link makeRoom} was asked for, and how much it gives at the most. */
  readonly rooms: number[] = [];
  mostRoom = Number.POSITIVE_INFINITY;
  async makeRoom(bytes: number) {
    this.rooms.push(bytes);
    if (bytes > this.mostRoom) throw new Error('no space left on device');
  }
  usage() {
    const sizes = [...this.tables.values()].flatMap((table) => [...table.values()].map(({ length }) => length));
    return { usedBytes: sizes.reduce((sum, length) => sum + length, 0), reusableBytes: 0 };
  }
  async close() {}
}

const FILES = { ids: () => [], read: () => undefined, write: async () => {}, remove() {}, setAside() {} };

async function storeOn(
  index: PlainIndex,
  more: { diskBytes?: number; freeBytes?: () => number; pauses?: number[] } = {},
) {
  const store = new DurableStore({
    index,
    files: FILES,
    limits: { diskBytes: more.diskBytes ?? 100 * MIB, reserveBytes: MIB, memoryBytes: MIB, fileFromBytes: 10 * MIB },
    freeBytes: async () => more.freeBytes?.() ?? 100 * MIB,
    pause: async (ms) => {
      more.pauses?.push(ms);
      await new Promise((resolve) => setTimeout(resolve, 1));
    },
    closed() {},
  });
  await store.recover();
  index.commits = 0;
  return store;
}

describe('a store whose disk fails', () => {
  it('keeps all of a batch and writes it when the disk takes it, and says nothing before', async () => {
    const index = new PlainIndex();
    const pauses: number[] = [];
    const store = await storeOn(index, { pauses });
    const [gone, kept] = [newRecord(), newRecord()];
    store.put(gone!);
    await store.flush();
    store.put(kept!);
    store.remove(gone!, 'delivered');
    store.state.set('agent/counter', () => Uint8Array.of(7));
    index.failures = 7;
    await store.flush();
    expect(pauses.slice(0, 3)).toEqual([100, 200, 400]);
    expect(store.trouble).toBeUndefined();
    const after = await storeOn(index);
    expect(allTold(after.records())).toEqual(allTold([kept!]));
    expect(after.state.get('agent/counter')).toEqual(Uint8Array.of(7));
  });

  it('has no space for anything new meanwhile, and has it again afterwards', async () => {
    const index = new PlainIndex();
    const store = await storeOn(index);
    store.put(newRecord());
    index.failures = 1;
    let wordsMeanwhile: string | undefined;
    let hadSpace = true;
    index.during = () => {
      index.during = () => {
        wordsMeanwhile = store.trouble;
        hadSpace = store.hasSpaceFor(1);
      };
    };
    await store.flush();
    expect([wordsMeanwhile, hadSpace]).toEqual(['no space left on device', false]);
    expect(store.hasSpaceFor(1)).toBe(true);
  });

  it('joins a batch that failed with what was put, changed and removed since', async () => {
    const index = new PlainIndex();
    const store = await storeOn(index);
    const [first, second, third] = [newRecord(), newRecord(), newRecord()];
    store.put(first!);
    store.put(second!);
    store.state.set('x', () => Uint8Array.of(1));
    store.state.set('y', () => Uint8Array.of(1));
    index.failures = 1;
    index.during = () => {
      store.remove(first!, 'expired');
      second!.attempts = 5;
      store.update(second!);
      store.put(third!);
      store.state.set('x', () => Uint8Array.of(2));
      store.state.delete('y');
    };
    await store.flush();
    await store.flush();
    const after = await storeOn(index);
    expect(allTold(after.records())).toEqual(allTold([second!, third!]));
    expect([after.state.get('x'), after.state.get('y')]).toEqual([Uint8Array.of(2), undefined]);
  });

  it('makes room in the file before a commit where the disk is nearly full, and does not begin one without', async () => {
    const index = new PlainIndex();
    let free = 1_000 * MIB;
    const store = await storeOn(index, { freeBytes: () => free, pauses: [] });
    store.put(newRecord());
    await store.flush();
    expect(index.rooms).toEqual([]);
    free = 0;
    index.mostRoom = MIB;
    const commits = index.commits;
    store.put(newRecord({ payloadBytes: 60_000 }));
    const flushed = store.flush();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(index.commits).toBe(commits);
    expect(store.trouble).toBe('no space left on device');
    index.mostRoom = 3 * MIB;
    await flushed;
    expect(index.commits).toBe(commits + 1);
    expect(Math.max(...index.rooms)).toBeGreaterThan(MIB + 60_000);
  });

  it('rejects its closing where the last flush fails', async () => {
    const index = new PlainIndex();
    const store = await storeOn(index);
    store.put(newRecord());
    index.failures = 99;
    await expect(store.close()).rejects.toThrow('no space left');
  });
});

describe('a flush', () => {
  it('writes all that is pending in one commit, and nothing that came and left in between', async () => {
    const index = new PlainIndex();
    const store = await storeOn(index);
    const records = Array.from({ length: 50 }, () => newRecord());
    for (const record of records) store.put(record);
    for (const record of records.slice(1)) store.remove(record, 'sent');
    await store.flush();
    expect([index.commits, index.keys('bundles')]).toEqual([1, [1]]);
    store.put(records[1]!);
    store.remove(records[1]!, 'sent');
    await store.flush();
    expect(index.keys('bundles')).toEqual([1]);
  });

  it('waits for one under way, and is shared by all who ask meanwhile', async () => {
    const index = new PlainIndex();
    const store = await storeOn(index);
    store.put(newRecord());
    const first = store.flush();
    expect(store.flush()).toBe(first);
    store.put(newRecord());
    const second = store.flush();
    expect(store.flush()).toBe(second);
    await second;
    expect([index.commits, index.keys('bundles').length]).toEqual([2, 2]);
  });

  it('keeps no more in memory than it may, oldest first out', async () => {
    const store = await storeOn(new PlainIndex());
    const records = Array.from({ length: 30 }, () => newRecord({ payloadBytes: 60_000 }));
    const expected = allTold(records);
    for (const record of records) store.put(record);
    await store.flush();
    const loaded = records.map(({ isLoaded }) => isLoaded);
    expect(loaded.lastIndexOf(false)).toBeLessThan(loaded.indexOf(true));
    const bytes = records.reduce((sum, { isLoaded, sizeBytes }) => sum + (isLoaded ? sizeBytes : 0), 0);
    expect(bytes).toBeLessThanOrEqual(MIB);
    expect(bytes).toBeGreaterThan(MIB - 61_000);
    expect(allTold(records)).toEqual(expected);
  });
});

describe('the space of a store', () => {
  it('ends at the quota, and comes back when bundles have left', async () => {
    const index = new PlainIndex();
    const store = await storeOn(index, { diskBytes: 6 * MIB });
    const records = [];
    while (store.hasSpaceFor(60_000)) {
      const record = newRecord({ payloadBytes: 60_000 });
      records.push(record);
      store.put(record);
    }
    expect(records.length).toBeGreaterThan(20);
    expect(records.length * 60_000).toBeLessThan(6 * MIB);
    await store.flush();
    for (const record of records) store.remove(record, 'expired');
    await store.flush();
    expect(store.hasSpaceFor(60_000)).toBe(true);
  });

  it('ends where the disk does, with the reserve left', async () => {
    let free = 100 * MIB;
    const store = await storeOn(new PlainIndex(), { freeBytes: () => free });
    expect(store.hasSpaceFor(60_000)).toBe(true);
    free = MIB;
    store.put(newRecord());
    await store.flush();
    expect(store.hasSpaceFor(100)).toBe(false);
  });

  it('counts pages of the file that are free, and what was put since the last look', () => {
    const gauge = new SpaceGauge({ diskBytes: 10 * MIB, reserveBytes: MIB });
    gauge.look({ freeBytes: 0, usedBytes: MIB, reusableBytes: 4 * MIB }, 0);
    expect(gauge.leftBytes).toBe(3 * MIB);
    gauge.put(2 * MIB);
    expect(gauge.hasSpaceFor(100_000)).toBe(true);
    expect(gauge.hasSpaceFor(MIB)).toBe(false);
  });
});
