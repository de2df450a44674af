import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.js';
import { transmissionUs } from '../../src/base/time.js';
import { constellationPlan, periodUs, type WalkerShell } from '../../src/orbit/index.js';
import { ContactGraph, ContactPlan, findRoute, RouteTable } from '../../src/routing/index.js';
import { printed, tiedPlan } from './brute-force.js';
import { anyPlan } from './plans.js';

const CLASSES = [1, 2, 5];

/** Asks a table and a search the same; the hop must be the first of a route that arrives at the earliest. */
function compare(
  table: RouteTable,
  from: number,
  to: number,
  atUs: number,
  sizeBytes: number,
  classes: readonly number[],
): void {
  const graph = table.graph;
  const classBytes = classes.find((bytes) => sizeBytes <= bytes) ?? sizeBytes;
  const ofClass = findRoute(graph, { from, to, atUs, sizeBytes: classBytes });
  const hop = table.nextHop(from, to, atUs, sizeBytes);
  const route = ofClass ?? findRoute(graph, { from, to, atUs, sizeBytes });
  const question = `${sizeBytes} bytes from ${from} to ${to} at ${atUs}`;
  same(hop?.arrivalUs, route?.arrivalUs, `arrival of ${question}`);
  if (hop === undefined) return;
  const spentBytes = ofClass === undefined ? sizeBytes : classBytes;
  const contact = graph.contact(hop.contact);
  same(contact.from, from, `sender of ${question}`);
  same(contact.to, hop.to, `receiver of ${question}`);
  same(hop.startUs, Math.max(atUs, contact.startUs), `start of ${question}`);
  const doneUs = hop.startUs + transmissionUs(spentBytes, contact.rateBytesPerSecond);
  same(doneUs <= contact.endUs, true, `fit of ${question}`);
  const onward = findRoute(graph, { from: hop.to, to, atUs: doneUs + contact.owltUs, sizeBytes: spentBytes });
  same(onward?.arrivalUs, hop.arrivalUs, `onward arrival of ${question}`);
}

/** Properties ask hundreds of thousands of questions, for which a matcher each would take most of the time. */
function same(found: unknown, expected: unknown, what: string): void {
  if (found !== expected) throw new Error(`${what}: ${found} in place of ${expected}`);
}

