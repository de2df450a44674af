/**
 * Dispatching and forwarding (RFC 9171 sections 5.3 and 5.4): the choice of a next hop by the contact plan, the queues of the
 * links, and what waits because no contact is open or no route exists. It decides where bundles go and when they leave; what a
 * departure means for custody is the agent's business.
 */

import { type Instant, transmissionUs } from '../base/time.js';
import type { TraceSink } from '../base/trace.js';
import { frameBundle } from '../convergence/udpcl.js';
import { type ContactGraph, findRoute, type Route, type RouteTable } from '../routing/index.js';
import { holdUs, withAvoided } from './avoidance.js';
import type { AvoidedContact, BundleRecord } from './bundle-record.js';
import type { AgentConfig } from './config.js';
import { Link, type OpenContact } from './links.js';
import { outgoingBytes } from './outbound.js';
import type { RecordTimers } from './record-timers.js';

/** Times that one dispatch may meet a failed contact before the bundle goes to limbo; a node has few neighbours. */
const MAX_REROUTES = 16;

/** A contact that failed a bundle more often than this is not waited for where there is another way. */
const MAX_FAILURES_WAITED_OUT = 3;

/** Key of the waiting set for bundles without any route. */
const LIMBO = 0;

/** A datagram to hand to the convergence layer now. */
export interface TransmitOutput {
  readonly kind: 'transmit';
  readonly to: number;
  /** Index of the contact in the plan, -1 for one that the plan does not know. */
  readonly contact: number;
  readonly datagram: Uint8Array;
}

/** The first step of a route, as far as forwarding needs it. */
interface FirstHop {
  readonly contact: number;
  readonly to: number;
  readonly startUs: number;
}

/** What a forwarder is built from, and what it tells the agent. */
export interface ForwarderParts {
  readonly config: AgentConfig;
  readonly graph: ContactGraph;
  readonly routes: RouteTable;
  readonly timers: RecordTimers;
  readonly trace: TraceSink;
  /** Gives a record in custody its number before its first transmission to a neighbour. */
  beforeSending(record: BundleRecord, neighbour: number): void;
  /** Called when a record has been handed to a link; `arrivalUs` is when its last byte reaches the neighbour. */
  sent(record: BundleRecord, neighbour: number, arrivalUs: number, now: Instant): void;
}

/** Chooses next hops, keeps the links' queues and the waiting bundles of one node. */
export class Forwarder {
  readonly #parts: ForwarderParts;
  readonly #config: AgentConfig;
  readonly #node: number;
  readonly #trace: TraceSink;
  #graph: ContactGraph;
  #routes: RouteTable;
  readonly #links = new Map<number, Link>();
  /** Bundles that wait for a contact with a neighbour; under LIMBO those without any route. */
  readonly #waiting = new Map<number, Set<BundleRecord>>();
  /** Links with something new on their queue. */
  readonly #ready = new Set<Link>();
  #transmissions: TransmitOutput[] = [];
  #taken = 0;

  constructor(parts: ForwarderParts) {
    this.#parts = parts;
    this.#config = parts.config;
    this.#node = parts.config.node;
    this.#trace = parts.trace;
    this.#graph = parts.graph;
    this.#routes = parts.routes;
  }

