import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CircularOrbit,
  distanceKm,
  EARTH_ROTATION_RAD_PER_S,
  type Ephemeris,
  earthFixedPositionKm,
  elevationRad,
  GREENWICH_AT_X,
  groundPasses,
  highestElevationDeg,
  onEllipsoid,
  RAD_PER_DEG,
  readTle,
  Sgp4Orbit,
  walkerEphemerides,
} from '../../src/orbit/index.js';
import { IRIDIUM } from './vectors.js';

const DAY_US = 86_400_000_000;
const site = (latitudeDeg: number, longitudeDeg: number) => ({ latitudeDeg, longitudeDeg, altitudeKm: 0 });
const [FIRST] = walkerEphemerides(IRIDIUM) as [CircularOrbit, ...CircularOrbit[]];
const KIRUNA = site(67.857, 20.964);

describe('passes of the first Iridium satellite in a day', () => {
  it('over Kiruna are eleven, the first as long and as high as it should be', () => {
    const passes = groundPasses(FIRST, KIRUNA, GREENWICH_AT_X, 0, DAY_US, { leastElevationDeg: 10 });
    expect(passes).toHaveLength(11);
    expect(passes[0]!.startUs / 1e6).toBeCloseTo(871.35, 2);
    expect(passes[0]!.endUs / 1e6).toBeCloseTo(1469.79, 2);
    expect(highestElevationDeg(FIRST, KIRUNA, GREENWICH_AT_X, passes[0]!)).toBeCloseTo(44.3, 1);
  });

  it.each([
    ['Svalbard', site(78.23, 15.39), 5, 15],
    ['Stockholm', site(59.33, 18.07), 25, 5],
    ['Singapore', site(1.35, 103.82), 10, 3],
  ])('over %s', (_, place, leastElevationDeg, count) => {
    expect(groundPasses(FIRST, place, GREENWICH_AT_X, 0, DAY_US, { leastElevationDeg })).toHaveLength(count);
  });

  it.each([
    [780, 10, 624.75],
    [550, 25, 269.44],
    [550, 40, 164.26],
  ])(
    'straight over the head at %i km and %i degrees take %f s where the Earth stands still',
    (altitudeKm, least, seconds) => {
      // An orbit along the equator, against which the Earth turns at a known rate: compare in the frame of the Earth.
      const orbit = new CircularOrbit(altitudeKm, 0, 0, -1);
      const [pass] = groundPasses(orbit, site(0, 0), GREENWICH_AT_X, 0, 3_000_000_000, { leastElevationDeg: least });
      const motion = orbit.bounds.greatestRateRadPerS;
      const still = ((pass!.endUs - pass!.startUs) / 1e6) * (1 - EARTH_ROTATION_RAD_PER_S / motion);
      expect(still).toBeCloseTo(seconds, 1);
    },
  );
});

describe('passes of a real satellite', () => {
  // Computed with python-sgp4 2.27, mean sidereal time and the normal of the WGS-84 ellipsoid, to 0.1 ms.
  const elements = readTle(
    '1 10001U 26001A   26167.25000000  .00000000  00000-0  10000-4 0  9995\n' +
      '2 10001  51.6000 200.0000 0007000  80.0000  10.0000 15.49000000    14\n',
    'made-up.tle',
  );
  const expected = [
    [33495.4251, 33822.2215],
    [39250.722, 39652.7307],
    [45083.2489, 45469.2713],
    [50901.9332, 51303.0843],
    [56725.7618, 57073.1861],
  ];
  const orbit = new Sgp4Orbit(elements[0]!, Date.UTC(2026, 5, 16, 12) * 1000, 'greenwich');
  const place = onEllipsoid({ latitudeDeg: 48, longitudeDeg: 11, altitudeKm: 0.5 });

  it('begin and end where it stands 10 degrees above the horizon of the ellipsoid', () => {
    const passes = groundPasses(orbit, place, GREENWICH_AT_X, 0, DAY_US, { leastElevationDeg: 10 });
    expect(passes).toHaveLength(expected.length);
    passes.forEach(({ startUs, endUs }, i) => {
      expect(Math.abs(startUs / 1e6 - expected[i]![0]!)).toBeLessThan(0.02);
      expect(Math.abs(endUs / 1e6 - expected[i]![1]!)).toBeLessThan(0.02);
    });
  });

  it('are the same without bounds on its orbit, and as high as they should be', () => {
    const positionKm = (atUs: number) => orbit.positionKm(atUs);
    const limits = { leastElevationDeg: 10 };
    const bounded = groundPasses(orbit, place, GREENWICH_AT_X, 0, DAY_US, limits);
    const unbounded = groundPasses({ positionKm }, place, GREENWICH_AT_X, 0, DAY_US, limits);
    expect(unbounded).toHaveLength(bounded.length);
    unbounded.forEach(({ startUs, endUs }, i) => {
      expect(Math.abs(startUs - bounded[i]!.startUs)).toBeLessThanOrEqual(1_000);
      expect(Math.abs(endUs - bounded[i]!.endUs)).toBeLessThanOrEqual(1_000);
    });
    for (const pass of bounded) expect(highestElevationDeg(orbit, place, GREENWICH_AT_X, pass)).toBeGreaterThan(10);
  });
});

const anyOrbit = fc.record({
  altitudeKm: fc.double({ min: 300, max: 20_000, noNaN: true }),
  inclinationDeg: fc.double({ min: 0, max: 180, noNaN: true }),
  nodeDeg: fc.double({ min: 0, max: 360, noNaN: true }),
  argumentDeg: fc.double({ min: 0, max: 360, noNaN: true }),
});
const anySite = fc.record({
  latitudeDeg: fc.double({ min: -90, max: 90, noNaN: true }),
  longitudeDeg: fc.double({ min: -180, max: 180, noNaN: true }),
  altitudeKm: fc.double({ min: 0, max: 3, noNaN: true }),
});

