import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { leodtn } from './test-io.js';

const TLE = `LOW
1 06251U 62025E   06176.82412014  .00008885  00000-0  12808-3 0  3985
2 06251  58.0579  54.0425 0030035 139.1568 221.1854 15.56387291  6774
`;
const IRIDIUM = 'scenarios/constellations/iridium-like.yaml';

interface CoverageJson {
  readonly satellites: number;
  readonly epoch: string | null;
  readonly from: number;
  readonly until: number;
  readonly passes: readonly {
    satellite: string;
    node: number;
    catalogueNumber: number | null;
    start: number;
    end: number;
  }[];
  readonly totals: { passes: number; coveredSeconds: number; coveredShare: number; longestGapSeconds: number };
  readonly gaps: readonly { start: number; end: number }[];
  readonly remarks: readonly string[];
}

const tleFile = () => {
  const file = join(mkdtempSync(join(tmpdir(), 'leodtn-')), 'a.tle');
  writeFileSync(file, TLE);
  return file;
};

async function covered(...args: string[]): Promise<CoverageJson> {
  const ran = await leodtn(['plan', 'coverage', ...args, '--json']);
  expect([ran.err, ran.status]).toEqual(['', 0]);
  return JSON.parse(ran.out) as CoverageJson;
}

/** The same passes, to the tolerance of a millisecond that each has. */
function expectAlike(a: CoverageJson, b: CoverageJson): void {
  expect(a.passes.map(({ satellite }) => satellite)).toEqual(b.passes.map(({ satellite }) => satellite));
  a.passes.forEach(({ start, end }, i) => {
    expect(Math.abs(start - b.passes[i]!.start)).toBeLessThanOrEqual(1.001e-3);
    expect(Math.abs(end - b.passes[i]!.end)).toBeLessThanOrEqual(1.001e-3);
  });
}

