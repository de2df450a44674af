/**
 * The bundle codec against cbor-x doing the same work: a bundle of 1 KiB with previous node, bundle age and hop count blocks and
 * CRC-32C on the primary and payload blocks. "The same work" is bytes that are valid BPv7, and for decoding that the CRCs are
 * verified and that the bytes are in canonical form, which a general decoder can only tell by encoding again.
 *
 * Both sides use the same CRC-32C.
 */
import { pathToFileURL } from 'node:url';
import { Encoder, isNativeAccelerationEnabled } from 'cbor-x';
import { equalBytes } from '../src/base/bytes.js';
import { accelerateCodec } from '../src/bpv7/accelerate.node.js';
import {
  BLOCK_TYPES,
  type Bundle,
  CRC_TYPES,
  crc32c,
  decodeBundle,
  encodeBundle,
  encodeBundleAge,
  encodeHopCount,
  encodePreviousNode,
  ipn,
  newBlock,
} from '../src/bpv7/index.js';
import { type BenchRow, operationsPerCpuSecond, printRows } from './bench.js';

const PAYLOAD_BYTES = 1024;
const TIMES = 40_000;

/** Measures the codec and returns its rows. */
export async function codecBench(): Promise<BenchRow[]> {
  const native = await accelerateCodec();
  const payload = new Uint8Array(PAYLOAD_BYTES);
  for (let i = 0; i < payload.length; i++) payload[i] = (i * 131 + 7) & 0xff;
  const reference = cborXCodec();
  const bytes = encodeBundle(sampleBundle(payload, 0)).slice();
  if (!equalBytes(bytes, reference.encode(payload, 0))) throw new Error('the two encoders disagree');
  const damaged = bytes.slice();
  damaged[500] ^= 1;
  if (!reference.verify(bytes) || reference.verify(damaged)) throw new Error('the reference does not verify');

  let sink = 0;
  const [encodeRate, encodeReference, decodeRate, decodeReference, forwardRate] = operationsPerCpuSecond(
    [
      (times) => {
        for (let i = 0; i < times; i++) sink += encodeBundle(sampleBundle(payload, i)).length;
      },
      (times) => {
        for (let i = 0; i < times; i++) sink += reference.encode(payload, i).length;
      },
      (times) => {
        for (let i = 0; i < times; i++) sink += decodeBundle(bytes).blocks.length;
      },
      (times) => {
        for (let i = 0; i < times; i++) sink += reference.verify(bytes) ? 1 : 0;
      },
      (times) => {
        for (let i = 0; i < times; i++) sink += encodeBundle(forwarded(decodeBundle(bytes), i)).length;
      },
    ],
    TIMES,
  );
  if (sink === 0) throw new Error('nothing was measured');
  const unit = 'bundles/CPU-s';
  const crc = native ? 'native CRC-32C' : 'CRC-32C in JavaScript';
  const peer = (rate: number) =>
    `cbor-x${isNativeAccelerationEnabled ? ' (native)' : ''} at ${Math.round(rate).toLocaleString('en-US')}/s`;
  return [
    {
      name: `encode a bundle of 1 KiB (${crc})`,
      value: encodeRate,
      unit,
      reference: peer(encodeReference),
      ratio: encodeRate / encodeReference,
    },
    {
      name: `decode and verify a bundle of 1 KiB (${crc})`,
      value: decodeRate,
      unit,
      reference: peer(decodeReference),
      ratio: decodeRate / decodeReference,
    },
    { name: `decode, verify and forward a bundle of 1 KiB (${crc})`, value: forwardRate, unit },
  ];
}

function sampleBundle(payload: Uint8Array, sequence: number): Bundle {
  return {
    primary: {
      flags: 0,
      crcType: CRC_TYPES.crc32c,
      destination: ipn(20, 2),
      source: ipn(10, 1),
      reportTo: ipn(10, 0),
      creationTimeMs: 815_000_000_123,
      sequence,
      lifetimeMs: 3_600_000,
      raw: undefined,
    },
    blocks: [
      newBlock(BLOCK_TYPES.previousNode, 2, encodePreviousNode(ipn(12, 0))),
      newBlock(BLOCK_TYPES.bundleAge, 3, encodeBundleAge(1500)),
      newBlock(BLOCK_TYPES.hopCount, 4, encodeHopCount(32, 3)),
      newBlock(BLOCK_TYPES.payload, 1, payload, 0, CRC_TYPES.crc32c),
    ],
  };
}

/** The bundle as a node sends it on: primary and payload blocks as received, the blocks of the hop made new. */
function forwarded(bundle: Bundle, ageMs: number): Bundle {
  const { blocks } = bundle;
  return {
    primary: bundle.primary,
    blocks: [
      newBlock(BLOCK_TYPES.previousNode, 2, encodePreviousNode(ipn(13, 0))),
      newBlock(BLOCK_TYPES.bundleAge, 3, encodeBundleAge(ageMs)),
      newBlock(BLOCK_TYPES.hopCount, 4, encodeHopCount(32, 4)),
      blocks[blocks.length - 1],
    ],
  };
}

/** The same bundle by cbor-x: a bigint where it would write a float, zeroed CRC fields, framing by hand. */
function cborXCodec() {
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

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) printRows(await codecBench());
