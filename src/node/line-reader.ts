/** Cuts a stream of bytes into lines of text, no longer than a line may be. */
import { UsageError } from '../base/errors.js';
import { MAX_LINE_BYTES } from './control-calls.js';

const NEWLINE = 10;

/** Gathers pieces until a line is whole. */
export class LineReader {
  #pieces: Uint8Array[] = [];
  #length = 0;
  readonly #lines: Uint8Array[] = [];

  /** Takes bytes as they come. Throws a UsageError `line-too-long` where a line does not end. */
  push(chunk: Uint8Array): void {
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      this.#lines.push(this.#joined(rest.subarray(0, end)));
      rest = rest.subarray(end + 1);
    }
    if (rest.length === 0) return;
    if (this.#length + rest.length > MAX_LINE_BYTES) {
      throw new UsageError('line-too-long', `a line is longer than ${MAX_LINE_BYTES} bytes`);
    }
    this.#pieces.push(rest);
    this.#length += rest.length;
  }

  /** The next whole line without its end; undefined where there is none. */
  take(): Uint8Array | undefined {
    return this.#lines.shift();
  }

  #joined(last: Uint8Array): Uint8Array {
    if (this.#pieces.length === 0) return last;
    const line = new Uint8Array(this.#length + last.length);
    let at = 0;
    for (const piece of this.#pieces) {
      line.set(piece, at);
      at += piece.length;
    }
    line.set(last, at);
    this.#pieces = [];
    this.#length = 0;
    return line;
  }
}
