/**
 * The route avoidance block: which contacts let a bundle down on its way.
 *
 * A node learns at once when a contact of its own fails; nodes further away go on believing the contact plan. Without help a
 * bundle would be sent around the failed contact and straight back by the next node. So the bundle itself carries the news: a
 * node that routes it around a failed contact adds that contact here, and every node on the way leaves it out of its search
 * until the hold is over. The hold doubles each time the same contact fails the same bundle, which bounds how far a bundle
 * wanders while its destination is unreachable.
 *
 * Block type 240 of the private range (RFC 9171 section 9.1); a node that does not know it passes it on. Its data is a CBOR
 * array of `[from, to, remainingMs, times]`: a duration and not a time, so that no clock is needed.
 */
import { Encoder } from 'cbor-x';
import { US_PER_MS } from '../base/time.js';
import type { AvoidedContact } from './bundle-record.js';

/** Block type number, from the private range. */
export const ROUTE_AVOIDANCE_BLOCK = 240;

/** Contacts that one bundle remembers; the oldest is forgotten, which costs a detour and no more. */
export const MAX_AVOIDED_CONTACTS = 16;

/** The hold doubles up to this many times, that is to 64 times the first. */
const MAX_DOUBLINGS = 6;

const encoder = new Encoder({ useRecords: false, tagUint8Array: false });

/** Block data for the contacts, with what is left of each hold at `nowUs`; 0 where it is over. */
export function encodeAvoidance(avoided: readonly AvoidedContact[], nowUs: number): Uint8Array {
  return encoder.encode(
    avoided.map((each) => [each.from, each.to, Math.max(0, Math.ceil((each.untilUs - nowUs) / US_PER_MS)), each.times]),
  );
}

/** The contacts in block data; what is not of the block's form is passed over, since the block only advises. */
export function decodeAvoidance(data: Uint8Array, nowUs: number): AvoidedContact[] {
  let value: unknown;
  try {
    value = encoder.decode(data);
  } catch {
    return [];
  }
  if (!Array.isArray(value)) return [];
  const avoided: AvoidedContact[] = [];
  for (const entry of value.slice(0, MAX_AVOIDED_CONTACTS)) {
    if (!Array.isArray(entry) || entry.length !== 4 || !entry.every((part) => Number.isSafeInteger(part) && part >= 0))
      continue;
    const [from, to, remainingMs, times] = entry as [number, number, number, number];
    avoided.push({ from, to, untilUs: nowUs + Math.min(remainingMs, MAX_HOLD_MS) * US_PER_MS, times });
  }
  return avoided;
}

/** A stranger's block cannot keep a bundle from a contact for longer than this. */
const MAX_HOLD_MS = 3_600_000;

/** How long to keep away from the contact from -> to that failed once more, when the first time is worth `firstUs`. */
export function holdUs(avoided: readonly AvoidedContact[], from: number, to: number, firstUs: number): number {
  return firstUs * 2 ** Math.min(find(avoided, from, to)?.times ?? 0, MAX_DOUBLINGS);
}

/** The list with the contact from -> to avoided until `untilUs`, after `failures` more failures of it. */
export function withAvoided(
  avoided: readonly AvoidedContact[],
  from: number,
  to: number,
  untilUs: number,
  failures: 0 | 1,
): AvoidedContact[] {
  const before = find(avoided, from, to);
  const others = avoided.filter((each) => each !== before);
  const entry = { from, to, untilUs: Math.max(untilUs, before?.untilUs ?? 0), times: (before?.times ?? 0) + failures };
  return [...others.slice(-(MAX_AVOIDED_CONTACTS - 1)), entry];
}

function find(avoided: readonly AvoidedContact[], from: number, to: number): AvoidedContact | undefined {
  return avoided.find((each) => each.from === from && each.to === to);
}
