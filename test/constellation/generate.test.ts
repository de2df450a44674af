import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConstellation } from '../../src/constellation/constellation-file.node.js';
import { type GenerateProgress, generatePlan, MAX_PLAN_CONTACTS } from '../../src/constellation/index.js';
import { constellationPlan, distanceKm, LIGHT_KM_PER_S, lightUs, rateAt } from '../../src/orbit/index.js';
import { readPlan } from '../../src/plans/index.js';
import { type Contact, ContactGraph, ContactPlan, findRoute, PlanNames } from '../../src/routing/index.js';
import { constellationOf, planOf, SHELL, STATIONS } from './support.js';

const FOLDER = new URL('../../scenarios/constellations/', import.meta.url);
const EXAMPLES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

describe('the examples', () => {
  it.each(EXAMPLES)(
    '%s makes a plan in which no two contacts of a pair overlap and stations are reached',
    async (name) => {
      const constellation = await loadConstellation(new URL(name, FOLDER).pathname);
      const { document, summary } = generatePlan(constellation);
      const plan = new ContactPlan(document.contacts);
      expect(plan.contacts).toEqual(document.contacts);
      const lastEnd = new Map<string, number>();
      for (const { from, to, startUs, endUs } of plan.contacts) {
        const pair = `${from} ${to}`;
        expect(startUs).toBeGreaterThanOrEqual(lastEnd.get(pair) ?? 0);
        expect(endUs).toBeLessThanOrEqual(constellation.horizonUs);
        lastEnd.set(pair, endUs);
      }
      expect(summary.contacts).toBe(document.contacts.length);
      expect(document.nodes).toHaveLength(summary.satellites + summary.stations);
      const names = new PlanNames(document.nodes);
      const graph = new ContactGraph(plan);
      const [first, second] = constellation.stations;
      const query = { from: names.numberOf(first!.name)!, to: names.numberOf(second!.name)!, atUs: 0, sizeBytes: 1000 };
      expect(findRoute(graph, query)).toBeDefined();
    },
  );
});

it('are listed where readers find them', () => {
  const readme = readFileSync(new URL('../README.md', FOLDER), 'utf8');
  expect(EXAMPLES.filter((name) => !readme.includes(`| [constellations/${name}](constellations/${name}) |`))).toEqual(
    [],
  );
});

it('is what the plan of the scenario ring-road was made by', async () => {
  const file = new URL('../plans/ring-road.ionrc', FOLDER);
  const { document } = generatePlan(await loadConstellation(new URL('ring-road.yaml', FOLDER).pathname));
  const read = readPlan(readFileSync(file, 'utf8'), 'ring-road.ionrc');
  const plain = read.document.contacts.map(({ line: _, confidence: __, ...contact }) => contact);
  expect(new ContactPlan(plain).contacts).toEqual(document.contacts);
});

