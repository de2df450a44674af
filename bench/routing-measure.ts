/**
 * Measures the searches over one plan: ours and, where it runs, A-SABR's, on the same queries with both warm and the plan loaded.
 * Times are CPU times, in our case with the garbage collector's threads. Rounds alternate, and a query takes what it took in the
 * middle one; median and 99th percentile are over the queries.
 */
import { Random } from '../src/base/random.js';
import {
  arrivalTree,
  type ContactGraph,
  type ContactPlan,
  findRoute,
  findRoutes,
  type RouteQuery,
  RouteTable,
} from '../src/routing/index.js';
import { median, quantile } from './bench.js';
import type { Asabr } from './routing-asabr.js';

/** Bundle sizes of the queries, one after the other: the first bit, a megabyte, and the size in A-SABR's own bench. */
const SIZES_BYTES = [0, 1_000_000, 47_419_533] as const;

/** Receivers of the routes that are asked for from memory. */
const REMEMBERED = 100;
const REMEMBERED_TIMES = 50;

/** One in so many queries for a tree also asks for a list of routes. */
const TREES_PER_LIST = 4;

/** How many routes are listed where the best ones are asked for. */
export const ALTERNATIVES = 5;

/** What queries of one kind take, in microseconds. */
export interface Timing {
  readonly medianUs: number;
  readonly p99Us: number;
}

/** The same work done by both sides. */
export interface Compared {
  readonly ours: Timing;
  readonly asabr: Timing | undefined;
}

/** How far the answers of both sides agree. */
export interface Agreement {
  readonly queries: number;
  /** Queries that both sides find a route for. */
  readonly routes: number;
  /** Only one side finds a route, or arrivals differ by more than the rounding to microseconds. */
  readonly otherArrival: number;
  readonly fewerHops: number;
  readonly moreHops: number;
}

/** Everything about one plan. */
export interface Measured {
  readonly route: Compared;
  readonly tree: Compared;
  /** The best {@link ALTERNATIVES} routes; A-SABR lists none. */
  readonly alternatives: Timing;
  /** A route that is remembered, in microseconds. */
  readonly rememberedUs: number;
  /** The same of A-SABR, from its table of routes and from a tree. */
  readonly asabrRememberedUs: { readonly table: number; readonly tree: number } | undefined;
  readonly agreement: Agreement | undefined;
}

/** How much is measured. */
export interface Effort {
  readonly routes: number;
  readonly trees: number;
  readonly rounds: number;
}

/** Pairs of nodes and times of the whole plan, all equally likely, in the order of their times. */
export function randomQueries({ nodes, horizonUs }: ContactPlan, count: number): RouteQuery[] {
  const random = new Random(1);
  const queries = Array.from({ length: count }, (_, i): RouteQuery => {
    const from = random.below(nodes.length);
    const to = (from + 1 + random.below(nodes.length - 1)) % nodes.length;
    return {
      from: nodes[from]!,
      to: nodes[to]!,
      atUs: random.below(horizonUs),
      sizeBytes: SIZES_BYTES[i % SIZES_BYTES.length]!,
    };
  });
  return queries.sort((a, b) => a.atUs - b.atUs);
}

/** Measures routes, trees and remembered routes over a graph. */
export async function measureSearches(
  graph: ContactGraph,
  asabr: Asabr | undefined,
  effort: Effort,
): Promise<Measured> {
  const queries = randomQueries(graph.plan, effort.routes);
  const step = Math.ceil(effort.routes / effort.trees);
  const some = queries.filter((_, i) => i % step === 0);
  const few = some.filter((_, i) => i % TREES_PER_LIST === 0);
  await asabr?.load(graph, queries);
  const agreement = asabr === undefined ? undefined : compareAnswers(graph, queries, await asabr.answers());
  const remembered = rememberedOf(graph);
  const [route, tree, alternatives, fromMemory, ...theirs] = await middleRound(
    [
      () => timed(queries, (query) => findRoute(graph, query)),
      () => timed(some, (query) => arrivalTree(graph, query)),
      () => timed(few, (query) => findRoutes(graph, query, ALTERNATIVES)),
      () => [timeRemembered(graph, remembered)],
      ...(asabr === undefined ? [] : worksOf(asabr, step, remembered)),
    ],
    effort.rounds,
  );
  const [asabrRoute, asabrTree, asabrTable, asabrFromTree] = theirs;
  return {
    route: { ours: timingOf(route!), asabr: asabrRoute && timingOf(asabrRoute) },
    tree: { ours: timingOf(tree!), asabr: asabrTree && timingOf(asabrTree) },
    alternatives: timingOf(alternatives!),
    rememberedUs: fromMemory![0]! / 1e3,
    asabrRememberedUs: asabrTable && { table: asabrTable[0]! / 1e3, tree: asabrFromTree![0]! / 1e3 },
    agreement,
  };
}

