/**
 * Public routing questions with checked answers, as far as arrival goes. Not asked here: volume booking, transmission queues,
 * lists of k routes and the choice among routes of equal arrival.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { secondsToUs } from '../../src/base/time.js';
import { type Contact, ContactGraph, ContactPlan, findRoute } from '../../src/routing/index.js';
import { faultOf } from './plans.js';

type Name = number | string;

interface VectorContact {
  readonly from: Name;
  readonly to: Name;
  readonly start: number;
  readonly end: number;
  readonly rate: number;
  readonly owlt: number;
}

interface Vector {
  readonly id: string;
  readonly semantics: { readonly tx: 'zero' | 'size/rate'; readonly end_rule: 'fit' | 'strict' };
  readonly plan?: { readonly contacts: readonly VectorContact[] };
  readonly plan_file?: string;
  readonly queries: readonly {
    readonly from: Name;
    /** A list: any of them. */
    readonly to: Name | readonly Name[];
    readonly at: number;
    readonly size?: number;
    readonly excluded_nodes?: readonly Name[];
    readonly expected: { readonly reachable: boolean; readonly arrival?: number };
  }[];
}

/** Questions, by file and place, whose answer rests on something that this project decides otherwise. */
const DECIDED_OTHERWISE: Readonly<Record<string, string>> = {
  'sabr-closed-end 2': 'needs a contact that ends when it starts, which a plan refuses',
};

const folder = new URL('../vectors/cgr/', import.meta.url);
const vectors = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Vector);

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
  const all = contactsOf(vector);
  const names = [...new Set(all.flatMap((c) => [c.from, c.to]))];
  // One more than in the vector, some of which begin at node 0.
  const numberOf = (name: Name) => (typeof name === 'number' ? name : names.indexOf(name)) + 1;
  // A window that is open at its end to a bundle without length, or closed: the last microsecond makes the difference.
  const lastUs = vector.semantics.end_rule === 'strict' ? 1 : 0;
  const contacts: Contact[] = all
    .filter((c) => c.end > c.start)
    .map((c) => ({
      from: numberOf(c.from),
      to: numberOf(c.to),
      startUs: secondsToUs(c.start),
      endUs: secondsToUs(c.end) - lastUs,
      rateBytesPerSecond: c.rate,
      owltUs: secondsToUs(c.owlt),
    }));
  const graph = new ContactGraph(new ContactPlan(contacts));
  const asked = vector.queries
    .map((query, i) => ({ query, key: `${id} ${i}` }))
    .filter(({ key }) => !(key in DECIDED_OTHERWISE));

  it.each(asked.map(({ key, query }) => [key, query] as const))('%s', (_, query) => {
    const from = numberOf(query.from);
    const atUs = secondsToUs(query.at);
    const sizeBytes = vector.semantics.tx === 'zero' ? 0 : (query.size ?? 0);
    const excludedNodes = new Set((query.excluded_nodes ?? []).map(numberOf));
    const targets = (Array.isArray(query.to) ? query.to : [query.to]) as readonly Name[];
    let bestUs = Infinity;
    for (const to of targets.map(numberOf)) {
      const route = findRoute(graph, { from, to, atUs, sizeBytes, excludedNodes });
      if (route === undefined) continue;
      expect(faultOf(graph, route, from, to, atUs, sizeBytes)).toBeUndefined();
      bestUs = Math.min(bestUs, route.arrivalUs);
    }
    expect(bestUs < Infinity).toBe(query.expected.reachable);
    if (query.expected.arrival === undefined) return;
    // Each hop's transmission time is rounded up to a microsecond.
    const expectedUs = query.expected.arrival * 1e6;
    expect(bestUs).toBeGreaterThanOrEqual(expectedUs - 1);
    expect(bestUs).toBeLessThanOrEqual(expectedUs + 8);
  });
});
