import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EARTH_RADIUS_KM,
  type EarthArea,
  type GeographicPoint,
  type Ring,
  shapeOf,
  unionOf,
} from '../../src/orbit/index.js';

const latitude = fc.double({ min: -90, max: 90, noNaN: true });
const longitude = fc.double({ min: -180, max: 180, noNaN: true });
const point = fc.record({ latitudeDeg: latitude, longitudeDeg: longitude });

type Vector = readonly [number, number, number];

function vector({ latitudeDeg, longitudeDeg }: GeographicPoint): Vector {
  const [phi, lambda] = [(latitudeDeg * Math.PI) / 180, (longitudeDeg * Math.PI) / 180];
  return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)];
}

function angle(a: GeographicPoint, b: GeographicPoint): number {
  const [p, q] = [vector(a), vector(b)];
  const chord = Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
  return 2 * Math.asin(Math.min(1, chord / 2));
}

/** Points along the edges, straight in latitude and longitude, the shorter way around. */
function walked(ring: Ring, steps: number): GeographicPoint[] {
  return ring.flatMap((from, i) => {
    const to = ring[(i + 1) % ring.length]!;
    let width = to.longitudeDeg - from.longitudeDeg;
    if (Math.abs(width) > 180) width -= 360 * Math.sign(width);
    return Array.from({ length: steps }, (_, k) => ({
      latitudeDeg: from.latitudeDeg + ((to.latitudeDeg - from.latitudeDeg) * k) / steps,
      longitudeDeg: from.longitudeDeg + (width * k) / steps,
    }));
  });
}

/** How often a finely walked border goes around a point of the sphere, seen in the plane that touches there and at its antipode. */
function windings(border: readonly GeographicPoint[], { latitudeDeg, longitudeDeg }: GeographicPoint): number {
  const up = vector({ latitudeDeg, longitudeDeg });
  const east: Vector = [-Math.sin((longitudeDeg * Math.PI) / 180), Math.cos((longitudeDeg * Math.PI) / 180), 0];
  const north: Vector = [
    up[1] * east[2] - up[2] * east[1],
    up[2] * east[0] - up[0] * east[2],
    up[0] * east[1] - up[1] * east[0],
  ];
  const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  let turned = 0;
  const azimuths = border.map(vector).map((p) => Math.atan2(dot(p, east), dot(p, north)));
  azimuths.forEach((azimuth, i) => {
    const step = azimuths[(i + 1) % azimuths.length]! - azimuth;
    turned += Math.atan2(Math.sin(step), Math.cos(step));
  });
  return Math.round(turned / 2 / Math.PI);
}

/** A star around a centre: azimuths ascending, distances of 2 to 20 degrees. No edge gets near the other side of the Earth. */
const star = fc.record({
  centre: point,
  distances: fc.array(fc.double({ min: 2, max: 20, noNaN: true }), { minLength: 5, maxLength: 12 }),
});

function starRing({ centre, distances }: { centre: GeographicPoint; distances: readonly number[] }): Ring {
  return distances.map((degrees, i) =>
    towards(centre, (2 * Math.PI * i) / distances.length, (degrees * Math.PI) / 180),
  );
}

function towards({ latitudeDeg, longitudeDeg }: GeographicPoint, azimuth: number, distance: number): GeographicPoint {
  const phi = (latitudeDeg * Math.PI) / 180;
  const sine = Math.sin(phi) * Math.cos(distance) + Math.cos(phi) * Math.sin(distance) * Math.cos(azimuth);
  const east = Math.atan2(
    Math.sin(azimuth) * Math.sin(distance) * Math.cos(phi),
    Math.cos(distance) - Math.sin(phi) * sine,
  );
  const degrees = longitudeDeg + (east * 180) / Math.PI;
  return {
    latitudeDeg: (Math.asin(Math.max(-1, Math.min(1, sine))) * 180) / Math.PI,
    longitudeDeg: degrees > 180 ? degrees - 360 : degrees < -180 ? degrees + 360 : degrees,
  };
}

const polygon = (...rings: Ring[]): EarthArea => ({ kind: 'polygon', polygons: [rings] });
const ring = (...corners: [number, number][]): Ring =>
  corners.map(([latitudeDeg, longitudeDeg]) => ({ latitudeDeg, longitudeDeg }));

