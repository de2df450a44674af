/** The +Grid of a constellation: each satellite with its neighbours fore and aft and in the two adjacent planes. */
import { UsageError } from '../base/errors.js';
import { type Contact, ContactPlan } from '../routing/contact-plan.js';
import { CrossPlaneLink, intraPlaneKm, lightUs, lineOfSightKm } from './crossover.js';
import { checkShell, nodeNumber, satelliteName, startingArgumentRad, type WalkerShell } from './walker.js';

/** A two-way link of the grid between two nodes. */
export interface GridLink {
  readonly kind: 'intra-plane' | 'inter-plane';
  /** For a link between planes the end in the plane that comes first; at the wrap of a delta pattern that is the last plane. */
  readonly a: number;
  readonly b: number;
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
 * with the index shifted by the phasing: that is the satellite which is as far ahead as elsewhere. A star has no link across its
 * seam. Two planes of a delta pattern whose wrap would repeat a link have it once. Throws a UsageError `bad-shell`.
 */
export function gridLinks(shell: WalkerShell): GridLink[] {
  checkShell(shell);
  const { planes, satellitesPerPlane } = shell;
  const links: GridLink[] = [];
  for (let orb = 1; orb <= planes; orb++) {
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
  for (let orb = 1; orb < planes; orb++) {
    for (let sat = 1; sat <= satellitesPerPlane; sat++) {
      links.push({ kind: 'inter-plane', a: nodeNumber(shell, sat, orb), b: nodeNumber(shell, sat, orb + 1) });
    }
  }
  const shift = shell.phasing % satellitesPerPlane;
  if (shell.pattern === 'delta' && (planes > 2 || (planes === 2 && shift !== 0))) {
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
  checkShell(shell);
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
  const intraKm = intraPlaneKm(shell);
  const limitKm = lineOfSightKm(shell);
  if (shell.satellitesPerPlane > 1 && intraKm > limitKm) {
    throw new UsageError(
      'no-line-of-sight',
      `the ${shell.satellitesPerPlane} satellites of a plane are ${intraKm.toFixed(1)} km apart, but at ${shell.altitudeKm} km ` +
        `they see each other only up to ${limitKm.toFixed(1)} km past the Earth: use more satellites in a plane or a greater altitude`,
    );
  }
  const contacts: Contact[] = [];
  const connect = (a: number, b: number, startUs: number, endUs: number, owltUs: number) => {
    contacts.push({ from: a, to: b, startUs, endUs, rateBytesPerSecond, owltUs });
    contacts.push({ from: b, to: a, startUs, endUs, rateBytesPerSecond, owltUs });
  };
  const crossing = new CrossPlaneLink(shell, crossoverLatitudeDeg);
  const intraUs = lightUs(intraKm);
  for (const { kind, a, b } of gridLinks(shell)) {
    if (kind === 'intra-plane') {
      connect(a, b, 0, horizonUs, intraUs);
      continue;
    }
    const argument = startingArgumentRad(shell, ...satelliteName(shell, a));
    for (const window of crossing.windows(argument, horizonUs)) {
      connect(a, b, window.startUs, window.endUs, crossing.longestLightUs(argument, window));
    }
  }
  return new ContactPlan(contacts);
}
