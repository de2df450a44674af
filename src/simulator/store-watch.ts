/** Watches the doors of all stores of a run, for the counters and the checkers. */
import { type BundleRecord, MemoryBundleStore, type RemovalReason } from '../agent/index.js';
import type { RunCounters } from './counters.js';
import type { CustodyChecker } from './custody-checker.js';
import type { SignalChecker } from './signal-checker.js';
import type { StorageChecker } from './storage-checker.js';

/** Hears what goes into a store and out of it, at once, and again when it would outlive a crash. */
export interface StoreObserver {
  took(node: number, record: BundleRecord): void;
  gave(node: number, record: BundleRecord): void;
  /** It is durable that the record is there, or that it is not there any more. Stores in memory say so at once. */
  stored(node: number, record: BundleRecord): void;
  removed(node: number, record: BundleRecord, reason: RemovalReason): void;
}

/** A memory store that tells an observer what goes in and out. */
export class ObservedStore extends MemoryBundleStore {
  /** No space for anything but administrative traffic. */
  isFull = false;
  readonly #node: number;
  readonly #observer: StoreObserver;

  constructor(node: number, observer: StoreObserver) {
    super();
    this.#node = node;
    this.#observer = observer;
  }

  override put(record: BundleRecord): void {
    super.put(record);
    this.#observer.took(this.#node, record);
    this.#observer.stored(this.#node, record);
  }

  override remove(record: BundleRecord, reason: RemovalReason): void {
    super.remove(record, reason);
    this.#observer.gave(this.#node, record);
    this.#observer.removed(this.#node, record, reason);
  }

  override hasSpaceFor(_bytes: number): boolean {
    return !this.isFull;
  }
}

/** Counts what the stores hold and shows it to the checkers. */
export class StoreWatch implements StoreObserver {
  /** In all stores together. */
  bundles = 0;
  readonly #checkers: { custody: CustodyChecker; storage: StorageChecker; signals: SignalChecker | undefined };
  readonly #counters: RunCounters;
  readonly #held = new Map<number, { bundles: number; bytes: number }>();

  /** `signals` where custody is checked against what outlives a crash. */
  constructor(
    checkers: { custody: CustodyChecker; storage: StorageChecker; signals: SignalChecker | undefined },
    counters: RunCounters,
  ) {
    this.#checkers = checkers;
    this.#counters = counters;
  }

  took(node: number, record: BundleRecord): void {
    this.bundles++;
    let held = this.#held.get(node);
    if (held === undefined) {
      held = { bundles: 0, bytes: 0 };
      this.#held.set(node, held);
    }
    held.bundles++;
    held.bytes += record.sizeBytes;
    if (held.bundles > this.#counters.peakStoredBundles) this.#counters.peakStoredBundles = held.bundles;
    if (held.bytes > this.#counters.peakStoredBytes) this.#counters.peakStoredBytes = held.bytes;
    this.#checkers.storage.took(node, record);
  }

  gave(node: number, record: BundleRecord): void {
    this.bundles--;
    this.#checkers.storage.gave(node, record);
    const held = this.#held.get(node);
    if (held === undefined) return;
    held.bundles--;
    held.bytes -= record.sizeBytes;
  }

  stored(node: number, record: BundleRecord): void {
    this.#checkers.custody.stored(record);
    this.#checkers.signals?.stored(node, record);
  }

  removed(node: number, record: BundleRecord, reason: RemovalReason): void {
    this.#checkers.custody.removed(node, record, reason);
  }

  /** A node starts again with these records in its store. */
  restarted(node: number, records: Iterable<BundleRecord>): void {
    this.bundles -= this.#held.get(node)?.bundles ?? 0;
    this.#held.delete(node);
    this.#checkers.storage.forget(node);
    for (const record of records) this.took(node, record);
  }
}
