/**
 * cbor-x as a bundle codec with equal guarantees: bytes that are valid BPv7, and for decoding that the CRCs are verified and that the
 * bytes are in canonical form, which a general decoder can only tell by encoding again. It uses the same CRC-32C as we do.
 */
import { Encoder, isNativeAccelerationEnabled } from 'cbor-x';
import { CRC_TYPES, crc32c } from '../src/bpv7/index.js';

/** A peer in this process. */
export interface PeerCodec {
  /** Builds and encodes the sample bundle. */
  encode(payload: Uint8Array, sequence: number): Uint8Array;
  /** True where the bytes are a bundle in canonical form whose CRCs match. */
  verify(bytes: Uint8Array): boolean;
}

/** The peer's name, which tells whether its native add-on is in use. */
export const CBOR_X_NAME = `cbor-x${isNativeAccelerationEnabled ? ' (native)' : ''}`;

/** The sample bundle by cbor-x: a bigint where it would write a float, zeroed CRC fields, framing by hand. */
export function cborXCodec(): PeerCodec {
  const cbor = new Encoder({ tagUint8Array: false, useRecords: false, int64AsNumber: true } as ConstructorParameters<
    typeof Encoder
  >[0]);
  const frame = [new Uint8Array([0x9f]), new Uint8Array([0xff])];
  const withCrc = (block: unknown[]): Uint8Array => {
    const encoded = cbor.encode(block);
    const crc = crc32c(encoded);
    const at = encoded.length - 4;
    encoded[at] = crc >>> 24;
    encoded[at + 1] = crc >>> 16;
    encoded[at + 2] = crc >>> 8;
    encoded[at + 3] = crc;
    return encoded;
  };
  const wide = (value: number) => (value >= 0x1_0000_0000 ? BigInt(value) : value);
  const encode = (payload: Uint8Array, sequence: number): Uint8Array =>
    Buffer.concat([
      frame[0],
      withCrc([
        7,
        0,
        2,
        [2, [20, 2]],
        [2, [10, 1]],
        [2, [10, 0]],
        [wide(815_000_000_123), sequence],
        3_600_000,
        new Uint8Array(4),
      ]),
      cbor.encode([6, 2, 0, 0, cbor.encode([2, [12, 0]])]),
      cbor.encode([7, 3, 0, 0, cbor.encode(1500)]),
      cbor.encode([10, 4, 0, 0, cbor.encode([32, 3])]),
      withCrc([1, 1, 0, 2, payload, new Uint8Array(4)]),
      frame[1],
    ]);
  /** Decodes, then encodes every block again with its CRC field zeroed, computes the CRC and compares all bytes. */
  const verify = (bytes: Uint8Array): boolean => {
    const items = cbor.decode(bytes as Buffer) as unknown[][];
    const primary = items[0];
    const timestamp = primary[6] as number[];
    primary[6] = [wide(timestamp[0]), timestamp[1]];
    let at = 1;
    for (let i = 0; i < items.length; i++) {
      const block = items[i];
      let encoded: Uint8Array;
      if (block[i === 0 ? 2 : 3] === CRC_TYPES.none) {
        cbor.decode(block[4] as Buffer);
        encoded = cbor.encode(block);
      } else {
        block[block.length - 1] = new Uint8Array(4);
        encoded = withCrc(block);
      }
      if (Buffer.compare(encoded, bytes.subarray(at, at + encoded.length)) !== 0) return false;
      at += encoded.length;
    }
    return bytes[at] === 0xff && at + 1 === bytes.length;
  };
  return { encode, verify };
}
