/**
 * A small value that a durable store keeps for a part of the agent: written once at each flush after it changed, however often that
 * was. Its owner changes what it is made from, and says so.
 */
import type { StateStore } from './store.js';

/** Digits of a number in a key: all that are exact, so that keys sort as their numbers do. */
const KEY_DIGITS = 16;

/** One value of a state store; see the head of this file. */
export class StoredValue {
  readonly #state: StateStore;
  readonly #key: string;
  readonly #encode: () => Uint8Array;
  #isDirty = false;

  /** `encode` gives the value as it is when a flush begins. */
  constructor(state: StateStore, key: string, encode: () => Uint8Array) {
    this.#state = state;
    this.#key = key;
    this.#encode = encode;
  }

  /** Whether it has changed since the last flush began. */
  get isDirty(): boolean {
    return this.#isDirty;
  }

  /** What the value is made from has changed. */
  changed(): void {
    if (this.#isDirty) return;
    this.#isDirty = true;
    this.#state.set(this.#key, () => {
      this.#isDirty = false;
      return this.#encode();
    });
  }
}

/** The key of a numbered value. */
export function numberedKey(prefix: string, number: number): string {
  return prefix + String(number).padStart(KEY_DIGITS, '0');
}

/** The number in a key that {@link numberedKey} made; undefined for another key. */
export function numberOfKey(prefix: string, key: string): number | undefined {
  const digits = key.slice(prefix.length);
  return key.startsWith(prefix) && /^[0-9]{16}$/.test(digits) ? Number(digits) : undefined;
}
