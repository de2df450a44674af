/**
 * Gathers what is to be said in compressed reporting signals (CCSDS 734.6-O-1), one signal for each place that is reported to, until
 * enough has come together or the first of it has waited long enough. What may be said, and to whom, is for others to decide.
 */
import {
  addUInt,
  type Eid,
  eidEquals,
  eidLength,
  eidToString,
  type ReportingReason,
  type ReportingSignal,
  type SequenceRuns,
  type UInt,
  uintOf,
} from '../bpv7/index.js';
import type { ReportingConfig } from './config.js';

/** Places that signals are gathered for; of more the one that is due next leaves at once. Anyone can name places to report to. */
const MAX_PENDING_SIGNALS = 1_024;

/**
 * Bytes of one signal that are reckoned to be filled before it leaves, whatever its count: strangers' endpoint IDs may be long, and
 * a signal should fit into a datagram anywhere.
 */
const MAX_SIGNAL_BYTES = 1_024;

/** The most that a number out of line adds to a sequence: the lengths of two runs. */
const RUN_BYTES = 18;

/** The most that the heads of a sequence take, with its first number. */
const SEQUENCE_BYTES = 24;

/** What is said of one bundle. */
export interface ReportingNote {
  readonly reason: ReportingReason;
  readonly sequence: UInt;
  readonly sequenceId: UInt;
  /** Of the bundle; it names the counter where `sequenceId` is 0. */
  readonly destination: Eid;
  readonly blockSource: Eid;
  readonly reportTo: Eid;
  /** Monotonic microseconds. */
  readonly expiryUs: number;
}

/** A signal that is due. */
export interface DueSignal {
  readonly reportTo: Eid;
  readonly signals: readonly ReportingSignal[];
  /** When the last of its subjects expires, in monotonic microseconds. */
  readonly expiryUs: number;
}

/** Numbers of one counter of which one thing is said. */
interface NotedNumbers {
  readonly reason: ReportingReason;
  readonly counter: Pick<SequenceRuns, 'sequenceId' | 'destination' | 'blockSource'>;
  readonly numbers: UInt[];
}

interface PendingSignal {
  readonly reportTo: Eid;
  /** By reason and counter, in the order of the first note. */
  readonly noted: Map<string, NotedNumbers>;
  count: number;
  bytes: number;
  dueUs: number;
  expiryUs: number;
}

const NONE_DUE: readonly DueSignal[] = [];

/** The signals that one node is putting together. */
export class ReportingSignals {
  readonly #config: ReportingConfig;
  readonly #pending = new Map<string, PendingSignal>();
  #nextUs = Number.POSITIVE_INFINITY;

  constructor(config: ReportingConfig) {
    this.#config = config;
  }

  /** Adds a note. `latestUs` is when the way to the place that is reported to closes, Infinity where it does not. */
  add(note: ReportingNote, nowUs: number, latestUs: number): void {
    const key = eidToString(note.reportTo);
    let pending = this.#pending.get(key);
    if (pending === undefined) {
      if (this.#pending.size >= MAX_PENDING_SIGNALS) this.#hasten(nowUs);
      const dueUs = nowUs + this.#config.signalDelayUs;
      pending = { reportTo: note.reportTo, noted: new Map(), count: 0, bytes: 0, dueUs, expiryUs: note.expiryUs };
      this.#pending.set(key, pending);
    }
    pending.bytes += put(pending, note);
    pending.count++;
    pending.expiryUs = Math.max(pending.expiryUs, note.expiryUs);
    if (pending.count >= this.#config.signalLimit || pending.bytes >= MAX_SIGNAL_BYTES) pending.dueUs = nowUs;
    pending.dueUs = Math.min(pending.dueUs, Math.max(nowUs, latestUs));
    this.#nextUs = Math.min(this.#nextUs, pending.dueUs);
  }

  /** When the next signal is due, in monotonic microseconds; Infinity for never. */
  nextUs(): number {
    return this.#nextUs;
  }

  /** Takes out the signals that are due. */
  takeDue(nowUs: number): readonly DueSignal[] {
    if (this.#nextUs > nowUs) return NONE_DUE;
    const due: DueSignal[] = [];
    this.#nextUs = Number.POSITIVE_INFINITY;
    for (const [key, pending] of this.#pending) {
      if (pending.dueUs > nowUs) {
        this.#nextUs = Math.min(this.#nextUs, pending.dueUs);
        continue;
      }
      this.#pending.delete(key);
      const { reportTo, expiryUs } = pending;
      due.push({ reportTo, signals: [...pending.noted.values()].map(signalOf), expiryUs });
    }
    return due;
  }

  /** Makes the signal that would be due next due now. */
  #hasten(nowUs: number): void {
    let first: PendingSignal | undefined;
    for (const pending of this.#pending.values()) {
      if (first === undefined || pending.dueUs < first.dueUs) first = pending;
    }
    if (first !== undefined) first.dueUs = Math.min(first.dueUs, nowUs);
    this.#nextUs = Math.min(this.#nextUs, nowUs);
  }
}

/** Puts a note into a signal; the bytes that it may add to it. */
function put(
  { noted, reportTo }: PendingSignal,
  { reason, sequence, sequenceId, destination, blockSource }: ReportingNote,
): number {
  const counterName = sequenceId === 0 ? eidToString(destination) : sequenceId;
  const key = `${reason} ${eidToString(blockSource)} ${counterName}`;
  const before = noted.get(key);
  if (before !== undefined) {
    const last = before.numbers[before.numbers.length - 1] as UInt;
    before.numbers.push(sequence);
    return sequence === addUInt(last, 1) ? 0 : RUN_BYTES;
  }
  const counter = {
    sequenceId,
    ...(sequenceId === 0 && { destination }),
    // Left out where it is the receiver of the signal.
    ...(!eidEquals(blockSource, reportTo) && { blockSource }),
  };
  noted.set(key, { reason, counter, numbers: [sequence] });
  return SEQUENCE_BYTES + eidLength(destination) + eidLength(blockSource);
}

function signalOf({ reason, counter, numbers }: NotedNumbers): ReportingSignal {
  return { reason, sequences: [{ ...counter, ...runsOf(numbers) }] };
}

/** The least number and the run lengths from it on: included, excluded, included, ... */
export function runsOf(numbers: readonly UInt[]): { first: UInt; runs: UInt[] } {
  const ascending = [...numbers].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const first = ascending[0] as UInt;
  const runs: UInt[] = [];
  let start = first;
  let end = addUInt(first, 1);
  for (const number of ascending) {
    if (number < end) continue;
    if (number > end) {
      runs.push(difference(end, start), difference(number, end));
      start = number;
    }
    end = addUInt(number, 1);
  }
  runs.push(difference(end, start));
  return { first, runs };
}

function difference(greater: UInt, less: UInt): UInt {
  if (typeof greater === 'number' && typeof less === 'number') return greater - less;
  return uintOf(BigInt(greater) - BigInt(less));
}
