/**
 * Local bundle delivery (RFC 9171 section 5.7): the services of this node, what waits to be fetched for them, and the administrative
 * element, which reads the records that are meant for the node itself. It knows nothing of links and routes.
 */
import type { Instant } from '../base/time.js';
import type { BundleIdentity, TraceSink } from '../base/trace.js';
import {
  type AdminRecord,
  BUNDLE_FLAGS,
  BundleError,
  type CustodySignal,
  decodeAdminRecord,
  hasFlag,
  payloadOf,
  type ReportingSignal,
  type StatusReport,
} from '../bpv7/index.js';
import type { BundleRecord } from './bundle-record.js';
import type { AgentConfig } from './config.js';
import { LOAD_RECORD_TYPE } from './load-notice.js';

/** An application data unit for a service of this node. */
export interface Delivery {
  readonly service: number;
  readonly sourceNode: number;
  readonly sourceService: number;
  /** Read back from the store where it is not in memory, so that it is asked for once where it is used, and before the receipt. */
  readonly payload: Uint8Array;
  /** Length of the payload. */
  readonly payloadBytes: number;
  /** When the lifetime of the bundle ends, in monotonic microseconds. */
  readonly expiryUs: number;
  /** Which bundle it came in. */
  readonly bundle: BundleIdentity;
  /**
   * Where the store is durable, and the bundle was in custody: the number under which the node must be told that the application has
   * it (`delivery-taken`). Until then the node keeps the bundle, and delivers it again after a restart. 0 where no word is awaited.
   */
  readonly receipt: number;
  /** It may have been handed over before a restart: an application that has this bundle already only says so again. */
  readonly isRepeated: boolean;
}

/** A status report that arrived. */
export interface ReceivedReport {
  /** The node that says so; -1 for one that is no satellite. */
  readonly fromNode: number;
  /** The service of this node that it was addressed to; 0 is the administrative endpoint. */
  readonly service: number;
  readonly report: StatusReport;
  /** Length of the bundle that it came in. */
  readonly bundleBytes: number;
}

/** What local delivery needs of the agent. */
export interface DeliveryParts {
  readonly config: AgentConfig;
  readonly trace: TraceSink;
  /** Whether the store outlives the process, so that bundles in custody wait in it for their application. */
  readonly isDurable: boolean;
  /** A compressed reporting signal came in a record. */
  reported(signals: readonly ReportingSignal[], record: BundleRecord, now: Instant): void;
  /** A custody signal came from a node. */
  signalled(signals: readonly CustodySignal[], fromNode: number, now: Instant): void;
}

/** A delivery of what a record holds: its payload is read when it is asked for, since a store may have taken it out of memory. */
class RecordDelivery implements Delivery {
  readonly sourceNode: number;
  readonly sourceService: number;
  readonly payloadBytes: number;
  readonly expiryUs: number;

  constructor(
    readonly bundle: BundleRecord,
    readonly service: number,
    readonly receipt: number,
    readonly isRepeated: boolean,
  ) {
    this.sourceNode = bundle.sourceNode;
    this.sourceService = bundle.sourceService;
    this.payloadBytes = bundle.payloadBytes;
    this.expiryUs = bundle.expiryUs;
  }

  get payload(): Uint8Array {
    return payloadOf(this.bundle.bundle).data;
  }
}

/** What comes out at one node. */
export class LocalDelivery {
  readonly #parts: DeliveryParts;
  readonly #services = new Map<number, 'inside' | 'outside'>();
  #deliveries: Delivery[] = [];
  #reports: ReceivedReport[] = [];

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Registers a service; what is delivered to one `outside` of the node may want a receipt. */
  register(service: number, where: 'inside' | 'outside'): void {
    this.#services.set(service, where);
  }

  /** Whether somebody here takes bundles for a service; the administrative endpoint is the node itself. */
  has(service: number): boolean {
    return service === 0 || this.#services.has(service);
  }

  /** All deliveries since the last call. */
  takeDeliveries(): readonly Delivery[] {
    const deliveries = this.#deliveries;
    if (deliveries.length > 0) this.#deliveries = [];
    return deliveries;
  }

  /** All status reports since the last call. */
  takeReports(): readonly ReceivedReport[] {
    const reports = this.#reports;
    if (reports.length > 0) this.#reports = [];
    return reports;
  }

  /**
   * Whether the node keeps a bundle until its application has confirmed it: it answers for the bundle, since it came in custody or is
   * its own, and the application is not part of the node.
   */
  needsReceipt({ destinationService, custodyRequested, receivedCustody, isLocal, primary }: BundleRecord): boolean {
    if (!this.#parts.isDurable || !custodyRequested || this.#services.get(destinationService) !== 'outside')
      return false;
    return (isLocal || receivedCustody !== undefined) && !hasFlag(primary.flags, BUNDLE_FLAGS.isAdministrativeRecord);
  }

  /**
   * Hands a whole application data unit to its service, or its record to the administrative element. `receipt` is the number under
   * which the application confirms it, 0 for none.
   */
  deliver(record: BundleRecord, now: Instant, receipt = 0, isRepeated = false): void {
    const { destinationService: service } = record;
    if (hasFlag(record.primary.flags, BUNDLE_FLAGS.isAdministrativeRecord)) {
      this.#administrative(record, payloadOf(record.bundle).data, now);
    } else if (service === 0) this.#ignored(record, 'no administrative record', now);
    else {
      this.#deliveries.push(new RecordDelivery(record, service, receipt, isRepeated));
    }
  }

  /** An administrative record; one that is ill-formed or not known is ignored (RFC 9171 section 6.1). */
  #administrative(record: BundleRecord, payload: Uint8Array, now: Instant): void {
    let content: AdminRecord;
    try {
      content = decodeAdminRecord(payload, this.#parts.config.types);
    } catch (error) {
      if (!(error instanceof BundleError)) throw error;
      this.#parts.trace.malformed(now.monotonicUs, this.#parts.config.node, record.sourceNode, error.code);
      this.#ignored(record, 'malformed', now);
      return;
    }
    switch (content.kind) {
      case 'custody-signal':
        this.#parts.signalled(content.signals, record.sourceNode, now);
        break;
      case 'status-report':
        this.#reported(record, content.report, now);
        break;
      case 'reporting-signal':
        this.#parts.reported(content.signals, record, now);
        break;
      case 'unknown':
        // It came for the sake of the block on it, which was read.
        if (content.typeCode === LOAD_RECORD_TYPE) break;
        this.#ignored(record, `type ${content.typeCode}`, now);
    }
  }

  #reported(record: BundleRecord, report: StatusReport, now: Instant): void {
    const { sourceNode, destinationService, sizeBytes } = record;
    const { config, trace } = this.#parts;
    this.#reports.push({ fromNode: sourceNode, service: destinationService, report, bundleBytes: sizeBytes });
    trace.processing('report-received', now.monotonicUs, config.node, record, sourceNode, 1, reportInWords(report));
  }

  #ignored(record: BundleRecord, kind: string, now: Instant): void {
    const { config, trace } = this.#parts;
    trace.processing('admin-ignored', now.monotonicUs, config.node, record, record.sourceNode, 1, kind);
  }
}

/** What a report says, such as `received+deleted 9`: its events and its reason code. */
export function reportInWords(report: StatusReport): string {
  const events = (['received', 'forwarded', 'delivered', 'deleted'] as const).filter((event) => report[event].asserted);
  return `${events.join('+')} ${report.reason}`;
}
