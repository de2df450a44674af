/**
 * Custody transfer (CCSDS 734.6-O-1): the numbers that this node has outstanding as custodian, the numbers it has taken over
 * from others, and the signals it owes them.
 *
 * The sequence id of a number is the neighbour that the bundle was first sent to, so that the numbers one neighbour sees are
 * nearly consecutive and both its memory of them and its signals are a few intervals.
 */

import { IntervalSet } from '../base/interval-set.js';
import type { CustodySignal } from '../bpv7/index.js';
import type { BundleRecord, ReceivedCustody } from './bundle-record.js';
import type { CustodyConfig } from './config.js';

/** Intervals remembered for each (custodian, sequence id): gaps are numbers that took another way, and they are few. */
const MAX_TAKEN_INTERVALS = 1024;

/** (custodian, sequence id) pairs remembered: a node has a handful of neighbours, strangers come by reroutes. */
const MAX_TAKEN_SEQUENCES = 65_536;

/** Intervals in one signal: keeps it well inside a datagram, whatever arrived in between. */
const MAX_SIGNAL_INTERVALS = 512;

/** How many earlier signals one repeats: with more than one nothing measurable is gained. */
const REPEATED_SIGNALS = 1;

/** Custodians whose last signals are remembered: neighbours, and a few beyond relays without custody. */
const MAX_REMEMBERED_CUSTODIANS = 1024;

/** Runs that are looked at in a received signal; a longer one is cut there and the rest comes again by retransmission. */
const MAX_SIGNAL_RUNS = 4096;

/** What this node holds in custody, by the numbers it gave out. */
export class CustodyLedger {
  readonly #nextSequence = new Map<number, number>();
  readonly #outstanding = new Map<number, Map<number, BundleRecord>>();

  /** Gives a record its number, the next one of the sequence towards `neighbour`. */
  number(record: BundleRecord, neighbour: number): void {
    const sequence = this.#nextSequence.get(neighbour) ?? 0;
    this.#nextSequence.set(neighbour, sequence + 1);
    record.custodySequenceId = neighbour;
    record.custodySequence = sequence;
    let numbers = this.#outstanding.get(neighbour);
    if (numbers === undefined) {
      numbers = new Map();
      this.#outstanding.set(neighbour, numbers);
    }
    numbers.set(sequence, record);
  }

  /** Forgets a record's number. */
  drop(record: BundleRecord): void {
    if (record.custodySequence < 0) return;
    const numbers = this.#outstanding.get(record.custodySequenceId);
    if (numbers?.delete(record.custodySequence) && numbers.size === 0)
      this.#outstanding.delete(record.custodySequenceId);
    record.custodySequence = -1;
  }

  /** Whether any number from `first` on in that sequence was ever given out. */
  wasGiven(sequenceId: number, first: number): boolean {
    return first < (this.#nextSequence.get(sequenceId) ?? 0);
  }

  /**
   * The outstanding records that a signal names. Works on intervals against what is held: a claim about 2^63 numbers costs
   * no more than what is outstanding.
   */
  named(sequenceId: number, first: number, runs: readonly number[]): BundleRecord[] {
    const numbers = this.#outstanding.get(sequenceId);
    const records: BundleRecord[] = [];
    if (numbers === undefined) return records;
    const intervals = includedIntervals(first, runs);
    let claimed = 0;
    for (const { start, end } of intervals) claimed += end - start;
    if (claimed > numbers.size) {
      // Both ascend, since numbers are given out in order.
      let at = 0;
      for (const [sequence, record] of numbers) {
        while (at < intervals.length && (intervals[at] as Interval).end <= sequence) at++;
        if (at === intervals.length) break;
        if ((intervals[at] as Interval).start <= sequence) records.push(record);
      }
      return records;
    }
    for (const { start, end } of intervals) {
      for (let sequence = start; sequence < end; sequence++) {
        const record = numbers.get(sequence);
        if (record !== undefined) records.push(record);
      }
    }
    return records;
  }
}

/** Numbers from `start` up to but not including `end`. */
interface Interval {
  readonly start: number;
  readonly end: number;
}

/** Above 2^53 numbers are rounded, which does no harm: none that high is ever given out. */
function includedIntervals(first: number, runs: readonly number[]): Interval[] {
  const intervals: Interval[] = [];
  let start = first;
  for (let i = 0; i < runs.length && i < MAX_SIGNAL_RUNS; i++) {
    const end = start + (runs[i] as number);
    if (i % 2 === 0 && end > start) intervals.push({ start, end });
    start = end;
  }
  return intervals;
}

/** Which custody numbers this node has already taken over, so that a copy sent again is answered and not taken twice. */
export class TakenCustody {
  readonly #taken = new Map<number, Map<number, IntervalSet>>();
  #sequences = 0;

  has(custody: ReceivedCustody): boolean {
    return this.#taken.get(custody.custodian)?.get(custody.sequenceId)?.has(custody.sequence) ?? false;
  }

