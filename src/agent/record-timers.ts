/** One timer for each record: for a custody signal that does not come, a contact that does not open, a hold that ends. */
import { PriorityQueue } from '../base/priority-queue.js';
import type { BundleRecord } from './bundle-record.js';

/** The timers of all records; a change of a record's state makes those set before it stale. */
export class RecordTimers {
  readonly #queue = new PriorityQueue<{ record: BundleRecord; generation: number }>();

  /** Wakes the record at `atUs` unless its state changes before; Infinity sets nothing. */
  set(record: BundleRecord, atUs: number): void {
    record.wakeUs = atUs;
    if (atUs !== Number.POSITIVE_INFINITY) this.#queue.push(atUs, { record, generation: record.generation });
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
