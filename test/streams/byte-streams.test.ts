import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, equalBytes } from '../../src/base/bytes.js';
import { Random } from '../../src/base/random.js';
import { encodeByteStreamFrame } from '../../src/streams/byte-stream-frames.js';
import {
  type ByteStreamInput,
  type ByteStreamOutput,
  ByteStreams,
  MIN_WINDOW_BYTES,
  SEND_WINDOW_BUNDLES,
  UNTAKEN_PIECES,
} from '../../src/streams/index.js';
import { CrashableState } from '../helpers/crashable-state.js';

interface Packet {
  readonly from: number;
  readonly to: number;
  readonly payload: Uint8Array;
  readonly untilUs: number;
}

const bytesOf = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) + (i >> 16)) & 255);

/**
 * A node with byte streams and the network below it. What it does in one input is committed as one batch; its packets are in the
 * hands of the network after that, which carries each exactly once, as custody does.
 */
class End {
  state: CrashableState | undefined;
  streams: ByteStreams;
  readonly malformed: string[] = [];
  /** Bundles of this node that have not left it. */
  held = 0;
  hasRoom = true;
  #batch: Packet[] = [];

  constructor(
    readonly node: number,
    isDurable: boolean,
    readonly network: Packet[],
  ) {
    this.state = isDurable ? new CrashableState() : undefined;
    this.streams = this.#new();
  }

  /** One input with its commit; the outputs. With `crash` nothing of it ever happened. */
  do(action: (streams: ByteStreams) => void, crash = false): ByteStreamOutput[] {
    action(this.streams);
    this.streams.resume();
    if (crash) return this.restart();
    this.state?.commit();
    this.network.push(...this.#batch.splice(0));
    return this.#drain();
  }

  ask(input: ByteStreamInput, nowUs = 0): ByteStreamOutput[] {
    return this.do((streams) => streams.handle(input, nowUs));
  }

  restart(): ByteStreamOutput[] {
    this.#batch = [];
    this.state = this.state?.crash();
    this.streams = this.#new();
    this.streams.start();
    return this.#drain();
  }

  #drain(): ByteStreamOutput[] {
    const outputs: ByteStreamOutput[] = [];
    for (let output = this.streams.poll(); output !== undefined; output = this.streams.poll()) outputs.push(output);
    return outputs;
  }

  #new(): ByteStreams {
    return new ByteStreams(
      {
        send: (to, payload, untilUs) => {
          if (!this.hasRoom) return false;
          this.#batch.push({ from: this.node, to, payload: payload.slice(), untilUs });
          return true;
        },
        heldBundles: () => this.held + this.#batch.length,
        canCarry: (_to, bytes) => bytes <= 5000,
        malformed: (_source, rule) => this.malformed.push(rule),
      },
      this.state,
    );
  }
}

/** An application that writes a stream as it is told to, and one that keeps what it gets in a file. */
class Transfer {
  readonly network: Packet[] = [];
  readonly sender: End;
  readonly receiver: End;
  /** What the reader has on its disk. */
  readonly file: Uint8Array[] = [];
  fileBytes = 0;
  isAtEnd = false;
  offset = 0;
  room = 0;
  outcome: string | undefined;
  isWritten = false;
  /** Pieces that the reader has not said it took. */
  untaken: Extract<ByteStreamOutput, { kind: 'stream-piece' }>[] = [];

  constructor(
    readonly data: Uint8Array,
    isDurable = true,
  ) {
    this.sender = new End(1, isDurable, this.network);
    this.receiver = new End(2, isDurable, this.network);
  }

