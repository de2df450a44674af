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

/** The store of one node. */
export interface BundleStore {
  /** Keeps a record. */
  put(record: BundleRecord): void;
  /** Drops a record. */
  remove(record: BundleRecord, reason: RemovalReason): void;
  /** All records, in no stated order. */
  records(): Iterable<BundleRecord>;
  /** How many bundles are held. */
  readonly bundles: number;
  /** Sum of their encoded lengths. */
  readonly bytes: number;
  /** Resolves when everything put and removed so far would survive a crash of the process. */
  flush(): Promise<void>;
}

/** Keeps bundles in memory only: whoever takes custody with it must say so in the configuration. */
export class MemoryBundleStore implements BundleStore {
  readonly #records = new Set<BundleRecord>();
  #bytes = 0;

  put(record: BundleRecord): void {
    if (this.#records.has(record)) return;
    this.#records.add(record);
    this.#bytes += record.sizeBytes;
  }

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

  async flush(): Promise<void> {}
}
