/**
 * Block integrity by BIB-HMAC-SHA2 (RFC 9172 sections 3.7 and 3.9, RFC 9173 section 3): adding a BIB to a bundle, and checking
 * the BIBs of one. Knows nothing of policies.
 */
import { UsageError } from '../base/errors.js';
import {
  BLOCK_TYPES,
  type Bundle,
  type CanonicalBlock,
  CRC_TYPES,
  encodeSecurityBlock,
  freeBlockNumbers,
  isSecurityBlock,
  newBlock,
  type UInt,
} from '../bpv7/index.js';
import {
  ALL_SCOPE_FLAGS,
  bytesValue,
  checkScopeFlags,
  HMAC_ALGORITHMS,
  type HmacAlgorithm,
  integrityParameters,
  MAC_BYTES,
  readIntegrityParameters,
  SECURITY_CONTEXTS,
  soleResult,
  WITH_PARAMETERS,
} from './contexts.js';
import type { SecurityCrypto } from './crypto.js';
import { contentKeys, isHmacKeyLength, type KeySource, newContentKey, type SecuringOptions } from './keys.js';
import type { OperationResult, OperationStatus } from './operations.js';
import { type BlockHeader, CoveredPrimary, integrityInput, primaryIntegrityInput } from './scope.js';
import {
  changedBlock,
  isFragment,
  operationLimit,
  type SecurityBlock,
  type SecurityTarget,
  type SecurityView,
  targetNumbers,
  viewSecurity,
  withChangedBlocks,
} from './security-view.js';

/** How a BIB is to be made. */
export interface SignOptions extends SecuringOptions {
  /** What is to be covered, in the order of the BIB's targets. */
  readonly targets: readonly SecurityTarget[];
  /** HMAC by default HS384, as in RFC 9173 section 3.3.1. */
  readonly algorithm?: HmacAlgorithm | undefined;
  /** Give each target a BIB of its own, of which any can be encrypted later without splitting another. */
  readonly apart?: boolean | undefined;
  /** Block processing control flags of the BIB; by default none. */
  readonly blockFlags?: UInt | undefined;
  /**
   * Leave the CRC of the primary block where that is a target. By default it goes, as RFC 9173 section 3.7 demands of every
   * target, except from a bundle that has security blocks already: their scope may include the primary block as it is.
   */
  readonly keepPrimaryCrc?: boolean | undefined;
  /**
   * Take HMAC keys of 16 bytes or more, which is the default: the examples of RFC 9173 and the peers use them. With `false`
   * a key must be as long as the HMAC's output, by the letter of RFC 9173 section 3.3.1.
   */
  readonly allowShortKeys?: boolean | undefined;
}

/** How BIBs are to be checked. */
export interface VerifyOptions {
  readonly crypto: SecurityCrypto;
  /** The key, or what finds the keys to try. */
  readonly keys: KeySource;
  /** Only operations that this accepts are checked; by default all. */
  readonly only?: ((target: UInt, security: SecurityBlock) => boolean) | undefined;
  /** As in {@link SignOptions}. */
  readonly allowShortKeys?: boolean | undefined;
}

/** What became of the operations that were checked. */
export interface VerifyResult {
  /** True where at least one operation was checked, and all of them were verified. */
  readonly verified: boolean;
  readonly operations: readonly OperationResult[];
}

/**
 * The bundle with a new BIB in front of its other blocks, or one for each target. The targets lose their CRC (RFC 9173 section
 * 3.7; for the primary block see {@link SignOptions.keepPrimaryCrc}).
 *
 * Throws a UsageError where RFC 9172 forbids it: `security-on-fragment`, `security-target` (missing, a security block, or
 * encrypted already), `security-duplicate`, `security-limit`, `security-key`, `security-scope`, `security-block-number`. Throws a
 * BundleError where the bundle has a malformed security block.
 */
