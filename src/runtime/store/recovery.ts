/**
 * What an opened store makes of what is on the disk: records of what is whole, and a list of what is not and why. It reads and decides;
 * moving things aside is the store's.
 */
import type { BundleLoader, BundleRecord } from '../../agent/index.js';
import { bundleOf, type RecordValue, readRecordValue, recordOf } from './record-value.js';
import { unwrapValue } from './state-value.js';
import type { StoreIndex, Table } from './store-index.js';

/** Bodies that are read through when a store is opened: so much takes about a second. Further ones are checked when they are used. */
const MAX_CHECKED_BYTES = 512 * 1024 * 1024;

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
  const records: FoundRecord[] = [];
  const damage: FoundDamage[] = [];
  const changes = new Map<number, Uint8Array>();
  const strayFiles = new Set(files.ids());
  const strayBodies = new Set<number>();
  for (const id of index.keys('bodies')) strayBodies.add(Number(id));
  for (const [id, state] of index.entries('changes')) changes.set(Number(id), state);
  let nextId = 1;
  let checkedBytes = 0;
  for (const [key, bytes] of index.entries('bundles')) {
    const id = Number(key);
    nextId = Math.max(nextId, id + 1);
    const value = readRecordValue(bytes);
    const change = changes.get(id);
    changes.delete(id);
    let problem = value === undefined ? 'what is known of the bundle is damaged' : undefined;
    if (value !== undefined && value.place !== 'here') {
      const isThere = (value.place === 'file' ? strayFiles : strayBodies).delete(id);
      checkedBytes += value.bundleBytes;
      const body = () => (value.place === 'file' ? files.read(id) : index.get('bodies', id));
      if (!isThere) problem = 'the bundle is missing';
      else if (checkedBytes <= MAX_CHECKED_BYTES && bundleOf(value, body()) === undefined) {
        problem = 'the bundle is damaged';
      }
    }
    const record =
      value && problem === undefined ? (recordOf(value, change, load) ?? recordOf(value, undefined, load)) : undefined;
    if (value !== undefined && record !== undefined) {
      if (change !== undefined && !isWhole(value, change, load)) {
        damage.push({ table: 'changes', key: id, reason: 'a later state is damaged, an earlier one counts' });
      }
      records.push({ id, record, place: value.place, isChanged: change !== undefined });
      continue;
    }
    damage.push({ table: 'bundles', key: id, reason: problem ?? 'the bundle or its state is damaged' });
    if (value?.place === 'file') damage.push({ table: 'files', key: id, reason: 'belongs to a damaged record' });
    if (index.get('bodies', id)) damage.push({ table: 'bodies', key: id, reason: 'belongs to a damaged record' });
    strayBodies.delete(id);
    strayFiles.delete(id);
    if (change !== undefined) damage.push({ table: 'changes', key: id, reason: 'belongs to a damaged record' });
  }
  for (const id of changes.keys()) damage.push({ table: 'changes', key: id, reason: 'belongs to no record' });
  for (const id of strayBodies) damage.push({ table: 'bodies', key: id, reason: 'belongs to no record' });
  for (const [key, value] of index.entries('state')) {
    if (unwrapValue(value) === undefined) damage.push({ table: 'state', key, reason: 'the value is damaged' });
  }
  return { records, damage, orphans: [...strayFiles], nextId };
}

function isWhole(value: RecordValue, change: Uint8Array, load: BundleLoader): boolean {
  return recordOf(value, change, load) !== undefined;
}
