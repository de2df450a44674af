/**
 * Public routing questions with checked answers: the arrival, the keys after it, the routes that tie with the best, lists of k routes and
 * the effect of queues. Not asked here: priorities and the booking of volume.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { secondsToUs, transmissionUs, usToSeconds } from '../../src/base/time.js';
import {
  ContactGraph,
  ContactPlan,
  compareRoutes,
  findRoute,
  findRoutes,
  type Route,
  type RouteQuery,
} from '../../src/routing/index.js';

type Name = number | string;

interface VectorContact {
  readonly id?: Name;
  readonly from: Name;
  readonly to: Name;
  readonly start: number;
  readonly end: number;
  readonly rate: number;
  readonly owlt: number;
}

interface Expected {
  readonly reachable: boolean;
  readonly arrival?: number;
  readonly min_hops_at_that_arrival?: number;
  readonly routes_with_that_arrival?: readonly { readonly contacts: readonly Name[] }[];
  readonly routes_total_node_simple?: number;
  readonly sabr_four_key_best?: {
    readonly contacts: readonly Name[];
    readonly arrival: number;
    readonly hops: number;
    readonly termination: number;
    readonly entry_node: Name;
    /** Routes that no key tells apart; which is taken is every implementation's own choice. */
    readonly full_ties: number;
  };
}

interface Question {
  readonly from: Name;
  /** A list: any of them. */
  readonly to: Name | readonly Name[];
  readonly at: number;
  readonly size?: number;
  readonly excluded_nodes?: readonly Name[];
  readonly expected: Expected;
}

interface Vector {
  readonly id: string;
  readonly semantics: { readonly tx: 'zero' | 'size/rate'; readonly end_rule: 'fit' | 'strict' };
  readonly plan?: { readonly contacts: readonly VectorContact[] };
  readonly plan_file?: string;
  readonly queries: readonly Question[];
}

/** Questions, by file and place, whose fewest hops rest on arrivals that differ by less than a microsecond. */
const OTHER_HOPS: Readonly<Record<string, string>> = {
  'sabr-lunanet-398 6': 'a route of 1 hop arrives in the same microsecond as the one of 4 hops',
};

const folder = new URL('../vectors/cgr/', import.meta.url);
const read = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const vectors = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => read(name) as Vector)
  .filter((vector) => vector.queries !== undefined);

/** A vector's plan with the ids that it gives contacts and nodes. */
class VectorPlan {
  readonly graph: ContactGraph;
  readonly contactIds: readonly (Name | undefined)[];
  readonly #names: readonly Name[];

  constructor(contacts: readonly VectorContact[], endRule: 'fit' | 'strict') {
    // Names stand in the order of their letters, as the vectors compare them.
    this.#names = [...new Set(contacts.flatMap((c) => [c.from, c.to]))].sort();
    const list = contacts.map((c) => ({
      from: this.numberOf(c.from),
      to: this.numberOf(c.to),
      startUs: secondsToUs(c.start),
      endUs: secondsToUs(c.end),
      rateBytesPerSecond: c.rate === 0 ? Infinity : c.rate,
      owltUs: secondsToUs(c.owlt),
      id: c.id,
    }));
    // The published HDTN plans have contacts that end before they start.
    const plan = new ContactPlan(list.filter((c) => c.from !== c.to && c.endUs >= c.startUs));
    this.contactIds = plan.contacts.map((c) => (c as { id?: Name }).id);
    this.graph = new ContactGraph(plan, { windowEnd: endRule === 'strict' ? 'open' : 'closed' });
  }

  numberOf(name: Name): number {
    return typeof name === 'number' ? name : this.#names.indexOf(name);
  }

  idsOf(route: Route): (Name | undefined)[] {
    return route.contacts.map((contact) => this.contactIds[contact]);
  }
}

function contactsOf(vector: Vector): readonly VectorContact[] {
  if (vector.plan !== undefined) return vector.plan.contacts;
  const data = JSON.parse(gunzipSync(readFileSync(new URL(vector.plan_file as string, folder))).toString());
  return data.edges === undefined ? fromHdtn(data) : fromTvg(data);
}

function fromHdtn(data: {
  contacts: {
    source: number;
    dest: number;
    startTime: number;
    endTime: number;
    rateBitsPerSec: number;
    owlt: number;
  }[];
}): VectorContact[] {
  return data.contacts.map((c) => ({
    from: c.source,
    to: c.dest,
    start: c.startTime,
    end: c.endTime,
    rate: c.rateBitsPerSec / 8,
    owlt: c.owlt,
  }));
}

function fromTvg(data: {
  vertices: Record<string, unknown>;
  edges: { contacts: [string, string, number, number, [number, number, [number, number, number][]][]][] }[];
}): VectorContact[] {
  // The vector numbers vertices by the order of their names as strings.
  const names = Object.keys(data.vertices).sort();
  const numbers = new Map(names.map((name, i) => [name, i]));
  return data.edges.flatMap((edge) =>
    edge.contacts.map(([from, to, start, end, generations]) => {
      const [, rate, owlt] = (generations[0]?.[2] ?? [])[0] as [number, number, number];
      return { from: numbers.get(from) as number, to: numbers.get(to) as number, start, end, rate, owlt };
    }),
  );
}

