/**
 * A bundle store that outlives the process, on lmdb. It owns when things are written: what was put, changed and removed is gathered
 * and goes to the disk with the next flush, in one transaction; a bundle that came and left in between never does. Where things
 * lie is known to the files in `store/`.
 */
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { BundleRecord, BundleStore, RemovalReason, StateStore } from '../agent/index.js';
import { type Bundle, encodedLength } from '../bpv7/index.js';
import { BodyFiles } from './store/body-files.node.js';
import { lockFolder } from './store/folder-lock.node.js';
import { openIndexFile, type StoreIndex } from './store/index-file.node.js';
import { PendingState } from './store/pending-state.js';
import {
  bundleBytes,
  bundleOf,
  HERE_BYTES,
  type Place,
  readRecordValue,
  recordOf,
  writeChange,
  writeLongRecord,
  writeShortRecord,
} from './store/record-value.js';
import { ValueBuffer } from './store/value-buffer.js';

/** Where a store lies and how much it may take. */
export interface LmdbStoreOptions {
  /** Made where it is not there; one process at a time. */
  readonly folder: string;
  /** Bundles from this length on get a file of their own. Default {@link DEFAULT_STORE_LIMITS}. */
  readonly fileFromBytes?: number | undefined;
  /** Bytes of bundles that are kept in memory although they are on the disk. Default {@link DEFAULT_STORE_LIMITS}. */
  readonly memoryBytes?: number | undefined;
}

/** Limits of a store where its options leave them out. */
export const DEFAULT_STORE_LIMITS = {
  // Pages of lmdb are written over in place and beat files up to the longest datagram (bench/store.bench.ts).
  fileFromBytes: 128 * 1024,
  // What a busy node sends next; a slow one reads back what it sends.
  memoryBytes: 64 * 1024 * 1024,
} as const;

/** What a store held when it was opened. */
export interface StoreFindings {
  readonly bundles: number;
  /** Records, bundles and values that could not be read; they are kept in the store's table of damaged things. */
  readonly setAside: number;
}

/** A store and what it held. */
export interface OpenedStore {
  readonly store: LmdbStore;
  readonly found: StoreFindings;
}

/** A bundle store on lmdb. */
export interface LmdbStore extends BundleStore {
  /** Flushes, and lets go of the folder. */
  close(): Promise<void>;
}

/** How long a flush that failed waits before it is tried again. */
const RETRY_MS = 1000;

/** Opens the store in a folder, or makes one. Throws a UsageError `store-in-use` or `store-unreadable`. */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<OpenedStore> {
  mkdirSync(options.folder, { recursive: true });
  const folder = realpathSync(options.folder);
  const unlock = lockFolder(folder);
  try {
    const index = openIndexFile(join(folder, 'index.mdb'));
    const store = new LmdbBundleStore(index, new BodyFiles(join(folder, 'bundles')), options, unlock);
    const found = store.recover();
    await store.flush();
    return { store, found };
  } catch (thrown) {
    unlock();
    throw thrown;
  }
}

/** What the store knows of a record beside the record. */
class Held {
  place: Place = 'here';
  /** It is on the disk, or is being written there. */
  isWritten = false;
  /** A later state of it is. */
  isChanged = false;
  /** It goes with the next flush. */
  isPending = false;
  isGone = false;

  constructor(
    readonly id: number,
    readonly record: BundleRecord,
  ) {}
}

class LmdbBundleStore implements LmdbStore {
  readonly isDurable = true;
  readonly #index: StoreIndex;
  readonly #files: BodyFiles;
  readonly #limits: { readonly fileFromBytes: number; readonly memoryBytes: number };
  readonly #unlock: () => void;
  readonly #state: PendingState;
  readonly #held = new Map<BundleRecord, Held>();
  #nextId = 1;
  #bytes = 0;
  /** New and changed since the last flush began. */
  #pending: Held[] = [];
  /** Removed since then, of those on the disk. */
  #removed: Held[] = [];
  #flying: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  /** Loaded though on the disk, oldest first. */
  readonly #loaded = new Set<Held>();
  #loadedBytes = 0;
  #isClosed = false;
  readonly #buffer = new ValueBuffer();

