/**
 * Measures the searches over one plan: ours and, where it runs, A-SABR's, on the same queries with both warm and the plan loaded.
 * Rounds alternate; each gives the median and the 99th percentile over the queries, and what is reported is the middle round.
 */
import { performance } from 'node:perf_hooks';
import { Random } from '../src/base/random.js';
import {
  arrivalTree,
  type ContactGraph,
  type ContactPlan,
  findRoute,
  type RouteQuery,
  RouteTable,
} from '../src/routing/index.js';
import { medianRatio, quantile } from './bench.js';
import type { Asabr } from './routing-asabr.js';

/** Bundle sizes of the queries, one after the other: the first bit, a megabyte, and the size in A-SABR's own bench. */
const SIZES_BYTES = [0, 1_000_000, 47_419_533] as const;

/** Receivers of the routes that are asked for from memory. */
const REMEMBERED = 100;
const REMEMBERED_TIMES = 20;

/** What queries of one kind take, in microseconds, a value for each round. */
export interface Timing {
  readonly medianUs: readonly number[];
  readonly p99Us: readonly number[];
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
  /** A route that is remembered, microseconds, a value for each round; A-SABR's from a table of routes and from a tree. */
  readonly rememberedUs: readonly number[];
  readonly asabrTableUs: readonly number[];
  readonly asabrTreeUs: readonly number[];
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

/** Measures routes, trees and remembered routes over a graph; one round more goes ahead to warm up. */
export async function measureSearches(
  graph: ContactGraph,
  asabr: Asabr | undefined,
  effort: Effort,
): Promise<Measured> {
  const queries = randomQueries(graph.plan, effort.routes);
  const step = Math.ceil(effort.routes / effort.trees);
  const some = queries.filter((_, i) => i % step === 0);
  await asabr?.load(graph, queries);
  const agreement = asabr === undefined ? undefined : compareAnswers(graph, queries, await asabr.answers());
  const ours = { route: emptyTiming(), tree: emptyTiming() };
  const theirs = { route: emptyTiming(), tree: emptyTiming() };
  const remembered = rememberedOf(graph);
  const [rememberedUs, asabrTableUs, asabrTreeUs]: number[][] = [[], [], []];
  for (let round = -1; round < effort.rounds; round++) {
    const keep = round >= 0;
    record(
      ours.route,
      timed(queries, (query) => findRoute(graph, query)),
      keep,
    );
    if (asabr !== undefined) record(theirs.route, await asabr.nanoseconds('search'), keep);
    record(
      ours.tree,
      timed(some, (query) => arrivalTree(graph, query)),
      keep,
    );
    if (asabr !== undefined) record(theirs.tree, await asabr.nanoseconds('tree', step), keep);
  }
  for (let round = -1; round < effort.rounds; round++) {
    const oursUs = timeRemembered(graph, remembered) / 1e3;
    if (round >= 0) rememberedUs!.push(oursUs);
    if (asabr === undefined) continue;
    const { from, atUs, to } = remembered;
    const tableUs = (await asabr.cachedNanoseconds('VolCgrHybridParenting', from, atUs, to, REMEMBERED_TIMES)) / 1e3;
    const treeUs = (await asabr.cachedNanoseconds('SpsnHybridParenting', from, atUs, to, REMEMBERED_TIMES)) / 1e3;
    if (round < 0) continue;
    asabrTableUs!.push(tableUs);
    asabrTreeUs!.push(treeUs);
  }
  const pair = (what: 'route' | 'tree'): Compared => ({
    ours: ours[what],
    asabr: asabr === undefined ? undefined : theirs[what],
  });
  return {
    route: pair('route'),
    tree: pair('tree'),
    rememberedUs: rememberedUs!,
    asabrTableUs: asabrTableUs!,
    asabrTreeUs: asabrTreeUs!,
    agreement,
  };
}

/** How many times as fast the first is; the median over the rounds. */
export function timesAsFast(oursUs: readonly number[], theirsUs: readonly number[]): number {
  return medianRatio(theirsUs, oursUs);
}

/** Nanoseconds of each query. The clock itself takes some tens of them. */
export function timed(queries: readonly RouteQuery[], work: (query: RouteQuery) => unknown): number[] {
  const nanoseconds = new Array<number>(queries.length);
  let found = 0;
  for (let i = 0; i < queries.length; i++) {
    const begin = performance.now();
    if (work(queries[i]!) !== undefined) found++;
    nanoseconds[i] = (performance.now() - begin) * 1e6;
  }
  if (found === 0) throw new Error('nothing was found');
  return nanoseconds;
}

/** A timing without rounds. */
export function emptyTiming(): { medianUs: number[]; p99Us: number[] } {
  return { medianUs: [], p99Us: [] };
}

/** Adds a round. */
export function record(timing: ReturnType<typeof emptyTiming>, nanoseconds: readonly number[], keep: boolean): void {
  if (!keep) return;
  timing.medianUs.push(quantile(nanoseconds, 0.5) / 1e3);
  timing.p99Us.push(quantile(nanoseconds, 0.99) / 1e3);
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
  const begin = performance.now();
  for (let i = 0; i < REMEMBERED_TIMES; i++) for (const node of to) table.nextHop(from, node, atUs, 0);
  const nanoseconds = ((performance.now() - begin) * 1e6) / (REMEMBERED_TIMES * to.length);
  if (table.counters.searches !== searches) throw new Error('not every route was remembered');
  return nanoseconds;
}
