/**
 * More than one route: the k best, and the best over each first hop (CCSDS 734.3-B-1 sections 3.2.6.10 and 3.2.8.2).
 *
 * The k best are found by Yen's method with Lawler's change. The routes that are not listed yet always fall into classes: those that share
 * a given beginning and then leave on none of a few contacts. A listed route splits its class, hop by hop, and the best of each
 * part is found by one search that begins where the shared hops end, at the time when they do. That search reads its last keys as
 * the whole route's: a termination later than that of the shared hops is worth no more, and the entry node is given.
 */
import { UsageError } from '../base/errors.js';
import type { ContactGraph } from './contact-graph.js';
import type { SearchQuery } from './edge-times.js';
import { compareRoutes, type Route, type RouteQuery } from './route.js';
import { finderOf, type RouteFinder, searchQueryOf } from './route-finder.js';

/** The best route of a class, and what defines the class. */
interface Candidate {
  readonly route: Route;
  /** So many of the route's first hops are shared by all of the class. */
  readonly shared: number;
  /** The contacts, by index, that no route of the class takes after the shared hops. */
  readonly closed: readonly number[];
}

/**
 * The `count` best of all routes that visit no node twice, best first; fewer where there are not so many. Routes that differ in a
 * contact are different. From a node to itself there is the one route without hops. Throws a UsageError `bad-route-query` like
 * `findRoute`, and for a count that is not a whole number of at least 1.
 */
export function findRoutes(graph: ContactGraph, query: RouteQuery, count: number): Route[] {
  if (!(Number.isSafeInteger(count) && count >= 1)) {
    throw new UsageError('bad-route-query', `the number of routes ${count} must be whole and at least 1`);
  }
  const search = searchQueryOf(graph, query);
  if (search === undefined) return [];
  const finder = finderOf(graph);
  const best = finder.find(search);
  if (best === undefined || best.hops === 0) return best === undefined ? [] : [best];
  const found: Route[] = [];
  // Best last, and never more than can still be listed.
  const candidates: Candidate[] = [{ route: best, shared: 0, closed: [] }];
  for (let next = candidates.pop(); next !== undefined; next = candidates.pop()) {
    found.push(next.route);
    const wanted = count - found.length;
    if (wanted === 0) break;
    for (let shared = next.shared; shared < next.route.hops; shared++) {
      const contact = next.route.contacts[shared] as number;
      const closed = shared === next.shared ? [...next.closed, contact] : [contact];
      const route = bestOfClass(finder, search, next.route, shared, closed);
      if (route !== undefined) insert(candidates, { route, shared, closed }, wanted);
    }
  }
  return found;
}

/**
 * The best route over each neighbour that the first hop can lead to, best first; no route comes back through the node itself. Empty
 * from a node to itself. Throws a UsageError `bad-route-query` like `findRoute`.
 */
export function routesByNeighbour(graph: ContactGraph, query: RouteQuery): Route[] {
  const search = searchQueryOf(graph, query);
  if (search === undefined || search.source === search.target) return [];
  const finder = finderOf(graph);
  const routes: Route[] = [];
  const end = graph.nodeEdges[search.source + 1] as number;
  for (let edge = graph.nodeEdges[search.source] as number; edge < end; edge++) {
    const route = finder.find({ ...search, onlyNeighbour: graph.edgeTarget[edge] as number });
    if (route !== undefined) routes.push(route);
  }
  return routes.sort(compareRoutes);
}

/** The best route that begins with the first `shared` hops of `route` and leaves from there on none of the closed contacts. */
function bestOfClass(
  finder: RouteFinder,
  search: SearchQuery,
  route: Route,
  shared: number,
  closed: readonly number[],
): Route | undefined {
  const { graph } = finder;
  const isClosed = (contact: number) => closed.includes(contact) || search.excludedContacts?.(contact) === true;
  if (shared === 0) return finder.find({ ...search, excludedContacts: isClosed });
  const excludedNodes = new Set(search.excludedNodes);
  let terminationUs = Infinity;
  for (const contact of route.contacts.slice(0, shared)) {
    const { from, endUs } = graph.contact(contact);
    excludedNodes.add(from);
    terminationUs = Math.min(terminationUs, endUs);
  }
  const before = graph.contact(route.contacts[shared - 1] as number).to;
  const rest = finder.find(
    {
      ...search,
      source: graph.nodeIndex(before) as number,
      atUs: route.arrivalsUs[shared - 1] as number,
      excludedNodes,
      excludedNeighbours: undefined,
      excludedContacts: isClosed,
    },
    undefined,
    { terminationCapUs: terminationUs, entryFirst: false },
  );
  return (
    rest && {
      arrivalUs: rest.arrivalUs,
      hops: shared + rest.hops,
      contacts: [...route.contacts.slice(0, shared), ...rest.contacts],
      departuresUs: [...route.departuresUs.slice(0, shared), ...rest.departuresUs],
      arrivalsUs: [...route.arrivalsUs.slice(0, shared), ...rest.arrivalsUs],
      terminationUs: Math.min(terminationUs, rest.terminationUs),
      entryNode: route.entryNode,
    }
  );
}

/** Puts a candidate into its place among others, best last, and drops the worst where there are more than `most`. */
function insert(candidates: Candidate[], candidate: Candidate, most: number): void {
  let place = candidates.length;
  while (place > 0 && compareRoutes(candidate.route, (candidates[place - 1] as Candidate).route) > 0) place--;
  candidates.splice(place, 0, candidate);
  if (candidates.length > most) candidates.splice(0, candidates.length - most);
}
