/**
 * When custody signals leave and when they can be back, by the contact plan. Both sides of a hop reckon with the same rule, so that what
 * one waits to gather the other does not take for a loss. It knows times only; what is signalled is others' business.
 */
import type { Random } from '../base/random.js';
import { type Instant, transmissionUs, US_PER_MS, US_PER_SECOND } from '../base/time.js';
import type { BundleRecord } from './bundle-record.js';
import type { AgentConfig } from './config.js';
import type { Forwarder } from './forwarder.js';

/** Lifetime of a custody signal whose way back is short: long enough for detours. */
const SIGNAL_LIFETIME_MS = 600_000;

/** A signal that waits for its way back lives for this many times what the way takes by the plan. */
const SIGNAL_LIFETIME_FACTOR = 2;

/**
 * Signals leave at least this long before the contact on their way closes, in microseconds, and as much sooner as a bundle of the
 * greatest length takes that may be leaving just then.
 */
const SIGNAL_FLUSH_MARGIN_US = 50 * US_PER_MS;

/** The size that the way back of a custody signal is reckoned with, in bytes. */
const SIGNAL_SIZE_BYTES = 128;

/** A signal waits for others no longer than this part of what is left of its contact: a short one is not spent on waiting. */
const SHORT_CONTACT_PART = 10;

/** The back-off lengthens no more than this of a wait: an hour until the way back opens is no sign of loss. Microseconds. */
const BACKOFF_UNIT_US = 10 * US_PER_SECOND;

/** What the times are taken from. */
export interface CustodyTimingParts {
  readonly config: AgentConfig;
  readonly forwarder: Forwarder;
  readonly random: Random;
}

/** Reckons the times of one node's custody transfers; see the head of this file. */
export class CustodyTiming {
  readonly #parts: CustodyTimingParts;
  readonly #node: number;

  constructor(parts: CustodyTimingParts) {
    this.#parts = parts;
    this.#node = parts.config.node;
  }

  /**
   * When a signal to a custodian that is owed from now on leaves at the latest: when it has waited for others long enough, or shortly
   * before the contact on its way closes, be that one with the custodian or with a relay in between.
   */
  signalDueUs(custodian: number, nowUs: number): number {
    const { config, forwarder } = this.#parts;
    const { signalDelayUs } = config.custody;
    let open = forwarder.openContact(custodian);
    const isDirect = open !== undefined;
    if (open === undefined) {
      const way = forwarder.nextHop(this.#node, custodian, nowUs, SIGNAL_SIZE_BYTES);
      if (way !== undefined) open = forwarder.openContact(way.to);
      if (open === undefined) return nowUs + signalDelayUs;
    }
    const { endUs, owltUs, rateBytesPerSecond } = open;
    const delayUs = isDirect ? this.#gatheringUs(owltUs, endUs - nowUs) : signalDelayUs;
    const marginUs = SIGNAL_FLUSH_MARGIN_US + transmissionUs(config.maxBundleBytes, rateBytesPerSecond);
    return Math.min(nowUs + delayUs, endUs - marginUs);
  }

  /**
   * When a record that was sent last at `sentUs` is sent again if no signal comes: by the plan it would have been back by then.
   * Infinity where nothing can come back.
   */
  retransmissionUs(record: BundleRecord, nowUs: number): number {
    const { config, forwarder, random } = this.#parts;
    const { retransmitMarginUs, backoffFactor, backoffCap } = config.custody;
    const { nextHop, arrivalUs, sentUs } = record;
    const leaveUs = arrivalUs + this.#neighboursDelayUs(nextHop, arrivalUs);
    const back = forwarder.nextHop(nextHop, this.#node, leaveUs, SIGNAL_SIZE_BYTES);
    if (back === undefined) return Number.POSITIVE_INFINITY;
    const patienceUs = back.arrivalUs + retransmitMarginUs - sentUs;
    const backoff = Math.min(backoffCap, backoffFactor ** (record.attempts - 1)) * (1 + 0.2 * random.next());
    const extraUs = Math.min(patienceUs, BACKOFF_UNIT_US) * (backoff - 1);
    return Math.max(nowUs, sentUs + Math.ceil(patienceUs + extraUs));
  }

  /** How long a signal to a custodian lives: its way may open late. */
  signalLifetimeMs(custodian: number, { monotonicUs: nowUs }: Instant): number {
    const way = this.#parts.forwarder.nextHop(this.#node, custodian, nowUs, SIGNAL_SIZE_BYTES);
    const wayUs = way === undefined ? 0 : way.arrivalUs - nowUs;
    return Math.max(SIGNAL_LIFETIME_MS, Math.ceil((SIGNAL_LIFETIME_FACTOR * wayUs) / US_PER_MS));
  }

  /**
   * How long a signal waits for others to join it: the configured delay, and over far links as long as light takes there and back,
   * which the custodian waits in any case.
   */
  #gatheringUs(owltUs: number, remainingUs: number): number {
    const { signalDelayUs } = this.#parts.config.custody;
    return Math.max(signalDelayUs, Math.min(2 * owltUs, Math.floor(remainingUs / SHORT_CONTACT_PART)));
  }

  /** What a neighbour waits before it signals, by its contact with this node; the plan is only asked where that may matter. */
  #neighboursDelayUs(neighbour: number, atUs: number): number {
    const { config, forwarder } = this.#parts;
    const { signalDelayUs } = config.custody;
    const open = forwarder.openContact(neighbour);
    if (open !== undefined && 2 * open.owltUs <= signalDelayUs) return signalDelayUs;
    const back = forwarder.nextHop(neighbour, this.#node, atUs, SIGNAL_SIZE_BYTES);
    if (back === undefined || back.to !== this.#node) return signalDelayUs;
    const { endUs, owltUs, startUs } = forwarder.contact(back.contact);
    return startUs > atUs ? signalDelayUs : this.#gatheringUs(owltUs, endUs - atUs);
  }
}