export function signBundle(bundle: Bundle, options: SignOptions): Bundle {
  const view = viewSecurity(bundle);
  const targets = targetNumbers(bundle, options.targets);
  checkTargets(bundle, view, targets);
  const groups = options.apart === true ? targets.map((target) => [target]) : [targets];
  if (groups.length > 1 && options.blockNumber !== undefined) {
    throw new UsageError('security-block-number', `${groups.length} BIBs are wanted, so no number can be given`);
  }
  const nextNumber = newBlockNumbers(bundle, options.blockNumber);
  const hadSecurity = view.confidentiality.length + view.integrity.length > 0;
  const { primary, blocks } = withoutCrcs(bundle, targets, options.keepPrimaryCrc ?? hadSecurity);
  const byNumber = new Map(blocks.map((block) => [block.number, block]));
  const covered = new CoveredPrimary(primary);
  const added = groups.map((group) => newIntegrityBlock(covered, byNumber, group, nextNumber(), options));
  return { primary, blocks: [...added, ...blocks] };
}

/**
 * Checks the BIBs of a bundle and leaves it as it is: what a security verifier does. A BIB that is encrypted, or whose
 * target is, is `unreadable`; decrypt first. Never throws on what a bundle holds that the strict decoder let pass; on others
 * a BundleError where a security block is malformed.
 */
export function verifyBundle(bundle: Bundle, options: VerifyOptions): VerifyResult {
  const view = viewSecurity(bundle);
  const operations: OperationResult[] = [];
  const limit = operationLimit(bundle);
  const primary = new CoveredPrimary(bundle.primary);
  for (const security of view.integrity) {
    const { content } = security;
    const targets = content.targets.filter((target) => options.only?.(target, security) ?? true);
    if (targets.length === 0) continue;
    const check = macCheckOf(bundle, primary, view, security, options);
    for (const target of targets) {
      const isOver = operations.length >= limit;
      const outcome = isOver ? failure('more security operations than are worked on') : check(target);
      operations.push({ service: 'integrity', security, source: content.source, target, ...outcome });
    }
  }
  const verified = operations.length > 0 && operations.every(({ status }) => status === 'verified');
  return { verified, operations };
}

/** Gives out numbers for new security blocks: the one asked for where it is free, else the least free ones. */
export function newBlockNumbers(bundle: Bundle, wanted: UInt | undefined): () => UInt {
  if (wanted === undefined) return freeBlockNumbers(bundle.blocks);
  if (wanted < 2 || bundle.blocks.some(({ number }) => number === wanted)) {
    throw new UsageError('security-block-number', `block number ${wanted} is taken; leave it out to get a free one`);
  }
  return () => wanted;
}

/** A BIB over blocks that have lost their CRCs. */
function newIntegrityBlock(
  primary: CoveredPrimary,
  blocks: ReadonlyMap<UInt, CanonicalBlock>,
  targets: readonly UInt[],
  number: UInt,
  options: SignOptions,
): CanonicalBlock {
  const { crypto, source, algorithm = 'HS384', scopeFlags = ALL_SCOPE_FLAGS } = options;
  checkScopeFlags(scopeFlags);
  const { variant, keyBytes } = HMAC_ALGORITHMS[algorithm];
  const { key, wrapped } = newContentKey(crypto, options, keyBytes);
  if (!isHmacKeyLength(key.length, variant, options.allowShortKeys ?? true)) {
    throw new UsageError('security-key', `the key for ${algorithm} has ${key.length} bytes, expected ${keyBytes}`);
  }
  const header = { type: BLOCK_TYPES.blockIntegrity, number, flags: options.blockFlags ?? 0 };
  const results = targets.map((target) => {
    const input = inputOf(primary, target, blocks.get(target), scopeFlags, header);
    return [bytesValue(1, crypto.hmac(variant, key, input))];
  });
  const data = encodeSecurityBlock({
    targets,
    contextId: SECURITY_CONTEXTS.bibHmacSha2,
    contextFlags: WITH_PARAMETERS,
    source,
    parameters: integrityParameters({ variant, wrappedKey: wrapped, scopeFlags }),
    results,
  });
  return newBlock(header.type, number, data, header.flags);
}

interface Outcome {
  readonly status: OperationStatus;
  readonly detail: string;
}

function failure(detail: string, status: OperationStatus = 'failed'): Outcome {
  return { status, detail };
}

