/**
 * How fast a node could be reached if every contact of the plan were always open: a lower bound on the real travel time from
 * each other node. A search towards the node that adds the bound to its labels settles only nodes that can still lie on a best
 * path, and a contact far off the way that opens does not make it doubt what it remembers.
 */
import type { ContactGraph } from './contact-graph.js';
import { NodeHeap } from './node-heap.js';

/** Edges by receiver. */
interface Incoming {
  /** First place of each receiver in `edges`; one more entry than nodes. */
  readonly first: Int32Array;
  readonly edges: Int32Array;
  /** Sender of each edge, by edge. */
  readonly sender: Int32Array;
}

/** Finds bounds over one graph. */
export class ReachBounds {
  readonly #graph: ContactGraph;
  readonly #incoming: Incoming;
  readonly #heap: NodeHeap;
  readonly #transmissionUs: Float64Array;

  constructor(graph: ContactGraph) {
    this.#graph = graph;
    this.#incoming = incomingOf(graph);
    this.#heap = new NodeHeap(graph.nodeCount);
    this.#transmissionUs = new Float64Array(graph.rates.length);
  }

  /** Least microseconds from each node (by index) to `target` (an index); Infinity where no contacts ever lead there. */
  towards(target: number, sizeBytes: number): Float64Array {
    const { edgeRate, edgeOwltUs } = this.#graph;
    const { first, edges, sender } = this.#incoming;
    const transmissionUs = this.#transmissionUs;
    this.#graph.fillTransmissionUs(sizeBytes, transmissionUs);
    const boundUs = new Float64Array(this.#graph.nodeCount).fill(Infinity);
    const heap = this.#heap;
    boundUs[target] = 0;
    heap.raise(target, 0);
    for (let node = heap.pop(); node >= 0; node = heap.pop()) {
      const fromHereUs = boundUs[node] as number;
      const end = first[node + 1] as number;
      for (let i = first[node] as number; i < end; i++) {
        const edge = edges[i] as number;
        const before = sender[edge] as number;
        const hopUs = (transmissionUs[edgeRate[edge] as number] as number) + (edgeOwltUs[edge] as number);
        if (fromHereUs + hopUs >= (boundUs[before] as number)) continue;
        boundUs[before] = fromHereUs + hopUs;
        heap.raise(before, fromHereUs + hopUs);
      }
    }
    return boundUs;
  }
}

function incomingOf(graph: ContactGraph): Incoming {
  const { nodeCount, edgeCount, nodeEdges, edgeTarget } = graph;
  const first = new Int32Array(nodeCount + 1);
  for (let edge = 0; edge < edgeCount; edge++) {
    const after = (edgeTarget[edge] as number) + 1;
    first[after] = (first[after] as number) + 1;
  }
  for (let node = 0; node < nodeCount; node++) first[node + 1] = (first[node + 1] as number) + (first[node] as number);
  const next = first.slice();
  const edges = new Int32Array(edgeCount);
  const sender = new Int32Array(edgeCount);
  for (let node = 0; node < nodeCount; node++) {
    const end = nodeEdges[node + 1] as number;
    for (let edge = nodeEdges[node] as number; edge < end; edge++) {
      const target = edgeTarget[edge] as number;
      sender[edge] = node;
      edges[next[target] as number] = edge;
      next[target] = (next[target] as number) + 1;
    }
  }
  return { first, edges, sender };
}
