/**
 * Fragmentation to what remains of a contact (RFC 9171 section 5.8): where a bundle would have to wait for a longer contact, or no
 * contact takes it whole, a first piece goes over what is left, and the rest finds its own way. Owns when that is worth it and
 * how small pieces may get; which blocks go with them is the codec's.
 */
import { UsageError } from '../base/errors.js';
import { BUNDLE_FLAGS, encodedLength, hasFlag, splitBundle, type TypeProfile } from '../bpv7/index.js';
import type { Route } from '../routing/index.js';
import type { BundleRecord } from './bundle-record.js';
import { HOP_GROWTH_BYTES } from './outbound.js';
import type { RouteChoice } from './route-choice.js';

/** The least payload of a piece: with less, its blocks would be the greater part of it. */
export const LEAST_PIECE_BYTES = 512;

/**
 * No piece has less than this part of the whole payload, so that there are never more pieces than this of one bundle, however many
 * nodes cut it: each one costs blocks, a record and a place at reassembly.
 */
export const MOST_PIECES = 64;

/** The two pieces of a cut: what goes now, and what remains. */
export type Pieces = readonly [first: BundleRecord, rest: BundleRecord];

/**
 * A record cut so that its first piece fits what is left on the best way for it; undefined where that is not possible, or gets it
 * nowhere or no sooner. `wholeUs` is when the bundle arrives uncut, undefined for never. The record holds no booking meanwhile.
 */
export function cutToFit(
  record: BundleRecord,
  choice: RouteChoice,
  types: TypeProfile,
  nowUs: number,
  wholeUs: number | undefined,
): Pieces | undefined {
  if (!mayCut(record)) return undefined;
  const overheadBytes = record.sizeBytes - record.payloadBytes + HOP_GROWTH_BYTES;
  const leastBytes = leastPieceBytes(record);
  const first = choice.partRoute(record, leastBytes + overheadBytes, nowUs);
  if (first === undefined || !isSooner(first, wholeUs)) return undefined;
  const room = choice.roomOn(record, first);
  if (room.bytes >= record.sizeBytes) return undefined; // what keeps the whole from it is no lack of room
  const firstBytes = Math.min(room.bytes - overheadBytes, record.payloadBytes - leastBytes);
  if (firstBytes < leastBytes) return undefined;
  const restBytes = record.payloadBytes - firstBytes + overheadBytes;
  // All of it must get there: the rest as one, or as far as can be seen now in pieces of its own.
  const sizeBytes = wholeUs === undefined ? leastBytes + overheadBytes : restBytes;
  const rest = choice.partRoute(record, sizeBytes, nowUs, room.contact);
  if (rest === undefined || !isSooner(rest, wholeUs)) return undefined;
  const bundle = record.bundleIfReadable;
  if (bundle === undefined) return undefined;
  try {
    const pieces = splitBundle(bundle, firstBytes, types);
    const [one, other] = pieces.map((piece) => record.withBundle(piece, encodedLength(piece)));
    return [one as BundleRecord, other as BundleRecord];
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

/** Whether a record may be cut at all, as far as that is quickly told: custody forbids it (CCSDS 734.6-O-1), and so does its flag. */
export function mayCut(record: BundleRecord): boolean {
  return (
    !record.custodyRequested &&
    record.payloadBytes >= 2 * leastPieceBytes(record) &&
    !hasFlag(record.primary.flags, BUNDLE_FLAGS.mustNotFragment)
  );
}

function leastPieceBytes({ primary, payloadBytes }: BundleRecord): number {
  const wholeBytes = Number(primary.totalAduLength ?? payloadBytes);
  return Math.max(LEAST_PIECE_BYTES, Math.ceil(wholeBytes / MOST_PIECES));
}

function isSooner({ arrivalUs }: Route, wholeUs: number | undefined): boolean {
  return wholeUs === undefined || arrivalUs < wholeUs;
}
