/** The bundle as it leaves: primary and payload blocks as they came, extension blocks of this hop made new (RFC 9171 section 5.4). */
import { lengthOf } from '../base/bytes.js';
import type { Instant } from '../base/time.js';
import { US_PER_MS } from '../base/time.js';
import {
  addUInt,
  BLOCK_FLAGS,
  BLOCK_TYPES,
  type Bundle,
  type CanonicalBlock,
  CRC_TYPES,
  CUSTODY_BLOCK_FLAGS,
  decodeBundleAge,
  encodeBundleInPieces,
  encodeBundleAge,
  encodeCustodyBlock,
  encodeHopCount,
  encodePreviousNode,
  freeBlockNumbers,
  ipn,
  MAX_UINT64,
} from '../bpv7/index.js';
import { encodeAvoidance, ROUTE_AVOIDANCE_BLOCK } from './avoidance.js';
import type { BundleRecord } from './bundle-record.js';
import type { AgentConfig } from './config.js';
import { withDetours } from './detours.js';
import { encodeHopChecksum, HOP_CHECKSUM_BLOCK, HOP_CHECKSUM_FLAGS, lacksCrcs } from './hop-checksum.js';
import { LOAD_BLOCK, LOAD_BLOCK_FLAGS } from './load-notice.js';
import { encryptedBlocks } from './received-bundle.js';

/** How much longer a bundle may get at one hop, the route avoidance block apart: it is left out where there is no room. */
export const HOP_GROWTH_BYTES = 96;

/** What of a node's configuration its bundles show. */
export type OutboundConfig = Pick<AgentConfig, 'node' | 'types' | 'maxBundleBytes'>;

/**
 * The bytes of {@link outgoingBundle}, in pieces. Its blocks that only advise are left out where they make the bundle so long that the
 * next node would have to fragment or delete it.
 */
export function outgoingPieces(
  record: BundleRecord,
  config: OutboundConfig,
  now: Instant,
  arrivalUs: number,
  loads?: Uint8Array,
): readonly Uint8Array[] {
  const bundle = outgoingBundle(record, config, now, arrivalUs, loads);
  const pieces = encodeBundleInPieces(bundle);
  if (lengthOf(pieces) + HOP_GROWTH_BYTES <= config.maxBundleBytes) return pieces;
  const blocks = bundle.blocks.filter(({ type }) => type !== ROUTE_AVOIDANCE_BLOCK && type !== LOAD_BLOCK);
  return blocks.length === bundle.blocks.length ? pieces : encodeBundleInPieces({ ...bundle, blocks });
}


/**
 * The bundle of `record` with this hop's previous node, hop count, age, custody, route avoidance, load and hop checksum blocks. It is
 * expected at the neighbour at `arrivalUs`, which its age is reckoned to: light alone may take seconds. `loads` is what the
 * neighbour is to be told of the load of this node's contacts.
 */
export function outgoingBundle(
  record: BundleRecord,
  { node, types }: OutboundConfig,
  now: Instant,
  arrivalUs: number,
  loads?: Uint8Array,
): Bundle {
  const { primary, blocks: held } = record.bundle;
  const blocks: CanonicalBlock[] = [];
  let hasCustody = false;
  let hasHops = false;
  const free = freeBlockNumbers(held);
  const encrypted = encryptedBlocks(held);
  for (const block of held) {
    if (block.type === BLOCK_TYPES.hopCount) hasHops = true;
    if (encrypted?.has(block.number) && block.type !== BLOCK_TYPES.payload) {
      // Not for this node to change.
      blocks.push(block);
      continue;
    }
    switch (block.type) {
      case BLOCK_TYPES.payload:
        break;
      case BLOCK_TYPES.previousNode:
      case ROUTE_AVOIDANCE_BLOCK:
      case LOAD_BLOCK:
        break; // made new below
      case BLOCK_TYPES.hopCount:
        blocks.push(remade(block, encodeHopCount(record.hopLimit, record.hopCount + 1)));
        break;
      case BLOCK_TYPES.bundleAge: {
        const spentMs = Math.round((arrivalUs - record.receivedUs) / US_PER_MS);
        const ageMs = addUInt(decodeBundleAge(block.data), spentMs);
        blocks.push(remade(block, encodeBundleAge(ageMs > MAX_UINT64 ? MAX_UINT64 : ageMs)));
        break;
      }
      case types.custodyBlock:
        hasCustody = true;
        // A relay without custody leaves the custodian as it is.
        blocks.push(record.inCustody ? remade(block, custodyData(record, node)) : block);
        break;
      default:
        blocks.push(block);
    }
  }
  blocks.push(made(BLOCK_TYPES.previousNode, free(), 0, encodePreviousNode(ipn(node, 0))));
  if (!hasHops && record.isLocal) {
    // Each fragment counts its own hops.
    const flags = BLOCK_FLAGS.replicateInFragments;
    blocks.push(made(BLOCK_TYPES.hopCount, free(), flags, encodeHopCount(record.hopLimit, 1)));
  }
  if (!hasCustody && record.inCustody && types.custodyBlock !== undefined) {
    blocks.push(made(types.custodyBlock, free(), CUSTODY_BLOCK_FLAGS, custodyData(record, node)));
  }
  // One whose hold is over still counts when it fails again.
  const avoided = withDetours(record.avoided, record.detours).filter(
    (each) => each.times > 0 || each.untilUs > now.monotonicUs,
  );
  if (avoided.length > 0) {
    blocks.push(made(ROUTE_AVOIDANCE_BLOCK, free(), 0, encodeAvoidance(avoided, now.monotonicUs)));
  }
  if (loads !== undefined) blocks.push(made(LOAD_BLOCK, free(), LOAD_BLOCK_FLAGS, loads));
  blocks.push(held[held.length - 1] as CanonicalBlock);
  const bundle = { primary, blocks };
  if (lacksCrcs(bundle)) {
    const data = encodeHopChecksum(bundle, node);
    blocks.splice(-1, 0, made(HOP_CHECKSUM_BLOCK, free(), HOP_CHECKSUM_FLAGS, data));
  }
  return bundle;
}

function custodyData(record: BundleRecord, node: number): Uint8Array {
  return encodeCustodyBlock({
    sequence: record.custodySequence,
    sequenceId: record.custodySequenceId,
    custodian: ipn(node, 0),
  });
}

/** The same block with other data; it keeps its number and flags. */
function remade(block: CanonicalBlock, data: Uint8Array): CanonicalBlock {
  return { type: block.type, number: block.number, flags: block.flags, crcType: block.crcType, data };
}

/** A block of our own. Its CRC lets the next node tell a flipped bit here too, as the one of the payload does there. */
function made(type: number, number: number, flags: number, data: Uint8Array): CanonicalBlock {
  return { type, number, flags, crcType: CRC_TYPES.crc16, data };
}
