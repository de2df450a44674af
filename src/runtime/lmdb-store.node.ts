/**
 * A bundle store that outlives the process, on lmdb. It owns opening: the folder, its lock, what is found there and what is set aside.
 * When things are written is known to store/durable-store.ts, where they lie to the files beside that.
 */
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { BundleStore } from '../agent/index.js';
import { UsageError } from '../base/errors.js';
import { BodyFiles } from './store/body-files.node.js';
import { checkIndexFile, moveAside } from './store/data-file.node.js';
import { DurableStore, type StoreLimits } from './store/durable-store.js';
import { lockFolder } from './store/folder-lock.node.js';
import { openIndexFile } from './store/index-file.node.js';
import { DEFAULT_RESERVE_BYTES } from './store/space.js';
import type { StoreIndex } from './store/store-index.js';

/** Where a store lies and how much it may take. */
export interface LmdbStoreOptions extends Partial<StoreLimits> {
  /** Made where it is not there; for one process at a time. */
  readonly folder: string;
  /** Whether a store is made where there is none: by default it is. Where it is not, nothing is written there, and that is an error. */
  readonly makesNew?: boolean | undefined;
  /** Where the index there cannot be read: move all aside, within the folder, and begin with an empty store. By default that is an error. */
  readonly startOver?: boolean | undefined;
  /** Called with why the store cannot be written at present, and with undefined when it can again. */
  readonly onTrouble?: ((words: string | undefined) => void) | undefined;
  /** Called, with words for the operator, when a bundle turns out to be damaged after the store was opened. */
  readonly onDamage?: ((words: string) => void) | undefined;
}

/** Limits of a store where its options leave them out. */
export const DEFAULT_STORE_LIMITS: StoreLimits = {
  // Twice 100,000 bundles of the longest datagram.
  diskBytes: 16 * 1024 ** 3,
  reserveBytes: DEFAULT_RESERVE_BYTES,
  // What a busy node sends next; a slow one reads back what it sends.
  memoryBytes: 64 * 1024 ** 2,
  // lmdb writes its pages over in place, which beats new files up to the longest datagram (bench/store.bench.ts).
  fileFromBytes: 128 * 1024,
};

/** What a store held when it was opened. */
export interface StoreFindings {
  readonly bundles: number;
  readonly bytes: number;
  /** Records, bundles and values that could not be read; they lie in the store's table of damaged things, or its folder of them. */
  readonly setAside: number;
  /** Files without a record, of a commit that a crash came before; they were deleted. */
  readonly orphans: number;
  /** The folder that an unreadable store was moved to, with `startOver`. */
  readonly movedTo: string | undefined;
  /** What was set aside and why, the first {@link MAX_WORDS} of it. */
  readonly words: readonly string[];
}

/** A store and what it held. */
export interface OpenedStore {
  readonly store: LmdbStore;
  readonly found: StoreFindings;
}

/** A bundle store on lmdb. */
export interface LmdbStore extends BundleStore {
  /** Why the last attempt to write failed, where it did and none has succeeded since: the store is trying again and takes nothing new. */
  readonly trouble: string | undefined;
  /** Flushes and lets go of the folder. Rejects where that flush fails. */
  close(): Promise<void>;
}

/** Lines on damage in {@link StoreFindings}. */
export const MAX_WORDS = 20;

/** Of what the `about` table says: the form of the store, which a change that older programs cannot read makes another. */
const FORM_KEY = 'form';
const FORM = 1;

const INDEX_FILE = 'index.mdb';
const BODY_FOLDER = 'bundles';
const DAMAGED_FOLDER = 'damaged';

