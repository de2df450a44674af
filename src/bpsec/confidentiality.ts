/**
 * Block confidentiality by BCB-AES-GCM (RFC 9172 sections 3.8 and 3.9, RFC 9173 section 4): encrypting blocks of a bundle, and
 * decrypting them. Knows nothing of policies.
 */
import { UsageError } from '../base/errors.js';
import { checkStandardContent } from '../bpv7/blocks.js';
import {
  BLOCK_FLAGS,
  BLOCK_TYPES,
  type Bundle,
  BundleError,
  type CanonicalBlock,
  CRC_TYPES,
  decodeSecurityBlock,
  encodeSecurityBlock,
  freeBlockNumbers,
  isSecurityBlock,
  newBlock,
  PAYLOAD_BLOCK_NUMBER,
  type UInt,
} from '../bpv7/index.js';
import {
  ALL_SCOPE_FLAGS,
  bytesValue,
  type ConfidentialityParameters,
  checkScopeFlags,
  confidentialityParameters,
  coversOwnHeader,
  GCM_ALGORITHMS,
  type GcmAlgorithm,
  IV_BYTES,
  readConfidentialityParameters,
  SECURITY_CONTEXTS,
  soleResult,
  TAG_BYTES,
  WITH_PARAMETERS,
} from './contexts.js';
import type { Sealed, SecurityCrypto } from './crypto.js';
import type { InitializationVectors } from './initialization-vectors.js';
import { newBlockNumbers, type SignOptions, type VerifyOptions, type VerifyResult } from './integrity.js';
import { type ContentKey, contentKeys, newContentKey, type SecuringOptions } from './keys.js';
import { type AcceptOptions, type OperationResult, withCrcs, withoutBlocks } from './operations.js';
import { additionalData, CoveredPrimary } from './scope.js';
import {
  changedBlock,
  isFragment,
  onlyTargets,
  operationLimit,
  type SecurityBlock,
  type SecurityTarget,
  type SecurityView,
  targetNumbers,
  viewSecurity,
  withChangedBlocks,
  withoutOperations,
} from './security-view.js';

/** How blocks are to be encrypted. */
export interface EncryptOptions extends SecuringOptions {
  /** Where initialization vectors come from: one for the whole process. */
  readonly vectors: InitializationVectors;
  /** What is to be encrypted. BIBs over it are encrypted along with it and are not named. */
  readonly targets: readonly SecurityTarget[];
  /** By default A256GCM, as in RFC 9173 section 4.3.2. */
  readonly algorithm?: GcmAlgorithm | undefined;
  /** Your own initialization vector, where there is one BCB only. Refused where it was used with the key before. */
  readonly iv?: Uint8Array | undefined;
  /**
   * For experts: put all targets under one BCB with this initialization vector, unwatched. With more than one target that
   * breaks AES-GCM, as example A.4 of RFC 9173 does: of use for reproducing that example, and for tests of receivers.
   */
  readonly unsafeSharedIv?: Uint8Array | undefined;
}

/** How blocks are to be decrypted. */
export interface DecryptOptions extends VerifyOptions, AcceptOptions {}

/** What became of a bundle whose blocks were to be decrypted. */
export interface DecryptResult {
  /** The bundle that is left; undefined where the payload's decryption failed and the whole bundle is to be discarded. */
  readonly bundle: Bundle | undefined;
  /** True where at least one operation was worked on, and all of them succeeded. */
  readonly decrypted: boolean;
  readonly operations: readonly OperationResult[];
}

/**
 * The bundle with blocks encrypted, each under a BCB of its own, so that no initialization vector is used twice. BIBs over the
 * targets are encrypted too; where a BIB covers other blocks besides, the operations over the targets move to a new BIB. The
 * targets lose their CRC (RFC 9173 section 4.8.1).
 *
 * Throws a UsageError where RFC 9172 forbids it: `security-on-fragment`, `security-target` (missing, primary, a security
 * block), `security-duplicate`, `security-limit`, `security-key`, `security-scope`, `security-block-number`, `security-iv`, `iv-repeated`; and
 * `security-split` where a BIB would have to be split whose MACs cover its own number: sign with
 * {@link SignOptions.apart}. Throws a BundleError where the bundle has a malformed security block.
 */
