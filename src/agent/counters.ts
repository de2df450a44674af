/**
 * The running numbers of a node that must not be given out twice: those of its bundles and those of its custody sequences. Where the
 * store is durable they go on behind a restart. A value that a damaged store lost is made up for by the clock, which runs ahead of
 * every counter that counts fewer than one bundle in a microsecond.
 */
import { MAX_UINT64, type UInt, uintOf } from '../bpv7/index.js';
import type { CounterBits } from './config.js';
import type { StateStore } from './store.js';
import { StoredValue } from './stored-value.js';

/** Of the form below; a value of another one counts as damaged. */
const FORM = 1;

/** Form, whether it has wrapped, and eight bytes of the next number. */
const VALUE_BYTES = 10;

/** The greatest number that a counter of so many bits gives out. */
export function greatestNumber(bits: CounterBits): UInt {
  return bits === 64 ? MAX_UINT64 : 2 ** bits - 1;
}

/** A counter from 0 on that wraps; see the head of this file. */
export class Counter {
  readonly #greatest: UInt;
  readonly #stored: StoredValue | undefined;
  #next: UInt = 0;
  #hasWrapped = false;

  /** `state` is where it is kept under `key`; undefined where nothing is kept. */
  constructor(greatest: UInt, state: StateStore | undefined, key: string) {
    this.#greatest = greatest;
    this.#stored = state && new StoredValue(state, key, () => this.#encoded());
  }

  /** The number that {@link take} gives next. */
  get next(): UInt {
    return this.#next;
  }

  /** Gives out the next number. */
  take(): UInt {
    const number = this.#next;
    if (number === this.#greatest) {
      this.#next = 0;
      this.#hasWrapped = true;
    } else this.#next = typeof number === 'number' && number < Number.MAX_SAFE_INTEGER ? number + 1 : above(number);
    this.#stored?.changed();
    return number;
  }

  /** Whether a number was ever given out. */
  wasGiven(number: UInt): boolean {
    return this.#hasWrapped ? number <= this.#greatest : number < this.#next;
  }

  /** Goes on from a stored value. False where that is damaged. */
  restore(value: Uint8Array): boolean {
    if (value.length !== VALUE_BYTES || value[0] !== FORM || (value[1] as number) > 1) return false;
    const next = uintOf(new DataView(value.buffer, value.byteOffset).getBigUint64(2));
    // The setting may have become narrower.
    if (next > this.#greatest) {
      this.#next = 0;
      this.#hasWrapped = true;
    } else {
      this.#next = next;
      this.#hasWrapped = value[1] === 1;
    }
    return true;
  }

  /** The stored value is lost: goes on where it cannot have been yet. */
  restoreByClock(nowUs: number): void {
    const safe = BigInt(Math.max(0, Math.floor(nowUs)));
    this.#next = uintOf(safe % (BigInt(this.#greatest) + 1n));
    this.#hasWrapped = true;
    this.#stored?.changed();
  }

  #encoded(): Uint8Array {
    const value = new Uint8Array(VALUE_BYTES);
    value[0] = FORM;
    value[1] = this.#hasWrapped ? 1 : 0;
    new DataView(value.buffer).setBigUint64(2, BigInt(this.#next));
    return value;
  }
}

function above(number: UInt): UInt {
  return uintOf(BigInt(number) + 1n);
}
