/**
 * Positions of real satellites from mean elements by SGP4 and SDP4 (Hoots and Roehrich, Spacetrack Report No. 3, as revised by
 * Vallado et al., AIAA 2006-6753), which the package satellite.js computes with the constants of WGS-72.
 *
 * Positions are in the frame of the elements, TEME: z is the Earth's axis of the date, and Greenwich stands at mean sidereal time
 * (UT1 taken as UTC, polar motion left out: both move a point on the ground by less than half a kilometre). A plan has one epoch,
 * the Unix time at which its axis is 0. The Earth turns from there at the constant rate of constants.ts, which differs from
 * sidereal time by less than 3 m on the ground in a week.
 */
import { checkForDecay, gstime, json2satrec, type SatRec, SatRecError, sgp4 } from 'satellite.js';
import { formatIsoTime, US_PER_DAY } from '../base/calendar.js';
import { US_PER_SECOND } from '../base/time.js';
import { EARTH_MU_KM3_PER_S2, EARTH_RADIUS_KM } from './constants.js';
import type { EarthRotation, Ephemeris, OrbitBounds, Vec3 } from './ephemeris.js';
import type { MeanElements } from './mean-elements.js';

/** The Julian date of 1970-01-01T00:00:00Z. */
const UNIX_EPOCH_JD = 2_440_587.5;

/** Days before and after the elements' epoch at which the mean orbit is looked at for its bounds. */
const BOUND_DAYS = [-7, -5, -3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 5, 7, 10, 15, 20, 25, 30];

/** How much periodic terms add to the mean orbit: the oblateness moves a satellite by about 10 km, the Moon and the Sun a high one more. */
const RADIUS_MARGIN = 0.01;

/** How often a satellite that is low is looked at for whether it has come down: it takes minutes to sink through the ground. */
const WALK_US = 60 * US_PER_SECOND;

/** How long after their epoch elements are of use, microseconds: of low satellites the error has by then grown to a good part of the orbit. */
export const ELEMENTS_LIFE_US = 30 * US_PER_DAY;

/** The way of a real satellite. */
export class Sgp4Orbit implements Ephemeris {
  /** Hold from 7 days before the epoch of the elements to {@link ELEMENTS_LIFE_US} after it. */
  readonly bounds: OrbitBounds;
  readonly #record: SatRec;
  /** Minutes from the epoch of the elements to time 0. */
  readonly #offsetMinutes: number;

  /** Cosine and sine of the angle that the x axis is turned east by. */
  readonly #turn: readonly [cosine: number, sine: number];

