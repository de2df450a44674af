/**
 * Compressed bundle status reporting (CCSDS 734.6-O-1) at one node: what is said of bundles whose compressed reporting block asks for
 * it, the numbers that this node's own bundles ask under, and what signals that come here say of them. What happens to bundles is
 * told by others; a signal tells no times and no reasons, for which there are status reports.
 *
 * It is off where status reports are off, and one limit on what leaves in a second holds for both.
 */
import { DuplicateSet } from '../base/duplicate-set.js';
import type { Instant } from '../base/time.js';
import type { BundleIdentity, TraceSink } from '../base/trace.js';
import {
  BundleError,
  decodeReportingBlock,
  eidLength,
  encodeReportingSignal,
  findBlock,
  hasFlag,
  isNullEid,
  REPORTING_REQUESTS,
  type ReportingBlock,
  type ReportingReason,
  type ReportingSignal,
  type SequenceRuns,
  type TypeProfile,
} from '../bpv7/index.js';
import { BundleRecord } from './bundle-record.js';
import type { AgentConfig } from './config.js';
import { endpointNumbers } from './endpoints.js';
import { PRIORITY } from './priority.js';
import {
  mayBeReported,
  type ReportAllowance,
  type ReportedBundle,
  reportedUntilUs,
  reportLifetimeMs,
} from './report-policy.js';
import { MAX_LOOKUPS, ReportingNumbers } from './reporting-numbers.js';
import { type DueSignal, ReportingSignals } from './reporting-signals.js';
import { inRecords } from './signal-records.js';
import { destinationOf, type SendRequest } from './sourcing.js';
import type { BundleStore } from './store.js';

/** Things said of bundles that are remembered, so that none is said twice; beyond it one may be said again. */
const MAX_REPORTED = 65_536;

/** Signals leave at least this long before the contact to their receiver closes, in microseconds. */
const FLUSH_MARGIN_US = 50_000;

/** The longest endpoint ID that is repeated in a signal, in bytes as encoded: signals stay small whatever strangers are called. */
const MAX_SIGNAL_EID_BYTES = 256;

/** Sequences in one signal that are looked at: one for each counter and reason, and this node has few that report to one place. */
const MAX_SEQUENCES = 1_024;

const REQUEST_FLAGS: { readonly [reason in ReportingReason]: number } = {
  received: REPORTING_REQUESTS.reception,
  forwarded: REPORTING_REQUESTS.forwarding,
  delivered: REPORTING_REQUESTS.delivery,
  deleted: REPORTING_REQUESTS.deletion,
  'custody-accepted': REPORTING_REQUESTS.custodyAcceptance,
  'custody-refused': REPORTING_REQUESTS.custodyRefusal,
};

const REASONS = Object.keys(REQUEST_FLAGS) as ReportingReason[];

/** One thing that a compressed report says, with the bundles of this node that it says it of. */
export interface CompressedReportEvent {
  readonly reason: ReportingReason;
  readonly bundles: readonly BundleIdentity[];
}

/** A compressed reporting signal that arrived. */
export interface ReceivedCompressedReport {
  /** The node that says so. */
  readonly fromNode: number;
  /** The service of this node that it was addressed to; 0 is the administrative endpoint. */
  readonly service: number;
  readonly events: readonly CompressedReportEvent[];
  /** What it says of bundles of other nodes, by their numbers: whoever sent them can tell which they are. */
  readonly others: readonly ReportingSignal[];
  /** Length of the bundle that it came in. */
  readonly bundleBytes: number;
}

/** What compressed reporting needs of the agent. */
export interface CompressedReporterParts {
  readonly config: AgentConfig;
  readonly trace: TraceSink;
  readonly allowance: ReportAllowance;
  readonly store: Pick<BundleStore, 'isDurable' | 'state'>;
  /** When the contact to a neighbour closes, in monotonic microseconds; Infinity where none is open. */
  contactEndUs(node: number): number;
  /** Bundle transmission; false where there is no room. */
  send(request: SendRequest, now: Instant): boolean;
}

/** The compressed reports of one node, both ways. */
export class CompressedReporter {
  readonly #parts: CompressedReporterParts;
  readonly #node: number;
  readonly #types: TypeProfile;
  readonly #reported = new DuplicateSet(MAX_REPORTED);
  readonly #signals: ReportingSignals;
  readonly #numbers: ReportingNumbers;
  #received: ReceivedCompressedReport[] = [];

  constructor(parts: CompressedReporterParts) {
    const { config, trace } = parts;
    this.#parts = parts;
    this.#node = config.node;
    this.#types = config.types;
    this.#signals = new ReportingSignals(config.reporting);
    this.#numbers = new ReportingNumbers(config.reporting, parts.store, (nowUs) =>
      trace.processing('state-damaged', nowUs, this.#node, undefined, 0, 1, 'reporting counter'),
    );
  }

