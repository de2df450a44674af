/** A new bundle from an application's data (RFC 9171 section 5.2). */

import { UsageError } from '../base/errors.js';
import type { Instant } from '../base/time.js';
import { US_PER_MS } from '../base/time.js';
import {
  BLOCK_FLAGS,
  BLOCK_TYPES,
  BUNDLE_FLAGS,
  type Bundle,
  type CanonicalBlock,
  CRC_TYPES,
  DTN_NONE,
  type Eid,
  encodeBundleAge,
  encodeReportingBlock,
  hasFlag,
  ION_QOS_BLOCK,
  ION_QOS_BLOCK_FLAGS,
  ipn,
  newBlock,
  REPORTING_BLOCK_FLAGS,
  type ReportingBlock,
  type TypeProfile,
  type UInt,
} from '../bpv7/index.js';
import { ROUTE_AVOIDANCE_BLOCK } from './avoidance.js';
import { BundleRecord } from './bundle-record.js';
import type { AgentConfig } from './config.js';
import { HOP_CHECKSUM_BLOCK } from './hop-checksum.js';
import { LOAD_BLOCK } from './load-notice.js';
import { checkUrgency, encodeUrgency, PRIORITY, type Priority, type Urgency, urgencyBy } from './priority.js';

/** Of which events status reports are asked for (RFC 9171 section 4.2.3), and whether they are to carry times. */
export interface ReportRequest {
  readonly reception?: boolean;
  readonly forwarding?: boolean;
  readonly delivery?: boolean;
  readonly deletion?: boolean;
  readonly time?: boolean;
}

/**
 * Of which events compressed reports are asked for (CCSDS 734.6-O-1): they come gathered, by number, and tell no times and no
 * reasons.
 */
export interface CompressedReportRequest {
  readonly reception?: boolean;
  readonly forwarding?: boolean;
  readonly delivery?: boolean;
  readonly deletion?: boolean;
  readonly custodyAcceptance?: boolean;
  readonly custodyRefusal?: boolean;
  /**
   * The counter that numbers the bundle, one for all destinations of its source endpoint; by default 0, which has a counter for
   * each destination.
   */
  readonly sequenceId?: UInt;
}

/** An extension block that an application adds to its bundle. */
export interface ExtraBlock {
  /** None of the types that nodes make themselves. */
  readonly type: number;
  /** Block processing control flags (RFC 9171 section 4.2.4). */
  readonly flags: number;
  readonly data: Uint8Array;
}

/** What an application asks the agent to send. */
export interface SendRequest {
  readonly destinationNode: number;
  readonly destinationService: number;
  readonly sourceService: number;
  readonly payload: Uint8Array;
  readonly lifetimeMs: number;
  /** Keep the bundle until a node further on has taken custody, and send it again until then. */
  readonly custody: boolean;
  /** By default what the node's policy says of the destination's service. */
  readonly priority?: Priority | undefined;
  /** Among expedited bundles, 0 to 254: the greatest goes first. */
  readonly ordinal?: number | undefined;
  /**
   * A copy goes through every neighbour that has a route, at each node on the way that reads block 193. Needs the routing profile
   * `ion`, which carries it, and no custody, whose signals would release one copy for another.
   */
  readonly critical?: boolean | undefined;
  /** The destination as it is written on the wire; by default the ipn endpoint of node and service. */
  readonly destination?: Eid | undefined;
  /** The payload is an administrative record. */
  readonly administrative?: boolean | undefined;
  /** The source is the null endpoint: nobody learns whose it is, nothing can be reported, and it cannot be fragmented. */
  readonly anonymous?: boolean | undefined;
  readonly reports?: ReportRequest | undefined;
  /** Beside status reports or in place of them; the bundle is not fragmented then. */
  readonly compressedReports?: CompressedReportRequest | undefined;
  /** Where status reports go; by default to the administrative endpoint of this node. */
  readonly reportTo?: Eid | undefined;
  /** Hops that the bundle may make, 1 to 255; by default the node's. */
  readonly hopLimit?: number | undefined;
  readonly mustNotFragment?: boolean | undefined;
  /** Ask the application at the destination for an acknowledgement. */
  readonly acknowledge?: boolean | undefined;
  readonly blocks?: readonly ExtraBlock[] | undefined;
}

/** Bytes that a bundle has around its payload: what an application leaves free in a datagram. */
export const BUNDLE_OVERHEAD_BYTES = 256;

/**
 * The longest application data unit that a node takes from an application: it is in memory as a whole at its source and at its
 * destination, whose limit on what it puts together is the same.
 */
export const MAX_ADU_BYTES = 16 * 1024 * 1024;

