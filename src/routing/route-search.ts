/**
 * Routes over a contact graph, as values: the best one, or a tree of them to all nodes (CCSDS 734.3-B-1 section 3.2).
 *
 * Best is meant among all routes, not among a computed list: the earliest arrival, of those the fewest hops, of those the
 * latest termination, of those the smallest entry node (section 3.2.8.1.4 a), of those the smallest contact indexes from the
 * first hop on.
 */
import type { ContactGraph } from './contact-graph.js';
import type { SearchQuery } from './edge-times.js';
import type { Route, RouteQuery } from './route.js';
import { finderOf, searchQueryOf } from './route-finder.js';

/** A question for the routes to all nodes. */
export type TreeQuery = Omit<RouteQuery, 'to'>;

/** Routes from one node to all others. Outlives other searches over the same graph, and changes of what the question refers to do not reach it but by {@link route}. */
export interface ArrivalTree {
  readonly from: number;
  readonly atUs: number;
  /** Infinity for a node that cannot be reached or is not in the plan; `atUs` at the root. */
  arrivalUs(node: number): number;
  /**
   * The best route to a node, undefined where there is none. It is found at the first call for a node, which takes a search
   * without its first phase, and then remembered. Hooks of the question are called again, and must still say the same.
   */
  route(node: number): Route | undefined;
  /** Index of the contact that the best route to `node` starts with; -1 at the root and where there is no route. */
  firstContact(node: number): number;
  /** Hops of the best route to `node`; 0 at the root, -1 where there is no route. */
  hops(node: number): number;
}

/**
 * The best of all routes, undefined when there is none. From a node to itself the route has no hop. Overlapping contacts of one
 * pair may differ in rate and light time. Throws a UsageError `bad-route-query` for a time that is not whole microseconds of at least
 * 0, a size that is not a number of at least 0, and a `departUs` that gives no number, or is seen to decrease.
 */
export function findRoute(graph: ContactGraph, query: RouteQuery): Route | undefined {
  const search = searchQueryOf(graph, query);
  return search && finderOf(graph).find(search);
}

/** Best routes from `from` to every node for bundles of one size. Throws like {@link findRoute}. */
export function arrivalTree(graph: ContactGraph, query: TreeQuery): ArrivalTree {
  return new LabelTree(graph, query);
}

/** A copy of the first phase's labels, since the next search overwrites them. */
class LabelTree implements ArrivalTree {
  readonly from: number;
  readonly atUs: number;
  readonly #graph: ContactGraph;
  readonly #query: SearchQuery | undefined;
  readonly #arrivalUs: Float64Array;
  readonly #routes = new Map<number, Route>();

  constructor(graph: ContactGraph, query: TreeQuery) {
    this.from = query.from;
    this.atUs = query.atUs;
    this.#graph = graph;
    this.#query = searchQueryOf(graph, { ...query, to: undefined });
    this.#arrivalUs = this.#query === undefined ? new Float64Array(0) : finderOf(graph).findAll(this.#query).slice();
  }

  arrivalUs(node: number): number {
    if (node === this.from) return this.atUs;
    const index = this.#graph.nodeIndex(node);
    return index === undefined ? Infinity : (this.#arrivalUs[index] ?? Infinity);
  }

  route(node: number): Route | undefined {
    const target = this.#graph.nodeIndex(node);
    if (this.#query === undefined || target === undefined) return undefined;
    let route = this.#routes.get(node);
    if (route === undefined) {
      route = finderOf(this.#graph).routeBy({ ...this.#query, target }, this.#arrivalUs);
      if (route !== undefined) this.#routes.set(node, route);
    }
    return route;
  }

  firstContact(node: number): number {
    return this.route(node)?.contacts[0] ?? -1;
  }

  hops(node: number): number {
    return node === this.from ? 0 : (this.route(node)?.hops ?? -1);
  }
}
