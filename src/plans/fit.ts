/**
 * Steps that make a plan fit a format: each counts what is lost and gives the nearest plan that the format can hold. Nearest is
 * conservative: no step lets a contact carry more, begin earlier, end later or arrive sooner.
 */
import { US_PER_SECOND } from '../base/time.js';
import type { PlanContact, PlanDocument, PlanNode, RangelessContact } from '../routing/index.js';
import { formatSeconds } from './decimal.js';
import { type LossBook, UNLIMITED_AS_BYTES_PER_SECOND } from './plan-losses.js';

/** Every node of a document, ascending: those that it lists and those that only contacts name. */
export function allNodes({ nodes, contacts, rangeless = [] }: PlanDocument): PlanNode[] {
  const byNumber = new Map(nodes.map((node) => [node.number, node]));
  for (const { from, to } of [...contacts, ...rangeless]) {
    for (const number of [from, to]) if (!byNumber.has(number)) byNumber.set(number, { number, name: undefined });
  }
  return [...byNumber.values()].sort((a, b) => a.number - b.number);
}

/** Gives unlimited contacts a limit, unless `unlimited` says that the format has such, and lowers what is above its highest rate. */
export function limitRates(
  contacts: readonly PlanContact[],
  book: LossBook,
  mostBytesPerSecond: number,
  unlimited = UNLIMITED_AS_BYTES_PER_SECOND,
): PlanContact[] {
  return contacts.map((contact) => {
    const { rateBytesPerSecond } = contact;
    if (rateBytesPerSecond <= mostBytesPerSecond) return contact;
    if (rateBytesPerSecond < Infinity) {
      book.addContact('rate-too-high', contact, `${rateBytesPerSecond} bytes/s`);
      return { ...contact, rateBytesPerSecond: mostBytesPerSecond };
    }
    if (unlimited === Infinity) return contact;
    book.addContact('unlimited-rate', contact, 'unlimited');
    return { ...contact, rateBytesPerSecond: unlimited };
  });
}

/** Leaves out contacts without length. */
export function leaveOutInstants(contacts: readonly PlanContact[], book: LossBook): PlanContact[] {
  return contacts.filter((contact) => {
    if (contact.endUs > contact.startUs) return true;
    book.addContact('no-length', contact, 'ends where it begins');
    return false;
  });
}

/** Rounds times to whole seconds. */
export function wholeSeconds(contacts: readonly PlanContact[], book: LossBook): PlanContact[] {
  return contacts.flatMap((contact) => {
    const { startUs, endUs, owltUs } = contact;
    const odd = [startUs, endUs, owltUs].find((us) => us % US_PER_SECOND !== 0);
    if (odd === undefined) return [contact];
    book.addContact('time-fraction', contact, `${formatSeconds(odd)} s`);
    const start = Math.ceil(startUs / US_PER_SECOND) * US_PER_SECOND;
    const end = Math.floor(endUs / US_PER_SECOND) * US_PER_SECOND;
    const light = Math.ceil(owltUs / US_PER_SECOND) * US_PER_SECOND;
    // What is rounded up may be out of reach.
    const isLeft = end > start && Number.isSafeInteger(light);
    return isLeft ? [{ ...contact, startUs: start, endUs: end, owltUs: light }] : [];
  });
}

/** Rounds rates down to whole bits per second; unlimited ones stay. */
export function wholeBits(contacts: readonly PlanContact[], book: LossBook): PlanContact[] {
  return contacts.flatMap((contact) => {
    const bits = contact.rateBytesPerSecond * 8;
    if (bits === Infinity || Number.isInteger(bits)) return [contact];
    book.addContact('rate-fraction', contact, `${contact.rateBytesPerSecond} bytes/s`);
    return bits < 1 ? [] : [{ ...contact, rateBytesPerSecond: Math.floor(bits) / 8 }];
  });
}

