/**
 * The three phases of a search put together, with the arrays that they share: earliest arrivals forward, the fewest hops from both
 * ends, then the remaining keys. One finder for a graph; one search at a time.
 */
import type { ContactGraph } from './contact-graph.js';
import { EarliestArrival, type ForwardOptions } from './earliest-arrival.js';
import { EdgeTimes, type SearchQuery } from './edge-times.js';
import { FewestHops } from './fewest-hops.js';
import { type KeyOptions, KeyResolution } from './key-resolution.js';
import { checkQuery, type Route, type RouteQuery } from './route.js';

/** Searches over one graph. */
export class RouteFinder {
  readonly graph: ContactGraph;
  readonly times: EdgeTimes;
  /** The first phase, whose labels last until the next search. */
  readonly forward: EarliestArrival;
  readonly #fewest: FewestHops;
  readonly #keys: KeyResolution;

  constructor(graph: ContactGraph) {
    this.graph = graph;
    this.times = new EdgeTimes(graph);
    this.forward = new EarliestArrival(graph, this.times);
    this.#fewest = new FewestHops(graph, this.times);
    this.#keys = new KeyResolution(graph, this.times, this.#fewest);
  }

  /** The best route to the target, undefined where there is none. */
  find(query: SearchQuery, options?: ForwardOptions, keys?: KeyOptions): Route | undefined {
    if (query.source === query.target) return this.#standingStill(query);
    this.times.begin(query);
    if (!this.forward.run(query, options)) return undefined;
    return this.#resolve(query, this.forward.arrivalUs, keys);
  }

  /** The slots of the last route that was found, one for each hop. */
  get slots(): readonly number[] {
    return this.#keys.slots;
  }

  /** By hop of the last route, whether the rest of it is known to be the best route from there; see {@link KeyResolution.bestOnward}. */
  bestOnward(): readonly boolean[] {
    return this.#keys.bestOnward();
  }

  /** Earliest arrivals at all nodes, as labels of the first phase. */
  findAll(query: SearchQuery): Float64Array {
    this.times.begin(query);
    this.forward.run(query);
    return this.forward.arrivalUs;
  }

  /** The best route to the target by labels that {@link findAll} gave for the same question. */
  routeBy(query: SearchQuery, earliestUs: Float64Array): Route | undefined {
    if (query.source === query.target) return this.#standingStill(query);
    if (earliestUs[query.target] === Infinity) return undefined;
    this.times.begin(query);
    return this.#resolve(query, earliestUs);
  }

  #standingStill(query: SearchQuery): Route | undefined {
    if (query.atUs > query.deadlineUs) return undefined;
    return {
      arrivalUs: query.atUs,
      hops: 0,
      contacts: [],
      departuresUs: [],
      arrivalsUs: [],
      terminationUs: Infinity,
      entryNode: this.graph.nodeNumber(query.source),
    };
  }

  #resolve(query: SearchQuery, earliestUs: Float64Array, options?: KeyOptions): Route {
    const arrivalUs = earliestUs[query.target] as number;
    this.#fewest.run(query, arrivalUs, earliestUs);
    this.#keys.run(query.atUs, options);
    const { slots, departuresUs, terminationUs } = this.#keys;
    const { slotContact, slotTarget } = this.graph;
    return {
      arrivalUs,
      hops: slots.length,
      contacts: slots.map((slot) => slotContact[slot] as number),
      departuresUs: departuresUs.slice(),
      arrivalsUs: slots.map((slot, hop) => (departuresUs[hop] as number) + this.times.hopUs(slot)),
      terminationUs,
      entryNode: this.graph.nodeNumber(slotTarget[slots[0] as number] as number),
    };
  }
}

const finders = new WeakMap<ContactGraph, RouteFinder>();

/** The graph's own finder, made at the first call. */
export function finderOf(graph: ContactGraph): RouteFinder {
  let finder = finders.get(graph);
  if (finder === undefined) {
    finder = new RouteFinder(graph);
    finders.set(graph, finder);
  }
  return finder;
}

/**
 * A question in the graph's own terms; undefined where the plan does not know one of the nodes. A `to` that is left out asks for all nodes.
 * Throws a UsageError `bad-route-query` like {@link checkQuery}.
 */
export function searchQueryOf(
  graph: ContactGraph,
  query: Omit<RouteQuery, 'to'> & { readonly to?: number },
): SearchQuery | undefined {
  checkQuery(query);
  const source = graph.nodeIndex(query.from);
  const target = query.to === undefined ? -1 : graph.nodeIndex(query.to);
  if (source === undefined || target === undefined) return undefined;
  return {
    source,
    target,
    atUs: query.atUs,
    sizeBytes: query.sizeBytes,
    deadlineUs: query.deadlineUs ?? Infinity,
    excludedNodes: query.excludedNodes,
    excludedNeighbours: query.excludedNeighbours,
    excludedContacts: query.excludedContacts,
    departUs: query.departUs,
  };
}
