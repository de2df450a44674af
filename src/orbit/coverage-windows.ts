/**
 * When satellites cover an area of the Earth: from when to when each does, and what share of the time somebody does.
 *
 * A satellite covers an area while the point below it is in it; with a swath or a minimum elevation, while any point of the area is
 * within reach on the ground. Points below real satellites are taken in geodetic latitude (`figure: 'wgs84'`), those of circular
 * orbits on the sphere; distances on the ground are along great circles of the sphere in both cases, which is right to 0.5 %.
 */
import { UsageError } from '../base/errors.js';
import type { AreaShape } from './area.js';
import { EARTH_MU_KM3_PER_S2, EARTH_RADIUS_KM, EARTH_ROTATION_RAD_PER_S, RAD_PER_DEG } from './constants.js';
import {
  type EarthRotation,
  type Ephemeris,
  earthFixedPointOf,
  GREENWICH_AT_X,
  type OrbitBounds,
} from './ephemeris.js';
import { geodeticPointOf } from './geodetic.js';
import { coverageAngleRad } from './visibility.js';
import { mergeWindows, searchWindows, subtractWindows, type Window } from './window-search.js';

/** What covering means, and when to look. */
export interface CoverageOptions {
  readonly fromUs: number;
  readonly untilUs: number;
  /** Where Greenwich is; by default as for Walker constellations. */
  readonly earth?: EarthRotation | undefined;
  /** Whose latitudes the area is given in; `sphere` by default. */
  readonly figure?: 'sphere' | 'wgs84' | undefined;
  /** The width of the strip that the satellite sees, half of it to each side and ahead, km. */
  readonly swathKm?: number | undefined;
  /** The satellite covers what sees it at least this high above the horizon, degrees from 0 to less than 90. */
  readonly minElevationDeg?: number | undefined;
  /**
   * A pass or a gap that lasts longer than this is never missed (for an ephemeris with bounds, within those), microseconds;
   * 1 s by default.
   */
  readonly stepUs?: number | undefined;
  /** Passes start late and end early by at most this, microseconds; 1 ms by default. */
  readonly toleranceUs?: number | undefined;
}

/** A satellite covers the area from when to when. */
export interface CoveragePass extends Window {
  /** Index of the satellite. */
  readonly satellite: number;
}

/** What passes come to. Times in microseconds. */
export interface CoverageTotals {
  readonly passes: number;
  /** How long at least one satellite covers the area. */
  readonly coveredUs: number;
  /** That, as a share of all the time looked at. */
  readonly coveredShare: number;
  /** When none does, from the start of the search to its end. */
  readonly gaps: readonly Window[];
  readonly longestGapUs: number;
  readonly meanGapUs: number;
  /** From the start of one covered stretch to the start of the next, on average; undefined for fewer than two. */
  readonly meanRevisitUs: number | undefined;
}

const DEFAULT_STEP_US = 1_000_000;
const DEFAULT_TOLERANCE_US = 1_000;

/** The ellipsoid lets geodetic latitude change faster than the angle at the centre by at most this factor, rounded up. */
const ELLIPSOID_FACTOR = 1.01;

/**
 * When one satellite covers an area. Throws a UsageError `bad-coverage` for options out of range, and what {@link searchWindows}
 * throws. Times at which the ephemeris has no position (NaN) are not covered.
 */
export function coverageWindows(ephemeris: Ephemeris, shape: AreaShape, options: CoverageOptions): Window[] {
  checkOptions(options);
  const { fromUs, untilUs, earth = GREENWICH_AT_X, figure = 'sphere' } = options;
  const pointOf = figure === 'wgs84' ? geodeticPointOf : earthFixedPointOf;
  const marginAt = (atUs: number): number => {
    const position = ephemeris.positionKm(atUs);
    const radiusKm = Math.hypot(position[0], position[1], position[2]);
    if (Number.isNaN(radiusKm)) return Number.NEGATIVE_INFINITY;
    const { latitudeDeg, longitudeDeg } = pointOf(position, atUs, earth);
    const reach = reachRad(radiusKm, options);
    return reach - shape.distanceRad(latitudeDeg, longitudeDeg, reach);
  };
  return searchWindows(marginAt, fromUs, untilUs, {
    stepUs: options.stepUs ?? DEFAULT_STEP_US,
    toleranceUs: options.toleranceUs ?? DEFAULT_TOLERANCE_US,
    greatestRatePerS: ephemeris.bounds === undefined ? undefined : marginRate(ephemeris.bounds, options),
  });
}