export function encryptBundle(bundle: Bundle, options: EncryptOptions): Bundle {
  const contents = targetNumbers(bundle, options.targets);
  checkTargets(bundle, viewSecurity(bundle), contents);
  const split = splitIntegrity(bundle, contents);
  const view = viewSecurity(split);
  const wanted = new Set(contents);
  const integrity = view.integrity.filter(({ content }) => content.targets.some((target) => wanted.has(target)));
  const targets = [...integrity.map(({ block }) => block.number), ...contents];
  const limit = operationLimit(bundle);
  if (view.operationCount + targets.length > limit) {
    throw new UsageError('security-limit', `this bundle can have at most ${limit} security operations`);
  }
  const groups = options.unsafeSharedIv === undefined ? targets.map((target) => [target]) : [targets];
  if (groups.length > 1 && (options.iv !== undefined || options.blockNumber !== undefined)) {
    throw new UsageError(
      'security-iv',
      `${groups.length} BCBs are needed (BIBs over the targets count), so neither a vector nor a number can be given`,
    );
  }
  const nextNumber = newBlockNumbers(split, options.blockNumber);
  const changes = new Map<UInt, CanonicalBlock>();
  const covered = new CoveredPrimary(bundle.primary);
  const added = groups.map((group) => sealGroup(covered, view, group, nextNumber(), options, changes));
  const { primary, blocks } = withChangedBlocks(split, changes);
  const behind = blocks.map(({ type }) => type).lastIndexOf(BLOCK_TYPES.blockIntegrity) + 1;
  return { primary, blocks: [...blocks.slice(0, behind), ...added, ...blocks.slice(behind)] };
}

/**
 * The bundle with its blocks decrypted and the operations removed, which is what a security acceptor makes of it. A
 * target whose decryption fails is discarded with the operations over it, and with the payload the whole bundle (RFC 9172
 * section 5.1.1). What there is no key for stays as it is. A block that travels on without BIB or CRC gets a CRC-32C.
 */
export function decryptBundle(bundle: Bundle, options: DecryptOptions): DecryptResult {
  const { operations, plaintexts } = openTargets(bundle, options);
  const decrypted = operations.length > 0 && operations.every(({ status }) => status === 'verified');
  const failed = new Set(operations.filter(({ status }) => status === 'failed').map(({ target }) => target));
  if (failed.has(PAYLOAD_BLOCK_NUMBER)) return { bundle: undefined, decrypted, operations };
  const opened = operations.filter(({ status }) => status === 'verified');
  const changed = withoutOperations(withChangedBlocks(bundle, plaintexts), opened);
  const rest = withoutBlocks(changed, failed);
  return {
    bundle: options.isDestination === true ? rest : withCrcs(rest, new Set(opened.map(({ target }) => target))),
    decrypted,
    operations,
  };
}

/** Checks the tags of a bundle's BCBs and leaves it as it is: what a security verifier does. */
export function verifyEncryption(bundle: Bundle, options: VerifyOptions): VerifyResult {
  const { operations } = openTargets(bundle, options);
  return { verified: operations.length > 0 && operations.every(({ status }) => status === 'verified'), operations };
}

/** Encrypts the targets of one new BCB, notes the changed blocks, and returns the BCB. */
function sealGroup(
  primary: CoveredPrimary,
  view: SecurityView,
  targets: readonly UInt[],
  number: UInt,
  options: EncryptOptions,
  changes: Map<UInt, CanonicalBlock>,
): CanonicalBlock {
  const { crypto, source, algorithm = 'A256GCM', scopeFlags = ALL_SCOPE_FLAGS } = options;
  checkScopeFlags(scopeFlags);
  const { variant, keyBytes } = GCM_ALGORITHMS[algorithm];
  const content = newContentKey(crypto, options, keyBytes);
  if (content.key.length !== keyBytes) {
    throw new UsageError(
      'security-key',
      `the key has ${content.key.length} bytes, expected ${keyBytes} for ${algorithm}`,
    );
  }
  const iv = vectorOf(options, content);
  const flags = targets.includes(PAYLOAD_BLOCK_NUMBER) ? BLOCK_FLAGS.replicateInFragments : 0;
  const header = { type: BLOCK_TYPES.blockConfidentiality, number, flags };
  const results = targets.map((target) => {
    const block = view.blocks.get(target) as CanonicalBlock;
    const data = additionalData(scopeFlags, primary, block, header);
    const { ciphertext, tag } = crypto.seal(content.key, iv, data, block.data);
    changes.set(target, changedBlock(block, { data: ciphertext, crcType: CRC_TYPES.none }));
    return [bytesValue(1, tag)];
  });
  const data = encodeSecurityBlock({
    targets,
    contextId: SECURITY_CONTEXTS.bcbAesGcm,
    contextFlags: WITH_PARAMETERS,
    source,
    parameters: confidentialityParameters({ iv, variant, wrappedKey: content.wrapped, scopeFlags }),
    results,
  });
  return newBlock(header.type, number, data, flags);
}

