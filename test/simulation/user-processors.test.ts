/** Jobs of users' own processors from module files: files through all phases, what they are told, and what they throw. */
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/base/json.js';
import { flyThis, smallWorld } from './fly.js';

const hard = ['links.loss=0.25', 'links.duplication=0.1', 'links.reordering={probability: 0.3, delayMs: 40}'];

function world(job: object) {
  const small = smallWorld('');
  const [first] = small['jobs'] as object[];
  return { ...small, jobs: [{ ...first, ...job }] };
}

describe("a job of users' processors", () => {
  it.each([1, 2, 50])('carries files through all phases, %i records in a batch', async (batch) => {
    const [count, size] = [5, 70_001];
    const { report, files } = await flyThis(
      world({
        collect: './photographs.mjs',
        map: './negatives.mjs',
        reduce: './album.mjs',
        collectors: 2,
        maxCollectRecords: batch,
        data: { count, size },
      }),
      hard,
    );
    expect(report.jobs[0]).toMatchObject({ state: 'done', result: { files: ['album'] } });
    expect(files.map(({ job, name, bytes }) => [job, name, bytes.length])).toEqual([
      [report.jobs[0]?.id, 'album', 2 * count * size],
    ]);
    const bytes = files[0]?.bytes as Uint8Array;
    let wrong = 0;
    for (let at = 0; at < bytes.length; at++) {
      const photo = Math.floor(at / size);
      const salt = (Math.floor(photo / count) + 1) * 10 + (photo % count);
      if (bytes[at] !== 255 - (((at % size) * 7 + salt) & 0xff)) wrong++;
    }
    expect(wrong).toBe(0);
  });

  it('is told the same as a local run of it', async () => {
    const filename = `${import.meta.dirname}/fixtures/album.mjs`;
    const { report } = await flyThis(
      world({ reduce: './what-it-was-told.mjs', data: { filename, __proto__: 1 } }),
      hard,
    );
    const [job] = report.jobs;
    const payloads = job?.result as { [key: string]: JsonValue }[];
    expect(payloads.filter((each) => each['end_map']).map((each) => each['mapper'])).toEqual(job?.mappers);
    expect(payloads[0]).toMatchObject({ jobid: job?.id, data_size: 3, los: job?.los, reducer: job?.reducer });
    // Virtual time begins with the year 2027.
    expect(payloads[0]?.['job_start']).toBe(Date.UTC(2027, 0, 1) / 1000 + 1);
  });

  it.each([
    ['collect', 'collector 1 at '],
    ['map', 'mapper 1 at '],
    ['combine', 'collector 1 at '],
    ['reduce', 'reducer at '],
  ])('fails and says so where its %s throws', async (kind, who) => {
    const filename = `${import.meta.dirname}/fixtures/album.mjs`;
    const skip = kind === 'combine' ? { collect: 'wordcountcollector' } : {};
    const job = { ...skip, [kind]: './out-of-film.mjs', data: { filename }, collectors: 1 };
    const { report } = await flyThis({ ...world(job), expect: { jobs: 'failed', reason: 'out of film' } }, hard);
    expect(report.jobs[0]?.reason).toContain(who);
    expect(report.jobs[0]?.reason).toContain('failed: ');
    expect(report.jobs[0]?.jobTimeSeconds).toBeLessThan(60);
  });
});
