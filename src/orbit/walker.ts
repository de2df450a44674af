/**
 * Walker constellations on circular two-body orbits over a rotating spherical Earth.
 *
 * Satellites are named [sat, orb] as SpaceCoMP does, both from 1; node number = (orb - 1) * satellitesPerPlane + sat. Plane p
 * (from 0) of P has its ascending node at 360 p/P degrees (delta) or 180 p/P (star), or p times a spacing of its own; satellite s
 * (from 0) of S in it stands at the argument of latitude 360 s/S + 360 F p/(P S) + n t. Both may start elsewhere than at 0. At
 * t = 0 Greenwich lies on the x axis, where an ascending node of 0 is.
 */
import { UsageError } from '../base/errors.js';
import { US_PER_SECOND } from '../base/time.js';
import { EARTH_MU_KM3_PER_S2, EARTH_RADIUS_KM, EARTH_ROTATION_RAD_PER_S, RAD_PER_DEG } from './constants.js';

/** A shell of planes with equal spacing. */
export interface WalkerShell {
  /** Ascending nodes spread over 360 degrees (delta) or 180 (star: first and last plane counter-rotate at the seam). */
  readonly pattern: 'delta' | 'star';
  readonly planes: number;
  readonly satellitesPerPlane: number;
  /** Walker's F: from one plane to the next satellites are ahead by F/(planes * satellitesPerPlane) of a turn. */
  readonly phasing: number;
  readonly altitudeKm: number;
  readonly inclinationDeg: number;
  /** Right ascension of the first plane's ascending node; 0 by default. */
  readonly firstNodeDeg?: number | undefined;
  /**
   * From one plane's ascending node to the next one's, for a star only: above 0, and at most 360 for all planes together. Real
   * stars space the planes that go the same way wider than the seam. By default 180/planes.
   */
  readonly nodeSpacingDeg?: number | undefined;
  /** Argument of latitude of the first satellite of the first plane at t = 0; 0 by default. */
  readonly firstArgumentDeg?: number | undefined;
}

/** Where a satellite stands over the Earth. */
export interface SubSatellitePoint {
  /** North positive, -90 to 90. */
  readonly latitudeDeg: number;
  /** East positive, above -180 to 180. */
  readonly longitudeDeg: number;
}

/** Throws a UsageError `bad-shell` that names the value out of range. */
export function checkShell(shell: WalkerShell): void {
  const { pattern, planes, satellitesPerPlane, phasing, altitudeKm, inclinationDeg } = shell;
  const refuse = (problem: string) => {
    throw new UsageError('bad-shell', problem);
  };
  if (pattern !== 'delta' && pattern !== 'star') refuse(`pattern is ${String(pattern)}, expected delta or star`);
  if (!isCount(planes)) refuse(`planes is ${planes}, expected a whole number of at least 1`);
  if (!isCount(satellitesPerPlane))
    refuse(`satellitesPerPlane is ${satellitesPerPlane}, expected a whole number of at least 1`);
  if (!Number.isSafeInteger(phasing) || phasing < 0 || phasing >= planes) {
    refuse(`phasing is ${phasing}, expected a whole number from 0 to planes - 1 = ${planes - 1}`);
  }
  if (!(altitudeKm > 0 && altitudeKm < Infinity)) refuse(`altitudeKm is ${altitudeKm}, expected more than 0`);
  if (!(inclinationDeg >= 0 && inclinationDeg <= 180)) refuse(`inclinationDeg is ${inclinationDeg}, expected 0 to 180`);
  const { firstNodeDeg = 0, firstArgumentDeg = 0, nodeSpacingDeg } = shell;
  if (!Number.isFinite(firstNodeDeg)) refuse(`firstNodeDeg is ${firstNodeDeg}, expected a number of degrees`);
  if (!Number.isFinite(firstArgumentDeg)) {
    refuse(`firstArgumentDeg is ${firstArgumentDeg}, expected a number of degrees`);
  }
  if (nodeSpacingDeg === undefined) return;
  if (pattern !== 'star')
    refuse('nodeSpacingDeg is given; expected it for a star only, a delta spreads over 360 degrees');
  if (!(nodeSpacingDeg > 0 && nodeSpacingDeg * planes <= 360)) {
    refuse(`nodeSpacingDeg is ${nodeSpacingDeg}, expected above 0 to ${360 / planes} with ${planes} planes`);
  }
}

/** How many satellites a shell has; their node numbers run from 1 to this. */
export function satelliteCount(shell: Pick<WalkerShell, 'planes' | 'satellitesPerPlane'>): number {
  return shell.planes * shell.satellitesPerPlane;
}

/** The node number of satellite [sat, orb]. Throws a UsageError `no-such-satellite` for a name outside the shell. */
export function nodeNumber(
  shell: Pick<WalkerShell, 'planes' | 'satellitesPerPlane'>,
  sat: number,
  orb: number,
): number {
  const { planes, satellitesPerPlane } = shell;
  if (!isCount(sat) || sat > satellitesPerPlane || !isCount(orb) || orb > planes) {
    throw new UsageError(
      'no-such-satellite',
      `no satellite [${sat}, ${orb}]: names run from [1, 1] to [${satellitesPerPlane}, ${planes}]`,
    );
  }
  return (orb - 1) * satellitesPerPlane + sat;
}

