/**
 * Seeded randomness.
 *
 * One generator is created from a run's seed and forked by label for each part, so that adding a draw in one part does not
 * shift the draws of another. The generator is sfc32 (Doty-Humphrey's small fast counter), chosen because it needs only
 * 32-bit integer operations and gives the same numbers on every engine.
 */
export class Random {
  readonly #seed: number;
  readonly #path: string;
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  /** `seed` is any integer; `path` names the fork and separates its draws from those of other forks of the seed. */
  constructor(seed: number, path = '') {
    this.#seed = seed;
    this.#path = path;
    let hash = hash32(`${seed}|${path}`, 0x9e3779b9);
    const mixed = () => {
      hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
      hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
      hash ^= hash >>> 15;
      return hash | 0;
    };
    this.#a = mixed();
    this.#b = mixed();
    this.#c = mixed();
    this.#counter = 1;
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** A generator of its own for the part named `label`; forking draws nothing from this one. */
  fork(label: string): Random {
    return new Random(this.#seed, `${this.#path}/${label}`);
  }

  /** A uniform integer in [0, 2^32). */
  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** A uniform number in [0, 1). */
  next(): number {
    return this.uint32() / 4_294_967_296;
  }

  /** A uniform integer in [0, bound); `bound` is at least 1. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** True with the given probability; draws nothing for 0, so that switching a hardship off leaves other draws alone. */
  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  /** The items in a random order, in a new array (Fisher-Yates). */
  shuffled<T>(items: readonly T[]): T[] {
    const result = items.slice();
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const swap = result[i] as T;
      result[i] = result[j] as T;
      result[j] = swap;
    }
    return result;
  }
}

/** A 32-bit FNV-1a hash of a string's UTF-16 units. */
export function hash32(text: string, basis = 0x811c9dc5): number {
  let hash = basis;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}
