/** Queues in the choice of a route: the real queue on the first hop, what is booked on later ones, as a published sequence has it. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ContactGraph, ContactPlan, findRoute, RANK, VolumeBook } from '../../src/routing/index.js';

interface Vector {
  readonly plan: {
    readonly contacts: readonly {
      id: string;
      from: number;
      to: number;
      start: number;
      end: number;
      rate: number;
      owlt: number;
      manager: 'eto' | 'evl' | 'qd';
    }[];
  };
  readonly steps: readonly {
    route?: { from: number; to: number; at: number; size: number };
    expected?: { arrivals_at_nodes?: [number, number][]; unreachable?: boolean };
    enqueue?: string;
    dequeue?: string;
    size?: number;
  }[];
}

const url = new URL('../vectors/volume/asabr-eto-sequence.json', import.meta.url);
const { plan, steps } = JSON.parse(readFileSync(url, 'utf8')) as Vector;
const S = 1_000_000;

it('leaves behind what queues on the first hop and what is booked on later ones', () => {
  const graph = new ContactGraph(
    new ContactPlan(
      plan.contacts.map(({ from, to, start, end, rate, owlt }) => ({
        from,
        to,
        startUs: start * S,
        endUs: end * S,
        rateBytesPerSecond: rate,
        owltUs: owlt * S,
      })),
    ),
  );
  const planned = plan.contacts.map((each) => ({
    ...each,
    index: graph.contactsBetween(each.from, each.to)[0] as number,
  }));
  const book = new VolumeBook<string>(graph);
  const queued = new Map<string, number>();
  let routes = 0;
  for (const { route, expected, enqueue, dequeue, size = 0 } of steps) {
    const moved = enqueue ?? dequeue;
    if (moved !== undefined) queued.set(moved, (queued.get(moved) ?? 0) + (enqueue === undefined ? -size : size));
    if (route === undefined) continue;
    const found = findRoute(graph, {
      from: route.from,
      to: route.to,
      atUs: route.at * S,
      sizeBytes: route.size,
      departUs: (index, readyUs) => {
        const { id, start, rate, manager } = planned.find((each) => each.index === index) as (typeof planned)[number];
        if (manager === 'qd') return book.departUs(index, RANK.bulk, readyUs, route.size);
        if (book.residualBytes(index, RANK.bulk) < route.size) return Number.POSITIVE_INFINITY;
        return Math.max(start * S, readyUs) + ((queued.get(id) ?? 0) * S) / rate;
      },
    });
    routes++;
    if (expected?.unreachable) expect(found).toBeUndefined();
    else {
      const nodes = found?.contacts.map((index, hop) => [
        graph.contact(index).to,
        (found.arrivalsUs[hop] as number) / S,
      ]);
      expect(nodes).toEqual(expected?.arrivals_at_nodes);
      // The first contact has a queue of its own and the others are booked.
      expect(book.book('bundle', found?.contacts.slice(1) ?? [], route.size, RANK.bulk)).toBeDefined();
    }
  }
  expect(routes).toBe(4);
});
