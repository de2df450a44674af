/**
 * Bundle reception and what follows from it at this node (RFC 9171 sections 5.3, 5.6, 5.7, 5.9 and 5.10): a bundle is delivered, taken
 * in transit, recognised as known, or deleted with the reason that its reports and its custodian are told. Routes, links and
 * the store are the agent's.
 */
import type { Instant } from '../base/time.js';
import type { TraceSink } from '../base/trace.js';
import { type DecodeOptions, encodedLength, REASONS } from '../bpv7/index.js';
import type { BundleRecord } from './bundle-record.js';
import type { AgentConfig } from './config.js';
import type { Custodian } from './custodian.js';
import { DELETION_REASONS, type DeletionReason } from './deletion.js';
import type { LocalDelivery } from './delivery.js';
import { fragmentsOf } from './fragmentation.js';
import type { KnownBundles } from './known.js';
import { LocalReassembly } from './reassembly.js';
import {
  hasSealedPayload,
  type MalformedBundle,
  type ReadingRules,
  type ReceivedBundle,
  readBundle,
} from './received-bundle.js';
import type { StatusReporter } from './reports.js';
import type { Room } from './room.js';
import type { SecurityGate } from './security.js';

/** What reception needs of the agent. */
export interface ReceptionParts {
  readonly config: AgentConfig;
  readonly trace: TraceSink;
  readonly local: LocalDelivery;
  readonly custodian: Custodian;
  readonly known: KnownBundles;
  readonly reporter: StatusReporter;
  readonly room: Room;
  readonly security: SecurityGate;
  /** A neighbour told the load of its contacts, in block data. */
  heardLoads(data: Uint8Array, from: number, now: Instant): void;
  /** Whether a bundle in custody is safe with this node while only memory has it. */
  readonly isDurable: boolean;
  /** Hands a bundle to its application; keeps it until that has confirmed it, where the node answers for it. */
  handOver(record: BundleRecord, now: Instant): void;
  /** Keeps a bundle, as one or in fragments, and finds the way on. */
  forward(record: BundleRecord, pieces: readonly BundleRecord[], now: Instant): void;
}

const DUPLICATE = { kind: 'duplicate' } as const;

/** Takes in what one node receives. */
export class Reception {
  readonly #parts: ReceptionParts;
  readonly #node: number;
  readonly #trace: TraceSink;
  readonly #rules: ReadingRules;
  readonly #reassembly: LocalReassembly;

