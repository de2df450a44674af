/**
 * The second phase of a search: the fewest hops with which the best arrival can be had, and every step of every route that has both.
 *
 * F(i, v) is the earliest arrival at v over at most i hops, found layer by layer from the source; L(j, v) the latest readiness at v
 * from which the target is reached by the best arrival over at most j hops, found from the target. A route of h hops arrives in
 * time exactly when for each split i + j = h there is a node with F(i, v) <= L(j, v). So whichever side is cheaper goes on by a
 * layer, and where the two meet for the first time i + j is the least number of hops. Both sides keep nothing that cannot lie on
 * a route in time: F no later than the best arrival, L no earlier than the earliest arrival of the first phase.
 *
 * With the fewest hops h every route in time has just h of them, repeats no node, and passes in its layer a (after a hops) a node whose
 * F became what it is in layer a just as its L did in layer h - a. These (layer, node) pairs are the states that remain; on
 * from the layer where the sides met they are collected towards both ends.
 */
import { UsageError } from '../base/errors.js';
import type { ContactGraph } from './contact-graph.js';
import type { EdgeTimes, SearchQuery } from './edge-times.js';
import { LabelLog } from './label-log.js';

/** The states of all routes with the best arrival and the fewest hops; state numbers are places in its arrays. */
export class FewestHops {
  /** Hops of the last search. */
  hops = 0;
  /** Node of each state. */
  node: Int32Array;
  /** When a bundle can be there at the earliest after as many hops as the state's layer says. */
  fromUs: Float64Array;
  /** When it must be ready there at the latest so as to be in time with the hops that remain. */
  byUs: Float64Array;
  /** First and one past the last state of each layer. */
  readonly layerFirst: number[] = [];
  readonly layerEnd: number[] = [];

  readonly #graph: ContactGraph;
  readonly #times: EdgeTimes;
  readonly #forward: LabelLog;
  readonly #backward: LabelLog;
  /** State of each node in the layer that is being filled; -1 elsewhere. */
  readonly #stateOf: Int32Array;
  #size = 0;

  constructor(graph: ContactGraph, times: EdgeTimes) {
    this.#graph = graph;
    this.#times = times;
    this.#forward = new LabelLog(graph.nodeCount);
    this.#backward = new LabelLog(graph.nodeCount);
    this.#stateOf = new Int32Array(graph.nodeCount).fill(-1);
    const room = Math.max(16, graph.nodeCount);
    this.node = new Int32Array(room);
    this.fromUs = new Float64Array(room);
    this.byUs = new Float64Array(room);
  }

  /**
   * Finds the states of a search for one node other than the source, for which the times are ready and which arrives at `bestUs` at the
   * earliest. `earliestUs` are the labels of the first phase. Throws a UsageError `bad-route-query` where a hook that decreases
   * makes the two phases disagree.
   */
  run(query: SearchQuery, bestUs: number, earliestUs: Float64Array): void {
    const forward = this.#forward;
    const backward = this.#backward;
    forward.clear();
    backward.clear();
    forward.put(query.source, query.atUs);
    backward.put(query.target, bestUs);
    let forwardWork = this.#degree(this.#graph.nodeEdges, query.source);
    let backwardWork = this.#degree(this.#graph.incoming, query.target);
    this.#size = 0;
    while (this.#size === 0) {
      if (forward.layer + backward.layer >= this.#graph.nodeCount) throw decreasing();
      if (forwardWork <= backwardWork) {
        forwardWork = this.#goForward(query, bestUs, earliestUs);
        this.#meet(forward, forwardWork);
      } else {
        backwardWork = this.#goBackward(query, earliestUs);
        this.#meet(backward, backwardWork);
      }
    }
    const met = forward.layer;
    this.hops = met + backward.layer;
    this.layerFirst.length = this.hops + 1;
    this.layerEnd.length = this.hops + 1;
    this.layerFirst[met] = 0;
    this.layerEnd[met] = this.#size;
    for (let layer = met - 1; layer >= 0; layer--) this.#collectBefore(layer);
    for (let layer = met + 1; layer <= this.hops; layer++) this.#collectAfter(layer);
  }

  #degree(first: Int32Array, node: number): number {
    return (first[node + 1] as number) - (first[node] as number);
  }

