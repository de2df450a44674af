/**
 * The receiving side of byte streams: puts pieces in order and hands them to the application, a few at a time, until it says that it has
 * them. A piece that came is kept, in the node's durable store where there is one, until the application has it; so it may be taken into
 * custody as it comes, whatever its place. How many can be here is bounded by the window that the sender keeps to.
 */
import type { StateStore } from '../agent/index.js';
import { IntervalSet } from '../base/interval-set.js';
import { type ByteStreamPiece, encodeByteStreamFrame, isStreamName } from './byte-stream-frames.js';
import { type ByteStreamInput, type ByteStreamOutput, UNTAKEN_PIECES } from './byte-stream-io.js';
import { MAX_WINDOW_BYTES, MIN_WINDOW_BYTES } from './byte-stream-sender.js';
import { DoneNumbers } from './done-numbers.js';
import { KeptPieces } from './kept-pieces.js';
import { decodeState, encodeState, isBounds, isCount, keyNumber } from './state-form.js';
import { MIN_PIECE_BYTES, type StreamTransport } from './transport.js';

/** Streams that a node receives at a time; pieces of further ones are dropped, which their senders see as a stream that does not move. */
const MAX_INCOMING = 1024;

/** Pieces of one stream beyond the one to be taken next: the largest window in the smallest pieces. No sender of ours goes further. */
const MAX_AHEAD = MAX_WINDOW_BYTES / MIN_PIECE_BYTES;

/** The sender is told at the latest when this part of its window has been taken. */
const TELL_FRACTION = 4;

const HEAD_PREFIX = 'stream/rx/';
const PIECE_PREFIX = 'stream/rx-piece/';
const DONE_PREFIX = 'stream/rx-done/';

interface Incoming {
  readonly key: string;
  readonly source: number;
  readonly number: number;
  /** Known with the first piece. */
  name: string;
  windowBytes: number;
  /** When the lifetime of the stream ends, as its pieces have it. */
  untilUs: number;
  /** Pieces that came. */
  readonly received: IntervalSet;
  /** How many pieces there are, once the last one has come. */
  count: number | undefined;
  /** Pieces and bytes that the application has. */
  taken: number;
  takenBytes: number;
  /** Of them, those that the sender was told of. */
  toldPieces: number;
  toldBytes: number;
  /** Lengths of the pieces that are in the application's hands, from `taken` on. */
  readonly handed: number[];
  /** Pieces below this one may have been handed over before a restart. */
  repeatedBelow: number;
}

/** What the receiving side needs. */
export interface ReceiverParts {
  readonly transport: StreamTransport;
  /** Where streams survive restarts; undefined where they do not. */
  readonly state: StateStore | undefined;
  emit(output: ByteStreamOutput): void;
}

/** All byte streams that arrive at this node. */
export class ByteStreamReceiver {
  readonly #parts: ReceiverParts;
  readonly #pieces: KeptPieces;
  readonly #streams = new Map<string, Incoming>();
  readonly #done: DoneNumbers;
  /** Streams whose sender has to be told, and could not be yet. */
  readonly #untold = new Set<Incoming>();
  #expiryUs = Number.POSITIVE_INFINITY;

  constructor(parts: ReceiverParts) {
    this.#parts = parts;
    this.#pieces = new KeptPieces(parts.state, PIECE_PREFIX);
    this.#done = new DoneNumbers(parts.state, DONE_PREFIX);
  }

  /** Takes up what was kept through a restart, and hands over again what was not taken. */
  start(): void {
    const { state, transport } = this.#parts;
    if (state === undefined) return;
    this.#done.start((source) => transport.malformed(source, 'stream-state'));
    for (const [key, value] of [...state.entries(HEAD_PREFIX)]) {
      const stream = incomingOf(key.slice(HEAD_PREFIX.length), value);
      if (stream === undefined) {
        transport.malformed(0, 'stream-state');
        continue;
      }
      this.#add(stream);
      this.#hand(stream);
      this.#tell(stream);
    }
  }

