/** Slots of the smallest table. */
const MIN_SLOTS = 16;

/** Where a slot's numbers stand, and how many there are. An expiry in monotonic microseconds of 0 marks a free slot. */
const SOURCE = 0;
const TIME = 1;
const SEQUENCE = 2;
const SALT = 3;
const EXPIRY = 4;
const SLOT_NUMBERS = 5;

const NO_SLOTS = new Float64Array(0);

/** Entries that are looked at to find the middle of all expiries. */
const SAMPLE = 1024;

/**
 * Which bundles this node has already seen: an exact open-addressing table in one typed array. A string key would cost four times
 * as much per look-up, and a set of objects several times the memory. A set that was never added to has no table.
 */
export class DuplicateSet {
  readonly #limit: number;
  #capacity = 0;
  #used = 0;
  #slots = NO_SLOTS;

  /** At most `limit` entries; beyond that the half is forgotten that expires first: repeats come soon after what they repeat. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#used;
  }

  /**
   * Remembers (source, time, sequence, salt) until `expiryUs`; false where it was known already. `salt` tells apart what
   * shares a bundle identity: fragments, or copies by way of different neighbours.
   */
  add(source: number, timeMs: number, sequence: number, salt: number, expiryUs: number, nowUs: number): boolean {
    if (this.#capacity === 0) this.#allocate(MIN_SLOTS);
    let at = this.#find(source, timeMs, sequence, salt);
    if (at < 0) return false;
    if (this.#used >= this.#limit) {
      this.#rebuild(this.#middleExpiryUs(nowUs));
      at = this.#find(source, timeMs, sequence, salt);
    }
    this.#place(at, source, timeMs, sequence, salt, expiryUs);
    if (this.#used * 2 > this.#capacity) this.#rebuild(nowUs);
    return true;
  }

  /** Whether the entry is known. */
  has(source: number, timeMs: number, sequence: number, salt: number): boolean {
    return this.#capacity > 0 && this.#find(source, timeMs, sequence, salt) < 0;
  }

  /** The free slot for the entry, or -1 where it is known. */
  #find(source: number, timeMs: number, sequence: number, salt: number): number {
    const slots = this.#slots;
    const mask = this.#capacity - 1;
    let at = mix(source, timeMs, sequence, salt) & mask;
    for (let first = at * SLOT_NUMBERS; slots[first + EXPIRY] !== 0; first = at * SLOT_NUMBERS) {
      if (
        slots[first + SEQUENCE] === sequence &&
        slots[first + SOURCE] === source &&
        slots[first + TIME] === timeMs &&
        slots[first + SALT] === salt
      ) {
        return -1;
      }
      at = (at + 1) & mask;
    }
    return at;
  }

  #place(at: number, source: number, timeMs: number, sequence: number, salt: number, expiryUs: number): void {
    const slots = this.#slots;
    const first = at * SLOT_NUMBERS;
    slots[first + SOURCE] = source;
    slots[first + TIME] = timeMs;
    slots[first + SEQUENCE] = sequence;
    slots[first + SALT] = salt;
    slots[first + EXPIRY] = Math.max(1, expiryUs);
    this.#used++;
  }

  #allocate(capacity: number): void {
    this.#capacity = capacity;
    this.#used = 0;
    this.#slots = new Float64Array(capacity * SLOT_NUMBERS);
  }

  /**
   * An expiry about in the middle of all that are still to come, and above the first of them; the present where enough has expired
   * already. Of entries that all expire at one moment none is kept.
   */
  #middleExpiryUs(nowUs: number): number {
    const stride = Math.max(1, Math.floor(this.#capacity / SAMPLE));
    const live: number[] = [];
    let expired = 0;
    for (let i = 0; i < this.#capacity; i += stride) {
      const until = this.#slots[i * SLOT_NUMBERS + EXPIRY] as number;
      if (until >= nowUs && until !== 0) live.push(until);
      else if (until !== 0) expired++;
    }
    if (expired > live.length) return nowUs;
    live.sort((a, b) => a - b);
    const middle = live[live.length >> 1] ?? Number.POSITIVE_INFINITY;
    return middle > (live[0] as number) ? middle : (live.find((until) => until > middle) ?? Number.POSITIVE_INFINITY);
  }

  /** Copies what has not expired into a table of which it fills a quarter at the most. */
  #rebuild(nowUs: number): void {
    const old = this.#slots;
    let live = 0;
    for (let at = EXPIRY; at < old.length; at += SLOT_NUMBERS) {
      const until = old[at] as number;
      if (until !== 0 && until >= nowUs) live++;
    }
    let capacity = MIN_SLOTS;
    while (capacity < 4 * live) capacity *= 2;
    this.#allocate(capacity);
    for (let first = 0; first < old.length; first += SLOT_NUMBERS) {
      const until = old[first + EXPIRY] as number;
      if (until === 0 || until < nowUs) continue;
      const source = old[first + SOURCE] as number;
      const timeMs = old[first + TIME] as number;
      const sequence = old[first + SEQUENCE] as number;
      const salt = old[first + SALT] as number;
      this.#place(this.#find(source, timeMs, sequence, salt), source, timeMs, sequence, salt, until);
    }
  }
}

function mix(source: number, timeMs: number, sequence: number, salt: number): number {
  let hash = Math.imul(source ^ 0x9e3779b9, 0x85ebca6b);
  hash = Math.imul(hash ^ (timeMs % 4_294_967_291), 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 13) ^ (sequence % 4_294_967_291), 0x27d4eb2f);
  hash = Math.imul(hash ^ (hash >>> 15) ^ salt, 0x165667b1);
  return (hash ^ (hash >>> 16)) >>> 0;
}
