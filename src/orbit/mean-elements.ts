/**
 * Mean elements of real satellites as TLE and OMM files give them, ready for SGP4. What the files look like is up to tle.ts and
 * omm.ts, how a position comes of them up to sgp4.ts.
 */

/** One set of elements of one satellite: SGP4 mean elements of the true equator and mean equinox of the epoch (TEME). */
export interface MeanElements {
  /** Empty where the file gives none. */
  readonly name: string;
  /** In the catalogue of the US Space Force (NORAD). */
  readonly catalogueNumber: number;
  /** International designator such as `1998-067A`; empty where there is none. */
  readonly internationalDesignator: string;
  /** When the elements hold, UTC, whole microseconds since 1970. */
  readonly epochUnixUs: number;
  readonly revolutionsPerDay: number;
  /** At least 0, less than 1. */
  readonly eccentricity: number;
  readonly inclinationDeg: number;
  /** Right ascension of the ascending node. */
  readonly ascendingNodeDeg: number;
  readonly argumentOfPerigeeDeg: number;
  readonly meanAnomalyDeg: number;
  /** The drag term B*, in 1/(Earth radii). */
  readonly dragPerEarthRadius: number;
}

/** The most sets of elements in one file: several times the whole public catalogue. */
export const MAX_ELEMENT_SETS = 250_000;

/** Of each satellite the set with the latest epoch (of equal ones the last), in the order in which the satellites first appear. */
export function latestElements(sets: readonly MeanElements[]): MeanElements[] {
  const latest = new Map<number, MeanElements>();
  for (const set of sets) {
    const known = latest.get(set.catalogueNumber);
    if (known === undefined || set.epochUnixUs >= known.epochUnixUs) latest.set(set.catalogueNumber, set);
  }
  return [...latest.values()];
}

/** The latest epoch of all: where the axis of times begins unless somebody says otherwise. */
export function latestEpochUnixUs(sets: readonly MeanElements[]): number {
  return sets.reduce((latest, { epochUnixUs }) => Math.max(latest, epochUnixUs), Number.NEGATIVE_INFINITY);
}
