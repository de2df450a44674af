/**
 * Putting fragments together (RFC 9171 section 5.9): which sets are under way, for how long and in how much memory. What one set
 * holds is in fragment-set.ts; where fragments come from, and what a node does with the bundle, is not known here.
 *
 * Fragments come in any order, repeatedly, overlapping, and from several rounds of fragmentation. **What came first counts**:
 * where two fragments disagree about bytes, the later one only adds the bytes that nobody brought before; where they disagree about
 * the total length, the destination, the report-to endpoint, the lifetime or the flags (but the fragment flag), the later one is
 * refused. Both are conflicts, told in the outcome and counted. Who forges the first fragment of a bundle thus spoils it;
 * that only a signature over the whole can prevent, and a BIB cannot be checked before the whole is there.
 *
 * **Memory.** Only copies are kept, never a view of a datagram, and no byte of a payload twice; nothing is reserved for
 * what a total length promises. `bytes` counts payload, kept blocks and an estimate of what objects cost, and never exceeds the limit.
 * Where a limit is reached, the set that came first goes: its hold ends soonest, and what is missing of it is the most
 * likely to be lost. A set that exceeds a limit by itself goes too, for it cannot be completed. The payload of a whole bundle is one new
 * array of at most `bytesPerSet`.
 *
 * **Late repeats.** The key of a completed bundle is remembered for the time that a set is held, so that a fragment that comes
 * once more opens no set that nothing would complete. At most {@link MAX_REMEMBERED_KEYS}, the oldest forgotten first; a set
 * opened by a repeat after that is dropped when its hold is over, or if all of it is repeated makes the bundle once more.
 */
import { UsageError } from '../base/errors.js';
import { US_PER_MS } from '../base/time.js';
import { type Bundle, type PrimaryBlock, payloadOf } from './bundle.js';
import { BUNDLE_FLAGS } from './constants.js';
import { eidToString, isNullEid } from './eid.js';
import { FragmentSet, type PlacedFragment } from './fragment-set.js';
import { addUInt, hasFlag } from './uint.js';

/** What unfinished bundles may take. All are whole numbers, at least 1. */
export interface ReassemblyLimits {
  /** Bundles under way at the same time. */
  readonly sets: number;
  /** Memory of all sets together. */
  readonly totalBytes: number;
  /** The longest application data unit that is put together. */
  readonly bytesPerSet: number;
  /** Fragments of one bundle that bring something new. */
  readonly fragmentsPerSet: number;
  /** How long a set is held from its first fragment on. */
  readonly holdMs: number;
}

/** The limits where none are given. */
export const DEFAULT_REASSEMBLY_LIMITS: ReassemblyLimits = {
  // As many as a ground station has bundles under way from a constellation; an empty set costs over 1 KiB.
  sets: 1_024,
  // Half of what a store holds by default: what is unfinished must not push out what is whole.
  totalBytes: 128 * 1024 * 1024,
  // So that one bundle cannot push out all others.
  bytesPerSet: 64 * 1024 * 1024,
  // What fragmentBundle makes at most; each stored piece costs some hundred bytes besides its own.
  fragmentsPerSet: 65_536,
  // Four low orbits: what was cut off at the end of a pass comes with one of the next.
  holdMs: 6 * 3_600_000,
};

/** Completed bundles whose keys are remembered, in some 4 MiB at the most. */
export const MAX_REMEMBERED_KEYS = 16_384;

/** Keys longer than this are not remembered, or strangers' long endpoint texts would take the memory. */
const MAX_REMEMBERED_KEY_LENGTH = 256;

/** Why a fragment was refused. */
export type ReassemblyRefusal =
  /** Its source is null: such bundles have no identity, and are never fragmented. */
  | 'anonymous-source'
  /** It is empty or ends behind the total length. */
  | 'fragment-range'
  /** The total length is beyond `bytesPerSet`. */
  | 'adu-too-long'
  /** Another total length than in the first fragment. */
  | 'total-mismatch'
  /** Another destination, report-to endpoint, lifetime or set of flags than in the first fragment. */
  | 'primary-mismatch'
  /** Other bytes than those that came first, and conflicts are to be refused. */
  | 'content-conflict'
  /** One more than `fragmentsPerSet`; the set is dropped. */
  | 'too-many-fragments'
  /** The set alone would take more than `totalBytes`; it is dropped. */
  | 'no-room';

/**
 * Why an unfinished set was dropped: its hold was over, others needed its room, it was beyond a limit by itself, or it was
 * abandoned.
 */
export type ReassemblyDropReason = 'hold-over' | 'room-needed' | 'over-limit' | 'abandoned';

/** An unfinished set that was dropped. */
export interface DroppedSet {
  /** As {@link reassemblyKey} makes it. */
  readonly key: string;
  readonly reason: ReassemblyDropReason;
  /** The primary block of the fragment that came first. */
  readonly primary: PrimaryBlock;
  /** Fragments that brought something new. */
  readonly fragments: number;
  /** Payload bytes that had come, of `totalAduLength` in `primary`. */
  readonly receivedBytes: number;
}

