import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/base/json.js';
import type { MapPayload, ReducePayload } from '../../src/processors/contract.js';
import { collectorNode, collects, combines, Flock, LOS, mapperNode, maps, REDUCER, reduces, spec } from './flock.js';

/** A job whose collector 1 gives the records; keeps what mapper and reducer were handed. */
function watched(records: readonly JsonValue[], map: (payload: MapPayload) => JsonValue[]) {
  const mapped: MapPayload[] = [];
  const reduced: ReducePayload[][] = [];
  const flock = new Flock({
    collect: collects(() => [...records]),
    map: maps((payload) => {
      mapped.push(payload);
      return map(payload);
    }),
    reduce: reduces((payloads) => {
      reduced.push(payloads);
      return payloads.map((payload) => payload.data);
    }),
  });
  return { flock, mapped, reduced };
}

const batches = (mapped: readonly MapPayload[]) =>
  mapped.map(({ data, end_collect, collected_index }) => [data, end_collect, collected_index]);

const recordsOf = (payloads: readonly ReducePayload[] | undefined) =>
  payloads?.map(({ data, end_map, mapped_index }) => [data, end_map, mapped_index]);

describe('a mapper is handed', () => {
  it.each<[number, unknown[]]>([
    [0, [[[], true, 0]]],
    [1, [[['r1'], true, 1]]],
    [2, [[['r1', 'r2'], true, 2]]],
    [
      3,
      [
        [['r1', 'r2'], false, 2],
        [['r3'], true, 3],
      ],
    ],
    [
      4,
      [
        [['r1', 'r2'], false, 2],
        [['r3', 'r4'], true, 4],
      ],
    ],
    [
      5,
      [
        [['r1', 'r2'], false, 2],
        [['r3', 'r4'], false, 4],
        [['r5'], true, 5],
      ],
    ],
  ])('%i records in batches of two, the last one marked', async (count, expected) => {
    const records = Array.from({ length: count }, (_, i) => `r${i + 1}`);
    const { flock, mapped } = watched(records, ({ data }) => data);
    const status = await flock.run(spec());
    expect(batches(mapped)).toEqual(expected);
    expect(status).toMatchObject({ state: 'done', result: JSON.stringify(records) });
  });

  it('names and meta_data as LeoPyMR has them', async () => {
    const { flock, mapped, reduced } = watched(['a'], ({ data }) => data);
    const job = await flock.run(spec({ maxCollectRecords: 5, jobData: JSON.parse('{"filename":"f","__proto__":1}') }));
    const meta_data = {
      data_id: 1,
      data_size: 1,
      job_start: 946_684_800 + 500,
      jobid: job.job,
      max_collect: 5,
      max_collect_records: 5,
      job_data: JSON.parse('{"filename":"f","__proto__":1}'),
      collect_task: 'mine',
      map_task: 'mine',
      combine_task: 'mine',
      reduce_task: 'mine',
      reducer: [REDUCER, 7],
      los: [LOS, 7],
    };
    expect(mapped).toEqual([
      {
        action: 'map',
        meta_data,
        data: ['a'],
        files: {},
        end_collect: true,
        collected_index: 1,
        collector: [collectorNode(1), 7],
      },
    ]);
    expect(Object.getPrototypeOf(mapped[0]?.files)).toBe(null);
    expect(reduced).toEqual([
      [
        {
          action: 'reduce',
          meta_data,
          data: 'a',
          files: {},
          end_map: true,
          mapped_index: 1,
          mapper: [mapperNode(1), 7],
        },
      ],
    ]);
  });
});

