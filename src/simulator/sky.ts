/**
 * The sky over a run: which contacts are open, which links are cut, which satellites are dark, as time and the plan go on. It tells the sending
 * end of a link when it can transmit and when it cannot any more, and keeps what happens inside a dark satellite for later. Both
 * drivers use it, on virtual time and on the wall clock.
 */
import { PriorityQueue } from '../base/priority-queue.js';
import { secondsToUs } from '../base/time.js';
import type { Contact, ContactPlan } from '../routing/index.js';
import type { NodeInput } from '../runtime/node-io.js';
import type { RunCounters } from './counters.js';
import type { LinkLayer, SimulatedLink } from './links.js';
import { contactKey, faultKey, isSameContact, planAfter, slowed } from './plan-changes.js';
import { isSubmission } from './satellite.js';
import type { ScenarioContactFault, ScenarioCrash, ScenarioFault, ScenarioForgery } from './scenario-faults.js';
import type { World } from './world.js';

/** Why a satellite is dark, and what it has missed. */
interface Darkness {
  /** By the scenario. */
  isDown: boolean;
  /** It has crashed and has not started again. */
  isCrashed: boolean;
  /** What was in it when it became dark is gone. */
  isLost: boolean;
  readonly deferred: NodeInput[];
  /** Links of its own that ended meanwhile. */
  readonly ended: Set<SimulatedLink>;
}

/** What a driver does about faults that strike inside of satellites. */
export interface InnerFaults {
  /** The satellite is to crash as soon as that fault says; the driver tells {@link Sky.crashed} when it has. */
  crash(fault: ScenarioCrash): void;
  /** A satellite that has crashed starts again. */
  restart(node: number): void;
  /** A store has no space from now on, or has some again. */
  storeFull(node: number, isFull: boolean): void;
  /** An attacker sends. */
  forge(fault: ScenarioForgery): void;
  /** Nothing is to go wrong any more. */
  heal(): void;
}

/** Contacts, cuts and darkness over all satellites of a run. */
export class Sky {
  readonly #world: World;
  readonly #links: LinkLayer;
  readonly #counters: RunCounters;
  readonly #tell: (node: number, input: NodeInput) => void;
  readonly #inner: InnerFaults | undefined;
  readonly #ends = new PriorityQueue<number>();
  readonly #faults = new PriorityQueue<ScenarioFault>();
  readonly #dark = new Map<number, Darkness>();
  /** Contacts that do not come although the plan has them, and when those begin that come late, by their keys. */
  readonly #cancelled = new Set<string>();
  readonly #lateUs = new Map<string, number>();
  readonly #lateStarts = new PriorityQueue<string>();
  /** Of contacts that carry less than planned, the share that they carry. */
  readonly #rateFactors = new Map<string, number>();
  /** What follows on crashes and full stores. */
  readonly #aftermath = new PriorityQueue<() => void>();
  #nextContact = 0;
  #nowUs = 0;

  /** `tell` hands an input to a satellite that is not dark; without `inner` the scenario must have no faults inside of satellites. */
  constructor(
    world: World,
    links: LinkLayer,
    counters: RunCounters,
    tell: (node: number, input: NodeInput) => void,
    inner?: InnerFaults,
  ) {
    this.#world = world;
    this.#links = links;
    this.#counters = counters;
    this.#tell = tell;
    this.#inner = inner;
    for (const fault of world.scenario.faults) this.#faults.push(secondsToUs(fault.at), fault);
  }

  /** When the next change is due, in microseconds; Infinity for never. */
  nextUs(): number {
    return Math.min(
      this.#nextStartUs,
      this.#lateStarts.peekKey() ?? Infinity,
      this.#ends.peekKey() ?? Infinity,
      this.#faults.peekKey() ?? Infinity,
      this.#aftermath.peekKey() ?? Infinity,
    );
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
    else if (this.#lateStarts.peekKey() === atUs) this.#lateContactStarts(this.#lateStarts.pop() as string);
    else if (this.#aftermath.peekKey() === atUs) (this.#aftermath.pop() as () => void)();
    else this.#fault(this.#faults.pop() as ScenarioFault);
  }

  isDark(node: number): boolean {
    return this.#dark.has(node);
  }

  /** Whether applications wait for a dark satellite to take what they have for it. */
  get isAwaited(): boolean {
    return [...this.#dark.values()].some(({ deferred }) => deferred.some(isSubmission));
  }

  /** Something that happens inside of a satellite: told at once, or when it is no longer dark. */
  inside(node: number, input: NodeInput): void {
    const darkness = this.#dark.get(node);
    if (darkness === undefined) this.#tell(node, input);
    else darkness.deferred.push(input);
  }

  /** A satellite has crashed at `nowUs` and starts again at `untilUs`. It is dark at once; its neighbours learn of it with the next change. */
  crashed(node: number, nowUs: number, untilUs: number): void {
    const darkness = this.#darken(node);
    darkness.isCrashed = true;
    darkness.isLost = true;
    this.#aftermath.push(nowUs, () => this.#refreshAll(node));
    this.#aftermath.push(untilUs, () => {
      darkness.isCrashed = false;
      this.#lighten(node, darkness);
    });
  }

  get #nextStartUs(): number {
    return this.#world.plan.contacts[this.#nextContact]?.startUs ?? Infinity;
  }

