/**
 * The DTN clocks of the satellites as they go wrong in a run: steps and drifts, each from its time on. The monotonic clocks that nodes
 * work by are always right.
 */

/** How a clock is wrong from a time on. */
interface ClockError {
  readonly fromUs: number;
  readonly offsetUs: number;
  readonly ppm: number;
}

/** What each clock of a run is off by; all are right at first. */
export class NodeClocks {
  /** Ascending by time. */
  readonly #errors = new Map<number, ClockError[]>();

  /** By how many microseconds the clock of a node is ahead at `us` of true time; behind below 0. */
  errorUs(node: number, us: number): number {
    const errors = this.#errors.get(node);
    if (errors === undefined) return 0;
    let at = errors.length - 1;
    while (at >= 0 && (errors[at] as ClockError).fromUs > us) at--;
    const error = errors[at];
    return error === undefined ? 0 : error.offsetUs + Math.round(((us - error.fromUs) * error.ppm) / 1_000_000);
  }

  /** A clock is put forward, or back. */
  step(node: number, atUs: number, byUs: number): void {
    this.#change(node, { fromUs: atUs, offsetUs: this.errorUs(node, atUs) + byUs, ppm: this.#ppm(node) });
  }

  /** A clock runs at another speed from now on: `ppm` microseconds a second faster than time. */
  drift(node: number, atUs: number, ppm: number): void {
    this.#change(node, { fromUs: atUs, offsetUs: this.errorUs(node, atUs), ppm });
  }

  /** No clock drifts any further. */
  heal(atUs: number): void {
    for (const node of this.#errors.keys()) this.drift(node, atUs, 0);
  }

  #ppm(node: number): number {
    return this.#errors.get(node)?.at(-1)?.ppm ?? 0;
  }

  #change(node: number, error: ClockError): void {
    const errors = this.#errors.get(node);
    if (errors === undefined) this.#errors.set(node, [error]);
    else errors.push(error);
  }
}
