/** Small random contact plans for properties, an exhaustive search over them, and checks on routes. */
import fc from 'fast-check';
import { transmissionUs } from '../../src/base/time.js';
import { type Contact, type ContactGraph, ContactPlan, type Route } from '../../src/routing/index.js';

/** ION-like lines, also of plans whose contacts overlap. */
export function planText(plan: ContactPlan): string {
  const lines = plan.contacts.map(
    (c, i) =>
      `a contact +${c.startUs}us +${c.endUs}us ${c.from} ${c.to} ${c.rateBytesPerSecond}  # ${i}, light ${c.owltUs} us`,
  );
  return `\n${lines.join('\n')}\n`;
}

/** Plans on a scale of microseconds, where a byte takes 1 to 4; they shrink and print themselves when a property fails. */
export function anyPlan(mostNodes: number, mostContacts: number, horizonUs = 60): fc.Arbitrary<ContactPlan> {
  const contact = fc.record({
    from: fc.integer({ min: 1, max: mostNodes }),
    to: fc.integer({ min: 1, max: mostNodes }),
    startUs: fc.integer({ min: 0, max: horizonUs }),
    lengthUs: fc.integer({ min: 1, max: horizonUs }),
    rateBytesPerSecond: fc.constantFrom(1_000_000, 1_000_000, 500_000, 300_000),
    owltUs: fc.integer({ min: 0, max: 8 }),
  });
  return fc.array(contact, { maxLength: mostContacts }).map((list) => {
    const contacts = list
      .filter((c) => c.from !== c.to)
      .map(({ lengthUs, ...c }) => ({ ...c, endUs: c.startUs + lengthUs }));
    const plan = new ContactPlan(contacts);
    return Object.assign(plan, { [fc.toStringMethod]: () => planText(plan) });
  });
}

/** What listing all routes without a repeated node finds. */
export interface Exhaustive {
  /** By node; absent where there is no way. */
  readonly arrivalUs: Map<number, number>;
  /** Fewest hops of a route that reaches each of its nodes at the earliest. */
  readonly hops: Map<number, number>;
  /** Latest termination of such a route with the fewest hops. */
  readonly terminationUs: Map<number, number>;
}

/** Lists every sequence of contacts that repeats no node. */
export function exhaustive(
  plan: ContactPlan,
  query: {
    from: number;
    atUs: number;
    sizeBytes: number;
    excludedNeighbours?: ReadonlySet<number>;
    excludedContacts?: (index: number) => boolean;
  },
): Exhaustive {
  const found: Exhaustive = { arrivalUs: new Map(), hops: new Map(), terminationUs: new Map() };
  const visit = (
    node: number,
    atUs: number,
    path: number[],
    reach: (node: number, atUs: number, hops: number, ends: number) => boolean,
    ends: number,
  ) => {
    if (!reach(node, atUs, path.length - 1, ends)) return;
    plan.contacts.forEach((contact, index) => {
      if (contact.from !== node || path.includes(contact.to)) return;
      if (query.excludedContacts?.(index) || (path.length === 1 && query.excludedNeighbours?.has(contact.to))) return;
      const leaveUs = Math.max(atUs, contact.startUs);
      const doneUs = leaveUs + transmissionUs(query.sizeBytes, contact.rateBytesPerSecond);
      if (doneUs > contact.endUs) return;
      visit(contact.to, doneUs + contact.owltUs, [...path, contact.to], reach, Math.min(ends, contact.endUs));
    });
  };
  visit(
    query.from,
    query.atUs,
    [query.from],
    (node, atUs) => {
      if (atUs < (found.arrivalUs.get(node) ?? Infinity)) found.arrivalUs.set(node, atUs);
      return true;
    },
    Infinity,
  );
  visit(
    query.from,
    query.atUs,
    [query.from],
    (node, atUs, hops, ends) => {
      if (atUs !== found.arrivalUs.get(node)) return false;
      const fewest = found.hops.get(node) ?? Infinity;
      if (hops < fewest || (hops === fewest && ends > (found.terminationUs.get(node) as number))) {
        found.hops.set(node, hops);
        found.terminationUs.set(node, ends);
      }
      return true;
    },
    Infinity,
  );
  return found;
}

/** What is wrong with a route, hop by hop; undefined where it can be flown as it says. */
export function faultOf(
  graph: ContactGraph,
  route: Route,
  from: number,
  to: number,
  atUs: number,
  sizeBytes: number,
): string | undefined {
  let node = from;
  let readyUs = atUs;
  let ends = Infinity;
  for (let hop = 0; hop < route.hops; hop++) {
    const contact: Contact = graph.contact(route.contacts[hop] as number);
    if (contact.from !== node) return `hop ${hop} leaves from ${contact.from}, not ${node}`;
    const doneUs = Math.max(readyUs, contact.startUs) + transmissionUs(sizeBytes, contact.rateBytesPerSecond);
    if (doneUs > contact.endUs) return `hop ${hop} does not fit`;
    readyUs = doneUs + contact.owltUs;
    if (readyUs !== route.arrivalsUs[hop]) return `hop ${hop} arrives at ${readyUs}, not ${route.arrivalsUs[hop]}`;
    node = contact.to;
    ends = Math.min(ends, contact.endUs);
  }
  if (node !== to) return `ends at ${node}, not ${to}`;
  if (route.contacts.length !== route.hops || route.arrivalsUs.length !== route.hops) return 'lists of another length';
  if (readyUs !== route.arrivalUs) return `arrives at ${readyUs}, not ${route.arrivalUs}`;
  return ends === route.terminationUs ? undefined : `terminates at ${ends}, not ${route.terminationUs}`;
}
