/**
 * The bundle protocol agent: reception, delivery, custody and deletion (RFC 9171 section 5), over the parts that know routes and
 * links, custody numbers, lifetimes and duplicates. It owns what happens to a bundle at this node and knows nothing of sockets,
 * files or jobs.
 *
 * Reliability: a bundle in custody stays in the store until a node further on has signalled that it took over, and is sent
 * again when no signal can be expected any more. A bundle without custody is gone once it is sent.
 */

import { DuplicateSet } from '../base/duplicate-set.js';
import { UsageError } from '../base/errors.js';
import type { Random } from '../base/random.js';
import type { Instant } from '../base/time.js';
import type { TraceSink } from '../base/trace.js';
import { BundleError, decodeAdminRecord, decodeBundle, payloadOf } from '../bpv7/index.js';
import { MAX_DATAGRAM_BYTES } from '../convergence/udpcl.js';
import type { ContactGraph, RouteTable } from '../routing/index.js';
import type { BundleRecord } from './bundle-record.js';
import type { AgentConfig } from './config.js';
import { Custodian } from './custodian.js';
import { ExpiryCalendar } from './expiry.js';
import { Forwarder, type TransmitOutput } from './forwarder.js';
import { HeldCopies } from './held-copies.js';
import type { OpenContact } from './links.js';
import { HOP_GROWTH_BYTES } from './outbound.js';
import { readReceivedBundle } from './reception.js';
import { RecordTimers } from './record-timers.js';
import { Room } from './room.js';
import { BUNDLE_OVERHEAD_BYTES, newLocalRecord, type SendRequest } from './sourcing.js';
import type { BundleStore, RemovalReason } from './store.js';

/** Bundles remembered as seen; at 40 bytes a slot this is 80 MB in the worst case and a few KB in practice. */
const MAX_SEEN_BUNDLES = 1 << 20;

