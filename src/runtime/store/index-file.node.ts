/**
 * The index of a durable store: one lmdb file with a table for each kind of thing. It knows lmdb and nothing of bundles.
 *
 * A commit is one lmdb transaction, written by a thread of lmdb's and synchronised before its promise resolves: the file is opened
 * without `overlappingSync`, which would let a commit be seen before it is on the disk.
 */
import { type Database, open, type RootDatabase } from 'lmdb';
import { UsageError } from '../../base/errors.js';

/** Its tables. Keys of the first three are the numbers that the store gives its records. */
export type Table =
  | 'bundles' // what is known of each bundle, and short bundles themselves
  | 'changes' // states of records that changed after they were first written
  | 'bodies' // longer bundles
  | 'state' // named values
  | 'damaged' // what could not be read, by table and key
  | 'about'; // the form of the store

/** Writes of one commit. */
export interface IndexWriter {
  /** `value` must stay unchanged until the commit is settled. */
  put(table: Table, key: number | string, value: Uint8Array): void;
  remove(table: Table, key: number | string): void;
}

/** What a store needs of its index; tests put failures in between. */
export interface StoreIndex {
  /** A copy of a value as of the last commit. */
  get(table: Table, key: number | string): Uint8Array | undefined;
  /** All of a table, ascending by key, from `start` on; the values are copies. */
  entries(table: Table, start?: number | string): Iterable<readonly [key: number | string, value: Uint8Array]>;
  /** Resolves when all that `write` wrote is on the disk; rejects where nothing of it is. */
  commit(write: (writer: IndexWriter) => void): Promise<void>;
  close(): Promise<void>;
}

const TABLES: readonly Table[] = ['bundles', 'changes', 'bodies', 'state', 'damaged', 'about'];

/** Opens or makes the index at `path`. Throws a UsageError `store-unreadable` for a file that lmdb does not take. */
export function openIndexFile(path: string): StoreIndex {
  let root: RootDatabase<Uint8Array, number | string>;
  try {
    root = open<Uint8Array, number | string>({
      path,
      noSubdir: true,
      encoding: 'binary',
      compression: false,
      overlappingSync: false,
      maxDbs: TABLES.length,
    });
  } catch (thrown) {
    throw new UsageError('store-unreadable', `${path} is not readable: ${wordsOf(thrown)}`);
  }
  return new LmdbIndex(root);
}

class LmdbIndex implements StoreIndex {
  readonly #root: RootDatabase<Uint8Array, number | string>;
  readonly #tables = new Map<Table, Database<Uint8Array, number | string>>();
  readonly #writer: IndexWriter;

  constructor(root: RootDatabase<Uint8Array, number | string>) {
    this.#root = root;
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
