/**
 * Where a node keeps its bundles. Calls are synchronous; what they did is durable after `flush()` resolves, and a driver performs
 * no output of a node before that: a custody signal never leaves ahead of what it promises.
 */
import type { BundleRecord } from './bundle-record.js';

/** Why a bundle leaves the store. */
export type RemovalReason =
  | 'delivered'
  | 'sent' // handed to the convergence layer, no custody
  | 'custody-released'
  | 'fragmented' // its pieces stand for it
  | 'expired'
  | 'deleted';

/** Small named values beside the bundles: counters, numbers taken over, jobs, pieces of streams. Keys are ASCII, at most 256 long. */
export interface StateStore {
  /** What was set last, flushed or not; undefined for what was never set or was deleted. */
  get(key: string): Uint8Array | undefined;
  /**
   * Sets a value. `encode` is called once, when the next flush begins, or when it is read before: what changes a thousand times
   * between two flushes is written once.
   */
  set(key: string, encode: () => Uint8Array): void;
  delete(key: string): void;
  /** All whose key begins with `prefix`, flushed or not, ascending by key. */
  entries(prefix: string): Iterable<readonly [key: string, value: Uint8Array]>;
}

/** The store of one node. */
export interface BundleStore {
  /**
   * Whether what is flushed is there again after a restart. Where it is not, nobody keeps anything in {@link state}: it would
   * cost time and help nobody.
   */
  readonly isDurable: boolean;
  readonly state: StateStore;
  /** Keeps a record. */
  put(record: BundleRecord): void;
  /** What is kept of a record beside its bundle has changed: its custody number, where it was sent, its state of delivery. */
  update(record: BundleRecord): void;
  /** Drops a record. */
  remove(record: BundleRecord, reason: RemovalReason): void;
  /** All records, in no stated order; after a restart those that were flushed and not removed, with their custody. */
  records(): Iterable<BundleRecord>;
  /** How many bundles are held. */
  readonly bundles: number;
  /** Sum of their encoded lengths. */
  readonly bytes: number;
  /** Whether there is space for so many bytes more that are no administrative traffic, for which some is always left. */
  hasSpaceFor(bytes: number): boolean;
  /** Resolves when everything put, changed and removed so far would survive a crash of the process. */
  flush(): Promise<void>;
}

/** The state of a store that is not durable: nobody will read it. */
const NO_STATE: StateStore = {
  get: () => undefined,
  set() {},
  delete() {},
  entries: () => [],
};

/** Keeps bundles in memory only: whoever takes custody with it must say so in the configuration. */
export class MemoryBundleStore implements BundleStore {
  readonly isDurable: boolean = false;
  readonly state: StateStore = NO_STATE;
  readonly #records = new Set<BundleRecord>();
  #bytes = 0;

  put(record: BundleRecord): void {
    if (this.#records.has(record)) return;
    this.#records.add(record);
    this.#bytes += record.sizeBytes;
  }

  update(_record: BundleRecord): void {}

  remove(record: BundleRecord, _reason: RemovalReason): void {
    if (this.#records.delete(record)) this.#bytes -= record.sizeBytes;
  }

  records(): Iterable<BundleRecord> {
    return this.#records;
  }

  get bundles(): number {
    return this.#records.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  hasSpaceFor(_bytes: number): boolean {
    return true;
  }

  async flush(): Promise<void> {}
}
