/** Fragmentation on the way (RFC 9171 section 5.8): which bundles a node cuts before it forwards them, and how small. */
import { UsageError } from '../base/errors.js';
import { encodedLength, fragmentBundle } from '../bpv7/index.js';
import type { BundleRecord } from './bundle-record.js';
import type { AgentConfig } from './config.js';
import { HOP_GROWTH_BYTES } from './outbound.js';

/**
 * What fragments leave free below the longest datagram: the blocks that this node adds, and what the next one keeps free, which
 * would else cut each fragment once more.
 */
const RESERVE_BYTES = 2 * HOP_GROWTH_BYTES;

/**
 * The record as records of fragments that datagrams of the configured length carry; the record alone where it needs no cut, undefined
 * where it does and must not be fragmented or cannot be.
 */
export function fragmentsOf(
  record: BundleRecord,
  { maxBundleBytes, types }: Pick<AgentConfig, 'maxBundleBytes' | 'types'>,
): readonly BundleRecord[] | undefined {
  if (record.sizeBytes + HOP_GROWTH_BYTES <= maxBundleBytes) return [record];
  try {
    const fragments = fragmentBundle(record.bundle, { maxBundleBytes: maxBundleBytes - RESERVE_BYTES }, types);
    if (fragments.length === 1) return [record];
    return fragments.map((fragment) => record.withBundle(fragment, encodedLength(fragment)));
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}
