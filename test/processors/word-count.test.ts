import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/base/json.js';
import { MergeCombiner } from '../../src/processors/mergecombiner.js';
import { SumReducer } from '../../src/processors/sumreducer.js';
import { WordCountMapper } from '../../src/processors/wordcountmapper.js';
import { mapPayload, reducePayloads } from './payloads.js';

const overJson = (value: unknown): JsonValue => JSON.parse(JSON.stringify(value)) as JsonValue;

describe('wordcountmapper', () => {
  it('counts the words between spaces, the empty one among them', () => {
    expect(JSON.stringify(new WordCountMapper().run_map(mapPayload(['a  b', '', 'a\tb a\r'])))).toBe(
      '[{"a":1,"":2,"b":1,"a\\tb":1,"a\\r":1}]',
    );
  });

  it('takes names of object members as words', () => {
    const [counts] = new WordCountMapper().run_map(mapPayload(['__proto__ constructor __proto__ toString']));
    expect(JSON.stringify(counts)).toBe('{"__proto__":2,"constructor":1,"toString":1}');
  });

  it('refuses a record that is no line', () => {
    expect(() => new WordCountMapper().run_map(mapPayload(['a', 7]))).toThrow('record 2 of the batch is 7');
  });
});

describe('sumreducer and mergecombiner', () => {
  const records = [
    overJson({ a: 1, b: 2 }),
    JSON.parse('{"a":3,"__proto__":1}'),
    JSON.parse('{"__proto__":4,"constructor":1}'),
  ];
  const sum = '{"a":4,"b":2,"__proto__":5,"constructor":1}';

  it('sum by key', () => {
    expect(JSON.stringify(new SumReducer().reduce(reducePayloads(records)))).toBe(sum);
    expect(JSON.stringify(new MergeCombiner().combine(records))).toBe(sum);
  });

  it('give an empty object for nothing', () => {
    expect(JSON.stringify(new SumReducer().reduce([]))).toBe('{}');
    expect(JSON.stringify(new MergeCombiner().combine([]))).toBe('{}');
  });

  it.each([7, null, ['a'], { a: '1' }])('refuse the record %j', (record) => {
    expect(() => new SumReducer().reduce(reducePayloads([record]))).toThrow(/^sumreducer sums /);
    expect(() => new MergeCombiner().combine([record])).toThrow(/^mergecombiner sums /);
  });
});
