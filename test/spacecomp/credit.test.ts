/** A mapper slower than its collector makes the collector stop reading, and the job comes to the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.js';
import { CREDIT_STEP_BYTES, CREDIT_WINDOW_BYTES } from '../../src/spacecomp/batch-credit.js';
import { collectorNode, collects, Flock, mapperNode, maps, reduces, sentOf, spec, wild } from './flock.js';

const MIB = 1024 * 1024;
const BATCH_BYTES = 2 * MIB;
const BATCHES = 24;
const TEXT = 'x'.repeat(BATCH_BYTES / 2);

/** Twice the window and more, in batches of two records, or of one file each. */
const mine = (kind: 'records' | 'files', read = (_: number) => {}) => ({
  collect: collects(function* () {
    for (let i = 1; i <= 2 * BATCHES; i++) {
      read(i);
      const bytes = new Uint8Array(BATCH_BYTES / 2).fill(i);
      yield kind === 'records' ? `${i} ${TEXT}` : { value: i, _COMP_FILE_: { name: `f${i}`, stream: bytes } };
    }
  }),
  map: maps(({ data, files }) => [
    [data.map((each) => Number.parseInt(String(each), 10)), Object.values(files).map((file) => file.bytes()[0] ?? 0)],
  ]),
  reduce: reduces((payloads) => payloads.map(({ data }) => data)),
});

const noCopies = (seed: number) => ({ ...wild(seed), copies: () => 1 });

describe('a collector whose mapper is slower', () => {
  it.each(['records', 'files'] as const)(
    'stops reading at the window, and goes on with the mapper (%s)',
    async (kind) => {
      let read = 0;
      const flock = new Flock(
        mine(kind, (i) => {
          read = i;
        }),
      );
      flock.stuck.add(mapperNode(1));
      flock.submit(spec());
      await flock.fly();
      // What was read: the batches of the window, and the record that opened the next one.
      const window = CREDIT_WINDOW_BYTES / BATCH_BYTES;
      expect(read).toBeLessThanOrEqual(2 * window + 1);
      expect(read).toBeGreaterThan(2 * (window - 1));
      expect(flock.waitingSteps).toBe(1);
      flock.stuck.clear();
      await flock.fly();
      expect(flock.statuses.at(-1)?.state).toBe('done');
      expect(read).toBe(2 * BATCHES);
      const step = CREDIT_STEP_BYTES / BATCH_BYTES;
      const told = sentOf(flock, 'taken').map(({ batch }) => batch);
      expect(told).toEqual(Array.from({ length: Math.floor((BATCHES - 1) / step) }, (_, i) => (i + 1) * step));
      expect(flock.leftovers).toEqual({ tasks: 0, processors: 0 });
    },
  );

  it('hears nothing of it where it gives little', async () => {
    const flock = new Flock({ ...mine('records'), collect: collects(() => ['1', '2', '3', '4', '5']) });
    await flock.run(spec());
    expect(sentOf(flock, 'taken')).toEqual([]);
  });

  it('is not let go on by a stranger, nor by old and repeated words', async () => {
    let read = 0;
    const flock = new Flock(
      mine('records', (i) => {
        read = i;
      }),
    );
    flock.stuck.add(mapperNode(1));
    const job = flock.submit(spec());
    await flock.fly();
    const stopped = read;
    flock.inject(mapperNode(2), collectorNode(1), { type: 'taken', job, index: 1, batch: 20 }, 900);
    flock.inject(mapperNode(1), collectorNode(1), { type: 'taken', job, index: 2, batch: 20 }, 901);
    flock.inject(mapperNode(1), collectorNode(1), { type: 'taken', job: 'other', index: 1, batch: 20 }, 902);
    flock.inject(mapperNode(1), collectorNode(1), { type: 'taken', job, index: 1, batch: 0 }, 903);
    await flock.fly();
    expect(read).toBe(stopped);
    for (const stream of [904, 905]) {
      flock.inject(mapperNode(1), collectorNode(1), { type: 'taken', job, index: 1, batch: 2 }, stream);
      await flock.fly();
      expect(read).toBe(stopped + 4);
    }
    expect(flock.malformed).toEqual([]);
  });

  it('ends with its job at the deadline where the word does not come', async () => {
    const flock = new Flock(mine('records'));
    flock.stuck.add(mapperNode(1));
    flock.submit(spec());
    await flock.fly();
    flock.wait(60_000_000);
    await flock.fly();
    expect(flock.statuses.at(-1)).toMatchObject({ state: 'failed', detail: expect.stringMatching(/not finished: /) });
    expect(flock.leftovers).toEqual({ tasks: 0, processors: 0 });
    expect(flock.waitingSteps).toBe(0);
  });

  it('knows after a restart what its mapper has run, and the mapper what it has said', async () => {
    const calm = new Flock(mine('records'));
    const expected = (await calm.run(spec())).result;
    let crashes = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const flock = new Flock(mine('records'), true);
        const random = new Random(seed);
        flock.submit(spec());
        flock.crashes = (node) => node !== 1 && flock.crashCount < 12 && random.chance(0.02);
        await flock.fly(noCopies(seed));
        expect(flock.statuses.filter(({ state }) => state === 'done').at(-1)?.result).toBe(expected);
        const told = sentOf(flock, 'taken').map(({ batch }) => batch);
        expect(told).toEqual(sentOf(calm, 'taken').map(({ batch }) => batch));
        crashes += flock.crashCount;
        flock.wait(200_000_000);
        const kept = [...flock.states.values()].flatMap((state) => state.keys());
        expect(kept.filter((key) => !/^(stream\/(next|done)\/|job\/next\/)/.test(key))).toEqual([]);
      }),
      { numRuns: 4 },
    );
    expect(crashes).toBeGreaterThan(10);
  }, 60_000);

  it('keeps one word of its mapper through restarts, the last', async () => {
    let read = 0;
    const flock = new Flock(
      mine('records', (i) => {
        read = i;
      }),
      true,
    );
    const node = collectorNode(1);
    const job = flock.submit(spec());
    flock.stuck.add(mapperNode(1));
    await flock.fly();
    const inputs = () =>
      flock.states
        .get(node)
        ?.keys()
        .filter((key) => key.startsWith('job/in/')).length;
    expect(inputs()).toBe(1);
    for (const batch of [2, 4]) {
      flock.inject(mapperNode(1), node, { type: 'taken', job, index: 1, batch }, 900 + batch);
      await flock.fly();
      expect(inputs()).toBe(2);
    }
    const stopped = read;
    read = 0;
    flock.restart(node);
    await flock.fly();
    expect(read).toBe(stopped);
  });
});
