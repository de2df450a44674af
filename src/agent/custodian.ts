/**
 * This node as a custodian (CCSDS 734.6-O-1): what it takes over and answers for, what others have taken over from it, and when
 * it sends again what nobody has answered for. It decides by custody alone; where a bundle goes is the forwarder's business, and
 * what it means that one is settled the agent's.
 */
import type { Random } from '../base/random.js';
import { type Instant, US_PER_MS, US_PER_SECOND } from '../base/time.js';
import type { TraceSink } from '../base/trace.js';
import { type CustodySignal, encodeCustodySignal } from '../bpv7/index.js';
import type { BundleRecord, ReceivedCustody } from './bundle-record.js';
import type { AgentConfig } from './config.js';
import { CustodyLedger, SignalAggregator, TakenCustody } from './custody.js';
import type { Forwarder } from './forwarder.js';
import { PRIORITY } from './priority.js';
import type { RecordTimers } from './record-timers.js';
import { inRecords } from './signal-records.js';
import type { SendRequest } from './sourcing.js';

/** A custodian that had no answer this many times from one neighbour looks for another way. */
const ATTEMPTS_BEFORE_ANOTHER_ROUTE = 8;

/** The same for a neighbour that is heard meanwhile: it lives and the link is only bad, and copies by other ways would add up. */
const ATTEMPTS_WHILE_HEARD = 32;

/** Lifetime of a custody signal whose way back is short: long enough for detours. */
const SIGNAL_LIFETIME_MS = 600_000;

/** A signal that waits for its way back lives for this many times what the way takes by the plan. */
const SIGNAL_LIFETIME_FACTOR = 2;

/** Signals leave at least this long before the contact to their custodian closes, in microseconds. */
const SIGNAL_FLUSH_MARGIN_US = 50 * US_PER_MS;

/** The size that the way back of a custody signal is reckoned with, in bytes. */
const SIGNAL_SIZE_BYTES = 128;

/** The back-off lengthens no more than this of a wait: an hour until the way back opens is no sign of loss. Microseconds. */
const BACKOFF_UNIT_US = 10 * US_PER_SECOND;

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
  readonly #ledger = new CustodyLedger();
  readonly #taken = new TakenCustody();
  readonly #signals: SignalAggregator;
  /** When a neighbour was last heard, in monotonic microseconds. */
  readonly #heardUs = new Map<number, number>();

  constructor(parts: CustodianParts) {
    this.#parts = parts;
    this.#node = parts.config.node;
    this.#trace = parts.trace;
    this.#forwarder = parts.forwarder;
    this.#signals = new SignalAggregator(parts.config.custody);
  }

  /** Gives a record in custody its number before its first transmission. */
  number(record: BundleRecord, neighbour: number): void {
    if (record.inCustody && record.custodySequence < 0) this.#ledger.number(record, neighbour);
  }

  /** Forgets the number of a record that leaves the store. */
  drop(record: BundleRecord): void {
    this.#ledger.drop(record);
  }

  /** Whether this node has taken that number over before. */
  hasTaken(custody: ReceivedCustody): boolean {
    return this.#taken.has(custody);
  }

  /** Answers for a bundle from now on, or once more: its custodian will be told. */
  accept(custody: ReceivedCustody, now: Instant): void {
    this.#taken.add(custody);
    this.#oweSignal(custody, 'accepted', now);
  }

  /** Tells a custodian that it keeps its bundle. */
  refuse(record: BundleRecord, custody: ReceivedCustody, now: Instant): void {
    this.#trace.custody('refused', now.monotonicUs, this.#node, record, custody.custodian, 1);
    this.#oweSignal(custody, 'refused', now);
  }

  /**
   * A copy of a record in custody came back. Once the record was sent its number must go: whoever took it may have routed it
   * back here just now, and a signal for the old number would release the last copy there is. True where it must be sent anew.
   */
  startAnew(record: BundleRecord): boolean {
    if (record.attempts === 0) return false;
    this.#ledger.drop(record);
    record.sentTo.length = 0;
    record.attempts = 0;
    record.askedNeighbour = 0;
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
      for (const { sequenceId, first, runs } of sequences) {
        if (++lists > MAX_SIGNAL_SEQUENCES) return;
        let strange = this.#ledger.wasGiven(Number(sequenceId), Number(first)) ? 0 : 1;
        for (const record of this.#ledger.named(Number(sequenceId), Number(first), runs.map(Number))) {
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
        lifetimeMs: this.#signalLifetimeMs(custodian, now.monotonicUs),
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

  #oweSignal(custody: ReceivedCustody, disposition: 'accepted' | 'refused', now: Instant): void {
    if (custody.custodian === this.#node) return;
    const latestUs = this.#forwarder.contactEndUs(custody.custodian) - SIGNAL_FLUSH_MARGIN_US;
    this.#signals.add(custody, disposition, now.monotonicUs, latestUs);
    this.sendSignals(now);
  }

  /** Sets the timer of a record in flight. */
  #awaitSignal(record: BundleRecord, now: Instant): void {
    const { signalDelayUs, retransmitMarginUs, backoffFactor, backoffCap } = this.#parts.config.custody;
    const { nextHop, arrivalUs, sentUs } = record;
    const backUs = this.#forwarder.arrivalUs(nextHop, this.#node, arrivalUs + signalDelayUs, SIGNAL_SIZE_BYTES);
    if (backUs === undefined) return; // nothing can come back: the lifetime decides, or another plan
    const patienceUs = backUs + retransmitMarginUs - sentUs;
    const backoff =
      Math.min(backoffCap, backoffFactor ** (record.attempts - 1)) * (1 + 0.2 * this.#parts.random.next());
    const extraUs = Math.min(patienceUs, BACKOFF_UNIT_US) * (backoff - 1);
    this.#parts.timers.set(record, Math.max(now.monotonicUs, sentUs + Math.ceil(patienceUs + extraUs)));
  }

  #signalLifetimeMs(custodian: number, nowUs: number): number {
    const arrivalUs = this.#forwarder.arrivalUs(this.#node, custodian, nowUs, SIGNAL_SIZE_BYTES) ?? nowUs;
    return Math.max(SIGNAL_LIFETIME_MS, Math.ceil((SIGNAL_LIFETIME_FACTOR * (arrivalUs - nowUs)) / US_PER_MS));
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
