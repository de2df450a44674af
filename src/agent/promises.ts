/**
 * What the bundles of one node hold of the contacts on their ways: a bundle books volume along its route when it is queued or waits
 * for its contact, and gives it back when it leaves by another way, fails, or is deleted. It keeps each record's booking in step
 * with the volume book and knows nothing of how routes are found.
 */
import {
  type Booking,
  type ContactGraph,
  evcBytes,
  MAX_BOOKED_CONTACTS,
  RANK,
  type Rank,
  type Route,
  VolumeBook,
} from '../routing/index.js';
import type { BundleRecord } from './bundle-record.js';
import { PRIORITY, type Priority } from './priority.js';

/** The rank of a class in the volume table, where the greater goes first. Ordinals order queues and not volume. */
const RANKS_OF: { readonly [priority in Priority]: Rank } = {
  [PRIORITY.administrative]: RANK.administrative,
  [PRIORITY.expedited]: RANK.expedited,
  [PRIORITY.standard]: RANK.standard,
  [PRIORITY.bulk]: RANK.bulk,
};

/** Bundles that get another look for each contact that a neighbour tells is fuller than was thought. */
const MOST_MOVED = 64;

/** The bookings of one node. */
export class Promises {
  /** What is counted; its changes go through this class. */
  readonly book: Pick<VolumeBook<BundleRecord>, 'ownContacts' | 'takenBytes' | 'spentBytes'>;
  readonly #book: VolumeBook<BundleRecord>;

  /** `node` is the node whose bundles they are. */
  constructor(graph: ContactGraph, node: number) {
    this.#book = new VolumeBook(graph, MAX_BOOKED_CONTACTS, node);
    this.book = this.#book;
  }

  /** Bytes that this record's class and more urgent ones have of a contact. */
  takenBytes(contact: number, record: BundleRecord): number {
    return this.#book.takenBytes(contact, volumeRank(record));
  }

  /** What a contact can still be promised for this record. */
  residualBytes(contact: number, record: BundleRecord): number {
    return this.#book.residualBytes(contact, volumeRank(record));
  }

  /**
   * When `bytes` for this record could begin to leave on a contact of another node, or one that is not open yet, of which others
   * hold `othersBytes`.
   */
  departUs(contact: number, record: BundleRecord, readyUs: number, bytes: number, othersBytes: number): number {
    return this.#book.departUs(contact, volumeRank(record), readyUs, bytes, othersBytes);
  }

  /**
   * Books a route for a record that holds nothing. Undefined where a contact of it has not that much left; else the records that lost
   * their booking to it and are still here to find another way.
   */
  promise(record: BundleRecord, route: Route, bytes: number, nowUs: number): readonly BundleRecord[] | undefined {
    this.#book.forgetBefore(nowUs);
    const booked = this.#book.book(record, route.contacts, bytes, volumeRank(record));
    if (booked === undefined) return undefined;
    record.booking = booked.booking;
    return booked.pushedOut.length === 0 ? NONE : stillHere(booked.pushedOut);
  }

  /** A record was handed to the first contact of its route, `bytes` long as it left. */
  sent(record: BundleRecord, bytes: number): void {
    const { booking } = record;
    if (booking === undefined) return;
    if (bytes < booking.bytes) this.#book.reduce(booking, bytes);
    this.#book.spend(booking);
    // On its last hop it holds nothing any more that could be given back.
    if (!booking.isHeld) record.booking = undefined;
  }

  /** Gives back what a record holds ahead: it goes another way, or nowhere. False where it held nothing. */
  release(record: BundleRecord): boolean {
    const { booking } = record;
    if (booking === undefined) return false;
    record.booking = undefined;
    const { isHeld } = booking;
    this.#book.release(booking);
    return isHeld;
  }

  /** A record is in other hands: what it holds ahead will be used, and nobody here can give it back. */
  settle(record: BundleRecord): void {
    if (record.booking !== undefined) this.#book.settle(record.booking);
    record.booking = undefined;
  }

  /**
   * The sender of a contact has said that `othersBytes` of it are taken, those included that went there from here. Returns the records
   * that lose their booking since there is no room for all.
   */
  told(contact: number, othersBytes: number): readonly BundleRecord[] {
    this.#book.forgetSettled(contact);
    return stillHere(this.#book.pushOut(contact, othersBytes, MOST_MOVED));
  }

  /** Moves what is promised to another plan, and drops the bookings over contacts that are gone or carry less now. */
  planUpdated(graph: ContactGraph): void {
    for (const booking of this.#book.moveTo(graph)) booking.item.booking = undefined;
  }
}

const NONE: readonly BundleRecord[] = [];

/** Bytes that a bundle takes of a contact, with what may come on top. */
export function plannedBytes(record: BundleRecord): number {
  return evcBytes(record.sizeBytes);
}

/** The rank in the volume table of a record's class. */
export function volumeRank(record: BundleRecord): Rank {
  return RANKS_OF[record.priority];
}

/** One that was sent has nothing to find any more: only what it held ahead is gone. */
function stillHere(bookings: readonly Booking<BundleRecord>[]): BundleRecord[] {
  const records: BundleRecord[] = [];
  for (const { item } of bookings) {
    item.booking = undefined;
    if (item.state === 'queued' || item.state === 'waiting') records.push(item);
  }
  return records;
}