  /** The next datagram to transmit, or undefined. */
  takeTransmission(): TransmitOutput | undefined {
    if (this.#taken < this.#transmissions.length) return this.#transmissions[this.#taken++];
    if (this.#taken > 0) {
      this.#transmissions = [];
      this.#taken = 0;
    }
    return undefined;
  }

  /** When the contact to a neighbour closes; Infinity where none is open. */
  contactEndUs(neighbour: number): number {
    return this.#links.get(neighbour)?.open?.endUs ?? Number.POSITIVE_INFINITY;
  }

  /** When a bundle of `sizeBytes` that leaves one node at `atUs` can be at another; undefined where no route leads there. */
  arrivalUs(from: number, to: number, atUs: number, sizeBytes: number): number | undefined {
    return this.#routes.nextHop(from, to, atUs, sizeBytes)?.arrivalUs;
  }

  /** Whether `node` is on the way that a record took, by the plan, from a neighbour that it was sent to. */
  isOnTheWay(record: BundleRecord, node: number): boolean {
    return record.sentTo.some((neighbour) => {
      const route = this.#route(record, neighbour, record.sentUs);
      return route?.contacts.some((contact) => this.#graph.contact(contact).to === node) ?? false;
    });
  }

  /** When the next queued bundle can leave, in monotonic microseconds; undefined for never. */
  nextUs(): number | undefined {
    let next: number | undefined;
    for (const link of this.#links.values()) {
      if (link.queued === 0 || link.open === undefined) continue;
      const ready = link.freeUs - this.#config.pacingBurstUs;
      if (next === undefined || ready < next) next = ready;
    }
    return next;
  }

  /** Sends what queues on links that are free. */
  pumpAll(now: Instant): void {
    for (const link of this.#links.values()) if (link.queued > 0) this.#ready.add(link);
    this.#pumpReady(now);
  }

  /** Finds the next hop of a record and puts it on that link's queue, or lets it wait for its contact; sends what can go. */
  dispatch(record: BundleRecord, now: Instant): void {
    this.#choose(record, now);
    this.#pumpReady(now);
  }

  #choose(record: BundleRecord, now: Instant): void {
    const nowUs = now.monotonicUs;
    this.#leaveWaiting(record);
    record.enter('dispatch');
    for (let reroutes = 0; reroutes < MAX_REROUTES; reroutes++) {
      const hop = this.#firstHop(record, nowUs);
      if (hop === undefined) break;
      const link = this.#link(hop.to);
      const isOpenByPlan = hop.startUs <= nowUs;
      if (isOpenByPlan && link.open !== undefined) {
        record.enter('queued', hop.to);
        this.#trace.bundle('queued', nowUs, this.#node, record, hop.to, record.sizeBytes);
        link.enqueue(record);
        this.#ready.add(link);
        return;
      }
      // A contact may be a little late; one that failed, or is later than that, is routed around.
      const giveUpUs = this.#graph.contact(hop.contact).startUs + this.#config.contactGraceUs;
      if (!isOpenByPlan || (giveUpUs > nowUs && link.failedContact !== hop.contact)) {
        this.#wait(record, hop.to, giveUpUs, nowUs);
        return;
      }
      this.avoidNeighbour(record, hop.to, nowUs);
    }
    let retryUs = Number.POSITIVE_INFINITY;
    for (const each of record.avoided) if (each.untilUs > nowUs) retryUs = Math.min(retryUs, each.untilUs);
    this.#wait(record, LIMBO, retryUs, nowUs);
  }

  /** Takes a record out of whatever it waits in; called when it leaves the store. */
  forget(record: BundleRecord): void {
    this.#leaveWaiting(record);
  }

  /** Keeps a record away from a neighbour for a while: it refused, or never answered. */
  avoidNeighbour(record: BundleRecord, neighbour: number, nowUs: number): void {
    const untilUs = nowUs + holdUs(record.avoided, this.#node, neighbour, this.#config.avoidHoldUs);
    this.#avoidUntil(record, neighbour, untilUs, 1);
  }

  /** A contact opened: what waited for it is dispatched again, and so is what had no route or kept away from it. */
  contactStarted(contact: OpenContact, now: Instant): void {
    const link = this.#link(contact.to);
    const wasMissed = link.avoidedUntilUs > now.monotonicUs;
    link.avoidedUntilUs = 0;
    link.open = contact;
    link.failedContact = -1;
    link.freeUs = Math.max(link.freeUs, now.monotonicUs);
    this.#trace.contact('started', now.monotonicUs, this.#node, contact.to);
    // Where bundles kept away from it, even what has settled for a later contact of another neighbour gets a new look.
    const keys = wasMissed ? [...this.#waiting.keys()] : [contact.to, LIMBO];
    for (const record of this.#takeWaiting(keys)) {
      record.avoided = record.avoided.filter((each) => each.from !== this.#node || each.to !== contact.to);
      this.#choose(record, now);
    }
    this.#ready.add(link);
    this.#pumpReady(now);
  }

  /** A contact closed, as planned or not: what still queued for it is dispatched again. */
  contactEnded(neighbour: number, failed: boolean, now: Instant): void {
    const link = this.#links.get(neighbour);
    if (link?.open === undefined) return;
    link.failedContact = failed ? link.open.contact : -1;
    link.open = undefined;
    this.#trace.contact(failed ? 'failed' : 'ended', now.monotonicUs, this.#node, neighbour);
    for (const record of link.drain()) this.#choose(record, now);
    this.#pumpReady(now);
  }

  /** The contact plan changed: everything that waits is dispatched again under the new one. */
  planUpdated(graph: ContactGraph, routes: RouteTable, now: Instant): void {
    this.#graph = graph;
    this.#routes = routes;
    // Contacts have other places in another plan.
    for (const link of this.#links.values()) link.failedContact = -1;
    for (const record of this.#takeWaiting([...this.#waiting.keys()])) this.#choose(record, now);
    this.#pumpReady(now);
  }

  /** The first hop by the shared table, or by a search of its own for a bundle that has contacts to keep away from. */
  #firstHop(record: BundleRecord, nowUs: number): FirstHop | undefined {
    if (!record.avoided.some((each) => each.untilUs > nowUs)) {
      return this.#routes.nextHop(this.#node, record.destinationNode, nowUs, record.sizeBytes);
    }
    const route = this.#route(record, this.#node, nowUs);
    const contact = route?.contacts[0];
    if (route === undefined || contact === undefined) return undefined;
    const { to, startUs, endUs } = this.#graph.contact(contact);
    // A way round that arrives only when the hold is over is not worth the journey: the bundle stays and tries again then. Not
    // where that would miss the way, nor for ever: what failed again and again is not coming back soon.
    const isHeldBack = ({ times, untilUs }: AvoidedContact) =>
      times > 0 && times <= MAX_FAILURES_WAITED_OUT && untilUs > nowUs && untilUs < Math.min(route.arrivalUs, endUs);
    if (record.avoided.some(isHeldBack)) return undefined;
    return { contact, to, startUs: Math.max(startUs, nowUs) };
  }

  /** A record's route from a node at a time, past the contacts that it keeps away from then. */
  #route(record: BundleRecord, from: number, atUs: number): Route | undefined {
    const graph = this.#graph;
    const active = record.avoided.filter((each) => each.untilUs > atUs);
    return findRoute(graph, {
      from,
      to: record.destinationNode,
      atUs,
      sizeBytes: record.sizeBytes,
      excludedContacts: (index) => {
        const contact = graph.contact(index);
        return active.some(
          (each) => each.from === contact.from && each.to === contact.to && contact.startUs < each.untilUs,
        );
      },
    });
  }

  #avoidUntil(record: BundleRecord, neighbour: number, untilUs: number, failures: 0 | 1): void {
    record.avoided = withAvoided(record.avoided, this.#node, neighbour, untilUs, failures);
    const link = this.#link(neighbour);
    link.avoidedUntilUs = Math.max(link.avoidedUntilUs, untilUs);
  }

  #wait(record: BundleRecord, neighbour: number, untilUs: number, nowUs: number): void {
    record.enter(neighbour === LIMBO ? 'limbo' : 'waiting', neighbour);
    let records = this.#waiting.get(neighbour);
    if (records === undefined) {
      records = new Set();
      this.#waiting.set(neighbour, records);
    }
    records.add(record);
    this.#parts.timers.set(record, untilUs);
    this.#trace.bundle('waiting', nowUs, this.#node, record, neighbour, record.sizeBytes);
  }

  #leaveWaiting(record: BundleRecord): void {
    if (record.state === 'waiting' || record.state === 'limbo') this.#waiting.get(record.nextHop)?.delete(record);
  }

  #takeWaiting(keys: readonly number[]): BundleRecord[] {
    const taken: BundleRecord[] = [];
    for (const key of keys) {
      for (const record of this.#waiting.get(key) ?? []) taken.push(record);
      this.#waiting.delete(key);
    }
    return taken;
  }

  /** Pumps the links that got something; one that a pumped bundle is moved to comes round in the same loop, not deeper. */
  #pumpReady(now: Instant): void {
    for (const link of this.#ready) {
      this.#ready.delete(link);
      this.#pump(link, now);
    }
  }

  /** Hands queued bundles to the link while it is free. */
  #pump(link: Link, now: Instant): void {
    const nowUs = now.monotonicUs;
    while (link.open !== undefined && link.freeUs - this.#config.pacingBurstUs <= nowUs) {
      const record = link.next();
      if (record === undefined) return;
      if (record.expiryUs <= nowUs) continue; // the calendar will find it
      this.#parts.beforeSending(record, link.neighbour);
      const { rateBytesPerSecond, endUs, owltUs, contact } = link.open;
      const startUs = Math.max(link.freeUs, nowUs);
      const expectedUs = startUs + transmissionUs(record.sizeBytes, rateBytesPerSecond) + owltUs;
      const datagram = frameBundle(outgoingBytes(record, this.#config, now, expectedUs));
      const sentUs = startUs + transmissionUs(datagram.length, rateBytesPerSecond);
      if (sentUs > endUs) {
        // It does not fit into what is left of this contact: it takes a later one, or another way. Where the plan believes in
        // more of the contact than the driver announced, the grace keeps it from being chosen again at once.
        this.#avoidUntil(record, link.neighbour, Math.max(endUs, nowUs + this.#config.contactGraceUs), 0);
        this.#choose(record, now);
        continue;
      }
      link.freeUs = sentUs;
      const event = record.sentTo.includes(link.neighbour) ? 'retransmitted' : 'transmitted';
      if (event === 'transmitted') record.sentTo.push(link.neighbour);
      record.attempts++;
      record.sentUs = nowUs;
      this.#transmissions.push({ kind: 'transmit', to: link.neighbour, contact, datagram });
      this.#trace.bundle(event, nowUs, this.#node, record, link.neighbour, datagram.length);
      this.#parts.sent(record, link.neighbour, sentUs + owltUs, now);
    }
  }

  #link(neighbour: number): Link {
    let link = this.#links.get(neighbour);
    if (link === undefined) {
      link = new Link(neighbour);
      this.#links.set(neighbour, link);
    }
    return link;
  }
}