  /** Adds a layer to F; returns the number of edges that the next one has to look at. */
  #goForward(query: SearchQuery, bestUs: number, earliestUs: Float64Array): number {
    const { nodeEdges, edgeTarget } = this.#graph;
    const times = this.#times;
    const log = this.#forward;
    const first = log.firstOf(log.layer);
    const end = log.size;
    const restricted = first === 0 && times.restrictsFirstHop;
    log.openLayer();
    for (let entry = first; entry < end; entry++) {
      const node = log.nodes[entry] as number;
      const readyUs = log.valuesUs[entry] as number;
      const lastEdge = nodeEdges[node + 1] as number;
      for (let edge = nodeEdges[node] as number; edge < lastEdge; edge++) {
        const next = edgeTarget[edge] as number;
        // Also Infinity where no hop may lead.
        if ((earliestUs[next] as number) > bestUs) continue;
        const knownUs = log.latestUs(next, Infinity);
        if (knownUs <= readyUs || next === query.source) continue;
        if (restricted && !times.firstHopAllowed(next)) continue;
        const arrivalUs = times.arrivalUs(edge, readyUs, Math.min(knownUs - 1, bestUs));
        if (arrivalUs !== Infinity) log.put(next, arrivalUs);
      }
    }
    return this.#work(log, nodeEdges);
  }

  /** Adds a layer to L; returns the number of edges that the next one has to look at. */
  #goBackward(query: SearchQuery, earliestUs: Float64Array): number {
    const { incoming, incomingEdges, edgeSource } = this.#graph;
    const times = this.#times;
    const log = this.#backward;
    const first = log.firstOf(log.layer);
    const end = log.size;
    log.openLayer();
    for (let entry = first; entry < end; entry++) {
      const node = log.nodes[entry] as number;
      const byUs = log.valuesUs[entry] as number;
      const restricted = times.restrictsFirstHop && !times.firstHopAllowed(node);
      const last = incoming[node + 1] as number;
      for (let i = incoming[node] as number; i < last; i++) {
        const edge = incomingEdges[i] as number;
        const before = edgeSource[edge] as number;
        if (restricted && before === query.source) continue;
        const fromUs = Math.max(earliestUs[before] as number, log.latestUs(before, -Infinity) + 1);
        if (fromUs > byUs) continue;
        const readyUs = times.latestReadyUs(edge, byUs, fromUs, -Infinity);
        if (readyUs !== -Infinity) log.put(before, readyUs);
      }
    }
    return this.#work(log, incoming);
  }

  #work(log: LabelLog, degrees: Int32Array): number {
    let work = 0;
    for (let entry = log.firstOf(log.layer); entry < log.size; entry++) {
      work += this.#degree(degrees, log.nodes[entry] as number);
    }
    return work;
  }

  /** Makes the nodes of a log's last layer states whose F is no later than their L; `work` is what the layer promises to go on with. */
  #meet(log: LabelLog, work: number): void {
    const first = log.firstOf(log.layer);
    for (let entry = first; entry < log.size; entry++) {
      const node = log.nodes[entry] as number;
      const fromUs = this.#forward.latestUs(node, Infinity);
      const byUs = this.#backward.latestUs(node, -Infinity);
      if (fromUs <= byUs) this.#addState(node, fromUs, byUs);
    }
    if (this.#size === 0 && (log.size === first || work === 0)) throw decreasing();
  }

  #addState(node: number, fromUs: number, byUs: number): void {
    if (this.#size === this.node.length) {
      const room = 2 * this.#size;
      const grownNode = new Int32Array(room);
      grownNode.set(this.node);
      this.node = grownNode;
      const grownFromUs = new Float64Array(room);
      grownFromUs.set(this.fromUs);
      this.fromUs = grownFromUs;
      const grownByUs = new Float64Array(room);
      grownByUs.set(this.byUs);
      this.byUs = grownByUs;
    }
    this.node[this.#size] = node;
    this.fromUs[this.#size] = fromUs;
    this.byUs[this.#size] = byUs;
    this.#size++;
  }

  /** Collects the states of a layer from those of the next one, over the hops between them. */
  #collectBefore(layer: number): void {
    const { incoming, incomingEdges, edgeSource } = this.#graph;
    const times = this.#times;
    const first = this.#size;
    for (let state = this.layerFirst[layer + 1] as number; state < (this.layerEnd[layer + 1] as number); state++) {
      const node = this.node[state] as number;
      const byUs = this.byUs[state] as number;
      if (layer === 0 && times.restrictsFirstHop && !times.firstHopAllowed(node)) continue;
      const last = incoming[node + 1] as number;
      for (let i = incoming[node] as number; i < last; i++) {
        const edge = incomingEdges[i] as number;
        const before = edgeSource[edge] as number;
        const fromUs = this.#forward.changedUs(before, layer, Infinity);
        if (fromUs > byUs) continue;
        const known = this.#stateOf[before] as number;
        const readyUs = times.latestReadyUs(
          edge,
          byUs,
          known < 0 ? fromUs : (this.byUs[known] as number) + 1,
          -Infinity,
        );
        if (readyUs === -Infinity) continue;
        if (known >= 0) this.byUs[known] = readyUs;
        else {
          this.#stateOf[before] = this.#size;
          this.#addState(before, fromUs, readyUs);
        }
      }
    }
    this.#close(layer, first);
  }

  /** Collects the states of a layer from those of the one before, over the hops between them. */
  #collectAfter(layer: number): void {
    const { nodeEdges, edgeTarget } = this.#graph;
    const times = this.#times;
    const first = this.#size;
    const restricted = layer === 1 && times.restrictsFirstHop;
    for (let state = this.layerFirst[layer - 1] as number; state < (this.layerEnd[layer - 1] as number); state++) {
      const node = this.node[state] as number;
      const readyUs = this.fromUs[state] as number;
      const lastEdge = nodeEdges[node + 1] as number;
      for (let edge = nodeEdges[node] as number; edge < lastEdge; edge++) {
        const next = edgeTarget[edge] as number;
        const byUs = this.#backward.changedUs(next, this.hops - layer, -Infinity);
        if (byUs < readyUs) continue;
        if (restricted && !times.firstHopAllowed(next)) continue;
        const known = this.#stateOf[next] as number;
        const limitUs = known < 0 ? byUs : (this.fromUs[known] as number) - 1;
        const arrivalUs = times.arrivalUs(edge, readyUs, limitUs);
        if (arrivalUs === Infinity) continue;
        if (known >= 0) this.fromUs[known] = arrivalUs;
        else {
          this.#stateOf[next] = this.#size;
          this.#addState(next, arrivalUs, byUs);
        }
      }
    }
    this.#close(layer, first);
  }

  #close(layer: number, first: number): void {
    this.layerFirst[layer] = first;
    this.layerEnd[layer] = this.#size;
    for (let state = first; state < this.#size; state++) this.#stateOf[this.node[state] as number] = -1;
  }
}

/** What to throw where the phases of a search disagree: they never do but for a hook that breaks its promise. */
export function decreasing(): UsageError {
  return new UsageError('bad-route-query', 'departUs must not decrease when the bundle is ready later');
}
