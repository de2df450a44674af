/**
 * A constellation ready for use: nodes with their numbers, rules with what they name found, times in microseconds. How a file says
 * it is in form.ts.
 */
import type { Ephemeris, OutageRates, WalkerShell } from '../orbit/index.js';
import type { LinkKind } from './link-form.js';

/** Satellites that follow on each other in number: a shell, or those of a file of elements. */
export interface SatelliteGroup {
  readonly name: string;
  /** Number of its first satellite; the others follow. */
  readonly firstNode: number;
  /** The satellites' names, in the order of their numbers. */
  readonly names: readonly string[];
  /** Where they are, in the same order; Greenwich lies on the x axis at t = 0. */
  readonly ephemerides: readonly Ephemeris[];
  /** The shell with its grid; undefined for satellites by elements. */
  readonly grid: ShellGrid | undefined;
}

/** A shell and which of its +Grid links there are. */
export interface ShellGrid {
  readonly shell: WalkerShell;
  readonly intraPlane: boolean;
  readonly interPlane: boolean;
  readonly seam: boolean;
  readonly crossoverLatitudeDeg: number;
  readonly crossoverEnds: 'either' | 'both';
  readonly greatestRateDegPerS: number | undefined;
}

/** A ground station. */
export interface Station {
  readonly name: string;
  readonly node: number;
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly altitudeKm: number;
  readonly leastElevationDeg: number;
  /** Places in the list of groups of those that it has links to. */
  readonly sees: readonly number[];
}

/** Nearest-neighbour links between two groups, or within one. */
export interface NearestRule {
  /** Places in the list of groups. */
  readonly between: readonly [number, number];
  /** Only between the last plane of the shell and its first. */
  readonly seam: boolean;
  readonly terminals: number;
  readonly everyUs: number;
  readonly keepFactor: number;
  readonly greatestRangeKm: number;
  readonly crossoverLatitudeDeg: number;
  readonly crossoverEnds: 'either' | 'both';
  readonly greatestRateDegPerS: number | undefined;
}

/** A planned time without contacts, of a node or of a link. */
export interface Maintenance {
  readonly nodes: readonly [number] | readonly [number, number];
  readonly startUs: number;
  readonly endUs: number;
  /** Again after this; undefined for once. */
  readonly everyUs: number | undefined;
}

/** Random outages by what they concern. */
export interface OutageRules {
  readonly satellites: OutageRates | undefined;
  readonly stations: OutageRates | undefined;
  readonly satelliteLinks: OutageRates | undefined;
  readonly groundLinks: OutageRates | undefined;
}

/** A whole constellation. */
export interface Constellation {
  readonly name: string;
  readonly description: string;
  readonly seed: number;
  readonly horizonUs: number;
  /** The date of t = 0, microseconds since 1970; undefined where it has none. */
  readonly epochUnixUs: number | undefined;
  readonly atmosphereKm: number;
  readonly groups: readonly SatelliteGroup[];
  readonly stations: readonly Station[];
  readonly nearest: readonly NearestRule[];
  readonly links: { readonly satellite: LinkKind; readonly ground: LinkKind };
  readonly maintenance: readonly Maintenance[];
  readonly outages: OutageRules;
}
