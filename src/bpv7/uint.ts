/** Unsigned 64-bit integers as the wire has them. */
import { UsageError } from '../base/errors.js';

/**
 * An integer from 0 to 2^64-1: a number up to 2^53-1 and a bigint above, never the other way round, so that equal integers
 * compare equal with `===`. DTN times, sequence numbers and flags are numbers in practice; the bigint keeps what a foreign
 * node may legally send.
 */
export type UInt = number | bigint;

/** The greatest integer of 64 bits. */
export const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;

/** The {@link UInt} of a bigint in 0..2^64-1. */
export function uintOf(value: bigint): UInt {
  return value <= 9_007_199_254_740_991n ? Number(value) : value;
}

/** The sum of two, without rounding; may exceed 2^64-1. */
export function addUInt(a: UInt, b: UInt): UInt {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (sum <= Number.MAX_SAFE_INTEGER) return sum;
  }
  return uintOf(BigInt(a) + BigInt(b));
}

/** True where the flag bits of `mask` (below 2^31) are all set in `flags`. */
export function hasFlag(flags: UInt, mask: number): boolean {
  // Bit operators take a number modulo 2^32, which leaves the low bits of every safe integer as they are.
  return typeof flags === 'number' ? (flags & mask) === mask : (flags & BigInt(mask)) === BigInt(mask);
}

/** The flags with the one bit of `bit` (below 2^31) set. */
export function withFlag(flags: UInt, bit: number): UInt {
  return hasFlag(flags, bit) ? flags : addUInt(flags, bit);
}

/** The flags with the one bit of `bit` (below 2^31) cleared. */
export function withoutFlag(flags: UInt, bit: number): UInt {
  if (!hasFlag(flags, bit)) return flags;
  return typeof flags === 'number' ? flags - bit : uintOf(flags - BigInt(bit));
}

/** A caller handed in something that is no unsigned 64-bit integer. */
export function notUInt(value: unknown): never {
  throw new UsageError('not-uint64', `expected an integer from 0 to 2^64-1, got ${String(value)}`);
}
