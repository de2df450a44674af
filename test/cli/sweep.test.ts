import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseGrid, pointsOf, setsAt } from '../../src/cli/sweep/grid.js';
import type { SweepReport } from '../../src/cli/sweep/result.js';
import { fakeEngine } from './fake-engine.js';
import { leodtn } from './test-io.js';

const FLAGSHIP = 'scenarios/crossover-wordcount.yaml';

describe('a sweep grid', () => {
  it.each([
    ['links.loss=0..0.5:0.1', ['0', '0.1', '0.2', '0.3', '0.4', '0.5']],
    ['links.loss=0.1..0.3:0.05', ['0.1', '0.15', '0.2', '0.25', '0.3']],
    ['links.loss=0..1:0.4', ['0', '0.4', '0.8']],
    ['links.loss=.5...5:1', ['0.5']],
    ['links.loss=0..3e-3:1e-3', ['0', '0.001', '0.002', '0.003']],
    ['jobs.0.collectors=1..30:10', ['1', '11', '21']],
    ['seed=-2..2:2', ['-2', '0', '2']],
    ['jobs.0.collectors=[1, 5, 11]', ['1', '5', '11']],
    ['jobs.0.allocator=[bipartite, random]', ['bipartite', 'random']],
    ['custody.enabled=[true, false]', ['true', 'false']],
    ['name=["1", a]', ['"1"', 'a']],
    ['jobs.0.los=[[1, 1], [2, 2]]', ['[1,1]', '[2,2]']],
    ['jobs.0.data.filename=[a.txt, b.txt]', ['a.txt', 'b.txt']],
  ])('%s', (set, values) => {
    expect(parseGrid([set]).axes[0]?.values).toEqual(values);
  });

  it.each([
    'links.loss=0.1',
    'jobs.0.los=[1, 1]',
    'jobs.0.aoi.sats=[2, 9]',
    'jobs.0.aoi=[[1, 1], [2, 2]]',
    'faults=[]',
    'name=a..b',
    'name=a,b',
    'jobs.0.data.words=5,11',
    'name=[',
    'jobs.0.data.filename=../x.txt',
  ])('leaves %s as it is', (set) => {
    expect(parseGrid([set])).toEqual({ axes: [], fixed: [set] });
  });

  it.each([
    ['links.loss=0..0.5', 'the range has no step above 0'],
    ['links.loss=0..0.5:0', 'the range has no step above 0'],
    ['links.loss=0..0.5:-0.1', 'the range has no step above 0'],
    ['links.loss=0.5..0:0.1', 'the range runs backwards'],
    ['links.loss=0..1:0.00001', 'expected at most 10000'],
    ['jobs.0.collectors=5,11', 'expected a range a..b:step such as 0..0.5:0.1, or a list in brackets such as [5,11]'],
    ['a=5,11', 'or a list in brackets such as [5,11]'],
    ['jobs.0.allocator=greedy, random', 'or a list in brackets such as [greedy, random]'],
  ])('refuses %s', (set, message) => {
    expect(() => parseGrid([set])).toThrow(message);
  });

  it('has every combination once, and refuses too many or one field twice', () => {
    const grid = parseGrid(['links.loss=0..0.2:0.1', 'links.corruption=0.5', 'jobs.0.collectors=[1, 2]']);
    expect(pointsOf(grid)).toHaveLength(6);
    expect(setsAt(grid, pointsOf(grid)[3]!)).toEqual(['links.corruption=0.5', 'links.loss=0.1', 'jobs.0.collectors=2']);
    expect(() => parseGrid(['links.loss=0..1:0.001', 'jobs.0.collectors=1..30:1'])).toThrow('30030 points');
    expect(() => parseGrid(['links.loss=0..1:0.5', 'links.loss=[0, 1]'])).toThrow('varies twice');
  });
});

