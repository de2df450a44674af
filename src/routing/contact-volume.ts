/**
 * What is promised of one contact, and the places that bundles hold on the contacts of their routes: the counters behind the book of
 * volume, which keeps them in step with each other.
 */
import { RANKS, type Rank } from './volume.js';

/** Released entries that the list of a contact's bookings may hold beyond its live ones before it is swept. */
const MOST_IDLE_STALE = 32;

/** A place on the contacts of a route, as `VolumeBook.book` gave it. */
export interface Booking<Item> {
  /** What the caller booked for. */
  readonly item: Item;
  readonly rank: Rank;
  /** Bytes on each contact. */
  readonly bytes: number;
  /** Contacts of the route, by index in the plan of the book; they change with `VolumeBook.moveTo`. */
  readonly contacts: readonly number[];
  /** Whether it still holds bytes of a contact that can be given back. */
  readonly isHeld: boolean;
}

/** A booking with what only the book may change. */
export class HeldBooking<Item> implements Booking<Item> {
  /** Hops before this one are spent ... */
  spentHops = 0;
  /** ... and from here on given back. */
  heldHops = 0;
  /** The counters of each contact; undefined for one that is not counted. They outlive their place in the book. */
  volumes: readonly (ContactVolume<Item> | undefined)[] = [];

  constructor(
    readonly item: Item,
    readonly rank: Rank,
    public bytes: number,
    public contacts: readonly number[],
  ) {}

  get isHeld(): boolean {
    return this.spentHops < this.heldHops;
  }

  holds(volume: ContactVolume<Item>): boolean {
    const hop = this.volumes.indexOf(volume);
    return hop >= this.spentHops && hop < this.heldHops;
  }
}

/** The counters of one contact. Arrays are by rank. */
export class ContactVolume<Item> {
  /** Bytes that have left on it, or count as gone: no rank gets them back. */
  spentBytes = 0;
  /** Promised to bookings, and to bundles that have been settled. */
  readonly bookedBytes: number[] = new Array(RANKS).fill(0);
  /** The part of {@link bookedBytes} that belongs to no booking any more. */
  readonly settledBytes: number[] = new Array(RANKS).fill(0);
  /** Bookings in their order; released ones stay until the list is swept. */
  readonly bookings: HeldBooking<Item>[][] = Array.from({ length: RANKS }, () => []);
  readonly live: number[] = new Array(RANKS).fill(0);

  constructor(
    readonly contact: number,
    readonly volumeBytes: number,
  ) {}

  /** Promised to `rank` and above, and spent. */
  takenBytes(rank: number): number {
    let bytes = this.spentBytes;
    for (let each = rank; each < RANKS; each++) bytes += this.bookedBytes[each] as number;
    return bytes;
  }

  add(booking: HeldBooking<Item>): void {
    const { rank } = booking;
    (this.bookings[rank] as HeldBooking<Item>[]).push(booking);
    (this.live[rank] as number)++;
    (this.bookedBytes[rank] as number) += booking.bytes;
  }

  /** Takes a booking off, which must have been taken off its own account of held hops already. */
  remove({ rank, bytes }: HeldBooking<Item>): void {
    (this.bookedBytes[rank] as number) -= bytes;
    const live = --(this.live[rank] as number);
    const list = this.bookings[rank] as HeldBooking<Item>[];
    if (list.length > 2 * live + MOST_IDLE_STALE) {
      this.bookings[rank] = list.filter((each) => each.holds(this));
    }
  }

  /** Gives up so many bytes of what was settled, the lowest rank first. */
  displace(bytes: number): void {
    let leftBytes = bytes;
    for (let rank = 0; rank < RANKS && leftBytes > 0; rank++) {
      const displacedBytes = Math.min(leftBytes, this.settledBytes[rank] as number);
      (this.settledBytes[rank] as number) -= displacedBytes;
      (this.bookedBytes[rank] as number) -= displacedBytes;
      leftBytes -= displacedBytes;
    }
  }

  /** The booking of this rank that was made last, or undefined. */
  last(rank: number): HeldBooking<Item> | undefined {
    const list = this.bookings[rank] as HeldBooking<Item>[];
    for (let each = list.at(-1); each !== undefined; each = list.at(-1)) {
      if (each.holds(this)) return each;
      list.pop();
    }
    return undefined;
  }
}
