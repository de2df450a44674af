/**
 * The two checksums of RFC 9171 section 4.2.1, over byte ranges and without touching the bytes.
 *
 * CRC-16 takes eight bytes a step from as many tables, CRC-32C sixteen (slicing-by-8 and by-16). An own CRC-16 and not the `crc`
 * package: that one takes a byte a step, needs a view of the range for each call, and at a third of the speed it would cost more
 * than all the rest of the decoder; it serves as the oracle of the tests.
 */

const CRC16_TABLES = slicingTables(0x8408, 8);
const CRC32C_TABLES = slicingTables(0x82f63b78, 16);

/** Inputs at least this long go to the accelerator, where one is set; below it the call costs more than it saves. */
const DEFAULT_ACCELERATE_FROM_BYTES = 256;

/** A CRC-32C in another implementation: `initial` is the CRC of what came before, 0 for nothing. */
export type Crc32cFunction = (bytes: Uint8Array, initial: number) => number;

let accelerator: Crc32cFunction | undefined;
let accelerateFromBytes = Number.POSITIVE_INFINITY;

/**
 * Has CRC-32C over ranges of at least `fromBytes` bytes computed by `fn`, for the whole process; undefined takes it back. The
 * results must not differ, so this is a matter of speed alone; `fn` must not call the codec.
 */
export function setCrc32cAccelerator(fn: Crc32cFunction | undefined, fromBytes = DEFAULT_ACCELERATE_FROM_BYTES): void {
  accelerator = fn;
  accelerateFromBytes = fn === undefined ? Number.POSITIVE_INFINITY : fromBytes;
}

/** CRC-16/X.25 of bytes `from` to `to`, an unsigned 16-bit integer. */
export function crc16(bytes: Uint8Array, from = 0, to = bytes.length): number {
  return ~updateCrc16(0xffff, bytes, from, to) & 0xffff;
}

/** CRC-32C of bytes `from` to `to`, an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length): number {
  return ~startCrc32c(bytes, from, to) >>> 0;
}

/**
 * CRC-16/X.25 of a block at `from` to `to` whose two bytes at `fieldAt` count as zero, whatever they are (RFC 9171 section
 * 4.2.2): so the block as received is checked in place.
 */
export function blockCrc16(bytes: Uint8Array, from: number, fieldAt: number, to: number): number {
  let state = updateCrc16(0xffff, bytes, from, fieldAt);
  state = CRC16_TABLES[256 + (state & 0xff)] ^ CRC16_TABLES[state >>> 8];
  return ~updateCrc16(state, bytes, fieldAt + 2, to) & 0xffff;
}

/**
 * CRC-32C in the manner of {@link blockCrc16}, with a field of four bytes. `data`, where given, is a view of the bytes from
 * `dataAt` on, which spares making one for the accelerator.
 */
export function blockCrc32c(
  bytes: Uint8Array,
  from: number,
  fieldAt: number,
  to: number,
  data?: Uint8Array,
  dataAt = 0,
): number {
  let state: number;
  if (data !== undefined && data.length >= accelerateFromBytes && accelerator !== undefined) {
    state = updateCrc32c(-1, bytes, from, dataAt);
    state = ~accelerator(data, ~state >>> 0);
    state = updateCrc32c(state, bytes, dataAt + data.length, fieldAt);
  } else {
    state = updateCrc32c(-1, bytes, from, fieldAt);
  }
  state =
    CRC32C_TABLES[768 + (state & 0xff)] ^
    CRC32C_TABLES[512 + ((state >>> 8) & 0xff)] ^
    CRC32C_TABLES[256 + ((state >>> 16) & 0xff)] ^
    CRC32C_TABLES[state >>> 24];
  // Nothing follows the field but the break of an array of indefinite length.
  return ~(to === fieldAt + 4 ? state : updateCrc32c(state, bytes, fieldAt + 4, to)) >>> 0;
}

/**
 * CRC-32C of a block that lies in pieces: bytes `from` to `to` of `head`, then `data`, then the head `fieldHead` of the CRC field, whose
 * four bytes count as zero and end the block.
 */