  #contactStarts(index: number): void {
    const contact = this.#world.plan.contacts[index] as Contact;
    const key = contactKey(contact);
    const lateUs = this.#lateUs.get(key);
    if (this.#cancelled.has(key)) return;
    if (lateUs !== undefined && lateUs > this.#nowUs) this.#lateStarts.push(lateUs, key);
    else this.#begin(index, contact);
  }

  /** A contact begins that was late; it may have gone from the plan meanwhile, or be over. */
  #lateContactStarts(key: string): void {
    const index = this.#world.plan.contacts.findIndex((contact) => contactKey(contact) === key);
    const contact = this.#world.plan.contacts[index];
    if (contact !== undefined && contact.endUs > this.#nowUs && !this.#cancelled.has(key)) this.#begin(index, contact);
  }

  #begin(index: number, contact: Contact): void {
    this.#counters.contacts++;
    const link = this.#links.link(contact.from, contact.to);
    link.open.push({ index, contact: this.#real(contact) });
    this.#ends.push(contact.endUs, index);
    this.#refresh(link, false);
  }

  #contactEnds(index: number): void {
    const contact = this.#world.plan.contacts[index] as Contact;
    const link = this.#links.link(contact.from, contact.to);
    const at = link.open.findIndex((each) => each.index === index);
    if (at >= 0) link.open.splice(at, 1);
    if (this.#world.isInterPlane(contact)) this.#counters.outages++;
    this.#refresh(link);
  }

  #fault(fault: ScenarioFault): void {
    switch (fault.kind) {
      case 'plan-update':
        this.#updatePlan(this.#world.laterPlan(fault.plan));
        break;
      case 'contact-cancelled':
      case 'contact-late':
      case 'contact-slower':
        this.#contactFault(fault);
        break;
      case 'link-down':
      case 'link-up':
        for (const link of [this.#links.link(fault.from, fault.to), this.#links.link(fault.to, fault.from)]) {
          link.isCut = fault.kind === 'link-down';
          this.#refresh(link);
        }
        break;
      case 'node-down':
        if (this.#dark.get(fault.node)?.isDown) break;
        this.#darken(fault.node).isDown = true;
        this.#refreshAll(fault.node);
        break;
      case 'node-up':
        this.#nodeUp(fault.node);
        break;
      case 'node-crash':
        this.#inner?.crash(fault);
        break;
      case 'store-full':
        this.#inner?.storeFull(fault.node, true);
        this.#aftermath.push(this.#nowUs + secondsToUs(fault.seconds), () => this.#inner?.storeFull(fault.node, false));
        break;
      case 'clock-step':
        this.#world.clocks.step(fault.node, this.#nowUs, secondsToUs(fault.bySeconds));
        break;
      case 'clock-drift':
        this.#world.clocks.drift(fault.node, this.#nowUs, fault.ppm);
        break;
      case 'forge':
        this.#inner?.forge(fault);
        break;
      case 'heal':
        this.#heal();
    }
  }

  #nodeUp(node: number): void {
    const darkness = this.#dark.get(node);
    if (!darkness?.isDown) return;
    darkness.isDown = false;
    this.#lighten(node, darkness);
  }

  #darken(node: number): Darkness {
    let darkness = this.#dark.get(node);
    if (darkness === undefined) {
      darkness = { isDown: false, isCrashed: false, isLost: false, deferred: [], ended: new Set() };
      this.#dark.set(node, darkness);
    }
    return darkness;
  }

  /** A satellite comes back, where nothing else keeps it dark; one that has lost what it knew starts anew. */
  #lighten(node: number, darkness: Darkness): void {
    if (darkness.isDown || darkness.isCrashed) return;
    const { isLost } = darkness;
    this.#dark.delete(node);
    if (isLost) this.#inner?.restart(node);
    for (const link of darkness.ended) {
      link.isEndUntold = false;
      if (!isLost) this.#tell(node, { kind: 'contact-ended', to: link.to, failed: true });
    }
    this.#refreshAll(node);
    for (const input of darkness.deferred) {
      if (!isLost || isSubmission(input)) this.inside(node, input);
    }
    if (!isLost) this.inside(node, { kind: 'timeout' });
  }

  #refreshAll(node: number): void {
    for (const link of this.#links.linksOf(node)) this.#refresh(link);
  }

