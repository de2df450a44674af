/**
 * Lines of a file by byte ownership: a part of a file owns exactly the lines that start in its byte range, whatever their
 * encoding, so that the parts together give every line once (what LeoPyMR's collector means and misses on multi-byte text).
 */
import { concatBytes } from '../base/bytes.js';
import { UsageError } from '../base/errors.js';
import type { InputFile, Platform } from '../base/platform.js';
import type { BatchSource } from './batch-iterator.js';

/** How much is read at once, in bytes. */
export const DEFAULT_READ_BYTES = 64 * 1024;

/** The longest line, in bytes without its newline; a longer one is an error instead of a memory problem. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** Which lines of which file, and how to read them. */
export interface LineRange {
  readonly filename: string;
  /** Which of the parts, from 1. */
  readonly part: number;
  /** How many parts the file is cut into. */
  readonly parts: number;
  /** Bytes per read; {@link DEFAULT_READ_BYTES} by default. */
  readonly readBytes?: number | undefined;
  /** Longest line in bytes; {@link MAX_LINE_BYTES} by default. */
  readonly maxLineBytes?: number | undefined;
}

const NEWLINE = 0x0a;

/**
 * Gives the lines that start in `[chunk * (part - 1), chunk * part)` with `chunk = ceil(file size / parts)`, in order, split
 * at "\n" alone and decoded from UTF-8 by whole lines. A final newline ends a line and begins none. Opens the file at the
 * first fetch. Rejects with a UsageError `line-too-long`, or as the platform does where the file cannot be read.
 */
export class LineReader implements BatchSource<string> {
  readonly #platform: Platform;
  readonly #range: LineRange;
  readonly #readBytes: number;
  readonly #maxLineBytes: number;
  #file: InputFile | undefined;
  #done = false;
  /** Where the next read starts. */
  #offset = 0;
  /** Lines that start here or later belong to the next part. */
  #end = 0;
  /** Where the line starts whose beginning is in `#carry`. */
  #lineStart = 0;
  /** Still in the line that began in the part before. */
  #skipping = false;
  #carry: Uint8Array[] = [];
  #carryBytes = 0;

  constructor(platform: Platform, range: LineRange) {
    this.#platform = platform;
    this.#range = range;
    this.#readBytes = range.readBytes ?? DEFAULT_READ_BYTES;
    this.#maxLineBytes = range.maxLineBytes ?? MAX_LINE_BYTES;
  }

  async fetch(): Promise<readonly string[] | undefined> {
    if (this.#done) return undefined;
    const file = this.#file ?? (await this.#open());
    while (this.#skipping || this.#lineStart < this.#end) {
      const piece = await file.read(this.#offset, this.#readBytes);
      if (piece.length === 0) return this.#finish();
      const at = this.#offset;
      this.#offset += piece.length;
      const from = this.#skipping ? this.#skip(piece, at) : 0;
      const lines = this.#take(piece, at, from);
      if (lines !== undefined) return lines;
    }
    this.#done = true;
    return undefined;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#done = true;
    this.#carry = [];
    await file?.close();
  }

  async #open(): Promise<InputFile> {
    const { filename, part, parts } = this.#range;
    const file = await this.#platform.openFile(filename);
    this.#file = file;
    const chunk = Math.ceil(file.size / parts);
    const start = Math.min(chunk * (part - 1), file.size);
    this.#end = Math.min(chunk * part, file.size);
    this.#lineStart = start;
    // The byte before tells whether a line starts exactly at the range's first byte.
    this.#skipping = start > 0 && start < this.#end;
    this.#offset = this.#skipping ? start - 1 : start;
    return file;
  }

  /** Where in the piece the part's first line starts; the piece's length where the line before goes on. */
  #skip(piece: Uint8Array, at: number): number {
    const newline = piece.indexOf(NEWLINE);
    const from = newline < 0 ? piece.length : newline + 1;
    this.#lineStart = at + from;
    this.#skipping = newline < 0 && this.#lineStart < this.#end;
    return from;
  }

  /** The lines that end in the piece, from index `from`; what follows the last of them is carried over. */
  #take(piece: Uint8Array, at: number, from: number): string[] | undefined {
    if (this.#skipping || this.#lineStart >= this.#end) return undefined;
    const cut = this.#lastOwnNewline(piece, at, from);
    if (cut < 0) {
      this.#carryOver(piece.subarray(from));
      return undefined;
    }
    const block = piece.subarray(from, cut);
    if (this.#carryBytes > 0) {
      const newline = block.indexOf(NEWLINE);
      this.#checkLength(this.#carryBytes + (newline < 0 ? block.length : newline));
    }
    const bytes = this.#carryBytes === 0 ? block : concatBytes([...this.#carry, block]);
    this.#carry = [];
    this.#carryBytes = 0;
    this.#lineStart = at + cut + 1;
    if (this.#lineStart < this.#end) this.#carryOver(piece.subarray(cut + 1));
    return this.#platform.decodeUtf8(bytes).split('\n');
  }

  /** Index of the newline that ends the last line to take from the piece, or -1. */
  #lastOwnNewline(piece: Uint8Array, at: number, from: number): number {
    const lastOwnByte = this.#end - 1 - at;
    if (lastOwnByte < piece.length) {
      // The first newline from the range's last byte on ends the last line that starts within the range.
      const newline = piece.indexOf(NEWLINE, Math.max(lastOwnByte, from));
      if (newline >= 0) return newline;
    }
    const newline = piece.lastIndexOf(NEWLINE);
    return newline < from ? -1 : newline;
  }

  #carryOver(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#carryBytes += bytes.length;
    this.#checkLength(this.#carryBytes);
    // A copy, so that a long line does not hold whole read buffers and a platform may reuse them.
    this.#carry.push(bytes.slice());
  }

  #checkLength(bytes: number): void {
    if (bytes <= this.#maxLineBytes) return;
    const { filename } = this.#range;
    throw new UsageError(
      'line-too-long',
      `the line at byte ${this.#lineStart} of ${filename} is longer than ${this.#maxLineBytes} bytes`,
    );
  }

  /** At the end of the file: what is carried is a last line without a newline. */
  #finish(): string[] | undefined {
    this.#done = true;
    if (this.#carryBytes === 0) return undefined;
    const line = this.#platform.decodeUtf8(concatBytes(this.#carry));
    this.#carry = [];
    this.#carryBytes = 0;
    return [line];
  }
}