/** A check of the targets of one BIB, with its keys found once. */
function macCheckOf(
  bundle: Bundle,
  primary: CoveredPrimary,
  view: SecurityView,
  security: SecurityBlock,
  options: VerifyOptions,
): (target: UInt) => Outcome {
  const { block, content } = security;
  if (isFragment(bundle)) return () => failure('the bundle is a fragment: put it together first', 'unreadable');
  if (content.contextId !== SECURITY_CONTEXTS.bibHmacSha2) {
    return () => failure(`security context ${content.contextId} is unknown here`, 'unknown-context');
  }
  const parameters = readIntegrityParameters(content);
  if ('problem' in parameters) return () => failure(`the BIB has ${parameters.problem}`);
  const { variant, wrappedKey, scopeFlags } = parameters;
  const { crypto } = options;
  const request = { service: 'integrity', source: content.source, variant, target: content.targets[0] } as const;
  const { hadKey, keys } = contentKeys(crypto, options.keys, request, wrappedKey);
  if (!hadKey) return () => failure('there is no key for it', 'no-key');
  const usable = keys.filter((key) => isHmacKeyLength(key.length, variant, options.allowShortKeys ?? true));
  if (usable.length === 0) return () => failure('its key cannot be unwrapped, or has a wrong length');
  const indexes = new Map(content.targets.map((target, i) => [target, i]));
  return (target) => {
    if (view.encrypted.has(target)) return failure('the target is encrypted', 'unreadable');
    const targetBlock = view.blocks.get(target);
    if (targetBlock === undefined && target !== 0) return failure('the target is missing');
    const mac = soleResult(content.results[indexes.get(target) as number], MAC_BYTES[variant]);
    if (mac === undefined) return failure('the result is not one MAC of the right length');
    const input = inputOf(primary, target, targetBlock, scopeFlags, block);
    const matches = usable.some((key) => crypto.equal(mac, crypto.hmac(variant, key, input)));
    return matches ? { status: 'verified', detail: '' } : failure('the MAC does not match');
  };
}

function inputOf(
  primary: CoveredPrimary,
  target: UInt,
  block: CanonicalBlock | undefined,
  scopeFlags: number,
  security: BlockHeader,
): Uint8Array[] {
  if (target === 0) return primaryIntegrityInput(scopeFlags, primary, security);
  return integrityInput(scopeFlags, primary, block as CanonicalBlock, security);
}

function checkTargets(bundle: Bundle, view: SecurityView, targets: readonly UInt[]): void {
  if (isFragment(bundle)) throw new UsageError('security-on-fragment', 'a BIB must not be added to a fragment');
  const limit = operationLimit(bundle);
  if (view.operationCount + targets.length > limit) {
    throw new UsageError('security-limit', `this bundle can have at most ${limit} security operations`);
  }
  for (const target of targets) {
    const block = view.blocks.get(target);
    if (block !== undefined && isSecurityBlock(block)) {
      throw new UsageError('security-target', `block ${target} is a security block, which no BIB may cover`);
    }
    if (view.encrypted.has(target)) {
      throw new UsageError('security-target', `block ${target} is encrypted: sign before encrypting`);
    }
    if (view.covered.has(target)) throw new UsageError('security-duplicate', `a BIB covers block ${target} already`);
  }
}

function withoutCrcs(bundle: Bundle, targets: readonly UInt[], keepPrimaryCrc: boolean): Bundle {
  const changes = new Map<UInt, CanonicalBlock>();
  const wanted = new Set(targets);
  for (const block of bundle.blocks) {
    if (block.crcType === CRC_TYPES.none || !wanted.has(block.number)) continue;
    changes.set(block.number, changedBlock(block, { crcType: CRC_TYPES.none }));
  }
  const { primary, blocks } = withChangedBlocks(bundle, changes);
  if (!wanted.has(0) || keepPrimaryCrc || primary.crcType === CRC_TYPES.none) return { primary, blocks };
  return { primary: { ...primary, crcType: CRC_TYPES.none, raw: undefined }, blocks };
}
