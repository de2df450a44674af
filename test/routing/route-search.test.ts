import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrivalTree, ContactGraph, ContactPlan, findRoute } from '../../src/routing/index.js';
import { anyPlan, exhaustive, faultOf } from './plans.js';

const node = fc.integer({ min: 1, max: 5 });
const atUs = fc.integer({ min: 0, max: 80 });
const sizeBytes = fc.integer({ min: 0, max: 5 });

const contact = (from: number, to: number, startUs: number, endUs: number, owltUs = 0, rateBytesPerSecond = 1e6) => ({
  from,
  to,
  startUs,
  endUs,
  rateBytesPerSecond,
  owltUs,
});

describe('findRoute', () => {
  it('arrives as early as the best of all routes, with the further keys it promises', () => {
    fc.assert(
      fc.property(anyPlan(5, 12), node, node, atUs, sizeBytes, (plan, from, to, at, size) => {
        fc.pre(plan.nodes.includes(from) && plan.nodes.includes(to) && from !== to);
        const graph = new ContactGraph(plan);
        const route = findRoute(graph, { from, to, atUs: at, sizeBytes: size });
        const best = exhaustive(plan, { from, atUs: at, sizeBytes: size });
        expect(route?.arrivalUs).toBe(best.arrivalUs.get(to));
        if (route === undefined) return;
        expect(faultOf(graph, route, from, to, at, size)).toBeUndefined();
        expect(route.hops).toBe(best.hops.get(to));
        expect(route.terminationUs).toBe(best.terminationUs.get(to));
      }),
      { numRuns: 3000 },
    );
  });

  it('leaves out excluded first neighbours and excluded contacts, and keeps the deadline', () => {
    const masks = fc.tuple(
      fc.integer({ min: 0, max: 31 }),
      fc.integer({ min: 0, max: 4095 }),
      fc.integer({ min: 0, max: 120 }),
    );
    fc.assert(
      fc.property(
        anyPlan(5, 12),
        node,
        node,
        atUs,
        sizeBytes,
        masks,
        (plan, from, to, at, size, [nodes, contacts, deadlineUs]) => {
          fc.pre(plan.nodes.includes(from) && plan.nodes.includes(to) && from !== to);
          const excludedNeighbours = new Set([1, 2, 3, 4, 5].filter((n) => (nodes >> (n - 1)) & 1));
          const excludedContacts = (index: number) => ((contacts >> index) & 1) === 1;
          const limits = { excludedNeighbours, excludedContacts };
          const graph = new ContactGraph(plan);
          const route = findRoute(graph, { from, to, atUs: at, sizeBytes: size, deadlineUs, ...limits });
          const bestUs = exhaustive(plan, { from, atUs: at, sizeBytes: size, ...limits }).arrivalUs.get(to) ?? Infinity;
          expect(route?.arrivalUs ?? Infinity).toBe(bestUs <= deadlineUs ? bestUs : Infinity);
          if (route === undefined) return;
          expect(faultOf(graph, route, from, to, at, size)).toBeUndefined();
          expect(route.contacts.some(excludedContacts)).toBe(false);
          expect(excludedNeighbours.has(graph.contact(route.contacts[0] as number).to)).toBe(false);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('finds the live contact among many of one pair, overlapping ones included', () => {
    fc.assert(
      fc.property(anyPlan(2, 40, 200), fc.integer({ min: 0, max: 300 }), sizeBytes, (plan, at, size) => {
        fc.pre(plan.nodes.length === 2);
        const route = findRoute(new ContactGraph(plan), { from: 1, to: 2, atUs: at, sizeBytes: size });
        expect(route?.arrivalUs).toBe(exhaustive(plan, { from: 1, atUs: at, sizeBytes: size }).arrivalUs.get(2));
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

  it('has no hop from a node to itself and no route where a node is unknown', () => {
    const graph = new ContactGraph(new ContactPlan([contact(1, 2, 0, 9)]));
    expect(findRoute(graph, { from: 1, to: 1, atUs: 5, sizeBytes: 1 })).toMatchObject({
      arrivalUs: 5,
      hops: 0,
      contacts: [],
    });
    expect(findRoute(graph, { from: 1, to: 7, atUs: 5, sizeBytes: 1 })).toBeUndefined();
    expect(findRoute(graph, { from: 7, to: 1, atUs: 5, sizeBytes: 1 })).toBeUndefined();
    expect(findRoute(new ContactGraph(new ContactPlan([])), { from: 1, to: 2, atUs: 0, sizeBytes: 0 })).toBeUndefined();
  });

  it('refuses times and sizes that are not numbers of at least 0', () => {
    const graph = new ContactGraph(new ContactPlan([contact(1, 2, 0, 9)]));
    const refused = expect.objectContaining({ code: 'bad-route-query' });
    expect(() => findRoute(graph, { from: 1, to: 2, atUs: -1, sizeBytes: 1 })).toThrow(refused);
    expect(() => arrivalTree(graph, { from: 1, atUs: 0, sizeBytes: Number.NaN })).toThrow(refused);
  });
});

describe('arrivalTree', () => {
  it('agrees with the best of all routes to every node, and outlives later searches', () => {
    fc.assert(
      fc.property(anyPlan(5, 12), node, atUs, sizeBytes, (plan, from, at, size) => {
        fc.pre(plan.nodes.includes(from));
        const graph = new ContactGraph(plan);
        const tree = arrivalTree(graph, { from, atUs: at, sizeBytes: size });
        for (const other of plan.nodes) arrivalTree(graph, { from: other, atUs: 0, sizeBytes: 0 });
        const best = exhaustive(plan, { from, atUs: at, sizeBytes: size });
        for (const to of plan.nodes) {
          expect(tree.arrivalUs(to)).toBe(best.arrivalUs.get(to) ?? Infinity);
          expect(tree.hops(to)).toBe(best.hops.get(to) ?? -1);
          const first = tree.firstContact(to);
          expect(first >= 0).toBe(to !== from && best.arrivalUs.has(to));
          if (first >= 0) expect(graph.contact(first).from).toBe(from);
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
  });
});
