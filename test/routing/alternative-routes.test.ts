import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ContactGraph,
  ContactPlan,
  compareRoutes,
  findRoutes,
  type Route,
  type RouteQuery,
  routesByNeighbour,
} from '../../src/routing/index.js';
import { allRoutes, departures, slackPlan, tiedPlan } from './brute-force.js';

const node = fc.integer({ min: 0, max: 4 });
const anyQuery: fc.Arbitrary<RouteQuery> = fc
  .record({
    from: node,
    to: node,
    atUs: fc.integer({ min: 0, max: 14 }),
    sizeBytes: fc.constantFrom(0, 1, 2),
    excludedNodes: fc.option(
      fc.subarray([0, 1, 2, 3, 4]).map((list) => new Set(list)),
      { nil: undefined, freq: 1 },
    ),
    excludedNeighbours: fc.option(
      fc.subarray([0, 1, 2, 3, 4]).map((list) => new Set(list)),
      { nil: undefined, freq: 1 },
    ),
    contactMask: fc.option(fc.integer({ min: 0, max: 0xffff }), { nil: undefined, freq: 1 }),
    departureSeed: fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined, freq: 1 }),
    deadlineUs: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined, freq: 1 }),
  })
  .map(({ contactMask, departureSeed, ...rest }) => ({
    ...rest,
    excludedContacts: contactMask === undefined ? undefined : (index: number) => ((contactMask >> index) & 1) === 1,
    departUs: departureSeed === undefined ? undefined : departures(departureSeed),
  }));

const windowEnd = fc.constantFrom('closed' as const, 'open' as const);

describe('findRoutes', () => {
  it('lists the best of all routes in their order, and all where there are fewer', () => {
    fc.assert(
      fc.property(tiedPlan(5, 12), anyQuery, windowEnd, fc.integer({ min: 1, max: 12 }), (plan, query, end, count) => {
        const reading = { windowEnd: end };
        const all = allRoutes(plan, query, reading);
        expect(findRoutes(new ContactGraph(plan, reading), query, count)).toEqual(all.slice(0, count));
        expect(findRoutes(new ContactGraph(plan, reading), query, 1_000)).toEqual(all);
      }),
      { numRuns: 1500 },
    );
  });

  it('does so where routes arrive together, with and without queues', () => {
    const seed = fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined });
    fc.assert(
      fc.property(slackPlan(12), fc.integer({ min: 0, max: 4 }), seed, (plan, atUs, departureSeed) => {
        const departUs = departureSeed === undefined ? undefined : departures(departureSeed);
        const query = { from: 0, to: 5, atUs, sizeBytes: 1, departUs };
        expect(findRoutes(new ContactGraph(plan), query, 1_000)).toEqual(allRoutes(plan, query));
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses a count that is not whole and at least 1', () => {
    const graph = new ContactGraph(new ContactPlan([]));
    const refused = expect.objectContaining({ code: 'bad-route-query' });
    for (const count of [0, 1.5, Number.NaN, Infinity]) {
      expect(() => findRoutes(graph, { from: 1, to: 2, atUs: 0, sizeBytes: 0 }, count)).toThrow(refused);
    }
  });
});

describe('routesByNeighbour', () => {
  it('has the best route over each neighbour, best first', () => {
    fc.assert(
      fc.property(fc.oneof(tiedPlan(5, 14), slackPlan(12)), anyQuery, windowEnd, (plan, query, end) => {
        const reading = { windowEnd: end };
        const best = new Map<number, unknown>();
        for (const route of allRoutes(plan, query, reading)) {
          if (route.hops > 0 && !best.has(route.entryNode)) best.set(route.entryNode, route);
        }
        expect(routesByNeighbour(new ContactGraph(plan, reading), query)).toEqual([...best.values()]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('compareRoutes', () => {
  const route: Route = {
    arrivalUs: 9,
    hops: 2,
    contacts: [3, 4],
    departuresUs: [0, 1],
    arrivalsUs: [1, 9],
    terminationUs: 20,
    entryNode: 5,
  };

  it.each([
    ['arrives earlier', { arrivalUs: 8, hops: 3, terminationUs: 1, entryNode: 9 }],
    ['has fewer hops', { hops: 1, terminationUs: 1, entryNode: 9 }],
    ['terminates later', { terminationUs: 21, entryNode: 9 }],
    ['has the smaller entry node', { entryNode: 4, contacts: [9, 9] }],
    ['has the smaller first contact', { contacts: [2, 9] }],
    ['has the smaller second contact', { contacts: [3, 3] }],
  ])('prefers the route that %s', (_, change) => {
    expect(compareRoutes({ ...route, ...change }, route)).toBeLessThan(0);
    expect(compareRoutes(route, { ...route, ...change })).toBeGreaterThan(0);
  });

  it('finds no difference between a route and itself', () => {
    expect(compareRoutes(route, { ...route })).toBe(0);
  });
});
