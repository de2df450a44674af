/**
 * A 4-ary min-heap ordered by a numeric key, and among equal keys by order of insertion: that second rule is what makes a
 * simulation deterministic when two events share a microsecond.
 */
export class PriorityQueue<T> {
  readonly #keys: number[] = [];
  readonly #order: number[] = [];
  readonly #items: T[] = [];
  #inserted = 0;

  /** How many items wait. */
  get size(): number {
    return this.#items.length;
  }

  /** Adds an item under its key. */
  push(key: number, item: T): void {
    const order = this.#inserted++;
    let at = this.#items.length;
    this.#keys.push(key);
    this.#order.push(order);
    this.#items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 2;
      if ((this.#keys[parent] as number) <= key) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#place(at, key, order, item);
  }

  /** The least key, or undefined when empty. */
  peekKey(): number | undefined {
    return this.#keys[0];
  }

  /** The item with the least key, left in place. */
  peek(): T | undefined {
    return this.#items[0];
  }

  /** Removes and returns the item with the least key. */
  pop(): T | undefined {
    const top = this.#items[0];
    const key = this.#keys.pop();
    const order = this.#order.pop();
    const item = this.#items.pop();
    const size = this.#items.length;
    if (size > 0) this.#sink(0, key as number, order as number, item as T);
    return top;
  }

  /** Places an item at `from`, or below it where what stands there goes before it. */
  #sink(from: number, key: number, order: number, item: T): void {
    const size = this.#items.length;
    let at = from;
    for (;;) {
      const first = 4 * at + 1;
      if (first >= size) break;
      let least = first;
      const end = Math.min(first + 4, size);
      for (let child = first + 1; child < end; child++) if (this.#before(child, least)) least = child;
      const leastKey = this.#keys[least] as number;
      if (leastKey > key || (leastKey === key && (this.#order[least] as number) > order)) break;
      this.#move(least, at);
      at = least;
    }
    this.#place(at, key, order, item);
  }

  /** Removes the items that are not `wanted`; those that stay keep their order. */
  retain(wanted: (item: T) => boolean): void {
    let kept = 0;
    for (let at = 0; at < this.#items.length; at++) {
      if (!wanted(this.#items[at] as T)) continue;
      this.#move(at, kept);
      kept++;
    }
    this.#keys.length = kept;
    this.#order.length = kept;
    this.#items.length = kept;
    for (let at = (kept - 2) >> 2; at >= 0; at--) {
      this.#sink(at, this.#keys[at] as number, this.#order[at] as number, this.#items[at] as T);
    }
  }

  /** Removes everything. */
  clear(): void {
    this.#keys.length = 0;
    this.#order.length = 0;
    this.#items.length = 0;
  }

  #before(a: number, b: number): boolean {
    // Compared and not subtracted: a key may be Infinity.
    const keyA = this.#keys[a] as number;
    const keyB = this.#keys[b] as number;
    return keyA !== keyB ? keyA < keyB : (this.#order[a] as number) < (this.#order[b] as number);
  }

  #move(from: number, to: number): void {
    this.#keys[to] = this.#keys[from] as number;
    this.#order[to] = this.#order[from] as number;
    this.#items[to] = this.#items[from] as T;
  }

  #place(at: number, key: number, order: number, item: T): void {
    this.#keys[at] = key;
    this.#order[at] = order;
    this.#items[at] = item;
  }
}
