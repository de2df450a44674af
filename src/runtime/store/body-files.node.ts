/**
 * Long bundles in files of their own, in a fan of folders. A file is written and synchronised before the index names it and deleted
 * after the index has forgotten it, so that a crash leaves files that nobody names, which are swept when the store is opened, and never
 * a name without its file.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { BodyFile } from './batch.js';
import type { BodyStore } from './durable-store.js';

/** Folders that the files are spread over: a folder of 100,000 files is slow on some systems. */
const FAN_OUT = 256;

/** A file is written in pieces of this length, so that one write keeps no thread for long. */
const PIECE_BYTES = 1024 * 1024;

/** The files of one store. */
export class BodyFiles implements BodyStore {
  readonly #folder: string;
  readonly #asideFolder: string;
  /** Fan folders known to be there. */
  readonly #made = new Set<string>();

  /** In `folder`; those that are set aside go to `asideFolder`, on the same disk. Both are made when they are needed. */
  constructor(folder: string, asideFolder: string) {
    this.#folder = folder;
    this.#asideFolder = asideFolder;
  }

  /** Writes files and resolves when they and their names are on the disk. A file of that name is replaced. */
  async write(files: readonly BodyFile[]): Promise<void> {
    const folders = new Set<string>();
    for (const { id, bytes } of files) {
      const folder = this.#folderOf(id);
      if (!this.#made.has(folder)) {
        mkdirSync(folder, { recursive: true });
        this.#made.add(folder);
        folders.add(this.#folder).add(dirname(this.#folder));
      }
      folders.add(folder);
      const file = await open(this.#pathOf(id), 'w');
      try {
        for (let at = 0; at < bytes.length; at += PIECE_BYTES)
          await writeAll(file, bytes.subarray(at, at + PIECE_BYTES));
        await file.datasync();
      } finally {
        await file.close();
      }
    }
    for (const folder of folders) await syncFolder(folder);
  }

  /** The bytes of a file; undefined where it is not there. */
  read(id: number): Uint8Array | undefined {
    try {
      return readFileSync(this.#pathOf(id));
    } catch {
      return undefined;
    }
  }

  /** Deletes files; those that are not there are no error. */
  remove(ids: readonly number[]): void {
    for (const id of ids) rmSync(this.#pathOf(id), { force: true });
  }

  /** Moves a file to the folder of damaged ones; one that is not there is no error. */
  setAside(id: number): void {
    mkdirSync(this.#asideFolder, { recursive: true });
    if (existsSync(this.#pathOf(id))) renameSync(this.#pathOf(id), join(this.#asideFolder, basename(this.#pathOf(id))));
  }

  /** Numbers of all files. */
  *ids(): Iterable<number> {
    for (const folder of namesIn(this.#folder)) {
      for (const name of namesIn(join(this.#folder, folder))) {
        const id = Number(/^([0-9]+)\.bundle$/.exec(name)?.[1]);
        if (Number.isSafeInteger(id) && this.#pathOf(id) === join(this.#folder, folder, name)) yield id;
      }
    }
  }

  #folderOf(id: number): string {
    return join(this.#folder, (id % FAN_OUT).toString(16).padStart(2, '0'));
  }

  #pathOf(id: number): string {
    return join(this.#folderOf(id), `${id}.bundle`);
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
}

/** Brings the names in a folder to the disk. Windows has no such thing, and refuses to open a folder. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
