import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/errors.js';
import { parseEidPattern } from '../../src/bpsec/index.js';
import { parseEid } from '../../src/bpv7/index.js';

describe('a pattern of endpoint IDs', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['*', ['ipn:1.2', 'dtn:none', 'dtn://n/x', 'ipn:977000.1.2'], []],
    ['ipn:2.1', ['ipn:2.1'], ['ipn:2.0', 'ipn:12.1', 'ipn:1.2.1', 'dtn://2.1/']],
    ['ipn:2.*', ['ipn:2.0', 'ipn:2.18446744073709551615'], ['ipn:3.0', 'ipn:977000.2.0']],
    ['ipn:*.*', ['ipn:2.0', 'ipn:4294967294.7'], ['ipn:977000.2.0', 'dtn://n/x']],
    ['ipn:**', ['ipn:2.0', 'ipn:977000.2.0'], ['dtn:none']],
    ['ipn:[10-20,30].7', ['ipn:10.7', 'ipn:20.7', 'ipn:30.7'], ['ipn:9.7', 'ipn:21.7', 'ipn:10.8']],
    [
      'ipn:1.[9007199254740993-18446744073709551615]',
      ['ipn:1.9007199254740993'],
      ['ipn:1.9007199254740992', 'ipn:1.1'],
    ],
    ['ipn:977000.*.*', ['ipn:977000.5.6'], ['ipn:5.6', 'ipn:977001.5.6']],
    ['ipn:0.5.6', ['ipn:5.6'], ['ipn:1.5.6']],
    ['dtn:none', ['dtn:none', 'ipn:0.0'], ['dtn://none/', 'ipn:0.1.0']],
    ['dtn:**', ['dtn:none', 'dtn://n/x'], ['ipn:1.1']],
    ['dtn://node*/**', ['dtn://node1/', 'dtn://node/a/b', 'dtn://node12/~c'], ['dtn://anode/', 'dtn:none', 'ipn:1.1']],
    ['dtn://n/*', ['dtn://n/', 'dtn://n/a'], ['dtn://n/a/b', 'dtn://m/a']],
    ['dtn://n/a/**', ['dtn://n/a/', 'dtn://n/a/b/c'], ['dtn://n/a', 'dtn://n/b/']],
    [
      'dtn://n/a*b*c',
      ['dtn://n/abc', 'dtn://n/axxbyyc', 'dtn://n/abcbc'],
      ['dtn://n/ab', 'dtn://n/acb', 'dtn://n/abcx'],
    ],
    ['dtn://n/ab*ba', ['dtn://n/abba', 'dtn://n/abcba'], ['dtn://n/aba']],
    ['dtn://n/', ['dtn://n/'], ['dtn://n/a']],
  ])('%s means what it says', (text, inside, outside) => {
    const pattern = parseEidPattern(text);
    for (const eid of inside) expect(pattern.matches(parseEid(eid)), eid).toBe(true);
    for (const eid of outside) expect(pattern.matches(parseEid(eid)), eid).toBe(false);
  });

  it.each([
    '',
    'ipn:',
    'ipn:1',
    'ipn:1.2.3.4',
    'ipn:01.2',
    'ipn:a.b',
    'ipn:1-2.3',
    'ipn:[].1',
    'ipn:[3-1].1',
    'ipn:[1,].1',
    'ipn:4294967296.1',
    'ipn:1.18446744073709551616',
    'ipn:**.1',
    'dtn:',
    'dtn://n',
    'dtn://**/x',
    'dtn://n/**/x',
    'dtn://n/a**',
    'http://x/',
    'any',
  ])('%j is refused', (text) => {
    expect(() => parseEidPattern(text)).toThrow(UsageError);
    expect(() => parseEidPattern(text)).toThrow('expected');
  });

  it('is matched in a time that long texts do not blow up', () => {
    const pattern = parseEidPattern(`dtn://n/${'a*'.repeat(30)}b`);
    expect(pattern.matches({ scheme: 'dtn', ssp: `//n/${'a'.repeat(60_000)}` })).toBe(false);
  });
});
