/** The +Grid of a constellation: each satellite with its neighbours fore and aft and in the two adjacent planes. */
import { UsageError } from '../base/errors.js';
import { type Contact, ContactPlan } from '../routing/contact-plan.js';
import { type CrossoverLimits, CrossPlaneLink, intraPlaneKm, lineOfSightKm, seamPlanes } from './crossover.js';
import { addContacts, type ContactRules, constantLength, type LinkLength } from './link-contacts.js';
import { checkShell, nodeNumber, satelliteName, startingArgumentRad, type WalkerShell } from './walker.js';
import type { Window } from './window-search.js';

/** A two-way link of the grid between two nodes. */
export interface GridLink {
  readonly kind: 'intra-plane' | 'inter-plane' | 'seam';
  /** For a link between planes the end in the plane that comes first; at the wrap of a delta pattern that is the last plane. */
  readonly a: number;
  readonly b: number;
}

/** Which links of the grid there are. */
export interface GridOptions {
  /** Fore and aft in a plane; true by default. */
  readonly intraPlane?: boolean | undefined;
  /** To the adjacent planes; true by default. */
  readonly interPlane?: boolean | undefined;
  /** Between the last plane of a star and the first, which pass each other; false by default. */
  readonly seam?: boolean | undefined;
}

/** What a constellation's contact plan needs beside the shell. */
export interface ConstellationPlanOptions {
  /** Inter-plane links are down while either end is above this latitude, north or south: above 0 to 90, 90 for no outage. */
  readonly crossoverLatitudeDeg: number;
  /** Of every link, each direction. */
  readonly rateBytesPerSecond: number;
  /** The plan runs from 0 to this; whole microseconds above 0. */
  readonly horizonUs: number;
}

/**
 * The links of a shell. In a plane each satellite has a link to the next (a ring; one link for two satellites, none for one).
 * Between adjacent planes satellites of the same index are linked. The last plane of a delta pattern is linked to the first,
 * with the index shifted by the phasing: that is the satellite which is as far ahead as elsewhere. Across the seam of a star there
 * are links, of equal index, only where asked for. Two planes of a delta pattern whose wrap would repeat a link have it once. Throws a UsageError `bad-shell`.
 */
export function gridLinks(shell: WalkerShell, options: GridOptions = {}): GridLink[] {
  checkShell(shell);
  const { planes, satellitesPerPlane, pattern } = shell;
  const links: GridLink[] = [];
  for (let orb = 1; orb <= planes && options.intraPlane !== false; orb++) {
    for (let sat = 1; sat <= satellitesPerPlane; sat++) {
      const last = sat === satellitesPerPlane;
      if (last && satellitesPerPlane < 3) break;
      links.push({
        kind: 'intra-plane',
        a: nodeNumber(shell, sat, orb),
        b: nodeNumber(shell, last ? 1 : sat + 1, orb),
      });
    }
  }
  if (options.interPlane === false) return links;
  for (let orb = 1; orb < planes; orb++) {
    for (let sat = 1; sat <= satellitesPerPlane; sat++) {
      links.push({ kind: 'inter-plane', a: nodeNumber(shell, sat, orb), b: nodeNumber(shell, sat, orb + 1) });
    }
  }
  if (pattern === 'star' && options.seam === true && planes > 2) {
    for (let sat = 1; sat <= satellitesPerPlane; sat++) {
      links.push({ kind: 'seam', a: nodeNumber(shell, sat, planes), b: nodeNumber(shell, sat, 1) });
    }
  }
  const shift = shell.phasing % satellitesPerPlane;
  if (pattern === 'delta' && (planes > 2 || (planes === 2 && shift !== 0))) {
    for (let sat = 1; sat <= satellitesPerPlane; sat++) {
      const neighbour = ((sat - 1 + shift) % satellitesPerPlane) + 1;
      links.push({ kind: 'inter-plane', a: nodeNumber(shell, sat, planes), b: nodeNumber(shell, neighbour, 1) });
    }
  }
  return links;
}

