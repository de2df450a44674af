/**
 * Areas of the Earth: boxes, circles and polygons, whether a point is inside and how far it is from the border.
 *
 * Everything is on a sphere: latitudes and longitudes as they are given, distances along great circles with the radius of
 * constants.ts. Whose latitudes they are (geodetic ones of WGS-84 for real satellites, those of the sphere for Walker
 * constellations) is up to the caller, who gives points of the same kind.
 */
import { UsageError } from '../base/errors.js';
import { EARTH_RADIUS_KM, RAD_PER_DEG } from './constants.js';
import { angleRad, type Vec3 } from './ephemeris.js';
import { type GeographicPoint, PolygonShape, type Ring } from './polygon.js';
import { ArcList, directionOf } from './sphere.js';

/** A box on the Earth, bounds included. */
export interface GeographicBox {
  /** Degrees north, south bound first. */
  readonly latitudeDeg: readonly [south: number, north: number];
  /** Degrees east from -180 to 180, west bound first; west > east crosses the antimeridian. */
  readonly longitudeDeg: readonly [west: number, east: number];
}

/** All points within a distance of one point, measured along the ground. */
export interface GeographicCircle extends GeographicPoint {
  readonly radiusKm: number;
}

/** An area of the Earth, its border included. */
export type EarthArea =
  | ({ readonly kind: 'box' } & GeographicBox)
  | ({ readonly kind: 'circle' } & GeographicCircle)
  | {
      readonly kind: 'polygon';
      /** Each a border followed by the borders of its holes. A point is in the area where it is in one of them. */
      readonly polygons: readonly (readonly Ring[])[];
    };

/** An area made ready for many questions. */
export interface AreaShape {
  /** Whether a point is in the area or on its border. */
  contains(latitudeDeg: number, longitudeDeg: number): boolean;
  /**
   * How far a point is from the border along the ground, as an angle at the Earth's centre in rad: above 0 outside of the area, at
   * most 0 inside. By amount never more than the true distance; equal to it outside, as long as it is at most `reachRad` (0 where
   * not given).
   */
  distanceRad(latitudeDeg: number, longitudeDeg: number, reachRad?: number): number;
}

/**
 * Makes an area ready. Throws a UsageError `bad-box`, `bad-circle` or `bad-polygon` that says what is wrong with it.
 */
export function shapeOf(area: EarthArea): AreaShape {
  switch (area.kind) {
    case 'box':
      return new BoxShape(area);
    case 'circle':
      return new CircleShape(area);
    case 'polygon':
      return new PolygonShape(area.polygons);
  }
}

/** What is in at least one of some areas. Throws a UsageError `bad-area` where there is none. */
export function unionOf(shapes: readonly AreaShape[]): AreaShape {
  if (shapes.length === 0) throw new UsageError('bad-area', 'no area: expected at least one');
  return {
    contains: (latitudeDeg, longitudeDeg) => shapes.some((shape) => shape.contains(latitudeDeg, longitudeDeg)),
    distanceRad: (latitudeDeg, longitudeDeg, reachRad) =>
      shapes.reduce(
        (least, shape) => Math.min(least, shape.distanceRad(latitudeDeg, longitudeDeg, reachRad)),
        Infinity,
      ),
  };
}

class BoxShape implements AreaShape {
  readonly #south: number;
  readonly #north: number;
  readonly #west: number;
  readonly #east: number;
  /** The west and the east border; none where the box goes all around. */
  readonly #sides = new ArcList();

  constructor({ latitudeDeg, longitudeDeg }: GeographicBox) {
    const [south, north] = latitudeDeg;
    const [west, east] = longitudeDeg;
    if (!(south >= -90 && south <= north && north <= 90)) {
      throw new UsageError('bad-box', `latitudes ${south} to ${north}: expected -90 to 90, south bound first`);
    }
    if (!(west >= -180 && west <= 180 && east >= -180 && east <= 180)) {
      throw new UsageError('bad-box', `longitudes ${west} to ${east}: expected -180 to 180, west bound first`);
    }
    [this.#south, this.#north, this.#west, this.#east] = [south, north, west, east];
    if (west === -180 && east === 180) return;
    for (const longitude of [west, east]) {
      // In two halves, since an arc must be shorter than half a turn.
      const [from, middle, to] = [south, (south + north) / 2, north].map((latitude) =>
        directionOf(latitude, longitude),
      );
      this.#sides.add(from!, middle!);
      this.#sides.add(middle!, to!);
      this.#sides.add(to!, to!);
    }
  }

  contains(latitudeDeg: number, longitudeDeg: number): boolean {
    if (latitudeDeg < this.#south || latitudeDeg > this.#north) return false;
    // A pole has no longitude: it is in every box that reaches it.
    if (Math.abs(latitudeDeg) === 90) return true;
    return this.#spans(longitudeDeg);
  }

  distanceRad(latitudeDeg: number, longitudeDeg: number): number {
    const isInside = this.contains(latitudeDeg, longitudeDeg);
    let least = Infinity;
    // The nearest point of a parallel is on the point's own meridian, or else at an end, which belongs to a side too.
    if (this.#spans(longitudeDeg)) {
      if (this.#south > -90 || !isInside) least = Math.min(least, Math.abs(latitudeDeg - this.#south) * RAD_PER_DEG);
      if (this.#north < 90 || !isInside) least = Math.min(least, Math.abs(latitudeDeg - this.#north) * RAD_PER_DEG);
    }
    if (this.#sides.length > 0) {
      least = Math.min(least, this.#sides.distanceRad(directionOf(latitudeDeg, longitudeDeg)));
    }
    // A box of the whole Earth has no border.
    if (least === Infinity) least = Math.PI;
    return isInside ? -least : least;
  }

  #spans(longitudeDeg: number): boolean {
    const [west, east] = [this.#west, this.#east];
    const isBetween = (degrees: number) =>
      west <= east ? degrees >= west && degrees <= east : degrees >= west || degrees <= east;
    // The antimeridian has two names.
    return isBetween(longitudeDeg) || (Math.abs(longitudeDeg) === 180 && isBetween(-longitudeDeg));
  }
}

class CircleShape implements AreaShape {
  readonly #centre: Vec3;
  readonly #radiusRad: number;

  constructor({ latitudeDeg, longitudeDeg, radiusKm }: GeographicCircle) {
    if (!(latitudeDeg >= -90 && latitudeDeg <= 90)) {
      throw new UsageError('bad-circle', `latitude ${latitudeDeg}: expected -90 to 90`);
    }
    if (!(longitudeDeg >= -180 && longitudeDeg <= 180)) {
      throw new UsageError('bad-circle', `longitude ${longitudeDeg}: expected -180 to 180`);
    }
    if (!(radiusKm >= 0 && radiusKm < Infinity)) {
      throw new UsageError('bad-circle', `radius ${radiusKm} km: expected 0 or more`);
    }
    this.#centre = directionOf(latitudeDeg, longitudeDeg);
    this.#radiusRad = radiusKm / EARTH_RADIUS_KM;
  }

  contains(latitudeDeg: number, longitudeDeg: number): boolean {
    return this.distanceRad(latitudeDeg, longitudeDeg) <= 0;
  }

  distanceRad(latitudeDeg: number, longitudeDeg: number): number {
    return angleRad(this.#centre, directionOf(latitudeDeg, longitudeDeg)) - this.#radiusRad;
  }
}
