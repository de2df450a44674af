/** A job that cannot be done fails and says why; nothing of it stays behind. */
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/errors.js';
import type { ProcessorOutput } from '../../src/processors/contract.js';
import {
  collectorNode,
  collects,
  combines,
  Flock,
  LOS,
  type Mine,
  mapperNode,
  maps,
  REDUCER,
  reduces,
  sentOf,
  spec,
  wild,
} from './flock.js';

const good: Mine = {
  collect: collects(() => ['a', 'b', 'c']),
  map: maps(({ data }) => data),
  combine: combines((data) => data),
  reduce: reduces((payloads) => payloads.length),
};
const skipping: Mine = { ...good, collect: collects(() => ['a', 'b', 'c'], true) };
const fails = (): never => {
  throw new Error('out of film');
};
const failsLater = async function* (): AsyncGenerator<ProcessorOutput> {
  yield 'a';
  await null;
  fails();
};
const failsInAFile = function* (): Generator<ProcessorOutput> {
  yield 'a';
  yield {
    _COMP_FILE_: {
      name: 'f',
      stream: (function* () {
        yield new Uint8Array(40_000);
        fails();
      })(),
    },
  };
};

describe('a processor that throws fails the job, with its role and place', () => {
  const place = (node: number) => `[${node},7]`;

  it.each<[string, Mine, string]>([
    [
      'collect',
      { ...good, collect: collects(fails) },
      `collector 1 at ${place(collectorNode(1))} failed: collector mine: out of film`,
    ],
    [
      'collect, later',
      { ...good, collect: collects(failsLater) },
      `collector 1 at ${place(collectorNode(1))} failed: collector mine: out of film`,
    ],
    [
      'collect, in a file',
      { ...good, collect: collects(failsInAFile) },
      `collector 1 at ${place(collectorNode(1))} failed: collector mine: out of film`,
    ],
    ['run_map', { ...good, map: maps(fails) }, `mapper 1 at ${place(mapperNode(1))} failed: mapper mine: out of film`],
    [
      'run_map, later',
      { ...good, map: maps(failsLater) },
      `mapper 1 at ${place(mapperNode(1))} failed: mapper mine: out of film`,
    ],
    [
      'run_map, in a file',
      { ...good, map: maps(failsInAFile) },
      `mapper 1 at ${place(mapperNode(1))} failed: mapper mine: out of film`,
    ],
    [
      'combine',
      { ...skipping, combine: combines(fails) },
      `collector 1 at ${place(collectorNode(1))} failed: combiner mine: out of film`,
    ],
    ['reduce', { ...good, reduce: reduces(fails) }, `reducer at ${place(REDUCER)} failed: reducer mine: out of film`],
    [
      'reduce, later',
      { ...good, reduce: reduces(async () => fails()) },
      `reducer at ${place(REDUCER)} failed: reducer mine: out of film`,
    ],
    ['a factory', { ...good, map: fails }, `mapper 1 at ${place(mapperNode(1))} failed: mapper mine: out of film`],
  ])('%s', async (_, mine, reason) => {
    const flock = new Flock(mine);
    const status = await flock.run(spec());
    expect(status).toMatchObject({ state: 'failed', detail: reason, result: undefined });
    expect(flock.statuses.filter(({ state }) => state === 'failed')).toHaveLength(1);
    expect(flock.leftovers).toEqual({ tasks: 0, processors: 0 });
  });

  it.each<[string, unknown, string]>([
    ['undefined', undefined, 'must be JSON, but is undefined'],
    ['bytes', new Uint8Array(3), 'hand bytes out as a _COMP_FILE_'],
    ['NaN inside', { mean: Number.NaN }, "record's mean must be JSON, but is NaN"],
    ['a file without a name', { _COMP_FILE_: { name: '', stream: [] } }, '_COMP_FILE_.name'],
  ])('also where it returns what is no record: %s', async (_, output, reason) => {
    const flock = new Flock({ ...good, reduce: reduces(() => output as never) });
    const status = await flock.run(spec());
    expect(status.state).toBe('failed');
    expect(status.detail).toContain(reason);
  });

  it('and stops all other roles of the job', async () => {
    let collected = 0;
    const flock = new Flock({
      ...good,
      collect: collects(function* ({ meta_data }) {
        if (meta_data.data_id === 1) fails();
        for (;;) yield collected++;
      }),
    });
    flock.submit(spec({ collectors: 3 }));
    await flock.fly(wild(1), () => flock.statuses.at(-1)?.state === 'failed');
    await flock.fly(wild(2));
    expect(flock.leftovers).toEqual({ tasks: 0, processors: 0 });
  });
});

