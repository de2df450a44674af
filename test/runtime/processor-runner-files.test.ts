import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/base/json.js';
import type { StepBegin } from '../../src/runtime/processor-runner.js';
import { beginCollect, drain, ended, outcomeOf, record, runnerWith } from '../processors/runner-harness.js';

describe('files', () => {
  const chunkBytes = 32 * 1024;

  /** Outcomes for one file, with the chunks' bytes put together. */
  async function giveOut(stream: unknown, value?: JsonValue) {
    const output = { ...(value === undefined ? {} : { value }), _COMP_FILE_: { name: 'f', stream } };
    const outcomes = await drain(runnerWith({ collect: { collect: () => [output] as never } }), beginCollect);
    const chunks = outcomes.flatMap((outcome) => (outcome.kind === 'file-chunk' ? [outcome] : []));
    return { outcomes, chunks, bytes: Buffer.concat(chunks.map(({ bytes }) => bytes)) };
  }

  const content = Uint8Array.from({ length: 3 * chunkBytes + 5 }, (_, i) => (i * 7) % 251);

  function* cut(sizes: readonly number[]) {
    let offset = 0;
    for (let i = 0; offset < content.length; i++) {
      const size = sizes[i % sizes.length] as number;
      yield content.subarray(offset, offset + size);
      offset += size;
    }
  }

  it.each([[[content.length]], [[1000]], [[0, 40_000, 1]], [[100_000]], [[chunkBytes]]])(
    'are cut into chunks of one size from pieces of %j bytes, and followed by their record',
    async (sizes) => {
      const { outcomes, chunks, bytes } = await giveOut(cut(sizes), { width: 3 });
      expect(chunks.map((chunk) => [chunk.bytes.length, chunk.last])).toEqual([
        [chunkBytes, false],
        [chunkBytes, false],
        [chunkBytes, false],
        [5, true],
      ]);
      expect(bytes.equals(content)).toBe(true);
      expect(outcomes.slice(-2)).toEqual([record({ width: 3 }, [{ name: 'f' }]), ended]);
    },
  );

  it('of exactly two chunks end with the second one', async () => {
    const { chunks } = await giveOut(content.subarray(0, 2 * chunkBytes));
    expect(chunks.map((chunk) => [chunk.bytes.length, chunk.last])).toEqual([
      [chunkBytes, false],
      [chunkBytes, true],
    ]);
  });

  it('without bytes are one empty last chunk, and without a value a null record', async () => {
    for (const stream of [new Uint8Array(0), [], [new Uint8Array(0)]]) {
      const { outcomes } = await giveOut(stream);
      expect(outcomes).toEqual([
        { kind: 'file-chunk', name: 'f', bytes: new Uint8Array(0), last: true },
        record(null, [{ name: 'f' }]),
        ended,
      ]);
    }
  });

  it('may be async streams that use one buffer again and again', async () => {
    const stream = async function* () {
      const buffer = new Uint8Array(1000);
      for (let start = 0; start < content.length; start += buffer.length) {
        const length = Math.min(buffer.length, content.length - start);
        buffer.set(content.subarray(start, start + length));
        yield buffer.subarray(0, length);
      }
    };
    expect((await giveOut(stream())).bytes.equals(content)).toBe(true);
  });

  it('may be given out by a reducer', async () => {
    const reduce = () => ({ _COMP_FILE_: { name: 'out', stream: Uint8Array.of(1) } });
    const begin: StepBegin = { instance: 'j/reduce/1', kind: 'reduce', name: 'mine', argument: [] };
    expect(await drain(runnerWith({ reduce: { reduce } }), begin)).toEqual([
      { kind: 'file-chunk', name: 'out', bytes: Uint8Array.of(1), last: true },
      record(null, [{ name: 'out' }]),
      ended,
    ]);
  });

  it.each([
    ['text', 'the stream of file "f" must be a Uint8Array or an iterable of them, but is "text"'],
    [undefined, 'the stream of file "f" must be a Uint8Array or an iterable of them, but is undefined'],
    [
      new Float32Array(1),
      'the stream of file "f" must be a Uint8Array or an iterable of them, but is bytes (Float32Array)',
    ],
    [['text'], 'the stream of file "f" must give Uint8Arrays, but gave "text"'],
  ])('with the stream %s fail', async (stream, message) => {
    expect((await giveOut(stream)).outcomes).toEqual([{ kind: 'failed', message: `collector mine: ${message}` }]);
  });

  it.each([7, null, { name: '', stream: [] }, { stream: [] }])('given as %j fail', async (file) => {
    expect((await outcomeOf({ value: 1, _COMP_FILE_: file })).kind).toBe('failed');
  });
});
