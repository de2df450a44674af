/** Labels of nodes that improve from layer to layer: who improved, in which layer, to what. Reused from search to search. */

/** Label changes in the order of layers; each node has at most one in a layer. Layers count from 0. */
export class LabelLog {
  /** Changed nodes. */
  nodes: Int32Array;
  /** What each changed to. */
  valuesUs: Float64Array;
  size = 0;
  /** The entry before of the same node; -1 at its first. */
  #before: Int32Array;
  /** The last entry of each node; -1 without one. */
  readonly #latest: Int32Array;
  readonly #firstOfLayer: number[] = [];

  /** For the node indexes below `nodeCount`. */
  constructor(nodeCount: number) {
    const room = Math.max(16, nodeCount);
    this.nodes = new Int32Array(room);
    this.valuesUs = new Float64Array(room);
    this.#before = new Int32Array(room);
    this.#latest = new Int32Array(nodeCount).fill(-1);
  }

  /** Forgets everything, and opens layer 0. */
  clear(): void {
    for (let entry = 0; entry < this.size; entry++) this.#latest[this.nodes[entry] as number] = -1;
    this.size = 0;
    this.#firstOfLayer.length = 0;
    this.openLayer();
  }

  /** Later changes belong to the next layer. */
  openLayer(): void {
    this.#firstOfLayer.push(this.size);
  }

  /** The number of the open layer. */
  get layer(): number {
    return this.#firstOfLayer.length - 1;
  }

  /** The first entry of a layer; where that is not open yet, what it will be. */
  firstOf(layer: number): number {
    return this.#firstOfLayer[layer] ?? this.size;
  }

  /** The node's label after all layers so far, or `none`. */
  latestUs(node: number, none: number): number {
    const entry = this.#latest[node] as number;
    return entry < 0 ? none : (this.valuesUs[entry] as number);
  }

  /** The node's label if it changed in just this layer, else `none`. */
  changedUs(node: number, layer: number, none: number): number {
    const first = this.firstOf(layer);
    const end = this.firstOf(layer + 1);
    let entry = this.#latest[node] as number;
    while (entry >= end) entry = this.#before[entry] as number;
    return entry >= first ? (this.valuesUs[entry] as number) : none;
  }

  /** Changes a node's label in the open layer. */
  put(node: number, valueUs: number): void {
    const latest = this.#latest[node] as number;
    if (latest >= (this.#firstOfLayer[this.#firstOfLayer.length - 1] as number)) {
      this.valuesUs[latest] = valueUs;
      return;
    }
    if (this.size === this.nodes.length) this.#grow();
    this.nodes[this.size] = node;
    this.valuesUs[this.size] = valueUs;
    this.#before[this.size] = latest;
    this.#latest[node] = this.size++;
  }

  #grow(): void {
    const room = 2 * this.size;
    const nodes = new Int32Array(room);
    nodes.set(this.nodes);
    this.nodes = nodes;
    const valuesUs = new Float64Array(room);
    valuesUs.set(this.valuesUs);
    this.valuesUs = valuesUs;
    const before = new Int32Array(room);
    before.set(this.#before);
    this.#before = before;
  }
}
