/** What a machine with Node adds to the codec's speed, and to nothing else. */
import { setCrc32cAccelerator } from './crc.js';
import { setBufferAllocator } from './encode.js';

/** CRC-32C of the nine digits "123456789". */
const CHECK_VALUE = 0xe306_9283;

/** The call into native code pays from this length on (bench/codec.bench.ts). */
const ACCELERATE_FROM_BYTES = 256;

/**
 * Has bundles encoded into memory that is not zeroed first, and CRC-32C computed by the optional dependency @node-rs/crc32 where
 * that is installed and works on this machine. Tells whether it does; without it nothing but speed is lost.
 */
export async function accelerateCodec(): Promise<boolean> {
  setBufferAllocator((length) => {
    const { buffer, byteOffset } = Buffer.allocUnsafeSlow(length);
    return new Uint8Array(buffer, byteOffset, length);
  });
  try {
    const { crc32c } = await import('@node-rs/crc32');
    if (crc32c(new Uint8Array([49, 50, 51, 52, 53, 54, 55, 56, 57]), 0) !== CHECK_VALUE) return false;
    setCrc32cAccelerator((bytes, initial) => crc32c(bytes, initial), ACCELERATE_FROM_BYTES);
    return true;
  } catch {
    return false;
  }
}
