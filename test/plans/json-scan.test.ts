import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSeconds, parseSeconds } from '../../src/plans/index.js';
import { findJsonFault, findRepeatedMember, type JsonPath, JsonPlaces } from '../../src/plans/json-scan.js';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('findJsonFault', () => {
  it('finds a fault exactly where JSON.parse refuses', () => {
    const piece = fc.constantFrom(
      ...'{}[],:"\\ \n1-.eE+0atrufalsn',
      'true',
      'null',
      '"a"',
      '{"a":',
      '\\u00',
      '\u0001',
      '1e5',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        expect(findJsonFault(text) === undefined).toBe(isJson(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('finds none in JSON, and one where a piece is taken out of it', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, at) => {
        expect(findJsonFault(text)).toBeUndefined();
        const cut = text.slice(0, at % text.length) + text.slice((at % text.length) + 1);
        const fault = findJsonFault(cut);
        expect(fault === undefined).toBe(isJson(cut));
        if (fault !== undefined) expect(fault.offset).toBeLessThanOrEqual(cut.length);
      }),
    );
  });

  it('is not troubled by depth', () => {
    expect(findJsonFault('['.repeat(200_000))?.offset).toBe(200_000);
    expect(findJsonFault(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)).toBeUndefined();
  });
});

describe('JsonPlaces', () => {
  it('finds the text of every value', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(0, 1), (json, indent) => {
        const text = JSON.stringify(JSON.parse(json), undefined, indent);
        const places = new JsonPlaces(text);
        const visit = (value: unknown, path: JsonPath) => {
          expect(JSON.parse(places.sourceOf(path))).toEqual(value);
          if (value === null || typeof value !== 'object') return;
          for (const [key, inner] of Object.entries(value)) {
            visit(inner, [...path, Array.isArray(value) ? Number(key) : key]);
          }
        };
        visit(JSON.parse(text), []);
      }),
    );
  });

  it('gives the innermost value around one that is not there, and the last of members with one name', () => {
    const places = new JsonPlaces('{"a": [1, {"b": 2}], "a": [3]}');
    expect(places.sourceOf(['a', 5, 'x'])).toBe('[3]');
    expect(places.sourceOf(['c'])).toBe('{"a": [1, {"b": 2}], "a": [3]}');
  });
});

describe('seconds', () => {
  it('go to text and back for every whole microsecond', () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeNat(), fc.nat()), (us) => {
        expect(parseSeconds(formatSeconds(us))).toEqual({ us, isRounded: false });
        const far = formatSeconds(us).replace(
          /^(\d+)(?:\.(\d+))?$/,
          (_, whole, fraction = '') => `${whole}${fraction}e-${fraction.length}`,
        );
        expect(parseSeconds(far)).toEqual({ us, isRounded: false });
      }),
    );
  });

  it.each([
    ['0.0000004', { us: 0, isRounded: true }],
    ['0.0000005', { us: 1, isRounded: true }],
    ['1.50e1', { us: 15_000_000, isRounded: false }],
    ['12e-7', { us: 1, isRounded: true }],
    ['2e3', { us: 2_000_000_000, isRounded: false }],
    ['-1', undefined],
    ['1.', undefined],
    ['.5', undefined],
    ['+1', undefined],
    ['0x10', undefined],
    ['1e99999', undefined],
    ['', undefined],
  ])('%j', (text, expected) => {
    expect(parseSeconds(text)).toEqual(expected);
  });
});

describe('findRepeatedMember', () => {
  it('finds the second of two members of one object, however its name is written', () => {
    expect(findRepeatedMember('{"a": 1, "b": [{"x": "a"}, {"x": {}, "y": "x", "x": 2}], "a": 3}')).toEqual({
      offset: 47,
      path: ['b', 1, 'x'],
    });
    expect(findRepeatedMember('[{}, "a", {"a": ["a", "b"], "\\u0061": 0}]')?.path).toEqual([2, 'a']);
    expect(findRepeatedMember('{"__proto__": 1, "__proto__": 2}')?.offset).toBe(17);
  });

  it('finds none in what JSON.stringify writes', () => {
    fc.assert(fc.property(fc.json(), (text) => findRepeatedMember(text) === undefined));
  });
});
