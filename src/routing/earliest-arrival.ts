/**
 * The search core: earliest arrival from one node to one or all others over a contact graph.
 *
 * A bundle that is ready at a contact's sender leaves at max(ready, start), must have left by the end (closed), and arrives a
 * transmission time and a light time later. Leaving later never arrives earlier, whatever contacts overlap, so one label for
 * each node and labels settled in order of arrival (Dijkstra) are exact for the arrival. Labels are ordered by arrival, hops,
 * latest termination, smallest first neighbour, smallest contact (the keys of CCSDS 734.3-B-1 section 3.2.8.1.4 a); with one
 * label for each node every key after the first is exact only among routes that reach each of their nodes at the earliest.
 *
 * The arrays live as long as the graph and are reused by every search, so a search allocates nothing.
 */
import type { ContactGraph } from './contact-graph.js';
import { NodeHeap } from './node-heap.js';

/** What one search is asked. Nodes are indexes of the graph, not numbers. */
export interface SearchQuery {
  readonly source: number;
  /** Stop once this node is settled; -1 settles all that can be reached. */
  readonly target: number;
  readonly atUs: number;
  readonly sizeBytes: number;
  /** Labels later than this are not made. */
  readonly deadlineUs: number;
  /** Node numbers that no hop may lead to. */
  readonly excludedNodes: ReadonlySet<number> | undefined;
  /** Node numbers that the first hop may not lead to. */
  readonly excludedNeighbours: ReadonlySet<number> | undefined;
  /** Contacts, by index, that no hop may use. */
  readonly excludedContacts: ((contactIndex: number) => boolean) | undefined;
  /**
   * For each node, no more than the time that a bundle of this size takes from there to the target over any contacts. Narrows
   * the search; further keys than the arrival are then left to chance among paths that never wait.
   */
  readonly boundUs: Float64Array | undefined;
}

/** The labels of the last search over one graph, and what it saw of contacts that it could not use. */
export class EarliestArrival {
  readonly graph: ContactGraph;
  /** Infinity for a node that was not reached. */
  readonly arrivalUs: Float64Array;
  readonly hops: Int32Array;
  readonly terminationUs: Float64Array;
  /** The slot of the last hop; -1 at the source. */
  readonly slot: Int32Array;
  /** The node before; -1 at the source. */
  readonly parent: Int32Array;
  /** The slot of the first hop; -1 at the source. */
  readonly firstSlot: Int32Array;
  /** Transmission times at the graph's rates. */
  readonly transmissionUs: Float64Array;

  /**
   * No contact that was closed when its settled sender was reached brings a bundle to the target before this (with
   * `boundUs`: counting the way from the contact's receiver). Infinity where there is none.
   */
  nextOpeningUs = Infinity;
  /** How long before a settled sender was reached a contact of its stopped taking the bundle; the least over all. */
  sinceClosingUs = Infinity;

  readonly #heap: NodeHeap;

  constructor(graph: ContactGraph) {
    const count = graph.nodeCount;
    this.graph = graph;
    this.arrivalUs = new Float64Array(count);
    this.hops = new Int32Array(count);
    this.terminationUs = new Float64Array(count);
    this.slot = new Int32Array(count);
    this.parent = new Int32Array(count);
    this.firstSlot = new Int32Array(count);
    this.transmissionUs = new Float64Array(graph.rates.length);
    this.#heap = new NodeHeap(count);
  }

  /** Runs a search; true when the target was reached (always, without a target). */
  run(query: SearchQuery): boolean {
    const { source, target, atUs, boundUs } = query;
    const heap = this.#heap;
    this.arrivalUs.fill(Infinity);
    heap.clear();
    this.nextOpeningUs = Infinity;
    this.sinceClosingUs = Infinity;
    this.graph.fillTransmissionUs(query.sizeBytes, this.transmissionUs);
    this.arrivalUs[source] = atUs;
    this.hops[source] = 0;
    this.terminationUs[source] = Infinity;
    this.slot[source] = -1;
    this.parent[source] = -1;
    this.firstSlot[source] = -1;
    const keyUs = boundUs === undefined ? atUs : atUs + (boundUs[source] as number);
    if (keyUs === Infinity) return false;
    heap.raise(source, keyUs);
    // A hop that takes no time can better a further key of a settled label, which then goes round again; so a search for all
    // keys ends once what is left comes later than the target, one with bounds once nothing left comes earlier.
    const arrivals = this.arrivalUs;
    const marginUs = boundUs === undefined ? 1 : 0;
    for (let node = heap.pop(); node >= 0; node = heap.pop()) {
      if (node !== target) this.#settle(node, query);
      if (target >= 0 && heap.leastUs >= (arrivals[target] as number) + marginUs) break;
    }
    return target < 0 || (arrivals[target] as number) < Infinity;
  }

