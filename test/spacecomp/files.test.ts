/** Files beside records, through all phases of a job. */
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/base/json.js';
import type { MapPayload, ReceivedFile, ReducePayload } from '../../src/processors/contract.js';
import { collects, combines, Flock, type Mine, maps, reduces, spec, wild } from './flock.js';

const bytes = (length: number, salt: number) => Uint8Array.from({ length }, (_, i) => (i * 31 + salt) & 0xff);
const file = (name: string, content: Uint8Array, value?: JsonValue) => ({
  ...(value === undefined ? {} : { value }),
  _COMP_FILE_: { name, stream: content },
});
const whole = (pieces: Iterable<Uint8Array>) => [...Buffer.concat([...pieces])];
const only = (files: { [name: string]: ReceivedFile }) => Object.values(files)[0] as ReceivedFile;

/** Three photographs, larger than a bundle and not a whole number of chunks; the mapper turns their bytes round. */
const photographs: Mine = {
  collect: collects(function* () {
    for (let i = 0; i < 3; i++) yield file(`photo${i}`, bytes(70_000 + i, i), { number: i });
  }),
  map: maps(({ data, files }) =>
    data.map((value) => {
      const { number } = value as { number: number };
      const photo = files[`photo${number}`] as ReceivedFile;
      return file(`turned${number}`, photo.bytes().slice().reverse(), { number, size: photo.size });
    }),
  ),
  reduce: reduces((payloads) => file('album', Buffer.concat(payloads.map(({ files }) => only(files).bytes())), null)),
};

