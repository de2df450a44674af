/**
 * One node's book of volume: what it has promised of each contact, by rank (CCSDS 734.3-B-1, maximum transmission volume).
 *
 * A bundle of rank q counts against every rank p <= q on each contact of its route, so a higher rank sees through lower ones and
 * may push them out; those bookings come back to the caller, who finds their bundles another way. Whatever is booked, spent and
 * released in whatever order: of no contact in the book is more promised than it carries.
 *
 * Counters of a contact exist only once something is booked on it, shrink to a few numbers when only what was settled there is left,
 * and go when it is over: thousands of books share one graph.
 * The book knows contacts by their index and nothing of bundles, queues or the time of day.
 */
import { UsageError } from '../base/errors.js';
import { US_PER_SECOND } from '../base/time.js';
import type { ContactGraph } from './contact-graph.js';
import { type Booking, ContactVolume, HeldBooking } from './contact-volume.js';
import { SettledVolume } from './settled-volume.js';
import { contactVolumeBytes, RANKS, type Rank } from './volume.js';

/**
 * Contacts that one book counts, some megabytes of counters. What is booked on others beyond that is not counted, here; the node
 * that sends on such a contact counts it itself.
 */
export const MAX_BOOKED_CONTACTS = 65_536;

/** A book puts nothing aside before it has so many counters: what the bundles of a flow take is booked again and again. */
const LEAST_TIDY_SIZE = 48;

/** What came of a booking. */
export interface Booked<Item> {
  readonly booking: Booking<Item>;
  /** Bookings of lower ranks that had to make room, released whole. Their bundles need another way, as far as they are still here. */
  readonly pushedOut: readonly Booking<Item>[];
}

/** What one node has promised of each contact. `Item` is whatever the caller books for. */
export class VolumeBook<Item> {
  #graph: ContactGraph;
  readonly #limit: number;
  readonly #node: number | undefined;
  /** Counters of contacts that bookings hold, or that something has left on. */
  readonly #volumes = new Map<number, ContactVolume<Item>>();
  /** What all others are promised to. */
  readonly #settled = new SettledVolume();
  /** Contacts with counters that the book's own node sends on. */
  readonly #own = new Set<number>();
  /** With more counters than this it is time to put some aside. */
  #tidyAtSize = LEAST_TIDY_SIZE;
  /** No contact in `volumes` ends before this. */
  #firstEndUs = Infinity;
  /** Contacts that ended before this are forgotten. */
  #forgottenUs = -Infinity;

  /** `node` is whose book it is, for {@link ownContacts}. */
  constructor(graph: ContactGraph, limit = MAX_BOOKED_CONTACTS, node?: number) {
    this.#graph = graph;
    this.#limit = limit;
    this.#node = node;
  }

  /** How many contacts have counters. */
  get size(): number {
    return this.#volumes.size + this.#settled.size;
  }