  // --- own bundles ----------------------------------------------------------------------------------------------------

  /** The content of the block of a new bundle, if its request asks for compressed reports; its number is taken by {@link sourced}. */
  blockFor(request: SendRequest, now: Instant): ReportingBlock | undefined {
    const asked = request.compressedReports;
    if (asked === undefined) return undefined;
    const sequenceId = asked.sequenceId ?? 0;
    const name = { service: request.sourceService, sequenceId, destination: destinationOf(request) };
    const sequence = this.#numbers.next(name, now.monotonicUs);
    let requestFlags = 0;
    if (asked.reception) requestFlags |= REPORTING_REQUESTS.reception;
    if (asked.forwarding) requestFlags |= REPORTING_REQUESTS.forwarding;
    if (asked.delivery) requestFlags |= REPORTING_REQUESTS.delivery;
    if (asked.deletion) requestFlags |= REPORTING_REQUESTS.deletion;
    if (asked.custodyAcceptance) requestFlags |= REPORTING_REQUESTS.custodyAcceptance;
    if (asked.custodyRefusal) requestFlags |= REPORTING_REQUESTS.custodyRefusal;
    // Block source and place to report to are those of the primary block.
    return { sequence, sequenceId, requestFlags };
  }

  /** A new bundle with such a block was taken in. */
  sourced(record: BundleRecord): void {
    const block = record.reporting;
    if (block === undefined || block === 'none') return;
    const { sequenceId = 0 } = block;
    const name = { service: record.sourceService, sequenceId, destination: record.primary.destination };
    this.#numbers.give(name, record);
  }

  // --- what this node says --------------------------------------------------------------------------------------------

