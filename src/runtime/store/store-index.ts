/** What a durable store needs of its index. lmdb is one; tests put failures in between. */

/** The tables of an index. Keys of the first three are the numbers that the store gives its records. */
export type Table =
  | 'bundles' // what is known of each bundle, and short bundles themselves
  | 'changes' // states of records that changed after they were first written
  | 'bodies' // longer bundles
  | 'state' // named values
  | 'damaged' // what could not be read, by table and key
  | 'about'; // the form of the store

/** All of them. */
export const TABLES: readonly Table[] = ['bundles', 'changes', 'bodies', 'state', 'damaged', 'about'];

/** Writes of one commit. */
export interface IndexWriter {
  /** `value` must stay unchanged until the commit is settled. */
  put(table: Table, key: number | string, value: Uint8Array): void;
  remove(table: Table, key: number | string): void;
}

/** Tables of values by key, with commits. Reading throws where the file is damaged. */
export interface StoreIndex {
  /** A copy of a value as of the last commit. */
  get(table: Table, key: number | string): Uint8Array | undefined;
  /** All of a table, ascending by key, from `start` on; the values are copies. */
  entries(table: Table, start?: number | string): Iterable<readonly [key: number | string, value: Uint8Array]>;
  /** All keys of a table. */
  keys(table: Table): Iterable<number | string>;
  /** Resolves when all that `write` wrote is on the disk; rejects where nothing of it is. `write` must not throw. */
  commit(write: (writer: IndexWriter) => void): Promise<void>;
  /**
   * Makes the file so long that commits that take `bytes` need nothing further of the disk. Rejects where that has no space. An index
   * may take harm where a disk gets full in the middle of a commit, so this comes before it where that is near.
   */
  makeRoom(bytes: number): Promise<void>;
  /** Bytes of the file that hold something, and those that do not and are written before the file grows. */
  usage(): { readonly usedBytes: number; readonly reusableBytes: number };
  close(): Promise<void>;
}
