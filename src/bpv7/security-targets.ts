/** The little that the bundle decoder has to know of security blocks: which blocks they target (RFC 9172 section 3.6). */
import type { CanonicalBlock } from './bundle.js';
import { CborReader } from './cbor-reader.js';
import { BLOCK_TYPES } from './constants.js';
import { BundleError } from './errors.js';
import type { UInt } from './uint.js';

/** True where a block integrity block covers the primary block, which then needs no CRC (RFC 9171 section 4.3.1). */
export function isPrimaryIntegrityProtected(blocks: readonly CanonicalBlock[]): boolean {
  return blocks.some((block) => block.type === BLOCK_TYPES.blockIntegrity && securityTargets(block).includes(0));
}

/** Numbers of the blocks whose data is ciphertext, which no rule about contents can apply to. */
export function encryptedBlockNumbers(blocks: readonly CanonicalBlock[]): ReadonlySet<UInt> {
  const numbers = new Set<UInt>();
  for (const block of blocks) {
    if (block.type !== BLOCK_TYPES.blockConfidentiality) continue;
    for (const target of securityTargets(block)) numbers.add(target);
  }
  return numbers;
}

/** The targets that open an abstract security block; none where its form is wrong, as that of an encrypted one seems to be. */
function securityTargets(block: CanonicalBlock): UInt[] {
  const reader = new CborReader(block.data);
  try {
    const count = reader.openArray('sec-asb-form', 'security targets');
    const targets: UInt[] = [];
    for (let i = 0; i < count; i++) targets.push(reader.readUInt('sec-asb-form', 'a target'));
    return targets;
  } catch (thrown) {
    if (thrown instanceof BundleError) return [];
    throw thrown;
  }
}
