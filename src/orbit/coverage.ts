/** Which satellites of a shell an area of interest means. */
import { UsageError } from '../base/errors.js';
import { type EarthArea, shapeOf } from './area.js';
import { nodeNumber, satelliteCount, subSatellitePoint, type WalkerShell } from './walker.js';

/**
 * Nodes whose sub-satellite point is in the area at a time, ascending. Throws a UsageError `bad-box`, `bad-circle` or
 * `bad-polygon` for an area that does not exist.
 */
export function satellitesOverArea(shell: WalkerShell, area: EarthArea, atUs: number): number[] {
  const shape = shapeOf(area);
  const nodes: number[] = [];
  const count = satelliteCount(shell);
  for (let node = 1; node <= count; node++) {
    const { latitudeDeg, longitudeDeg } = subSatellitePoint(shell, node, atUs);
    if (shape.contains(latitudeDeg, longitudeDeg)) nodes.push(node);
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
