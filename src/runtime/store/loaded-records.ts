/**
 * Which bundles stay in memory though they are on the disk: those put last, up to a number of bytes, since they are sent next; one that
 * has waited longer is read back when its contact comes.
 */
import type { BundleLoader } from '../../agent/index.js';
import type { HeldRecord } from './batch.js';

/** Loaded records in the order in which they were put, as a list that costs nothing to leave. */
export class LoadedRecords {
  readonly #maxBytes: number;
  readonly #load: BundleLoader;
  #oldest: HeldRecord | undefined;
  #newest: HeldRecord | undefined;
  #bytes = 0;

  constructor(maxBytes: number, load: BundleLoader) {
    this.#maxBytes = maxBytes;
    this.#load = load;
  }

  /** Bytes of all of them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a record that is on the disk now, and unloads the oldest ones beyond the limit. */
  add(held: HeldRecord): void {
    if (!held.record.isLoaded) return;
    this.#bytes += held.record.sizeBytes;
    held.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = held;
    else this.#newest.newer = held;
    this.#newest = held;
    while (this.#bytes > this.#maxBytes && this.#oldest !== undefined) {
      const { record } = this.#oldest;
      this.remove(this.#oldest);
      record.unload(this.#load);
    }
  }

  /** Forgets a record, where it is one of them. */
  remove(held: HeldRecord): void {
    if (held.older === undefined && held.newer === undefined && this.#oldest !== held) return;
    this.#bytes -= held.record.sizeBytes;
    if (held.older === undefined) this.#oldest = held.newer;
    else held.older.newer = held.newer;
    if (held.newer === undefined) this.#newest = held.older;
    else held.newer.older = held.older;
    held.older = undefined;
    held.newer = undefined;
  }
}
