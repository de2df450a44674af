/**
 * The application data unit of one piece of a stream: a CBOR array `[kind, stream, index, data]`, and on the last piece of the
 * stream two items more, `count` (pieces in all) and `digest` (SHA-256 of the whole; empty where there is one piece only, which
 * the CRC of its bundle covers).
 */
import { Encoder } from 'cbor-x';
import { isCount } from './state-form.js';

/** What a stream carries: a message for the job engine, or a file that a message refers to. */
export type StreamKind = 'message' | 'file';

/** One piece of a stream. */
export interface Frame {
  readonly kind: StreamKind;
  /** Number of the stream, from 0, counted by the sender for each destination. */
  readonly stream: number;
  /** Ordinal of the piece, from 0. */
  readonly index: number;
  readonly data: Uint8Array;
  /** On the last piece only. */
  readonly end: { readonly count: number; readonly digest: Uint8Array } | undefined;
}

/** Bytes that a frame has around its data. */
export const FRAME_OVERHEAD_BYTES = 64;

const encoder = new Encoder({ useRecords: false, tagUint8Array: false, int64AsNumber: true } as ConstructorParameters<
  typeof Encoder
>[0]);

/** The bytes of a frame. */
export function encodeFrame(frame: Frame): Uint8Array {
  const kind = frame.kind === 'message' ? 0 : 1;
  const items: unknown[] = [kind, frame.stream, frame.index, frame.data];
  if (frame.end !== undefined) items.push(frame.end.count, frame.end.digest);
  return encoder.encode(items);
}

/** The frame in a payload, or undefined where it is none. */
export function decodeFrame(payload: Uint8Array): Frame | undefined {
  let items: unknown;
  try {
    items = encoder.decode(payload);
  } catch {
    return undefined;
  }
  if (!Array.isArray(items) || (items.length !== 4 && items.length !== 6)) return undefined;
  const [kind, stream, index, data, count, digest] = items as unknown[];
  if ((kind !== 0 && kind !== 1) || !isCount(stream) || !isCount(index) || !(data instanceof Uint8Array))
    return undefined;
  const frame = { kind: kind === 0 ? 'message' : 'file', stream, index, data } as const;
  if (items.length === 4) return { ...frame, end: undefined };
  if (!isCount(count) || !(digest instanceof Uint8Array) || count !== index + 1) return undefined;
  return { ...frame, end: { count, digest } };
}
