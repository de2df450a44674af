/** Binary streams over bundles: whole ones for the job engine, and byte streams of any length for applications. */
export {
  type ByteStreamInput,
  type ByteStreamOutput,
  DEFAULT_WINDOW_BYTES,
  MAX_STREAM_NAME_BYTES,
  UNTAKEN_PIECES,
} from './byte-stream-io.js';
export { MAX_BYTE_STREAMS, MAX_WINDOW_BYTES, MIN_WINDOW_BYTES } from './byte-stream-sender.js';
export { ByteStreams } from './byte-streams.js';
export { decodeFrame, encodeFrame, type Frame, type StreamKind } from './frames.js';
export { isCount } from './state-form.js';
export { StateTable } from './state-table.js';
export type { ReceivedStream, StreamLimits } from './stream-receiver.js';
export type { StreamHandle, StreamPosition } from './stream-sender.js';
export { Streams } from './streams.js';
export {
  MAX_PIECE_BYTES,
  MIN_PIECE_BYTES,
  SEND_WINDOW_BUNDLES,
  type StreamTransport,
  TOTAL_WINDOW_BUNDLES,
} from './transport.js';
