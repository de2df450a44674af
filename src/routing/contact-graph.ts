/**
 * A contact plan laid out for searching: plain typed arrays, built once for each plan and shared by all nodes of a process.
 *
 * Nodes get dense indexes in the order of their numbers. An edge is a pair (sender, receiver) that has a contact; the edges of
 * a sender stand together, by receiver, and so do the contacts of an edge, as slots sorted by start and then in the plan's order.
 * Beside each slot stands the largest end up to it: the first slot that is not over at some time is found by bisection, even
 * where contacts of a pair overlap. Knows no search and no bundle.
 */
import { UsageError } from '../base/errors.js';
import { transmissionUs } from '../base/time.js';
import type { Contact, ContactPlan } from './contact-plan.js';

/** Below this many slots a plain scan for the first live one beats a bisection. */
const SCAN_SLOTS = 8;

/** How the times of a plan are to be read. */
export interface ContactGraphOptions {
  /**
   * Added to each one-way light time as a share of it, rounded to a microsecond: how far the ends may drift apart while the signal
   * travels (the OWLT margin of CCSDS 734.3-B-1 section 3.2.4). Default 0.
   */
  readonly owltMarginRatio?: number | undefined;
  /**
   * Whether a bundle without length may leave in the last instant of a contact: `closed`, the default, lets it (CCSDS 734.3-B-1
   * section 3.2.4.1.1), `open` does not. In both, the last byte of a bundle with length must have left by the end, the end included.
   */
  readonly windowEnd?: 'closed' | 'open' | undefined;
}

/** The search structure of one contact plan. The arrays are for this folder's searches and are never written after construction. */
export class ContactGraph {
  readonly plan: ContactPlan;
  readonly windowEnd: 'closed' | 'open';
  readonly owltMarginRatio: number;
  readonly nodeCount: number;
  readonly edgeCount: number;

  /** First edge of each node; one more entry than nodes. */
  readonly nodeEdges: Int32Array;
  /** Receiver of each edge, as a node index. */
  readonly edgeTarget: Int32Array;
  /** Sender of each edge, as a node index. */
  readonly edgeSource: Int32Array;
  /** First slot of each edge; one more entry than edges. */
  readonly edgeSlots: Int32Array;
  /** Smallest light time of an edge's contacts. */
  readonly edgeOwltUs: Float64Array;
  /** Index into {@link rates} of the highest rate of an edge's contacts. */
  readonly edgeRate: Int32Array;
  /** First place of each receiver in {@link incomingEdges}; one more entry than nodes. */
  readonly incoming: Int32Array;
  /** Edges by receiver and then sender. */
  readonly incomingEdges: Int32Array;

  readonly slotStartUs: Float64Array;
  readonly slotEndUs: Float64Array;
  /** Largest end of the edge's slots up to and including this one. */
  readonly slotMaxEndUs: Float64Array;
  /** Light time with its margin. */
  readonly slotOwltUs: Float64Array;
  /** Index into {@link rates}. */
  readonly slotRate: Int32Array;
  /** The slot's contact, as an index into the plan's contacts. */
  readonly slotContact: Int32Array;
  /** The slot's receiver, as a node index. */
  readonly slotTarget: Int32Array;

  /** The different rates of the plan, in bytes per second: one transmission time each is enough for a whole search. */
  readonly rates: Float64Array;

  readonly #indexOfNode = new Map<number, number>();

  /** Throws a UsageError `bad-contact-graph` for a margin that is not a number of at least 0. */
  constructor(plan: ContactPlan, options: ContactGraphOptions = {}) {
    this.plan = plan;
    this.windowEnd = options.windowEnd ?? 'closed';
    this.owltMarginRatio = options.owltMarginRatio ?? 0;
    if (!(this.owltMarginRatio >= 0 && this.owltMarginRatio < Infinity)) {
      throw new UsageError('bad-contact-graph', `the light time margin ${this.owltMarginRatio} must be at least 0`);
    }
    const { contacts, nodes } = plan;
    const count = contacts.length;
    this.nodeCount = nodes.length;
    for (let i = 0; i < nodes.length; i++) this.#indexOfNode.set(nodes[i] as number, i);
    const senders = new Int32Array(count);
    const receivers = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      const { from, to } = contacts[i] as Contact;
      senders[i] = this.#indexOfNode.get(from) as number;
      receivers[i] = this.#indexOfNode.get(to) as number;
    }
    // Sorted by receiver and then, keeping that order, by sender; the plan's order stays within a pair.
    const inPlanOrder = Int32Array.from(senders, (_, i) => i);
    const byReceiver = sortedBy(inPlanOrder, receivers, this.nodeCount).order;
    const order = sortedBy(byReceiver, senders, this.nodeCount).order;

