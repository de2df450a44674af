import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/base/bytes.js';
import { UsageError } from '../../src/base/errors.js';
import { captureHeader, capturePacket, nodeAddress } from '../../src/convergence/pcapng.js';
import { MAX_DATAGRAM_BYTES } from '../../src/convergence/udpcl.js';

interface Block {
  readonly type: number;
  readonly body: Uint8Array;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The blocks of a capture, read by the format's own rules: a length before and behind, whole words. */
function blocksOf(capture: Uint8Array): Block[] {
  const view = viewOf(capture);
  const blocks: Block[] = [];
  for (let at = 0; at < capture.length; ) {
    const length = view.getUint32(at + 4, true);
    expect(length % 4).toBe(0);
    expect(view.getUint32(at + length - 4, true)).toBe(length);
    blocks.push({ type: view.getUint32(at, true), body: capture.subarray(at + 8, at + length - 4) });
    at += length;
  }
  return blocks;
}

/** Options as code and bytes, up to the end of options. */
function optionsOf(bytes: Uint8Array): [code: number, value: Uint8Array][] {
  const view = viewOf(bytes);
  const options: [number, Uint8Array][] = [];
  for (let at = 0; at < bytes.length; ) {
    const [code, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    if (code === 0) {
      expect([length, at + 4]).toEqual([0, bytes.length]);
      return options;
    }
    options.push([code, bytes.subarray(at + 4, at + 4 + length)]);
    at += 4 + length + (-length & 3);
  }
  expect(bytes).toHaveLength(0);
  return options;
}

const textOf = (bytes: Uint8Array | undefined) => String.fromCharCode(...(bytes ?? []));

/** The ones' complement sum of 16-bit words, carries brought round: 0xffff over data with its right checksum. */
function onesSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += ((bytes[i] as number) << 8) | (bytes[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

function packetOf(block: Block) {
  const view = viewOf(block.body);
  const length = view.getUint32(12, true);
  expect(view.getUint32(16, true)).toBe(length);
  const packet = block.body.subarray(20, 20 + length);
  const options = optionsOf(block.body.subarray(20 + length + (-length & 3)));
  return { unixUs: view.getUint32(4, true) * 2 ** 32 + view.getUint32(8, true), packet, options };
}

describe('a capture', () => {
  it('begins with a section and one interface of raw IP packets, named, with times in microseconds', () => {
    const [section, description, ...rest] = blocksOf(captureHeader('links')) as [Block, Block];
    expect(rest).toEqual([]);
    expect(section.type).toBe(0x0a0d0d0a);
    expect(viewOf(section.body).getUint32(0, true)).toBe(0x1a2b3c4d);
    expect([viewOf(section.body).getUint16(4, true), viewOf(section.body).getUint16(6, true)]).toEqual([1, 0]);
    expect(viewOf(section.body).getBigInt64(8, true)).toBe(-1n);
    expect(optionsOf(section.body.subarray(16)).map(([code, value]) => [code, textOf(value)])).toEqual([[4, 'leodtn']]);
    expect(description.type).toBe(1);
    expect(viewOf(description.body).getUint16(0, true)).toBe(101);
    const options = new Map(optionsOf(description.body.subarray(8)));
    expect(textOf(options.get(2))).toBe('links');
    expect(options.get(9)).toEqual(new Uint8Array([6]));
  });

  it('holds datagrams of any size up to the largest in packets with right lengths and checksums', () => {
    const size = fc.oneof(fc.nat(70), fc.constantFrom(1499, MAX_DATAGRAM_BYTES - 1, MAX_DATAGRAM_BYTES));
    const node = fc.oneof(fc.nat(400), fc.nat(4_294_967_294));
    fc.assert(
      fc.property(size, fc.nat(255), node, node, fc.maxSafeNat(), (length, fill, from, to, unixUs) => {
        const bytes = new Uint8Array(length).map((_, i) => (i * 31 + fill) & 0xff);
        const [block] = blocksOf(capturePacket({ from, to, unixUs, bytes })) as [Block];
        expect(block.type).toBe(6);
        const read = packetOf(block);
        expect(read.unixUs).toBe(unixUs);
        expect(read.options).toEqual([]);
        const view = viewOf(read.packet);
        expect(view.getUint8(0)).toBe(0x45);
        expect(view.getUint16(2)).toBe(read.packet.length);
        expect(view.getUint8(9)).toBe(17);
        expect([view.getUint32(12), view.getUint32(16)]).toEqual([nodeAddress(from), nodeAddress(to)]);
        expect(onesSum(read.packet.subarray(0, 20))).toBe(0xffff);
        expect([view.getUint16(20), view.getUint16(22), view.getUint16(24)]).toEqual([4556, 4556, 8 + length]);
        expect(view.getUint16(26)).not.toBe(0);
        const pseudoHeader = new Uint8Array([0, 17, (8 + length) >> 8, (8 + length) & 0xff]);
        const summed = concatBytes([read.packet.subarray(12, 20), pseudoHeader, read.packet.subarray(20)]);
        expect(onesSum(summed)).toBe(0xffff);
        expect(read.packet.subarray(28)).toEqual(bytes);
      }),
      { numRuns: 60 },
    );
  });

  it('carries comments, in ASCII', () => {
    const comments = ['lost on the link', 'é', ''];
    const [block] = blocksOf(capturePacket({ from: 1, to: 2, unixUs: 0, bytes: new Uint8Array(3), comments })) as [
      Block,
    ];
    const { options } = packetOf(block);
    expect(options.map(([code, value]) => [code, textOf(value)])).toEqual([
      [1, 'lost on the link'],
      [1, '?'],
      [1, ''],
    ]);
  });

  it('refuses what no datagram holds, and times that are none', () => {
    const codeOf = (length: number, unixUs: number) => {
      try {
        capturePacket({ from: 1, to: 2, unixUs, bytes: new Uint8Array(length) });
      } catch (error) {
        return error instanceof UsageError ? error.code : error;
      }
      return undefined;
    };
    expect(codeOf(MAX_DATAGRAM_BYTES + 1, 0)).toBe('datagram-too-large');
    for (const unixUs of [-1, 0.5, Number.NaN, 2 ** 53]) expect(codeOf(1, unixUs)).toBe('capture-time');
  });
});

describe('the address of a node', () => {
  const textOfAddress = (address: number) => [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');

  it.each([
    [0, '10.0.0.0'],
    [7, '10.0.0.7'],
    [99, '10.0.0.99'],
    [100, '10.0.1.0'],
    [1234, '10.0.12.34'],
    [120_007, '10.12.0.7'],
    [2_559_999, '10.255.99.99'],
  ])('of %i can be read off: %s', (node, address) => {
    expect(textOfAddress(nodeAddress(node))).toBe(address);
  });

  it('of a larger number is none of these', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2_560_000, max: 4_294_967_294 }), (node) => {
        expect(textOfAddress(nodeAddress(node))).toMatch(/^10\.\d{1,3}\.[12]\d\d\.[12]\d\d$/);
      }),
    );
  });
});
