/** Node's implementation of base/platform.ts. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { UsageError } from '../base/errors.js';
import type { Digest, InputFile, Platform } from '../base/platform.js';

const encoder = new TextEncoder();
/** Keeps a byte order mark as the character it is: a file is decoded in pieces, and a piece's start is no file's start. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The platform of Node. `openFile` takes paths relative to the working directory and rejects with a UsageError
 * `cannot-open-file` whose message names the file.
 */
export const nodePlatform: Platform = {
  encodeUtf8: (text) => encoder.encode(text),
  decodeUtf8: (bytes) => decoder.decode(bytes),
  sha256: () => new NodeDigest(),
  openFile: openInputFile,
};

class NodeDigest implements Digest {
  readonly #hash = createHash('sha256');

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  finish(): Uint8Array {
    return new Uint8Array(this.#hash.digest());
  }
}

async function openInputFile(name: string): Promise<InputFile> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(name, 'r');
    const status = await handle.stat();
    if (!status.isFile()) throw new Error('it is no regular file');
    return new NodeFile(handle, status.size);
  } catch (thrown) {
    await handle?.close();
    throw new UsageError('cannot-open-file', `cannot open ${name}: ${reasonOf(thrown)}`);
  }
}

class NodeFile implements InputFile {
  readonly #handle: FileHandle;

  constructor(
    handle: FileHandle,
    readonly size: number,
  ) {
    this.#handle = handle;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - offset)));
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await this.#handle.read(bytes, filled, bytes.length - filled, offset + filled);
      if (bytesRead === 0) return bytes.subarray(0, filled);
      filled += bytesRead;
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

function reasonOf(thrown: unknown): string {
  const { code, message } = thrown as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'access is denied';
  return message;
}
