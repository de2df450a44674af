/** A new bundle from an application's data (RFC 9171 section 5.2). */
import type { Instant } from '../base/time.js';
import { US_PER_MS } from '../base/time.js';
import {
  BLOCK_TYPES,
  BUNDLE_FLAGS,
  type Bundle,
  type CanonicalBlock,
  CRC_TYPES,
  encodeBundleAge,
  ipn,
} from '../bpv7/index.js';
import { BundleRecord, PRIORITY, type Priority } from './bundle-record.js';
import type { AgentConfig } from './config.js';

/** What an application asks the agent to send. */
export interface SendRequest {
  readonly destinationNode: number;
  readonly destinationService: number;
  readonly sourceService: number;
  readonly payload: Uint8Array;
  readonly lifetimeMs: number;
  /** Keep the bundle until a node further on has taken custody, and send it again until then. */
  readonly custody: boolean;
  readonly priority: Priority;
}

/** Bytes that a bundle has around its payload: what an application leaves free in a datagram. */
export const BUNDLE_OVERHEAD_BYTES = 256;

/** The record of a new bundle; `sequence` is the node's running bundle number, so that no two are alike within a millisecond. */
export function newLocalRecord(
  request: SendRequest,
  config: AgentConfig,
  sequence: number,
  now: Instant,
): BundleRecord {
  const source = ipn(config.node, request.sourceService);
  const isAdministrative = request.destinationService === 0 && request.priority === PRIORITY.administrative;
  let flags = 0;
  if (isAdministrative) flags |= BUNDLE_FLAGS.isAdministrativeRecord;
  // A bundle that carries a custody block must not be fragmented (CCSDS 734.6-O-1).
  if (request.custody) flags |= BUNDLE_FLAGS.mustNotFragment;
  const creationTimeMs = now.dtnTimeMs ?? 0;
  const blocks: CanonicalBlock[] = [];
  if (creationTimeMs === 0) {
    blocks.push({
      type: BLOCK_TYPES.bundleAge,
      number: 2,
      flags: 0,
      crcType: CRC_TYPES.crc16,
      data: encodeBundleAge(0),
    });
  }
  blocks.push({ type: BLOCK_TYPES.payload, number: 1, flags: 0, crcType: CRC_TYPES.crc32c, data: request.payload });
  const bundle: Bundle = {
    primary: {
      flags,
      crcType: CRC_TYPES.crc32c,
      destination: ipn(request.destinationNode, request.destinationService),
      source,
      reportTo: ipn(config.node, 0),
      creationTimeMs,
      sequence,
      lifetimeMs: request.lifetimeMs,
    },
    blocks,
  };
  return new BundleRecord(
    bundle,
    config.node,
    request.sourceService,
    creationTimeMs,
    sequence,
    request.destinationNode,
    request.destinationService,
    now.monotonicUs + request.lifetimeMs * US_PER_MS,
    now.monotonicUs,
    0,
    request.priority,
    // What it will measure on the wire, near enough for room and routes.
    request.payload.length + BUNDLE_OVERHEAD_BYTES / 2,
    request.payload.length,
    request.custody,
    undefined,
    config.hopLimit,
    0,
  );
}
