/**
 * What must hold between the security blocks of a bundle and the blocks that they target (RFC 9172 sections 3.2 to 3.9), as far as
 * a node without any key can tell. What is encrypted is not read.
 */
import type { CanonicalBlock, PrimaryBlock } from './bundle.js';
import { BLOCK_FLAGS, BLOCK_TYPES, PAYLOAD_BLOCK_NUMBER } from './constants.js';
import { BundleError, type BundleRule } from './errors.js';
import { checkedSecurityTargets, peekSecurityTargets, targetOffset } from './security-block.js';
import { hasFlag, type UInt } from './uint.js';

/** What the security blocks of a bundle mean for the rules about other blocks. */
export interface SecurityCover {
  /** Numbers of the blocks whose data is ciphertext, which no rule about contents can apply to. */
  readonly encrypted: ReadonlySet<UInt>;
  /** A BIB covers the primary block, which then needs no CRC (RFC 9171 section 4.3.1). */
  readonly isPrimaryProtected: boolean;
}

/** What holds of a bundle without security blocks. */
export const NO_SECURITY_COVER: SecurityCover = { encrypted: new Set(), isPrimaryProtected: false };

// Names of this file: the engine takes these for numbers.
const { blockIntegrity: BIB, blockConfidentiality: BCB } = BLOCK_TYPES;

/** True for a BIB or a BCB. */
export function isSecurityBlock({ type }: { readonly type: UInt }): boolean {
  return type === BIB || type === BCB;
}

/**
 * Judges the security blocks of a bundle; its other blocks are well-formed and no number is there twice. `offsetOf` gives
 * the offset of a block's data from its position, 1 for the block behind the primary. Throws a BundleError of one of
 * the rules `sec-*`, `bib-*` and `bcb-*`. The time is linear in the bundle's size.
 *
 * A fragment of a later part of the payload lacks the blocks that are not replicated (RFC 9171 section 5.8): its security blocks may
 * name targets that are missing.
 */
export function checkSecurityBlocks(
  primary: PrimaryBlock,
  blocks: readonly CanonicalBlock[],
  offsetOf: (position: number) => number,
): SecurityCover {
  const rules = new SecurityRules(primary, blocks, offsetOf);
  blocks.forEach((block, i) => {
    if (block.type === BLOCK_TYPES.blockConfidentiality) rules.addConfidentiality(block, i + 1);
  });
  blocks.forEach((block, i) => {
    if (block.type === BLOCK_TYPES.blockIntegrity && !rules.encrypted.has(block.number))
      rules.addIntegrity(block, i + 1);
  });
  rules.finish();
  return { encrypted: rules.encrypted, isPrimaryProtected: rules.integrity.has(0) };
}

/** What the security blocks of a bundle cover, judged by no rule: security blocks that cannot be read cover nothing. */
export function securityCoverOf(blocks: readonly CanonicalBlock[]): SecurityCover {
  const encrypted = new Set<UInt>();
  for (const block of blocks) {
    if (block.type !== BLOCK_TYPES.blockConfidentiality) continue;
    for (const target of peekSecurityTargets(block.data) ?? []) encrypted.add(target);
  }
  const isPrimaryProtected = blocks.some(
    (block) =>
      block.type === BLOCK_TYPES.blockIntegrity &&
      !encrypted.has(block.number) &&
      peekSecurityTargets(block.data)?.includes(0) === true,
  );
  return { encrypted, isPrimaryProtected };
}

class SecurityRules {
  /** Targets of the BCBs so far. */
  readonly encrypted = new Set<UInt>();
  /** Targets of the readable BIBs so far. */
  readonly integrity = new Set<UInt>();
  readonly #offsetOf: (position: number) => number;
  readonly #mayLackTargets: boolean;
  readonly #blocks = new Map<UInt, CanonicalBlock>();
  readonly #encryptedBibs: { readonly bib: CanonicalBlock; readonly fail: (detail: string) => never }[] = [];
  #encryptsContent = false;

