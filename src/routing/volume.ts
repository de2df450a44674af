/**
 * Words and sums of volume: how urgent a bundle is on a contact, how much a bundle takes, how much a contact carries
 * (CCSDS 734.3-B-1). Owns no state.
 */
import { US_PER_SECOND } from '../base/time.js';
import type { Contact } from './contact-plan.js';

/**
 * How urgent a bundle is where it competes for a contact; the greater goes first. 0 to 2 are the priorities of the volume table of
 * CCSDS 734.3-B-1, administrative traffic stands above them all. Ordinals within `expedited` order a queue, not the volume.
 */
export const RANK = { bulk: 0, standard: 1, expedited: 2, administrative: 3 } as const;
/** One of the values of {@link RANK}. */
export type Rank = (typeof RANK)[keyof typeof RANK];
/** How many ranks there are. */
export const RANKS = 4;

/** The part of its size that a bundle needs beyond it on a contact ... */
const OVERHEAD_RATIO = 0.03;
/** ... but never less than this. */
const LEAST_OVERHEAD_BYTES = 100;

/**
 * Estimated volume consumption, EVC: the bytes of a contact that a bundle of `sizeBytes` takes with what convergence layers add
 * (3 %, and at least 100 bytes).
 */
export function evcBytes(sizeBytes: number): number {
  return sizeBytes + Math.max(Math.ceil(sizeBytes * OVERHEAD_RATIO), LEAST_OVERHEAD_BYTES);
}

/** The bytes that a contact can carry in all: rate times duration, in whole bytes; Infinity for one without a limit. */
export function contactVolumeBytes({ startUs, endUs, rateBytesPerSecond }: Contact): number {
  if (rateBytesPerSecond === Infinity) return Infinity;
  return Math.floor((rateBytesPerSecond * (endUs - startUs)) / US_PER_SECOND);
}
