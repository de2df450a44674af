/**
 * Which bundles end their lifetime next, without scanning those that do not: buckets of a tenth of a second, in a heap. A
 * bundle that leaves early is taken out of its bucket, so nothing dead stays behind until its time comes.
 */
import { PriorityQueue } from '../base/priority-queue.js';
import { US_PER_MS } from '../base/time.js';
import type { BundleRecord } from './bundle-record.js';

const BUCKET_US = 100 * US_PER_MS;

/** Places in a bucket that may stand empty beyond as many as are taken. */
const MOST_IDLE_PLACES = 32;

/** Records in the order of their coming; those that left are holes until there are too many of them. */
class Bucket {
  #places: (BundleRecord | undefined)[] = [];
  #taken = 0;

  get isEmpty(): boolean {
    return this.#taken === 0;
  }

  add(record: BundleRecord): void {
    if (this.#has(record)) return;
    record.expiryPlace = this.#places.push(record) - 1;
    this.#taken++;
  }

  remove(record: BundleRecord): void {
    if (!this.#has(record)) return;
    this.#places[record.expiryPlace] = undefined;
    record.expiryPlace = -1;
    this.#taken--;
    if (this.#taken === 0) this.#places.length = 0;
    else if (this.#places.length > 2 * this.#taken + MOST_IDLE_PLACES) this.#close();
  }

  records(): BundleRecord[] {
    return this.#places.filter((each) => each !== undefined);
  }

  #has(record: BundleRecord): boolean {
    const { expiryPlace } = record;
    return expiryPlace >= 0 && this.#places[expiryPlace] === record;
  }

  #close(): void {
    this.#places = this.records();
    for (let place = 0; place < this.#places.length; place++) (this.#places[place] as BundleRecord).expiryPlace = place;
  }
}

/** The ends of the lifetimes of all held bundles. */
export class ExpiryCalendar {
  readonly #buckets = new Map<number, Bucket>();
  readonly #order = new PriorityQueue<number>();

  add(record: BundleRecord): void {
    const number = Math.ceil(record.expiryUs / BUCKET_US);
    let bucket = this.#buckets.get(number);
    if (bucket === undefined) {
      bucket = new Bucket();
      this.#buckets.set(number, bucket);
      this.#order.push(number, number);
    }
    bucket.add(record);
  }

  remove(record: BundleRecord): void {
    this.#buckets.get(Math.ceil(record.expiryUs / BUCKET_US))?.remove(record);
  }

  /** When the next bucket is due, in monotonic microseconds. */
  nextUs(): number | undefined {
    for (;;) {
      const bucket = this.#order.peek();
      if (bucket === undefined) return undefined;
      if (!(this.#buckets.get(bucket) as Bucket).isEmpty) return bucket * BUCKET_US;
      this.#buckets.delete(bucket);
      this.#order.pop();
    }
  }

  /** Takes out and returns the records whose lifetime is over. */
  takeDue(nowUs: number): BundleRecord[] {
    const due: BundleRecord[] = [];
    for (let next = this.nextUs(); next !== undefined && next <= nowUs; next = this.nextUs()) {
      const bucket = this.#order.pop() as number;
      for (const record of (this.#buckets.get(bucket) as Bucket).records()) due.push(record);
      this.#buckets.delete(bucket);
    }
    return due;
  }
}
