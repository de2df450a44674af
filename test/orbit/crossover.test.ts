import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CrossoverLimits,
  CrossPlaneLink,
  distanceKm,
  gridLinks,
  gridLinkWindows,
  lineOfSightKm,
  periodUs,
  pointingRateRadPerS,
  RAD_PER_DEG,
  satelliteName,
  startingArgumentRad,
  stateOf,
  subSatellitePoint,
  type WalkerShell,
  walkerEphemerides,
} from '../../src/orbit/index.js';
import { IRIDIUM } from './vectors.js';

const HORIZON_US = 9_000_000_000;

const anyStar = fc.record({
  pattern: fc.constant('star' as const),
  planes: fc.integer({ min: 3, max: 7 }),
  satellitesPerPlane: fc.integer({ min: 9, max: 12 }),
  phasing: fc.integer({ min: 0, max: 2 }),
  altitudeKm: fc.integer({ min: 900, max: 1500 }),
  inclinationDeg: fc.double({ min: 60, max: 100, noNaN: true }),
  nodeSpacingDeg: fc.double({ min: 15, max: 40, noNaN: true }),
  firstNodeDeg: fc.double({ min: -180, max: 180, noNaN: true }),
  firstArgumentDeg: fc.double({ min: -180, max: 180, noNaN: true }),
});

const anyLimits = fc.record({
  crossoverLatitudeDeg: fc.double({ min: 30, max: 90, noNaN: true }),
  crossoverEnds: fc.constantFrom(undefined, 'either' as const, 'both' as const),
  greatestRateDegPerS: fc.option(fc.double({ min: 0.02, max: 0.5, noNaN: true }), { nil: undefined }),
  greatestRangeKm: fc.option(fc.double({ min: 1500, max: 9000, noNaN: true }), { nil: undefined }),
  atmosphereKm: fc.double({ min: 0, max: 300, noNaN: true }),
});

/** By how much each limit is kept, the least of them first in what matters: below 0 is down. */
function roomOf(shell: WalkerShell, limits: CrossoverLimits, a: number, b: number, atUs: number): number[] {
  const orbits = walkerEphemerides(shell);
  const [from, to] = [stateOf(orbits[a - 1]!, atUs), stateOf(orbits[b - 1]!, atUs)];
  const latitudes = [a, b].map((node) => Math.abs(subSatellitePoint(shell, node, atUs).latitudeDeg));
  const high = limits.crossoverEnds === 'both' ? Math.min(...latitudes) : Math.max(...latitudes);
  const rate = Math.max(pointingRateRadPerS(from, to), pointingRateRadPerS(to, from)) / RAD_PER_DEG;
  const {
    crossoverLatitudeDeg = 90,
    greatestRateDegPerS = Infinity,
    greatestRangeKm = Infinity,
    atmosphereKm,
  } = limits;
  return [
    crossoverLatitudeDeg >= 90 ? 1 : crossoverLatitudeDeg - high,
    Math.min(1, greatestRateDegPerS - rate),
    Math.min(greatestRangeKm, lineOfSightKm(shell, atmosphereKm)) - distanceKm(from.position, to.position),
  ];
}

