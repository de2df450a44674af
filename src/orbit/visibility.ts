/**
 * Who sees whom, at one time: satellites past the Earth and its atmosphere, a satellite from a point on the ground, and how fast an
 * antenna must turn. The Earth is a sphere.
 */
import { ATMOSPHERE_KM, EARTH_RADIUS_KM, RAD_PER_DEG } from './constants.js';
import { distanceKm, type Ephemeris, type Vec3 } from './ephemeris.js';

/** Between the two positions that a velocity is taken from where an ephemeris gives none, microseconds. */
const DIFFERENCE_US = 200_000;

/**
 * How far satellites at two distances from the Earth's centre (km) see each other, km: the line between them touches the sphere of
 * the Earth and `atmosphereKm` above it. One that is inside that sphere sees nobody: -Infinity.
 */
export function sightLimitKm(radiusKm: number, otherRadiusKm: number, atmosphereKm = ATMOSPHERE_KM): number {
  const hidden = EARTH_RADIUS_KM + atmosphereKm;
  if (radiusKm < hidden || otherRadiusKm < hidden) return Number.NEGATIVE_INFINITY;
  return Math.sqrt(radiusKm * radiusKm - hidden * hidden) + Math.sqrt(otherRadiusKm * otherRadiusKm - hidden * hidden);
}

/** By how many km two satellites are inside the limit of {@link sightLimitKm}; below 0 the Earth hides them from each other. */
export function sightMarginKm(a: Vec3, b: Vec3, atmosphereKm = ATMOSPHERE_KM): number {
  return sightLimitKm(lengthOf(a), lengthOf(b), atmosphereKm) - distanceKm(a, b);
}

/**
 * Elevation of `target` above the horizon of `site`, both inertial in km, rad: -pi/2 to pi/2. `zenith` is the direction straight up, of
 * any length; by default that from the Earth's centre.
 */
export function elevationRad(site: Vec3, target: Vec3, zenith: Vec3 = site): number {
  const [x, y, z] = [target[0] - site[0], target[1] - site[1], target[2] - site[2]];
  const up = (x * zenith[0] + y * zenith[1] + z * zenith[2]) / (lengthOf(zenith) * Math.sqrt(x * x + y * y + z * z));
  return Math.asin(Math.max(-1, Math.min(1, up)));
}

/**
 * The angle at the Earth's centre within which a satellite at `radiusKm` stands at least `elevationRad` above the horizon of a site at
 * `siteRadiusKm`, rad: acos(R cos e / r) - e. Below 0 where it never does.
 */
export function coverageAngleRad(radiusKm: number, siteRadiusKm: number, elevationRad: number): number {
  const cosine = (siteRadiusKm * Math.cos(elevationRad)) / radiusKm;
  return cosine >= 1 ? -elevationRad : Math.acos(cosine) - elevationRad;
}

/** Degrees north or south of the equator of a position, at least 0. */
export function absoluteLatitudeDeg(position: Vec3): number {
  return Math.asin(Math.min(1, Math.abs(position[2]) / lengthOf(position))) / RAD_PER_DEG;
}

/** Where a satellite is and where it goes, km and km/s, inertial. */
export interface StateVector {
  readonly position: Vec3;
  readonly velocity: Vec3;
}

/** Position and velocity at a time; the velocity from two positions where the ephemeris gives none. */
export function stateOf(ephemeris: Ephemeris, atUs: number): StateVector {
  const position = ephemeris.positionKm(atUs);
  if (ephemeris.velocityKmPerS !== undefined) return { position, velocity: ephemeris.velocityKmPerS(atUs) };
  const before = ephemeris.positionKm(atUs - DIFFERENCE_US / 2);
  const after = ephemeris.positionKm(atUs + DIFFERENCE_US / 2);
  const perSecond = 1e6 / DIFFERENCE_US;
  const velocity: Vec3 = [
    (after[0] - before[0]) * perSecond,
    (after[1] - before[1]) * perSecond,
    (after[2] - before[2]) * perSecond,
  ];
  return { position, velocity };
}

/**
 * How fast the direction from `from` to `to` turns in the local orbital frame of `from`, rad/s. That frame turns with the orbit
 * (omega = r x v / r^2), as a satellite does that keeps one face to the Earth, so neighbours in a plane stand still in it. With
 * d = r_to - r_from and w = v_to - v_from - omega x d it is |d x w| / d^2.
 */
export function pointingRateRadPerS(from: StateVector, to: StateVector): number {
  const d = minus(to.position, from.position);
  const radius = lengthOf(from.position);
  const turning = cross(from.position, from.velocity);
  const turned = cross(turning, d);
  const moved = minus(to.velocity, from.velocity);
  const square = radius * radius;
  const w: Vec3 = [moved[0] - turned[0] / square, moved[1] - turned[1] / square, moved[2] - turned[2] / square];
  const apart = lengthOf(d);
  // Satellites in one place have no direction to each other, and no antenna follows them through it.
  return apart === 0 ? Number.POSITIVE_INFINITY : lengthOf(cross(d, w)) / (apart * apart);
}

/** Length of a vector. */
export function lengthOf(vector: Vec3): number {
  return Math.sqrt(vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2]);
}

function minus(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
