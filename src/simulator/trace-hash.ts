/**
 * Folds everything that happens in a run into 64 bits. Two runs with the same hash did the same things at the same microseconds;
 * it is a fingerprint for replay, not a cryptographic digest.
 */
export class TraceHash {
  #a = 0x9e3779b9;
  #b = 0x85ebca6b;

  /** Folds a number in: all 53 bits of an integer, and the whole part of any other. */
  number(value: number): void {
    const low = value | 0;
    const high = (value / 4_294_967_296) | 0;
    this.#a = Math.imul(this.#a ^ low, 0x01000193) + high;
    this.#b = Math.imul(this.#b ^ (low + 0x7feb352d), 0x846ca68b) ^ (this.#a >>> 15);
  }

  /** Folds a text in. */
  text(value: string): void {
    for (let i = 0; i < value.length; i++) this.number(value.charCodeAt(i));
    this.number(value.length);
  }

  /** 16 hexadecimal digits. */
  get value(): string {
    return [this.#a, this.#b].map((part) => finish(part).toString(16).padStart(8, '0')).join('');
  }
}

function finish(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}
