/** Plans put together, and moved in time. */
import { UsageError } from '../base/errors.js';
import type { PlanContact, PlanDocument, PlanNode, RangelessContact } from '../routing/index.js';
import { allNodes, renumber } from './fit.js';

/**
 * One plan with the contacts of all. Nodes of one name are one node, and so are nodes of one number where at most one of them has a
 * name; of two nodes with different names and one number, that of the later plan gets the first number from 1 that no plan has. Where
 * plans begin at different dates, the merged one begins at the earliest, and the others' times move with it. A contact that is
 * equal to one of an earlier plan is kept once.
 *
 * Throws a UsageError `plan-epochs` where one plan with contacts has a date and another has none, since their times cannot be compared.
 */
export function mergePlans(documents: readonly PlanDocument[]): PlanDocument {
  const epochUnixUs = commonEpoch(documents);
  const nodes = new NodeUnion(documents);
  const seen = new Set<string>();
  const contacts: PlanContact[] = [];
  const rangeless: RangelessContact[] = [];
  for (const document of documents) {
    const laterUs = (document.epochUnixUs ?? 0) - (epochUnixUs ?? document.epochUnixUs ?? 0);
    const shifted = shiftPlan(document, laterUs);
    const numbers = nodes.take(document);
    const own = renumber(shifted.contacts, numbers);
    for (const contact of renumber(shifted.rangeless ?? [], numbers)) rangeless.push({ ...contact, line: undefined });
    const keys = own.map(identityOf);
    own.forEach((contact, i) => {
      // Lines of several files say nothing any more.
      if (!seen.has(keys[i] as string)) contacts.push({ ...contact, line: undefined });
    });
    for (const key of keys) seen.add(key);
  }
  const merged = { nodes: nodes.all, contacts, epochUnixUs };
  return rangeless.length === 0 ? merged : { ...merged, rangeless };
}

/**
 * The plan with every contact `byUs` microseconds later on the axis, or earlier where that is negative; the date of the axis'
 * beginning stays. Throws a UsageError `bad-shift` for a shift that is not whole, or that moves a contact before the beginning.
 */
export function shiftPlan(document: PlanDocument, byUs: number): PlanDocument {
  if (!Number.isSafeInteger(byUs)) {
    throw new UsageError('bad-shift', `a shift of ${byUs} must be whole microseconds of less than 2^53`);
  }
  if (byUs === 0) return document;
  const move = <T extends RangelessContact>(contact: T): T => {
    const moved = { ...contact, startUs: contact.startUs + byUs, endUs: contact.endUs + byUs };
    if (moved.startUs >= 0 && Number.isSafeInteger(moved.endUs)) return moved;
    throw new UsageError(
      'bad-shift',
      `the contact from ${contact.from} to ${contact.to} at ${contact.startUs} us cannot move by ${byUs} us: times must stay from 0 to 2^53 - 1`,
    );
  };
  const shifted = { ...document, contacts: document.contacts.map(move) };
  return document.rangeless === undefined ? shifted : { ...shifted, rangeless: document.rangeless.map(move) };
}

/** The earliest date of all; undefined where there is none. */
function commonEpoch(documents: readonly PlanDocument[]): number | undefined {
  const dates = documents.flatMap(({ epochUnixUs }) => (epochUnixUs === undefined ? [] : [epochUnixUs]));
  if (dates.length === 0) return undefined;
  const undated = documents.findIndex(({ epochUnixUs, contacts }) => epochUnixUs === undefined && contacts.length > 0);
  if (undated >= 0) {
    throw new UsageError(
      'plan-epochs',
      `plan ${undated + 1} has no date for its time 0 while another has one: give it an epoch, or take it from the other`,
    );
  }
  return dates.reduce((earliest, date) => Math.min(earliest, date));
}

/** Nodes of several documents under numbers that are unique. */
class NodeUnion {
  readonly #byNumber = new Map<number, PlanNode>();
  readonly #byName = new Map<string, number>();
  /** Every number of every document, so that those of later ones stay free for them. */
  readonly #reserved: Set<number>;
  #lastFree = 0;

  constructor(documents: readonly PlanDocument[]) {
    this.#reserved = new Set(documents.flatMap((document) => allNodes(document).map(({ number }) => number)));
  }

  get all(): PlanNode[] {
    return [...this.#byNumber.values()].sort((a, b) => a.number - b.number);
  }

  /** Adds a document's nodes, each as one of its own; the numbers of those that get another. */
  take(document: PlanDocument): Map<number, number> {
    const nodes = allNodes(document);
    const taken = new Map<number, number>();
    const claimed = new Set<number>();
    const claim = (node: PlanNode, number: number): void => {
      taken.set(node.number, number);
      claimed.add(number);
    };
    // Equal nodes first, then those of one name, then the others, so that no two nodes of the document become one.
    for (const node of nodes) {
      const known = this.#byNumber.get(node.number);
      if (known !== undefined && known.name === node.name) claim(node, node.number);
    }
    for (const node of nodes) {
      const known = node.name === undefined || taken.has(node.number) ? undefined : this.#byName.get(node.name);
      if (known !== undefined && !claimed.has(known)) claim(node, known);
    }
    for (const node of nodes) {
      if (taken.has(node.number)) continue;
      const other = this.#byNumber.get(node.number)?.name;
      const isFree = !claimed.has(node.number) && (node.name === undefined || other === undefined);
      claim(node, isFree ? node.number : this.#free());
    }
    for (const { number: before, name } of nodes) {
      const number = taken.get(before) as number;
      this.#byNumber.set(number, { number, name: name ?? this.#byNumber.get(number)?.name });
      if (name !== undefined && !this.#byName.has(name)) this.#byName.set(name, number);
    }
    return new Map([...taken].filter(([before, number]) => before !== number));
  }

  /** The first number from 1 that no document has. */
  #free(): number {
    do this.#lastFree++;
    while (this.#reserved.has(this.#lastFree));
    return this.#lastFree;
  }
}

function identityOf({ from, to, startUs, endUs, rateBytesPerSecond, owltUs, confidence }: PlanContact): string {
  return [from, to, startUs, endUs, rateBytesPerSecond, owltUs, confidence].join(' ');
}
