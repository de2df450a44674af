/**
 * Where things are: satellites by an {@link Ephemeris} each, whatever it is computed from, and points fixed to the rotating
 * spherical Earth. Everything is given in one inertial frame in km: z north, the Earth's axis fixed in it.
 */
import { US_PER_SECOND } from '../base/time.js';
import { EARTH_RADIUS_KM, EARTH_ROTATION_RAD_PER_S, RAD_PER_DEG } from './constants.js';
import {
  ascendingNodeRad,
  meanMotionRadPerS,
  semiMajorAxisKm,
  startingArgumentRad,
  type WalkerShell,
  wrapDegrees,
} from './walker.js';

/** A position or direction in the inertial frame, km. */
export type Vec3 = readonly [x: number, y: number, z: number];

/** What holds for a satellite at every time that is asked for: lets a search pass over times in which nothing can happen. */
export interface OrbitBounds {
  /** Never nearer to the Earth's centre than this, km. */
  readonly leastRadiusKm: number;
  /** Never farther from the Earth's centre than this, km. */
  readonly greatestRadiusKm: number;
  /** Seen from the Earth's centre it never moves faster than this through the stars, rad/s. */
  readonly greatestRateRadPerS: number;
  /** Never farther north or south than this, rad; undefined for anywhere. */
  readonly greatestLatitudeRad?: number | undefined;
}

/** The way of one satellite. */
export interface Ephemeris {
  /**
   * Position in the Earth-centred inertial frame, km, at a time of the plan's axis in microseconds (fractions are allowed).
   * Where Greenwich then is is up to whoever made the ephemeris, see {@link EarthRotation}.
   */
  positionKm(atUs: number): Vec3;
  /** Velocity in the same frame, km/s; where it is missing, searches take it from two positions. */
  velocityKmPerS?(atUs: number): Vec3;
  /** Undefined where nothing can be promised: searches then sample at a fixed step. */
  readonly bounds?: OrbitBounds | undefined;
}

/** A point that turns with the Earth; a sphere of {@link EARTH_RADIUS_KM}. */
export interface EarthFixedPoint {
  /** North positive, -90 to 90. */
  readonly latitudeDeg: number;
  /** East positive, -180 to 180. */
  readonly longitudeDeg: number;
  /** Above the sphere, km. */
  readonly altitudeKm: number;
  /**
   * The latitude of the point of the sky that is straight up, -90 to 90, where the Earth is not taken as a sphere: the geodetic latitude
   * of a point on the ellipsoid. By default the point's own.
   */
  readonly zenithLatitudeDeg?: number | undefined;
}

/** How the Earth stands in the inertial frame. */
export interface EarthRotation {
  /** Angle from the x axis east to Greenwich at t = 0, rad: 0 for Walker constellations, sidereal time for TLE. */
  readonly greenwichRad: number;
}

/** Greenwich on the x axis at t = 0: the convention of Walker constellations. */
export const GREENWICH_AT_X: EarthRotation = { greenwichRad: 0 };

/** A circular two-body orbit, closed-form. */
export class CircularOrbit implements Ephemeris {
  readonly bounds: OrbitBounds;
  readonly #motion: number;
  readonly #argument: number;
  /** From the centre to the ascending node, and to the point a quarter of a turn later, km. */
  readonly #node: Vec3;
  readonly #quarter: Vec3;

  /** `argumentRad` is the argument of latitude at t = 0. */
  constructor(
    readonly altitudeKm: number,
    inclinationRad: number,
    ascendingNodeRad: number,
    argumentRad: number,
  ) {
    const radius = semiMajorAxisKm({ altitudeKm });
    const [cosNode, sinNode] = [Math.cos(ascendingNodeRad), Math.sin(ascendingNodeRad)];
    const flat = radius * Math.cos(inclinationRad);
    this.#node = [radius * cosNode, radius * sinNode, 0];
    this.#quarter = [-sinNode * flat, cosNode * flat, radius * Math.sin(inclinationRad)];
    this.#motion = meanMotionRadPerS({ altitudeKm });
    this.#argument = argumentRad;
    this.bounds = {
      leastRadiusKm: radius,
      greatestRadiusKm: radius,
      greatestRateRadPerS: this.#motion,
      greatestLatitudeRad: Math.min(inclinationRad, Math.PI - inclinationRad),
    };
  }

