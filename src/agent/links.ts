/**
 * The links of a node: which contacts are open, what queues for them, and when each is free for the next bundle. A link carries
 * one bundle at a time at the contact's rate; that pacing is the congestion control that RFC 9171 section 7.2 demands.
 */
import type { BundleRecord } from './bundle-record.js';
import { PRIORITY } from './bundle-record.js';

/** An open contact as the driver announced it. */
export interface OpenContact {
  /** Index in the contact plan, -1 for one that the plan does not know. */
  readonly contact: number;
  readonly to: number;
  readonly endUs: number;
  readonly rateBytesPerSecond: number;
  readonly owltUs: number;
}

/** A record's place in a queue; stale once the record has moved on, even where it came back to the same queue. */
interface Place {
  readonly record: BundleRecord;
  readonly generation: number;
}

/** A first-in-first-out queue for each priority, with cheap removal at the head. */
class PriorityFifo {
  readonly #queues: { items: Place[]; head: number }[] = Object.values(PRIORITY).map(() => ({ items: [], head: 0 }));
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(record: BundleRecord): void {
    (this.#queues[record.priority] as { items: Place[] }).items.push({ record, generation: record.generation });
    this.#size++;
  }

  shift(): Place | undefined {
    for (const queue of this.#queues) {
      if (queue.head === queue.items.length) continue;
      const place = queue.items[queue.head] as Place;
      queue.items[queue.head++] = undefined as unknown as Place;
      if (queue.head > 64 && queue.head * 2 > queue.items.length) {
        queue.items = queue.items.slice(queue.head);
        queue.head = 0;
      }
      this.#size--;
      return place;
    }
    return undefined;
  }
}

/** The sending side of the link to one neighbour. */
export class Link {
  /** The open contact, or undefined while there is none. */
  open: OpenContact | undefined;
  /** Index of the contact that ended before its time and has not come back; -1 for none. */
  failedContact = -1;
  /** Until then a bundle keeps away from this neighbour, in monotonic microseconds. */
  avoidedUntilUs = 0;
  /** When the transmitter has sent everything given to it, in monotonic microseconds. */
  freeUs = 0;
  readonly #queue = new PriorityFifo();

  constructor(readonly neighbour: number) {}

  /** Queued entries, stale ones included. */
  get queued(): number {
    return this.#queue.size;
  }

  enqueue(record: BundleRecord): void {
    this.#queue.push(record);
  }

  /** The next record that still stands in this queue; stale entries are dropped on the way. */
  next(): BundleRecord | undefined {
    for (;;) {
      const place = this.#queue.shift();
      if (place === undefined) return undefined;
      if (place.record.generation === place.generation) return place.record;
    }
  }

  /** Empties the queue and returns what stood in it. */
  drain(): BundleRecord[] {
    const records: BundleRecord[] = [];
    for (let record = this.next(); record !== undefined; record = this.next()) records.push(record);
    return records;
  }
}