  constructor(parts: ReceptionParts) {
    const { config, trace, reporter, security } = parts;
    this.#parts = parts;
    this.#node = config.node;
    this.#trace = trace;
    this.#rules = {
      options: { profile: config.profile },
      types: config.types,
      priorities: config.priorities,
      security,
    };
    this.#reassembly = new LocalReassembly({
      config,
      trace,
      dropped: (first, reason, now) => reporter.note(first, 'deleted', DELETION_REASONS[reason], now),
    });
  }

  /** Bundle reception (RFC 9171 section 5.6) of one bundle from neighbour `from`. What breaks a rule is dropped and traced. */
  receive(bytes: Uint8Array, from: number, now: Instant): void {
    const isStrict = this.#rules.options.profile === 'strict';
    const rules = isStrict ? this.#rules : { ...this.#rules, options: this.#tellingAllowances(from, now) };
    const received = readBundle(bytes, from, now, rules);
    if (received.kind === 'malformed') this.#malformed(received, from, now);
    else {
      this.#receive(received, bytes.length, now);
      // After a custody signal in the same bundle: what it takes over is among what is told.
      if (received.loads !== undefined) this.#parts.heardLoads(received.loads, from, now);
    }
  }

  /** When the next incomplete bundle is given up, in monotonic microseconds. */
  nextUs(): number | undefined {
    return this.#reassembly.nextUs();
  }

  /** Gives up the incomplete bundles that are due. */
  expire(now: Instant): void {
    this.#reassembly.expire(now);
  }

  /** Local bundle delivery (RFC 9171 section 5.7). The destination accepts custody too: the bundle has arrived. */
  deliver(record: BundleRecord, now: Instant): void {
    this.#parts.handOver(record, now);
    this.#trace.bundle('delivered', now.monotonicUs, this.#node, record, record.previousNode, record.payloadBytes);
    this.#parts.reporter.note(record, 'delivered', 0, now);
    if (record.receivedCustody !== undefined) {
      this.#parts.reporter.noteCustody(record, 'custody-accepted', now);
      this.#parts.custodian.accept(record.receivedCustody, now);
    }
  }

  /** Why a bundle that came here is none that this node can do anything for; undefined where it can. */
  notForHere({ destinationNode, destinationService, bundle }: BundleRecord): DeletionReason | undefined {
    if (destinationNode <= 0) return 'no known route';
    if (destinationNode !== this.#node) return undefined;
    // Fragments are judged as a whole.
    if (bundle.primary.fragmentOffset === undefined && hasSealedPayload(bundle)) return 'unexpected security operation';
    return this.#parts.local.has(destinationService) ? undefined : 'destination unavailable';
  }

  /**
   * Bundle deletion at the door (RFC 9171 section 5.10): a custodian is told that it keeps the bundle. Not where security failed:
   * what is secured has no CRC any more, so that it may be damage of the link, which another attempt repairs; no answer makes
   * the custodian send again, a refusal would make it keep away from this node.
   */
  turnAway(record: BundleRecord, reason: DeletionReason, now: Instant, mayReport = true): void {
    this.#trace.bundle('deleted', now.monotonicUs, this.#node, record, record.previousNode, record.sizeBytes, reason);
    if (mayReport) this.reportDeletion(record, reason, now);
    const mayBeDamaged = reason === 'failed security operation';
    if (record.receivedCustody !== undefined && !mayBeDamaged) {
      this.#parts.reporter.noteCustody(record, 'custody-refused', now);
      this.#parts.custodian.refuse(record, record.receivedCustody, reason, now);
    }
  }

  /** Reports a deletion (RFC 9171 section 5.10). What another custodian still holds is not deleted: only a copy of it is gone. */
  reportDeletion(record: BundleRecord, reason: DeletionReason, now: Instant): void {
    if (record.receivedCustody !== undefined && !record.inCustody) return;
    this.#parts.reporter.note(record, 'deleted', DELETION_REASONS[reason], now);
  }

  #tellingAllowances(from: number, now: Instant): DecodeOptions {
    return {
      ...this.#rules.options,
      onAllowance: ({ code }) =>
        this.#trace.processing('allowance', now.monotonicUs, this.#node, undefined, from, 1, code),
    };
  }

  /** RFC 9171 section 5.6 step 3. Who asked for reports is told where the primary block is whole. */
  #malformed({ rule, subject }: MalformedBundle, from: number, now: Instant): void {
    this.#trace.malformed(now.monotonicUs, this.#node, from, rule);
    if (subject === undefined) return;
    this.#parts.reporter.note(subject, 'received', 0, now);
    this.#parts.reporter.note(subject, 'deleted', DELETION_REASONS['block unintelligible'], now);
  }

  /** RFC 9171 section 5.6 from step 2 on, for a bundle whose blocks were looked at as step 4 wants it. */
  #receive(received: ReceivedBundle, bytes: number, now: Instant): void {
    const { record, deletion, isReportDue, isVouchedFor, unfitCustody, verdict } = received;
    const nowUs = now.monotonicUs;
    const from = record.previousNode;
    this.#parts.security.tell(verdict, record, from, now);
    this.#parts.reporter.note(record, 'received', isReportDue ? REASONS.blockUnsupported : 0, now, isReportDue);
    // The bundle itself goes on as one without custody: to a node that signals where this one cannot.
    if (unfitCustody !== undefined) this.#parts.custodian.refuse(record, unfitCustody, 'sequence id 0', now);
    const cause = verdict?.deletion?.reason ?? deletion ?? this.notForHere(record);
    if (cause !== undefined) this.turnAway(record, cause, now, verdict?.deletion?.mayReport);
    else if (record.expiryUs <= nowUs) {
      this.#trace.bundle('expired', nowUs, this.#node, record, from, bytes);
      this.reportDeletion(record, 'lifetime expired', now);
    } else if (record.destinationNode === this.#node && record.primary.fragmentOffset !== undefined) {
      this.#reassemble(record, bytes, now);
    } else if (this.#lacksRoom(record)) {
      this.turnAway(record, 'depleted storage', now);
    } else if (this.#parts.known.isKnown(record, now)) {
      this.#trace.bundle('duplicate', nowUs, this.#node, record, from, bytes);
    } else {
      this.#trace.bundle('received', nowUs, this.#node, record, from, bytes);
      if (record.destinationNode === this.#node) this.deliver(record, now);
      else this.#takeInTransit(record, isVouchedFor, now);
    }
  }

  /**
   * Reassembly (RFC 9171 section 5.9): a fragment of a bundle for this node is delivered with the last one of them. Until then memory
   * alone has it, so that a node which promises more than that answers for none before the whole.
   */
  #reassemble(record: BundleRecord, bytes: number, now: Instant): void {
    const isDelivered = this.#parts.known.isWholeDelivered(record);
    const outcome = isDelivered ? DUPLICATE : this.#reassembly.add(record, now);
    if (outcome.kind === 'refused') {
      this.turnAway(record, outcome.reason, now);
      return;
    }
    const event = outcome.kind === 'duplicate' ? 'duplicate' : 'received';
    this.#trace.bundle(event, now.monotonicUs, this.#node, record, record.previousNode, bytes);
    if (outcome.kind === 'complete') this.#deliverWhole(outcome.whole, now);
    else if (record.receivedCustody !== undefined && (isDelivered || !this.#parts.isDurable)) {
      this.#parts.custodian.accept(record.receivedCustody, now);
    }
  }

  /** Whether a bundle would wait here for its application and finds no place to: one that was delivered before needs none. */
  #lacksRoom(record: BundleRecord): boolean {
    const { local, room, known } = this.#parts;
    return (
      record.destinationNode === this.#node &&
      local.needsReceipt(record) &&
      !room.hasFor([record]) &&
      !known.isDelivered(record)
    );
  }

  /** What security demands can only be judged on the whole (RFC 9172 section 5.2). One that fails was not delivered: it may come again. */
  #deliverWhole(record: BundleRecord, now: Instant): void {
    const { security } = this.#parts;
    const verdict = security.judge(record.bundle);
    security.tell(verdict, record, record.previousNode, now);
    if (verdict?.deletion !== undefined) {
      this.#reassembly.reopen(record);
      this.turnAway(record, verdict.deletion.reason, now, verdict.deletion.mayReport);
      return;
    }
    const isChanged = verdict !== undefined && verdict.bundle !== record.bundle;
    const whole = isChanged ? record.withBundle(verdict.bundle, encodedLength(verdict.bundle)) : record;
    if (hasSealedPayload(whole.bundle)) this.turnAway(record, 'unexpected security operation', now);
    else if (this.#lacksRoom(whole)) {
      this.#reassembly.reopen(record);
      this.turnAway(record, 'depleted storage', now);
    } else if (!this.#parts.known.isKnown(record, now)) this.deliver(whole, now);
  }

  /** What may be damaged without a sign is relayed: its custodian keeps it until a node that can tell has it. */
  #takeInTransit(record: BundleRecord, isVouchedFor: boolean, now: Instant): void {
    const pieces = fragmentsOf(record, this.#parts.config);
    const deletion = this.#notToPass(record, pieces);
    if (deletion !== undefined || pieces === undefined) {
      this.turnAway(record, deletion ?? 'too large', now);
      return;
    }
    const { receivedCustody: custody, primary } = record;
    // A fragment in custody is nobody's making by the rules: it passes as it is, and stays with its custodian.
    const mayTake = isVouchedFor && this.#parts.config.custody.acceptsCustody && primary.fragmentOffset === undefined;
    if (custody !== undefined && mayTake) {
      const refusal = this.#parts.custodian.whyNot(record, custody, now);
      if (refusal !== undefined) {
        this.turnAway(record, refusal, now);
        return;
      }
      record.inCustody = true;
      this.#trace.custody('accepted', now.monotonicUs, this.#node, record, custody.custodian, 1);
      this.#parts.reporter.noteCustody(record, 'custody-accepted', now);
      this.#parts.known.takeOver(record, custody, now);
    }
    this.#parts.forward(record, pieces, now);
  }

  /** Why a bundle for another node cannot pass through this one in `pieces`; undefined where it can. */
  #notToPass(record: BundleRecord, pieces: readonly BundleRecord[] | undefined): DeletionReason | undefined {
    if (record.hopCount + 1 > record.hopLimit) return 'hop limit exceeded';
    if (pieces === undefined) return 'too large';
    return this.#parts.room.hasFor(pieces) ? undefined : 'depleted storage';
  }
}