/**
 * Opens the store in a folder, or makes one. Throws a UsageError: `no-store` where there is none and none is to be made, `store-folder` where the folder cannot be used, `store-in-use` where
 * another process has it, `store-form` where another version wrote it, `store-unreadable` where its index is damaged or something else.
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<OpenedStore> {
  if (options.makesNew === false && !existsSync(join(options.folder, INDEX_FILE))) {
    throw new UsageError('no-store', `there is no store in ${options.folder}`);
  }
  const folder = usableFolder(options.folder);
  const unlock = lockFolder(folder);
  let movedTo: string | undefined;
  try {
    const limits = limitsOf(options);
    try {
      return await openIn(folder, limits, unlock, undefined, options);
    } catch (thrown) {
      const isUnreadable = thrown instanceof UsageError && thrown.code === 'store-unreadable';
      if (!isUnreadable) throw thrown;
      if (options.startOver !== true) {
        throw new UsageError(
          thrown.code,
          `${thrown.message}; nothing was lost: move ${folder} away, or start over, which sets it aside`,
        );
      }
      movedTo = moveAside(folder, [INDEX_FILE, `${INDEX_FILE}-lock`, BODY_FOLDER]);
      return await openIn(folder, limits, unlock, movedTo, options);
    }
  } catch (thrown) {
    unlock();
    throw thrown;
  }
}

function usableFolder(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true });
    return realpathSync(folder);
  } catch (thrown) {
    throw new UsageError('store-folder', `cannot keep a store in ${folder}: ${(thrown as Error).message}`);
  }
}

function limitsOf(options: LmdbStoreOptions): StoreLimits {
  const { diskBytes, reserveBytes, memoryBytes, fileFromBytes } = options;
  return {
    diskBytes: diskBytes ?? DEFAULT_STORE_LIMITS.diskBytes,
    reserveBytes: reserveBytes ?? DEFAULT_STORE_LIMITS.reserveBytes,
    memoryBytes: memoryBytes ?? DEFAULT_STORE_LIMITS.memoryBytes,
    fileFromBytes: fileFromBytes ?? DEFAULT_STORE_LIMITS.fileFromBytes,
  };
}

async function openIn(
  folder: string,
  limits: StoreLimits,
  unlock: () => void,
  movedTo: string | undefined,
  { onDamage, onTrouble }: LmdbStoreOptions,
): Promise<OpenedStore> {
  const path = join(folder, INDEX_FILE);
  checkIndexFile(path);
  const index = await openIndexFile(path);
  try {
    await checkForm(index, folder);
    const files = new BodyFiles(join(folder, BODY_FOLDER), join(folder, DAMAGED_FOLDER));
    const store = new DurableStore({
      index,
      files,
      limits,
      freeBytes: async () => {
        const { bavail, bsize } = await statfs(folder);
        return bavail * bsize;
      },
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      onDamage,
      onTrouble,
      closed: unlock,
    });
    const { damage, orphans } = await store.recover();
    const words = damage.slice(0, MAX_WORDS).map(({ table, key, reason }) => `${table} ${key}: ${reason}`);
    const found = { bundles: store.bundles, bytes: store.bytes, setAside: damage.length, orphans, movedTo, words };
    return { store, found };
  } catch (thrown) {
    await index.close();
    if (thrown instanceof UsageError) throw thrown;
    throw new UsageError('store-unreadable', `${path} cannot be read: ${(thrown as Error).message}`);
  }
}

/** Reads the form of a store, or writes it into a new one. */
async function checkForm(index: StoreIndex, folder: string): Promise<void> {
  const form = index.get('about', FORM_KEY);
  if (form === undefined) {
    try {
      await index.commit((writer) => writer.put('about', FORM_KEY, Uint8Array.of(FORM)));
    } catch (thrown) {
      throw new UsageError('store-folder', `cannot write a store in ${folder}: ${(thrown as Error).message}`);
    }
  } else if (form.length !== 1 || form[0] !== FORM) {
    throw new UsageError(
      'store-form',
      `the store in ${folder} has form ${form[0]}, and this program knows ${FORM}: open it with the one that wrote it`,
    );
  }
}
