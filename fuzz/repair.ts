/** Gives the blocks of a damaged bundle CRCs that match again, so that a mutation is not stopped at the first checksum. */
import { blockCrc16, blockCrc32c } from '../src/bpv7/crc.js';

/** Writes matching CRCs into `bytes`, in every array on the first level that ends like a block with one. */
export function repairCrcs(bytes: Uint8Array): void {
  if (bytes.length === 0 || bytes[0] >> 5 !== 4) return;
  let at = bytes[0] === 0x9f ? 1 : headEnd(bytes, 0);
  while (at >= 0 && at < bytes.length && bytes[at] !== 0xff) {
    const end = itemEnd(bytes, at, 0);
    if (end < 0) return;
    if (bytes[at] >> 5 === 4) repairBlock(bytes, at, bytes[at] === 0x9f ? end - 1 : end, end);
    at = end;
  }
}

/** A block that ends with a byte string of two or four bytes and could have a CRC of that width. */
function repairBlock(bytes: Uint8Array, start: number, contentEnd: number, end: number): void {
  if (contentEnd - 5 > start && bytes[contentEnd - 5] === 0x44) {
    const crc = blockCrc32c(bytes, start, contentEnd - 4, end);
    for (let i = 0; i < 4; i++) bytes[contentEnd - 4 + i] = crc >>> (24 - 8 * i);
  } else if (contentEnd - 3 > start && bytes[contentEnd - 3] === 0x42) {
    const crc = blockCrc16(bytes, start, contentEnd - 2, end);
    bytes[contentEnd - 2] = crc >>> 8;
    bytes[contentEnd - 1] = crc;
  }
}

/** Where the item at `at` ends; negative where it does not make sense. */
function itemEnd(bytes: Uint8Array, at: number, depth: number): number {
  const head = bytes[at];
  if (depth > 24 || head === 0xff) return -1;
  const major = head >> 5;
  if ((head & 31) === 31) {
    let end = at + 1;
    while (end < bytes.length && bytes[end] !== 0xff) {
      end = itemEnd(bytes, end, depth + 1);
      if (end < 0) return -1;
    }
    return end < bytes.length ? end + 1 : -1;
  }
  let end = headEnd(bytes, at);
  if (end < 0 || end > bytes.length) return -1;
  if (major < 2 || major === 7) return end;
  const argument = argumentAt(bytes, at);
  if (argument > bytes.length) return -1;
  if (major < 4) return end + argument <= bytes.length ? end + argument : -1;
  for (let left = major === 6 ? 1 : argument * (major - 3); left > 0; left--) {
    if (end >= bytes.length) return -1;
    end = itemEnd(bytes, end, depth + 1);
    if (end < 0) return -1;
  }
  return end;
}

function headEnd(bytes: Uint8Array, at: number): number {
  const info = bytes[at] & 31;
  return info < 24 ? at + 1 : info < 28 ? at + 1 + (1 << (info - 24)) : -1;
}

function argumentAt(bytes: Uint8Array, at: number): number {
  const info = bytes[at] & 31;
  if (info < 24) return info;
  let value = 0;
  for (let i = at + 1; i < headEnd(bytes, at); i++) value = value * 256 + bytes[i];
  return value;
}
