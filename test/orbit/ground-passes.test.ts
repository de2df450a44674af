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
  RAD_PER_DEG,
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
