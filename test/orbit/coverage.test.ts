import { describe, expect, it } from 'vitest';
import { satellitesInGrid, satellitesOverArea, subSatellitePoint } from '../../src/orbit/index.js';
import { IRIDIUM } from './vectors.js';

const all = Array.from({ length: 66 }, (_, i) => i + 1);

describe('satellitesOverArea', () => {
  it('finds the nodes whose sub-satellite point is in a box', () => {
    const atUs = 1234e6;
    const box = { latitudeDeg: [-20, 45], longitudeDeg: [-30, 60] } as const;
    const expected = all.filter((node) => {
      const { latitudeDeg, longitudeDeg } = subSatellitePoint(IRIDIUM, node, atUs);
      return latitudeDeg >= -20 && latitudeDeg <= 45 && longitudeDeg >= -30 && longitudeDeg <= 60;
    });
    expect(expected.length).toBeGreaterThan(2);
    expect(satellitesOverArea(IRIDIUM, { kind: 'box', ...box }, atUs)).toEqual(expected);
  });

  it('crosses the antimeridian where west is east of east', () => {
    const latitudeDeg = [-90, 90] as const;
    for (const atUs of [0, 600e6, 4321e6]) {
      const across = satellitesOverArea(IRIDIUM, { kind: 'box', latitudeDeg, longitudeDeg: [150, -150] }, atUs);
      const rest = satellitesOverArea(IRIDIUM, { kind: 'box', latitudeDeg, longitudeDeg: [-150, 150] }, atUs);
      expect(across.length).toBeGreaterThan(0);
      expect([...across, ...rest].sort((a, b) => a - b)).toEqual(all);
    }
  });

  it('counts 180 and -180 degrees as one meridian', () => {
    const shell = { ...IRIDIUM, planes: 1, satellitesPerPlane: 2, phasing: 0, inclinationDeg: 0 };
    const latitudeDeg = [-1, 1] as const;
    expect(satellitesOverArea(shell, { kind: 'box', latitudeDeg, longitudeDeg: [-180, -170] }, 0)).toEqual([2]);
    expect(satellitesOverArea(shell, { kind: 'box', latitudeDeg, longitudeDeg: [170, 180] }, 0)).toEqual([2]);
    expect(satellitesOverArea(shell, { kind: 'box', latitudeDeg, longitudeDeg: [170, -180] }, 0)).toEqual([2]);
    expect(satellitesOverArea(shell, { kind: 'box', latitudeDeg, longitudeDeg: [180, 0] }, 0)).toEqual([1, 2]);
    expect(satellitesOverArea(shell, { kind: 'box', latitudeDeg, longitudeDeg: [-180, 180] }, 0)).toEqual([1, 2]);
  });

  it.each([
    [
      [10, -10],
      [0, 10],
    ],
    [
      [-91, 0],
      [0, 10],
    ],
    [
      [0, 10],
      [-181, 10],
    ],
    [
      [0, 10],
      [0, 181],
    ],
    [
      [0, Number.NaN],
      [0, 10],
    ],
  ] as const)('refuses latitudes %j with longitudes %j', (latitudeDeg, longitudeDeg) => {
    expect(() => satellitesOverArea(IRIDIUM, { kind: 'box', latitudeDeg, longitudeDeg }, 0)).toThrow(
      expect.objectContaining({ code: 'bad-box' }),
    );
  });
});

describe('satellitesInGrid', () => {
  it('takes both bounds in', () => {
    expect(satellitesInGrid(IRIDIUM, [2, 4], [1, 2])).toEqual([2, 3, 4, 13, 14, 15]);
    expect(satellitesInGrid(IRIDIUM, [1, 11], [1, 6])).toEqual(all);
  });

  it('refuses bounds outside the shell or in the wrong order', () => {
    expect(() => satellitesInGrid(IRIDIUM, [0, 4], [1, 2])).toThrow(
      expect.objectContaining({ code: 'no-such-satellite' }),
    );
    expect(() => satellitesInGrid(IRIDIUM, [1, 4], [1, 7])).toThrow(
      expect.objectContaining({ code: 'no-such-satellite' }),
    );
    expect(() => satellitesInGrid(IRIDIUM, [4, 2], [1, 2])).toThrow(expect.objectContaining({ code: 'bad-grid' }));
  });
});
