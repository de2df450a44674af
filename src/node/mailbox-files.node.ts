/** Files that are there whole or not at all, also after a crash, and how a data unit's file is named. */
import { createHash } from 'node:crypto';
import { access, open, rename } from 'node:fs/promises';
import type { Delivery } from '../agent/index.js';

/** Suffix of a file that is being written. */
export const UNFINISHED = '.tmp';

/** Suffix of a byte stream that is not whole. */
export const PARTIAL = '.part';

/** Hexadecimal digits that tell data units of sources apart that have no node number. */
const DIGEST_DIGITS = 24;

/**
 * The file name of a data unit: source node and service, creation time in DTN milliseconds, sequence number. A source without a node number
 * goes by a digest of what it sent.
 */
export function fileNameOf(delivery: Delivery, payload: Uint8Array): string {
  const { sourceNode, sourceService, bundle } = delivery;
  const digest = () => createHash('sha256').update(payload).digest('hex').slice(0, DIGEST_DIGITS);
  const source = sourceNode > 0 ? `${sourceNode}.${sourceService}` : `other.${digest()}`;
  return `${source}-${bundle.creationTimeMs}-${bundle.sequence}`;
}

/**
 * Writes a file under a name with `suffix`, makes it durable, and gives it its name then. False where there is a file of that name
 * already, which stays as it is. Its folder is to be synchronised after that.
 */
export async function writeDurably(file: string, bytes: Uint8Array, suffix: string): Promise<boolean> {
  if (await exists(file)) return false;
  const unfinished = `${file}${suffix}`;
  const handle = await open(unfinished, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, file);
  return true;
}

/** Makes the names in a folder durable, where the system can: Windows opens no folders. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whether a file is there. */
export async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
