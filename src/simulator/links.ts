/**
 * The links of the simulated world: which are up, by plan and by fault, and what they do to datagrams. A directed link is up while
 * a contact of the plan is open on it, it is not cut, and neither end is dark.
 */

import type { Random } from '../base/random.js';
import { transmissionUs } from '../base/time.js';
import { type Fate, type ImpairmentOptions, Impairments } from '../convergence/impairments.js';
import type { Contact } from '../routing/index.js';
import type { ContactChecker } from './checkers.js';
import type { RunCounters } from './counters.js';
import type { LinkOverride } from './impairments.js';

/** An open contact with its index in the plan. */
export interface PlannedContact {
  readonly index: number;
  readonly contact: Contact;
}

/** One direction of a link. */
export class SimulatedLink {
  /** Contacts of the plan that are open now, in the order of their opening. */
  open: PlannedContact[] = [];
  isCut = false;
  /** What the sending node has been told. */
  told: PlannedContact | undefined;
  /** When it was last told of an end, in microseconds; a sender on the wall clock may still be about to learn it. */
  toldEndUs = Number.NEGATIVE_INFINITY;
  /** The contact ended while the sending node was dark, and it has not heard of it yet. */
  isEndUntold = false;
  busyUntilUs = 0;
  /** When what was being sent was cut off, ascending: links break at faults only, so there are few. */
  readonly #breaksUs: number[] = [];

  constructor(
    readonly from: number,
    readonly to: number,
    readonly impairments: Impairments,
  ) {}

  /** What is being sent is cut off. */
  breakOff(nowUs: number): void {
    this.#breaksUs.push(nowUs);
    this.busyUntilUs = Math.min(this.busyUntilUs, nowUs);
  }

  /** How often it broke so far. */
  get breaks(): number {
    return this.#breaksUs.length;
  }

  /** Whether the link broke while the datagram was being sent, so that it did not get through whole. */
  cutOff({ breaksBefore, goneUs }: Flight): boolean {
    const breakUs = this.#breaksUs[breaksBefore];
    return breakUs !== undefined && breakUs < goneUs;
  }

  /** The contact in use, as far as the plan and the link itself go: the fastest that is open, of several the latest opened. */
  get usable(): PlannedContact | undefined {
    if (this.isCut) return undefined;
    let fastest = this.open[0];
    for (const each of this.open) {
      if (each.contact.rateBytesPerSecond >= (fastest as PlannedContact).contact.rateBytesPerSecond) fastest = each;
    }
    return fastest;
  }
}

/** A datagram under way. */
export interface Flight {
  readonly link: SimulatedLink;
  readonly datagram: Uint8Array;
  /** How often the link had broken when it was sent. */
  readonly breaksBefore: number;
  /** When its last byte has left. */
  readonly goneUs: number;
  /** How much later than the light takes it arrives, in microseconds: it was delayed, or is a second copy. */
  readonly extraUs: number;
}

/** A datagram that a node handed to a link, and what the link did with it. */
export interface Transmission {
  readonly from: number;
  readonly to: number;
  /** When the node handed it over. */
  readonly sentUs: number;
  /** As it arrives: damaged, where the link damaged it. As it was sent where it is lost. */
  readonly datagram: Uint8Array;
  /** Undefined where no contact is open, so that nobody can hear it. To be read at once: the object is reused. */
  readonly fate: Readonly<Fate> | undefined;
}

/** Hears of every transmission in the order of sending. */
export type LinkObserver = (transmission: Transmission) => void;

/** All links of a run. */
export class LinkLayer {
  /** By sending node, then by receiving node. */
  readonly #links = new Map<number, Map<number, SimulatedLink>>();
  readonly #all: SimulatedLink[] = [];
  readonly #options: ImpairmentOptions;
  #overrides: readonly LinkOverride[] = [];
  readonly #random: Random;
  readonly #counters: RunCounters;
  readonly #checker: ContactChecker;
  readonly #observer: LinkObserver | undefined;
  #isHealed = false;

