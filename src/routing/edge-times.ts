/**
 * The hop: when a bundle that is ready at a sender arrives over an edge, and how late it may be ready so as to arrive in time.
 *
 * An edge may have several contacts at once, of different rates and light times, and each is looked at: the one that starts
 * earlier need not arrive earlier. Queues and bookings come in by a hook that says when a contact is free; since that never
 * decreases with the readiness, the latest readiness is found by bisection where a contact is not free at once.
 */
import { UsageError } from '../base/errors.js';
import type { ContactGraph } from './contact-graph.js';

/** What one search is asked. Nodes are indexes of the graph, unless they are called numbers. */
export interface SearchQuery {
  readonly source: number;
  /** The node that is searched for; -1 for all that can be reached. */
  readonly target: number;
  readonly atUs: number;
  readonly sizeBytes: number;
  readonly deadlineUs: number;
  /** Node numbers that no hop may lead to. */
  readonly excludedNodes?: ReadonlySet<number> | undefined;
  /** Node numbers that the first hop may not lead to. */
  readonly excludedNeighbours?: ReadonlySet<number> | undefined;
  /** The node that the first hop must lead to. */
  readonly onlyNeighbour?: number | undefined;
  readonly excludedContacts?: ((contactIndex: number) => boolean) | undefined;
  readonly departUs?: ((contactIndex: number, readyUs: number) => number) | undefined;
}

/** Times over the edges of one graph for the bundle of one search. */
export class EdgeTimes {
  /** Transmission times at the graph's rates. */
  readonly transmissionUs: Float64Array;
  /** Whether {@link firstHopAllowed} ever says no. */
  restrictsFirstHop = false;
  readonly #graph: ContactGraph;
  #endMarginUs = 0;
  #excludedNeighbours: ReadonlySet<number> | undefined;
  #onlyNeighbour = -1;
  #excludedContacts: ((contactIndex: number) => boolean) | undefined;
  #departUs: ((contactIndex: number, readyUs: number) => number) | undefined;

  constructor(graph: ContactGraph) {
    this.#graph = graph;
    this.transmissionUs = new Float64Array(graph.rates.length);
  }

  /** Makes ready for a search. */
  begin(query: SearchQuery): void {
    this.#graph.fillTransmissionUs(query.sizeBytes, this.transmissionUs);
    this.#endMarginUs = this.#graph.endMarginUs(query.sizeBytes);
    this.#excludedNeighbours = query.excludedNeighbours;
    this.#onlyNeighbour = query.onlyNeighbour ?? -1;
    this.restrictsFirstHop = this.#onlyNeighbour >= 0 || this.#excludedNeighbours !== undefined;
    this.#excludedContacts = query.excludedContacts;
    this.#departUs = query.departUs;
  }

