/** The short way to read a bundle against the reader that knows every rule. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../src/base/bytes.js';
import { crc32c } from '../../src/bpv7/crc.js';
import { readInFull } from '../../src/bpv7/decode.js';
import {
  BLOCK_TYPES,
  type Bundle,
  BundleError,
  DTN_NONE,
  encodeBundle,
  encodeBundleAge,
  encodeHopCount,
  encodePreviousNode,
  ipn,
  newBlock,
} from '../../src/bpv7/index.js';
import { scanUsual, usualEnd } from '../../src/bpv7/usual-form.js';
import { anyBundle, loadVectors } from './support.js';

/** Holds the two ways against each other at `start`; tells whether the short way took the bytes. */
function agree(bytes: Uint8Array, start = 0): boolean {
  const bundle = scanUsual(bytes, start);
  if (bundle === undefined) return false;
  const end = usualEnd();
  for (const profile of ['strict', 'lenient'] as const) {
    const allowances: unknown[] = [];
    const full = readInFull(bytes, start, { profile, onAllowance: (allowance) => allowances.push(allowance) });
    expect(bundle).toStrictEqual(full.bundle);
    expect(end).toBe(full.end);
    expect([bundle.primary, ...bundle.blocks].map(({ raw }) => raw)).toEqual(
      [full.bundle.primary, ...full.bundle.blocks].map(({ raw }) => raw),
    );
    expect(allowances).toEqual([]);
  }
  return true;
}

function isRejected(bytes: Uint8Array): boolean {
  try {
    readInFull(bytes, 0);
    return false;
  } catch (thrown) {
    if (thrown instanceof BundleError) return true;
    throw thrown;
  }
}

const anySmall = fc.oneof(fc.nat(23), fc.nat(300), fc.nat(70_000), fc.nat(Number.MAX_SAFE_INTEGER));
const anyNode = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 0xffff_fffe }));
const anyUsualEid = fc.tuple(anyNode, anySmall).map(([node, service]) => ipn(node, service));
const anyCrc = fc.constantFrom(0, 1, 2) as fc.Arbitrary<0 | 1 | 2>;

/** Bundles that the short way is made for. */
const usualBundle: fc.Arbitrary<Bundle> = fc
  .record({
    flags: fc.constantFrom(0, 2, 4, 6, 0x20, 0x4040, 0x7_4064),
    primaryCrc: fc.constantFrom(1, 2) as fc.Arbitrary<1 | 2>,
    destination: fc.oneof(anyUsualEid, fc.constant(DTN_NONE)),
    source: anyUsualEid,
    reportTo: fc.oneof(anyUsualEid, fc.constant(DTN_NONE)),
    creationTimeMs: anySmall.filter((time) => time > 0),
    sequence: anySmall,
    lifetimeMs: anySmall,
    previousNode: fc.option(anyUsualEid),
    ageMs: fc.option(anySmall),
    hops: fc.option(fc.tuple(fc.integer({ min: 1, max: 255 }), anySmall)),
    unknownType: fc.option(anySmall.filter((type) => type > 14)),
    blockFlags: fc.constantFrom(0, 1, 0x10, 0x15),
    payload: fc.uint8Array({ maxLength: 600 }),
    crcType: anyCrc,
    payloadCrc: anyCrc,
  })
  .map(
    ({ primaryCrc, previousNode, ageMs, hops, unknownType, blockFlags, payload, crcType, payloadCrc, ...primary }) => {
      const blocks = [newBlock(BLOCK_TYPES.payload, 1, payload, blockFlags, payloadCrc)];
      const add = (type: number, number: number, data: Uint8Array) =>
        blocks.unshift(newBlock(type, number, data, blockFlags, crcType));
      if (previousNode !== null) add(BLOCK_TYPES.previousNode, 2, encodePreviousNode(previousNode));
      if (ageMs !== null) add(BLOCK_TYPES.bundleAge, 30, encodeBundleAge(ageMs));
      if (hops !== null) add(BLOCK_TYPES.hopCount, 4, encodeHopCount(...hops));
      if (unknownType !== null) add(unknownType, 300, payload.subarray(0, 9));
      return { primary: { ...primary, crcType: primaryCrc }, blocks };
    },
  );

