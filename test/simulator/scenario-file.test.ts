import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadScenario, loadScenarioWithPlaces } from '../../src/simulator/scenario-file.node.js';
import { scenarioFileForm } from '../../src/simulator/scenario-form.js';
import { parseScenario } from '../../src/simulator/scenario-resolve.js';
import { scenarioForm, scenarioJsonSchema } from '../../src/simulator/scenario-schema.js';

const FLAGSHIP = 'scenarios/crossover-wordcount.yaml';
const FILES = readdirSync('scenarios').filter((name) => name.endsWith('.yaml'));
const WORLD = { constellation: { planes: 6, satellitesPerPlane: 11 } };

async function fileOf(text: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'leodtn-')), 'mine.yaml');
  await writeFile(file, text);
  return file;
}

describe('the scenarios of the repository', () => {
  it.each(FILES)('%s loads, and its files are there', async (name) => {
    const scenario = await loadScenario(join('scenarios', name));
    expect(scenario.name).toBe(name.replace('.yaml', ''));
    expect(scenario.description).not.toBe('');
    for (const job of scenario.jobs) expect(scenario.files[(job.data as { filename: string }).filename]).toMatch(/^\//);
  });

  it.each(FILES)('%s is the same after a way through its file form', async (name) => {
    const scenario = await loadScenario(join('scenarios', name));
    expect(parseScenario(scenarioFileForm(scenario))).toEqual({ ...scenario, files: {} });
  });

  it('the flagship has an area of at least 60 satellites and the whole book', async () => {
    const { jobs, files } = await loadScenario(FLAGSHIP);
    const { aoi, data } = jobs[0]!;
    if (aoi.kind !== 'grid') throw new Error('expected a grid box');
    expect((aoi.sats[1] - aoi.sats[0] + 1) * (aoi.orbs[1] - aoi.orbs[0] + 1)).toBeGreaterThanOrEqual(60);
    expect((await readFile(files[(data as { filename: string }).filename]!)).length).toBeGreaterThan(1_000_000);
  });

  it('are all named in the README', async () => {
    const readme = await readFile('scenarios/README.md', 'utf8');
    for (const name of FILES) expect(readme).toContain(`(${name})`);
  });
});

describe('the JSON Schema', () => {
  it.each(FILES)('accepts %s', async (name) => {
    const schema = z.fromJSONSchema(scenarioJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
    const result = schema.safeParse(parse(await readFile(join('scenarios', name), 'utf8')));
    expect(result.success, result.error?.message).toBe(true);
  });

  it('refuses what the loader refuses', () => {
    const schema = z.fromJSONSchema(scenarioJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
    for (const bad of [
      { links: { los: 1 } },
      { links: { loss: 2 } },
      { jobs: [{ collectors: 0 }] },
      { jobs: [{ los: [0, 1] }] },
    ]) {
      expect(schema.safeParse(bad).success, JSON.stringify(bad)).toBe(false);
      expect(scenarioForm.safeParse(bad).success, JSON.stringify(bad)).toBe(false);
    }
  });

  it('describes every field', () => {
    const missing: string[] = [];
    const visit = (schema: ReturnType<typeof scenarioJsonSchema>, path: string) => {
      for (const [name, child] of Object.entries(schema.properties ?? {})) {
        const isBound = path.startsWith('.expect.network');
        if (child.description === undefined && !isBound) missing.push(`${path}.${name}`);
        visit(child, `${path}.${name}`);
      }
      for (const branch of [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.items ? [schema.items] : [])])
        visit(branch, path);
    };
    visit(scenarioJsonSchema(), '');
    expect(missing).toEqual([]);
  });
});

describe('parsing', () => {
  it('fills in every default', () => {
    const scenario = parseScenario({ ...WORLD, jobs: [{}] }, 'mine');
    expect(scenario).toMatchObject({
      name: 'mine',
      description: '',
      seed: 1,
      plan: undefined,
      constellation: { pattern: 'delta', phasing: 0, altitudeKm: 530, inclinationDeg: 87, crossoverLatitudeDeg: 60 },
      links: {
        rateBytesPerSecond: 10_000_000,
        loss: 0,
        duplication: 0,
        reordering: { probability: 0, delayMs: 20 },
        corruption: 0,
      },
      custody: { enabled: true, volatile: true },
      processing: { collectMs: 0.05, mapMs: 0.05, combineMs: 0.05, reduceMs: 0.05 },
      faults: [],
      traffic: [],
      expect: { jobs: 'done', reason: undefined, deliveryRatio: undefined, network: {} },
      timeScale: 1,
      endSeconds: 610,
    });
    expect(scenario.jobs).toEqual([
      {
        at: 0,
        los: 1,
        aoi: { kind: 'grid', sats: [1, 11], orbs: [1, 6] },
        collectors: 11,
        collect: 'doccollector',
        map: 'wordcountmapper',
        combine: 'mergecombiner',
        reduce: 'sumreducer',
        maxCollectRecords: 1024,
        data: null,
        allocator: 'bipartite',
        reducer: 'auto',
        deadlineSeconds: 600,
      },
    ]);
  });

  it('turns satellites into node numbers', () => {
    const scenario = parseScenario({
      ...WORLD,
      faults: [
        { at: 1, kind: 'node-up', node: [11, 6] },
        { at: 1, kind: 'link-down', from: [1, 2], to: 13 },
      ],
      traffic: [{ from: [3, 1], to: [3, 2] }],
      jobs: [{ los: [2, 1], aoi: [[1, 1], 5, [1, 3]], collectors: 1, reducer: [1, 2] }],
    });
    expect(scenario.faults).toEqual([
      { at: 1, kind: 'node-up', node: 66 },
      { at: 1, kind: 'link-down', from: 12, to: 13 },
    ]);
    expect(scenario.traffic[0]).toMatchObject({ from: 3, to: 14, count: 1, sizeBytes: 1024, custody: false });
    expect(scenario.jobs[0]).toMatchObject({ los: 2, aoi: { kind: 'nodes', nodes: [1, 5, 23] }, reducer: 12 });
  });

  it('takes circles and polygons as areas, says them in the same form again, and refuses what is none', () => {
    const aois = [
      { center: [48, 11], radiusKm: 1200 },
      {
        polygon: [
          [40, 170],
          [40, -170],
          [50, -170],
        ],
      },
    ];
    const scenario = parseScenario({ ...WORLD, jobs: aois.map((aoi) => ({ aoi })) });
    expect(scenario.jobs[0]?.aoi).toEqual({ kind: 'circle', latitudeDeg: 48, longitudeDeg: 11, radiusKm: 1200 });
    const form = scenarioFileForm(scenario) as { jobs: { aoi: unknown }[] };
    expect(form.jobs.map(({ aoi }) => aoi)).toEqual(aois);
    const twice = {
      polygon: [
        [1, 2],
        [1, 2],
        [3, 4],
      ],
    };
    expect(() => parseScenario({ ...WORLD, jobs: [{ aoi: twice }] })).toThrow(/border of 2 points/);
    expect(() => parseScenario({ ...WORLD, jobs: [{ aoi: { center: [91, 0], radiusKm: 1 } }] })).toThrow(
      /center\.0: found 91/,
    );
  });

  it('takes an area on the Earth, across the antimeridian too', () => {
    const aoi = { latitude: [-10, 10], longitude: [170, -170] };
    expect(parseScenario({ ...WORLD, jobs: [{ aoi }] }).jobs[0]?.aoi).toEqual({
      kind: 'box',
      latitudeDeg: [-10, 10],
      longitudeDeg: [170, -170],
    });
  });

  it('takes nothing after a field for its default, and null inside data for null', () => {
    const scenario = parseScenario({ ...WORLD, faults: null, links: { loss: null }, jobs: [{ data: { a: null } }] });
    expect(scenario.faults).toEqual([]);
    expect(scenario.links.loss).toBe(0);
    expect(scenario.jobs[0]?.data).toEqual({ a: null });
  });

  it('ends after the last deadline or lifetime, unless told otherwise', () => {
    const traffic = [{ from: 1, to: 2, at: 5, count: 3, intervalSeconds: 10, lifetimeSeconds: 100 }];
    expect(parseScenario({ ...WORLD, traffic }).endSeconds).toBe(135);
    expect(parseScenario({ ...WORLD, traffic, endSeconds: 7 }).endSeconds).toBe(7);
  });
});

describe('loading', () => {
  it('finds files beside the scenario and in packages', async () => {
    const file = await fileOf(
      'constellation: {planes: 2, satellitesPerPlane: 11}\njobs:\n  - {data: {filename: mine.yaml, other: 1}}\n  - {data: {filename: package:zod/package.json}}\n',
    );
    const { jobs, files, name } = await loadScenario(file);
    expect(name).toBe('mine');
    expect(jobs[0]?.data).toEqual({ filename: 'mine.yaml', other: 1 });
    expect({ ...files }).toEqual({
      'mine.yaml': file,
      'package:zod/package.json': resolve('node_modules/zod/package.json'),
    });
  });

  it('overrides any field before it is checked, the last one winning', async () => {
    const scenario = await loadScenario(FLAGSHIP, {
      set: [
        'jobs.0.collectors=0',
        'jobs[0].collectors=23',
        'links={loss: 0.4}',
        'links.loss=0.5',
        'jobs.0.aoi=null',
        'traffic.0.from=1',
        'traffic.0.to=2',
        'jobs.1.at=9',
      ],
      seed: 77,
    });
    expect(scenario.seed).toBe(77);
    expect(scenario.jobs[0]?.collectors).toBe(23);
    expect(scenario.jobs[0]?.aoi).toEqual({ kind: 'grid', sats: [1, 11], orbs: [1, 11] });
    expect(scenario.links).toMatchObject({ loss: 0.5, rateBytesPerSecond: 10_000_000 });
    expect(scenario.traffic[0]).toMatchObject({ from: 1, to: 2 });
    expect(scenario.jobs[1]?.at).toBe(9);
  });

  it('takes a constellation away and a plan in its place', async () => {
    const plan = resolve('scenarios/plans/relay.ionrc');
    const scenario = await loadScenario('scenarios/traffic.yaml', {
      set: ['constellation=null', `plan=${plan}`, 'plan.satellitesPerPlane=4', 'traffic.1=null'],
    });
    expect(scenario.plan).toEqual({ filename: plan, satellitesPerPlane: 4 });
    expect(scenario.traffic).toHaveLength(1);
    expect(scenario.traffic[0]).toMatchObject({ from: 1, to: 15 });
  });

  it('knows the place of a field that was right when it was read', async () => {
    const { place } = await loadScenarioWithPlaces(FLAGSHIP, { set: ['jobs.0.collectors=3'] });
    expect(place(['jobs', 0, 'collectors'])).toEqual({ file: '--set jobs.0.collectors=3', field: 'jobs.0.collectors' });
    expect(place(['links', 'loss'])).toMatchObject({ file: FLAGSHIP, field: 'links.loss', column: 3 });
  });

  it('lets anchors and aliases repeat a part', async () => {
    const file = await fileOf(
      'constellation: {planes: 2, satellitesPerPlane: 11}\njobs:\n  - &job { collectors: 2 }\n  - *job\n  - { collectors: 0 }\n',
    );
    await expect(loadScenario(file)).rejects.toThrow(/:5:7: jobs\.2\.collectors: found 0/);
    expect((await loadScenario(file, { set: ['jobs.2=null'] })).jobs.map((job) => job.collectors)).toEqual([2, 2]);
  });
});
