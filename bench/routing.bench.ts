/** Contact-plan routing on +Grid constellations: plan generation, graph, searches, and next hops with a memory. */
import { Random } from '../src/base/random.js';
import { transmissionUs } from '../src/base/time.js';
import { constellationPlan, periodUs, type WalkerShell } from '../src/orbit/index.js';
import { arrivalTree, ContactGraph, findRoute, RouteTable } from '../src/routing/index.js';
import type { BenchRow } from './bench.js';

const SIZES: readonly { readonly planes: number; readonly satellitesPerPlane: number; readonly searches: number }[] = [
  { planes: 11, satellitesPerPlane: 11, searches: 20_000 },
  { planes: 40, satellitesPerPlane: 25, searches: 2_000 },
  { planes: 100, satellitesPerPlane: 100, searches: 200 },
];
const SIZE_BYTES = 1_000;
const ROUNDS = 5;

/** Figures of one process on one thread: the median of {@link ROUNDS} rounds, in CPU time. */
export async function routingBench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const { planes, satellitesPerPlane, searches } of SIZES) {
    const shell: WalkerShell = {
      pattern: 'star',
      planes,
      satellitesPerPlane,
      phasing: 0,
      altitudeKm: 780,
      inclinationDeg: 87,
    };
    const horizonUs = Math.round(periodUs(shell));
    const options = { crossoverLatitudeDeg: 70, rateBytesPerSecond: 1e7, horizonUs };
    const plan = constellationPlan(shell, options);
    const graph = new ContactGraph(plan);
    const nodes = graph.nodeCount;
    const label = `${nodes.toLocaleString('en-US')} satellites`;
    const random = new Random(1);
    const anyNode = () => 1 + random.below(nodes);

    const planUs = medianCpuUs(() => void constellationPlan(shell, options));
    rows.push({
      name: `routing: plan of one orbit, ${label} (${plan.contacts.length} contacts)`,
      value: planUs / 1e3,
      unit: 'ms',
    });
    const graphUs = medianCpuUs(() => void new ContactGraph(plan));
    rows.push({ name: `routing: graph of the plan, ${label}`, value: graphUs / 1e3, unit: 'ms' });
    const treeUs = medianCpuUs(() => {
      for (let i = 0; i < searches; i++) {
        arrivalTree(graph, { from: anyNode(), atUs: random.below(horizonUs), sizeBytes: SIZE_BYTES });
      }
    });
    rows.push({ name: `routing: one-to-all tree, ${label}`, value: treeUs / searches, unit: 'us' });
    const routeUs = medianCpuUs(() => {
      for (let i = 0; i < searches; i++) {
        findRoute(graph, { from: anyNode(), to: anyNode(), atUs: random.below(horizonUs), sizeBytes: SIZE_BYTES });
      }
    });
    rows.push({
      name: `routing: one route, ${label}`,
      value: routeUs / searches,
      unit: 'us',
      comparisons: [{ peer: 'a tree', ratio: routeUs / treeUs }],
    });
    rows.push(...nextHopRows(graph, label));
  }
  return rows;
}

/** A bundle every 20 ms for a minute from anywhere to one of 20 nodes: the load of a few jobs. */
function nextHopRows(graph: ContactGraph, label: string): BenchRow[] {
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
        const hop = table.nextHop(node, to, atUs, SIZE_BYTES);
        if (hop === undefined) break;
        hops++;
        const contact = graph.contact(hop.contact);
        atUs = hop.startUs + transmissionUs(SIZE_BYTES, contact.rateBytesPerSecond) + contact.owltUs;
        node = hop.to;
      }
    }
  });
  const { hits, searches } = table.counters;
  return [
    { name: `routing: next hop with memory, ${label}`, value: us / hops, unit: 'us' },
    { name: `routing: next hops from memory, ${label}`, value: (100 * hits) / (hits + searches), unit: '%' },
  ];
}

/** Median CPU time of a piece of work, after one round to warm up. */
function medianCpuUs(work: () => void): number {
  work();
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    samples.push(user + system);
  }
  return samples.sort((a, b) => a - b)[ROUNDS >> 1] as number;
}
