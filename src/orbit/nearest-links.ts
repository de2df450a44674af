/**
 * Links that follow geometry instead of a fixed grid: every so often each satellite takes up links to the nearest that it sees, as
 * many as it has terminals for, and keeps those that it has for as long as nothing much nearer comes along. Between shells, across
 * a seam, among satellites of any orbits.
 *
 * At each evaluation the pairs are taken in order of their distance, shortest first, while both ends have a terminal left; the
 * distance of a pair that is linked already is divided by the keep factor. A pair taken is up from then until the next evaluation,
 * within what line of sight and limits allow, and on if it is taken again.
 */
import { UsageError } from '../base/errors.js';
import { ATMOSPHERE_KM, RAD_PER_DEG } from './constants.js';
import { type CrossoverLimits, checkLimits } from './crossover.js';
import { distanceKm, type Ephemeris, type Vec3 } from './ephemeris.js';
import { NeighbourGrid } from './neighbour-grid.js';
import { absoluteLatitudeDeg, lengthOf, pointingRateRadPerS, sightLimitKm, stateOf } from './visibility.js';
import { mergeWindows, searchWindows, type Window } from './window-search.js';

/**
 * How many of the nearest a satellite looks at for each of its terminals. The nearest may have their terminals taken by others that
 * are nearer still; with this many a terminal stays idle only where the neighbourhood is crowded on one side.
 */
export const CANDIDATES_PER_TERMINAL = 6;

/**
 * Between samples of a chosen link, microseconds: satellites that pass head-on close by 150 km in 10 s, so a sight that comes back
 * within less is a graze.
 */
const SIGHT_STEP_US = 10_000_000;

/** To how many microseconds the edges of a chosen link are found. */
const SIGHT_TOLERANCE_US = 1_000;

/** A satellite that may take part. */
export interface NearestMember {
  readonly node: number;
  readonly ephemeris: Ephemeris;
}

/** Which links, and how they change. */
export interface NearestOptions extends CrossoverLimits {
  /** How many links of this kind a satellite has at once. */
  readonly terminals: number;
  /** Between two evaluations, whole microseconds. */
  readonly everyUs: number;
  /** A link that is up counts as this many times nearer than it is; 1 for none of that. */
  readonly keepFactor: number;
  /** Pairs that are no candidates, such as those that the grid links already. */
  readonly excludes?: ((a: number, b: number) => boolean) | undefined;
}

/** A link with when it is up. */
export interface NearestLink {
  readonly a: number;
  readonly b: number;
  readonly windows: readonly Window[];
  /** Its length at a time, km. */
  readonly kmAt: (atUs: number) => number;
}

/**
 * The links between two groups of satellites, or within one where both are the same list, from 0 to the horizon, in order of their
 * nodes. Throws a UsageError `bad-limits`.
 */
export function nearestLinks(
  left: readonly NearestMember[],
  right: readonly NearestMember[],
  horizonUs: number,
  options: NearestOptions,
  progress: (doneUs: number) => void = () => {},
): NearestLink[] {
  checkLimits(options);
  checkOptions(options);
  const links = new Map<string, { readonly pair: Pair; readonly windows: Window[] }>();
  let linked: ReadonlySet<string> = new Set();
  for (let fromUs = 0; fromUs < horizonUs; fromUs += options.everyUs) {
    progress(fromUs);
    const untilUs = Math.min(horizonUs, fromUs + options.everyUs);
    const taken = take(candidates(left, right, fromUs, options), linked, options);
    for (const pair of taken) {
      const key = keyOf(pair);
      const link = links.get(key) ?? { pair, windows: [] };
      links.set(key, link);
      const up = searchWindows((atUs) => roomOf(pair, atUs, options), fromUs, untilUs, {
        stepUs: Math.min(SIGHT_STEP_US, options.everyUs),
        toleranceUs: SIGHT_TOLERANCE_US,
      });
      link.windows.push(...up);
    }
    linked = new Set(taken.map(keyOf));
  }
  return [...links.values()]
    .map(({ pair: { a, b }, windows }) => ({
      a: a.node,
      b: b.node,
      windows: mergeWindows(windows),
      kmAt: (atUs: number) => distanceKm(a.ephemeris.positionKm(atUs), b.ephemeris.positionKm(atUs)),
    }))
    .filter(({ windows }) => windows.length > 0)
    .sort((x, y) => x.a - y.a || x.b - y.b);
}

interface Pair {
  readonly a: NearestMember;
  readonly b: NearestMember;
  readonly km: number;
}

/** Positions at one time; undefined for a satellite that has none. */
type Places = readonly (Vec3 | undefined)[];

