/** What is kept beside the nodes of a run: jobs, traffic, the trace hash, and the verdicts at the end. */
import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../src/agent/index.js';
import type { JsonValue } from '../../src/base/json.js';
import { ProcessorCatalogue } from '../../src/processors/catalogue.js';
import { newCounters } from '../../src/simulator/counters.js';
import { JobBook } from '../../src/simulator/job-book.js';
import type { JobReport, NetworkCounters } from '../../src/simulator/report.js';
import type { Scenario, ScenarioJob, ScenarioTraffic } from '../../src/simulator/scenario.js';
import { TraceHash } from '../../src/simulator/trace-hash.js';
import { TrafficBook } from '../../src/simulator/traffic.js';
import { checkExpectations, checkResults } from '../../src/simulator/verdicts.js';
import type { JobStatus } from '../../src/spacecomp/index.js';
import { PlainPlatform } from '../helpers/plain-platform.js';

const job = (changes: Partial<ScenarioJob> = {}): ScenarioJob => ({
  at: 0,
  los: 1,
  aoi: { kind: 'nodes', nodes: [1, 2] },
  collectors: 1,
  collect: 'doccollector',
  map: 'wordcountmapper',
  combine: 'mergecombiner',
  reduce: 'sumreducer',
  maxCollectRecords: 10,
  data: { filename: 'text' },
  allocator: 'bipartite',
  reducer: 'auto',
  deadlineSeconds: 60,
  ...changes,
});

const status = (id: string, state: JobStatus['state'], changes: Partial<JobStatus> = {}): JobStatus => ({
  job: id,
  state,
  detail: state,
  plan: undefined,
  result: undefined,
  files: [],
  submittedUs: 2_000_000,
  atUs: 5_000_000,
  ...changes,
});

describe('the job book', () => {
  it('knows the numbers that LOS satellites will give, in order of submission', () => {
    const jobs = [job({ at: 5 }), job({ at: 1 }), job({ at: 1, los: 2 }), job({ at: 1 }), job({ at: 1.0000001 })];
    expect(new JobBook(jobs).entries.map(({ id }) => id)).toEqual(['1-4', '1-1', '2-1', '1-2', '1-3']);
  });

  it('takes times within one microsecond as one, as the simulator does', () => {
    const jobs = [job({ at: 1.0000002 }), job({ at: 1.0000001 })];
    expect(new JobBook(jobs).entries.map(({ id }) => id)).toEqual(['1-1', '1-2']);
  });

  it('reports jobs in the order of the scenario, ended ones as they ended', () => {
    const book = new JobBook([job({ at: 3 }), job({ at: 1 }), job({ at: 2 })]);
    expect(book.allEnded).toBe(false);
    book.changed(status('1-1', 'done', { result: '{"__proto__":1}' }));
    book.changed(status('1-1', 'failed'));
    book.changed(status('1-2', 'failed', { detail: 'out of film' }));
    book.changed(status('9-9', 'done'));
    expect(book.ended).toBe(2);
    const reports = book.reports(9_000_000, 'the run ended', (node) => node);
    expect(reports.map(({ id, state, reason, jobTimeSeconds }) => [id, state, reason, jobTimeSeconds])).toEqual([
      ['1-3', 'failed', 'the run ended', 6],
      ['1-1', 'done', null, 3],
      ['1-2', 'failed', 'out of film', 3],
    ]);
    expect(JSON.stringify(reports[1]?.result)).toBe('{"__proto__":1}');
    book.changed(status('1-3', 'done', { files: [{ name: 'f', size: 0, pieces: [] }], result: '7' }));
    expect(book.allEnded).toBe(true);
    expect(book.reports(0, '', (node) => node)[0]?.result).toEqual({ files: ['f'] });
    expect(book.files()).toEqual([{ job: '1-3', name: 'f', size: 0, pieces: [] }]);
  });
});

