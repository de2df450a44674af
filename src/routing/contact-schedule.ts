/**
 * The time of one contact, slot by slot: who sends when, by rank, where a higher rank takes the time of lower ones.
 *
 * The book of volume counts bytes and is enough to promise no more than a contact carries; a schedule says when each bundle
 * leaves, finds the first gap that takes a bundle in one piece, and knows contacts whose rate changes while they last. It
 * owns one contact's time and knows nothing of routes.
 */
import { UsageError } from '../base/errors.js';
import { US_PER_SECOND } from '../base/time.js';
import type { Contact } from './contact-plan.js';
import { RANKS, type Rank } from './volume.js';

/** Pieces of time that one schedule keeps; further bookings find no room, as on a contact that is full. */
export const MAX_SCHEDULE_PIECES = 65_536;

/** A rate that a contact has for a part of its time. */
export interface RatePiece {
  readonly startUs: number;
  readonly endUs: number;
  readonly rateBytesPerSecond: number;
}

/** Time that a bundle was given. Its bytes leave from the start to the end without a break. */
export interface Slot<Item> {
  readonly item: Item;
  readonly rank: Rank;
  readonly startUs: number;
  readonly endUs: number;
}

/** A stretch of a contact's time, by the rank that has it; -1 is free. */
export interface ScheduleSegment {
  readonly startUs: number;
  readonly endUs: number;
  readonly rank: Rank | -1;
}

/** A piece of a slot: all of it, until a higher rank takes some of its time. */
interface Piece<Item> {
  startUs: number;
  endUs: number;
  readonly slot: Slot<Item>;
}

/** The slots of one contact. */
export class ContactSchedule<Item> {
  readonly #rates: readonly RatePiece[];
  readonly #endUs: number;
  /** In the order of time, none overlapping, none empty. */
  #pieces: Piece<Item>[] = [];

  /**
   * For a contact of one rate, or for one whose rate changes. Throws a UsageError `bad-rates` unless the pieces follow one another
   * without a gap, with whole times and rates above 0.
   */
  constructor(contact: Contact | readonly RatePiece[]) {
    const rates = 'startUs' in contact ? [contact] : contact;
    if (rates.length === 0) throw new UsageError('bad-rates', 'a schedule needs at least one rate');
    for (const [i, { startUs, endUs, rateBytesPerSecond }] of rates.entries()) {
      const isJoined = i === 0 || (rates[i - 1] as RatePiece).endUs === startUs;
      if (!isJoined || !Number.isSafeInteger(startUs) || !Number.isSafeInteger(endUs) || endUs < startUs) {
        throw new UsageError('bad-rates', `rate ${i} must begin where the one before it ends, and end after that`);
      }
      if (!(rateBytesPerSecond > 0)) throw new UsageError('bad-rates', `rate ${i} must be above 0`);
    }
    this.#rates = rates;
    this.#endUs = (rates.at(-1) as RatePiece).endUs;
  }

  /**
   * When `bytes` of this rank could leave at the earliest, at or after `atUs` and without a break, in time that is free or that
   * lower ranks have; Infinity for never. The `departUs` of a search on this contact: a later `atUs` never gives an earlier time.
   */
  departUs(rank: Rank, bytes: number, atUs: number): number {
    return this.#place(rank, bytes, atUs)?.startUs ?? Infinity;
  }

