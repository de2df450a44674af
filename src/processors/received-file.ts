import { concatBytes } from '../base/bytes.js';
import type { ReceivedFile } from './contract.js';

/** A received file over its pieces, wherever they are: they are shared, not copied, and are gone through anew for each reader. */
export function receivedFile(name: string, pieces: Iterable<Uint8Array>, size: number): ReceivedFile {
  return {
    name,
    size,
    chunks: () => pieces[Symbol.iterator]() as IterableIterator<Uint8Array>,
    bytes: () => concatBytes([...pieces]),
  };
}

/** A received file whose pieces are in memory. */
export function fileInMemory(name: string, pieces: readonly Uint8Array[]): ReceivedFile {
  return receivedFile(
    name,
    pieces,
    pieces.reduce((sum, { length }) => sum + length, 0),
  );
}
