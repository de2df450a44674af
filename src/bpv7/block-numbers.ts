/** Numbers for blocks that are added to a bundle (RFC 9171 section 4.1). */
import type { CanonicalBlock } from './bundle.js';
import { peekSecurityTargets } from './security-block.js';
import { isSecurityBlock } from './security-rules.js';
import type { UInt } from './uint.js';

/**
 * Gives out block numbers from 2 on that no block of the list has: a stranger's may be as high as 2^64-1. Neither does it give one
 * that a security block targets: in a fragment the target may be missing, and a block that took its number would pass for it.
 */
export function freeBlockNumbers(blocks: readonly CanonicalBlock[]): () => number {
  const taken = new Set<UInt>();
  for (const block of blocks) {
    taken.add(block.number);
    if (!isSecurityBlock(block)) continue;
    for (const target of peekSecurityTargets(block.data) ?? []) taken.add(target);
  }
  let number = 1;
  return () => {
    do number++;
    while (taken.has(number));
    return number;
  };
}
