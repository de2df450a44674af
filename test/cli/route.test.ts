/** `leodtn route`: shapes, exit statuses, reasons and explanations. The known routing questions are in route-vectors.test.ts. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { RouteJson } from '../../src/cli/route/json.js';
import { DIAMOND, jsonOf, MOON, route } from './plan-support.js';
import { leodtn } from './test-io.js';

const moon = readFileSync(MOON, 'utf8');

const asabr = `
node 0 gs
node 1 sat_a
node 2 7
contact 0 1 10 60 125000 0.5
contact 1 2 60.25 120 125000 0.001
`;

const reasonOf = async (input: string, from: string, to: string, args: readonly string[] = []) => {
  const ran = await route(input, from, to, [...args, '--json']);
  expect([ran.status, ran.err]).toEqual([1, '']);
  const { routes, noRoute } = jsonOf(ran) as { routes: unknown[]; noRoute: { reason: string } };
  expect(routes).toEqual([]);
  expect((await route(input, from, to, args)).out).toBe(`No route: ${noRoute.reason}\n`);
  return noRoute.reason;
};

describe('leodtn route --json', () => {
  it('has times in seconds and nodes by their names', async () => {
    const ran = await route(asabr, 'gs', '7', ['--size', '125000', '--json']);
    expect([ran.status, ran.err]).toEqual([0, '']);
    const contacts = [
      { from: 'gs', to: 'sat_a', start: 10, end: 60, rateBytesPerSecond: 125_000, oneWayLightTime: 0.5 },
      { from: 'sat_a', to: '7', start: 60.25, end: 120, rateBytesPerSecond: 125_000, oneWayLightTime: 0.001 },
    ];
    const times = [
      { departure: 10, arrival: 11.5 },
      { departure: 60.25, arrival: 61.251 },
    ];
    expect(jsonOf(ran)).toEqual({
      routes: [
        {
          arrival: 61.251,
          hops: 2,
          termination: 60,
          entryNode: 'sat_a',
          volumeBytes: 6_250_000,
          contacts: contacts.map((contact, i) => ({ ...contact, ...times[i] })),
          limitingContact: { index: 0, ...contacts[0], ...times[0] },
        },
      ],
    });
  });

  it('takes nodes by name, or by number where no node has that name', async () => {
    const byName = await route(asabr, 'gs', '7', ['--json']);
    expect((await route(asabr, '0', '2', ['--json'])).out).toBe(byName.out);
    expect(jsonOf(await route(DIAMOND, '1', '4', ['--json']))['routes']).toMatchObject([{ entryNode: 2 }]);
  });

  it('wants a number where several nodes have a name', async () => {
    const twins = asabr.replace('node 2 7', 'node 2 gs');
    const ran = await route(twins, 'gs', '2', ['--json']);
    expect([ran.status, ran.out]).toEqual([2, '']);
    expect(ran.err).toBe('leodtn: --from gs: several nodes have this name; expected one of their numbers: 0, 2\n');
    expect((await route(twins, '0', '2', ['--json'])).status).toBe(0);
  });

  it('has null for what has no limit', async () => {
    const { routes } = jsonOf(await route(moon, 'lander', 'rover', ['--json'])) as { routes: RouteJson[] };
    expect(routes).toMatchObject([
      { volumeBytes: null, limitingContact: null, contacts: [{ rateBytesPerSecond: null }] },
    ]);
  });

  it('has a route without hops from a node to itself', async () => {
    const ran = await route(moon, 'rover', 'rover', ['--at', '12.5', '--json', '--explain']);
    expect(ran.status).toBe(0);
    expect(jsonOf(ran)['routes']).toEqual([
      {
        arrival: 12.5,
        hops: 0,
        termination: null,
        entryNode: null,
        volumeBytes: null,
        contacts: [],
        limitingContact: null,
      },
    ]);
    expect((await route(moon, 'rover', 'rover')).out).toContain('no hop');
  });

  it('lists the k best routes in order, and the best by each neighbour', async () => {
    const many = jsonOf(await route(DIAMOND, '1', '4', ['-k', '9', '--json'])) as { routes: RouteJson[] };
    expect(many.routes.map(({ arrival, entryNode }) => [arrival, entryNode])).toEqual([
      [2, 2],
      [11, 3],
      [501, 2],
    ]);
    const each = jsonOf(await route(DIAMOND, '1', '4', ['--per-neighbour', '--json'])) as { routes: RouteJson[] };
    expect(each.routes.map(({ entryNode }) => entryNode)).toEqual([2, 3]);
  });

  it('reads a gzipped file, and tells notes of the reader', async () => {
    const text = `${DIAMOND}a contact +0 +5 4 1 1000\n`;
    const ran = await route(gzipSync(text), '1', '4', ['--json']);
    expect(jsonOf(ran)['notes']).toMatchObject([{ kind: 'unusable', file: 'standard input' }]);
    expect(ran.err).toContain('unusable: no range covers');
  });

  it('takes the nearest microsecond to a time that is finer, as other programs print them', async () => {
    const arrivals = ['50.0000014', '50.00000060000001'].map(async (at) => {
      const { routes } = jsonOf(await route(DIAMOND, '1', '4', ['--at', at, '--json'])) as { routes: RouteJson[] };
      return routes[0]?.arrival;
    });
    expect(await Promise.all(arrivals)).toEqual([52.000001, 52.000001]);
    const dated = ['--at', '2026-06-15T00:05:00.000000499Z', '--json'];
    const ran = await route(moon, 'earth', 'relay', dated);
    expect(jsonOf(ran)['routes']).toMatchObject([{ contacts: [{ departure: 300 }] }]);
  });

  it('keeps decimals of a time to the microsecond', async () => {
    const { routes } = jsonOf(await route(DIAMOND, '1', '4', ['--at', '50.000001', '--json'])) as {
      routes: RouteJson[];
    };
    expect(routes[0]?.arrival).toBe(52.000001);
  });
});

describe('leodtn route', () => {
  it('keeps off excluded nodes, and lets later hops visit an excluded neighbour', async () => {
    const excluded = await route(DIAMOND, '1', '4', ['--exclude', '2', '--json']);
    expect(jsonOf(excluded)['routes']).toMatchObject([{ arrival: 11, entryNode: 3 }]);
    const chain = `${DIAMOND}a range +0 +1000 3 2 1\na contact +0 +100 3 2 1000\n`;
    const later = await route(chain, '1', '4', ['--exclude-neighbour', '2', '--json']);
    expect(jsonOf(later)['routes']).toMatchObject([{ arrival: 3, hops: 3, entryNode: 3 }]);
  });

  it('lets a bundle without length leave at the end of a contact, unless the end is open', async () => {
    const at = ['--at', '200', '--json'];
    expect((await route(DIAMOND, '1', '3', at)).status).toBe(0);
    expect((await route(DIAMOND, '1', '3', [...at, '--window-end', 'open'])).status).toBe(1);
  });

  it('adds a margin to light times', async () => {
    const ran = await route(DIAMOND, '1', '4', ['--owlt-margin', '0.25', '--json']);
    expect(jsonOf(ran)['routes']).toMatchObject([{ arrival: 2.5, contacts: [{ oneWayLightTime: 1 }, {}] }]);
  });

  it('takes dates, on the axis of a plan that has one or is given one', async () => {
    const ran = await route(moon, 'earth', 'rover', ['--at', '2026-06-15T02:05:00+02:00', '--json']);
    expect(jsonOf(ran)['routes']).toMatchObject([{ contacts: [{ departure: 300 }, {}, {}] }]);
    const given = ['--at', '2026-06-15T00:00:50Z', '--epoch', '2026-06-15T00:00:00Z', '--json'];
    expect(jsonOf(await route(DIAMOND, '1', '4', given))['routes']).toMatchObject([{ arrival: 52 }]);
  });

  it('shows the four keys, the contacts and which of them limits the volume', async () => {
    const ran = await route(DIAMOND, '1', '4', ['--size', '2000']);
    expect(ran.out).toBe(`Route: arrives at 6 s, 2 hops, terminates at 100 s, entry node 2, room for 100,000 bytes
  contact  open      rate       light time  leaves  arrives
  1 -> 2   0 to 100  1.00 kB/s  1           0       3        limits the volume
  2 -> 4   0 to 300  1.00 kB/s  1           3       6
`);
  });

  it.each([
    ['an unknown node', ['--to', 'rovre'], /--to rovre: no such node in the plan; did you mean rover\?/],
    ['a node unlike any', ['--to', 'zzzzzzzz'], /no such node in the plan; it has earth, relay, lander, rover/],
    ['an excluded node that is unknown', ['--exclude', 'relay,mars'], /--exclude mars: no such node/],
    ['a word for a time', ['--at', 'now'], /--at now: no time; expected seconds/],
    ['a time before the axis', ['--at', '-1'], /--at -1: before the plan begins/],
    ['a date before the epoch', ['--at', '2026-06-14T00:00:00Z'], /before the plan begins; expected a date from/],
    ['a date without a zone', ['--at', '2026-06-15T00:00:00'], /no such date, or no zone/],
    ['another epoch', ['--epoch', '2026-06-16T00:00:00Z'], /the plan itself says that its time 0 is 2026-06-15/],
    ['a deadline before the time', ['--deadline', '5', '--at', '6'], /--deadline 5: before --at 6/],
    ['a negative size', ['--size', '-1'], /whole number of at least 0/],
    ['two lists at once', ['-k', '2', '--per-neighbour'], /one of -k N and --per-neighbour/],
    ['a margin that is none', ['--owlt-margin', 'x'], /a number of at least 0/],
  ])('refuses %s', async (_, args, message) => {
    const given = { '--from': 'earth', '--to': 'rover', '--at': '0' };
    const rest = Object.entries(given).flatMap(([option, value]) => (args.includes(option) ? [] : [option, value]));
    const ran = await leodtn(['route', '--plan', MOON, ...rest, ...args]);
    expect([ran.status, ran.out]).toEqual([2, '']);
    expect(ran.err).toMatch(message);
    expect(ran.err.trim().split('\n')).toHaveLength(1);
  });

  it('says what to do about a date where the plan has none', async () => {
    const ran = await route(DIAMOND, '1', '4', ['--at', '2026-06-15T00:00:00Z']);
    expect(ran.status).toBe(2);
    expect(ran.err).toContain('does not say which date its time 0 is; add --epoch with that date, or give seconds');
  });

  it('tells of an unknown node in JSON too', async () => {
    const ran = await route(DIAMOND, '1', '12', ['--json']);
    expect(ran.status).toBe(2);
    expect(jsonOf(ran)).toEqual({ routes: [], noRoute: { reason: expect.stringContaining('--to 12: no such node') } });
  });
});

describe('why there is no route', () => {
  it.each([
    ['4', '1', [], '4 sends on no contact of the plan'],
    ['2', '1', [], 'no contact of the plan leads to 1'],
    ['1', '4', ['--exclude', '4'], '4 is excluded itself'],
    ['1', '4', ['--deadline', '1.5'], 'the earliest arrival is at 2 s, 0.5 s after the deadline'],
    [
      '1',
      '4',
      ['--exclude-neighbour', '2,3'],
      'every way begins with an excluded neighbour; by way of 2 the bundle would arrive at 2 s',
    ],
    ['1', '4', ['--exclude', '2,3'], 'every way passes an excluded node; by way of 2 the bundle would arrive at 2 s'],
    [
      '1',
      '4',
      ['--size', '300000'],
      '300,000 bytes are too many: the largest bundle that gets through has 149,500, and the contact 3 -> 4 (10 to 300 s) leaves no room for more',
    ],
    [
      '1',
      '4',
      ['--at', '250'],
      'too late: the last route had to begin by 200 s; the contact 1 -> 3 (0 to 200 s) is over too soon after that',
    ],
    [
      '1',
      '3',
      ['--window-end', 'open', '--at', '200'],
      'the bundle would have to leave at the very end of a contact, which --window-end open does not allow',
    ],
    [
      '1',
      '4',
      ['--exclude', '2', '--deadline', '5', '--size', '250000'],
      'several things together stand in the way: the excluded nodes, the size of the bundle',
    ],
  ])('from %s to %s with %j', async (from, to, args, reason) => {
    expect(await reasonOf(DIAMOND, from, to, args)).toBe(reason);
  });

  it('is that no chain of contacts leads there, or none in the order of time', async () => {
    const ranges = 'a range +0 +1000 1 2 1\na range +0 +1000 2 3 1\na range +0 +1000 4 3 1\n';
    const apart = `${ranges}a contact +0 +9 1 2 1000\na contact +0 +9 4 3 1000\n`;
    expect(await reasonOf(apart, '1', '3')).toBe(
      'no chain of contacts leads from 1 to 3 at any time; from 1 only 1 other node can be reached',
    );
    const backwards = `${ranges}a contact +50 +90 1 2 1000\na contact +0 +9 2 3 1000\n`;
    expect(await reasonOf(backwards, '1', '3')).toBe(
      'contacts lead from 1 to 3, but never one after the other: the later ones are over before the bundle could be there',
    );
  });

  it('is a light time margin that comes too late', async () => {
    const plan = 'a range +0 +1000 1 2 10\na range +0 +1000 2 3 1\na contact +0 +0.5 1 2 9\na contact +0 +10.5 2 3 9\n';
    expect(await reasonOf(plan, '1', '3', ['--owlt-margin', '0.5'])).toBe(
      'the light time margin leaves no route; without it the bundle would arrive at 11 s',
    );
  });
});

describe('leodtn route --explain', () => {
  it('tells where the time goes, and what decided against each alternative', async () => {
    const ran = await route(DIAMOND, '1', '4', ['--explain', '--size', '1000']);
    expect(ran.out).toMatch(/hop 1: 1 -> 2, ready at 0 s, 1 s in transmission, 1 s of light time, arrives at 2 s/);
    expect(ran.out).toContain(
      '1 -> 3 -> 4, arriving at 12 s: arrives 8 s later: waits 8 s at 3 until the contact 3 -> 4 opens at 10 s',
    );
    const { explain } = jsonOf(await route(DIAMOND, '1', '4', ['--explain', '--json'])) as {
      explain: { timelines: unknown[][]; alternatives: { decidedBy: string; route: RouteJson }[] };
    };
    expect(explain.timelines).toMatchObject([
      [
        { from: 1, to: 2, ready: 0, wait: 0, departure: 0, transmission: 0, light: 1, arrival: 1 },
        { from: 2, to: 4, ready: 1, arrival: 2 },
      ],
    ]);
    expect(explain.alternatives.map(({ decidedBy, route: { arrival } }) => [decidedBy, arrival])).toEqual([
      ['arrival', 11],
      ['arrival', 501],
    ]);
  });

  it.each([
    ['hops', 'contact 0 2 0 9 1 0\ncontact 2 3 0 9 1 0\n', 'arrives at the same time, with 1 hop more'],
    ['termination', 'contact 0 3 0 7 1 0\n', 'terminates 2 s earlier, with the contact a -> d'],
    ['contacts', 'contact 0 3 0 9 2 0\n', 'the same in all four keys'],
  ])('names %s as what decided', async (key, more, reason) => {
    const text = `node 0 a\nnode 1 b\nnode 2 c\nnode 3 d\ncontact 0 3 0 9 1 0\n${more}`;
    const { explain } = jsonOf(await route(text, 'a', 'd', ['--explain', '--json'])) as {
      explain: { alternatives: { decidedBy: string; reason: string }[] };
    };
    expect(explain.alternatives[0]).toMatchObject({ decidedBy: key, reason: expect.stringContaining(reason) });
  });

  it('names the entry node as what decided', async () => {
    const text = ['node 0 a', 'node 1 b', 'node 2 c', 'node 3 d']
      .concat(['0 1', '0 2', '1 3', '2 3'].map((pair) => `contact ${pair} 0 9 1 0`))
      .join('\n');
    const { explain } = jsonOf(await route(text, 'a', 'd', ['--explain', '--json'])) as {
      explain: { alternatives: { decidedBy: string; reason: string }[] };
    };
    expect(explain.alternatives).toMatchObject([
      { decidedBy: 'entry-node', reason: expect.stringContaining('entry node c has a larger number than b') },
    ]);
  });

  it('tells of neighbours that lead nowhere', async () => {
    const more = 'a range +0 +1000 1 5 1\na contact +0 +9 1 5 1000\na range +0 +1000 1 6 1\na contact +0 +1 1 6 1000\n';
    const ran = await route(`${DIAMOND}${more}`, '1', '4', ['--explain', '--at', '5', '--exclude', '3']);
    expect(ran.out).toContain('by 3: no route: excluded');
    expect(ran.out).toContain('by 5: no route: reached at 6 s, but from there no route to 4 in time');
    expect(ran.out).toContain('by 6: no route: no contact with it is left that takes the bundle in time');
  });
});

describe('a node with many neighbours', () => {
  it('has its first alternatives explained and the others counted', async () => {
    const nodes = Array.from({ length: 32 }, (_, i) => `node ${i} n${i}`);
    const contacts = Array.from({ length: 30 }, (_, i) => [
      `contact 0 ${i + 1} ${i} 90 1000 0`,
      // The last ten neighbours have no way on.
      ...(i < 20 ? [`contact ${i + 1} 31 ${i} 90 1000 0`] : []),
    ]);
    const ran = await route([...nodes, ...contacts.flat()].join('\n'), 'n0', 'n31', ['--explain']);
    expect(ran.out.match(/arriving at/g)).toHaveLength(11);
    expect(ran.out).toContain('and routes by 8 other neighbours; --per-neighbour lists them all');
    expect(ran.out.match(/no route: reached at/g)).toHaveLength(8);
    expect(ran.out).toContain('and 2 other neighbours without a route');
  });
});