/** Nanoseconds of each of some pieces of work. */
type Work = () => readonly number[] | Promise<readonly number[]>;

function worksOf(asabr: Asabr, step: number, { from, atUs, to }: Remembered): Work[] {
  const cached = async (router: 'VolCgrHybridParenting' | 'SpsnHybridParenting') => [
    await asabr.cachedNanoseconds(router, from, atUs, to, REMEMBERED_TIMES),
  ];
  return [
    () => asabr.nanoseconds('search'),
    () => asabr.nanoseconds('tree', step),
    () => cached('VolCgrHybridParenting'),
    () => cached('SpsnHybridParenting'),
  ];
}

/** For each kind of work, what each piece of it took in its middle round; one round more goes ahead to warm up. */
async function middleRound(works: readonly Work[], rounds: number): Promise<number[][]> {
  const samples: (readonly number[])[][] = works.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [i, work] of works.entries()) {
      const nanoseconds = await work();
      if (round >= 0) samples[i]!.push(nanoseconds);
    }
  }
  return samples.map((taken) => taken[0]!.map((_, piece) => median(taken.map((round) => round[piece]!))));
}

function timingOf(nanoseconds: readonly number[]): Timing {
  return { medianUs: quantile(nanoseconds, 0.5) / 1e3, p99Us: quantile(nanoseconds, 0.99) / 1e3 };
}

function timed(queries: readonly RouteQuery[], work: (query: RouteQuery) => unknown): number[] {
  let found = 0;
  const clockNs = clockNanoseconds();
  const nanoseconds = queries.map((query) => {
    const takenNs = cpuNanoseconds(() => {
      if (work(query) !== undefined) found++;
    });
    return Math.max(0, takenNs - clockNs);
  });
  if (found === 0) throw new Error('nothing was found');
  return nanoseconds;
}

/** CPU time of this process, in steps of a microsecond. */
function cpuNanoseconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1e3;
}

/** What the reading of the clock adds: a microsecond or two, which is much for the shortest queries. */
function clockNanoseconds(): number {
  const samples = Array.from({ length: 200 }, () => cpuNanoseconds(() => {}));
  return samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
}

/**
 * A-SABR counts in floating-point seconds, we in whole microseconds with each transmission rounded up: an arrival may differ by one
 * for each hop.
 */
function compareAnswers(
  graph: ContactGraph,
  queries: readonly RouteQuery[],
  answers: readonly ([number, number] | null)[],
): Agreement {
  let [routes, otherArrival, fewerHops, moreHops] = [0, 0, 0, 0];
  for (const [i, query] of queries.entries()) {
    const route = findRoute(graph, query);
    const answer = answers[i] ?? undefined;
    if (route === undefined || answer === undefined) {
      if (route !== undefined || answer !== undefined) otherArrival++;
      continue;
    }
    routes++;
    const [arrival, hops] = answer;
    if (Math.abs(route.arrivalUs - arrival * 1e6) > route.hops + 1) otherArrival++;
    else if (route.hops < hops) fewerHops++;
    else if (route.hops > hops) moreHops++;
  }
  return { queries: queries.length, routes, otherArrival, fewerHops, moreHops };
}

/** One sender, one moment, and receivers that it then has routes to. */
interface Remembered {
  readonly from: number;
  readonly atUs: number;
  readonly to: readonly number[];
}

function rememberedOf(graph: ContactGraph): Remembered {
  const { nodes, horizonUs } = graph.plan;
  const from = nodes[0]!;
  const atUs = Math.floor(horizonUs / 4);
  const tree = arrivalTree(graph, { from, atUs, sizeBytes: 0 });
  const reached = nodes.filter((node) => node !== from && tree.arrivalUs(node) < Infinity);
  return { from, atUs, to: new Random(2).shuffled(reached).slice(0, REMEMBERED) };
}

function timeRemembered(graph: ContactGraph, { from, atUs, to }: Remembered): number {
  const table = new RouteTable(graph);
  for (const node of to) table.nextHop(from, node, atUs, 0);
  const searches = table.counters.searches;
  const takenNs = cpuNanoseconds(() => {
    for (let i = 0; i < REMEMBERED_TIMES; i++) for (const node of to) table.nextHop(from, node, atUs, 0);
  });
  if (table.counters.searches !== searches) throw new Error('not every route was remembered');
  return takenNs / (REMEMBERED_TIMES * to.length);
}
