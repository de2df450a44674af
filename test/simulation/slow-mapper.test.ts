/** A mapper far slower than its collector: what waits at it stays within the window, through crashes of both. */
import { describe, expect, it } from 'vitest';
import { CREDIT_WINDOW_BYTES } from '../../src/spacecomp/batch-credit.js';
import { flyThis, write } from './fly.js';

const MIB = 1024 * 1024;
const RECORDS = 36;

/** How far collector and mapper ever were, and the most that lay between them. */
interface Seen {
  read: number;
  mapped: number;
  most: number;
}
const shared = globalThis as { slowMapperTest?: Seen };

const COLLECTOR = `export default class { *collect() {
  const seen = globalThis.slowMapperTest;
  for (let i = 1; i <= ${RECORDS}; i++) {
    seen.read = Math.max(seen.read, i);
    seen.most = Math.max(seen.most, seen.read - seen.mapped);
    yield i + ' ' + 'x'.repeat(${MIB});
  }
} }`;

const MAPPER = `export default class { run_map({ data }) {
  const numbers = data.map((record) => Number.parseInt(record, 10));
  globalThis.slowMapperTest.mapped = Math.max(globalThis.slowMapperTest.mapped, ...numbers);
  return numbers;
} }`;

function scenario(changes: object) {
  const lines = [1, 2, 3].flatMap((from) =>
    [1, 2, 3]
      .filter((to) => to !== from)
      .flatMap((to) => [`a contact +0 +2000 ${from} ${to} 4000000`, `a range +0 +2000 ${from} ${to} 0`]),
  );
  return {
    name: 'slow-mapper',
    seed: 1,
    plan: { filename: write('three.ionrc', `${lines.join('\n')}\n`) },
    // Those that collect and reduce are fast.
    processing: { mapMs: 4000 },
    jobs: [
      {
        at: 1,
        los: 1,
        aoi: [2, 3],
        collectors: 1,
        collect: write('collector.mjs', COLLECTOR),
        map: write('mapper.mjs', MAPPER),
        reduce: './number-reducer.mjs',
        maxCollectRecords: 2,
        data: null,
        deadlineSeconds: 1900,
      },
    ],
    ...changes,
  };
}

describe('a mapper far slower than its collector', () => {
  it.each([
    ['in memory', { custody: { volatile: true } }, 0],
    [
      'through crashes of both',
      {
        store: { kind: 'durable', flushDelayMs: 2 },
        links: { loss: 0.1 },
        faults: [
          { at: 20, kind: 'node-crash', node: 2, when: 'before-flush' },
          { at: 30, kind: 'node-crash', node: 3, when: 'after-flush', downSeconds: 5 },
          { at: 70, kind: 'node-crash', node: 2, when: 'after-flush' },
          { at: 90, kind: 'node-crash', node: 3, when: 'between-outputs' },
        ],
      },
      4,
    ],
  ])('never has more waiting than the window (%s)', async (_, changes, crashes) => {
    const seen: Seen = { read: 0, mapped: 0, most: 0 };
    shared.slowMapperTest = seen;
    const { report } = await flyThis(scenario(changes));
    expect(report.jobs[0]).toMatchObject({ state: 'done', result: [RECORDS, (RECORDS * (RECORDS + 1)) / 2] });
    // Beside the window: the batch under way at the mapper counts as mapped, the one being filled is not sent, and the record after it.
    expect(seen.most).toBeLessThanOrEqual(CREDIT_WINDOW_BYTES / MIB + 3);
    expect(seen.most).toBeGreaterThan(8);
    expect(report.network.crashes).toBe(crashes);
  });
});