  constructor(
    options: ImpairmentOptions,
    random: Random,
    counters: RunCounters,
    checker: ContactChecker,
    observer?: LinkObserver,
  ) {
    this.#options = options;
    this.#random = random;
    this.#counters = counters;
    this.#checker = checker;
    this.#observer = observer;
  }

  /** The directed link between two nodes; it comes into being when first asked for. */
  link(from: number, to: number): SimulatedLink {
    let links = this.#links.get(from);
    if (links === undefined) {
      links = new Map();
      this.#links.set(from, links);
    }
    let link = links.get(to);
    if (link === undefined) {
      const own = this.#overrides.filter((each) => each.from === from && each.to === to).at(-1);
      const random = this.#random.fork(`${from}>${to}`);
      link = new SimulatedLink(from, to, new Impairments(own?.options ?? this.#options, random));
      if (this.#isHealed) link.impairments.heal();
      links.set(to, link);
      this.#all.push(link);
    }
    return link;
  }

  /** Sets links apart from the others; before they carry anything. */
  setApart(overrides: readonly LinkOverride[]): void {
    this.#overrides = overrides;
  }

  /** From now on all links carry what they are given. */
  heal(): void {
    this.#isHealed = true;
    for (const { impairments } of this.#all) impairments.heal();
  }

  /** All links, in the order of their making. */
  all(): readonly SimulatedLink[] {
    return this.#all;
  }

  /** All links of a node, both ways. */
  *linksOf(node: number): Iterable<SimulatedLink> {
    for (const link of this.#all) if (link.from === node || link.to === node) yield link;
  }

  /**
   * Sends a datagram; calls `arrives` for the original and for a copy, each with its time. Nothing is called for one that is lost.
   */
  transmit(
    from: number,
    to: number,
    datagram: Uint8Array,
    nowUs: number,
    arrives: (flight: Flight, atUs: number) => void,
  ): void {
    const link = this.link(from, to);
    const contact = link.told?.contact;
    const durationUs = contact === undefined ? 0 : transmissionUs(datagram.length, contact.rateBytesPerSecond);
    const limits = contact === undefined ? undefined : { endUs: contact.endUs, busyUntilUs: link.busyUntilUs };
    // A node that comes back from the dark may send before it has heard of every end: in vain, but not knowing better.
    if (contact !== undefined || !link.isEndUntold) {
      this.#checker.transmitted(from, to, nowUs, durationUs, limits, link.toldEndUs);
    }
    if (contact === undefined) {
      this.#counters.lost++;
      this.#observer?.({ from, to, sentUs: nowUs, datagram, fate: undefined });
      return;
    }
    const goneUs = Math.max(nowUs, link.busyUntilUs) + durationUs;
    link.busyUntilUs = goneUs;
    const fate = link.impairments.draw();
    this.#count(fate);
    const { isLost, isCorrupted, delayUs, copyDelayUs } = fate;
    const carried = isCorrupted && !isLost ? link.impairments.corrupt(datagram) : datagram;
    this.#observer?.({ from, to, sentUs: nowUs, datagram: carried, fate });
    if (isLost) return;
    const arrivalUs = goneUs + contact.owltUs;
    const breaksBefore = link.breaks;
    arrives({ link, datagram: carried, breaksBefore, goneUs, extraUs: delayUs }, arrivalUs + delayUs);
    if (copyDelayUs < 0) return;
    const extraUs = delayUs + copyDelayUs;
    arrives({ link, datagram, breaksBefore, goneUs, extraUs }, arrivalUs + extraUs);
  }

  #count(fate: Readonly<Fate>): void {
    if (fate.beginsBurst) this.#counters.bursts++;
    if (fate.isLost) {
      this.#counters.lost++;
      return;
    }
    if (fate.isCorrupted) this.#counters.corrupted++;
    if (fate.isReordered) this.#counters.reordered++;
    if (fate.copyDelayUs >= 0) this.#counters.duplicated++;
  }
}
