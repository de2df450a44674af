import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CircularOrbit,
  distanceKm,
  earthFixedPointOf,
  earthFixedPositionKm,
  elevationRad,
  GREENWICH_AT_X,
  pointingRateRadPerS,
  positionKm,
  RAD_PER_DEG,
  sightLimitKm,
  sightMarginKm,
  stateOf,
  subSatellitePoint,
  type Vec3,
  type WalkerShell,
  walkerEphemerides,
} from '../../src/orbit/index.js';
import { IRIDIUM } from './vectors.js';

const SPACED: WalkerShell = { ...IRIDIUM, nodeSpacingDeg: 31.6, firstNodeDeg: 12, firstArgumentDeg: 77 };

describe('a circular orbit', () => {
  it('is where the shell has its satellite, above the point below it', () => {
    const orbits = walkerEphemerides(SPACED);
    for (const node of [1, 12, 40, 66]) {
      for (const atUs of [0, 1e9, 12_345_678_901]) {
        const position = orbits[node - 1]!.positionKm(atUs);
        expect(distanceKm(position, positionKm(SPACED, node, atUs))).toBeLessThan(1e-6);
        const below = earthFixedPointOf(position, atUs, GREENWICH_AT_X);
        const expected = subSatellitePoint(SPACED, node, atUs);
        expect(below.latitudeDeg).toBeCloseTo(expected.latitudeDeg, 8);
        expect(below.longitudeDeg).toBeCloseTo(expected.longitudeDeg, 7);
        expect(below.altitudeKm).toBeCloseTo(780, 6);
      }
    }
  });

  it('starts at the node and the argument that the shell asks for', () => {
    const node = 30 * RAD_PER_DEG;
    const [orbit] = walkerEphemerides({ ...IRIDIUM, firstNodeDeg: 30 });
    expect(distanceKm(orbit!.positionKm(0), [7158.137 * Math.cos(node), 7158.137 * Math.sin(node), 0])).toBeLessThan(
      1e-6,
    );
    const [ahead] = walkerEphemerides({ ...IRIDIUM, inclinationDeg: 90, firstArgumentDeg: 90 });
    expect(distanceKm(ahead!.positionKm(0), [0, 0, 7158.137])).toBeLessThan(1e-6);
  });

  it('moves as its velocity says', () => {
    const orbit = new CircularOrbit(780, 1.5, 0.3, 2);
    const given = stateOf(orbit, 4e9).velocity;
    const taken = stateOf({ positionKm: (atUs) => orbit.positionKm(atUs) }, 4e9).velocity;
    expect(distanceKm(given, taken)).toBeLessThan(1e-6);
    expect(Math.hypot(...given)).toBeCloseTo(7.462234, 6);
  });
});

describe('the turning Earth', () => {
  it('gives a point back from where it is', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -89, max: 89, noNaN: true }),
        fc.double({ min: -179.9, max: 180, noNaN: true }),
        fc.integer({ min: 0, max: 1e12 }),
        fc.double({ min: 0, max: 6.28, noNaN: true }),
        (latitudeDeg, longitudeDeg, atUs, greenwichRad) => {
          const point = { latitudeDeg, longitudeDeg, altitudeKm: 0.5 };
          const back = earthFixedPointOf(earthFixedPositionKm(point, atUs, { greenwichRad }), atUs, { greenwichRad });
          expect(back.latitudeDeg).toBeCloseTo(latitudeDeg, 8);
          expect(Math.abs(((back.longitudeDeg - longitudeDeg + 540) % 360) - 180)).toBeLessThan(1e-6);
          expect(back.altitudeKm).toBeCloseTo(0.5, 6);
        },
      ),
    );
  });
});

describe('sight', () => {
  const at = (radiusKm: number, angleDeg: number): Vec3 => [
    radiusKm * Math.cos(angleDeg * RAD_PER_DEG),
    radiusKm * Math.sin(angleDeg * RAD_PER_DEG),
    0,
  ];

  it('ends where the line between two satellites touches the atmosphere', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 6600, max: 42_000, noNaN: true }),
        fc.double({ min: 6600, max: 42_000, noNaN: true }),
        fc.double({ min: 0, max: 180, noNaN: true }),
        (near, far, angle) => {
          const [a, b] = [at(near, 0), at(far, angle)];
          let lowest = Infinity;
          for (let i = 0; i <= 2000; i++) {
            const share = i / 2000;
            lowest = Math.min(lowest, Math.hypot(a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share));
          }
          if (Math.abs(lowest - 6458.137) < 1) return;
          expect(sightMarginKm(a, b) >= 0).toBe(lowest > 6458.137);
        },
      ),
    );
    expect(sightLimitKm(6400, 7000)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('has the elevation of geometry', () => {
    expect(elevationRad([6378.137, 0, 0], at(7158.137, 0))).toBeCloseTo(Math.PI / 2, 6);
    expect(elevationRad([6378.137, 0, 0], [6378.137, 500, 0])).toBeCloseTo(0, 9);
  });
});

describe('the pointing rate', () => {
  it('is nothing along a plane, and that of a full turn while two satellites pass each other crosswise', () => {
    const first = new CircularOrbit(780, 1, 0, 0);
    expect(pointingRateRadPerS(stateOf(first, 0), stateOf(new CircularOrbit(780, 1, 0, 0.3), 0))).toBeLessThan(1e-12);
    // Seen from each other, opposite ways in one plane, 100 km apart radially: twice the speed over the distance, less what the frame turns.
    const other = new CircularOrbit(880, 1, 0, 0);
    const back = stateOf(other, 0);
    const reversed = { position: back.position, velocity: back.velocity.map((v) => -v) as unknown as Vec3 };
    const rate = pointingRateRadPerS(stateOf(first, 0), reversed);
    const speed = Math.hypot(...stateOf(first, 0).velocity) + Math.hypot(...back.velocity);
    expect(rate).toBeCloseTo(speed / 100 + Math.hypot(...stateOf(first, 0).velocity) / 7158.137, 6);
  });

  it('agrees with how the direction turns in the frame that keeps one face to the Earth', () => {
    const [a, b] = [new CircularOrbit(780, 1.5, 0, 0), new CircularOrbit(1200, 1.2, 0.6, 0.1)];
    const directionAt = (atUs: number): Vec3 => {
      const { position, velocity } = stateOf(a, atUs);
      const unit = (v: readonly number[]) => v.map((x) => x / Math.hypot(...v));
      const cross = (p: readonly number[], q: readonly number[]) => [
        p[1]! * q[2]! - p[2]! * q[1]!,
        p[2]! * q[0]! - p[0]! * q[2]!,
        p[0]! * q[1]! - p[1]! * q[0]!,
      ];
      const up = unit(position);
      const side = unit(cross(position, velocity));
      const along = cross(side, up);
      const there = b.positionKm(atUs);
      const d = unit(there.map((value, i) => value - position[i]!));
      return [along, side, up].map((axis) => axis.reduce((sum, value, i) => sum + value * d[i]!, 0)) as unknown as Vec3;
    };
    for (const atUs of [1e8, 9e8, 2.5e9]) {
      const turned = distanceKm(directionAt(atUs - 50_000), directionAt(atUs + 50_000)) / 0.1;
      expect(pointingRateRadPerS(stateOf(a, atUs), stateOf(b, atUs))).toBeCloseTo(turned, 7);
    }
  });
});
