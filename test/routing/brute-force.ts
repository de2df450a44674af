/**
 * All routes of small plans by listing them: every sequence of contacts that repeats no node, in the order of the four keys. Written
 * for the tests alone, from the rules and not from the searches, and shares nothing with those but the type of a contact.
 */
import fc from 'fast-check';
import { type Contact, type ContactGraphOptions, ContactPlan, type RouteQuery } from '../../src/routing/index.js';
import { planText } from './plans.js';

/** A listed route; the lists have one entry for each hop. */
export interface ListedRoute {
  readonly arrivalUs: number;
  readonly hops: number;
  readonly terminationUs: number;
  readonly entryNode: number;
  readonly contacts: readonly number[];
  readonly departuresUs: readonly number[];
  readonly arrivalsUs: readonly number[];
}

/** All routes, best first: earliest arrival, fewest hops, latest termination, smallest entry node, smallest contacts hop by hop. */
export function allRoutes(plan: ContactPlan, query: RouteQuery, options: ContactGraphOptions = {}): ListedRoute[] {
  const routes: ListedRoute[] = [];
  const visited = [query.from];
  const contacts: number[] = [];
  const departuresUs: number[] = [];
  const arrivalsUs: number[] = [];
  const visit = (node: number, readyUs: number, ends: number) => {
    if (node === query.to) {
      if (readyUs > (query.deadlineUs ?? Infinity)) return;
      routes.push({
        arrivalUs: readyUs,
        hops: contacts.length,
        terminationUs: ends,
        entryNode: visited[1] ?? node,
        contacts: [...contacts],
        departuresUs: [...departuresUs],
        arrivalsUs: [...arrivalsUs],
      });
      return;
    }
    plan.contacts.forEach((contact, index) => {
      if (contact.from !== node || visited.includes(contact.to)) return;
      if (query.excludedNodes?.has(contact.to) || query.excludedContacts?.(index)) return;
      if (contacts.length === 0 && query.excludedNeighbours?.has(contact.to)) return;
      const leaveUs = leavesAt(contact, index, readyUs, query, options);
      if (leaveUs === undefined) return;
      const arrivalUs = leaveUs + sentUs(contact, query.sizeBytes) + lightUs(contact, options);
      visited.push(contact.to);
      contacts.push(index);
      departuresUs.push(leaveUs);
      arrivalsUs.push(arrivalUs);
      visit(contact.to, arrivalUs, Math.min(ends, contact.endUs));
      for (const list of [visited, contacts, departuresUs, arrivalsUs]) list.pop();
    });
  };
  if (plan.nodes.includes(query.from) && plan.nodes.includes(query.to)) visit(query.from, query.atUs, Infinity);
  return routes.sort(byFourKeys);
}

function leavesAt(
  contact: Contact,
  index: number,
  readyUs: number,
  query: RouteQuery,
  options: ContactGraphOptions,
): number | undefined {
  const openUs = Math.max(readyUs, contact.startUs);
  const leaveUs = query.departUs === undefined ? openUs : Math.max(openUs, Math.ceil(query.departUs(index, openUs)));
  if (leaveUs + sentUs(contact, query.sizeBytes) > contact.endUs) return undefined;
  if (query.sizeBytes === 0 && options.windowEnd === 'open' && leaveUs >= contact.endUs) return undefined;
  return leaveUs;
}

function sentUs(contact: Contact, sizeBytes: number): number {
  return contact.rateBytesPerSecond === Infinity ? 0 : Math.ceil((sizeBytes * 1e6) / contact.rateBytesPerSecond);
}

function lightUs(contact: Contact, options: ContactGraphOptions): number {
  return contact.owltUs + Math.round(contact.owltUs * (options.owltMarginRatio ?? 0));
}