/** Cuts contacts of one direction so that none overlaps another; the order stays. */
export function cutOverlaps(contacts: readonly PlanContact[], book: LossBook): PlanContact[] {
  const order = contacts
    .map((_, i) => i)
    .sort((a, b) => {
      const [one, other] = [contacts[a] as PlanContact, contacts[b] as PlanContact];
      return one.startUs - other.startUs || other.rateBytesPerSecond - one.rateBytesPerSecond || a - b;
    });
  const busyUntilUs = new Map<string, number>();
  const kept: (PlanContact | undefined)[] = contacts.slice();
  for (const i of order) {
    const contact = contacts[i] as PlanContact;
    const pair = `${contact.from} ${contact.to}`;
    const untilUs = busyUntilUs.get(pair) ?? 0;
    if (contact.startUs < untilUs) {
      book.addContact('overlap', contact, `another is open until ${formatSeconds(untilUs)} s`);
      kept[i] = contact.endUs > untilUs ? { ...contact, startUs: untilUs } : undefined;
    }
    busyUntilUs.set(pair, Math.max(untilUs, contact.endUs));
  }
  return kept.filter((contact) => contact !== undefined);
}

/** Gives node 0 the first number from 1 that is free. */
export function moveNodeZero(
  contacts: readonly PlanContact[],
  nodes: readonly PlanNode[],
  book: LossBook,
): PlanContact[] {
  if (!contacts.some(({ from, to }) => from === 0 || to === 0)) return contacts.slice();
  let free = 1;
  for (const { number } of nodes) if (number === free) free++;
  book.add('node-zero', `node 0 as node ${free}`);
  return renumber(contacts, new Map([[0, free]]));
}

/**
 * A name for every node, each only once: its own in a form that the format can hold, or its number. Names that the format cannot
 * hold, that are made up, or that another node has already, are counted.
 */
export function uniqueNames(
  nodes: readonly PlanNode[],
  holdable: (name: string) => string,
  book: LossBook,
): Map<number, string> {
  const taken = new Set<string>();
  const names = new Map<number, string>();
  for (const { number, name } of nodes) {
    let chosen = name === undefined ? String(number) : holdable(name);
    if (taken.has(chosen)) chosen = `${chosen}_${number}`;
    while (taken.has(chosen)) chosen += '_';
    taken.add(chosen);
    names.set(number, chosen);
    const before = name === undefined ? `node ${number}, which has no name` : JSON.stringify(name);
    if (chosen !== name) book.add('names-changed', `${before} becomes ${JSON.stringify(chosen)}`);
  }
  return names;
}

/** Contacts with other node numbers; nodes that the map has not keep theirs. */
export function renumber<T extends RangelessContact>(
  contacts: readonly T[],
  numbers: ReadonlyMap<number, number>,
): T[] {
  return contacts.map((contact) => ({
    ...contact,
    from: numbers.get(contact.from) ?? contact.from,
    to: numbers.get(contact.to) ?? contact.to,
  }));
}

/** Counts what of a document the format has no place for at all. */
export function countUnkept(
  document: PlanDocument,
  kept: {
    readonly epoch?: boolean;
    readonly names?: boolean;
    readonly idleNodes?: boolean;
    readonly confidence?: boolean;
    readonly rangeless?: boolean;
  },
  book: LossBook,
): void {
  const { contacts, rangeless = [], epochUnixUs } = document;
  if (kept.rangeless !== true) for (const contact of rangeless) book.addContact('rangeless', contact, 'no light time');
  if (kept.epoch !== true && epochUnixUs !== undefined) book.add('epoch', 'the epoch');
  if (kept.confidence !== true) {
    for (const contact of contacts) {
      if (contact.confidence !== undefined) book.addContact('confidence', contact, String(contact.confidence));
    }
  }
  const told = kept.rangeless === true ? [...contacts, ...rangeless] : contacts;
  const busy = new Set(told.flatMap(({ from, to }) => [from, to]));
  for (const { number, name } of allNodes(document)) {
    if (kept.names !== true && name !== undefined) book.add('names', `${number} is ${JSON.stringify(name)}`);
    if (kept.idleNodes !== true && !busy.has(number)) book.add('idle-nodes', `node ${number}`);
  }
}

/** Counts contacts with numbers that only readers like ours take: times and rates that are not whole, contacts without length. */
export function countDialect(contacts: readonly PlanContact[], book: LossBook): void {
  for (const contact of contacts) {
    const { startUs, endUs, rateBytesPerSecond, owltUs } = contact;
    const isWhole = [startUs, endUs, owltUs].every((us) => us % US_PER_SECOND === 0);
    if (isWhole && endUs > startUs && /^\d+$/.test(String(rateBytesPerSecond))) continue;
    const window = `${formatSeconds(startUs)} to ${formatSeconds(endUs)} s`;
    book.addContact('dialect', contact, `${window}, ${rateBytesPerSecond} bytes/s, light ${formatSeconds(owltUs)} s`);
  }
}
