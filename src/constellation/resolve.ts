/**
 * From the file form of a constellation to the one that plans are made of: numbers given out, names found, and what concerns more
 * than one field checked. What the files of elements hold is handed in.
 */
import { UsageError } from '../base/errors.js';
import { secondsToUs } from '../base/time.js';
import { type FieldPath, FieldProblem, inWords, nearest, problemOf } from '../documents/problem.js';
import { withoutNulls } from '../documents/yaml-source.js';
import {
  checkRing,
  type Ephemeris,
  periodUs,
  satelliteCount,
  satelliteName,
  walkerEphemerides,
} from '../orbit/index.js';
import { MAX_NODE } from '../routing/index.js';
import type { Constellation, Maintenance, NearestRule, SatelliteGroup, Station } from './constellation.js';
import {
  type ConstellationForm,
  constellationForm,
  constellationJsonSchema,
  DEFAULT_GROUND_BYTES_PER_SECOND,
  DEFAULT_SATELLITE_BYTES_PER_SECOND,
  MAX_HORIZON_SECONDS,
} from './form.js';
import { type LinkKind, rangeOf, resolveLinks } from './link-form.js';
import { checkShellForm } from './shell-form.js';

/** The most satellites of a constellation: more than the public catalogue has. */
export const MAX_CONSTELLATION_SATELLITES = 100_000;

/** The most times that one entry of maintenance is repeated. */
export const MAX_REPEATS = 100_000;

/** Satellites that a file of elements gives. */
export interface NamedEphemeris {
  readonly name: string;
  readonly ephemeris: Ephemeris;
}

/** What resolving needs from outside of the file: nothing where it has no satellites by elements. */
export interface ConstellationSources {
  /** The satellites of each entry of `satellites`, in its order. */
  readonly satellites: readonly (readonly NamedEphemeris[])[];
  /** The date of t = 0. */
  readonly epochUnixUs: number | undefined;
}

/** For a file without satellites by elements. */
export const NO_SOURCES: ConstellationSources = { satellites: [], epochUnixUs: undefined };

/** Checks the form of what a file holds and fills in every default. Throws a {@link FieldProblem}. */
export function parseConstellationForm(value: unknown): ConstellationForm {
  const given = withoutNulls(value, () => false);
  const parsed = constellationForm.safeParse(given);
  if (!parsed.success) throw problemOf(parsed.error.issues, given, constellationJsonSchema());
  return parsed.data;
}

/** A constellation from its form. Throws a {@link FieldProblem}. */
export function resolveConstellation(
  form: ConstellationForm,
  sources: ConstellationSources = NO_SOURCES,
  defaultName = 'constellation',
): Constellation {
  const numbers = new NodeNumbers();
  const shells = form.shells.map((shell, i) => resolveShell(shell, ['shells', i], numbers));
  const byElements = form.satellites.map((group, i) =>
    resolveElements(group, sources.satellites[i] ?? [], ['satellites', i], numbers),
  );
  const groups = [...shells, ...byElements];
  const satelliteLinks = resolveLinks(form.links.satellite, ['links', 'satellite'], DEFAULT_SATELLITE_BYTES_PER_SECOND);
  shells.forEach(({ grid }, i) => {
    checkGrid(grid, satelliteLinks, form.atmosphereKm, ['shells', i, 'satellitesPerPlane']);
  });
  if (groups.length === 0) {
    throw new FieldProblem(['shells'], 'no satellites; expected at least one entry in shells or in satellites');
  }
  const places = groupPlaces(form);
  const stations = form.stations.map((station, i) => resolveStation(station, ['stations', i], numbers, places));
  const first = shells[0]?.grid?.shell;
  const horizonUs =
    form.horizonSeconds === undefined
      ? first === undefined
        ? secondsToUs(86_400)
        : Math.ceil(periodUs(first))
      : Math.max(1, secondsToUs(form.horizonSeconds));
  return {
    name: form.name ?? defaultName,
    description: form.description,
    seed: form.seed,
    horizonUs: Math.min(horizonUs, secondsToUs(MAX_HORIZON_SECONDS)),
    epochUnixUs: sources.epochUnixUs,
    atmosphereKm: form.atmosphereKm,
    groups,
    stations,
    nearest: form.nearest.map((rule, i) => resolveNearest(rule, ['nearest', i], places, groups)),
    links: {
      satellite: satelliteLinks,
      ground: resolveLinks(form.links.ground, ['links', 'ground'], DEFAULT_GROUND_BYTES_PER_SECOND),
    },
    maintenance: form.maintenance.map((entry, i) => resolveMaintenance(entry, ['maintenance', i], numbers, horizonUs)),
    outages: {
      satellites: form.outages.satellites,
      stations: form.outages.stations,
      satelliteLinks: form.outages.satelliteLinks,
      groundLinks: form.outages.groundLinks,
    },
  };
}