function byFourKeys(a: ListedRoute, b: ListedRoute): number {
  const keysOf = (route: ListedRoute) => [
    route.arrivalUs,
    route.hops,
    -route.terminationUs,
    route.entryNode,
    ...route.contacts,
  ];
  const [left, right] = [keysOf(a), keysOf(b)];
  const place = left.findIndex((key, i) => key !== right[i]);
  return place < 0 ? 0 : (left[place] as number) - (right[place] as number);
}

/**
 * Plans where routes tie often: few different times, light times of 0, contacts of a pair that overlap, contacts of one instant,
 * rates without limit, and a node 0. They print themselves when a property fails.
 */
export function tiedPlan(mostNodes: number, mostContacts: number, horizonUs = 12): fc.Arbitrary<ContactPlan> {
  const contact = fc.record({
    from: fc.integer({ min: 0, max: mostNodes - 1 }),
    to: fc.integer({ min: 0, max: mostNodes - 1 }),
    startUs: fc.integer({ min: 0, max: horizonUs }),
    lengthUs: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 2 * horizonUs })),
    rateBytesPerSecond: fc.constantFrom(1e6, 1e6, 5e5, Infinity),
    owltUs: fc.constantFrom(0, 0, 1, 1, 2, 5),
  });
  return fc.array(contact, { minLength: 1, maxLength: mostContacts }).map((list) => {
    const contacts = list
      .filter((c) => c.from !== c.to)
      .map(({ lengthUs, ...c }) => ({ ...c, endUs: c.startUs + lengthUs }));
    return printed(new ContactPlan(contacts));
  });
}

/**
 * Plans from node 0 to node 5 over two nodes and two more, whose last hops open late: whatever comes until then arrives at the
 * same time, so that the further keys decide, and a later end of one contact costs time that another one needs.
 */
export function slackPlan(mostContacts: number): fc.Arbitrary<ContactPlan> {
  const hop = fc.constantFrom([0, 1], [0, 2], [1, 3], [2, 3], [1, 4], [2, 4], [1, 2], [3, 4]);
  const contact = fc.record({
    hop,
    startUs: fc.integer({ min: 0, max: 10 }),
    lengthUs: fc.integer({ min: 0, max: 14 }),
    rateBytesPerSecond: fc.constantFrom(1e6, 1e6, 5e5, Infinity),
    owltUs: fc.integer({ min: 0, max: 4 }),
  });
  const last = fc.record({ from: fc.constantFrom(3, 4), endUs: fc.integer({ min: 14, max: 22 }) });
  return fc
    .tuple(fc.array(contact, { minLength: 4, maxLength: mostContacts }), fc.array(last, { minLength: 1, maxLength: 3 }))
    .map(([list, lasts]) => {
      const contacts = list.map(({ hop: [from, to], lengthUs, ...c }) => ({
        ...c,
        from: from as number,
        to: to as number,
        endUs: c.startUs + lengthUs,
      }));
      const late = { to: 5, startUs: 14, rateBytesPerSecond: Infinity, owltUs: 1 };
      return printed(new ContactPlan([...contacts, ...lasts.map((each) => ({ ...late, ...each }))]));
    });
}

/** The plan, which will print itself as text. */
export function printed(plan: ContactPlan): ContactPlan {
  return Object.assign(plan, { [fc.toStringMethod]: () => planText(plan) });
}

/**
 * When contacts are free, by kinds that take turns over the contacts: at once; busy for a while in between; a queue from the start; in
 * steps; not any more after some time. None decreases.
 */
export function departures(seed: number): (contactIndex: number, readyUs: number) => number {
  return (contactIndex, readyUs) => {
    const turn = (contactIndex * 7 + seed) % 11;
    switch (turn % 5) {
      case 0:
        return readyUs;
      case 1:
        return readyUs >= turn && readyUs < turn + 3 ? turn + 3 : readyUs;
      case 2:
        return Math.max(readyUs, turn + 0.5);
      case 3:
        return Math.ceil(readyUs / 4) * 4;
      default:
        return readyUs > turn ? Infinity : readyUs + 1;
    }
  };
}