describe('a job that was called off', () => {
  it.each(['cancel first', 'cancel last'])('does not begin where its messages come late: %s', async (order) => {
    let mapped = 0;
    const flock = new Flock({
      ...good,
      collect: collects(({ meta_data }) => (meta_data.data_id === 1 ? fails() : ['a'])),
      map: maps(({ data }) => {
        mapped++;
        return data;
      }),
    });
    flock.submit(spec({ collectors: 2 }));
    await flock.fly(undefined, () => sentOf(flock, 'map').length === 1);
    const late = flock.underWay.filter(({ to }) => to === mapperNode(2));
    flock.underWay = flock.underWay.filter(({ to }) => to !== mapperNode(2));
    if (order === 'cancel last') flock.underWay.push(...late);
    await flock.fly();
    expect(flock.statuses.at(-1)?.state).toBe('failed');
    if (order === 'cancel last') return expect(flock.leftovers).toEqual({ tasks: 0, processors: 0 });
    for (const packet of late) flock.deliver(packet);
    await flock.fly();
    expect(mapped).toBe(0);
    expect(flock.events.filter((event) => event.includes(`${mapperNode(2)} 1-1 mapper`))).toEqual([]);
    return undefined;
  });

  it('does not begin to collect when the request comes after the cancel', async () => {
    const begun: number[] = [];
    const flock = new Flock({
      ...good,
      collect: collects(({ meta_data }) => {
        begun.push(meta_data.data_id);
        return fails();
      }),
    });
    flock.submit(spec({ collectors: 2 }));
    const late = flock.underWay.filter(({ to }) => to === collectorNode(2));
    flock.underWay = flock.underWay.filter(({ to }) => to !== collectorNode(2));
    await flock.fly();
    for (const packet of late) flock.deliver(packet);
    await flock.fly();
    expect(begun).toEqual([1]);
    flock.wait(61_000_000);
    expect(flock.engine(collectorNode(2)).nextTimeoutUs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('is over for its LOS satellite: what comes later changes nothing', async () => {
    const flock = new Flock({ ...good, reduce: reduces(fails) });
    const status = await flock.run(spec());
    const job = status.job;
    const count = flock.statuses.length;
    flock.inject(REDUCER, LOS, { type: 'result', job, result: '1', files: [], failure: undefined }, 900);
    flock.inject(REDUCER, LOS, { type: 'progress', job, role: 'reducer', index: 1, state: 'done', records: 0 }, 901);
    flock.wait(61_000_000);
    expect(flock.statuses).toHaveLength(count);
  });
});

describe('a job at its deadline', () => {
  const reasonAfter = async (lost: readonly number[], size = 2, isReachable = false) => {
    const flock = new Flock(good);
    if (isReachable) {
      const vanish = new Set(lost);
      const deliver = flock.deliver.bind(flock);
      flock.deliver = (packet) => (vanish.has(packet.to) ? undefined : deliver(packet));
    } else for (const node of lost) flock.lost.add(node);
    flock.submit(spec({ collectors: size }));
    await flock.fly();
    expect(flock.statuses.at(-1)?.state).not.toBe('failed');
    flock.wait(60_000_000);
    await flock.fly();
    const status = flock.statuses.at(-1);
    expect(status?.state).toBe('failed');
    expect(flock.leftovers).toEqual({ tasks: 0, processors: 0 });
    return status?.detail;
  };

  it('names a satellite that no contact reaches', async () => {
    expect(await reasonAfter([collectorNode(2)])).toBe(
      'no result within 60 s: no contact reaches collector 2 at satellite [5,7]; not finished: reducer at satellite [2,7]',
    );
  });

  it('names the silent roles of the earliest phase, and not those that wait for them', async () => {
    expect(await reasonAfter([mapperNode(1), collectorNode(2)], 3, true)).toBe(
      'no result within 60 s: nothing was heard from collector 2 at satellite [5,7]; not finished: reducer at satellite [2,7]',
    );
    expect(await reasonAfter([mapperNode(1)], 2, true)).toBe(
      'no result within 60 s: nothing was heard from mapper 1 at satellite [4,7]; not finished: reducer at satellite [2,7]',
    );
    expect(await reasonAfter([REDUCER], 2, true)).toBe(
      'no result within 60 s: nothing was heard from reducer at satellite [2,7]',
    );
  });

  it('names the unreachable of every phase', async () => {
    expect(await reasonAfter([mapperNode(1), REDUCER])).toBe(
      'no result within 60 s: no contact reaches mapper 1 at satellite [4,7], reducer at satellite [2,7]',
    );
  });

  it('names six and counts the others', async () => {
    const lost = Array.from({ length: 9 }, (_, at) => collectorNode(at + 1));
    expect(await reasonAfter(lost, 9)).toMatch(
      /^no result within 60 s: no contact reaches collector 1 at satellite \[3,7\], (collector \d at satellite \[\d+,7\], ){4}collector 6 at satellite \[13,7\] and 3 more$/,
    );
  });

  it('says so where everybody was done but the result', async () => {
    const flock = new Flock(good);
    flock.submit(spec());
    await flock.fly(undefined, () => sentOf(flock, 'result').length > 0);
    flock.underWay.pop();
    await flock.fly();
    flock.wait(60_000_000);
    expect(flock.statuses.at(-1)?.detail).toMatch(/not finished: reducer at satellite \[2,7\]$/);
  });

  it('ends on every satellite, tasks under way included', async () => {
    const flock = new Flock({
      ...good,
      collect: collects(function* () {
        for (;;) yield 'again';
      }),
    });
    flock.submit(spec({ maxCollectRecords: 1 }));
    const fate = wild(1);
    for (let i = 0; i < 200; i++) await flock.once(fate);
    flock.wait(60_000_000);
    await flock.fly(fate);
    expect(flock.leftovers).toEqual({ tasks: 0, processors: 0 });
    for (const node of [LOS, REDUCER, collectorNode(1), mapperNode(1)]) {
      flock.engine(node).timeout(flock.now);
      expect(flock.engine(node).nextTimeoutUs()).toBe(Number.POSITIVE_INFINITY);
    }
  });
});

describe('clocks', () => {
  it.each([
    ['the LOS satellite has none', LOS],
    ['a mapper has none', mapperNode(1)],
  ])('the deadline holds where %s', async (_, without) => {
    const flock = new Flock(good);
    const deliver = flock.deliver.bind(flock);
    const known = flock.now;
    const as = (node: number) => {
      flock.now = node === without ? { ...known, dtnTimeMs: undefined } : known;
    };
    flock.deliver = (packet) => {
      as(packet.to);
      deliver(packet);
      flock.now = known;
    };
    as(LOS);
    flock.submit(spec());
    flock.now = known;
    for (const node of [collectorNode(1), mapperNode(1), REDUCER]) {
      const until = () => flock.events.some((event) => event.startsWith(`role-started ${node} `));
      await flock.fly(undefined, until);
      expect(flock.engine(node).nextTimeoutUs()).toBe(known.monotonicUs + 60_000_000);
    }
    await flock.fly();
    expect(flock.statuses.at(-1)?.state).toBe('done');
  });
});

describe('a job that cannot be placed', () => {
  it("fails at once with the scheduler's words, and the next one can be done", async () => {
    const flock = new Flock(good);
    const plan = flock.plan.bind(flock);
    flock.plan = () => {
      throw new UsageError('too-few-satellites', 'the area of interest has 1 satellite');
    };
    const status = await flock.run(spec());
    expect(status).toMatchObject({
      job: '1-1',
      state: 'failed',
      detail: 'the area of interest has 1 satellite',
      plan: undefined,
    });
    expect(flock.events.at(-1)).toBe('failed 1 1-1 coordinator 0 the area of interest has 1 satellite');
    flock.plan = plan;
    expect(await flock.run(spec())).toMatchObject({ job: '1-2', state: 'done' });
  });

  it('lets a fault of ours through', () => {
    const flock = new Flock(good);
    flock.plan = () => {
      throw new TypeError('no such thing');
    };
    expect(() => flock.submit(spec())).toThrow(TypeError);
  });
});

describe('processors that a satellite does not have', () => {
  it.each([
    ['mapTask', 'mapper 1 at [4,7] failed: mapper nobody: there is no mapper named "nobody"'],
    ['reduceTask', 'reducer at [2,7] failed: reducer nobody: there is no reducer named "nobody"'],
  ])('fail the job: %s', async (field, reason) => {
    const status = await new Flock(good).run(spec({ [field]: 'nobody' }));
    expect(status.state).toBe('failed');
    expect(status.detail).toContain(reason);
  });

  it('fail it for a combiner too', async () => {
    const status = await new Flock(skipping).run(spec({ combineTask: 'nobody' }));
    expect(status.detail).toContain('collector 1 at [3,7] failed: combiner nobody: there is no combiner');
  });
});

describe('what nobody claims', () => {
  it('goes when its lifetime ends: messages of a role that was never told of its job', async () => {
    const flock = new Flock(good);
    flock.submit(spec({ maxCollectRecords: 1 }));
    await flock.fly(undefined, () => sentOf(flock, 'map').length === 3);
    const [first, ...others] = flock.underWay.filter(({ to }) => to === mapperNode(1));
    for (const packet of others) flock.deliver(packet);
    const mapper = flock.engine(mapperNode(1));
    expect(mapper.nextTimeoutUs()).toBeLessThan(Number.POSITIVE_INFINITY);
    flock.wait(61_000_000);
    expect(mapper.nextTimeoutUs()).toBe(Number.POSITIVE_INFINITY);
    expect(mapper.unclaimed).toBe(0);
    expect(first).toBeDefined();
  });

  it('goes when its lifetime ends: files without their message, and messages without their files', async () => {
    const flock = new Flock({
      ...good,
      collect: collects(() => [{ value: 1, _COMP_FILE_: { name: 'f', stream: new Uint8Array(10) } }]),
    });
    for (const lose of ['file', 'message']) {
      flock.submit(spec());
      await flock.fly(undefined, () => flock.underWay.filter(({ to }) => to === mapperNode(1)).length === 2);
      const [file, message] = flock.underWay.filter(({ to }) => to === mapperNode(1));
      flock.deliver((lose === 'file' ? message : file) as NonNullable<typeof file>);
      expect(flock.engine(mapperNode(1)).unclaimed).toBe(1);
      flock.wait(61_000_000);
      expect(flock.engine(mapperNode(1)).unclaimed).toBe(0);
      flock.underWay = [];
    }
  });
});
