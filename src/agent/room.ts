/** Who may still come into the store: the limits of a node, and what counts against them. */
import type { BundleRecord } from './bundle-record.js';
import type { AgentLimits } from './config.js';
import { PRIORITY } from './priority.js';
import type { BundleStore } from './store.js';

/** Counts what a store holds against the limits. */
export class Room {
  readonly #limits: AgentLimits;
  readonly #store: BundleStore;
  #localBundles = 0;
  /** The same by destination node. */
  readonly #localByDestination = new Map<number, number>();
  #administrativeBundles = 0;
  #administrativeBytes = 0;

  constructor(limits: AgentLimits, store: BundleStore) {
    this.#limits = limits;
    this.#store = store;
  }

  /** Bundles of this node's own applications that are held, for one destination or for all. */
  localBundles(destination?: number): number {
    return destination === undefined ? this.#localBundles : (this.#localByDestination.get(destination) ?? 0);
  }

  /**
   * Whether a bundle fits in, as one record or as its fragments. Administrative traffic passes when the store is full for all other,
   * but not without end.
   */
  hasFor(pieces: readonly BundleRecord[]): boolean {
    const bundles = pieces.length;
    const bytes = pieces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const { storedBundles, storedBytes, administrativeBundles } = this.#limits;
    if (pieces[0]?.priority === PRIORITY.administrative) {
      // Anyone can flag a bundle so, whatever its size.
      return (
        this.#administrativeBundles + bundles <= administrativeBundles &&
        this.#administrativeBytes + bytes <= storedBytes
      );
    }
    return (
      this.#store.bundles - this.#administrativeBundles + bundles <= storedBundles &&
      this.#store.bytes - this.#administrativeBytes + bytes <= storedBytes
    );
  }

  /** Counts a record that is now in the store. */
  take(record: BundleRecord): void {
    this.#count(record, 1);
  }

  /** Counts a record that has left the store. */
  free(record: BundleRecord): void {
    this.#count(record, -1);
  }

  #count(record: BundleRecord, sign: 1 | -1): void {
    if (record.priority === PRIORITY.administrative) {
      this.#administrativeBundles += sign;
      this.#administrativeBytes += sign * record.sizeBytes;
    } else if (record.isLocal) {
      this.#localBundles += sign;
      const held = (this.#localByDestination.get(record.destinationNode) ?? 0) + sign;
      if (held === 0) this.#localByDestination.delete(record.destinationNode);
      else this.#localByDestination.set(record.destinationNode, held);
    }
  }
}