  constructor(index: StoreIndex, files: BodyFiles, options: LmdbStoreOptions, unlock: () => void) {
    this.#index = index;
    this.#files = files;
    this.#unlock = unlock;
    this.#limits = {
      fileFromBytes: options.fileFromBytes ?? DEFAULT_STORE_LIMITS.fileFromBytes,
      memoryBytes: options.memoryBytes ?? DEFAULT_STORE_LIMITS.memoryBytes,
    };
    this.#state = new PendingState({
      get: (key) => index.get('state', key),
      entries: (prefix) => withPrefix(index.entries('state', prefix), prefix),
    });
  }

  get state(): StateStore {
    return this.#state;
  }

  get bundles(): number {
    return this.#held.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  records(): Iterable<BundleRecord> {
    return this.#held.keys();
  }

  put(record: BundleRecord): void {
    if (this.#held.has(record)) return;
    const held = new Held(this.#nextId++, record);
    this.#held.set(record, held);
    this.#bytes += record.sizeBytes;
    this.#note(held);
  }

  update(record: BundleRecord): void {
    const held = this.#held.get(record);
    if (held !== undefined) this.#note(held);
  }

  remove(record: BundleRecord, _reason: RemovalReason): void {
    const held = this.#held.get(record);
    if (held === undefined) return;
    this.#held.delete(record);
    this.#bytes -= record.sizeBytes;
    held.isGone = true;
    if (held.isWritten) this.#removed.push(held);
    if (this.#loaded.delete(held)) this.#loadedBytes -= record.sizeBytes;
  }

  hasSpaceFor(_bytes: number): boolean {
    return true;
  }

  flush(): Promise<void> {
    if (this.#pending.length === 0 && this.#removed.length === 0 && !this.#state.isChanged) {
      return this.#next ?? this.#flying ?? Promise.resolve();
    }
    if (this.#flying === undefined) {
      this.#flying = this.#write().finally(() => {
        this.#flying = undefined;
      });
      return this.#flying;
    }
    this.#next ??= this.#flying.then(() => {
      this.#next = undefined;
      return this.flush();
    });
    return this.#next;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.flush();
    } finally {
      await this.#index.close();
      this.#unlock();
    }
  }

  /** Takes up what is on the disk. */
  recover(): StoreFindings {
    let setAside = 0;
    for (const [key, bytes] of this.#index.entries('bundles')) {
      const id = Number(key);
      this.#nextId = Math.max(this.#nextId, id + 1);
      const value = readRecordValue(bytes);
      const change = this.#index.get('changes', id);
      const record =
        value === undefined ? undefined : recordOf(value, change ?? value.state, (each) => this.#load(each));
      if (value === undefined || record === undefined) {
        setAside++;
        continue;
      }
      const held = new Held(id, record);
      held.place = value.place;
      held.isWritten = true;
      held.isChanged = change !== undefined;
      this.#held.set(record, held);
      this.#bytes += record.sizeBytes;
      if (record.isLoaded) this.#keepLoaded(held);
    }
    return { bundles: this.#held.size, setAside };
  }

  #note(held: Held): void {
    if (held.isPending) return;
    held.isPending = true;
    this.#pending.push(held);
  }

  /** Writes all that is pending, until it is on the disk. */
  async #write(): Promise<void> {
    for (;;) {
      const pending = this.#pending.filter(({ isGone }) => !isGone);
      const removed = this.#removed;
      this.#pending = [];
      this.#removed = [];
      const fresh = pending.filter(({ isWritten }) => !isWritten);
      try {
        await this.#commit(pending, removed);
        this.#state.settle(true);
        this.#files.remove(removed.filter(({ place }) => place === 'file').map(({ id }) => id));
        for (const held of fresh) if (!held.isGone) this.#keepLoaded(held);
        return;
      } catch (error) {
        this.#state.settle(false);
        for (const held of fresh) held.isWritten = false;
        for (const held of pending) if (!held.isGone) this.#note(held);
        this.#removed.push(...removed);
        if (this.#isClosed) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async #commit(pending: readonly Held[], removed: readonly Held[]): Promise<void> {
    const values: Uint8Array[] = [];
    const bodies: { id: number; bytes: Uint8Array }[] = [];
    const files: { id: number; bytes: Uint8Array }[] = [];
    this.#buffer.reset();
    for (const held of pending) {
      held.isPending = false;
      if (held.isWritten) {
        held.isChanged = true;
        values.push(writeChange(held.record, this.#buffer));
        continue;
      }
      held.isWritten = true;
      const { bundle } = held.record;
      const length = encodedLength(bundle);
      if (length <= HERE_BYTES) {
        values.push(writeShortRecord(held.record, bundle, length, this.#buffer));
        continue;
      }
      const bytes = bundleBytes(bundle);
      held.place = bytes.length < this.#limits.fileFromBytes ? 'bodies' : 'file';
      values.push(writeLongRecord(held.record, bundle, bytes, held.place, this.#buffer));
      (held.place === 'bodies' ? bodies : files).push({ id: held.id, bytes });
    }
    const state = this.#state.take();
    if (files.length > 0) await this.#files.write(files);
    await this.#index.commit((writer) => {
      for (let i = 0; i < pending.length; i++) {
        const { id, isChanged } = pending[i] as Held;
        writer.put(isChanged ? 'changes' : 'bundles', id, values[i] as Uint8Array);
      }
      for (const { id, bytes } of bodies) writer.put('bodies', id, bytes);
      for (const held of removed) {
        writer.remove('bundles', held.id);
        if (held.isChanged) writer.remove('changes', held.id);
        if (held.place === 'bodies') writer.remove('bodies', held.id);
      }
      for (const [key, value] of state) {
        if (value === undefined) writer.remove('state', key);
        else writer.put('state', key, value);
      }
    });
  }

  /** Counts a record that is on the disk and in memory, and unloads the oldest of those beyond the limit. */
  #keepLoaded(held: Held): void {
    this.#loaded.add(held);
    this.#loadedBytes += held.record.sizeBytes;
    for (const oldest of this.#loaded) {
      if (this.#loadedBytes <= this.#limits.memoryBytes) break;
      this.#loaded.delete(oldest);
      this.#loadedBytes -= oldest.record.sizeBytes;
      oldest.record.unload((record) => this.#load(record));
    }
  }

  #load(record: BundleRecord): Bundle {
    const held = this.#held.get(record);
    const bytes = held && this.#index.get('bundles', held.id);
    const value = bytes && readRecordValue(bytes);
    const body = held?.place === 'file' ? this.#files.read(held.id) : held && this.#index.get('bodies', held.id);
    const bundle = value && bundleOf(value, body);
    if (bundle === undefined) throw new Error(`bundle ${held?.id} cannot be read back from the store`);
    return bundle;
  }
}

function* withPrefix(
  entries: Iterable<readonly [key: number | string, value: Uint8Array]>,
  prefix: string,
): Iterable<readonly [string, Uint8Array]> {
  for (const [key, value] of entries) {
    if (!String(key).startsWith(prefix)) return;
    yield [String(key), value];
  }
}
