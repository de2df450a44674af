/**
 * The links of a node: which contacts are open, what queues for them, and when each is free for the next bundle. A link carries
 * one bundle at a time at the contact's rate; that pacing is the congestion control that RFC 9171 section 7.2 demands.
 */
import { transmissionUs } from '../base/time.js';
import type { BundleRecord } from './bundle-record.js';

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

/** The records of one rank, first in, first out, with cheap removal at the head. */
interface RankQueue {
  readonly rank: number;
  items: Place[];
  head: number;
  /** Of the records that still stand here. */
  bytes: number;
}

/**
 * Records in the order of their rank, then of their coming. A node sees few ranks, so they stand in a list. What is taken out is in
 * state `dispatch`.
 */
class RankedQueue {
  /** Ascending by rank. */
  readonly #queues: RankQueue[] = [];
  #size = 0;
  #bytes = 0;

  /** Places, stale ones included. */
  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that go before, or at the same time as, a record of this rank that comes now. */
  bytesAhead(rank: number): number {
    let bytes = 0;
    for (const queue of this.#queues) {
      if (queue.rank > rank) break;
      bytes += queue.bytes;
    }
    return bytes;
  }

  push(record: BundleRecord): void {
    const queue = this.#queue(record.rank);
    queue.items.push({ record, generation: record.generation });
    queue.bytes += record.sizeBytes;
    this.#bytes += record.sizeBytes;
    this.#size++;
  }

  /** Counts a record out that leaves for elsewhere; its place stays behind, stale. */
  leave(record: BundleRecord): void {
    this.#queue(record.rank).bytes -= record.sizeBytes;
    this.#bytes -= record.sizeBytes;
  }

  /** The most urgent record that still stands here. */
  shift(): BundleRecord | undefined {
    for (const queue of this.#queues) {
      while (queue.head < queue.items.length) {
        const { record, generation } = queue.items[queue.head] as Place;
        queue.items[queue.head++] = undefined as unknown as Place;
        this.#size--;
        if (queue.head > 64 && queue.head * 2 > queue.items.length) {
          queue.items = queue.items.slice(queue.head);
          queue.head = 0;
        }
        if (record.generation !== generation) continue;
        this.leave(record);
        record.enter('dispatch');
        return record;
      }
    }
    return undefined;
  }

  /** The least urgent record, the last one to come, if it is less urgent than `rank`. */
  popBehind(rank: number): BundleRecord | undefined {
    for (let at = this.#queues.length - 1; at >= 0; at--) {
      const queue = this.#queues[at] as RankQueue;
      if (queue.rank <= rank) return undefined;
      while (queue.head < queue.items.length) {
        const { record, generation } = queue.items.pop() as Place;
        this.#size--;
        if (record.generation !== generation) continue;
        this.leave(record);
        record.enter('dispatch');
        return record;
      }
    }
    return undefined;
  }

  #queue(rank: number): RankQueue {
    const at = this.#queues.findIndex((queue) => queue.rank >= rank);
    const found = this.#queues[at];
    if (found?.rank === rank) return found;
    const queue: RankQueue = { rank, items: [], head: 0, bytes: 0 };
    this.#queues.splice(at < 0 ? this.#queues.length : at, 0, queue);
    return queue;
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
  /** It stands in the transmitter's list of links that have something new. */
  isReady = false;
  /** When the transmitter has sent everything given to it, in monotonic microseconds. */
  freeUs = 0;
  readonly #queue = new RankedQueue();

  constructor(readonly neighbour: number) {}

  /** Queued entries, stale ones included. */
  get queued(): number {
    return this.#queue.size;
  }

  /** Bytes that queue here. */
  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** Puts a record whose state is `queued` here. */
  enqueue(record: BundleRecord): void {
    this.#queue.push(record);
  }

  /** A queued record goes elsewhere; to be told before its state changes. */
  leave(record: BundleRecord): void {
    this.#queue.leave(record);
  }

  /** The next record that still stands in this queue. */
  next(): BundleRecord | undefined {
    return this.#queue.shift();
  }

  /** Empties the queue and returns what stood in it. */
  drain(): BundleRecord[] {
    const records: BundleRecord[] = [];
    for (let record = this.next(); record !== undefined; record = this.next()) records.push(record);
    return records;
  }

  /**
   * When a record of a rank that comes now could begin to leave over the open contact (the earliest transmission opportunity of
   * CCSDS 734.3-B-1 section 3.2.6): the transmitter is free, and what is as urgent or more has gone. Infinity where none is open.
   */
  opportunityUs(rank: number, nowUs: number): number {
    if (this.open === undefined) return Number.POSITIVE_INFINITY;
    const freeUs = Math.max(this.freeUs, nowUs);
    const ahead = this.#queue.size === 0 ? 0 : this.#queue.bytesAhead(rank);
    return ahead === 0 ? freeUs : freeUs + transmissionUs(ahead, this.open.rateBytesPerSecond);
  }

  /**
   * Takes out the least urgent records, last come first, until the open contact has room for all that is left. None goes that is as
   * urgent as `newcomer`, which found room behind those.
   */
  takeOverflow(nowUs: number, newcomer: BundleRecord): BundleRecord[] {
    const taken: BundleRecord[] = [];
    if (this.open === undefined) return taken;
    const { endUs, rateBytesPerSecond } = this.open;
    const freeUs = Math.max(this.freeUs, nowUs);
    while (freeUs + transmissionUs(this.#queue.bytes, rateBytesPerSecond) > endUs) {
      const record = this.#queue.popBehind(newcomer.rank);
      if (record === undefined) break;
      taken.push(record);
    }
    return taken;
  }
}
