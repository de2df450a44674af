/**
 * A store for simulated nodes that crash: memory for what the node sees, and beside it the image of what was committed last, made with
 * the codecs of the durable stores. What a crash leaves is read back from the image alone. It knows nothing of nodes and of time.
 */
import {
  type BundleRecord,
  decodeRecordState,
  encodeRecordState,
  MemoryBundleStore,
  type RemovalReason,
  type StateStore,
} from '../agent/index.js';
import type { Random } from '../base/random.js';
import type { BundleIdentity } from '../base/trace.js';
import { type Bundle, BundleError, crc32c, decodeBundle, encodeBundle } from '../bpv7/index.js';
import type { StoreObserver } from './store-watch.js';

/** What was committed of one bundle. */
interface CommittedRecord {
  readonly state: Uint8Array;
  /** Never changes once it is in a record, so that it becomes bytes only where it is read back. */
  readonly bundle: Bundle;
  readonly identity: BundleIdentity;
  readonly inCustody: boolean;
}

/** What a disk would hold. */
interface StoreImage {
  /** By the number that the store gave the record. */
  readonly records: Map<number, CommittedRecord>;
  readonly state: Map<string, Uint8Array>;
}

/** A record that could not be read when a store was opened. */
export interface SetAsideRecord {
  readonly bundle: BundleIdentity;
  readonly inCustody: boolean;
  /** The crash damaged it on purpose. */
  readonly isDamaged: boolean;
}

/** A store after a crash. */
export interface ReopenedStore {
  readonly store: CrashableStore;
  readonly setAside: readonly SetAsideRecord[];
}

/** A bundle store that loses what was not committed when it crashes. */
export class CrashableStore extends MemoryBundleStore {
  override readonly isDurable = true;
  override readonly state: CommittedState;
  /** No space for anything but administrative traffic. */
  isFull = false;
  readonly #node: number;
  readonly #capacityBytes: number;
  readonly #observer: StoreObserver;
  readonly #image: StoreImage;
  readonly #numbers = new Map<BundleRecord, number>();
  #nextNumber = 0;
  /** Records that were put or changed since the last commit. */
  readonly #changed = new Set<BundleRecord>();
  /** What went in and out since then, in order. */
  #doings: { record: BundleRecord; removed: RemovalReason | undefined }[] = [];

  /** The store of a node, for so many bytes of bundles; `image` is what is on its disk. */
  constructor(
    node: number,
    capacityBytes: number,
    observer: StoreObserver,
    image: StoreImage = { records: new Map(), state: new Map() },
  ) {
    super();
    this.#node = node;
    this.#capacityBytes = capacityBytes;
    this.#observer = observer;
    this.#image = image;
    this.state = new CommittedState(image.state);
  }

