/**
 * The load notice: what a node tells a neighbour of how much of its own coming contacts is taken already. Owns its form on the
 * wire; who is told what, and what is made of it, is not its business.
 *
 * A contact plan says what contacts carry and not what is promised of them: only the node that sends on a contact sees what all
 * its neighbours bring for it. Block type 242 of the private range (RFC 9171 section 9.1) on a bundle that goes there anyway is a CBOR array
 * `[teller, [[receiver, startsInMs, bulk, standard, expedited, administrative], ...]]`: the bytes that a bundle of that rank finds taken. The
 * start is told relative to the arrival of the notice, so that no common clock is needed; it is negative for a contact that is open.
 * A node that does not know the block leaves it out, and no node passes on another's. Where no bundle goes to a neighbour, an
 * administrative record of a private type does, for the sake of the block on it.
 */
import { Encoder } from 'cbor-x';
import { BLOCK_FLAGS } from '../bpv7/index.js';
import { RANKS } from '../routing/index.js';

/** Block type number, from the private range. */
export const LOAD_BLOCK = 242;

/** Flags of the block: it is for the neighbour alone. */
export const LOAD_BLOCK_FLAGS = BLOCK_FLAGS.discardIfUnprocessed;

/** Administrative record type, of those for private use, of a bundle that only carries the block. */
export const LOAD_RECORD_TYPE = 64_512;

/** Contacts that one notice tells of: those with the longest waits. */
export const MAX_TOLD_CONTACTS = 16;

/** What is taken of one contact of the teller. */
export interface ContactLoad {
  /** Node number of its receiver. */
  readonly to: number;
  /** From the arrival of the notice to the contact's start. */
  readonly startsInMs: number;
  /** By rank: what a bundle of this rank finds taken. It falls with the rank. */
  readonly takenBytes: readonly number[];
}

const encoder = new Encoder({ useRecords: false, tagUint8Array: false });

/** Block data that tells the loads of `node`. */
export function encodeLoads(node: number, loads: readonly ContactLoad[]): Uint8Array {
  return encoder.encode([node, loads.map(({ to, startsInMs, takenBytes }) => [to, startsInMs, ...takenBytes])]);
}

/** The administrative record of a bundle that only carries the block: it says nothing itself. */
export function encodeLoadRecord(): Uint8Array {
  return encoder.encode([LOAD_RECORD_TYPE, 0]);
}

/** The loads in block data that `teller` made itself; what is not of that form is passed over, since a notice only advises. */
export function decodeLoads(data: Uint8Array, teller: number): ContactLoad[] {
  let value: unknown;
  try {
    value = encoder.decode(data);
  } catch {
    return [];
  }
  if (!Array.isArray(value) || value[0] !== teller || !Array.isArray(value[1])) return [];
  const loads: ContactLoad[] = [];
  for (const entry of value[1].slice(0, MAX_TOLD_CONTACTS)) {
    if (!Array.isArray(entry) || entry.length !== 2 + RANKS || !entry.every(Number.isSafeInteger)) continue;
    const [to, startsInMs, ...takenBytes] = entry as [number, number, ...number[]];
    const falls = takenBytes.every((bytes, rank) => bytes >= 0 && bytes <= (takenBytes[rank - 1] ?? bytes));
    if (falls) loads.push({ to, startsInMs, takenBytes });
  }
  return loads;
}
