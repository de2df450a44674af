import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CircularOrbit,
  type CoverageOptions,
  coveragePasses,
  coverageTotals,
  coverageWindows,
  EARTH_RADIUS_KM,
  type EarthArea,
  type Ephemeris,
  earthFixedPointOf,
  GREENWICH_AT_X,
  geodeticPointOf,
  reachRad,
  Sgp4Orbit,
  shapeOf,
} from '../../src/orbit/index.js';
import { MOLNIYA, POLAR } from './elements.js';

const HOUR_US = 3600e6;

const area: fc.Arbitrary<EarthArea> = fc.oneof(
  fc.record({
    kind: fc.constant('circle' as const),
    latitudeDeg: fc.double({ min: -90, max: 90, noNaN: true }),
    longitudeDeg: fc.double({ min: -180, max: 180, noNaN: true }),
    radiusKm: fc.double({ min: 50, max: 5_000, noNaN: true }),
  }),
  fc
    .tuple(fc.double({ min: -90, max: 70, noNaN: true }), fc.double({ min: -180, max: 180, noNaN: true }))
    .chain(([south, west]) =>
      fc.record({
        kind: fc.constant('box' as const),
        latitudeDeg: fc.constant([south, south + 20] as const),
        longitudeDeg: fc.constant([west, west > 120 ? west - 300 : west + 60] as const),
      }),
    ),
  fc
    .tuple(fc.double({ min: -80, max: 80, noNaN: true }), fc.double({ min: -180, max: 180, noNaN: true }))
    .map(([latitude, longitude]) => ({
      kind: 'polygon' as const,
      polygons: [
        [
          [
            { latitudeDeg: latitude, longitudeDeg: longitude },
            { latitudeDeg: latitude + 9, longitudeDeg: longitude > 160 ? longitude - 340 : longitude + 20 },
            { latitudeDeg: latitude - 9, longitudeDeg: longitude > 140 ? longitude - 320 : longitude + 40 },
          ],
        ],
      ],
    })),
);

const orbits: readonly Ephemeris[] = [
  new CircularOrbit(550, (53 * Math.PI) / 180, 1, 2),
  new CircularOrbit(780, (86.4 * Math.PI) / 180, 0, 0),
  new Sgp4Orbit(POLAR, POLAR.epochUnixUs, 'greenwich'),
  new Sgp4Orbit(MOLNIYA, MOLNIYA.epochUnixUs, 'greenwich'),
];

