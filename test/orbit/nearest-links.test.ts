import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  absoluteLatitudeDeg,
  distanceKm,
  type NearestMember,
  type NearestOptions,
  nearestLinks,
  pointingRateRadPerS,
  RAD_PER_DEG,
  sightMarginKm,
  stateOf,
  type Vec3,
  type WalkerShell,
  walkerEphemerides,
} from '../../src/orbit/index.js';
import { NeighbourGrid } from '../../src/orbit/neighbour-grid.js';

const LOW: WalkerShell = {
  pattern: 'delta',
  planes: 6,
  satellitesPerPlane: 8,
  phasing: 1,
  altitudeKm: 780,
  inclinationDeg: 60,
};
const HIGH: WalkerShell = {
  pattern: 'star',
  planes: 3,
  satellitesPerPlane: 6,
  phasing: 0,
  altitudeKm: 1400,
  inclinationDeg: 88,
};
const members = (shell: WalkerShell, first: number): NearestMember[] =>
  walkerEphemerides(shell).map((ephemeris, i) => ({ node: first + i, ephemeris }));
const OPTIONS: NearestOptions = { terminals: 1, everyUs: 60_000_000, keepFactor: 1.2 };
const HORIZON_US = 3_000_000_000;

describe('NeighbourGrid', () => {
  it('finds what a look at all finds', () => {
    const coordinate = fc.double({ min: -8000, max: 8000, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.tuple(coordinate, coordinate, coordinate), { nil: undefined, freq: 10 }), {
          maxLength: 300,
        }),
        fc.tuple(coordinate, coordinate, coordinate),
        fc.integer({ min: 1, max: 8 }),
        fc.double({ min: 100, max: 20_000, noNaN: true }),
        (points, at, count, range) => {
          const found = new NeighbourGrid(points).nearest(at, count, range, (index) => index % 5 !== 0);
          const all = points
            .map((point, index) => ({ index, km: point === undefined ? Infinity : distanceKm(at, point as Vec3) }))
            .filter(({ index, km }) => index % 5 !== 0 && km <= range)
            .sort((a, b) => a.km - b.km || a.index - b.index);
          expect(found).toEqual(all.slice(0, count));
        },
      ),
    );
  });
});

describe('nearestLinks', () => {
  const [low, high] = [members(LOW, 1), members(HIGH, 49)];
  const limits = { greatestRangeKm: 4000, crossoverLatitudeDeg: 70, greatestRateDegPerS: 0.4 };

  it('may go on while only one end is far north or south', () => {
    const both = nearestLinks(low, high, HORIZON_US, { ...OPTIONS, ...limits, terminals: 1, crossoverEnds: 'both' });
    const byNode = new Map([...low, ...high].map((member) => [member.node, member.ephemeris]));
    let oneAbove = 0;
    for (let atUs = 3_000_000; atUs < HORIZON_US; atUs += 30_000_000) {
      for (const { a, b, windows } of both) {
        if (!windows.some(({ startUs, endUs }) => startUs <= atUs && atUs <= endUs)) continue;
        const above = [a, b].map((node) => absoluteLatitudeDeg(byNode.get(node)!.positionKm(atUs)) > 70);
        expect(above).not.toEqual([true, true]);
        if (above.includes(true)) oneAbove++;
      }
    }
    expect(oneAbove).toBeGreaterThan(0);
  });

  it('gives no satellite more links than terminals, and none outside its limits', () => {
    for (const terminals of [1, 2]) {
      const links = nearestLinks(low, high, HORIZON_US, { ...OPTIONS, ...limits, terminals });
      expect(links.length).toBeGreaterThan(20);
      const byNode = new Map([...low, ...high].map((member) => [member.node, member.ephemeris]));
      for (let atUs = 3_000_000; atUs < HORIZON_US; atUs += 30_000_000) {
        const up = links.filter(({ windows }) =>
          windows.some(({ startUs, endUs }) => startUs <= atUs && atUs <= endUs),
        );
        const used = new Map<number, number>();
        for (const { a, b, kmAt } of up) {
          for (const node of [a, b]) used.set(node, (used.get(node) ?? 0) + 1);
          const [from, to] = [stateOf(byNode.get(a)!, atUs), stateOf(byNode.get(b)!, atUs)];
          expect(kmAt(atUs)).toBeCloseTo(distanceKm(from.position, to.position), 9);
          expect(kmAt(atUs)).toBeLessThanOrEqual(limits.greatestRangeKm);
          expect(sightMarginKm(from.position, to.position)).toBeGreaterThanOrEqual(0);
          expect(Math.max(absoluteLatitudeDeg(from.position), absoluteLatitudeDeg(to.position))).toBeLessThanOrEqual(
            70,
          );
          const rate = Math.max(pointingRateRadPerS(from, to), pointingRateRadPerS(to, from)) / RAD_PER_DEG;
          expect(rate).toBeLessThanOrEqual(limits.greatestRateDegPerS);
          expect(a).toBeLessThan(b);
        }
        expect(Math.max(0, ...used.values())).toBeLessThanOrEqual(terminals);
      }
    }
  });

  it('links the nearest pair of all, which nobody can take from each other', () => {
    const links = nearestLinks(low, high, 1, { ...OPTIONS, everyUs: 1 });
    let best = { km: Infinity, a: 0, b: 0 };
    for (const a of low) {
      for (const b of high) {
        const km = distanceKm(a.ephemeris.positionKm(0), b.ephemeris.positionKm(0));
        if (km < best.km) best = { km, a: a.node, b: b.node };
      }
    }
    expect(links.map(({ a, b }) => [a, b])).toContainEqual([best.a, best.b]);
  });

  it('changes links less often the more a link is worth that is there', () => {
    const pieces = (keepFactor: number) =>
      nearestLinks(low, high, HORIZON_US, { ...OPTIONS, keepFactor }).reduce(
        (sum, { windows }) => sum + windows.length,
        0,
      );
    expect(pieces(1.5)).toBeLessThan(pieces(1));
  });

  it('does not depend on the order of the two groups, and finds links within one', () => {
    const shape = (links: ReturnType<typeof nearestLinks>) => links.map(({ a, b, windows }) => ({ a, b, windows }));
    const options = { ...OPTIONS, ...limits };
    expect(shape(nearestLinks(high, low, HORIZON_US, options))).toEqual(
      shape(nearestLinks(low, high, HORIZON_US, options)),
    );
    const within = nearestLinks(low, low, 60_000_000, {
      ...OPTIONS,
      terminals: 2,
      excludes: (a, b) => a === 1 || b === 1,
    });
    expect(within.length).toBeGreaterThan(10);
    expect(within.every(({ a, b }) => a !== b && a !== 1 && b !== 1)).toBe(true);
  });

  it('leaves out a satellite without a position', () => {
    const lost: NearestMember = { node: 999, ephemeris: { positionKm: () => [Number.NaN, 0, 0] } };
    const links = nearestLinks([...low, lost], [...high, lost], 60_000_000, OPTIONS);
    expect(links.some(({ a, b }) => a === 999 || b === 999)).toBe(false);
    expect(links).not.toHaveLength(0);
  });

  it.each([
    ['terminals', { terminals: 0 }],
    ['everyUs', { everyUs: 0.5 }],
    ['keepFactor', { keepFactor: 0.9 }],
    ['greatestRangeKm', { greatestRangeKm: 0 }],
  ])('refuses a bad %s', (field, change) => {
    expect(() => nearestLinks(low, high, 1, { ...OPTIONS, ...change })).toThrow(
      expect.objectContaining({ code: 'bad-limits', message: expect.stringContaining(field) }),
    );
  });
});
