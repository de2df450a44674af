/**
 * Numbered values of one kind in a node's state, as lists of items; where the node's store is not durable it keeps nothing. Numbers are
 * given in ascending order, so that what is read after a restart comes in the order in which it was added.
 */
import type { StateStore } from '../agent/index.js';
import { decodeState, encodeState, keyNumber } from './state-form.js';

/** See the head of this file. */
export class StateTable {
  readonly #state: StateStore | undefined;
  readonly #prefix: string;
  readonly #itemCount: number;
  #next = 1;

  /** A value has `itemCount` items; keys begin with `prefix`. */
  constructor(state: StateStore | undefined, prefix: string, itemCount: number) {
    this.#state = state;
    this.#prefix = prefix;
    this.#itemCount = itemCount;
  }

  /** Whether anything is kept at all. */
  get isKept(): boolean {
    return this.#state !== undefined;
  }

  /** Adds a value, whose items are asked for when they are written; its number, 0 where nothing is kept. */
  add(items: () => readonly unknown[]): number {
    if (this.#state === undefined) return 0;
    const id = this.#next++;
    this.set(id, items);
    return id;
  }

  /** Writes a value anew. */
  set(id: number, items: () => readonly unknown[]): void {
    this.#state?.set(this.#prefix + keyNumber(id), () => encodeState(items()));
  }

  delete(id: number): void {
    this.#state?.delete(this.#prefix + keyNumber(id));
  }

  /**
   * All values by `read`, which gives undefined for items that are none of this table's; those, and what cannot be decoded, `damaged` is
   * called for. To be called once, before anything is added.
   */
  read<T>(read: (items: readonly unknown[], id: number) => T | undefined, damaged: () => void): T[] {
    const values: T[] = [];
    for (const [key, bytes] of this.#state?.entries(this.#prefix) ?? []) {
      const id = Number(key.slice(this.#prefix.length));
      this.#next = Math.max(this.#next, id + 1);
      const items = decodeState(bytes, this.#itemCount);
      const value = items === undefined ? undefined : read(items, id);
      if (value === undefined) damaged();
      else values.push(value);
    }
    return values;
  }
}
