/** Which satellites an area of interest means. */
import { UsageError } from '../base/errors.js';
import { nodeNumber, satelliteCount, subSatellitePoint, type WalkerShell } from './walker.js';

/** A box on the Earth, bounds included. */
export interface GeographicBox {
  /** Degrees north, south bound first. */
  readonly latitudeDeg: readonly [south: number, north: number];
  /** Degrees east from -180 to 180, west bound first; west > east crosses the antimeridian. */
  readonly longitudeDeg: readonly [west: number, east: number];
}

/**
 * Nodes whose sub-satellite point is in the box at a time, ascending. Throws a UsageError `bad-box` where south is north of
 * north or a bound is off the Earth.
 */
export function satellitesOverBox(shell: WalkerShell, box: GeographicBox, atUs: number): number[] {
  const [south, north] = box.latitudeDeg;
  const [west, east] = box.longitudeDeg;
  if (!(south >= -90 && south <= north && north <= 90)) {
    throw new UsageError('bad-box', `latitudes ${south} to ${north}: expected -90 to 90, south bound first`);
  }
  if (!(west >= -180 && west <= 180 && east >= -180 && east <= 180)) {
    throw new UsageError('bad-box', `longitudes ${west} to ${east}: expected -180 to 180, west bound first`);
  }
  const inside = (degrees: number) =>
    west <= east ? degrees >= west && degrees <= east : degrees >= west || degrees <= east;
  const nodes: number[] = [];
  const count = satelliteCount(shell);
  for (let node = 1; node <= count; node++) {
    const { latitudeDeg, longitudeDeg } = subSatellitePoint(shell, node, atUs);
    if (latitudeDeg < south || latitudeDeg > north) continue;
    // Points on the antimeridian are given as 180; a bound may call it -180.
    if (inside(longitudeDeg) || (longitudeDeg === 180 && inside(-180))) nodes.push(node);
  }
  return nodes;
}

/**
 * Nodes [sat, orb] with both numbers between the given bounds, included, ascending. Throws a UsageError `no-such-satellite`
 * where a bound is outside the shell, `bad-grid` where the first bound is above the second.
 */
export function satellitesInGrid(
  shell: Pick<WalkerShell, 'planes' | 'satellitesPerPlane'>,
  sats: readonly [min: number, max: number],
  orbs: readonly [min: number, max: number],
): number[] {
  nodeNumber(shell, sats[0], orbs[0]);
  nodeNumber(shell, sats[1], orbs[1]);
  if (sats[0] > sats[1] || orbs[0] > orbs[1]) {
    throw new UsageError(
      'bad-grid',
      `sats ${sats[0]} to ${sats[1]}, orbs ${orbs[0]} to ${orbs[1]}: expected the smaller bound first`,
    );
  }
  const nodes: number[] = [];
  for (let orb = orbs[0]; orb <= orbs[1]; orb++) {
    for (let sat = sats[0]; sat <= sats[1]; sat++) nodes.push(nodeNumber(shell, sat, orb));
  }
  return nodes;
}
