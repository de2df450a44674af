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
  /** Node numbers that no first hop may lead to. */
  readonly excludedNodes: ReadonlySet<number> | undefined;
  /** Contacts, by index, that no hop may use. */
  readonly excludedContacts: ((contactIndex: number) => boolean) | undefined;
  /** For each node, no more than the time that a bundle of this size takes from there to the target over any contacts. */
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
  /** The first moment at which a contact that a settled sender found open can take the bundle no longer. */
  nextClosingUs = Infinity;
  /** How long before a settled sender was reached a contact of its stopped taking the bundle; the least over all. */
  sinceClosingUs = Infinity;

  readonly #keyUs: Float64Array;
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
    this.#keyUs = new Float64Array(count);
    this.#heap = new NodeHeap(this.#keyUs, this.hops);
  }

  /** Runs a search; true when the target was reached (always, without a target). */
  run(query: SearchQuery): boolean {
    const { source, target, atUs, boundUs } = query;
    const heap = this.#heap;
    this.arrivalUs.fill(Infinity);
    heap.clear();
    this.nextOpeningUs = Infinity;
    this.nextClosingUs = Infinity;
    this.sinceClosingUs = Infinity;
    this.graph.fillTransmissionUs(query.sizeBytes, this.transmissionUs);
    this.arrivalUs[source] = atUs;
    this.hops[source] = 0;
    this.terminationUs[source] = Infinity;
    this.slot[source] = -1;
    this.parent[source] = -1;
    this.firstSlot[source] = -1;
    this.#keyUs[source] = boundUs === undefined ? atUs : atUs + (boundUs[source] as number);
    if (this.#keyUs[source] === Infinity) return false;
    heap.raise(source);
    for (;;) {
      const node = heap.pop();
      if (node < 0) return target < 0;
      if (node === target) return true;
      this.#settle(node, query);
    }
  }

  /** Takes the edges of a node whose label is final. */
  #settle(node: number, query: SearchQuery): void {
    const graph = this.graph;
    const { boundUs, excludedContacts, target } = query;
    const { slotStartUs, slotEndUs, slotOwltUs, slotRate, edgeSlots, edgeTarget } = graph;
    const transmissionUs = this.transmissionUs;
    const readyUs = this.arrivalUs[node] as number;
    const watched = target >= 0;
    const lastEdge = graph.nodeEdges[node + 1] as number;
    for (let edge = graph.nodeEdges[node] as number; edge < lastEdge; edge++) {
      const next = edgeTarget[edge] as number;
      const aheadUs = boundUs === undefined ? 0 : (boundUs[next] as number);
      if (aheadUs === Infinity) continue;
      // A one-to-all search asks nothing of edges that lead to settled nodes.
      if (!watched && (this.arrivalUs[next] as number) < readyUs) continue;
      if (node === query.source && query.excludedNodes?.has(graph.nodeNumber(next))) continue;

      const fastestUs = transmissionUs[graph.edgeRate[edge] as number] as number;
      const leastUs = fastestUs + (graph.edgeOwltUs[edge] as number);
      const end = edgeSlots[edge + 1] as number;
      const first = graph.firstLiveSlot(edge, readyUs);
      if (first > (edgeSlots[edge] as number)) {
        const sinceUs = readyUs - ((graph.slotMaxEndUs[first - 1] as number) - fastestUs);
        if (sinceUs < this.sinceClosingUs) this.sinceClosingUs = sinceUs;
      }
      let bestUs = Infinity;
      let bestSlot = -1;
      for (let slot = first; slot < end; slot++) {
        const startUs = slotStartUs[slot] as number;
        const endUs = slotEndUs[slot] as number;
        const spentUs = transmissionUs[slotRate[slot] as number] as number;
        let leaveUs = readyUs;
        if (startUs > readyUs) {
          const openingUs = startUs + leastUs;
          if (openingUs + aheadUs < this.nextOpeningUs) this.nextOpeningUs = openingUs + aheadUs;
          if (openingUs > bestUs) break;
          leaveUs = startUs;
        } else {
          const lastUs = endUs - spentUs;
          if (lastUs >= readyUs) {
            if (lastUs < this.nextClosingUs) this.nextClosingUs = lastUs;
          } else if (readyUs - lastUs < this.sinceClosingUs) this.sinceClosingUs = readyUs - lastUs;
        }
        if (leaveUs + spentUs > endUs) continue;
        const arrivalUs = leaveUs + spentUs + (slotOwltUs[slot] as number);
        if (arrivalUs > bestUs || (arrivalUs === bestUs && endUs <= (slotEndUs[bestSlot] as number))) continue;
        if (excludedContacts?.(graph.slotContact[slot] as number)) continue;
        bestUs = arrivalUs;
        bestSlot = slot;
      }
      if (bestSlot >= 0 && bestUs <= query.deadlineUs) this.#offer(node, next, bestSlot, bestUs, aheadUs);
    }
  }

  /** Gives `next` the label through `node` where it is better than the one it has. */
  #offer(node: number, next: number, slot: number, arrivalUs: number, aheadUs: number): void {
    const oldUs = this.arrivalUs[next] as number;
    if (arrivalUs > oldUs) return;
    const hops = (this.hops[node] as number) + 1;
    const endUs = this.graph.slotEndUs[slot] as number;
    const soFarUs = this.terminationUs[node] as number;
    const terminationUs = endUs < soFarUs ? endUs : soFarUs;
    const entry = this.firstSlot[node] as number;
    const firstSlot = entry < 0 ? slot : entry;
    if (arrivalUs === oldUs && !this.#winsTie(next, hops, terminationUs, firstSlot, slot)) return;
    this.arrivalUs[next] = arrivalUs;
    this.hops[next] = hops;
    this.terminationUs[next] = terminationUs;
    this.slot[next] = slot;
    this.parent[next] = node;
    this.firstSlot[next] = firstSlot;
    this.#keyUs[next] = arrivalUs + aheadUs;
    this.#heap.raise(next);
  }

  /** Whether a label with these further keys is better than the one that `node` has with the same arrival. */
  #winsTie(node: number, hops: number, terminationUs: number, firstSlot: number, slot: number): boolean {
    const byHops = hops - (this.hops[node] as number);
    if (byHops !== 0) return byHops < 0;
    const byTermination = terminationUs - (this.terminationUs[node] as number);
    if (byTermination !== 0) return byTermination > 0;
    const contacts = this.graph.slotContact;
    const byEntry = this.#receiver(firstSlot) - this.#receiver(this.firstSlot[node] as number);
    if (byEntry !== 0) return byEntry < 0;
    return (contacts[slot] as number) < (contacts[this.slot[node] as number] as number);
  }

  #receiver(slot: number): number {
    return this.graph.contact(this.graph.slotContact[slot] as number).to;
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
