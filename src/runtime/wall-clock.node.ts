/** The wall clock as a node's present, run faster than life where a scenario asks for it. */
import { DTN_EPOCH_UNIX_MS, type Instant, US_PER_MS } from '../base/time.js';

/** Microseconds since its making, times a scale. */
export class WallClock {
  readonly #startMs = performance.now();
  readonly #startDtnMs: number;

  /**
   * `scale` seconds of the node's time pass in each second on the wall. `startDtnMs` is the DTN time at the start; by default
   * that of the machine.
   */
  constructor(
    readonly scale: number,
    startDtnMs: number = Date.now() - DTN_EPOCH_UNIX_MS,
  ) {
    this.#startDtnMs = startDtnMs;
  }

  /** Microseconds of the node's time since the start. */
  nowUs(): number {
    return Math.floor((performance.now() - this.#startMs) * US_PER_MS * this.scale);
  }

  now(): Instant {
    const monotonicUs = this.nowUs();
    return { monotonicUs, dtnTimeMs: this.#startDtnMs + Math.floor(monotonicUs / US_PER_MS) };
  }

  /** Milliseconds on the wall from now until `atUs`, at least 0. */
  wallMsUntil(atUs: number): number {
    return Math.max(0, (atUs - this.nowUs()) / US_PER_MS / this.scale);
  }
}
