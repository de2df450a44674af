/**
 * The sending side of whole streams: cuts them into pieces that fit a datagram and the contacts ahead, and offers again what found no room.
 * Where the node's store is durable, numbers and what found no room survive a restart; a stream under way does where its writer says how far
 * it was.
 */
import type { StateStore } from '../agent/index.js';
import { UsageError } from '../base/errors.js';
import type { Digest, Platform } from '../base/platform.js';
import { encodeFrame, FRAME_OVERHEAD_BYTES, type StreamKind } from './frames.js';
import { decodeState, encodeState, isCount, keyNumber } from './state-form.js';
import { StateTable } from './state-table.js';
import { MIN_PIECE_BYTES, pieceBytesTo, type StreamTransport, sendSlots } from './transport.js';

/** A handle to a stream being written. */
export type StreamHandle = { readonly stream: number };

/** How far a stream being written is: enough to go on with it after a restart, from its first byte again. */
export interface StreamPosition {
  /** Its number. */
  readonly stream: number;
  /** Pieces and bytes that were sent. */
  readonly pieces: number;
  readonly bytes: number;
}

interface OutgoingStream {
  readonly destination: number;
  readonly kind: StreamKind;
  readonly number: number;
  readonly untilUs: number;
  pieces: number;
  /** Bytes of the pieces that were sent. */
  sentBytes: number;
  /** Bytes still to come that were sent before a restart. */
  skipBytes: number;
  digest: Digest | undefined;
  /** Bytes not yet cut into a piece. */
  rest: Uint8Array[];
  restBytes: number;
}

/** A data unit that found no room yet. */
interface Waiting {
  /** Its number in the table. */
  readonly id: number;
  readonly destination: number;
  readonly payload: Uint8Array;
  readonly untilUs: number;
}

const NUMBER_PREFIX = 'stream/next/';
const NO_BYTES = new Uint8Array(0);

/** All whole streams that one node sends. */
export class StreamSender {
  readonly #transport: StreamTransport;
  readonly #platform: Platform;
  readonly #state: StateStore | undefined;
  readonly #nextNumber = new Map<number, number>();
  readonly #writing = new Map<StreamHandle, OutgoingStream>();
  /** Oldest first. */
  #outbox: Waiting[] = [];
  readonly #kept: StateTable;

  constructor(transport: StreamTransport, platform: Platform, state: StateStore | undefined) {
    this.#transport = transport;
    this.#platform = platform;
    this.#state = state;
    this.#kept = new StateTable(state, 'stream/out/', 3);
  }

