/**
 * How fast a node could be reached if every contact of the plan were always open: a lower bound on the real travel time from
 * each other node. A search towards the node that adds the bound to its labels settles only nodes that can still lie on a best
 * path, and a contact far off the way that opens does not make it doubt what it remembers.
 */
import type { ContactGraph } from './contact-graph.js';
import { NodeHeap } from './node-heap.js';

/** Finds bounds over one graph. */
export class ReachBounds {
  readonly #graph: ContactGraph;
  readonly #heap: NodeHeap;
  readonly #transmissionUs: Float64Array;

  constructor(graph: ContactGraph) {
    this.#graph = graph;
    this.#heap = new NodeHeap(graph.nodeCount);
    this.#transmissionUs = new Float64Array(graph.rates.length);
  }

  /** Least microseconds from each node (by index) to `target` (an index); Infinity where no contacts ever lead there. */
  towards(target: number, sizeBytes: number): Float64Array {
    const { edgeRate, edgeOwltUs, edgeSource, incoming, incomingEdges } = this.#graph;
    const transmissionUs = this.#transmissionUs;
    this.#graph.fillTransmissionUs(sizeBytes, transmissionUs);
    const boundUs = new Float64Array(this.#graph.nodeCount).fill(Infinity);
    const heap = this.#heap;
    boundUs[target] = 0;
    heap.raise(target, 0);
    for (let node = heap.pop(); node >= 0; node = heap.pop()) {
      const fromHereUs = boundUs[node] as number;
      const end = incoming[node + 1] as number;
      for (let i = incoming[node] as number; i < end; i++) {
        const edge = incomingEdges[i] as number;
        const before = edgeSource[edge] as number;
        const hopUs = (transmissionUs[edgeRate[edge] as number] as number) + (edgeOwltUs[edge] as number);
        if (fromHereUs + hopUs >= (boundUs[before] as number)) continue;
        boundUs[before] = fromHereUs + hopUs;
        heap.raise(before, fromHereUs + hopUs);
      }
    }
    return boundUs;
  }
}
