/**
 * The first phase of every search: earliest arrivals from one node to one or all others over a contact graph.
 *
 * A bundle that is ready at a contact's sender leaves at max(ready, start), must have left by the end, and arrives a transmission
 * time and a light time later. Leaving later never arrives earlier, whatever contacts overlap, so one label for each node
 * and labels settled in order of arrival (Dijkstra) are exact for the arrival. Which of the routes with that arrival is best is
 * no business of this file.
 *
 * The arrays live as long as the graph and are reused by every search, so a search allocates nothing.
 */
import type { ContactGraph } from './contact-graph.js';
import type { EdgeTimes, SearchQuery } from './edge-times.js';
import { NodeHeap } from './node-heap.js';

/** How a search for one node may be helped, and what it has to look at beside. */
export interface ForwardOptions {
  /**
   * For each node, no more than the time that a bundle of this size takes from there to the target over any contacts. Narrows
   * the search to nodes that can lie on a route with the best arrival.
   */
  readonly boundUs?: Float64Array | undefined;
  /** Whether to find {@link EarliestArrival.nextOpeningUs} and {@link EarliestArrival.sinceClosingUs}. */
  readonly watch?: boolean;
}

/** The labels of the last search over one graph, and what it saw of contacts that it could not use. */
export class EarliestArrival {
  /**
   * By node; exact for every node that can lie on a route to the target by the target's label (without a target: for all). For
   * others a time that is not too early: Infinity for nodes that were not reached, and for excluded ones.
   */
  readonly arrivalUs: Float64Array;

  /**
   * No contact that was closed when its settled sender was reached brings a bundle to the target before this (with
   * `boundUs`: counting the way from the contact's receiver). Infinity where there is none.
   */
  nextOpeningUs = Infinity;
  /** How long before a settled sender was reached a contact of its stopped taking the bundle; the least over all. */
  sinceClosingUs = Infinity;
  /** Nodes that the last search looked at: what it cost. */
  settledNodes = 0;

  readonly #graph: ContactGraph;
  readonly #times: EdgeTimes;
  readonly #heap: NodeHeap;
  #endMarginUs = 0;

  constructor(graph: ContactGraph, times: EdgeTimes) {
    this.#graph = graph;
    this.#times = times;
    this.arrivalUs = new Float64Array(graph.nodeCount);
    this.#heap = new NodeHeap(graph.nodeCount);
  }

  /** Runs a search for which the times are ready; true when the target was reached (always, without a target). */
  run(query: SearchQuery, options: ForwardOptions = {}): boolean {
    const { source, target, atUs } = query;
    const { boundUs, watch = false } = options;
    const heap = this.#heap;
    const arrivals = this.arrivalUs;
    arrivals.fill(Infinity);
    heap.clear();
    this.nextOpeningUs = Infinity;
    this.sinceClosingUs = Infinity;
    this.settledNodes = 0;
    this.#endMarginUs = this.#graph.endMarginUs(query.sizeBytes);
    const keyUs = boundUs === undefined ? atUs : atUs + (boundUs[source] as number);
    if (keyUs === Infinity) return false;
    // Nobody can improve on this, so no hop leads to an excluded node.
    this.#label(query.excludedNodes, -Infinity);
    if (target >= 0 && arrivals[target] === -Infinity) return false;
    arrivals[source] = atUs;
    heap.raise(source, keyUs);
    let byUs = query.deadlineUs;
    for (let node = heap.pop(); node >= 0; node = heap.pop()) {
      this.settledNodes++;
      if (node !== target) byUs = this.#settle(node, query, boundUs, watch, byUs);
      // Nodes that are reached with the target, by hops that take no time, can lie on routes to it.
      if (heap.leastUs > byUs) break;
    }
    this.#label(query.excludedNodes, Infinity, source);
    return target < 0 || (arrivals[target] as number) < Infinity;
  }

  #label(nodes: ReadonlySet<number> | undefined, labelUs: number, except = -1): void {
    if (nodes === undefined) return;
    for (const number of nodes) {
      const node = this.#graph.nodeIndex(number);
      if (node !== undefined && node !== except) this.arrivalUs[node] = labelUs;
    }
  }

  /** Takes the edges of a node whose label is final; returns the time after which no label is worth anything. */
  #settle(node: number, query: SearchQuery, boundUs: Float64Array | undefined, watch: boolean, byUs: number): number {
    const graph = this.#graph;
    const times = this.#times;
    const { target } = query;
    const { edgeTarget } = graph;
    const arrivals = this.arrivalUs;
    const heap = this.#heap;
    const readyUs = arrivals[node] as number;
    const restricted = node === query.source && times.restrictsFirstHop;
    const lastEdge = graph.nodeEdges[node + 1] as number;
    let limitUs = byUs;
    for (let edge = graph.nodeEdges[node] as number; edge < lastEdge; edge++) {
      const next = edgeTarget[edge] as number;
      const aheadUs = boundUs === undefined ? 0 : (boundUs[next] as number);
      if (aheadUs === Infinity) continue;
      if (watch) this.#watch(edge, readyUs, aheadUs);
      const knownUs = arrivals[next] as number;
      if (knownUs <= readyUs) continue;
      if (restricted && !times.firstHopAllowed(next)) continue;
      const arrivalUs = times.arrivalUs(edge, readyUs, Math.min(knownUs - 1, limitUs - aheadUs));
      if (arrivalUs === Infinity) continue;
      arrivals[next] = arrivalUs;
      if (next === target) limitUs = arrivalUs;
      heap.raise(next, arrivalUs + aheadUs);
    }
    return limitUs;
  }

  /** Notes when the edge's next contact opens and its last one closed, as seen by a bundle that is at its sender. */
  #watch(edge: number, readyUs: number, aheadUs: number): void {
    const graph = this.#graph;
    const { transmissionUs } = this.#times;
    const fastestUs = transmissionUs[graph.edgeRate[edge] as number] as number;
    const firstSlot = graph.edgeSlots[edge] as number;
    const started = graph.lastStartedSlot(edge, readyUs);
    if (started + 1 < (graph.edgeSlots[edge + 1] as number)) {
      const openingUs = (graph.slotStartUs[started + 1] as number) + fastestUs + (graph.edgeOwltUs[edge] as number);
      if (openingUs + aheadUs < this.nextOpeningUs) this.nextOpeningUs = openingUs + aheadUs;
    }
    for (let slot = started; slot >= firstSlot; slot--) {
      const maxEndUs = (graph.slotMaxEndUs[slot] as number) - this.#endMarginUs;
      if (maxEndUs - fastestUs < readyUs) {
        const sinceUs = readyUs - (maxEndUs - fastestUs);
        if (sinceUs < this.sinceClosingUs) this.sinceClosingUs = sinceUs;
        return;
      }
      const spentUs = transmissionUs[graph.slotRate[slot] as number] as number;
      const sinceUs = readyUs - ((graph.slotEndUs[slot] as number) - this.#endMarginUs - spentUs);
      if (sinceUs > 0 && sinceUs < this.sinceClosingUs) this.sinceClosingUs = sinceUs;
    }
  }
}
