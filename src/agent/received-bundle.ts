/** From a decoded bundle to what a node needs to know of it (RFC 9171 sections 4.4 and 5.6). */
import type { Instant } from '../base/time.js';
import { US_PER_MS } from '../base/time.js';
import { withoutBlocks } from '../bpsec/operations.js';
import {
  BLOCK_FLAGS,
  BLOCK_TYPES,
  BUNDLE_FLAGS,
  type Bundle,
  BundleError,
  type BundleRule,
  type CanonicalBlock,
  type DecodeOptions,
  decodeBundle,
  decodeBundleAge,
  decodeCustodyBlock,
  decodeHopCount,
  encodedLength,
  hasFlag,
  ION_QOS_BLOCK,
  isSecurityBlock,
  PAYLOAD_BLOCK_NUMBER,
  type PrimaryBlock,
  payloadOf,
  type ReportingBlock,
  securityCoverOf,
  strictForm,
  type TypeProfile,
  type UInt,
} from '../bpv7/index.js';
import { decodeAvoidance, ROUTE_AVOIDANCE_BLOCK } from './avoidance.js';
import { BundleRecord, type ReceivedCustody, sourceKeyOf } from './bundle-record.js';
import { readReporting } from './compressed-reports.js';
import type { DeletionReason } from './deletion.js';
import { endpointNumbers } from './endpoints.js';
import { checkHop, lacksCrcs } from './hop-checksum.js';
import { LOAD_BLOCK } from './load-notice.js';
import { decodeUrgency, type PriorityPolicy, receivedUrgency, type StatedUrgency } from './priority.js';
import type { ReportedBundle } from './report-policy.js';
import type { SecurityGate, SecurityVerdict } from './security.js';
import type { SignalledNumber } from './signal-aggregator.js';

/** The hop limit of a bundle that carries no hop count block: none, as far as this node can count. */
const NO_HOP_LIMIT = Number.POSITIVE_INFINITY;

/** A received bundle as this node will hold it. */
export interface ReceivedBundle {
  readonly kind: 'bundle';
  readonly record: BundleRecord;
  /** Why the bundle must be deleted although it is well formed; undefined where it need not. */
  readonly deletion: DeletionReason | undefined;
  /** A block that this node cannot process asks for a report of that. */
  readonly isReportDue: boolean;
  /** Nothing in it can be damaged unnoticed, so that this node can take it over from a custodian that has it whole. */
  readonly isVouchedFor: boolean;
  /** Data of the block in which the neighbour tells the load of its contacts. */
  readonly loads: Uint8Array | undefined;
  /** A custody block with sequence id 0, the counter of a destination, which cannot serve for custody: it is refused. */
  readonly unfitCustody: SignalledNumber | undefined;
  /** What the security policy found; undefined without one. */
  readonly verdict: SecurityVerdict | undefined;
}

/** Bytes that are no bundle. */
export interface MalformedBundle {
  readonly kind: 'malformed';
  /** The rule that is broken. */
  readonly rule: BundleRule;
  /** The bundle that they were to be, where its primary block is whole and a report on it can say all that it must. */
  readonly subject: ReportedBundle | undefined;
}

/** How a node reads bundles. */
export interface ReadingRules {
  readonly options: DecodeOptions;
  readonly types: TypeProfile;
  readonly priorities: PriorityPolicy;
  readonly security: SecurityGate;
}

/**
 * Reads what neighbour `from` sent, by the rules of `options`. What deviates from them and may pass is brought into strict form, and
 * what the security policy says comes before the blocks are looked at, which may be encrypted until then.
 */
export function readBundle(
  bytes: Uint8Array,
  from: number,
  now: Instant,
  { options, types, priorities, security }: ReadingRules,
): ReceivedBundle | MalformedBundle {
  let primary: PrimaryBlock | undefined;
  try {
    const received = decodeBundle(bytes, options);
    const { bundle, verdict: hop } = checkHop(received, from);
    // Damaged it may be anywhere, so that nobody can be told either.
    if (hop === 'damaged') return { kind: 'malformed', rule: 'block-crc-value', subject: undefined };
    primary = bundle.primary;
    const strict = options.profile === 'lenient' ? strictForm(bundle) : bundle;
    const verdict = security.judge(strict);
    const judged = verdict?.bundle ?? strict;
    const sizeBytes = judged === received ? bytes.length : encodedLength(judged);
    const isVouchedFor = hop === 'whole' || !lacksCrcs(bundle) || hasVerifiedPayload(verdict);
    const found = readBlocks(judged, { types, priorities, security });
    const record = recordOf(judged, found, priorities, { sizeBytes, from, now });
    // RFC 9171 section 4.4.3.
    const deletion = found.deletion ?? (found.hopCount > found.hopLimit ? 'hop limit exceeded' : undefined);
    const { isReportDue, loads, custody } = found;
    const unfitCustody =
      custody?.sequenceId === 0 ? { ...custody, destination: judged.primary.destination } : undefined;
    return { kind: 'bundle', record, deletion, isReportDue, isVouchedFor, loads, unfitCustody, verdict };
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    return { kind: 'malformed', rule: error.code, subject: subjectOf(error.primary ?? primary, now) };
  }
}