describe('leodtn sweep', () => {
  it('runs every point with every seed and shows table and plots', async () => {
    const { engine, seen } = fakeEngine();
    const { status, out, err } = await leodtn(
      ['sweep', FLAGSHIP, '--set', 'links.loss=0..0.4:0.2', '--seeds', '2', '--seed', '5'],
      { engine },
    );
    expect(status).toBe(0);
    expect(seen.map(({ links, seed }) => [links.loss, seed])).toEqual([
      [0, 5],
      [0, 6],
      [0.2, 5],
      [0.2, 6],
      [0.4, 5],
      [0.4, 6],
    ]);
    expect(out).toContain('links.loss');
    expect(out).toContain('jobs done');
    expect(out).toContain('job time');
    expect(out).toContain('sent/bundle');
    expect(out).toContain('0.4 |####');
    expect(out).not.toContain('plain bundles');
    expect(err).toContain('run 6 of 6: links.loss=0.4, seed 6');
  });

  it('prints one JSON object with --json', async () => {
    const { out, err } = await leodtn(['sweep', 'scenarios/traffic.yaml', '--set', 'links.loss=[0, 0.5]', '--json']);
    expect(err).toBe('');
    const report = JSON.parse(out) as SweepReport;
    expect(report.axes).toEqual([{ path: 'links.loss', values: ['0', '0.5'] }]);
    expect(report.points.map((point) => [point.set, point.trafficDeliveryRatio, point.jobDeliveryRatio])).toEqual([
      [{ 'links.loss': '0' }, 1, null],
      [{ 'links.loss': '0.5' }, 0.75, null],
    ]);
    expect(report.points[1]).toMatchObject({
      custodyTrafficSent: 300,
      custodyTrafficDelivered: 300,
      custodyTrafficDeliveryRatio: 1,
      uncustodiedTrafficDeliveryRatio: 0.5,
    });
    expect(report.points[1]?.transmissionsPerBundle).toBe(5);
  });

  it('shows delivery with custody and without it apart', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'leodtn-')), 'x.svg');
    const args = ['sweep', 'scenarios/traffic.yaml', '--set', 'links.loss=[0, 0.5]', '--svg', file];
    const { out, err } = await leodtn(args);
    expect(out).toMatch(/links\.loss {2}with custody {2}without custody .*\n.*\n +0\.5 +1\.000 +0\.500 /);
    for (const text of [out, readFileSync(file, 'utf8')]) {
      expect(text).toContain('Delivery ratio: plain bundles with custody');
      expect(text).toContain('Delivery ratio: plain bundles without custody');
    }
    expect(err).toContain('300 of 300 delivered with custody, 150 of 300 delivered without custody');
    const run = await leodtn(['run', 'scenarios/traffic.yaml', '--set', 'links.loss=0.5']);
    expect(run.out).toContain('300 of 300 plain bundles with custody delivered (100 %)');
    expect(run.out).toContain('150 of 300 plain bundles without custody delivered (50 %)');
  });

  it('takes the median over seeds', async () => {
    const { out } = await leodtn(['sweep', FLAGSHIP, '--seeds', '3', '--seed', '1', '--json', '--set', 'links.loss=0']);
    expect((JSON.parse(out) as SweepReport).points[0]?.jobTimeSeconds).toEqual({
      median: 54.002,
      min: 54.001,
      max: 54.003,
    });
  });

  it('draws an SVG file', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'leodtn-')), 'x.svg');
    const args = [
      'sweep',
      FLAGSHIP,
      '--set',
      'links.loss=0..0.4:0.2',
      '--set',
      'jobs.0.allocator=[bipartite, random]',
      '--svg',
      file,
      '--set',
      'name=<&">',
    ];
    expect((await leodtn(args)).status).toBe(0);
    const svg = readFileSync(file, 'utf8');
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain('jobs.0.allocator = random');
    expect(svg).toContain('&lt;&amp;&quot;&gt;');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('ends with 1 where a run failed, and says which', async () => {
    const { status, out } = await leodtn(['sweep', FLAGSHIP, '--set', 'links.loss=[0.1]'], {
      engine: fakeEngine({ failedJobs: true }).engine,
    });
    expect(status).toBe(1);
    expect(out).toContain('links.loss=0.1: deadline: mapper 3 on [4, 4] is missing');
  });

  it('holds no point against what the scenario expects of traffic and counters as it is written', async () => {
    const { engine, seen } = fakeEngine();
    const bounds = [
      '--set',
      'expect.deliveryRatio=1',
      '--set',
      'expect.network.lost={max: 0}',
      '--set',
      'expect.jobs=done',
    ];
    const args = ['sweep', 'scenarios/traffic.yaml', '--set', 'links.loss=[0, 0.5]', ...bounds];
    expect((await leodtn(args, { engine })).status).toBe(0);
    for (const { expect: kept } of seen) {
      expect(kept).toEqual({ jobs: 'done', reason: undefined, deliveryRatio: undefined, network: {}, released: false });
    }
  });

  it('finds a bad value before the first run', async () => {
    const { engine, seen } = fakeEngine();
    const { status, err } = await leodtn(['sweep', FLAGSHIP, '--set', 'links.loss=0..1.5:0.5'], { engine });
    expect(status).toBe(2);
    expect(err).toContain('links.loss: found 1.5');
    expect(seen).toEqual([]);
  });

  it('ends at Ctrl-C with the points that are whole', async () => {
    let interrupt = () => {};
    let runs = 0;
    const { engine } = fakeEngine({
      during: async () => {
        if (++runs === 3) interrupt();
      },
    });
    const onReady = (listener: () => void) => {
      interrupt = listener;
    };
    const { status, out } = await leodtn(['sweep', FLAGSHIP, '--set', 'links.loss=0..0.4:0.1', '--json'], {
      engine,
      onReady,
    });
    expect(status).toBe(1);
    const report = JSON.parse(out) as SweepReport;
    expect(report.interrupted).toBe(true);
    expect(report.points.map((point) => point.set['links.loss'])).toEqual(['0', '0.1']);
  });
});
