/** What became of security operations, and what their acceptance leaves of a bundle (RFC 9172 section 5.1). */
import { type Bundle, CRC_TYPES, type Eid, type UInt } from '../bpv7/index.js';
import type { SecurityService } from './contexts.js';
import { changedBlock, type SecurityBlock, viewSecurity, withoutOperations } from './security-view.js';

/**
 * How an operation fared: `verified`, or why not. `failed`: the MAC or tag does not match, or parameters or results are of no
 * use; `unreadable`: the BIB is covered by ciphertext, or its target is; `no-key`: no key was at hand for it;
 * `unknown-context`: not one of RFC 9173's contexts.
 */
export type OperationStatus = 'verified' | 'failed' | 'unreadable' | 'no-key' | 'unknown-context';

/** What became of one operation: a service applied to a target. */
export interface OperationResult {
  readonly service: SecurityService;
  readonly status: OperationStatus;
  /** The security block, as it was in the bundle that was looked at. */
  readonly security: SecurityBlock;
  /** The node that added the security block. */
  readonly source: Eid;
  /** Number of the target block, 0 for the primary block. */
  readonly target: UInt;
  /** In words; empty where it was verified. */
  readonly detail: string;
}

/** Where an operation is accepted. */
export interface AcceptOptions {
  /** True at the bundle's destination, where no CRC has to be put back. */
  readonly isDestination?: boolean | undefined;
}

/**
 * The bundle without the operations that were verified, which is what a security acceptor makes of it. Where the bundle
 * travels on, a block that has neither a BIB nor a CRC any more gets a CRC-32C (RFC 9171 section 4.3.1 demands it of the
 * primary block only). A CRC on the primary block changes it: other operations whose scope includes the primary block
 * and that were added while it had none can no longer be verified.
 */
export function acceptOperations(
  bundle: Bundle,
  operations: readonly OperationResult[],
  options: AcceptOptions = {},
): Bundle {
  const accepted = operations.filter(({ status }) => status === 'verified');
  const rest = withoutOperations(bundle, accepted);
  if (options.isDestination === true) return rest;
  return withCrcs(rest, new Set(accepted.map(({ target }) => target)));
}

/** The bundle with a CRC-32C on those of the given blocks that no BIB and no CRC covers, and that are not encrypted. */
export function withCrcs(bundle: Bundle, numbers: ReadonlySet<UInt>): Bundle {
  if (numbers.size === 0) return bundle;
  const { covered, encrypted } = viewSecurity(bundle);
  const needsCrc = (number: UInt) => numbers.has(number) && !covered.has(number) && !encrypted.has(number);
  const { primary } = bundle;
  return {
    primary:
      primary.crcType === CRC_TYPES.none && needsCrc(0)
        ? { ...primary, crcType: CRC_TYPES.crc32c, raw: undefined }
        : primary,
    blocks: bundle.blocks.map((block) =>
      block.crcType === CRC_TYPES.none && needsCrc(block.number)
        ? changedBlock(block, { crcType: CRC_TYPES.crc32c })
        : block,
    ),
  };
}

/**
 * The bundle without some of its blocks and the operations over them, as when the decryption of a target failed (RFC 9172 section
 * 5.1.1). The primary block gets a CRC where the BIB that alone covered it is gone.
 */
export function withoutBlocks(bundle: Bundle, numbers: ReadonlySet<UInt>): Bundle {
  if (numbers.size === 0) return bundle;
  const { encrypted, covered } = viewSecurity(bundle);
  const operations: { security: SecurityBlock; target: UInt }[] = [];
  for (const target of numbers) {
    for (const security of [encrypted.get(target), covered.get(target)]) {
      if (security !== undefined) operations.push({ security, target });
    }
  }
  const { primary, blocks } = withoutOperations(bundle, operations);
  return withCrcs({ primary, blocks: blocks.filter(({ number }) => !numbers.has(number)) }, new Set([0]));
}
