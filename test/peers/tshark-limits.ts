/**
 * What tshark does not know of Bundle Protocol version 7, by name: the forms of a bundle at which it complains although they are
 * right, found with tshark 4.0.17. Newer ones may know more and complain less.
 */
import { BLOCK_TYPES, BUNDLE_FLAGS, type Bundle, hasFlag } from '../../src/bpv7/index.js';

/** Each limit with the beginnings of what tshark says there. */
export const LIMITS = {
  'payloads of applications': ['Unknown type code'],
  'other block types than 1, 6, 7, 10, 11 and 12': ['Unknown type code'],
  'other administrative records than status reports': ['Unknown type code'],
  'fields 5 and 6 of a status report on a fragment': ['Data not fully dissected', 'Data not fully dissected'],
  'blocks as arrays of indefinite length': ['Array has 0 items, should be within'],
  'fragments from 4 GiB on': ['Cannot defragment this size'],
  'payloads put together from fragments': ['Data not fully dissected', 'Unknown type code'],
} as const satisfies { readonly [name: string]: readonly string[] };

/** The name of a limit. */
export type Limit = keyof typeof LIMITS;

const KNOWN_TYPES: readonly unknown[] = [
  BLOCK_TYPES.payload,
  BLOCK_TYPES.previousNode,
  BLOCK_TYPES.bundleAge,
  BLOCK_TYPES.hopCount,
  BLOCK_TYPES.blockIntegrity,
  BLOCK_TYPES.blockConfidentiality,
];

/** The limits that a bundle meets, once for each time it meets them. */
export function limitsOf({ primary, blocks }: Bundle): Limit[] {
  const limits: Limit[] = [];
  for (const { raw } of [primary, ...blocks])
    if (raw?.[0] === 0x9f) limits.push('blocks as arrays of indefinite length');
  for (const { type, data } of blocks) {
    // Data of no bytes is not looked at.
    if (!KNOWN_TYPES.includes(type) && data.length > 0) limits.push('other block types than 1, 6, 7, 10, 11 and 12');
  }
  const payload = blocks[blocks.length - 1]?.data ?? new Uint8Array();
  if (primary.fragmentOffset !== undefined) {
    const isLarge = Math.max(Number(primary.fragmentOffset), Number(primary.totalAduLength)) >= 2 ** 32;
    limits.push(isLarge ? 'fragments from 4 GiB on' : 'payloads put together from fragments');
  } else if (!hasFlag(primary.flags, BUNDLE_FLAGS.isAdministrativeRecord)) limits.push('payloads of applications');
  else if (payload[1] !== 1) limits.push('other administrative records than status reports');
  else if (payload[2] === 0x86) limits.push('fields 5 and 6 of a status report on a fragment');
  return limits;
}

/** The complaints that none of the limits explains. */
export function unexplained(complaints: readonly string[], limits: readonly Limit[]): string[] {
  const allowed: string[] = limits.flatMap((limit) => LIMITS[limit]);
  return complaints.filter((complaint) => {
    const at = allowed.findIndex((start) => complaint.startsWith(start));
    if (at >= 0) allowed.splice(at, 1);
    return at < 0;
  });
}
