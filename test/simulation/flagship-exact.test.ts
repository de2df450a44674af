/** The flagship counts words exactly, whatever --set makes of collectors, batches, links and text. */
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/base/json.js';
import { countOf, FLAGSHIP, fly, write } from './fly.js';

const ascii = Array.from(
  { length: 240 },
  (_, i) => `line ${i % 7} says ${'so '.repeat(i % 5)}constructor __proto__ ${i}`,
).join('\n');
const manyBytes = Array.from(
  { length: 240 },
  (_, i) => `größe ${'日本語'.repeat(i % 4)} 🛰${i % 3}  né ${'é'.repeat(i % 6)}`,
).join('\n');

const texts = {
  ascii,
  'ascii, final newline': `${ascii}\n`,
  'many bytes': manyBytes,
  'many bytes, final newline': `${manyBytes}\n`,
  'one line': 'one line without end',
  'empty lines': '\n\n\n',
  'a carriage return and tabs': 'a\tb\r\nc \r\n',
};

const hardships = {
  calm: 'links={rateBytesPerSecond: 500000}',
  'loss 0.1':
    'links={rateBytesPerSecond: 500000, loss: 0.1, duplication: 0.1, reordering: {probability: 0.3, delayMs: 50}}',
  'loss 0.3':
    'links={rateBytesPerSecond: 500000, loss: 0.3, duplication: 0.1, corruption: 0.02, reordering: {probability: 0.3, delayMs: 50}}',
};

/** Every collector count, batch size, hardship and text at least twice, every pair of the first three at least once. */
const samples: [collectors: number, batch: number, hardship: keyof typeof hardships, text: keyof typeof texts][] = [
  [1, 1, 'loss 0.3', 'many bytes'],
  [1, 200, 'calm', 'ascii'],
  [1, 1024, 'loss 0.1', 'many bytes, final newline'],
  [7, 1, 'loss 0.1', 'ascii, final newline'],
  [7, 200, 'loss 0.3', 'many bytes'],
  [7, 1024, 'calm', 'one line'],
  [23, 1, 'calm', 'many bytes, final newline'],
  [23, 200, 'loss 0.1', 'ascii'],
  [23, 1024, 'loss 0.3', 'ascii, final newline'],
  [30, 1, 'loss 0.3', 'ascii'],
  [30, 200, 'calm', 'many bytes'],
  [30, 1024, 'loss 0.1', 'one line'],
  [30, 1, 'loss 0.1', 'empty lines'],
  [23, 1, 'loss 0.3', 'a carriage return and tabs'],
  [7, 200, 'loss 0.1', 'empty lines'],
  [1, 1, 'calm', 'a carriage return and tabs'],
];

describe('the flagship is exact with', () => {
  it.each(samples)('%i collectors, %i records in a batch, %s, %s', async (collectors, batch, hardship, text) => {
    const filename = write('text.txt', texts[text]);
    const { report } = await fly(FLAGSHIP, [
      `jobs.0.collectors=${collectors}`,
      `jobs.0.maxCollectRecords=${batch}`,
      hardships[hardship],
      `jobs.0.data.filename=${filename}`,
    ]);
    const [job] = report.jobs;
    expect(job).toMatchObject({ state: 'done', reason: null });
    expect(canonicalJson(job?.result ?? null)).toBe(countOf(texts[text]));
    expect(job?.collectors).toHaveLength(collectors);
    expect(new Set([...(job?.collectors ?? []), ...(job?.mappers ?? [])].map(String)).size).toBe(2 * collectors);
  });

  it.each([1, 30])('an empty file, which has no words, for %i collectors', async (collectors) => {
    const filename = write('empty.txt', '');
    const { report } = await fly(FLAGSHIP, [`jobs.0.collectors=${collectors}`, `jobs.0.data.filename=${filename}`]);
    expect(report.jobs[0]).toMatchObject({ state: 'done', result: {} });
  });

  it('words that JavaScript objects have already', async () => {
    const filename = write('words.txt', '__proto__ constructor\ntoString __proto__ hasOwnProperty\n');
    const { report } = await fly(FLAGSHIP, ['jobs.0.collectors=7', `jobs.0.data.filename=${filename}`]);
    expect(canonicalJson(report.jobs[0]?.result ?? null)).toBe(
      '{"__proto__":2,"constructor":1,"hasOwnProperty":1,"toString":1}',
    );
  });

  it('a combiner in place of the mappers', async () => {
    const filename = write('text.txt', manyBytes);
    const { report } = await fly(FLAGSHIP, [
      'jobs.0.collect=wordcountcollector',
      'jobs.0.collectors=30',
      'jobs.0.maxCollectRecords=3',
      'links.loss=0.3',
      `jobs.0.data.filename=${filename}`,
    ]);
    expect(canonicalJson(report.jobs[0]?.result ?? null)).toBe(countOf(manyBytes));
    expect(report.jobs[0]?.mappers).toEqual(report.jobs[0]?.collectors);
  });
});
