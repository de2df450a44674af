/**
 * Bundles that were handed to an application and wait for its word. Their numbers are not used again by a later run of the node: they
 * begin where its clock stood when it started, and a clock in microseconds runs ahead of all that it delivers.
 */
import type { BundleRecord } from './bundle-record.js';

/** The deliveries of one node that are not confirmed; see the head of this file. */
export class Receipts {
  readonly #records = new Map<number, BundleRecord>();
  readonly #numbers = new Map<BundleRecord, number>();
  #last = 0;

  /** The node starts at this moment, in monotonic microseconds. */
  start(nowUs: number): void {
    this.#last = Math.max(this.#last, Math.floor(nowUs));
  }

  /** The number under which a record that is now with its application is confirmed. */
  give(record: BundleRecord): number {
    const number = ++this.#last;
    this.#records.set(number, record);
    this.#numbers.set(record, number);
    return number;
  }

  /** The record that a number stands for; undefined for one that is settled or was never given. */
  find(number: number): BundleRecord | undefined {
    return this.#records.get(number);
  }

  /** Forgets a record that left the store. */
  drop(record: BundleRecord): void {
    const number = this.#numbers.get(record);
    if (number === undefined) return;
    this.#numbers.delete(record);
    this.#records.delete(number);
  }
}
