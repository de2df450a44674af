/**
 * When a link between two planes of a shell is up: not while either end (or both) is above the crossover latitude, or must turn its antenna
 * too fast, as both do where planes cross, and only while the ends see each other past the Earth.
 *
 * All links between two planes of a shell share one geometry and differ only in where they are at t = 0. With one inclination the
 * scalar product of the two unit positions is k + c cos(u1 + u2), k and c constant in time, and everything repeats after half a
 * turn. So what is down is found once, as spans of the first end's argument of latitude modulo pi: latitude and distance in closed
 * form (above L while |sin u| > sin L / sin i), the pointing rate by a search. The windows of a link are those, moved.
 */
import { UsageError } from '../base/errors.js';
import { US_PER_SECOND } from '../base/time.js';
import { ATMOSPHERE_KM, LIGHT_KM_PER_S, RAD_PER_DEG } from './constants.js';
import { CircularOrbit } from './ephemeris.js';
import { pointingRateRadPerS, sightLimitKm, stateOf } from './visibility.js';
import { ascendingNodeRad, meanMotionRadPerS, semiMajorAxisKm, type WalkerShell } from './walker.js';
import { searchWindows, type Window } from './window-search.js';

/**
 * Samples of half a turn in the search for fast pointing: every 0.35 s in low orbits, in which a satellite moves less than 3 km. Where
 * planes cross, a neighbour is farther away than that for all but a vanishing part of the spans that are looked for.
 */
const RATE_SAMPLES = 8_192;

/** What takes a link between planes down. */
export interface CrossoverLimits {
  /** Down while either end (or both, see `crossoverEnds`) is farther north or south than this: above 0 to 90, 90 (the default) for never. */
  readonly crossoverLatitudeDeg?: number | undefined;
  /** Which ends must be above the crossover latitude for a link to be down; `either` by default. */
  readonly crossoverEnds?: 'either' | 'both' | undefined;
  /** Down while the direction to the other end turns faster than this in either end's local orbital frame, degrees/s. */
  readonly greatestRateDegPerS?: number | undefined;
  /** Down while the ends are farther apart than this, km. */
  readonly greatestRangeKm?: number | undefined;
  /** The line of sight stays this far above the Earth, km; {@link ATMOSPHERE_KM} by default. */
  readonly atmosphereKm?: number | undefined;
}

/** How the second plane of a link lies to the first. */
export interface PlanePair {
  /** From the first plane's ascending node to the second one's, rad. */
  readonly betweenRad: number;
  /** How far the second end is ahead in its plane of the first end in its own, rad. */
  readonly aheadRad: number;
}

/** A span of an angle, rad. */
interface Span {
  readonly low: number;
  readonly high: number;
}

/** The farthest that two satellites of one altitude see each other with the line of sight clear of the atmosphere, km. */
export function lineOfSightKm(shell: Pick<WalkerShell, 'altitudeKm'>, atmosphereKm = ATMOSPHERE_KM): number {
  const axis = semiMajorAxisKm(shell);
  return Math.max(0, sightLimitKm(axis, axis, atmosphereKm));
}

/** Distance of neighbours in a plane, km. */
export function intraPlaneKm(shell: WalkerShell): number {
  return 2 * semiMajorAxisKm(shell) * Math.sin(Math.PI / shell.satellitesPerPlane);
}

/** Light time of a distance, in microseconds rounded up. */
export function lightUs(distanceKm: number): number {
  return Math.ceil((distanceKm / LIGHT_KM_PER_S) * US_PER_SECOND);
}

/** Neighbouring planes, as they lie anywhere in a shell but at a seam. */
export function neighbouringPlanes(shell: WalkerShell): PlanePair {
  return {
    betweenRad: ascendingNodeRad(shell, 2) - ascendingNodeRad(shell, 1),
    aheadRad: (2 * Math.PI * shell.phasing) / (shell.planes * shell.satellitesPerPlane),
  };
}

/** The last plane and the first one of a star, which pass each other in opposite directions; ends of one index. */
export function seamPlanes(shell: WalkerShell): PlanePair {
  const { betweenRad, aheadRad } = neighbouringPlanes(shell);
  return { betweenRad: -(shell.planes - 1) * betweenRad, aheadRad: -(shell.planes - 1) * aheadRad };
}

/** The geometry that all links between two planes of a shell share. */
export class CrossPlaneLink {
  readonly #axisKm: number;
  readonly #motion: number;
  /** How far the end in the other plane is ahead, rad. */
  readonly #ahead: number;
  readonly #constant: number;
  /** At most 0: the ends are farthest apart where u1 + u2 is a whole number of turns. */
  readonly #swing: number;
  /** When it is up, by the first end's argument of latitude modulo pi, ascending from 0; undefined for always. */
  readonly #up: readonly Span[] | undefined;

