/** What `leodtn send` sends: a file or standard input, read as it is wanted. */
import { createReadStream } from 'node:fs';
import { messageOf, UsageError } from '../../base/errors.js';
import type { Io } from '../io.js';

/** Bytes that are read from a file at once. */
const READ_BYTES = 256 * 1024;

/** A file or standard input. */
export class DataSource {
  /** As messages call it. */
  readonly name: string;
  readonly #pieces: AsyncIterator<Uint8Array>;
  #head: Uint8Array = new Uint8Array(0);

  constructor(file: string, io: Io) {
    this.name = file === '-' ? 'standard input' : file;
    const input = file === '-' ? io.input() : createReadStream(file, { highWaterMark: READ_BYTES });
    this.#pieces = (input as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  }

  /** The first `bytes` bytes, or all where there are no more; they stay part of {@link pieces}. Rejects where it cannot be read. */
  async head(bytes: number): Promise<Uint8Array> {
    const pieces = [this.#head];
    let length = this.#head.length;
    while (length < bytes) {
      const next = await this.#next();
      if (next === undefined) break;
      pieces.push(next);
      length += next.length;
    }
    this.#head = Buffer.concat(pieces);
    return this.#head.subarray(0, bytes);
  }

  /** All of it, in pieces. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    if (this.#head.length > 0) yield this.#head;
    this.#head = new Uint8Array(0);
    for (let next = await this.#next(); next !== undefined; next = await this.#next()) yield next;
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#pieces.next();
      return done ? undefined : value;
    } catch (error) {
      throw new UsageError('cannot-open-file', `cannot read ${this.name}: ${messageOf(error)}; expected a file, or -`);
    }
  }
}
