/**
 * Binary streams over bundles. A stream is cut into pieces that fit a datagram and the contacts ahead (bundles in custody must
 * not be fragmented), each piece travels as a bundle of its own and may overtake others, and the receiver puts them in order
 * and checks the digest of the whole. What is lost on the way is custody's business, not repeated here.
 *
 * Back-pressure: `isCongested` tells the sender to stop producing for a destination while too much for it still waits on this node.
 */
import { equalBytes } from '../base/bytes.js';
import { UsageError } from '../base/errors.js';
import { IntervalSet } from '../base/interval-set.js';
import type { Digest, Platform } from '../base/platform.js';
import { decodeFrame, encodeFrame, FRAME_OVERHEAD_BYTES, type Frame, type StreamKind } from './frames.js';

/** Largest piece: small enough that a store-and-forward hop does not hold up what stands behind it for long. */
export const MAX_PIECE_BYTES = 32 * 1024;

/** Smallest piece worth its bundle: below this the contacts ahead are too short for anything. */
export const MIN_PIECE_BYTES = 512;

/** Bundles of its own for one destination that a node holds before it stops producing more for it. */
export const SEND_WINDOW_BUNDLES = 256;

/** The same over all destinations: what one of them does not take must not fill the store. */
export const TOTAL_WINDOW_BUNDLES = 4096;

/** What one node keeps of streams that are not whole yet; beyond it the one that has been silent longest is given up. */
export interface StreamLimits {
  readonly openStreams: number;
  /** Bytes of all streams together. */
  readonly openBytes: number;
}

/** Bytes of one incoming stream that are kept in memory until it is whole. */
const MAX_STREAM_BYTES = 512 * 1024 * 1024;

/** Streams that one node receives at a time, unless told otherwise. */
const MAX_OPEN_STREAMS = 16_384;

/** Bytes of all streams that one node receives at a time, unless told otherwise. */
const MAX_OPEN_BYTES = 2 * MAX_STREAM_BYTES;

const DEFAULT_LIMITS: StreamLimits = { openStreams: MAX_OPEN_STREAMS, openBytes: MAX_OPEN_BYTES };

/** Pieces of one incoming stream: as many of the smallest as its bytes allow. */
const MAX_STREAM_PIECES = MAX_STREAM_BYTES / MIN_PIECE_BYTES;

/** Gaps remembered in the numbers of streams received from one node. */
const MAX_STREAM_INTERVALS = 1024;

/** What streams need of the node below. */
export interface StreamTransport {
  /** Sends one data unit; false where the store has no room, then it is offered again later. */
  send(destination: number, payload: Uint8Array, untilUs: number): boolean;
  /** Bundles of this node's applications that it still holds, for one destination or for all. */
  heldBundles(destination?: number): number;
  /** Whether a bundle with a payload of that size has a route that could carry it whole. */
  canCarry(destination: number, payloadBytes: number): boolean;
  /** The most that a bundle may carry on any link of this node; by default all that a piece can be. */
  readonly maxPayloadBytes?: number;
  /** A whole stream could not be used: `rule` says why. */
  malformed(source: number, rule: string): void;
}

/** A stream that arrived whole and in order. */
export interface ReceivedStream {
  readonly source: number;
  readonly kind: StreamKind;
  readonly stream: number;
  readonly pieces: readonly Uint8Array[];
}

interface OutgoingStream {
  readonly destination: number;
  readonly kind: StreamKind;
  readonly number: number;
  readonly untilUs: number;
  pieces: number;
  digest: Digest | undefined;
  /** Bytes not yet cut into a piece. */
  rest: Uint8Array[];
  restBytes: number;
}

interface IncomingStream {
  readonly kind: StreamKind;
  readonly pieces: (Uint8Array | undefined)[];
  /** When the bundle of its last piece so far ends its lifetime, in monotonic microseconds. */
  expiryUs: number;
  received: number;
  bytes: number;
  end: Frame['end'];
}

/** A handle to a stream being written. */
export type StreamHandle = { readonly stream: number };

/** All streams that one node sends and receives. */
export class Streams {
  readonly #transport: StreamTransport;
  readonly #platform: Platform;
  readonly #limits: StreamLimits;
  readonly #nextNumber = new Map<number, number>();
  readonly #writing = new Map<StreamHandle, OutgoingStream>();
  /** Data units that found no room yet, oldest first. */
  #outbox: { destination: number; payload: Uint8Array; untilUs: number }[] = [];
  /** The one that has been silent longest comes first. */
  readonly #incoming = new Map<string, IncomingStream>();
  #incomingBytes = 0;
  #expiryUs = Number.POSITIVE_INFINITY;
  /** Numbers of the streams that arrived whole, by source. */
  readonly #complete = new Map<number, IntervalSet>();

