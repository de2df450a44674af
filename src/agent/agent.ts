/**
 * The bundle protocol agent: reception, delivery, custody and deletion (RFC 9171 section 5), over the parts that know routes and
 * links, custody numbers, lifetimes and duplicates. It owns what happens to a bundle at this node and knows nothing of sockets,
 * files or jobs.
 *
 * Reliability: a bundle in custody stays in the store until a node further on has signalled that it took over, and is sent
 * again when no signal can be expected any more. A bundle without custody is gone once it is sent.
 */
import type { Random } from '../base/random.js';
import { type Instant, US_PER_MS } from '../base/time.js';
import type { TraceSink } from '../base/trace.js';
import { BundleError, decodeAdminRecord, decodeBundle, encodeCustodySignal, payloadOf } from '../bpv7/index.js';
import type { ContactGraph, RouteTable } from '../routing/index.js';
import { type BundleRecord, PRIORITY, type ReceivedCustody } from './bundle-record.js';
import type { AgentConfig } from './config.js';
import { CustodyLedger, SignalAggregator, TakenCustody } from './custody.js';
import { DuplicateSet } from '../base/duplicate-set.js';
import { ExpiryCalendar } from './expiry.js';
import { Forwarder, type TransmitOutput } from './forwarder.js';
import type { OpenContact } from './links.js';
import { readReceivedBundle } from './reception.js';
import { RecordTimers } from './record-timers.js';
import { newLocalRecord, type SendRequest } from './sourcing.js';
import type { BundleStore, RemovalReason } from './store.js';

/** Bundles remembered as seen; at 40 bytes a slot this is 80 MB in the worst case and a few KB in practice. */
const MAX_SEEN_BUNDLES = 1 << 20;

/** A custodian that had no answer this many times from one neighbour looks for another way. */
const ATTEMPTS_BEFORE_ANOTHER_ROUTE = 8;

/** Lifetime of a custody signal: long enough for any way back that is worth taking. */
const SIGNAL_LIFETIME_MS = 600_000;

/** Signals leave at least this long before the contact to their custodian closes, in microseconds. */
const SIGNAL_FLUSH_MARGIN_US = 50 * US_PER_MS;

/** The size that the way back of a custody signal is reckoned with, in bytes. */
const SIGNAL_SIZE_BYTES = 128;

/** An application data unit for a service of this node. */
export interface Delivery {
  readonly service: number;
  readonly sourceNode: number;
  readonly sourceService: number;
  readonly payload: Uint8Array;
  /** When the lifetime of the bundle ends, in monotonic microseconds. */
  readonly expiryUs: number;
}

/** What an agent is built from. The graph and the route table may be shared by all nodes of a process. */
export interface AgentParts {
  readonly config: AgentConfig;
  readonly graph: ContactGraph;
  readonly routes: RouteTable;
  readonly store: BundleStore;
  readonly random: Random;
  readonly trace: TraceSink;
}

/** One node's bundle protocol agent: a state machine that is handed bundles, contacts and the time, and asked what to send. */
export class BundleAgent {
  readonly #config: AgentConfig;
  readonly #node: number;
  readonly #store: BundleStore;
  readonly #random: Random;
  readonly #trace: TraceSink;
  readonly #forwarder: Forwarder;

  readonly #services = new Set<number>();
  readonly #ledger = new CustodyLedger();
  readonly #taken = new TakenCustody();
  readonly #signals: SignalAggregator;
  readonly #expiry = new ExpiryCalendar();
  readonly #timers = new RecordTimers();
  readonly #seen = new DuplicateSet(MAX_SEEN_BUNDLES);
  /** Bundles held in custody by source node and sequence number, to recognise a copy that came another way. */
  readonly #held = new Map<number, Map<number, BundleRecord>>();

  #deliveries: Delivery[] = [];
  #sequence = 0;
  #localBundles = 0;
  #administrativeBundles = 0;
  #administrativeBytes = 0;