/** What became of a fragment. */
export type ReassemblyOutcome = ReassemblyNotes &
  (
    | { readonly kind: 'incomplete' }
    | { readonly kind: 'complete'; readonly bundle: Bundle }
    /** It brought nothing new, or its bundle was completed before. */
    | { readonly kind: 'duplicate' }
    | { readonly kind: 'refused'; readonly reason: ReassemblyRefusal }
  );

/** What there is to say of every outcome. */
export interface ReassemblyNotes {
  /** The fragment disagreed with one that came before, in payload bytes, total length or primary block. */
  readonly conflict: boolean;
  /** Unfinished sets that were dropped on this occasion; the fragment's own is among them where it exceeds a limit. */
  readonly dropped: readonly DroppedSet[];
}

/** What a {@link Reassembler} counts, since it was made. */
export interface ReassemblyCounters {
  /** All fragments that were handed in. */
  readonly fragments: number;
  readonly completed: number;
  readonly duplicates: number;
  /** Fragments that disagreed with one that came before. */
  readonly conflicts: number;
  readonly refused: Readonly<Record<ReassemblyRefusal, number>>;
  /** Unfinished sets that were dropped. */
  readonly dropped: Readonly<Record<ReassemblyDropReason, number>>;
}

/** How a {@link Reassembler} behaves. */
export interface ReassemblyOptions {
  /** Whether a fragment that disagrees about payload bytes still brings its new ones (the default), or is refused. */
  readonly onConflict?: 'first-wins' | 'refuse' | undefined;
}

/**
 * What fragments of the same bundle have in common: source, creation time and sequence number (RFC 9171 section 4.2.7). The
 * source counts by value: both forms of an ipn endpoint give the same key.
 */
export function reassemblyKey({ source, creationTimeMs, sequence }: PrimaryBlock): string {
  return `${eidToString(source)} ${creationTimeMs} ${sequence}`;
}

