/**
 * What the durable store costs: bundles put, flushed and removed two windows later, against a process that writes and synchronises the
 * same bytes in pieces of 4 MiB; and opening 100,000 stored bundles.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type BundleRecord, defaultAgentConfig, PRIORITY } from '../src/agent/index.js';
import { newLocalRecord } from '../src/agent/sourcing.js';
import { accelerateCodec } from '../src/bpv7/accelerate.node.js';
import { openLmdbStore } from '../src/runtime/lmdb-store.node.js';
import { type BenchRow, median, printRows } from './bench.js';

const WRITER = fileURLToPath(new URL('disk-writer.mjs', import.meta.url));

/** Payload, bundles to a flush, and how many flushes; with the least share of the plain writer's rate that is aimed at. */
const CASES = [
  { payloadBytes: 1_024, window: 256, flushes: 300, goal: undefined },
  { payloadBytes: 1_024, window: 4_096, flushes: 40, goal: undefined },
  { payloadBytes: 60_000, window: 64, flushes: 60, goal: undefined },
  { payloadBytes: 60_000, window: 256, flushes: 20, goal: 0.7 },
] as const;

/** From this length on the disk sets the pace. */
const LONG_BYTES = 10_000;

const ROUNDS = 5;

/** A bundle stays for so many flushes, as one does that waits for a signal. */
const STAYS = 2;

const STORED_BUNDLES = 100_000;
const OPEN_GOAL_SECONDS = 5;

/** Rows for the durable store, in a temporary folder: what counts is the disk that this is on. */
export async function storeBench(): Promise<BenchRow[]> {
  await accelerateCodec();
  const folder = mkdtempSync(join(tmpdir(), 'leodtn-bench-'));
  try {
    const rows: BenchRow[] = [];
    for (const each of CASES) rows.push(...(await throughput(folder, each)));
    for (const payloadBytes of [1_024, 10_240]) rows.push(await opening(folder, payloadBytes));
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function throughput(
  base: string,
  { payloadBytes, window, flushes, goal }: (typeof CASES)[number],
): Promise<BenchRow[]> {
  const rates: number[] = [];
  const ratios: number[] = [];
  const costs: number[] = [];
  const bundles = window * flushes;
  for (let round = 0; round < ROUNDS; round++) {
    const path = join(base, 'plain');
    const seconds = Number(
      (await promisify(execFile)(process.execPath, [WRITER, path, String(bundles * payloadBytes)])).stdout,
    );
    const folder = join(base, `store-${payloadBytes}-${window}-${round}`);
    const ours = await storeRun(folder, payloadBytes, window, flushes);
    rmSync(folder, { recursive: true });
    rates.push(bundles / ours.seconds);
    ratios.push(seconds / ours.seconds);
    costs.push((1e6 * ours.cpuSeconds) / bundles);
  }
  const name = `${payloadBytes} bytes, ${window} to a flush`;
  const plain = { peer: 'plain writes of 4 MiB', ratio: median(ratios), ...(goal === undefined ? {} : { goal }) };
  // Short bundles cost processor time, which plain writes do not have.
  const comparisons = payloadBytes < LONG_BYTES ? [] : [plain];
  return [
    { name, value: median(rates), unit: 'bundles/s', comparisons },
    { name: `${name}, all threads`, value: median(costs), unit: 'us of CPU a bundle' },
  ];
}

/** Puts, flushes and removes; making the bundles is left out of the time. */
async function storeRun(folder: string, payloadBytes: number, window: number, flushes: number) {
  const { store } = await openLmdbStore({ folder });
  const held: BundleRecord[][] = [];
  let seconds = 0;
  let cpuMicroseconds = 0;
  for (let flush = 0; flush < flushes; flush++) {
    const records = Array.from({ length: window }, () => recordOf(payloadBytes));
    const start = performance.now();
    const cpu = process.cpuUsage();
    for (const record of records) store.put(record);
    held.push(records);
    if (held.length > STAYS) for (const record of held.shift() ?? []) store.remove(record, 'custody-released');
    await store.flush();
    const { user, system } = process.cpuUsage(cpu);
    cpuMicroseconds += user + system;
    seconds += (performance.now() - start) / 1_000;
  }
  await store.close();
  return { seconds, cpuSeconds: cpuMicroseconds / 1e6 };
}

/** Opens a store of many bundles and hands out all records. */
async function opening(base: string, payloadBytes: number): Promise<BenchRow> {
  const folder = join(base, `open-${payloadBytes}`);
  const { store } = await openLmdbStore({ folder, memoryBytes: 0 });
  for (let i = 1; i <= STORED_BUNDLES; i++) {
    store.put(recordOf(payloadBytes));
    if (i % 1_000 === 0) await store.flush();
  }
  await store.close();
  const start = performance.now();
  const opened = await openLmdbStore({ folder });
  let bundles = 0;
  for (const record of opened.store.records()) if (record.primary.lifetimeMs !== 0) bundles++;
  const seconds = (performance.now() - start) / 1_000;
  if (bundles !== STORED_BUNDLES) throw new Error(`${bundles} of ${STORED_BUNDLES} bundles were there`);
  await opened.store.close();
  rmSync(folder, { recursive: true });
  return {
    name: `open ${STORED_BUNDLES} bundles of ${payloadBytes / 1_024} KiB`,
    value: seconds,
    unit: 's',
    atMost: OPEN_GOAL_SECONDS,
  };
}

let sequence = 0;

function recordOf(payloadBytes: number): BundleRecord {
  const request = {
    destinationNode: 2,
    destinationService: 1,
    sourceService: 1,
    payload: new Uint8Array(payloadBytes),
    lifetimeMs: 60_000,
    custody: true,
    priority: PRIORITY.standard,
  };
  return newLocalRecord(request, defaultAgentConfig(1), sequence++, { monotonicUs: 1_000, dtnTimeMs: 5 });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) printRows(await storeBench());
