import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/base/bytes.js';
import { UsageError } from '../../src/base/errors.js';
import { Random } from '../../src/base/random.js';
import {
  decodeFrame,
  encodeFrame,
  MAX_PIECE_BYTES,
  MIN_PIECE_BYTES,
  type ReceivedStream,
  SEND_WINDOW_BUNDLES,
  type StreamLimits,
  Streams,
  TOTAL_WINDOW_BUNDLES,
} from '../../src/streams/index.js';
import { PlainPlatform } from '../helpers/plain-platform.js';

interface Unit {
  readonly destination: number;
  readonly payload: Uint8Array;
  readonly untilUs: number;
}

/** A time that no test reaches. */
const LATE = 1e12;

/** A sender and a receiver, with what lies between them in the hands of the test. */
class Ends {
  readonly units: Unit[] = [];
  readonly malformed: string[] = [];
  /** Data units that the store below still has room for. */
  room = Number.POSITIVE_INFINITY;
  held = 0;
  heldInAll = 0;
  /** The largest payload that a contact ahead carries. */
  largest = Number.POSITIVE_INFINITY;
  readonly sender = this.#streams();
  readonly receiver: Streams;

  constructor(limits?: StreamLimits) {
    this.receiver = this.#streams(limits);
  }

  /** Hands data units to the receiver; returns the streams that came out whole. */
  carry(units: readonly Unit[] = this.units): ReceivedStream[] {
    return units.flatMap(({ payload, untilUs }) => this.receiver.receive(1, payload, untilUs) ?? []);
  }

  #streams(limits?: StreamLimits): Streams {
    return new Streams(
      {
        send: (destination, payload, untilUs) => {
          if (this.room <= 0) return false;
          this.room--;
          this.units.push({ destination, payload, untilUs });
          return true;
        },
        heldBundles: (destination) => (destination === undefined ? this.heldInAll : this.held),
        canCarry: (_destination, payloadBytes) => payloadBytes <= this.largest,
        malformed: (_source, rule) => this.malformed.push(rule),
      },
      new PlainPlatform(),
      limits,
    );
  }
}

const bytesOf = (length: number, salt = 0) => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) + salt) & 255);
const whole = (stream: ReceivedStream | undefined) => stream && concatBytes([...stream.pieces]);