export function crc32cAround(head: Uint8Array, from: number, to: number, data: Uint8Array, fieldHead: number): number {
  let state = updateCrc32c(-1, head, from, to);
  if (data.length >= accelerateFromBytes && accelerator !== undefined) state = ~accelerator(data, ~state >>> 0);
  else state = updateCrc32c(state, data, 0, data.length);
  FIELD[0] = fieldHead;
  return ~updateCrc32c(state, FIELD, 0, FIELD.length) >>> 0;
}

/** A CRC field of CRC-32C whose value counts as zero. */
const FIELD = new Uint8Array(5);

function startCrc32c(bytes: Uint8Array, from: number, to: number): number {
  if (to - from >= accelerateFromBytes && accelerator !== undefined) return ~accelerator(bytes.subarray(from, to), 0);
  return updateCrc32c(-1, bytes, from, to);
}

function updateCrc16(initial: number, bytes: Uint8Array, from: number, to: number): number {
  const t = CRC16_TABLES;
  let state = initial;
  let i = from;
  for (const last = to - 8; i <= last; i += 8) {
    const mixed = state ^ (bytes[i] | (bytes[i + 1] << 8));
    state =
      t[1792 + (mixed & 0xff)] ^
      t[1536 + (mixed >>> 8)] ^
      t[1280 + bytes[i + 2]] ^
      t[1024 + bytes[i + 3]] ^
      t[768 + bytes[i + 4]] ^
      t[512 + bytes[i + 5]] ^
      t[256 + bytes[i + 6]] ^
      t[bytes[i + 7]];
  }
  for (; i < to; i++) state = t[(state ^ bytes[i]) & 0xff] ^ (state >>> 8);
  return state;
}

/** What each step's bytes bring does not wait for the state, which is mixed in last: so the steps overlap in the processor. */
function updateCrc32c(initial: number, bytes: Uint8Array, from: number, to: number): number {
  const t = CRC32C_TABLES;
  let state = initial;
  let i = from;
  for (const last = to - 16; i <= last; i += 16) {
    const behind =
      t[2816 + bytes[i + 4]] ^
      t[2560 + bytes[i + 5]] ^
      (t[2304 + bytes[i + 6]] ^ t[2048 + bytes[i + 7]]) ^
      (t[1792 + bytes[i + 8]] ^ t[1536 + bytes[i + 9]] ^ (t[1280 + bytes[i + 10]] ^ t[1024 + bytes[i + 11]])) ^
      (t[768 + bytes[i + 12]] ^ t[512 + bytes[i + 13]] ^ (t[256 + bytes[i + 14]] ^ t[bytes[i + 15]]));
    const mixed = state ^ (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24));
    state =
      behind ^
      (t[3840 + (mixed & 0xff)] ^ t[3584 + ((mixed >>> 8) & 0xff)]) ^
      (t[3328 + ((mixed >>> 16) & 0xff)] ^ t[3072 + (mixed >>> 24)]);
  }
  for (const last = to - 4; i <= last; i += 4) {
    const mixed = state ^ (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24));
    state =
      t[768 + (mixed & 0xff)] ^ t[512 + ((mixed >>> 8) & 0xff)] ^ (t[256 + ((mixed >>> 16) & 0xff)] ^ t[mixed >>> 24]);
  }
  for (; i < to; i++) state = t[(state ^ bytes[i]) & 0xff] ^ (state >>> 8);
  return state;
}

/** `count` tables of 256 entries in one array: entry 256 k + b is what byte b does to the CRC when k zero bytes follow it. */
function slicingTables(reflectedPolynomial: number, count: number): Int32Array {
  const tables = new Int32Array(count * 256);
  for (let byte = 0; byte < 256; byte++) {
    let state = byte;
    for (let bit = 0; bit < 8; bit++) state = (state & 1) !== 0 ? (state >>> 1) ^ reflectedPolynomial : state >>> 1;
    tables[byte] = state;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256];
    tables[i] = (before >>> 8) ^ tables[before & 0xff];
  }
  return tables;
}
