/**
 * The bytes of an application data unit as far as they have come: disjoint pieces in the order of their offsets (the material
 * extents of RFC 9171 section 5.9). Knows no bundles and no limits.
 */

/** Longest run that is handed to `splice` as arguments, which go over the stack. */
const MAX_SPLICED_PIECES = 1_024;

interface Piece {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** What a run of bytes would bring. */
export interface ExtentComparison {
  /** Where it is new, as pairs of start and end, ascending. */
  readonly gaps: readonly number[];
  /** How many of its bytes are new. */
  readonly newBytes: number;
  /** Whether it differs somewhere from bytes that are there. */
  readonly conflict: boolean;
  /** The stored pieces that it overlaps: those from `first` up to but not including `last`. */
  readonly first: number;
  readonly last: number;
}

/** A growing set of byte runs, each byte stored once. */
export class ExtentList {
  #pieces: Piece[] = [];
  #bytes = 0;

  /** How many bytes are there. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Holds `data` at `start` against what is there, in time linear in its length. */
  compare(start: number, data: Uint8Array): ExtentComparison {
    const pieces = this.#pieces;
    const end = start + data.length;
    const first = this.#firstEndingBehind(start);
    const gaps: number[] = [];
    let newBytes = 0;
    let conflict = false;
    let at = start;
    let last = first;
    for (; at < end; last++) {
      const piece = last < pieces.length && pieces[last].start < end ? pieces[last] : undefined;
      const gapEnd = piece === undefined ? end : piece.start;
      if (gapEnd > at) {
        gaps.push(at, gapEnd);
        newBytes += gapEnd - at;
        at = gapEnd;
      }
      if (piece === undefined) break;
      const overlapEnd = Math.min(end, piece.start + piece.bytes.length);
      conflict ||= differs(data, at - start, piece.bytes, at - piece.start, overlapEnd - at);
      at = overlapEnd;
    }
    return { gaps, newBytes, conflict, first, last };
  }

  /** Stores copies of the new parts of `data`; `comparison` is fresh from {@link compare} with the same arguments. */
  insert(start: number, data: Uint8Array, comparison: ExtentComparison): void {
    const { gaps, first, last } = comparison;
    const overlapped = this.#pieces.slice(first, last);
    const run: Piece[] = [];
    let next = 0;
    for (let i = 0; i < gaps.length; i += 2) {
      while (next < overlapped.length && overlapped[next].start < gaps[i]) run.push(overlapped[next++]);
      // Not `slice`: a Buffer's slice is a view, and a view would hold the whole datagram.
      const bytes = new Uint8Array(data.subarray(gaps[i] - start, gaps[i + 1] - start));
      run.push({ start: gaps[i], bytes });
    }
    while (next < overlapped.length) run.push(overlapped[next++]);
    if (run.length <= MAX_SPLICED_PIECES) this.#pieces.splice(first, last - first, ...run);
    else this.#pieces = this.#pieces.slice(0, first).concat(run, this.#pieces.slice(last));
    this.#bytes += comparison.newBytes;
  }

  /** All bytes in one array; they must reach from 0 to {@link bytes} without a gap. */
  join(): Uint8Array {
    const whole = new Uint8Array(this.#bytes);
    for (const { start, bytes } of this.#pieces) whole.set(bytes, start);
    return whole;
  }

  /** Index of the first piece that ends behind `offset`. */
  #firstEndingBehind(offset: number): number {
    const pieces = this.#pieces;
    const endsBehind = (index: number): boolean => pieces[index].start + pieces[index].bytes.length > offset;
    // Most fragments come in order.
    if (pieces.length === 0 || !endsBehind(pieces.length - 1)) return pieces.length;
    let low = 0;
    let high = pieces.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (endsBehind(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function differs(a: Uint8Array, atA: number, b: Uint8Array, atB: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[atA + i] !== b[atB + i]) return true;
  return false;
}
