/** What streams need of the node below, and how large a piece and how much of their own traffic it takes. */

/** Largest piece: small enough that a store-and-forward hop does not hold up what stands behind it for long. */
export const MAX_PIECE_BYTES = 32 * 1024;

/** Smallest piece worth its bundle: below this the contacts ahead are too short for anything. */
export const MIN_PIECE_BYTES = 512;

/** Bundles of its own for one destination that a node holds before it stops producing more for it. */
export const SEND_WINDOW_BUNDLES = 256;

/** The same over all destinations: what one of them does not take must not fill the store. */
export const TOTAL_WINDOW_BUNDLES = 4096;

/** What streams need of the node below. */
export interface StreamTransport {
  /** Sends one data unit; false where the store has no room, then it is offered again later. */
  send(destination: number, payload: Uint8Array, untilUs: number): boolean;
  /** Bundles of this node's applications that it still holds, for one destination or for all. */
  heldBundles(destination?: number): number;
  /** Whether a bundle with a payload of that size has a route that could carry it whole. */
  canCarry(destination: number, payloadBytes: number): boolean;
  /** The most that a bundle may carry on any link of this node; by default all that a piece can be. */
  readonly maxPayloadBytes?: number;
  /** Something that came from `source`, or was kept, could not be used: `rule` says why. */
  malformed(source: number, rule: string): void;
}

/** How many bundles more this node's own traffic may put into its store for a destination; not above 0: none. */
export function sendSlots(transport: StreamTransport, destination: number): number {
  return Math.min(
    SEND_WINDOW_BUNDLES - transport.heldBundles(destination),
    TOTAL_WINDOW_BUNDLES - transport.heldBundles(),
  );
}

/**
 * The largest piece that the contacts ahead can carry beside `overheadBytes`; where there is no route yet, the largest that fits into a
 * bundle.
 */
export function pieceBytesTo(transport: StreamTransport, destination: number, overheadBytes: number): number {
  const { maxPayloadBytes = Number.POSITIVE_INFINITY } = transport;
  let largest = MAX_PIECE_BYTES;
  while (largest > MIN_PIECE_BYTES && largest + overheadBytes > maxPayloadBytes) largest /= 2;
  for (let size = largest; size >= MIN_PIECE_BYTES; size /= 2) {
    if (transport.canCarry(destination, size + overheadBytes)) return size;
  }
  return largest;
}
