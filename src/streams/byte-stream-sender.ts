/**
 * The sending side of byte streams. What an application writes is cut into pieces and handed to the node below at once, or not taken at
 * all: nothing waits here, so that a stream costs no memory. How much is taken goes by what this node still holds for the destination,
 * and by the window of bytes that the receiving application has not taken yet.
 *
 * It repeats nothing: custody carries the pieces, and the word of what was taken, which only opens the window and says that all is there.
 */
import type { StateStore } from '../agent/index.js';
import { US_PER_MS } from '../base/time.js';
import { encodeByteStreamFrame, isStreamName, PIECE_OVERHEAD_BYTES } from './byte-stream-frames.js';
import { type ByteStreamInput, type ByteStreamOutput, DEFAULT_WINDOW_BYTES } from './byte-stream-io.js';
import { decodeState, encodeState, isCount, keyNumber } from './state-form.js';
import { MAX_PIECE_BYTES, pieceBytesTo, SEND_WINDOW_BUNDLES, type StreamTransport, sendSlots } from './transport.js';

/** Streams that a node's applications send at a time: each is a value in the state, rewritten while it moves. */
export const MAX_BYTE_STREAMS = 1024;

/** Smallest window: two pieces, so that one can be on its way while the other is taken. */
export const MIN_WINDOW_BYTES = 2 * MAX_PIECE_BYTES;

/** Largest window: what a receiver may have to keep of one stream. */
export const MAX_WINDOW_BYTES = 256 * 1024 * 1024;

/** Room that an application is woken for after it was told that there is none: not for each bundle that leaves. */
const WAKE_BYTES = 512 * 1024;

const STREAM_PREFIX = 'stream/tx/';
const NUMBER_PREFIX = 'stream/tx-next/';

interface Outgoing {
  readonly name: string;
  readonly destination: number;
  /** Counted for each destination. */
  readonly number: number;
  readonly untilUs: number;
  readonly windowBytes: number;
  /** Pieces and bytes handed to the node below. */
  pieces: number;
  bytes: number;
  /** Of them, those that the receiving application has. */
  takenPieces: number;
  takenBytes: number;
  isEnded: boolean;
  /** The application was told that there is no room, and waits to hear of some. */
  isBlocked: boolean;
}

/** What the sending side needs. */
export interface SenderParts {
  readonly transport: StreamTransport;
  /** Where streams survive restarts; undefined where they do not. */
  readonly state: StateStore | undefined;
  emit(output: ByteStreamOutput): void;
}

/** All byte streams that this node's applications send. */
export class ByteStreamSender {
  readonly #parts: SenderParts;
  readonly #streams = new Map<string, Outgoing>();
  readonly #byNumber = new Map<string, Outgoing>();
  readonly #nextNumber = new Map<number, number>();
  #expiryUs = Number.POSITIVE_INFINITY;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** Takes up what was kept through a restart, and tells the applications how far their streams are. */
  start(): void {
    const { state, transport } = this.#parts;
    if (state === undefined) return;
    for (const [key, value] of [...state.entries(NUMBER_PREFIX)]) {
      const [next] = decodeState(value, 1) ?? [];
      if (isCount(next)) this.#nextNumber.set(Number(key.slice(NUMBER_PREFIX.length)), next);
      else transport.malformed(0, 'stream-state');
    }
    for (const [key, value] of [...state.entries(STREAM_PREFIX)]) {
      const stream = outgoingOf(key.slice(STREAM_PREFIX.length), value);
      if (stream === undefined) {
        transport.malformed(0, 'stream-state');
        continue;
      }
      this.#add(stream);
      if (isDelivered(stream)) this.#tellEnd(stream, 'delivered', '');
      else this.#tellRoom(stream);
    }
  }

  /** Opens a stream, or takes it up again. */
  open(input: Extract<ByteStreamInput, { kind: 'stream-open' }>, nowUs: number): void {
    const { stream: name, destination, lifetimeMs, windowBytes = DEFAULT_WINDOW_BYTES } = input;
    const known = this.#streams.get(name);
    const refusal = known === undefined ? this.#refusal(input) : undefined;
    if (refusal !== undefined) {
      this.#parts.emit({ kind: 'stream-ended', stream: name, outcome: 'refused', detail: refusal });
      return;
    }
    if (known !== undefined && known.destination !== destination) {
      const detail = `a stream of that name goes to node ${known.destination}; give this one another name`;
      this.#parts.emit({ kind: 'stream-ended', stream: name, outcome: 'refused', detail });
      return;
    }
    const stream = known ?? this.#new(name, destination, nowUs + lifetimeMs * US_PER_MS, windowBytes);
    this.#tellRoom(stream);
    if (isDelivered(stream)) this.#tellEnd(stream, 'delivered', '');
  }