describe('a reducer is handed', () => {
  const flat = ({ data }: MapPayload) => data.flatMap((each) => each as JsonValue[]);

  it.each<[string, JsonValue[], unknown[]]>([
    ['nothing of a mapper that gives nothing', [[], [], []], []],
    ['one record', [['a']], [['a', true, 1]]],
    [
      'several of one batch, the last marked',
      [['a', 'b', 'c']],
      [
        ['a', false, 1],
        ['b', false, 2],
        ['c', true, 3],
      ],
    ],
    [
      'the last record marked where the last batch gives none',
      [['a', 'b'], [], []],
      [
        ['a', false, 1],
        ['b', true, 2],
      ],
    ],
    [
      'records that go on counting from batch to batch',
      [['a'], [], ['b'], ['c']],
      [
        ['a', false, 1],
        ['b', false, 2],
        ['c', true, 3],
      ],
    ],
    [
      'records that are null, false or empty',
      [[null, false, '', 0]],
      [
        [null, false, 1],
        [false, false, 2],
        ['', false, 3],
        [0, true, 4],
      ],
    ],
  ])('%s', async (_, records, expected) => {
    const { flock, reduced } = watched(records, flat);
    const status = await flock.run(spec());
    expect(recordsOf(reduced[0])).toEqual(expected);
    expect(reduced).toHaveLength(1);
    expect(status.state).toBe('done');
  });

  it('the records of all mappers in order of mapper and ordinal', async () => {
    const reduced: ReducePayload[][] = [];
    const flock = new Flock({
      collect: collects(({ meta_data }) =>
        Array.from({ length: meta_data.data_id }, (_, i) => `${meta_data.data_id}.${i}`),
      ),
      map: maps(({ data }) => data),
      reduce: reduces((payloads) => {
        reduced.push(payloads);
        return null;
      }),
    });
    await flock.run(spec({ collectors: 3, maxCollectRecords: 1 }));
    expect(reduced[0]?.map(({ data, mapper, meta_data }) => [data, mapper, meta_data.data_id])).toEqual([
      ['1.0', [mapperNode(1), 7], 1],
      ['2.0', [mapperNode(2), 7], 2],
      ['2.1', [mapperNode(2), 7], 2],
      ['3.0', [mapperNode(3), 7], 3],
      ['3.1', [mapperNode(3), 7], 3],
      ['3.2', [mapperNode(3), 7], 3],
    ]);
  });
});

describe('a mapper object', () => {
  it('serves all batches of its collector, one after the other, and no other collector', async () => {
    let made = 0;
    const flock = new Flock({
      collect: collects(() => ['a', 'b', 'c']),
      map: () => {
        made++;
        let seen = 0;
        return {
          async *run_map({ data }) {
            seen += data.length;
            await null;
            yield seen;
          },
        };
      },
      reduce: reduces((payloads) => payloads.map(({ data }) => data)),
    });
    const status = await flock.run(spec({ collectors: 2, maxCollectRecords: 1 }));
    expect(status.result).toBe('[1,2,3,1,2,3]');
    expect(made).toBe(2);
  });
});

describe('COMP_SKIP_MAP', () => {
  const combined = (skips: unknown, records: JsonValue[]) => {
    const calls: unknown[] = [];
    const reduced: ReducePayload[][] = [];
    const flock = new Flock({
      collect: () => ({ COMP_SKIP_MAP: skips as boolean, collect: () => records }),
      map: maps(({ data }) => [['mapped', ...data]]),
      combine: combines((data, payload) => {
        calls.push([data, payload.action, payload.meta_data.data_id, payload.mapper]);
        return ['combined', ...data];
      }),
      reduce: reduces((payloads) => {
        reduced.push(payloads);
        return payloads.map(({ data }) => data);
      }),
    });
    return { flock, calls, reduced };
  };

  it.each([false, 0, '', null, undefined])('counts by value: %j leaves the map phase in', async (skips) => {
    const { flock, calls } = combined(skips, ['a']);
    expect((await flock.run(spec())).result).toBe('[["mapped","a"]]');
    expect(calls).toEqual([]);
  });

  it('has each batch combined where it was collected, with the collect request', async () => {
    const { flock, calls, reduced } = combined(true, ['a', 'b', 'c']);
    const status = await flock.run(spec());
    expect(status.result).toBe('[["combined","a","b"],["combined","c"]]');
    expect(calls).toEqual([
      [['a', 'b'], 'collect', 1, [collectorNode(1), 7]],
      [['c'], 'collect', 1, [collectorNode(1), 7]],
    ]);
    expect(recordsOf(reduced[0])).toEqual([
      [['combined', 'a', 'b'], false, 1],
      [['combined', 'c'], true, 2],
    ]);
    expect(reduced[0]?.map(({ mapper }) => mapper)).toEqual([
      [collectorNode(1), 7],
      [collectorNode(1), 7],
    ]);
    expect(flock.sent.some(({ message }) => message.type === 'map')).toBe(false);
  });

  it('combines an empty batch where nothing was collected', async () => {
    const { flock, reduced } = combined(true, []);
    expect((await flock.run(spec())).result).toBe('[["combined"]]');
    expect(recordsOf(reduced[0])).toEqual([[['combined'], true, 1]]);
  });
});
