/** The routing questions of test/vectors/cgr asked through the command, on their plans as A-SABR text and as JSON of our own. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RouteJson } from '../../src/cli/route/json.js';
import { route } from './plan-support.js';
import { leodtn } from './test-io.js';

type Name = number | string;

interface Vector {
  readonly id: string;
  readonly semantics: { readonly tx: 'zero' | 'size/rate'; readonly end_rule: 'fit' | 'strict' };
  readonly plan: {
    readonly contacts: readonly {
      readonly from: Name;
      readonly to: Name;
      readonly start: number;
      readonly end: number;
      readonly rate: number;
      readonly owlt: number;
    }[];
  };
  readonly queries: readonly {
    readonly from: Name;
    readonly to: Name | readonly Name[];
    readonly at: number;
    readonly size?: number;
    readonly excluded_nodes?: readonly Name[];
    readonly expected: {
      readonly reachable: boolean;
      readonly arrival?: number;
      readonly sabr_four_key_best?: { readonly hops: number; readonly termination: number; readonly entry_node: Name };
    };
  }[];
}

const folder = new URL('../vectors/cgr/', import.meta.url);
const vectors = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Vector)
  .filter(({ plan, queries }) => queries !== undefined && typeof plan === 'object');

/** Nodes of a vector in the order that it compares them in: numbers as numbers, names by their letters. */
function nodesOf({ plan }: Vector): Name[] {
  const nodes = [...new Set(plan.contacts.flatMap(({ from, to }) => [from, to]))];
  return nodes.sort((a, b) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1,
  );
}

function asabrText(vector: Vector): string {
  const nodes = nodesOf(vector);
  const lines = nodes.map((name, i) => `node ${i} ${name}`);
  for (const { from, to, start, end, rate, owlt } of vector.plan.contacts) {
    lines.push(`contact ${nodes.indexOf(from)} ${nodes.indexOf(to)} ${start} ${end} ${rate} ${owlt}`);
  }
  return `${lines.join('\n')}\n`;
}

function leodtnText(vector: Vector): string {
  const named = nodesOf(vector).map((name, i) => (typeof name === 'number' ? { number: name } : { number: i, name }));
  const contacts = vector.plan.contacts.map(({ from, to, start, end, rate, owlt }) => ({
    from,
    to,
    startSeconds: start,
    endSeconds: end,
    rateBytesPerSecond: rate,
    oneWayLightTimeSeconds: owlt,
  }));
  return JSON.stringify({ leodtnContactPlan: 1, nodes: named, contacts });
}

const texts = [
  // A-SABR's nodes all have names, so that they are shown as text.
  ['A-SABR text', asabrText, String],
  ['leodtn JSON', leodtnText, (name: Name) => name],
] as const;

describe.each(texts)('%s', (_, textOf, shown) => {
  it.each(vectors.map((vector) => [vector.id, vector] as const))(
    '%s gives the answers that are known',
    async (_, vector) => {
      const text = textOf(vector);
      for (const query of vector.queries) {
        const args = ['--at', String(query.at), '--json'];
        if (vector.semantics.end_rule === 'strict') args.push('--window-end', 'open');
        if (vector.semantics.tx !== 'zero') args.push('--size', String(query.size ?? 0));
        if (query.excluded_nodes !== undefined) args.push('--exclude', query.excluded_nodes.join(','));
        const found: RouteJson[] = [];
        for (const to of Array.isArray(query.to) ? query.to : [query.to]) {
          const ran = await route(text, String(query.from), String(to), args);
          const { routes, noRoute } = JSON.parse(ran.out);
          const isKnown = nodesOf(vector).includes(to);
          expect(ran.err === '').toBe(isKnown);
          expect(ran.status).toBe(isKnown ? (routes.length === 0 ? 1 : 0) : 2);
          expect(typeof noRoute?.reason).toBe(routes.length === 0 ? 'string' : 'undefined');
          found.push(...routes);
        }
        const [best] = found.sort((a, b) => a.arrival - b.arrival || a.hops - b.hops);
        const { reachable, arrival, sabr_four_key_best: keys } = query.expected;
        expect(best !== undefined).toBe(reachable);
        if (best === undefined || arrival === undefined) continue;
        // Each hop's transmission time is rounded up to a microsecond.
        expect(best.arrival).toBeGreaterThan(arrival - 1.5e-6);
        expect(best.arrival).toBeLessThan(arrival + 8.5e-6);
        if (keys === undefined) continue;
        expect([best.hops, best.termination, best.entryNode]).toEqual([
          keys.hops,
          keys.termination,
          shown(keys.entry_node),
        ]);
      }
    },
  );
});

describe('the k routes of the cgr-tutorial plan', () => {
  const read = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

  it('are those that are known', async () => {
    const { query, expected_routes: expected } = read('cgr-tutorial-k-routes.json');
    const text = leodtnText(read('cgr-tutorial.json'));
    const ran = await route(text, String(query.from), String(query.to), ['-k', '10', '--json', '--window-end', 'open']);
    const { routes } = JSON.parse(ran.out) as { routes: RouteJson[] };
    const short = routes.map(({ arrival, hops, contacts }) => ({
      arrival,
      hops,
      nodes: [contacts[0]?.from, ...contacts.map(({ to }) => to)],
    }));
    expect(short).toEqual(
      expected.map(({ arrival, hops, nodes }: Record<string, unknown>) => ({ arrival, hops, nodes })),
    );
  });
});

describe('the 16,138-contact plan', () => {
  it('gives the known answer for the question that A-SABR is timed on', async () => {
    const file = 'test/vectors/cgr/asabr-sample1-tvgutil.json.gz';
    // The vector's numbers are places in the list of names sorted as text.
    const names = Array.from({ length: 206 }, (_, i) => String(i)).sort();
    const ends = ['--from', names[178] as string, '--to', names[159] as string];
    const args = ['--at', '60', '--size', '47419533', '--rate-unit', 'bytes', '--json'];
    const ran = await leodtn(['route', '--plan', file, ...ends, ...args]);
    const { routes } = JSON.parse(ran.out) as { routes: RouteJson[] };
    expect(routes[0]?.arrival).toBeCloseTo(1436.827441625, 4);
    expect(routes[0]?.hops).toBe(3);
  });
});
