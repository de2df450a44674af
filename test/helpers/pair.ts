/**
 * A few agents on virtual time, joined by links that a test can cut, script or impair. Contacts follow a plan; everything that
 * is sent, delivered or said is kept for the test to look at. `step()` lets one thing happen.
 */
import {
  type AgentConfig,
  BundleAgent,
  type BundleSecurity,
  type CustodyConfig,
  defaultAgentConfig,
  MemoryBundleStore,
  PRIORITY,
  type ReceivedCompressedReport,
  type ReceivedReport,
  type SendRequest,
} from '../../src/agent/index.js';
import { PriorityQueue } from '../../src/base/priority-queue.js';
import { Random } from '../../src/base/random.js';
import { type Instant, transmissionUs, US_PER_MS, US_PER_SECOND } from '../../src/base/time.js';
import { type Bundle, decodeBundle } from '../../src/bpv7/index.js';
import { type ImpairmentOptions, Impairments } from '../../src/convergence/impairments.js';
import { type Contact, ContactGraph, ContactPlan, RouteTable } from '../../src/routing/index.js';
import { CrashableStore } from '../../src/simulator/crashable-store.js';
import { s } from './contacts.js';
import { noting, type Told } from './told.js';

export { both, line, OWLT_US, oneWay, RATE, s } from './contacts.js';

/** The service that test bundles go to. */
export const SERVICE = 7;

/** DTN time at virtual time 0, in milliseconds. */
export const EPOCH_MS = 1_000_000_000;

/** One datagram as its sender handed it over. */
export interface Sent {
  readonly from: number;
  readonly to: number;
  readonly atUs: number;
  readonly datagram: Uint8Array;
}

/** What a script does to one datagram: `lose` it, `duplicate` it, or let it pass with an extra delay in microseconds. */
export type Verdict = 'lose' | 'duplicate' | number | undefined;

/** One data unit that came out at a node. */
export interface Delivered {
  readonly node: number;
  readonly atUs: number;
  readonly service: number;
  readonly sourceNode: number;
  readonly payload: Uint8Array;
  readonly receipt: number;
  readonly isRepeated: boolean;
}

export interface NetworkOptions {
  readonly contacts: readonly Contact[];
  /** Nodes without any contact. */
  readonly loners?: readonly number[];
  /** Nodes whose store outlives them: they can crash and be started again. */
  readonly durable?: readonly number[];
  /** Nodes that take no custody for others; all others do. */
  readonly relays?: readonly number[];
  readonly custody?: Partial<CustodyConfig>;
  readonly config?: (node: number, config: AgentConfig) => AgentConfig;
  readonly seed?: number;
  readonly impairments?: Partial<ImpairmentOptions>;
  /** Security policies of nodes. */
  readonly security?: (node: number) => BundleSecurity | undefined;
  /** Nodes without a trusted clock. */
  readonly clockless?: readonly number[];
  /** Contacts that do not open by themselves, by their place in the plan. */
  readonly held?: readonly number[];
}

type Event =
  | { readonly kind: 'start' | 'end'; readonly contact: number }
  | { readonly kind: 'arrival'; readonly sent: Sent; readonly epoch: number }
  | { readonly kind: 'call'; readonly call: () => void };

/** State of one directed link. */
interface TestLink {
  /** The open contact of the plan, or -1. */
  open: number;
  isCut: boolean;
  /** Changes when the link is cut: what was under way is lost. */
  epoch: number;
  readonly impairments: Impairments;
}

const UNOBSERVED = { took() {}, gave() {}, stored() {}, removed() {} };

export class Network {
  readonly agents = new Map<number, BundleAgent>();
  readonly stores = new Map<number, MemoryBundleStore>();
  /** Every datagram handed to a link, in order. */
  readonly sent: Sent[] = [];
  readonly delivered: Delivered[] = [];
  /** Status reports that arrived, in order, with the node they came to. */
  readonly reports: { readonly node: number; readonly received: ReceivedReport }[] = [];
  /** Compressed reports that arrived, in the same way. */
  readonly compressedReports: { readonly node: number; readonly received: ReceivedCompressedReport }[] = [];
  readonly told: Told[] = [];
  nowUs = 0;
  graph: ContactGraph;
  routes: RouteTable;
  /** Decides the fate of each datagram before chance does. */
  script: (sent: Sent, bundle: Bundle) => Verdict = () => undefined;
  /** Nodes whose store is not flushed any more, so that nothing they put out is done: they are about to crash. */
  readonly unflushed = new Set<number>();
  /** Whether applications confirm what is delivered to them, which they do at once. */
  confirms = true;
  /** How far a node's clock is wrong, in milliseconds. */
  readonly clockErrorMs = new Map<number, number>();
  readonly #down = new Set<number>();
  #starts = 0;
  /** Impairments apply until then, in microseconds. */
  healUs = Number.POSITIVE_INFINITY;
  readonly #options: NetworkOptions;
  readonly #events = new PriorityQueue<Event>();
  readonly #links = new Map<string, TestLink>();
  readonly #random: Random;

