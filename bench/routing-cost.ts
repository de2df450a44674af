/** What routing costs on +Grid constellations of 100 to 10,000 satellites over one orbit, and a picture of it. */
import { Random } from '../src/base/random.js';
import { transmissionUs } from '../src/base/time.js';
import { ContactGraph, RouteTable } from '../src/routing/index.js';
import { median } from './bench.js';
import { type Chart, logLogSvg } from './log-log-svg.js';
import type { Asabr } from './routing-asabr.js';
import { ALTERNATIVES, type Measured, measureSearches, type Timing } from './routing-measure.js';
import { type RoutingMemory, routingMemory } from './routing-memory.js';
import { starPlan } from './routing-plans.js';

const ROUNDS = 5;
const BUNDLE_BYTES = 1_000;

/** Plans and graphs are made so often in a round that together they have as many satellites: a single small one is lost in noise. */
const SATELLITES_A_ROUND = 10_000;

/** A constellation, and how many routes are asked for in a round. */
export interface CostSize {
  readonly planes: number;
  readonly satellitesPerPlane: number;
  readonly routes: number;
}

/** From 100 to 10,000 satellites. */
export const COST_SIZES: readonly CostSize[] = [
  { planes: 10, satellitesPerPlane: 10, routes: 1_000 },
  { planes: 15, satellitesPerPlane: 20, routes: 1_000 },
  { planes: 40, satellitesPerPlane: 25, routes: 500 },
  { planes: 50, satellitesPerPlane: 60, routes: 200 },
  { planes: 100, satellitesPerPlane: 100, routes: 200 },
];

/** Everything about one constellation. */
export interface Cost {
  readonly satellites: number;
  readonly contacts: number;
  readonly planMs: number;
  readonly graphMs: number;
  readonly searches: Measured;
  readonly load: Load;
  readonly memory: RoutingMemory;
}

/** What next hops cost under load, misses included. */
export interface Load {
  readonly hopUs: number;
  readonly rememberedPercent: number;
}

/** Measures one constellation. */
export async function costOf(size: CostSize, asabr: Asabr | undefined): Promise<Cost> {
  const { planes, satellitesPerPlane, routes } = size;
  const plan = starPlan(planes, satellitesPerPlane);
  const graph = new ContactGraph(plan);
  const satellites = planes * satellitesPerPlane;
  const times = Math.ceil(SATELLITES_A_ROUND / satellites);
  return {
    satellites,
    contacts: plan.contacts.length,
    planMs: medianCpuUs(() => void starPlan(planes, satellitesPerPlane), times) / 1e3,
    graphMs: medianCpuUs(() => void new ContactGraph(plan), times) / 1e3,
    searches: await measureSearches(graph, asabr, { routes, trees: routes / 5, rounds: ROUNDS }),
    load: loadOf(graph),
    memory: routingMemory(planes, satellitesPerPlane),
  };
}

/** The costs as two charts over the number of satellites. */
export function costSvg(costs: readonly Cost[], machine: string): string {
  const line = (label: string, colour: number, value: (cost: Cost) => number | undefined, dashed = false) => ({
    label,
    colour,
    dashed,
    points: costs.map((cost) => [cost.satellites, value(cost)] as const),
  });
  const medianSeconds = (timing: Timing | undefined) => timing && timing.medianUs * 1e-6;
  const times: Chart = {
    title: 'Time',
    unit: 's',
    series: [
      line('plan of one orbit', 0, ({ planMs }) => planMs / 1e3),
      line('graph of the plan', 1, ({ graphMs }) => graphMs / 1e3),
      line('tree to all', 2, ({ searches }) => medianSeconds(searches.tree.ours)),
      line('one route', 3, ({ searches }) => medianSeconds(searches.route.ours)),
      line(`${ALTERNATIVES} best routes`, 4, ({ searches }) => medianSeconds(searches.alternatives)),
      line('next hop under load', 5, ({ load }) => load.hopUs * 1e-6),
      line('remembered next hop', 6, ({ searches }) => searches.rememberedUs * 1e-6),
      line('A-SABR, tree to all', 2, ({ searches }) => medianSeconds(searches.tree.asabr), true),
      line('A-SABR, one route', 3, ({ searches }) => medianSeconds(searches.route.asabr), true),
    ],
  };
  const memory: Chart = {
    title: 'Memory',
    unit: 'B',
    series: [
      line('plan', 0, ({ memory: { planBytes } }) => planBytes),
      line('graph', 1, ({ memory: { graphBytes } }) => graphBytes),
      line('searches', 2, ({ memory: { searchBytes } }) => searchBytes),
    ],
  };
  return logLogSvg('Routing against the size of a +Grid constellation', machine, 'satellites', [times, memory]);
}

/** A bundle every 20 ms for a minute from anywhere to one of 20 nodes: the load of a few jobs. */
function loadOf(graph: ContactGraph): Load {
  let hops = 0;
  let table = new RouteTable(graph);
  const us = medianCpuUs(() => {
    table = new RouteTable(graph);
    const random = new Random(2);
    hops = 0;
    for (let bundle = 0; bundle < 3_000; bundle++) {
      let node = 1 + random.below(graph.nodeCount);
      let atUs = bundle * 20_000;
      const to = 1 + random.below(20) * Math.floor(graph.nodeCount / 20);
      while (node !== to) {
        const hop = table.nextHop(node, to, atUs, BUNDLE_BYTES);
        if (hop === undefined) break;
        hops++;
        const contact = graph.contact(hop.contact);
        atUs = hop.startUs + transmissionUs(BUNDLE_BYTES, contact.rateBytesPerSecond) + contact.owltUs;
        node = hop.to;
      }
    }
  });
  const { hits, searches } = table.counters;
  return { hopUs: us / hops, rememberedPercent: (100 * hits) / (hits + searches) };
}

/** Median CPU time of a piece of work that each round does so often, after one round to warm up. */
function medianCpuUs(work: () => void, times = 1): number {
  const samples: number[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < times; i++) work();
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) samples.push((user + system) / times);
  }
  return median(samples);
}
