/**
 * The contact plan of a constellation: grid, nearest-neighbour and ground links, each with its windows, less what is down, cut into
 * contacts. Nothing here reads a file or a clock.
 */
import { UsageError } from '../base/errors.js';
import {
  addContacts,
  type ContactRules,
  distanceKm,
  type Ephemeris,
  earthFixedPositionKm,
  GREENWICH_AT_X,
  gridLinkWindows,
  groundPasses,
  type LinkLength,
  type NearestMember,
  nearestLinks,
  onEllipsoid,
  sampledLength,
  type Window,
} from '../orbit/index.js';
import { type Contact, compareContacts, type PlanDocument, type PlanNode } from '../routing/index.js';
import type { Constellation, NearestRule, SatelliteGroup, Station } from './constellation.js';
import { Downtimes } from './downtimes.js';
import { rangeOf } from './link-form.js';

/** The most contacts of a generated plan: some 2 GB of them. */
export const MAX_PLAN_CONTACTS = 10_000_000;

/** What a plan is made of. */
export interface PlanSummary {
  readonly satellites: number;
  readonly stations: number;
  readonly contacts: number;
  /** Two-way links that have a contact at least once. */
  readonly gridLinks: number;
  readonly nearestLinks: number;
  readonly groundLinks: number;
  readonly horizonUs: number;
}

/** A plan with what it is made of. */
export interface GeneratedPlan {
  readonly document: PlanDocument;
  readonly summary: PlanSummary;
}

/** How far the work has come. */
export interface GenerateProgress {
  readonly phase: 'grid' | 'nearest' | 'ground';
  /** From 0 to 1 within the phase. */
  readonly share: number;
  /** So far. */
  readonly contacts: number;
}

/**
 * The contact plan, contacts in the order of a ContactPlan. Throws a UsageError `no-line-of-sight` where neighbours in a plane never
 * see each other, `plan-too-large` beyond {@link MAX_PLAN_CONTACTS}.
 */
export function generatePlan(
  constellation: Constellation,
  progress: (progress: GenerateProgress) => void = () => {},
): GeneratedPlan {
  const nodes = nodesOf(constellation);
  const builder = new PlanBuilder(constellation, nodes);
  const report = (phase: GenerateProgress['phase'], share: number) =>
    progress({ phase, share, contacts: builder.contacts.length });
  const { groups, nearest, stations } = constellation;
  const gridLinks = groups.reduce((sum, group, i) => {
    report('grid', i / groups.length);
    return sum + addGrid(builder, constellation, group);
  }, 0);
  const nearestCount = nearest.reduce(
    (sum, rule, i) =>
      sum + addNearest(builder, constellation, rule, (share) => report('nearest', (i + share) / nearest.length)),
    0,
  );
  const groundLinks = stations.reduce((sum, station, i) => {
    report('ground', i / stations.length);
    return sum + addGround(builder, constellation, station);
  }, 0);
  const contacts = builder.contacts.sort(compareContacts);
  return {
    document: { nodes, contacts, epochUnixUs: constellation.epochUnixUs },
    summary: {
      satellites: nodes.length - stations.length,
      stations: stations.length,
      contacts: contacts.length,
      gridLinks,
      nearestLinks: nearestCount,
      groundLinks,
      horizonUs: constellation.horizonUs,
    },
  };
}

/** Gathers contacts. */
class PlanBuilder {
  readonly contacts: Contact[] = [];
  readonly #downtimes: Downtimes;
  readonly #linked = new Set<string>();

  constructor(constellation: Constellation, nodes: readonly PlanNode[]) {
    const names = new Map(nodes.map(({ number, name }) => [number, name ?? String(number)]));
    const stations = new Set(constellation.stations.map(({ node }) => node));
    this.#downtimes = new Downtimes(
      constellation,
      (node) => names.get(node) as string,
      (node) => stations.has(node),
    );
  }

  /** Whether anything was left to add. */
  add(a: number, b: number, windows: readonly Window[], length: LinkLength, rules: ContactRules): boolean {
    const before = this.contacts.length;
    addContacts(this.contacts, a, b, this.#downtimes.cut(a, b, windows), length, rules);
    if (this.contacts.length > MAX_PLAN_CONTACTS) {
      throw new UsageError(
        'plan-too-large',
        `the plan has more than ${MAX_PLAN_CONTACTS} contacts; expected a shorter horizon, fewer satellites or coarser cuts`,
      );
    }
    const hasAny = this.contacts.length > before;
    if (hasAny) this.#linked.add(keyOf(a, b));
    return hasAny;
  }

  /** Whether the two have a link already: another kind of links leaves them alone. */
  isLinked(a: number, b: number): boolean {
    return this.#linked.has(keyOf(a, b));
  }
}

