/**
 * Which bundles end their lifetime next, without scanning those that do not: buckets of a tenth of a second, in a heap. A
 * bundle that leaves early is taken out of its bucket, so nothing dead stays behind until its time comes.
 */
import { PriorityQueue } from '../base/priority-queue.js';
import { US_PER_MS } from '../base/time.js';
import type { BundleRecord } from './bundle-record.js';

const BUCKET_US = 100 * US_PER_MS;

/** The ends of the lifetimes of all held bundles. */
export class ExpiryCalendar {
  readonly #buckets = new Map<number, Set<BundleRecord>>();
  readonly #order = new PriorityQueue<number>();

  add(record: BundleRecord): void {
    const bucket = Math.ceil(record.expiryUs / BUCKET_US);
    let records = this.#buckets.get(bucket);
    if (records === undefined) {
      records = new Set();
      this.#buckets.set(bucket, records);
      this.#order.push(bucket, bucket);
    }
    records.add(record);
  }

  remove(record: BundleRecord): void {
    this.#buckets.get(Math.ceil(record.expiryUs / BUCKET_US))?.delete(record);
  }

  /** When the next bucket is due, in monotonic microseconds. */
  nextUs(): number | undefined {
    for (;;) {
      const bucket = this.#order.peek();
      if (bucket === undefined) return undefined;
      if ((this.#buckets.get(bucket) as Set<BundleRecord>).size > 0) return bucket * BUCKET_US;
      this.#buckets.delete(bucket);
      this.#order.pop();
    }
  }

  /** Takes out and returns the records whose lifetime is over. */
  takeDue(nowUs: number): BundleRecord[] {
    const due: BundleRecord[] = [];
    for (let next = this.nextUs(); next !== undefined && next <= nowUs; next = this.nextUs()) {
      const bucket = this.#order.pop() as number;
      due.push(...(this.#buckets.get(bucket) as Set<BundleRecord>));
      this.#buckets.delete(bucket);
    }
    return due;
  }
}
