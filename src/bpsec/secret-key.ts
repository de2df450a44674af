/** A secret key in memory, which no error message, log line or JSON text can give away by accident. */

/** What a key is for (RFC 7518 sections 3.1, 4.1 and 5.1). */
export type KeyAlgorithm = 'HS256' | 'HS384' | 'HS512' | 'A128GCM' | 'A256GCM' | 'A128KW' | 'A192KW' | 'A256KW';

/** A symmetric key. Its bytes come out by {@link SecretKey.reveal} alone. */
export class SecretKey {
  readonly #bytes: Uint8Array;

  /** Copies the bytes. `kid` is the name of the key; a key without `algorithm` serves for all that its length fits. */
  constructor(
    bytes: Uint8Array,
    readonly kid: string = '',
    readonly algorithm: KeyAlgorithm | undefined = undefined,
  ) {
    this.#bytes = bytes.slice();
  }

  /** Length in bytes. */
  get length(): number {
    return this.#bytes.length;
  }

  /** The key itself; not to be changed or kept. */
  reveal(): Uint8Array {
    return this.#bytes;
  }

  /** Name, algorithm and length, without the key. */
  toJSON(): { kid: string; algorithm: KeyAlgorithm | undefined; lengthBytes: number } {
    return { kid: this.kid, algorithm: this.algorithm, lengthBytes: this.length };
  }

  /** As {@link SecretKey.toJSON}, in words. */
  toString(): string {
    return `key ${JSON.stringify(this.kid)} of ${this.length} bytes`;
  }
}