  /** Contacts that have counters, by index, in no order that means anything. */
  bookedContacts(): Iterable<number> {
    return [...this.#volumes.keys(), ...this.#settled.contacts().filter((contact) => !this.#isForgotten(contact))];
  }

  /** Those of them that the book's own node sends on: a few among all that its bundles take further on. */
  ownContacts(): Iterable<number> {
    return this.#own;
  }

  /** What a bundle of this rank can still be promised of a contact, MTV[rank]: its volume without what this rank and higher ones took. */
  residualBytes(contact: number, rank: Rank): number {
    const volume = this.#volumes.get(contact);
    if (volume !== undefined) return volume.volumeBytes - volume.takenBytes(rank);
    return contactVolumeBytes(this.#graph.contact(contact)) - this.#settledBytes(contact, rank);
  }

  /** What this rank and higher ones took of a contact: booked, settled and spent. */
  takenBytes(contact: number, rank: Rank): number {
    return this.#volumes.get(contact)?.takenBytes(rank) ?? this.#settledBytes(contact, rank);
  }

  /** Bytes that have left on a contact. */
  spentBytes(contact: number): number {
    return this.#volumes.get(contact)?.spentBytes ?? 0;
  }

  /**
   * When a bundle of this rank that is ready at a contact's sender at `readyUs` could begin to leave, behind all that this
   * rank and higher ones took, counted from the contact's start; Infinity where its `bytes` do not fit any more. Fits the
   * `departUs` of a search for every hop but the first, whose real queue the node knows. `othersBytes` are taken by others besides.
   */
  departUs(contact: number, rank: Rank, readyUs: number, bytes: number, othersBytes = 0): number {
    const { startUs, endUs, rateBytesPerSecond } = this.#graph.contact(contact);
    const takenBytes = this.takenBytes(contact, rank) + othersBytes;
    let leaveUs = Math.max(startUs, readyUs);
    if (takenBytes > 0) {
      if (takenBytes + bytes > contactVolumeBytes(this.#graph.contact(contact))) return Infinity;
      leaveUs = Math.max(leaveUs, startUs + Math.ceil((takenBytes * US_PER_SECOND) / rateBytesPerSecond));
    }
    return leaveUs + (bytes * US_PER_SECOND) / rateBytesPerSecond > endUs ? Infinity : leaveUs;
  }

  /**
   * Books `bytes` (the bundle's EVC) on each contact of a route, or nothing and returns undefined where a contact has not as much
   * left for the rank. Lower ranks make room, the lowest first and of one rank the booking made last.
   * Throws a UsageError `bad-booking` unless the bytes are a finite number of at least 0 and each contact is named once.
   */
  book(item: Item, contacts: readonly number[], bytes: number, rank: Rank): Booked<Item> | undefined {
    if (!(bytes >= 0 && bytes < Infinity)) {
      throw new UsageError('bad-booking', `${bytes} bytes cannot be booked: give a finite number of at least 0`);
    }
    if (hasRepeats(contacts)) {
      throw new UsageError('bad-booking', 'a route that takes one contact twice cannot be booked');
    }
    for (const contact of contacts) if (this.residualBytes(contact, rank) < bytes) return undefined;
    if (this.#volumes.size > this.#tidyAtSize) this.#tidy();
    const booking = new HeldBooking(item, rank, bytes, contacts);
    const pushedOut: HeldBooking<Item>[] = [];
    this.#enter(booking, pushedOut);
    return { booking, pushedOut };
  }

  /** The bundle has left on the first contact of its booking that was not spent yet: those bytes are gone, whatever becomes of it. */
  spend(booking: Booking<Item>): void {
    const held = booking as HeldBooking<Item>;
    if (!held.isHeld) return;
    const volume = held.volumes[held.spentHops++];
    if (volume === undefined) return;
    volume.remove(held);
    volume.spentBytes += held.bytes;
  }

  /**
   * The bundle is in other hands: what it holds of contacts ahead stays promised until they are over, but nobody will release it, and
   * a higher rank displaces it without a word.
   */
  settle(booking: Booking<Item>): void {
    const held = booking as HeldBooking<Item>;
    const { rank, bytes } = held;
    const first = held.spentHops;
    const last = held.heldHops;
    this.#drop(held, first);
    for (let hop = first; hop < last; hop++) held.volumes[hop]?.addSettled(rank, bytes);
  }

  /** Forgets what was settled of a contact: whoever has it counts it, and has said so. */
  forgetSettled(contact: number): void {
    this.#settled.remove(contact);
    const volume = this.#volumes.get(contact);
    if (volume === undefined) return;
    for (let rank = 0; rank < RANKS; rank++) volume.addSettled(rank, -volume.settledBytes(rank));
  }

  /**
   * Takes from a contact, of which others hold `othersBytes`, what it cannot carry besides: the bookings are released whole and
   * returned, the lowest rank first and of one rank the last, `most` of them at most.
   */
  pushOut(contact: number, othersBytes: number, most: number): readonly Booking<Item>[] {
    const volume = this.#volumes.get(contact);
    const pushedOut: HeldBooking<Item>[] = [];
    if (volume === undefined) return pushedOut;
    for (let rank = 0; rank < RANKS && pushedOut.length < most; rank++) {
      while (volume.takenBytes(0) + othersBytes > volume.volumeBytes && pushedOut.length < most) {
        const victim = volume.last(rank);
        if (victim === undefined) break;
        this.#drop(victim, 0);
        pushedOut.push(victim);
      }
    }
    return pushedOut;
  }

  /** Gives back what a booking holds from its hop `fromHop` on; what is spent stays so. Once more changes nothing. */
  release(booking: Booking<Item>, fromHop = 0): void {
    this.#drop(booking as HeldBooking<Item>, fromHop);
  }

  /** Gives back all but `bytes` of each contact that a booking holds: the bundle was cut, or is shorter than was thought. */
  reduce(booking: Booking<Item>, bytes: number): void {
    const held = booking as HeldBooking<Item>;
    if (!(bytes >= 0 && bytes <= held.bytes)) {
      throw new UsageError('bad-booking', `a booking of ${held.bytes} bytes cannot be reduced to ${bytes}`);
    }
    for (let hop = held.spentHops; hop < held.heldHops; hop++) {
      held.volumes[hop]?.reduce(held.rank, held.bytes - bytes);
    }
    held.bytes = bytes;
  }

  /** The contact will not be: releases all bookings that hold it, whole, and returns them in their order, higher ranks first. */
  lose(contact: number): readonly Booking<Item>[] {
    this.#settled.remove(contact);
    const volume = this.#volumes.get(contact);
    if (volume === undefined) return [];
    const lost: Booking<Item>[] = [];
    for (let rank = RANKS - 1; rank >= 0; rank--) {
      const bookings = volume.holders(rank);
      for (const booking of bookings) this.#drop(booking, 0);
      lost.push(...bookings);
    }
    this.#volumes.delete(contact);
    this.#own.delete(contact);
    return lost;
  }

  /** Forgets the contacts that ended before `nowUs`. Bookings that hold later contacts keep those. */
  forgetBefore(nowUs: number): void {
    if (nowUs > this.#forgottenUs) this.#forgottenUs = nowUs;
    if (nowUs <= this.#firstEndUs) return;
    this.#firstEndUs = Infinity;
    for (const contact of this.#volumes.keys()) {
      const { endUs } = this.#graph.contact(contact);
      if (endUs < nowUs) {
        this.#volumes.delete(contact);
        this.#own.delete(contact);
      } else this.#firstEndUs = Math.min(this.#firstEndUs, endUs);
    }
  }

  /**
   * Moves to another plan. A contact is found again in the one between the same nodes that shares the most time with it. Returns the bookings that are released because a contact of theirs is gone or carries less now.
   */
  moveTo(graph: ContactGraph): readonly Booking<Item>[] {
    const old = this.#graph;
    for (const contact of this.#settled.contacts()) if (!this.#isForgotten(contact)) this.#volumeOf(contact);
    const volumes = [...this.#volumes.values()];
    this.#graph = graph;
    this.#volumes.clear();
    this.#own.clear();
    this.#settled.clear();
    this.#firstEndUs = Infinity;
    const places = new Map<number, number>();
    const placeOf = (contact: number): number => {
      let place = places.get(contact);
      if (place === undefined) {
        place = sameContact(old, contact, graph);
        places.set(contact, place);
      }
      return place;
    };
    const bookings = new Set<HeldBooking<Item>>();
    for (const volume of volumes) {
      for (let rank = 0; rank < RANKS; rank++) for (const each of volume.holders(rank)) bookings.add(each);
      const moved = placeOf(volume.contact) < 0 ? undefined : this.#volumeOf(placeOf(volume.contact));
      if (moved === undefined) continue;
      moved.spentBytes = Math.min(moved.volumeBytes, moved.spentBytes + volume.spentBytes);
      for (let rank = RANKS - 1; rank >= 0; rank--) {
        const roomBytes = moved.volumeBytes - moved.takenBytes(0);
        moved.addSettled(rank, Math.min(roomBytes, volume.settledBytes(rank)));
      }
    }
    const lost: HeldBooking<Item>[] = [];
    for (const booking of [...bookings].sort((a, b) => b.rank - a.rank)) this.#rebook(booking, placeOf, lost);
    this.#tidy();
    return lost;
  }

  /** Books a booking of the plan before anew, or adds it to `lost`. */
  #rebook(booking: HeldBooking<Item>, placeOf: (contact: number) => number, lost: HeldBooking<Item>[]): void {
    const { rank, bytes, spentHops, heldHops } = booking;
    const ahead = booking.contacts.slice(spentHops, heldHops).map(placeOf);
    booking.spentHops = 0;
    booking.heldHops = 0;
    const isWhole = new Set(ahead).size === ahead.length && ahead.every((contact) => contact >= 0);
    booking.contacts = isWhole ? ahead : [];
    if (!isWhole || ahead.some((contact) => this.residualBytes(contact, rank) < bytes)) {
      lost.push(booking);
      return;
    }
    this.#enter(booking, lost);
  }

  /** Puts a booking onto its contacts, which have room for its rank. */
  #enter(booking: HeldBooking<Item>, pushedOut: HeldBooking<Item>[]): void {
    const { contacts, bytes, rank } = booking;
    const hops = contacts.length;
    const volumes = new Array<ContactVolume<Item> | undefined>(hops);
    let isShort = false;
    for (let hop = 0; hop < hops; hop++) {
      const volume = this.#volumeOf(contacts[hop] as number);
      volumes[hop] = volume;
      if (volume !== undefined && volume.takenBytes(0) + bytes > volume.volumeBytes) isShort = true;
    }
    booking.volumes = volumes;
    if (isShort) {
      for (const volume of volumes) if (volume !== undefined) this.#pushOutFor(volume, bytes, rank, pushedOut);
      // Of a contact where that is not enough, what was settled gives way.
      for (const volume of volumes) volume?.displace(volume.takenBytes(0) + bytes - volume.volumeBytes);
    }
    for (let hop = 0; hop < hops; hop++) volumes[hop]?.add(booking);
    booking.heldHops = hops;
  }

  /**
   * Pushes out what has to go for `bytes` of a rank beyond what is free on a contact and what was settled there, the lowest rank
   * first.
   */
  #pushOutFor(volume: ContactVolume<Item>, bytes: number, rank: Rank, pushedOut: HeldBooking<Item>[]): void {
    let missingBytes = volume.takenBytes(0) + bytes - volume.volumeBytes;
    for (let lower = 0; lower < rank && missingBytes > 0; lower++) {
      missingBytes -= volume.settledBytes(lower);
      while (missingBytes > 0) {
        const victim = volume.last(lower);
        if (victim === undefined) break;
        this.#drop(victim, 0);
        pushedOut.push(victim);
        missingBytes -= victim.bytes;
      }
    }
  }

  /** Takes a booking off its contacts from hop `fromHop` on. */
  #drop(held: HeldBooking<Item>, fromHop: number): void {
    const first = Math.max(fromHop, held.spentHops);
    const last = held.heldHops;
    held.heldHops = Math.min(last, first);
    for (let hop = first; hop < last; hop++) held.volumes[hop]?.remove(held);
  }

  /** The counters of a contact, made where there are none; undefined at the limit. */
  #volumeOf(contact: number): ContactVolume<Item> | undefined {
    let volume = this.#volumes.get(contact);
    if (volume === undefined) {
      const isPutAside = this.#settled.has(contact);
      if (!isPutAside && this.size >= this.#limit) return undefined;
      const value = this.#graph.contact(contact);
      volume = new ContactVolume(contact, contactVolumeBytes(value));
      this.#volumes.set(contact, volume);
      if (value.endUs < this.#firstEndUs) this.#firstEndUs = value.endUs;
      if (value.from === this.#node) this.#own.add(contact);
      if (isPutAside) {
        for (let rank = 0; rank < RANKS; rank++) volume.addSettled(rank, this.#settled.bytes(contact, rank));
        this.#settled.remove(contact);
      }
    }
    return volume;
  }

  /** Keeps no more than what was settled of contacts that nothing else is known of. */
  #tidy(): void {
    for (const [contact, volume] of this.#volumes) {
      if (!volume.isOnlySettled || this.#own.has(contact)) continue;
      this.#volumes.delete(contact);
      if (volume.takenBytes(0) === 0) continue;
      this.#settled.add(
        contact,
        (rank) => volume.settledBytes(rank),
        (each) => this.#isForgotten(each),
      );
    }
    this.#tidyAtSize = Math.max(LEAST_TIDY_SIZE, 2 * this.#volumes.size);
  }

  #settledBytes(contact: number, rank: Rank): number {
    const bytes = this.#settled.takenBytes(contact, rank);
    return bytes > 0 && this.#isForgotten(contact) ? 0 : bytes;
  }

  #isForgotten(contact: number): boolean {
    return this.#graph.contact(contact).endUs < this.#forgottenUs;
  }
}

/** A route has some dozens of hops at the most, of which each pair is compared sooner than a set of them is made. */
function hasRepeats(contacts: readonly number[]): boolean {
  for (let hop = 1; hop < contacts.length; hop++) {
    const contact = contacts[hop];
    for (let before = 0; before < hop; before++) if (contacts[before] === contact) return true;
  }
  return false;
}

/** The contact of `graph` that stands for a contact of `old`, or -1. */
function sameContact(old: ContactGraph, contact: number, graph: ContactGraph): number {
  const { from, to, startUs, endUs } = old.contact(contact);
  let best = -1;
  let bestUs = 0;
  for (const index of graph.contactsBetween(from, to)) {
    const each = graph.contact(index);
    const sharedUs = Math.min(endUs, each.endUs) - Math.max(startUs, each.startUs);
    if (sharedUs > bestUs) {
      best = index;
      bestUs = sharedUs;
    }
  }
  return best;
}
