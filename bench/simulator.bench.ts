/** What whole scenarios cost: each runs in a process of its own, so that peak memory is its own too. */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type BenchRow, printRows } from './bench.js';

const here = dirname(fileURLToPath(import.meta.url));

interface Cost {
  readonly ok: boolean;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
  readonly virtualSeconds: number;
  readonly events: number;
  readonly transmissions: number;
  readonly bundles: number;
}

interface Case {
  readonly name: string;
  readonly scenario: string;
  readonly set: readonly string[];
  /** The most that it may take. */
  readonly mostSeconds?: number;
  readonly mostMegabytes?: number;
}

const CASES: readonly Case[] = [
  { name: '77 satellites, plain bundles', scenario: 'traffic.yaml', set: [] },
  {
    name: '100 satellites, plain bundles',
    scenario: 'traffic.yaml',
    set: ['constellation.planes=10', 'constellation.satellitesPerPlane=10'],
  },
  { name: 'flagship', scenario: 'crossover-wordcount.yaml', set: [] },
  {
    name: 'flagship, one record per bundle',
    scenario: 'crossover-wordcount.yaml',
    set: ['jobs.0.maxCollectRecords=1'],
  },
  {
    name: 'flagship, one record per bundle, no custody',
    scenario: 'no-faults.yaml',
    set: ['jobs.0.maxCollectRecords=1', 'custody.enabled=false'],
  },
  { name: '1,000 satellites', scenario: 'thousand-satellites.yaml', set: [] },
  {
    name: '10,000 satellites',
    scenario: 'ten-thousand-satellites.yaml',
    set: [],
    mostSeconds: 20,
    mostMegabytes: 1_000,
  },
  {
    name: '10,000 satellites and 10 bundles a second',
    scenario: 'ten-thousand-satellites-busy.yaml',
    set: [],
    mostSeconds: 60,
    mostMegabytes: 1_000,
  },
];

/** Rows for every case: wall time, processor time, peak memory, events, delivered bundles and bundle-hops per second. Throws where a run does not hold. */
export async function simulatorBench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const { name, scenario, set, mostSeconds, mostMegabytes } of CASES) {
    const cost = await costOf(join(here, '..', 'scenarios', scenario), set);
    if (!cost.ok) throw new Error(`${name}: the run did not hold, so its cost means nothing`);
    rows.push({
      name: `${name}: wall time`,
      value: cost.wallSeconds,
      unit: 's',
      ...(mostSeconds && { atMost: mostSeconds }),
    });
    rows.push({ name: `${name}: processor time`, value: cost.cpuSeconds, unit: 's' });
    rows.push({
      name: `${name}: peak resident memory`,
      value: cost.peakMegabytes,
      unit: 'MB',
      ...(mostMegabytes && { atMost: mostMegabytes }),
    });
    rows.push({ name: `${name}: simulator events`, value: cost.events / cost.cpuSeconds, unit: 'events/CPU-s' });
    rows.push({ name: `${name}: bundles delivered`, value: cost.bundles / cost.cpuSeconds, unit: 'bundles/CPU-s' });
    rows.push({ name: `${name}: bundle-hops`, value: cost.transmissions / cost.cpuSeconds, unit: 'bundle-hops/CPU-s' });
  }
  return rows;
}

async function costOf(file: string, set: readonly string[]): Promise<Cost> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(here, 'run-scenario.mjs'), file, ...set]);
  return JSON.parse(stdout) as Cost;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) printRows(await simulatorBench());
