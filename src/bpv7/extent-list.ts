/**
 * The bytes of an application data unit as far as they have come: disjoint pieces in the order of their offsets (the material
 * extents of RFC 9171 section 5.9). Knows no bundles and no limits.
 */

/** Pieces lie in chunks of at most this many, so that one that comes out of order moves few others however many there are. */
const MAX_CHUNK_PIECES = 256;

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
}

/** A growing set of byte runs, each byte stored once. */
export class ExtentList {
  /** None is empty, but for the only one at the beginning. */
  readonly #chunks: Piece[][] = [[]];
  #bytes = 0;

  /** How many bytes are there. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Holds `data` at `start` against what is there, in time linear in its length. */
  compare(start: number, data: Uint8Array): ExtentComparison {
    const end = start + data.length;
    const gaps: number[] = [];
    let newBytes = 0;
    let conflict = false;
    let at = start;
    let chunkIndex = this.#chunkFor(start);
    let index = firstEndingBehind(this.#chunks[chunkIndex], start);
    while (at < end) {
      if (index === this.#chunks[chunkIndex].length && chunkIndex + 1 < this.#chunks.length) {
        chunkIndex++;
        index = 0;
      }
      const piece = this.#chunks[chunkIndex].at(index++);
      const gapEnd = piece === undefined ? end : Math.min(end, piece.start);
      if (gapEnd > at) {
        gaps.push(at, gapEnd);
        newBytes += gapEnd - at;
        at = gapEnd;
      }
      if (piece === undefined || at === end) break;
      const overlapEnd = Math.min(end, endOf(piece));
      conflict ||= differs(data, at - start, piece.bytes, at - piece.start, overlapEnd - at);
      at = overlapEnd;
    }
    return { gaps, newBytes, conflict };
  }

  /** Stores copies of the new parts of `data`; `comparison` is fresh from {@link compare} with the same arguments. */
  insert(start: number, data: Uint8Array, { gaps, newBytes }: ExtentComparison): void {
    for (let i = 0; i < gaps.length; i += 2) {
      // Not `slice`: a Buffer's slice is a view, and a view would hold the whole datagram.
      const bytes = new Uint8Array(data.subarray(gaps[i] - start, gaps[i + 1] - start));
      this.#insertPiece({ start: gaps[i], bytes });
    }
    this.#bytes += newBytes;
  }

  /** All bytes in one array; they must reach from 0 to {@link bytes} without a gap. */
  join(): Uint8Array {
    const whole = new Uint8Array(this.#bytes);
    for (const chunk of this.#chunks) for (const { start, bytes } of chunk) whole.set(bytes, start);
    return whole;
  }

  #insertPiece(piece: Piece): void {
    const chunkIndex = this.#chunkFor(piece.start);
    const chunk = this.#chunks[chunkIndex];
    const index = firstEndingBehind(chunk, piece.start);
    if (chunk.length < MAX_CHUNK_PIECES) {
      chunk.splice(index, 0, piece);
      return;
    }
    // Behind a full last chunk a new one begins, so that pieces in order leave full chunks; any other full one is halved.
    const keeps = index === chunk.length ? index : MAX_CHUNK_PIECES / 2;
    const upper = chunk.splice(keeps);
    if (index > keeps || upper.length === 0) upper.splice(index - keeps, 0, piece);
    else chunk.splice(index, 0, piece);
    this.#chunks.splice(chunkIndex + 1, 0, upper);
  }

  /** Index of the first chunk with a piece that ends behind `offset`; of the last chunk where there is none. */
  #chunkFor(offset: number): number {
    const chunks = this.#chunks;
    const last = chunks.length - 1;
    return firstIndex(last, (index) => endOf(chunks[index][chunks[index].length - 1]) > offset);
  }
}

function firstEndingBehind(pieces: readonly Piece[], offset: number): number {
  // Most fragments come in order.
  if (pieces.length === 0 || endOf(pieces[pieces.length - 1]) <= offset) return pieces.length;
  return firstIndex(pieces.length - 1, (index) => endOf(pieces[index]) > offset);
}

/** The first index below `last` from which on `holds` is true; `last` where there is none. */
function firstIndex(last: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = last;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function endOf({ start, bytes }: Piece): number {
  return start + bytes.length;
}

function differs(a: Uint8Array, atA: number, b: Uint8Array, atB: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[atA + i] !== b[atB + i]) return true;
  return false;
}
