import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage, type JobContext, type JobMessage } from '../../src/spacecomp/messages.js';

const count = fc.nat(Number.MAX_SAFE_INTEGER);
/** What travels as JSON inside a text. */
const json = fc.oneof(
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.constantFrom('{"__proto__":{"constructor":1}}', '"\\ud800"', '"\ufeff"', '""', 'null', `"${'ö'.repeat(300)}"`),
);
/** A string of any UTF-16 units, lone surrogates among them. */
const anyText = fc.oneof(
  fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('__proto__', '\ud800', '\udc00\ud800', `\ufeff${'a'.repeat(70)}`, '../../x'),
);
const name = fc.constantFrom('doccollector', './mine.mjs', '\u{1f6f0}', '__proto__', 'x'.repeat(500));
const files = fc.array(fc.record({ name: anyText, stream: count }), { maxLength: 3 });

const context: fc.Arbitrary<JobContext> = fc.record({
  job: name,
  los: count,
  reducer: count,
  size: count,
  collectTask: name,
  mapTask: name,
  combineTask: name,
  reduceTask: name,
  maxCollectRecords: count,
  jobData: json,
  startUnixSeconds: fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
  deadlineMs: count,
  deadlineDtnMs: count,
});

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const message: fc.Arbitrary<JobMessage> = fc.oneof(
  fc.record({ type: fc.constant('collect' as const), context, index: count, mapper: count }),
  fc.record({
    type: fc.constant('map' as const),
    job: name,
    index: count,
    batch: count,
    context: maybe(context),
    records: fc.array(json, { maxLength: 20 }),
    files,
    collectedIndex: count,
    isEnd: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('reduce' as const),
    job: name,
    index: count,
    ordinal: count,
    context: maybe(context),
    record: maybe(json),
    files,
    isEnd: fc.boolean(),
  }),
  fc.record({ type: fc.constant('result' as const), job: name, result: maybe(json), files, failure: maybe(name) }),
  fc.record({
    type: fc.constant('progress' as const),
    job: name,
    role: fc.constantFrom('collector' as const, 'mapper' as const, 'reducer' as const),
    index: count,
    state: fc.constantFrom('started' as const, 'done' as const),
    records: count,
  }),
  fc.record({ type: fc.constant('cancel' as const), job: name, deadlineMs: count, deadlineDtnMs: count }),
  fc.record({ type: fc.constant('taken' as const), job: name, index: count, batch: count }),
);

describe('a job message', () => {
  it('comes out as it went in', () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(decodeMessage(encodeMessage(sent))).toEqual(sent);
      }),
      { numRuns: 500 },
    );
  });

  it('is none when it is cut anywhere', () => {
    fc.assert(
      fc.property(message, (sent) => {
        const bytes = encodeMessage(sent);
        for (let length = 0; length < bytes.length; length += 1 + (bytes.length >> 6)) {
          expect(decodeMessage(bytes.subarray(0, length))).toBeUndefined();
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is none, or a whole one, when a byte of it is changed', () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, at, change) => {
        const bytes = encodeMessage(sent).slice();
        bytes[at % bytes.length]! ^= change;
        const decoded = decodeMessage(bytes);
        if (decoded !== undefined) expect(decodeMessage(encodeMessage(decoded))).toEqual(decoded);
      }),
      { numRuns: 500 },
    );
  });

  it('is none in garbage, which never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const decoded = decodeMessage(bytes);
        expect(decoded === undefined || typeof decoded.type === 'string').toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['nothing', ''],
    ['a map', 'a0'],
    ['an unknown type', '8107'],
    ['no fields', '8105'],
    ['a job that is a number', '83050102 03'],
    ['a negative count', '8405613120 00'],
    ['a fraction where a count belongs', '84056131f93800 00'],
    ['an array that claims four thousand million items', '9affffffff'],
    ['an array that claims more bytes than there are', '9b001fffffffffffff'],
    ['a tag', 'd9dfff8100'],
    ['two messages', '8405613101018405613101 01'],
  ])('is none in %s', (_, hex) => {
    expect(decodeMessage(Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')))).toBeUndefined();
  });

  it('is none where a record or a file name is of another kind', () => {
    const good = {
      type: 'map',
      job: '1-1',
      index: 1,
      batch: 1,
      context: undefined,
      collectedIndex: 1,
      isEnd: true,
    } as const;
    const with_ = (change: object) => encodeMessage({ ...good, records: ['1'], files: [], ...change } as never);
    expect(decodeMessage(with_({}))).toBeDefined();
    expect(decodeMessage(with_({ records: [1] }))).toBeUndefined();
    expect(decodeMessage(with_({ records: [['1']] }))).toBeUndefined();
    expect(decodeMessage(with_({ files: [{ name: 7, stream: 0 }] }))).toBeUndefined();
    expect(decodeMessage(with_({ files: [{ name: 'f', stream: -1 }] }))).toBeUndefined();
  });
});
