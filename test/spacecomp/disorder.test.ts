/** Whatever order packets come in and however often, a job comes to what the same job comes to in one place. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/base/json.js';
import type { MapPayload, ProcessorOutput, ReceivedFile, ReducePayload } from '../../src/processors/contract.js';
import { runLocallyWithFiles } from '../../src/processors/index.js';
import type { JobSpec } from '../../src/scheduler/index.js';
import type { JobMessage } from '../../src/spacecomp/messages.js';
import {
  backwards,
  collectorNode,
  collects,
  combines,
  type Fate,
  Flock,
  inOrder,
  LOS,
  mapperNode,
  maps,
  REDUCER,
  reduces,
  sentOf,
  spec,
  wild,
} from './flock.js';

/** One thing that a processor gives: a value, with a file beside it where there is a name. */
interface Given {
  readonly value: JsonValue;
  readonly file: string | undefined;
  readonly bytes: Uint8Array;
}

const given = fc.record<Given>({
  value: fc.jsonValue() as fc.Arbitrary<JsonValue>,
  file: fc.option(
    fc.constantFrom('a', 'b', '__proto__', 'constructor', '\ud800', '\ud801', `\ufeff${'x'.repeat(80)}`, ''),
    {
      nil: undefined,
      freq: 2,
    },
  ),
  bytes: fc.uint8Array({ maxLength: 40 }),
});

const outputOf = ({ value, file, bytes }: Given): ProcessorOutput =>
  file === undefined || file === '' ? value : { value, _COMP_FILE_: { name: file, stream: bytes } };

/** A job by what its parts give: per collector, and per call of a mapper or combiner. */
interface Script {
  readonly collectors: readonly (readonly Given[])[];
  readonly maps: readonly (readonly Given[])[];
  readonly skips: boolean;
  readonly batch: number;
}

const script = fc.record<Script>({
  collectors: fc.array(fc.array(given, { maxLength: 6 }), { minLength: 1, maxLength: 4 }),
  maps: fc.array(fc.array(given, { maxLength: 3 }), { minLength: 1, maxLength: 5 }),
  skips: fc.boolean(),
  batch: fc.integer({ min: 1, max: 3 }),
});

const plainFiles = (files: { [name: string]: ReceivedFile }) =>
  Object.keys(files).map((name) => [name, [...(files[name] as ReceivedFile).bytes()]]);
const plain = (payload: MapPayload | ReducePayload) => ({ ...payload, files: plainFiles(payload.files) });

/** Processors that follow the script and note what they are handed. */
function actors(play: Script) {
  const mapped: [number, number, unknown][] = [];
  let reduced: unknown;
  const call = (state: { calls: number }) => play.maps[state.calls++ % play.maps.length] as readonly Given[];
  const mine = {
    collect: collects(
      ({ meta_data }) => (play.collectors[meta_data.data_id - 1] as readonly Given[]).map(outputOf),
      play.skips,
    ),
    map: () => {
      const state = { calls: 0 };
      return {
        run_map(payload: MapPayload) {
          mapped.push([payload.meta_data.data_id, payload.collected_index, plain(payload)]);
          return call(state).map(outputOf);
        },
      };
    },
    combine: () => {
      const state = { calls: 0 };
      return {
        combine: (data: JsonValue[]) => {
          const [first] = call(state);
          return first === undefined ? data : outputOf({ ...first, value: [first.value, ...data] });
        },
      };
    },
    reduce: reduces((payloads) => {
      reduced = payloads.map(plain);
      return payloads.length;
    }),
  };
  return { mine, seen: () => ({ mapped: mapped.sort((a, b) => a[0] - b[0] || a[1] - b[1]), reduced }) };
}

