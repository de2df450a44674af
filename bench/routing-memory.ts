/**
 * What a +Grid constellation's plan and its graph hold in memory, measured in a process of its own so that nothing else is in the
 * heap: `node --expose-gc --import tsx bench/routing-memory.ts PLANES SATELLITES_PER_PLANE` prints a {@link RoutingMemory}.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { arrivalTree, ContactGraph, findRoute } from '../src/routing/index.js';
import { starPlan } from './routing-plans.js';

/** As many satellites as are measured at least, in several equal constellations where one has fewer. */
const SATELLITES_AT_LEAST = 10_000;

const FILE = fileURLToPath(import.meta.url);

/** Bytes of the heap and of arrays outside it; the peak is of the whole process, Node included. */
export interface RoutingMemory {
  readonly planBytes: number;
  readonly graphBytes: number;
  /** What the searches of the graph keep after a route and a tree. */
  readonly searchBytes: number;
  readonly peakBytes: number;
}

/** Runs the measurement. */
export function routingMemory(planes: number, satellitesPerPlane: number): RoutingMemory {
  const args = ['--expose-gc', '--import', 'tsx', FILE, String(planes), String(satellitesPerPlane)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the memory of a plan could not be measured: ${stderr}`);
  return JSON.parse(stdout);
}

function measure(planes: number, satellitesPerPlane: number): RoutingMemory {
  // Ahead of it a small one, so that what the code itself holds is there before; and several where one is lost in that noise.
  held(10, 10, 1);
  const copies = Math.ceil(SATELLITES_AT_LEAST / (planes * satellitesPerPlane));
  const bytes = held(planes, satellitesPerPlane, copies);
  return { ...bytes, peakBytes: process.resourceUsage().maxRSS * 1024 };
}

function held(planes: number, satellitesPerPlane: number, copies: number): Omit<RoutingMemory, 'peakBytes'> {
  const steps = [heldBytes()];
  const plans = Array.from({ length: copies }, () => starPlan(planes, satellitesPerPlane));
  steps.push(heldBytes());
  const graphs = plans.map((plan) => new ContactGraph(plan));
  steps.push(heldBytes());
  for (const graph of graphs) {
    const query = { from: graph.nodeNumber(0), to: graph.nodeNumber(1), atUs: 0, sizeBytes: 0 };
    if (findRoute(graph, query)?.hops !== 1 || arrivalTree(graph, query).hops(query.to) !== 1)
      throw new Error('the constellation has no link between neighbours');
  }
  steps.push(heldBytes());
  // They are used here, so they were not collected before.
  if (graphs.some((graph, i) => graph.plan !== plans[i])) throw new Error('a graph has another plan');
  const grown = (step: number) => (steps[step]! - steps[step - 1]!) / copies;
  return { planBytes: grown(1), graphBytes: grown(2), searchBytes: grown(3) };
}

function heldBytes(): number {
  // Twice: the arrays that the first collection lets go of are counted until the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(JSON.stringify(measure(Number(process.argv[2]), Number(process.argv[3]))));
}
