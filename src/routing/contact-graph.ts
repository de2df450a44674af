/**
 * A contact plan laid out for searching: plain typed arrays, built once for each plan and shared by all nodes of a process.
 *
 * Nodes get dense indexes in the order of their numbers. An edge is a pair (sender, receiver) that has a contact; the edges of
 * a sender stand together, and so do the contacts of an edge, as slots sorted by start. Beside each slot stands the largest
 * end up to it: the first slot that is not over at some time is found by bisection, even where contacts of a pair overlap.
 */
import { transmissionUs } from '../base/time.js';
import type { Contact, ContactPlan } from './contact-plan.js';

/** Below this many slots a plain scan for the first live one beats a bisection. */
const SCAN_SLOTS = 8;

/** The search structure of one contact plan. The arrays are for this folder's searches and are never written after construction. */
export class ContactGraph {
  readonly plan: ContactPlan;
  readonly nodeCount: number;
  readonly edgeCount: number;

  /** First edge of each node; one more entry than nodes. */
  readonly nodeEdges: Int32Array;
  /** Receiver of each edge, as a node index. */
  readonly edgeTarget: Int32Array;
  /** First slot of each edge; one more entry than edges. */
  readonly edgeSlots: Int32Array;
  /** Smallest light time of an edge's contacts. */
  readonly edgeOwltUs: Float64Array;
  /** Index into {@link rates} of the highest rate of an edge's contacts. */
  readonly edgeRate: Int32Array;

  readonly slotStartUs: Float64Array;
  readonly slotEndUs: Float64Array;
  /** Largest end of the edge's slots up to and including this one. */
  readonly slotMaxEndUs: Float64Array;
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

  constructor(plan: ContactPlan) {
    this.plan = plan;
    const { contacts, nodes } = plan;
    this.nodeCount = nodes.length;
    for (let i = 0; i < nodes.length; i++) this.#indexOfNode.set(nodes[i] as number, i);

    const order = slotOrder(contacts);
    const count = contacts.length;
    this.slotStartUs = new Float64Array(count);
    this.slotEndUs = new Float64Array(count);
    this.slotMaxEndUs = new Float64Array(count);
    this.slotOwltUs = new Float64Array(count);
    this.slotRate = new Int32Array(count);
    this.slotContact = order;
    this.slotTarget = new Int32Array(count);

    const rates: number[] = [];
    const rateIndexes = new Map<number, number>();
    const edgeTarget: number[] = [];
    const edgeSlots: number[] = [];
    const edgeOwltUs: number[] = [];
    const edgeRate: number[] = [];
    this.nodeEdges = new Int32Array(this.nodeCount + 1);
    let previous: Contact | undefined;
    for (let slot = 0; slot < count; slot++) {
      const contact = contacts[order[slot] as number] as Contact;
      let rate = rateIndexes.get(contact.rateBytesPerSecond);
      if (rate === undefined) {
        rate = rates.push(contact.rateBytesPerSecond) - 1;
        rateIndexes.set(contact.rateBytesPerSecond, rate);
      }
      let maxEndUs = contact.endUs;
      if (previous === undefined || previous.from !== contact.from || previous.to !== contact.to) {
        const sender = this.#indexOfNode.get(contact.from) as number;
        edgeTarget.push(this.#indexOfNode.get(contact.to) as number);
        edgeSlots.push(slot);
        edgeOwltUs.push(contact.owltUs);
        edgeRate.push(rate);
        this.nodeEdges[sender + 1] = edgeTarget.length;
      } else {
        const edge = edgeTarget.length - 1;
        maxEndUs = Math.max(maxEndUs, this.slotMaxEndUs[slot - 1] as number);
        if (contact.owltUs < (edgeOwltUs[edge] as number)) edgeOwltUs[edge] = contact.owltUs;
        if (contact.rateBytesPerSecond > (rates[edgeRate[edge] as number] as number)) edgeRate[edge] = rate;
      }
      this.slotStartUs[slot] = contact.startUs;
      this.slotEndUs[slot] = contact.endUs;
      this.slotMaxEndUs[slot] = maxEndUs;
      this.slotOwltUs[slot] = contact.owltUs;
      this.slotRate[slot] = rate;
      this.slotTarget[slot] = edgeTarget[edgeTarget.length - 1] as number;
      previous = contact;
    }
    for (let i = 1; i <= this.nodeCount; i++) {
      if ((this.nodeEdges[i] as number) === 0) this.nodeEdges[i] = this.nodeEdges[i - 1] as number;
    }
    this.edgeCount = edgeTarget.length;
    this.edgeTarget = Int32Array.from(edgeTarget);
    edgeSlots.push(count);
    this.edgeSlots = Int32Array.from(edgeSlots);
    this.edgeOwltUs = Float64Array.from(edgeOwltUs);
    this.edgeRate = Int32Array.from(edgeRate);
    this.rates = Float64Array.from(rates);
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

  /** Fills `target` with the microseconds that `sizeBytes` take at each of {@link rates}. */
  fillTransmissionUs(sizeBytes: number, target: Float64Array): void {
    for (let i = 0; i < this.rates.length; i++) target[i] = transmissionUs(sizeBytes, this.rates[i] as number);
  }
}

/** Contact indexes by sender, receiver and then the plan's order. */
function slotOrder(contacts: readonly Contact[]): Int32Array {
  const order = new Int32Array(contacts.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  return order.sort((a, b) => {
    const left = contacts[a] as Contact;
    const right = contacts[b] as Contact;
    return left.from - right.from || left.to - right.to || a - b;
  });
}
