/** The bundles of a node that cannot leave yet: by the neighbour whose contact they wait for, or in limbo where they have no way on. */
import type { BundleRecord } from './bundle-record.js';

/** The place of bundles without any way on, among the numbers of neighbours. */
export const LIMBO = 0;

/** Records that wait, each in one place; see the head of this file. */
export class WaitingRecords {
  readonly #places = new Map<number, Set<BundleRecord>>();

  /** Adds a record that waits for `neighbour`, or {@link LIMBO}. */
  add(record: BundleRecord, neighbour: number): void {
    let records = this.#places.get(neighbour);
    if (records === undefined) {
      records = new Set();
      this.#places.set(neighbour, records);
    }
    records.add(record);
  }

  /** Takes a record out of the place that its state names; to be told before its state changes. */
  remove(record: BundleRecord): void {
    if (record.state !== 'waiting' && record.state !== 'limbo') return;
    const records = this.#places.get(record.nextHop);
    records?.delete(record);
    if (records?.size === 0) this.#places.delete(record.nextHop);
  }

  /** Takes out all that wait for a neighbour, or are in limbo, in the order of their coming. */
  take(neighbour: number): BundleRecord[] {
    const records = [...(this.#places.get(neighbour) ?? [])];
    this.#places.delete(neighbour);
    return records;
  }

  /** Takes out everything, place by place in the order that they came into use. */
  takeAll(): BundleRecord[] {
    const records = [...this.#places.values()].flatMap((place) => [...place]);
    this.#places.clear();
    return records;
  }

  /** Takes out up to `most` records in limbo that lack volume, in the order of their coming. */
  takeShortOfVolume(most: number): BundleRecord[] {
    const taken: BundleRecord[] = [];
    const limbo = this.#places.get(LIMBO);
    for (const record of limbo ?? []) {
      if (taken.length >= most) break;
      if (record.limboReason !== 'no volume') continue;
      limbo?.delete(record);
      taken.push(record);
    }
    return taken;
  }
}