/** The most that an extra block has around its data: heads of nine bytes for type, number, flags and length. */
const EXTRA_BLOCK_BYTES = 40;

/** Types of the blocks that a node makes itself, or that only the security functions may add, whatever its type profile. */
const OWN_BLOCK_TYPES: readonly number[] = [
  0,
  BLOCK_TYPES.payload,
  BLOCK_TYPES.previousNode,
  BLOCK_TYPES.bundleAge,
  BLOCK_TYPES.hopCount,
  BLOCK_TYPES.blockIntegrity,
  BLOCK_TYPES.blockConfidentiality,
  ROUTE_AVOIDANCE_BLOCK,
  HOP_CHECKSUM_BLOCK,
  LOAD_BLOCK,
];

/** Whether applications cannot add blocks of a type: a node makes them itself, or only the security functions may. */
export function isOwnBlockType(type: number, types: TypeProfile): boolean {
  return OWN_BLOCK_TYPES.includes(type) || type === types.custodyBlock || type === types.reportingBlock;
}

/** The number of the age block, and the first one for blocks of the application. */
const AGE_BLOCK_NUMBER = 2;

/** The data of an age block at the source. */
const NEWBORN = encodeBundleAge(0);

const NO_BLOCKS: readonly ExtraBlock[] = [];

/** The destination of a request as it is written on the wire. */
export function destinationOf({ destination, destinationNode, destinationService }: SendRequest): Eid {
  return destination ?? ipn(destinationNode, destinationService);
}

/**
 * The record of a new bundle; `sequence` is the node's running bundle number, so that no two are alike within a millisecond, and
 * `reporting` the content of its compressed reporting block. Throws a UsageError for a request that no bundle can meet.
 */
export function newLocalRecord(
  request: SendRequest,
  config: AgentConfig,
  sequence: number,
  now: Instant,
  reporting?: ReportingBlock,
): BundleRecord {
  checkRequest(request, config);
  const creationTimeMs = now.dtnTimeMs ?? 0;
  const isAnonymous = request.anonymous ?? false;
  const blocks: CanonicalBlock[] = [];
  // Who promises or signals custody relies on no clock: one that is set wrong on the way would end the bundle's lifetime.
  if (creationTimeMs === 0 || request.custody || request.administrative) {
    // Every fragment needs its age: without it none could be judged by a node further on.
    const flags = BLOCK_FLAGS.replicateInFragments;
    blocks.push(newBlock(BLOCK_TYPES.bundleAge, AGE_BLOCK_NUMBER, NEWBORN, flags, CRC_TYPES.crc16));
  }
  let extraBytes = 0;
  const urgency = urgencyOf(request, config);
  if (config.priorities.profile === 'ion' && !request.administrative) {
    const data = encodeUrgency(urgency, request.critical ?? false);
    blocks.push(newBlock(ION_QOS_BLOCK, blocks.length + AGE_BLOCK_NUMBER, data, ION_QOS_BLOCK_FLAGS, CRC_TYPES.crc16));
    extraBytes += data.length + EXTRA_BLOCK_BYTES;
  }
  const firstNumber = AGE_BLOCK_NUMBER + 1 + (config.priorities.profile === 'ion' ? 1 : 0);
  const extra = request.blocks ?? NO_BLOCKS;
  for (let i = 0; i < extra.length; i++) {
    const { type, flags, data } = extra[i] as ExtraBlock;
    blocks.push(newBlock(type, firstNumber + i, data, flags, CRC_TYPES.crc16));
    extraBytes += data.length + EXTRA_BLOCK_BYTES;
  }
  if (reporting !== undefined && config.types.reportingBlock !== undefined) {
    const data = encodeReportingBlock(reporting);
    const number = firstNumber + extra.length;
    blocks.push(newBlock(config.types.reportingBlock, number, data, REPORTING_BLOCK_FLAGS, CRC_TYPES.crc16));
    extraBytes += data.length + EXTRA_BLOCK_BYTES;
  }
  blocks.push({ type: BLOCK_TYPES.payload, number: 1, flags: 0, crcType: CRC_TYPES.crc32c, data: request.payload });
  const bundle: Bundle = {
    primary: {
      flags: bundleFlags(request),
      crcType: CRC_TYPES.crc32c,
      destination: destinationOf(request),
      source: isAnonymous ? DTN_NONE : ipn(config.node, request.sourceService),
      reportTo: request.reportTo ?? (isAnonymous ? DTN_NONE : ipn(config.node, 0)),
      creationTimeMs,
      sequence,
      lifetimeMs: request.lifetimeMs,
    },
    blocks,
  };
  const record = new BundleRecord(
    bundle,
    isAnonymous ? -1 : config.node,
    isAnonymous ? -1 : request.sourceService,
    creationTimeMs,
    sequence,
    request.destinationNode,
    request.destinationService,
    now.monotonicUs + request.lifetimeMs * US_PER_MS,
    now.monotonicUs,
    0,
    urgency,
    // What it will measure on the wire, near enough for room and routes.
    request.payload.length + BUNDLE_OVERHEAD_BYTES / 2 + extraBytes,
    request.payload.length,
    request.custody,
    undefined,
    request.hopLimit ?? config.hopLimit,
    0,
  );
  record.isCritical = request.critical ?? false;
  record.reporting = reporting ?? 'none';
  return record;
}

