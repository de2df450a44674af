import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputFileError } from '../../src/base/errors.js';
import { loadConstellation } from '../../src/constellation/constellation-file.node.js';
import { constellationJsonSchema } from '../../src/constellation/index.js';

const GOOD = `shells:
  - name: a
    pattern: star
    planes: 4
    satellitesPerPlane: 9
    altitudeKm: 1000
stations:
  - { name: kiruna, latitudeDeg: 67.8, longitudeDeg: 21 }
links:
  satellite: { rateBytesPerSecond: 1000 }
  ground: {}
maintenance:
  - { node: a-p1-s1, from: 0, until: 10 }
`;

/** The one line of the error, with the file's path cut to its name. */
async function errorOf(text: string, set: string[] = []): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'leodtn-'));
  const file = join(folder, 'c.yaml');
  await writeFile(file, text);
  const error = await loadConstellation(file, { set }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(InputFileError);
  const { message } = error as InputFileError;
  expect(message).not.toContain('\n');
  return message.replaceAll(`${folder}/`, '');
}

describe('a constellation file that is wrong', () => {
  it('is right as it is', async () => {
    await expect(errorOf(GOOD)).rejects.toThrow();
  });

  it.each<[string, string, string | RegExp]>([
    ['planes: 4', 'plane: 4', "c.yaml:4:5: shells.0.plane: unknown field; did you mean 'shells.0.planes'?"],
    ['planes: 4', 'planes: 0', 'c.yaml:4:5: shells.0.planes: found 0; expected a whole number from 1 to 1000'],
    ['name: a', 'name: a b', /^c\.yaml:2:5: shells\.0\.name: found 'a b'; expected a name without spaces/],
    [
      'pattern: star',
      'pattern: delta\n    seam: true',
      /^c\.yaml:4:5: shells\.0\.seam: found true; expected it with pattern star/,
    ],
    [
      'pattern: star',
      'pattern: delta\n    nodeSpacingDeg: 20',
      /^c\.yaml:4:5: shells\.0\.nodeSpacingDeg: found 20 with pattern delta/,
    ],
    [
      'planes: 4',
      'planes: 4\n    nodeSpacingDeg: 100',
      /^c\.yaml:5:5: shells\.0\.nodeSpacingDeg: found 100; expected at most 90/,
    ],
    [
      'satellitesPerPlane: 9',
      'satellitesPerPlane: 3',
      /^c\.yaml:5:5: shells\.0\.satellitesPerPlane: the 3 satellites of a plane are .* km apart/,
    ],
    [
      'planes: 4',
      'planes: 4\n    phasing: 4',
      /^c\.yaml:5:5: shells\.0\.phasing: found 4; expected a whole number from 0 to 3/,
    ],
    [
      'latitudeDeg: 67.8',
      'latitudeDeg: 91',
      /^c\.yaml:8:\d+: stations\.0\.latitudeDeg: found 91; expected a number from -90 to 90/,
    ],
    [
      'longitudeDeg: 21',
      'longitudeDeg: 21, sees: [zzz]',
      "c.yaml:8:65: stations.0.sees.0: found 'zzz', which is no shell or group here; expected one of a",
    ],
    [
      'longitudeDeg: 21',
      'longitudeDeg: 21, node: 5',
      /^c\.yaml:8:\d+: stations\.0\.node: numbers 5 to 5 meet those of others, 1 to 36/,
    ],
    ['name: kiruna', 'name: a-p1-s1', /^c\.yaml:8:5: stations\.0: a second node named 'a-p1-s1'/],
    [
      'rateBytesPerSecond: 1000',
      'rateBytesPerSecond: 1000, steps: [{ upToKm: 1, rateBytesPerSecond: 1 }]',
      /links\.satellite\.steps: found beside rateBytesPerSecond; expected one of/,
    ],
    [
      '{ rateBytesPerSecond: 1000 }',
      '{ steps: [{ upToKm: 9, rateBytesPerSecond: 1 }, { upToKm: 8, rateBytesPerSecond: 1 }] }',
      /links\.satellite\.steps\.1\.upToKm: found 8; expected more than the 9/,
    ],
    [
      'node: a-p1-s1',
      'node: a-p1-s10',
      "c.yaml:13:7: maintenance.0.node: found 'a-p1-s10', which is no node here; did you mean 'a-p1-s1'?",
    ],
    ['node: a-p1-s1', 'node: a-p1-s1, link: [1, 2]', /maintenance\.0: found both node and link; expected one of them/],
    [
      'node: a-p1-s1',
      'link: [1, a-p1-s1]',
      "c.yaml:13:17: maintenance.0.link.1: found 'a-p1-s1' twice; expected two nodes",
    ],
    ['until: 10', 'until: 0', /maintenance\.0\.until: found 0; expected more than 0, its beginning/],
    [
      'until: 10',
      'until: 10, everySeconds: 0.01',
      /maintenance\.0\.everySeconds: found 0\.01, which repeats it more than 100000 times/,
    ],
    [
      'links:',
      'nearest: [{ between: [a, c] }]\nlinks:',
      /nearest\.0\.between\.1: found 'c', which is no shell or group here/,
    ],
    ['links:', 'epoch: yesterday\nlinks:', /^c\.yaml:9:1: epoch: found 'yesterday'; expected/],
    [
      'links:',
      'satellites: [{ name: t, tle: no.tle }]\nlinks:',
      /satellites\.0\.tle: found 'no\.tle' .*no such file; expected a file of elements/,
    ],
    [
      'links:',
      'horizonSeconds: 0\nlinks:',
      'c.yaml:9:1: horizonSeconds: found 0; expected a number above 0 and at most 31622400',
    ],
  ])('%s as %s', async (good, bad, message) => {
    expect(await errorOf(GOOD.replace(good, bad))).toMatch(message);
  });

  it('without satellites is told what to add', async () => {
    expect(await errorOf('name: x\n')).toBe(
      'c.yaml:1:1: shells: no satellites; expected at least one entry in shells or in satellites',
    );
    expect(await errorOf('- 1\n')).toBe('c.yaml:1: expected a mapping of fields such as shells and stations');
  });

  it('by an override names the override', async () => {
    expect(await errorOf(GOOD, ['shells.0.altitudeKm=5'])).toBe(
      '--set shells.0.altitudeKm=5: shells.0.altitudeKm: found 5; expected a number from 100 to 50000',
    );
  });
});

describe('the JSON Schema of a constellation', () => {
  it('describes every field', () => {
    const undescribed: string[] = [];
    const walk = (schema: ReturnType<typeof constellationJsonSchema>, path: string) => {
      for (const [field, child] of Object.entries(schema.properties ?? {})) {
        if (child.description === undefined && child.title === undefined) undescribed.push(`${path}.${field}`);
        walk(child, `${path}.${field}`);
      }
      if (schema.items !== undefined) walk(schema.items, `${path}.0`);
    };
    walk(constellationJsonSchema(), '');
    expect(undescribed).toEqual([]);
  });
});
