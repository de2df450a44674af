/**
 * The bundle protocol agent: what RFC 9171 section 5 asks of a node, over the parts that know reception and delivery, routes and
 * links, custody numbers, lifetimes and duplicates. It owns the store and how the parts work together, and knows nothing of
 * sockets, files or jobs.
 *
 * Reliability: a bundle in custody stays in the store until a node further on has signalled that it took over, and is sent
 * again when no signal can be expected any more. A bundle without custody is gone once it is sent.
 */

import type { Random } from '../base/random.js';
import type { Instant } from '../base/time.js';
import type { TraceSink } from '../base/trace.js';
import type { ContactGraph, RouteTable } from '../routing/index.js';
import type { BundleRecord } from './bundle-record.js';
import { CompressedReporter, type ReceivedCompressedReport } from './compressed-reports.js';
import type { AgentConfig } from './config.js';
import { Counter } from './counters.js';
import { Custodian } from './custodian.js';
import { type Delivery, LocalDelivery, type ReceivedReport } from './delivery.js';
import { ExpiryCalendar } from './expiry.js';
import { Forwarder } from './forwarder.js';
import { fragmentsOf } from './fragmentation.js';
import { KnownBundles } from './known.js';
import { type LedgerEntry, type LedgerFilter, ledgerOf } from './ledger.js';
import type { OpenContact } from './links.js';
import { Receipts } from './receipts.js';
import { Reception } from './reception.js';
import { RecordTimers } from './record-timers.js';
import { ReportAllowance } from './report-policy.js';
import { StatusReporter } from './reports.js';
import { Room } from './room.js';
import { type BundleSecurity, SecurityGate } from './security.js';
import { newLocalRecord, type SendRequest } from './sourcing.js';
import type { BundleStore, RemovalReason } from './store.js';
import type { TransmitOutput } from './transmitter.js';
import { type HeldBundle, whereabouts } from './whereabouts.js';

/** Key of the counter of a node's own bundles. */
const SEQUENCE_KEY = 'agent/sequence';

/** What an agent is built from. The graph and the route table may be shared by all nodes of a process. */
export interface AgentParts {
  readonly config: AgentConfig;
  readonly graph: ContactGraph;
  readonly routes: RouteTable;
  readonly store: BundleStore;
  readonly random: Random;
  readonly trace: TraceSink;
  /** What the node adds to its bundles and demands of others; without it security blocks are passed on unseen. */
  readonly security?: BundleSecurity | undefined;
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

  readonly #local: LocalDelivery;
  readonly #reporter: StatusReporter;
  readonly #compressed: CompressedReporter;
  readonly #expiry = new ExpiryCalendar();
  readonly #timers = new RecordTimers();
  readonly #security: SecurityGate;
  readonly #known: KnownBundles;
  readonly #reception: Reception;

  /** Numbers for bundles without a source. */
  readonly #anonymous: Random;
  readonly #sequence: Counter;
  readonly #receipts = new Receipts();

