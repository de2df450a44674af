/**
 * The present of a node that runs for years: microseconds since the epoch of its contact plan, on a clock that never steps, over
 * restarts too. At the start it is set by the wall clock, and from there on the machine's monotonic clock moves it.
 */
import { DTN_EPOCH_UNIX_MS, type Instant, US_PER_MS } from '../base/time.js';

/** Reads the clocks of the machine, in milliseconds. */
export interface MachineClocks {
  /** Since 1970-01-01T00:00:00Z; may step. */
  wallMs(): number;
  /** Since whenever; never steps. */
  monotonicMs(): number;
}

const MACHINE: MachineClocks = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };

/** The clock of one node. */
export class NodeClock {
  readonly #clocks: MachineClocks;
  readonly #startUs: number;
  readonly #startMs: number;

  /**
   * `epochUnixUs` is the date of the plan's second 0. The clock does not begin before `notBeforeUs`, the last instant that the store
   * kept: where the wall clock was set back meanwhile, time goes on from there.
   */
  constructor(epochUnixUs: number, notBeforeUs = 0, clocks: MachineClocks = MACHINE) {
    this.#clocks = clocks;
    this.#startMs = clocks.monotonicMs();
    this.#startUs = Math.max(Math.floor(clocks.wallMs() * US_PER_MS - epochUnixUs), notBeforeUs, 0);
  }

  /** Microseconds since the plan's epoch. */
  nowUs(): number {
    return this.#startUs + Math.floor((this.#clocks.monotonicMs() - this.#startMs) * US_PER_MS);
  }

  /** The present; its date is that of the wall clock, steps and all, since it goes on the wire only. */
  now(): Instant {
    return { monotonicUs: this.nowUs(), dtnTimeMs: Math.max(1, Math.floor(this.#clocks.wallMs()) - DTN_EPOCH_UNIX_MS) };
  }

  /** Milliseconds on the wall from now until `atUs`, at least 0. */
  wallMsUntil(atUs: number): number {
    return Math.max(0, (atUs - this.nowUs()) / US_PER_MS);
  }
}

/** Version of the form in which an integer is kept. */
const KEPT_VERSION = 1;

/** An instant in microseconds, or another integer, as a store keeps it: a version byte and eight bytes. */
export function encodeKeptInteger(value: number): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = KEPT_VERSION;
  new DataView(bytes.buffer).setBigUint64(1, BigInt(value));
  return bytes;
}

/** The integer that a store kept; undefined for what is none. */
export function decodeKeptInteger(bytes: Uint8Array | undefined): number | undefined {
  if (bytes?.length !== 9 || bytes[0] !== KEPT_VERSION) return undefined;
  const value = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(1));
  return Number.isSafeInteger(value) ? value : undefined;
}