describe('the verdict on results', () => {
  const platform = new PlainPlatform({ text: 'a b\na' });
  const report = (result: JsonValue, changes: Partial<JobReport> = {}): JobReport => ({
    id: '1-1',
    state: 'done',
    reason: null,
    result,
    jobTimeSeconds: 1,
    collectors: [],
    mappers: [],
    reducer: null,
    los: 1,
    tasks: { collect: 'doccollector', map: 'wordcountmapper', combine: 'mergecombiner', reduce: 'sumreducer' },
    ...changes,
  });
  const verdict = (
    result: JsonValue,
    jobs = [job()],
    catalogue = new ProcessorCatalogue(),
    told = {},
    files: never[] = [],
  ) => checkResults({ jobs } as unknown as Scenario, [{ report: report(result), told, files }], catalogue, platform);

  it('holds for equal ones, in whatever order their keys are', async () => {
    const { ok, detail } = await verdict({ b: 1, a: 2 });
    expect(ok).toBe(true);
    expect(detail).toBe('1 of 1 jobs done and equal to a local run, 1 of them also to a plain word count');
  });

  it.each<JsonValue>([{ a: 2 }, { a: 2, b: 2 }, { a: 2, b: 1, c: 0 }, null])('does not hold for %j', async (result) => {
    const { ok, detail } = await verdict(result);
    expect(ok).toBe(false);
    expect(detail).toContain('job 1-1 differs from the same job run locally; job 1-1 differs from a plain word count');
  });

  it('says so where a local run fails', async () => {
    const { ok, detail } = await verdict({}, [job({ data: { filename: 'nowhere' } })]);
    expect(ok).toBe(false);
    expect(detail).toContain('could not be run locally: cannot open nowhere');
  });

  /** A reducer that returns what it was told about the job. */
  function telling() {
    const catalogue = new ProcessorCatalogue();
    catalogue.register('reduce', 'telling', () => ({
      reduce: ([first]) => [first?.meta_data.jobid, first?.meta_data.job_start, first?.mapper] as JsonValue,
    }));
    return catalogue;
  }

  it('compares with a job that is told the same', async () => {
    const told = { jobId: '1-1', jobStartSeconds: 77, mappers: [[2, 3] as const] };
    expect((await verdict(['1-1', 77, [2, 3]], [job({ reduce: 'telling' })], telling(), told)).ok).toBe(true);
    expect((await verdict(['1-2', 77, [2, 3]], [job({ reduce: 'telling' })], telling(), told)).ok).toBe(false);
  });

  it('compares files too', async () => {
    const catalogue = new ProcessorCatalogue();
    catalogue.register('reduce', 'album', () => ({
      reduce: () => ({ _COMP_FILE_: { name: 'f', stream: Uint8Array.of(1, 2) } }),
    }));
    const withFile = (bytes: number[], name = 'f') =>
      verdict({ files: ['f'] }, [job({ reduce: 'album' })], catalogue, {}, [
        { name, bytes: Uint8Array.from(bytes) },
      ] as never);
    expect((await withFile([1, 2])).ok).toBe(true);
    expect((await withFile([1, 3])).detail).toContain('file f of job 1-1 differs');
    expect((await withFile([1, 2], 'g')).ok).toBe(false);
  });
});

describe('expectations', () => {
  const expectations = (
    expect_: Partial<Scenario['expect']>,
    reports: object[],
    network: Partial<NetworkCounters> = {},
  ) =>
    checkExpectations(
      { expect: { jobs: 'done', reason: undefined, deliveryRatio: undefined, network: {}, ...expect_ } } as Scenario,
      reports as JobReport[],
      { ...newCounters(1), ...network },
      true,
    );
  const failed = { id: '1-1', state: 'failed', reason: 'out of film' };

  it('are met, or say what was not', () => {
    expect(expectations({}, [{ id: '1-1', state: 'done', reason: null }]).ok).toBe(true);
    expect(expectations({}, [failed]).detail).toBe('job 1-1 is failed (out of film), expected done');
    expect(expectations({ jobs: 'failed', reason: 'film' }, [failed]).ok).toBe(true);
    expect(expectations({ jobs: 'failed', reason: 'fuel' }, [failed]).ok).toBe(false);
    expect(expectations({ network: { lost: { min: 1 } } }, []).detail).toBe('lost is 0, expected at least 1');
    expect(expectations({ network: { lost: { max: 1 } } }, [], { lost: 2 }).detail).toBe(
      'lost is 2, expected at most 1',
    );
    expect(expectations({ deliveryRatio: 0.5 }, [], { trafficSent: 4, trafficDelivered: 2 }).ok).toBe(true);
    expect(expectations({ deliveryRatio: 0.51 }, [], { trafficSent: 4, trafficDelivered: 2 }).ok).toBe(false);
  });
});

/** What a flow asks for that asks for nothing. */
const PLAIN_FLOW = {
  fragment: false,
  reports: [],
  compressedReports: [],
  reportTo: undefined,
  hopLimit: undefined,
  blocks: [],
  service: 2,
  priority: undefined,
  ordinal: 0,
  critical: false,
} as const;