function vectorOf(options: EncryptOptions, { key }: ContentKey): Uint8Array {
  const given = options.unsafeSharedIv ?? options.iv;
  if (given === undefined) return options.vectors.next();
  if (given.length < IV_BYTES.min || given.length > IV_BYTES.max) {
    throw new UsageError('security-iv', `an initialization vector has 8 to 16 bytes, not ${given.length}`);
  }
  if (options.unsafeSharedIv === undefined) options.vectors.claim(key, given);
  return given;
}

function checkTargets(bundle: Bundle, view: SecurityView, targets: readonly UInt[]): void {
  if (isFragment(bundle)) throw new UsageError('security-on-fragment', 'a BCB must not be added to a fragment');
  for (const target of targets) {
    if (target === 0) throw new UsageError('security-target', 'the primary block cannot be encrypted');
    if (isSecurityBlock(view.blocks.get(target) as CanonicalBlock)) {
      throw new UsageError(
        'security-target',
        `block ${target} is a security block: BIBs are encrypted with their targets`,
      );
    }
    if (view.encrypted.has(target)) throw new UsageError('security-duplicate', `block ${target} is encrypted already`);
  }
}

/** Moves the operations over the targets to BIBs of their own where a BIB has others too (RFC 9172 section 3.9). */
function splitIntegrity(bundle: Bundle, targets: readonly UInt[]): Bundle {
  const wanted = new Set(targets);
  const { integrity } = viewSecurity(bundle);
  const toSplit = integrity.filter(
    ({ content }) =>
      content.targets.some((target) => wanted.has(target)) && !content.targets.every((target) => wanted.has(target)),
  );
  if (toSplit.length === 0) return bundle;
  const nextNumber = freeBlockNumbers(bundle.blocks);
  const replaced = new Map<UInt, CanonicalBlock[]>();
  toSplit.forEach(({ block, content }) => {
    if (coversOwnHeader(content)) {
      throw new UsageError(
        'security-split',
        `the MACs of BIB ${block.number} cover its own number, so it cannot be split: sign in BIBs apart what is encrypted`,
      );
    }
    const moved = onlyTargets(content, (target) => wanted.has(target));
    const kept = onlyTargets(content, (target) => !wanted.has(target));
    replaced.set(block.number, [
      changedBlock(block, { number: nextNumber(), data: encodeSecurityBlock(moved as SecurityBlock['content']) }),
      changedBlock(block, { data: encodeSecurityBlock(kept as SecurityBlock['content']) }),
    ]);
  });
  return {
    primary: bundle.primary,
    blocks: bundle.blocks.flatMap((block) => replaced.get(block.number) ?? [block]),
  };
}

interface Opened {
  readonly operations: readonly OperationResult[];
  /** The targets that were decrypted, with their plaintext as data. */
  readonly plaintexts: ReadonlyMap<UInt, CanonicalBlock>;
}

function openTargets(bundle: Bundle, options: VerifyOptions): Opened {
  const view = viewSecurity(bundle);
  const operations: OperationResult[] = [];
  const plaintexts = new Map<UInt, CanonicalBlock>();
  const limit = operationLimit(bundle);
  const primary = new CoveredPrimary(bundle.primary);
  for (const security of view.confidentiality) {
    const { content } = security;
    const targets = content.targets.filter((target) => options.only?.(target, security) ?? true);
    if (targets.length === 0) continue;
    const open = openerOf(bundle, primary, view, security, options);
    for (const target of targets) {
      const isOver = operations.length >= limit;
      const outcome = isOver ? failure('more security operations than are worked on') : open(target);
      const { status, detail, block } = outcome;
      if (block !== undefined) plaintexts.set(target, block);
      operations.push({ service: 'confidentiality', status, security, source: content.source, target, detail });
    }
  }
  return { operations, plaintexts };
}

