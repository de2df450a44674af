/** Satellites with durable stores crash before any flush and come back: a job comes to the same, and nothing is sent or taken twice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.js';
import type { MapPayload, ReceivedFile, ReducePayload } from '../../src/processors/contract.js';
import { collectorNode, collects, combines, Flock, LOS, maps, REDUCER, reduces, sentOf, spec, wild } from './flock.js';

const bytesOf = (length: number, salt: number) => Uint8Array.from({ length }, (_, i) => (i * 7 + salt) & 255);
const file = (name: string, length: number, salt: number) => ({
  value: name,
  _COMP_FILE_: { name, stream: bytesOf(length, salt) },
});
const sum = (bytes: Uint8Array) => bytes.reduce((total, byte) => (total * 31 + byte) % 1_000_003, 0);
const sums = (files: { [name: string]: ReceivedFile }) =>
  Object.values(files).map(({ name, size, bytes }) => [name, size, sum(bytes())]);

/** Records with and without files, of one piece and of several, and processors that keep state from batch to batch. */
const mine = (skips: boolean) => ({
  collect: collects(function* ({ meta_data }) {
    for (let i = 0; i < 5; i++) {
      yield i;
      yield file(`f${i}`, i % 2 === 0 ? 10 : 70_000, meta_data.data_id + i);
    }
  }, skips),
  map: () => {
    let batches = 0;
    return {
      *run_map({ data, files }: MapPayload) {
        batches++;
        yield [batches, ...data, ...sums(files)];
        yield file(`m${batches}`, 40_000, batches);
      },
    };
  },
  combine: combines((data) => [data.length, ...data]),
  reduce: reduces((payloads: ReducePayload[]) => ({
    value: payloads.map(({ data, files }) => [data, sums(files)]),
    _COMP_FILE_: { name: 'all', stream: bytesOf(100_000, payloads.length) },
  })),
});

const noCopies = (seed: number) => ({ ...wild(seed), copies: () => 1 });
const repeated = (items: readonly string[]) => items.filter((item, at) => items.indexOf(item) !== at);

/** Messages by what makes each the only one of its kind. */
const keysOf = (flock: Flock) =>
  flock.sent.map(({ message }) => {
    switch (message.type) {
      case 'collect':
        return `collect ${message.index}`;
      case 'map':
        return `map ${message.index} ${message.batch}`;
      case 'reduce':
        return `reduce ${message.index} ${message.ordinal}`;
      case 'progress':
        return `progress ${message.role} ${message.index} ${message.state}`;
      default:
        return message.type;
    }
  });

/** Runs a job; its result, with the sum of its file, read when the job is done. */
async function outcome(flock: Flock, seed: number): Promise<unknown> {
  flock.submit(spec({ collectors: 2 }));
  // A LOS satellite that crashed before its flush never had the job: it is asked again.
  while (flock.sent.length === 0) flock.submit(spec({ collectors: 2 }));
  await flock.fly(noCopies(seed));
  const done = flock.statuses.filter(({ state }) => state === 'done').at(-1);
  const pieces = done?.files.map(({ name, size, pieces: all }) => [name, size, sum(Buffer.concat([...all]))]);
  return [done?.job, done?.result, pieces];
}

describe('a job whose satellites crash before any flush', () => {
  for (const skips of [false, true]) {
    it(`comes to the same, ${skips ? 'past the mappers' : 'with mappers'}, and nothing is sent or taken twice`, async () => {
      const calm = new Flock(mine(skips));
      const expected = await outcome(calm, 1);
      let crashes = 0;
      await fc.assert(
        fc.asyncProperty(fc.integer(), async (seed) => {
          const flock = new Flock(mine(skips), true);
          const random = new Random(seed);
          flock.crashes = () => flock.crashCount < 40 && random.chance(0.08);
          expect(await outcome(flock, seed)).toEqual(expected);
          crashes += flock.crashCount;
          expect(flock.malformed).toEqual([]);
          expect(repeated(keysOf(flock))).toEqual([]);
          expect(repeated(flock.events)).toEqual([]);
          expect([...flock.fileStreams].sort()).toEqual([...calm.fileStreams].sort());
          // All is let go of in the end; numbers that were used are remembered.
          flock.crashes = () => false;
          flock.wait(200_000_000);
          const kept = [...flock.states.values()].flatMap((state) => state.keys());
          expect(kept.filter((key) => !/^(stream\/(next|done)\/|job\/next\/)/.test(key))).toEqual([]);
        }),
        { numRuns: 25 },
      );
      expect(crashes).toBeGreaterThan(100);
    });
  }

  it('is told again with its result and file after a restart, until its deadline', async () => {
    const flock = new Flock(mine(false), true);
    await outcome(flock, 1);
    const told = flock.statuses.at(-1);
    flock.restart(LOS);
    const again = flock.statuses.at(-1);
    expect(again).toMatchObject({ job: told?.job, state: 'done', result: told?.result });
    expect(again?.files.map(({ name, pieces }) => [name, Buffer.concat([...pieces]).length])).toEqual([
      ['all', 100_000],
    ]);
    expect(flock.submit(spec())).not.toBe(told?.job);
  });

  it('fails at its deadline though its LOS satellite was restarted', async () => {
    const flock = new Flock(mine(false), true);
    flock.submit(spec());
    flock.lost.add(REDUCER);
    await flock.fly();
    flock.restart(LOS);
    flock.wait(60_000_000);
    expect(flock.statuses.at(-1)).toMatchObject({
      state: 'failed',
      detail: expect.stringMatching(/^no result within 60 s/),
    });
  });

  it('fails, and gives no result, where a processor gives other output when it is run again', async () => {
    let runs = 0;
    const flock = new Flock(
      {
        collect: collects(() => {
          runs++;
          return Array.from({ length: 9 }, (_, i) => `${runs} ${i}`);
        }),
        map: maps(({ data }) => data),
        reduce: reduces((payloads) => payloads.map(({ data }) => data)),
      },
      true,
    );
    flock.submit(spec());
    await flock.fly(undefined, () => sentOf(flock, 'map').length === 2);
    flock.restart(collectorNode(1));
    await flock.fly();
    expect(flock.statuses.at(-1)).toMatchObject({
      state: 'failed',
      detail: expect.stringMatching(/other output than before/),
    });
    expect(sentOf(flock, 'result')).toHaveLength(1);
  });
});