  add(custody: ReceivedCustody): void {
    let sequences = this.#taken.get(custody.custodian);
    if (sequences === undefined) {
      sequences = new Map();
      this.#taken.set(custody.custodian, sequences);
    }
    let numbers = sequences.get(custody.sequenceId);
    if (numbers === undefined) {
      // Forgetting is safe: a copy would be taken once more and recognised at its destination.
      if (this.#sequences >= MAX_TAKEN_SEQUENCES) {
        this.#taken.clear();
        this.#sequences = 0;
        sequences = new Map();
        this.#taken.set(custody.custodian, sequences);
      }
      numbers = new IntervalSet(MAX_TAKEN_INTERVALS);
      sequences.set(custody.sequenceId, numbers);
      this.#sequences++;
    }
    numbers.add(custody.sequence);
  }
}

type Disposition = CustodySignal['disposition'];

/** Numbers by sequence id. */
type Numbers = Map<number, number[]>;

/** What is owed to one custodian. */
interface OwedSignal {
  readonly accepted: Numbers;
  readonly refused: Numbers;
  count: number;
  dueUs: number;
}

/**
 * Gathers custody signals for each custodian until enough have come together or the first has waited long enough.
 *
 * A signal that is lost would cost the retransmission of everything that it covers. So each also repeats what the ones before it
 * accepted: as intervals that is nearly free, and the next signal makes up for the lost one.
 */
export class SignalAggregator {
  readonly #config: CustodyConfig;
  readonly #owed = new Map<number, OwedSignal>();
  /** What the last signals to a custodian accepted, the latest last. */
  readonly #sent = new Map<number, Numbers[]>();

  constructor(config: CustodyConfig) {
    this.#config = config;
  }

  /**
   * Notes a disposition. `latestUs` is when the way back to the custodian closes (Infinity where it does not): the signal
   * leaves before it.
   */
  add(custody: ReceivedCustody, disposition: Disposition, nowUs: number, latestUs: number): void {
    let owed = this.#owed.get(custody.custodian);
    if (owed === undefined) {
      owed = { accepted: new Map(), refused: new Map(), count: 0, dueUs: nowUs + this.#config.signalDelayUs };
      this.#owed.set(custody.custodian, owed);
    }
    const sequences = disposition === 'accepted' ? owed.accepted : owed.refused;
    const numbers = sequences.get(custody.sequenceId);
    if (numbers === undefined) sequences.set(custody.sequenceId, [custody.sequence]);
    else numbers.push(custody.sequence);
    owed.count++;
    if (owed.count >= this.#config.signalLimit) owed.dueUs = nowUs;
    if (latestUs < owed.dueUs) owed.dueUs = Math.max(nowUs, latestUs);
  }

  /** When the next signal is due. */
  nextUs(): number | undefined {
    let next: number | undefined;
    for (const owed of this.#owed.values()) if (next === undefined || owed.dueUs < next) next = owed.dueUs;
    return next;
  }

  /** Takes out the signals that are due, with the custodian each goes to; `count` leaves out what is repeated. */
  takeDue(nowUs: number): { custodian: number; count: number; signals: CustodySignal[] }[] {
    const due: { custodian: number; count: number; signals: CustodySignal[] }[] = [];
    for (const [custodian, { accepted, refused, count, dueUs }] of this.#owed) {
      if (dueUs > nowUs) continue;
      this.#owed.delete(custodian);
      const signals: CustodySignal[] = [];
      if (accepted.size > 0) signals.push(toSignal('accepted', [accepted, ...(this.#sent.get(custodian) ?? [])]));
      if (refused.size > 0) signals.push(toSignal('refused', [refused]));
      if (accepted.size > 0) this.#remember(custodian, accepted);
      due.push({ custodian, count, signals });
    }
    return due;
  }

  #remember(custodian: number, accepted: Numbers): void {
    const sent = this.#sent.get(custodian) ?? [];
    // Put back at the end, so that the first is the one signalled to longest ago.
    this.#sent.delete(custodian);
    if (this.#sent.size >= MAX_REMEMBERED_CUSTODIANS) this.#sent.delete(this.#sent.keys().next().value as number);
    this.#sent.set(custodian, [...sent, accepted].slice(-REPEATED_SIGNALS));
  }
}

function toSignal(disposition: Disposition, parts: readonly Numbers[]): CustodySignal {
  const sets = new Map<number, IntervalSet>();
  for (const part of parts) {
    for (const [sequenceId, numbers] of part) {
      let set = sets.get(sequenceId);
      if (set === undefined) {
        set = new IntervalSet(MAX_SIGNAL_INTERVALS);
        sets.set(sequenceId, set);
      }
      for (const number of numbers) set.add(number);
    }
  }
  return {
    disposition,
    sequences: [...sets].map(([sequenceId, set]) => ({ sequenceId, ...set.toRuns() })),
  };
}
