import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arrivalTree,
  type Contact,
  ContactGraph,
  type ContactGraphOptions,
  ContactPlan,
  findRoute,
  type RouteQuery,
} from '../../src/routing/index.js';
import { allRoutes, departures, printed, slackPlan, tiedPlan } from './brute-force.js';
import { anyPlan } from './plans.js';

const NODES = 5;
const node = fc.integer({ min: 0, max: NODES - 1 });
const atUs = fc.integer({ min: 0, max: 14 });
const sizeBytes = fc.constantFrom(0, 0, 1, 2, 3);
const nodeSet = fc.subarray([0, 1, 2, 3, 4]).map((list) => new Set(list));

const options: fc.Arbitrary<ContactGraphOptions> = fc.record({
  windowEnd: fc.constantFrom('closed', 'open'),
  owltMarginRatio: fc.constantFrom(0, 0, 0.5),
});

const plainQuery: fc.Arbitrary<RouteQuery> = fc.record({ from: node, to: node, atUs, sizeBytes });

/** Questions with everything that a question can have; hooks and sets shrink with the numbers that make them. */
const anyQuery: fc.Arbitrary<RouteQuery> = fc
  .record({
    from: node,
    to: node,
    atUs,
    sizeBytes,
    excludedNodes: fc.option(nodeSet, { nil: undefined, freq: 2 }),
    excludedNeighbours: fc.option(nodeSet, { nil: undefined, freq: 2 }),
    contactMask: fc.option(fc.integer({ min: 0, max: 0xffff }), { nil: undefined, freq: 2 }),
    departureSeed: fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined, freq: 2 }),
    deadlineUs: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined, freq: 2 }),
  })
  .map(({ contactMask, departureSeed, ...rest }) => ({
    ...rest,
    excludedContacts: contactMask === undefined ? undefined : (index: number) => ((contactMask >> index) & 1) === 1,
    departUs: departureSeed === undefined ? undefined : departures(departureSeed),
  }));

const contact = (from: number, to: number, startUs: number, endUs: number, owltUs = 0, rateBytesPerSecond = 1e6) => ({
  from,
  to,
  startUs,
  endUs,
  rateBytesPerSecond,
  owltUs,
});