  override put(record: BundleRecord): void {
    if (this.#numbers.has(record)) return;
    super.put(record);
    this.#numbers.set(record, this.#nextNumber++);
    this.#changed.add(record);
    this.#doings.push({ record, removed: undefined });
    this.#observer.took(this.#node, record);
  }

  override update(record: BundleRecord): void {
    if (this.#numbers.has(record)) this.#changed.add(record);
  }

  override remove(record: BundleRecord, reason: RemovalReason): void {
    if (!this.#numbers.has(record)) return;
    super.remove(record, reason);
    this.#changed.delete(record);
    this.#doings.push({ record, removed: reason });
    this.#observer.gave(this.#node, record);
  }

  override hasSpaceFor(bytes: number): boolean {
    return !this.isFull && this.bytes + bytes <= this.#capacityBytes;
  }

  /** Whether anything would be lost now. */
  get isDirty(): boolean {
    return this.#doings.length > 0 || this.#changed.size > 0 || this.state.isDirty;
  }

  /** Makes everything so far outlive a crash. */
  commit(): void {
    for (const record of this.#changed) {
      const identity = identityOf(record);
      const number = this.#numbers.get(record) as number;
      const bundle = this.#image.records.get(number)?.bundle ?? record.bundle;
      const { inCustody } = record;
      this.#image.records.set(number, { state: encodeRecordState(record), bundle, identity, inCustody });
    }
    this.#changed.clear();
    this.state.commit();
    const doings = this.#doings;
    this.#doings = [];
    for (const { record, removed } of doings) {
      if (removed === undefined) this.#observer.stored(this.#node, record);
      else {
        this.#image.records.delete(this.#numbers.get(record) as number);
        this.#numbers.delete(record);
        this.#observer.removed(this.#node, record, removed);
      }
    }
  }

  override async flush(): Promise<void> {
    this.commit();
  }

  /** Identities of the records that would be there after a crash. */
  committed(): BundleIdentity[] {
    return [...this.#image.records.values()].map(({ identity }) => identity);
  }

  /** The store as the node finds it after a crash, of `damaged` records at random a byte is another. This one is done with. */
  crash(damaged: number, random: Random): ReopenedStore {
    const hit = new Set(random.shuffled([...this.#image.records.keys()]).slice(0, damaged));
    const image: StoreImage = { records: new Map(), state: this.#image.state };
    const store = new CrashableStore(this.#node, this.#capacityBytes, this.#observer, image);
    const setAside: SetAsideRecord[] = [];
    for (const [number, committed] of this.#image.records) {
      const isDamaged = hit.has(number);
      const record = readBack(committed, isDamaged ? random : undefined);
      if (record !== undefined) store.#adopt(record, committed);
      else setAside.push({ bundle: committed.identity, inCustody: committed.inCustody, isDamaged });
    }
    return { store, setAside };
  }

  /** Takes in a record that is committed already. */
  #adopt(record: BundleRecord, committed: CommittedRecord): void {
    super.put(record);
    const number = this.#nextNumber++;
    this.#numbers.set(record, number);
    this.#image.records.set(number, { ...committed, bundle: record.bundle });
  }
}

/** The state of a store, and what was committed of it. */
class CommittedState implements StateStore {
  readonly #committed: Map<string, Uint8Array>;
  /** As it was set last, as far as that was encoded. */
  readonly #values: Map<string, Uint8Array>;
  readonly #toEncode = new Map<string, () => Uint8Array>();
  readonly #changed = new Set<string>();

  constructor(committed: Map<string, Uint8Array>) {
    this.#committed = committed;
    this.#values = new Map(committed);
  }

  get isDirty(): boolean {
    return this.#changed.size > 0;
  }

  get(key: string): Uint8Array | undefined {
    this.#encode(key);
    return this.#values.get(key);
  }

  set(key: string, encode: () => Uint8Array): void {
    this.#toEncode.set(key, encode);
    this.#changed.add(key);
  }

  delete(key: string): void {
    this.#toEncode.delete(key);
    this.#values.delete(key);
    this.#changed.add(key);
  }

  *entries(prefix: string): Iterable<readonly [key: string, value: Uint8Array]> {
    const keys = new Set([...this.#values.keys(), ...this.#toEncode.keys()].filter((key) => key.startsWith(prefix)));
    for (const key of [...keys].sort()) yield [key, this.get(key) as Uint8Array];
  }

  commit(): void {
    for (const key of this.#changed) {
      const value = this.get(key);
      if (value === undefined) this.#committed.delete(key);
      else this.#committed.set(key, value);
    }
    this.#changed.clear();
  }

  #encode(key: string): void {
    const encode = this.#toEncode.get(key);
    if (encode === undefined) return;
    this.#toEncode.delete(key);
    // What was encoded may be a view of a buffer that is written to again.
    this.#values.set(key, encode().slice());
  }
}

/** A committed record from its bytes; undefined where they cannot be read. With `damage` one byte is another one by then. */
function readBack({ state, bundle }: CommittedRecord, damage: Random | undefined): BundleRecord | undefined {
  const encoded = encodeBundle(bundle);
  const sum = crc32c(encoded, 0, encoded.length);
  const bytes = encoded.slice();
  const stateBytes = state.slice();
  if (damage !== undefined) {
    const hit = damage.chance(0.5) ? bytes : stateBytes;
    const at = damage.below(hit.length);
    hit[at] = (hit[at] as number) ^ (1 + damage.below(255));
  }
  if (crc32c(bytes, 0, bytes.length) !== sum) return undefined;
  try {
    return decodeRecordState(stateBytes, decodeBundle(bytes));
  } catch (error) {
    if (error instanceof BundleError) return undefined;
    throw error;
  }
}

function identityOf(record: BundleRecord): BundleIdentity {
  const { sourceNode, sourceService, creationTimeMs, sequence, destinationNode, destinationService } = record;
  return { sourceNode, sourceService, creationTimeMs, sequence, destinationNode, destinationService };
}