  /**
   * `epochUnixUs` is the Unix time of time 0, in microseconds. The x axis is that of TEME, or with the frame `greenwich` the one to
   * Greenwich at time 0, as of Walker constellations, so that both kinds can stand in one plan.
   */
  constructor(
    readonly elements: MeanElements,
    epochUnixUs: number,
    frame: 'teme' | 'greenwich' = 'teme',
  ) {
    const turnRad = frame === 'teme' ? 0 : siderealRotation(epochUnixUs).greenwichRad;
    this.#turn = [Math.cos(turnRad), Math.sin(turnRad)];
    this.#record = recordOf(elements);
    this.#offsetMinutes = (epochUnixUs - elements.epochUnixUs) / (60 * US_PER_SECOND);
    this.bounds = boundsOf(this.#record);
  }

  /** All coordinates are NaN where {@link faultAt} gives a reason: searches then find nothing, and whoever asks can tell why. */
  positionKm(atUs: number): Vec3 {
    const state = sgp4(this.#record, this.#minutesAt(atUs));
    if (state === null || checkForDecay(this.#record)) return [Number.NaN, Number.NaN, Number.NaN];
    return this.#turned(state.position);
  }

  /** Velocity in the same frame, km/s; NaN where there is none. */
  velocityKmPerS(atUs: number): Vec3 {
    const state = sgp4(this.#record, this.#minutesAt(atUs));
    if (state === null || checkForDecay(this.#record)) return [Number.NaN, Number.NaN, Number.NaN];
    return this.#turned(state.velocity);
  }

  /** Why there is no position at a time, such as `has decayed: it would be below the ground`; undefined where there is one. */
  faultAt(atUs: number): string | undefined {
    const state = sgp4(this.#record, this.#minutesAt(atUs));
    if (state === null) return faultOf(this.#record.error);
    return checkForDecay(this.#record) ? faultOf(SatRecError.Decayed) : undefined;
  }

  #turned({ x, y, z }: { readonly x: number; readonly y: number; readonly z: number }): Vec3 {
    const [cosine, sine] = this.#turn;
    return [cosine * x + sine * y, cosine * y - sine * x, z];
  }

  #minutesAt(atUs: number): number {
    return this.#offsetMinutes + atUs / (60 * US_PER_SECOND);
  }
}

/**
 * Until when a satellite has positions, from `fromUs` on and up to `untilUs`, to a second; `fromUs` where it has none there. What comes
 * down once is down, though SGP4 may give positions again later. A satellite that never comes near the ground is looked at twice,
 * any other every minute.
 */
export function positionsEndUs(orbit: Sgp4Orbit, fromUs: number, untilUs: number): number {
  const isUp = (atUs: number) => orbit.faultAt(atUs) === undefined;
  if (!isUp(fromUs)) return fromUs;
  const isSafe = orbit.bounds.leastRadiusKm > EARTH_RADIUS_KM && isUp(untilUs);
  if (isSafe) return untilUs;
  let up = fromUs;
  let down = untilUs;
  for (let atUs = fromUs; ; atUs = Math.min(untilUs, atUs + WALK_US)) {
    if (!isUp(atUs)) {
      down = atUs;
      break;
    }
    up = atUs;
    if (atUs >= untilUs) return untilUs;
  }
  while (down - up > US_PER_SECOND) {
    const middle = Math.floor((up + down) / 2);
    if (isUp(middle)) up = middle;
    else down = middle;
  }
  return up;
}

/** Where Greenwich is at time 0 of an axis with an epoch: mean sidereal time. */
export function siderealRotation(epochUnixUs: number): EarthRotation {
  return { greenwichRad: gstime(UNIX_EPOCH_JD + epochUnixUs / US_PER_DAY) };
}

function recordOf(elements: MeanElements): SatRec {
  return json2satrec({
    OBJECT_NAME: elements.name,
    OBJECT_ID: elements.internationalDesignator,
    NORAD_CAT_ID: elements.catalogueNumber,
    ELEMENT_SET_NO: 0,
    // Read to the millisecond, which matters for where Sun and Moon are only; times count from the exact epoch.
    EPOCH: formatIsoTime(Math.floor(elements.epochUnixUs / 1000) * 1000),
    MEAN_MOTION: elements.revolutionsPerDay,
    ECCENTRICITY: elements.eccentricity,
    INCLINATION: elements.inclinationDeg,
    RA_OF_ASC_NODE: elements.ascendingNodeDeg,
    ARG_OF_PERICENTER: elements.argumentOfPerigeeDeg,
    MEAN_ANOMALY: elements.meanAnomalyDeg,
    BSTAR: elements.dragPerEarthRadius,
    // Terms of the older SGP model; SGP4 has no use for them.
    MEAN_MOTION_DOT: 0,
    MEAN_MOTION_DDOT: 0,
  });
}

function boundsOf(record: SatRec): OrbitBounds {
  let [least, greatest, rate] = [Infinity, EARTH_RADIUS_KM, 0];
  for (const days of BOUND_DAYS) {
    const state = sgp4(record, days * 24 * 60);
    if (state === null || checkForDecay(record)) {
      least = EARTH_RADIUS_KM;
      continue;
    }
    const { am, em } = state.meanElements;
    const axisKm = am * EARTH_RADIUS_KM;
    least = Math.min(least, axisKm * (1 - em) * (1 - RADIUS_MARGIN));
    greatest = Math.max(greatest, axisKm * (1 + em) * (1 + RADIUS_MARGIN));
  }
  // Nothing below the ground has a position. The rate at perigee is that of the most eccentric orbit between the two radii.
  least = Math.max(least, EARTH_RADIUS_KM * 0.999);
  const parameterKm = (2 * least * greatest) / (least + greatest);
  rate = Math.sqrt(EARTH_MU_KM3_PER_S2 * parameterKm) / least ** 2;
  return { leastRadiusKm: least, greatestRadiusKm: greatest, greatestRateRadPerS: rate };
}

function faultOf(error: SatRecError): string {
  switch (error) {
    case SatRecError.Decayed:
      return 'has decayed: it would be below the ground';
    case SatRecError.MeanMotionBelowZero:
      return 'has a mean motion below 0, as long after a decay';
    case SatRecError.SemiLatusRectumBelowZero:
      return 'has a semi-latus rectum below 0, as long after a decay';
    default:
      return 'has an eccentricity out of range, as after a decay';
  }
}