  /** Takes up what was kept through a restart. */
  start(): void {
    for (const [key, value] of [...(this.#state?.entries(NUMBER_PREFIX) ?? [])]) {
      const [next] = decodeState(value, 1) ?? [];
      if (isCount(next)) this.#nextNumber.set(Number(key.slice(NUMBER_PREFIX.length)), next);
      else this.#transport.malformed(0, 'stream-state');
    }
    this.#outbox = this.#kept.read(
      ([destination, untilUs, payload], id) =>
        isCount(destination) && typeof untilUs === 'number' && payload instanceof Uint8Array
          ? { id, destination, payload, untilUs }
          : undefined,
      () => this.#transport.malformed(0, 'stream-state'),
    );
  }

  /** See {@link Streams.isCongested}. */
  isCongested(destination: number): boolean {
    return this.#outbox.length > 0 || sendSlots(this.#transport, destination) <= 0;
  }

  /** See {@link Streams.open}. */
  open(destination: number, kind: StreamKind, untilUs: number, from?: StreamPosition): StreamHandle {
    const number = from?.stream ?? this.#takeNumber(destination);
    const handle = { stream: number };
    this.#writing.set(handle, {
      destination,
      kind,
      number,
      untilUs,
      pieces: from?.pieces ?? 0,
      sentBytes: from?.bytes ?? 0,
      skipBytes: from?.bytes ?? 0,
      digest: from === undefined ? undefined : this.#platform.sha256(),
      rest: [],
      restBytes: 0,
    });
    return handle;
  }

  /** How far a stream being written is. Throws UsageError `stream-closed` after {@link close}. */
  position(handle: StreamHandle): StreamPosition {
    const { number: stream, pieces, sentBytes: bytes } = this.#of(handle);
    return { stream, pieces, bytes };
  }

  /** See {@link Streams.write}. */
  write(handle: StreamHandle, bytes: Uint8Array): void {
    const stream = this.#of(handle);
    const fresh = stream.skipBytes === 0 ? bytes : skip(stream, bytes);
    if (fresh.length === 0) return;
    stream.rest.push(fresh);
    stream.restBytes += fresh.length;
    // One piece's worth stays back: the last piece must be known as such.
    if (stream.restBytes <= MIN_PIECE_BYTES) return;
    this.#cut(stream);
  }

  /** See {@link Streams.close}. */
  close(handle: StreamHandle): void {
    const stream = this.#of(handle);
    this.#writing.delete(handle);
    if (stream.restBytes > MIN_PIECE_BYTES) this.#cut(stream);
    this.#sendPiece(stream, takeFirst(stream, stream.restBytes), true);
  }

  /** See {@link Streams.abandon}. */
  abandon(handle: StreamHandle): void {
    this.#writing.delete(handle);
  }

  /** Offers again what found no room. */
  flush(): void {
    let sent = 0;
    for (const { id, destination, payload, untilUs } of this.#outbox) {
      if (!this.#transport.send(destination, payload, untilUs)) break;
      this.#kept.delete(id);
      sent++;
    }
    if (sent > 0) this.#outbox = this.#outbox.slice(sent);
  }

  #of(handle: StreamHandle): OutgoingStream {
    const stream = this.#writing.get(handle);
    if (stream === undefined) throw new UsageError('stream-closed', 'this stream was closed; open another one');
    return stream;
  }

  #takeNumber(destination: number): number {
    const number = this.#nextNumber.get(destination) ?? 0;
    this.#nextNumber.set(destination, number + 1);
    this.#state?.set(NUMBER_PREFIX + keyNumber(destination), () => encodeState([this.#nextNumber.get(destination)]));
    return number;
  }

  #cut(stream: OutgoingStream): void {
    const size = pieceBytesTo(this.#transport, stream.destination, FRAME_OVERHEAD_BYTES);
    while (stream.restBytes > size) this.#sendPiece(stream, takeFirst(stream, size), false);
  }

  #sendPiece(stream: OutgoingStream, data: Uint8Array, isLast: boolean): void {
    const isWhole = isLast && stream.pieces === 0;
    if (!isWhole) {
      stream.digest ??= this.#platform.sha256();
      stream.digest.update(data);
    }
    const index = stream.pieces++;
    stream.sentBytes += data.length;
    const digest = isWhole ? NO_BYTES : (stream.digest as Digest);
    const end = isLast
      ? { count: index + 1, digest: digest instanceof Uint8Array ? digest : digest.finish() }
      : undefined;
    const payload = encodeFrame({ kind: stream.kind, stream: stream.number, index, data, end });
    const { destination, untilUs } = stream;
    if (this.#outbox.length > 0 || !this.#transport.send(destination, payload, untilUs)) {
      this.#await(destination, payload, untilUs);
    }
  }

  #await(destination: number, payload: Uint8Array, untilUs: number): void {
    const id = this.#kept.add(() => [destination, untilUs, payload]);
    this.#outbox.push({ id, destination, payload, untilUs });
  }
}

/** What of the bytes was not sent before a restart; the digest of the whole needs the rest too. */
function skip(stream: OutgoingStream, bytes: Uint8Array): Uint8Array {
  const known = bytes.subarray(0, stream.skipBytes);
  stream.digest?.update(known);
  stream.skipBytes -= known.length;
  return bytes.subarray(known.length);
}

/** Cuts the first `size` bytes off what waits in a stream. */
function takeFirst(stream: OutgoingStream, size: number): Uint8Array {
  const first = stream.rest[0];
  if (first === undefined) return NO_BYTES;
  if (stream.rest.length === 1 && first.length === size) {
    stream.rest = [];
    stream.restBytes = 0;
    return first;
  }
  const piece = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const head = stream.rest[0] as Uint8Array;
    const part = head.subarray(0, size - filled);
    piece.set(part, filled);
    filled += part.length;
    if (part.length === head.length) stream.rest.shift();
    else stream.rest[0] = head.subarray(part.length);
  }
  stream.restBytes -= size;
  return piece;
}