  constructor(parts: AgentParts) {
    const { config, graph, routes, trace, random } = parts;
    const timers = this.#timers;
    this.#config = config;
    this.#node = config.node;
    this.#store = parts.store;
    this.#anonymous = random.fork('anonymous');
    const { isDurable, state } = parts.store;
    this.#sequence = new Counter(Number.MAX_SAFE_INTEGER, isDurable ? state : undefined, SEQUENCE_KEY);
    this.#trace = trace;
    const allowance = new ReportAllowance(config.limits.statusReportsPerSecond);
    const send = (request: SendRequest, now: Instant) => this.#submit(request, now);
    this.#compressed = new CompressedReporter({
      config,
      trace,
      allowance,
      send,
      store: parts.store,
      contactEndUs: (node) => this.#forwarder.openContact(node)?.endUs ?? Number.POSITIVE_INFINITY,
    });
    this.#reporter = new StatusReporter({ config, trace, allowance, send, compressed: this.#compressed });
    this.#local = new LocalDelivery({
      config,
      trace,
      isDurable,
      reported: (signals, record, now) => this.#compressed.heard(signals, record, now),
      signalled: (signals, fromNode, now) => this.#custodian.signalled(signals, fromNode, now),
    });
    this.#security = new SecurityGate({ node: config.node, trace, policy: parts.security });
    this.#room = new Room(config.limits, parts.store);
    this.#forwarder = new Forwarder({
      config,
      graph,
      routes,
      timers,
      trace,
      beforeSending: (record, neighbour) => this.#custodian.number(record, neighbour),
      sent: (record, neighbour, arrivalUs, now) => this.#sent(record, neighbour, arrivalUs, now),
      unreadable: (record, now) => this.#giveUp(record, now),
      keepCopy: (copy) => this.#keepCopy(copy),
      dropCopy: (copy, now) => this.#release(copy, 0, 'deleted', now),
      replace: (record, pieces, now) => this.#replace(record, pieces, now),
    });
    this.#custodian = new Custodian({
      config,
      timers,
      random,
      trace,
      forwarder: this.#forwarder,
      store: parts.store,
      send: (request, now) => this.#submit(request, now),
      release: (record, from, now) => this.#release(record, from, 'custody-released', now),
    });
    this.#known = new KnownBundles({
      node: config.node,
      store: parts.store,
      custodian: this.#custodian,
      dispatch: (record, now) => this.#forwarder.dispatch(record, now),
    });
    this.#reception = new Reception({
      config,
      trace,
      local: this.#local,
      custodian: this.#custodian,
      known: this.#known,
      reporter: this.#reporter,
      room: this.#room,
      security: this.#security,
      isDurable,
      handOver: (record, now) => this.#handOver(record, now),
      forward: (record, pieces, now) => this.#forward(record, pieces, now),
      heardLoads: (data, from, now) => this.#forwarder.heardLoads(data, from, now),
    });
  }

  /**
   * Takes up what the store kept through a restart; called once, before anything else. Bundles in custody keep their numbers and are
   * sent again, what no application has confirmed is delivered again, and what has expired meanwhile goes with the next timeout.
   */
  start(now: Instant): void {
    if (!this.#store.isDurable) return;
    const records = [...this.#store.records()];
    // The store gives them in no order of its own: those that came first go first.
    records.sort((a, b) => a.receivedUs - b.receivedUs || a.sequence - b.sequence);
    const damaged = [...this.#custodian.restore(records, now), ...this.#known.restore(now)];
    if (!this.#restoreSequence(records, now)) damaged.push(SEQUENCE_KEY);
    this.#receipts.start(now.monotonicUs);
    for (const _ of damaged) this.#trace.malformed(now.monotonicUs, this.#node, 0, 'stored-state');
    for (const record of records) this.#count(record);
    const live = records.filter(({ expiryUs }) => expiryUs > now.monotonicUs);
    for (const record of live) {
      if (record.state === 'delivering') this.#local.deliver(record, now, this.#receipts.give(record), true);
    }
    this.#forwarder.dispatchAll(
      live.filter(({ state }) => state !== 'delivering'),
      now,
    );
  }

  /** An application of this node has what was delivered with that receipt; one that is settled already changes nothing. */
  deliveryTaken(receipt: number, _now: Instant): void {
    const record = this.#receipts.find(receipt);
    if (record !== undefined) this.#discard(record, 'delivered');
  }

  /** What was delivered with that receipt cannot be read back from the store: it never will be. */
  deliveryUnreadable(receipt: number, now: Instant): void {
    const record = this.#receipts.find(receipt);
    if (record !== undefined) this.#giveUp(record, now);
    this.#reporter.flush(now);
  }

  /** Bundles of this node's own applications that it still holds, for one destination or for all; applications slow down by it. */
  localBundles(destination?: number): number {
    return this.#room.localBundles(destination);
  }

  /** Where the bundles that this node holds stand, and why those in limbo have no way on. */
  held(): HeldBundle[] {
    return whereabouts(this.#store.records());
  }

  /** The bundles that this node has in custody, as they stand; changes nothing. */
  ledger(filter?: LedgerFilter): LedgerEntry[] {
    return ledgerOf(this.#store.records(), (contact) => this.#forwarder.contact(contact).startUs, filter);
  }

  /**
   * Registers a service: bundles for it are delivered, others for this node are refused (RFC 9171 section 5.7). One that is `inside`
   * the node keeps what it takes in the node's own store, so that no receipts of its deliveries are awaited.
   */
  register(service: number, where: 'inside' | 'outside' = 'outside'): void {
    this.#local.register(service, where);
  }

  /** The next datagram to transmit, or undefined. */
  takeTransmission(): TransmitOutput | undefined {
    return this.#forwarder.takeTransmission();
  }

  /** All deliveries since the last call. */
  takeDeliveries(): readonly Delivery[] {
    return this.#local.takeDeliveries();
  }

  /** All status reports that arrived since the last call. */
  takeReports(): readonly ReceivedReport[] {
    return this.#local.takeReports();
  }

  /** All compressed reports that arrived since the last call. */
  takeCompressedReports(): readonly ReceivedCompressedReport[] {
    return this.#compressed.takeReceived();
  }

  /**
   * Bundle transmission (RFC 9171 section 5.2). False where the store is full: try again when bundles have left. Throws a
   * UsageError `payload-too-large` for one that fits into no datagram, and others for a request that no bundle can meet.
   */
  send(request: SendRequest, now: Instant): boolean {
    const isTaken = this.#submit(request, now);
    this.#reporter.flush(now);
    return isTaken;
  }

  /** Bundle reception (RFC 9171 section 5.6) of one bundle from neighbour `from`. What breaks a rule is dropped and traced. */
  receive(bytes: Uint8Array, from: number, now: Instant): void {
    this.#custodian.heard(from, now);
    this.#reception.receive(bytes, from, now);
    this.#forwarder.lookAtLoads(now);
    this.#reporter.flush(now);
  }

  /** A contact with a neighbour opened, or takes over from another one with it that is not told to have ended. */
  contactStarted(contact: OpenContact, now: Instant): void {
    this.#forwarder.contactStarted(contact, now);
    this.#reporter.flush(now);
  }

  /** The contact with a neighbour closed; `failed` where that was before its planned end. */
  contactEnded(neighbour: number, failed: boolean, now: Instant): void {
    this.#forwarder.contactEnded(neighbour, failed, now);
    this.#reporter.flush(now);
  }

  /** The contact plan changed. */
  planUpdated(graph: ContactGraph, routes: RouteTable, now: Instant): void {
    this.#forwarder.planUpdated(graph, routes, now);
    for (const record of this.#store.records()) {
      if (record.state === 'in-flight') this.#custodian.planUpdated(record, now);
    }
    this.#reporter.flush(now);
  }

  /** Does what is due. */
  timeout(now: Instant): void {
    const nowUs = now.monotonicUs;
    this.#reception.expire(now);
    // Bundle expiration (RFC 9171 section 5.5).
    for (const record of this.#expiry.takeDue(nowUs)) {
      if (record.state === 'delivering') {
        // It was delivered, though its application has not said so: nothing is deleted that a report could be about.
        this.#release(record, 0, 'expired', now);
        continue;
      }
      this.#trace.bundle('expired', nowUs, this.#node, record, 0, record.sizeBytes);
      this.#reception.reportDeletion(record, 'lifetime expired', now);
      this.#discard(record, 'expired');
    }
    for (let record = this.#timers.popDue(nowUs); record !== undefined; record = this.#timers.popDue(nowUs)) {
      // A signal that did not come, a contact that did not open, a hold that is over: the answer is a new look at the routes.
      if (record.state === 'in-flight') this.#custodian.unanswered(record, now);
      this.#forwarder.dispatch(record, now);
    }
    this.#custodian.sendSignals(now);
    this.#forwarder.pumpAll(now);
    this.#forwarder.lookAtLoads(now);
    for (const notice of this.#forwarder.takeNotices(now)) this.#submit(notice, now);
    this.#reporter.flush(now);
  }

  /** When {@link timeout} wants to be called next, in monotonic microseconds; Infinity for never. */
  nextTimeoutUs(): number {
    return Math.min(
      this.#timers.nextUs() ?? Number.POSITIVE_INFINITY,
      this.#expiry.nextUs() ?? Number.POSITIVE_INFINITY,
      this.#reception.nextUs() ?? Number.POSITIVE_INFINITY,
      this.#custodian.nextUs() ?? Number.POSITIVE_INFINITY,
      this.#forwarder.nextUs() ?? Number.POSITIVE_INFINITY,
      this.#forwarder.nextNoticeUs(),
      this.#compressed.nextUs(),
    );
  }

  // --- transmission and reception -------------------------------------------------------------------------------------

  /** Takes a new bundle in and dispatches it; false where the store is full. */
  #submit(request: SendRequest, now: Instant): boolean {
    // Without a source a running number would tell no bundles of different nodes apart.
    const sequence = request.anonymous
      ? Math.floor(this.#anonymous.next() * Number.MAX_SAFE_INTEGER)
      : (this.#sequence.next as number);
    const reporting = this.#compressed.blockFor(request, now);
    const plain = newLocalRecord(request, this.#config, sequence, now, reporting);
    const isForSelf = plain.destinationNode === this.#node;
    const { record, verdict } = isForSelf ? { record: plain, verdict: undefined } : this.#security.apply(plain);
    const pieces = isForSelf ? this.#keptForSelf(record) : fragmentsOf(record, this.#config);
    const deletion =
      verdict?.deletion?.reason ??
      this.#reception.notForHere(record) ??
      (pieces === undefined ? 'too large' : undefined);
    if (deletion === undefined && !this.#room.hasFor(pieces ?? [])) return false;
    if (!request.anonymous) this.#sequence.take();
    this.#compressed.sourced(record);
    this.#trace.bundle('sourced', now.monotonicUs, this.#node, record, 0, record.sizeBytes);
    this.#security.tell(verdict, record, 0, now);
    if (deletion !== undefined) this.#reception.turnAway(record, deletion, now, verdict?.deletion?.mayReport);
    else if (isForSelf) this.#reception.deliver(record, now);
    else {
      record.inCustody = record.custodyRequested;
      if (record.isCritical) this.#known.isKnown(record, now); // a copy that comes back here is one
      this.#forward(record, pieces ?? [record], now);
    }
    return true;
  }

  /** Keeps a bundle, or its fragments, and finds the way on (RFC 9171 section 5.4). */
  #forward(record: BundleRecord, pieces: readonly BundleRecord[], now: Instant): void {
    if (pieces.length > 1) {
      this.#trace.processing('fragmented', now.monotonicUs, this.#node, record, 0, pieces.length);
    }
    for (const piece of pieces) {
      this.#keep(piece);
      this.#forwarder.dispatch(piece, now);
    }
  }

  /** What a bundle for this node itself takes of the store. */
  #keptForSelf(record: BundleRecord): readonly BundleRecord[] {
    return this.#local.needsReceipt(record) ? [record] : [];
  }

  /** Local delivery. What this node answers for stays in the store until its application has confirmed it. */
  #handOver(record: BundleRecord, now: Instant): void {
    if (!this.#local.needsReceipt(record)) {
      this.#local.deliver(record, now);
      return;
    }
    record.inCustody = true;
    record.enter('delivering');
    this.#keep(record);
    this.#local.deliver(record, now, this.#receipts.give(record));
  }

  /** The counter of this node's own bundles goes on. False where its value is damaged, or lost while there are bundles. */
  #restoreSequence(records: readonly BundleRecord[], { monotonicUs }: Instant): boolean {
    const value = this.#store.state.get(SEQUENCE_KEY);
    if (value === undefined && !records.some(({ isLocal }) => isLocal)) return true;
    if (value !== undefined && this.#sequence.restore(value)) return true;
    this.#sequence.restoreByClock(monotonicUs);
    return false;
  }

  /** A record was handed to a link: without custody it is gone, in custody it waits for a signal. */
  #sent(record: BundleRecord, neighbour: number, arrivalUs: number, now: Instant): void {
    this.#reporter.note(record, 'forwarded', 0, now);
    if (record.inCustody) this.#custodian.sent(record, neighbour, arrivalUs, now);
    else this.#release(record, neighbour, 'sent', now);
  }

  // --- the store ------------------------------------------------------------------------------------------------------

  #keep(record: BundleRecord): void {
    this.#store.put(record);
    this.#count(record);
  }

  #count(record: BundleRecord): void {
    this.#expiry.add(record);
    this.#room.take(record);
    this.#known.hold(record);
  }

  #keepCopy(copy: BundleRecord): boolean {
    if (!this.#room.hasFor([copy])) return false;
    this.#keep(copy);
    return true;
  }

  /** The pieces of a bundle stand for it from now on. They are hardly longer than it was, so that there is room for them. */
  #replace(record: BundleRecord, pieces: readonly BundleRecord[], now: Instant): void {
    this.#trace.processing('fragmented', now.monotonicUs, this.#node, record, 0, pieces.length);
    this.#discard(record, 'fragmented');
    for (const piece of pieces) this.#keep(piece);
  }

  /** The disk has harmed a bundle of the store: custody of it cannot be kept, which is said to whoever is told of deletions. */
  #giveUp(record: BundleRecord, now: Instant): void {
    const reason = 'stored bundle damaged';
    this.#trace.malformed(now.monotonicUs, this.#node, record.previousNode, 'stored-bundle');
    this.#trace.bundle('deleted', now.monotonicUs, this.#node, record, 0, record.sizeBytes, reason);
    this.#reception.reportDeletion(record, reason, now);
    this.#discard(record, 'deleted');
  }

  #release(record: BundleRecord, peer: number, reason: RemovalReason, now: Instant): void {
    this.#trace.bundle('released', now.monotonicUs, this.#node, record, peer, record.sizeBytes);
    this.#discard(record, reason);
  }

  #discard(record: BundleRecord, reason: RemovalReason): void {
    if (record.state === 'gone') return;
    this.#forwarder.forget(record, reason === 'sent' || reason === 'custody-released');
    record.enter('gone');
    this.#store.remove(record, reason);
    this.#expiry.remove(record);
    this.#custodian.drop(record);
    this.#room.free(record);
    this.#known.release(record);
    this.#receipts.drop(record);
  }
}