describe('findRoute', () => {
  it('finds the best of all routes under all four keys and the contacts, with its times', () => {
    fc.assert(
      fc.property(tiedPlan(NODES, 14), plainQuery, options, (plan, query, reading) => {
        expect(findRoute(new ContactGraph(plan, reading), query)).toEqual(allRoutes(plan, query, reading)[0]);
      }),
      { numRuns: 6000 },
    );
  });

  it('does so past excluded nodes, neighbours and contacts, with queues and gaps, and to a deadline', () => {
    fc.assert(
      fc.property(tiedPlan(NODES, 14), anyQuery, options, (plan, query, reading) => {
        expect(findRoute(new ContactGraph(plan, reading), query)).toEqual(allRoutes(plan, query, reading)[0]);
      }),
      { numRuns: 6000 },
    );
  });

  it('does so where all depends on the later keys, with and without queues', () => {
    const seed = fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined });
    fc.assert(
      fc.property(slackPlan(16), fc.integer({ min: 0, max: 4 }), sizeBytes, seed, (plan, at, size, departureSeed) => {
        const departUs = departureSeed === undefined ? undefined : departures(departureSeed);
        const query = { from: 0, to: 5, atUs: at, sizeBytes: size, departUs };
        expect(findRoute(new ContactGraph(plan), query)).toEqual(allRoutes(plan, query)[0]);
      }),
      { numRuns: 6000 },
    );
  });

  it('does so on plans with longer routes, and on plans with few ties', () => {
    const plans = fc.oneof(tiedPlan(8, 18, 30), anyPlan(6, 16));
    fc.assert(
      fc.property(plans, anyQuery, options, (plan, query, reading) => {
        expect(findRoute(new ContactGraph(plan, reading), query)).toEqual(allRoutes(plan, query, reading)[0]);
      }),
      { numRuns: 3000 },
    );
  });

  it('finds the live contact among many of one pair, overlapping ones included', () => {
    fc.assert(
      fc.property(anyPlan(2, 40, 200), fc.integer({ min: 0, max: 300 }), sizeBytes, (plan, at, size) => {
        const query = { from: 1, to: 2, atUs: at, sizeBytes: size };
        expect(findRoute(new ContactGraph(plan), query)).toEqual(allRoutes(plan, query)[0]);
      }),
      { numRuns: 1000 },
    );
  });

  it('changes by the shift alone when all times are shifted', () => {
    fc.assert(
      fc.property(tiedPlan(NODES, 14), plainQuery, fc.integer({ min: 1, max: 1_000_000_000 }), (plan, query, byUs) => {
        const shifted = new ContactPlan(
          plan.contacts.map((c) => ({ ...c, startUs: c.startUs + byUs, endUs: c.endUs + byUs })),
        );
        const route = findRoute(new ContactGraph(plan), query);
        const later = findRoute(new ContactGraph(shifted), { ...query, atUs: query.atUs + byUs });
        const add = (us: number) => us + byUs;
        expect(later).toEqual(
          route && {
            ...route,
            arrivalUs: add(route.arrivalUs),
            terminationUs: add(route.terminationUs),
            departuresUs: route.departuresUs.map(add),
            arrivalsUs: route.arrivalsUs.map(add),
          },
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('takes the same route when nodes are renamed in their order', () => {
    fc.assert(
      fc.property(tiedPlan(NODES, 14), plainQuery, (plan, query) => {
        const rename = (number: number) => 3 + 1_000 * number;
        const renamed = new ContactPlan(plan.contacts.map((c) => ({ ...c, from: rename(c.from), to: rename(c.to) })));
        const route = findRoute(new ContactGraph(plan), query);
        const same = findRoute(new ContactGraph(renamed), { ...query, from: rename(query.from), to: rename(query.to) });
        expect(same).toEqual(route && { ...route, entryNode: rename(route.entryNode) });
      }),
      { numRuns: 1000 },
    );
  });

  it('takes the same route when a contact is added that leads nowhere or comes too late', () => {
    fc.assert(
      fc.property(tiedPlan(NODES, 14), plainQuery, fc.boolean(), (plan, query, late) => {
        const route = findRoute(new ContactGraph(plan), query);
        const useless = late ? contact(query.from, query.to, 500, 900) : contact(query.from, 99, 0, 900);
        if (late && (query.from === query.to || route === undefined)) return;
        const more = printed(new ContactPlan([...plan.contacts, useless]));
        const same = findRoute(new ContactGraph(more), query);
        const contactsOf = (list: readonly Contact[], indexes: readonly number[] = []) => indexes.map((i) => list[i]);
        expect(contactsOf(more.contacts, same?.contacts)).toEqual(contactsOf(plan.contacts, route?.contacts));
        expect(same && { ...same, contacts: [] }).toEqual(
          route === undefined && query.from === query.to
            ? same && { ...same, contacts: [] }
            : route && { ...route, contacts: [] },
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('fits a bundle to the closed end of a contact and not a byte more', () => {
    const graph = new ContactGraph(new ContactPlan([contact(1, 2, 10, 20, 3)]));
    const at = (time: number, size: number) =>
      findRoute(graph, { from: 1, to: 2, atUs: time, sizeBytes: size })?.arrivalUs;
    expect(at(20, 0)).toBe(23);
    expect(at(21, 0)).toBeUndefined();
    expect(at(12, 8)).toBe(23);
    expect(at(12, 9)).toBeUndefined();
    expect(at(0, 10)).toBe(23);
    expect(at(0, 11)).toBeUndefined();
  });

  it('keeps a bundle without length from leaving at an open end, and takes no byte from others', () => {
    const plan = new ContactPlan([contact(1, 2, 10, 20, 3), contact(1, 3, 5, 5, 3, Infinity)]);
    const graph = new ContactGraph(plan, { windowEnd: 'open' });
    const at = (to: number, time: number, size: number) =>
      findRoute(graph, { from: 1, to, atUs: time, sizeBytes: size })?.arrivalUs;
    expect(at(2, 19, 0)).toBe(22);
    expect(at(2, 20, 0)).toBeUndefined();
    expect(at(2, 12, 8)).toBe(23);
    expect(at(3, 0, 0)).toBeUndefined();
    expect(findRoute(new ContactGraph(plan), { from: 1, to: 3, atUs: 0, sizeBytes: 0 })?.arrivalUs).toBe(8);
  });

  it('does not come back through the source to get around an excluded neighbour', () => {
    const plan = new ContactPlan([contact(1, 2, 0, 9), contact(2, 1, 0, 9), contact(1, 3, 0, 9)]);
    const query = { from: 1, to: 3, atUs: 0, sizeBytes: 0, excludedNeighbours: new Set([3]) };
    expect(findRoute(new ContactGraph(plan), query)).toBeUndefined();
  });

  it('has no hop from a node to itself and no route where a node is unknown', () => {
    const graph = new ContactGraph(new ContactPlan([contact(1, 2, 0, 9)]));
    expect(findRoute(graph, { from: 1, to: 1, atUs: 5, sizeBytes: 1 })).toMatchObject({
      arrivalUs: 5,
      hops: 0,
      contacts: [],
      entryNode: 1,
    });
    expect(findRoute(graph, { from: 1, to: 7, atUs: 5, sizeBytes: 1 })).toBeUndefined();
    expect(findRoute(graph, { from: 7, to: 1, atUs: 5, sizeBytes: 1 })).toBeUndefined();
    expect(findRoute(new ContactGraph(new ContactPlan([])), { from: 1, to: 2, atUs: 0, sizeBytes: 0 })).toBeUndefined();
  });

  it('refuses times and sizes that are not numbers of at least 0, and times with a fraction', () => {
    const graph = new ContactGraph(new ContactPlan([contact(1, 2, 0, 9)]));
    const refused = expect.objectContaining({ code: 'bad-route-query' });
    expect(() => findRoute(graph, { from: 1, to: 2, atUs: -1, sizeBytes: 1 })).toThrow(refused);
    expect(() => findRoute(graph, { from: 1, to: 2, atUs: 0.5, sizeBytes: 1 })).toThrow(refused);
    expect(() => arrivalTree(graph, { from: 1, atUs: 0, sizeBytes: Number.NaN })).toThrow(refused);
    const query = { from: 1, to: 2, atUs: 0, sizeBytes: 1 };
    expect(() => findRoute(graph, { ...query, departUs: () => Number.NaN })).toThrow(refused);
  });

  it('answers or refuses, and ends, when a hook breaks its promise', () => {
    fc.assert(
      fc.property(tiedPlan(NODES, 14), plainQuery, fc.integer({ min: 0, max: 6 }), (plan, query, seed) => {
        const departUs = (index: number, readyUs: number) => readyUs + ((index * 5 + readyUs * 3 + seed) % 7);
        try {
          findRoute(new ContactGraph(plan), { ...query, departUs });
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad-route-query' });
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('arrivalTree', () => {
  it('has the best of all routes to every node, and outlives later searches', () => {
    fc.assert(
      fc.property(tiedPlan(NODES, 12), anyQuery, options, (plan, { to: _, ...query }, reading) => {
        const graph = new ContactGraph(plan, reading);
        const tree = arrivalTree(graph, query);
        for (const other of plan.nodes) arrivalTree(graph, { from: other, atUs: 0, sizeBytes: 0 });
        for (const to of plan.nodes) {
          const best = allRoutes(plan, { ...query, to }, reading)[0];
          if (to !== query.from) expect(tree.arrivalUs(to)).toBe(best?.arrivalUs ?? Infinity);
          expect(tree.route(to)).toEqual(best);
          if (to !== query.from) expect(tree.hops(to)).toBe(best?.hops ?? -1);
          expect(tree.firstContact(to)).toBe(best?.contacts[0] ?? -1);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('reaches nothing from a node that is not in the plan', () => {
    const tree = arrivalTree(new ContactGraph(new ContactPlan([contact(1, 2, 0, 9)])), {
      from: 5,
      atUs: 3,
      sizeBytes: 0,
    });
    expect([tree.arrivalUs(5), tree.arrivalUs(1), tree.hops(1), tree.firstContact(2)]).toEqual([3, Infinity, -1, -1]);
    expect(tree.route(2)).toBeUndefined();
  });
});
