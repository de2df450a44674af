/**
 * Which way a bundle takes: by the contact plan, what queues on this node's links, what its other bundles were promised of the contacts
 * ahead, and what the bundle keeps away from. It says which route and why there is none, and books the route; queues and
 * transmissions are the forwarder's.
 *
 * The short way: a route from the table that all nodes share, where nothing on it is short of volume and the queue in front of
 * the bundle is short or makes no difference. Only otherwise a search of its own (CCSDS 734.3-B-1 section 3.2.6): with the
 * earliest transmission opportunity at the first hop, volume on all hops, and the end of the bundle's lifetime.
 */
import { transmissionUs, usToSeconds } from '../base/time.js';
import {
  type ContactGraph,
  findRoute,
  type NextHop,
  type Route,
  type RouteQuery,
  type RouteTable,
  routesByNeighbour,
} from '../routing/index.js';
import { holdUs, withAvoided } from './avoidance.js';
import type { AvoidedContact, BundleRecord } from './bundle-record.js';
import type { AgentConfig } from './config.js';
import { detoursOf, isDetour, withDetours } from './detours.js';
import type { LimboReason } from './limbo.js';
import type { Link } from './links.js';
import type { NeighbourLoads } from './neighbour-loads.js';
import { Promises, plannedBytes, volumeRank } from './promises.js';

/** A contact that failed a bundle more often than this is not waited for where there is another way. */
const MAX_FAILURES_WAITED_OUT = 3;

const NO_DETOURS: readonly AvoidedContact[] = [];

/** A way for a record, booked. */
export interface ChosenRoute {
  readonly route: Route;
  /** Records that lost their booking to it: they need another way. */
  readonly pushedOut: readonly BundleRecord[];
  /** Booked on each contact. */
  readonly bytes: number;
}

/** What a search of one's own keeps to, beside the plan. */
interface Restrictions {
  /** Length of what is to be sent; by default that of the record. */
  readonly sizeBytes?: number;
  /** Bytes that every contact must still have; undefined to look at the plan alone. */
  readonly volumeBytes: number | undefined;
  /** What neighbours said is taken of their contacts counts as taken. */
  readonly heedsLoads?: boolean;
  /** Contacts that it was kept out of only because of what queues there may be taken all the same. */
  readonly forgetsDetours?: boolean;
  /** The bundle may go back to the node that it came from. */
  readonly mayReturn: boolean;
}

/** What a choice is made from. */
export interface RouteChoiceParts {
  readonly config: Pick<AgentConfig, 'node' | 'queueToleranceUs' | 'avoidHoldUs'>;
  readonly graph: ContactGraph;
  readonly routes: RouteTable;
  /** What neighbours have said of the load of their contacts. */
  readonly loads: NeighbourLoads;
  /** The sending side of the link to a neighbour, where there has ever been one. */
  linkTo(neighbour: number): Link | undefined;
}

/** Chooses and books the routes of one node's bundles. */
export class RouteChoice {
  readonly promises: Promises;
  readonly #parts: RouteChoiceParts;
  readonly #node: number;
  #graph: ContactGraph;
  #routes: RouteTable;