describe('a stream', () => {
  it('arrives as it was written, in pieces of any size, in any order, however often', () => {
    const writes = fc.array(fc.integer({ min: 0, max: 3 * MIN_PIECE_BYTES }), { maxLength: 12 });
    fc.assert(
      fc.property(writes, fc.integer(), fc.constantFrom(300, 700, 1_200, 1e9), (lengths, seed, largest) => {
        const ends = new Ends();
        ends.largest = largest;
        const parts = lengths.map((length, i) => bytesOf(length, i));
        const handle = ends.sender.open(2, 'file', 99);
        for (const part of parts) ends.sender.write(handle, part);
        ends.sender.close(handle);
        const units = new Random(seed).shuffled([...ends.units, ...ends.units]);
        const received = ends.carry(units);
        expect(received).toHaveLength(1);
        expect(received[0]).toMatchObject({ source: 1, kind: 'file', stream: 0 });
        expect(whole(received[0])).toEqual(concatBytes(parts));
        expect(ends.malformed).toEqual([]);
        expect(ends.units.every((unit) => unit.destination === 2 && unit.untilUs === 99)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('and others may arrive by turns', () => {
    const ends = new Ends();
    ends.largest = 1_200;
    for (let i = 0; i < 5; i++) ends.sender.sendMessage(2, bytesOf(4_000, i), 99);
    const received = ends.carry(new Random(4).shuffled(ends.units));
    expect(received.map((each) => each.stream).sort()).toEqual([0, 1, 2, 3, 4]);
    for (const each of received) expect(whole(each)).toEqual(bytesOf(4_000, each.stream));
  });

  it('is numbered for each destination', () => {
    const ends = new Ends();
    expect([2, 2, 3, 2].map((node) => ends.sender.open(node, 'file', 1).stream)).toEqual([0, 1, 0, 2]);
  });

  it('of no bytes is one piece, and arrives', () => {
    const ends = new Ends();
    ends.sender.sendMessage(2, new Uint8Array(0), 99);
    expect(ends.units).toHaveLength(1);
    expect(whole(ends.carry()[0])).toEqual(new Uint8Array(0));
  });

  it.each([
    [MAX_PIECE_BYTES - 1, 1],
    [MAX_PIECE_BYTES, 1],
    [MAX_PIECE_BYTES + 1, 2],
    [2 * MAX_PIECE_BYTES, 2],
    [2 * MAX_PIECE_BYTES + 1, 3],
  ])('of %i bytes takes %i pieces', (length, pieces) => {
    const ends = new Ends();
    ends.sender.sendMessage(2, bytesOf(length), 99);
    expect(ends.units).toHaveLength(pieces);
    expect(whole(ends.carry()[0])).toEqual(bytesOf(length));
  });

  it.each([
    ['a contact that carries 5000 bytes', 5_000, 4_096],
    ['no contact that carries even the smallest piece', 100, MAX_PIECE_BYTES],
  ])('goes in pieces that fit: %s', (_, largest, piece) => {
    const ends = new Ends();
    ends.largest = largest;
    ends.sender.sendMessage(2, bytesOf(40_000), 99);
    expect(decodeFrame(ends.units[0]!.payload)?.data).toHaveLength(piece);
  });

  it('sends what it can while it is written', () => {
    const ends = new Ends();
    const handle = ends.sender.open(2, 'file', 99);
    ends.sender.write(handle, bytesOf(MAX_PIECE_BYTES));
    expect(ends.units).toHaveLength(0); // it might be the last piece
    ends.sender.write(handle, bytesOf(1));
    expect(ends.units).toHaveLength(1);
    ends.sender.close(handle);
    expect(ends.units).toHaveLength(2);
  });

  it('takes nothing more once it is closed', () => {
    const { sender } = new Ends();
    const handle = sender.open(2, 'file', 99);
    sender.close(handle);
    for (const misuse of [() => sender.write(handle, bytesOf(1)), () => sender.close(handle)]) {
      expect(misuse).toThrow(UsageError);
    }
  });
});

describe('a stream that is not what it was', () => {
  const threePieces = () => {
    const ends = new Ends();
    ends.sender.sendMessage(2, bytesOf(2 * MAX_PIECE_BYTES + 5), 99);
    return ends;
  };
  const changed = (unit: Unit, change: object): Unit => ({
    ...unit,
    payload: encodeFrame({ ...decodeFrame(unit.payload)!, ...change }),
  });

  it('is told by its digest, given up whole and not taken again', () => {
    const ends = threePieces();
    const [first, ...rest] = ends.units as [Unit, ...Unit[]];
    expect(ends.carry([changed(first, { data: bytesOf(MAX_PIECE_BYTES, 1) }), ...rest])).toEqual([]);
    expect(ends.malformed).toEqual(['stream-digest']);
    expect(ends.carry(ends.units)).toEqual([]);
    expect(ends.malformed).toHaveLength(1);
  });

  it('is told by pieces beyond its end', () => {
    const ends = threePieces();
    const [first, second, last] = ends.units as [Unit, Unit, Unit];
    expect(ends.carry([changed(first, { index: 7 }), second, last])).toEqual([]);
    expect(ends.malformed).toEqual(['stream-digest']);
  });

  it.each([
    ['no CBOR', Uint8Array.of(0xff)],
    ['nothing', new Uint8Array(0)],
    ['another kind', Uint8Array.of(0x84, 2, 0, 0, 0x40)],
    ['a negative index', Uint8Array.of(0x84, 0, 0, 0x20, 0x40)],
    ['an index as text', Uint8Array.of(0x84, 0, 0, 0x60, 0x40)],
    ['data as text', Uint8Array.of(0x84, 0, 0, 0, 0x60)],
    ['five items', Uint8Array.of(0x85, 0, 0, 0, 0x40, 1)],
    ['an end before its piece', Uint8Array.of(0x86, 0, 0, 3, 0x40, 2, 0x40)],
    ['an index beyond all streams', Uint8Array.of(0x84, 0, 0, 0x1a, 0xff, 0, 0, 0, 0x40)],
  ])('frames of %s are dropped and told', (_, payload) => {
    const ends = new Ends();
    expect(ends.receiver.receive(1, payload, LATE)).toBeUndefined();
    expect(ends.malformed).toEqual(['stream-frame']);
  });
});

describe('what is received', () => {
  const piece = (stream: number, index: number, length = 10) =>
    encodeFrame({ kind: 'file', stream, index, data: bytesOf(length), end: undefined });

  it('is kept apart by its source', () => {
    const ends = new Ends();
    ends.sender.sendMessage(2, bytesOf(10), 99);
    const [{ payload }] = ends.units as [Unit];
    expect([1, 5, 1, 5].map((source) => ends.receiver.receive(source, payload, LATE)?.source)).toEqual([
      1,
      5,
      undefined,
      undefined,
    ]);
  });

  it.each([
    ['streams', { openStreams: 4, openBytes: 1e9 }, 3, 10],
    ['bytes', { openStreams: 99, openBytes: 2 * MAX_PIECE_BYTES }, 2, MAX_PIECE_BYTES / 2 - 100],
  ])('is bounded in %s: what was silent longest makes room', (_, limits, others, length) => {
    const ends = new Ends(limits);
    ends.sender.sendMessage(2, bytesOf(MAX_PIECE_BYTES + 1), 99);
    const [first, last] = ends.units as [Unit, Unit];
    ends.receiver.receive(1, first.payload, LATE);
    for (let stream = 1; stream <= others; stream++) ends.receiver.receive(1, piece(stream, 0, length), LATE);
    expect(ends.carry([last])).toHaveLength(1);
    const late = new Ends(limits);
    late.receiver.receive(1, first.payload, LATE);
    for (let stream = 1; stream <= others + 1; stream++) late.receiver.receive(1, piece(stream, 0, length), LATE);
    expect(late.carry([last])).toEqual([]);
    expect(late.carry([first])).toHaveLength(1); // the end was kept, the piece before it had gone
    expect(late.malformed).toEqual([]);
  });

  it('counts no bytes of what is whole or given up', () => {
    const ends = new Ends({ openStreams: 99, openBytes: 3 * MAX_PIECE_BYTES });
    for (let i = 0; i < 20; i++) ends.sender.sendMessage(2, bytesOf(2 * MAX_PIECE_BYTES, i), 99);
    expect(ends.carry()).toHaveLength(20);
    const damaged = ends.units.map(({ payload, ...unit }) => {
      const frame = decodeFrame(payload)!;
      return {
        ...unit,
        payload: encodeFrame({ ...frame, stream: frame.stream + 100, data: bytesOf(frame.data.length, 77) }),
      };
    });
    expect(ends.carry(damaged)).toEqual([]);
    const again = ends.units.map(({ payload, ...unit }) => {
      const frame = decodeFrame(payload)!;
      return { ...unit, payload: encodeFrame({ ...frame, stream: frame.stream + 200 }) };
    });
    expect(ends.carry(again)).toHaveLength(20);
  });

  it('stays one stream even where that alone is more than the limit', () => {
    const ends = new Ends({ openStreams: 1, openBytes: 10 });
    ends.sender.sendMessage(2, bytesOf(3 * MAX_PIECE_BYTES), 99);
    expect(ends.carry()).toHaveLength(1);
  });
});

describe('back-pressure', () => {
  it('is felt while bundles of this node wait below', () => {
    const ends = new Ends();
    ends.held = SEND_WINDOW_BUNDLES - 1;
    expect(ends.sender.isCongested(2)).toBe(false);
    ends.held++;
    expect(ends.sender.isCongested(2)).toBe(true);
  });

  it('keeps what finds no room, in order, until there is some', () => {
    const ends = new Ends();
    ends.room = 1;
    for (let i = 0; i < 4; i++) ends.sender.sendMessage(2 + i, bytesOf(10, i), 99 + i);
    expect(ends.units).toHaveLength(1);
    expect(ends.sender.isCongested(2)).toBe(true);
    ends.sender.flush();
    expect(ends.units).toHaveLength(1);
    ends.room = 2;
    ends.sender.flush();
    expect(ends.units).toHaveLength(3);
    expect(ends.sender.isCongested(2)).toBe(true);
    ends.room = 9;
    ends.sender.sendMessage(7, bytesOf(10, 9), 200); // not before those that wait
    ends.sender.flush();
    expect(ends.sender.isCongested(2)).toBe(false);
    expect(ends.units.map((unit) => [unit.destination, unit.untilUs])).toEqual([
      [2, 99],
      [3, 100],
      [4, 101],
      [5, 102],
      [7, 200],
    ]);
    ends.sender.flush();
    expect(ends.units).toHaveLength(5);
  });
});

describe('a frame', () => {
  it('comes back as it went', () => {
    const frames = fc.record({
      kind: fc.constantFrom('message' as const, 'file' as const),
      stream: fc.nat(2 ** 31 - 1),
      index: fc.nat(1_000_000),
      data: fc.uint8Array({ maxLength: 100 }),
      digest: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(frames, ({ digest, ...frame }) => {
        const sent = { ...frame, end: digest && { count: frame.index + 1, digest } };
        const back = decodeFrame(encodeFrame(sent))!;
        const plain = { ...back, data: Uint8Array.from(back.data) };
        expect(plain).toEqual({ ...sent, end: sent.end && back.end });
        if (digest !== undefined) expect(Uint8Array.from(back.end!.digest)).toEqual(digest);
      }),
    );
  });

  it('is read from any bytes without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void decodeFrame(bytes)),
      { numRuns: 2_000 },
    );
  });
});

describe('streams that do not end', () => {
  it('are given up by their sender without a trace of the rest', () => {
    const ends = new Ends();
    const handle = ends.sender.open(2, 'file', 99);
    ends.sender.write(handle, bytesOf(MAX_PIECE_BYTES + 1));
    ends.sender.abandon(handle);
    expect(() => ends.sender.close(handle)).toThrow('closed');
    expect(ends.units).toHaveLength(1);
    ends.sender.sendMessage(2, bytesOf(10), 99);
    expect(ends.carry()).toHaveLength(1);
  });

  it('are given up by their receiver when the bundles of their pieces have expired', () => {
    const ends = new Ends();
    ends.sender.sendMessage(2, bytesOf(MAX_PIECE_BYTES + 1), 1000);
    const [first, last] = ends.units as [Unit, Unit];
    ends.receiver.receive(1, first.payload, 1000);
    expect(ends.receiver.nextExpiryUs()).toBe(1000);
    ends.receiver.expire(999);
    expect(ends.receiver.nextExpiryUs()).toBe(1000);
    ends.receiver.expire(1000);
    expect(ends.receiver.nextExpiryUs()).toBe(Number.POSITIVE_INFINITY);
    expect(ends.carry([last])).toEqual([]);
  });
});

describe('back-pressure', () => {
  it('holds for one destination apart from the others, and for all together', () => {
    const ends = new Ends();
    ends.held = SEND_WINDOW_BUNDLES;
    expect(ends.sender.isCongested(2)).toBe(true);
    ends.held = 0;
    ends.heldInAll = TOTAL_WINDOW_BUNDLES - 1;
    expect(ends.sender.isCongested(2)).toBe(false);
    ends.heldInAll++;
    expect(ends.sender.isCongested(2)).toBe(true);
  });
});
