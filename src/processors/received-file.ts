import { concatBytes } from '../base/bytes.js';
import type { ReceivedFile } from './contract.js';

/** A received file over pieces held in memory. The pieces are shared, not copied. */
export function receivedFile(name: string, pieces: readonly Uint8Array[]): ReceivedFile {
  let size = 0;
  for (const piece of pieces) size += piece.length;
  return {
    name,
    size,
    chunks: () => pieces.values(),
    bytes: () => concatBytes(pieces),
  };
}