describe('leodtn plan coverage', () => {
  it('tells who covers an area from when to when, sorted, with what it comes to', async () => {
    const { satellites, epoch, passes, totals, gaps, until } = await covered(
      '--tle',
      tleFile(),
      '--box',
      '35,-10,60,30',
    );
    expect([satellites, epoch, until]).toEqual([1, '2006-06-25T19:46:43.980096Z', 86_400]);
    expect(passes.length).toBeGreaterThan(5);
    expect(passes[0]).toMatchObject({ satellite: 'LOW', node: 1, catalogueNumber: 6251 });
    expect(passes.every(({ start, end }) => start < end)).toBe(true);
    const sum = (spans: readonly { start: number; end: number }[]) =>
      spans.reduce((all, { start, end }) => all + end - start, 0);
    expect(sum(passes)).toBeCloseTo(totals.coveredSeconds, 6);
    expect(sum(passes) + sum(gaps)).toBeCloseTo(86_400, 6);
  });

  it('takes dates, and gives them in the text', async () => {
    const file = tleFile();
    const args = ['--tle', file, '--circle', '50,10,1000', '--epoch', '2006-06-26T00:00:00Z'];
    args.push('--from', '2006-06-26T09:00:00Z', '--until', '2006-06-26T12:00:00Z');
    const dated = await covered(...args);
    expect([dated.from, dated.until, dated.epoch]).toEqual([32_400, 43_200, '2006-06-26T00:00:00Z']);
    const { out } = await leodtn(['plan', 'coverage', ...args]);
    const start = new Date(Date.UTC(2006, 5, 26) + Math.round(dated.passes[0]!.start * 1000)).toISOString();
    expect(out).toContain(`${start}  `);
    expect(out).toMatch(/Covered [\d.]+ % of the time, in \d+ pass(?:es)? by 1 of 1 satellite/);
  });

  it('covers more with a swath or a low elevation, and the same by whichever shape says the same', async () => {
    const box = ['--box', '40,170,50,-170'];
    const [point, swath, low] = [
      await covered(IRIDIUM, ...box),
      await covered(IRIDIUM, ...box, '--swath', '1000'),
      await covered(IRIDIUM, ...box, '--min-elevation', '10'),
    ];
    expect(point.totals.coveredShare).toBeGreaterThan(0);
    expect(swath.totals.coveredShare).toBeGreaterThan(point.totals.coveredShare);
    expect(low.totals.coveredShare).toBe(1);
    const polygon = await covered(IRIDIUM, '--polygon', '40,170', '40,-170', '50,-170', '50,170');
    expectAlike(polygon, point);
    const file = join(mkdtempSync(join(tmpdir(), 'leodtn-')), 'a.json');
    const ring = (west: number, east: number) => [
      [west, 40],
      [east, 40],
      [east, 50],
      [west, 50],
      [west, 40],
    ];
    writeFileSync(file, JSON.stringify({ type: 'MultiPolygon', coordinates: [[ring(170, 180)], [ring(-180, -170)]] }));
    expect((await covered(IRIDIUM, '--geojson', file)).totals.coveredShare).toBeCloseTo(point.totals.coveredShare, 5);
  });

  it('takes areas south and west of zero, in quotes or behind an equals sign', async () => {
    const polygon = await covered(IRIDIUM, '--polygon', '-10,-20 -10,0 10,0 10,-20');
    const box = await covered(IRIDIUM, '--box=-10,-20,10,0');
    expectAlike(polygon, box);
  });

  it('draws a picture', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'leodtn-')), 'a.svg');
    const { out, status } = await leodtn([
      'plan',
      'coverage',
      IRIDIUM,
      '--circle',
      '80,20,2500',
      '--box',
      '-5,0,5,10',
      '--svg',
      file,
    ]);
    expect(status).toBe(0);
    expect(out).toContain(`The picture is in ${file}`);
    const svg = readFileSync(file, 'utf8');
    expect(svg).toMatch(/^<svg xmlns/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(svg.match(/class="track"/g)!.length).toBeGreaterThan(3);
    expect(svg.match(/class="area"/g)).toHaveLength(2);
    expect(svg.match(/class="border"/g)).toHaveLength(2);
    expect(svg.lastIndexOf('class="track"')).toBeLessThan(svg.indexOf('class="border"'));
  });

  it.each([
    ['around the north pole', ['--circle', '85,0,1500'], true, false],
    ['around the south pole', ['--polygon', '-70,0 -70,90 -65,180 -70,-90'], false, true],
    ['of more than half the Earth around one pole', ['--circle', '80,0,16000'], true, false],
    ['of more than half the Earth around both', ['--circle', '0,0,12000'], true, true],
    ['of the whole Earth', ['--circle', '0,0,21000'], true, true],
    ['around none', ['--box', '-5,0,5,10'], false, false],
  ])('fills an area %s up to the edge of the map', async (_, area, north, south) => {
    const file = join(mkdtempSync(join(tmpdir(), 'leodtn-')), 'a.svg');
    const { status } = await leodtn(['plan', 'coverage', IRIDIUM, ...area, '--until', '60', '--svg', file]);
    expect(status).toBe(0);
    const inside = /class="area" d="([^"]*)"/.exec(readFileSync(file, 'utf8'))![1]!;
    // The map is 480 pixels high from 70 on.
    expect([/ 70(?=[ML]|$)/.test(inside), / 550(?=[ML]|$)/.test(inside)]).toEqual([north, south]);
  });

  it('tells of satellites that come down, and of elements that are too old', async () => {
    const file = tleFile();
    const args = ['plan', 'coverage', '--tle', file, '--box', '35,-10,60,30', '--json'];
    const old = await leodtn([...args, '--from', '2006-08-25T00:00:00Z', '--until', '2006-08-26T00:00:00Z']);
    expect(old.err).toContain('1 satellite with elements more than 30 days away');
    const gone = await leodtn([...args, '--from', '2026-08-25T00:00:00Z', '--until', '2026-08-26T00:00:00Z']);
    expect(gone.err).toMatch(/LOW \(6251\) has .*decay.*, at the start: left out from then on/);
    expect(JSON.parse(gone.out)).toMatchObject({ passes: [], totals: { coveredShare: 0 } });
    expect((await leodtn(args.slice(0, -1).concat('--until', '60'))).out).toContain('No satellite covers the area');
  });

  it.each([
    [[IRIDIUM], 'no area; expected --box'],
    [['--box', '1,2,3,4'], 'no satellites; expected a constellation file, --tle or --omm'],
    [[IRIDIUM, '--tle', 'x', '--box', '1,2,3,4'], 'beside --tle or --omm'],
    [[IRIDIUM, '--box', '1,2,3'], '--box 1,2,3: expected SOUTH,WEST,NORTH,EAST'],
    [[IRIDIUM, '--box', '3,2,1,4'], '--box 3,2,1,4: latitudes 3 to 1'],
    [[IRIDIUM, '--circle', '1,2,x'], '--circle 1,2,x: expected LATITUDE,LONGITUDE,KM'],
    [[IRIDIUM, '--polygon', '1,2', '3,4'], '--polygon 1,2 3,4: a border of 2 points'],
    [[IRIDIUM, '--box', '1,2,3,4', '--min-elevation', '90'], 'minimum elevation of 90'],
    [[IRIDIUM, '--box', '1,2,3,4', '--swath', 'wide'], 'Expected a number of at least 0'],
    [[IRIDIUM, '--box', '1,2,3,4', '--until', '2026-06-15T00:00:00Z'], 'add --epoch'],
    [[IRIDIUM, '--box', '1,2,3,4', '--from', '5', '--until', '5'], '--until 5: not after --from 5'],
    [['--tle', 'none.tle', '--box', '1,2,3,4'], 'none.tle'],
    [['--tle', 'package.json', '--box', '1,2,3,4'], 'package.json:'],
  ])('refuses %j', async (args, message) => {
    const ran = await leodtn(['plan', 'coverage', ...args]);
    expect(ran.err).toContain(message);
    expect(ran.err.trim().split('\n')).toHaveLength(1);
    expect([ran.status, ran.out]).toEqual([2, '']);
  });
});
