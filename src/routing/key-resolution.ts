/**
 * The third phase of a search: of all routes with the best arrival and the fewest hops the one that terminates latest, of those the one with
 * the smallest entry node, and of those the one with the smallest contact index at the first hop, the second, and so on.
 *
 * A termination is tried by going back through the states over contacts alone that end then or later, which tells how late a
 * bundle may be at each state; it can be had if the source is a state still. A bound comes first: the latest termination if
 * time did not matter, which nearly always can be had. Otherwise the range between it and the best found so far is halved; a
 * walk through the states raises the lower end to a termination that there is.
 *
 * The walk goes forward with the bundle's real times, at each hop over the first contact in the wanted order from which the target
 * can still be reached in time, with the hops that remain and contacts that end late enough.
 */
import type { ContactGraph } from './contact-graph.js';
import type { EdgeTimes } from './edge-times.js';
import { decreasing, type FewestHops } from './fewest-hops.js';

/** How the last keys are to be read where a search is for the rest of a route whose beginning is given. */
export interface KeyOptions {
  /** Terminations later than this count as this one, which the route's beginning has. Default: Infinity. */
  readonly terminationCapUs?: number;
  /** Whether the entry node is chosen before the contacts. Default: true. */
  readonly entryFirst?: boolean;
}

/** The best route of the last search, hop by hop. */
export class KeyResolution {
  /** Slot of each hop; the lists are as long as the route. */
  readonly slots: number[] = [];
  readonly departuresUs: number[] = [];
  terminationUs = Infinity;

  readonly #graph: ContactGraph;
  readonly #times: EdgeTimes;
  readonly #states: FewestHops;
  /** How late a bundle may be ready at each state, for the contacts that are being tried; -Infinity where it never is in time. */
  #tryByUs = new Float64Array(16);
  /** The latest termination from each state if time did not matter. */
  #boundUs = new Float64Array(16);
  /** State of each node in the layer that is being looked at; -1 elsewhere. */
  readonly #stateOf: Int32Array;

  constructor(graph: ContactGraph, times: EdgeTimes, states: FewestHops) {
    this.#graph = graph;
    this.#times = times;
    this.#states = states;
    this.#stateOf = new Int32Array(graph.nodeCount).fill(-1);
  }

  /** Finds the best of the routes that the states hold, for a bundle that is ready at the source at `atUs`. */
  run(atUs: number, { terminationCapUs = Infinity, entryFirst = true }: KeyOptions = {}): void {
    const states = this.#states;
    if (this.#tryByUs.length < states.node.length) {
      this.#tryByUs = new Float64Array(states.node.length);
      this.#boundUs = new Float64Array(states.node.length);
    }
    this.#walk(atUs, -Infinity, states.byUs, entryFirst);
    let low = this.terminationUs;
    if (low >= terminationCapUs) return;
    let high = Math.min(this.#boundTermination(), terminationCapUs);
    let tryUs = high;
    while (low < high) {
      if (this.#canTerminate(tryUs)) {
        this.#walk(atUs, tryUs, this.#tryByUs, entryFirst);
        low = this.terminationUs;
      } else high = tryUs - 1;
      tryUs = low + Math.ceil((high - low) / 2);
    }
  }

  #mark(layer: number, marked: boolean): void {
    const { layerFirst, layerEnd, node } = this.#states;
    const end = layerEnd[layer] as number;
    for (let state = layerFirst[layer] as number; state < end; state++) {
      this.#stateOf[node[state] as number] = marked ? state : -1;
    }
  }

  /** No route of the states terminates later than this. */
  #boundTermination(): number {
    const states = this.#states;
    const { nodeEdges, edgeTarget } = this.#graph;
    const bound = this.#boundUs;
    bound[states.layerFirst[states.hops] as number] = Infinity;
    for (let layer = states.hops - 1; layer >= 0; layer--) {
      this.#mark(layer + 1, true);
      for (let state = states.layerFirst[layer] as number; state < (states.layerEnd[layer] as number); state++) {
        const node = states.node[state] as number;
        const lastEdge = nodeEdges[node + 1] as number;
        let best = -Infinity;
        for (let edge = nodeEdges[node] as number; edge < lastEdge; edge++) {
          const next = this.#stateOf[edgeTarget[edge] as number] as number;
          if (next < 0 || (bound[next] as number) <= best || !this.#mayHop(layer, next)) continue;
          const endUs = this.#latestEnd(edge, states.fromUs[state] as number, states.byUs[next] as number);
          best = Math.max(best, Math.min(endUs, bound[next] as number));
        }
        bound[state] = best;
      }
      this.#mark(layer + 1, false);
    }
    return bound[states.layerFirst[0] as number] as number;
  }

