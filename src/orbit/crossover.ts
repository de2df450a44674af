/**
 * When a link between neighbouring planes is up: not while either end is above the crossover latitude, where planes cross and
 * the neighbour moves through the sky too fast to follow, and only while the ends see each other past the Earth.
 *
 * All windows are closed-form. Latitude: a satellite is above L while |sin u| > sin L / sin i. Distance: for two circular orbits
 * of one inclination, the scalar product of the unit positions is k + c cos(u1 + u2), with k and c constant in time.
 */
import { US_PER_SECOND } from '../base/time.js';
import { ATMOSPHERE_KM, EARTH_RADIUS_KM, LIGHT_KM_PER_S, RAD_PER_DEG } from './constants.js';
import { ascendingNodeRad, meanMotionRadPerS, semiMajorAxisKm, type WalkerShell } from './walker.js';
import type { Window } from './window-search.js';

/** A span of time in seconds with fractions. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** The farthest that two satellites of one altitude see each other with the line of sight clear of the atmosphere, km. */
export function lineOfSightKm(shell: Pick<WalkerShell, 'altitudeKm'>): number {
  return 2 * Math.sqrt(Math.max(0, semiMajorAxisKm(shell) ** 2 - (EARTH_RADIUS_KM + ATMOSPHERE_KM) ** 2));
}

/** Distance of neighbours in a plane, km. */
export function intraPlaneKm(shell: WalkerShell): number {
  return 2 * semiMajorAxisKm(shell) * Math.sin(Math.PI / shell.satellitesPerPlane);
}

/** Light time of a distance, in microseconds rounded up. */
export function lightUs(distanceKm: number): number {
  return Math.ceil((distanceKm / LIGHT_KM_PER_S) * US_PER_SECOND);
}

/** The geometry that all links between neighbouring planes of a shell share; they differ only in where they are at t = 0. */
export class CrossPlaneLink {
  readonly #axisKm: number;
  readonly #motion: number;
  /** How far the end in the next plane is ahead, rad. */
  readonly #ahead: number;
  readonly #constant: number;
  /** At most 0: the ends are farthest apart at the equator. */
  readonly #swing: number;
  /** The ends see each other while cos(u1 + u2) is at most this. */
  readonly #visibleCosine: number;
  /** Above the crossover latitude while u modulo pi lies between this and pi less this; undefined: never. */
  readonly #outage: number | undefined;

  /** `crossoverLatitudeDeg` above 0 to 90; 90 switches the outage off. */
  constructor(shell: WalkerShell, crossoverLatitudeDeg: number) {
    const inclination = shell.inclinationDeg * RAD_PER_DEG;
    const [cosI, sinI] = [Math.cos(inclination), Math.sin(inclination)];
    const between = ascendingNodeRad(shell, 2) - ascendingNodeRad(shell, 1);
    this.#axisKm = semiMajorAxisKm(shell);
    this.#motion = meanMotionRadPerS(shell);
    this.#ahead = (2 * Math.PI * shell.phasing) / (shell.planes * shell.satellitesPerPlane);
    // The scalar product written in the sum and the difference of the two arguments of latitude.
    const flat = Math.cos(between) * cosI * cosI + sinI * sinI;
    this.#constant =
      ((Math.cos(between) + flat) / 2) * Math.cos(this.#ahead) - cosI * Math.sin(between) * Math.sin(this.#ahead);
    this.#swing = (Math.cos(between) - flat) / 2;
    const leastProduct = 1 - lineOfSightKm(shell) ** 2 / (2 * this.#axisKm ** 2);
    const room = this.#constant - leastProduct;
    if (this.#swing > -1e-12) this.#visibleCosine = room >= 0 ? 1 : -2;
    else this.#visibleCosine = room / -this.#swing;
    const sine = Math.sin(crossoverLatitudeDeg * RAD_PER_DEG);
    this.#outage = crossoverLatitudeDeg >= 90 || sine >= sinI ? undefined : Math.asin(sine / sinI);
  }

  /** Distance in km with the first end at argument of latitude `argument` (rad) and the second where it then is. */
  distanceKm(argument: number): number {
    return this.#distanceKm(Math.cos(2 * argument + this.#ahead));
  }

  /**
   * When the link is up from 0 to the horizon, given the first end's argument of latitude at t = 0; starts rounded up and ends
   * down to microseconds, so that the link is up all through.
   */
  windows(argument: number, horizonUs: number): Window[] {
    const horizon = horizonUs / US_PER_SECOND;
    const down: Span[] = [];
    if (this.#outage !== undefined) {
      this.#addPeriodic(down, this.#outage, Math.PI - this.#outage, Math.PI, argument, this.#motion, horizon);
      this.#addPeriodic(
        down,
        this.#outage,
        Math.PI - this.#outage,
        Math.PI,
        argument + this.#ahead,
        this.#motion,
        horizon,
      );
    }
    if (this.#visibleCosine < -1) return [];
    if (this.#visibleCosine < 1) {
      const edge = Math.acos(this.#visibleCosine);
      this.#addPeriodic(down, -edge, edge, 2 * Math.PI, 2 * argument + this.#ahead, 2 * this.#motion, horizon);
    }
    return complement(down, horizonUs);
  }

  /** The longest light time within a window, rounded up to microseconds. */
  longestLightUs(argument: number, window: Window): number {
    const sumAt = (us: number) => 2 * (argument + (this.#motion * us) / US_PER_SECOND) + this.#ahead;
    const [first, last] = [sumAt(window.startUs), sumAt(window.endUs)];
    const turn = 2 * Math.PI;
    const atEquator = Math.ceil(first / turn) * turn <= last;
    return lightUs(this.#distanceKm(atEquator ? 1 : Math.max(Math.cos(first), Math.cos(last))));
  }

  #distanceKm(cosine: number): number {
    return this.#axisKm * Math.sqrt(Math.max(0, 2 * (1 - this.#constant - this.#swing * cosine)));
  }

  /** Adds the spans within 0 to the horizon in which phase + rate t lies between `low` and `high`, modulo `period`. */
  #addPeriodic(
    spans: Span[],
    low: number,
    high: number,
    period: number,
    phase: number,
    rate: number,
    horizon: number,
  ): void {
    for (let turn = Math.floor((phase - high) / period); ; turn++) {
      const start = (low + turn * period - phase) / rate;
      if (start >= horizon) return;
      const end = (high + turn * period - phase) / rate;
      if (end > 0) spans.push({ start, end });
    }
  }
}

/** What is left of 0 to the horizon outside the spans. */
function complement(down: Span[], horizonUs: number): Window[] {
  down.sort((a, b) => a.start - b.start);
  const up: Window[] = [];
  let fromUs = 0;
  for (const span of down) {
    const untilUs = Math.min(horizonUs, Math.floor(span.start * US_PER_SECOND));
    if (untilUs > fromUs) up.push({ startUs: fromUs, endUs: untilUs });
    fromUs = Math.max(fromUs, Math.ceil(span.end * US_PER_SECOND));
  }
  if (horizonUs > fromUs) up.push({ startUs: fromUs, endUs: horizonUs });
  return up;
}