/** The name [sat, orb] of a node. Throws a UsageError `no-such-satellite` for a number outside the shell. */
export function satelliteName(
  shell: Pick<WalkerShell, 'planes' | 'satellitesPerPlane'>,
  node: number,
): [sat: number, orb: number] {
  const count = satelliteCount(shell);
  if (!isCount(node) || node > count)
    throw new UsageError('no-such-satellite', `no node ${node}: numbers run from 1 to ${count}`);
  const index = node - 1;
  return [(index % shell.satellitesPerPlane) + 1, Math.floor(index / shell.satellitesPerPlane) + 1];
}

/** Semi-major axis, km. */
export function semiMajorAxisKm(shell: Pick<WalkerShell, 'altitudeKm'>): number {
  return EARTH_RADIUS_KM + shell.altitudeKm;
}

/** Mean motion, rad/s. */
export function meanMotionRadPerS(shell: Pick<WalkerShell, 'altitudeKm'>): number {
  return Math.sqrt(EARTH_MU_KM3_PER_S2 / semiMajorAxisKm(shell) ** 3);
}

/** One revolution, in microseconds, not rounded. */
export function periodUs(shell: Pick<WalkerShell, 'altitudeKm'>): number {
  return ((2 * Math.PI) / meanMotionRadPerS(shell)) * US_PER_SECOND;
}

/** Right ascension of a plane's ascending node, rad; `orb` from 1. */
export function ascendingNodeRad(shell: WalkerShell, orb: number): number {
  const first = (shell.firstNodeDeg ?? 0) * RAD_PER_DEG;
  if (shell.nodeSpacingDeg !== undefined) return first + shell.nodeSpacingDeg * RAD_PER_DEG * (orb - 1);
  return first + ((shell.pattern === 'delta' ? 2 * Math.PI : Math.PI) * (orb - 1)) / shell.planes;
}

/** Argument of latitude at t = 0, rad, from 0; `sat` and `orb` from 1. */
export function startingArgumentRad(shell: WalkerShell, sat: number, orb: number): number {
  const first = (shell.firstArgumentDeg ?? 0) / 360;
  const turns = first + (sat - 1) / shell.satellitesPerPlane + (shell.phasing * (orb - 1)) / satelliteCount(shell);
  return 2 * Math.PI * (turns - Math.floor(turns));
}

/** Angle of a node from its ascending node along the orbit, rad, 0 to 2 pi. */
export function argumentOfLatitudeRad(shell: WalkerShell, node: number, atUs: number): number {
  const [sat, orb] = satelliteName(shell, node);
  const angle = startingArgumentRad(shell, sat, orb) + (meanMotionRadPerS(shell) * atUs) / US_PER_SECOND;
  return angle % (2 * Math.PI);
}

/** Position of a node in the inertial frame, km: x towards an ascending node of 0, z north. */
export function positionKm(shell: WalkerShell, node: number, atUs: number): [x: number, y: number, z: number] {
  const argument = argumentOfLatitudeRad(shell, node, atUs);
  const ascending = ascendingNodeRad(shell, satelliteName(shell, node)[1]);
  const inclination = shell.inclinationDeg * RAD_PER_DEG;
  const along = semiMajorAxisKm(shell) * Math.cos(argument);
  const across = semiMajorAxisKm(shell) * Math.sin(argument);
  const [cosNode, sinNode] = [Math.cos(ascending), Math.sin(ascending)];
  const flat = across * Math.cos(inclination);
  return [cosNode * along - sinNode * flat, sinNode * along + cosNode * flat, across * Math.sin(inclination)];
}

/** The point on the rotating Earth below a node. */
export function subSatellitePoint(shell: WalkerShell, node: number, atUs: number): SubSatellitePoint {
  const argument = argumentOfLatitudeRad(shell, node, atUs);
  const inclination = shell.inclinationDeg * RAD_PER_DEG;
  const sine = Math.sin(inclination) * Math.sin(argument);
  const eastOfNode = Math.atan2(Math.cos(inclination) * Math.sin(argument), Math.cos(argument));
  const turned = (EARTH_ROTATION_RAD_PER_S * atUs) / US_PER_SECOND;
  const longitude = ascendingNodeRad(shell, satelliteName(shell, node)[1]) + eastOfNode - turned;
  return {
    latitudeDeg: Math.asin(Math.max(-1, Math.min(1, sine))) / RAD_PER_DEG,
    longitudeDeg: wrapDegrees(longitude / RAD_PER_DEG),
  };
}

/** The same direction above -180 to 180. */
export function wrapDegrees(degrees: number): number {
  const turned = degrees - 360 * Math.ceil((degrees - 180) / 360);
  return turned === -180 ? 180 : turned;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
