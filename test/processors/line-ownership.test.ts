import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DocCollector, type ReadOptions } from '../../src/processors/doccollector.js';
import { PlainPlatform } from '../helpers/plain-platform.js';
import { all, collectPayload } from './payloads.js';

/** Lines of every collector, in the order of the collectors. */
async function linesOfAll(platform: PlainPlatform, parts: number, options: ReadOptions): Promise<string[][]> {
  const lines: string[][] = [];
  for (let part = 1; part <= parts; part++) {
    lines.push(
      await all(new DocCollector(platform, options).collect(collectPayload(part, parts, { filename: 'text' }))),
    );
  }
  return lines;
}

function splitWhole(text: string): string[] {
  const lines = text.split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  return lines;
}

/** Rich in newlines, and in characters of one to four bytes. */
const character = fc.constantFrom('\n', '\n', '\r', ' ', 'a', 'é', '\u0000', '語', '\ufeff', '\u2028', '😀');
const text = fc.array(character, { maxLength: 80 }).map((characters) => characters.join(''));
const parts = fc.integer({ min: 1, max: 30 });
const readBytes = fc.integer({ min: 1, max: 40 });

describe('line ownership', () => {
  it('gives every line once and in order, whatever the text, the number of collectors and the size of reads', async () => {
    await fc.assert(
      fc.asyncProperty(text, parts, readBytes, async (content, count, size) => {
        const platform = new PlainPlatform({ text: content });
        const lines = await linesOfAll(platform, count, { readBytes: size });
        expect(lines.flat()).toEqual(splitWhole(content));
        expect(platform.openFiles).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('gives each line to the collector in whose byte range it starts', async () => {
    await fc.assert(
      fc.asyncProperty(text, parts, readBytes, async (content, count, size) => {
        const platform = new PlainPlatform({ text: content });
        const chunk = Math.ceil(platform.encodeUtf8(content).length / count);
        const expected: string[][] = Array.from({ length: count }, () => []);
        let start = 0;
        for (const line of splitWhole(content)) {
          expected[Math.floor(start / chunk)]?.push(line);
          start += platform.encodeUtf8(line).length + 1;
        }
        expect(await linesOfAll(platform, count, { readBytes: size })).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('decodes ill-formed bytes as the whole file would', async () => {
    const bytes = fc.array(fc.constantFrom(0x0a, 0x41, 0xc3, 0xa9, 0xe8, 0xf0, 0x9f, 0xff), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(bytes, parts, readBytes, async (content, count, size) => {
        const platform = new PlainPlatform({ text: Uint8Array.from(content) });
        const lines = await linesOfAll(platform, count, { readBytes: size });
        expect(lines.flat()).toEqual(splitWhole(platform.decodeUtf8(Uint8Array.from(content))));
      }),
      { numRuns: 300 },
    );
  });

  it('gives no line of an empty file', async () => {
    expect((await linesOfAll(new PlainPlatform({ text: '' }), 3, {})).flat()).toEqual([]);
  });

  it('takes a final newline as the end of a line and not as the start of one', async () => {
    expect((await linesOfAll(new PlainPlatform({ text: 'a\n' }), 2, {})).flat()).toEqual(['a']);
    expect((await linesOfAll(new PlainPlatform({ text: 'a\n\n' }), 2, {})).flat()).toEqual(['a', '']);
  });
});
