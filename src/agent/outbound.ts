/** The bundle as it leaves: primary and payload blocks as they came, extension blocks of this hop made new (RFC 9171 section 5.4). */
import type { Instant } from '../base/time.js';
import { US_PER_MS } from '../base/time.js';
import {
  BLOCK_FLAGS,
  BLOCK_TYPES,
  type Bundle,
  type CanonicalBlock,
  CRC_TYPES,
  decodeBundleAge,
  encodeBundleAge,
  encodeCustodyBlock,
  encodeHopCount,
  encodePreviousNode,
  ipn,
} from '../bpv7/index.js';
import { encodeAvoidance, ROUTE_AVOIDANCE_BLOCK } from './avoidance.js';
import type { BundleRecord } from './bundle-record.js';

/** The bundle of `record` with this hop's previous node, hop count, age, custody and route avoidance blocks. */
export function outgoingBundle(record: BundleRecord, node: number, now: Instant): Bundle {
  const { primary, blocks: held } = record.bundle;
  const blocks: CanonicalBlock[] = [];
  let hasCustody = false;
  let hasHops = false;
  let highest = 1;
  for (const block of held) {
    const number = Number(block.number);
    if (number > highest) highest = number;
    switch (block.type) {
      case BLOCK_TYPES.payload:
        break;
      case BLOCK_TYPES.previousNode:
      case ROUTE_AVOIDANCE_BLOCK:
        break; // made new below
      case BLOCK_TYPES.hopCount:
        hasHops = true;
        blocks.push(remade(block, encodeHopCount(record.hopLimit, record.hopCount + 1)));
        break;
      case BLOCK_TYPES.bundleAge: {
        const residenceMs = Math.floor((now.monotonicUs - record.receivedUs) / US_PER_MS);
        blocks.push(remade(block, encodeBundleAge(Number(decodeBundleAge(block.data)) + residenceMs)));
        break;
      }
      case BLOCK_TYPES.custodyTransfer:
        hasCustody = true;
        // A relay without custody leaves the custodian as it is.
        blocks.push(record.inCustody ? remade(block, custodyData(record, node)) : block);
        break;
      default:
        blocks.push(block);
    }
  }
  blocks.push(made(BLOCK_TYPES.previousNode, ++highest, 0, encodePreviousNode(ipn(node, 0))));
  if (!hasHops && record.isLocal) {
    blocks.push(made(BLOCK_TYPES.hopCount, ++highest, 0, encodeHopCount(record.hopLimit, 1)));
  }
  if (!hasCustody && record.inCustody) {
    blocks.push(made(BLOCK_TYPES.custodyTransfer, ++highest, BLOCK_FLAGS.replicateInFragments, custodyData(record, node)));
  }
  const avoided = record.avoided.filter((each) => each.untilUs > now.monotonicUs);
  if (avoided.length > 0) {
    blocks.push(made(ROUTE_AVOIDANCE_BLOCK, ++highest, 0, encodeAvoidance(avoided, now.monotonicUs)));
  }
  blocks.push(held[held.length - 1] as CanonicalBlock);
  return { primary, blocks };
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
