/**
 * This node as a custodian (CCSDS 734.6-O-1): what it takes over and answers for, what others have taken over from it, and when
 * it sends again what nobody has answered for. It decides by custody alone; where a bundle goes is the forwarder's business, and
 * what it means that one is settled the agent's.
 */
import type { Random } from '../base/random.js';
import type { Instant } from '../base/time.js';
import type { TraceSink } from '../base/trace.js';
import { type CustodySignal, encodeCustodySignal } from '../bpv7/index.js';
import type { BundleRecord, ReceivedCustody } from './bundle-record.js';
import type { AgentConfig } from './config.js';
import { admitsCustody } from './custody-policy.js';
import { CustodyTiming } from './custody-timing.js';
import type { DeletionReason } from './deletion.js';
import type { Forwarder } from './forwarder.js';
import { OutstandingCustody } from './outstanding.js';
import { PRIORITY } from './priority.js';
import type { RecordTimers } from './record-timers.js';
import { SignalAggregator, type SignalledNumber } from './signal-aggregator.js';
import { inRecords } from './signal-records.js';
import type { SendRequest } from './sourcing.js';
import type { BundleStore } from './store.js';

/** A custodian that had no answer this many times from one neighbour looks for another way. */
const ATTEMPTS_BEFORE_ANOTHER_ROUTE = 8;

/** The same for a neighbour that is heard meanwhile: it lives and the link is only bad, and copies by other ways would add up. */
const ATTEMPTS_WHILE_HEARD = 32;

/** Lists in one signal that are looked at: one for each neighbour of this node, and some more. */
const MAX_SIGNAL_SEQUENCES = 256;

/** Routes that are searched to judge one signal's sender. */
const MAX_SIGNAL_SEARCHES = 64;

/** What a custodian needs of the agent. */
export interface CustodianParts {
  readonly config: AgentConfig;
  readonly timers: RecordTimers;
  readonly random: Random;
  readonly trace: TraceSink;
  readonly forwarder: Forwarder;
  readonly store: BundleStore;
  /** Bundle transmission; false where there is no room. */
  send(request: SendRequest, now: Instant): boolean;
  /** Node `from` is custodian of a record now. */
  release(record: BundleRecord, from: number, now: Instant): void;
}

/** The custody side of one agent. */
export class Custodian {
  readonly #parts: CustodianParts;
  readonly #node: number;
  readonly #trace: TraceSink;
  readonly #forwarder: Forwarder;
  readonly #outstanding: OutstandingCustody;
  readonly #signals: SignalAggregator;
  readonly #timing: CustodyTiming;
  /** Undefined where nothing outlives the process, so that nothing need be told to it. */
  readonly #durable: BundleStore | undefined;
  /** When a neighbour was last heard, in monotonic microseconds. */
  readonly #heardUs = new Map<number, number>();

  constructor(parts: CustodianParts) {
    this.#parts = parts;
    this.#node = parts.config.node;
    this.#trace = parts.trace;
    this.#forwarder = parts.forwarder;
    const { counterBits, signalLimit } = parts.config.custody;
    this.#durable = parts.store.isDurable ? parts.store : undefined;
    this.#outstanding = new OutstandingCustody(counterBits, this.#durable?.state);
    this.#signals = new SignalAggregator(signalLimit);
    this.#timing = new CustodyTiming(parts);
  }

  /** Takes up counters and numbers that the store has kept; returns the keys of those that are damaged. */
  restore(records: Iterable<BundleRecord>, { monotonicUs }: Instant): readonly string[] {
    const damaged = this.#outstanding.restoreCounters(monotonicUs);
    for (const record of records) this.#outstanding.restore(record, monotonicUs);
    return damaged;
  }

  /** Gives a record in custody its number before its first transmission. */
  number(record: BundleRecord, neighbour: number): void {
    if (record.inCustody && record.custodySequence < 0) this.#outstanding.number(record, neighbour);
  }

