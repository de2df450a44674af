/** What happens to a contact plan while a run goes on, as new plans and as keys of single contacts. Knows no links and no nodes. */
import { secondsToUs, usToSeconds } from '../base/time.js';
import { type Contact, ContactPlan } from '../routing/index.js';
import type { ScenarioContactFault } from './scenario-faults.js';

/** A contact as a fault names it: sender, receiver and planned start. */
export function contactKey({ from, to, startUs }: Pick<Contact, 'from' | 'to' | 'startUs'>): string {
  return `${from}>${to}@${startUs}`;
}

/** The key of the contact that a fault is about. */
export function faultKey({ from, to, start }: ScenarioContactFault): string {
  return contactKey({ from, to, startUs: secondsToUs(start) });
}

/** The plan after a fault that everybody learns of: without the contact, slower, or with a later start where anything is left of it. */
export function planAfter(plan: ContactPlan, fault: ScenarioContactFault): ContactPlan {
  const key = faultKey(fault);
  return new ContactPlan(
    plan.contacts.flatMap((contact) => {
      if (contactKey(contact) !== key) return [contact];
      if (fault.kind === 'contact-cancelled') return [];
      if (fault.kind === 'contact-slower') return [slowed(contact, fault.factor)];
      const startUs = contact.startUs + secondsToUs(fault.bySeconds);
      return startUs < contact.endUs ? [{ ...contact, startUs }] : [];
    }),
  );
}

/** A contact that carries less. */
export function slowed(contact: Contact, factor: number): Contact {
  return { ...contact, rateBytesPerSecond: contact.rateBytesPerSecond * factor };
}

/** The starts of the contacts from one node to another, in seconds: what a fault may name. */
export function startsOf(plan: ContactPlan, from: number, to: number): number[] {
  return plan.contacts
    .filter((contact) => contact.from === from && contact.to === to)
    .map(({ startUs }) => usToSeconds(startUs));
}

/** Whether two plans mean the same by a contact each. */
export function isSameContact(a: Contact, b: Contact): boolean {
  return (
    a.from === b.from &&
    a.to === b.to &&
    a.startUs === b.startUs &&
    a.endUs === b.endUs &&
    a.rateBytesPerSecond === b.rateBytesPerSecond &&
    a.owltUs === b.owltUs
  );
}
