/** A job whose way to the mapper is closed for an hour: stores fill up, its collector stops reading, and goes on when they drain. */
import { describe, expect, it } from 'vitest';
import type { RunOptions } from '../../src/simulator/index.node.js';
import { flyThis, write } from './fly.js';

/** The LOS satellite 1, and 2 and 3, one of which collects and the other maps, meet relay 9 all the time; from it a way is closed to 2 and 3. */
const CLOSED = { from: 5, to: 3605 };
const END = 7200;
/** Bundles that a store takes, and custody signals that may wait beside them. */
const QUOTA = 40;
const QUOTA_BYTES = QUOTA * 3200;
const ADMINISTRATIVE = 20;

const durable = { store: { kind: 'durable', flushDelayMs: 2, bundles: QUOTA }, custody: { volatile: false } };
const records = 400;
const done = { state: 'done', result: [records, (records * (records + 1)) / 2] };

const plan = () => {
  const lines: string[] = [];
  for (const node of [1, 2, 3]) {
    lines.push(`a range +0 +${END} ${node} 9 0`, `a contact +0 +${END} ${node} 9 100000`);
    if (node === 1) lines.push(`a contact +0 +${END} 9 1 100000`);
    else
      lines.push(`a contact +0 +${CLOSED.from} 9 ${node} 100000`, `a contact +${CLOSED.to} +${END} 9 ${node} 100000`);
  }
  return write('closed.ionrc', `${lines.join('\n')}\n`);
};

function scenario(records: number | null, deadlineSeconds: number, changes: object) {
  return {
    name: 'held-back',
    endSeconds: END,
    seed: 1,
    plan: { filename: plan() },
    custody: { volatile: true },
    jobs: [
      {
        at: 1,
        los: 1,
        aoi: [2, 3],
        collectors: 1,
        collect: './long-reader.mjs',
        map: './number-mapper.mjs',
        reduce: './number-reducer.mjs',
        reducer: 'los',
        maxCollectRecords: 1,
        data: { records },
        deadlineSeconds,
      },
    ],
    ...changes,
  };
}

/** Runs it; how many records had been read at moments of the hour, and in all. */
async function fly(given: object, moments: readonly number[]) {
  const shared = globalThis as { recordsRead?: number };
  shared.recordsRead = 0;
  const read: number[] = [];
  const options: RunOptions = {
    onEvent: ({ atSeconds: at }) => {
      while (read.length < moments.length && at >= (moments[read.length] as number)) read.push(shared.recordsRead ?? 0);
    },
  };
  const { report } = await flyThis(given, [], options);
  // A result is compared with that of the same job run in one place, which reads the records once more.
  const total = shared.recordsRead - (report.jobs[0]?.state === 'done' ? records : 0);
  return { report, read, total };
}

describe('a collector whose records find no room for an hour', () => {
  it.each([
    ['in memory', { store: { kind: 'memory', bundles: QUOTA } }],
    ['in durable stores', durable],
    ['by bytes', { store: { kind: 'memory', bytes: QUOTA_BYTES } }],
  ])('reads no further, and goes on afterwards (%s)', async (_, changes) => {
    const { report, read } = await fly(scenario(records, 7000, changes), [600, 3500, 3615]);
    expect(read[1]).toBe(read[0]);
    // What the mapper had before, what the relay and the collector's own store take, and little more.
    expect(read[0]).toBeLessThan(200);
    expect(read[2]).toBeGreaterThan(read[1] as number);
    expect(report.jobs[0]).toMatchObject(done);
    const { peakStoredBundles, peakStoredBytes } = report.network;
    if (!('bytes' in changes.store)) expect(peakStoredBundles).toBeLessThanOrEqual(QUOTA + ADMINISTRATIVE);
    expect(peakStoredBytes).toBeLessThanOrEqual(QUOTA_BYTES + ADMINISTRATIVE * 200);
    expect(report.network.custodyRefused).toBeGreaterThan(0);
  });

  it('reads no further after a crash either, and goes on from the start when there is room', async () => {
    const faults = [2, 3, 9].map((node) => ({ at: 1800 + node, kind: 'node-crash', node, when: 'after-flush' }));
    const { report, read, total } = await fly(scenario(records, 7000, { ...durable, faults }), [600, 1700, 2400, 3500]);
    const [stopped, before, again, after] = read as [number, number, number, number];
    expect([before, after]).toEqual([stopped, again]);
    // Its first record, which nothing follows while the node's own traffic waits.
    expect(again).toBe(stopped + 1);
    expect(total).toBe(stopped + records);
    expect(report.jobs[0]).toMatchObject(done);
    expect(report.network.crashes).toBe(3);
  });

  it('ends at its deadline though it would read for ever', async () => {
    const { report, read } = await fly(
      scenario(null, 1800, { ...durable, expect: { jobs: 'failed', released: true } }),
      [600, 1700],
    );
    expect(read[1]).toBe(read[0]);
    expect(read[0]).toBeLessThan(200);
    expect(report.jobs[0]).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/^no result within 1800 s: /),
    });
  });
});
