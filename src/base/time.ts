/**
 * Time as the node knows it.
 *
 * Residence, deadlines, links and the simulator run on integer microseconds of a monotonic clock; DTN milliseconds appear
 * on the wire only (RFC 9171 section 4.2.6) and may step, drift or be unknown. Nothing below the drivers reads a clock:
 * the present is always an argument.
 */

/** The present, as a driver hands it to a node with every input. */
export interface Instant {
  /** Integer microseconds of a clock that never steps; its zero is the driver's choice (virtual time 0 in the simulator). */
  readonly monotonicUs: number;
  /** Milliseconds since the DTN epoch, or undefined where the node has no trusted clock (RFC 9171 section 4.2.7). */
  readonly dtnTimeMs: number | undefined;
}

/** Unix time of the DTN epoch, 2000-01-01T00:00:00Z, in milliseconds (RFC 9171 section 4.2.6). */
export const DTN_EPOCH_UNIX_MS = 946_684_800_000;

/** Microseconds in a second. */
export const US_PER_SECOND = 1_000_000;

/** Microseconds in a millisecond. */
export const US_PER_MS = 1_000;

/** Whole microseconds nearest to `seconds`. */
export function secondsToUs(seconds: number): number {
  return Math.round(seconds * US_PER_SECOND);
}

/** Seconds, as a fraction, of `us` microseconds. */
export function usToSeconds(us: number): number {
  return us / US_PER_SECOND;
}

/** Microseconds that `bytes` take on a link of `rateBytesPerSecond`, rounded up so that a link is never promised too fast. */
export function transmissionUs(bytes: number, rateBytesPerSecond: number): number {
  return Math.ceil((bytes * US_PER_SECOND) / rateBytesPerSecond);
}
