import { describe, expect, it } from 'vitest';
import { ContactGraph, ContactPlan, findRoute, limitOf, type Route } from '../../src/routing/index.js';

const S = 1_000_000;
const contact = (from: number, to: number, start: number, end: number, rateBytesPerSecond: number) => ({
  from,
  to,
  startUs: start * S,
  endUs: end * S,
  rateBytesPerSecond,
  owltUs: S,
});

describe('limitOf', () => {
  // 1 leaves at 2 and is done with 2 at 10; 2 leaves at 5, on a wide contact that ends at 8; 3 leaves at 6.
  const graph = new ContactGraph(
    new ContactPlan([contact(1, 2, 0, 10, 100), contact(2, 3, 5, 8, 1_000), contact(3, 4, 0, 20, 40)]),
  );
  const route = findRoute(graph, { from: 1, to: 4, atUs: 2 * S, sizeBytes: 0 }) as Route;
  const limited = (from: number, to: number) => graph.contactsBetween(from, to)[0];

  it('takes the least of rate times the span from departure to the earliest end from there on', () => {
    expect(route.departuresUs).toEqual([2 * S, 5 * S, 6 * S]);
    // (8 - 2) x 100, (8 - 5) x 1000, (20 - 6) x 40
    expect(limitOf(graph, route)).toEqual({ contact: limited(3, 4), volumeBytes: 560 });
    const wide = { ...route, hops: 2, contacts: route.contacts.slice(0, 2) };
    expect(limitOf(graph, wide)).toEqual({ contact: limited(1, 2), volumeBytes: 600 });
  });

  it('counts what is left of each contact', () => {
    const left = (index: number) => (index === limited(2, 3) ? 7 : 10_000);
    expect(limitOf(graph, route, left)).toEqual({ contact: limited(2, 3), volumeBytes: 7 });
    expect(limitOf(graph, route, () => -5).volumeBytes).toBe(0);
  });

  it('has no limit without hops or where no rate has one', () => {
    const standing = findRoute(graph, { from: 1, to: 1, atUs: 0, sizeBytes: 0 }) as Route;
    expect(limitOf(graph, standing)).toEqual({ contact: -1, volumeBytes: Infinity });
    const unlimited = new ContactGraph(new ContactPlan([contact(1, 2, 3, 3, Infinity)]));
    const once = findRoute(unlimited, { from: 1, to: 2, atUs: 0, sizeBytes: 9 }) as Route;
    expect(limitOf(unlimited, once)).toEqual({ contact: 0, volumeBytes: Infinity });
  });
});
