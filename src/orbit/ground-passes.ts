/**
 * Passes: when a satellite stands high enough above a place on the turning Earth. The place sees it while the angle between them
 * at the Earth's centre is at most that of the least elevation; a bound on how fast that angle changes lets the search leap from
 * one pass to the next, so a satellite that never comes near costs a few looks an orbit. On the ellipsoid the horizon is tilted by up to
 * 0.19 degrees against that of the sphere: there the angle decides what is farther from the edge than that, the elevation the rest.
 */
import { EARTH_MU_KM3_PER_S2, EARTH_RADIUS_KM, EARTH_ROTATION_RAD_PER_S, RAD_PER_DEG } from './constants.js';
import {
  distanceKm,
  type EarthFixedPoint,
  type EarthRotation,
  type Ephemeris,
  earthFixedPositionKm,
  type OrbitBounds,
  type Vec3,
  zenithOf,
} from './ephemeris.js';
import { coverageAngleRad, elevationRad, lengthOf } from './visibility.js';
import { searchWindows, type Window } from './window-search.js';

/**
 * The finest sampling of a search for passes, microseconds. A pass or a gap that is shorter than a second carries less than the
 * antennas need to find each other, and may be missed; without bounds on the orbit the samples are {@link UNBOUNDED_STEP_US} apart.
 */
export const PASS_STEP_US = 1_000_000;

/** Between samples of an orbit without bounds, microseconds: a pass that is shorter may be missed. */
export const UNBOUNDED_STEP_US = 10_000_000;

/** How late a pass may start and how early it may end by default, microseconds. */
export const PASS_TOLERANCE_US = 1_000;

/** Makes an elevation so small an angle that no search leaps by it. */
const NO_LEAP = 1e-6;

/** What makes a pass. */
export interface PassLimits {
  /** The satellite stands at least this high above the horizon, 0 to 90. */
  readonly leastElevationDeg: number;
  /** The satellite is at most this far away, km; undefined for any distance. */
  readonly greatestRangeKm?: number | undefined;
  /** {@link PASS_TOLERANCE_US} by default. */
  readonly toleranceUs?: number | undefined;
}

/** The passes of a satellite over a place between two times, ascending. */
export function groundPasses(
  satellite: Ephemeris,
  site: EarthFixedPoint,
  earth: EarthRotation,
  fromUs: number,
  untilUs: number,
  limits: PassLimits,
): Window[] {
  const least = limits.leastElevationDeg * RAD_PER_DEG;
  const { bounds } = satellite;
  const toleranceUs = limits.toleranceUs ?? PASS_TOLERANCE_US;
  const siteRadius = EARTH_RADIUS_KM + site.altitudeKm;
  const lowest = Math.max(0, least - tiltRad(site));
  if (bounds !== undefined && isOutOfReach(site, bounds, coverageAngleRad(bounds.greatestRadiusKm, siteRadius, lowest)))
    return [];
  const marginAt = (atUs: number) =>
    passMargin(site, earthFixedPositionKm(site, atUs, earth), satellite.positionKm(atUs), least, () =>
      zenithOf(site, atUs, earth),
    );
  const passes = searchWindows(marginAt, fromUs, untilUs, {
    stepUs: bounds === undefined ? UNBOUNDED_STEP_US : PASS_STEP_US,
    toleranceUs,
    greatestRatePerS: bounds === undefined ? undefined : greatestMarginRate(bounds, siteRadius, lowest),
  });
  const { greatestRangeKm } = limits;
  if (greatestRangeKm === undefined) return passes;
  const roomAt = (atUs: number) =>
    greatestRangeKm - distanceKm(earthFixedPositionKm(site, atUs, earth), satellite.positionKm(atUs));
  const search = { stepUs: PASS_STEP_US, toleranceUs };
  return passes.flatMap(({ startUs, endUs }) => searchWindows(roomAt, startUs, endUs, search));
}

/** The highest elevation within a pass, degrees, to a thousandth: for tables of passes. */
export function highestElevationDeg(
  satellite: Ephemeris,
  site: EarthFixedPoint,
  earth: EarthRotation,
  pass: Window,
): number {
  const at = (atUs: number) =>
    elevationRad(earthFixedPositionKm(site, atUs, earth), satellite.positionKm(atUs), zenithOf(site, atUs, earth));
  let [low, high] = [pass.startUs, pass.endUs];
  // The elevation of a pass has one top: each round leaves two thirds of the time.
  while (high - low > 1_000) {
    const third = (high - low) / 3;
    if (at(low + third) < at(high - third)) low += third;
    else high -= third;
  }
  return at((low + high) / 2) / RAD_PER_DEG;
}

/**
 * At least 0 while the satellite stands high enough: by how much the angle at the centre is below that of the least elevation, rad. Where
 * the tilt of the horizon decides, the elevation does instead.
 */
function passMargin(site: EarthFixedPoint, from: Vec3, to: Vec3, leastRad: number, zenith: () => Vec3): number {
  const siteRadius = EARTH_RADIUS_KM + site.altitudeKm;
  const radius = lengthOf(to);
  const cosine = (from[0] * to[0] + from[1] * to[1] + from[2] * to[2]) / (siteRadius * radius);
  const central = Math.acos(Math.max(-1, Math.min(1, cosine)));
  const tilt = tiltRad(site);
  const certain = coverageAngleRad(radius, siteRadius, leastRad + tilt) - central;
  if (tilt === 0 || certain >= 0) return certain;
  const possible = coverageAngleRad(radius, siteRadius, leastRad - tilt) - central;
  if (possible < 0) return possible;
  return NO_LEAP * (elevationRad(from, to, zenith()) - leastRad);
}

/** The angle between the zenith and the line from the Earth's centre. */
function tiltRad({ latitudeDeg, zenithLatitudeDeg = latitudeDeg }: EarthFixedPoint): number {
  return Math.abs(zenithLatitudeDeg - latitudeDeg) * RAD_PER_DEG;
}

/** A site so far north or south that the satellite, which keeps to lower latitudes, never stands high enough above it. */
function isOutOfReach(
  site: EarthFixedPoint,
  { greatestLatitudeRad = Math.PI / 2 }: OrbitBounds,
  reachRad: number,
): boolean {
  return Math.abs(site.latitudeDeg) * RAD_PER_DEG - greatestLatitudeRad > reachRad;
}

/**
 * A bound on how fast coverage angle less central angle changes, rad/s: satellite and Earth turn towards each other, and the
 * coverage angle grows with the distance from the centre, by at most q / (r sqrt(r^2 - q^2)) a km at the lowest point (q = R cos e),
 * at the radial speed of the orbit between these bounds, e sqrt(mu / p).
 */
function greatestMarginRate(bounds: OrbitBounds, siteRadiusKm: number, leastElevationRad: number): number {
  const { leastRadiusKm: low, greatestRadiusKm: high, greatestRateRadPerS } = bounds;
  const turning = greatestRateRadPerS + EARTH_ROTATION_RAD_PER_S;
  const eccentricity = (high - low) / (high + low);
  if (eccentricity === 0) return turning;
  const climbing = eccentricity * Math.sqrt((EARTH_MU_KM3_PER_S2 * (low + high)) / (2 * low * high));
  const q = siteRadiusKm * Math.cos(leastElevationRad);
  // Below the site's own height there is no bound; such an orbit ends in the ground.
  return low <= q ? Infinity : turning + (climbing * q) / (low * Math.sqrt(low * low - q * q));
}
