/**
 * Keeps a store's folder to one process. The lock is a file that names the process which holds it; it outlives a process that
 * was killed, so the next one looks whether that still runs, by its number and, on Linux, by when it was started.
 */
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../base/errors.js';

const LOCK_FILE = 'lock';

/** Folders that this process holds. */
const held = new Set<string>();

/**
 * Takes the lock of a folder, which must exist; call what it returns to let go of it. Throws a UsageError `store-in-use` where a process
 * that runs has it.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, LOCK_FILE);
  if (held.has(folder)) throw inUse(folder, 'this process');
  const claim = join(folder, `${LOCK_FILE}.${process.pid}`);
  writeFileSync(claim, JSON.stringify({ pid: process.pid, started: startOf(process.pid) }));
  try {
    if (!isLinked(claim, path)) {
      const holder = holderOf(path);
      if (holder !== undefined) throw inUse(folder, `process ${holder}`);
      rmSync(path, { force: true });
      if (!isLinked(claim, path)) throw inUse(folder, 'another process');
    }
  } finally {
    rmSync(claim, { force: true });
  }
  held.add(folder);
  return () => {
    if (held.delete(folder)) rmSync(path, { force: true });
  };
}

function inUse(folder: string, by: string): UsageError {
  return new UsageError('store-in-use', `${folder} is in use by ${by}: stop that first, or take another folder`);
}

/** Makes `path` another name of `claim`, with its content from the first moment; false where there is such a file. */
function isLinked(claim: string, path: string): boolean {
  try {
    linkSync(claim, path);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  }
}

/** The process that a lock names, where it still runs. */
function holderOf(path: string): number | undefined {
  let lock: { pid?: unknown; started?: unknown };
  try {
    lock = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
  const { pid, started } = lock;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0 || pid === process.pid) return undefined;
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    // Somebody else's process may not be asked, but it is there.
    if ((thrown as NodeJS.ErrnoException).code !== 'EPERM') return undefined;
  }
  const now = startOf(pid);
  return now === undefined || started === undefined || now === started ? pid : undefined;
}

/** When a process was started, as Linux has it, with the boot that this counts from; undefined elsewhere. */
function startOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The fields behind the name, which is in brackets and may hold anything: the start is field 22 of all.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${boot} ${ticks}`;
  } catch {
    return undefined;
  }
}
