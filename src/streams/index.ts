/** Chunked binary streams over bundles. */
export { decodeFrame, encodeFrame, type Frame, type StreamKind } from './frames.js';
export {
  MAX_PIECE_BYTES,
  MIN_PIECE_BYTES,
  type ReceivedStream,
  SEND_WINDOW_BUNDLES,
  type StreamHandle,
  type StreamLimits,
  Streams,
  type StreamTransport,
  TOTAL_WINDOW_BUNDLES,
} from './streams.js';
