/** Re-cuts the stream of a file into chunks of one size, the last one flagged. */
import {
  checkPiece,
  closeQuietly,
  isPromiseLike,
  type OutputFile,
  pieceIteratorOf,
  type StepIterator,
} from '../processors/output.js';

/** Bytes in every chunk of a file but the last. */
export const FILE_CHUNK_BYTES = 32 * 1024;

/** A chunk of a file. */
export interface FileChunk {
  readonly kind: 'file-chunk';
  readonly name: string;
  /** A fresh array. */
  readonly bytes: Uint8Array;
  readonly last: boolean;
}

/** Reads ahead just far enough to know whether a chunk is the last one. Use: `fill()`, then `take()`, until `isEmpty`. */
export class FileChunker {
  readonly #name: string;
  readonly #isWhole: boolean;
  #pieces: StepIterator<Uint8Array> | undefined;
  /** Pieces that were read and are not given out yet; the first from `#headOffset` on. */
  #waiting: Uint8Array[] = [];
  #headOffset = 0;
  #waitingBytes = 0;
  #isEmpty = false;

  /** Throws a UsageError `bad-file` where the file's stream is none. */
  constructor(file: OutputFile) {
    this.#name = file.name;
    this.#isWhole = file.stream instanceof Uint8Array;
    this.#pieces = pieceIteratorOf(file);
  }

  /** True once the last chunk was taken. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Reads until the next chunk is known; a promise only where the stream answers with one. Throws what the stream throws. */
  fill(): undefined | Promise<void> {
    while (this.#pieces !== undefined && this.#waitingBytes <= FILE_CHUNK_BYTES) {
      const answer = this.#pieces.next();
      if (isPromiseLike(answer)) return this.#fillLater(answer);
      this.#accept(answer);
    }
    return undefined;
  }

  /** The next chunk. Call after {@link fill}. */
  take(): FileChunk {
    const bytes = new Uint8Array(Math.min(this.#waitingBytes, FILE_CHUNK_BYTES));
    let filled = 0;
    let spent = 0;
    while (filled < bytes.length) {
      const head = this.#waiting[spent] as Uint8Array;
      const part = head.subarray(this.#headOffset, this.#headOffset + bytes.length - filled);
      bytes.set(part, filled);
      filled += part.length;
      this.#headOffset += part.length;
      if (this.#headOffset === head.length) {
        spent++;
        this.#headOffset = 0;
      }
    }
    this.#waiting.splice(0, spent);
    this.#waitingBytes -= bytes.length;
    this.#isEmpty = this.#pieces === undefined && this.#waitingBytes === 0;
    return { kind: 'file-chunk', name: this.#name, bytes, last: this.#isEmpty };
  }

  /** Closes the stream before its end. */
  close(): void {
    closeQuietly(this.#pieces);
    this.#pieces = undefined;
    this.#waiting = [];
  }

  async #fillLater(answer: PromiseLike<IteratorResult<Uint8Array>>): Promise<void> {
    this.#accept(await answer);
    await this.fill();
  }

  #accept(result: IteratorResult<Uint8Array>): void {
    if (result.done) {
      this.#pieces = undefined;
      return;
    }
    checkPiece(result.value, this.#name);
    if (result.value.length === 0) return;
    // A copy of each piece, since a stream may read into one buffer again and again; not of a whole array, which may be large.
    this.#waiting.push(this.#isWhole ? result.value : result.value.slice());
    this.#waitingBytes += result.value.length;
  }
}
