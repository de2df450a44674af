/**
 * What a node has seen, in a durable store: the entries that came since the last flush are one value, and a value goes when the last of
 * them has expired. It keeps and gives back entries; what they mean is others' business.
 */
import { PriorityQueue } from '../base/priority-queue.js';
import type { StateStore } from './store.js';
import { numberedKey, numberOfKey, StoredValue } from './stored-value.js';

const KEY_PREFIX = 'seen/';

/** Of the form below; a value of another one counts as damaged. */
const FORM = 1;

/** Numbers of an entry: source, time, sequence, salt, expiry. */
const NUMBERS = 5;

/** A value with fewer entries is written again with those that come later, so that sparse traffic leaves no crowd of small values. */
const FEW_ENTRIES = 64;

/** One bundle that was seen, as the duplicate set has it. */
export interface SeenEntry {
  readonly source: number;
  readonly timeMs: number;
  readonly sequence: number;
  readonly salt: number;
  readonly expiryUs: number;
}

/** The entries of one node; see the head of this file. */
export class SeenJournal {
  readonly #state: StateStore;
  readonly #limit: number;
  /** Entries in the values that nothing is added to any more, the oldest first. */
  readonly #closed = new Map<string, number>();
  /** Their keys, by when the last of their entries expires. */
  readonly #byExpiry = new PriorityQueue<string>();
  #closedEntries = 0;
  /** The value that entries are added to. */
  #number = 0;
  #value: StoredValue | undefined;
  #entries: number[] = [];
  #lastExpiryUs = 0;

  /** Keeps at most about `limit` entries; beyond that the oldest are forgotten. */
  constructor(state: StateStore, limit: number) {
    this.#state = state;
    this.#limit = limit;
  }

  /** Hands back what was kept and has not expired; returns the keys of damaged values, which are deleted. */
  restore(nowUs: number, take: (entry: SeenEntry) => void): string[] {
    const damaged: string[] = [];
    for (const [key, value] of [...this.#state.entries(KEY_PREFIX)]) {
      const number = numberOfKey(KEY_PREFIX, key);
      const entries = number === undefined ? undefined : entriesOf(value);
      if (number === undefined || entries === undefined) {
        damaged.push(key);
        this.#state.delete(key);
        continue;
      }
      this.#number = Math.max(this.#number, number + 1);
      const live = entries.filter(({ expiryUs }) => expiryUs >= nowUs);
      for (const entry of live) take(entry);
      if (live.length === 0) this.#state.delete(key);
      else this.#close(key, entries.length, Math.max(...live.map(({ expiryUs }) => expiryUs)));
    }
    return damaged;
  }

  /** Keeps one more entry. */
  add(source: number, timeMs: number, sequence: number, salt: number, expiryUs: number, nowUs: number): void {
    if (this.#value !== undefined && !this.#value.isDirty && this.#entries.length >= FEW_ENTRIES * NUMBERS) {
      this.#close(numberedKey(KEY_PREFIX, this.#number++), this.#entries.length / NUMBERS, this.#lastExpiryUs);
      this.#value = undefined;
      this.#forget(nowUs);
    }
    if (this.#value === undefined) {
      const entries: number[] = [];
      this.#entries = entries;
      this.#lastExpiryUs = 0;
      this.#value = new StoredValue(this.#state, numberedKey(KEY_PREFIX, this.#number), () => encoded(entries));
    }
    this.#entries.push(source, timeMs, sequence, salt, expiryUs);
    if (expiryUs > this.#lastExpiryUs) this.#lastExpiryUs = expiryUs;
    this.#value.changed();
  }

  #close(key: string, entries: number, lastExpiryUs: number): void {
    this.#closed.set(key, entries);
    this.#closedEntries += entries;
    this.#byExpiry.push(lastExpiryUs, key);
  }

  /** Deletes values whose entries have all expired, and the oldest ones beyond the limit. */
  #forget(nowUs: number): void {
    for (let us = this.#byExpiry.peekKey(); us !== undefined && us < nowUs; us = this.#byExpiry.peekKey()) {
      this.#delete(this.#byExpiry.pop() as string);
    }
    for (const key of this.#closed.keys()) {
      if (this.#closedEntries <= this.#limit) break;
      this.#delete(key);
    }
  }

  #delete(key: string): void {
    const entries = this.#closed.get(key);
    if (entries === undefined) return;
    this.#closed.delete(key);
    this.#closedEntries -= entries;
    this.#state.delete(key);
  }
}

function encoded(numbers: readonly number[]): Uint8Array {
  const value = new Uint8Array(1 + 8 * numbers.length);
  const view = new DataView(value.buffer);
  value[0] = FORM;
  for (let i = 0; i < numbers.length; i++) view.setFloat64(1 + 8 * i, numbers[i] as number);
  return value;
}

/** The entries in a value; undefined where it is damaged. */
function entriesOf(value: Uint8Array): SeenEntry[] | undefined {
  const bytes = 8 * NUMBERS;
  if (value[0] !== FORM || (value.length - 1) % bytes !== 0) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const entries: SeenEntry[] = [];
  for (let at = 1; at < value.length; at += bytes) {
    const read = (i: number) => view.getFloat64(at + 8 * i);
    const [source, timeMs, sequence, salt, expiryUs] = [read(0), read(1), read(2), read(3), read(4)];
    entries.push({ source, timeMs, sequence, salt, expiryUs });
  }
  return entries;
}
