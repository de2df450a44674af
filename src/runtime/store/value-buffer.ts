/**
 * Buffers that the values of one flush are written into, side by side, and that the next flush uses again: an array for each value
 * would cost more than to write it.
 */

/** One buffer of many values; lmdb asks for its place in memory once. */
const CHUNK_BYTES = 1024 * 1024;

/** What is kept between flushes; a flush that needs more takes it from the heap. */
const MAX_KEPT_CHUNKS = 16;

/** Room for values, in chunks. */
export class ValueBuffer {
  readonly #chunks: Uint8Array[] = [];
  #current = 0;
  #at = 0;

  /** A buffer with at least `length` bytes left behind {@link at}. */
  reserve(length: number): Uint8Array {
    const current = this.#chunks[this.#current];
    if (current !== undefined && this.#at + length <= current.length) return current;
    if (current !== undefined) this.#current++;
    this.#at = 0;
    const next = this.#chunks[this.#current];
    if (next !== undefined && next.length >= length) return next;
    const chunk = new Uint8Array(Math.max(CHUNK_BYTES, length));
    this.#chunks.splice(this.#current, 0, chunk);
    return chunk;
  }

  /** Where the next value begins in what {@link reserve} gave last. */
  get at(): number {
    return this.#at;
  }

  /** The value that was written from {@link at} to `end` of what {@link reserve} gave last. */
  take(end: number): Uint8Array {
    const chunk = this.#chunks[this.#current] as Uint8Array;
    const value = new Uint8Array(chunk.buffer, this.#at, end - this.#at);
    this.#at = end;
    return value;
  }

  /** Nobody needs the values any more. */
  reset(): void {
    if (this.#chunks.length > MAX_KEPT_CHUNKS) this.#chunks.length = MAX_KEPT_CHUNKS;
    this.#current = 0;
    this.#at = 0;
  }
}
