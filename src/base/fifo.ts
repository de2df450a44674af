/** Room that an empty queue keeps for what comes next. */
const KEPT_SLOTS = 1024;

/** First in, first out. What was in its array is used again, since queues that run empty all the time would else fill the heap. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;
  #end = 0;

  /** How many items wait. */
  get size(): number {
    return this.#end - this.#head;
  }

  push(item: T): void {
    this.#items[this.#end++] = item;
  }

  /** Takes out the item that has been in longest; undefined where there is none. */
  shift(): T | undefined {
    if (this.#head === this.#end) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#end) {
      this.#head = 0;
      this.#end = 0;
      if (this.#items.length > KEPT_SLOTS) this.#items = [];
    } else if (this.#head > KEPT_SLOTS && this.#head * 2 > this.#end) {
      // One that never runs empty would else grow for ever.
      this.#items = this.#items.slice(this.#head, this.#end);
      this.#end -= this.#head;
      this.#head = 0;
    }
    return item;
  }
}