    this.slotContact = order;
    this.slotStartUs = new Float64Array(count);
    this.slotEndUs = new Float64Array(count);
    this.slotMaxEndUs = new Float64Array(count);
    this.slotOwltUs = new Float64Array(count);
    this.slotTarget = new Int32Array(count);
    for (let slot = 0; slot < count; slot++) {
      const { startUs, endUs, owltUs } = contacts[order[slot] as number] as Contact;
      this.slotStartUs[slot] = startUs;
      this.slotEndUs[slot] = endUs;
      this.slotOwltUs[slot] = owltUs + Math.round(owltUs * this.owltMarginRatio);
      this.slotTarget[slot] = receivers[order[slot] as number] as number;
    }
    const { slotRate, rates } = ratesOf(contacts, order);
    this.slotRate = slotRate;
    this.rates = rates;

    const edgeSlots = firstSlotsOfEdges(order, senders, receivers);
    const edgeCount = edgeSlots.length - 1;
    this.edgeCount = edgeCount;
    this.edgeSlots = edgeSlots;
    this.edgeSource = new Int32Array(edgeCount);
    this.edgeTarget = new Int32Array(edgeCount);
    this.edgeOwltUs = new Float64Array(edgeCount);
    this.edgeRate = new Int32Array(edgeCount);
    for (let edge = 0; edge < edgeCount; edge++) {
      const first = edgeSlots[edge] as number;
      this.edgeSource[edge] = senders[order[first] as number] as number;
      this.edgeTarget[edge] = this.slotTarget[first] as number;
      this.#summarise(edge, first, edgeSlots[edge + 1] as number);
    }
    const inEdgeOrder = Int32Array.from(this.edgeSource, (_, i) => i);
    this.nodeEdges = sortedBy(inEdgeOrder, this.edgeSource, this.nodeCount).first;
    const incoming = sortedBy(inEdgeOrder, this.edgeTarget, this.nodeCount);
    this.incoming = incoming.first;
    this.incomingEdges = incoming.order;
  }

  /** Fills in what an edge's slots have in common. */
  #summarise(edge: number, first: number, end: number): void {
    let owltUs = Infinity;
    let rate = this.slotRate[first] as number;
    let maxEndUs = -Infinity;
    for (let slot = first; slot < end; slot++) {
      maxEndUs = Math.max(maxEndUs, this.slotEndUs[slot] as number);
      this.slotMaxEndUs[slot] = maxEndUs;
      owltUs = Math.min(owltUs, this.slotOwltUs[slot] as number);
      const slotRate = this.slotRate[slot] as number;
      if ((this.rates[slotRate] as number) > (this.rates[rate] as number)) rate = slotRate;
    }
    this.edgeOwltUs[edge] = owltUs;
    this.edgeRate[edge] = rate;
  }

  /** The contact with this index, which is its place in the plan. */
  contact(index: number): Contact {
    return this.plan.contacts[index] as Contact;
  }

  /** The dense index of a node number, or undefined where the plan does not know the node. */
  nodeIndex(node: number): number | undefined {
    return this.#indexOfNode.get(node);
  }

  /** The number of the node with this dense index. */
  nodeNumber(index: number): number {
    return this.plan.nodes[index] as number;
  }

  /** The nodes that `node` can ever send to, ascending; empty for a node that the plan does not know. */
  neighbours(node: number): number[] {
    const index = this.#indexOfNode.get(node);
    if (index === undefined) return [];
    const result: number[] = [];
    for (let edge = this.nodeEdges[index] as number; edge < (this.nodeEdges[index + 1] as number); edge++) {
      result.push(this.nodeNumber(this.edgeTarget[edge] as number));
    }
    return result;
  }

  /** Indexes of the contacts that `node` sends on, by receiver and then start; empty for a node that the plan does not know. */
  contactsFrom(node: number): number[] {
    const index = this.#indexOfNode.get(node);
    if (index === undefined) return [];
    const first = this.edgeSlots[this.nodeEdges[index] as number] as number;
    const end = this.edgeSlots[this.nodeEdges[index + 1] as number] as number;
    return Array.from(this.slotContact.subarray(first, end));
  }

  /** Indexes of the contacts from one node to another, by start. */
  contactsBetween(from: number, to: number): number[] {
    const sender = this.#indexOfNode.get(from);
    const receiver = this.#indexOfNode.get(to);
    if (sender === undefined || receiver === undefined) return [];
    for (let edge = this.nodeEdges[sender] as number; edge < (this.nodeEdges[sender + 1] as number); edge++) {
      if (this.edgeTarget[edge] !== receiver) continue;
      return Array.from(this.slotContact.subarray(this.edgeSlots[edge], this.edgeSlots[edge + 1]));
    }
    return [];
  }

  /** The first start of any contact of the plan that is later than `afterUs`; Infinity when there is none. */
  nextContactStartUs(afterUs: number): number {
    const contacts = this.plan.contacts;
    let low = 0;
    let high = contacts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((contacts[middle] as Contact).startUs > afterUs) high = middle;
      else low = middle + 1;
    }
    return low < contacts.length ? (contacts[low] as Contact).startUs : Infinity;
  }

  /** The edge's first slot whose contact, or a longer one before it, is not over at `atUs`; the edge's end where all are over. */
  firstLiveSlot(edge: number, atUs: number): number {
    const maxEndUs = this.slotMaxEndUs;
    let low = this.edgeSlots[edge] as number;
    let high = this.edgeSlots[edge + 1] as number;
    if (high - low <= SCAN_SLOTS) {
      while (low < high && (maxEndUs[low] as number) < atUs) low++;
      return low;
    }
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((maxEndUs[middle] as number) >= atUs) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The edge's last slot whose contact starts by `byUs`; one before its first slot where all start later. */
  lastStartedSlot(edge: number, byUs: number): number {
    const startUs = this.slotStartUs;
    const first = this.edgeSlots[edge] as number;
    let low = first;
    let high = this.edgeSlots[edge + 1] as number;
    if (high - low <= SCAN_SLOTS) {
      while (high > first && (startUs[high - 1] as number) > byUs) high--;
      return high - 1;
    }
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((startUs[middle] as number) > byUs) high = middle;
      else low = middle + 1;
    }
    return low - 1;
  }

  /** Fills `target` with the microseconds that `sizeBytes` take at each of {@link rates}. */
  fillTransmissionUs(sizeBytes: number, target: Float64Array): void {
    for (let i = 0; i < this.rates.length; i++) target[i] = transmissionUs(sizeBytes, this.rates[i] as number);
  }

  /** Microseconds before a contact's end at which the last byte of a bundle of this size must have left. */
  endMarginUs(sizeBytes: number): number {
    return this.windowEnd === 'open' && sizeBytes === 0 ? 1 : 0;
  }
}

