/**
 * Dispatching and forwarding (RFC 9171 sections 5.3 and 5.4): a bundle gets a way, and queues for its first link, waits for its contact,
 * or stays in limbo; what changes that gives it another look. Which way is the route choice's to say, when bundles leave the
 * transmitter's, and what a departure means for custody the agent's.
 */

import type { Instant } from '../base/time.js';
import type { TraceSink } from '../base/trace.js';
import type { Contact, ContactGraph, NextHop, RouteTable } from '../routing/index.js';
import { holdUs, withAvoided } from './avoidance.js';
import type { BundleRecord } from './bundle-record.js';
import type { AgentConfig } from './config.js';
import { Congestion } from './congestion.js';
import { cutToFit, mayCut } from './cutting.js';
import { Hopeless } from './hopeless.js';
import type { LimboReason } from './limbo.js';
import type { OpenContact } from './links.js';
import { NeighbourLoads } from './neighbour-loads.js';
import type { RecordTimers } from './record-timers.js';
import { type ChosenRoute, RouteChoice } from './route-choice.js';
import type { SendRequest } from './sourcing.js';
import { type TransmitOutput, Transmitter } from './transmitter.js';
import { LIMBO, WaitingRecords } from './waiting-records.js';

/** Times that one dispatch may meet a failed contact before the bundle goes to limbo; a node has few neighbours. */
const MAX_REROUTES = 16;

/** Bundles in limbo that get another look for each booking that is given back: it was one bundle's place. */
const LOOKS_FOR_A_RELEASE = 4;

/** What smaller pieces may help against. */
const SHORT_OF_ROOM: readonly LimboReason[] = ['too large', 'no volume', 'too late'];

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
  /** The store has lost the bundle of a record that was to leave. */
  unreadable(record: BundleRecord, now: Instant): void;
  /** Keeps a further copy of a critical bundle; false where there is no room for it. */
  keepCopy(copy: BundleRecord): boolean;
  /** Lets go of a copy of a critical bundle whose neighbour has no way on any more. */
  dropCopy(copy: BundleRecord, now: Instant): void;
  /** Keeps the pieces of a record in place of it. */
  replace(record: BundleRecord, pieces: readonly BundleRecord[], now: Instant): void;
}

/** Finds ways for the bundles of one node, and keeps those that wait. */
export class Forwarder {
  readonly #parts: ForwarderParts;
  readonly #config: AgentConfig;
  readonly #node: number;
  readonly #trace: TraceSink;
  readonly #choice: RouteChoice;
  readonly #transmitter: Transmitter;
  readonly #congestion: Congestion;
  readonly #waiting = new WaitingRecords();
  /** Records that lost what they had, and get another look before the present input is done with. */
  #displaced: BundleRecord[] = [];
  /** Places that deleted records gave back. */
  #vacated = 0;

