/**
 * What a link does to datagrams: loses, repeats, delays or corrupts them, each with a probability of its own, from one seeded
 * generator. The simulator's links and the impaired sockets of a run over real UDP share it.
 */
import type { Random } from '../base/random.js';

/** Probabilities are per datagram, in [0, 1]. */
export interface ImpairmentOptions {
  readonly loss: number;
  readonly duplication: number;
  readonly corruption: number;
  /** A reordered datagram arrives up to this much later than it would, so that others overtake it. Microseconds. */
  readonly reordering: { readonly probability: number; readonly delayUs: number };
}

/** What becomes of one datagram. */
export interface Fate {
  isLost: boolean;
  isCorrupted: boolean;
  isReordered: boolean;
  /** Extra delay of the datagram, in microseconds. */
  delayUs: number;
  /** Delay of a second copy behind the first, or -1 for none. */
  copyDelayUs: number;
}

/** A copy follows its original within this time, in microseconds. */
const MAX_COPY_DELAY_US = 5_000;

/** Draws the fates of datagrams on one link. */
export class Impairments {
  readonly #options: ImpairmentOptions;
  readonly #random: Random;
  readonly #fate: Fate = { isLost: false, isCorrupted: false, isReordered: false, delayUs: 0, copyDelayUs: -1 };

  constructor(options: ImpairmentOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  /** Draws the fate of the next datagram. The object is reused: read it before the next call. */
  draw(): Readonly<Fate> {
    const { loss, duplication, corruption, reordering } = this.#options;
    const fate = this.#fate;
    fate.isLost = this.#random.chance(loss);
    fate.isCorrupted = this.#random.chance(corruption);
    fate.isReordered = this.#random.chance(reordering.probability);
    fate.delayUs = fate.isReordered ? 1 + Math.floor(this.#random.next() * reordering.delayUs) : 0;
    fate.copyDelayUs = this.#random.chance(duplication) ? 1 + this.#random.below(MAX_COPY_DELAY_US) : -1;
    return fate;
  }

  /** A copy of the datagram with one byte changed. */
  corrupt(datagram: Uint8Array): Uint8Array {
    const copy = datagram.slice();
    if (copy.length === 0) return copy;
    const at = this.#random.below(copy.length);
    copy[at] = (copy[at] as number) ^ (1 + this.#random.below(255));
    return copy;
  }
}
