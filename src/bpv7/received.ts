/**
 * Blocks as received: their fields, and the exact bytes that they came in as an accessor on the prototype and not an own property,
 * so that a spread copy with other fields does not drag the old bytes along.
 *
 * The bytes are found again when they are asked for, which few callers do: a view costs as much as the rest of a block.
 */
import type { CanonicalBlock, PrimaryBlock } from './bundle.js';
import type { CrcTypeCode } from './constants.js';
import type { Eid } from './eid.js';
import type { UInt } from './uint.js';

/** A primary block as received. */
export class ReceivedPrimary implements PrimaryBlock {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  #raw: Uint8Array | undefined = undefined;

  /** The block that stands from `start` to `end` of `bytes`. */
  constructor(
    bytes: Uint8Array,
    start: number,
    end: number,
    readonly flags: UInt,
    readonly crcType: CrcTypeCode,
    readonly destination: Eid,
    readonly source: Eid,
    readonly reportTo: Eid,
    readonly creationTimeMs: UInt,
    readonly sequence: UInt,
    readonly lifetimeMs: UInt,
    readonly fragmentOffset: UInt | undefined,
    readonly totalAduLength: UInt | undefined,
  ) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  get raw(): Uint8Array {
    if (this.#raw === undefined) {
      const { buffer, byteOffset } = this.#bytes;
      this.#raw = new Uint8Array(buffer, byteOffset + this.#start, this.#end - this.#start);
    }
    return this.#raw;
  }
}

/** What a canonical block has before its data is below this, in bytes: an array head and five more heads. */
const MAX_BYTES_BEFORE_DATA = 64;

/** A canonical block as received. */
export class ReceivedBlock implements CanonicalBlock {
  /** Bytes of the block behind its data, times {@link MAX_BYTES_BEFORE_DATA}, and the ones before it: one field instead of three. */
  readonly #around: number;

  /** The block that has `before` bytes before its data, and `behind` bytes behind it. */
  constructor(
    before: number,
    behind: number,
    readonly type: UInt,
    readonly number: UInt,
    readonly flags: UInt,
    readonly crcType: CrcTypeCode,
    readonly data: Uint8Array,
  ) {
    this.#around = behind * MAX_BYTES_BEFORE_DATA + before;
  }

  get raw(): Uint8Array {
    const { buffer, byteOffset, length } = this.data;
    const before = this.#around % MAX_BYTES_BEFORE_DATA;
    const behind = (this.#around - before) / MAX_BYTES_BEFORE_DATA;
    return new Uint8Array(buffer, byteOffset - before, before + length + behind);
  }
}