  heard(outputs: readonly ByteStreamOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'stream-writable') {
        this.offset = output.offset;
        this.room = output.room;
        this.isWritten = output.isEnded;
      } else if (output.kind === 'stream-ended') this.outcome = output.outcome;
      else if (output.kind === 'stream-piece') this.#piece(output);
    }
  }

  open(windowBytes = MIN_WINDOW_BYTES): void {
    const open = { kind: 'stream-open', stream: 'photos.tar', destination: 2, lifetimeMs: 1000, windowBytes } as const;
    this.heard(this.sender.ask(open));
  }

  write(bytes: number, crash = false): void {
    const { offset, data } = this;
    const isEnd = offset + bytes >= data.length;
    const part = data.subarray(offset, offset + bytes);
    const write = { kind: 'stream-write', stream: 'photos.tar', offset, bytes: part, isEnd } as const;
    this.heard(this.sender.do((streams) => streams.handle(write, 0), crash));
  }

  carry(at: number, crash = false): void {
    const packet = this.network[at] as Packet;
    const end = packet.to === 2 ? this.receiver : this.sender;
    if (crash && end === this.receiver) this.untaken = [];
    this.heard(end.do((streams) => streams.receive(packet.from, packet.payload, packet.untilUs), crash));
    // A node that crashed before its flush has not taken custody: the packet stays where it was.
    if (!crash) this.network.splice(at, 1);
  }

  take(crash = false): void {
    const piece = this.untaken.shift();
    if (piece === undefined) return;
    const { source, number, index } = piece;
    const taken = { kind: 'stream-piece-taken', source, number, index } as const;
    if (crash) this.untaken = [];
    this.heard(this.receiver.do((streams) => streams.handle(taken, 0), crash));
  }

  #piece(piece: Extract<ByteStreamOutput, { kind: 'stream-piece' }>): void {
    expect(piece).toMatchObject({ source: 1, name: 'photos.tar' });
    this.untaken.push(piece);
    expect(this.untaken.length).toBeLessThanOrEqual(UNTAKEN_PIECES);
    if (piece.offset < this.fileBytes) {
      expect(piece.isRepeated).toBe(true);
      return;
    }
    expect(piece.offset).toBe(this.fileBytes);
    this.file.push(piece.bytes);
    this.fileBytes += piece.bytes.length;
    if (piece.isLast) this.isAtEnd = true;
  }
}

