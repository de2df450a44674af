/**
 * A 4-ary min-heap of node indexes that keeps the place of each node, so that a better key only moves it up. Nodes with equal
 * keys leave in an order that depends on nothing but the calls. Keys stand in heap order, so that children share a cache line.
 */
export class NodeHeap {
  readonly #keysUs: Float64Array;
  readonly #items: Int32Array;
  /** Place of each node in the heap plus one; 0 for a node that is not in it. */
  readonly #places: Int32Array;
  #size = 0;

  /** Room for the node indexes below `count`. */
  constructor(count: number) {
    this.#keysUs = new Float64Array(count);
    this.#items = new Int32Array(count);
    this.#places = new Int32Array(count);
  }

  /** The least key, Infinity when empty. */
  get leastUs(): number {
    return this.#size === 0 ? Infinity : (this.#keysUs[0] as number);
  }

  /** Removes everything. */
  clear(): void {
    for (let i = 0; i < this.#size; i++) this.#places[this.#items[i] as number] = 0;
    this.#size = 0;
  }

  /** Adds a node, or moves it up to a key that is not above the one it has. */
  raise(node: number, keyUs: number): void {
    const keysUs = this.#keysUs;
    const items = this.#items;
    const places = this.#places;
    let at = (places[node] as number) - 1;
    if (at < 0) at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      const aboveUs = keysUs[parent] as number;
      if (aboveUs <= keyUs) break;
      const above = items[parent] as number;
      keysUs[at] = aboveUs;
      items[at] = above;
      places[above] = at + 1;
      at = parent;
    }
    keysUs[at] = keyUs;
    items[at] = node;
    places[node] = at + 1;
  }

  /** Removes and returns the least node, or -1 when empty. */
  pop(): number {
    if (this.#size === 0) return -1;
    const keysUs = this.#keysUs;
    const items = this.#items;
    const places = this.#places;
    const top = items[0] as number;
    places[top] = 0;
    const size = --this.#size;
    if (size === 0) return top;
    const node = items[size] as number;
    const keyUs = keysUs[size] as number;
    let at = 0;
    for (let first = 1; first < size; first = 4 * at + 1) {
      let least = first;
      let leastUs = keysUs[first] as number;
      const end = Math.min(first + 4, size);
      for (let child = first + 1; child < end; child++) {
        const childUs = keysUs[child] as number;
        if (childUs < leastUs) {
          least = child;
          leastUs = childUs;
        }
      }
      if (leastUs >= keyUs) break;
      const leastNode = items[least] as number;
      keysUs[at] = leastUs;
      items[at] = leastNode;
      places[leastNode] = at + 1;
      at = least;
    }
    keysUs[at] = keyUs;
    items[at] = node;
    places[node] = at + 1;
    return top;
  }
}