  /** All that is wrong outside of clocks is put right. */
  #heal(): void {
    this.#links.heal();
    this.#world.clocks.heal(this.#nowUs);
    this.#cancelled.clear();
    this.#lateUs.clear();
    this.#lateStarts.clear();
    this.#rateFactors.clear();
    this.#inner?.heal();
    for (const link of this.#links.all()) link.isCut = false;
    for (const node of [...this.#dark.keys()]) this.#nodeUp(node);
    for (const link of this.#openBy(this.#world.plan)) {
      const { told, usable } = link;
      // What goes on as before is no news.
      if (told !== undefined && usable !== undefined && isSameContact(told.contact, usable.contact)) link.told = usable;
      this.#refresh(link, false);
    }
  }

  /** A contact does not come, ends, will be late, or carries less. */
  #contactFault(fault: ScenarioContactFault): void {
    if (fault.announced) {
      this.#updatePlan(planAfter(this.#world.plan, fault));
      return;
    }
    const key = faultKey(fault);
    if (fault.kind === 'contact-late') {
      this.#lateUs.set(key, secondsToUs(fault.start) + secondsToUs(fault.bySeconds));
      return;
    }
    const link = this.#links.link(fault.from, fault.to);
    if (fault.kind === 'contact-slower') {
      this.#rateFactors.set(key, fault.factor);
      link.open = link.open.map(({ index, contact }) =>
        contactKey(contact) === key ? { index, contact: slowed(contact, fault.factor) } : { index, contact },
      );
      this.#refresh(link, false);
      return;
    }
    this.#cancelled.add(key);
    const before = link.told;
    link.open = link.open.filter(({ contact }) => contactKey(contact) !== key);
    this.#refresh(link, before !== undefined && contactKey(before.contact) === key);
  }

  /**
   * Another plan is in force: all nodes learn of it, then contacts begin and end so that the sky is as it says. One that is gone, or
   * changed, cuts off what is being sent; one that is in both goes on.
   */
  #updatePlan(plan: ContactPlan): void {
    const world = this.#world;
    world.usePlan(plan);
    this.#counters.planUpdates++;
    const links = this.#openBy(plan);
    const changed: SimulatedLink[] = [];
    for (const link of links) {
      const { told, usable } = link;
      if (told === undefined) continue;
      if (usable === undefined || !isSameContact(told.contact, usable.contact)) link.breakOff(this.#nowUs);
      // The nodes go by the new contact as soon as they hear of the plan.
      if (usable === undefined) continue;
      link.told = usable;
      if (!isSameContact(told.contact, usable.contact)) changed.push(link);
    }
    for (const node of world.nodes) {
      this.inside(node, { kind: 'plan-updated', graph: world.graph, routes: world.routes });
    }
    for (const link of changed) this.#tellStart(link);
    for (const link of links) this.#refresh(link, false);
  }

  /** Opens what a plan has now on all links, and nothing else; returns the links on which a contact is or was open. */
  #openBy(plan: ContactPlan): ReadonlySet<SimulatedLink> {
    const links = new Set(this.#links.all().filter((link) => link.open.length > 0));
    for (const link of links) link.open = [];
    this.#ends.clear();
    const next = plan.contacts.findIndex(({ startUs }) => startUs > this.#nowUs);
    this.#nextContact = next < 0 ? plan.contacts.length : next;
    for (let index = 0; index < this.#nextContact; index++) {
      const contact = plan.contacts[index] as Contact;
      if (!this.#isOn(contact)) continue;
      const link = this.#links.link(contact.from, contact.to);
      link.open.push({ index, contact: this.#real(contact) });
      this.#ends.push(contact.endUs, index);
      links.add(link);
    }
    return links;
  }

  /** A contact of the plan as it really is. */
  #real(contact: Contact): Contact {
    const factor = this.#rateFactors.size === 0 ? undefined : this.#rateFactors.get(contactKey(contact));
    return factor === undefined ? contact : slowed(contact, factor);
  }

  /** Whether a contact of the plan is open now, the link itself apart. */
  #isOn(contact: Contact): boolean {
    const { startUs, endUs } = contact;
    const key = contactKey(contact);
    if (startUs > this.#nowUs || endUs <= this.#nowUs || this.#cancelled.has(key)) return false;
    return (this.#lateUs.get(key) ?? 0) <= this.#nowUs;
  }

  /**
   * Brings what a link's sender knows in line with what is; `isBroken` where a contact ends that the plan has. Where another contact
   * of the pair takes over from one that ends, or is better, the sender hears of the other alone: what queues there can stay.
   */
  #refresh(link: SimulatedLink, isBroken = link.told !== undefined && link.open.includes(link.told)): void {
    const usable = this.#isDarkLink(link) ? undefined : link.usable;
    const before = link.told;
    if (usable === before) return;
    link.told = usable;
    if (before !== undefined && (isBroken || usable === undefined)) {
      link.toldEndUs = this.#nowUs;
      this.#tellEnd(link, isBroken, this.#world.isInterPlane(before.contact));
    }
    this.#tellStart(link);
  }

  #isDarkLink({ from, to }: SimulatedLink): boolean {
    return this.#dark.has(from) || this.#dark.has(to);
  }

  #tellStart({ from, told }: SimulatedLink): void {
    if (told === undefined) return;
    const { to, endUs, rateBytesPerSecond, owltUs } = told.contact;
    this.#tell(from, {
      kind: 'contact-started',
      contact: { contact: told.index, to, endUs, rateBytesPerSecond, owltUs },
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