  /** Takes as much of the bytes as there is room for; what is here already is passed over. */
  write(input: Extract<ByteStreamInput, { kind: 'stream-write' }>): void {
    const stream = this.#streams.get(input.stream);
    if (stream === undefined) {
      const detail = 'no such stream is open; open it first';
      this.#parts.emit({ kind: 'stream-ended', stream: input.stream, outcome: 'refused', detail });
      return;
    }
    const { bytes, offset } = input;
    // A gap is what a restart cut off: the answer says from where on to write again.
    const isInPlace = offset <= stream.bytes && offset + bytes.length >= stream.bytes;
    if (!stream.isEnded && isInPlace) this.#take(stream, bytes.subarray(stream.bytes - offset), input.isEnd);
    this.#tellRoom(stream);
  }

  /** The receiver at `source` tells how much its application has. */
  taken(source: number, number: number, pieces: number, bytes: number): void {
    const stream = this.#byNumber.get(`${source}/${number}`);
    if (stream === undefined || pieces <= stream.takenPieces) return;
    if (pieces > stream.pieces || bytes > stream.bytes || bytes < stream.takenBytes) {
      this.#parts.transport.malformed(source, 'stream-taken');
      return;
    }
    stream.takenPieces = pieces;
    stream.takenBytes = bytes;
    this.#keep(stream);
    if (isDelivered(stream)) this.#tellEnd(stream, 'delivered', '');
  }

  /** Wakes applications that wait for room; called when bundles may have left this node. */
  resume(): void {
    for (const stream of this.#streams.values()) {
      if (stream.isBlocked && this.#room(stream) >= this.#wakeBytes(stream)) this.#tellRoom(stream);
    }
  }

  /** When the first stream's lifetime ends; Infinity for never. */
  nextExpiryUs(): number {
    return this.#expiryUs;
  }

  /** Ends streams whose lifetime is over. */
  expire(nowUs: number): void {
    if (this.#expiryUs > nowUs) return;
    this.#expiryUs = Number.POSITIVE_INFINITY;
    for (const stream of this.#streams.values()) {
      if (stream.untilUs > nowUs) {
        this.#expiryUs = Math.min(this.#expiryUs, stream.untilUs);
        continue;
      }
      this.#streams.delete(stream.name);
      this.#byNumber.delete(`${stream.destination}/${stream.number}`);
      this.#parts.state?.delete(STREAM_PREFIX + stream.name);
      if (isDelivered(stream)) continue;
      const detail = `its lifetime is over; the receiver has confirmed ${stream.takenBytes} of ${stream.bytes} bytes`;
      this.#tellEnd(stream, 'expired', detail);
    }
  }

  #refusal(input: Extract<ByteStreamInput, { kind: 'stream-open' }>): string | undefined {
    const { stream, lifetimeMs, windowBytes = DEFAULT_WINDOW_BYTES } = input;
    if (!isStreamName(stream)) return 'the name of a stream is 1 to 128 printable ASCII characters without blanks';
    if (!(Number.isSafeInteger(lifetimeMs) && lifetimeMs > 0))
      return 'the lifetime of a stream is a number of milliseconds';
    if (!(Number.isSafeInteger(windowBytes) && windowBytes >= MIN_WINDOW_BYTES && windowBytes <= MAX_WINDOW_BYTES))
      return `the window of a stream is ${MIN_WINDOW_BYTES} to ${MAX_WINDOW_BYTES} bytes`;
    if (this.#streams.size >= MAX_BYTE_STREAMS) return `this node sends ${MAX_BYTE_STREAMS} streams already`;
    return undefined;
  }

  #new(name: string, destination: number, untilUs: number, windowBytes: number): Outgoing {
    const number = this.#nextNumber.get(destination) ?? 0;
    this.#nextNumber.set(destination, number + 1);
    this.#parts.state?.set(NUMBER_PREFIX + keyNumber(destination), () =>
      encodeState([this.#nextNumber.get(destination)]),
    );
    const counts = { pieces: 0, bytes: 0, takenPieces: 0, takenBytes: 0, isEnded: false, isBlocked: false };
    const stream = { name, destination, number, untilUs, windowBytes, ...counts };
    this.#add(stream);
    this.#keep(stream);
    return stream;
  }

  #add(stream: Outgoing): void {
    this.#streams.set(stream.name, stream);
    this.#byNumber.set(`${stream.destination}/${stream.number}`, stream);
    this.#expiryUs = Math.min(this.#expiryUs, stream.untilUs);
  }

  #keep(stream: Outgoing): void {
    this.#parts.state?.set(STREAM_PREFIX + stream.name, () => stateOf(stream));
  }

