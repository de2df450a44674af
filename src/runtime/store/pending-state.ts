/**
 * The named values of a durable store: what was set since the last flush, over what is on the disk. A value that changes often is
 * encoded once, when a flush takes it. It knows nothing of lmdb.
 */
import type { StateStore } from '../../agent/index.js';

/** Where flushed values are. */
export interface StoredValues {
  get(key: string): Uint8Array | undefined;
  /** Ascending by key. */
  entries(prefix: string): Iterable<readonly [key: string, value: Uint8Array]>;
}

/** A value that is to be written; undefined bytes and no `encode` delete it. */
interface PendingValue {
  bytes: Uint8Array | undefined;
  encode: (() => Uint8Array) | undefined;
}

/** A {@link StateStore} whose changes are taken away batch by batch. */
export class PendingState implements StateStore {
  readonly #stored: StoredValues;
  /** Changed since the last flush began. */
  #changed = new Map<string, PendingValue>();
  /** Taken by a flush that is under way. */
  #taken = new Map<string, PendingValue>();

  constructor(stored: StoredValues) {
    this.#stored = stored;
  }

  /** Whether a flush has anything to take. */
  get isChanged(): boolean {
    return this.#changed.size > 0;
  }

  get(key: string): Uint8Array | undefined {
    const pending = this.#changed.get(key) ?? this.#taken.get(key);
    return pending === undefined ? this.#stored.get(key) : bytesOf(pending);
  }

  set(key: string, encode: () => Uint8Array): void {
    const pending = this.#changed.get(key);
    if (pending === undefined) this.#changed.set(key, { bytes: undefined, encode });
    else {
      pending.bytes = undefined;
      pending.encode = encode;
    }
  }

  delete(key: string): void {
    this.#changed.set(key, { bytes: undefined, encode: undefined });
  }

  *entries(prefix: string): Iterable<readonly [string, Uint8Array]> {
    const pending = new Map<string, PendingValue>();
    for (const changes of [this.#taken, this.#changed]) {
      for (const [key, value] of changes) if (key.startsWith(prefix)) pending.set(key, value);
    }
    const keys = [...pending.keys()].sort(ascending);
    let next = 0;
    for (const [key, bytes] of this.#stored.entries(prefix)) {
      for (; next < keys.length && (keys[next] as string) < key; next++)
        yield* pendingEntry(keys[next] as string, pending);
      if (keys[next] === key) yield* pendingEntry(keys[next++] as string, pending);
      else yield [key, bytes];
    }
    for (; next < keys.length; next++) yield* pendingEntry(keys[next] as string, pending);
  }

  /** What is to be written now: values, and undefined for keys to be deleted. Until {@link settle} they count as not on the disk. */
  take(): ReadonlyMap<string, Uint8Array | undefined> {
    this.#taken = this.#changed;
    this.#changed = new Map();
    const batch = new Map<string, Uint8Array | undefined>();
    for (const [key, pending] of this.#taken) batch.set(key, bytesOf(pending));
    return batch;
  }

  /** What was taken is on the disk; or it is not, and goes with the next batch unless it has changed since. */
  settle(isWritten: boolean): void {
    if (!isWritten) {
      for (const [key, value] of this.#changed) this.#taken.set(key, value);
      this.#changed = this.#taken;
    }
    this.#taken = new Map();
  }
}

function bytesOf(pending: PendingValue): Uint8Array | undefined {
  if (pending.bytes === undefined && pending.encode !== undefined) {
    pending.bytes = pending.encode();
    pending.encode = undefined;
  }
  return pending.bytes;
}

function* pendingEntry(
  key: string,
  pending: ReadonlyMap<string, PendingValue>,
): Iterable<readonly [string, Uint8Array]> {
  const bytes = bytesOf(pending.get(key) as PendingValue);
  if (bytes !== undefined) yield [key, bytes];
}

function ascending(a: string, b: string): number {
  return a < b ? -1 : 1;
}
