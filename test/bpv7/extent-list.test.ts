import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExtentList } from '../../src/bpv7/extent-list.js';

const TOTAL = 3_000;

const anyRun = fc.record({
  start: fc.nat(TOTAL - 1),
  length: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: TOTAL })),
  value: fc.nat(1),
});

describe('an extent list', () => {
  it('agrees with an array of bytes, over many small pieces and runs that span them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_999 }), fc.array(anyRun, { maxLength: 30 }), (stride, runs) => {
        const extents = new ExtentList();
        const bytes: (number | undefined)[] = new Array(TOTAL).fill(undefined);
        const add = (start: number, data: Uint8Array) => {
          const old = bytes.slice(start, start + data.length);
          const comparison = extents.compare(start, data);
          expect(comparison.newBytes).toBe(old.filter((byte) => byte === undefined).length);
          expect(comparison.conflict).toBe(old.some((byte, i) => byte !== undefined && byte !== data[i]));
          extents.insert(start, data, comparison);
          data.forEach((byte, i) => {
            bytes[start + i] ??= byte;
          });
        };
        // A thousand single bytes, each third one, in an order that the stride gives.
        for (let i = 0; i < 1_000; i++) add((3 * i * stride) % TOTAL, Uint8Array.of(i % 2));
        for (const { start, length, value } of runs) {
          add(start, new Uint8Array(Math.min(length, TOTAL - start)).fill(value));
        }
        expect(extents.bytes).toBe(bytes.filter((byte) => byte !== undefined).length);
        add(0, new Uint8Array(TOTAL).fill(9));
        expect([...extents.join()]).toEqual(bytes);
      }),
      { numRuns: 60 },
    );
  });
});
