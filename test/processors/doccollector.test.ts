import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/base/json.js';
import { DocCollector, WordCountCollector } from '../../src/processors/doccollector.js';
import { DEFAULT_READ_BYTES } from '../../src/processors/line-reader.js';
import { PlainPlatform } from '../helpers/plain-platform.js';
import { all, collectPayload } from './payloads.js';

describe('doccollector', () => {
  it.each<{ jobData: JsonValue }>([
    { jobData: null },
    { jobData: 'text' },
    { jobData: {} },
    { jobData: { filename: 7 } },
    { jobData: { filename: '' } },
    { jobData: ['text'] },
  ])('refuses the job_data $jobData', ({ jobData }) => {
    expect(() => new DocCollector(new PlainPlatform()).collect(collectPayload(1, 1, jobData))).toThrow(
      /job_data must be {"filename": "\.\.\."}/,
    );
  });

  it('names the file that it cannot open', async () => {
    const lines = new DocCollector(new PlainPlatform()).collect(collectPayload(1, 1, { filename: 'nowhere.txt' }));
    await expect(all(lines)).rejects.toThrow('nowhere.txt');
  });

  it('refuses a line that is longer than the limit, wherever reads cut it', async () => {
    for (const readBytes of [1, 3, 4]) {
      const options = { readBytes, maxLineBytes: 5 };
      const payload = collectPayload(1, 1, { filename: 'text' });
      const fits = new PlainPlatform({ text: 'a\n12345\n12345' });
      expect(await all(new DocCollector(fits, options).collect(payload))).toEqual(['a', '12345', '12345']);
      for (const text of ['a\n123456\nb', 'a\n123456']) {
        const platform = new PlainPlatform({ text });
        await expect(all(new DocCollector(platform, options).collect(payload))).rejects.toThrow(
          'the line at byte 2 of text is longer than 5 bytes',
        );
        expect(platform.openFiles).toBe(0);
      }
    }
  });

  it('reads a large file in small pieces and closes it when its reader gives up', async () => {
    const platform = new PlainPlatform({ text: 'some words\n'.repeat(100_000) });
    for await (const line of new DocCollector(platform).collect(collectPayload(1, 1, { filename: 'text' }))) {
      expect(line).toBe('some words');
      expect(platform.openFiles).toBe(1);
      break;
    }
    expect(platform.openFiles).toBe(0);
    expect(platform.longestReadBytes).toBe(DEFAULT_READ_BYTES);
  });

  it('puts a long line together from many reads', async () => {
    const long = 'é'.repeat(150_000);
    const platform = new PlainPlatform({ text: `first\n${long}\nlast` });
    const lines = await all(new DocCollector(platform).collect(collectPayload(1, 1, { filename: 'text' })));
    expect(lines.map((line) => line.length)).toEqual([5, 150_000, 4]);
    expect(lines[1] === long).toBe(true);
  });
});

describe('wordcountcollector', () => {
  it('counts the words of each line and skips the map phase', async () => {
    const collector = new WordCountCollector(new PlainPlatform({ text: 'a b a\n\n__proto__\n' }));
    expect(collector.COMP_SKIP_MAP).toBe(true);
    const records = await all(collector.collect(collectPayload(1, 1, { filename: 'text' })));
    expect(records.map((record) => Object.entries(record))).toEqual([
      [
        ['a', 2],
        ['b', 1],
      ],
      [['', 1]],
      [['__proto__', 1]],
    ]);
  });
});
