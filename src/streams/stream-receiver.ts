/**
 * The receiving side of whole streams: gathers pieces in whatever order they come, and checks the digest of the whole. Where the node's
 * store is durable, pieces lie there and not in memory, survive a restart, and are read back one by one.
 */
import type { StateStore } from '../agent/index.js';
import { equalBytes } from '../base/bytes.js';
import { UsageError } from '../base/errors.js';
import { IntervalSet } from '../base/interval-set.js';
import type { Platform } from '../base/platform.js';
import { DoneNumbers } from './done-numbers.js';
import { decodeFrame, type Frame, type StreamKind } from './frames.js';
import { KeptPieces } from './kept-pieces.js';
import { decodeState, encodeState, isBounds, isCount, keyNumber } from './state-form.js';
import { MIN_PIECE_BYTES, type StreamTransport } from './transport.js';

/** What one node keeps of streams that are not whole yet; beyond it the one that has been silent longest is given up. */
export interface StreamLimits {
  readonly openStreams: number;
  /** Bytes of all streams together. */
  readonly openBytes: number;
}

/** Bytes of one incoming stream that are kept until it is whole. */
const MAX_STREAM_BYTES = 512 * 1024 * 1024;

/** Streams that one node receives at a time, unless told otherwise. */
const MAX_OPEN_STREAMS = 16_384;

/** Bytes of all streams that one node receives at a time, unless told otherwise. */
const MAX_OPEN_BYTES = 2 * MAX_STREAM_BYTES;

/** The limits of a node unless told otherwise. */
export const DEFAULT_STREAM_LIMITS: StreamLimits = { openStreams: MAX_OPEN_STREAMS, openBytes: MAX_OPEN_BYTES };

/** Pieces of one incoming stream: as many of the smallest as its bytes allow. */
const MAX_STREAM_PIECES = MAX_STREAM_BYTES / MIN_PIECE_BYTES;

const HEAD_PREFIX = 'stream/in/';
const PIECE_PREFIX = 'stream/in-piece/';
const DONE_PREFIX = 'stream/done/';

/** A stream that arrived whole and in order. */
export interface ReceivedStream {
  readonly source: number;
  readonly kind: StreamKind;
  readonly stream: number;
  /** Its pieces; may be gone through again and again, until a file is let go of ({@link Streams.release}). */
  readonly pieces: Iterable<Uint8Array>;
  readonly bytes: number;
}

interface IncomingStream {
  readonly key: string;
  readonly source: number;
  readonly number: number;
  readonly kind: StreamKind;
  readonly received: IntervalSet;
  /** When the bundle of its last piece so far ends its lifetime, in monotonic microseconds. */
  expiryUs: number;
  pieces: number;
  bytes: number;
  end: Frame['end'];
}

/** All whole streams that one node receives. */
export class StreamReceiver {
  readonly #transport: StreamTransport;
  readonly #platform: Platform;
  readonly #limits: StreamLimits;
  readonly #state: StateStore | undefined;
  /** Streams that are not whole; the one that has been silent longest comes first. */
  readonly #incoming = new Map<string, IncomingStream>();
  #incomingBytes = 0;
  #expiryUs = Number.POSITIVE_INFINITY;
  readonly #pieces: KeptPieces;
  /** Whole files in the durable store that nobody has let go of. */
  readonly #whole = new Map<string, IncomingStream>();
  readonly #done: DoneNumbers;

  constructor(transport: StreamTransport, platform: Platform, limits: StreamLimits, state: StateStore | undefined) {
    this.#transport = transport;
    this.#platform = platform;
    this.#limits = limits;
    this.#state = state;
    this.#pieces = new KeptPieces(state, PIECE_PREFIX);
    this.#done = new DoneNumbers(state, DONE_PREFIX);
  }

