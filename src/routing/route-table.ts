/**
 * Next hops and routes with a memory, shared by all nodes of a process.
 *
 * One search from source to destination fills the memory for every node on its path, since what is left of an earliest-arrival
 * path is an earliest-arrival path itself. Sizes are rounded up to a class, so a remembered hop always fits the bundle.
 *
 * When an entry is right. Let a search that began at the source find a path to the destination that arrives at A. For a node
 * n of it write a for the earliest arrival there, and P(t) for the arrival over the rest of the path when leaving n at t:
 * P(t) = max(W, t + D), where D adds up the rest's transmission and light times and W is the latest that any contact start on it
 * imposes. The path can be taken until E, when a contact of it becomes too short. The entry promises that P(t) is the earliest
 * arrival from n at t. (Where the path is at n later than a, it waits after n even so, and the first case holds.)
 *
 *  1. It waits at a (W > a + D, so A = W). For a <= t <= W - D the path still arrives at A, and leaving later than a never
 *     arrives earlier than leaving at a. What opens in between does not matter.
 *  2. It does not wait, and t >= a. Another path is faster than t + D only if it waited at a contact in the search's time frame:
 *     shifting a path that does not wait shifts its arrival by the same amount. Its first such contact was closed when the search
 *     settled the sender, or else the sender lies beyond A and the path is too long anyway. So the search's nextOpeningUs, the
 *     least arrival over any contact that it saw closed, bounds all of them: the entry holds while t + D <= nextOpeningUs.
 *     Where the search had lower bounds of the time from each node to the destination, the opening contact's way on from its
 *     receiver counts as well, and a sender that the search left out is too far from both ends together.
 *  3. It does not wait, and t = a - g < a (a bundle smaller than its class comes early). Suppose another path from n at t arrives
 *     before t + D. Could every contact of it still take the bundle when the search reached its sender, then the search, being at n
 *     g later, would have been at each node of it at most g later, and at the destination before a + D = A. So one of its contacts
 *     stopped taking bundles within the g microseconds before the search settled its sender: the entry holds while g is less than
 *     the search's sinceClosingUs, the least such span, and while the path does not wait at t either (t >= W - D).
 *
 * When it is the best route under all keys. At the source it is at a; at a node on the way where the rest of the path is known to be
 * the best route from there (`KeyResolution.bestOnward`) it is when the path is there, which is a unless it waits later on. In case 1, whoever still arrives at A could do so then, over the same contacts, and was worse or is
 * the path itself. In case 2 the same holds for whoever arrives by t + D without having waited in the search's frame, and for whoever
 * waited while t + D < nextOpeningUs, without the equal sign: hops, terminations, entry nodes and contacts do not change with
 * the time. In case 3 a path that the search could not take any more may have arrived as early with fewer hops, so the entry is no use.
 *
 * "No way" stays true for all later times.
 */
import { LRUCache } from 'lru-cache';
import { UsageError } from '../base/errors.js';
import { transmissionUs } from '../base/time.js';
import type { ContactGraph } from './contact-graph.js';
import type { SearchQuery } from './edge-times.js';
import { ReachBounds } from './reach-bounds.js';
import { checkQuery, type Route } from './route.js';
import { finderOf } from './route-finder.js';
import { findRoute } from './route-search.js';

/** Upper bounds of the size classes, in bytes, ascending. Larger bundles are searched for one by one. */
export const SIZE_CLASSES_BYTES: readonly number[] = [1_024, 4_096, 16_384, 65_536];

/** Remembered hops unless an option says otherwise. */
export const ROUTE_TABLE_ENTRIES = 131_072;

/**
 * The bounds of a destination are worth finding once searches for it have settled this many times as many nodes as there are: they cost
 * a look at each node. One for a neighbour, whom custody signals go to, settles a few and is never worth it.
 */
const BOUNDS_AFTER_NODES = 1.5;

/** Numbers kept in bounds of all destinations together, 8 bytes each. */
const BOUND_NUMBERS = 2_000_000;

/** The first step of the way to a destination. */
export interface NextHop {
  /** Index of the contact in the plan. */
  readonly contact: number;
  /** Its receiver. */
  readonly to: number;
  /** When the bundle can start to leave: the contact's start, or now. */
  readonly startUs: number;
  /** When a bundle of its size class can be at the destination at the earliest. */
  readonly arrivalUs: number;
}

