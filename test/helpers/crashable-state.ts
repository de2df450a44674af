import type { StateStore } from '../../src/agent/index.js';

/** State in memory with a committed image beside it, as a durable store has it: a crash takes back what was not committed. */
export class CrashableState implements StateStore {
  readonly #committed: Map<string, Uint8Array>;
  /** What changed since: a value, one that is still to be encoded, or undefined for a deletion. */
  readonly #changed = new Map<string, Uint8Array | (() => Uint8Array) | undefined>();

  constructor(committed: ReadonlyMap<string, Uint8Array> = new Map()) {
    this.#committed = new Map(committed);
  }

  get(key: string): Uint8Array | undefined {
    if (!this.#changed.has(key)) return this.#committed.get(key);
    const value = this.#changed.get(key);
    if (typeof value !== 'function') return value;
    const encoded = Uint8Array.from(value());
    this.#changed.set(key, encoded);
    return encoded;
  }

  set(key: string, encode: () => Uint8Array): void {
    if (key.length > 256) throw new RangeError('a key is at most 256 characters');
    this.#changed.set(key, encode);
  }

  delete(key: string): void {
    this.#changed.set(key, undefined);
  }

  *entries(prefix: string): Iterable<readonly [string, Uint8Array]> {
    const keys = new Set([...this.#committed.keys(), ...this.#changed.keys()]);
    for (const key of [...keys].sort()) {
      if (!key.startsWith(prefix)) continue;
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  /** Keys of all that is kept. */
  keys(prefix = ''): string[] {
    return [...this.entries(prefix)].map(([key]) => key);
  }

  /** What a flush does. */
  commit(): void {
    for (const key of [...this.#changed.keys()]) {
      const value = this.get(key);
      if (value === undefined) this.#committed.delete(key);
      else this.#committed.set(key, value);
    }
    this.#changed.clear();
  }

  /** The state as it is found after a crash. */
  crash(): CrashableState {
    return new CrashableState(this.#committed);
  }
}
