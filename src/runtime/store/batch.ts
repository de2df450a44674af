/**
 * What goes to the disk with one flush. It owns how records become writes of an index and files, and does no I/O itself.
 */
import type { BundleRecord } from '../../agent/index.js';
import { encodedLength } from '../../bpv7/index.js';
import { bundleBytes, HERE_BYTES, type Place, writeChange, writeLongRecord, writeShortRecord } from './record-value.js';
import { wrapValue } from './state-value.js';
import type { IndexWriter, Table } from './store-index.js';
import type { ValueBuffer } from './value-buffer.js';

/** A page of an index: each record that changes or goes costs up to one, which is written anew. */
const PAGE_BYTES = 4_096;

/** What any commit may take: the upper pages of its tables, and its list of free pages. */
const MARGIN_BYTES = 1024 * 1024;

/** What a store knows of a record beside the record. */
export class HeldRecord {
  place: Place = 'here';
  /** It is on the disk, or being written there. */
  isWritten = false;
  /** A later state of it is. */
  isChanged = false;
  /** It goes with the next flush. */
  isPending = false;
  isGone = false;
  /** Its bundle could not be read back: what is left of it is kept to be looked at when the record goes. */
  isDamaged = false;
  /** Its neighbours among the records that are loaded though on the disk, see loaded-records.ts; undefined where it is none. */
  older: HeldRecord | undefined = undefined;
  newer: HeldRecord | undefined = undefined;

  constructor(
    readonly id: number,
    readonly record: BundleRecord,
  ) {}
}

/** A bundle that gets a file of its own. */
export interface BodyFile {
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** One flush's worth of writes. */
export interface Batch {
  /** Records that were not on the disk before. */
  readonly fresh: readonly HeldRecord[];
  readonly changed: readonly HeldRecord[];
  readonly removed: readonly HeldRecord[];
  readonly state: ReadonlyMap<string, Uint8Array | undefined>;
  /** What is written of `fresh` and then of `changed`. */
  readonly values: readonly Uint8Array[];
  readonly bodies: readonly BodyFile[];
  readonly files: readonly BodyFile[];
}

/** What is pending and not gone, as a batch; its values lie in `buffer` until the batch is settled. */
export function gatherBatch(
  pending: readonly HeldRecord[],
  removed: readonly HeldRecord[],
  state: ReadonlyMap<string, Uint8Array | undefined>,
  buffer: ValueBuffer,
  fileFromBytes: number,
): Batch {
  const fresh: HeldRecord[] = [];
  const changed: HeldRecord[] = [];
  const values: Uint8Array[] = [];
  const bodies: BodyFile[] = [];
  const files: BodyFile[] = [];
  buffer.reset();
  for (const held of pending) {
    held.isPending = false;
    if (held.isGone) continue;
    if (held.isWritten) changed.push(held);
    else fresh.push(held);
  }
  for (const held of fresh) {
    const { bundle } = held.record;
    const length = encodedLength(bundle);
    if (length <= HERE_BYTES) {
      held.place = 'here';
      values.push(writeShortRecord(held.record, bundle, length, buffer));
    } else {
      const bytes = bundleBytes(bundle);
      held.place = bytes.length < fileFromBytes ? 'bodies' : 'file';
      values.push(writeLongRecord(held.record, bundle, bytes, held.place, buffer));
      (held.place === 'bodies' ? bodies : files).push({ id: held.id, bytes });
    }
    held.isWritten = true;
  }
  for (const held of changed) {
    held.isChanged = true;
    values.push(writeChange(held.record, buffer));
  }
  return { fresh, changed, removed, state: wrapped(state), values, bodies, files };
}

/** Writes a batch but for its files, which must be on the disk by then. */
export function writeBatch({ fresh, changed, removed, state, values, bodies }: Batch, writer: IndexWriter): void {
  let next = 0;
  for (const { id } of fresh) writer.put('bundles', id, values[next++] as Uint8Array);
  for (const { id } of changed) writer.put('changes', id, values[next++] as Uint8Array);
  for (const { id, bytes } of bodies) writer.put('bodies', id, bytes);
  for (const held of removed) for (const table of tablesOf(held)) writer.remove(table, held.id);
  for (const [key, value] of state) {
    if (value === undefined) writer.remove('state', key);
    else writer.put('state', key, value);
  }
}

/** What a commit of a batch may take of the index file at the most, were none of its free pages of use. */
export function roomFor({ changed, removed, state, values, bodies }: Batch): number {
  let bytes = MARGIN_BYTES + PAGE_BYTES * (changed.length + removed.length);
  for (const { isDamaged, record } of removed) if (isDamaged) bytes += record.sizeBytes + 2 * PAGE_BYTES;
  for (const { length } of values) bytes += 2 * length;
  for (const body of bodies) bytes += body.bytes.length + 2 * PAGE_BYTES;
  for (const value of state.values()) bytes += 2 * PAGE_BYTES + (value?.length ?? 0);
  return bytes;
}

/** Where an index has something of a record. */
function tablesOf({ place, isChanged }: HeldRecord): readonly Table[] {
  if (place === 'bodies') return isChanged ? ['bundles', 'bodies', 'changes'] : ['bundles', 'bodies'];
  return isChanged ? ['bundles', 'changes'] : ['bundles'];
}

function wrapped(state: ReadonlyMap<string, Uint8Array | undefined>): Map<string, Uint8Array | undefined> {
  const values = new Map<string, Uint8Array | undefined>();
  for (const [key, bytes] of state) values.set(key, bytes && wrapValue(bytes));
  return values;
}
