/**
 * What an opened store makes of what is on the disk: records of what is whole, and a list of what is not and why. It reads and decides;
 * moving things aside is the store's.
 */
import type { BundleLoader, BundleRecord } from '../../agent/index.js';
import { bundleOf, type RecordValue, readRecordValue, recordName, recordOf } from './record-value.js';
import { unwrapValue } from './state-value.js';
import type { StoreIndex, Table } from './store-index.js';

/**
 * Bodies that are read through when a store is opened: so much takes some tenths of a second. Further ones are checked when they are used,
 * and one that is damaged is given up then.
 */
const MAX_CHECKED_BYTES = 128 * 1024 * 1024;

/** Where long bundles are found. */
export interface BodySource {
  /** Numbers of all files. */
  ids(): Iterable<number>;
  read(id: number): Uint8Array | undefined;
}

/** A record that is whole. */
export interface FoundRecord {
  readonly id: number;
  readonly record: BundleRecord;
  readonly place: RecordValue['place'];
  /** Its state was written anew since. */
  readonly isChanged: boolean;
}

/** Something that is not. */
export interface FoundDamage {
  readonly table: Table | 'files';
  readonly key: number | string;
  readonly reason: string;
}

/** All that was found. */
export interface Findings {
  readonly records: FoundRecord[];
  readonly damage: FoundDamage[];
  /** Files that no record names: a crash came between writing them and the commit, or behind a removal. */
  readonly orphans: number[];
  /** Above the number of every record. */
  readonly nextId: number;
}

/** Reads an index through. Throws what the index throws where that itself cannot be read. */
export function takeStock(index: StoreIndex, files: BodySource, load: BundleLoader): Findings {
  return new StockTaking(index, files, load).take();
}

class StockTaking {
  readonly #index: StoreIndex;
  readonly #files: BodySource;
  readonly #load: BundleLoader;
  readonly #records: FoundRecord[] = [];
  readonly #damage: FoundDamage[] = [];
  /** What no record has claimed yet. */
  readonly #changes = new Map<number, Uint8Array>();
  readonly #bodyIds = new Set<number>();
  readonly #fileIds: Set<number>;
  #checkedBytes = 0;

  constructor(index: StoreIndex, files: BodySource, load: BundleLoader) {
    this.#index = index;
    this.#files = files;
    this.#load = load;
    this.#fileIds = new Set(files.ids());
  }

  take(): Findings {
    let nextId = 1;
    for (const id of this.#fileIds) nextId = Math.max(nextId, id + 1);
    for (const id of this.#index.keys('bodies')) this.#bodyIds.add(Number(id));
    for (const [id, state] of this.#index.entries('changes')) this.#changes.set(Number(id), state);
    for (const [key, bytes] of this.#index.entries('bundles')) {
      nextId = Math.max(nextId, Number(key) + 1);
      this.#takeRecord(Number(key), bytes);
    }
    for (const id of this.#changes.keys()) this.#note('changes', id, 'belongs to no record');
    for (const id of this.#bodyIds) this.#note('bodies', id, 'belongs to no record');
    for (const [key, value] of this.#index.entries('state')) {
      if (unwrapValue(value) === undefined) this.#note('state', key, 'the value is damaged');
    }
    return { records: this.#records, damage: this.#damage, orphans: [...this.#fileIds], nextId };
  }

  #takeRecord(id: number, bytes: Uint8Array): void {
    const value = readRecordValue(bytes);
    const change = this.#changes.get(id);
    this.#changes.delete(id);
    const hasFile = value?.place === 'file' && this.#fileIds.delete(id);
    const hasBody = this.#bodyIds.delete(id);
    let reason = 'what is known of the bundle is damaged';
    if (value !== undefined) {
      const problem = this.#problemWith(id, value, hasFile || hasBody);
      const record = problem === undefined ? this.#recordOf(id, value, change) : undefined;
      if (record !== undefined) {
        this.#records.push({ id, record, place: value.place, isChanged: change !== undefined });
        return;
      }
      reason = `${problem ?? 'the bundle or its state is damaged'}${this.#nameOf(value)}`;
    }
    this.#note('bundles', id, reason);
    if (hasFile) this.#note('files', id, 'belongs to a damaged record');
    if (hasBody) this.#note('bodies', id, 'belongs to a damaged record');
    if (change !== undefined) this.#note('changes', id, 'belongs to a damaged record');
  }

  /** What is wrong with a bundle that lies elsewhere, as far as it is looked at. */
  #problemWith(id: number, value: RecordValue, isThere: boolean): string | undefined {
    if (value.place === 'here') return undefined;
    if (!isThere) return 'the bundle is missing';
    this.#checkedBytes += value.bundleBytes;
    if (this.#checkedBytes > MAX_CHECKED_BYTES) return undefined;
    const body = value.place === 'file' ? this.#files.read(id) : this.#index.get('bodies', id);
    return bundleOf(value, body) === undefined ? 'the bundle is damaged' : undefined;
  }

  /** The record with its later state, or with the first one where that is damaged. */
  #recordOf(id: number, value: RecordValue, change: Uint8Array | undefined): BundleRecord | undefined {
    const latest = recordOf(value, change, this.#load);
    if (latest !== undefined || change === undefined) return latest;
    const first = recordOf(value, undefined, this.#load);
    if (first !== undefined) this.#note('changes', id, 'a later state is damaged, the first one counts');
    return first;
  }

  /** Which bundle it was, as far as its primary block can be read: somebody counts on it. */
  #nameOf(value: RecordValue): string {
    const record = value.place === 'here' ? undefined : recordOf(value, undefined, this.#load);
    if (record === undefined) return '';
    return `: it was ${recordName(record)} to ipn:${record.destinationNode}.${record.destinationService}`;
  }

  #note(table: FoundDamage['table'], key: number | string, reason: string): void {
    this.#damage.push({ table, key, reason });
  }
}
