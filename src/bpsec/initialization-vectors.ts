/**
 * Initialization vectors for AES-GCM: never one twice under the same key, restarts included, which would give away both
 * plaintexts and the power to forge tags. Needs neither a disk nor a clock, which may be lost or set back.
 *
 * A vector of 96 bits is an incarnation of 64 random bits, drawn at the start of the process, and a counter of 32 bits. Two
 * vectors of one incarnation differ in the counter; a new incarnation is drawn before the counter would repeat. Two
 * incarnations under one key are alike with a chance of n^2/2^65 for n starts: one in 30 million for a million.
 */

import { equalBytes, toHex } from '../base/bytes.js';
import { UsageError } from '../base/errors.js';
import type { SecurityCrypto } from './crypto.js';

const INCARNATION_BYTES = 8;
const COUNTER_END = 0x1_0000_0000;

/**
 * Vectors given by callers that are remembered. At the limit further ones are refused: to forget one could let it repeat.
 * Vectors made here need no memory.
 */
export const MAX_REMEMBERED_VECTORS = 65_536;

/** Makes initialization vectors, and watches over those that callers bring along. One for a process is enough. */
export class InitializationVectors {
  readonly #crypto: SecurityCrypto;
  readonly #remembered = new Set<string>();
  /** All incarnations so far, the one in use last; another comes with every 2^32 vectors only. */
  readonly #incarnations: Uint8Array[] = [];
  #counter: number;

  /** `firstCounter` is for tests of what happens when the counter has run through. */
  constructor(crypto: SecurityCrypto, firstCounter = 0) {
    this.#crypto = crypto;
    this.#counter = firstCounter;
    this.#incarnations.push(crypto.randomBytes(INCARNATION_BYTES));
  }

  /** A vector of 12 bytes that was never used before, under whatever key. */
  next(): Uint8Array {
    if (this.#counter >= COUNTER_END) {
      this.#incarnations.push(this.#crypto.randomBytes(INCARNATION_BYTES));
      this.#counter = 0;
    }
    const iv = new Uint8Array(INCARNATION_BYTES + 4);
    iv.set(this.#incarnations[this.#incarnations.length - 1]);
    new DataView(iv.buffer).setUint32(INCARNATION_BYTES, this.#counter++);
    return iv;
  }

  /**
   * Notes that a caller's own vector is used under a key. Throws a UsageError `iv-repeated` where it was used with that key
   * in this process, or lies among those made here, and `iv-memory-full` where {@link MAX_REMEMBERED_VECTORS} are remembered.
   */
  claim(key: Uint8Array, iv: Uint8Array): void {
    // What is kept is a MAC, from which the key cannot be found.
    const mark = toHex(this.#crypto.hmac(5, key, [iv]).subarray(0, 16));
    const isOwn = this.#incarnations.some((part) => equalBytes(part, iv.subarray(0, INCARNATION_BYTES)));
    if (isOwn || this.#remembered.has(mark)) {
      throw new UsageError(
        'iv-repeated',
        'this initialization vector was used before; leave it out to get a fresh one',
      );
    }
    if (this.#remembered.size >= MAX_REMEMBERED_VECTORS) {
      throw new UsageError('iv-memory-full', 'too many initialization vectors of your own; leave them out');
    }
    this.#remembered.add(mark);
  }
}