  /** Whether the first hop may lead to a node. */
  firstHopAllowed(node: number): boolean {
    if (this.#onlyNeighbour >= 0 && node !== this.#onlyNeighbour) return false;
    return !this.#excludedNeighbours?.has(this.#graph.nodeNumber(node));
  }

  /** The earliest arrival over an edge of a bundle that is ready at `readyUs`; Infinity where that is after `byUs`. */
  arrivalUs(edge: number, readyUs: number, byUs: number): number {
    const graph = this.#graph;
    const { slotStartUs, slotEndUs, slotOwltUs, slotRate } = graph;
    const transmissionUs = this.transmissionUs;
    let slot = graph.edgeSlots[edge] as number;
    const end = graph.edgeSlots[edge + 1] as number;
    if ((graph.slotMaxEndUs[slot] as number) < readyUs) slot = graph.firstLiveSlot(edge, readyUs);
    // No contact that starts later than this arrives in time.
    const leastHopUs = (transmissionUs[graph.edgeRate[edge] as number] as number) + (graph.edgeOwltUs[edge] as number);
    let bestUs = Infinity;
    let startedByUs = byUs - leastHopUs;
    for (; slot < end; slot++) {
      const startUs = slotStartUs[slot] as number;
      if (startUs > startedByUs) break;
      const spentUs = transmissionUs[slotRate[slot] as number] as number;
      let leaveUs = startUs > readyUs ? startUs : readyUs;
      const lastUs = (slotEndUs[slot] as number) - this.#endMarginUs - spentUs;
      if (leaveUs > lastUs) continue;
      const hopUs = spentUs + (slotOwltUs[slot] as number);
      if (leaveUs + hopUs >= bestUs || leaveUs + hopUs > byUs) continue;
      if (this.#excludedContacts?.(graph.slotContact[slot] as number)) continue;
      if (this.#departUs !== undefined) {
        leaveUs = this.#departure(slot, leaveUs);
        if (leaveUs > lastUs || leaveUs + hopUs >= bestUs || leaveUs + hopUs > byUs) continue;
      }
      bestUs = leaveUs + hopUs;
      startedByUs = bestUs - 1 - leastHopUs;
    }
    return bestUs;
  }

  /**
   * The latest readiness, at least `fromUs`, from which a bundle arrives over an edge by `byUs` on a contact that ends at `minEndUs`
   * or later; -Infinity where there is none.
   */
  latestReadyUs(edge: number, byUs: number, fromUs: number, minEndUs: number): number {
    const graph = this.#graph;
    const { slotStartUs, slotEndUs, slotMaxEndUs, slotOwltUs, slotRate } = graph;
    const transmissionUs = this.transmissionUs;
    const first = graph.edgeSlots[edge] as number;
    const leastHopUs = (transmissionUs[graph.edgeRate[edge] as number] as number) + (graph.edgeOwltUs[edge] as number);
    let bestUs = -Infinity;
    let atLeastUs = fromUs;
    for (let slot = graph.lastStartedSlot(edge, byUs - leastHopUs); slot >= first; slot--) {
      const maxEndUs = slotMaxEndUs[slot] as number;
      if (maxEndUs < atLeastUs || maxEndUs < minEndUs) break;
      const endUs = slotEndUs[slot] as number;
      if (endUs < minEndUs) continue;
      const spentUs = transmissionUs[slotRate[slot] as number] as number;
      const inTimeUs = byUs - spentUs - (slotOwltUs[slot] as number);
      let lastUs = endUs - this.#endMarginUs - spentUs;
      if (inTimeUs < lastUs) lastUs = inTimeUs;
      if (lastUs < (slotStartUs[slot] as number) || lastUs < atLeastUs) continue;
      if (this.#excludedContacts?.(graph.slotContact[slot] as number)) continue;
      if (this.#departUs !== undefined) {
        lastUs = this.#latestThatLeavesBy(slot, lastUs, atLeastUs);
        if (lastUs < atLeastUs) continue;
      }
      bestUs = lastUs;
      atLeastUs = lastUs + 1;
    }
    return bestUs;
  }

  /** When a bundle that is ready at `readyUs` leaves on a slot's contact so as to arrive by `byUs`; Infinity where it does not. */
  departureUs(slot: number, readyUs: number, byUs: number): number {
    const graph = this.#graph;
    const startUs = graph.slotStartUs[slot] as number;
    const spentUs = this.transmissionUs[graph.slotRate[slot] as number] as number;
    const inTimeUs = byUs - spentUs - (graph.slotOwltUs[slot] as number);
    const lastUs = Math.min((graph.slotEndUs[slot] as number) - this.#endMarginUs - spentUs, inTimeUs);
    let leaveUs = startUs > readyUs ? startUs : readyUs;
    if (leaveUs > lastUs || this.#excludedContacts?.(graph.slotContact[slot] as number)) return Infinity;
    if (this.#departUs !== undefined) leaveUs = this.#departure(slot, leaveUs);
    return leaveUs <= lastUs ? leaveUs : Infinity;
  }

  /** Microseconds between leaving on a slot's contact and arriving. */
  hopUs(slot: number): number {
    const graph = this.#graph;
    return (this.transmissionUs[graph.slotRate[slot] as number] as number) + (graph.slotOwltUs[slot] as number);
  }

  /** When the hook lets a bundle leave that is ready, and whose contact has begun, at `readyUs`. */
  #departure(slot: number, readyUs: number): number {
    const departUs = this.#departUs as (contactIndex: number, readyUs: number) => number;
    const freeUs = Math.ceil(departUs(this.#graph.slotContact[slot] as number, readyUs));
    if (Number.isNaN(freeUs)) throw new UsageError('bad-route-query', 'departUs gave a time that is not a number');
    return freeUs > readyUs ? freeUs : readyUs;
  }

  /** The latest readiness between `atLeastUs` and `lastUs` from which the bundle leaves by `lastUs`; -Infinity without one. */
  #latestThatLeavesBy(slot: number, lastUs: number, atLeastUs: number): number {
    const startUs = this.#graph.slotStartUs[slot] as number;
    if (this.#departure(slot, lastUs) <= lastUs) return lastUs;
    let low = Math.max(atLeastUs, startUs);
    if (low > lastUs || this.#departure(slot, low) > lastUs) return -Infinity;
    let high = lastUs;
    while (high - low > 1) {
      const middle = low + Math.floor((high - low) / 2);
      if (this.#departure(slot, middle) <= lastUs) low = middle;
      else high = middle;
    }
    return low;
  }
}