/** Pairs of satellites that are near each other and could have a link, each once. */
function candidates(
  left: readonly NearestMember[],
  right: readonly NearestMember[],
  atUs: number,
  options: NearestOptions,
): Pair[] {
  const pairs = new Map<string, Pair>();
  const count = CANDIDATES_PER_TERMINAL * options.terminals;
  const placed = (members: readonly NearestMember[]) => members.map(({ ephemeris }) => positionOf(ephemeris, atUs));
  const look = (from: readonly NearestMember[], places: Places, to: readonly NearestMember[], others: Places) => {
    const grid = new NeighbourGrid(others);
    for (const [i, a] of from.entries()) {
      const here = places[i];
      if (here === undefined) continue;
      const sees = (index: number) => {
        const b = to[index] as NearestMember;
        if (b.node === a.node || options.excludes?.(a.node, b.node) === true) return false;
        return roomBetween({ a, b }, here, others[index] as Vec3, atUs, options) >= 0;
      };
      for (const { index, km } of grid.nearest(here, count, options.greatestRangeKm ?? Infinity, sees)) {
        const b = to[index] as NearestMember;
        const pair = a.node < b.node ? { a, b, km } : { a: b, b: a, km };
        pairs.set(keyOf(pair), pair);
      }
    }
  };
  const places = placed(left);
  const others = left === right ? places : placed(right);
  look(left, places, right, others);
  if (left !== right) look(right, others, left, places);
  return [...pairs.values()];
}

/** The pairs that get a link: shortest first, while both ends have a terminal left. */
function take(pairs: Pair[], linked: ReadonlySet<string>, { terminals, keepFactor }: NearestOptions): Pair[] {
  const weigh = (pair: Pair) => (linked.has(keyOf(pair)) ? pair.km / keepFactor : pair.km);
  const weighed = pairs.map((pair) => ({ pair, weight: weigh(pair) }));
  weighed.sort((x, y) => x.weight - y.weight || x.pair.a.node - y.pair.a.node || x.pair.b.node - y.pair.b.node);
  const used = new Map<number, number>();
  const isFree = ({ node }: NearestMember) => (used.get(node) ?? 0) < terminals;
  const taken: Pair[] = [];
  for (const { pair } of weighed) {
    if (!isFree(pair.a) || !isFree(pair.b)) continue;
    for (const { node } of [pair.a, pair.b]) used.set(node, (used.get(node) ?? 0) + 1);
    taken.push(pair);
  }
  return taken;
}

/** At least 0 while a link may be up: the least of what its limits leave, each as a share of the limit. */
function roomOf(pair: Pick<Pair, 'a' | 'b'>, atUs: number, limits: CrossoverLimits): number {
  const [here, there] = [positionOf(pair.a.ephemeris, atUs), positionOf(pair.b.ephemeris, atUs)];
  if (here === undefined || there === undefined) return Number.NEGATIVE_INFINITY;
  return roomBetween(pair, here, there, atUs, limits);
}

function roomBetween(
  { a, b }: Pick<Pair, 'a' | 'b'>,
  here: Vec3,
  there: Vec3,
  atUs: number,
  limits: CrossoverLimits,
): number {
  const { crossoverLatitudeDeg = 90, greatestRateDegPerS, greatestRangeKm = Infinity } = limits;
  const sightKm = sightLimitKm(lengthOf(here), lengthOf(there), limits.atmosphereKm ?? ATMOSPHERE_KM);
  const limitKm = Math.min(sightKm, greatestRangeKm);
  let room = limitKm > 0 ? 1 - distanceKm(here, there) / limitKm : -1;
  if (room >= 0 && crossoverLatitudeDeg < 90) {
    const latitudes = [absoluteLatitudeDeg(here), absoluteLatitudeDeg(there)];
    const deciding = limits.crossoverEnds === 'both' ? Math.min(...latitudes) : Math.max(...latitudes);
    room = Math.min(room, 1 - deciding / crossoverLatitudeDeg);
  }
  if (room >= 0 && greatestRateDegPerS !== undefined) {
    const [from, to] = [stateOf(a.ephemeris, atUs), stateOf(b.ephemeris, atUs)];
    const rate = Math.max(pointingRateRadPerS(from, to), pointingRateRadPerS(to, from)) / RAD_PER_DEG;
    room = Math.min(room, 1 - rate / greatestRateDegPerS);
  }
  return room;
}

/** Undefined where the ephemeris has no position then. */
function positionOf(ephemeris: Ephemeris, atUs: number): Vec3 | undefined {
  const position = ephemeris.positionKm(atUs);
  return Number.isFinite(position[0] + position[1] + position[2]) ? position : undefined;
}

function keyOf({ a, b }: Pick<Pair, 'a' | 'b'>): string {
  return `${a.node} ${b.node}`;
}

function checkOptions({ terminals, everyUs, keepFactor }: NearestOptions): void {
  const isWhole = (value: number) => Number.isSafeInteger(value) && value >= 1;
  if (!isWhole(terminals)) throw new UsageError('bad-limits', `terminals is ${terminals}, expected at least 1`);
  if (!isWhole(everyUs)) throw new UsageError('bad-limits', `everyUs is ${everyUs}, expected at least 1`);
  if (!(keepFactor >= 1)) throw new UsageError('bad-limits', `keepFactor is ${keepFactor}, expected at least 1`);
}
