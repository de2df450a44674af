/**
 * Writes CBOR heads in their shortest form (RFC 8949 section 4.2.1) into a buffer that is large enough. Each function takes the
 * place to write at and returns the place behind what it wrote, and throws a UsageError on what has no encoding.
 */
import { UsageError } from '../base/errors.js';
import { MAX_UINT64, notUInt, type UInt } from './uint.js';

/** Major types (RFC 8949 section 3.1), shifted to their place in a head. */
export const Major = {
  unsigned: 0x00,
  negative: 0x20,
  bytes: 0x40,
  text: 0x60,
  array: 0x80,
  map: 0xa0,
  tag: 0xc0,
} as const;

/** The break that ends an item of indefinite length. */
export const BREAK_BYTE = 0xff;

/** The head of an array of indefinite length. */
export const INDEFINITE_ARRAY_BYTE = 0x9f;

/** Length of a head whose argument is `value`, in bytes. Throws a UsageError where the value is no unsigned 64-bit integer. */
export function headLength(value: UInt): number {
  if (typeof value === 'number') {
    // Equal to itself as an unsigned 32-bit integer: neither negative, nor a fraction, nor large.
    if (value >>> 0 === value) return value < 24 ? 1 : value < 0x100 ? 2 : value < 0x1_0000 ? 3 : 5;
    if (Number.isSafeInteger(value) && value >= 0) return 9;
    return notUInt(value);
  }
  if (typeof value !== 'bigint' || value < 0n || value > MAX_UINT64) return notUInt(value);
  return value < 0x1_0000_0000n ? headLength(Number(value)) : 9;
}

/** The longest head in bytes. */
export const MAX_HEAD_BYTES = 9;

/** Writes a head. */
export function writeHead(into: Uint8Array, at: number, major: number, value: UInt): number {
  // Equal to itself as an unsigned 32-bit integer: neither negative, nor a fraction, nor large.
  if (typeof value !== 'number' || value >>> 0 !== value) return writeWideHead(into, at, major, value);
  if (value < 24) {
    into[at] = major | value;
    return at + 1;
  }
  if (value < 0x100) {
    into[at] = major | 24;
    into[at + 1] = value;
    return at + 2;
  }
  if (value < 0x1_0000) {
    into[at] = major | 25;
    into[at + 1] = value >>> 8;
    into[at + 2] = value;
    return at + 3;
  }
  into[at] = major | 26;
  writeUint32(into, at + 1, value);
  return at + 5;
}

/** Writes an unsigned integer. Short enough that the engine puts it in place of the call, and most integers are small. */
export function writeUInt(into: Uint8Array, at: number, value: UInt): number {
  if (typeof value === 'number' && value >>> 0 === value && value < 24) {
    into[at] = value;
    return at + 1;
  }
  return writeHead(into, at, 0, value);
}

/**
 * {@link writeUInt} for a time, which seldom fits into 32 bits. A function apart, since the engine makes fast code for integers
 * only where it has seen no others.
 */
export function writeTime(into: Uint8Array, at: number, timeMs: UInt): number {
  return typeof timeMs === 'number' && timeMs > 0xffff_ffff
    ? writeWideHead(into, at, Major.unsigned, timeMs)
    : writeUInt(into, at, timeMs);
}

/** Writes a big-endian 32-bit integer. */
export function writeUint32(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}

/** Writes the text's characters, all ASCII, without a head. */
export function writeAscii(into: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) throw new UsageError('not-ascii', `expected ASCII text, got ${JSON.stringify(text)}`);
    into[at + i] = unit;
  }
  return at + text.length;
}

/** Writes what is no unsigned 32-bit number: one of up to 2^53-1, or a bigint. */
function writeWideHead(into: Uint8Array, at: number, major: number, value: UInt): number {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || value < 0) return notUInt(value);
    into[at] = major | 27;
    // The quotient is below 2^21, so that the shift cuts off no more than its fraction.
    writeUint32(into, at + 1, (value / 0x1_0000_0000) >>> 0);
    writeUint32(into, at + 5, value >>> 0);
    return at + 9;
  }
  if (typeof value !== 'bigint' || value < 0n || value > MAX_UINT64) return notUInt(value);
  if (value < 0x1_0000_0000n) return writeHead(into, at, major, Number(value));
  into[at] = major | 27;
  writeUint32(into, at + 1, Number(value >> 32n));
  writeUint32(into, at + 5, Number(value & 0xffff_ffffn));
  return at + 9;
}
