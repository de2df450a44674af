import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EARTH_ROTATION_RAD_PER_S,
  earthFixedPointOf,
  geodeticPointOf,
  positionsEndUs,
  readTle,
  Sgp4Orbit,
  siderealRotation,
  type Vec3,
} from '../../src/orbit/index.js';
import { checksummed, MOLNIYA } from './elements.js';

interface Vectors {
  readonly tolerance_km: number;
  readonly cases: readonly {
    readonly satnum: number;
    readonly line1: string;
    readonly line2: string;
    readonly states: readonly { minutes: number; r_teme_km: Vec3; v_teme_km_s: Vec3; error_code: number }[];
  }[];
}

const vectors: Vectors = JSON.parse(readFileSync(new URL('../vectors/orbit/sgp4-ver.json', import.meta.url), 'utf8'));

const MINUTE_US = 60e6;

describe('Sgp4Orbit', () => {
  it.each(vectors.cases)('gives the published positions of satellite $satnum', ({ satnum, line1, line2, states }) => {
    const [elements] = readTle(`${line1}\n${line2}\n`, 'a.tle');
    expect(elements?.catalogueNumber).toBe(satnum);
    const orbit = new Sgp4Orbit(elements!, elements!.epochUnixUs);
    expect(states.length).toBeGreaterThan(3);
    for (const { minutes, r_teme_km, v_teme_km_s } of states) {
      const position = orbit.positionKm(minutes * MINUTE_US);
      const velocity = orbit.velocityKmPerS(minutes * MINUTE_US);
      for (const axis of [0, 1, 2] as const) {
        expect(Math.abs(position[axis] - r_teme_km[axis])).toBeLessThan(vectors.tolerance_km);
        expect(Math.abs(velocity[axis] - v_teme_km_s[axis])).toBeLessThan(1e-8);
      }
    }
  });

  it('counts from the epoch of the plan, not from that of the elements', () => {
    const { line1, line2, states } = vectors.cases[0]!;
    const [elements] = readTle(`${line1}\n${line2}\n`, 'a.tle');
    const later = new Sgp4Orbit(elements!, elements!.epochUnixUs + 1080 * MINUTE_US);
    const position = later.positionKm(0);
    for (const axis of [0, 1, 2] as const) expect(position[axis]).toBeCloseTo(states[1]!.r_teme_km[axis], 5);
  });

  it('gives the same position whatever was asked before, with deep-space terms too', () => {
    const times = fc.array(fc.integer({ min: -20_000, max: 20_000 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(times, fc.integer({ min: -20_000, max: 20_000 }), (before, minutes) => {
        const [fresh, used] = [0, 0].map(() => new Sgp4Orbit(MOLNIYA, MOLNIYA.epochUnixUs));
        for (const other of before) used!.positionKm(other * MINUTE_US);
        expect(used!.positionKm(minutes * MINUTE_US)).toEqual(fresh!.positionKm(minutes * MINUTE_US));
      }),
      { numRuns: 50 },
    );
  });

  it('keeps within its bounds from 7 days before the epoch to 30 days after it', () => {
    const satellites = [
      ...vectors.cases.map(({ line1, line2 }) => readTle(`${line1}\n${line2}`, 'a.tle')[0]!),
      MOLNIYA,
    ];
    for (const elements of satellites) {
      const orbit = new Sgp4Orbit(elements, elements.epochUnixUs);
      const { leastRadiusKm, greatestRadiusKm, greatestRateRadPerS } = orbit.bounds;
      for (let i = -700; i <= 3000; i++) {
        const atUs = i * 14.4 * MINUTE_US;
        const [here, soon] = [orbit.positionKm(atUs), orbit.positionKm(atUs + 1e6)];
        const radius = Math.hypot(...here);
        if (Number.isNaN(radius) || Number.isNaN(soon[0])) continue;
        expect(radius).toBeGreaterThanOrEqual(leastRadiusKm);
        expect(radius).toBeLessThanOrEqual(greatestRadiusKm);
        const cosine = (here[0] * soon[0] + here[1] * soon[1] + here[2] * soon[2]) / radius / Math.hypot(...soon);
        expect(Math.acos(Math.min(1, cosine))).toBeLessThanOrEqual(greatestRateRadPerS);
      }
    }
  });

  it('tells of a satellite that has decayed, and gives no position of it', () => {
    const [line1, line2] = [
      checksummed('1 28872U 05037B   05333.02012661  .25992681  00000-0  24476-3 0  1534'),
      checksummed('2 28872  96.4736 157.9986 0303955 244.0492 110.6523 16.46015938 10708'),
    ];
    const [elements] = readTle(`${line1}\n${line2}`, 'a.tle');
    const orbit = new Sgp4Orbit(elements!, elements!.epochUnixUs);
    expect(orbit.faultAt(0)).toBeUndefined();
    expect(orbit.faultAt(3 * 86_400e6)).toMatch(/decay/);
    expect(orbit.positionKm(3 * 86_400e6)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    const end = positionsEndUs(orbit, 0, 3 * 86_400e6);
    expect(end / MINUTE_US).toBeGreaterThan(30);
    expect(end / MINUTE_US).toBeLessThan(120);
    expect(orbit.faultAt(end)).toBeUndefined();
    expect(orbit.faultAt(end + 1e6)).toMatch(/decay/);
    expect(positionsEndUs(orbit, 0, 60e6)).toBe(60e6);
  });
});

describe('the ground below real satellites', () => {
  it('turns with mean sidereal time (GMST at 2000-01-01T12:00:00 UT1 is 280.46061837 degrees)', () => {
    const epochUnixUs = 946_728_000e6;
    expect((siderealRotation(epochUnixUs).greenwichRad * 180) / Math.PI).toBeCloseTo(280.46061837, 6);
    // A week later, by the constant rate and by sidereal time.
    const weekUs = 7 * 86_400e6;
    const turned = siderealRotation(epochUnixUs).greenwichRad + EARTH_ROTATION_RAD_PER_S * 7 * 86_400;
    const sidereal = siderealRotation(epochUnixUs + weekUs).greenwichRad;
    const apart = Math.abs(Math.sin(turned - sidereal)) * 6378;
    expect(apart).toBeLessThan(0.003);
  });

  it('has geodetic latitudes and heights of WGS-84', () => {
    // Straight from the definition: from latitude and height to a position, and back.
    const [axis, flattening] = [6378.137, 1 / 298.257223563];
    const square = flattening * (2 - flattening);
    fc.assert(
      fc.property(
        fc.double({ min: -90, max: 90, noNaN: true }),
        fc.double({ min: -179.9, max: 179.9, noNaN: true }),
        fc.double({ min: -10, max: 42_000, noNaN: true }),
        (latitude, longitude, altitude) => {
          const [phi, lambda] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180];
          const normal = axis / Math.sqrt(1 - square * Math.sin(phi) ** 2);
          const flat = (normal + altitude) * Math.cos(phi);
          const z = (normal * (1 - square) + altitude) * Math.sin(phi);
          const position = [flat * Math.cos(lambda), flat * Math.sin(lambda), z] as const;
          const point = geodeticPointOf(position, 0, { greenwichRad: 0 });
          expect(point.latitudeDeg).toBeCloseTo(latitude, 8);
          expect(point.altitudeKm).toBeCloseTo(altitude, 5);
          if (Math.abs(latitude) < 89) expect(point.longitudeDeg).toBeCloseTo(longitude, 8);
          const round = earthFixedPointOf(position, 0, { greenwichRad: 0 });
          expect(Math.abs(round.latitudeDeg - latitude)).toBeLessThan(0.2);
        },
      ),
    );
  });
});
