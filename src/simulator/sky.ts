/**
 * The sky over a run: which contacts are open, which links are cut, which satellites are dark, as time goes on. It tells the sending
 * end of a link when it can transmit and when it cannot any more, and keeps what happens inside a dark satellite for later. Both
 * drivers use it, on virtual time and on the wall clock.
 */
import { PriorityQueue } from '../base/priority-queue.js';
import { secondsToUs } from '../base/time.js';
import type { NodeInput } from '../runtime/node-io.js';
import type { RunCounters } from './counters.js';
import type { LinkLayer, SimulatedLink } from './links.js';
import type { ScenarioFault } from './scenario.js';
import type { World } from './world.js';

/** What a dark satellite has missed. */
interface Darkness {
  readonly deferred: NodeInput[];
  /** Links of its own that ended meanwhile. */
  readonly ended: Set<SimulatedLink>;
}

/** Contacts, cuts and darkness over all satellites of a run. */
export class Sky {
  readonly #world: World;
  readonly #links: LinkLayer;
  readonly #counters: RunCounters;
  readonly #tell: (node: number, input: NodeInput) => void;
  readonly #ends = new PriorityQueue<number>();
  readonly #faults = new PriorityQueue<ScenarioFault>();
  readonly #dark = new Map<number, Darkness>();
  #nextContact = 0;
  #nowUs = 0;

  /** `tell` hands an input to a satellite that is not dark. */
  constructor(world: World, links: LinkLayer, counters: RunCounters, tell: (node: number, input: NodeInput) => void) {
    this.#world = world;
    this.#links = links;
    this.#counters = counters;
    this.#tell = tell;
    for (const fault of world.scenario.faults) this.#faults.push(secondsToUs(fault.at), fault);
  }

  /** When the next change is due, in microseconds; Infinity for never. */
  nextUs(): number {
    return Math.min(this.#nextStartUs, this.#ends.peekKey() ?? Infinity, this.#faults.peekKey() ?? Infinity);
  }

  /**
   * Makes the next change, which is due at `nowUs`. At one time contacts end before others begin, and faults come last: a contact
   * that follows on another of its link is no outage.
   */
  change(nowUs: number): void {
    this.#nowUs = nowUs;
    const atUs = this.nextUs();
    if (this.#ends.peekKey() === atUs) this.#contactEnds(this.#ends.pop() as number);
    else if (this.#nextStartUs === atUs) this.#contactStarts(this.#nextContact++);
    else this.#fault(this.#faults.pop() as ScenarioFault);
  }

  isDark(node: number): boolean {
    return this.#dark.has(node);
  }

  /** Something that happens inside of a satellite: told at once, or when it is no longer dark. */
  inside(node: number, input: NodeInput): void {
    const darkness = this.#dark.get(node);
    if (darkness === undefined) this.#tell(node, input);
    else darkness.deferred.push(input);
  }

  get #nextStartUs(): number {
    return this.#world.plan.contacts[this.#nextContact]?.startUs ?? Infinity;
  }

  #contactStarts(index: number): void {
    const contact = this.#world.plan.contacts[index] as World['plan']['contacts'][number];
    this.#counters.contacts++;
    const link = this.#links.link(contact.from, contact.to);
    link.open.push({ index, contact });
    this.#ends.push(contact.endUs, index);
    this.#refresh(link);
  }

  #contactEnds(index: number): void {
    const contact = this.#world.plan.contacts[index] as World['plan']['contacts'][number];
    const link = this.#links.link(contact.from, contact.to);
    const at = link.open.findIndex((each) => each.index === index);
    if (at >= 0) link.open.splice(at, 1);
    if (this.#world.isInterPlane(contact)) this.#counters.outages++;
    this.#refresh(link);
  }

  #fault(fault: ScenarioFault): void {
    if ('from' in fault) {
      for (const link of [this.#links.link(fault.from, fault.to), this.#links.link(fault.to, fault.from)]) {
        link.isCut = fault.kind === 'link-down';
        this.#refresh(link);
      }
      return;
    }
    const { node } = fault;
    const darkness = this.#dark.get(node);
    if ((darkness !== undefined) === (fault.kind === 'node-down')) return;
    if (darkness === undefined) this.#dark.set(node, { deferred: [], ended: new Set() });
    else {
      this.#dark.delete(node);
      for (const link of darkness.ended) {
        link.isEndUntold = false;
        this.#tell(node, { kind: 'contact-ended', to: link.to, failed: true });
      }
    }
    for (const link of this.#links.linksOf(node)) this.#refresh(link);
    for (const input of darkness?.deferred ?? []) this.#tell(node, input);
    if (darkness !== undefined) this.#tell(node, { kind: 'timeout' });
  }

  /** Brings what a link's sender knows in line with what is. */
  #refresh(link: SimulatedLink): void {
    const isDark = this.#dark.has(link.from) || this.#dark.has(link.to);
    const usable = isDark ? undefined : link.usable;
    const before = link.told;
    if (usable === before) return;
    link.told = usable;
    if (before !== undefined) link.toldEndUs = this.#nowUs;
    if (before !== undefined) this.#tellEnd(link, link.open.includes(before), this.#world.isInterPlane(before.contact));
    if (usable === undefined) return;
    const { index, contact } = usable;
    const { to, endUs, rateBytesPerSecond, owltUs } = contact;
    this.#tell(link.from, {
      kind: 'contact-started',
      contact: { contact: index, to, endUs, rateBytesPerSecond, owltUs },
    });
  }

  #tellEnd(link: SimulatedLink, failed: boolean, isInterPlane: boolean): void {
    if (failed) {
      link.breakOff(this.#nowUs);
      if (isInterPlane) this.#counters.outages++;
    }
    const darkness = this.#dark.get(link.from);
    if (darkness === undefined) this.#tell(link.from, { kind: 'contact-ended', to: link.to, failed });
    else {
      darkness.ended.add(link);
      link.isEndUntold = true;
    }
  }
}
