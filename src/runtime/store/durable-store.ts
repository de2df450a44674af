/**
 * A bundle store over an index and files. It owns when things are written: what was put, changed and removed is gathered and goes to the
 * disk with the next flush, in one commit; a bundle that came and left in between never does. What comes while a flush is under way goes
 * with the one after it. It knows neither lmdb nor Node.
 *
 * Where the disk does not take a batch, nothing of it is forgotten: it is joined with what came since and tried again until it is taken,
 * the promise of the flush stays open so that nothing is said that is not so, and the store has no space for anything new.
 */
import {
  type BundleRecord,
  type BundleStore,
  type RemovalReason,
  type StateStore,
  UnreadableBundleError,
} from '../../agent/index.js';
import type { Bundle } from '../../bpv7/index.js';
import { type Batch, type BodyFile, gatherBatch, HeldRecord, roomFor, writeBatch } from './batch.js';
import { LoadedRecords } from './loaded-records.js';
import { PendingState } from './pending-state.js';
import { bundleOf, readRecordValue, recordName } from './record-value.js';
import { type BodySource, type FoundDamage, takeStock } from './recovery.js';
import { SpaceGauge, type SpaceLimits } from './space.js';
import { unwrapValue } from './state-value.js';
import type { IndexWriter, StoreIndex, Table } from './store-index.js';
import { ValueBuffer } from './value-buffer.js';

/** Limits of a store. */
export interface StoreLimits extends SpaceLimits {
  /** Bytes of bundles that are kept in memory although they are on the disk. */
  readonly memoryBytes: number;
  /** Bundles from this length on get a file of their own. */
  readonly fileFromBytes: number;
}

/** Files of long bundles. */
export interface BodyStore extends BodySource {
  /** Resolves when the files and their names are on the disk. */
  write(files: readonly BodyFile[]): Promise<void>;
  remove(ids: readonly number[]): void;
  /** Keeps a file where nobody looks for it. */
  setAside(id: number): void;
}

/** What a durable store stands on. */
export interface DurableStoreParts {
  readonly index: StoreIndex;
  readonly files: BodyStore;
  readonly limits: StoreLimits;
  /** What the file system has left. */
  readonly freeBytes: () => Promise<number>;
  readonly pause: (ms: number) => Promise<void>;
  /** Writing failed, and is tried again; undefined when it has succeeded then. */
  readonly onTrouble?: ((words: string | undefined) => void) | undefined;
  /** A bundle could not be read back; in words, for the operator. */
  readonly onDamage?: ((words: string) => void) | undefined;
  /** The store is closed. */
  readonly closed: () => void;
}

/** How long a failed flush waits before it is tried again: at first, and at the most. */
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;

/**
 * With so much left on the disk nothing is made sure of before a commit: nobody else fills that in the time of one. Where less is left,
 * the file is made long enough first, which writes what is new twice.
 */
const EASY_FREE_BYTES = 256 * 1024 * 1024;

/** Damaged things that are kept to be looked at; of further ones only the number is known. */
const MAX_DAMAGED_KEPT = 1_000;

/** A store over an index. */
export class DurableStore implements BundleStore {
  readonly isDurable = true;
  readonly #parts: DurableStoreParts;
  readonly #state: PendingState;
  readonly #space: SpaceGauge;
  readonly #loaded: LoadedRecords;
  readonly #held = new Map<BundleRecord, HeldRecord>();
  readonly #buffer = new ValueBuffer();
  #nextId = 1;
  #bytes = 0;
  /** New and changed since the last flush began. */
  #pending: HeldRecord[] = [];
  /** Removed since then, of those on the disk. */
  #removed: HeldRecord[] = [];
  #flying: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #damagedKept = 0;
  #trouble: string | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: DurableStoreParts) {
    const { index, limits } = parts;
    this.#parts = parts;
    this.#space = new SpaceGauge(limits);
    this.#loaded = new LoadedRecords(limits.memoryBytes, (record) => this.#load(record));
    this.#state = new PendingState({
      get(key) {
        const value = index.get('state', key);
        return value && unwrapValue(value);
      },
      *entries(prefix) {
        for (const [key, value] of index.entries('state', prefix)) {
          if (!String(key).startsWith(prefix)) return;
          const bytes = unwrapValue(value);
          if (bytes !== undefined) yield [String(key), bytes];
        }
      },
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

  /** Why the last attempt to write failed, where it did and none has succeeded since. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  records(): Iterable<BundleRecord> {
    return this.#held.keys();
  }

  put(record: BundleRecord): void {
    if (this.#held.has(record)) return;
    const held = new HeldRecord(this.#nextId++, record);
    this.#held.set(record, held);
    this.#bytes += record.sizeBytes;
    this.#space.put(record.sizeBytes);
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
    this.#loaded.remove(held);
  }

  hasSpaceFor(bytes: number): boolean {
    return this.#trouble === undefined && this.#space.hasSpaceFor(bytes);
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

  /** Flushes and closes the index. Rejects where the flush fails, which is then not tried again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#parts.index.close();
      this.#parts.closed();
    }
  }

  /** Takes up what is on the disk; called once, before anything else. Throws where the index cannot be read. */
  async recover(): Promise<{ damage: readonly FoundDamage[]; orphans: number }> {
    const { index, files } = this.#parts;
    const { records, damage, orphans, nextId } = takeStock(index, files, (record) => this.#load(record));
    this.#nextId = nextId;
    for (const { id, record, place, isChanged } of records) {
      const held = new HeldRecord(id, record);
      held.place = place;
      held.isWritten = true;
      held.isChanged = isChanged;
      this.#held.set(record, held);
      this.#bytes += record.sizeBytes;
      this.#loaded.add(held);
    }
    files.remove(orphans);
    this.#damagedKept = [...index.keys('damaged')].length;
    try {
      await this.#setAside(damage);
    } catch (thrown) {
      // Nothing is lost by it: it will be found again.
      this.#trouble = wordsOf(thrown);
    }
    await this.#keepReserve();
    await this.#look();
    return { damage, orphans: orphans.length };
  }

  #noteTrouble(words: string | undefined): void {
    const isNews = (words === undefined) !== (this.#trouble === undefined);
    this.#trouble = words;
    if (isNews) this.#parts.onTrouble?.(words);
  }

  #note(held: HeldRecord): void {
    if (held.isPending) return;
    held.isPending = true;
    this.#pending.push(held);
  }

