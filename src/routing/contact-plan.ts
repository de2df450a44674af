/**
 * A contact plan: who can send to whom, when, how fast and how far away (CCSDS 734.3-B-1 section 2.3).
 *
 * Contacts are directed and their times are integer microseconds on the plan's own axis, so that two arrivals either tie
 * exactly or do not. A contact carries its one-way light time itself; formats that keep contacts and ranges apart are joined
 * by their readers.
 */
import { UsageError } from '../base/errors.js';

/**
 * The highest node number of an `ipn` endpoint: 2^32 - 1 stands for the node itself (RFC 9758). 0 is the null endpoint, which no
 * bundle can be sent to, but plans number their nodes from 0 too.
 */
export const MAX_NODE = 4_294_967_294;

/** One directed opportunity to transmit. Bytes may leave from `startUs` until `endUs`, the end included. */
export interface Contact {
  /** Node number of the sender. */
  readonly from: number;
  /** Node number of the receiver. */
  readonly to: number;
  readonly startUs: number;
  /** Not before `startUs`. The last byte of a bundle must have left by then; where both are one, only bundles without length can. */
  readonly endUs: number;
  /** Above 0; Infinity for a contact without a limit, on which a bundle takes no time. */
  readonly rateBytesPerSecond: number;
  /** One-way light time, at least 0. */
  readonly owltUs: number;
}

/** An immutable set of contacts in a fixed order; contacts of one pair may overlap and differ in rate and light time. */
export class ContactPlan {
  /** Sorted by start, sender, receiver, then end, rate and light time. A contact's place here is its index everywhere else. */
  readonly contacts: readonly Contact[];
  /** The numbers of all nodes that send or receive, ascending. */
  readonly nodes: readonly number[];
  /** The last end of a contact, or 0 for an empty plan. */
  readonly horizonUs: number;

  /**
   * Throws a UsageError `bad-contact` that names the contact's place in the given list unless each has from != to, whole node
   * numbers from 0 to {@link MAX_NODE}, whole times with end >= start >= 0, a rate above 0 and a whole light time of at least 0.
   */
  constructor(contacts: readonly Contact[]) {
    let horizonUs = 0;
    const nodes = new Set<number>();
    for (let i = 0; i < contacts.length; i++) {
      const contact = contacts[i] as Contact;
      const problem = problemOf(contact);
      if (problem !== undefined) throw new UsageError('bad-contact', `contact ${i}: ${problem}`);
      nodes.add(contact.from);
      nodes.add(contact.to);
      if (contact.endUs > horizonUs) horizonUs = contact.endUs;
    }
    this.contacts = contacts.slice().sort(compareContacts);
    this.nodes = [...nodes].sort((a, b) => a - b);
    this.horizonUs = horizonUs;
  }
}

/** The order of contacts in a plan: start, sender, receiver, end, rate, light time. */
export function compareContacts(a: Contact, b: Contact): number {
  return (
    a.startUs - b.startUs ||
    a.from - b.from ||
    a.to - b.to ||
    a.endUs - b.endUs ||
    a.rateBytesPerSecond - b.rateBytesPerSecond ||
    a.owltUs - b.owltUs
  );
}

function problemOf(contact: Contact): string | undefined {
  const { from, to, startUs, endUs, rateBytesPerSecond, owltUs } = contact;
  if (!isNode(from) || !isNode(to)) return `node numbers ${from} and ${to} must be whole and from 0 to ${MAX_NODE}`;
  if (from === to) return `node ${from} sends to itself`;
  if (!isWhole(startUs) || !isWhole(endUs))
    return `times ${startUs} and ${endUs} must be whole microseconds, at least 0`;
  if (endUs < startUs) return `its end ${endUs} must not be before its start ${startUs}`;
  if (!(rateBytesPerSecond > 0)) return `its rate ${rateBytesPerSecond} must be above 0`;
  if (!isWhole(owltUs)) return `its light time ${owltUs} must be whole microseconds, at least 0`;
  return undefined;
}

function isNode(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= MAX_NODE;
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
