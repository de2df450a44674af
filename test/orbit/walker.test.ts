import { describe, expect, it } from 'vitest';
import {
  argumentOfLatitudeRad,
  ascendingNodeRad,
  CrossPlaneLink,
  checkShell,
  gridLinks,
  intraPlaneKm,
  lineOfSightKm,
  meanMotionRadPerS,
  nodeNumber,
  periodUs,
  positionKm,
  RAD_PER_DEG,
  satelliteName,
  semiMajorAxisKm,
  subSatellitePoint,
  type WalkerShell,
} from '../../src/orbit/index.js';
import { distanceKm, IRIDIUM, orbitVector } from './vectors.js';

interface ShellVector {
  readonly name: string;
  readonly P: number;
  readonly F: number;
  readonly S: number;
  readonly kind: 'star' | 'delta';
  readonly altitude_km: number;
  readonly inclination_deg: number;
  readonly semi_major_axis_km: number;
  readonly period_s: number;
  readonly mean_motion_rad_s: number;
  readonly intra_plane_distance_km: number;
  readonly inter_plane_distance_min_km: number;
  readonly at_argument_of_latitude_deg: number;
  readonly inter_plane_distance_max_km: number;
  readonly max_at_argument_of_latitude_deg: number;
  readonly raan_spacing_deg: number;
  readonly max_los_range_km_80km_clearance: number;
  readonly isl_count_plus_grid: { intra: number; inter_with_seam_links: number; inter_without_seam_links: number };
}

const { shells, tolerance } = orbitVector<{ shells: ShellVector[]; tolerance: { km: number; s: number } }>('shells');

describe.each(shells.map((vector) => [vector.name, vector] as const))('%s', (_, vector) => {
  const shell: WalkerShell = {
    pattern: vector.kind,
    planes: vector.P,
    satellitesPerPlane: vector.S,
    phasing: vector.F,
    altitudeKm: vector.altitude_km,
    inclinationDeg: vector.inclination_deg,
  };
  const near = (found: number, expected: number, within: number) =>
    expect(Math.abs(found - expected)).toBeLessThanOrEqual(within);

  it('has the period, the spacing and the limits of the vector', () => {
    near(semiMajorAxisKm(shell), vector.semi_major_axis_km, tolerance.km);
    near(periodUs(shell) / 1e6, vector.period_s, tolerance.s);
    near(meanMotionRadPerS(shell), vector.mean_motion_rad_s, 1e-12);
    near(intraPlaneKm(shell), vector.intra_plane_distance_km, tolerance.km);
    near(lineOfSightKm(shell), vector.max_los_range_km_80km_clearance, tolerance.km);
    near(ascendingNodeRad(shell, 2) / RAD_PER_DEG, vector.raan_spacing_deg, 1e-9);
  });

  it('has neighbouring planes as far apart as the vector says', () => {
    const link = new CrossPlaneLink(shell, {});
    near(
      link.distanceKm(vector.at_argument_of_latitude_deg * RAD_PER_DEG),
      vector.inter_plane_distance_min_km,
      tolerance.km,
    );
    near(
      link.distanceKm(vector.max_at_argument_of_latitude_deg * RAD_PER_DEG),
      vector.inter_plane_distance_max_km,
      tolerance.km,
    );
    for (const atUs of [0, 17e6, 1234.5e6, 5000e6]) {
      const node = nodeNumber(shell, 3, 2);
      const apart = distanceKm(positionKm(shell, node, atUs), positionKm(shell, nodeNumber(shell, 3, 3), atUs));
      near(link.distanceKm(argumentOfLatitudeRad(shell, node, atUs)), apart, tolerance.km);
    }
  });

  it('has the links of a +Grid, across the seam only in a delta pattern', () => {
    const links = gridLinks(shell);
    const { intra, inter_with_seam_links, inter_without_seam_links } = vector.isl_count_plus_grid;
    expect(links.filter((link) => link.kind === 'intra-plane')).toHaveLength(intra);
    const inter = vector.kind === 'delta' ? inter_with_seam_links : inter_without_seam_links;
    expect(links.filter((link) => link.kind === 'inter-plane')).toHaveLength(inter);
    const withSeam = gridLinks(shell, { seam: true }).filter((link) => link.kind !== 'intra-plane');
    expect(withSeam).toHaveLength(inter_with_seam_links);
    expect(new Set(links.map(({ a, b }) => `${Math.min(a, b)} ${Math.max(a, b)}`)).size).toBe(links.length);
  });
});