describe('links between planes', () => {
  it('are up when a look at every ten seconds says so, across the seam too, with the longest distance of each window', () => {
    fc.assert(
      fc.property(anyStar, anyLimits, fc.nat(), (shell, limits, pick) => {
        // The ring has to hold; only links between planes are looked at.
        const links = [...gridLinkWindows(shell, limits, HORIZON_US, { intraPlane: false, seam: true })];
        const seams = links.filter(({ kind }) => kind === 'seam');
        expect(seams).toHaveLength(shell.satellitesPerPlane);
        for (const link of [links[pick % links.length]!, seams[pick % seams.length]!]) {
          const { a, b, windows, length } = link;
          for (let atUs = 0; atUs <= HORIZON_US; atUs += 10_000_000) {
            const room = roomOf(shell, limits, a, b, atUs);
            const window = windows.find(({ startUs, endUs }) => startUs <= atUs && atUs <= endUs);
            if (window !== undefined) {
              const km = length.kmAt(atUs);
              expect(km).toBeLessThanOrEqual(length.longestKm(window) + 1e-6);
              const orbits = walkerEphemerides(shell);
              const apart = distanceKm(orbits[a - 1]!.positionKm(atUs), orbits[b - 1]!.positionKm(atUs));
              expect(Math.abs(km - apart)).toBeLessThan(1e-5);
            }
            if (room.some((each) => Math.abs(each) < 1e-4)) continue;
            const isUp = room.every((each) => each > 0);
            if (isUp !== (window !== undefined))
              throw new Error(`${link.kind} ${a} - ${b} at ${atUs / 1e6} s: room ${room}, ${window ? 'up' : 'down'}`);
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  it('repeat after every half turn, moved by where the first end starts', () => {
    const link = new CrossPlaneLink(IRIDIUM, { crossoverLatitudeDeg: 68, greatestRateDegPerS: 0.1 });
    const half = periodUs(IRIDIUM) / 2;
    const [first, second] = [link.windows(0.3, 4 * half), link.windows(0.3 - Math.PI / 2, 4 * half)];
    // Half of half a turn later the second is where the first was.
    const inner = first.filter(({ startUs }) => startUs > 0).slice(0, 2);
    for (const { startUs, endUs } of inner) {
      const moved = second.find((each) => Math.abs(each.startUs - startUs - half / 2) <= 2);
      expect(Math.abs(moved!.endUs - endUs - half / 2)).toBeLessThanOrEqual(2);
    }
    expect(inner).not.toHaveLength(0);
  });

  it('may never be up, or always', () => {
    expect(new CrossPlaneLink(IRIDIUM, { greatestRangeKm: 100 }).windows(0, HORIZON_US)).toEqual([]);
    expect(new CrossPlaneLink(IRIDIUM, {}).windows(0, HORIZON_US)).toEqual([{ startUs: 0, endUs: HORIZON_US }]);
    expect(new CrossPlaneLink(IRIDIUM, { greatestRateDegPerS: 1e-6 }).windows(0, HORIZON_US)).toEqual([]);
  });

  it('cross the seam of a star between satellites of one index, where that is asked for', () => {
    const seam = gridLinks(IRIDIUM, { seam: true }).filter(({ kind }) => kind === 'seam');
    expect(seam.map(({ a, b }) => [satelliteName(IRIDIUM, a), satelliteName(IRIDIUM, b)]).slice(0, 2)).toEqual([
      [
        [1, 6],
        [1, 1],
      ],
      [
        [2, 6],
        [2, 1],
      ],
    ]);
    expect(gridLinks({ ...IRIDIUM, pattern: 'delta' }, { seam: true }).some(({ kind }) => kind === 'seam')).toBe(false);
    expect(gridLinks(IRIDIUM, { intraPlane: false, interPlane: false })).toEqual([]);
  });

  it('leave a wider star a narrower seam', () => {
    const spaced = { ...IRIDIUM, nodeSpacingDeg: 31.6 };
    const between = new CrossPlaneLink(spaced, {}).distanceKm(-startingArgumentRad({ ...IRIDIUM, phasing: 0 }, 1, 1));
    expect(between).toBeGreaterThan(new CrossPlaneLink(IRIDIUM, {}).distanceKm(0));
  });

  it.each([
    ['crossoverLatitudeDeg', { crossoverLatitudeDeg: 0 }],
    ['crossoverEnds', { crossoverEnds: 'none' as 'both' }],
    ['greatestRateDegPerS', { greatestRateDegPerS: 0 }],
    ['greatestRangeKm', { greatestRangeKm: -1 }],
    ['atmosphereKm', { atmosphereKm: -1 }],
  ])('refuse a bad %s', (field, limits) => {
    expect(() => new CrossPlaneLink(IRIDIUM, limits)).toThrow(
      expect.objectContaining({ code: 'bad-limits', message: expect.stringContaining(field) }),
    );
  });
});
