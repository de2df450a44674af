/** Random values that lie where codecs break: at the bounds of integer widths, at sizes of length heads, in small sets. */
import type { Random } from '../src/base/random.js';
import { type UInt, uintOf } from '../src/bpv7/index.js';

/** The bounds of the widths of CBOR heads, of exact doubles and of 64 bits. */
export const BOUNDARIES: readonly bigint[] = [
  0n,
  1n,
  2n,
  23n,
  24n,
  31n,
  32n,
  127n,
  128n,
  255n,
  256n,
  65_535n,
  65_536n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_fffen,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x1f_ffff_ffff_ffffn,
  0x20_0000_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_ffff_fffen,
  0xffff_ffff_ffff_ffffn,
];

/** One of the items, each as likely as the other. */
export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)];
}

/** An integer of 0..2^64-1: small, at a bound, or anything. */
export function drawUInt(random: Random): UInt {
  const kind = random.below(8);
  if (kind < 4) return random.below(24);
  if (kind < 6) return uintOf(pick(random, BOUNDARIES));
  if (kind === 6) return random.uint32();
  return uintOf((BigInt(random.uint32()) << 32n) | BigInt(random.uint32()));
}

/** A size in bytes: mostly small, sometimes around the bounds of length heads, rarely large. */
export function drawSize(random: Random): number {
  const kind = random.below(64);
  if (kind < 48) return random.below(20);
  if (kind < 60) return 22 + random.below(4);
  if (kind < 63) return 254 + random.below(4);
  return random.chance(0.05) ? 65_534 + random.below(4) : random.below(1500);
}

/** Random bytes. */
export function drawBytes(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 4) {
    const word = random.uint32();
    bytes[i] = word;
    bytes[i + 1] = word >>> 8;
    bytes[i + 2] = word >>> 16;
    bytes[i + 3] = word >>> 24;
  }
  return bytes;
}