function keyOf(a: number, b: number): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

function addGrid(
  builder: PlanBuilder,
  { horizonUs, links, atmosphereKm }: Constellation,
  group: SatelliteGroup,
): number {
  if (group.grid === undefined) return 0;
  const { shell, crossoverLatitudeDeg, crossoverEnds, greatestRateDegPerS, ...options } = group.grid;
  const greatestRangeKm = rangeOf(links.satellite);
  const limits = { crossoverLatitudeDeg, crossoverEnds, greatestRateDegPerS, greatestRangeKm, atmosphereKm };
  const shift = group.firstNode - 1;
  let count = 0;
  for (const { a, b, windows, length } of gridLinkWindows(shell, limits, horizonUs, options)) {
    if (builder.add(a + shift, b + shift, windows, length, links.satellite)) count++;
  }
  return count;
}

function addNearest(
  builder: PlanBuilder,
  { groups, horizonUs, links, atmosphereKm }: Constellation,
  rule: NearestRule,
  report: (share: number) => void,
): number {
  const [left, right] = rule.between.map((place) => membersOf(groups[place] as SatelliteGroup));
  const greatestRangeKm = Math.min(rule.greatestRangeKm, rangeOf(links.satellite));
  const { terminals, everyUs, keepFactor, crossoverLatitudeDeg, crossoverEnds, greatestRateDegPerS } = rule;
  const limits = { crossoverLatitudeDeg, crossoverEnds, greatestRateDegPerS, greatestRangeKm, atmosphereKm };
  const isWithin = rule.between[0] === rule.between[1];
  const [from, to] = rule.seam ? seamOf(groups[rule.between[0]] as SatelliteGroup) : [left!, isWithin ? left! : right!];
  const excludes = (a: number, b: number) => builder.isLinked(a, b);
  const options = { ...limits, terminals, everyUs, keepFactor, excludes };
  const found = nearestLinks(from, to, horizonUs, options, (doneUs) => report(doneUs / horizonUs));
  let count = 0;
  for (const { a, b, windows, kmAt } of found) {
    if (builder.add(a, b, windows, sampledLength(kmAt), links.satellite)) count++;
  }
  return count;
}

function addGround(builder: PlanBuilder, constellation: Constellation, station: Station): number {
  const { groups, horizonUs, links } = constellation;
  const { leastElevationDeg } = station;
  const greatestRangeKm = rangeOf(links.ground);
  const limits = { leastElevationDeg, greatestRangeKm: greatestRangeKm === Infinity ? undefined : greatestRangeKm };
  let count = 0;
  for (const place of station.sees) {
    const group = groups[place] as SatelliteGroup;
    // Shells go around a sphere; under real satellites the station stands on the ellipsoid.
    const site = group.grid === undefined ? onEllipsoid(station) : station;
    for (const { node, ephemeris } of membersOf(group)) {
      const passes = groundPasses(ephemeris, site, GREENWICH_AT_X, 0, horizonUs, limits);
      if (passes.length === 0) continue;
      const kmAt = (atUs: number) =>
        distanceKm(earthFixedPositionKm(site, atUs, GREENWICH_AT_X), ephemeris.positionKm(atUs));
      if (builder.add(station.node, node, passes, sampledLength(kmAt), links.ground)) count++;
    }
  }
  return count;
}

/** The last plane of a shell and its first. */
function seamOf(group: SatelliteGroup): [NearestMember[], NearestMember[]] {
  const members = membersOf(group);
  const perPlane = group.grid?.shell.satellitesPerPlane ?? members.length;
  return [members.slice(-perPlane), members.slice(0, perPlane)];
}

function membersOf({ firstNode, ephemerides }: SatelliteGroup): NearestMember[] {
  return ephemerides.map((ephemeris: Ephemeris, i) => ({ node: firstNode + i, ephemeris }));
}

function nodesOf({ groups, stations }: Constellation): PlanNode[] {
  const satellites = groups.flatMap(({ firstNode, names }) =>
    names.map((name, i) => ({ number: firstNode + i, name })),
  );
  const grounds = stations.map(({ node, name }) => ({ number: node, name }));
  return [...satellites, ...grounds].sort((a, b) => a.number - b.number);
}
