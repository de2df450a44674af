import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Contact, ContactGraph, ContactPlan, findRoute } from '../../src/routing/index.js';
import { ReachBounds } from '../../src/routing/reach-bounds.js';
import { anyPlan } from './plans.js';

describe('ReachBounds', () => {
  it('says what a route would take if every contact of the plan were always open', () => {
    fc.assert(
      fc.property(anyPlan(6, 20), fc.integer({ min: 0, max: 5 }), (plan, sizeBytes) => {
        const graph = new ContactGraph(plan);
        // The fastest rate and the shortest light time of a pair may belong to different contacts: the bound takes both.
        const best = new Map<string, Contact>();
        for (const contact of plan.contacts) {
          const pair = `${contact.from} ${contact.to}`;
          const known = best.get(pair) ?? contact;
          best.set(pair, {
            ...contact,
            startUs: 0,
            endUs: 1_000_000,
            rateBytesPerSecond: Math.max(known.rateBytesPerSecond, contact.rateBytesPerSecond),
            owltUs: Math.min(known.owltUs, contact.owltUs),
          });
        }
        const open = new ContactGraph(new ContactPlan([...best.values()]));
        const bounds = new ReachBounds(graph);
        for (const to of plan.nodes) {
          const boundUs = bounds.towards(graph.nodeIndex(to) as number, sizeBytes);
          for (const from of plan.nodes) {
            const route = findRoute(open, { from, to, atUs: 0, sizeBytes });
            expect(boundUs[graph.nodeIndex(from) as number]).toBe(route?.arrivalUs ?? Infinity);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
