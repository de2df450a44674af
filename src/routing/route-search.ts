/** Earliest-arrival routes over a contact graph, as values: one route, or a tree to all nodes (CCSDS 734.3-B-1 section 3.2). */
import { UsageError } from '../base/errors.js';
import type { ContactGraph } from './contact-graph.js';
import { type EarliestArrival, searchOf } from './earliest-arrival.js';

/** A question for one route. */
export interface RouteQuery {
  /** Node number that holds the bundle. */
  readonly from: number;
  /** Node number that it is meant for. */
  readonly to: number;
  /** When the bundle is ready to leave, on the plan's axis. */
  readonly atUs: number;
  /** Its length on the wire; 0 asks for the first bit. */
  readonly sizeBytes: number;
  /** Neighbours that must not be the first hop: where it came from, who refused it. Later hops may visit them. */
  readonly excludedNodes?: ReadonlySet<number> | undefined;
  /** Contacts, by index in the plan, that no hop may use. Must not search the same graph itself. */
  readonly excludedContacts?: ((contactIndex: number) => boolean) | undefined;
  /** Only a route that arrives by then counts. */
  readonly deadlineUs?: number | undefined;
}

/** A way through the plan; all lists have one entry for each hop. */
export interface Route {
  readonly arrivalUs: number;
  readonly hops: number;
  /** Indexes into the plan's contacts. */
  readonly contacts: readonly number[];
  /** When the last byte is at the end of each hop. */
  readonly arrivalsUs: readonly number[];
  /** The earliest end of its contacts. */
  readonly terminationUs: number;
}

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
  checkQuery(query.atUs, query.sizeBytes);
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
  checkQuery(atUs, sizeBytes);
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
  const contacts = new Array<number>(hops);
  const arrivalsUs = new Array<number>(hops);
  for (let node = target, hop = hops - 1; hop >= 0; hop--, node = search.parent[node] as number) {
    contacts[hop] = search.graph.slotContact[search.slot[node] as number] as number;
    arrivalsUs[hop] = search.arrivalUs[node] as number;
  }
  return {
    arrivalUs: search.arrivalUs[target] as number,
    hops,
    contacts,
    arrivalsUs,
    terminationUs: search.terminationUs[target] as number,
  };
}

function checkQuery(atUs: number, sizeBytes: number): void {
  if (!(atUs >= 0)) throw new UsageError('bad-route-query', `the time ${atUs} must be at least 0 microseconds`);
  if (!(sizeBytes >= 0)) throw new UsageError('bad-route-query', `the size ${sizeBytes} must be at least 0 bytes`);
}
