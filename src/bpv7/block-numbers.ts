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
  let targets: Set<UInt> | undefined;
  for (const block of blocks) {
    if (!isSecurityBlock(block)) continue;
    targets ??= new Set();
    for (const target of peekSecurityTargets(block.data) ?? []) targets.add(target);
  }
  let taken: Set<UInt> | undefined;
  if (targets !== undefined || blocks.length > FEW_BLOCKS) {
    taken = new Set(targets);
    for (const { number } of blocks) taken.add(number);
  }
  let number = 1;
  return () => {
    do number++;
    while (taken === undefined ? hasNumber(blocks, number) : taken.has(number));
    return number;
  };
}

/** Among so few blocks a number is found sooner by looking at them than in a set that must be made first. */
const FEW_BLOCKS = 16;

function hasNumber(blocks: readonly CanonicalBlock[], number: number): boolean {
  for (const block of blocks) if (block.number === number) return true;
  return false;
}
