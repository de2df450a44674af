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

type Change =
  | { readonly kind: 'contact-end'; readonly contact: number }
  | { readonly kind: 'fault'; readonly fault: ScenarioFault };

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
  readonly #changes = new PriorityQueue<Change>();
  readonly #dark = new Map<number, Darkness>();
  #nextContact = 0;
  #nowUs = 0;

  /** `tell` hands an input to a satellite that is not dark. */
  constructor(world: World, links: LinkLayer, counters: RunCounters, tell: (node: number, input: NodeInput) => void) {
    this.#world = world;
    this.#links = links;
    this.#counters = counters;
    this.#tell = tell;
    for (const fault of world.scenario.faults) this.#changes.push(secondsToUs(fault.at), { kind: 'fault', fault });
  }

  /** When the next change is due, in microseconds; Infinity for never. */
  nextUs(): number {
    const startUs = this.#world.plan.contacts[this.#nextContact]?.startUs ?? Number.POSITIVE_INFINITY;
    return Math.min(startUs, this.#changes.peekKey() ?? Number.POSITIVE_INFINITY);
  }

  /** Makes the next change, which is due at `nowUs`. At one time contacts end before others begin. */
  change(nowUs: number): void {
    this.#nowUs = nowUs;
    const next = this.#changes.peek();
    const nextUs = this.#changes.peekKey() ?? Number.POSITIVE_INFINITY;
    const startUs = this.#world.plan.contacts[this.#nextContact]?.startUs ?? Number.POSITIVE_INFINITY;
    if (next === undefined || startUs < nextUs || (startUs === nextUs && next.kind !== 'contact-end')) {
      this.#contactStarts(this.#nextContact++);
      return;
    }
    this.#changes.pop();
    if (next.kind === 'contact-end') this.#contactEnds(next.contact);
    else this.#fault(next.fault);
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

  #contactStarts(index: number): void {
    const contact = this.#world.plan.contacts[index] as World['plan']['contacts'][number];
    this.#counters.contacts++;
    const link = this.#links.link(contact.from, contact.to);
    link.open.push({ index, contact });
    this.#changes.push(contact.endUs, { kind: 'contact-end', contact: index });
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
      for (const link of darkness.ended) this.#tell(node, { kind: 'contact-ended', to: link.to, failed: true });
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
      link.brokenAtUs = this.#nowUs;
      link.busyUntilUs = Math.min(link.busyUntilUs, this.#nowUs);
      if (isInterPlane) this.#counters.outages++;
    }
    const darkness = this.#dark.get(link.from);
    if (darkness === undefined) this.#tell(link.from, { kind: 'contact-ended', to: link.to, failed });
    else darkness.ended.add(link);
  }
}
