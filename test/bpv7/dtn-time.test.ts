import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dtnTimeToText, parseDtnTime } from '../../src/bpv7/index.js';

const DTN_EPOCH_UNIX_MS = Date.UTC(2000, 0, 1);
const END_MS = Date.UTC(10_000, 0, 1) - DTN_EPOCH_UNIX_MS;

describe('DTN times as text', () => {
  it('are those of the calendar of the machine', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: END_MS - 1 }), (timeMs) => {
        const text = new Date(timeMs + DTN_EPOCH_UNIX_MS).toISOString();
        expect(dtnTimeToText(timeMs)).toBe(text);
        expect(parseDtnTime(text)).toBe(timeMs);
      }),
    );
    for (const text of ['2000-01-01T00:00:00.000Z', '2000-02-29T23:59:59.999Z', '2100-02-28T12:00:00.000Z']) {
      expect(dtnTimeToText(parseDtnTime(text))).toBe(text);
    }
    expect(dtnTimeToText(END_MS - 1)).toBe('9999-12-31T23:59:59.999Z');
  });

  it('end with the year 9999', () => {
    expect(dtnTimeToText(END_MS)).toBeUndefined();
    expect(dtnTimeToText(2n ** 63n)).toBeUndefined();
  });

  it('may leave out fractions of a second, and nothing else', () => {
    expect(parseDtnTime('2025-10-28T20:53:20Z')).toBe(815_000_000_000);
    expect(parseDtnTime('2025-10-28T20:53:20.1Z')).toBe(815_000_000_100);
    for (const text of ['2025-10-28', '2025-10-28T20:53:20', '2025-13-01T00:00:00Z', '2025-02-29T00:00:00Z']) {
      expect(() => parseDtnTime(text), text).toThrow('expected a time');
    }
    expect(() => parseDtnTime('2025-10-28T24:00:00Z')).toThrow('expected a time');
    expect(() => parseDtnTime('1999-12-31T23:59:59Z')).toThrow('from 2000 on');
  });
});