  constructor(parts: ForwarderParts) {
    const { config, graph, routes, trace } = parts;
    this.#parts = parts;
    this.#config = config;
    this.#node = config.node;
    this.#trace = trace;
    this.#transmitter = new Transmitter({
      config,
      trace,
      beforeSending: (record, neighbour) => parts.beforeSending(record, neighbour),
      noticeFor: (neighbour, arrivalUs, nowUs) => this.#congestion.noticeFor(neighbour, arrivalUs, nowUs),
      sent: (record, neighbour, arrivalUs, bytes, now) => {
        this.#choice.promises.sent(record, bytes);
        parts.sent(record, neighbour, arrivalUs, now);
      },
      tooLate: (record, neighbour, endUs, now) => this.#tooLate(record, neighbour, endUs, now),
      unreadable: (record, now) => parts.unreadable(record, now),
    });
    const loads = new NeighbourLoads(graph);
    this.#choice = new RouteChoice({
      config,
      graph,
      routes,
      loads,
      linkTo: (neighbour) => this.#transmitter.linkTo(neighbour),
    });
    const { promises } = this.#choice;
    this.#congestion = new Congestion({ config, graph, loads, promises, transmitter: this.#transmitter });
  }

  /** The next datagram to transmit, or undefined. */
  takeTransmission(): TransmitOutput | undefined {
    return this.#transmitter.take();
  }

  /** The open contact to a neighbour; undefined where there is none. */
  openContact(neighbour: number): OpenContact | undefined {
    return this.#transmitter.linkTo(neighbour)?.open;
  }

  /** The first step by the plan of the way from one node to another at a time; undefined where no route leads there. */
  nextHop(from: number, to: number, atUs: number, sizeBytes: number): NextHop | undefined {
    return this.#choice.nextHop(from, to, atUs, sizeBytes);
  }

  /** Whether the plan has a node. */
  knows(node: number): boolean {
    return this.#choice.graph.nodeIndex(node) !== undefined;
  }

  /** A contact of the plan. */
  contact(index: number): Contact {
    return this.#choice.graph.contact(index);
  }

  /** Why the plan has no way for a record within its lifetime, now or later; undefined where it has one. */
  whyNoWay(record: BundleRecord, nowUs: number): LimboReason | undefined {
    return this.#choice.whyNoWay(record, nowUs);
  }

  /** Whether `node` is on the way that a record took, by the plan, from a neighbour that it was sent to. */
  isOnTheWay(record: BundleRecord, node: number): boolean {
    return this.#choice.isOnTheWay(record, node);
  }

  /** When the next queued bundle can leave, in monotonic microseconds; undefined for never. */
  nextUs(): number | undefined {
    return this.#transmitter.nextUs();
  }

  // --- what neighbours tell each other --------------------------------------------------------------------------------

  /** A neighbour told the load of its contacts: bundles that have no room there any more get another look. */
  heardLoads(data: Uint8Array, from: number, now: Instant): void {
    this.#displaced.push(...this.#congestion.hear(data, from, now));
    this.#settle(now);
  }

  /** Looks whether neighbours should hear of the load of this node's contacts. */
  lookAtLoads(now: Instant): void {
    this.#congestion.look(now);
  }

  /** When {@link takeNotices} has something; Infinity for never. */
  nextNoticeUs(): number {
    return this.#congestion.nextUs();
  }

  /** Bundles for neighbours that are to hear of it and that nothing else is sent to. */
  takeNotices(now: Instant): readonly SendRequest[] {
    return this.#congestion.takeNotices(now);
  }

  /** Sends what queues on links that are free. */
  pumpAll(now: Instant): void {
    this.#transmitter.pumpAll(now);
    this.#settle(now);
  }

  /** Finds a way for a record and puts it onto that link's queue, or lets it wait for its contact; sends what can go. */
  dispatch(record: BundleRecord, now: Instant): void {
    this.#choose(record, now);
    this.#settle(now);
  }

  /** The same for many records. */
  dispatchAll(records: readonly BundleRecord[], now: Instant): void {
    this.#chooseAll(records, now);
    this.#settle(now);
  }

  /** Takes a record out of whatever it waits in; called when it leaves the store, `isSentOn` where another node has it now. */
  forget(record: BundleRecord, isSentOn: boolean): void {
    this.#leavePlace(record);
    if (isSentOn) this.#choice.promises.settle(record);
    else if (this.#choice.promises.release(record)) this.#vacated++;
  }

  /** Keeps a record away from a neighbour for a while: it refused, or never answered. */
  avoidNeighbour(record: BundleRecord, neighbour: number, nowUs: number): void {
    const untilUs = nowUs + holdUs(record.avoided, this.#node, neighbour, this.#config.avoidHoldUs);
    this.#avoidUntil(record, neighbour, untilUs, 1);
  }

  // --- what happens to contacts ---------------------------------------------------------------------------------------

  /** A contact opened: what waited for it is dispatched again, and so is what had no route or kept away from it. */
  contactStarted(contact: OpenContact, now: Instant): void {
    const link = this.#transmitter.link(contact.to);
    const wasMissed = link.avoidedUntilUs > now.monotonicUs;
    link.avoidedUntilUs = 0;
    link.open = contact;
    link.failedContact = -1;
    link.freeUs = Math.max(link.freeUs, now.monotonicUs);
    this.#trace.contact('started', now.monotonicUs, this.#node, contact.to);
    // Where bundles kept away from it, even what has settled for a later contact of another neighbour gets a new look.
    const records = wasMissed
      ? this.#waiting.takeAll()
      : [...this.#waiting.take(contact.to), ...this.#waiting.take(LIMBO)];
    for (const record of records) {
      record.avoided = record.avoided.filter((each) => each.from !== this.#node || each.to !== contact.to);
    }
    this.#chooseAll(records, now);
    this.#transmitter.wake(link);
    this.#settle(now);
  }

  /** A contact closed, as planned or not: what still queued for it is dispatched again. */
  contactEnded(neighbour: number, failed: boolean, now: Instant): void {
    const link = this.#transmitter.linkTo(neighbour);
    if (link?.open === undefined) return;
    link.failedContact = failed ? link.open.contact : -1;
    link.open = undefined;
    this.#trace.contact(failed ? 'failed' : 'ended', now.monotonicUs, this.#node, neighbour);
    for (const record of link.drain()) this.#choose(record, now);
    this.#settle(now);
  }

  /** The contact plan changed: everything that queues or waits gets a way under the new one. */
  planUpdated(graph: ContactGraph, routes: RouteTable, now: Instant): void {
    this.#choice.planUpdated(graph, routes);
    this.#congestion.planUpdated(graph);
    const queued: BundleRecord[] = [];
    for (const link of this.#transmitter.links()) {
      // Contacts have other places in another plan, and one that is open may be gone from it: its end is the driver's to tell.
      link.failedContact = -1;
      if (link.open !== undefined) link.open = openUnder(graph, this.#node, link.open, now.monotonicUs);
      queued.push(...link.drain());
    }
    this.#chooseAll([...queued, ...this.#waiting.takeAll()], now);
    this.#settle(now);
  }

  // --- one record -----------------------------------------------------------------------------------------------------

  /** Finds ways for many records; those in limbo that are like one that was left there just now stay without a search. */
  #chooseAll(records: readonly BundleRecord[], now: Instant): void {
    const nowUs = now.monotonicUs;
    const hopeless = new Hopeless();
    for (const record of records) {
      if (record.limboReason !== undefined && hopeless.covers(record, nowUs)) {
        this.#wait(record, LIMBO, Number.POSITIVE_INFINITY, nowUs, record.limboReason);
        continue;
      }
      const mayFree = record.booking !== undefined;
      const displaced = this.#displaced.length;
      this.#choose(record, now);
      if (mayFree || this.#displaced.length > displaced) hopeless.clear();
      hopeless.note(record, nowUs);
    }
  }

  #choose(record: BundleRecord, now: Instant): void {
    const nowUs = now.monotonicUs;
    this.#leavePlace(record);
    this.#choice.promises.release(record);
    record.enter('dispatch');
    if (record.isCritical && record.onlyNeighbour === 0) this.#copyToNeighbours(record, now);
    let reason: LimboReason = 'avoided';
    for (let reroutes = 0; reroutes < MAX_REROUTES; reroutes++) {
      const chosen = this.#choice.choose(record, nowUs);
      if (this.#isCut(record, chosen, now)) return;
      if (typeof chosen === 'string') {
        reason = chosen;
        break;
      }
      if (this.#take(record, chosen, now)) return;
      this.#choice.promises.release(record);
      this.avoidNeighbour(record, chosen.route.entryNode, nowUs);
    }
    if (record.onlyNeighbour !== 0) {
      this.#parts.dropCopy(record, now);
      return;
    }
    let retryUs = Number.POSITIVE_INFINITY;
    for (const each of record.avoided) if (each.untilUs > nowUs) retryUs = Math.min(retryUs, each.untilUs);
    this.#wait(record, LIMBO, retryUs, nowUs, reason);
  }

  /** Puts a record onto its way, or lets it wait there; false where its first contact failed and it must look elsewhere. */
  #take(record: BundleRecord, { route, pushedOut }: ChosenRoute, now: Instant): boolean {
    const nowUs = now.monotonicUs;
    this.#displaced.push(...pushedOut);
    const contact = route.contacts[0] as number;
    const { startUs } = this.#choice.graph.contact(contact);
    const link = this.#transmitter.link(route.entryNode);
    const isOpenByPlan = startUs <= nowUs;
    if (isOpenByPlan && link.open !== undefined) {
      record.limboReason = undefined;
      this.#displaced.push(...this.#transmitter.enqueue(record, link, now));
      return true;
    }
    // A contact may be a little late; one that failed, or is later than that, is routed around.
    const giveUpUs = startUs + this.#config.contactGraceUs;
    if (isOpenByPlan && (giveUpUs <= nowUs || link.failedContact === contact)) return false;
    this.#wait(record, route.entryNode, giveUpUs, nowUs, undefined);
    return true;
  }

  /** Whether a record was cut in two, each piece with its own way, since no open contact has room for it as it is. */
  #isCut(record: BundleRecord, chosen: ChosenRoute | LimboReason, now: Instant): boolean {
    if (!mayCut(record)) return false;
    const nowUs = now.monotonicUs;
    const isRoute = typeof chosen !== 'string';
    const mayHelp = isRoute ? this.#isAhead(chosen, nowUs) : SHORT_OF_ROOM.includes(chosen);
    if (!mayHelp) return false;
    this.#choice.promises.release(record);
    const pieces = cutToFit(
      record,
      this.#choice,
      this.#config.types,
      nowUs,
      isRoute ? chosen.route.arrivalUs : undefined,
    );
    if (pieces === undefined) {
      if (isRoute) this.#choice.bookAgain(record, chosen, nowUs);
      return false;
    }
    if (isRoute) this.#displaced.push(...chosen.pushedOut);
    this.#parts.replace(record, pieces, now);
    for (const piece of pieces) this.#choose(piece, now);
    return true;
  }

  /** Whether a way begins with a contact that is still to come. What is short further on is for the node there to cut. */
  #isAhead({ route }: ChosenRoute, nowUs: number): boolean {
    return this.#choice.graph.contact(route.contacts[0] as number).startUs > nowUs;
  }

  /** Makes a copy of a critical bundle for each neighbour that has a route but the best, which the record itself takes. */
  #copyToNeighbours(record: BundleRecord, now: Instant): void {
    // Copies in custody would be released by each other's signals.
    if (record.custodyRequested || record.isCopied) return;
    const [best, ...others] = this.#choice.neighboursFor(record, now.monotonicUs);
    const bundle = best === undefined ? undefined : record.bundleIfReadable;
    if (bundle === undefined) return;
    record.isCopied = true;
    const copies = others.flatMap((neighbour) => {
      const copy = record.withBundle(bundle, record.sizeBytes);
      copy.onlyNeighbour = neighbour;
      return this.#parts.keepCopy(copy) ? [copy] : [];
    });
    if (copies.length === 0) return;
    this.#trace.processing('copied', now.monotonicUs, this.#node, record, 0, copies.length);
    for (const copy of copies) this.#choose(copy, now);
  }

  /**
   * A record does not fit into what is left of a contact: it takes a later one, or another way. Where the plan believes in more of
   * the contact than the driver announced, the grace keeps it from being chosen again at once.
   */
  #tooLate(record: BundleRecord, neighbour: number, endUs: number, now: Instant): void {
    this.#avoidUntil(record, neighbour, Math.max(endUs, now.monotonicUs + this.#config.contactGraceUs), 0);
    this.#choose(record, now);
  }

  #avoidUntil(record: BundleRecord, neighbour: number, untilUs: number, failures: 0 | 1): void {
    record.avoided = withAvoided(record.avoided, this.#node, neighbour, untilUs, failures);
    const link = this.#transmitter.link(neighbour);
    link.avoidedUntilUs = Math.max(link.avoidedUntilUs, untilUs);
  }

  /** Lets a record wait until `untilUs` at the longest; `reason` where that is in limbo. Only a new one is told. */
  #wait(
    record: BundleRecord,
    neighbour: number,
    untilUs: number,
    nowUs: number,
    reason: LimboReason | undefined,
  ): void {
    const isNews = record.limboReason !== reason;
    record.limboReason = reason;
    record.enter(neighbour === LIMBO ? 'limbo' : 'waiting', neighbour);
    this.#waiting.add(record, neighbour);
    this.#parts.timers.set(record, untilUs);
    const detail = isNews ? reason : undefined;
    this.#trace.bundle('waiting', nowUs, this.#node, record, neighbour, record.sizeBytes, detail);
  }

  #leavePlace(record: BundleRecord): void {
    if (record.state === 'queued') this.#transmitter.linkTo(record.nextHop)?.leave(record);
    else this.#waiting.remove(record);
  }

  /**
   * Finishes what an input set in motion: records that lost their place get another look, links send what they can, and places that
   * were given back are offered to those that lacked them.
   */
  #settle(now: Instant): void {
    do {
      while (this.#displaced.length > 0) {
        const displaced = this.#displaced;
        this.#displaced = [];
        for (const record of displaced) {
          if (record.state === 'gone' || record.state === 'in-flight') continue;
          this.#trace.processing('pushed-out', now.monotonicUs, this.#node, record, record.nextHop, 1);
          this.#choose(record, now);
        }
      }
      this.#transmitter.pumpReady(now);
      const looks = this.#vacated * LOOKS_FOR_A_RELEASE;
      this.#vacated = 0;
      if (looks > 0) for (const record of this.#waiting.takeShortOfVolume(looks)) this.#choose(record, now);
    } while (this.#displaced.length > 0);
    this.#transmitter.pumpReady(now);
  }
}

/**
 * An open contact under another plan: as it was where that plan has it so, else the fastest, or one that the plan does not know. It
 * carries no more than it did: a plan may not know that it is slower than planned, and where it became faster the driver says so.
 */
function openUnder(graph: ContactGraph, node: number, open: OpenContact, nowUs: number): OpenContact {
  let found: OpenContact = { ...open, contact: -1 };
  let fastest = 0;
  for (const index of graph.contactsBetween(node, open.to)) {
    const { startUs, endUs, rateBytesPerSecond, owltUs } = graph.contact(index);
    if (startUs > nowUs || endUs <= nowUs) continue;
    const contact: OpenContact = { contact: index, to: open.to, endUs, rateBytesPerSecond, owltUs };
    if (isSame(contact, open)) return contact;
    if (rateBytesPerSecond <= fastest) continue;
    fastest = rateBytesPerSecond;
    found = { ...contact, rateBytesPerSecond: Math.min(rateBytesPerSecond, open.rateBytesPerSecond) };
  }
  return found;
}

function isSame(a: OpenContact, b: OpenContact): boolean {
  return a.endUs === b.endUs && a.rateBytesPerSecond === b.rateBytesPerSecond && a.owltUs === b.owltUs;
}
