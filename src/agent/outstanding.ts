/**
 * The custody numbers that this node has outstanding (CCSDS 734.6-O-1): which bundle goes under which, until a signal for it came. It
 * gives numbers out and finds what a signal names; whose signals count is the custodian's to say.
 *
 * The sequence id of a number is the neighbour that the bundle was first sent to, so that the numbers that one neighbour sees are
 * nearly consecutive and its signals a few intervals.
 */
import { addUInt, includedIntervals, type SequenceInterval, type SequenceRuns, type UInt } from '../bpv7/index.js';
import type { BundleRecord } from './bundle-record.js';
import type { CounterBits } from './config.js';
import { Counter, greatestNumber } from './counters.js';
import type { StateStore } from './store.js';
import { numberedKey, numberOfKey } from './stored-value.js';

/** Keys of the counters, by sequence id. */
const KEY_PREFIX = 'agent/custody/';

/** Runs that are looked at in a received signal; a longer one is cut there and the rest comes again by retransmission. */
const MAX_SIGNAL_RUNS = 4096;

/** From one sequence id of a neighbour to its next, which is begun when all numbers of the one are outstanding. Above every node number. */
const SEQUENCE_ID_STEP = 2 ** 40;

/** One sequence of numbers. */
interface Sequence {
  readonly counter: Counter;
  readonly records: Map<UInt, BundleRecord>;
}

/** Records in custody by their numbers; see the head of this file. */
export class OutstandingCustody {
  readonly #greatest: UInt;
  readonly #state: StateStore | undefined;
  readonly #sequences = new Map<UInt, Sequence>();

  /** `state` keeps the counters through a restart; undefined where nothing does. */
  constructor(counterBits: CounterBits, state: StateStore | undefined) {
    this.#greatest = greatestNumber(counterBits);
    this.#state = state;
  }

  /** Takes up the counters that the store has. The keys of those that are damaged come back: they go on by the clock. */
  restoreCounters(nowUs: number): string[] {
    const damaged: string[] = [];
    for (const [key, value] of this.#state?.entries(KEY_PREFIX) ?? []) {
      const id = numberOfKey(KEY_PREFIX, key);
      if (id === undefined) damaged.push(key);
      else if (!this.#sequence(id).counter.restore(value)) {
        damaged.push(key);
        this.#sequence(id).counter.restoreByClock(nowUs);
      }
    }
    return damaged;
  }

  /** Takes up a record that the store has kept, after the counters. */
  restore(record: BundleRecord, nowUs: number): void {
    if (record.custodySequence < 0) return;
    const { counter, records } = this.#sequence(record.custodySequenceId);
    if (!counter.wasGiven(record.custodySequence)) counter.restoreByClock(nowUs);
    records.set(record.custodySequence, record);
  }

  /** Gives a record its number, the next one of the sequence towards `neighbour` that is not outstanding. */
  number(record: BundleRecord, neighbour: number): void {
    let id = neighbour;
    let { counter, records } = this.#sequence(id);
    while (records.size > this.#greatest) {
      id += SEQUENCE_ID_STEP;
      ({ counter, records } = this.#sequence(id));
    }
    let sequence = counter.take();
    while (records.has(sequence)) sequence = counter.take();
    record.custodySequenceId = id;
    record.custodySequence = sequence;
    records.set(sequence, record);
  }

  /** Forgets a record's number. */
  drop(record: BundleRecord): void {
    if (record.custodySequence < 0) return;
    this.#sequences.get(record.custodySequenceId)?.records.delete(record.custodySequence);
    record.custodySequence = -1;
  }

  /** Whether the first number of a range was ever given out. */
  wasGiven({ sequenceId, first }: SequenceRuns): boolean {
    return this.#sequences.get(sequenceId)?.counter.wasGiven(first) ?? false;
  }

  /**
   * The outstanding records that a range of a signal names. Works on intervals against what is held: a claim about 2^63 numbers
   * costs no more than what is outstanding.
   */
  named(range: SequenceRuns): BundleRecord[] {
    const held = this.#sequences.get(range.sequenceId)?.records;
    const named: BundleRecord[] = [];
    if (held === undefined || held.size === 0) return named;
    const intervals = includedIntervals({ ...range, runs: range.runs.slice(0, MAX_SIGNAL_RUNS) });
    let claimed = 0;
    for (const { first, last } of intervals) claimed += Number(last) - Number(first) + 1;
    if (claimed > held.size) {
      for (const [sequence, record] of held) if (isIn(intervals, sequence)) named.push(record);
      return named;
    }
    for (const { first, last } of intervals) {
      for (let sequence = first; sequence <= last; sequence = addUInt(sequence, 1)) {
        const record = held.get(sequence);
        if (record !== undefined) named.push(record);
      }
    }
    return named;
  }

  #sequence(id: number): Sequence {
    let sequence = this.#sequences.get(id);
    if (sequence === undefined) {
      const counter = new Counter(this.#greatest, this.#state, numberedKey(KEY_PREFIX, id));
      sequence = { counter, records: new Map() };
      this.#sequences.set(id, sequence);
    }
    return sequence;
  }
}

/** Whether a number lies in one of some intervals, which ascend. */
function isIn(intervals: readonly SequenceInterval[], sequence: UInt): boolean {
  let low = 0;
  let high = intervals.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((intervals[middle] as SequenceInterval).last < sequence) low = middle + 1;
    else high = middle;
  }
  const found = intervals[low];
  return found !== undefined && found.first <= sequence;
}
