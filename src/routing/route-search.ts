/** Earliest-arrival routes over a contact graph, as values: one route, or a tree to all nodes (CCSDS 734.3-B-1 section 3.2). */
import type { ContactGraph } from './contact-graph.js';
import { type EarliestArrival, searchOf } from './earliest-arrival.js';
import { checkQuery, type Route, type RouteQuery } from './route.js';

/** Earliest arrivals from one node to all others. */
export interface ArrivalTree {
  readonly from: number;
  readonly atUs: number;
  /** Infinity for a node that cannot be reached or is not in the plan; `atUs` at the root. */
  arrivalUs(node: number): number;
  /** Index of the contact that the way to `node` starts with; -1 at the root and where there is no way. */
  firstContact(node: number): number;
  /** Hops of the way to `node`; 0 at the root, -1 where there is no way. */
  hops(node: number): number;
}

/**
 * The route with the earliest arrival, undefined when there is none. Where routes arrive in the same microsecond the one with
 * fewer hops, then with the later termination, then with the smaller first neighbour is taken, among those that also reach
 * each node on their way at the earliest. From a node to itself the route has no hop.
 * Throws a UsageError `bad-route-query` for a time or a size that is not a number of at least 0.
 */
export function findRoute(graph: ContactGraph, query: RouteQuery): Route | undefined {
  checkQuery(query);
  const source = graph.nodeIndex(query.from);
  const target = graph.nodeIndex(query.to);
  if (source === undefined || target === undefined) return undefined;
  const search = searchOf(graph);
  const found = search.run({
    source,
    target,
    atUs: query.atUs,
    sizeBytes: query.sizeBytes,
    deadlineUs: query.deadlineUs ?? Infinity,
    excludedNodes: query.excludedNodes,
    excludedNeighbours: query.excludedNeighbours,
    excludedContacts: query.excludedContacts,
    boundUs: undefined,
  });
  return found ? routeTo(search, target) : undefined;
}

/** Earliest arrivals from `from` to every node for bundles of one size. Throws like {@link findRoute}. */
export function arrivalTree(
  graph: ContactGraph,
  query: { readonly from: number; readonly atUs: number; readonly sizeBytes: number },
): ArrivalTree {
  const { from, atUs, sizeBytes } = query;
  checkQuery(query);
  const source = graph.nodeIndex(from);
  if (source === undefined) return new LabelTree(graph, from, atUs, undefined);
  const search = searchOf(graph);
  search.run({
    source,
    target: -1,
    atUs,
    sizeBytes,
    deadlineUs: Infinity,
    excludedNodes: undefined,
    excludedNeighbours: undefined,
    excludedContacts: undefined,
    boundUs: undefined,
  });
  return new LabelTree(graph, from, atUs, search);
}

/** A copy of a search's labels, since the next search overwrites them. */
class LabelTree implements ArrivalTree {
  readonly #graph: ContactGraph;
  readonly #arrivalUs: Float64Array;
  readonly #firstSlot: Int32Array;
  readonly #hops: Int32Array;

  constructor(
    graph: ContactGraph,
    readonly from: number,
    readonly atUs: number,
    labels: EarliestArrival | undefined,
  ) {
    this.#graph = graph;
    this.#arrivalUs = labels?.arrivalUs.slice() ?? new Float64Array(graph.nodeCount).fill(Infinity);
    this.#firstSlot = labels?.firstSlot.slice() ?? new Int32Array(graph.nodeCount);
    this.#hops = labels?.hops.slice() ?? new Int32Array(graph.nodeCount);
  }

  arrivalUs(node: number): number {
    if (node === this.from) return this.atUs;
    const index = this.#graph.nodeIndex(node);
    return index === undefined ? Infinity : (this.#arrivalUs[index] as number);
  }

  firstContact(node: number): number {
    const index = this.#graph.nodeIndex(node);
    if (index === undefined || node === this.from || this.#arrivalUs[index] === Infinity) return -1;
    return this.#graph.slotContact[this.#firstSlot[index] as number] as number;
  }

  hops(node: number): number {
    if (node === this.from) return 0;
    const index = this.#graph.nodeIndex(node);
    return index === undefined || this.#arrivalUs[index] === Infinity ? -1 : (this.#hops[index] as number);
  }
}

function routeTo(search: EarliestArrival, target: number): Route {
  const hops = search.hops[target] as number;
  const { graph } = search;
  const contacts = new Array<number>(hops);
  const departuresUs = new Array<number>(hops);
  const arrivalsUs = new Array<number>(hops);
  for (let node = target, hop = hops - 1; hop >= 0; hop--, node = search.parent[node] as number) {
    const slot = search.slot[node] as number;
    const spentUs = search.transmissionUs[graph.slotRate[slot] as number] as number;
    contacts[hop] = graph.slotContact[slot] as number;
    arrivalsUs[hop] = search.arrivalUs[node] as number;
    departuresUs[hop] = (search.arrivalUs[node] as number) - (graph.slotOwltUs[slot] as number) - spentUs;
  }
  return {
    arrivalUs: search.arrivalUs[target] as number,
    hops,
    contacts,
    departuresUs,
    arrivalsUs,
    terminationUs: search.terminationUs[target] as number,
    entryNode: graph.nodeNumber(hops === 0 ? target : (graph.slotTarget[search.firstSlot[target] as number] as number)),
  };
}