  /** Takes one piece from `source`, whose bundle lives until `expiryUs`. */
  receive(source: number, piece: ByteStreamPiece, expiryUs: number): void {
    const key = `${keyNumber(source)}/${keyNumber(piece.stream)}`;
    if (this.#done.has(source, piece.stream)) return;
    const stream = this.#streams.get(key) ?? this.#new(key, source, piece.stream);
    const { index, opening } = piece;
    const isTooFar = index >= (stream?.taken ?? 0) + MAX_AHEAD || index >= (stream?.count ?? Number.POSITIVE_INFINITY);
    if (stream === undefined || isTooFar) {
      this.#parts.transport.malformed(source, stream === undefined ? 'too-many-streams' : 'stream-piece');
      return;
    }
    if (index < stream.taken || !stream.received.add(index)) return;
    stream.untilUs = Math.max(stream.untilUs, expiryUs);
    this.#expiryUs = Math.min(this.#expiryUs, stream.untilUs);
    if (opening !== undefined) {
      stream.name = opening.name;
      stream.windowBytes = Math.min(Math.max(opening.windowBytes, MIN_WINDOW_BYTES), MAX_WINDOW_BYTES);
    }
    if (piece.isLast) stream.count = index + 1;
    this.#pieces.set(pieceKey(stream, index), piece.data);
    this.#keep(stream);
    this.#hand(stream);
  }

  /** The application has a piece, and all before it. */
  pieceTaken({ source, number, index }: Extract<ByteStreamInput, { kind: 'stream-piece-taken' }>): void {
    const stream = this.#streams.get(`${keyNumber(source)}/${keyNumber(number)}`);
    if (stream === undefined || index >= stream.taken + stream.handed.length) return;
    while (stream.taken <= index) {
      this.#pieces.delete(pieceKey(stream, stream.taken));
      stream.takenBytes += stream.handed.shift() as number;
      stream.taken++;
    }
    this.#keep(stream);
    this.#hand(stream);
    this.#tell(stream);
  }

  /** Tells senders what could not be told before; called when bundles may have left this node. */
  resume(): void {
    for (const stream of [...this.#untold]) this.#tell(stream);
  }

  /** When the first stream's lifetime ends; Infinity for never. */
  nextExpiryUs(): number {
    return this.#expiryUs;
  }

  /** Gives up streams whose missing pieces can come no more, and whose application was too slow. */
  expire(nowUs: number): void {
    if (this.#expiryUs > nowUs) return;
    this.#expiryUs = Number.POSITIVE_INFINITY;
    for (const stream of [...this.#streams.values()]) {
      if (stream.untilUs > nowUs) {
        this.#expiryUs = Math.min(this.#expiryUs, stream.untilUs);
        continue;
      }
      const { source, number, name, takenBytes } = stream;
      const isWhole = stream.taken === stream.count;
      this.#drop(stream);
      if (!isWhole) this.#parts.emit({ kind: 'stream-broken', source, number, name, offset: takenBytes });
    }
  }

  #new(key: string, source: number, number: number): Incoming | undefined {
    if (this.#streams.size >= MAX_INCOMING) return undefined;
    const stream: Incoming = {
      key,
      source,
      number,
      name: '',
      windowBytes: MIN_WINDOW_BYTES,
      untilUs: 0,
      received: new IntervalSet(MAX_AHEAD),
      count: undefined,
      taken: 0,
      takenBytes: 0,
      toldPieces: 0,
      toldBytes: 0,
      handed: [],
      repeatedBelow: 0,
    };
    this.#streams.set(key, stream);
    return stream;
  }

  #add(stream: Incoming): void {
    this.#streams.set(stream.key, stream);
    this.#expiryUs = Math.min(this.#expiryUs, stream.untilUs);
  }

  #keep(stream: Incoming): void {
    this.#parts.state?.set(HEAD_PREFIX + stream.key, () => stateOf(stream));
  }

  /** Hands over what is next, as far as the application has hands free. */
  #hand(stream: Incoming): void {
    const { source, number, name, handed } = stream;
    for (;;) {
      const index = stream.taken + handed.length;
      if (handed.length >= UNTAKEN_PIECES || !stream.received.has(index)) return;
      const bytes = this.#pieces.get(pieceKey(stream, index));
      if (bytes === undefined) {
        // A damaged store: the rest can never be in order. The stream ends as broken with its lifetime.
        this.#parts.transport.malformed(source, 'stream-state');
        return;
      }
      const offset = stream.takenBytes + handed.reduce((sum, length) => sum + length, 0);
      handed.push(bytes.length);
      const isLast = index + 1 === stream.count;
      const isRepeated = index < stream.repeatedBelow;
      this.#parts.emit({ kind: 'stream-piece', source, number, name, index, offset, bytes, isLast, isRepeated });
    }
  }

  /** Tells the sender how much was taken, where that is worth a bundle; with the last piece the stream is over here. */
  #tell(stream: Incoming): void {
    const { transport } = this.#parts;
    const isWhole = stream.taken === stream.count;
    const isDue = isWhole || stream.takenBytes - stream.toldBytes >= stream.windowBytes / TELL_FRACTION;
    if (!isDue) return;
    const { number, taken: pieces, takenBytes: bytes } = stream;
    const payload = encodeByteStreamFrame({ kind: 'taken', stream: number, pieces, bytes });
    if (!transport.send(stream.source, payload, stream.untilUs)) {
      this.#untold.add(stream);
      return;
    }
    this.#untold.delete(stream);
    stream.toldPieces = pieces;
    stream.toldBytes = bytes;
    if (isWhole) this.#drop(stream);
    else this.#keep(stream);
  }

  /** Lets go of a stream; what still comes of it is known as late. */
  #drop(stream: Incoming): void {
    const { source, number, received, taken } = stream;
    this.#streams.delete(stream.key);
    this.#untold.delete(stream);
    for (const index of received.from(taken)) this.#pieces.delete(pieceKey(stream, index));
    this.#parts.state?.delete(HEAD_PREFIX + stream.key);
    this.#done.add(source, number);
  }
}