async function expectSameAsInOnePlace(play: Script, fate: Fate): Promise<void> {
  const far = actors(play);
  const near = actors(play);
  const flock = new Flock(far.mine);
  const size = play.collectors.length;
  const job: JobSpec = spec({ collectors: size, maxCollectRecords: play.batch });
  const status = await flock.run(job, fate);
  const local = new Flock(near.mine);
  const indexes = Array.from({ length: size }, (_, at) => at + 1);
  const { result } = await runLocallyWithFiles(local.catalogue, local.platform, {
    collectors: size,
    collect: 'mine',
    map: 'mine',
    combine: 'mine',
    reduce: 'mine',
    maxCollectRecords: play.batch,
    data: null,
    told: {
      jobId: status.job,
      jobStartSeconds: 946_684_800 + 500,
      los: [LOS, 7],
      reducer: [REDUCER, 7],
      collectors: indexes.map((index) => [collectorNode(index), 7] as const),
      mappers: indexes.map((index) => [play.skips ? collectorNode(index) : mapperNode(index), 7] as const),
    },
  });
  expect(status).toMatchObject({ state: 'done', result: JSON.stringify(result) });
  expect(far.seen()).toEqual(near.seen());
  expect(flock.malformed).toEqual([]);
  expect(flock.leftovers).toEqual({ tasks: 0, processors: 0 });
}

describe('a job', () => {
  it('comes to the same in any order, with packets that come twice', async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.integer(), (play, seed) => expectSameAsInOnePlace(play, wild(seed))),
      { numRuns: 150 },
    );
  });

  it('comes to the same last packet first', async () => {
    await fc.assert(
      fc.asyncProperty(script, (play) => expectSameAsInOnePlace(play, backwards)),
      { numRuns: 50 },
    );
  });

  it('is done once, however often the result comes', async () => {
    const { mine } = actors({ collectors: [[]], maps: [[]], skips: false, batch: 1 });
    const flock = new Flock(mine);
    await flock.run(spec(), { pick: () => 0, copies: () => 1 });
    const done = () => flock.statuses.filter(({ state }) => state === 'done').length;
    expect(done()).toBe(1);
    const [result] = sentOf(flock, 'result') as [JobMessage];
    flock.inject(REDUCER, LOS, result, 1000);
    expect(done()).toBe(1);
  });
});

describe('every role', () => {
  const counting = () => {
    const counts = { collect: 0, map: 0, reduce: 0 };
    const flock = new Flock({
      collect: collects(() => {
        counts.collect++;
        return ['a', 'b', 'c'];
      }),
      map: maps(({ data }) => {
        counts.map++;
        return data;
      }),
      reduce: reduces((payloads) => {
        counts.reduce++;
        return payloads.length;
      }),
    });
    return { flock, counts };
  };

  it('takes each message once, even when it comes again as another stream, before or after the role is done', async () => {
    const { flock, counts } = counting();
    let stream = 1000;
    const again = () => {
      for (const { from, to, message } of flock.sent.slice()) flock.inject(from, to, message, stream++);
    };
    flock.submit(spec({ maxCollectRecords: 1 }));
    again();
    await flock.fly(inOrder, () => counts.map === 2);
    again();
    await flock.fly();
    again();
    await flock.fly();
    expect(counts).toEqual({ collect: 1, map: 3, reduce: 1 });
    expect(flock.events.filter((event) => event.startsWith('role-input'))).toHaveLength(1 + 3 + 3);
    expect(flock.statuses.at(-1)).toMatchObject({ state: 'done', result: '3' });
  });

  it('keeps messages that come before the one that tells it of the job', async () => {
    const { flock, counts } = counting();
    flock.submit(spec({ maxCollectRecords: 1 }));
    await flock.fly(inOrder, () => sentOf(flock, 'map').length === 3);
    const [first, ...others] = flock.underWay.filter(({ to }) => to === mapperNode(1));
    flock.underWay = flock.underWay.filter(({ to }) => to !== mapperNode(1));
    for (const packet of others) flock.deliver(packet);
    expect(counts.map).toBe(0);
    expect(flock.events.some((event) => event.includes('mapper'))).toBe(false);
    flock.deliver(first as (typeof others)[0]);
    await flock.fly();
    expect(flock.statuses.at(-1)).toMatchObject({ state: 'done', result: '3' });
  });

  it('waits for a combiner before the next record is asked for', async () => {
    let active = 0;
    let most = 0;
    const flock = new Flock({
      collect: collects(() => ['a', 'b', 'c', 'd'], true),
      combine: combines(async (data) => {
        active++;
        most = Math.max(most, active);
        await null;
        active--;
        return data;
      }),
      reduce: reduces((payloads) => payloads.map(({ data }) => data)),
    });
    const status = await flock.run(spec({ maxCollectRecords: 1 }));
    expect(status.result).toBe('[["a"],["b"],["c"],["d"]]');
    expect(most).toBe(1);
  });
});