function urgencyOf({ priority, ordinal, destinationService }: SendRequest, { priorities }: AgentConfig): Urgency {
  if (priority === undefined && ordinal === undefined) return urgencyBy(priorities, destinationService);
  const urgency = { priority: priority ?? PRIORITY.expedited, ordinal: ordinal ?? 0 };
  checkUrgency(urgency);
  return urgency;
}

function bundleFlags(request: SendRequest): number {
  let flags = 0;
  if (request.administrative) flags |= BUNDLE_FLAGS.isAdministrativeRecord;
  // A bundle that carries a custody or a reporting block must not be fragmented (CCSDS 734.6-O-1), nor one without a source (RFC 9171).
  const isNumbered = request.custody || request.compressedReports !== undefined;
  if (isNumbered || request.mustNotFragment || request.anonymous) flags |= BUNDLE_FLAGS.mustNotFragment;
  if (request.acknowledge) flags |= BUNDLE_FLAGS.acknowledgementRequested;
  const { reports } = request;
  if (reports?.reception) flags |= BUNDLE_FLAGS.reportReception;
  if (reports?.forwarding) flags |= BUNDLE_FLAGS.reportForwarding;
  if (reports?.delivery) flags |= BUNDLE_FLAGS.reportDelivery;
  if (reports?.deletion) flags |= BUNDLE_FLAGS.reportDeletion;
  if (reports?.time) flags |= BUNDLE_FLAGS.statusTimeRequested;
  return flags;
}

function checkRequest(request: SendRequest, { maxBundleBytes, types, priorities }: AgentConfig): void {
  const { hopLimit, reports, compressedReports, administrative, anonymous, blocks } = request;
  if (request.custody && types.custodyBlock === undefined) {
    throw new UsageError('no-custody', `type profile ${types.name} has no custody blocks; send without custody`);
  }
  if (request.critical && (request.custody || priorities.profile !== 'ion')) {
    throw new UsageError(
      'no-critical',
      'critical bundles need the routing profile ion, which carries the mark, and no custody; leave out critical or change those',
    );
  }
  const { length } = request.payload;
  // A bundle that must not be fragmented fits into a datagram at every hop.
  const isWhole = hasFlag(bundleFlags(request), BUNDLE_FLAGS.mustNotFragment);
  const maxBytes = isWhole ? maxBundleBytes - BUNDLE_OVERHEAD_BYTES : MAX_ADU_BYTES;
  if (length > maxBytes) {
    throw new UsageError('payload-too-large', `a payload of ${length} bytes exceeds ${maxBytes}; send it in pieces`);
  }
  if (hopLimit !== undefined && !(Number.isInteger(hopLimit) && hopLimit >= 1 && hopLimit <= 255)) {
    throw new UsageError('hop-limit', `${hopLimit} is no hop limit; give a whole number from 1 to 255`);
  }
  if (compressedReports !== undefined && types.reportingBlock === undefined) {
    throw new UsageError(
      'no-compressed-reports',
      `type profile ${types.name} has no reporting blocks; ask for status reports`,
    );
  }
  if ((reports !== undefined || compressedReports !== undefined) && (administrative || anonymous)) {
    throw new UsageError(
      'reports-refused',
      'of an administrative or anonymous bundle nothing is reported (RFC 9171 section 4.2.3); leave out reports',
    );
  }
  for (const { type, flags } of blocks ?? NO_BLOCKS) {
    if (isOwnBlockType(type, types) || (type === ION_QOS_BLOCK && priorities.profile === 'ion')) {
      throw new UsageError('extra-block', `blocks of type ${type} are made by the nodes; give another type`);
    }
    if ((administrative || anonymous) && flags & BLOCK_FLAGS.reportIfUnprocessed) {
      throw new UsageError('reports-refused', `block ${type} asks for a report, which such a bundle must not`);
    }
  }
}