function hasVerifiedPayload(verdict: SecurityVerdict | undefined): boolean {
  const events = verdict?.events ?? [];
  return events.some(
    ({ kind, target }) => target === PAYLOAD_BLOCK_NUMBER && (kind === 'verified' || kind === 'accepted'),
  );
}

/** A report on a fragment states the length of its payload, which nobody knows where its blocks cannot be read. */
function subjectOf(primary: PrimaryBlock | undefined, now: Instant): ReportedBundle | undefined {
  if (primary === undefined || primary.fragmentOffset !== undefined) return undefined;
  const source = endpointNumbers(primary.source);
  const destination = endpointNumbers(primary.destination);
  return {
    primary,
    sourceKey: sourceKeyOf(primary, 0),
    sourceNode: source.node,
    sourceService: source.service,
    destinationNode: destination.node,
    destinationService: destination.service,
    creationTimeMs: Number(primary.creationTimeMs),
    sequence: Number(primary.sequence),
    payloadBytes: 0,
    expiryUs: now.monotonicUs + remainingMs(primary, undefined, now) * US_PER_MS,
  };
}

/** The record of a bundle whose extension blocks were read. */
function recordOf(
  bundle: Bundle,
  found: BlockFindings,
  priorities: PriorityPolicy,
  { sizeBytes, from, now }: { readonly sizeBytes: number; readonly from: number; readonly now: Instant },
): BundleRecord {
  const { primary } = bundle;
  const isAdministrative = hasFlag(primary.flags, BUNDLE_FLAGS.isAdministrativeRecord);
  const source = endpointNumbers(primary.source);
  const destination = endpointNumbers(primary.destination);
  const record = new BundleRecord(
    withoutRemoved(bundle, found),
    source.node,
    source.service,
    Number(primary.creationTimeMs),
    Number(primary.sequence),
    destination.node,
    destination.service,
    now.monotonicUs + remainingMs(primary, found.ageMs, now) * US_PER_MS,
    now.monotonicUs,
    from,
    receivedUrgency(priorities, isAdministrative, found.urgency, destination.service),
    sizeBytes,
    payloadOf(bundle).data.length,
    found.hasCustodyBlock,
    found.custody?.sequenceId === 0 ? undefined : found.custody,
    found.hopLimit,
    found.hopCount,
  );
  record.isCritical = found.urgency?.isCritical ?? false;
  record.reporting = found.reporting ?? 'none';
  if (found.avoidance !== undefined) record.avoided = decodeAvoidance(found.avoidance, now.monotonicUs);
  return record;
}

/** What the extension blocks of a bundle say. */
interface BlockFindings {
  ageMs: number | undefined;
  hopLimit: number;
  hopCount: number;
  hasCustodyBlock: boolean;
  custody: ReceivedCustody | undefined;
  reporting: ReportingBlock | undefined;
  avoidance: Uint8Array | undefined;
  loads: Uint8Array | undefined;
  urgency: StatedUrgency | undefined;
  deletion: DeletionReason | undefined;
  isReportDue: boolean;
  /** Numbers of the blocks that the bundle goes on without. */
  removed: Set<UInt> | undefined;
  isSecured: boolean;
}