describe('the traffic book', () => {
  const flow: ScenarioTraffic = {
    at: 0,
    from: 1,
    to: 2,
    count: 3,
    sizeBytes: 20,
    intervalSeconds: 0.5,
    custody: true,
    lifetimeSeconds: 9,
    ...PLAIN_FLOW,
  };
  function book() {
    const counters = newCounters(2);
    const traffic = new TrafficBook([flow, { ...flow, count: 1, sizeBytes: 0 }], counters);
    const payload = (index: number) => traffic.next(index, 0)?.request.payload as Uint8Array;
    const deliver = (bytes: Uint8Array, node = 2) => traffic.delivered({ payload: bytes } as Delivery, node, 0);
    return { traffic, counters, payload, deliver };
  }

  it('makes every bundle of a flow, each other than the one before, and no more', () => {
    const { traffic, counters } = book();
    const made = [0, 1, 2, 3].map((i) => traffic.next(0, i * 1e6));
    expect(made.map((each) => each?.againUs)).toEqual([500_000, 1_500_000, undefined, undefined]);
    expect(made[3]).toBeUndefined();
    expect(made[0]?.request).toMatchObject({ destinationNode: 2, lifetimeMs: 9000, custody: true });
    expect(new Set(made.slice(0, 3).map((each) => String(each?.request.payload))).size).toBe(3);
    expect(counters.trafficSent).toBe(3);
    expect(traffic.isSent).toBe(false);
    traffic.next(1, 0);
    expect(traffic.isSent).toBe(true);
  });

  it('counts what arrives whole, once, in any order', () => {
    const { traffic, counters, payload, deliver } = book();
    const [a, b, c] = [payload(0), payload(0), payload(1)];
    for (const each of [c, b, a]) deliver(each);
    expect(counters.trafficDelivered).toBe(3);
    expect(traffic.hasArrived).toBe(true);
    expect(traffic.report(true)).toMatchObject({ ok: true, detail: '3 of 3 bundles arrived, all as they were sent' });
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array, number, number]>([
    ['twice', (bytes) => bytes, 2, 2],
    ['changed', (bytes) => Uint8Array.from(bytes, (byte, i) => (i === 15 ? byte ^ 1 : byte)), 2, 1],
    ['cut short', (bytes) => bytes.subarray(0, 19), 2, 1],
    ['of no flow', (bytes) => Uint8Array.from(bytes, (byte, i) => (i === 3 ? 9 : byte)), 2, 1],
    ['with a number that was never given', (bytes) => Uint8Array.from(bytes, (byte, i) => (i === 7 ? 9 : byte)), 2, 1],
    ['elsewhere', (bytes) => bytes, 3, 1],
  ])('reports a bundle that arrives %s', (_, change, node, times) => {
    const { traffic, payload, deliver } = book();
    const bytes = payload(0);
    for (let i = 0; i < times; i++) deliver(change(bytes), node);
    expect(traffic.report(true)?.ok).toBe(false);
  });

  it.each([
    ['was never due', false, 0, false],
    ['in custody did not arrive', true, 1, false],
    ['without custody did not arrive', false, 1, true],
  ])('judges a flow of which a bundle %s', (_, custody, sent, ok) => {
    const flow = {
      at: 0,
      from: 1,
      to: 2,
      count: 1,
      sizeBytes: 8,
      intervalSeconds: 1,
      custody,
      lifetimeSeconds: 9,
      ...PLAIN_FLOW,
    };
    const traffic = new TrafficBook([flow], newCounters(2));
    for (let i = 0; i < sent; i++) traffic.next(0, 0);
    expect(traffic.report(false)?.ok).toBe(ok);
    expect(traffic.report(true)?.ok).toBe(ok); // what was found wrong stays wrong
    const stopped = new TrafficBook([flow], newCounters(2));
    expect(stopped.report(true)?.ok).toBe(true);
  });

  it('has nothing to say without flows', () => {
    expect(new TrafficBook([], newCounters(1)).report(false)).toBeUndefined();
  });
});

describe('the trace hash', () => {
  const hashOf = (...numbers: number[]) => {
    const hash = new TraceHash();
    for (const each of numbers) hash.number(each);
    return hash.value;
  };

  it('is equal for equal traces, and another for any change, order and length included', () => {
    const traces = [
      [],
      [0],
      [0, 0],
      [1, 2],
      [2, 1],
      [1],
      [-1],
      [2 ** 32],
      [2 ** 32 + 1],
      [2 ** 52],
      [2 ** 52 + 1],
      [2 ** 52 + 2 ** 40],
    ];
    const hashes = traces.map((each) => hashOf(...each));
    expect(new Set(hashes).size).toBe(traces.length);
    expect(traces.map((each) => hashOf(...each))).toEqual(hashes);
    for (const each of hashes) expect(each).toMatch(/^[0-9a-f]{16}$/);
  });

  it('tells many traces apart', () => {
    const seen = new Set<string>();
    for (let a = 0; a < 200; a++) for (let b = 0; b < 200; b++) seen.add(hashOf(a * 1_000_003, b));
    expect(seen.size).toBe(40_000);
  });

  it('folds texts with their ends', () => {
    const of = (...texts: string[]) => {
      const hash = new TraceHash();
      for (const each of texts) hash.text(each);
      return hash.value;
    };
    expect(of('ab', 'c')).not.toBe(of('a', 'bc'));
  });
});