  positionKm(atUs: number): Vec3 {
    const argument = this.#argument + (this.#motion * atUs) / US_PER_SECOND;
    return this.#combine(Math.cos(argument), Math.sin(argument));
  }

  velocityKmPerS(atUs: number): Vec3 {
    const argument = this.#argument + (this.#motion * atUs) / US_PER_SECOND;
    return this.#combine(-this.#motion * Math.sin(argument), this.#motion * Math.cos(argument));
  }

  #combine(ofNode: number, ofQuarter: number): Vec3 {
    const [node, quarter] = [this.#node, this.#quarter];
    return [
      node[0] * ofNode + quarter[0] * ofQuarter,
      node[1] * ofNode + quarter[1] * ofQuarter,
      node[2] * ofNode + quarter[2] * ofQuarter,
    ];
  }
}

/** The satellites of a shell in the order of their node numbers, node 1 first. */
export function walkerEphemerides(shell: WalkerShell): CircularOrbit[] {
  const orbits: CircularOrbit[] = [];
  for (let orb = 1; orb <= shell.planes; orb++) {
    for (let sat = 1; sat <= shell.satellitesPerPlane; sat++) {
      orbits.push(
        new CircularOrbit(
          shell.altitudeKm,
          shell.inclinationDeg * RAD_PER_DEG,
          ascendingNodeRad(shell, orb),
          startingArgumentRad(shell, sat, orb),
        ),
      );
    }
  }
  return orbits;
}

/** Where a point of the rotating Earth is in the inertial frame, km. */
export function earthFixedPositionKm(point: EarthFixedPoint, atUs: number, earth: EarthRotation): Vec3 {
  const radius = EARTH_RADIUS_KM + point.altitudeKm;
  const latitude = point.latitudeDeg * RAD_PER_DEG;
  const east =
    point.longitudeDeg * RAD_PER_DEG + earth.greenwichRad + (EARTH_ROTATION_RAD_PER_S * atUs) / US_PER_SECOND;
  const flat = radius * Math.cos(latitude);
  return [flat * Math.cos(east), flat * Math.sin(east), radius * Math.sin(latitude)];
}

/** The direction straight up from a point of the rotating Earth, in the inertial frame; of any length. */
export function zenithOf(point: EarthFixedPoint, atUs: number, earth: EarthRotation): Vec3 {
  const { zenithLatitudeDeg: latitudeDeg = point.latitudeDeg, longitudeDeg } = point;
  return earthFixedPositionKm({ latitudeDeg, longitudeDeg, altitudeKm: 0 }, atUs, earth);
}

/** The point of the sphere below a position, with its height: the inverse of {@link earthFixedPositionKm}. */
export function earthFixedPointOf(position: Vec3, atUs: number, earth: EarthRotation): EarthFixedPoint {
  const radius = Math.hypot(position[0], position[1], position[2]);
  const turned = earth.greenwichRad + (EARTH_ROTATION_RAD_PER_S * atUs) / US_PER_SECOND;
  return {
    latitudeDeg: Math.asin(Math.max(-1, Math.min(1, position[2] / radius))) / RAD_PER_DEG,
    longitudeDeg: wrapDegrees((Math.atan2(position[1], position[0]) - turned) / RAD_PER_DEG),
    altitudeKm: radius - EARTH_RADIUS_KM,
  };
}

/** Distance of two points, km. */
export function distanceKm(a: Vec3, b: Vec3): number {
  const [x, y, z] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
  return Math.sqrt(x * x + y * y + z * z);
}

/** Angle between two directions, rad, 0 to pi; exact for small angles and for those near pi too. */
export function angleRad(a: Vec3, b: Vec3): number {
  const x = a[1] * b[2] - a[2] * b[1];
  const y = a[2] * b[0] - a[0] * b[2];
  const z = a[0] * b[1] - a[1] * b[0];
  return Math.atan2(Math.sqrt(x * x + y * y + z * z), a[0] * b[0] + a[1] * b[1] + a[2] * b[2]);
}
