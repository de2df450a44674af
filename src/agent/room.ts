/**
 * Who may still come into the store: the limits of a node, and what counts against them. More urgent bundles have a part of the store to
 * themselves, so that bulk never keeps them out; nothing that is in goes out for something else. Administrative traffic has an
 * allowance of its own, whatever else fills the store.
 */
import type { BundleRecord } from './bundle-record.js';
import type { AgentLimits } from './config.js';
import { PRIORITY, type Priority } from './priority.js';
import type { BundleStore } from './store.js';

/** Destinations that stay counted while nothing is held for them. */
const KEPT_DESTINATIONS = 16;

/** Bundles and their bytes. */
interface Amount {
  bundles: number;
  bytes: number;
}

/** Counts what a store holds against the limits. */
export class Room {
  readonly #limits: AgentLimits;
  readonly #store: BundleStore;
  readonly #administrative: Amount = { bundles: 0, bytes: 0 };
  readonly #bulk: Amount = { bundles: 0, bytes: 0 };
  readonly #standard: Amount = { bundles: 0, bytes: 0 };
  /** By source node; kept only where there is a limit on it. */
  readonly #bySource: Map<number, Amount> | undefined;
  #localBundles = 0;
  /** The same by destination node. */
  readonly #localByDestination = new Map<number, number>();

  constructor(limits: AgentLimits, store: BundleStore) {
    this.#limits = limits;
    this.#store = store;
    const { sourceBundles, sourceBytes } = limits;
    if (Math.min(sourceBundles, sourceBytes) < Number.POSITIVE_INFINITY) this.#bySource = new Map();
  }

  /** Bundles of this node's own applications that are held, for one destination or for all. */
  localBundles(destination?: number): number {
    return destination === undefined ? this.#localBundles : (this.#localByDestination.get(destination) ?? 0);
  }

  /** Whether a bundle fits in, as one record or as its fragments. */
  hasFor(pieces: readonly BundleRecord[]): boolean {
    const first = pieces[0];
    if (first === undefined) return true;
    const bundles = pieces.length;
    let bytes = 0;
    for (const { sizeBytes } of pieces) bytes += sizeBytes;
    if (first.priority === PRIORITY.administrative) return this.#hasForAdministrative(bundles, bytes);
    return (
      this.#hasForAll(first.priority, bundles, bytes) &&
      this.#hasForSource(first.sourceNode, bundles, bytes) &&
      this.#store.hasSpaceFor(bytes)
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

  /** It passes when the store is full for all other, but not without end: anyone can flag a bundle so, whatever its size. */
  #hasForAdministrative(bundles: number, bytes: number): boolean {
    const { storedBytes, administrativeBundles } = this.#limits;
    const held = this.#administrative;
    return held.bundles + bundles <= administrativeBundles && held.bytes + bytes <= storedBytes;
  }

  #hasForAll(priority: Priority, bundles: number, bytes: number): boolean {
    const { storedBundles, storedBytes, bulkShare, standardShare } = this.#limits;
    const { bundles: otherBundles, bytes: otherBytes } = this.#administrative;
    const hasRoom =
      this.#store.bundles - otherBundles + bundles <= storedBundles &&
      this.#store.bytes - otherBytes + bytes <= storedBytes;
    if (!hasRoom || priority === PRIORITY.expedited) return hasRoom;
    const [bulk, standard] = [this.#bulk, this.#standard];
    const together = { bundles: bulk.bundles + standard.bundles, bytes: bulk.bytes + standard.bytes };
    if (!this.#fits(together, standardShare, bundles, bytes)) return false;
    return priority !== PRIORITY.bulk || this.#fits(bulk, bulkShare, bundles, bytes);
  }

  /** Whether a class stays within its share; what is reserved of a small number is rounded down. */
  #fits(held: Amount, share: number, bundles: number, bytes: number): boolean {
    const { storedBundles, storedBytes } = this.#limits;
    return (
      held.bundles + bundles <= storedBundles - Math.floor(storedBundles * (1 - share)) &&
      held.bytes + bytes <= storedBytes - Math.floor(storedBytes * (1 - share))
    );
  }

  #hasForSource(source: number, bundles: number, bytes: number): boolean {
    if (this.#bySource === undefined) return true;
    const { sourceBundles, sourceBytes } = this.#limits;
    const held = this.#bySource.get(source);
    return (held?.bundles ?? 0) + bundles <= sourceBundles && (held?.bytes ?? 0) + bytes <= sourceBytes;
  }

  #count(record: BundleRecord, sign: 1 | -1): void {
    const { priority, sizeBytes } = record;
    if (priority === PRIORITY.administrative) {
      change(this.#administrative, sizeBytes, sign);
      return;
    }
    if (priority === PRIORITY.standard) change(this.#standard, sizeBytes, sign);
    else if (priority === PRIORITY.bulk) change(this.#bulk, sizeBytes, sign);
    if (this.#bySource !== undefined) this.#countSource(this.#bySource, record, sign);
    if (!record.isLocal) return;
    this.#localBundles += sign;
    const held = (this.#localByDestination.get(record.destinationNode) ?? 0) + sign;
    // An entry that comes and goes with each bundle would cost more than one that stays, as long as few do.
    if (held === 0 && this.#localByDestination.size > KEPT_DESTINATIONS) {
      this.#localByDestination.delete(record.destinationNode);
    } else this.#localByDestination.set(record.destinationNode, held);
  }

  #countSource(bySource: Map<number, Amount>, { sourceNode, sizeBytes }: BundleRecord, sign: 1 | -1): void {
    let held = bySource.get(sourceNode);
    if (held === undefined) {
      held = { bundles: 0, bytes: 0 };
      bySource.set(sourceNode, held);
    }
    change(held, sizeBytes, sign);
    if (held.bundles === 0) bySource.delete(sourceNode);
  }
}

function change(amount: Amount, bytes: number, sign: 1 | -1): void {
  amount.bundles += sign;
  amount.bytes += sign * bytes;
}