/** Puts fragments together; see the head of this file. Times are integer microseconds of a clock that never steps back. */
export class Reassembler {
  readonly #limits: ReassemblyLimits;
  readonly #refusesConflicts: boolean;
  /** In the order of their first fragments, which is that of the ends of their hold too. */
  readonly #sets = new Map<string, FragmentSet>();
  /** Keys of completed bundles with the time that they are remembered until, in that order. */
  readonly #completed = new Map<string, number>();
  #bytes = 0;
  readonly #counters = {
    fragments: 0,
    completed: 0,
    duplicates: 0,
    conflicts: 0,
    refused: {
      'anonymous-source': 0,
      'fragment-range': 0,
      'adu-too-long': 0,
      'total-mismatch': 0,
      'primary-mismatch': 0,
      'content-conflict': 0,
      'too-many-fragments': 0,
      'no-room': 0,
    },
    dropped: { 'hold-over': 0, 'room-needed': 0, 'over-limit': 0, abandoned: 0 },
  };

  /** Limits that are left out are those of {@link DEFAULT_REASSEMBLY_LIMITS}. Throws a UsageError `reassembly-limit`. */
  constructor(limits: Partial<ReassemblyLimits> = {}, options: ReassemblyOptions = {}) {
    this.#limits = { ...DEFAULT_REASSEMBLY_LIMITS, ...limits };
    for (const [name, value] of Object.entries(this.#limits)) {
      if (Number.isSafeInteger(value) && value >= 1) continue;
      throw new UsageError('reassembly-limit', `${name} must be a whole number, at least 1, but is ${String(value)}`);
    }
    this.#refusesConflicts = options.onConflict === 'refuse';
  }

  /** Memory that unfinished sets take, at most `totalBytes`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many bundles are under way. */
  get sets(): number {
    return this.#sets.size;
  }

  get counters(): ReassemblyCounters {
    return this.#counters;
  }

  /** When {@link expire} has something to do next, or undefined. */
  nextUs(): number | undefined {
    for (const { holdUntilUs } of this.#sets.values()) return holdUntilUs;
    return undefined;
  }

  /** Drops the sets whose hold is over, and tells which. */
  expire(nowUs: number): readonly DroppedSet[] {
    const dropped: DroppedSet[] = [];
    for (const set of this.#sets.values()) {
      if (set.holdUntilUs > nowUs) break;
      this.#drop(set, 'hold-over', dropped);
    }
    for (const [key, untilUs] of this.#completed) {
      if (untilUs > nowUs) break;
      this.#completed.delete(key);
    }
    return dropped;
  }

  /** Drops the set with a key, as where the lifetime of its bundle has ended; undefined where there is none. */
  abandon(key: string): DroppedSet | undefined {
    const set = this.#sets.get(key);
    if (set === undefined) return undefined;
    const dropped: DroppedSet[] = [];
    this.#drop(set, 'abandoned', dropped);
    return dropped[0];
  }

  /** Forgets that the bundle with a key was completed, as where it proved to be spoilt: its fragments may come again. */
  forget(key: string): void {
    this.#completed.delete(key);
  }

  /**
   * Takes a fragment in. What is due expires first, and is told in the outcome. Throws a UsageError `not-a-fragment` where
   * the bundle is whole.
   */
  add(fragment: Bundle, nowUs: number): ReassemblyOutcome {
    const { primary } = fragment;
    if (!hasFlag(primary.flags, BUNDLE_FLAGS.isFragment)) {
      throw new UsageError('not-a-fragment', 'only fragments are put together: deliver a whole bundle as it is');
    }
    this.#counters.fragments++;
    const dropped = [...this.expire(nowUs)];
    const placed = this.#placed(fragment);
    if (typeof placed === 'string') return this.#refuse(placed, false, dropped);
    const key = reassemblyKey(primary);
    if (this.#completed.has(key)) return this.#duplicate(false, dropped);
    const known = this.#sets.get(key);
    if (known !== undefined && known.totalBytes !== placed.totalBytes) {
      return this.#refuse('total-mismatch', true, dropped);
    }
    if (known?.agreesWith(primary) === false) return this.#refuse('primary-mismatch', true, dropped);
    const set = known ?? new FragmentSet(key, placed, nowUs + this.#limits.holdMs * US_PER_MS);
    return this.#addTo(set, placed, dropped, nowUs);
  }

  #addTo(set: FragmentSet, fragment: PlacedFragment, dropped: DroppedSet[], nowUs: number): ReassemblyOutcome {
    const comparison = set.compare(fragment);
    const { conflict, newBytes } = comparison;
    if (conflict && this.#refusesConflicts) return this.#refuse('content-conflict', true, dropped);
    if (newBytes === 0) return this.#duplicate(conflict, dropped);
    if (set.fragments >= this.#limits.fragmentsPerSet) {
      this.#drop(set, 'over-limit', dropped);
      return this.#refuse('too-many-fragments', conflict, dropped);
    }
    const cost = set.costOf(fragment, comparison);
    if (set.chargedBytes + cost > this.#limits.totalBytes) {
      if (set.fragments > 0) this.#drop(set, 'over-limit', dropped);
      return this.#refuse('no-room', conflict, dropped);
    }
    this.#makeRoom(set, cost, dropped);
    set.insert(fragment, comparison);
    this.#bytes += cost;
    if (conflict) this.#counters.conflicts++;
    const bundle = set.whole();
    if (bundle === undefined) {
      this.#sets.set(set.key, set);
      return { kind: 'incomplete', conflict, dropped };
    }
    this.#remove(set);
    this.#counters.completed++;
    this.#remember(set.key, nowUs + this.#limits.holdMs * US_PER_MS);
    return { kind: 'complete', bundle, conflict, dropped };
  }

  /** The fragment with its place, or what is wrong with it by itself. */
  #placed(bundle: Bundle): PlacedFragment | ReassemblyRefusal {
    const { source, fragmentOffset, totalAduLength } = bundle.primary;
    const { length } = payloadOf(bundle).data;
    if (isNullEid(source)) return 'anonymous-source';
    if (fragmentOffset === undefined || totalAduLength === undefined) return 'fragment-range';
    if (length === 0 || addUInt(fragmentOffset, length) > totalAduLength) return 'fragment-range';
    if (totalAduLength > this.#limits.bytesPerSet) return 'adu-too-long';
    return { bundle, offset: Number(fragmentOffset), totalBytes: Number(totalAduLength) };
  }

  /** Drops the oldest sets but the given one until that one may take so much more, which it may once it is alone. */
  #makeRoom(set: FragmentSet, cost: number, dropped: DroppedSet[]): void {
    const sets = this.#limits.sets - (this.#sets.has(set.key) ? 0 : 1);
    for (const other of this.#sets.values()) {
      if (this.#bytes + cost <= this.#limits.totalBytes && this.#sets.size <= sets) return;
      if (other !== set) this.#drop(other, 'room-needed', dropped);
    }
  }

  #drop(set: FragmentSet, reason: ReassemblyDropReason, dropped: DroppedSet[]): void {
    const { key, primary, fragments, receivedBytes } = set;
    this.#remove(set);
    this.#counters.dropped[reason]++;
    dropped.push({ key, reason, primary, fragments, receivedBytes });
  }

  #remove(set: FragmentSet): void {
    this.#sets.delete(set.key);
    this.#bytes -= set.chargedBytes;
  }

  #remember(key: string, untilUs: number): void {
    if (key.length > MAX_REMEMBERED_KEY_LENGTH) return;
    this.#completed.set(key, untilUs);
    if (this.#completed.size <= MAX_REMEMBERED_KEYS) return;
    for (const oldest of this.#completed.keys()) {
      this.#completed.delete(oldest);
      return;
    }
  }

  #duplicate(conflict: boolean, dropped: readonly DroppedSet[]): ReassemblyOutcome {
    this.#counters.duplicates++;
    if (conflict) this.#counters.conflicts++;
    return { kind: 'duplicate', conflict, dropped };
  }

  #refuse(reason: ReassemblyRefusal, conflict: boolean, dropped: readonly DroppedSet[]): ReassemblyOutcome {
    this.#counters.refused[reason]++;
    if (conflict) this.#counters.conflicts++;
    return { kind: 'refused', reason, conflict, dropped };
  }
}