function pieceKey(stream: Incoming, index: number): string {
  return `${stream.key}/${keyNumber(index)}`;
}

function stateOf(stream: Incoming): Uint8Array {
  const { name, windowBytes, untilUs, count, taken, takenBytes, toldPieces, toldBytes, received } = stream;
  const numbers = [windowBytes, untilUs, count ?? -1, taken, takenBytes, toldPieces, toldBytes];
  return encodeState([name, numbers, received.toBounds(taken)]);
}

function incomingOf(key: string, value: Uint8Array): Incoming | undefined {
  const [name, numbers, bounds] = decodeState(value, 3) ?? [];
  const [source, number] = key.split('/').map(Number);
  if (!isCount(source) || !isCount(number) || !isBounds(bounds) || !(name === '' || isStreamName(name)))
    return undefined;
  if (!Array.isArray(numbers) || numbers.length !== 7 || !numbers.every((each) => typeof each === 'number'))
    return undefined;
  const [windowBytes, untilUs, count, taken, takenBytes, toldPieces, toldBytes] = numbers as number[] &
    Record<0 | 1 | 2 | 3 | 4 | 5 | 6, number>;
  return {
    key,
    source,
    number,
    name,
    windowBytes,
    untilUs,
    received: IntervalSet.ofBounds(bounds, MAX_AHEAD),
    count: count < 0 ? undefined : count,
    taken,
    takenBytes,
    toldPieces,
    toldBytes,
    handed: [],
    repeatedBelow: taken + UNTAKEN_PIECES,
  };
}
