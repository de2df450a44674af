/**
 * A 4-ary min-heap of node indexes over keys that live in the caller's arrays, with the place of each node kept so that a
 * better key only moves it up. Order: key, then hops, then node index, so that a search is the same on every run.
 */
export class NodeHeap {
  readonly #keyUs: Float64Array;
  readonly #hops: Int32Array;
  readonly #items: Int32Array;
  /** Place of each node in the heap plus one; 0 for a node that is not in it. */
  readonly #places: Int32Array;
  #size = 0;

  constructor(keyUs: Float64Array, hops: Int32Array) {
    this.#keyUs = keyUs;
    this.#hops = hops;
    this.#items = new Int32Array(keyUs.length);
    this.#places = new Int32Array(keyUs.length);
  }

  get size(): number {
    return this.#size;
  }

  clear(): void {
    for (let i = 0; i < this.#size; i++) this.#places[this.#items[i] as number] = 0;
    this.#size = 0;
  }

  /** Adds a node, or moves it up after its key or hops became less. */
  raise(node: number): void {
    const items = this.#items;
    const places = this.#places;
    let at = (places[node] as number) - 1;
    if (at < 0) at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      const above = items[parent] as number;
      if (!this.#before(node, above)) break;
      items[at] = above;
      places[above] = at + 1;
      at = parent;
    }
    items[at] = node;
    places[node] = at + 1;
  }

  /** Removes and returns the least node, or -1 when empty. */
  pop(): number {
    if (this.#size === 0) return -1;
    const items = this.#items;
    const places = this.#places;
    const top = items[0] as number;
    places[top] = 0;
    const size = --this.#size;
    if (size === 0) return top;
    const node = items[size] as number;
    let at = 0;
    for (;;) {
      const first = 4 * at + 1;
      if (first >= size) break;
      let least = first;
      let leastNode = items[first] as number;
      const end = first + 4 < size ? first + 4 : size;
      for (let child = first + 1; child < end; child++) {
        const childNode = items[child] as number;
        if (this.#before(childNode, leastNode)) {
          least = child;
          leastNode = childNode;
        }
      }
      if (!this.#before(leastNode, node)) break;
      items[at] = leastNode;
      places[leastNode] = at + 1;
      at = least;
    }
    items[at] = node;
    places[node] = at + 1;
    return top;
  }

  #before(a: number, b: number): boolean {
    const difference = (this.#keyUs[a] as number) - (this.#keyUs[b] as number);
    if (difference !== 0) return difference < 0;
    const hops = (this.#hops[a] as number) - (this.#hops[b] as number);
    return hops !== 0 ? hops < 0 : a < b;
  }
}