  /** Takes up what was kept through a restart; the files that are whole, with when their last bundle's lifetime ends. */
  start(): { readonly file: ReceivedStream; readonly expiryUs: number }[] {
    this.#done.start((source) => this.#transport.malformed(source, 'stream-state'));
    const files: { file: ReceivedStream; expiryUs: number }[] = [];
    for (const [key, value] of [...(this.#state?.entries(HEAD_PREFIX) ?? [])]) {
      const stream = incomingOf(key.slice(HEAD_PREFIX.length), value);
      if (stream === undefined) {
        this.#transport.malformed(0, 'stream-state');
      } else if (stream.pieces === stream.end?.count) {
        this.#whole.set(stream.key, stream);
        files.push({ file: this.#received(stream), expiryUs: stream.expiryUs });
      } else {
        this.#incoming.set(stream.key, stream);
        this.#incomingBytes += stream.bytes;
        this.#expiryUs = Math.min(this.#expiryUs, stream.expiryUs);
      }
    }
    return files;
  }

  /** See {@link Streams.receive}. */
  receive(source: number, payload: Uint8Array, expiryUs: number): ReceivedStream | undefined {
    const frame = decodeFrame(payload);
    if (frame === undefined || frame.index >= MAX_STREAM_PIECES) {
      this.#transport.malformed(source, 'stream-frame');
      return undefined;
    }
    if (this.#done.has(source, frame.stream)) return undefined;
    const isWhole = frame.index === 0 && frame.end !== undefined;
    if (isWhole && (this.#state === undefined || frame.kind === 'message')) {
      this.#done.add(source, frame.stream);
      const { data, kind, stream } = frame;
      return { source, kind, stream, pieces: [data], bytes: data.length };
    }
    return this.#assemble(source, frame, expiryUs);
  }

  /** See {@link Streams.release}. */
  release(source: number, stream: number): void {
    const key = keyOf(source, stream);
    const whole = this.#whole.get(key);
    if (whole === undefined) return;
    this.#whole.delete(key);
    this.#dropPieces(whole);
  }

  /** When the first unfinished stream may be given up; Infinity for never. */
  nextExpiryUs(): number {
    return this.#expiryUs;
  }

  /** Gives up streams whose missing pieces can come no more. */
  expire(nowUs: number): void {
    if (this.#expiryUs > nowUs) return;
    this.#expiryUs = Number.POSITIVE_INFINITY;
    for (const stream of [...this.#incoming.values()]) {
      if (stream.expiryUs <= nowUs) this.#giveUp(stream);
      else this.#expiryUs = Math.min(this.#expiryUs, stream.expiryUs);
    }
  }

  #assemble(source: number, frame: Frame, expiryUs: number): ReceivedStream | undefined {
    const key = keyOf(source, frame.stream);
    const stream = this.#incoming.get(key) ?? newIncoming(key, source, frame);
    stream.expiryUs = Math.max(stream.expiryUs, expiryUs);
    this.#expiryUs = Math.min(this.#expiryUs, stream.expiryUs);
    this.#incoming.delete(key); // put back at the end
    this.#incoming.set(key, stream);
    if (stream.received.add(frame.index)) {
      this.#pieces.set(pieceKey(stream, frame.index), frame.data);
      stream.pieces++;
      stream.bytes += frame.data.length;
      this.#incomingBytes += frame.data.length;
      if (frame.end !== undefined) stream.end = frame.end;
    }
    this.#state?.set(HEAD_PREFIX + key, () => stateOf(stream));
    const isTooLong = stream.bytes > MAX_STREAM_BYTES;
    if (!isTooLong && (stream.end === undefined || stream.pieces < stream.end.count)) {
      this.#makeRoom();
      return undefined;
    }
    this.#incoming.delete(key);
    this.#incomingBytes -= stream.bytes;
    this.#done.add(source, frame.stream);
    if (isTooLong || !this.#digestHolds(stream)) {
      this.#dropPieces(stream);
      this.#transport.malformed(source, isTooLong ? 'stream-too-long' : 'stream-digest');
      return undefined;
    }
    return this.#arrived(stream);
  }

  /** A file stays in the durable store until it is let go of; anything else is in the hands of whoever takes it. */
  #arrived(stream: IncomingStream): ReceivedStream {
    if (this.#state !== undefined && stream.kind === 'file') {
      this.#whole.set(stream.key, stream);
      return this.#received(stream);
    }
    const received = { ...this.#received(stream), pieces: [...this.#read(stream)] };
    this.#dropPieces(stream);
    return received;
  }

  #received(stream: IncomingStream): ReceivedStream {
    const { source, kind, number, bytes } = stream;
    return { source, kind, stream: number, pieces: { [Symbol.iterator]: () => this.#read(stream) }, bytes };
  }

  /** Reads the pieces one by one. Throws UsageError `stream-released` where they are not there any more. */
  *#read(stream: IncomingStream): Generator<Uint8Array> {
    for (let index = 0; index < stream.pieces; index++) {
      const piece = this.#pieces.get(pieceKey(stream, index));
      if (piece === undefined)
        throw new UsageError('stream-released', 'the bytes of this file are gone; read it while its job has time left');
      yield piece;
    }
  }

  /** Gives up streams that were silent longest until the limits hold; not the last one, which has just had a piece. */
  #makeRoom(): void {
    const { openStreams, openBytes } = this.#limits;
    for (const stream of this.#incoming.values()) {
      if (this.#incoming.size <= openStreams && this.#incomingBytes <= openBytes) return;
      if (this.#incoming.size > 1) this.#giveUp(stream);
    }
  }

  #giveUp(stream: IncomingStream): void {
    this.#incoming.delete(stream.key);
    this.#incomingBytes -= stream.bytes;
    this.#dropPieces(stream);
  }

  #dropPieces(stream: IncomingStream): void {
    for (const index of stream.received.from(0)) this.#pieces.delete(pieceKey(stream, index));
    this.#state?.delete(HEAD_PREFIX + stream.key);
  }

  #digestHolds(stream: IncomingStream): boolean {
    const { end, pieces, received } = stream;
    // One piece has no digest of its own: the CRC of its bundle covers it.
    if (end?.count === 1 && pieces === 1) return true;
    if (end === undefined || pieces !== end.count || received.intervals !== 1 || !received.has(0)) return false;
    const digest = this.#platform.sha256();
    for (const piece of this.#read(stream)) digest.update(piece);
    return equalBytes(digest.finish(), end.digest);
  }
}

function newIncoming(key: string, source: number, { stream, kind }: Frame): IncomingStream {
  const received = new IntervalSet(MAX_STREAM_PIECES);
  return { key, source, number: stream, kind, received, expiryUs: 0, pieces: 0, bytes: 0, end: undefined };
}

function keyOf(source: number, stream: number): string {
  return `${keyNumber(source)}/${keyNumber(stream)}`;
}

function pieceKey(stream: IncomingStream, index: number): string {
  return `${stream.key}/${keyNumber(index)}`;
}

function stateOf({ kind, expiryUs, bytes, end, received }: IncomingStream): Uint8Array {
  return encodeState([kind, expiryUs, bytes, end?.count ?? -1, end?.digest ?? new Uint8Array(0), received.toBounds()]);
}

function incomingOf(key: string, value: Uint8Array): IncomingStream | undefined {
  const [kind, expiryUs, bytes, count, digest, bounds] = decodeState(value, 6) ?? [];
  const [source, number] = key.split('/').map(Number);
  if (!isCount(source) || !isCount(number) || (kind !== 'message' && kind !== 'file')) return undefined;
  if (typeof expiryUs !== 'number' || !isCount(bytes) || typeof count !== 'number') return undefined;
  if (!(digest instanceof Uint8Array) || !isBounds(bounds)) return undefined;
  let pieces = 0;
  for (let i = 0; i < bounds.length; i += 2) pieces += (bounds[i + 1] as number) - (bounds[i] as number) + 1;
  const end = count < 0 ? undefined : { count, digest };
  const received = IntervalSet.ofBounds(bounds, MAX_STREAM_PIECES);
  return { key, source, number, kind, received, expiryUs, pieces, bytes, end };
}
