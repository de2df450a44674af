import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConstellation } from '../../src/constellation/constellation-file.node.js';
import { generatePlan, sourcesOf } from '../../src/constellation/index.js';
import { earthFixedPointOf, GREENWICH_AT_X, Sgp4Orbit, siderealRotation } from '../../src/orbit/index.js';
import { MOLNIYA, POLAR } from '../orbit/elements.js';

describe('sourcesOf', () => {
  it('gives names that plans take, each once, and the latest epoch as time 0', () => {
    const pieces = [1, 2].map((catalogueNumber) => ({ ...MOLNIYA, name: 'COSMOS 2251 DEB', catalogueNumber }));
    const { satellites, epochUnixUs } = sourcesOf([[{ ...POLAR, name: '' }], pieces], undefined);
    expect(satellites.flat().map(({ name }) => name)).toEqual([
      'satellite-90002',
      'COSMOS_2251_DEB-1',
      'COSMOS_2251_DEB-2',
    ]);
    expect(epochUnixUs).toBe(POLAR.epochUnixUs);
  });

  it('turns the frame so that Greenwich stands where it does for shells, and the ground below stays the same', () => {
    const epochUnixUs = POLAR.epochUnixUs + 3600e6;
    const own = new Sgp4Orbit(POLAR, epochUnixUs);
    const ephemeris = sourcesOf([[POLAR]], epochUnixUs).satellites[0]![0]!.ephemeris;
    for (const atUs of [0, 1000e6, 86_400e6]) {
      const below = earthFixedPointOf(ephemeris.positionKm(atUs), atUs, GREENWICH_AT_X);
      const same = earthFixedPointOf(own.positionKm(atUs), atUs, siderealRotation(epochUnixUs));
      expect(below.latitudeDeg).toBeCloseTo(same.latitudeDeg, 9);
      expect(below.longitudeDeg).toBeCloseTo(same.longitudeDeg, 9);
    }
  });
});

describe('a constellation file', () => {
  const TLE = `LOW ONE
1 06251U 62025E   06176.82412014  .00008885  00000-0  12808-3 0  3985
2 06251  58.0579  54.0425 0030035 139.1568 221.1854 15.56387291  6774
`;
  const files = (yaml: string, tle = TLE) => {
    const folder = mkdtempSync(join(tmpdir(), 'leodtn-'));
    writeFileSync(join(folder, 'a.tle'), tle);
    writeFileSync(join(folder, 'a.yaml'), yaml);
    return join(folder, 'a.yaml');
  };

  it('has satellites by elements beside stations, in its plan too', async () => {
    const file = files(
      'satellites: [{name: real, tle: a.tle}]\nstations: [{name: home, latitudeDeg: 48, longitudeDeg: 11}]\n',
    );
    const constellation = await loadConstellation(file);
    expect(constellation.groups[0]?.names).toEqual(['LOW_ONE']);
    expect(constellation.epochUnixUs).toBe(Date.UTC(2006, 5, 25, 19, 46, 43) * 1000 + 980_096);
    const { document } = generatePlan(constellation);
    expect(document.contacts.length).toBeGreaterThan(4);
  });

  it.each([
    ['satellites: [{name: real, tle: b.tle}]', /a\.yaml:1:\d+: satellites\.0\.tle: found 'b\.tle'/],
    ['satellites: [{name: real}]', /satellites\.0: found neither tle nor omm; expected one of them/],
    ['satellites: [{name: real, tle: a.yaml}]', /a\.yaml:1:1: /],
    ['epoch: soon\nsatellites: [{name: real, tle: a.tle}]', /a\.yaml:1:\d: epoch: found 'soon'; expected a time/],
  ])('refuses %j', async (yaml, message) => {
    await expect(loadConstellation(files(yaml))).rejects.toThrow(message);
  });
});
