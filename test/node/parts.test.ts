/** The parts of a running node by themselves: contacts, clock, frames, events, peers. */
import { describe, expect, it } from 'vitest';
import { decodeKeptInteger, encodeKeptInteger, NodeClock } from '../../src/node/clock.node.js';
import { ContactDriver } from '../../src/node/contact-driver.js';
import { FrameReader } from '../../src/node/frame-reader.js';
import { parseHostPort } from '../../src/node/host-port.js';
import { NodeTrace } from '../../src/node/node-trace.js';
import { OutgoingStreams } from '../../src/node/outgoing-streams.js';
import { ContactPlan } from '../../src/routing/index.js';

const contact = (to: number, startUs: number, endUs: number, rateBytesPerSecond = 1_000) => ({
  from: 1,
  to,
  startUs,
  endUs,
  rateBytesPerSecond,
  owltUs: 0,
});

describe('the contact driver', () => {
  const told = (driver: ContactDriver, nowUs: number) =>
    driver.advance(nowUs).map((input) => {
      if (input.kind === 'contact-started') return `${input.contact.to} until ${input.contact.endUs}`;
      return input.kind === 'contact-ended' ? `${input.to} ended${input.failed ? ' early' : ''}` : input.kind;
    });

  it('tells contacts of this node as they begin and end, and when to come again', () => {
    const others = { ...contact(1, 0, 50), from: 2 };
    const driver = new ContactDriver(new ContactPlan([contact(2, 10, 20), contact(3, 15, 30), others]), 1);
    expect(driver.nextUs()).toBe(10);
    expect(told(driver, 10)).toEqual(['2 until 20']);
    expect(told(driver, 15)).toEqual(['3 until 30']);
    expect(driver.openContacts).toBe(2);
    expect(driver.nextUs()).toBe(20);
    expect(told(driver, 20)).toEqual(['2 ended']);
    expect(told(driver, 40)).toEqual(['3 ended']);
    expect(driver.nextUs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('takes up the sky of the moment where it starts late, and passes over what is past', () => {
    const driver = new ContactDriver(new ContactPlan([contact(2, 0, 10), contact(2, 20, 90), contact(3, 0, 5)]), 1);
    expect(told(driver, 50)).toEqual(['2 until 90']);
  });

  it('lets a contact follow on another without an end between, and prefers the faster of two', () => {
    const plan = new ContactPlan([contact(2, 0, 10), contact(2, 10, 20), contact(2, 12, 15, 9_000)]);
    const driver = new ContactDriver(plan, 1);
    expect(told(driver, 0)).toEqual(['2 until 10']);
    expect(told(driver, 10)).toEqual(['2 until 20']);
    expect(told(driver, 12)).toEqual(['2 until 15']);
    expect(told(driver, 15)).toEqual(['2 until 20']);
    expect(told(driver, 20)).toEqual(['2 ended']);
  });
});

describe('the clock of a node', () => {
  it('begins at the wall clock, goes by the monotonic one, and never before what the store kept', () => {
    let wallMs = 10_000;
    let monotonicMs = 0;
    const machine = { wallMs: () => wallMs, monotonicMs: () => monotonicMs };
    const clock = new NodeClock(4_000_000, 0, machine);
    expect(clock.nowUs()).toBe(6_000_000);
    monotonicMs = 1_000;
    wallMs = 0; // set back while it runs
    expect(clock.nowUs()).toBe(7_000_000);
    const later = new NodeClock(4_000_000, 7_000_000, machine);
    expect(later.nowUs()).toBe(7_000_000);
    expect(later.wallMsUntil(7_500_000)).toBe(500);
  });

  it('keeps an instant, and takes nothing else for one', () => {
    expect(decodeKeptInteger(encodeKeptInteger(123_456_789_012_345))).toBe(123_456_789_012_345);
    expect(decodeKeptInteger(undefined)).toBeUndefined();
    expect(decodeKeptInteger(new Uint8Array(9).fill(255))).toBeUndefined();
  });
});

describe('frames of the control socket', () => {
  const reader = () => new FrameReader((bytes) => Buffer.from(bytes).toString('utf8'));
  const encoded = Buffer.concat([
    Buffer.from('{"id":1,"payloadBytes":3}\n'),
    Buffer.from([10, 0, 255]),
    Buffer.from('{"id":2}\n'),
  ]);

  it('come out the same however they are cut', () => {
    for (let cut = 1; cut < encoded.length; cut++) {
      const frames = reader();
      for (let at = 0; at < encoded.length; at += cut) frames.push(encoded.subarray(at, at + cut));
      expect(frames.take()).toEqual({ head: { id: 1, payloadBytes: 3 }, payload: Uint8Array.of(10, 0, 255) });
      expect(frames.take()).toEqual({ head: { id: 2 }, payload: new Uint8Array(0) });
      expect(frames.take()).toBeUndefined();
    }
  });

  it.each(['nonsense\n', '[1]\n', '{"payloadBytes":-1}\n', '{"payloadBytes":1e99}\n'])('refuse %j', (text) => {
    expect(() => reader().push(Buffer.from(text))).toThrow(expect.objectContaining({ code: 'bad-call' }));
  });
});

describe('events of a node', () => {
  it('of a later batch are not among those that were taken before', () => {
    const trace = new NodeTrace(true);
    const first = trace.takeEvents();
    trace.contact('started', 1, 1, 2);
    expect(first).toEqual([]);
    expect(trace.takeEvents()).toHaveLength(1);
    expect(trace.counters).toEqual({ 'contacts.started': 1 });
  });
});

describe('outgoing streams', () => {
  const caller = { isGone: false, onGone: () => () => {} };

  it('wake whoever waits for room, and say why a stream was refused', async () => {
    const streams = new OutgoingStreams(async () => {});
    streams.told({ kind: 'stream-writable', stream: 'a', offset: 5, room: 0, isEnded: false });
    const waiting = streams.waitForRoom('a', caller);
    streams.told({ kind: 'stream-writable', stream: 'a', offset: 5, room: 7, isEnded: false });
    expect(await waiting).toMatchObject({ offset: 5, room: 7 });
    streams.told({ kind: 'stream-ended', stream: 'b', outcome: 'refused', detail: 'no such stream' });
    await expect(
      streams.write({ kind: 'stream-write', stream: 'b', offset: 0, bytes: new Uint8Array(1), isEnd: false }),
    ).rejects.toThrow('no such stream');
  });
});

describe('an address with a port', () => {
  it.each([
    ['127.0.0.1:4556', { host: '127.0.0.1', port: 4556 }],
    ['relay.example.org:1', { host: 'relay.example.org', port: 1 }],
    ['[::1]:4556', { host: '::1', port: 4556 }],
    ['::1:4556', undefined],
    ['host', undefined],
    ['host:70000', undefined],
    [':4556', undefined],
  ])('%s', (text, expected) => {
    expect(parseHostPort(text)).toEqual(expected);
  });
});