  constructor(transport: StreamTransport, platform: Platform, limits: StreamLimits = DEFAULT_LIMITS) {
    this.#transport = transport;
    this.#limits = limits;
    this.#platform = platform;
  }

  /** True while so much of this node's own traffic waits here, for that destination or in all, that no more should be produced. */
  isCongested(destination: number): boolean {
    return (
      this.#outbox.length > 0 ||
      this.#transport.heldBundles(destination) >= SEND_WINDOW_BUNDLES ||
      this.#transport.heldBundles() >= TOTAL_WINDOW_BUNDLES
    );
  }

  /** Opens a stream; its pieces live until `untilUs`. */
  open(destination: number, kind: StreamKind, untilUs: number): StreamHandle {
    const number = this.#nextNumber.get(destination) ?? 0;
    this.#nextNumber.set(destination, number + 1);
    const handle = { stream: number };
    this.#writing.set(handle, {
      destination,
      kind,
      number,
      untilUs,
      pieces: 0,
      digest: undefined,
      rest: [],
      restBytes: 0,
    });
    return handle;
  }

  /** Adds bytes; they are not copied and must not change any more. Throws UsageError `stream-closed` after {@link close}. */
  write(handle: StreamHandle, bytes: Uint8Array): void {
    const stream = this.#writing.get(handle);
    if (stream === undefined) throw new UsageError('stream-closed', 'this stream was closed; open another one');
    if (bytes.length === 0) return;
    stream.rest.push(bytes);
    stream.restBytes += bytes.length;
    // One piece's worth stays back: the last piece must be known as such.
    if (stream.restBytes <= MIN_PIECE_BYTES) return;
    const size = this.#pieceBytes(stream.destination);
    while (stream.restBytes > size) this.#sendPiece(stream, takeFirst(stream, size), false);
  }

  /** Ends a stream: its last piece leaves with the count and the digest. */
  close(handle: StreamHandle): void {
    const stream = this.#writing.get(handle);
    if (stream === undefined) throw new UsageError('stream-closed', 'this stream was closed already');
    this.#writing.delete(handle);
    if (stream.restBytes > MIN_PIECE_BYTES) {
      const size = this.#pieceBytes(stream.destination);
      while (stream.restBytes > size) this.#sendPiece(stream, takeFirst(stream, size), false);
    }
    this.#sendPiece(stream, takeFirst(stream, stream.restBytes), true);
  }

  /** Gives a stream up unfinished: what was sent of it is never put together. Nothing for one that is closed. */
  abandon(handle: StreamHandle): void {
    this.#writing.delete(handle);
  }

  /** Sends a whole message as a stream of its own. */
  sendMessage(destination: number, bytes: Uint8Array, untilUs: number): void {
    const handle = this.open(destination, 'message', untilUs);
    this.write(handle, bytes);
    this.close(handle);
  }

  /** Offers again what found no room. */
  flush(): void {
    let sent = 0;
    for (const { destination, payload, untilUs } of this.#outbox) {
      if (!this.#transport.send(destination, payload, untilUs)) break;
      sent++;
    }
    if (sent > 0) this.#outbox = this.#outbox.slice(sent);
  }

  /**
   * Takes one data unit from `source`, whose bundle lives until `expiryUs`; the whole stream when it completes one. Pieces may
   * come in any order and repeatedly.
   */
  receive(source: number, payload: Uint8Array, expiryUs: number): ReceivedStream | undefined {
    const frame = decodeFrame(payload);
    if (frame === undefined || frame.index >= MAX_STREAM_PIECES) {
      this.#transport.malformed(source, 'stream-frame');
      return undefined;
    }
    let complete = this.#complete.get(source);
    if (complete === undefined) {
      complete = new IntervalSet(MAX_STREAM_INTERVALS);
      this.#complete.set(source, complete);
    }
    if (complete.has(frame.stream)) return undefined;
    if (frame.index === 0 && frame.end !== undefined) {
      complete.add(frame.stream);
      return { source, kind: frame.kind, stream: frame.stream, pieces: [frame.data] };
    }
    return this.#assemble(source, frame, expiryUs, complete);
  }

  /** When the first unfinished stream may be given up; Infinity for never. */
  nextExpiryUs(): number {
    return this.#expiryUs;
  }

  /** Gives up streams whose missing pieces can come no more. */
  expire(nowUs: number): void {
    if (this.#expiryUs > nowUs) return;
    this.#expiryUs = Number.POSITIVE_INFINITY;
    for (const [key, stream] of this.#incoming) {
      if (stream.expiryUs <= nowUs) this.#forget(key, stream);
      else this.#expiryUs = Math.min(this.#expiryUs, stream.expiryUs);
    }
  }

  #assemble(source: number, frame: Frame, expiryUs: number, complete: IntervalSet): ReceivedStream | undefined {
    const key = `${source}:${frame.stream}`;
    const stream = this.#incoming.get(key) ?? newIncoming(frame.kind);
    stream.expiryUs = Math.max(stream.expiryUs, expiryUs);
    this.#expiryUs = Math.min(this.#expiryUs, stream.expiryUs);
    this.#incoming.delete(key); // put back at the end
    this.#incoming.set(key, stream);
    if (stream.pieces[frame.index] === undefined) {
      stream.pieces[frame.index] = frame.data;
      stream.received++;
      stream.bytes += frame.data.length;
      this.#incomingBytes += frame.data.length;
      if (frame.end !== undefined) stream.end = frame.end;
    }
    const isTooLong = stream.bytes > MAX_STREAM_BYTES;
    if (!isTooLong && (stream.end === undefined || stream.received < stream.end.count)) {
      this.#makeRoom();
      return undefined;
    }
    this.#forget(key, stream);
    complete.add(frame.stream);
    const pieces = stream.pieces as Uint8Array[];
    if (isTooLong || !this.#digestHolds(pieces, stream.end as NonNullable<Frame['end']>)) {
      this.#transport.malformed(source, isTooLong ? 'stream-too-long' : 'stream-digest');
      return undefined;
    }
    return { source, kind: stream.kind, stream: frame.stream, pieces };
  }

  /** Gives up streams that were silent longest until the limits hold; not the last one, which has just had a piece. */
  #makeRoom(): void {
    const { openStreams, openBytes } = this.#limits;
    for (const [key, stream] of this.#incoming) {
      if (this.#incoming.size <= openStreams && this.#incomingBytes <= openBytes) return;
      if (this.#incoming.size > 1) this.#forget(key, stream);
    }
  }

  #forget(key: string, stream: IncomingStream): void {
    this.#incoming.delete(key);
    this.#incomingBytes -= stream.bytes;
  }

  #digestHolds(pieces: readonly Uint8Array[], end: NonNullable<Frame['end']>): boolean {
    if (pieces.length !== end.count) return false;
    const digest = this.#platform.sha256();
    for (const piece of pieces) digest.update(piece);
    return equalBytes(digest.finish(), end.digest);
  }

  /** The largest piece that the contacts ahead can carry; where there is no route yet, the largest that fits into a bundle. */
  #pieceBytes(destination: number): number {
    const { maxPayloadBytes = Number.POSITIVE_INFINITY } = this.#transport;
    let largest = MAX_PIECE_BYTES;
    while (largest > MIN_PIECE_BYTES && largest + FRAME_OVERHEAD_BYTES > maxPayloadBytes) largest /= 2;
    for (let size = largest; size >= MIN_PIECE_BYTES; size /= 2) {
      if (this.#transport.canCarry(destination, size + FRAME_OVERHEAD_BYTES)) return size;
    }
    return largest;
  }

  #sendPiece(stream: OutgoingStream, data: Uint8Array, isLast: boolean): void {
    const isWhole = isLast && stream.pieces === 0;
    if (!isWhole) {
      stream.digest ??= this.#platform.sha256();
      stream.digest.update(data);
    }
    const index = stream.pieces++;
    const digest = isWhole ? NO_BYTES : (stream.digest as Digest);
    const end = isLast
      ? { count: index + 1, digest: digest instanceof Uint8Array ? digest : digest.finish() }
      : undefined;
    const payload = encodeFrame({ kind: stream.kind, stream: stream.number, index, data, end });
    const { destination, untilUs } = stream;
    if (this.#outbox.length > 0 || !this.#transport.send(destination, payload, untilUs)) {
      this.#outbox.push({ destination, payload, untilUs });
    }
  }
}

function newIncoming(kind: StreamKind): IncomingStream {
  return { kind, pieces: [], expiryUs: 0, received: 0, bytes: 0, end: undefined };
}

const NO_BYTES = new Uint8Array(0);

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
