/** What `leodtn send` sends: a file or standard input, read as it is wanted. */
import { createReadStream } from 'node:fs';
import { messageOf, UsageError } from '../../base/errors.js';
import type { Io } from '../io.js';

/** Bytes that are read from a file at once. */
const READ_BYTES = 256 * 1024;

/** Bytes that are read ahead of what is in use: as many as one flush of the node's store should take along. */
const AHEAD_BYTES = 1024 * 1024;

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

  /** All of it, in pieces of up to {@link AHEAD_BYTES}: while one is in use the next ones are read. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    const ahead = new ReadAhead(this.#head, () => this.#next());
    this.#head = new Uint8Array(0);
    for (let piece = await ahead.take(); piece !== undefined; piece = await ahead.take()) yield piece;
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

/** Reads on while what was read is in use, as far as it may. */
class ReadAhead {
  readonly #read: () => Promise<Uint8Array | undefined>;
  #pieces: Uint8Array[];
  #length: number;
  #isEnded = false;
  #failure: unknown;
  #wake: () => void = () => {};
  #reading: Promise<void> | undefined;

  constructor(head: Uint8Array, read: () => Promise<Uint8Array | undefined>) {
    this.#read = read;
    this.#pieces = head.length === 0 ? [] : [head];
    this.#length = head.length;
  }

  /** All that was read so far, or what comes next; undefined at the end. */
  async take(): Promise<Uint8Array | undefined> {
    this.#start();
    while (this.#length === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isEnded) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#pieces.length === 1 ? (this.#pieces[0] as Uint8Array) : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    this.#start();
    return taken;
  }

  #start(): void {
    this.#reading ??= this.#fill().finally(() => {
      this.#reading = undefined;
    });
  }

  async #fill(): Promise<void> {
    while (!this.#isEnded && this.#failure === undefined && this.#length < AHEAD_BYTES) {
      try {
        const next = await this.#read();
        if (next === undefined) this.#isEnded = true;
        else {
          this.#pieces.push(next);
          this.#length += next.length;
        }
      } catch (error) {
        this.#failure = error;
      }
      this.#wake();
    }
  }
}