interface Outcome {
  readonly status: OperationResult['status'];
  readonly detail: string;
  readonly block?: CanonicalBlock;
}

function failure(detail: string, status: Outcome['status'] = 'failed'): Outcome {
  return { status, detail };
}

/** What decrypts the targets of one BCB, with its keys found once. */
function openerOf(
  bundle: Bundle,
  primary: CoveredPrimary,
  view: SecurityView,
  security: SecurityBlock,
  options: VerifyOptions,
): (target: UInt) => Outcome {
  const { content } = security;
  if (isFragment(bundle)) return () => failure('the bundle is a fragment: put it together first', 'unreadable');
  if (content.contextId !== SECURITY_CONTEXTS.bcbAesGcm) {
    return () => failure(`security context ${content.contextId} is unknown here`, 'unknown-context');
  }
  const parameters = readConfidentialityParameters(content);
  if ('problem' in parameters) return () => failure(`the BCB has ${parameters.problem}`);
  const { variant, wrappedKey } = parameters;
  const request = { service: 'confidentiality', source: content.source, variant, target: content.targets[0] } as const;
  const { hadKey, keys } = contentKeys(options.crypto, options.keys, request, wrappedKey);
  if (!hadKey) return () => failure('there is no key for it', 'no-key');
  const keyBytes = variant === 1 ? GCM_ALGORITHMS.A128GCM.keyBytes : GCM_ALGORITHMS.A256GCM.keyBytes;
  const usable = keys.filter((key) => key.length === keyBytes);
  if (usable.length === 0) return () => failure('its key cannot be unwrapped, or has a wrong length');
  const indexes = new Map(content.targets.map((target, i) => [target, i]));
  return (target) => {
    const block = view.blocks.get(target);
    if (block === undefined) return failure('the target is missing');
    const sealed = sealedOf(block, content.results[indexes.get(target) as number]);
    if (sealed === undefined) return failure('there is no authentication tag of 16 bytes');
    return openBlock(primary, block, security, sealed, parameters, usable, options.crypto);
  };
}

function openBlock(
  primary: CoveredPrimary,
  block: CanonicalBlock,
  security: SecurityBlock,
  sealed: Sealed,
  parameters: ConfidentialityParameters,
  keys: readonly Uint8Array[],
  crypto: SecurityCrypto,
): Outcome {
  const data = additionalData(parameters.scopeFlags, primary, block, security.block);
  for (const key of keys) {
    const plaintext = crypto.open(key, parameters.iv, data, sealed);
    if (plaintext === undefined) continue;
    const opened = changedBlock(block, { data: plaintext, crcType: CRC_TYPES.none });
    const problem = contentProblem(opened);
    if (problem !== undefined) return failure(`the decrypted block is malformed: ${problem}`);
    return { status: 'verified', detail: '', block: opened };
  }
  return failure('the authentication tag does not match');
}

/** Ciphertext and tag; the tag may stand behind the ciphertext, and is no result then (RFC 9173 section 4.4). */
function sealedOf(block: CanonicalBlock, results: SecurityBlock['content']['results'][number]): Sealed | undefined {
  if (results.length > 0) {
    const tag = soleResult(results, TAG_BYTES);
    return tag && { ciphertext: block.data, tag };
  }
  const length = block.data.length - TAG_BYTES;
  if (length < 0) return undefined;
  return { ciphertext: block.data.subarray(0, length), tag: block.data.subarray(length) };
}

/** What is wrong with the content of a decrypted block that every node must be able to read; undefined where nothing is. */
function contentProblem(block: CanonicalBlock): string | undefined {
  try {
    if (isSecurityBlock(block)) decodeSecurityBlock(block.data);
    else checkStandardContent(block.type, block.data);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof BundleError) return thrown.message;
    throw thrown;
  }
}