/** The items in the order of their keys, those of one key as they stood; and the first place of each key below `keyCount`. */
function sortedBy(items: Int32Array, keys: Int32Array, keyCount: number): { order: Int32Array; first: Int32Array } {
  const first = new Int32Array(keyCount + 1);
  for (let i = 0; i < items.length; i++) (first[(keys[items[i] as number] as number) + 1] as number)++;
  for (let key = 0; key < keyCount; key++) first[key + 1] = (first[key + 1] as number) + (first[key] as number);
  const next = first.slice();
  const order = new Int32Array(items.length);
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as number;
    const key = keys[item] as number;
    order[next[key] as number] = item;
    (next[key] as number)++;
  }
  return { order, first };
}

/** The different rates in the order of the slots, and each slot's place among them. */
function ratesOf(contacts: readonly Contact[], order: Int32Array): { slotRate: Int32Array; rates: Float64Array } {
  const rates: number[] = [];
  const indexes = new Map<number, number>();
  const slotRate = new Int32Array(order.length);
  for (let slot = 0; slot < order.length; slot++) {
    const { rateBytesPerSecond } = contacts[order[slot] as number] as Contact;
    let rate = indexes.get(rateBytesPerSecond);
    if (rate === undefined) {
      rate = rates.push(rateBytesPerSecond) - 1;
      indexes.set(rateBytesPerSecond, rate);
    }
    slotRate[slot] = rate;
  }
  return { slotRate, rates: Float64Array.from(rates) };
}

/** The first slot of each edge, and the number of slots. */
function firstSlotsOfEdges(order: Int32Array, senders: Int32Array, receivers: Int32Array): Int32Array {
  const first = new Int32Array(order.length + 1);
  let edges = 0;
  for (let slot = 0; slot < order.length; slot++) {
    const contact = order[slot] as number;
    const before = slot === 0 ? -1 : (order[slot - 1] as number);
    if (before >= 0 && senders[before] === senders[contact] && receivers[before] === receivers[contact]) continue;
    first[edges++] = slot;
  }
  first[edges] = order.length;
  return first.slice(0, edges + 1);
}
