/**
 * The security blocks of a bundle at a glance: which operation covers which block. Reads the blocks and judges nothing; what must
 * hold between them is in bpv7/security-rules.ts. And the edits of bundles that all operations share.
 */
import { UsageError } from '../base/errors.js';
import { eidLength } from '../bpv7/eid-codec.js';
import {
  type AbstractSecurityBlock,
  BLOCK_TYPES,
  BUNDLE_FLAGS,
  type Bundle,
  type CanonicalBlock,
  decodeSecurityBlock,
  encodeSecurityBlock,
  hasFlag,
  MAX_UINT64,
  PAYLOAD_BLOCK_NUMBER,
  type UInt,
  uintOf,
} from '../bpv7/index.js';

/**
 * The most security operations (pairs of a security block and a target) of one bundle that are worked on. Each costs key
 * set-up and a pass over its target; 1,024 stand for a bundle of more blocks than any application has use for.
 */
export const MAX_SECURITY_OPERATIONS = 1_024;

/**
 * The bytes of the primary block that all operations of one bundle together may cover. Each covers it anew, so that a primary
 * block of a megabyte would cost a gigabyte of hashing; below 64 KiB, which no endpoint IDs of a network in use come near, all
 * {@link MAX_SECURITY_OPERATIONS} fit.
 */
const MAX_PRIMARY_BYTES_COVERED = 64 * 1_048_576;

/** How many security operations of a bundle are worked on. */
export function operationLimit({ primary }: Bundle): number {
  const { destination, source, reportTo, raw } = primary;
  const bytes = raw?.length ?? eidLength(destination) + eidLength(source) + eidLength(reportTo);
  return Math.max(1, Math.min(MAX_SECURITY_OPERATIONS, Math.floor(MAX_PRIMARY_BYTES_COVERED / bytes)));
}

/** A security block that can be read. */
export interface SecurityBlock {
  readonly block: CanonicalBlock;
  readonly content: AbstractSecurityBlock;
}

/** The security blocks of a bundle, by what they cover. */
export interface SecurityView {
  /** All blocks but the primary, by number. */
  readonly blocks: ReadonlyMap<UInt, CanonicalBlock>;
  /** All BCBs, in the order of the bundle. */
  readonly confidentiality: readonly SecurityBlock[];
  /** The BIBs that are not encrypted. */
  readonly integrity: readonly SecurityBlock[];
  /** The BCB over each encrypted block. */
  readonly encrypted: ReadonlyMap<UInt, SecurityBlock>;
  /** The readable BIB over each block that has one, 0 for the primary block. */
  readonly covered: ReadonlyMap<UInt, SecurityBlock>;
  /** How many operations there are in what can be read. */
  readonly operationCount: number;
}

/** How a caller names blocks to be secured: by role, by number, or all of a type. */
export type SecurityTarget =
  | 'primary'
  | 'payload'
  | { readonly block: UInt; readonly type?: undefined }
  | { readonly type: UInt; readonly block?: undefined };

/**
 * The target of its text: `primary`, `payload`, `block:NUMBER`, or `type:NUMBER` for all blocks of a type. Throws a UsageError
 * `security-target-text` that says what is expected.
 */
export function parseSecurityTarget(text: string): SecurityTarget {
  if (text === 'primary' || text === 'payload') return text;
  const match = /^(block|type):(0|[1-9]\d{0,19})$/.exec(text);
  if (match === null || BigInt(match[2]) > MAX_UINT64) {
    throw new UsageError(
      'security-target-text',
      `expected primary, payload, block:NUMBER or type:NUMBER, up to 2^64-1, got ${JSON.stringify(text)}`,
    );
  }
  const number = uintOf(BigInt(match[2]));
  return match[1] === 'block' ? { block: number } : { type: number };
}