/** The bytes with a CRC-32C of the primary block that is right again. */
function withPrimaryCrc(bytes: Uint8Array, primaryBytes: number): Uint8Array {
  const fieldAt = 1 + primaryBytes - 4;
  const block = bytes.slice(1, 1 + primaryBytes).fill(0, primaryBytes - 4);
  new DataView(bytes.buffer).setUint32(bytes.byteOffset + fieldAt, crc32c(block));
  return bytes;
}

describe('the short way', () => {
  it('reads bundles of the usual form, wherever they stand', () => {
    fc.assert(
      fc.property(usualBundle, fc.nat(3), (bundle, before) => {
        const bytes = encodeBundle(bundle);
        expect(agree(bytes)).toBe(true);
        const among = concatBytes([new Uint8Array(before), bytes, fromHex('9f')]);
        expect(agree(among, before)).toBe(true);
        expect(usualEnd()).toBe(among.length - 1);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves a cut bundle alone', () => {
    fc.assert(
      fc.property(usualBundle, (bundle) => {
        const bytes = encodeBundle(bundle);
        for (let length = 0; length < bytes.length; length++) {
          expect(scanUsual(bytes.subarray(0, length), 0)).toBeUndefined();
        }
      }),
      { numRuns: 40 },
    );
  });

  it('gives the same as the full reader or nothing for any valid bundle', () => {
    fc.assert(
      fc.property(anyBundle, (bundle) => {
        agree(encodeBundle(bundle));
      }),
      { numRuns: 500 },
    );
  });

  it('takes nothing that the full reader rejects, with a primary block changed under a CRC made right', () => {
    let taken = 0;
    let rejected = 0;
    fc.assert(
      fc.property(usualBundle, fc.nat(), fc.nat(255), fc.nat(), (bundle, place, value, bit) => {
        const bytes = encodeBundle({ ...bundle, primary: { ...bundle.primary, crcType: 2 } }).slice();
        const { bundle: read } = readInFull(bytes, 0);
        const primaryBytes = read.primary.raw?.length ?? 0;
        const at = 1 + (place % (primaryBytes - 5));
        for (const byte of [value, bytes[at] ^ (1 << (bit & 7)), bytes[at] + 1, bytes[at] - 1, 0, 0x18, 0x1b]) {
          const changed = bytes.slice();
          changed[at] = byte;
          withPrimaryCrc(changed, primaryBytes);
          if (agree(changed)) taken++;
          if (isRejected(changed)) rejected++;
        }
      }),
      { numRuns: 1500 },
    );
    // Both must happen, else the test shows nothing.
    expect(taken).toBeGreaterThan(500);
    expect(rejected).toBeGreaterThan(500);
  });

  it('takes nothing that the full reader rejects, with blocks without a CRC changed, cut and added to', () => {
    let taken = 0;
    let rejected = 0;
    fc.assert(
      fc.property(usualBundle, fc.nat(), fc.nat(4), fc.uint8Array({ maxLength: 4 }), (bundle, place, cut, put) => {
        const blocks = bundle.blocks.map((block) => ({
          ...block,
          crcType: 0 as const,
          data: block.data.subarray(0, 30),
        }));
        const bytes = encodeBundle({ ...bundle, blocks });
        const primaryBytes = readInFull(bytes, 0).bundle.primary.raw?.length ?? 0;
        const at = 1 + primaryBytes + (place % (bytes.length - primaryBytes - 1));
        const replaced = bytes.slice();
        replaced.set(put.subarray(0, bytes.length - at), at);
        const small = bytes.slice();
        small[at] = cut;
        const head = bytes.subarray(0, at);
        for (const changed of [replaced, small, concatBytes([head, put, bytes.subarray(at + cut)])]) {
          if (agree(changed)) taken++;
          if (isRejected(changed)) rejected++;
        }
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(500);
    expect(rejected).toBeGreaterThan(500);
  });

  it('leaves alone what breaks a rule between blocks', () => {
    const primary = {
      flags: 0,
      crcType: 2 as const,
      destination: ipn(20, 2),
      source: ipn(10, 1),
      reportTo: DTN_NONE,
      creationTimeMs: 1,
      sequence: 0,
      lifetimeMs: 1,
    };
    const age = newBlock(BLOCK_TYPES.bundleAge, 2, encodeBundleAge(1));
    const payload = newBlock(BLOCK_TYPES.payload, 1, new Uint8Array(3));
    const strange = newBlock(200, 3, new Uint8Array(1), 2);
    const scans = (change: Partial<typeof primary>, blocks: readonly (typeof age)[]) => {
      const bytes = encodeBundle({ primary: { ...primary, ...change }, blocks });
      return agree(bytes);
    };
    expect(scans({}, [age, strange, payload])).toBe(true);
    expect(scans({}, [age, { ...age, number: 5 }, payload])).toBe(false);
    expect(scans({}, [age, { ...strange, number: 2 }, payload])).toBe(false);
    expect(scans({}, [age, { ...strange, number: 1 }, payload])).toBe(false);
    expect(scans({}, [payload, age])).toBe(false);
    expect(scans({}, [payload, payload])).toBe(false);
    expect(scans({}, [{ ...payload, number: 2 }])).toBe(false);
    expect(scans({}, [age])).toBe(false);
    expect(scans({}, [])).toBe(false);
    expect(scans({ flags: 2 }, [age, payload])).toBe(true);
    expect(scans({ flags: 2 }, [age, strange, payload])).toBe(false);
    expect(scans({ flags: 0x4002 }, [payload])).toBe(false);
    expect(scans({ creationTimeMs: 0 }, [payload])).toBe(false);
    expect(scans({ source: ipn(0, 0) }, [payload])).toBe(false);
    expect(scans({ crcType: 0 as 2 }, [payload])).toBe(false);
    for (let type = 2; type < 13; type++) {
      expect(scans({}, [newBlock(type, 2, new Uint8Array(1)), payload])).toBe(type === BLOCK_TYPES.bundleAge);
    }
    const many = Array.from({ length: 40 }, (_, i) => ({ ...strange, number: 2 + i, flags: 0 }));
    expect(scans({}, [...many.slice(0, 15), payload])).toBe(true);
    expect(scans({}, [...many.slice(0, 16), payload])).toBe(false);
  });

  it('gives the same as the full reader or nothing for the vectors', () => {
    const { valid, bad } = loadVectors<{ valid: { hex: string }[]; bad: { hex: string }[] }>('bundles.json');
    for (const { hex } of valid) agree(fromHex(hex));
    for (const { hex } of bad)
      expect(scanUsual(fromHex(hex), 0) === undefined || usualEnd() < hex.length / 2).toBe(true);
  });

  it('takes random bytes for nothing that they are not', () => {
    const likely = fc.constantFrom(0x9f, 0xff, 0x82, 0x85, 0x40, 0x41, 0x18, 0x19, 0x01, 0x02, 0x06, 0x07, 0x0a, 0x00);
    const start = encodeBundle({
      primary: {
        flags: 0,
        crcType: 2,
        destination: ipn(20, 2),
        source: ipn(10, 1),
        reportTo: DTN_NONE,
        creationTimeMs: 1,
        sequence: 0,
        lifetimeMs: 1,
      },
      blocks: [],
    }).slice(0, -1);
    fc.assert(
      fc.property(fc.array(fc.oneof(likely, fc.nat(255)), { maxLength: 40 }), (rest) => {
        agree(concatBytes([start, Uint8Array.from(rest)]));
      }),
      { numRuns: 5000 },
    );
  });
});
