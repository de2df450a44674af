/** One timer for each record: for a custody signal that does not come, a contact that does not open, a hold that ends. */
import { PriorityQueue } from '../base/priority-queue.js';
import type { BundleRecord } from './bundle-record.js';

/** Stale timers that may stand beyond as many as there are live ones, before all are swept: each keeps a bundle in memory. */
const MOST_IDLE_STALE = 256;

/** The timers of all records; a change of a record's state makes those set before it stale. */
export class RecordTimers {
  readonly #queue = new PriorityQueue<{ record: BundleRecord; generation: number }>();
  /** Timers from which on the stale ones among them are looked for. */
  #sweepFrom = MOST_IDLE_STALE;

  /** Wakes the record at `atUs` unless its state changes before; Infinity sets nothing. */
  set(record: BundleRecord, atUs: number): void {
    record.wakeUs = atUs;
    if (atUs === Number.POSITIVE_INFINITY) return;
    this.#queue.push(atUs, { record, generation: record.generation });
    if (this.#queue.size < this.#sweepFrom) return;
    this.#queue.retain((timer) => timer.record.generation === timer.generation);
    this.#sweepFrom = 2 * this.#queue.size + MOST_IDLE_STALE;
  }

  /** When the next timer that is not stale is due. */
  nextUs(): number | undefined {
    for (let top = this.#queue.peek(); top !== undefined; top = this.#queue.peek()) {
      if (top.record.generation === top.generation) return this.#queue.peekKey();
      this.#queue.pop();
    }
    return undefined;
  }

  /** Takes out the next record that is due, or undefined. */
  popDue(nowUs: number): BundleRecord | undefined {
    const next = this.nextUs();
    return next !== undefined && next <= nowUs ? this.#queue.pop()?.record : undefined;
  }
}