  /** The latest end of an edge's contacts that can bring a bundle over between two times; -Infinity without one. */
  #latestEnd(edge: number, readyUs: number, byUs: number): number {
    const graph = this.#graph;
    const first = graph.edgeSlots[edge] as number;
    let best = -Infinity;
    for (let slot = graph.lastStartedSlot(edge, byUs); slot >= first; slot--) {
      const maxEndUs = graph.slotMaxEndUs[slot] as number;
      if (maxEndUs < readyUs || maxEndUs <= best) break;
      const endUs = graph.slotEndUs[slot] as number;
      if (endUs > best && this.#times.departureUs(slot, readyUs, byUs) !== Infinity) best = endUs;
    }
    return best;
  }

  #mayHop(layer: number, next: number): boolean {
    const times = this.#times;
    return layer > 0 || !times.restrictsFirstHop || times.firstHopAllowed(this.#states.node[next] as number);
  }

  /** Whether a route terminates at `minEndUs` or later; leaves behind how late a bundle may be at each state of such a route. */
  #canTerminate(minEndUs: number): boolean {
    const states = this.#states;
    const { nodeEdges, edgeTarget } = this.#graph;
    const tryByUs = this.#tryByUs;
    const last = states.layerFirst[states.hops] as number;
    tryByUs[last] = states.byUs[last] as number;
    for (let layer = states.hops - 1; layer >= 0; layer--) {
      this.#mark(layer + 1, true);
      let alive = false;
      for (let state = states.layerFirst[layer] as number; state < (states.layerEnd[layer] as number); state++) {
        const node = states.node[state] as number;
        const lastEdge = nodeEdges[node + 1] as number;
        let bestUs = -Infinity;
        let atLeastUs = states.fromUs[state] as number;
        for (let edge = nodeEdges[node] as number; edge < lastEdge; edge++) {
          const next = this.#stateOf[edgeTarget[edge] as number] as number;
          if (next < 0 || (tryByUs[next] as number) < atLeastUs || !this.#mayHop(layer, next)) continue;
          const readyUs = this.#times.latestReadyUs(edge, tryByUs[next] as number, atLeastUs, minEndUs);
          if (readyUs === -Infinity) continue;
          bestUs = readyUs;
          atLeastUs = readyUs + 1;
        }
        tryByUs[state] = bestUs;
        alive ||= bestUs !== -Infinity;
      }
      this.#mark(layer + 1, false);
      if (!alive) return false;
    }
    return true;
  }

  /** Walks from the source over contacts that end at `minEndUs` or later; `byUs` says how late the bundle may be at each state. */
  #walk(atUs: number, minEndUs: number, byUs: Float64Array, entryFirst: boolean): void {
    const states = this.#states;
    const { nodeEdges, edgeTarget, slotTarget, slotEndUs } = this.#graph;
    this.slots.length = states.hops;
    this.departuresUs.length = states.hops;
    this.terminationUs = Infinity;
    let node = states.node[states.layerFirst[0] as number] as number;
    let readyUs = atUs;
    for (let layer = 0; layer < states.hops; layer++) {
      this.#mark(layer + 1, true);
      const lastEdge = nodeEdges[node + 1] as number;
      let best = -1;
      for (let edge = nodeEdges[node] as number; edge < lastEdge; edge++) {
        const next = this.#stateOf[edgeTarget[edge] as number] as number;
        if (next < 0 || (byUs[next] as number) < readyUs || !this.#mayHop(layer, next)) continue;
        best = this.#smallestContact(edge, readyUs, byUs[next] as number, minEndUs, best);
        // Edges stand in the order of their receivers.
        if (best >= 0 && layer === 0 && entryFirst) break;
      }
      this.#mark(layer + 1, false);
      const leaveUs = best < 0 ? Infinity : this.#times.departureUs(best, readyUs, Infinity);
      if (leaveUs === Infinity) throw decreasing();
      this.slots[layer] = best;
      this.departuresUs[layer] = leaveUs;
      this.terminationUs = Math.min(this.terminationUs, slotEndUs[best] as number);
      readyUs = leaveUs + this.#times.hopUs(best);
      node = slotTarget[best] as number;
    }
  }

  /** The slot with the smallest contact index, of an edge's usable ones and `best` (-1: none). */
  #smallestContact(edge: number, readyUs: number, byUs: number, minEndUs: number, best: number): number {
    const { edgeSlots, slotMaxEndUs, slotStartUs, slotEndUs, slotContact } = this.#graph;
    const end = edgeSlots[edge + 1] as number;
    let slot = edgeSlots[edge] as number;
    if ((slotMaxEndUs[slot] as number) < readyUs) slot = this.#graph.firstLiveSlot(edge, readyUs);
    // Within an edge slots stand in the order of their contacts.
    for (; slot < end; slot++) {
      if ((slotStartUs[slot] as number) > byUs) break;
      if (best >= 0 && (slotContact[slot] as number) > (slotContact[best] as number)) break;
      if ((slotEndUs[slot] as number) < minEndUs) continue;
      if (this.#times.departureUs(slot, readyUs, byUs) !== Infinity) return slot;
    }
    return best;
  }
}