  /** Something happened to a bundle. It leaves with others, by {@link sendDue}. */
  note(subject: ReportedBundle, reason: ReportingReason, now: Instant): void {
    const block = this.#blockOf(subject);
    // Without flags nothing is asked for: the block only numbers its bundle.
    if (block === undefined || !hasFlag(block.requestFlags ?? 0, REQUEST_FLAGS[reason])) return;
    const { primary } = subject;
    const reportTo = block.reportTo ?? primary.reportTo;
    const blockSource = block.blockSource ?? primary.source;
    if (!mayBeReported(primary, reportTo) || isNullEid(blockSource) || !this.#isNew(subject, reason, now)) return;
    const { node } = endpointNumbers(reportTo);
    const { destination } = primary;
    const isLong = [blockSource, destination].some((eid) => eidLength(eid) > MAX_SIGNAL_EID_BYTES);
    if (node <= 0 || isLong) {
      this.#withheld(node, 1, node <= 0 ? 'no known route' : 'endpoint too long', now);
      return;
    }
    const { sequence, sequenceId = 0 } = block;
    const note = { reason, sequence, sequenceId, destination, blockSource, reportTo, expiryUs: subject.expiryUs };
    this.#signals.add(note, now.monotonicUs, this.#parts.contactEndUs(node) - FLUSH_MARGIN_US);
  }

  /** When the next signal is due, in monotonic microseconds; Infinity for never. */
  nextUs(): number {
    return this.#signals.nextUs();
  }

  /** Sends the signals that are due. */
  sendDue(now: Instant): void {
    for (const due of this.#signals.takeDue(now.monotonicUs)) this.#send(due, now);
  }

  #send({ reportTo, signals, expiryUs }: DueSignal, now: Instant): void {
    const { node, service } = endpointNumbers(reportTo);
    const { allowance, send, trace } = this.#parts;
    for (const each of inRecords(signals, this.#types)) {
      const count = numbersIn(each);
      const withheld = allowance.withheld(node, now);
      const isSent =
        withheld === undefined &&
        send(
          {
            destination: reportTo,
            destinationNode: node,
            destinationService: service,
            sourceService: 0,
            payload: encodeReportingSignal(each, this.#types),
            lifetimeMs: reportLifetimeMs(expiryUs, now),
            custody: false,
            priority: PRIORITY.administrative,
            administrative: true,
          },
          now,
        );
      if (!isSent) this.#withheld(node, count, withheld ?? 'depleted storage', now);
      else {
        const words = each.map(({ reason }) => reason).join('+');
        trace.processing('compressed-report-sent', now.monotonicUs, this.#node, undefined, node, count, words);
      }
    }
  }

  #withheld(node: number, count: number, why: string, now: Instant): void {
    const words = `compressed: ${why}`;
    this.#parts.trace.processing('report-withheld', now.monotonicUs, this.#node, undefined, node, count, words);
  }

  /** Once of a bundle: copies come by several ways, links repeat, and custodians send again. */
  #isNew({ sourceKey, creationTimeMs, sequence, expiryUs }: ReportedBundle, reason: ReportingReason, now: Instant) {
    const untilUs = reportedUntilUs(expiryUs, now);
    return this.#reported.add(sourceKey, creationTimeMs, sequence, REASONS.indexOf(reason), untilUs, now.monotonicUs);
  }

  /** The block of a bundle, read where that was not done yet: after a restart records come from the store without it. */
  #blockOf(subject: ReportedBundle): ReportingBlock | undefined {
    // What could not be read whole has none that counts.
    if (!(subject instanceof BundleRecord)) return undefined;
    subject.reporting ??= reportingOf(subject, this.#types) ?? 'none';
    return subject.reporting === 'none' ? undefined : subject.reporting;
  }

  // --- what is said of own bundles ------------------------------------------------------------------------------------

  /** A signal came in a record for this node. */
  heard(signals: readonly ReportingSignal[], record: BundleRecord, now: Instant): void {
    const { sourceNode: fromNode, destinationService: service, sizeBytes: bundleBytes } = record;
    const { trace } = this.#parts;
    const events: CompressedReportEvent[] = [];
    const others: ReportingSignal[] = [];
    const budget = { left: MAX_LOOKUPS, sequences: MAX_SEQUENCES };
    let unknown = 0;
    for (const { reason, sequences } of signals) {
      const named = new Set<BundleIdentity>();
      const elsewhere: SequenceRuns[] = [];
      for (const sequence of sequences) {
        const source = endpointNumbers(sequence.blockSource ?? record.primary.destination);
        if (source.node !== this.#node) elsewhere.push(sequence);
        else if (fromNode <= 0 || --budget.sequences < 0) unknown++;
        else unknown += this.#collect(named, { sequence, reason, fromNode, service: source.service }, budget);
      }
      if (named.size > 0) events.push({ reason, bundles: [...named] });
      if (elsewhere.length > 0) others.push({ reason, sequences: elsewhere });
    }
    const nowUs = now.monotonicUs;
    if (unknown > 0) trace.processing('report-unknown', nowUs, this.#node, record, fromNode, unknown);
    if (events.length + others.length === 0) return;
    this.#received.push({ fromNode, service, events, others, bundleBytes });
    const count = events.reduce((sum, { bundles }) => sum + bundles.length, 0);
    const words = events.map(({ reason, bundles }) => `${reason} ${bundles.length}`).join(', ');
    trace.processing('compressed-report-received', nowUs, this.#node, record, fromNode, count, words);
  }

  /** All compressed reports that arrived since the last call. */
  takeReceived(): readonly ReceivedCompressedReport[] {
    const received = this.#received;
    if (received.length > 0) this.#received = [];
    return received;
  }

  /** Adds the bundles of one sequence to those named; returns how many of its numbers mean nothing here. */
  #collect(
    named: Set<BundleIdentity>,
    said: { sequence: SequenceRuns; reason: ReportingReason; fromNode: number; service: number },
    budget: { left: number },
  ): number {
    const found = this.#numbers.named(said.service, said.sequence, budget);
    if (found === undefined) return 1;
    let { unknown } = found;
    for (const bundle of found.bundles) {
      if (mayHaveSaid(bundle, said)) named.add(bundle);
      else unknown++;
    }
    return unknown;
  }
}

/** How many numbers own signals name; those are few. */
function numbersIn(signals: readonly ReportingSignal[]): number {
  let count = 0;
  for (const { sequences } of signals) {
    for (const { runs } of sequences) for (let i = 0; i < runs.length; i += 2) count += Number(runs[i]);
  }
  return count;
}

/** Nobody but its destination can know that a bundle was delivered; what happens on the way can be said by whoever lies there. */
function mayHaveSaid(
  { destinationNode }: BundleIdentity,
  said: { reason: ReportingReason; fromNode: number },
): boolean {
  return said.reason !== 'delivered' || said.fromNode === destinationNode;
}

/** The compressed reporting block of a bundle; undefined where it has none that this node can read. */
function reportingOf(record: BundleRecord, types: TypeProfile): ReportingBlock | undefined {
  const bundle = types.reportingBlock === undefined ? undefined : record.bundleIfReadable;
  const block = bundle && findBlock(bundle, types.reportingBlock as number);
  return block && readReporting(block.data);
}

/** Content of a compressed reporting block; undefined where it is ill-formed, which makes it one that cannot be processed. */
export function readReporting(data: Uint8Array): ReportingBlock | undefined {
  try {
    return decodeReportingBlock(data);
  } catch (error) {
    if (error instanceof BundleError) return undefined;
    throw error;
  }
}