describe('files', () => {
  it.each([1, 2, 3, 10])('go through collector, mapper and reducer whole, %i records in a batch', async (batch) => {
    for (const seed of [1, 2, 3]) {
      const flock = new Flock(photographs);
      const status = await flock.run(spec({ maxCollectRecords: batch, collectors: 2 }), wild(seed));
      expect(status).toMatchObject({ state: 'done', result: 'null' });
      expect(status.files.map(({ name }) => name)).toEqual(['album']);
      const turned = [0, 1, 2].flatMap((i) => [...bytes(70_000 + i, i).reverse()]);
      expect(whole(status.files[0]?.pieces ?? [])).toEqual([...turned, ...turned]);
      expect(flock.malformed).toEqual([]);
      expect([1, 2, 3, 4, 5, 6].map((node) => flock.engine(node).unclaimed)).toEqual([0, 0, 0, 0, 0, 0]);
    }
  });

  it('of one name in one batch are both kept, in batches of their own', async () => {
    const seen: [JsonValue[], string[], number][] = [];
    const flock = new Flock({
      collect: collects(() => [
        file('f', bytes(10, 1), 'first'),
        'plain',
        file('f', bytes(20, 2), 'second'),
        file('g', bytes(30, 3), 'third'),
      ]),
      map: maps(({ data, files, collected_index }) => {
        seen.push([data, Object.keys(files), collected_index]);
        return Object.values(files).map((each) => each.size);
      }),
      reduce: reduces((payloads) => payloads.map(({ data }) => data)),
    });
    const status = await flock.run(spec({ maxCollectRecords: 100 }));
    expect(seen).toEqual([
      [['first', 'plain'], ['f'], 2],
      [['second', 'third'], ['f', 'g'], 4],
    ]);
    expect(status.result).toBe('[10,20,30]');
  });

  it('of a batch reach the mapper of that batch only', async () => {
    const seen: string[][] = [];
    const flock = new Flock({
      collect: collects(() => ['a', file('f', bytes(1, 1)), 'b', 'c', file('g', bytes(1, 1)), 'd']),
      map: maps(({ files }: MapPayload) => {
        seen.push(Object.keys(files));
        return [];
      }),
      reduce: reduces(() => 0),
    });
    await flock.run(spec({ maxCollectRecords: 2 }));
    expect(seen).toEqual([['f'], [], ['g']]);
  });

  it.each(['__proto__', 'constructor', 'json', '../../etc/passwd', '\ud800', `\ufeff${'long'.repeat(40)}`])(
    'keep their name: %j',
    async (name) => {
      const flock = new Flock({
        collect: collects(() => [file(name, bytes(5, 5))]),
        map: maps(({ files }) => Object.values(files).map((each) => file(each.name, each.bytes(), Object.keys(files)))),
        reduce: reduces((payloads) => {
          const [{ data, files }] = payloads as [ReducePayload];
          return file(only(files).name, only(files).bytes(), data);
        }),
      });
      const status = await flock.run(spec());
      expect(status).toMatchObject({ state: 'done', result: JSON.stringify([name]) });
      expect(status.files.map((each) => [each.name, whole(each.pieces)])).toEqual([[name, [...bytes(5, 5)]]]);
    },
  );

  it('may be empty, and records beside them may be left out', async () => {
    const flock = new Flock({
      collect: collects(() => [file('empty', new Uint8Array(0))]),
      map: maps(({ data, files }) => [[...data, only(files).size]]),
      reduce: reduces((payloads) => payloads.map(({ data }) => data)),
    });
    expect((await flock.run(spec())).result).toBe('[[null,0]]');
  });

  it('go past the mappers beside what the combiner gives, whose own file of a name wins', async () => {
    const flock = new Flock({
      collect: collects(() => [file('mine', bytes(3, 1), 'a'), file('theirs', bytes(4, 2), 'b')], true),
      combine: combines((data) => file('mine', bytes(5, 3), data)),
      reduce: reduces((payloads) =>
        payloads.map(
          ({ data, files }) => [data, Object.values(files).map(({ name, size }) => [name, size])] as JsonValue,
        ),
      ),
    });
    const status = await flock.run(spec({ maxCollectRecords: 5 }), wild(4));
    expect(JSON.parse(status.result ?? '')).toEqual([
      [
        ['a', 'b'],
        [
          ['mine', 5],
          ['theirs', 4],
        ],
      ],
    ]);
  });

  it('wait for their message and messages for their files, whichever comes first', async () => {
    for (const late of ['file', 'message']) {
      const flock = new Flock(photographs);
      flock.submit(spec({ maxCollectRecords: 3 }));
      const isLate = (size: number) => (late === 'file' ? size > 1000 : size <= 1000);
      const held: typeof flock.underWay = [];
      const deliver = flock.deliver.bind(flock);
      flock.deliver = (packet) =>
        isLate(packet.payload.length) && packet.to === 4 ? void held.push(packet) : deliver(packet);
      await flock.fly();
      expect(held.length).toBeGreaterThan(0);
      expect(flock.events.some((event) => event.startsWith('role-input 4'))).toBe(false);
      flock.deliver = deliver;
      for (const packet of held.reverse()) flock.deliver(packet);
      await flock.fly();
      expect(flock.statuses.at(-1)?.state).toBe('done');
    }
  });
});

describe('back-pressure', () => {
  it("asks for no next step while too much of the node's own traffic waits, and goes on when it has left", async () => {
    let collected = 0;
    const flock = new Flock({
      collect: collects(function* () {
        while (collected < 50) yield collected++;
      }),
      map: maps(({ data }) => data),
      reduce: reduces((payloads) => payloads.length),
    });
    flock.submit(spec({ maxCollectRecords: 1 }));
    await flock.fly(undefined, () => collected === 5);
    flock.heldBundles = 256;
    await flock.fly();
    expect(collected).toBeLessThanOrEqual(6);
    expect(flock.waitingSteps).toBe(0);
    flock.resume(3);
    expect(flock.waitingSteps).toBe(0);
    flock.heldBundles = 255;
    for (const node of [2, 3, 4]) flock.resume(node);
    await flock.fly();
    expect(flock.statuses.at(-1)).toMatchObject({ state: 'done', result: '50' });
  });
});