  /** Takes the edges of a node whose label is final. */
  #settle(node: number, query: SearchQuery): void {
    const graph = this.graph;
    const { boundUs, excludedContacts } = query;
    const { edgeTarget, edgeSlots, slotStartUs, slotEndUs, slotMaxEndUs, slotOwltUs, slotRate } = graph;
    const arrivals = this.arrivalUs;
    const transmissionUs = this.transmissionUs;
    const readyUs = arrivals[node] as number;
    const watched = query.target >= 0;
    const endMarginUs = graph.endMarginUs(query.sizeBytes);
    const lastEdge = graph.nodeEdges[node + 1] as number;
    for (let edge = graph.nodeEdges[node] as number; edge < lastEdge; edge++) {
      const next = edgeTarget[edge] as number;
      // A one-to-all search asks nothing of edges that lead to settled nodes.
      if (!watched && (arrivals[next] as number) < readyUs) continue;
      const aheadUs = boundUs === undefined ? 0 : (boundUs[next] as number);
      if (aheadUs === Infinity) continue;
      if (query.excludedNodes?.has(graph.nodeNumber(next))) continue;
      if (node === query.source && query.excludedNeighbours?.has(graph.nodeNumber(next))) continue;

      let slot = edgeSlots[edge] as number;
      const end = edgeSlots[edge + 1] as number;
      if ((slotMaxEndUs[slot] as number) < readyUs) {
        slot = graph.firstLiveSlot(edge, readyUs);
        if (watched) {
          const fastestUs = transmissionUs[graph.edgeRate[edge] as number] as number;
          const sinceUs = readyUs - ((slotMaxEndUs[slot - 1] as number) - fastestUs);
          if (sinceUs < this.sinceClosingUs) this.sinceClosingUs = sinceUs;
        }
      }
      let bestUs = Infinity;
      let bestSlot = -1;
      for (; slot < end; slot++) {
        const startUs = slotStartUs[slot] as number;
        const spentUs = transmissionUs[slotRate[slot] as number] as number;
        const lastUs = (slotEndUs[slot] as number) - endMarginUs - spentUs;
        let leaveUs = readyUs;
        if (startUs > readyUs) {
          if (startUs >= bestUs && !watched) break;
          leaveUs = startUs;
          const fastestUs = transmissionUs[graph.edgeRate[edge] as number] as number;
          const openingUs = startUs + fastestUs + (graph.edgeOwltUs[edge] as number);
          if (openingUs + aheadUs < this.nextOpeningUs) this.nextOpeningUs = openingUs + aheadUs;
          if (openingUs > bestUs) break;
        } else if (lastUs < readyUs && readyUs - lastUs < this.sinceClosingUs) this.sinceClosingUs = readyUs - lastUs;
        if (leaveUs > lastUs) continue;
        const arrivalUs = leaveUs + spentUs + (slotOwltUs[slot] as number);
        if (arrivalUs > bestUs) continue;
        if (arrivalUs === bestUs && (slotEndUs[slot] as number) <= (slotEndUs[bestSlot] as number)) continue;
        if (excludedContacts?.(graph.slotContact[slot] as number)) continue;
        bestUs = arrivalUs;
        bestSlot = slot;
      }
      if (bestSlot >= 0 && bestUs <= (arrivals[next] as number) && bestUs <= query.deadlineUs) {
        this.#offer(node, next, bestSlot, bestUs, aheadUs);
      }
    }
  }

  /** Gives `next` the label through `node`, which arrives no later than the one it has, unless a further key decides against. */
  #offer(node: number, next: number, slot: number, arrivalUs: number, aheadUs: number): void {
    const hops = (this.hops[node] as number) + 1;
    const endUs = this.graph.slotEndUs[slot] as number;
    const soFarUs = this.terminationUs[node] as number;
    const terminationUs = Math.min(endUs, soFarUs);
    const entry = this.firstSlot[node] as number;
    const firstSlot = entry < 0 ? slot : entry;
    if (arrivalUs === this.arrivalUs[next] && !this.#winsTie(next, hops, terminationUs, firstSlot, slot)) return;
    this.arrivalUs[next] = arrivalUs;
    this.hops[next] = hops;
    this.terminationUs[next] = terminationUs;
    this.slot[next] = slot;
    this.parent[next] = node;
    this.firstSlot[next] = firstSlot;
    this.#heap.raise(next, arrivalUs + aheadUs);
  }

  /** Whether a label with these further keys is better than the one that `node` has with the same arrival. */
  #winsTie(node: number, hops: number, terminationUs: number, firstSlot: number, slot: number): boolean {
    const byHops = hops - (this.hops[node] as number);
    if (byHops !== 0) return byHops < 0;
    const byTermination = terminationUs - (this.terminationUs[node] as number);
    if (byTermination !== 0) return byTermination > 0;
    // Node indexes are in the order of node numbers.
    const { slotTarget, slotContact } = this.graph;
    const byEntry = (slotTarget[firstSlot] as number) - (slotTarget[this.firstSlot[node] as number] as number);
    if (byEntry !== 0) return byEntry < 0;
    return (slotContact[slot] as number) < (slotContact[this.slot[node] as number] as number);
  }
}

const searches = new WeakMap<ContactGraph, EarliestArrival>();

/** The graph's own search state, made at the first call. One search at a time: its labels last until the next one. */
export function searchOf(graph: ContactGraph): EarliestArrival {
  let search = searches.get(graph);
  if (search === undefined) {
    search = new EarliestArrival(graph);
    searches.set(graph, search);
  }
  return search;
}
