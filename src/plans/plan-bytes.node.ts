/** From the bytes of a plan file to its text, packed by gzip or not. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { messageOf, UsageError } from '../base/errors.js';

/** The most bytes of plan text that are read at once, after what gzip did is undone: some millions of contacts. */
export const MAX_PLAN_BYTES = 256 * 1024 * 1024;

/**
 * The text of a plan file, which `name` stands for in messages. Throws a UsageError `input-not-readable` for what cannot be unpacked, is
 * longer than {@link MAX_PLAN_BYTES} then, or is no UTF-8.
 */
export async function planTextOf(bytes: Uint8Array, name: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await unzipped(bytes, name));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError('input-not-readable', `${name}: bytes that are no UTF-8; expected a contact plan as text`);
  }
}

/** The bytes that gzip packed, where it did: its files begin with 1f 8b (RFC 1952 section 2.3.1). */
async function unzipped(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: MAX_PLAN_BYTES });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const problem =
      code === 'ERR_BUFFER_TOO_LARGE'
        ? `more than ${MAX_PLAN_BYTES} bytes when unpacked, the most read at once`
        : `begins like a gzip file, but cannot be unpacked: ${messageOf(error)}; expected a whole one`;
    throw new UsageError('input-not-readable', `${name}: ${problem}`);
  }
}
