import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Contact, ContactGraph, ContactPlan } from '../../src/routing/index.js';
import { anyPlan } from './plans.js';

const good: Contact = { from: 1, to: 2, startUs: 0, endUs: 10, rateBytesPerSecond: 5, owltUs: 0 };

describe('ContactPlan', () => {
  it('sorts contacts and nodes and knows its horizon', () => {
    const plan = new ContactPlan([
      { ...good, startUs: 5, endUs: 90 },
      { ...good, from: 7, to: 1 },
      { ...good, from: 1, to: 9 },
      good,
    ]);
    expect(plan.contacts.map((c) => [c.startUs, c.from, c.to])).toEqual([
      [0, 1, 2],
      [0, 1, 9],
      [0, 7, 1],
      [5, 1, 2],
    ]);
    expect(plan.nodes).toEqual([1, 2, 7, 9]);
    expect(plan.horizonUs).toBe(90);
    expect(new ContactPlan([])).toMatchObject({ contacts: [], nodes: [], horizonUs: 0 });
  });

  it.each<[string, Partial<Contact>]>([
    ['a node that sends to itself', { to: 1 }],
    ['a negative node number', { from: -1 }],
    ['a fractional node number', { to: 1.5 }],
    ['a node number beyond 32 bits', { from: 4_294_967_295 }],
    ['an end before the start', { startUs: 11 }],
    ['a negative start', { startUs: -1 }],
    ['a fractional time', { endUs: 10.5 }],
    ['no rate', { rateBytesPerSecond: 0 }],
    ['a rate that is no number', { rateBytesPerSecond: Number.NaN }],
    ['a negative light time', { owltUs: -1 }],
    ['a fractional light time', { owltUs: 0.5 }],
  ])('refuses %s and says which contact', (_, change) => {
    expect(() => new ContactPlan([good, { ...good, ...change }])).toThrow(
      expect.objectContaining({ code: 'bad-contact', message: expect.stringMatching(/^contact 1: /) }),
    );
  });

  it.each<[string, Partial<Contact>]>([
    ['node 0', { to: 0 }],
    ['a contact that ends when it starts', { startUs: 10 }],
    ['a rate without limit', { rateBytesPerSecond: Infinity }],
  ])('takes %s', (_, change) => {
    expect(new ContactPlan([{ ...good, ...change }]).contacts).toEqual([{ ...good, ...change }]);
  });
});

describe('ContactGraph', () => {
  it('answers for each node what the plan says', () => {
    fc.assert(
      fc.property(anyPlan(6, 25), fc.integer({ min: -1, max: 130 }), (plan, atUs) => {
        const graph = new ContactGraph(plan);
        for (const node of [...plan.nodes, 99]) {
          const own = plan.contacts
            .map((contact, index) => ({ contact, index }))
            .filter(({ contact }) => contact.from === node);
          expect(graph.neighbours(node)).toEqual(
            [...new Set(own.map(({ contact }) => contact.to))].sort((a, b) => a - b),
          );
          expect(graph.contactsFrom(node).sort((a, b) => a - b)).toEqual(own.map(({ index }) => index));
          for (const to of plan.nodes) {
            const between = own.filter(({ contact }) => contact.to === to).map(({ index }) => index);
            expect(graph.contactsBetween(node, to)).toEqual(between);
          }
        }
        for (const index of plan.nodes.keys()) expect(graph.nodeIndex(graph.nodeNumber(index))).toBe(index);
        const later = plan.contacts.map((c) => c.startUs).filter((startUs) => startUs > atUs);
        expect(graph.nextContactStartUs(atUs)).toBe(Math.min(Infinity, ...later));
      }),
      { numRuns: 300 },
    );
  });
});
