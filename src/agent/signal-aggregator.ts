/**
 * The custody signals that a node owes (CCSDS 734.6-O-1), gathered for each custodian until enough have come together or the first has
 * to leave. When that is, the custodian's side of the node says; numbers stay intervals, whatever their size.
 *
 * A signal that is lost would cost the retransmission of everything that it covers. So each also repeats what the ones before it
 * accepted: as intervals that is nearly free, and the next signal makes up for the lost one.
 */
import { IntervalSet } from '../base/interval-set.js';
import { US_PER_MS } from '../base/time.js';
import {
  addUInt,
  type CustodyDisposition,
  type CustodySignal,
  type Eid,
  eidToString,
  type SequenceRuns,
  type UInt,
  uintOf,
} from '../bpv7/index.js';

/** Intervals in one signal: keeps it well inside a datagram, whatever arrived in between. */
const MAX_SIGNAL_INTERVALS = 512;

/** How many earlier signals one repeats: with more than one nothing measurable is gained. */
const REPEATED_SIGNALS = 1;

/**
 * Where as many bundles as one signal covers come within this time, in microseconds, it waits that long for more: each signal is a bundle
 * of its own for both nodes to handle.
 */
const BUSY_GATHERING_US = 2 * US_PER_MS;

/** ... but for no more than this many times the limit. */
const BUSY_LIMITS = 16;

/** Custodians whose last signals are remembered: neighbours, and a few beyond relays without custody. */
const MAX_REMEMBERED_CUSTODIANS = 1024;

/** Numbers above 2^53 are kept as their distance from a multiple of this. */
const HIGH_NUMBER_STEP = 2n ** 52n;

/** What a signal names: a number of a custodian. */
export interface SignalledNumber {
  readonly custodian: number;
  /** 0 for the counter of a destination. */
  readonly sequenceId: UInt;
  readonly sequence: UInt;
  /** With sequence id 0: which. */
  readonly destination?: Eid | undefined;
}

/** Numbers of one sequence. */
interface Group {
  readonly sequenceId: UInt;
  readonly destination: Eid | undefined;
  readonly numbers: UInt[];
}

/** By sequence id, or by the destination in words. */
type Groups = Map<UInt | string, Group>;

/** What is owed to one custodian. */
interface OwedSignal {
  readonly accepted: Groups;
  readonly refused: Groups;
  count: number;
  /** When the first was noted. */
  readonly sinceUs: number;
  dueUs: number;
}

/** A signal that is due; `count` leaves out what is repeated. */
export interface DueSignal {
  readonly custodian: number;
  readonly count: number;
  readonly signals: readonly CustodySignal[];
}

/** The signals that one node owes; see the head of this file. */
export class SignalAggregator {
  readonly #limit: number;
  readonly #owed = new Map<number, OwedSignal>();
  /** What the last signals to a custodian accepted, the latest last. */
  readonly #sent = new Map<number, Groups[]>();

  /**
   * A signal is due at once when it covers `limit` bundles; where more than one come in a rush, at the end of that or at a multiple
   * of the limit.
   */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Notes a disposition that is to leave by `dueUs` at the latest; `nowUs` is the present. */
  add(number: SignalledNumber, disposition: CustodyDisposition, nowUs: number, dueUs: number): void {
    let owed = this.#owed.get(number.custodian);
    if (owed === undefined) {
      owed = { accepted: new Map(), refused: new Map(), count: 0, sinceUs: nowUs, dueUs: Number.POSITIVE_INFINITY };
      this.#owed.set(number.custodian, owed);
    }
    const groups = disposition === 'accepted' ? owed.accepted : owed.refused;
    const key = number.destination === undefined ? number.sequenceId : eidToString(number.destination);
    const group = groups.get(key);
    if (group === undefined) {
      const { sequenceId, destination, sequence } = number;
      groups.set(key, { sequenceId, destination, numbers: [sequence] });
    } else group.numbers.push(number.sequence);
    owed.count++;
    owed.dueUs = Math.min(owed.dueUs, Math.max(nowUs, this.#isFull(owed) ? this.#gatheredUs(owed, nowUs) : dueUs));
  }

  #isFull({ count }: OwedSignal): boolean {
    return count >= this.#limit;
  }

  /** When a signal leaves that covers as many bundles as it should. */
  #gatheredUs({ count, sinceUs }: OwedSignal, nowUs: number): number {
    return this.#limit === 1 || count >= BUSY_LIMITS * this.#limit ? nowUs : sinceUs + BUSY_GATHERING_US;
  }

  /** When the next signal is due. */
  nextUs(): number | undefined {
    let next: number | undefined;
    for (const owed of this.#owed.values()) if (next === undefined || owed.dueUs < next) next = owed.dueUs;
    return next;
  }

  /** Takes out the signals that are due, with the custodian each goes to. */
  takeDue(nowUs: number): DueSignal[] {
    const due: DueSignal[] = [];
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

  #remember(custodian: number, accepted: Groups): void {
    const sent = this.#sent.get(custodian) ?? [];
    // Put back at the end, so that the first is the one signalled to longest ago.
    this.#sent.delete(custodian);
    if (this.#sent.size >= MAX_REMEMBERED_CUSTODIANS) this.#sent.delete(this.#sent.keys().next().value as number);
    this.#sent.set(custodian, [...sent, accepted].slice(-REPEATED_SIGNALS));
  }
}

/** Numbers of one sequence, and the multiple of {@link HIGH_NUMBER_STEP} that they are counted from. */
interface Interval {
  readonly group: Group;
  readonly base: UInt;
  readonly set: IntervalSet;
}

function toSignal(disposition: CustodyDisposition, parts: readonly Groups[]): CustodySignal {
  const intervals = new Map<UInt | string, Map<UInt, Interval>>();
  for (const groups of parts) {
    for (const [key, group] of groups) {
      let byBase = intervals.get(key);
      if (byBase === undefined) {
        byBase = new Map();
        intervals.set(key, byBase);
      }
      for (const number of group.numbers) addTo(byBase, group, number);
    }
  }
  return { disposition, sequences: [...intervals.values()].flatMap((byBase) => [...byBase.values()].map(runsOf)) };
}

function addTo(byBase: Map<UInt, Interval>, group: Group, number: UInt): void {
  const base = typeof number === 'number' ? 0 : uintOf(number - (number % HIGH_NUMBER_STEP));
  let interval = byBase.get(base);
  if (interval === undefined) {
    interval = { group, base, set: new IntervalSet(MAX_SIGNAL_INTERVALS) };
    byBase.set(base, interval);
  }
  interval.set.add(typeof number === 'number' ? number : Number(number % HIGH_NUMBER_STEP));
}

function runsOf({ group, base, set }: Interval): SequenceRuns {
  const { first, runs } = set.toRuns();
  return { sequenceId: group.sequenceId, destination: group.destination, first: addUInt(base, first), runs };
}
