/** The examples of the plan and route commands: those of their help run, and those of the README print what stands below them. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { testFile, testFolder } from './bundle-support.js';
import { DIAMOND } from './plan-support.js';
import { leodtn } from './test-io.js';

const moon = readFileSync('scenarios/plans/moon.json', 'utf8');

/** Files that examples name and that a user would have. */
const FILES: { readonly [name: string]: string | Uint8Array } = {
  'extra.json': moon.replaceAll('rover', 'orbiter'),
  'today.ionrc': DIAMOND,
  'big.json.gz': gzipSync(moon),
  'public-plan.json.gz': gzipSync(moon),
  'plan.json.gz': gzipSync(moon),
};

/** Statuses of examples that show what is refused, by what the line has. */
const REFUSED = [/moon\.json --to ion$/, /--by -0\.5/];

/** The words of a command line, its files in a folder where they are not of the repository. */
function wordsOf(line: string, folder: string): string[] {
  const [command] = line.split(' | ') as [string];
  const words = command.trim().split(/\s+/).slice(1);
  return words.map((word, i) => {
    if (FILES[word] !== undefined) return testFile(word, FILES[word]);
    return /^(--out|-o|--svg)$/.test(words[i - 1] ?? '') ? join(folder, basename(word)) : word;
  });
}

describe.each([
  ['plan', 'show'],
  ['plan', 'check'],
  ['plan', 'convert'],
  ['plan', 'merge'],
  ['plan', 'shift'],
  ['route'],
])('the help of leodtn %s %s', (...path) => {
  it('has examples that run', async () => {
    const words = path.filter((word) => word !== undefined);
    const { out, status } = await leodtn([...words, '--help']);
    expect(status).toBe(0);
    const examples = [...out.matchAll(/^ {2}\$ (leodtn .*)$/gm)].map((match) => match[1] as string);
    expect(examples.length).toBeGreaterThan(1);
    const folder = testFolder();
    for (const example of examples) {
      const ran = await leodtn(wordsOf(example, folder));
      expect(ran.status, `${example}: ${ran.err}`).toBe(REFUSED.some((line) => line.test(example)) ? 2 : 0);
    }
  });
});

describe('the README', () => {
  it('shows commands on plans that print what it says', async () => {
    const text = readFileSync('README.md', 'utf8');
    const section = text.slice(text.indexOf('## Contact plans and routes'));
    const example = section.split('```\n')[1] as string;
    const parts = example.split(/^\$ npx /m).slice(1);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) {
      const [line, ...expected] = part.trimEnd().split('\n') as [string, ...string[]];
      const ran = await leodtn(wordsOf(line, testFolder()));
      expect([ran.err, ran.out.trimEnd()], line).toEqual(['', expected.join('\n').trimEnd()]);
    }
  });
});
