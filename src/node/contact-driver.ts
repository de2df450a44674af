/**
 * Tells a node of its contacts as the plan has them: when it can transmit to a neighbour, and when it cannot any more. It knows the plan
 * and the time, and nothing of links or addresses: over UDP a contact is there when the plan says so.
 */
import { PriorityQueue } from '../base/priority-queue.js';
import type { Contact, ContactPlan } from '../routing/index.js';
import type { NodeInput } from '../runtime/node-io.js';

/** A contact with its index in the plan. */
interface Planned {
  readonly index: number;
  readonly contact: Contact;
}

/** The contacts of one node, as time goes on. */
export class ContactDriver {
  /** Those that this node sends on, ascending by start. */
  readonly #contacts: readonly Planned[];
  #next = 0;
  readonly #ends = new PriorityQueue<Planned>();
  readonly #open = new Map<number, Planned[]>();
  /** What the node was told last, by neighbour. */
  readonly #told = new Map<number, Planned>();

  constructor(plan: ContactPlan, node: number) {
    this.#contacts = plan.contacts.flatMap((contact, index) => (contact.from === node ? [{ index, contact }] : []));
  }

  /** When the next contact begins or ends, in microseconds of the plan; Infinity for never. */
  nextUs(): number {
    const startUs = this.#contacts[this.#next]?.contact.startUs ?? Number.POSITIVE_INFINITY;
    return Math.min(startUs, this.#ends.peekKey() ?? Number.POSITIVE_INFINITY);
  }

  /** How many neighbours the node can transmit to. */
  get openContacts(): number {
    return this.#told.size;
  }

  /**
   * What the node is to be told so that it knows the sky of `nowUs`. What began and ended since the call before is passed over. Of
   * contacts that overlap the fastest is told, and of equal ones the one that ends last.
   */
  advance(nowUs: number): NodeInput[] {
    const touched = new Set<number>();
    for (let each = this.#contacts[this.#next]; each !== undefined; each = this.#contacts[this.#next]) {
      if (each.contact.startUs > nowUs) break;
      this.#next++;
      if (each.contact.endUs <= nowUs) continue;
      const open = this.#open.get(each.contact.to);
      if (open === undefined) this.#open.set(each.contact.to, [each]);
      else open.push(each);
      this.#ends.push(each.contact.endUs, each);
      touched.add(each.contact.to);
    }
    for (let endUs = this.#ends.peekKey(); endUs !== undefined && endUs <= nowUs; endUs = this.#ends.peekKey()) {
      const ended = this.#ends.pop() as Planned;
      const open = this.#open.get(ended.contact.to) as Planned[];
      open.splice(open.indexOf(ended), 1);
      touched.add(ended.contact.to);
    }
    const inputs: NodeInput[] = [];
    for (const neighbour of touched) {
      const input = this.#bring(neighbour);
      if (input !== undefined) inputs.push(input);
    }
    return inputs;
  }

  /** Brings what the node knows of a neighbour in line with what is. */
  #bring(neighbour: number): NodeInput | undefined {
    const best = bestOf(this.#open.get(neighbour) ?? []);
    if (best === this.#told.get(neighbour)) return undefined;
    if (best === undefined) {
      this.#told.delete(neighbour);
      return { kind: 'contact-ended', to: neighbour, failed: false };
    }
    this.#told.set(neighbour, best);
    const { to, endUs, rateBytesPerSecond, owltUs } = best.contact;
    return { kind: 'contact-started', contact: { contact: best.index, to, endUs, rateBytesPerSecond, owltUs } };
  }
}

function bestOf(open: readonly Planned[]): Planned | undefined {
  let best: Planned | undefined;
  for (const each of open) {
    const { rateBytesPerSecond: rate, endUs } = each.contact;
    if (best === undefined || rate > best.contact.rateBytesPerSecond) best = each;
    else if (rate === best.contact.rateBytesPerSecond && endUs > best.contact.endUs) best = each;
  }
  return best;
}
