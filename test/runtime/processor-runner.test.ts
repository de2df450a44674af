import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/base/json.js';
import { ProcessorCatalogue } from '../../src/processors/catalogue.js';
import type { Collector, Combiner, MapPayload, Mapper, Reducer } from '../../src/processors/contract.js';
import { ProcessorRunner, type StepBegin } from '../../src/runtime/processor-runner.js';
import { PlainPlatform } from '../helpers/plain-platform.js';
import { collectPayload, mapPayload, reducePayloads } from '../processors/payloads.js';
import { beginCollect, drain, ended, outcomeOf, record, runnerWith } from '../processors/runner-harness.js';

const beginMap = (data: JsonValue[], instance = 'j/map/1'): StepBegin => {
  return { instance, kind: 'map', name: 'mine', argument: mapPayload(data) };
};

describe('records', () => {
  it('come one a step, at once from a sync processor', async () => {
    const runner = runnerWith({ collect: { collect: () => ['a', { b: [1, null] }] } });
    expect([runner.step({ task: 1, begin: beginCollect }), runner.step({ task: 1 }), runner.step({ task: 1 })]).toEqual(
      [record('a'), record({ b: [1, null] }), ended],
    );
  });

  it('come as promises from an async generator', async () => {
    const collect = async function* () {
      yield 1;
      yield 2;
    };
    const runner = runnerWith({ collect: { collect } });
    expect(runner.step({ task: 9, begin: beginCollect })).toBeInstanceOf(Promise);
    expect(await drain(runnerWith({ collect: { collect } }), beginCollect)).toEqual([record(1), record(2), ended]);
  });

  it('of a document come with few promises', async () => {
    const platform = new PlainPlatform({ text: 'some words\n'.repeat(20_000) });
    const runner = new ProcessorRunner(new ProcessorCatalogue(), platform);
    const argument = collectPayload(1, 1, { filename: 'text' });
    let step = runner.step({ task: 1, begin: { ...beginCollect, name: 'doccollector', argument } });
    let records = 0;
    let promises = 0;
    for (;;) {
      if (step instanceof Promise) promises++;
      const outcome = await step;
      if (outcome.kind !== 'record') break;
      records++;
      step = runner.step({ task: 1 });
    }
    expect(records).toBe(20_000);
    expect(promises).toBeLessThan(10);
    expect(platform.openFiles).toBe(0);
  });

  it('of a combiner and a reducer are one and then the end', async () => {
    const combine: Combiner = { combine: (data, payload) => [data, payload.meta_data.data_id] };
    const reduce: Reducer = { reduce: async (payloads) => payloads.map(({ data }) => data) };
    const runner = runnerWith({ combine, reduce });
    const argument = { data: ['x'], payload: collectPayload(3, 3, null) };
    expect(await drain(runner, { instance: 'j/combine/3', kind: 'combine', name: 'mine', argument })).toEqual([
      record([['x'], 3]),
      ended,
    ]);
    expect(
      await drain(runner, { instance: 'j/reduce/1', kind: 'reduce', name: 'mine', argument: reducePayloads([1, 2]) }),
    ).toEqual([record([1, 2]), ended]);
  });

  it('keep lone surrogates, and keys such as __proto__', async () => {
    const outcome = await outcomeOf({ text: '\ud800', ...JSON.parse('{"__proto__": 1}') });
    const value = JSON.parse((outcome as { json: string }).json);
    expect(value.text).toBe('\ud800');
    expect(Object.keys(value)).toEqual(['text', '__proto__']);
  });
});

describe('values that are no JSON', () => {
  class Reading {
    constructor(readonly celsius: number) {}
  }
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);

  it.each(
    [
      [undefined, 'a record must be JSON, but is undefined'],
      [Number.NaN, 'a record must be JSON, but is NaN'],
      [{ a: [1, Number.POSITIVE_INFINITY] }, "a record's a.1 must be JSON, but is Infinity"],
      [{ a: undefined }, "a record's a must be JSON, but is undefined"],
      [() => 1, 'a record must be JSON, but is a function'],
      [12n, 'a record must be JSON, but is the bigint 12'],
      [[Symbol('s')], "a record's 0 must be JSON, but is a symbol"],
      [new Map([['a', 1]]), 'a record must be JSON, but is an instance of Map'],
      [{ when: new Date(0) }, "a record's when must be JSON, but is an instance of Date"],
      [new Reading(1), 'a record must be JSON, but is an instance of Reading'],
      [Promise.resolve(1), 'a record must be JSON, but is a promise'],
      [Buffer.from('a'), 'a record must be JSON, but is bytes (Buffer); hand bytes out as a _COMP_FILE_'],
      [
        { image: new Float32Array(2) },
        "a record's image must be JSON, but is bytes (Float32Array); hand bytes out as a _COMP_FILE_",
      ],
      [cyclic, 'a record is nested deeper than 512 levels, or contains itself'],
    ].map(([value, message]) => ({ value, message: String(message) })),
  )('fail the step: $message', async ({ value, message }) => {
    expect(await outcomeOf(value)).toEqual({ kind: 'failed', message: `collector mine: ${message}` });
  });
});