/** How much a route table remembers, and how finely. */
export interface RouteTableOptions {
  /** Ascending; default {@link SIZE_CLASSES_BYTES}. */
  readonly sizeClassesBytes?: readonly number[];
  /** Default {@link ROUTE_TABLE_ENTRIES}. */
  readonly maxEntries?: number;
}

/** How often a table could answer from memory. */
export interface RouteTableCounters {
  hits: number;
  searches: number;
}

/** See the head of this file. Node numbers throughout; times in microseconds on the plan's axis. */
export class RouteTable {
  readonly counters: RouteTableCounters = { hits: 0, searches: 0 };
  readonly #sizeClassesBytes: readonly number[];
  readonly #maxEntries: number;
  #graph: ContactGraph;
  #entries: LRUCache<number, Entry>;
  /** Bounds of destinations by size class. */
  #bounds: LRUCache<number, Float64Array>;
  /** Nodes that searches for each of them have settled. */
  #spentNodes = new Map<number, number>();
  #reach: ReachBounds | undefined;

  /** Throws a UsageError `bad-route-table` for size classes that do not ascend from above 0, or no room for an entry. */
  constructor(graph: ContactGraph, options: RouteTableOptions = {}) {
    this.#graph = graph;
    this.#sizeClassesBytes = options.sizeClassesBytes ?? SIZE_CLASSES_BYTES;
    this.#maxEntries = options.maxEntries ?? ROUTE_TABLE_ENTRIES;
    const ascending = this.#sizeClassesBytes.every((bytes, i, all) => bytes > (i === 0 ? 0 : (all[i - 1] as number)));
    if (!ascending) throw new UsageError('bad-route-table', 'size classes must ascend from above 0');
    if (!(this.#maxEntries >= 1))
      throw new UsageError('bad-route-table', 'a route table needs room for at least one entry');
    this.#entries = this.#roomForEntries();
    this.#bounds = this.#roomForBounds();
  }

  get graph(): ContactGraph {
    return this.#graph;
  }

  /** Takes another plan and forgets everything. */
  refresh(graph: ContactGraph): void {
    this.#graph = graph;
    this.#entries = this.#roomForEntries();
    this.#bounds = this.#roomForBounds();
    this.#spentNodes = new Map();
    this.#reach = undefined;
  }

  /**
   * Where a bundle of `sizeBytes` that is ready at `fromNode` at `atUs` goes first so as to reach `toNode` at the earliest.
   * Undefined where there is no way, and from a node to itself. Exact for the upper bound of the bundle's size class; where
   * only that does not get through, the bundle's own size is tried. Throws a UsageError `bad-route-query` like `findRoute`.
   */
  nextHop(fromNode: number, toNode: number, atUs: number, sizeBytes: number): NextHop | undefined {
    checkQuery({ atUs, sizeBytes });
    const source = this.#graph.nodeIndex(fromNode);
    const target = this.#graph.nodeIndex(toNode);
    if (source === undefined || target === undefined || source === target) return undefined;
    const sizeClass = this.#sizeClass(sizeBytes);
    if (sizeClass >= 0) {
      let entry = this.#entries.get(this.#key(source, target, sizeClass));
      if (entry === undefined || atUs < entry.fromUs || atUs > entry.untilUs) {
        entry = this.#search(source, target, atUs, sizeClass);
      } else this.counters.hits++;
      if (entry.contact >= 0) {
        return {
          contact: entry.contact,
          to: entry.to,
          startUs: Math.max(atUs, entry.startUs),
          arrivalUs: Math.max(entry.waitUs, atUs + entry.delayUs),
        };
      }
      if (sizeBytes >= entry.refusedBytes) return undefined;
    }
    const route = this.#ownSize(source, target, atUs, sizeBytes, sizeClass);
    const contact = route?.contacts[0];
    if (route === undefined || contact === undefined) return undefined;
    const { to, startUs } = this.#graph.contact(contact);
    return { contact, to, startUs: Math.max(atUs, startUs), arrivalUs: route.arrivalUs };
  }

  /**
   * The best route under all keys for a bundle of the upper bound of the size class of `sizeBytes`; where only that does not get
   * through, for the bundle's own size. Undefined where there is none; without hops from a node to itself. Throws a UsageError
   * `bad-route-query` like `findRoute`.
   */
  route(fromNode: number, toNode: number, atUs: number, sizeBytes: number): Route | undefined {
    checkQuery({ atUs, sizeBytes });
    const source = this.#graph.nodeIndex(fromNode);
    const target = this.#graph.nodeIndex(toNode);
    if (source === undefined || target === undefined) return undefined;
    if (source === target) return findRoute(this.#graph, { from: fromNode, to: toNode, atUs, sizeBytes });
    const sizeClass = this.#sizeClass(sizeBytes);
    if (sizeClass >= 0) {
      let entry = this.#entries.get(this.#key(source, target, sizeClass));
      if (entry === undefined || atUs < entry.bestFromUs || atUs > entry.bestUntilUs) {
        entry = this.#search(source, target, atUs, sizeClass);
      } else this.counters.hits++;
      if (entry.contact >= 0) return this.#routeOver(entry, atUs, this.#sizeClassesBytes[sizeClass] as number);
      if (sizeBytes >= entry.refusedBytes) return undefined;
    }
    return this.#ownSize(source, target, atUs, sizeBytes, sizeClass);
  }

  /** Searches for a size that has no class (-1), or whose class does not get through; remembers if the bundle does not either. */
  #ownSize(source: number, target: number, atUs: number, sizeBytes: number, sizeClass: number): Route | undefined {
    this.counters.searches++;
    const route = finderOf(this.#graph).find(question(source, target, atUs, sizeBytes));
    if (route === undefined && sizeClass >= 0) {
      this.#entries.set(this.#key(source, target, sizeClass), noWay(atUs, sizeBytes));
    }
    return route;
  }

  /** An empty memory, no larger than the plan can fill. */
  #roomForEntries(): LRUCache<number, Entry> {
    const most = this.#graph.nodeCount ** 2 * this.#sizeClassesBytes.length;
    return new LRUCache({ max: Math.max(1, Math.min(this.#maxEntries, most)) });
  }

  #roomForBounds(): LRUCache<number, Float64Array> {
    const count = this.#graph.nodeCount;
    const most = count * this.#sizeClassesBytes.length;
    return new LRUCache({ max: Math.max(1, Math.min(most, Math.floor(BOUND_NUMBERS / Math.max(1, count)))) });
  }

  #sizeClass(sizeBytes: number): number {
    const bounds = this.#sizeClassesBytes;
    for (let i = 0; i < bounds.length; i++) if (sizeBytes <= (bounds[i] as number)) return i;
    return -1;
  }

  #key(source: number, target: number, sizeClass: number): number {
    return (source * this.#graph.nodeCount + target) * this.#sizeClassesBytes.length + sizeClass;
  }

  /** The bounds of a destination for a size class, once searches for it have cost enough. */
  #boundsFor(destination: number, target: number, sizeClass: number): Float64Array | undefined {
    const spentNodes = this.#spentNodes.get(destination) ?? 0;
    if (spentNodes <= BOUNDS_AFTER_NODES * this.#graph.nodeCount) return undefined;
    let boundUs = this.#bounds.get(destination);
    if (boundUs === undefined) {
      this.#reach ??= new ReachBounds(this.#graph);
      boundUs = this.#reach.towards(target, this.#sizeClassesBytes[sizeClass] as number);
      this.#bounds.set(destination, boundUs);
    }
    return boundUs;
  }

  /** Searches for a class and remembers the answer for every node on the path; returns the source's entry. */
  #search(source: number, target: number, atUs: number, sizeClass: number): Entry {
    const graph = this.#graph;
    const finder = finderOf(graph);
    const sizeBytes = this.#sizeClassesBytes[sizeClass] as number;
    this.counters.searches++;
    const destination = target * this.#sizeClassesBytes.length + sizeClass;
    const options = { boundUs: this.#boundsFor(destination, target, sizeClass), watch: true };
    const route = finder.find(question(source, target, atUs, sizeBytes), options);
    const spentNodes = (this.#spentNodes.get(destination) ?? 0) + finder.forward.settledNodes;
    this.#spentNodes.set(destination, spentNodes);
    if (route === undefined) {
      const entry = noWay(atUs, sizeBytes);
      this.#entries.set(this.#key(source, target, sizeClass), entry);
      return entry;
    }
    const slots = finder.slots.slice();
    const isBest = finder.bestOnward();
    const { nextOpeningUs, sinceClosingUs, arrivalUs } = finder.forward;
    let delayUs = 0;
    let waitUs = -Infinity;
    let lastUs = Infinity;
    for (let place = slots.length - 1; ; place--) {
      const slot = slots[place] as number;
      const node = place === 0 ? source : (graph.slotTarget[slots[place - 1] as number] as number);
      const contact = graph.slotContact[slot] as number;
      const startUs = graph.slotStartUs[slot] as number;
      const spentUs = transmissionUs(sizeBytes, graph.rates[graph.slotRate[slot] as number] as number);
      const hopUs = spentUs + (graph.slotOwltUs[slot] as number);
      lastUs = Math.min((graph.slotEndUs[slot] as number) - spentUs, lastUs - hopUs);
      waitUs = Math.max(waitUs, startUs + hopUs + delayUs);
      delayUs += hopUs;
      const reachedUs = arrivalUs[node] as number;
      const idleUs = waitUs - delayUs;
      const waits = idleUs > reachedUs;
      const thereUs = place === 0 ? atUs : (route.arrivalsUs[place - 1] as number);
      const entry: Entry = {
        contact,
        to: graph.contact(contact).to,
        startUs,
        waitUs,
        delayUs,
        fromUs: waits ? reachedUs : Math.max(reachedUs - sinceClosingUs + 1, idleUs),
        untilUs: Math.min(lastUs, waits ? idleUs : nextOpeningUs - delayUs),
        bestFromUs: isBest[place] ? thereUs : Infinity,
        bestUntilUs: Math.min(lastUs, waits ? idleUs : Math.max(thereUs, nextOpeningUs - delayUs - 1)),
        slots,
        place,
        refusedBytes: Infinity,
      };
      const key = this.#key(node, target, sizeClass);
      if (place === 0) {
        this.#entries.set(key, entry);
        return entry;
      }
      // An entry that holds now as well as then serves bundles that are already under way; this one would not.
      const known = this.#entries.peek(key);
      const isKnown = known !== undefined && reachedUs >= known.fromUs && reachedUs <= known.untilUs;
      const isBestKnown = isKnown && thereUs >= known.bestFromUs && thereUs <= known.bestUntilUs;
      if (!isKnown || (isBest[place] && !isBestKnown)) this.#entries.set(key, entry);
    }
  }

  /** The path of an entry as it is taken from a time on by a bundle of a size. */
  #routeOver({ slots, place }: Entry, atUs: number, sizeBytes: number): Route {
    const graph = this.#graph;
    const hops = slots.length - place;
    const contacts = new Array<number>(hops);
    const departuresUs = new Array<number>(hops);
    const arrivalsUs = new Array<number>(hops);
    let readyUs = atUs;
    let terminationUs = Infinity;
    for (let hop = 0; hop < hops; hop++) {
      const slot = slots[place + hop] as number;
      const leaveUs = Math.max(readyUs, graph.slotStartUs[slot] as number);
      const spentUs = transmissionUs(sizeBytes, graph.rates[graph.slotRate[slot] as number] as number);
      readyUs = leaveUs + spentUs + (graph.slotOwltUs[slot] as number);
      terminationUs = Math.min(terminationUs, graph.slotEndUs[slot] as number);
      contacts[hop] = graph.slotContact[slot] as number;
      departuresUs[hop] = leaveUs;
      arrivalsUs[hop] = readyUs;
    }
    const entryNode = graph.nodeNumber(graph.slotTarget[slots[place] as number] as number);
    return { arrivalUs: readyUs, hops, contacts, departuresUs, arrivalsUs, terminationUs, entryNode };
  }
}

/** What the table remembers for one node, destination and size class; the letters are those of the head of this file. */
interface Entry {
  /** -1: there is no way. */
  readonly contact: number;
  readonly to: number;
  readonly startUs: number;
  /** W. */
  readonly waitUs: number;
  /** D. */
  readonly delayUs: number;
  readonly fromUs: number;
  readonly untilUs: number;
  /** From when until when the path is the best route under all keys; bestFromUs is Infinity where that is not known. */
  readonly bestFromUs: number;
  readonly bestUntilUs: number;
  /** The whole path of the search, from its source on; empty where there is no way. */
  readonly slots: readonly number[];
  /** Which of them is the first one from here. */
  readonly place: number;
  /** Where there is no way: the smallest size that is known not to get through. */
  readonly refusedBytes: number;
}

function noWay(atUs: number, refusedBytes: number): Entry {
  return {
    contact: -1,
    to: -1,
    startUs: 0,
    waitUs: 0,
    delayUs: 0,
    fromUs: atUs,
    untilUs: Infinity,
    bestFromUs: atUs,
    bestUntilUs: Infinity,
    slots: [],
    place: 0,
    refusedBytes,
  };
}

function question(source: number, target: number, atUs: number, sizeBytes: number): SearchQuery {
  return { source, target, atUs, sizeBytes, deadlineUs: Infinity };
}
