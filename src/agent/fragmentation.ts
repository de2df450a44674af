/** Fragmentation on the way (RFC 9171 section 5.8): which bundles a node cuts before it forwards them, and how small. */
import { UsageError } from '../base/errors.js';
import { encodedLength, fragmentBundle } from '../bpv7/index.js';
import type { BundleRecord } from './bundle-record.js';
import { HOP_GROWTH_BYTES } from './outbound.js';

/**
 * What fragments leave free below the longest datagram: the blocks that this node adds, and what the next one keeps free, which
 * would else cut each fragment once more.
 */
const RESERVE_BYTES = 2 * HOP_GROWTH_BYTES;

/** True for a bundle that datagrams of `maxBundleBytes` may not carry on whole. */
export function isTooLong(record: BundleRecord, maxBundleBytes: number): boolean {
  return record.sizeBytes + HOP_GROWTH_BYTES > maxBundleBytes;
}

/**
 * The record as records of fragments that datagrams of `maxBundleBytes` carry; the record alone where it needs no cut, undefined
 * where it does and must not be fragmented or cannot be.
 */
export function fragmentsOf(record: BundleRecord, maxBundleBytes: number): readonly BundleRecord[] | undefined {
  if (!isTooLong(record, maxBundleBytes)) return [record];
  try {
    const fragments = fragmentBundle(record.bundle, { maxBundleBytes: maxBundleBytes - RESERVE_BYTES });
    if (fragments.length === 1) return [record];
    return fragments.map((fragment) => record.withBundle(fragment, encodedLength(fragment)));
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}