  /** Forgets the number of a record that leaves the store. */
  drop(record: BundleRecord): void {
    this.#outstanding.drop(record);
  }

  /** Why this node does not become custodian of a bundle that another custodian hands over; undefined where it does. */
  whyNot(record: BundleRecord, { custodian }: ReceivedCustody, now: Instant): DeletionReason | undefined {
    const { policy, refusesWithoutRoute } = this.#parts.config.custody;
    if (!admitsCustody(policy, custodian, record.primary.source)) return 'custody not admitted';
    const noWay = refusesWithoutRoute ? this.#forwarder.whyNoWay(record, now.monotonicUs) : undefined;
    if (noWay === undefined) return undefined;
    return noWay === 'too late' || noWay === 'too large' ? 'no timely contact' : 'no known route';
  }

  /** Answers for a bundle from now on, or once more: its custodian will be told. */
  accept(custody: ReceivedCustody, now: Instant): void {
    this.#oweSignal(custody, 'accepted', now);
  }

  /** Tells a custodian that it keeps its bundle; why is told to the trace alone. */
  refuse(record: BundleRecord, custody: SignalledNumber, reason: string, now: Instant): void {
    this.#trace.custody('refused', now.monotonicUs, this.#node, record, custody.custodian, 1, reason);
    this.#oweSignal(custody, 'refused', now);
  }

  /**
   * A copy of a record in custody came back. Once the record was sent its number must go: whoever took it may have routed it
   * back here just now, and a signal for the old number would release the last copy there is. True where it must be sent anew.
   */
  startAnew(record: BundleRecord): boolean {
    if (record.attempts === 0) return false;
    this.#outstanding.drop(record);
    record.sentTo.length = 0;
    record.attempts = 0;
    record.askedNeighbour = 0;
    this.#durable?.update(record);
    return true;
  }

  /**
   * A record was handed to a link and waits for a signal; `arrivalUs` is when its last byte reaches the neighbour. It is sent
   * again when a signal should have been back by the contact plan, so that a way back that opens in an hour is waited for.
   */
  sent(record: BundleRecord, neighbour: number, arrivalUs: number, now: Instant): void {
    record.enter('in-flight', neighbour);
    if (record.askedNeighbour !== neighbour) {
      record.askedNeighbour = neighbour;
      record.askedUs = now.monotonicUs;
      // A number, or a neighbour that may answer, is new.
      this.#durable?.update(record);
    }
    record.arrivalUs = arrivalUs;
    this.#awaitSignal(record, now);
  }

  /**
   * The contact plan changed: what is in flight may be answered sooner, or later, or at all. The wait still counts from the
   * transmission, so that plans that change often put nothing off.
   */
  planUpdated(record: BundleRecord, now: Instant): void {
    record.enter('in-flight', record.nextHop);
    this.#awaitSignal(record, now);
  }

  /** A neighbour was heard, whatever it said. */
  heard(neighbour: number, now: Instant): void {
    this.#heardUs.set(neighbour, now.monotonicUs);
  }

