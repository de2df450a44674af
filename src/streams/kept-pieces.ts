/**
 * Pieces of streams that wait to be used: in the node's durable store where it has one, and not in memory then, so that a partial stream
 * costs no more memory than its gaps; else in memory.
 */
import type { StateStore } from '../agent/index.js';

/** See the head of this file. */
export class KeptPieces {
  readonly #state: StateStore | undefined;
  readonly #prefix: string;
  readonly #memory = new Map<string, Uint8Array>();

  /** Keys begin with `prefix` in the state; without a state pieces are in memory. */
  constructor(state: StateStore | undefined, prefix: string) {
    this.#state = state;
    this.#prefix = prefix;
  }

  /** Keeps a piece, which must not change any more. */
  set(key: string, bytes: Uint8Array): void {
    if (this.#state === undefined) this.#memory.set(key, bytes);
    else this.#state.set(this.#prefix + key, () => bytes);
  }

  get(key: string): Uint8Array | undefined {
    return this.#state === undefined ? this.#memory.get(key) : this.#state.get(this.#prefix + key);
  }

  delete(key: string): void {
    if (this.#state === undefined) this.#memory.delete(key);
    else this.#state.delete(this.#prefix + key);
  }
}