function orbitOf(o: { altitudeKm: number; inclinationDeg: number; nodeDeg: number; argumentDeg: number }) {
  return new CircularOrbit(
    o.altitudeKm,
    o.inclinationDeg * RAD_PER_DEG,
    o.nodeDeg * RAD_PER_DEG,
    o.argumentDeg * RAD_PER_DEG,
  );
}

/** Throws where a look at every five seconds disagrees with the windows, but for touches at the horizon. */
function compareWithScan(
  satellite: Ephemeris,
  place: ReturnType<typeof site>,
  leastElevationDeg: number,
  greatestRangeKm: number | undefined,
  horizonUs: number,
): void {
  const passes = groundPasses(satellite, place, GREENWICH_AT_X, 0, horizonUs, { leastElevationDeg, greatestRangeKm });
  for (let atUs = 0; atUs <= horizonUs; atUs += 5_000_000) {
    const [from, to] = [earthFixedPositionKm(place, atUs, GREENWICH_AT_X), satellite.positionKm(atUs)];
    const high = elevationRad(from, to) / RAD_PER_DEG - leastElevationDeg;
    const near = greatestRangeKm === undefined ? 1 : greatestRangeKm - distanceKm(from, to);
    if (Math.abs(high) < 0.01 || Math.abs(near) < 0.05) continue;
    const isUp = high > 0 && near > 0;
    const isIn = passes.some(({ startUs, endUs }) => startUs <= atUs && atUs <= endUs);
    if (isUp !== isIn)
      throw new Error(`at ${atUs / 1e6} s: ${high} degrees and ${near} km to spare, ${isIn ? 'in' : 'out'}`);
  }
}

describe('groundPasses', () => {
  it('finds what a look at every five seconds finds', () => {
    fc.assert(
      fc.property(
        anyOrbit,
        anySite,
        fc.double({ min: 0, max: 60, noNaN: true }),
        fc.option(fc.double({ min: 500, max: 20_000, noNaN: true }), { nil: undefined }),
        (orbit, place, least, range) => compareWithScan(orbitOf(orbit), place, least, range, 20_000_000_000),
      ),
      { numRuns: 60 },
    );
  });

  it('does so for an ephemeris with bounds that are not tight, and for one without', () => {
    const orbit = orbitOf({ altitudeKm: 900, inclinationDeg: 70, nodeDeg: 40, argumentDeg: 3 });
    const { leastRadiusKm, greatestRadiusKm, greatestRateRadPerS } = orbit.bounds;
    const positionKm = (atUs: number) => orbit.positionKm(atUs);
    compareWithScan({ positionKm }, KIRUNA, 10, undefined, 20_000_000_000);
    const bounds = {
      leastRadiusKm: leastRadiusKm - 80,
      greatestRadiusKm: greatestRadiusKm + 80,
      greatestRateRadPerS: greatestRateRadPerS * 1.1,
    };
    compareWithScan({ positionKm, bounds }, KIRUNA, 10, undefined, 20_000_000_000);
  });

  it('moves its passes with time: a later start and a place farther east see the same', () => {
    const shiftUs = 1_234_567_890;
    const moved = new CircularOrbit(780, 1.5, 0.4, 1 - (FIRST.bounds.greatestRateRadPerS * shiftUs) / 1e6);
    const turnedDeg = (EARTH_ROTATION_RAD_PER_S * shiftUs) / 1e6 / RAD_PER_DEG;
    const limits = { leastElevationDeg: 15 };
    const before = groundPasses(new CircularOrbit(780, 1.5, 0.4, 1), site(50, 10), GREENWICH_AT_X, 0, DAY_US, limits);
    const after = groundPasses(moved, site(50, 10 - turnedDeg), GREENWICH_AT_X, shiftUs, DAY_US + shiftUs, limits);
    expect(after).toHaveLength(before.length);
    after.forEach(({ startUs, endUs }, i) => {
      expect(Math.abs(startUs - shiftUs - before[i]!.startUs)).toBeLessThanOrEqual(1_000);
      expect(Math.abs(endUs - shiftUs - before[i]!.endUs)).toBeLessThanOrEqual(1_000);
    });
  });

  it('sees a satellite that only just comes far enough north', () => {
    // 500 km and 10 degrees reach 14.0 degrees of latitude.
    for (const [latitudeDeg, isSeen] of [
      [43.5, true],
      [44.5, false],
    ] as const) {
      const orbit = orbitOf({ altitudeKm: 500, inclinationDeg: 30, nodeDeg: 0, argumentDeg: 0 });
      const passes = groundPasses(orbit, site(latitudeDeg, 0), GREENWICH_AT_X, 0, 5 * DAY_US, {
        leastElevationDeg: 10,
      });
      expect(passes.length > 0).toBe(isSeen);
    }
  });

  it('never looks for a satellite that stays too far south', () => {
    let looks = 0;
    const orbit = orbitOf({ altitudeKm: 500, inclinationDeg: 30, nodeDeg: 0, argumentDeg: 0 });
    const counted: Ephemeris = {
      positionKm: (atUs) => {
        looks++;
        return orbit.positionKm(atUs);
      },
      bounds: orbit.bounds,
    };
    expect(groundPasses(counted, KIRUNA, GREENWICH_AT_X, 0, DAY_US, { leastElevationDeg: 10 })).toEqual([]);
    expect(looks).toBe(0);
  });
});
