/** One seed, one run: in one process and in others. */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { essence, FLAGSHIP, fly, SCENARIOS, write } from './fly.js';

const text = write('text.txt', Array.from({ length: 300 }, (_, i) => `word${i % 13} and ${i % 5}`).join('\n'));
const set = [`jobs.0.data.filename=${text}`, 'links.loss=0.3', 'jobs.0.maxCollectRecords=5'];

describe('a run', () => {
  it('is the same twice in one process, report and events', async () => {
    const runs = [];
    for (let i = 0; i < 2; i++) {
      const events: string[] = [];
      const outcome = await fly(FLAGSHIP, set, { onEvent: (event) => events.push(JSON.stringify(event)) });
      runs.push({ essence: essence(outcome), events: events.join('\n') });
    }
    expect(runs[1]?.essence).toEqual(runs[0]?.essence);
    expect(runs[1]?.events === runs[0]?.events).toBe(true);
  });

  it('is the same whether anybody listens', async () => {
    const heard = await fly(FLAGSHIP, set, { onEvent: () => undefined, onProgress: () => undefined });
    expect(essence(await fly(FLAGSHIP, set))).toEqual(essence(heard));
  });

  it('is the same in two other processes', async () => {
    const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
    const args = ['--import', 'tsx', main, 'run', FLAGSHIP, '--json', ...set.flatMap((each) => ['--set', each])];
    const hashes = [0, 1].map((i) => {
      const { stdout, status, stderr } = spawnSync(process.execPath, args, {
        encoding: 'utf8',
        env: { ...process.env, TZ: i === 0 ? 'UTC' : 'Asia/Kathmandu', LC_ALL: i === 0 ? 'C' : 'tr_TR.UTF-8' },
      });
      expect(stderr.replace(/^npm warn.*$/gm, '').trim()).toBe('');
      expect(status).toBe(0);
      return (JSON.parse(stdout) as { traceHash: string }).traceHash;
    });
    const { report } = await fly(FLAGSHIP, set);
    expect(hashes).toEqual([report.traceHash, report.traceHash]);
  });

  it('is another one with another seed, or any other hardship', async () => {
    const variants = [
      [],
      ['seed=2027'],
      ['seed=-1'],
      ['links.loss=0.29'],
      ['processing.mapMs=21'],
      ['jobs.0.collectors=10'],
    ];
    const hashes = [];
    for (const variant of variants) hashes.push((await fly(FLAGSHIP, [...set, ...variant])).report.traceHash);
    expect(new Set(hashes).size).toBe(variants.length);
  });

  it('is the same for a contact plan from a file', async () => {
    const file = join(SCENARIOS, 'plan-file.yaml');
    expect(essence(await fly(file))).toEqual(essence(await fly(file)));
  });
});
