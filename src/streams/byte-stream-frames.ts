/**
 * The application data units of byte streams, as CBOR arrays: a piece `[0, stream, index, is last, data]`, with `name` and `window` besides on the
 * first piece of a stream; and `[1, stream, pieces, bytes]` on the way back, which says how much of the stream the receiving application has.
 */
import { Encoder } from 'cbor-x';
import { MAX_STREAM_NAME_BYTES } from './byte-stream-io.js';
import { isCount } from './state-form.js';

/** One piece of a byte stream. */
export interface ByteStreamPiece {
  readonly kind: 'piece';
  /** Number of the stream, from 0, counted by the sender for each destination. */
  readonly stream: number;
  /** Ordinal of the piece, from 0. */
  readonly index: number;
  readonly isLast: boolean;
  readonly data: Uint8Array;
  /** On the first piece only: what the receiver must know of the stream. */
  readonly opening: { readonly name: string; readonly windowBytes: number } | undefined;
}

/** How much of a byte stream the receiving application has. */
export interface ByteStreamTaken {
  readonly kind: 'taken';
  readonly stream: number;
  readonly pieces: number;
  readonly bytes: number;
}

/** Bytes that a piece has around its data. */
export const PIECE_OVERHEAD_BYTES = MAX_STREAM_NAME_BYTES + 64;

const encoder = new Encoder({ useRecords: false, tagUint8Array: false, int64AsNumber: true } as ConstructorParameters<
  typeof Encoder
>[0]);

/** The bytes of a data unit. */
export function encodeByteStreamFrame(frame: ByteStreamPiece | ByteStreamTaken): Uint8Array {
  if (frame.kind === 'taken') return encoder.encode([1, frame.stream, frame.pieces, frame.bytes]);
  const { stream, index, isLast, data, opening } = frame;
  const items: unknown[] = [0, stream, index, isLast, data];
  if (opening !== undefined) items.push(opening.name, opening.windowBytes);
  return encoder.encode(items);
}

/** The data unit in a payload, or undefined where it is none. */
export function decodeByteStreamFrame(payload: Uint8Array): ByteStreamPiece | ByteStreamTaken | undefined {
  let items: unknown;
  try {
    items = encoder.decode(payload);
  } catch {
    return undefined;
  }
  if (!Array.isArray(items)) return undefined;
  const [kind, stream, ...rest] = items as unknown[];
  if (!isCount(stream)) return undefined;
  return kind === 0 ? pieceOf(stream, rest) : kind === 1 ? takenOf(stream, rest) : undefined;
}

/** Whether a text can be the name of a stream: printable ASCII, since it stands in a key. */
export function isStreamName(name: unknown): name is string {
  return typeof name === 'string' && name.length <= MAX_STREAM_NAME_BYTES && /^[!-~]+$/.test(name);
}

function pieceOf(stream: number, items: readonly unknown[]): ByteStreamPiece | undefined {
  const [index, isLast, data, name, windowBytes] = items;
  if (!isCount(index) || typeof isLast !== 'boolean' || !(data instanceof Uint8Array)) return undefined;
  if (items.length !== (index === 0 ? 5 : 3)) return undefined;
  const piece = { kind: 'piece', stream, index, isLast, data } as const;
  if (index > 0) return { ...piece, opening: undefined };
  return isStreamName(name) && isCount(windowBytes) ? { ...piece, opening: { name, windowBytes } } : undefined;
}

function takenOf(stream: number, items: readonly unknown[]): ByteStreamTaken | undefined {
  const [pieces, bytes] = items;
  if (items.length !== 2 || !isCount(pieces) || !isCount(bytes)) return undefined;
  return { kind: 'taken', stream, pieces, bytes };
}
