/** A file that grows while a run goes on: bytes are written in pieces, and never more than a piece is kept in memory. */
import { closeSync, openSync, writeSync } from 'node:fs';

/** Bytes that are kept back until a write is worth its system call. */
const PIECE_BYTES = 1 << 16;

/**
 * Writes without waiting for the event loop, which a simulation in full flight hardly ever gives back: a stream would keep
 * everything in memory until the end.
 */
export class DiskWriter {
  #descriptor: number | undefined;
  #waiting: Uint8Array[] = [];
  #length = 0;
  /** What went wrong while writing, such as a full disk; nothing is written after it. */
  failure: Error | undefined;

  /** Makes the file, or empties it. Throws where that cannot be. */
  constructor(file: string) {
    this.#descriptor = openSync(file, 'w');
  }

  /** Appends bytes, which must stay unchanged. */
  add(bytes: Uint8Array): void {
    if (this.failure !== undefined) return;
    this.#waiting.push(bytes);
    this.#length += bytes.length;
    if (this.#length >= PIECE_BYTES) this.#write();
  }

  /** Writes what is left and closes the file; a second call does nothing. */
  close(): void {
    this.#write();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #write(): void {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#length = 0;
    if (this.failure !== undefined || this.#descriptor === undefined) return;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    } catch (error) {
      this.failure = error as Error;
    }
  }
}