  constructor(parts: AgentParts) {
    this.#config = parts.config;
    this.#node = parts.config.node;
    this.#store = parts.store;
    this.#random = parts.random;
    this.#trace = parts.trace;
    this.#signals = new SignalAggregator(parts.config.custody);
    this.#forwarder = new Forwarder({
      config: parts.config,
      graph: parts.graph,
      routes: parts.routes,
      timers: this.#timers,
      trace: parts.trace,
      beforeSending: (record, neighbour) => {
        if (record.inCustody && record.custodySequence < 0) this.#ledger.number(record, neighbour);
      },
      sent: (record, neighbour, arrivalUs, now) => this.#sent(record, neighbour, arrivalUs, now),
    });
  }

  /** Bundles of this node's own applications that it still holds; applications slow down by it. */
  get localBundles(): number {
    return this.#localBundles;
  }

  /** Registers a service: bundles for it are delivered, others for this node are refused (RFC 9171 section 5.7). */
  register(service: number): void {
    this.#services.add(service);
  }

  /** The next datagram to transmit, or undefined. */
  takeTransmission(): TransmitOutput | undefined {
    return this.#forwarder.takeTransmission();
  }

  /** All deliveries since the last call. */
  takeDeliveries(): readonly Delivery[] {
    const deliveries = this.#deliveries;
    if (deliveries.length > 0) this.#deliveries = [];
    return deliveries;
  }

  /** Bundle transmission (RFC 9171 section 5.2). False where the store is full: try again when bundles have left. */
  send(request: SendRequest, now: Instant): boolean {
    const record = newLocalRecord(request, this.#config, this.#sequence, now);
    const isForSelf = record.destinationNode === this.#node;
    if (!isForSelf && !this.#hasRoom(record)) return false;
    this.#sequence++;
    this.#trace.bundle('sourced', now.monotonicUs, this.#node, record, 0, record.sizeBytes);
    if (isForSelf) {
      this.#deliver(record, now);
      return true;
    }
    record.inCustody = record.custodyRequested;
    this.#keep(record);
    this.#forwarder.dispatch(record, now);
    return true;
  }

  /** Bundle reception (RFC 9171 section 5.6) of one bundle from neighbour `from`. What breaks a rule is dropped and traced. */
  receive(bytes: Uint8Array, from: number, now: Instant): void {
    let received: ReturnType<typeof readReceivedBundle>;
    try {
      received = readReceivedBundle(decodeBundle(bytes), bytes.length, from, now);
    } catch (error) {
      if (!(error instanceof BundleError)) throw error;
      this.#trace.malformed(now.monotonicUs, this.#node, from, error.code);
      return;
    }
    const { record, deletion } = received;
    if (deletion !== undefined) this.#turnAway(record, deletion, now);
    else if (record.expiryUs <= now.monotonicUs) {
      this.#trace.bundle('expired', now.monotonicUs, this.#node, record, from, bytes.length);
    } else if (this.#isKnown(record, now)) {
      this.#trace.bundle('duplicate', now.monotonicUs, this.#node, record, from, bytes.length);
    } else {
      this.#trace.bundle('received', now.monotonicUs, this.#node, record, from, bytes.length);
      if (record.destinationNode === this.#node) this.#deliver(record, now);
      else this.#takeInTransit(record, now);
    }
  }

  /** A contact with a neighbour opened. */
  contactStarted(contact: OpenContact, now: Instant): void {
    this.#forwarder.contactStarted(contact, now);
  }

  /** The contact with a neighbour closed; `failed` where that was before its planned end. */
  contactEnded(neighbour: number, failed: boolean, now: Instant): void {
    this.#forwarder.contactEnded(neighbour, failed, now);
  }

  /** The contact plan changed. */
  planUpdated(graph: ContactGraph, routes: RouteTable, now: Instant): void {
    this.#forwarder.planUpdated(graph, routes, now);
  }

  /** Does what is due. */
  timeout(now: Instant): void {
    const nowUs = now.monotonicUs;
    for (const record of this.#expiry.takeDue(nowUs)) {
      this.#trace.bundle('expired', nowUs, this.#node, record, 0, record.sizeBytes);
      this.#discard(record, 'expired');
    }
    for (let record = this.#timers.popDue(nowUs); record !== undefined; record = this.#timers.popDue(nowUs)) {
      // A signal that did not come, a contact that did not open, a hold that is over: the answer is a new look at the routes.
      const lastNeighbour = record.sentTo[record.sentTo.length - 1];
      if (record.state === 'in-flight' && record.attempts % ATTEMPTS_BEFORE_ANOTHER_ROUTE === 0 && lastNeighbour !== undefined) {
        this.#forwarder.avoidNeighbour(record, lastNeighbour, nowUs);
      }
      this.#forwarder.dispatch(record, now);
    }
    this.#sendSignals(now);
    this.#forwarder.pumpAll(now);
  }

  /** When {@link timeout} wants to be called next, in monotonic microseconds; Infinity for never. */
  nextTimeoutUs(): number {
    return Math.min(
      this.#timers.nextUs() ?? Number.POSITIVE_INFINITY,
      this.#expiry.nextUs() ?? Number.POSITIVE_INFINITY,
      this.#signals.nextUs() ?? Number.POSITIVE_INFINITY,
      this.#forwarder.nextUs() ?? Number.POSITIVE_INFINITY,
    );
  }

  // --- reception and delivery -----------------------------------------------------------------------------------------

  /** Recognises what this node has taken before; a custodian that sends again is answered again. */
  #isKnown(record: BundleRecord, now: Instant): boolean {
    const custody = record.receivedCustody;
    const isForSelf = record.destinationNode === this.#node;
    if (custody !== undefined) {
      if (this.#taken.has(custody) || this.#mergeIntoHeld(record, now)) {
        this.#accept(custody, now);
        return true;
      }
      // A bundle in custody that comes again under another number was routed back here: whoever hands it over relies on us.
      if (!isForSelf) return false;
    }
    // For a relay a copy from another neighbour is no duplicate: it may have been routed around a failure.
    const salt = isForSelf ? 0 : record.previousNode;
    const { sourceNode, creationTimeMs, sequence, expiryUs } = record;
    if (this.#seen.add(sourceNode, creationTimeMs, sequence, salt, expiryUs, now.monotonicUs)) return false;
    if (custody !== undefined) this.#accept(custody, now);
    return true;
  }

  /**
   * Joins a copy that came another way with the one held here. Once the held one was sent, its number must go: whoever took it
   * may have routed it back here just now, and a signal for the old number would release the last copy there is.
   */
  #mergeIntoHeld(copy: BundleRecord, now: Instant): boolean {
    const held = this.#held.get(copy.sourceNode)?.get(copy.sequence);
    if (held === undefined || held.creationTimeMs !== copy.creationTimeMs) return false;
    if (held.attempts > 0) {
      this.#ledger.drop(held);
      held.sentTo.length = 0;
      held.attempts = 0;
      held.avoided = copy.avoided;
      this.#forwarder.dispatch(held, now);
    }
    return true;
  }

  #takeInTransit(record: BundleRecord, now: Instant): void {
    if (record.hopCount + 1 > record.hopLimit) return this.#turnAway(record, 'hop limit exceeded', now);
    if (!this.#hasRoom(record)) return this.#turnAway(record, 'depleted storage', now);
    if (record.receivedCustody !== undefined && this.#config.custody.acceptsCustody) {
      record.inCustody = true;
      this.#trace.custody('accepted', now.monotonicUs, this.#node, record, record.receivedCustody.custodian, 1);
      this.#accept(record.receivedCustody, now);
    }
    this.#keep(record);
    this.#forwarder.dispatch(record, now);
  }

  /** Local bundle delivery (RFC 9171 section 5.7). The destination accepts custody too: the bundle has arrived. */
  #deliver(record: BundleRecord, now: Instant): void {
    const payload = payloadOf(record.bundle).data;
    const { destinationService: service, sourceNode, sourceService, expiryUs } = record;
    if (service === 0) this.#administrative(payload, sourceNode, now);
    else if (this.#services.has(service)) this.#deliveries.push({ service, sourceNode, sourceService, payload, expiryUs });
    else return this.#turnAway(record, 'destination endpoint unavailable', now);
    this.#trace.bundle('delivered', now.monotonicUs, this.#node, record, record.previousNode, payload.length);
    if (record.receivedCustody !== undefined) this.#accept(record.receivedCustody, now);
  }

  /** Bundle deletion at the door (RFC 9171 section 5.10): a custodian is told that it keeps the bundle. */
  #turnAway(record: BundleRecord, reason: string, now: Instant): void {
    this.#trace.bundle('deleted', now.monotonicUs, this.#node, record, record.previousNode, record.sizeBytes, reason);
    const custody = record.receivedCustody;
    if (custody === undefined) return;
    this.#trace.custody('refused', now.monotonicUs, this.#node, record, custody.custodian, 1);
    this.#oweSignal(custody, 'refused', now);
  }

  // --- custody --------------------------------------------------------------------------------------------------------

  #accept(custody: ReceivedCustody, now: Instant): void {
    this.#taken.add(custody);
    this.#oweSignal(custody, 'accepted', now);
  }

  #oweSignal(custody: ReceivedCustody, disposition: 'accepted' | 'refused', now: Instant): void {
    if (custody.custodian === this.#node) return;
    const latestUs = this.#forwarder.contactEndUs(custody.custodian) - SIGNAL_FLUSH_MARGIN_US;
    this.#signals.add(custody, disposition, now.monotonicUs, latestUs);
    this.#sendSignals(now);
  }

  #sendSignals(now: Instant): void {
    const next = this.#signals.nextUs();
    if (next === undefined || next > now.monotonicUs) return;
    for (const { custodian, count, signals } of this.#signals.takeDue(now.monotonicUs)) {
      const payload = encodeCustodySignal(signals);
      const isSent = this.send(
        {
          destinationNode: custodian,
          destinationService: 0,
          sourceService: 0,
          payload,
          lifetimeMs: SIGNAL_LIFETIME_MS,
          custody: false,
          priority: PRIORITY.administrative,
        },
        now,
      );
      // A signal that finds no room is repeated when the custodian sends again.
      if (isSent) this.#trace.custody('signal-sent', now.monotonicUs, this.#node, undefined, custodian, count);
    }
  }

  /** An administrative record for this node; one that it does not know is ignored (RFC 9171 section 6.1). */
  #administrative(payload: Uint8Array, from: number, now: Instant): void {
    let record: ReturnType<typeof decodeAdminRecord>;
    try {
      record = decodeAdminRecord(payload);
    } catch (error) {
      if (!(error instanceof BundleError)) throw error;
      this.#trace.malformed(now.monotonicUs, this.#node, from, error.code);
      return;
    }
    if (record.kind !== 'custody-signal') return;
    for (const { disposition, sequences } of record.signals) {
      for (const { sequenceId, first, runs } of sequences) {
        const named = this.#ledger.named(Number(sequenceId), Number(first), runs.map(Number));
        for (const held of named) this.#signalled(held, disposition === 'accepted', from, now);
        if (named.length === 0) this.#trace.custody('signal-unknown', now.monotonicUs, this.#node, undefined, from, 1);
      }
    }
  }

  /** One outstanding bundle was accepted or refused by `from`. */
  #signalled(record: BundleRecord, isAccepted: boolean, from: number, now: Instant): void {
    // Only a node that the bundle was sent to, or its destination, can have taken it.
    if (!record.sentTo.includes(from) && record.destinationNode !== from) {
      this.#trace.custody('signal-unknown', now.monotonicUs, this.#node, record, from, 1);
    } else if (isAccepted) {
      this.#trace.custody('released', now.monotonicUs, this.#node, record, from, 1);
      this.#trace.bundle('released', now.monotonicUs, this.#node, record, from, record.sizeBytes);
      this.#discard(record, 'custody-released');
    } else {
      this.#trace.custody('declined', now.monotonicUs, this.#node, record, from, 1);
      this.#forwarder.avoidNeighbour(record, from, now.monotonicUs);
      this.#forwarder.dispatch(record, now);
    }
  }

  /** A record was handed to a link: without custody it is gone, in custody it waits for a signal. */
  #sent(record: BundleRecord, neighbour: number, arrivalUs: number, now: Instant): void {
    if (!record.inCustody) {
      this.#trace.bundle('released', now.monotonicUs, this.#node, record, neighbour, record.sizeBytes);
      this.#discard(record, 'sent');
      return;
    }
    record.enter('in-flight', neighbour);
    const { signalDelayUs, retransmitMarginUs, backoffFactor, backoffCap } = this.#config.custody;
    // When the signal can be back: by the contact plan, so that a way back that opens in an hour is waited for.
    const signalledUs = arrivalUs + signalDelayUs;
    const backUs = this.#forwarder.returnArrivalUs(neighbour, signalledUs, SIGNAL_SIZE_BYTES);
    if (backUs === undefined) return; // nothing can come back; the lifetime decides
    const patience = backUs + retransmitMarginUs - now.monotonicUs;
    const backoff = Math.min(backoffCap, backoffFactor ** (record.attempts - 1)) * (1 + 0.2 * this.#random.next());
    this.#timers.set(record, now.monotonicUs + Math.ceil(patience * backoff));
  }

  // --- the store ------------------------------------------------------------------------------------------------------

  /** Administrative traffic passes when the store is full for all other, but not without end. */
  #hasRoom(record: BundleRecord): boolean {
    const { limits } = this.#config;
    if (record.priority === PRIORITY.administrative) return this.#administrativeBundles < limits.administrativeBundles;
    return (
      this.#store.bundles - this.#administrativeBundles < limits.storedBundles &&
      this.#store.bytes - this.#administrativeBytes + record.sizeBytes <= limits.storedBytes
    );
  }

  #keep(record: BundleRecord): void {
    this.#store.put(record);
    this.#expiry.add(record);
    if (record.isLocal && record.priority !== PRIORITY.administrative) this.#localBundles++;
    if (record.priority === PRIORITY.administrative) {
      this.#administrativeBundles++;
      this.#administrativeBytes += record.sizeBytes;
    }
    if (!record.inCustody) return;
    let held = this.#held.get(record.sourceNode);
    if (held === undefined) {
      held = new Map();
      this.#held.set(record.sourceNode, held);
    }
    held.set(record.sequence, record);
  }

  #discard(record: BundleRecord, reason: RemovalReason): void {
    if (record.state === 'gone') return;
    this.#forwarder.forget(record);
    record.enter('gone');
    this.#store.remove(record, reason);
    this.#expiry.remove(record);
    this.#ledger.drop(record);
    if (record.isLocal && record.priority !== PRIORITY.administrative) this.#localBundles--;
    if (record.priority === PRIORITY.administrative) {
      this.#administrativeBundles--;
      this.#administrativeBytes -= record.sizeBytes;
    }
    const held = this.#held.get(record.sourceNode);
    if (held?.get(record.sequence) === record) {
      held.delete(record.sequence);
      if (held.size === 0) this.#held.delete(record.sourceNode);
    }
  }
}
