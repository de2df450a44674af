import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPlan } from '../../src/plans/index.js';
import { leodtn } from './test-io.js';

const IRIDIUM = 'scenarios/constellations/iridium-like.yaml';

describe('leodtn plan generate', () => {
  it('writes a plan with names to standard output, and a line about it to standard error', async () => {
    const { status, out, err } = await leodtn(['plan', 'generate', IRIDIUM]);
    expect(status).toBe(0);
    const { format, document } = readPlan(out, 'out');
    expect(format).toBe('leodtn');
    expect(document.nodes.slice(-1)).toEqual([{ number: 69, name: 'punta-arenas' }]);
    expect(err).toMatch(/iridium-like: 66 satellites and 3 stations, 722 contacts in 6027\.135978 s\n$/);
  });

  it.each(['ion', 'asabr', 'tvg', 'hdtn'])('writes %s that reads back', async (format) => {
    const { status, out } = await leodtn(['plan', 'generate', IRIDIUM, '--format', format, '--allow-loss', '--quiet']);
    expect(status).toBe(0);
    expect(readPlan(out, 'out')).toMatchObject({ format });
  });

  it('refuses what a format cannot hold, and says which option helps', async () => {
    const { status, out, err } = await leodtn(['plan', 'generate', IRIDIUM, '--format', 'hdtn']);
    expect(status).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/--allow-loss writes what is nearest, or choose another format with --format\n$/);
  });

  it('takes fields, seed and horizon from the command line, and writes a file with a summary as JSON', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'leodtn-')), 'p.json');
    const args = [
      'plan',
      'generate',
      IRIDIUM,
      '--set',
      'stations=[]',
      'shells.0.planes=3',
      '--horizon',
      '100',
      '--seed',
      '4',
      '-o',
      file,
      '--json',
    ];
    const { status, out } = await leodtn(args);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      satellites: 33,
      stations: 0,
      horizonSeconds: 100,
      written: file,
      losses: [],
    });
    const { document } = readPlan(readFileSync(file, 'utf8'), file);
    expect(Math.max(...document.contacts.map(({ endUs }) => endUs))).toBe(100_000_000);
  });

  it('says where elements are too old for the plan', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leodtn-'));
    const tle = `1 06251U 62025E   06176.82412014  .00008885  00000-0  12808-3 0  3985
2 06251  58.0579  54.0425 0030035 139.1568 221.1854 15.56387291  6774
`;
    writeFileSync(join(folder, 'a.tle'), tle);
    const file = join(folder, 'c.yaml');
    const written = (epoch: string) => {
      writeFileSync(file, `epoch: ${epoch}\nhorizonSeconds: 60\nsatellites: [{ name: real, tle: a.tle }]\n`);
      return leodtn(['plan', 'generate', file, '--quiet']);
    };
    expect((await written('2006-07-01T00:00:00Z')).err).toBe('');
    const { status, err } = await written('2006-08-01T00:00:00Z');
    expect(status).toBe(0);
    expect(err).toMatch(/^leodtn: 1 satellite with elements more than 30 days away: where they are is a guess\n/);
  });

  it('prints the JSON Schema', async () => {
    const { status, out } = await leodtn(['plan', 'generate', '--schema']);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ title: 'leodtn constellation' });
  });

  it.each<[string[], RegExp]>([
    [[], /expected one constellation file, found none/],
    [['nope.yaml'], /^leodtn: nope\.yaml: no such file; expected a constellation in YAML\n$/],
    [[IRIDIUM, '--horizon', '0'], /Expected seconds above 0/],
    [[IRIDIUM, '--set', 'shells.0.planess=3'], /did you mean 'shells\.0\.planes'\?/],
    [[IRIDIUM, '--set', 'shells.0.satellitesPerPlane=5'], /shells\.0\.satellitesPerPlane: the 5 satellites of a plane/],
    [[IRIDIUM, '-o', IRIDIUM], /names a file that the command reads/],
  ])('refuses %j', async (args, message) => {
    const { status, out, err } = await leodtn(['plan', 'generate', ...args]);
    expect(status).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(message);
  });
});