  constructor(options: NetworkOptions) {
    this.#options = options;
    const plan = new ContactPlan(options.contacts);
    this.graph = new ContactGraph(plan);
    this.routes = new RouteTable(this.graph);
    this.#random = new Random(options.seed ?? 1);
    for (const node of [...plan.nodes, ...(options.loners ?? [])]) this.#addAgent(node);
    plan.contacts.forEach((contact, index) => {
      if (options.held?.includes(index)) return;
      this.#events.push(contact.startUs, { kind: 'start', contact: index });
      this.#events.push(contact.endUs, { kind: 'end', contact: index });
    });
    this.runUntil(0);
  }

  agent(node: number): BundleAgent {
    return this.agents.get(node) as BundleAgent;
  }

  /** The present of a node. */
  instant(node: number): Instant {
    const isClockless = this.#options.clockless?.includes(node) ?? false;
    return {
      monotonicUs: this.nowUs,
      dtnTimeMs: isClockless
        ? undefined
        : EPOCH_MS + Math.floor(this.nowUs / US_PER_MS) + (this.clockErrorMs.get(node) ?? 0),
    };
  }

  /** Bundles in a node's store, or in all. */
  stored(node?: number): number {
    if (node !== undefined) return (this.stores.get(node) as MemoryBundleStore).bundles;
    return [...this.stores.keys()].reduce((sum, each) => sum + this.stored(each), 0);
  }

  /** Sends `payload` (a length in bytes, or the bytes) with custody unless told otherwise. False where the store is full. */
  send(from: number, to: number, payload: number | Uint8Array = 100, more: Partial<SendRequest> = {}): boolean {
    const bytes = typeof payload === 'number' ? new Uint8Array(payload) : payload;
    const request: SendRequest = {
      destinationNode: to,
      destinationService: SERVICE,
      sourceService: 1,
      payload: bytes,
      lifetimeMs: 600_000,
      custody: true,
      priority: PRIORITY.standard,
      ...more,
    };
    const isTaken = this.agent(from).send(request, this.instant(from));
    this.#drain(from);
    return isTaken;
  }

  /** A node is gone at this moment, with all that its store has not flushed. */
  crash(node: number): void {
    this.#down.add(node);
    this.unflushed.delete(node);
    const store = (this.stores.get(node) as CrashableStore).crash(0, new Random(1)).store;
    this.stores.set(node, store);
  }

  /** A node that crashed is there again. */
  restart(node: number): void {
    this.#down.delete(node);
    this.#addAgent(node, this.stores.get(node));
    this.agent(node).start(this.instant(node));
    this.#drain(node);
    for (const link of this.#links.values()) {
      if (link.open >= 0 && !link.isCut && this.graph.contact(link.open).from === node) this.#tellStart(link.open);
    }
  }

  /** Hands a datagram to a node as if a neighbour had sent it. */
  inject(from: number, to: number, datagram: Uint8Array): void {
    if (this.#down.has(to)) return;
    this.agent(to).receive(datagram, from, this.instant(to));
    this.#drain(to);
  }

  /** An application has what was delivered. */
  confirm(node: number, receipt: number): void {
    this.agent(node).deliveryTaken(receipt, this.instant(node));
    this.#drain(node);
  }

  /** Does something at a time, in seconds. */
  at(seconds: number, call: () => void): void {
    this.#events.push(s(seconds), { kind: 'call', call });
  }

  /** Breaks the link both ways, now: what is under way on it is lost, and its senders notice. */
  cut(a: number, b: number): void {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const link = this.#link(from, to);
      if (link.isCut) continue;
      link.isCut = true;
      link.epoch++;
      if (link.open < 0) continue;
      this.agent(from).contactEnded(to, true, this.instant(from));
      this.#drain(from);
    }
  }

