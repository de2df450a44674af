/** Numbers of the streams that are over, by the node that sent them: what still comes of one of them is late, and is passed over. */
import type { StateStore } from '../agent/index.js';
import { IntervalSet } from '../base/interval-set.js';
import { decodeState, encodeState, isBounds, keyNumber } from './state-form.js';

/** Gaps remembered in the numbers of streams from one node; beyond that the lowest number is forgotten. */
const MAX_INTERVALS = 1024;

/** Nodes that streams came from, far above those of a constellation: anybody may claim to be one. */
const MAX_SOURCES = 131_072;

/** See the head of this file. */
export class DoneNumbers {
  readonly #bySource = new Map<number, IntervalSet>();
  readonly #state: StateStore | undefined;
  readonly #prefix: string;

  /** Kept in the state under `prefix`, where there is one. */
  constructor(state: StateStore | undefined, prefix: string) {
    this.#state = state;
    this.#prefix = prefix;
  }

  /** Reads what was kept; `damaged` is told of a source whose numbers cannot be read. */
  start(damaged: (source: number) => void): void {
    for (const [key, value] of [...(this.#state?.entries(this.#prefix) ?? [])]) {
      const [bounds] = decodeState(value, 1) ?? [];
      const source = Number(key.slice(this.#prefix.length));
      if (isBounds(bounds)) this.#bySource.set(source, IntervalSet.ofBounds(bounds, MAX_INTERVALS));
      else damaged(source);
    }
  }

  has(source: number, stream: number): boolean {
    return this.#bySource.get(source)?.has(stream) ?? false;
  }

  add(source: number, stream: number): void {
    let numbers = this.#bySource.get(source);
    if (numbers === undefined) {
      if (this.#bySource.size >= MAX_SOURCES) this.#forgetOne();
      numbers = new IntervalSet(MAX_INTERVALS);
      this.#bySource.set(source, numbers);
    }
    numbers.add(stream);
    const kept = numbers;
    this.#state?.set(this.#prefix + keyNumber(source), () => encodeState([kept.toBounds()]));
  }

  #forgetOne(): void {
    const source = this.#bySource.keys().next().value as number;
    this.#bySource.delete(source);
    this.#state?.delete(this.#prefix + keyNumber(source));
  }
}