/** Reads the extension blocks. What is encrypted stays unread: it is for a node further on. Throws BundleError for an ill-formed one. */
function readBlocks(
  { blocks }: Bundle,
  { types, priorities, security }: Pick<ReadingRules, 'types' | 'priorities' | 'security'>,
): BlockFindings {
  const encrypted = encryptedBlocks(blocks);
  const urgencyBlock = priorities.profile === 'ion' ? ION_QOS_BLOCK : undefined;
  const chosenTypes: readonly (UInt | undefined)[] = [types.custodyBlock, types.reportingBlock, urgencyBlock];
  const found: BlockFindings = {
    ageMs: undefined,
    hopLimit: NO_HOP_LIMIT,
    hopCount: 0,
    hasCustodyBlock: false,
    custody: undefined,
    reporting: undefined,
    avoidance: undefined,
    loads: undefined,
    urgency: undefined,
    deletion: undefined,
    isReportDue: false,
    removed: undefined,
    isSecured: encrypted !== undefined,
  };
  for (const block of blocks) {
    if (encrypted?.has(block.number) && READ_TYPES.includes(block.type)) continue;
    if (encrypted?.has(block.number) && chosenTypes.includes(block.type)) continue;
    switch (block.type) {
      case BLOCK_TYPES.payload:
        break;
      case BLOCK_TYPES.previousNode:
        // It is made new at every hop (section 4.4.1), and what secures the old one is of no use behind this one.
        if (found.isSecured) remove(found, block);
        break;
      case BLOCK_TYPES.bundleAge:
        found.ageMs = Number(decodeBundleAge(block.data));
        break;
      case BLOCK_TYPES.hopCount: {
        const hops = decodeHopCount(block.data);
        found.hopLimit = hops.limit;
        found.hopCount = hops.count;
        break;
      }
      case types.custodyBlock:
        found.hasCustodyBlock = true;
        found.custody = readCustody(block.data);
        break;
      case types.reportingBlock:
        found.reporting = readReporting(block.data);
        if (found.reporting === undefined) noteUnprocessed(found, block);
        break;
      case ROUTE_AVOIDANCE_BLOCK:
        found.avoidance = block.data;
        break;
      case LOAD_BLOCK:
        // From the neighbour to this node, and no further.
        found.loads = block.data;
        remove(found, block);
        break;
      case urgencyBlock:
        found.urgency = readUrgency(block);
        break;
      default:
        if (!security.isOpen || !isSecurityBlock(block)) noteUnprocessed(found, block);
    }
  }
  return found;
}

/** RFC 9171 section 5.6 step 4: what its flags say is done with a block that this node cannot process. */
function noteUnprocessed(found: BlockFindings, block: CanonicalBlock): void {
  const { flags } = block;
  if (hasFlag(flags, BLOCK_FLAGS.reportIfUnprocessed)) found.isReportDue = true;
  if (hasFlag(flags, BLOCK_FLAGS.deleteBundleIfUnprocessed)) found.deletion = 'block unsupported';
  else if (hasFlag(flags, BLOCK_FLAGS.discardIfUnprocessed)) remove(found, block);
}

function remove(found: BlockFindings, block: CanonicalBlock): void {
  found.removed ??= new Set();
  found.removed.add(block.number);
}

/** The security operations over a block go with it: their target would be missing. */
function withoutRemoved(bundle: Bundle, { removed, isSecured }: BlockFindings): Bundle {
  if (removed === undefined) return bundle;
  if (isSecured) return withoutBlocks(bundle, removed);
  return { primary: bundle.primary, blocks: bundle.blocks.filter(({ number }) => !removed.has(number)) };
}

/** Blocks whose content a node reads where it can, custody blocks apart. */
const READ_TYPES: readonly UInt[] = [BLOCK_TYPES.bundleAge, BLOCK_TYPES.hopCount, ROUTE_AVOIDANCE_BLOCK, LOAD_BLOCK];

/** Numbers of the blocks that are encrypted; undefined where the bundle has no security blocks at all. */
export function encryptedBlocks(blocks: readonly CanonicalBlock[]): ReadonlySet<UInt> | undefined {
  return blocks.some(isSecurityBlock) ? securityCoverOf(blocks).encrypted : undefined;
}

/** Whether the payload is ciphertext, which no application asked for. */
export function hasSealedPayload({ blocks }: Bundle): boolean {
  return encryptedBlocks(blocks)?.has(PAYLOAD_BLOCK_NUMBER) ?? false;
}

/**
 * What is left of the lifetime (RFC 9171 section 5.5): by the age block where there is one, which needs no clock; else by the clock, where
 * both ends have one. A clock that was set wrong, here or at the source, thus ends no bundle that tells its age.
 */
function remainingMs(primary: PrimaryBlock, ageMs: number | undefined, now: Instant): number {
  const created = Number(primary.creationTimeMs);
  const lifetimeMs = Number(primary.lifetimeMs);
  if (ageMs !== undefined) return lifetimeMs - ageMs;
  if (created === 0 || now.dtnTimeMs === undefined) return lifetimeMs;
  return lifetimeMs - Math.max(0, now.dtnTimeMs - created);
}

/** The type is a private one: data of another form is a stranger's, and says nothing. */
function readUrgency(block: CanonicalBlock): StatedUrgency | undefined {
  try {
    return decodeUrgency(block);
  } catch (error) {
    if (error instanceof BundleError) return undefined;
    throw error;
  }
}

/** A custody block of a custodian that no signal can reach is passed on and not acted upon. */
function readCustody(data: Uint8Array): ReceivedCustody | undefined {
  const { custodian: eid, sequenceId, sequence } = decodeCustodyBlock(data);
  const custodian = endpointNumbers(eid).node;
  return custodian <= 0 ? undefined : { custodian, sequenceId, sequence };
}
