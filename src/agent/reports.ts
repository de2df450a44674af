/**
 * Bundle status reports (RFC 9171 section 6.1.1): what is to be said of a bundle, to whom, and how often. It hears what happens to
 * bundles at this node, decides whether anybody asked and may be told, and gathers what is said of one bundle in one step. What
 * happens to bundles, and why, is others' business.
 *
 * Reports are off by default, as section 5.1 wants it: whoever can send a bundle could otherwise have every node on its way send
 * others to a third party. Where they are on, a limit on reports a second stands against that.
 */

import { DuplicateSet } from '../base/duplicate-set.js';
import type { Instant } from '../base/time.js';
import type { TraceSink } from '../base/trace.js';
import {
  BUNDLE_FLAGS,
  encodeStatusReport,
  hasFlag,
  type PrimaryBlock,
  type StatusItem,
  type StatusReport,
} from '../bpv7/index.js';
import type { CompressedReporter } from './compressed-reports.js';
import type { AgentConfig } from './config.js';
import { reportInWords } from './delivery.js';
import { endpointNumbers } from './endpoints.js';
import { PRIORITY } from './priority.js';
import {
  mayBeReported,
  type ReportAllowance,
  type ReportedBundle,
  reportedUntilUs,
  reportLifetimeMs,
} from './report-policy.js';
import type { SendRequest } from './sourcing.js';

/** What a status report can say of a bundle at this node. */
export type StatusEvent = 'received' | 'forwarded' | 'delivered' | 'deleted';

/** Events of bundles that are remembered, so that none is reported twice; beyond it a report may come again. */
const MAX_REPORTED = 65_536;

const EVENT_FLAGS = {
  received: BUNDLE_FLAGS.reportReception,
  forwarded: BUNDLE_FLAGS.reportForwarding,
  delivered: BUNDLE_FLAGS.reportDelivery,
  deleted: BUNDLE_FLAGS.reportDeletion,
} as const;

const EVENTS = Object.keys(EVENT_FLAGS) as StatusEvent[];

/** What a reporter needs of the agent. */
export interface ReporterParts {
  readonly config: AgentConfig;
  readonly trace: TraceSink;
  readonly allowance: ReportAllowance;
  readonly compressed: CompressedReporter;
  /** Bundle transmission; false where there is no room. */
  send(request: SendRequest, now: Instant): boolean;
}

/** A report that is being put together. */
interface PendingReport {
  readonly subject: ReportedBundle;
  readonly items: { [event in StatusEvent]?: StatusItem };
  reason: number;
}

/** Makes and sends the status reports of one node. */
export class StatusReporter {
  readonly #parts: ReporterParts;
  readonly #reported = new DuplicateSet(MAX_REPORTED);
  /** By subject, in the order of the first thing said. */
  #pending = new Map<ReportedBundle, PendingReport>();

  constructor(parts: ReporterParts) {
    this.#parts = parts;
  }

  /**
   * Something happened to a bundle. `isAsked` is true where a report is due although the bundle's flags do not ask for this one: a
   * block's do. It leaves with the next {@link flush}.
   */
  note(subject: ReportedBundle, event: StatusEvent, reason: number, now: Instant, isAsked = false): void {
    if (!this.#parts.config.statusReports) return;
    this.#parts.compressed.note(subject, event, now);
    const { primary } = subject;
    if (!isAsked && !hasFlag(primary.flags, EVENT_FLAGS[event])) return;
    if (!mayBeReported(primary, primary.reportTo) || !this.#isNew(subject, event, now)) return;
    const before = this.#pending.get(subject);
    let report = before;
    // A report has one reason: a second one takes a report of its own.
    if (report === undefined || (report.reason !== 0 && reason !== 0 && report.reason !== reason)) {
      if (before !== undefined) this.#send(before, now);
      report = { subject, items: {}, reason: 0 };
      this.#pending.set(subject, report);
    }
    report.reason ||= reason;
    report.items[event] = statusItem(primary, now);
  }

  /** This node took custody of a bundle, or refused it: compressed reports can tell that, status reports cannot. */
  noteCustody(subject: ReportedBundle, event: 'custody-accepted' | 'custody-refused', now: Instant): void {
    if (this.#parts.config.statusReports) this.#parts.compressed.note(subject, event, now);
  }

  /** Sends the reports of what was noted, and the compressed ones that are due. */
  flush(now: Instant): void {
    this.#parts.compressed.sendDue(now);
    if (this.#pending.size === 0) return;
    const pending = this.#pending;
    this.#pending = new Map();
    for (const report of pending.values()) this.#send(report, now);
  }

  /** Once a bundle: copies come by several ways, links repeat, and custodians send again. */
  #isNew({ sourceKey, creationTimeMs, sequence, expiryUs }: ReportedBundle, event: StatusEvent, now: Instant): boolean {
    const untilUs = reportedUntilUs(expiryUs, now);
    return this.#reported.add(sourceKey, creationTimeMs, sequence, EVENTS.indexOf(event), untilUs, now.monotonicUs);
  }

  /** Generates an administrative record and sends it (RFC 9171 sections 6.1 and 6.2). */
  #send({ subject, items, reason }: PendingReport, now: Instant): void {
    const { config, trace, send } = this.#parts;
    const { reportTo } = subject.primary;
    const { node, service } = endpointNumbers(reportTo);
    const report = reportOf(subject, items, reason);
    const withheld = this.#parts.allowance.withheld(node, now);
    const isSent =
      withheld === undefined &&
      send(
        {
          destination: reportTo,
          destinationNode: node,
          destinationService: service,
          sourceService: 0,
          payload: encodeStatusReport(report),
          lifetimeMs: reportLifetimeMs(subject.expiryUs, now),
          custody: false,
          priority: PRIORITY.administrative,
          administrative: true,
        },
        now,
      );
    if (isSent) trace.processing('report-sent', now.monotonicUs, config.node, subject, node, 1, reportInWords(report));
    else {
      const why = withheld ?? 'depleted storage';
      trace.processing('report-withheld', now.monotonicUs, config.node, subject, node, 1, why);
    }
  }
}

/** Time only where the subject asks for it; 0 is a time that is not known (RFC 9171 section 4.2.7). */
function statusItem({ flags }: PrimaryBlock, now: Instant): StatusItem {
  if (!hasFlag(flags, BUNDLE_FLAGS.statusTimeRequested)) return { asserted: true };
  return { asserted: true, timeMs: now.dtnTimeMs ?? 0 };
}

function reportOf(subject: ReportedBundle, items: PendingReport['items'], reason: number): StatusReport {
  const { source, creationTimeMs, sequence, fragmentOffset } = subject.primary;
  const item = (event: StatusEvent) => items[event] ?? { asserted: false };
  return {
    received: item('received'),
    forwarded: item('forwarded'),
    delivered: item('delivered'),
    deleted: item('deleted'),
    reason,
    source,
    creationTimeMs,
    sequence,
    ...(fragmentOffset !== undefined && { fragmentOffset, payloadLength: subject.payloadBytes }),
  };
}