  constructor(primary: PrimaryBlock, blocks: readonly CanonicalBlock[], offsetOf: (position: number) => number) {
    this.#offsetOf = offsetOf;
    for (const block of blocks) this.#blocks.set(block.number, block);
    const { fragmentOffset } = primary;
    this.#mayLackTargets = fragmentOffset !== undefined && fragmentOffset > 0;
  }

  addConfidentiality(block: CanonicalBlock, position: number): void {
    if (hasFlag(block.flags, BLOCK_FLAGS.discardIfUnprocessed)) {
      this.#fail('bcb-discard-flag', 'a BCB that nodes may discard would leave ciphertext for plain data', position);
    }
    this.#forTargets(block, position, (target, type, failTarget) => {
      if (target === 0) failTarget('bcb-targets-primary', 'a BCB encrypts the primary block');
      if (type === BLOCK_TYPES.blockConfidentiality) failTarget('bcb-targets-bcb', `a BCB encrypts BCB ${target}`);
      if (target === PAYLOAD_BLOCK_NUMBER && !hasFlag(block.flags, BLOCK_FLAGS.replicateInFragments)) {
        failTarget('bcb-payload-not-replicated', 'a BCB over the payload is not copied into fragments');
      }
      if (this.encrypted.has(target)) failTarget('sec-duplicate-operation', `a second BCB encrypts block ${target}`);
      this.encrypted.add(target);
      if (type !== BLOCK_TYPES.blockIntegrity) this.#encryptsContent = true;
      else {
        this.#encryptedBibs.push({
          bib: this.#blocks.get(target) as CanonicalBlock,
          fail: (detail) => failTarget('bcb-bib-no-shared-target', `BIB ${target} is encrypted, but ${detail}`),
        });
      }
    });
  }

  addIntegrity(block: CanonicalBlock, position: number): void {
    this.#forTargets(block, position, (target, type, failTarget) => {
      if (type === BLOCK_TYPES.blockIntegrity || type === BLOCK_TYPES.blockConfidentiality) {
        failTarget('bib-targets-security', `a BIB covers security block ${target}`);
      }
      if (this.integrity.has(target)) failTarget('sec-duplicate-operation', `a second BIB covers block ${target}`);
      this.integrity.add(target);
    });
  }

  /**
   * A BCB may encrypt a BIB where a target of the BIB is encrypted, by the same BCB or another (RFC 9172 sections 3.8 and 3.9). What the
   * targets of an encrypted BIB are nobody can read, but security blocks are not among them. A BIB whose data is
   * a security block from end to end is no ciphertext, which would look so once in 2^40 at most: its targets are taken at their word.
   */
  finish(): void {
    for (const { bib, fail } of this.#encryptedBibs) {
      if (!this.#encryptsContent) fail('none of its targets can be');
      const targets = plainTargets(bib);
      if (targets?.every((target) => !this.encrypted.has(target)) === true) fail('none of its targets is');
    }
  }

  /** Checks form and targets of a security block. */
  #forTargets(
    block: CanonicalBlock,
    position: number,
    check: (target: UInt, type: UInt | undefined, failTarget: (rule: BundleRule, detail: string) => never) => void,
  ): void {
    const { data } = block;
    checkedSecurityTargets(data, this.#offsetOf(position), position).forEach((target, i) => {
      const failTarget = (rule: BundleRule, detail: string): never =>
        this.#fail(rule, detail, position, targetOffset(data, i));
      const type = this.#blocks.get(target)?.type;
      if (type === undefined && target !== 0 && !this.#mayLackTargets) {
        failTarget('sec-target-missing', `there is no block ${target}`);
      }
      check(target, type, failTarget);
    });
  }

  #fail(rule: BundleRule, detail: string, position: number, at = 0): never {
    throw new BundleError(rule, this.#offsetOf(position) + at, position, detail);
  }
}

/** The targets of a security block that is no ciphertext though it should be; undefined where it can be ciphertext. */
function plainTargets({ data }: CanonicalBlock): UInt[] | undefined {
  try {
    return checkedSecurityTargets(data, 0, 0);
  } catch (thrown) {
    if (thrown instanceof BundleError) return undefined;
    throw thrown;
  }
}