/** Reads the security blocks. Throws a BundleError where the content of one is malformed. */
export function viewSecurity(bundle: Bundle): SecurityView {
  const blocks = new Map<UInt, CanonicalBlock>();
  const confidentiality: SecurityBlock[] = [];
  const integrity: SecurityBlock[] = [];
  const encrypted = new Map<UInt, SecurityBlock>();
  const covered = new Map<UInt, SecurityBlock>();
  let operationCount = 0;
  const read = (block: CanonicalBlock, list: SecurityBlock[], operations: Map<UInt, SecurityBlock>): void => {
    const security = { block, content: decodeSecurityBlock(block.data) };
    list.push(security);
    for (const target of security.content.targets) operations.set(target, security);
    operationCount += security.content.targets.length;
  };
  for (const block of bundle.blocks) {
    blocks.set(block.number, block);
    if (block.type === BLOCK_TYPES.blockConfidentiality) read(block, confidentiality, encrypted);
  }
  for (const block of bundle.blocks) {
    if (block.type === BLOCK_TYPES.blockIntegrity && !encrypted.has(block.number)) read(block, integrity, covered);
  }
  return { blocks, confidentiality, integrity, encrypted, covered, operationCount };
}

/** True for a fragment, which no security may be added to (RFC 9172 section 5.2). */
export function isFragment(bundle: Bundle): boolean {
  return hasFlag(bundle.primary.flags, BUNDLE_FLAGS.isFragment);
}

/** The numbers of the blocks that `targets` name, in that order, each once. Throws a UsageError where one names no block. */
export function targetNumbers(bundle: Bundle, targets: readonly SecurityTarget[]): UInt[] {
  const present = new Set(bundle.blocks.map(({ number }) => number)).add(0);
  const numbers = new Set<UInt>();
  for (const target of targets) {
    const named = numbersOf(bundle, target);
    if (named.length === 0 || !present.has(named[0])) {
      throw new UsageError('security-target', `the bundle has no block ${targetInWords(target)} to be secured`);
    }
    for (const number of named) numbers.add(number);
  }
  if (numbers.size === 0) throw new UsageError('security-target', 'expected at least one block to be secured');
  return [...numbers];
}

function numbersOf(bundle: Bundle, target: SecurityTarget): UInt[] {
  if (target === 'primary') return [0];
  if (target === 'payload') return [PAYLOAD_BLOCK_NUMBER];
  if (target.block !== undefined) return [target.block];
  return bundle.blocks.filter(({ type }) => type === target.type).map(({ number }) => number);
}

function targetInWords(target: SecurityTarget): string {
  if (typeof target === 'string') return target;
  return target.block === undefined ? `of type ${target.type}` : `number ${target.block}`;
}

/** A block with other fields, to be encoded afresh. */
export function changedBlock(block: CanonicalBlock, change: Partial<CanonicalBlock>): CanonicalBlock {
  const { type, number, flags, crcType, data } = block;
  return { type, number, flags, crcType, data, ...change, raw: undefined };
}

/** The bundle with some of its blocks changed: those whose number `changes` has. */
export function withChangedBlocks(bundle: Bundle, changes: ReadonlyMap<UInt, CanonicalBlock>): Bundle {
  return { primary: bundle.primary, blocks: bundle.blocks.map((block) => changes.get(block.number) ?? block) };
}

/** The bundle without the given operations, and without the security blocks that have no operation left. */
export function withoutOperations(
  bundle: Bundle,
  operations: Iterable<{ readonly security: SecurityBlock; readonly target: UInt }>,
): Bundle {
  const gone = new Map<SecurityBlock, Set<UInt>>();
  for (const { security, target } of operations) {
    const targets = gone.get(security);
    if (targets === undefined) gone.set(security, new Set([target]));
    else targets.add(target);
  }
  if (gone.size === 0) return bundle;
  const rest = new Map<UInt, CanonicalBlock | undefined>();
  for (const [{ block, content }, targets] of gone) {
    const kept = onlyTargets(content, (target) => !targets.has(target));
    rest.set(block.number, kept && changedBlock(block, { data: encodeSecurityBlock(kept) }));
  }
  const blocks: CanonicalBlock[] = [];
  for (const block of bundle.blocks) {
    const kept = rest.has(block.number) ? rest.get(block.number) : block;
    if (kept !== undefined) blocks.push(kept);
  }
  return { primary: bundle.primary, blocks };
}

/** The part of a security block about some of its targets; undefined where none is left. */
export function onlyTargets(
  content: AbstractSecurityBlock,
  isKept: (target: UInt) => boolean,
): AbstractSecurityBlock | undefined {
  const indexes = [...content.targets.keys()].filter((i) => isKept(content.targets[i]));
  if (indexes.length === 0) return undefined;
  return {
    ...content,
    targets: indexes.map((i) => content.targets[i]),
    results: indexes.map((i) => content.results[i]),
  };
}