describe('a polygon', () => {
  it('has inside what its border goes around on the sphere, wherever it lies', () => {
    fc.assert(
      fc.property(
        star,
        fc.double({ min: 0, max: 30, noNaN: true }),
        fc.double({ min: 0, max: 6.28, noNaN: true }),
        (drawn, away, azimuth) => {
          const border = starRing(drawn);
          const walk = walked(border, 400);
          // Edges that cross a pole's surroundings in half a turn are read another way than the walk could tell.
          const asked = towards(drawn.centre, azimuth, (away * Math.PI) / 180);
          const nearest = Math.min(...walk.map((at) => angle(at, asked)));
          fc.pre(nearest > 2e-3);
          const [here, there] = [
            windings(walk, asked),
            windings(walk, {
              latitudeDeg: -drawn.centre.latitudeDeg,
              longitudeDeg:
                drawn.centre.longitudeDeg > 0 ? drawn.centre.longitudeDeg - 180 : drawn.centre.longitudeDeg + 180,
            }),
          ];
          // Azimuths turn both at the point and at its antipode; the far side of the Earth is outside and counts for nothing.
          fc.pre(there === 0 || Math.abs(there) === 1);
          expect(shapeOf(polygon(border)).contains(asked.latitudeDeg, asked.longitudeDeg)).toBe(here % 2 !== 0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('gives distances to its border as a fine walk along it does, below 0 inside', () => {
    fc.assert(
      fc.property(star, point, (drawn, asked) => {
        const border = starRing(drawn);
        const shape = shapeOf(polygon(border));
        const found = shape.distanceRad(asked.latitudeDeg, asked.longitudeDeg, Math.PI);
        const nearest = Math.min(...walked(border, 1500).map((at) => angle(at, asked)));
        expect(Math.abs(Math.abs(found) - nearest)).toBeLessThan(6e-4);
        if (nearest > 1e-3) expect(found < 0).toBe(shape.contains(asked.latitudeDeg, asked.longitudeDeg));
        // Asked for less, it is never more, and the same where it is near.
        const rough = shape.distanceRad(asked.latitudeDeg, asked.longitudeDeg);
        expect(Math.abs(rough)).toBeLessThanOrEqual(Math.abs(found) + 1e-12);
        if (found < 0.1) expect(Math.abs(rough - found)).toBeLessThan(1e-9);
      }),
      { numRuns: 100 },
    );
  });

  it('follows the parallel between two corners of one latitude', () => {
    const shape = shapeOf(polygon(ring([50, -60], [50, 60], [40, 60], [40, -60])));
    expect(shape.contains(49.999, 0)).toBe(true);
    expect(shape.contains(50.001, 0)).toBe(false);
    expect(shape.distanceRad(50.1, 0, 1)).toBeCloseTo((0.1 * Math.PI) / 180, 4);
  });

  it('crosses the antimeridian the shorter way', () => {
    for (const east of [-170, 190]) {
      const shape = shapeOf(polygon(ring([-10, 170], [-10, east], [10, east], [10, 170])));
      expect([175, 180, -180, -175].map((at) => shape.contains(0, at))).toEqual([true, true, true, true]);
      expect([165, 0, -165].map((at) => shape.contains(0, at))).toEqual([false, false, false]);
    }
  });

  it('encloses the pole that its border is nearer to, in either direction', () => {
    const around = ring([70, 0], [60, 90], [70, 180], [60, -90]);
    for (const border of [around, around.slice().reverse()]) {
      const shape = shapeOf(polygon(border));
      expect([shape.contains(90, 0), shape.contains(80, 33), shape.contains(-90, 0), shape.contains(50, 33)]).toEqual([
        true,
        true,
        false,
        false,
      ]);
      const south = shapeOf(
        polygon(border.map(({ latitudeDeg, ...rest }) => ({ latitudeDeg: -latitudeDeg, ...rest }))),
      );
      expect([south.contains(-90, 5), south.contains(90, 5), south.contains(0, 0)]).toEqual([true, false, false]);
    }
    const equator = ring([0, 0], [0, 120], [0, -120]);
    expect(shapeOf(polygon(equator)).contains(10, 0)).toBe(true);
    expect(shapeOf(polygon(equator.slice().reverse())).contains(10, 0)).toBe(false);
  });

  it('goes all around between -180 and 180: bands, caps, the world', () => {
    const box = (south: number, north: number) =>
      shapeOf(polygon(ring([south, -180], [south, 180], [north, 180], [north, -180], [south, -180])));
    const grid = [-89, -60, -10, 0, 30, 75, 89].flatMap((lat) =>
      [-180, -90, 0, 1, 180].map((lon) => [lat, lon] as const),
    );
    for (const [south, north] of [
      [-20, 20],
      [50, 90],
      [-90, -30],
      [-90, 90],
    ] as const) {
      const shape = box(south, north);
      for (const [lat, lon] of grid) expect(shape.contains(lat, lon)).toBe(lat >= south && lat <= north);
    }
  });

  it('leaves holes out, with their borders in, and joins its parts', () => {
    const outer = ring([0, 0], [0, 20], [20, 20], [20, 0]);
    const hole = ring([5, 5], [5, 15], [15, 15], [15, 5]);
    const island = ring([9, 9], [9, 11], [11, 11], [11, 9]);
    const shape = shapeOf({ kind: 'polygon', polygons: [[outer, hole], [island]] });
    const at = (lat: number, lon: number) => shape.contains(lat, lon);
    expect([at(2, 2), at(7, 7), at(10, 10), at(5, 10), at(0, 0), at(20, 10), at(21, 10)]).toEqual([
      true,
      false,
      true,
      true,
      true,
      true,
      false,
    ]);
    expect(shape.distanceRad(7, 7, 1)).toBeGreaterThan(0);
  });

  it.each([
    [[], 'a border of 0 points'],
    [
      [
        [0, 0],
        [0, 0],
        [1, 1],
      ],
      'a border of 2 points',
    ],
    [
      [
        [0, 0],
        [91, 0],
        [1, 1],
      ],
      'latitude 91',
    ],
    [
      [
        [0, 0],
        [0, 361],
        [1, 1],
      ],
      'longitude 361',
    ],
    [
      [
        [0, 0],
        [0, Number.NaN],
        [1, 1],
      ],
      'longitude NaN',
    ],
  ] as const)('refuses corners %j', (corners, problem) => {
    expect(() => shapeOf(polygon(ring(...(corners as unknown as [number, number][]))))).toThrow(
      expect.objectContaining({ code: 'bad-polygon', message: expect.stringContaining(problem) }),
    );
  });
});

describe('a box', () => {
  it('gives distances as a fine walk along its border does', () => {
    const boxes = fc.tuple(latitude, latitude, longitude, longitude);
    fc.assert(
      fc.property(boxes, point, ([a, b, west, east], asked) => {
        const [south, north] = [Math.min(a, b), Math.max(a, b)];
        const shape = shapeOf({ kind: 'box', latitudeDeg: [south, north], longitudeDeg: [west, east] });
        const width = west <= east ? east - west : east - west + 360;
        const steps = Array.from({ length: 2001 }, (_, i) => i / 2000);
        const border = steps.flatMap((share) => [
          { latitudeDeg: south, longitudeDeg: west + share * width },
          { latitudeDeg: north, longitudeDeg: west + share * width },
          { latitudeDeg: south + share * (north - south), longitudeDeg: west },
          { latitudeDeg: south + share * (north - south), longitudeDeg: east },
        ]);
        const nearest = Math.min(...border.map((at) => angle(at, asked)));
        const found = shape.distanceRad(asked.latitudeDeg, asked.longitudeDeg);
        if (Math.abs(found) > 1e-9) expect(found < 0).toBe(shape.contains(asked.latitudeDeg, asked.longitudeDeg));
        if (found > 0) expect(Math.abs(found - nearest)).toBeLessThan(2e-3);
        else expect(-found).toBeLessThanOrEqual(nearest + 1e-9);
      }),
      { numRuns: 200 },
    );
  });

  it('all around the Earth has no side, and of the whole Earth no border', () => {
    const cap = shapeOf({ kind: 'box', latitudeDeg: [60, 90], longitudeDeg: [-180, 180] });
    expect(cap.distanceRad(90, 0)).toBeCloseTo(-Math.PI / 6, 12);
    expect(cap.distanceRad(75, 180)).toBeCloseTo(-Math.PI / 12, 12);
    const world = shapeOf({ kind: 'box', latitudeDeg: [-90, 90], longitudeDeg: [-180, 180] });
    expect(world.distanceRad(12, 34)).toBe(-Math.PI);
  });
});

describe('a circle', () => {
  it('holds what is within its radius', () => {
    fc.assert(
      fc.property(point, point, fc.double({ min: 0, max: 20_000, noNaN: true }), (centre, asked, radiusKm) => {
        const shape = shapeOf({ kind: 'circle', ...centre, radiusKm });
        const away = angle(centre, asked) - radiusKm / EARTH_RADIUS_KM;
        expect(shape.distanceRad(asked.latitudeDeg, asked.longitudeDeg)).toBeCloseTo(away, 6);
        fc.pre(Math.abs(away) > 1e-6);
        expect(shape.contains(asked.latitudeDeg, asked.longitudeDeg)).toBe(away < 0);
      }),
    );
  });

  it.each([
    [91, 0, 1],
    [0, 181, 1],
    [0, 0, -1],
    [0, 0, Number.NaN],
  ])('refuses %d, %d with a radius of %d km', (latitudeDeg, longitudeDeg, radiusKm) => {
    expect(() => shapeOf({ kind: 'circle', latitudeDeg, longitudeDeg, radiusKm })).toThrow(
      expect.objectContaining({ code: 'bad-circle' }),
    );
  });
});

describe('a union', () => {
  it('holds what is in any of its areas and is as far as the nearest', () => {
    const [a, b] = [0, 40].map((longitudeDeg) =>
      shapeOf({ kind: 'circle', latitudeDeg: 0, longitudeDeg, radiusKm: 1000 }),
    );
    const both = unionOf([a!, b!]);
    expect([both.contains(0, 1), both.contains(0, 41), both.contains(0, 20)]).toEqual([true, true, false]);
    expect(both.distanceRad(0, 15)).toBe(a!.distanceRad(0, 15));
    expect(() => unionOf([])).toThrow(expect.objectContaining({ code: 'bad-area' }));
  });
});