describe('a plan', () => {
  it('of a shell alone is that of constellationPlan, moved to its numbers', () => {
    const { document } = planOf({
      shells: [{ ...SHELL, firstNode: 101, crossoverLatitudeDeg: 70 }],
      horizonSeconds: 7000,
    });
    const expected = constellationPlan(SHELL as never, {
      crossoverLatitudeDeg: 70,
      rateBytesPerSecond: 1e7,
      horizonUs: 7e9,
    });
    const moved = document.contacts.map((contact) => ({ ...contact, from: contact.from - 100, to: contact.to - 100 }));
    expect(moved).toEqual(expected.contacts);
    expect(document.nodes[0]).toEqual({ number: 101, name: 'a-p1-s1' });
    expect(document.nodes.at(-1)).toEqual({ number: 136, name: 'a-p4-s9' });
  });

  it('has ground contacts both ways, with the light time and the rate of their longest distance', () => {
    const constellation = constellationOf({
      stations: STATIONS,
      horizonSeconds: 9000,
      links: { ground: { inverseSquare: { rateAtReferenceBytesPerSecond: 1e6, referenceKm: 1000 } } },
    });
    const { document, summary } = generatePlan(constellation);
    const ground = document.contacts.filter(({ from }) => from > 36);
    expect(ground.length).toBeGreaterThan(20);
    expect(new Set(ground.map(({ from, to }) => `${from} ${to}`)).size).toBe(summary.groundLinks);
    for (const { from, to, startUs, endUs, owltUs, rateBytesPerSecond } of ground) {
      const back = document.contacts.find((c) => c.from === to && c.to === from && c.startUs === startUs);
      expect(back).toMatchObject({ endUs, owltUs, rateBytesPerSecond });
      const km = (owltUs / 1e6) * LIGHT_KM_PER_S;
      const rate = rateAt(constellation.links.ground.rate, km);
      expect(Math.abs(rateBytesPerSecond / rate - 1)).toBeLessThan(0.001);
    }
  });

  it('reaches only the shells that a station sees', () => {
    const shells = [SHELL, { ...SHELL, name: 'b', firstNodeDeg: 10 }];
    const { document } = planOf({ shells, stations: [{ ...STATIONS[0], sees: ['b'] }] });
    const seen = document.contacts.filter(({ from }) => from === 73).map(({ to }) => to);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every((node) => node > 36)).toBe(true);
  });

  it('links two shells, and the seam of a star, to what is nearest, without a second link between two', () => {
    const shells = [SHELL, { ...SHELL, name: 'b', altitudeKm: 1200 }];
    const between = planOf({ shells, nearest: [{ between: ['a', 'b'] }, { between: ['b', 'a'], terminals: 2 }] });
    const cross = between.document.contacts.filter(({ from, to }) => from <= 36 && to > 36);
    expect(cross.length).toBeGreaterThan(36);
    const ends = new Map<string, number>();
    for (const { from, to, startUs, endUs } of cross) {
      expect(startUs).toBeGreaterThanOrEqual(ends.get(`${from} ${to}`) ?? 0);
      ends.set(`${from} ${to}`, endUs);
    }
    const seam = planOf({ nearest: [{ between: ['a', 'a'], seam: true, maxRangeKm: 3000 }] });
    const isSeam = ({ from, to }: Contact) => (from <= 9 && to > 27) || (from > 27 && to <= 9);
    expect(seam.document.contacts.filter(isSeam).length).toBe(
      seam.document.contacts.length - planOf({}).document.contacts.length,
    );
    expect(seam.summary.nearestLinks).toBeGreaterThan(0);
  });

  it('has more time between planes where both ends must be far north or south for an outage', () => {
    const between = (fields: object) =>
      planOf({ shells: [{ ...SHELL, crossoverLatitudeDeg: 40, ...fields }] })
        .document.contacts.filter(({ from, to }) => Math.abs(from - to) === 9)
        .reduce((sum, { startUs, endUs }) => sum + endUs - startUs, 0);
    expect(between({ crossoverEnds: 'either' })).toBe(between({}));
    expect(between({ crossoverEnds: 'both' })).toBeGreaterThan(between({}) + 1e9);
  });

  it('has nothing while a node or a link is in maintenance, once or again and again', () => {
    const maintenance = [
      { node: 'a-p1-s1', from: 1000, until: 2000 },
      { link: ['a-p2-s1', 'a-p2-s2'], from: 100, until: 150, everySeconds: 1000 },
    ];
    const { contacts } = planOf({ maintenance, horizonSeconds: 6000 }).document;
    const overlaps = (c: Contact, from: number, until: number) => c.startUs < until * 1e6 && c.endUs > from * 1e6;
    expect(contacts.filter((c) => c.from === 1 || c.to === 1).some((c) => overlaps(c, 1000, 2000))).toBe(false);
    expect(contacts.filter((c) => c.from === 1).some((c) => overlaps(c, 990, 1000))).toBe(true);
    const link = contacts.filter((c) => c.from === 11 && c.to === 10);
    expect(link).toHaveLength(7);
    for (let at = 100; at < 6000; at += 1000) expect(link.some((c) => overlaps(c, at, at + 50))).toBe(false);
  });

  it('loses to random outages what the seed says, of each thing its own', () => {
    const outages = { satellites: { meanBetweenSeconds: 3000, meanDurationSeconds: 600 } };
    const up = (fields: object) =>
      planOf({ horizonSeconds: 20_000, ...fields }).document.contacts.reduce((sum, c) => sum + c.endUs - c.startUs, 0);
    const share = up({ outages }) / up({});
    expect(share).toBeGreaterThan(0.5);
    expect(share).toBeLessThan(0.85);
    expect(planOf({ outages }).document).toEqual(planOf({ outages }).document);
    expect(planOf({ outages, seed: 2 }).document).not.toEqual(planOf({ outages }).document);
    const ups = [1, 10, 19].map((a) =>
      planOf({ outages, horizonSeconds: 20_000 })
        .document.contacts.filter(({ from, to }) => from === a && to === a + 1)
        .map(({ startUs, endUs }) => `${startUs} ${endUs}`)
        .join(),
    );
    expect(new Set(ups).size).toBe(3);
    // Another shell in front changes no outage of this one.
    const alone = planOf({ outages, shells: [SHELL] }).document.contacts;
    const beside = planOf({ outages, shells: [{ ...SHELL, name: 'z' }, SHELL] }).document.contacts;
    const moved = beside.filter(({ from }) => from > 36).map((c) => ({ ...c, from: c.from - 36, to: c.to - 36 }));
    expect(moved).toEqual(alone);
  });

  it('has contacts cut where the light time changes by more than is allowed', () => {
    const cut = planOf({ links: { satellite: { cutLightTimeMs: 0.5 } } });
    const whole = planOf({});
    expect(cut.summary.contacts).toBeGreaterThan(2 * whole.summary.contacts);
    const lengths = new Set(
      cut.document.contacts.filter(({ from, to }) => from === 1 && to === 10).map(({ owltUs }) => owltUs),
    );
    expect(lengths.size).toBeGreaterThan(2);
  });

  it('moves with the axis: satellites farther along see what came later', () => {
    const motionDegPerS = (360 / (Math.PI * 2)) * Math.sqrt(398600.4418 / (6378.137 + 1000) ** 3);
    const shiftS = 500;
    const turnDeg = (7.2921159e-5 * shiftS * 180) / Math.PI;
    const shifted = planOf({
      shells: [{ ...SHELL, firstArgumentDeg: motionDegPerS * shiftS }],
      stations: STATIONS.map((station) => ({ ...station, longitudeDeg: station.longitudeDeg + turnDeg })),
      horizonSeconds: 5500,
    }).document.contacts;
    const plain = planOf({ stations: STATIONS, horizonSeconds: 6000 }).document.contacts;
    const inner = (contacts: readonly Contact[], fromUs: number, untilUs: number) =>
      contacts
        .filter(({ startUs, endUs }) => startUs > fromUs && endUs < untilUs)
        .sort((a, b) => a.from - b.from || a.to - b.to || a.startUs - b.startUs);
    const [before, after] = [inner(plain, 5.05e8, 5.9e9), inner(shifted, 5e6, 5.4e9)];
    expect(after.length).toBeGreaterThan(20);
    expect(after.map(({ from, to }) => [from, to])).toEqual(before.map(({ from, to }) => [from, to]));
    after.forEach(({ startUs, endUs, owltUs }, i) => {
      expect(Math.abs(startUs + 5e8 - before[i]!.startUs)).toBeLessThanOrEqual(1_000);
      expect(Math.abs(endUs + 5e8 - before[i]!.endUs)).toBeLessThanOrEqual(1_000);
      expect(Math.abs(owltUs - before[i]!.owltUs)).toBeLessThanOrEqual(1);
    });
  });

  it('tells how far it has come', () => {
    const seen: GenerateProgress[] = [];
    const fields = { stations: STATIONS, nearest: [{ between: ['a', 'a'], seam: true, everySeconds: 600 }] };
    generatePlan(constellationOf(fields), (progress) => seen.push(progress));
    expect(new Set(seen.map(({ phase }) => phase))).toEqual(new Set(['grid', 'nearest', 'ground']));
    expect(seen.every(({ share }) => share >= 0 && share < 1)).toBe(true);
    expect(MAX_PLAN_CONTACTS).toBeGreaterThan(1_000_000);
  });

  it('of ten thousand satellites over one orbit has what the windows of the grid make', () => {
    const shell = {
      name: 'a',
      pattern: 'star',
      planes: 100,
      satellitesPerPlane: 100,
      inclinationDeg: 87,
      crossoverLatitudeDeg: 70,
    };
    const { summary } = planOf({ shells: [shell] });
    expect(summary).toMatchObject({ satellites: 10_000, contacts: 75_044, gridLinks: 19_900 });
  });

  it('measures light time on the way that satellites take', () => {
    const { document } = planOf({});
    const orbits = constellationOf({}).groups[0]!.ephemerides;
    const contact = document.contacts.find(({ from, to }) => from === 1 && to === 10)!;
    const at = (us: number) => distanceKm(orbits[0]!.positionKm(us), orbits[9]!.positionKm(us));
    let longest = 0;
    for (let us = contact.startUs; us <= contact.endUs; us += 1e6) longest = Math.max(longest, at(us));
    expect(Math.abs(contact.owltUs - lightUs(longest))).toBeLessThanOrEqual(1);
  });
});