describe('a byte stream', () => {
  for (const isDurable of [true, false]) {
    it(`arrives in order, each byte once, whatever the order of its pieces, ${isDurable ? 'durable' : 'in memory'}`, () => {
      fc.assert(
        fc.property(fc.integer(), fc.integer({ min: 0, max: 300_000 }), (seed, length) => {
          const random = new Random(seed);
          const transfer = new Transfer(bytesOf(length), isDurable);
          transfer.open();
          for (let steps = 0; transfer.outcome === undefined; steps++) {
            if (steps > 5000) throw new Error('the transfer stands still');
            const crash = isDurable && random.chance(0.1);
            const choice = random.below(3);
            if (choice === 0 && !transfer.isWritten) transfer.write(random.below(20_000), crash);
            else if (choice === 1 && transfer.network.length > 0)
              transfer.carry(random.below(transfer.network.length), crash);
            else transfer.take(crash);
            if (isDurable && random.chance(0.05)) transfer.heard(transfer.sender.restart());
            if (isDurable && random.chance(0.05)) {
              transfer.untaken = [];
              transfer.heard(transfer.receiver.restart());
            }
          }
          expect(transfer.outcome).toBe('delivered');
          expect(transfer.isAtEnd).toBe(true);
          expect(equalBytes(concatBytes(transfer.file), transfer.data)).toBe(true);
          expect(transfer.sender.malformed.concat(transfer.receiver.malformed)).toEqual([]);
          // All that is left is the numbers, and at the sender that the name is used.
          expect(transfer.receiver.state?.keys('stream/rx/') ?? []).toEqual([]);
          expect(transfer.receiver.state?.keys('stream/rx-piece/') ?? []).toEqual([]);
        }),
        { numRuns: 60 },
      );
    });
  }

  it('takes no more than the window while the receiving application takes nothing', () => {
    const transfer = new Transfer(bytesOf(400_000));
    transfer.open();
    transfer.write(400_000);
    expect(transfer.offset).toBe(MIN_WINDOW_BYTES);
    expect(transfer.room).toBe(0);
    while (transfer.network.length > 0) transfer.carry(0);
    const handedBytes = transfer.untaken.reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(transfer.untaken.length === UNTAKEN_PIECES || handedBytes === MIN_WINDOW_BYTES).toBe(true);
    expect(transfer.room).toBe(0);
    while (transfer.room === 0) {
      transfer.take();
      while (transfer.network.length > 0) transfer.carry(0);
    }
    expect(transfer.room).toBeGreaterThan(0);
  });

  it('takes no more than the node below has room for, and wakes the application when bundles have left', () => {
    const transfer = new Transfer(bytesOf(4_000_000));
    transfer.open(4_000_000);
    transfer.write(4_000_000);
    expect(transfer.network).toHaveLength(SEND_WINDOW_BUNDLES);
    const { sender } = transfer;
    sender.held = SEND_WINDOW_BUNDLES;
    transfer.write(4_000_000);
    expect(transfer.network).toHaveLength(SEND_WINDOW_BUNDLES);
    expect(transfer.room).toBe(0);
    sender.held = SEND_WINDOW_BUNDLES - 1;
    expect(sender.do(() => {})).toEqual([]); // one bundle is not worth a word
    sender.held = 0;
    expect(sender.do(() => {})).toMatchObject([{ kind: 'stream-writable', room: SEND_WINDOW_BUNDLES * 4096 }]);
    sender.hasRoom = false;
    const { offset } = transfer;
    transfer.write(10_000);
    expect(transfer.offset).toBe(offset);
  });

  it('is refused under a name that is used for another node, and without having been opened', () => {
    const transfer = new Transfer(bytesOf(10));
    const { sender } = transfer;
    const write = { kind: 'stream-write', stream: 'a', offset: 0, bytes: bytesOf(1), isEnd: true } as const;
    expect(sender.ask(write)).toMatchObject([{ kind: 'stream-ended', outcome: 'refused' }]);
    const open = { kind: 'stream-open', stream: 'a', destination: 2, lifetimeMs: 1000 } as const;
    expect(sender.ask(open)).toMatchObject([{ kind: 'stream-writable', offset: 0 }]);
    expect(sender.ask({ ...open, destination: 3 })).toMatchObject([{ outcome: 'refused' }]);
    expect(sender.ask({ ...open, stream: 'a b' })).toMatchObject([{ outcome: 'refused' }]);
    expect(sender.ask({ ...open, stream: 'b', windowBytes: 1 })).toMatchObject([{ outcome: 'refused' }]);
    expect(sender.ask({ ...open, stream: 'b', lifetimeMs: 0 })).toMatchObject([{ outcome: 'refused' }]);
  });

  it('tells both sides when its lifetime is over before all was taken', () => {
    const transfer = new Transfer(bytesOf(10_000));
    transfer.open();
    transfer.write(10_000);
    transfer.carry(1);
    const { sender, receiver } = transfer;
    expect(sender.streams.nextTimeoutUs()).toBe(1_000_000);
    expect(receiver.streams.nextTimeoutUs()).toBe(1_000_000);
    const isOver = (streams: ByteStreams) => streams.timeout(1_000_000);
    expect(sender.do(isOver)).toMatchObject([{ kind: 'stream-ended', stream: 'photos.tar', outcome: 'expired' }]);
    expect(receiver.do(isOver)).toMatchObject([{ kind: 'stream-broken', source: 1, offset: 0 }]);
    expect(receiver.state?.keys('stream/rx')).toEqual([expect.stringMatching(/^stream\/rx-done\//)]);
    expect(sender.streams.nextTimeoutUs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('is not confused by what strangers send', () => {
    const transfer = new Transfer(bytesOf(10_000));
    transfer.open();
    transfer.write(4000);
    const { sender, receiver } = transfer;
    const taken = { kind: 'taken', stream: 0, pieces: 1, bytes: 4000 } as const;
    const from = (node: number, frame: Parameters<typeof encodeByteStreamFrame>[0]) => (streams: ByteStreams) =>
      streams.receive(node, encodeByteStreamFrame(frame), 1e12);
    sender.do(from(7, taken)); // not the receiver
    sender.do(from(2, { ...taken, pieces: 5 }));
    sender.do(from(2, { ...taken, bytes: 4001 }));
    expect(sender.malformed).toEqual(['stream-taken', 'stream-taken']);
    expect(transfer.outcome).toBeUndefined();
    const piece = {
      kind: 'piece',
      stream: 9,
      index: 1e9,
      isLast: false,
      data: bytesOf(1),
      opening: undefined,
    } as const;
    receiver.do(from(7, piece));
    receiver.do((streams) => streams.receive(7, bytesOf(20), 1e12));
    expect(receiver.malformed).toEqual(['stream-piece', 'stream-frame']);
  });
});