describe('failures', () => {
  it('carry the message of what a processor throws, at whatever moment', async () => {
    const boom = () => {
      throw new Error('sensor offline');
    };
    const collectors: Collector[] = [
      { collect: boom },
      {
        *collect() {
          yield boom();
        },
      },
      {
        async *collect() {
          yield boom();
        },
      },
      { collect: () => [{ _COMP_FILE_: { name: 'f', stream: { [Symbol.iterator]: boom } } }] },
    ];
    for (const collect of collectors) {
      expect(await drain(runnerWith({ collect }), beginCollect)).toEqual([
        { kind: 'failed', message: 'collector mine: sensor offline' },
      ]);
    }
    const begin: StepBegin = { instance: 'j/reduce/1', kind: 'reduce', name: 'mine', argument: [] };
    const reduce: Reducer = { reduce: () => Promise.reject(new Error('sensor offline')) };
    expect(await drain(runnerWith({ reduce }), begin)).toEqual([
      { kind: 'failed', message: 'reducer mine: sensor offline' },
    ]);
  });

  it('say that a processor returned nothing to iterate over', async () => {
    for (const [returned, words] of [
      [undefined, 'undefined'],
      ['text', '"text"'],
      [Promise.resolve([]), 'a promise'],
      [7, '7'],
    ] as const) {
      const [outcome] = await drain(runnerWith({ collect: { collect: () => returned as never } }), beginCollect);
      expect((outcome as { message: string }).message).toMatch(
        new RegExp(`collect\\(\\) must return .* but returned ${words}$`),
      );
    }
  });

  it('close the iterators', async () => {
    const closed: string[] = [];
    const stream = function* () {
      try {
        yield new Uint8Array(100_000);
        yield 'text' as never;
      } finally {
        closed.push('stream');
      }
    };
    const collect = function* () {
      try {
        yield { _COMP_FILE_: { name: 'f', stream: stream() } };
      } finally {
        closed.push('records');
      }
    };
    const outcomes = await drain(runnerWith({ collect: { collect } }), beginCollect);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['file-chunk', 'file-chunk', 'file-chunk', 'failed']);
    expect(closed.sort()).toEqual(['records', 'stream']);
  });

  it('name an unknown processor, and a task that is not under way', async () => {
    const runner = runnerWith({});
    const [outcome] = await drain(runner, beginCollect);
    expect((outcome as { message: string }).message).toContain('there is no collector named "mine"');
    expect(await runner.step({ task: 77 })).toEqual({ kind: 'failed', message: 'task 77 is not under way' });
  });

  it('come of a second step before the first one is back', async () => {
    const collect = async function* () {
      yield 1;
    };
    const runner = runnerWith({ collect: { collect } });
    runner.step({ task: 1, begin: beginCollect });
    expect((runner.step({ task: 1 }) as { message: string }).message).toContain('the step before has not come back');
  });
});

describe('cancel', () => {
  it('closes the iterators and fails the outstanding step', async () => {
    let isClosed = false;
    let release = () => {};
    const waiting = new Promise<void>((resolve) => {
      release = resolve;
    });
    const collect = async function* () {
      try {
        await waiting;
        yield 1;
        yield 2;
      } finally {
        isClosed = true;
      }
    };
    const runner = runnerWith({ collect: { collect } });
    const step = runner.step({ task: 1, begin: beginCollect });
    runner.cancel(1);
    release();
    expect(await step).toEqual({ kind: 'failed', message: 'the task was cancelled' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(true);
    expect(runner.taskCount).toBe(0);
  });

  it('of an unknown task does nothing', () => {
    expect(() => runnerWith({}).cancel(5)).not.toThrow();
  });

  it('survives iterators that throw as they are closed', async () => {
    const iterator = {
      next: () => ({ done: false, value: 1 }),
      return: () => {
        throw new Error('no');
      },
    };
    const runner = runnerWith({ collect: { collect: () => ({ [Symbol.iterator]: () => iterator }) as never } });
    expect(await runner.step({ task: 1, begin: beginCollect })).toEqual(record(1));
    expect(() => runner.cancel(1)).not.toThrow();
  });

  it('comes first where a task number begins anew', async () => {
    const runner = runnerWith({ collect: { collect: () => ['a', 'b'] } });
    expect(await runner.step({ task: 1, begin: beginCollect })).toEqual(record('a'));
    expect(await drain(runner, beginCollect)).toEqual([record('a'), record('b'), ended]);
  });
});

describe('instances', () => {
  /** Numbers the batches that it has seen. */
  class Numbering implements Mapper {
    #batches = 0;
    run_map(payload: MapPayload) {
      return [[++this.#batches, ...payload.data]];
    }
  }

  it('keep their processor between tasks, and share it with no other', async () => {
    const runner = runnerWith({ map: () => new Numbering() });
    expect((await drain(runner, beginMap(['a'])))[0]).toEqual(record([1, 'a']));
    expect((await drain(runner, beginMap(['b'])))[0]).toEqual(record([2, 'b']));
    expect((await drain(runner, beginMap(['c'], 'j/map/2')))[0]).toEqual(record([1, 'c']));
    expect(runner.instanceCount).toBe(2);
  });

  it('of a job are forgotten together, with their tasks', async () => {
    const runner = runnerWith({ map: () => new Numbering() });
    await drain(runner, beginMap(['a'], 'j1/map/1'));
    await drain(runner, beginMap(['a'], 'j10/map/1'));
    await runner.step({ task: 5, begin: beginMap(['b'], 'j1/map/1') });
    runner.forgetJob('j1/');
    expect([runner.taskCount, runner.instanceCount]).toEqual([0, 1]);
    expect((await drain(runner, beginMap(['c'], 'j1/map/1')))[0]).toEqual(record([1, 'c']));
    expect((await drain(runner, beginMap(['c'], 'j10/map/1')))[0]).toEqual(record([2, 'c']));
  });
});