describe.each(vectors.map((vector) => [vector.id, vector] as const))('%s', (id, vector) => {
  const plan = new VectorPlan(contactsOf(vector), vector.semantics.end_rule);

  it.each(vector.queries.map((query, i) => [`${id} ${i}`, query] as const))('%s', (key, query) => {
    const targets = (Array.isArray(query.to) ? query.to : [query.to]) as readonly Name[];
    const questions = targets.map(
      (to): RouteQuery => ({
        from: plan.numberOf(query.from),
        to: plan.numberOf(to),
        atUs: secondsToUs(query.at),
        sizeBytes: vector.semantics.tx === 'zero' ? 0 : (query.size ?? 0),
        excludedNodes: new Set((query.excluded_nodes ?? []).map((name) => plan.numberOf(name))),
      }),
    );
    const routes = questions.map((question) => findRoute(plan.graph, question));
    const route = routes.filter((each) => each !== undefined).sort(compareRoutes)[0];
    const { expected } = query;
    expect(route !== undefined).toBe(expected.reachable);
    if (route === undefined || expected.arrival === undefined) return;
    // Each hop's transmission time is rounded up to a microsecond.
    expect(route.arrivalUs).toBeGreaterThanOrEqual(expected.arrival * 1e6 - 1);
    expect(route.arrivalUs).toBeLessThanOrEqual(expected.arrival * 1e6 + 8);
    if (!(key in OTHER_HOPS)) expect(route.hops).toBe(expected.min_hops_at_that_arrival);

    const best = expected.sabr_four_key_best;
    if (best !== undefined) {
      expect([route.hops, usToSeconds(route.terminationUs), route.entryNode]).toEqual([
        best.hops,
        best.termination,
        plan.numberOf(best.entry_node),
      ]);
      if (best.full_ties === 1) expect(plan.idsOf(route)).toEqual(best.contacts);
    }
    if (expected.routes_with_that_arrival !== undefined && expected.routes_total_node_simple !== undefined) {
      const all = questions.flatMap((question) => findRoutes(plan.graph, question, 1_000));
      expect(all.length).toBe(expected.routes_total_node_simple);
      const tied = all.filter((each) => each.arrivalUs === route.arrivalUs).map((each) => plan.idsOf(each).join());
      expect(tied.sort()).toEqual(expected.routes_with_that_arrival.map(({ contacts }) => contacts.join()).sort());
    }
  });
});

describe('cgr-tutorial-k-routes', () => {
  const vector = read('cgr-tutorial-k-routes.json');
  const tutorial = read(vector.plan) as Vector;
  const plan = new VectorPlan(contactsOf(tutorial), vector.semantics.end_rule);
  const { from, to, at, k } = vector.query;
  const routes = findRoutes(plan.graph, { from, to, atUs: secondsToUs(at), sizeBytes: 0 }, k);

  it('has as many routes as are documented, in the order of their arrivals', () => {
    expect(routes.length).toBe(vector.documented.count);
    expect(routes.map((route) => usToSeconds(route.arrivalUs))).toEqual(vector.documented.best_delivery_times);
    expect(routes.slice(0, 3).map((route) => route.entryNode)).toEqual(vector.documented.first_hops_of_first_three);
  });

  it('has just the routes that a list of all has', () => {
    const found = routes.map((route) => ({
      arrival: usToSeconds(route.arrivalUs),
      hops: route.hops,
      contacts: plan.idsOf(route),
      nodes: [from, ...route.contacts.map((contact) => plan.graph.contact(contact).to)],
      ends: usToSeconds(route.terminationUs),
    }));
    expect(found).toEqual(vector.expected_routes);
  });
});

describe('asabr-eto-sequence', () => {
  const vector = read('asabr-eto-sequence.json');
  const plan = new VectorPlan(vector.plan.contacts, vector.semantics.end_rule);
  const manager = new Map(vector.plan.contacts.map((c: { id: string; manager: string }) => [c.id, c.manager]));

  it('has routes wait for the queue of the first hop and for what was booked on later ones', () => {
    const queuedBytes = new Map<Name, number>();
    const bookedBytes = new Map<Name, number>();
    const departUs = (index: number, readyUs: number) => {
      const id = plan.contactIds[index] as Name;
      const { startUs, rateBytesPerSecond } = plan.graph.contact(index);
      const busyUs = (bytes = 0) => transmissionUs(bytes, rateBytesPerSecond);
      if (manager.get(id) === 'eto') return readyUs + busyUs(queuedBytes.get(id));
      return manager.get(id) === 'qd' ? Math.max(readyUs, startUs + busyUs(bookedBytes.get(id))) : readyUs;
    };
    for (const step of vector.steps) {
      const queued = step.enqueue ?? step.dequeue;
      if (queued !== undefined) {
        const change = step.enqueue === undefined ? -step.size : step.size;
        queuedBytes.set(queued, (queuedBytes.get(queued) ?? 0) + change);
        continue;
      }
      const { from, to, at, size } = step.route;
      const route = findRoute(plan.graph, { from, to, atUs: secondsToUs(at), sizeBytes: size, departUs });
      const arrivals = route?.contacts.map((contact, hop) => [
        plan.graph.contact(contact).to,
        usToSeconds(route.arrivalsUs[hop] as number),
      ]);
      expect(arrivals).toEqual(step.expected.arrivals_at_nodes);
      for (const id of route === undefined ? [] : plan.idsOf(route)) {
        bookedBytes.set(id as Name, (bookedBytes.get(id as Name) ?? 0) + size);
      }
    }
  });
});