  /**
   * Gives `bytes` the earliest time that {@link departUs} finds, or returns undefined. Slots that lost time to it are returned: their
   * bundles need another place, and what is left of the slots stays taken until they are released.
   */
  book(
    item: Item,
    rank: Rank,
    bytes: number,
    atUs: number,
  ): { readonly slot: Slot<Item>; readonly preempted: readonly Slot<Item>[] } | undefined {
    const place = this.#place(rank, bytes, atUs);
    // A piece in the middle of another makes two more.
    if (place === undefined || this.#pieces.length + 2 > MAX_SCHEDULE_PIECES) return undefined;
    const slot = { item, rank, ...place };
    return { slot, preempted: [...this.#take(slot)] };
  }

  /** Frees what a slot still has. Once more changes nothing. */
  release(slot: Slot<Item>): void {
    let kept = this.#firstAfter(slot.startUs);
    let at = kept;
    const pieces = this.#pieces;
    for (; at < pieces.length && (pieces[at] as Piece<Item>).startUs < slot.endUs; at++) {
      const piece = pieces[at] as Piece<Item>;
      if (piece.slot !== slot) pieces[kept++] = piece;
    }
    pieces.splice(kept, at - kept);
  }

  /** Forgets the slots that are over at `nowUs`. */
  forgetBefore(nowUs: number): void {
    const count = this.#firstAfter(nowUs);
    if (count > 0) this.#pieces.splice(0, count);
  }

  /** The contact's whole time, neighbouring stretches of one rank as one. */
  segments(): readonly ScheduleSegment[] {
    const segments: { startUs: number; endUs: number; rank: Rank | -1 }[] = [];
    const add = (startUs: number, endUs: number, rank: Rank | -1) => {
      if (startUs === endUs) return;
      const last = segments.at(-1);
      if (last?.rank === rank) last.endUs = endUs;
      else segments.push({ startUs, endUs, rank });
    };
    let atUs = (this.#rates[0] as RatePiece).startUs;
    for (const { startUs, endUs, slot } of this.#pieces) {
      add(atUs, startUs, -1);
      add(startUs, endUs, slot.rank);
      atUs = endUs;
    }
    add(atUs, this.#endUs, -1);
    return segments;
  }

  /** The first time that takes `bytes`, behind every piece of this rank or a higher one that stands in the way. */
  #place(rank: Rank, bytes: number, atUs: number): { startUs: number; endUs: number } | undefined {
    if (!(bytes >= 0) || !(rank >= 0 && rank < RANKS)) {
      throw new UsageError('bad-booking', `${bytes} bytes of rank ${rank} cannot be placed`);
    }
    const pieces = this.#pieces;
    let startUs = Math.max(atUs, (this.#rates[0] as RatePiece).startUs);
    let endUs = this.#sentUs(startUs, bytes);
    for (let at = this.#firstAfter(startUs); endUs <= this.#endUs && at < pieces.length; at++) {
      const piece = pieces[at] as Piece<Item>;
      if (piece.startUs > startUs && piece.startUs >= endUs) break;
      if (piece.slot.rank < rank) continue;
      startUs = piece.endUs;
      endUs = this.#sentUs(startUs, bytes);
    }
    return endUs <= this.#endUs ? { startUs, endUs } : undefined;
  }

  /** When the last of `bytes` has left that begin to leave at `startUs`; Infinity where the contact ends before. */
  #sentUs(startUs: number, bytes: number): number {
    let leftBytes = bytes;
    for (const rate of this.#rates) {
      if (rate.endUs < startUs) continue;
      const fromUs = Math.max(startUs, rate.startUs);
      const neededUs = Math.ceil((leftBytes * US_PER_SECOND) / rate.rateBytesPerSecond);
      if (fromUs + neededUs <= rate.endUs) return fromUs + neededUs;
      leftBytes -= (rate.rateBytesPerSecond * (rate.endUs - fromUs)) / US_PER_SECOND;
    }
    return Infinity;
  }

  /** Puts a slot into the list, cutting what lower ranks have of its time; returns whom it took time from. */
  #take(slot: Slot<Item>): Set<Slot<Item>> {
    const preempted = new Set<Slot<Item>>();
    const { startUs, endUs } = slot;
    if (startUs === endUs) return preempted;
    const pieces = this.#pieces;
    const first = this.#firstAfter(startUs);
    const between: Piece<Item>[] = [];
    let last = first;
    for (; last < pieces.length && (pieces[last] as Piece<Item>).startUs < endUs; last++) {
      const piece = pieces[last] as Piece<Item>;
      preempted.add(piece.slot);
      if (piece.startUs < startUs) between.push({ startUs: piece.startUs, endUs: startUs, slot: piece.slot });
    }
    between.push({ startUs, endUs, slot });
    const cut = last > first ? (pieces[last - 1] as Piece<Item>) : undefined;
    if (cut !== undefined && cut.endUs > endUs) between.push({ startUs: endUs, endUs: cut.endUs, slot: cut.slot });
    pieces.splice(first, last - first, ...between);
    return preempted;
  }

  /** The place of the first piece that ends after `atUs`. */
  #firstAfter(atUs: number): number {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#pieces[middle] as Piece<Item>).endUs > atUs) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
