import { crc16kermit } from 'crc';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { accelerateCodec } from '../../src/bpv7/accelerate.node.js';
import { blockCrc16, blockCrc32c } from '../../src/bpv7/crc.js';
import { crc16, crc32c, setCrc32cAccelerator } from '../../src/bpv7/index.js';
import { loadVectors } from './support.js';

const DIGITS = new Uint8Array([49, 50, 51, 52, 53, 54, 55, 56, 57]);
/** CRC-32C a bit at a time, continued from `initial`. */
function bitwiseCrc32c(bytes: Uint8Array, initial: number): number {
  let state = ~initial;
  for (const byte of bytes) {
    state ^= byte;
    for (let bit = 0; bit < 8; bit++) state = (state & 1) !== 0 ? (state >>> 1) ^ 0x82f63b78 : state >>> 1;
  }
  return ~state >>> 0;
}

const anyBytes = fc.uint8Array({ maxLength: 300 });

afterEach(() => setCrc32cAccelerator(undefined));

describe('the checksums', () => {
  it('give the check values', () => {
    const { crc_check: check } = loadVectors<{ crc_check: Record<string, string> }>('bundles.json');
    expect(crc16(DIGITS).toString(16)).toBe(check['CRC-16/X.25("123456789")']);
    expect(crc32c(DIGITS).toString(16)).toBe(check['CRC-32C("123456789")']);
    expect(crc16(new Uint8Array(0))).toBe(0);
    expect(crc32c(new Uint8Array(0))).toBe(0);
  });

  it('agree with independent implementations on any range', () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(300), fc.nat(300), (bytes, a, b) => {
        const from = Math.min(a, b, bytes.length);
        const to = Math.min(Math.max(a, b), bytes.length);
        const range = bytes.slice(from, to);
        expect(crc16(bytes, from, to)).toBe(crc16kermit(Buffer.from(range), 0xffff) ^ 0xffff);
        expect(crc32c(bytes, from, to)).toBe(bitwiseCrc32c(range, 0));
      }),
    );
  });

  it('take the field as zero without writing to it', () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(300), fc.boolean(), (bytes, place, hasBreak) => {
        const from = bytes.length === 0 ? 0 : place % bytes.length;
        for (const width of [2, 4]) {
          const block = Uint8Array.from([...bytes, ...new Array(width).fill(0xa5), ...(hasBreak ? [0xff] : [])]);
          const zeroed = block.slice();
          zeroed.fill(0, bytes.length, bytes.length + width);
          const given = block.slice();
          if (width === 2) expect(blockCrc16(block, from, bytes.length, block.length)).toBe(crc16(zeroed, from));
          else expect(blockCrc32c(block, from, bytes.length, block.length)).toBe(crc32c(zeroed, from));
          expect(block).toEqual(given);
        }
      }),
    );
  });
});

describe('an accelerator', () => {
  it('is asked for long ranges only', () => {
    const asked: number[] = [];
    setCrc32cAccelerator((bytes, initial) => {
      asked.push(bytes.length);
      return bitwiseCrc32c(bytes, initial);
    }, 100);
    const bytes = new Uint8Array(250).fill(7);
    expect(crc32c(bytes, 0, 99)).toBe(bitwiseCrc32c(bytes.subarray(0, 99), 0));
    expect(crc32c(bytes, 10, 210)).toBe(bitwiseCrc32c(bytes.subarray(10, 210), 0));
    expect(blockCrc32c(bytes, 3, 203, 207, bytes.subarray(10, 200), 10)).toBe(
      bitwiseCrc32c(Uint8Array.from([...bytes.subarray(3, 203), 0, 0, 0, 0]), 0),
    );
    expect(asked).toEqual([200, 190]);
  });

  it('is the native one where it is installed, with equal results', async () => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 37) & 0xff);
    const plain = crc32c(bytes);
    await accelerateCodec();
    expect(crc32c(bytes)).toBe(plain);
  });
});