  /** Writes all that is pending, until it is on the disk. */
  async #write(): Promise<void> {
    const { limits, pause } = this.#parts;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MAX_PAUSE_MS, 2 * pauseMs)) {
      const pending = this.#pending;
      const removed = this.#removed;
      this.#pending = [];
      this.#removed = [];
      const batch = gatherBatch(pending, removed, this.#state.take(), this.#buffer, limits.fileFromBytes);
      try {
        await this.#commit(batch);
        this.#noteTrouble(undefined);
        this.#state.settle(true);
        this.#removeFiles(removed);
        for (const held of batch.fresh) if (!held.isGone) this.#loaded.add(held);
        await this.#keepReserve();
        await this.#look();
        return;
      } catch (thrown) {
        this.#takeBack(batch);
        this.#noteTrouble(wordsOf(thrown));
        if (this.#closing !== undefined) throw thrown;
        await pause(pauseMs);
      }
    }
  }

  async #commit(batch: Batch): Promise<void> {
    const { index, files } = this.#parts;
    if (batch.files.length > 0) await files.write(batch.files);
    await this.#makeRoom(roomFor(batch));
    await index.commit((writer) => {
      for (const held of batch.removed)
        if (held.isDamaged && held.place === 'bodies') this.#keepDamaged('bodies', held.id, writer);
      writeBatch(batch, writer);
    });
  }

  /** Deletes the files of records that the index has forgotten; damaged ones are kept elsewhere. */
  #removeFiles(removed: readonly HeldRecord[]): void {
    const { files } = this.#parts;
    const own = removed.filter(({ place }) => place === 'file');
    files.remove(own.filter(({ isDamaged }) => !isDamaged).map(({ id }) => id));
    for (const { id, isDamaged } of own) if (isDamaged) files.setAside(id);
  }

  /** Keeps a copy of something damaged, as long as there are not too many. */
  #keepDamaged(table: Table, key: number | string, writer: IndexWriter): void {
    const value = this.#damagedKept < MAX_DAMAGED_KEPT ? this.#parts.index.get(table, key) : undefined;
    if (value === undefined) return;
    this.#damagedKept++;
    writer.put('damaged', `${table}/${key}`, value);
  }

  /** Makes sure that a commit finds its space, as far as one can. Rejects where it would not. */
  async #makeRoom(bytes: number): Promise<void> {
    const { index, limits, freeBytes } = this.#parts;
    if ((await freeBytes()) >= EASY_FREE_BYTES + bytes) return;
    try {
      await index.makeRoom(bytes);
    } catch (thrown) {
      // Free pages inside the file do for it where there are plenty: not all of them lie side by side.
      if (index.usage().reusableBytes < limits.reserveBytes + 2 * bytes) throw thrown;
    }
  }

  /** Nothing of a batch is on the disk: all of it is pending again, but for what has become moot since. */
  #takeBack({ fresh, changed, removed }: Batch): void {
    this.#state.settle(false);
    for (const held of fresh) held.isWritten = false;
    for (const held of [...fresh, ...changed]) if (!held.isGone) this.#note(held);
    this.#removed = [...removed, ...this.#removed];
  }

  async #look(): Promise<void> {
    const freeBytes = await this.#parts.freeBytes();
    const unwritten = this.#pending.reduce((sum, { isWritten, record }) => sum + (isWritten ? 0 : record.sizeBytes), 0);
    this.#space.look({ freeBytes, ...this.#parts.index.usage() }, unwritten);
  }

  /** Has the reserve in the file where the disk is nearly full: what frees space must be written when it is. */
  async #keepReserve(): Promise<void> {
    const { index, limits, freeBytes } = this.#parts;
    if ((await freeBytes()) >= EASY_FREE_BYTES) return;
    try {
      await index.makeRoom(limits.reserveBytes);
    } catch {
      // What there was of space is in the file now.
    }
  }

  /** Moves damaged things to where nobody looks for them. */
  async #setAside(damage: readonly FoundDamage[]): Promise<void> {
    if (damage.length === 0) return;
    const { index, files } = this.#parts;
    await index.commit((writer) => {
      for (const { table, key } of damage) {
        if (table === 'files') continue;
        this.#keepDamaged(table, key, writer);
        writer.remove(table, key);
      }
    });
    for (const { table, key } of damage) if (table === 'files') files.setAside(Number(key));
  }

  #load(record: BundleRecord): Bundle {
    const { index, files } = this.#parts;
    const held = this.#held.get(record);
    const bytes = held && index.get('bundles', held.id);
    const value = bytes && readRecordValue(bytes);
    const body = held?.place === 'file' ? files.read(held.id) : held && index.get('bodies', held.id);
    const bundle = value && bundleOf(value, body);
    if (bundle !== undefined) return bundle;
    const words = `bundle ${recordName(record)}, number ${held?.id} of the store, is damaged there`;
    if (held !== undefined && !held.isDamaged) {
      held.isDamaged = true;
      this.#parts.onDamage?.(words);
    }
    throw new UnreadableBundleError(words);
  }
}

function wordsOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
