/** The bundle as it leaves: primary and payload blocks as they came, extension blocks of this hop made new (RFC 9171 section 5.4). */
import { lengthOf } from '../base/bytes.js';
import type { Instant } from '../base/time.js';
import { US_PER_MS } from '../base/time.js';
import {
  addUInt,
  BLOCK_FLAGS,
  BLOCK_TYPES,
  bundleAgeBlock,
  type CanonicalBlock,
  CRC_TYPES,
  type CustodyBlock,
  custodyTransferBlock,
  decodeBundleAge,
  encodeBundleInPieces,
  freeBlockNumbers,
  hopCountBlock,
  ipn,
  MAX_UINT64,
  type OutgoingBlock,
  type OutgoingBundle,
  previousNodeBlock,
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
): OutgoingBundle {
  const { primary, blocks: held } = record.bundle;
  const blocks: OutgoingBlock[] = [];
  let hasCustody = false;
  let hasHops = false;
  const free = freeBlockNumbers(held);
  const encrypted = encryptedBlocks(held);
  for (const block of held) {
    const { type, number, flags, crcType } = block;
    if (type === BLOCK_TYPES.hopCount) hasHops = true;
    if (encrypted?.has(number) && type !== BLOCK_TYPES.payload) {
      // Not for this node to change.
      blocks.push(block);
      continue;
    }
    switch (type) {
      case BLOCK_TYPES.payload:
        break;
      case BLOCK_TYPES.previousNode:
      case ROUTE_AVOIDANCE_BLOCK:
      case LOAD_BLOCK:
        break; // made new below
      case BLOCK_TYPES.hopCount:
        blocks.push(hopCountBlock(number, record.hopLimit, record.hopCount + 1, flags, crcType));
        break;
      case BLOCK_TYPES.bundleAge: {
        const spentMs = Math.round((arrivalUs - record.receivedUs) / US_PER_MS);
        const ageMs = addUInt(decodeBundleAge(block.data), spentMs);
        blocks.push(bundleAgeBlock(number, ageMs > MAX_UINT64 ? MAX_UINT64 : ageMs, flags, crcType));
        break;
      }
      case types.custodyBlock:
        hasCustody = true;
        // A relay without custody leaves the custodian as it is.
        blocks.push(
          record.inCustody ? custodyTransferBlock(type, number, custodyOf(record, node), flags, crcType) : block,
        );
        break;
      default:
        blocks.push(block);
    }
  }
  // The CRC of what is our own lets the next node tell a flipped bit here too, as the one of the payload does there.
  blocks.push(previousNodeBlock(free(), ipn(node, 0), 0, CRC_TYPES.crc16));
  if (!hasHops && record.isLocal) {
    // Each fragment counts its own hops.
    blocks.push(hopCountBlock(free(), record.hopLimit, 1, BLOCK_FLAGS.replicateInFragments, CRC_TYPES.crc16));
  }
  if (!hasCustody && record.inCustody && types.custodyBlock !== undefined) {
    const custody = custodyOf(record, node);
    blocks.push(custodyTransferBlock(types.custodyBlock, free(), custody, undefined, CRC_TYPES.crc16));
  }
  const avoidance = avoidanceOf(record, now.monotonicUs);
  if (avoidance !== undefined) blocks.push(made(ROUTE_AVOIDANCE_BLOCK, free(), 0, avoidance));
  if (loads !== undefined) blocks.push(made(LOAD_BLOCK, free(), LOAD_BLOCK_FLAGS, loads));
  blocks.push(held[held.length - 1] as CanonicalBlock);
  const bundle = { primary, blocks };
  if (lacksCrcs(bundle)) {
    const data = encodeHopChecksum(bundle, node);
    blocks.splice(-1, 0, made(HOP_CHECKSUM_BLOCK, free(), HOP_CHECKSUM_FLAGS, data));
  }
  return bundle;
}

function custodyOf(
  { custodySequence: sequence, custodySequenceId: sequenceId }: BundleRecord,
  node: number,
): CustodyBlock {
  return { sequence, sequenceId, custodian: ipn(node, 0) };
}

/** Data of the route avoidance block; undefined where there is nothing to say. */
function avoidanceOf({ avoided, detours }: BundleRecord, nowUs: number): Uint8Array | undefined {
  if (avoided.length === 0 && detours.length === 0) return undefined;
  // One whose hold is over still counts when it fails again.
  const all = withDetours(avoided, detours).filter((each) => each.times > 0 || each.untilUs > nowUs);
  return all.length === 0 ? undefined : encodeAvoidance(all, nowUs);
}

/** A block of our own. */
function made(type: number, number: number, flags: number, data: Uint8Array): CanonicalBlock {
  return { type, number, flags, crcType: CRC_TYPES.crc16, data };
}
