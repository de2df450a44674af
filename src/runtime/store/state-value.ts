/** A named value as it lies on the disk: with a checksum, since lmdb has none. */
import { crc32c } from '../../bpv7/index.js';

const CRC_BYTES = 4;

/** A value with its checksum. */
export function wrapValue(bytes: Uint8Array): Uint8Array {
  const wrapped = new Uint8Array(bytes.length + CRC_BYTES);
  wrapped.set(bytes);
  new DataView(wrapped.buffer).setUint32(bytes.length, crc32c(bytes));
  return wrapped;
}

/** What {@link wrapValue} was given; undefined where it is damaged. */
export function unwrapValue(wrapped: Uint8Array): Uint8Array | undefined {
  const length = wrapped.length - CRC_BYTES;
  if (length < 0) return undefined;
  const view = new DataView(wrapped.buffer, wrapped.byteOffset, wrapped.byteLength);
  return view.getUint32(length) === crc32c(wrapped, 0, length) ? wrapped.subarray(0, length) : undefined;
}
