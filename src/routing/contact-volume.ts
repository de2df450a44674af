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

/** Where the numbers of each kind begin in {@link ContactVolume}'s one array; each has one for each rank. */
const BOOKED = 0;
const SETTLED = RANKS;
const LIVE = 2 * RANKS;

/** The counters of one contact. There is one for each contact on the way of anything, at each node, so they are kept small. */
export class ContactVolume<Item> {
  /** Bytes that have left on it, or count as gone: no rank gets them back. */
  spentBytes = 0;
  readonly #counts: number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  /**
   * By rank, bookings in their order; released ones stay until the list is swept. Undefined while there are none: most contacts are
   * kept for what was settled there.
   */
  #bookings: (HeldBooking<Item>[] | undefined)[] | undefined = undefined;
  #liveBookings = 0;

  constructor(
    readonly contact: number,
    readonly volumeBytes: number,
  ) {}

  /** Whether no booking holds anything of it and nothing has left on it. */
  get isOnlySettled(): boolean {
    return this.#liveBookings === 0 && this.spentBytes === 0;
  }

  /** Promised to `rank` and above, and spent. */
  takenBytes(rank: number): number {
    let bytes = this.spentBytes;
    for (let each = rank; each < RANKS; each++) bytes += this.#counts[BOOKED + each] as number;
    return bytes;
  }

  /** The part of what a rank is promised that belongs to no booking any more. */
  settledBytes(rank: number): number {
    return this.#counts[SETTLED + rank] as number;
  }

  /** Promises bytes to bundles of a rank that have no booking. */
  addSettled(rank: number, bytes: number): void {
    (this.#counts[SETTLED + rank] as number) += bytes;
    (this.#counts[BOOKED + rank] as number) += bytes;
  }

  /** What a booking of a rank holds has become less. */
  reduce(rank: number, bytes: number): void {
    (this.#counts[BOOKED + rank] as number) -= bytes;
  }

  add(booking: HeldBooking<Item>): void {
    const { rank } = booking;
    this.#bookings ??= [undefined, undefined, undefined, undefined];
    const list = this.#bookings[rank];
    if (list === undefined) this.#bookings[rank] = [booking];
    else list.push(booking);
    this.#liveBookings++;
    (this.#counts[LIVE + rank] as number)++;
    (this.#counts[BOOKED + rank] as number) += booking.bytes;
  }

  /** Takes a booking off, which must have been taken off its own account of held hops already. */
  remove({ rank, bytes }: HeldBooking<Item>): void {
    (this.#counts[BOOKED + rank] as number) -= bytes;
    const live = (this.#counts[LIVE + rank] as number) - 1;
    this.#counts[LIVE + rank] = live;
    this.#liveBookings--;
    if (this.#liveBookings === 0) {
      this.#bookings = undefined;
      return;
    }
    const bookings = this.#bookings as (HeldBooking<Item>[] | undefined)[];
    const list = bookings[rank] as HeldBooking<Item>[];
    if (live === 0) bookings[rank] = undefined;
    else if (list.length > 2 * live + MOST_IDLE_STALE) bookings[rank] = list.filter((each) => each.holds(this));
  }

  /** Gives up so many bytes of what was settled, the lowest rank first. */
  displace(bytes: number): void {
    let leftBytes = bytes;
    for (let rank = 0; rank < RANKS && leftBytes > 0; rank++) {
      const displacedBytes = Math.min(leftBytes, this.settledBytes(rank));
      this.addSettled(rank, -displacedBytes);
      leftBytes -= displacedBytes;
    }
  }

  /** The bookings of a rank that hold something of it, in their order. */
  holders(rank: number): HeldBooking<Item>[] {
    return this.#listOf(rank).filter((each) => each.holds(this));
  }

  /** The booking of this rank that was made last, or undefined. */
  last(rank: number): HeldBooking<Item> | undefined {
    const list = this.#listOf(rank);
    for (let each = list.at(-1); each !== undefined; each = list.at(-1)) {
      if (each.holds(this)) return each;
      list.pop();
    }
    return undefined;
  }

  #listOf(rank: number): HeldBooking<Item>[] {
    return this.#bookings?.[rank] ?? [];
  }
}
