/** From a decoded bundle to what a node needs to know of it (RFC 9171 sections 4.4 and 5.6). */
import type { Instant } from '../base/time.js';
import { US_PER_MS } from '../base/time.js';
import {
  BLOCK_FLAGS,
  BLOCK_TYPES,
  BUNDLE_FLAGS,
  type Bundle,
  type CanonicalBlock,
  decodeBundleAge,
  decodeCustodyBlock,
  decodeHopCount,
  type Eid,
  payloadOf,
} from '../bpv7/index.js';
import { decodeAvoidance, ROUTE_AVOIDANCE_BLOCK } from './avoidance.js';
import { BundleRecord, PRIORITY, type ReceivedCustody } from './bundle-record.js';

/** The hop limit of a bundle that carries no hop count block: none, as far as this node can count. */
const NO_HOP_LIMIT = Number.POSITIVE_INFINITY;

/** A received bundle as this node will hold it. */
export interface ReceivedBundle {
  readonly record: BundleRecord;
  /** Why the bundle must be deleted although it is well formed; undefined where it need not. */
  readonly deletion: string | undefined;
}

/** Node number and service number of an endpoint; node -1 for one that no satellite answers to. */
export function endpointNumbers(eid: Eid): { node: number; service: number } {
  if (eid.scheme === 'ipn') return eid.allocator === 0 ? { node: eid.node, service: eid.service } : NOBODY;
  // A dtn endpoint of ours is dtn://node<number>/<service>, the same two numbers in words.
  const match = /^\/\/node([1-9][0-9]{0,9})\/([0-9]{1,10})?$/.exec(eid.ssp);
  return match === null ? NOBODY : { node: Number(match[1]), service: Number(match[2] ?? 0) };
}

const NOBODY = { node: -1, service: -1 };

/** Reads the blocks of a bundle that neighbour `from` sent. Throws BundleError where an extension block is ill-formed. */
export function readReceivedBundle(bundle: Bundle, sizeBytes: number, from: number, now: Instant): ReceivedBundle {
  const { primary } = bundle;
  let ageMs = 0;
  let hopLimit = NO_HOP_LIMIT;
  let hopCount = 0;
  let hasCustodyBlock = false;
  let custody: ReceivedCustody | undefined;
  let avoidance: Uint8Array | undefined;
  let deletion: string | undefined;
  let unwanted: CanonicalBlock[] | undefined;
  for (const block of bundle.blocks) {
    switch (block.type) {
      case BLOCK_TYPES.payload:
      case BLOCK_TYPES.previousNode:
        break;
      case BLOCK_TYPES.bundleAge:
        ageMs = Number(decodeBundleAge(block.data));
        break;
      case BLOCK_TYPES.hopCount: {
        const hops = decodeHopCount(block.data);
        hopLimit = hops.limit;
        hopCount = hops.count;
        break;
      }
      case BLOCK_TYPES.custodyTransfer:
        hasCustodyBlock = true;
        custody = readCustody(block.data);
        break;
      case ROUTE_AVOIDANCE_BLOCK:
        avoidance = block.data;
        break;
      default: {
        // RFC 9171 section 5.6 step 4: what its flags say is done with a block that this node cannot process.
        const flags = Number(block.flags);
        if (flags & BLOCK_FLAGS.deleteBundleIfUnprocessed) deletion = 'block unsupported';
        else if (flags & BLOCK_FLAGS.discardIfUnprocessed) unwanted = [...(unwanted ?? []), block];
      }
    }
  }
  const kept =
    unwanted === undefined ? bundle : { primary, blocks: bundle.blocks.filter((each) => !unwanted.includes(each)) };
  const flags = Number(primary.flags);
  const source = endpointNumbers(primary.source);
  const destination = endpointNumbers(primary.destination);
  const record = new BundleRecord(
    kept,
    source.node,
    source.service,
    Number(primary.creationTimeMs),
    Number(primary.sequence),
    destination.node,
    destination.service,
    now.monotonicUs + remainingMs(bundle, ageMs, now) * US_PER_MS,
    now.monotonicUs,
    from,
    flags & BUNDLE_FLAGS.isAdministrativeRecord ? PRIORITY.administrative : PRIORITY.standard,
    sizeBytes,
    payloadOf(bundle).data.length,
    hasCustodyBlock,
    custody,
    hopLimit,
    hopCount,
  );
  if (avoidance !== undefined) record.avoided = decodeAvoidance(avoidance, now.monotonicUs);
  return { record, deletion };
}

/** What is left of the lifetime (RFC 9171 section 5.5): by the clock where both ends have one, else by the age block. */
function remainingMs(bundle: Bundle, ageMs: number, now: Instant): number {
  const created = Number(bundle.primary.creationTimeMs);
  const lifetimeMs = Number(bundle.primary.lifetimeMs);
  if (created !== 0 && now.dtnTimeMs !== undefined) return lifetimeMs - Math.max(0, now.dtnTimeMs - created);
  return lifetimeMs - ageMs;
}

/** A custody block of a custodian that no signal can reach is passed on and not acted upon. */
function readCustody(data: Uint8Array): ReceivedCustody | undefined {
  const block = decodeCustodyBlock(data);
  const custodian = endpointNumbers(block.custodian).node;
  const sequenceId = Number(block.sequenceId);
  const sequence = Number(block.sequence);
  if (custodian <= 0 || sequenceId === 0 || !Number.isSafeInteger(sequenceId) || !Number.isSafeInteger(sequence))
    return undefined;
  return { custodian, sequenceId, sequence };
}