  /** Mends the link both ways. */
  heal(a: number, b: number): void {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const link = this.#link(from, to);
      if (!link.isCut) continue;
      link.isCut = false;
      if (link.open >= 0) this.#tellStart(link.open);
    }
  }

  /** Opens a contact that the plan holds back, or opens it late. */
  open(contact: number): void {
    const { endUs } = this.graph.contact(contact);
    this.#start(contact);
    this.#events.push(endUs, { kind: 'end', contact });
  }

  /** Gives every node another plan. Contacts that are open stay so; those that begin later are made known. */
  updatePlan(contacts: readonly Contact[]): void {
    this.graph = new ContactGraph(new ContactPlan(contacts));
    this.routes = new RouteTable(this.graph);
    this.graph.plan.contacts.forEach((contact, index) => {
      if (contact.startUs <= this.nowUs) return;
      this.#events.push(contact.startUs, { kind: 'start', contact: index });
      this.#events.push(contact.endUs, { kind: 'end', contact: index });
    });
    for (const [node, agent] of this.agents) {
      agent.planUpdated(this.graph, this.routes, this.instant(node));
      this.#drain(node);
    }
  }

  /** Lets the next thing happen that is due by `untilUs`; false where there is none. */
  step(untilUs = Number.POSITIVE_INFINITY): boolean {
    let wakeUs = Number.POSITIVE_INFINITY;
    let sleeper = 0;
    for (const [node, agent] of this.agents) {
      const us = this.#down.has(node) ? Number.POSITIVE_INFINITY : agent.nextTimeoutUs();
      if (us < wakeUs) [wakeUs, sleeper] = [us, node];
    }
    const eventUs = this.#events.peekKey() ?? Number.POSITIVE_INFINITY;
    const nextUs = Math.min(wakeUs, eventUs);
    if (nextUs > untilUs || nextUs === Number.POSITIVE_INFINITY) return false;
    this.nowUs = Math.max(this.nowUs, nextUs);
    if (eventUs <= wakeUs) this.#happen(this.#events.pop() as Event);
    else {
      this.agent(sleeper).timeout(this.instant(sleeper));
      this.#drain(sleeper);
    }
    return true;
  }

  /** Runs until a time in seconds. Throws where virtual time stands still. */
  runUntil(seconds: number): void {
    const untilUs = s(seconds);
    let steps = 0;
    for (let beforeUs = this.nowUs; this.step(untilUs); ) {
      steps = this.nowUs === beforeUs ? steps + 1 : 0;
      beforeUs = this.nowUs;
      if (steps > 100_000) throw new Error(`virtual time stands still at ${this.nowUs} us`);
    }
    this.nowUs = Math.max(this.nowUs, untilUs);
  }

  /** Runs on for a while. */
  run(seconds: number): void {
    this.runUntil((this.nowUs + s(seconds)) / US_PER_SECOND);
  }

  /** How often something was told, at one node or at all. */
  count(event: Told['event'], node?: number, peer?: number): number {
    return this.of(event, node, peer).length;
  }

  /** What was told of one kind. */
  of(event: Told['event'], node?: number, peer?: number): Told[] {
    return this.told.filter(
      (told) =>
        told.event === event &&
        (node === undefined || told.node === node) &&
        (peer === undefined || told.peer === peer),
    );
  }

  /** Everything sent on one link, decoded; administrative bundles only where asked for. */
  bundles(from: number, to: number, which: 'data' | 'administrative' = 'data'): Bundle[] {
    return this.sent
      .filter((each) => each.from === from && each.to === to)
      .map((each) => decodeBundle(each.datagram, { profile: 'lenient' }))
      .filter((bundle) => isAdministrative(bundle) === (which === 'administrative'));
  }

  #happen(event: Event): void {
    switch (event.kind) {
      case 'start':
        this.#start(event.contact);
        break;
      case 'end':
        this.#end(event.contact);
        break;
      case 'arrival':
        if (event.epoch === this.#link(event.sent.from, event.sent.to).epoch) {
          this.inject(event.sent.from, event.sent.to, event.sent.datagram);
        }
        break;
      case 'call':
        event.call();
    }
  }

  #start(contact: number): void {
    const { from, to } = this.graph.contact(contact);
    const link = this.#link(from, to);
    link.open = contact;
    if (!link.isCut) this.#tellStart(contact);
  }

  #tellStart(contact: number): void {
    const { from, to, endUs, rateBytesPerSecond, owltUs } = this.graph.contact(contact);
    if (this.#down.has(from)) return;
    this.agent(from).contactStarted({ contact, to, endUs, rateBytesPerSecond, owltUs }, this.instant(from));
    this.#drain(from);
  }

  #end(contact: number): void {
    const { from, to } = this.graph.contact(contact);
    const link = this.#link(from, to);
    if (link.open !== contact) return;
    link.open = -1;
    if (link.isCut || this.#down.has(from)) return;
    this.agent(from).contactEnded(to, false, this.instant(from));
    this.#drain(from);
  }

  #drain(node: number): void {
    if (this.unflushed.has(node)) return;
    const agent = this.agent(node);
    const store = this.stores.get(node);
    if (store instanceof CrashableStore) store.commit();
    for (let out = agent.takeTransmission(); out !== undefined; out = agent.takeTransmission()) {
      const sent: Sent = { from: node, to: out.to, atUs: this.nowUs, datagram: out.datagram };
      this.sent.push(sent);
      this.#carry(sent);
    }
    for (const { service, sourceNode, payload, receipt, isRepeated } of agent.takeDeliveries()) {
      this.delivered.push({ node, atUs: this.nowUs, service, sourceNode, payload, receipt, isRepeated });
      if (receipt > 0 && this.confirms) this.confirm(node, receipt);
    }
    for (const received of agent.takeReports()) this.reports.push({ node, received });
    for (const received of agent.takeCompressedReports()) this.compressedReports.push({ node, received });
  }

  #carry(sent: Sent): void {
    const link = this.#link(sent.from, sent.to);
    const contact = link.open < 0 || link.isCut ? undefined : this.graph.contact(link.open);
    if (contact === undefined) throw new Error(`node ${sent.from} sent to ${sent.to} outside of a contact`);
    const verdict = this.script(sent, decodeBundle(sent.datagram, { profile: 'lenient' }));
    if (verdict === 'lose') return;
    const extraUs = typeof verdict === 'number' ? verdict : 0;
    const sentUs = transmissionUs(sent.datagram.length, contact.rateBytesPerSecond);
    const arrivalUs = this.nowUs + sentUs + contact.owltUs + extraUs;
    const arrival: Event = { kind: 'arrival', sent, epoch: link.epoch };
    if (verdict === 'duplicate') this.#events.push(arrivalUs + 1, arrival);
    if (this.nowUs >= this.healUs) {
      this.#events.push(arrivalUs, arrival);
      return;
    }
    const fate = link.impairments.draw();
    if (fate.isLost) return;
    const datagram = fate.isCorrupted ? link.impairments.corrupt(sent.datagram) : sent.datagram;
    this.#events.push(arrivalUs + fate.delayUs, { ...arrival, sent: { ...sent, datagram } });
    if (fate.copyDelayUs >= 0) this.#events.push(arrivalUs + fate.delayUs + fate.copyDelayUs, arrival);
  }

  #link(from: number, to: number): TestLink {
    const key = `${from}>${to}`;
    let link = this.#links.get(key);
    if (link === undefined) {
      const options: ImpairmentOptions = {
        loss: 0,
        duplication: 0,
        corruption: 0,
        reordering: { probability: 0, delayUs: 0 },
        ...this.#options.impairments,
      };
      link = { open: -1, isCut: false, epoch: 0, impairments: new Impairments(options, this.#random.fork(key)) };
      this.#links.set(key, link);
    }
    return link;
  }

  #addAgent(node: number, kept?: MemoryBundleStore): void {
    const { config, custody, relays } = this.#options;
    const base = defaultAgentConfig(node);
    const acceptsCustody = !(relays?.includes(node) ?? false);
    const own = { ...base, custody: { ...base.custody, acceptsCustody, ...custody } };
    const isDurable = this.#options.durable?.includes(node) ?? false;
    const store = kept ?? (isDurable ? new CrashableStore(node, 2 ** 40, UNOBSERVED) : new MemoryBundleStore());
    const agent = new BundleAgent({
      config: config?.(node, own) ?? own,
      graph: this.graph,
      routes: this.routes,
      store,
      random: this.#random.fork(kept === undefined ? `agent/${node}` : `agent/${node}/${++this.#starts}`),
      trace: noting(this.told),
      security: this.#options.security?.(node),
    });
    agent.register(SERVICE);
    this.agents.set(node, agent);
    this.stores.set(node, store);
  }
}

/** True for bundles that carry an administrative record. */
export function isAdministrative(bundle: Bundle): boolean {
  return (Number(bundle.primary.flags) & 2) !== 0;
}
