/**
 * Looks at the index file before lmdb does, which maps it into memory: a file of something else it would refuse in few words, and
 * reading behind the end of one that was cut off ends the process.
 */
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UsageError } from '../../base/errors.js';

// An lmdb file begins with two pages that describe it, of which the one with the higher transaction counts.
const MAGIC = 0xbeef_c0de;
const DATA_VERSION = 2;
const AT = { magic: 24, version: 28, pageBytes: 48, lastPage: 144, transaction: 152 } as const;
const META_BYTES = 160;

/** Meta pages are this far apart at the least. */
const LEAST_PAGE_BYTES = 256;

/**
 * Looks whether the file at `path` can be an index; a file that is not there, or empty, will be one. Throws a UsageError
 * `store-unreadable` where not. A file that ends early is made as long as it says that it is, with zeros, which count as damage where
 * they are looked at.
 */
export function checkIndexFile(path: string): void {
  let file: number;
  try {
    file = openSync(path, 'r+');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new UsageError('store-unreadable', `cannot open ${path}: ${(thrown as Error).message}`);
  }
  try {
    const { size } = fstatSync(file);
    if (size === 0) return;
    const first = metaAt(file, 0);
    const pageBytes = first?.pageBytes ?? 0;
    const second = pageBytes >= LEAST_PAGE_BYTES ? metaAt(file, pageBytes) : undefined;
    if (first === undefined || second === undefined) {
      throw new UsageError('store-unreadable', `${path} is not the index of a store`);
    }
    const { lastPage } = first.transaction > second.transaction ? first : second;
    const length = (lastPage + 1) * pageBytes;
    // It may be shorter by right, where its last pages were free when they would have been written.
    if (size < length) ftruncateSync(file, length);
  } finally {
    closeSync(file);
  }
}

interface Meta {
  readonly pageBytes: number;
  readonly lastPage: number;
  readonly transaction: number;
}

/** What the meta page at an offset says; undefined where there is none. */
function metaAt(file: number, offset: number): Meta | undefined {
  const bytes = new Uint8Array(META_BYTES);
  if (readSync(file, bytes, 0, META_BYTES, offset) < META_BYTES) return undefined;
  const view = new DataView(bytes.buffer);
  if (view.getUint32(AT.magic, true) !== MAGIC || view.getUint32(AT.version, true) !== DATA_VERSION) return undefined;
  const lastPage = Number(view.getBigUint64(AT.lastPage, true));
  const transaction = Number(view.getBigUint64(AT.transaction, true));
  return { pageBytes: view.getUint32(AT.pageBytes, true), lastPage, transaction };
}

/** Moves files of a store's folder into a new folder in it, whose path is the result: nothing is deleted. */
export function moveAside(folder: string, names: readonly string[]): string {
  let aside: string;
  for (let number = 1; ; number++) {
    aside = join(folder, `set-aside-${number}`);
    try {
      mkdirSync(aside);
      break;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
    }
  }
  for (const name of names) {
    try {
      renameSync(join(folder, name), join(aside, basename(name)));
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
    }
  }
  return aside;
}