  /** The signal for a record did not come in time. Too often from one neighbour, and it goes another way. */
  unanswered(record: BundleRecord, now: Instant): void {
    const isHeard = (this.#heardUs.get(record.nextHop) ?? 0) > record.askedUs;
    if (record.attempts % (isHeard ? ATTEMPTS_WHILE_HEARD : ATTEMPTS_BEFORE_ANOTHER_ROUTE) !== 0) return;
    this.#forwarder.avoidNeighbour(record, record.nextHop, now.monotonicUs);
  }

  /** A custody signal came from node `from`. */
  signalled(signals: readonly CustodySignal[], from: number, now: Instant): void {
    const judge = new SenderJudge(this.#forwarder, from);
    let lists = 0;
    for (const { disposition, sequences } of signals) {
      for (const range of sequences) {
        if (++lists > MAX_SIGNAL_SEQUENCES) return;
        let strange = this.#outstanding.wasGiven(range) ? 0 : 1;
        for (const record of this.#outstanding.named(range)) {
          if (!judge.mayAnswerFor(record)) strange++;
          else if (disposition === 'accepted') this.#released(record, from, now);
          else this.#declined(record, from, now);
        }
        if (strange > 0) {
          this.#trace.custody('signal-unknown', now.monotonicUs, this.#node, undefined, from, strange);
        }
      }
    }
  }

  /** Sends the signals that are due. */
  sendSignals(now: Instant): void {
    const nowUs = now.monotonicUs;
    const next = this.#signals.nextUs();
    if (next === undefined || next > nowUs) return;
    for (const { custodian, count, signals } of this.#signals.takeDue(nowUs)) {
      let isSent = true;
      for (const each of inRecords(signals, this.#parts.config.types)) {
        isSent = this.#sendSignal(custodian, each, now) && isSent;
      }
      // A signal that finds no room is repeated when the custodian sends again.
      if (isSent) this.#trace.custody('signal-sent', nowUs, this.#node, undefined, custodian, count);
    }
  }

  #sendSignal(custodian: number, signals: readonly CustodySignal[], now: Instant): boolean {
    return this.#parts.send(
      {
        destinationNode: custodian,
        destinationService: 0,
        sourceService: 0,
        payload: encodeCustodySignal(signals, this.#parts.config.types),
        lifetimeMs: this.#timing.signalLifetimeMs(custodian, now),
        custody: false,
        priority: PRIORITY.administrative,
        administrative: true,
      },
      now,
    );
  }

  /** When the next signal is due. */
  nextUs(): number | undefined {
    return this.#signals.nextUs();
  }

  #oweSignal(number: SignalledNumber, disposition: 'accepted' | 'refused', now: Instant): void {
    const { custodian } = number;
    // To nodes that no plan has, strangers could make it owe signals until they fill all room there is for signals.
    if (custodian === this.#node || !this.#forwarder.knows(custodian)) return;
    const nowUs = now.monotonicUs;
    this.#signals.add(number, disposition, nowUs, this.#timing.signalDueUs(custodian, nowUs));
    this.sendSignals(now);
  }

  /** Sets the timer of a record in flight. Where nothing can come back, the lifetime decides, or another plan. */
  #awaitSignal(record: BundleRecord, now: Instant): void {
    this.#parts.timers.set(record, this.#timing.retransmissionUs(record, now.monotonicUs));
  }

  #released(record: BundleRecord, from: number, now: Instant): void {
    this.#trace.custody('released', now.monotonicUs, this.#node, record, from, 1);
    this.#parts.release(record, from, now);
  }

  #declined(record: BundleRecord, from: number, now: Instant): void {
    this.#trace.custody('declined', now.monotonicUs, this.#node, record, from, 1);
    // Only the neighbour that has it now, or a node behind it, can say no to it; an older refusal was acted on.
    if (record.state !== 'in-flight') return;
    if (record.nextHop !== from && record.sentTo.includes(from)) return;
    this.#forwarder.avoidNeighbour(record, record.nextHop, now.monotonicUs);
    this.#forwarder.dispatch(record, now);
  }
}

/** Judges whether the sender of one signal can have had the bundles that it names: anyone might claim that. */
class SenderJudge {
  #searches = 0;

  constructor(
    readonly forwarder: Forwarder,
    readonly sender: number,
  ) {}

  /** A node that the bundle was sent to, its destination, or one on the way there: relays without custody may stand between. */
  mayAnswerFor(record: BundleRecord): boolean {
    if (record.sentTo.includes(this.sender) || record.destinationNode === this.sender) return true;
    if (record.sentTo.length === 0 || this.#searches >= MAX_SIGNAL_SEARCHES) return false;
    this.#searches += record.sentTo.length;
    return this.forwarder.isOnTheWay(record, this.sender);
  }
}
