/**
 * What a MAC or a tag covers, byte for byte: the integrity-protected plaintext (IPPT) of BIB-HMAC-SHA2 (RFC 9173 section 3.7) and
 * the additional authenticated data (AAD) of BCB-AES-GCM (section 4.7.2), in the canonical forms of RFC 9172 section 4.
 */

import { headLength, Major, writeHead, writeUInt } from '../bpv7/cbor-writer.js';
import type { UInt } from '../bpv7/index.js';
import {
  BLOCK_FLAGS,
  type CanonicalBlock,
  CRC_TYPES,
  encodePrimary,
  hasFlag,
  type PrimaryBlock,
} from '../bpv7/index.js';
import { ALL_SCOPE_FLAGS, SCOPE_FLAGS } from './contexts.js';

/** Type, number and flags of a block. */
export interface BlockHeader {
  readonly type: UInt;
  readonly number: UInt;
  readonly flags: UInt;
}

/** The primary block of a bundle as its security operations cover it, encoded once for all of them. */
export class CoveredPrimary {
  readonly #primary: PrimaryBlock;
  #inScope: Uint8Array | undefined;
  #asTarget: Uint8Array | undefined;

  constructor(primary: PrimaryBlock) {
    this.#primary = primary;
  }

  /** What scope flags name; encoded afresh, since the bytes received may have arrays of indefinite length. */
  get inScope(): Uint8Array {
    this.#inScope ??= encodePrimary({ ...this.#primary, raw: undefined });
    return this.#inScope;
  }

  /** What a MAC over the primary block itself covers: the same without the CRC. */
  get asTarget(): Uint8Array {
    this.#asTarget ??= encodePrimary({ ...this.#primary, crcType: CRC_TYPES.none, raw: undefined });
    return this.#asTarget;
  }
}

/** All that is assigned; other flags count as 0, since nobody knows whether they change on the way (RFC 9172 section 4). */
const KNOWN_BLOCK_FLAGS =
  BLOCK_FLAGS.replicateInFragments |
  BLOCK_FLAGS.reportIfUnprocessed |
  BLOCK_FLAGS.deleteBundleIfUnprocessed |
  BLOCK_FLAGS.discardIfUnprocessed;

/**
 * The parts of the IPPT of a target other than the primary block, in order: scope flags, then what they name, then the data
 * with its byte string head. The target's CRC is no part of it.
 */
export function integrityInput(
  scopeFlags: number,
  primary: CoveredPrimary,
  target: CanonicalBlock,
  security: BlockHeader,
): Uint8Array[] {
  const parts = scopeParts(scopeFlags, primary, target, security);
  parts.push(headOf(Major.bytes, target.data.length), target.data);
  return parts;
}

/**
 * The parts of the IPPT where the primary block is the target. Its canonical form goes in as the content of a byte string, as
 * in the example of RFC 9173 appendix A.3; flags for the primary block and the target's header add nothing. The CRC is left out.
 */
export function primaryIntegrityInput(
  scopeFlags: number,
  primary: CoveredPrimary,
  security: BlockHeader,
): Uint8Array[] {
  const bytes = primary.asTarget;
  const parts = [scopeFlagsBytes(scopeFlags)];
  if (hasFlag(scopeFlags, SCOPE_FLAGS.securityHeader)) parts.push(headerBytes(security));
  parts.push(headOf(Major.bytes, bytes.length), bytes);
  return parts;
}

/** The parts of the AAD of a target, in order: scope flags, then what they name. */
export function additionalData(
  scopeFlags: number,
  primary: CoveredPrimary,
  target: BlockHeader,
  security: BlockHeader,
): Uint8Array[] {
  return scopeParts(scopeFlags, primary, target, security);
}

function scopeParts(
  scopeFlags: number,
  primary: CoveredPrimary,
  target: BlockHeader,
  security: BlockHeader,
): Uint8Array[] {
  const parts = [scopeFlagsBytes(scopeFlags)];
  if (hasFlag(scopeFlags, SCOPE_FLAGS.primaryBlock)) parts.push(primary.inScope);
  if (hasFlag(scopeFlags, SCOPE_FLAGS.targetHeader)) parts.push(headerBytes(target));
  if (hasFlag(scopeFlags, SCOPE_FLAGS.securityHeader)) parts.push(headerBytes(security));
  return parts;
}

/** The scope flags as they are covered: reserved and unassigned bits count as 0 (RFC 9173 sections 3.7 and 4.7.2). */
function scopeFlagsBytes(scopeFlags: number): Uint8Array {
  return headOf(Major.unsigned, scopeFlags & ALL_SCOPE_FLAGS);
}

function headerBytes({ type, number, flags }: BlockHeader): Uint8Array {
  const known = Number(typeof flags === 'bigint' ? flags & BigInt(KNOWN_BLOCK_FLAGS) : flags & KNOWN_BLOCK_FLAGS);
  const bytes = new Uint8Array(headLength(type) + headLength(number) + headLength(known));
  writeUInt(bytes, writeUInt(bytes, writeUInt(bytes, 0, type), number), known);
  return bytes;
}

function headOf(major: number, value: number): Uint8Array {
  const head = new Uint8Array(headLength(value));
  writeHead(head, 0, major, value);
  return head;
}
