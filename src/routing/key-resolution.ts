/**
 * The third phase of a search: of all routes with the best arrival and the fewest hops the one that terminates latest, of those the one with
 * the smallest entry node, and of those the one with the smallest contact index at the first hop, the second, and so on.
 *
 * A termination is tried by going back through the states over contacts alone that end then or later, which tells how late a
 * bundle may be at each state; it can be had if the source is a state still. A bound comes first: the latest termination if
 * time did not matter, which nearly always can be had. Otherwise the ends of contacts between it and the best found so far are
 * halved again and again; a walk through the states raises the lower end to a termination that there is.
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
  /** State of the route's node at each hop. */
  readonly #walked: number[] = [];
  /** Whether each hop's contact is also the one to take where the smallest receiver comes first. */
  readonly #isToFirst: boolean[] = [];
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
    const bestUs = Math.min(this.#boundTermination(), terminationCapUs);
    if (low >= bestUs) return;
    if (this.#canTerminate(bestUs)) {
      this.#walk(atUs, bestUs, this.#tryByUs, entryFirst);
      return;
    }
    // Those up to `low` can be had, those from `high` on cannot.
    const ends = this.#endsBetween(low, bestUs);
    let first = 0;
    let high = ends.length;
    while (first < high) {
      const middle = (first + high) >> 1;
      if (this.#canTerminate(ends[middle] as number)) {
        this.#walk(atUs, ends[middle] as number, this.#tryByUs, entryFirst);
        low = this.terminationUs;
        first = middle + 1;
        while (first < high && (ends[first] as number) <= low) first++;
      } else high = middle;
    }
  }

  /**
   * By hop, whether what is left of the route from there on is, at the time when the route is there, itself known to be the best
   * route under all keys of the node there; for a search without {@link KeyOptions}.
   *
   * The rest arrives as early and with as few hops as any: whatever does better would do so behind the same beginning. Let it
   * terminate at S, and the beginning at B. If S < B, the route terminates at S, and a rest that terminates later would let it do so
   * too. Otherwise S has to be the bound of the state, which no rest exceeds. The contacts of the rest were chosen among all that let the
   * route terminate as late as it does, and so include those that let the rest terminate at S: the smallest of the former, it is
   * the smallest of the latter. Only the entry node comes before that, which is looked at here.
   */
  bestOnward(): boolean[] {
    const { slotEndUs } = this.#graph;
    const hops = this.slots.length;
    const isBest = new Array<boolean>(hops).fill(true);
    const restUs = new Array<number>(hops);
    let terminationUs = Infinity;
    for (let hop = hops - 1; hop > 0; hop--) {
      terminationUs = Math.min(terminationUs, slotEndUs[this.slots[hop] as number] as number);
      restUs[hop] = terminationUs;
    }
    let beginningUs = Infinity;
    for (let hop = 1; hop < hops; hop++) {
      beginningUs = Math.min(beginningUs, slotEndUs[this.slots[hop - 1] as number] as number);
      const isLatest =
        (restUs[hop] as number) < beginningUs || restUs[hop] === this.#boundUs[this.#walked[hop] as number];
      isBest[hop] = isLatest && (this.#isToFirst[hop] as boolean);
    }
    return isBest;
  }

  /** The ends of contacts between states, later than one time and earlier than another, ascending and each once. */
  #endsBetween(afterUs: number, beforeUs: number): Float64Array {
    const states = this.#states;
    const { nodeEdges, edgeTarget, edgeSlots, slotMaxEndUs, slotEndUs } = this.#graph;
    const ends = new Set<number>();
    for (let layer = 0; layer < states.hops; layer++) {
      this.#mark(layer + 1, true);
      for (let state = states.layerFirst[layer] as number; state < (states.layerEnd[layer] as number); state++) {
        const node = states.node[state] as number;
        const lastEdge = nodeEdges[node + 1] as number;
        for (let edge = nodeEdges[node] as number; edge < lastEdge; edge++) {
          const next = this.#stateOf[edgeTarget[edge] as number] as number;
          if (next < 0) continue;
          const first = edgeSlots[edge] as number;
          for (let slot = this.#graph.lastStartedSlot(edge, states.byUs[next] as number); slot >= first; slot--) {
            if ((slotMaxEndUs[slot] as number) <= afterUs) break;
            const endUs = slotEndUs[slot] as number;
            if (endUs > afterUs && endUs < beforeUs) ends.add(endUs);
          }
        }
      }
      this.#mark(layer + 1, false);
    }
    return Float64Array.from(ends).sort();
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
    let state = states.layerFirst[0] as number;
    for (let layer = 0; layer < states.hops; layer++) {
      this.#mark(layer + 1, true);
      const lastEdge = nodeEdges[node + 1] as number;
      let best = -1;
      let toFirst = -1;
      this.#walked[layer] = state;
      for (let edge = nodeEdges[node] as number; edge < lastEdge; edge++) {
        const next = this.#stateOf[edgeTarget[edge] as number] as number;
        if (next < 0 || (byUs[next] as number) < readyUs || !this.#mayHop(layer, next)) continue;
        const smallest = this.#smallestContact(edge, readyUs, byUs[next] as number, minEndUs, best);
        if (toFirst < 0) toFirst = smallest;
        if (smallest !== best) state = next;
        best = smallest;
        // Edges stand in the order of their receivers.
        if (best >= 0 && layer === 0 && entryFirst) break;
      }
      this.#mark(layer + 1, false);
      const leaveUs = best < 0 ? Infinity : this.#times.departureUs(best, readyUs, Infinity);
      if (leaveUs === Infinity) throw decreasing();
      this.slots[layer] = best;
      this.#isToFirst[layer] = best === toFirst;
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