describe('positions', () => {
  interface PositionVector {
    readonly plane: number;
    readonly slot: number;
    readonly t: number;
    readonly eci_km: number[];
    readonly latitude_deg: number;
    readonly argument_of_latitude_deg: number;
  }
  const { positions } = orbitVector<{ positions: PositionVector[] }>('iridium-positions');

  it.each(positions.map((p) => [p.plane, p.slot, p.t, p] as const))(
    'plane %i slot %i at %i s',
    (plane, slot, t, vector) => {
      const node = nodeNumber(IRIDIUM, slot + 1, plane + 1);
      expect(distanceKm(positionKm(IRIDIUM, node, t * 1e6), vector.eci_km)).toBeLessThan(0.001);
      expect(subSatellitePoint(IRIDIUM, node, t * 1e6).latitudeDeg).toBeCloseTo(vector.latitude_deg, 8);
      expect(argumentOfLatitudeRad(IRIDIUM, node, t * 1e6) / RAD_PER_DEG).toBeCloseTo(
        vector.argument_of_latitude_deg,
        8,
      );
    },
  );

  it('turns the Earth below the orbit', () => {
    const equatorial: WalkerShell = { ...IRIDIUM, inclinationDeg: 0, planes: 1, phasing: 0 };
    expect(subSatellitePoint(equatorial, 1, 0)).toEqual({ latitudeDeg: 0, longitudeDeg: 0 });
    const hour = 3600;
    const expected = ((meanMotionRadPerS(equatorial) - 7.2921159e-5) * hour) / RAD_PER_DEG;
    const found = subSatellitePoint(equatorial, 1, hour * 1e6).longitudeDeg;
    expect(found).toBeCloseTo(expected - 360 * Math.round(expected / 360), 8);
    expect(found).toBeGreaterThan(-180);
    for (let node = 1; node <= 66; node++) {
      const { longitudeDeg } = subSatellitePoint(IRIDIUM, node, 5000e6);
      expect(longitudeDeg).toBeGreaterThan(-180);
      expect(longitudeDeg).toBeLessThanOrEqual(180);
    }
  });

  it('agrees with the inertial position turned back by the Earth', () => {
    for (let node = 1; node <= 66; node++) {
      const atUs = node * 77e6;
      const [x, y, z] = positionKm(IRIDIUM, node, atUs);
      const { latitudeDeg, longitudeDeg } = subSatellitePoint(IRIDIUM, node, atUs);
      expect(Math.sin(latitudeDeg * RAD_PER_DEG)).toBeCloseTo(z / 7158.137, 10);
      const east = Math.atan2(y, x) - (7.2921159e-5 * atUs) / 1e6;
      expect(Math.cos(longitudeDeg * RAD_PER_DEG - east)).toBeCloseTo(1, 10);
    }
  });
});

describe('names', () => {
  it('number satellites plane by plane from 1', () => {
    expect(nodeNumber(IRIDIUM, 1, 1)).toBe(1);
    expect(nodeNumber(IRIDIUM, 11, 1)).toBe(11);
    expect(nodeNumber(IRIDIUM, 1, 2)).toBe(12);
    for (let node = 1; node <= 66; node++) expect(nodeNumber(IRIDIUM, ...satelliteName(IRIDIUM, node))).toBe(node);
  });

  it.each([
    [0, 1],
    [12, 1],
    [1, 0],
    [1, 7],
    [1.5, 1],
  ])('refuse [%d, %d]', (sat, orb) => {
    expect(() => nodeNumber(IRIDIUM, sat, orb)).toThrow(expect.objectContaining({ code: 'no-such-satellite' }));
  });

  it('refuse node numbers outside the shell', () => {
    for (const node of [0, 67, 1.5]) {
      expect(() => satelliteName(IRIDIUM, node)).toThrow(expect.objectContaining({ code: 'no-such-satellite' }));
    }
  });
});

describe('checkShell', () => {
  it.each<[string, Partial<WalkerShell>]>([
    ['pattern', { pattern: 'ring' as 'star' }],
    ['planes', { planes: 0 }],
    ['planes', { planes: 1.5 }],
    ['satellitesPerPlane', { satellitesPerPlane: 0 }],
    ['phasing', { phasing: 6 }],
    ['phasing', { phasing: -1 }],
    ['phasing', { phasing: 0.5 }],
    ['altitudeKm', { altitudeKm: 0 }],
    ['altitudeKm', { altitudeKm: Number.NaN }],
    ['inclinationDeg', { inclinationDeg: 181 }],
  ])('refuses a bad %s', (field, change) => {
    expect(() => checkShell({ ...IRIDIUM, ...change })).toThrow(
      expect.objectContaining({ code: 'bad-shell', message: expect.stringContaining(field) }),
    );
  });
});
