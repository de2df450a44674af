import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.js';
import { UsageError } from '../../src/base/errors.js';
import {
  DTN_NONE,
  decodePreviousNode,
  type Eid,
  eidEquals,
  eidToString,
  encodePreviousNode,
  ipn,
  isLocalNode,
  isNullEid,
  isSingleton,
  parseEid,
} from '../../src/bpv7/index.js';
import { anyEid } from './support.js';

describe('text', () => {
  it.each([
    'ipn:20.2',
    'ipn:0.0',
    'ipn:977000.100.1',
    'ipn:!.7',
    'ipn:1.18446744073709551615',
    'dtn:none',
    'dtn://sat-1/comp/map',
    'dtn:///x',
    'dtn://n%2F1/',
    'dtn://group/~all',
  ])('%s reads and prints alike', (text) => {
    expect(eidToString(parseEid(text))).toBe(text);
  });

  it.each([
    '',
    'ipn:1',
    'ipn:01.2',
    'ipn:1.2.3.4',
    'ipn:1.!.3',
    'ipn:4294967296.1',
    'ipn:1.18446744073709551616',
    'ipn:-1.2',
    'ipn:1.2 ',
    'IPN:1.2',
    'dtn:foo',
    'dtn://node',
    'dtn://no de/x',
    'dtn://n%2/x',
    'dtn://n/\u00e9',
    'http://x/',
  ])('%j is rejected with what is expected', (text) => {
    expect(() => parseEid(text)).toThrow(UsageError);
    expect(() => parseEid(text)).toThrow(/expected/);
  });

  it('drops allocator 0', () => {
    expect(eidToString(parseEid('ipn:0.5.1'))).toBe('ipn:5.1');
    expect(eidEquals(parseEid('ipn:0.5.1'), ipn(5, 1))).toBe(true);
  });

  it('of any endpoint ID names the same endpoint', () => {
    fc.assert(
      fc.property(anyEid, (eid) => {
        expect(eidEquals(parseEid(eidToString(eid)), eid)).toBe(true);
      }),
    );
  });
});

describe('the wire', () => {
  it.each([
    ['ipn:977000.100.1', '820283' + '1a000ee868' + '1864' + '01'],
    ['ipn:20.2', '8202821402'],
    ['ipn:4294967295.1.0', '8202831affffffff0100'],
    ['dtn:none', '820100'],
    ['dtn://a/b', '8201652f2f612f62'],
  ])('has %s as %s', (text, hex) => {
    expect(toHex(encodePreviousNode(parseEid(text)))).toBe(hex);
  });

  it('has an allocator in two elements too', () => {
    for (const allocator of [977_000, 0xffff_ffff]) {
      const eid: Eid = { scheme: 'ipn', allocator, node: 100, service: 1 };
      const data = encodePreviousNode(eid);
      expect(data).toHaveLength(13);
      expect(decodePreviousNode(data)).toEqual(eid);
      expect(eidEquals(decodePreviousNode(data), { ...eid, threeElement: true })).toBe(true);
    }
  });

  it('brings any endpoint ID back in its form', () => {
    fc.assert(
      fc.property(anyEid, (eid) => {
        expect(decodePreviousNode(encodePreviousNode(eid))).toEqual(eid);
      }),
    );
  });

  it.each<[string, Eid]>([
    ['LocalNode', ipn(0xffff_ffff, 1)],
    ['a node above 2^32-1', ipn(2 ** 32, 1)],
    ['a negative node', ipn(-1, 1)],
    ['a fraction', ipn(1.5, 1)],
    ['text beyond ASCII', { scheme: 'dtn', ssp: '//n/\u00e9' }],
  ])('refuses to carry %s', (_what, eid) => {
    expect(() => encodePreviousNode(eid)).toThrow(UsageError);
  });
});

describe('kinds', () => {
  it('knows every null endpoint as the same one', () => {
    const nulls: Eid[] = [
      DTN_NONE,
      ipn(0, 0),
      ipn(0, 9),
      { scheme: 'ipn', allocator: 0, node: 0, service: 0, threeElement: true },
    ];
    for (const a of nulls) {
      expect(isNullEid(a)).toBe(true);
      for (const b of nulls) expect(eidEquals(a, b)).toBe(true);
      expect(eidEquals(a, ipn(1, 0))).toBe(false);
      expect(eidEquals(a, parseEid('dtn://none/'))).toBe(false);
    }
  });

  it('tells services beyond 2^53 apart', () => {
    expect(eidEquals(parseEid('ipn:1.9007199254740993'), parseEid('ipn:1.9007199254740992'))).toBe(false);
    expect(eidEquals(parseEid('ipn:1.9007199254740993'), parseEid('ipn:1.9007199254740993'))).toBe(true);
  });

  it('takes a demux that starts with a tilde for a group', () => {
    expect(isSingleton(parseEid('dtn://n/~group'))).toBe(false);
    for (const text of ['dtn://n~/group', 'dtn://n/a~', 'dtn://n/', 'ipn:1.2', 'dtn:none']) {
      expect(isSingleton(parseEid(text))).toBe(true);
    }
    expect(isLocalNode(parseEid('ipn:!.1'))).toBe(true);
  });
});