describe('coverageWindows', () => {
  it('are what a scan every 10 s finds, with points, swaths and elevations', () => {
    const reach = fc.constantFrom<Partial<CoverageOptions>>(
      {},
      { swathKm: 300 },
      { minElevationDeg: 10 },
      { minElevationDeg: 0, swathKm: 4_000 },
      { figure: 'wgs84' },
    );
    fc.assert(
      fc.property(area, fc.constantFrom(...orbits), reach, (drawn, orbit, extra) => {
        const shape = shapeOf(drawn);
        const [fromUs, untilUs] = [0, 6 * HOUR_US];
        const windows = coverageWindows(orbit, shape, { fromUs, untilUs, ...extra });
        const pointOf = extra.figure === 'wgs84' ? geodeticPointOf : earthFixedPointOf;
        let w = 0;
        for (let atUs = fromUs; atUs <= untilUs; atUs += 10e6) {
          const position = orbit.positionKm(atUs);
          const { latitudeDeg, longitudeDeg } = pointOf(position, atUs, GREENWICH_AT_X);
          const margin =
            reachRad(Math.hypot(...position), extra) - shape.distanceRad(latitudeDeg, longitudeDeg, Math.PI);
          while (w < windows.length && windows[w]!.endUs < atUs) w++;
          const isUp = w < windows.length && windows[w]!.startUs <= atUs;
          // A pass or gap of less than the step of a second may be missed: there the margin is tiny.
          if (isUp !== margin >= 0) expect(Math.abs(margin)).toBeLessThan(2e-5);
        }
      }),
      { numRuns: 120 },
    );
  });

  it('of a circular orbit through the middle of a circle last as long as the angle says', () => {
    // Over the equator against a turning Earth: the ground point moves with the difference of the rates.
    const orbit = new CircularOrbit(500, 0, 0, 0);
    const shape = shapeOf({ kind: 'circle', latitudeDeg: 0, longitudeDeg: 90, radiusKm: 500 });
    const [window] = coverageWindows(orbit, shape, { fromUs: 0, untilUs: HOUR_US, toleranceUs: 1 });
    const rate = orbit.bounds.greatestRateRadPerS - 7.2921159e-5;
    const half = 500 / EARTH_RADIUS_KM;
    expect(Math.abs(window!.startUs / 1e6 - (Math.PI / 2 - half) / rate)).toBeLessThan(3e-6);
    expect(Math.abs(window!.endUs / 1e6 - (Math.PI / 2 + half) / rate)).toBeLessThan(3e-6);
  });

  it('covers nothing while there is no position', () => {
    const orbit: Ephemeris = {
      positionKm: (atUs) => (atUs < 30e6 ? [7000, 0, 0] : [Number.NaN, Number.NaN, Number.NaN]),
    };
    const world = shapeOf({ kind: 'box', latitudeDeg: [-90, 90], longitudeDeg: [-180, 180] });
    const [window, ...more] = coverageWindows(orbit, world, { fromUs: 0, untilUs: 90e6 });
    expect(more).toEqual([]);
    expect(Math.abs(window!.endUs - 30e6)).toBeLessThanOrEqual(1000);
  });

  it.each([
    [{ swathKm: -1 }, 'swath'],
    [{ minElevationDeg: 90 }, 'elevation'],
    [{ fromUs: 0.5 }, 'whole'],
  ])('refuses %j', (extra, word) => {
    const world = shapeOf({ kind: 'box', latitudeDeg: [-90, 90], longitudeDeg: [-180, 180] });
    expect(() => coverageWindows(orbits[0]!, world, { fromUs: 0, untilUs: 1, ...extra })).toThrow(
      expect.objectContaining({ code: 'bad-coverage', message: expect.stringContaining(word) }),
    );
  });
});

describe('coveragePasses and coverageTotals', () => {
  it('sort passes by start and add up who covers when', () => {
    const shape = shapeOf({ kind: 'circle', latitudeDeg: 40, longitudeDeg: 10, radiusKm: 2_000 });
    const passes = coveragePasses(orbits, shape, { fromUs: 0, untilUs: 24 * HOUR_US });
    expect(passes.length).toBeGreaterThan(6);
    expect(passes.map(({ startUs }) => startUs)).toEqual(passes.map(({ startUs }) => startUs).sort((a, b) => a - b));
    const totals = coverageTotals(passes, 0, 24 * HOUR_US);
    const gaps = totals.gaps.reduce((sum, { startUs, endUs }) => sum + endUs - startUs, 0);
    expect(totals.coveredUs + gaps).toBe(24 * HOUR_US);
    expect(totals.coveredShare).toBeCloseTo(totals.coveredUs / (24 * HOUR_US), 12);
  });

  it('count overlapping passes once, and gaps from the start to the end', () => {
    const windows = [
      { startUs: 10, endUs: 20 },
      { startUs: 15, endUs: 30 },
      { startUs: 50, endUs: 60 },
    ];
    expect(coverageTotals(windows, 0, 100)).toEqual({
      passes: 3,
      coveredUs: 30,
      coveredShare: 0.3,
      gaps: [
        { startUs: 0, endUs: 10 },
        { startUs: 30, endUs: 50 },
        { startUs: 60, endUs: 100 },
      ],
      longestGapUs: 40,
      meanGapUs: 70 / 3,
      meanRevisitUs: 40,
    });
    expect(coverageTotals([], 0, 100)).toMatchObject({ coveredShare: 0, longestGapUs: 100, meanRevisitUs: undefined });
  });
});