  constructor(parts: RouteChoiceParts) {
    this.#parts = parts;
    this.#node = parts.config.node;
    this.#graph = parts.graph;
    this.#routes = parts.routes;
    this.promises = new Promises(parts.graph, this.#node);
  }

  get graph(): ContactGraph {
    return this.#graph;
  }

  /** Takes another plan; what was promised under the old one moves over as far as its contacts are still there. */
  planUpdated(graph: ContactGraph, routes: RouteTable): void {
    this.#graph = graph;
    this.#routes = routes;
    this.promises.planUpdated(graph);
    this.#parts.loads.planUpdated(graph);
  }

  /** The first step by the plan of the way from one node to another at a time; undefined where no route leads there. */
  nextHop(from: number, to: number, atUs: number, sizeBytes: number): NextHop | undefined {
    return this.#routes.nextHop(from, to, atUs, sizeBytes);
  }

  /** Why the plan has no way for a record within its lifetime, now or later; undefined where it has one. */
  whyNoWay({ destinationNode, sizeBytes, expiryUs }: BundleRecord, nowUs: number): LimboReason | undefined {
    const way = this.#routes.nextHop(this.#node, destinationNode, nowUs, sizeBytes);
    if (way === undefined) {
      if (this.#graph.nodeIndex(destinationNode) === undefined) return 'unknown node';
      return this.#routes.nextHop(this.#node, destinationNode, nowUs, 1) === undefined ? 'no route' : 'too large';
    }
    if (way.arrivalUs <= expiryUs) return undefined;
    // What the table says is for the largest bundle of a class.
    const inTime = { from: this.#node, to: destinationNode, atUs: nowUs, sizeBytes, deadlineUs: expiryUs };
    return findRoute(this.#graph, inTime) === undefined ? 'too late' : undefined;
  }

  /**
   * Whether `node` is on the way that a record took, by the plan, from a neighbour that it was sent to. Once that was not answered, a
   * relay may have gone around a failure that is not known here: then on any way, else its custodian would not be heard for ever.
   */
  isOnTheWay(record: BundleRecord, node: number): boolean {
    return record.sentTo.some((neighbour) => {
      const route = this.#avoidingRoute(record, neighbour, record.sentUs);
      if (route?.contacts.some((contact) => this.#graph.contact(contact).to === node)) return true;
      return record.attempts > 1 && this.#isOnAWay(record, neighbour, node);
    });
  }

  /** Whether a record could go from a neighbour by `node` to its destination, and not only by coming back here or beyond that. */
  #isOnAWay({ destinationNode, sentUs: atUs, sizeBytes }: BundleRecord, neighbour: number, node: number): boolean {
    const excludedContacts = (index: number) => {
      const { from, to } = this.#graph.contact(index);
      return to === this.#node || from === destinationNode;
    };
    const there = findRoute(this.#graph, { from: neighbour, to: node, atUs, sizeBytes, excludedContacts });
    return there !== undefined && this.nextHop(node, destinationNode, there.arrivalUs, sizeBytes) !== undefined;
  }

  /** The best way for a record that holds no booking, booked; or why there is none. */
  choose(record: BundleRecord, nowUs: number): ChosenRoute | LimboReason {
    const isPlain = record.onlyNeighbour === 0 && !record.avoided.some((each) => each.untilUs > nowUs);
    let planned: Route | undefined;
    record.detours = NO_DETOURS;
    if (isPlain) {
      planned = this.#routes.route(this.#node, record.destinationNode, nowUs, record.sizeBytes);
      if (planned === undefined) return this.#whyNone(record, nowUs);
      const isOpen = planned.arrivalUs <= record.expiryUs && planned.entryNode !== record.notBackTo;
      const isFree = !this.#parts.loads.concern(planned.contacts, nowUs);
      if (isOpen && isFree && this.#queueIsNoMatter(record, planned, nowUs)) {
        const chosen = this.#book(record, planned, plannedBytes(record), nowUs);
        if (chosen !== undefined) return chosen;
      }
    }
    return this.#search(record, planned, nowUs);
  }

  /** Books a route again that was chosen, and given back, just now. */
  bookAgain(record: BundleRecord, { route, bytes }: ChosenRoute, nowUs: number): void {
    this.promises.promise(record, route, bytes, nowUs);
  }

  /**
   * What a route can carry for a record beyond what is queued and promised (the route volume limit of CCSDS 734.3-B-1): the least
   * over its contacts, and which one that is.
   */
  roomOn(record: BundleRecord, route: Route): { readonly bytes: number; readonly contact: number } {
    let room = { bytes: Number.POSITIVE_INFINITY, contact: -1 };
    let stopUs = Number.POSITIVE_INFINITY;
    for (let hop = route.hops - 1; hop >= 0; hop--) {
      const contact = route.contacts[hop] as number;
      const { endUs, rateBytesPerSecond } = this.#graph.contact(contact);
      stopUs = Math.min(stopUs, endUs);
      const seconds = usToSeconds(Math.max(0, stopUs - (route.departuresUs[hop] as number)));
      const bytes = Math.min(Math.floor(rateBytesPerSecond * seconds), this.promises.residualBytes(contact, record));
      if (bytes <= room.bytes) room = { bytes, contact };
    }
    return room;
  }

  /** The best way for a part of a record that is only `sizeBytes` long; books nothing. */
  partRoute(record: BundleRecord, sizeBytes: number, nowUs: number, without = -1): Route | undefined {
    const query = this.#query(record, nowUs, { sizeBytes, volumeBytes: sizeBytes, mayReturn: false });
    const { excludedContacts } = query;
    return findRoute(this.#graph, {
      ...query,
      excludedContacts: (index) => index === without || (excludedContacts?.(index) ?? false),
    });
  }

  /** Neighbours through which a record can reach its destination in its lifetime, the best first. */
  neighboursFor(record: BundleRecord, nowUs: number): number[] {
    const query = this.#query(record, nowUs, { volumeBytes: undefined, mayReturn: false });
    return routesByNeighbour(this.#graph, query).map(({ entryNode }) => entryNode);
  }

  // --- the short way --------------------------------------------------------------------------------------------------

  /**
   * Whether what goes before a record on the first hop of a planned route leaves it the best: the wait is short, or the route
   * waits further on in any case, so that leaving later arrives at the same time.
   */
  #queueIsNoMatter(record: BundleRecord, route: Route, nowUs: number): boolean {
    const contact = route.contacts[0] as number;
    const { startUs } = this.#graph.contact(contact);
    const link = this.#parts.linkTo(route.entryNode);
    if (startUs > nowUs || link?.open === undefined) return this.promises.takenBytes(contact, record) === 0;
    const leaveUs = link.opportunityUs(record.rank, nowUs);
    const { rateBytesPerSecond, endUs } = link.open;
    if (leaveUs + transmissionUs(record.sizeBytes, rateBytesPerSecond) > endUs) return false;
    if (leaveUs - nowUs <= this.#parts.config.queueToleranceUs) return true;
    const later = this.#routes.nextHop(this.#node, record.destinationNode, leaveUs, record.sizeBytes);
    return later?.contact === contact && later.arrivalUs <= route.arrivalUs;
  }

  #book(record: BundleRecord, route: Route, bytes: number, nowUs: number): ChosenRoute | undefined {
    const pushedOut = this.promises.promise(record, route, bytes, nowUs);
    return pushedOut === undefined ? undefined : { route, pushedOut, bytes };
  }

  // --- a search of its own --------------------------------------------------------------------------------------------

  #search(record: BundleRecord, planned: Route | undefined, nowUs: number): ChosenRoute | LimboReason {
    // What convergence layers may add is asked for where there is choice, and done without where nothing else is left. So is what
    // neighbours say is taken: it may be wrong, and stops no bundle.
    const sizes = [plannedBytes(record), record.sizeBytes];
    const tries: (Restrictions & { readonly volumeBytes: number })[] = sizes.map((volumeBytes) => ({
      volumeBytes,
      mayReturn: false,
    }));
    if (this.#parts.loads.size > 0) {
      tries.unshift({ volumeBytes: plannedBytes(record), heedsLoads: true, mayReturn: false });
    }
    if (record.avoided.some((each) => isDetour(each, this.#node))) {
      tries.push({ volumeBytes: record.sizeBytes, forgetsDetours: true, mayReturn: false });
    }
    for (const restrictions of tries) {
      const { volumeBytes } = restrictions;
      const query = this.#query(record, nowUs, restrictions);
      const route = findRoute(this.#graph, query);
      if (route === undefined) continue;
      if (this.#isHeldBack(record, route, nowUs)) return 'avoided';
      const detours = this.#detours(record, planned, route, nowUs);
      const chosen = this.#book(record, route, volumeBytes, nowUs);
      if (chosen === undefined) continue;
      record.detours = detours;
      return chosen;
    }
    return this.#return(record, nowUs) ?? this.#whyNone(record, nowUs);
  }

  /**
   * The way back to the node that a record came from, where that is the only one (CCSDS 734.3-B-1 leaves the choice to the node).
   * Unless the bundle carries news of a failure, which keeps it from coming straight back, it is made to carry some: that node
   * sends it elsewhere, or keeps it for a while.
   */
  #return(record: BundleRecord, nowUs: number): ChosenRoute | undefined {
    if (record.notBackTo === 0 || record.isCritical) return undefined;
    const volumeBytes = plannedBytes(record);
    const route = findRoute(this.#graph, this.#query(record, nowUs, { volumeBytes, mayReturn: true }));
    if (route === undefined || this.#isHeldBack(record, route, nowUs)) return undefined;
    const chosen = this.#book(record, route, volumeBytes, nowUs);
    if (chosen !== undefined && !record.avoided.some((each) => each.times > 0 && each.untilUs > nowUs)) {
      const { notBackTo, avoided } = record;
      const untilUs = nowUs + holdUs(avoided, notBackTo, this.#node, this.#parts.config.avoidHoldUs);
      record.avoided = withAvoided(avoided, notBackTo, this.#node, untilUs, 1);
    }
    return chosen;
  }

  #query(
    record: BundleRecord,
    nowUs: number,
    { sizeBytes = record.sizeBytes, volumeBytes, heedsLoads = false, forgetsDetours = false, mayReturn }: Restrictions,
  ): RouteQuery {
    const { onlyNeighbour } = record;
    const graph = this.#graph;
    const node = this.#node;
    const kept = forgetsDetours ? record.avoided.filter((each) => !isDetour(each, node)) : record.avoided;
    const avoids = this.#avoids(kept, nowUs);
    return {
      from: node,
      to: record.destinationNode,
      atUs: nowUs,
      sizeBytes,
      deadlineUs: record.expiryUs,
      excludedNeighbours: mayReturn || record.notBackTo === 0 ? undefined : new Set([record.notBackTo]),
      excludedContacts: (index) => {
        if (onlyNeighbour !== 0) {
          const { from, to } = graph.contact(index);
          if (from === node && to !== onlyNeighbour) return true;
        }
        return avoids?.(index) ?? false;
      },
      departUs:
        volumeBytes === undefined
          ? undefined
          : (index, readyUs) => this.#departUs(record, index, readyUs, nowUs, { sizeBytes, volumeBytes, heedsLoads }),
    };
  }

  /** The earliest transmission opportunity on a contact: by the real queue of a link of this node, else by what is promised. */
  #departUs(
    record: BundleRecord,
    index: number,
    readyUs: number,
    nowUs: number,
    {
      sizeBytes,
      volumeBytes,
      heedsLoads,
    }: { readonly sizeBytes: number; readonly volumeBytes: number; readonly heedsLoads: boolean },
  ): number {
    const { from, to, startUs } = this.#graph.contact(index);
    const link = from === this.#node && startUs <= nowUs ? this.#parts.linkTo(to) : undefined;
    if (link?.open === undefined) {
      const othersBytes = heedsLoads ? this.#parts.loads.takenBytes(index, volumeRank(record), nowUs) : 0;
      return this.promises.departUs(index, record, readyUs, volumeBytes, othersBytes);
    }
    if (this.promises.residualBytes(index, record) < volumeBytes) return Number.POSITIVE_INFINITY;
    const leaveUs = Math.max(readyUs, link.opportunityUs(record.rank, nowUs));
    const { rateBytesPerSecond, endUs } = link.open;
    return leaveUs + transmissionUs(sizeBytes, rateBytesPerSecond) > endUs ? Number.POSITIVE_INFINITY : leaveUs;
  }

  /** What the nodes ahead are told of contacts that `route` keeps out of: `planned`, or what it would be past all that failed. */
  #detours(record: BundleRecord, planned: Route | undefined, route: Route, nowUs: number): readonly AvoidedContact[] {
    if (record.onlyNeighbour !== 0) return [];
    const byPlan =
      planned ?? findRoute(this.#graph, this.#query(record, nowUs, { volumeBytes: undefined, mayReturn: false }));
    if (byPlan === undefined) return [];
    const { sizeBytes } = record;
    const restrictions = { sizeBytes, volumeBytes: plannedBytes(record), heedsLoads: true };
    return detoursOf(this.#graph, byPlan, route, (contact) =>
      this.#departUs(record, contact, nowUs, nowUs, restrictions),
    );
  }

  /** A record's route by the plan from a node at a time, past the contacts that it keeps away from then. */
  #avoidingRoute(record: BundleRecord, from: number, atUs: number): Route | undefined {
    const { destinationNode: to, sizeBytes } = record;
    const avoids = this.#avoids(withDetours(record.avoided, record.detours), atUs);
    return findRoute(this.#graph, { from, to, atUs, sizeBytes, excludedContacts: avoids });
  }

  /** Tells the contacts that are avoided at a time; undefined for none. */
  #avoids(avoided: readonly AvoidedContact[], atUs: number): ((index: number) => boolean) | undefined {
    const graph = this.#graph;
    const active = avoided.filter((each) => each.untilUs > atUs);
    if (active.length === 0) return undefined;
    return (index) => {
      const contact = graph.contact(index);
      return active.some(
        (each) => each.from === contact.from && each.to === contact.to && contact.startUs < each.untilUs,
      );
    };
  }

  /**
   * Whether a way round arrives only when a hold is over, so that it is not worth the journey: the bundle stays and tries again
   * then. Not where that would miss the way, nor for ever: what failed again and again is not coming back soon.
   */
  #isHeldBack(record: BundleRecord, route: Route, nowUs: number): boolean {
    const first = route.contacts[0];
    if (first === undefined) return false;
    const { endUs } = this.#graph.contact(first);
    const isWorthWaiting = ({ times, untilUs }: AvoidedContact) =>
      times > 0 && times <= MAX_FAILURES_WAITED_OUT && untilUs > nowUs && untilUs < Math.min(route.arrivalUs, endUs);
    return record.avoided.some(isWorthWaiting);
  }

  // --- no way ---------------------------------------------------------------------------------------------------------

  /** Why the searches found nothing, from what is the least to be helped to what is the most. */
  #whyNone(record: BundleRecord, nowUs: number): LimboReason {
    const byPlan = this.whyNoWay(record, nowUs);
    if (byPlan !== undefined) return byPlan;
    const planned = this.#query(record, nowUs, { volumeBytes: undefined, mayReturn: false });
    return findRoute(this.#graph, planned) === undefined ? 'avoided' : 'no volume';
  }
}
