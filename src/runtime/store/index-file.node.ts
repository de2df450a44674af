/**
 * The index of a durable store: one lmdb file with a table for each kind of thing. It knows lmdb and nothing of bundles.
 *
 * A commit is one lmdb transaction, written by a thread of lmdb's and synchronised before its promise resolves: the file is opened
 * without `overlappingSync`, which would let a commit be seen before it is on the disk.
 */
import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Database, open as openLmdb, type RootDatabase } from 'lmdb';
import { UsageError } from '../../base/errors.js';
import { type IndexWriter, type StoreIndex, TABLES, type Table } from './store-index.js';

/** A file is made longer in pieces of this length. */
const ZEROS_BYTES = 1024 * 1024;

/** Opens or makes the index at `path`. Rejects with a UsageError `store-unreadable` for a file that lmdb does not take. */
export async function openIndexFile(path: string): Promise<StoreIndex> {
  let root: RootDatabase<Uint8Array, number | string> | undefined;
  try {
    root = openLmdb<Uint8Array, number | string>({
      path,
      noSubdir: true,
      encoding: 'binary',
      compression: false,
      overlappingSync: false,
      // With it lmdb makes promises of its own for a batch, which nobody could handle when the disk is full.
      eventTurnBatching: false,
      maxDbs: TABLES.length,
    });
    return new LmdbIndex(root, path);
  } catch (thrown) {
    await root?.close();
    throw new UsageError('store-unreadable', `${path} cannot be read: ${wordsOf(thrown)}`);
  }
}

class LmdbIndex implements StoreIndex {
  readonly #root: RootDatabase<Uint8Array, number | string>;
  readonly #tables = new Map<Table, Database<Uint8Array, number | string>>();
  readonly #writer: IndexWriter;
  readonly #path: string;

  constructor(root: RootDatabase<Uint8Array, number | string>, path: string) {
    this.#root = root;
    this.#path = path;
    for (const name of TABLES) this.#tables.set(name, root.openDB(name, { encoding: 'binary', compression: false }));
    this.#writer = {
      put: (table, key, value) => void this.#table(table).put(key, value),
      remove: (table, key) => void this.#table(table).remove(key),
    };
  }

  get(table: Table, key: number | string): Uint8Array | undefined {
    return plain(this.#table(table).getBinary(key));
  }

  *entries(table: Table, start?: number | string): Iterable<readonly [number | string, Uint8Array]> {
    for (const { key, value } of this.#table(table).getRange(start === undefined ? {} : { start }))
      yield [key, plain(value)];
  }

  keys(table: Table): Iterable<number | string> {
    return this.#table(table).getKeys();
  }

  usage(): { usedBytes: number; reusableBytes: number } {
    const { pageSize, free } = this.#root.getStats() as RootStats;
    let pages = 2 + pagesOf(free);
    for (const table of TABLES) pages += pagesOf(this.#table(table).getStats() as TreeStats);
    const usedBytes = pages * pageSize;
    return { usedBytes, reusableBytes: Math.max(0, statSync(this.#path).size - usedBytes) };
  }

  async makeRoom(bytes: number): Promise<void> {
    const { pageSize, lastPageNumber } = this.#root.getStats() as RootStats;
    // lmdb writes behind the last page that it ever used, and does not mind that there is a file already. No more than that: a file
    // with holes would say nothing of space.
    const wanted = (lastPageNumber + 1) * pageSize + bytes;
    const file = await open(this.#path, 'r+');
    try {
      const zeros = new Uint8Array(ZEROS_BYTES);
      for (let { size } = await file.stat(); size < wanted; ) {
        size += (await file.write(zeros, 0, Math.min(ZEROS_BYTES, wanted - size), size)).bytesWritten;
      }
    } finally {
      await file.close();
    }
  }

  async commit(write: (writer: IndexWriter) => void): Promise<void> {
    try {
      await this.#root.batch(() => write(this.#writer));
    } catch (thrown) {
      throw await causeOf(thrown);
    }
  }

  close(): Promise<void> {
    return this.#root.close();
  }

  #table(name: Table): Database<Uint8Array, number | string> {
    return this.#tables.get(name) as Database<Uint8Array, number | string>;
  }
}

/** What lmdb counts of a table. */
interface TreeStats {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

interface RootStats {
  readonly pageSize: number;
  readonly lastPageNumber: number;
  readonly free: TreeStats;
}

function pagesOf({ treeBranchPageCount, treeLeafPageCount, overflowPages }: TreeStats): number {
  return treeBranchPageCount + treeLeafPageCount + overflowPages;
}

/** Values come as Node's buffers, which nothing further up shall need to know. */
function plain<Bytes extends Uint8Array | undefined>(bytes: Bytes): Bytes {
  return (bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)) as Bytes;
}

/** lmdb says why a commit failed in a promise beside the error, which must not be left alone. */
async function causeOf(thrown: unknown): Promise<Error> {
  const { commitError } = thrown as { commitError?: Promise<unknown> };
  if (commitError === undefined) return thrown instanceof Error ? thrown : new Error(String(thrown));
  try {
    await commitError;
  } catch (cause) {
    if (cause instanceof Error) return cause;
  }
  return thrown as Error;
}

function wordsOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