  /** Throws a UsageError `bad-limits` for a limit out of range. */
  constructor(shell: WalkerShell, limits: CrossoverLimits, pair: PlanePair = neighbouringPlanes(shell)) {
    checkLimits(limits);
    const inclination = shell.inclinationDeg * RAD_PER_DEG;
    const [cosI, sinI] = [Math.cos(inclination), Math.sin(inclination)];
    const between = pair.betweenRad;
    this.#axisKm = semiMajorAxisKm(shell);
    this.#motion = meanMotionRadPerS(shell);
    this.#ahead = pair.aheadRad;
    // The scalar product written in the sum and the difference of the two arguments of latitude.
    const flat = Math.cos(between) * cosI * cosI + sinI * sinI;
    this.#constant =
      ((Math.cos(between) + flat) / 2) * Math.cos(this.#ahead) - cosI * Math.sin(between) * Math.sin(this.#ahead);
    this.#swing = (Math.cos(between) - flat) / 2;
    const { greatestRateDegPerS } = limits;
    const down = [...this.#tooFar(limitKmOf(shell, limits)), ...this.#tooHigh(limits, sinI)];
    if (greatestRateDegPerS !== undefined) down.push(...tooFast(shell, pair, greatestRateDegPerS));
    this.#up = complement(down);
  }

  /** Distance in km with the first end at argument of latitude `argument` (rad) and the second where it then is. */
  distanceKm(argument: number): number {
    return this.#distanceKm(Math.cos(2 * argument + this.#ahead));
  }

  /** Distance in km at a time, given the first end's argument of latitude at t = 0. */
  distanceKmAt(argument: number, atUs: number): number {
    return this.distanceKm(argument + (this.#motion * atUs) / US_PER_SECOND);
  }

  /**
   * When the link is up from 0 to the horizon, given the first end's argument of latitude at t = 0; starts rounded up and ends
   * down to microseconds, so that the link is up all through.
   */
  windows(argument: number, horizonUs: number): Window[] {
    if (this.#up === undefined) return horizonUs > 0 ? [{ startUs: 0, endUs: horizonUs }] : [];
    const windows: Window[] = [];
    if (this.#up.length === 0) return windows;
    const usPerRad = US_PER_SECOND / this.#motion;
    for (let turn = Math.floor(argument / Math.PI) - 1; ; turn++) {
      for (const { low, high } of this.#up) {
        const startUs = Math.max(0, Math.ceil((low + turn * Math.PI - argument) * usPerRad));
        if (startUs >= horizonUs) return windows;
        const endUs = Math.min(horizonUs, Math.floor((high + turn * Math.PI - argument) * usPerRad));
        if (endUs > startUs) windows.push({ startUs, endUs });
      }
    }
  }

  /** The longest distance within a window, km. */
  longestKm(argument: number, window: Window): number {
    const sumAt = (us: number) => 2 * (argument + (this.#motion * us) / US_PER_SECOND) + this.#ahead;
    const [first, last] = [sumAt(window.startUs), sumAt(window.endUs)];
    const turn = 2 * Math.PI;
    const isFarthestWithin = Math.ceil(first / turn) * turn <= last;
    return this.#distanceKm(isFarthestWithin ? 1 : Math.max(Math.cos(first), Math.cos(last)));
  }

  /** The longest light time within a window, rounded up to microseconds. */
  longestLightUs(argument: number, window: Window): number {
    return lightUs(this.longestKm(argument, window));
  }

  #distanceKm(cosine: number): number {
    return this.#axisKm * Math.sqrt(Math.max(0, 2 * (1 - this.#constant - this.#swing * cosine)));
  }

  /** Where the ends are farther apart than the limit. */
  #tooFar(limitKm: number): Span[] {
    if (!(limitKm > 0)) return [{ low: 0, high: Math.PI }];
    const room = this.#constant - (1 - limitKm ** 2 / (2 * this.#axisKm ** 2));
    const cosine = this.#swing > -1e-12 ? (room >= 0 ? 1 : -2) : room / -this.#swing;
    if (cosine < -1) return [{ low: 0, high: Math.PI }];
    if (cosine >= 1) return [];
    const edge = Math.acos(cosine);
    return [{ low: (-edge - this.#ahead) / 2, high: (edge - this.#ahead) / 2 }];
  }

  /** Where either end, or both, are above the crossover latitude. */
  #tooHigh({ crossoverLatitudeDeg = 90, crossoverEnds }: CrossoverLimits, sinI: number): Span[] {
    const sine = Math.sin(crossoverLatitudeDeg * RAD_PER_DEG);
    if (crossoverLatitudeDeg >= 90 || sine >= sinI) return [];
    const edge = Math.asin(sine / sinI);
    const first = { low: edge, high: Math.PI - edge };
    const other = (halfTurns: number) => ({
      low: first.low - this.#ahead + halfTurns * Math.PI,
      high: first.high - this.#ahead + halfTurns * Math.PI,
    });
    if (crossoverEnds !== 'both') return [first, other(0)];
    // Of what the other end repeats every half turn, the two spans that may reach into that of the first.
    const halfTurns = Math.floor(this.#ahead / Math.PI);
    return [other(halfTurns), other(halfTurns + 1)]
      .map(({ low, high }) => ({ low: Math.max(first.low, low), high: Math.min(first.high, high) }))
      .filter(({ low, high }) => high > low);
  }
}

/** Where either end must turn its antenna faster than the limit: searched over half a turn, to a microsecond of it. */
function tooFast(shell: WalkerShell, pair: PlanePair, greatestRateDegPerS: number): Span[] {
  const inclination = shell.inclinationDeg * RAD_PER_DEG;
  const first = new CircularOrbit(shell.altitudeKm, inclination, 0, 0);
  const second = new CircularOrbit(shell.altitudeKm, inclination, pair.betweenRad, pair.aheadRad);
  const excessAt = (atUs: number) => {
    const [a, b] = [stateOf(first, atUs), stateOf(second, atUs)];
    return Math.max(pointingRateRadPerS(a, b), pointingRateRadPerS(b, a)) / RAD_PER_DEG - greatestRateDegPerS;
  };
  const radPerUs = meanMotionRadPerS(shell) / US_PER_SECOND;
  const halfUs = Math.ceil(Math.PI / radPerUs);
  const search = { stepUs: Math.max(1, Math.floor(halfUs / RATE_SAMPLES)), toleranceUs: 1 };
  const found = searchWindows(excessAt, 0, halfUs, search);
  // What was found begins late and ends early by up to a microsecond.
  return found.map(({ startUs, endUs }) => ({ low: (startUs - 1) * radPerUs, high: (endUs + 1) * radPerUs }));
}

/** What is up, from spans modulo pi in which it is down; undefined where it always is. */
function complement(down: readonly Span[]): Span[] | undefined {
  if (down.length === 0) return undefined;
  const spans: Span[] = [];
  for (const { low, high } of down) {
    if (high - low >= Math.PI) return [];
    const from = low - Math.floor(low / Math.PI) * Math.PI;
    const until = from + (high - low);
    spans.push({ low: from, high: Math.min(until, Math.PI) });
    if (until > Math.PI) spans.push({ low: 0, high: until - Math.PI });
  }
  spans.sort((a, b) => a.low - b.low);
  const up: Span[] = [];
  let from = 0;
  for (const { low, high } of spans) {
    if (low > from) up.push({ low: from, high: low });
    from = Math.max(from, high);
  }
  if (from >= Math.PI) return up;
  // What is up at the end of a half turn and at the beginning of the next is one span.
  const first = up[0];
  const joined = first !== undefined && first.low === 0;
  if (joined) up.shift();
  up.push({ low: from, high: Math.PI + (joined ? first.high : 0) });
  return up;
}

function limitKmOf(shell: WalkerShell, { greatestRangeKm = Infinity, atmosphereKm }: CrossoverLimits): number {
  return Math.min(greatestRangeKm, lineOfSightKm(shell, atmosphereKm));
}

/** Throws a UsageError `bad-limits` that names the limit out of range. */
export function checkLimits(limits: CrossoverLimits): void {
  const refuse = (problem: string) => {
    throw new UsageError('bad-limits', problem);
  };
  const {
    crossoverLatitudeDeg = 90,
    crossoverEnds = 'either',
    greatestRateDegPerS,
    greatestRangeKm,
    atmosphereKm = 0,
  } = limits;
  if (!(crossoverLatitudeDeg > 0 && crossoverLatitudeDeg <= 90)) {
    refuse(`crossoverLatitudeDeg is ${crossoverLatitudeDeg}, expected above 0 to 90`);
  }
  if (crossoverEnds !== 'either' && crossoverEnds !== 'both') {
    refuse(`crossoverEnds is ${String(crossoverEnds)}, expected either or both`);
  }
  if (greatestRateDegPerS !== undefined && !(greatestRateDegPerS > 0)) {
    refuse(`greatestRateDegPerS is ${greatestRateDegPerS}, expected more than 0`);
  }
  if (greatestRangeKm !== undefined && !(greatestRangeKm > 0)) {
    refuse(`greatestRangeKm is ${greatestRangeKm}, expected more than 0`);
  }
  if (!(atmosphereKm >= 0)) refuse(`atmosphereKm is ${atmosphereKm}, expected at least 0`);
}