/**
 * The contact plan of a shell with +Grid links, both directions of each. Links in a plane are up all the time, links between
 * planes in the windows of {@link CrossPlaneLink}; a contact's light time is the longest within its window, rounded up, so a
 * predicted arrival is never too early. Throws a UsageError: `no-line-of-sight` where neighbours in a plane are hidden from
 * each other by the Earth, `bad-shell`, or `bad-plan-options` for options out of range.
 */
export function constellationPlan(shell: WalkerShell, options: ConstellationPlanOptions): ContactPlan {
  const { crossoverLatitudeDeg, rateBytesPerSecond, horizonUs } = options;
  if (!(crossoverLatitudeDeg > 0 && crossoverLatitudeDeg <= 90)) {
    throw new UsageError('bad-plan-options', `crossoverLatitudeDeg is ${crossoverLatitudeDeg}, expected above 0 to 90`);
  }
  if (!(rateBytesPerSecond > 0 && rateBytesPerSecond < Infinity)) {
    throw new UsageError('bad-plan-options', `rateBytesPerSecond is ${rateBytesPerSecond}, expected more than 0`);
  }
  if (!Number.isSafeInteger(horizonUs) || horizonUs <= 0) {
    throw new UsageError('bad-plan-options', `horizonUs is ${horizonUs}, expected whole microseconds above 0`);
  }
  const contacts: Contact[] = [];
  const rules: ContactRules = { rate: { kind: 'fixed', rateBytesPerSecond } };
  for (const { a, b, windows, length } of gridLinkWindows(shell, { crossoverLatitudeDeg }, horizonUs)) {
    addContacts(contacts, a, b, windows, length, rules);
  }
  return new ContactPlan(contacts);
}

/** A link of the grid with when it is up and how long it is. */
export interface GridLinkWindows extends GridLink {
  readonly windows: readonly Window[];
  readonly length: LinkLength;
}

/**
 * The links of a shell with their windows from 0 to the horizon, one after the other. Throws a UsageError `no-line-of-sight`,
 * `bad-shell` or `bad-limits`.
 */
export function* gridLinkWindows(
  shell: WalkerShell,
  limits: CrossoverLimits,
  horizonUs: number,
  options: GridOptions = {},
): Generator<GridLinkWindows> {
  const links = gridLinks(shell, options);
  if (options.intraPlane !== false) checkRing(shell, limits);
  const always = [{ startUs: 0, endUs: horizonUs }];
  const ring = constantLength(intraPlaneKm(shell));
  const crossing = new CrossPlaneLink(shell, limits);
  const seam = options.seam === true ? new CrossPlaneLink(shell, limits, seamPlanes(shell)) : crossing;
  for (const link of links) {
    if (link.kind === 'intra-plane') {
      yield { ...link, windows: always, length: ring };
      continue;
    }
    const geometry = link.kind === 'seam' ? seam : crossing;
    const argument = startingArgumentRad(shell, ...satelliteName(shell, link.a));
    yield {
      ...link,
      windows: geometry.windows(argument, horizonUs),
      length: {
        kmAt: (atUs) => geometry.distanceKmAt(argument, atUs),
        longestKm: (window) => geometry.longestKm(argument, window),
      },
    };
  }
}

function checkRing(shell: WalkerShell, { greatestRangeKm = Infinity, atmosphereKm }: CrossoverLimits): void {
  const apartKm = intraPlaneKm(shell);
  const sightKm = lineOfSightKm(shell, atmosphereKm);
  if (shell.satellitesPerPlane < 2 || apartKm <= Math.min(sightKm, greatestRangeKm)) return;
  const limit =
    apartKm > sightKm
      ? `at ${shell.altitudeKm} km they see each other only up to ${sightKm.toFixed(1)} km past the Earth`
      : `links reach only ${greatestRangeKm} km`;
  throw new UsageError(
    'no-line-of-sight',
    `the ${shell.satellitesPerPlane} satellites of a plane are ${apartKm.toFixed(1)} km apart, but ${limit}: ` +
      'use more satellites in a plane or a greater altitude',
  );
}
