/**
 * What was settled of contacts that no booking holds any more: a table in one typed array. A node keeps such sums for most contacts
 * that its bundles take further on, thousands of them, for as long as the contacts last, and an object for each would cost several
 * times as much. It knows contacts by their index and nothing of bookings.
 */
import { RANKS } from './volume.js';

/** Slots of the smallest table; always a power of two. */
const MIN_SLOTS = 16;

/** A slot's numbers: the contact's index and 1 (0 marks a free slot), then the bytes of each rank. */
const SLOT_NUMBERS = 1 + RANKS;

const NO_SLOTS = new Float64Array(0);

/** Settled bytes by contact and rank. */
export class SettledVolume {
  #slots = NO_SLOTS;
  #capacity = 0;
  #size = 0;

  /** How many contacts it has. */
  get size(): number {
    return this.#size;
  }

  /** Its contacts, in no order that means anything. */
  contacts(): number[] {
    const contacts: number[] = [];
    const slots = this.#slots;
    for (let first = 0; first < slots.length; first += SLOT_NUMBERS) {
      if (slots[first] !== 0) contacts.push((slots[first] as number) - 1);
    }
    return contacts;
  }

  has(contact: number): boolean {
    return this.#find(contact) >= 0;
  }

  /** What a rank and those above it have of a contact. */
  takenBytes(contact: number, rank: number): number {
    const first = this.#find(contact);
    if (first < 0) return 0;
    let bytes = 0;
    for (let each = rank; each < RANKS; each++) bytes += this.#slots[first + 1 + each] as number;
    return bytes;
  }

  /** What one rank has of a contact. */
  bytes(contact: number, rank: number): number {
    const first = this.#find(contact);
    return first < 0 ? 0 : (this.#slots[first + 1 + rank] as number);
  }

  /** Takes in a contact that it does not have. Where it must grow, it first drops contacts that are over. */
  add(contact: number, bytesOf: (rank: number) => number, isOver: (contact: number) => boolean): void {
    if (4 * (this.#size + 1) > 3 * this.#capacity) this.#rebuild(isOver);
    const first = this.#place(contact);
    for (let rank = 0; rank < RANKS; rank++) this.#slots[first + 1 + rank] = bytesOf(rank);
  }

  /** Drops a contact; nothing where it does not have it. */
  remove(contact: number): void {
    const found = this.#find(contact);
    if (found < 0) return;
    const slots = this.#slots;
    const mask = this.#capacity - 1;
    let hole = found / SLOT_NUMBERS;
    // What stands further on because its place was taken moves up, so that a search need not pass a hole.
    for (let at = (hole + 1) & mask; slots[at * SLOT_NUMBERS] !== 0; at = (at + 1) & mask) {
      const home = this.#home((slots[at * SLOT_NUMBERS] as number) - 1);
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots.copyWithin(hole * SLOT_NUMBERS, at * SLOT_NUMBERS, (at + 1) * SLOT_NUMBERS);
      hole = at;
    }
    slots.fill(0, hole * SLOT_NUMBERS, (hole + 1) * SLOT_NUMBERS);
    this.#size--;
  }

  /** Drops everything. */
  clear(): void {
    this.#slots = NO_SLOTS;
    this.#capacity = 0;
    this.#size = 0;
  }

  #home(contact: number): number {
    const hash = Math.imul(contact, 0x9e3779b1);
    return (hash ^ (hash >>> 15)) & (this.#capacity - 1);
  }

  /** Where the numbers of a contact begin, or -1. */
  #find(contact: number): number {
    if (this.#size === 0) return -1;
    const slots = this.#slots;
    const mask = this.#capacity - 1;
    for (let at = this.#home(contact); ; at = (at + 1) & mask) {
      const key = slots[at * SLOT_NUMBERS];
      if (key === contact + 1) return at * SLOT_NUMBERS;
      if (key === 0) return -1;
    }
  }

  #place(contact: number): number {
    const slots = this.#slots;
    const mask = this.#capacity - 1;
    let at = this.#home(contact);
    while (slots[at * SLOT_NUMBERS] !== 0) at = (at + 1) & mask;
    slots[at * SLOT_NUMBERS] = contact + 1;
    this.#size++;
    return at * SLOT_NUMBERS;
  }

  /** Drops what is over, and makes the table of what is left at most half full. */
  #rebuild(isOver: (contact: number) => boolean): void {
    const old = this.#slots;
    let live = 0;
    for (let first = 0; first < old.length; first += SLOT_NUMBERS) {
      if (old[first] === 0) continue;
      if (isOver((old[first] as number) - 1)) old[first] = 0;
      else live++;
    }
    let capacity = MIN_SLOTS;
    while (capacity < 2 * (live + 1)) capacity *= 2;
    this.#slots = new Float64Array(capacity * SLOT_NUMBERS);
    this.#capacity = capacity;
    this.#size = 0;
    for (let first = 0; first < old.length; first += SLOT_NUMBERS) {
      if (old[first] === 0) continue;
      const at = this.#place((old[first] as number) - 1);
      for (let rank = 1; rank <= RANKS; rank++) this.#slots[at + rank] = old[first + rank] as number;
    }
  }
}