  #take(stream: Outgoing, bytes: Uint8Array, isEnd: boolean): void {
    const { transport } = this.#parts;
    const { destination, untilUs } = stream;
    const pieceBytes = pieceBytesTo(transport, destination, PIECE_OVERHEAD_BYTES);
    let at = 0;
    while (at < bytes.length || (isEnd && !stream.isEnded)) {
      const length = Math.min(pieceBytes, bytes.length - at, this.#room(stream, pieceBytes));
      // An end without bytes needs no room in the window, but a bundle like any other piece.
      if ((length <= 0 && at < bytes.length) || sendSlots(transport, destination) <= 0) break;
      const isLast = isEnd && at + length === bytes.length;
      const { name, windowBytes } = stream;
      const payload = encodeByteStreamFrame({
        kind: 'piece',
        stream: stream.number,
        index: stream.pieces,
        isLast,
        data: bytes.subarray(at, at + length),
        opening: stream.pieces === 0 ? { name, windowBytes } : undefined,
      });
      if (!transport.send(destination, payload, untilUs)) break;
      at += length;
      stream.pieces++;
      stream.bytes += length;
      stream.isEnded = isLast;
      this.#keep(stream);
    }
  }

  #room(stream: Outgoing, pieceBytes = this.#pieceBytes(stream)): number {
    if (stream.isEnded) return 0;
    const slots = sendSlots(this.#parts.transport, stream.destination);
    return Math.max(0, Math.min(stream.windowBytes - (stream.bytes - stream.takenBytes), slots * pieceBytes));
  }

  #pieceBytes({ destination }: Outgoing): number {
    return pieceBytesTo(this.#parts.transport, destination, PIECE_OVERHEAD_BYTES);
  }

  #wakeBytes(stream: Outgoing): number {
    return Math.min(WAKE_BYTES, stream.windowBytes / 2, (SEND_WINDOW_BUNDLES / 2) * this.#pieceBytes(stream));
  }

  #tellRoom(stream: Outgoing): void {
    const { name, bytes, isEnded } = stream;
    const room = this.#room(stream);
    stream.isBlocked = room === 0 && !isEnded;
    this.#parts.emit({ kind: 'stream-writable', stream: name, offset: bytes, room, isEnded });
  }

  #tellEnd({ name }: Outgoing, outcome: 'delivered' | 'expired', detail: string): void {
    this.#parts.emit({ kind: 'stream-ended', stream: name, outcome, detail });
  }
}

function isDelivered({ isEnded, takenPieces, pieces }: Outgoing): boolean {
  return isEnded && takenPieces === pieces;
}

function stateOf(stream: Outgoing): Uint8Array {
  const { destination, number, untilUs, windowBytes, pieces, bytes, takenPieces, takenBytes, isEnded } = stream;
  return encodeState([destination, number, untilUs, windowBytes, pieces, bytes, takenPieces, takenBytes, isEnded]);
}

function outgoingOf(name: string, value: Uint8Array): Outgoing | undefined {
  const items = decodeState(value, 9);
  const isEnded = items?.pop();
  if (items === undefined || !items.every(isTime) || typeof isEnded !== 'boolean') return undefined;
  const [destination, number, untilUs, windowBytes, pieces, bytes, takenPieces, takenBytes] = items as number[] &
    Record<0 | 1 | 2 | 3 | 4 | 5 | 6 | 7, number>;
  const isBlocked = false;
  const counts = { pieces, bytes, takenPieces, takenBytes, isEnded, isBlocked };
  return { name, destination, number, untilUs, windowBytes, ...counts };
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}
