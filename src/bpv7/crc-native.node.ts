/** Speeds up CRC-32C where the optional dependency @node-rs/crc32 is installed and works on this machine. */
import { setCrc32cAccelerator } from './crc.js';

/** CRC-32C of the nine digits "123456789". */
const CHECK_VALUE = 0xe306_9283;

/** The call into native code pays from this length on (bench/codec.bench.ts). */
const ACCELERATE_FROM_BYTES = 384;

/** Tries to install the accelerator and tells whether one is in place; without it nothing but speed is lost. */
export async function installNativeCrc32c(): Promise<boolean> {
  try {
    const { crc32c } = await import('@node-rs/crc32');
    if (crc32c(new Uint8Array([49, 50, 51, 52, 53, 54, 55, 56, 57]), 0) !== CHECK_VALUE) return false;
    setCrc32cAccelerator((bytes, initial) => crc32c(bytes, initial), ACCELERATE_FROM_BYTES);
    return true;
  } catch {
    return false;
  }
}
