/** Names of the numbers that a bundle holds, for people: flags and types. They follow the constants and add no meaning. */
import { BLOCK_FLAGS, BLOCK_TYPES, BUNDLE_FLAGS } from './constants.js';
import { hasFlag, type UInt, uintOf } from './uint.js';

/** Names and numbers of one registry. */
export type NameTable = readonly (readonly [name: string, value: number])[];

/** Bundle processing control flags by name, such as `must-not-fragment` (RFC 9171 section 4.2.3). */
export const BUNDLE_FLAG_NAMES: NameTable = namesOf(BUNDLE_FLAGS);

/** Block processing control flags by name, such as `replicate-in-fragments` (RFC 9171 section 4.2.4). */
export const BLOCK_FLAG_NAMES: NameTable = namesOf(BLOCK_FLAGS);

/** Block types by name, such as `bundle-age` (RFC 9171 section 9.1, CCSDS 734.6-O-1). */
export const BLOCK_TYPE_NAMES: NameTable = namesOf(BLOCK_TYPES);

const CRC_NAMES = ['none', 'CRC-16/X.25', 'CRC-32C'];

/** The first and the last block type for private and experimental use (RFC 9171 section 9.1). */
const PRIVATE_TYPES = [192, 255] as const;

/** Names of the flags that are set, lowest bit first; a bit without a name is `bit-N`. */
export function flagNames(flags: UInt, table: NameTable): string[] {
  const names: string[] = [];
  const wide = BigInt(flags);
  for (let bit = 0; bit < 64; bit++) {
    if (((wide >> BigInt(bit)) & 1n) === 0n) continue;
    const known = bit < 31 ? table.find(([, mask]) => hasFlag(2 ** bit, mask)) : undefined;
    names.push(known?.[0] ?? `bit-${bit}`);
  }
  return names;
}

/** The flag of a name that {@link flagNames} gives, or undefined where there is none. */
export function flagOfName(name: string, table: NameTable): UInt | undefined {
  const known = table.find(([candidate]) => candidate === name);
  if (known !== undefined) return known[1];
  const bit = /^bit-(\d|[1-5]\d|6[0-3])$/.exec(name);
  return bit === null ? undefined : uintOf(1n << BigInt(bit[1]));
}

/** The name of a block type: `private` from 192 to 255, `unknown` where it has none. */
export function blockTypeName(type: UInt): string {
  const isPrivate = type >= PRIVATE_TYPES[0] && type <= PRIVATE_TYPES[1];
  return nameOf(type, BLOCK_TYPE_NAMES) ?? (isPrivate ? 'private' : 'unknown');
}

/** The name of a CRC type (RFC 9171 section 4.2.1), or undefined. */
export function crcTypeName(crcType: UInt): string | undefined {
  return CRC_NAMES[Number(crcType)];
}

function nameOf(value: UInt, table: NameTable): string | undefined {
  return table.find(([, candidate]) => candidate === value)?.[0];
}

function namesOf(constants: { readonly [name: string]: number }): NameTable {
  return Object.entries(constants).map(([name, value]) => [
    name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    value,
  ]);
}