/** When each of some satellites covers an area, by start, then satellite. Throws as {@link coverageWindows} does. */
export function coveragePasses(
  ephemerides: readonly Ephemeris[],
  shape: AreaShape,
  options: CoverageOptions,
): CoveragePass[] {
  const passes = ephemerides.flatMap((ephemeris, satellite) =>
    coverageWindows(ephemeris, shape, options).map((window) => ({ satellite, ...window })),
  );
  return passes.sort((a, b) => a.startUs - b.startUs || a.satellite - b.satellite);
}

/** What windows of any satellites in any order come to between two times, which they do not leave. */
export function coverageTotals(windows: readonly Window[], fromUs: number, untilUs: number): CoverageTotals {
  const covered = mergeWindows(windows);
  const coveredUs = covered.reduce((sum, { startUs, endUs }) => sum + endUs - startUs, 0);
  const gaps = untilUs > fromUs ? subtractWindows([{ startUs: fromUs, endUs: untilUs }], covered) : [];
  const lengths = gaps.map(({ startUs, endUs }) => endUs - startUs);
  const first = covered[0];
  const last = covered.at(-1);
  return {
    passes: windows.length,
    coveredUs,
    coveredShare: untilUs > fromUs ? coveredUs / (untilUs - fromUs) : 0,
    gaps,
    longestGapUs: lengths.reduce((longest, length) => Math.max(longest, length), 0),
    meanGapUs: gaps.length === 0 ? 0 : lengths.reduce((sum, length) => sum + length, 0) / gaps.length,
    meanRevisitUs:
      first === undefined || last === undefined || covered.length < 2
        ? undefined
        : (last.startUs - first.startUs) / (covered.length - 1),
  };
}

/** How far on the ground a satellite reaches from the point below it, rad. Of a swath and an elevation, the lesser counts. */
export function reachRad(
  radiusKm: number,
  { swathKm, minElevationDeg }: Pick<CoverageOptions, 'swathKm' | 'minElevationDeg'>,
): number {
  let reach = Infinity;
  if (swathKm !== undefined) reach = swathKm / 2 / EARTH_RADIUS_KM;
  if (minElevationDeg !== undefined) {
    const angle = coverageAngleRad(radiusKm, EARTH_RADIUS_KM, minElevationDeg * RAD_PER_DEG);
    reach = Math.min(reach, Math.max(0, angle));
  }
  return reach === Infinity ? 0 : reach;
}

/** The fastest that reach less distance changes, rad/s: the way over the ground, and the reach as the satellite climbs or sinks. */
function marginRate(bounds: OrbitBounds, { minElevationDeg, figure }: CoverageOptions): number {
  const ground = bounds.greatestRateRadPerS + EARTH_ROTATION_RAD_PER_S;
  const overGround = figure === 'wgs84' ? ground * ELLIPSOID_FACTOR : ground;
  if (minElevationDeg === undefined || bounds.leastRadiusKm === bounds.greatestRadiusKm) return overGround;
  const { leastRadiusKm: least, greatestRadiusKm: greatest } = bounds;
  const eccentricity = (greatest - least) / (greatest + least);
  const parameterKm = (2 * least * greatest) / (least + greatest);
  const climbKmPerS = Math.sqrt(EARTH_MU_KM3_PER_S2 / parameterKm) * eccentricity;
  const ratio = Math.min(1, (EARTH_RADIUS_KM * Math.cos(minElevationDeg * RAD_PER_DEG)) / least);
  const reachPerKm = ratio / least / Math.sqrt(1 - ratio * ratio);
  return overGround + climbKmPerS * reachPerKm;
}

function checkOptions({ fromUs, untilUs, swathKm, minElevationDeg }: CoverageOptions): void {
  if (!Number.isSafeInteger(fromUs) || !Number.isSafeInteger(untilUs)) {
    throw new UsageError('bad-coverage', `from ${fromUs} to ${untilUs}: expected whole microseconds`);
  }
  if (swathKm !== undefined && !(swathKm >= 0 && swathKm < Infinity)) {
    throw new UsageError('bad-coverage', `a swath of ${swathKm} km: expected 0 or more`);
  }
  if (minElevationDeg !== undefined && !(minElevationDeg >= 0 && minElevationDeg < 90)) {
    throw new UsageError(
      'bad-coverage',
      `a minimum elevation of ${minElevationDeg} degrees: expected 0 to less than 90`,
    );
  }
}