describe('RouteTable', () => {
  const question = fc.record({
    from: fc.integer({ min: 1, max: 6 }),
    to: fc.integer({ min: 1, max: 2 }),
    stepUs: fc.oneof(fc.integer({ min: 0, max: 2 }), fc.integer({ min: -6, max: 10 })),
    sizeBytes: fc.constantFrom(0, 1, 1, 1, 2, 3, 7),
  });
  const questions = fc.array(question, { minLength: 40, maxLength: 80 });

  /** Asks all questions for routes; each must be the best one under all keys. */
  function askRoutes(
    plan: ContactPlan,
    list: readonly { from: number; to: number; stepUs: number; sizeBytes: number }[],
  ): number {
    const graph = new ContactGraph(plan);
    const table = new RouteTable(graph, { sizeClassesBytes: CLASSES });
    let atUs = 0;
    for (const { from, to, stepUs, sizeBytes } of list) {
      atUs = Math.max(0, atUs + stepUs);
      // Hops in between fill the memory with entries of nodes on the way, which are not to be taken for the best.
      if (sizeBytes === 2) table.nextHop(to, from, atUs, sizeBytes);
      const classBytes = CLASSES.find((bytes) => sizeBytes <= bytes) ?? sizeBytes;
      const best = findRoute(graph, { from, to, atUs, sizeBytes: from === to ? sizeBytes : classBytes });
      const found = table.route(from, to, atUs, sizeBytes);
      const expected = best ?? findRoute(graph, { from, to, atUs, sizeBytes });
      same(JSON.stringify(found), JSON.stringify(expected), `${sizeBytes} bytes from ${from} to ${to} at ${atUs}`);
    }
    return table.counters.hits;
  }

  it('gives the routes that a search would, under all keys', () => {
    const tied = tiedPlan(5, 24, 40).map((plan) =>
      printed(
        new ContactPlan(
          plan.contacts.map((c, i) => ({
            ...c,
            startUs: i % 3 === 0 ? c.startUs : 0,
            endUs: i % 4 === 0 ? c.endUs : 9_999 + (i % 3),
          })),
        ),
      ),
    );
    let hits = 0;
    fc.assert(
      fc.property(fc.oneof(tied, tiedPlan(5, 24, 60)), questions, (plan, list) => {
        hits += askRoutes(
          plan,
          list.map((each) => ({ ...each, from: each.from - 1, to: each.to - 1 })),
        );
      }),
      { numRuns: 3000 },
    );
    expect(hits).toBeGreaterThan(10_000);
  });

  /** Asks all questions of a fresh table; returns how many it answered from memory. */
  function ask(
    plan: ContactPlan,
    list: readonly { from: number; to: number; stepUs: number; sizeBytes: number }[],
  ): number {
    const table = new RouteTable(new ContactGraph(plan), { sizeClassesBytes: CLASSES });
    let atUs = 0;
    for (const { from, to, stepUs, sizeBytes } of list) {
      atUs = Math.max(0, atUs + stepUs);
      if (from !== to) compare(table, from, to, atUs, sizeBytes, CLASSES);
    }
    return table.counters.hits;
  }

  it('answers as an uncached search would, at advancing times and at earlier ones', () => {
    let hits = 0;
    fc.assert(
      fc.property(anyPlan(6, 30, 90), questions, (plan, list) => {
        hits += ask(plan, list);
      }),
      { numRuns: 2000 },
    );
    expect(hits).toBeGreaterThan(10_000);
  });

  it('does so where most contacts last, and so do the answers', () => {
    let hits = 0;
    fc.assert(
      fc.property(anyPlan(6, 30, 90), questions, (plan, list) => {
        const lasting = plan.contacts.map((c, i) => ({
          ...c,
          startUs: i % 3 === 0 ? c.startUs : 0,
          endUs: i % 4 === 0 ? c.endUs : 9_999,
        }));
        hits += ask(new ContactPlan(lasting), list);
      }),
      { numRuns: 2000 },
    );
    expect(hits).toBeGreaterThan(10_000);
  });

  it('follows bundles through a constellation with outages', () => {
    const shell: WalkerShell = {
      pattern: 'star',
      planes: 6,
      satellitesPerPlane: 11,
      phasing: 2,
      altitudeKm: 780,
      inclinationDeg: 86.4,
    };
    const horizonUs = Math.round(periodUs(shell));
    const plan = constellationPlan(shell, { crossoverLatitudeDeg: 60, rateBytesPerSecond: 1e6, horizonUs });
    const table = new RouteTable(new ContactGraph(plan));
    const random = new Random(7);
    let startUs = 0;
    for (let bundle = 0; bundle < 200; bundle++) {
      startUs += random.below(20_000_000);
      const to = 1 + random.below(6);
      let from = 1 + random.below(66);
      let atUs = startUs;
      for (let hops = 0; from !== to; hops++) {
        compare(table, from, to, atUs, 900, [1024]);
        const hop = table.nextHop(from, to, atUs, 900);
        expect(hops).toBeLessThan(66);
        if (hop === undefined) break;
        const contact = table.graph.contact(hop.contact);
        atUs = hop.startUs + transmissionUs(900, contact.rateBytesPerSecond) + contact.owltUs;
        from = hop.to;
      }
    }
    expect(table.counters.hits).toBeGreaterThan(table.counters.searches);
  });

  const long = { startUs: 0, endUs: 1_000_000, rateBytesPerSecond: 1e6, owltUs: 10 };

  it('fills the memory of every node on the path', () => {
    const plan = new ContactPlan([1, 2, 3, 4].map((node) => ({ ...long, from: node, to: node + 1 })));
    const table = new RouteTable(new ContactGraph(plan), { sizeClassesBytes: [10] });
    expect(table.nextHop(1, 5, 100, 3)).toEqual({ contact: 0, to: 2, startUs: 100, arrivalUs: 180 });
    expect(table.nextHop(2, 5, 113, 3)?.arrivalUs).toBe(173);
    expect(table.nextHop(4, 5, 5_000, 3)?.arrivalUs).toBe(5_020);
    expect(table.counters).toEqual({ hits: 2, searches: 1 });
  });

  it('gives an entry up for a better contact that opens, not only at its own end', () => {
    const detour = [
      { ...long, from: 1, to: 2, owltUs: 100 },
      { ...long, from: 2, to: 3, owltUs: 100 },
    ];
    const plan = new ContactPlan([...detour, { ...long, from: 1, to: 3, startUs: 5_000, owltUs: 1 }]);
    const table = new RouteTable(new ContactGraph(plan), { sizeClassesBytes: [1] });
    expect(table.nextHop(1, 3, 0, 1)?.to).toBe(2);
    expect(table.nextHop(1, 3, 4_799, 1)?.to).toBe(2);
    expect(table.counters).toEqual({ hits: 1, searches: 1 });
    expect(table.nextHop(1, 3, 4_950, 1)).toEqual({ contact: 2, to: 3, startUs: 5_000, arrivalUs: 5_002 });
    expect(table.nextHop(1, 3, 6_000, 1)?.arrivalUs).toBe(6_002);
  });

  it('remembers that there is no way, and forgets it with the plan', () => {
    const table = new RouteTable(new ContactGraph(new ContactPlan([{ ...long, from: 1, to: 2, endUs: 10 }])), {
      sizeClassesBytes: [20],
    });
    expect(table.nextHop(1, 2, 0, 11)).toBeUndefined();
    expect(table.nextHop(1, 2, 0, 10)?.arrivalUs).toBe(20);
    const searches = table.counters.searches;
    expect(table.nextHop(1, 2, 5, 11)).toBeUndefined();
    expect(table.counters.searches).toBe(searches);
    expect(table.nextHop(1, 2, 3, 8)).toBeUndefined();
    expect(table.nextHop(1, 2, 2, 8)?.arrivalUs).toBe(20);
    table.refresh(new ContactGraph(new ContactPlan([{ ...long, from: 1, to: 2 }])));
    expect(table.nextHop(1, 2, 5, 11)?.arrivalUs).toBe(35);
  });

  it('answers sizes above all classes by searching, and keeps to its room', () => {
    const plan = new ContactPlan([1, 2, 3, 4].map((node) => ({ ...long, from: node, to: node + 1 })));
    const table = new RouteTable(new ContactGraph(plan), { sizeClassesBytes: [10], maxEntries: 1 });
    expect(table.nextHop(1, 5, 0, 1_000)?.arrivalUs).toBe(4_040);
    expect(table.nextHop(1, 5, 0, 10)?.arrivalUs).toBe(80);
    expect(table.nextHop(2, 5, 20, 10)?.arrivalUs).toBe(80);
    expect(table.counters.hits).toBe(0);
    expect(table.nextHop(3, 3, 0, 1)).toBeUndefined();
    expect(table.nextHop(3, 99, 0, 1)).toBeUndefined();
  });

  it('refuses size classes out of order and no room', () => {
    const graph = new ContactGraph(new ContactPlan([]));
    const refused = expect.objectContaining({ code: 'bad-route-table' });
    expect(() => new RouteTable(graph, { sizeClassesBytes: [5, 5] })).toThrow(refused);
    expect(() => new RouteTable(graph, { maxEntries: 0 })).toThrow(refused);
  });
});