/** What a bundle may carry so that it fits into a datagram at every hop. */
const MAX_PAYLOAD_BYTES = MAX_DATAGRAM_BYTES - BUNDLE_OVERHEAD_BYTES;

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
  readonly #trace: TraceSink;
  readonly #forwarder: Forwarder;
  readonly #custodian: Custodian;
  readonly #room: Room;

  readonly #services = new Set<number>();
  readonly #expiry = new ExpiryCalendar();
  readonly #timers = new RecordTimers();
  readonly #seen = new DuplicateSet(MAX_SEEN_BUNDLES);
  readonly #held = new HeldCopies();

  #deliveries: Delivery[] = [];
  #sequence = 0;

  constructor(parts: AgentParts) {
    const { config, graph, routes, trace, random } = parts;
    const timers = this.#timers;
    this.#config = config;
    this.#node = config.node;
    this.#store = parts.store;
    this.#trace = trace;
    this.#room = new Room(config.limits, parts.store);
    this.#forwarder = new Forwarder({
      config,
      graph,
      routes,
      timers,
      trace,
      beforeSending: (record, neighbour) => this.#custodian.number(record, neighbour),
      sent: (record, neighbour, arrivalUs, now) => this.#sent(record, neighbour, arrivalUs, now),
    });
    this.#custodian = new Custodian({
      config,
      timers,
      random,
      trace,
      forwarder: this.#forwarder,
      send: (request, now) => this.send(request, now),
      release: (record, from, now) => this.#release(record, from, 'custody-released', now),
    });
  }

  /** Bundles of this node's own applications that it still holds, for one destination or for all; applications slow down by it. */
  localBundles(destination?: number): number {
    return this.#room.localBundles(destination);
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

  /**
   * Bundle transmission (RFC 9171 section 5.2). False where the store is full: try again when bundles have left. Throws a
   * UsageError `payload-too-large` for one that fits into no datagram.
   */
  send(request: SendRequest, now: Instant): boolean {
    const { length } = request.payload;
    if (length > MAX_PAYLOAD_BYTES) {
      throw new UsageError(
        'payload-too-large',
        `a payload of ${length} bytes exceeds ${MAX_PAYLOAD_BYTES}; send it in pieces`,
      );
    }
    const record = newLocalRecord(request, this.#config, this.#sequence, now);
    const isForSelf = record.destinationNode === this.#node;
    const deletion = this.#notForHere(record);
    if (!isForSelf && deletion === undefined && !this.#room.hasFor(record)) return false;
    this.#sequence++;
    this.#trace.bundle('sourced', now.monotonicUs, this.#node, record, 0, record.sizeBytes);
    if (deletion !== undefined || isForSelf) {
      if (deletion !== undefined) this.#turnAway(record, deletion, now);
      else this.#deliver(record, now);
      return true;
    }
    record.inCustody = record.custodyRequested;
    this.#keep(record);
    this.#forwarder.dispatch(record, now);
    return true;
  }

  /** Bundle reception (RFC 9171 section 5.6) of one bundle from neighbour `from`. What breaks a rule is dropped and traced. */
  receive(bytes: Uint8Array, from: number, now: Instant): void {
    this.#custodian.heard(from, now);
    let received: ReturnType<typeof readReceivedBundle>;
    try {
      received = readReceivedBundle(decodeBundle(bytes), bytes.length, from, now);
    } catch (error) {
      if (!(error instanceof BundleError)) throw error;
      this.#trace.malformed(now.monotonicUs, this.#node, from, error.code);
      return;
    }
    const { record } = received;
    const deletion = received.deletion ?? this.#notForHere(record);
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
    // What was sent under the old plan may be answered sooner, or later, or at all.
    for (const record of this.#store.records()) {
      if (record.state === 'in-flight') this.#custodian.sent(record, record.nextHop, now.monotonicUs, now);
    }
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
      if (record.state === 'in-flight') this.#custodian.unanswered(record, now);
      this.#forwarder.dispatch(record, now);
    }
    this.#custodian.sendSignals(now);
    this.#forwarder.pumpAll(now);
  }

  /** When {@link timeout} wants to be called next, in monotonic microseconds; Infinity for never. */
  nextTimeoutUs(): number {
    return Math.min(
      this.#timers.nextUs() ?? Number.POSITIVE_INFINITY,
      this.#expiry.nextUs() ?? Number.POSITIVE_INFINITY,
      this.#custodian.nextUs() ?? Number.POSITIVE_INFINITY,
      this.#forwarder.nextUs() ?? Number.POSITIVE_INFINITY,
    );
  }

  // --- reception and delivery -----------------------------------------------------------------------------------------

  /** Recognises what this node has taken before; a custodian that sends again is answered again. */
  #isKnown(record: BundleRecord, now: Instant): boolean {
    const custody = record.receivedCustody;
    const isForSelf = record.destinationNode === this.#node;
    if (record.custodyRequested) {
      const isTaken = custody !== undefined && this.#custodian.hasTaken(custody);
      const held = isTaken ? undefined : this.#joinHeld(record, now);
      if (custody !== undefined && (isTaken || held?.inCustody)) this.#custodian.accept(custody, now);
      if (isTaken || held !== undefined) return true;
      // A bundle in custody that comes again was sent again or routed back here: whoever hands it over relies on us.
      if (!isForSelf) return false;
    }
    // For a relay a copy from another neighbour is no duplicate: it may have been routed around a failure.
    const salt = isForSelf ? 0 : record.previousNode;
    const { sourceKey, creationTimeMs, sequence, expiryUs } = record;
    if (this.#seen.add(sourceKey, creationTimeMs, sequence, salt, expiryUs, now.monotonicUs)) return false;
    if (custody !== undefined) this.#custodian.accept(custody, now);
    return true;
  }

  /** The copy that is already here: in this node's custody, or yet to be passed on under the same custody number. */
  #joinHeld(copy: BundleRecord, now: Instant): BundleRecord | undefined {
    const held = this.#held.find(copy);
    if (held?.inCustody && this.#custodian.startAnew(held)) {
      held.avoided = copy.avoided;
      this.#forwarder.dispatch(held, now);
    }
    return held;
  }

  #takeInTransit(record: BundleRecord, now: Instant): void {
    const deletion = this.#notToPass(record);
    if (deletion !== undefined) {
      this.#turnAway(record, deletion, now);
      return;
    }
    if (record.receivedCustody !== undefined && this.#config.custody.acceptsCustody) {
      record.inCustody = true;
      this.#trace.custody('accepted', now.monotonicUs, this.#node, record, record.receivedCustody.custodian, 1);
      this.#custodian.accept(record.receivedCustody, now);
    }
    this.#keep(record);
    this.#forwarder.dispatch(record, now);
  }

  /** Local bundle delivery (RFC 9171 section 5.7). The destination accepts custody too: the bundle has arrived. */
  #deliver(record: BundleRecord, now: Instant): void {
    const payload = payloadOf(record.bundle).data;
    const { destinationService: service, sourceNode, sourceService, expiryUs } = record;
    if (service === 0) this.#administrative(payload, sourceNode, now);
    else this.#deliveries.push({ service, sourceNode, sourceService, payload, expiryUs });
    this.#trace.bundle('delivered', now.monotonicUs, this.#node, record, record.previousNode, payload.length);
    if (record.receivedCustody !== undefined) this.#custodian.accept(record.receivedCustody, now);
  }

  /** Why a bundle that came here is none that this node can do anything for; undefined where it can. */
  #notForHere(record: BundleRecord): string | undefined {
    const { destinationNode, destinationService, bundle } = record;
    if (destinationNode <= 0) return 'no known route';
    if (destinationNode !== this.#node) return undefined;
    if (bundle.primary.fragmentOffset !== undefined) return 'fragments are not put together';
    return destinationService === 0 || this.#services.has(destinationService) ? undefined : 'destination unavailable';
  }

  /** Why a bundle for another node cannot pass through this one; undefined where it can. */
  #notToPass(record: BundleRecord): string | undefined {
    if (record.hopCount + 1 > record.hopLimit) return 'hop limit exceeded';
    if (record.sizeBytes + HOP_GROWTH_BYTES > MAX_DATAGRAM_BYTES) return 'too large';
    return this.#room.hasFor(record) ? undefined : 'depleted storage';
  }

  /** Bundle deletion at the door (RFC 9171 section 5.10): a custodian is told that it keeps the bundle. */
  #turnAway(record: BundleRecord, reason: string, now: Instant): void {
    this.#trace.bundle('deleted', now.monotonicUs, this.#node, record, record.previousNode, record.sizeBytes, reason);
    const custody = record.receivedCustody;
    if (custody === undefined) return;
    this.#custodian.refuse(record, custody, now);
  }

  /** An administrative record for this node; one that it does not know is ignored (RFC 9171 section 6.1). */
  #administrative(payload: Uint8Array, from: number, now: Instant): void {
    try {
      const record = decodeAdminRecord(payload);
      if (record.kind === 'custody-signal') this.#custodian.signalled(record.signals, from, now);
    } catch (error) {
      if (!(error instanceof BundleError)) throw error;
      this.#trace.malformed(now.monotonicUs, this.#node, from, error.code);
    }
  }

  /** A record was handed to a link: without custody it is gone, in custody it waits for a signal. */
  #sent(record: BundleRecord, neighbour: number, arrivalUs: number, now: Instant): void {
    if (record.inCustody) this.#custodian.sent(record, neighbour, arrivalUs, now);
    else this.#release(record, neighbour, 'sent', now);
  }

  // --- the store ------------------------------------------------------------------------------------------------------

  #keep(record: BundleRecord): void {
    this.#store.put(record);
    this.#expiry.add(record);
    this.#room.take(record);
    if (record.custodyRequested) this.#held.add(record);
  }

  #release(record: BundleRecord, peer: number, reason: RemovalReason, now: Instant): void {
    this.#trace.bundle('released', now.monotonicUs, this.#node, record, peer, record.sizeBytes);
    this.#discard(record, reason);
  }

  #discard(record: BundleRecord, reason: RemovalReason): void {
    if (record.state === 'gone') return;
    this.#forwarder.forget(record);
    record.enter('gone');
    this.#store.remove(record, reason);
    this.#expiry.remove(record);
    this.#custodian.drop(record);
    this.#room.free(record);
    this.#held.remove(record);
  }
}
