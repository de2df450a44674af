/**
 * What a link does to datagrams: loses them one by one or in bursts, repeats, delays or corrupts them, each with a probability of its
 * own, from one seeded generator. The simulator's links and the impaired sockets of a run over real UDP share it.
 */
import type { Random } from '../base/random.js';

/** Probabilities are per datagram, in [0, 1]. */
export interface ImpairmentOptions {
  readonly loss: number;
  readonly duplication: number;
  readonly corruption: number;
  /** A reordered datagram arrives up to this much later than it would, so that others overtake it. Microseconds. */
  readonly reordering: { readonly probability: number; readonly delayUs: number };
  /** Loss in bursts beside `loss`. */
  readonly bursts?: BurstOptions | undefined;
  /** Every datagram arrives later than it would by a time between the two, microseconds. */
  readonly delay?: { readonly minUs: number; readonly maxUs: number } | undefined;
}

/**
 * The Gilbert-Elliott model: a Markov chain of a good and a bad state, with a probability of loss in each. It changes before each
 * datagram, so that a burst lasts 1 / `leave` datagrams on average and the share of bad ones is `enter` / (`enter` + `leave`).
 */
export interface BurstOptions {
  readonly enter: number;
  readonly leave: number;
  readonly lossGood: number;
  readonly lossBad: number;
}

/** What becomes of one datagram. */
export interface Fate {
  isLost: boolean;
  /** The link turned bad with it. */
  beginsBurst: boolean;
  isCorrupted: boolean;
  isReordered: boolean;
  /** Extra delay of the datagram, in microseconds. */
  delayUs: number;
  /** Delay of a second copy behind the first, or -1 for none. */
  copyDelayUs: number;
}

/** A copy follows its original within this time, in microseconds. */
const MAX_COPY_DELAY_US = 5_000;

const NOTHING_WRONG: ImpairmentOptions = {
  loss: 0,
  duplication: 0,
  corruption: 0,
  reordering: { probability: 0, delayUs: 0 },
};

/** Draws the fates of datagrams on one link. */
export class Impairments {
  #options: ImpairmentOptions;
  readonly #random: Random;
  #isBad = false;
  readonly #fate: Fate = {
    isLost: false,
    beginsBurst: false,
    isCorrupted: false,
    isReordered: false,
    delayUs: 0,
    copyDelayUs: -1,
  };

  constructor(options: ImpairmentOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  /** Draws the fate of the next datagram. The object is reused: read it before the next call. */
  draw(): Readonly<Fate> {
    const { loss, duplication, corruption, reordering, bursts, delay } = this.#options;
    const fate = this.#fate;
    fate.isLost = this.#random.chance(loss);
    fate.isCorrupted = this.#random.chance(corruption);
    fate.isReordered = this.#random.chance(reordering.probability);
    fate.delayUs = fate.isReordered ? 1 + Math.floor(this.#random.next() * reordering.delayUs) : 0;
    fate.copyDelayUs = this.#random.chance(duplication) ? 1 + this.#random.below(MAX_COPY_DELAY_US) : -1;
    fate.beginsBurst = false;
    if (bursts !== undefined) this.#drawBurst(bursts);
    if (delay !== undefined && delay.maxUs > 0) {
      fate.delayUs += delay.minUs + Math.floor(this.#random.next() * (delay.maxUs - delay.minUs + 1));
    }
    return fate;
  }

  #drawBurst({ enter, leave, lossGood, lossBad }: BurstOptions): void {
    const fate = this.#fate;
    if (!this.#isBad) fate.beginsBurst = this.#random.chance(enter);
    this.#isBad = this.#isBad ? !this.#random.chance(leave) : fate.beginsBurst;
    if (this.#random.chance(this.#isBad ? lossBad : lossGood)) fate.isLost = true;
  }

  /** From now on the link carries all that it is given. */
  heal(): void {
    this.#options = NOTHING_WRONG;
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