/** Gives out numbers and keeps the names, each once. */
class NodeNumbers {
  readonly #byName = new Map<string, number>();
  readonly #taken: { readonly from: number; readonly until: number }[] = [];
  #next = 1;

  /** The number of the first of `names`. */
  take(names: readonly string[], wanted: number | undefined, path: FieldPath, field: string): number {
    const from = wanted ?? this.#next;
    const until = from + names.length;
    const where = wanted === undefined ? path : [...path, field];
    if (until - 1 > MAX_NODE) throw new FieldProblem(where, `found ${from}; expected numbers up to ${MAX_NODE}`);
    const other = this.#taken.find((span) => span.from < until && from < span.until);
    if (other !== undefined) {
      throw new FieldProblem(
        where,
        `numbers ${from} to ${until - 1} meet those of others, ${other.from} to ${other.until - 1}; expected numbers of its own`,
      );
    }
    names.forEach((name, i) => {
      if (this.#byName.has(name))
        throw new FieldProblem(path, `a second node named ${inWords(name)}; expected names of their own`);
      this.#byName.set(name, from + i);
    });
    if (this.#byName.size > 2 * MAX_CONSTELLATION_SATELLITES) {
      throw new FieldProblem(path, `more than ${MAX_CONSTELLATION_SATELLITES} satellites; expected fewer`);
    }
    if (names.length > 0) this.#taken.push({ from, until });
    this.#next = Math.max(this.#next, until);
    return from;
  }

  /** The number of a node that a file names. */
  find(node: string | number, path: FieldPath): number {
    const found = typeof node === 'number' ? node : this.#byName.get(node);
    if (found !== undefined && this.#taken.some(({ from, until }) => from <= found && found < until)) return found;
    const near = typeof node === 'string' ? nearest(node, [...this.#byName.keys()]) : undefined;
    const advice = near === undefined ? 'expected the name or the number of a node' : `did you mean '${near}'?`;
    throw new FieldProblem(path, `found ${inWords(node)}, which is no node here; ${advice}`);
  }
}

function resolveShell(
  form: ConstellationForm['shells'][number],
  path: FieldPath,
  numbers: NodeNumbers,
): SatelliteGroup {
  checkShellForm(form, path);
  const { name, firstNode, intraPlane, interPlane, seam, ...rest } = form;
  const { crossoverLatitudeDeg, crossoverEnds, crossoverRateDegPerS: greatestRateDegPerS, ...shell } = rest;
  if (seam && shell.pattern !== 'star') {
    throw new FieldProblem([...path, 'seam'], 'found true; expected it with pattern star only, a delta has no seam');
  }
  const names = Array.from({ length: satelliteCount(shell) }, (_, i) => {
    const [sat, orb] = satelliteName(shell, i + 1);
    return `${name}-p${orb}-s${sat}`;
  });
  return {
    name,
    firstNode: numbers.take(names, firstNode, path, 'firstNode'),
    names,
    ephemerides: walkerEphemerides(shell),
    grid: { shell, intraPlane, interPlane, seam, crossoverLatitudeDeg, crossoverEnds, greatestRateDegPerS },
  };
}

/** The links in a plane are always up, or the shell is refused. */
function checkGrid(grid: SatelliteGroup['grid'], links: LinkKind, atmosphereKm: number, path: FieldPath): void {
  if (grid === undefined || !grid.intraPlane) return;
  try {
    checkRing(grid.shell, { greatestRangeKm: rangeOf(links), atmosphereKm });
  } catch (error) {
    throw error instanceof UsageError ? new FieldProblem(path, `${error.message}, or intraPlane: false`) : error;
  }
}

function resolveElements(
  form: ConstellationForm['satellites'][number],
  satellites: readonly NamedEphemeris[],
  path: FieldPath,
  numbers: NodeNumbers,
): SatelliteGroup {
  const names = satellites.map(({ name }) => name);
  return {
    name: form.name,
    firstNode: numbers.take(names, form.firstNode, path, 'firstNode'),
    names,
    ephemerides: satellites.map(({ ephemeris }) => ephemeris),
    grid: undefined,
  };
}

/** Places of shells and groups by name. */
function groupPlaces({ shells, satellites }: ConstellationForm): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  const add = (name: string, path: FieldPath) => {
    if (places.has(name)) throw new FieldProblem(path, `found ${inWords(name)} twice; expected names of their own`);
    places.set(name, places.size);
  };
  shells.forEach(({ name }, i) => {
    add(name, ['shells', i, 'name']);
  });
  satellites.forEach(({ name }, i) => {
    add(name, ['satellites', i, 'name']);
  });
  return places;
}

function placeOf(name: string, path: FieldPath, places: ReadonlyMap<string, number>): number {
  const place = places.get(name);
  if (place !== undefined) return place;
  const near = nearest(name, [...places.keys()]);
  const advice =
    near === undefined ? `expected one of ${[...places.keys()].slice(0, 16).join(', ')}` : `did you mean '${near}'?`;
  throw new FieldProblem(path, `found ${inWords(name)}, which is no shell or group here; ${advice}`);
}

function resolveStation(
  form: ConstellationForm['stations'][number],
  path: FieldPath,
  numbers: NodeNumbers,
  places: ReadonlyMap<string, number>,
): Station {
  const { name, node, latitudeDeg, longitudeDeg, altitudeKm, minElevationDeg, sees } = form;
  const all = [...places.values()];
  return {
    name,
    node: numbers.take([name], node, path, 'node'),
    latitudeDeg,
    longitudeDeg,
    altitudeKm,
    leastElevationDeg: minElevationDeg,
    sees: sees === undefined ? all : [...new Set(sees.map((group, i) => placeOf(group, [...path, 'sees', i], places)))],
  };
}

function resolveNearest(
  form: ConstellationForm['nearest'][number],
  path: FieldPath,
  places: ReadonlyMap<string, number>,
  groups: readonly SatelliteGroup[],
): NearestRule {
  const [left, right] = form.between.map((name, i) => placeOf(name, [...path, 'between', i], places)) as [
    number,
    number,
  ];
  const shell = groups[left]?.grid?.shell;
  if (form.seam && (left !== right || shell?.pattern !== 'star' || shell.planes < 2)) {
    throw new FieldProblem([...path, 'seam'], 'found true; expected it between a star and itself only');
  }
  return {
    between: [left, right],
    seam: form.seam,
    terminals: form.terminals,
    everyUs: secondsToUs(form.everySeconds),
    keepFactor: form.keepFactor,
    greatestRangeKm: form.maxRangeKm ?? Infinity,
    crossoverLatitudeDeg: form.maxLatitudeDeg,
    crossoverEnds: form.maxLatitudeEnds,
    greatestRateDegPerS: form.maxRateDegPerS,
  };
}

function resolveMaintenance(
  form: ConstellationForm['maintenance'][number],
  path: FieldPath,
  numbers: NodeNumbers,
  horizonUs: number,
): Maintenance {
  const { node, link, from, until, everySeconds } = form;
  if ((node === undefined) === (link === undefined)) {
    const found = node === undefined ? 'neither node nor link' : 'both node and link';
    throw new FieldProblem(path, `found ${found}; expected one of them`);
  }
  if (until <= from)
    throw new FieldProblem([...path, 'until'], `found ${until}; expected more than ${from}, its beginning`);
  const everyUs = everySeconds === undefined ? undefined : secondsToUs(everySeconds);
  if (everyUs !== undefined && horizonUs / everyUs > MAX_REPEATS) {
    throw new FieldProblem(
      [...path, 'everySeconds'],
      `found ${everySeconds}, which repeats it more than ${MAX_REPEATS} times; expected longer`,
    );
  }
  const nodes =
    link === undefined
      ? ([numbers.find(node as string | number, [...path, 'node'])] as const)
      : ([numbers.find(link[0], [...path, 'link', 0]), numbers.find(link[1], [...path, 'link', 1])] as const);
  if (nodes.length === 2 && nodes[0] === nodes[1]) {
    throw new FieldProblem([...path, 'link', 1], `found ${inWords(link?.[1])} twice; expected two nodes`);
  }
  return { nodes, startUs: secondsToUs(from), endUs: secondsToUs(until), everyUs };
}
