import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import {
  BUNDLE_RULES,
  BundleError,
  type BundleRule,
  crc16,
  decodeBundle,
  eidToString,
  encodeBundle,
  payloadOf,
} from '../../src/bpv7/index.js';
import { bundleErrorOf, loadVectors, withoutRaw } from './support.js';

const PAYLOAD = '85010100004568656c6c6f';

/** The items of a primary block in hex, one by one so that a case can replace one. */
interface PrimaryItems {
  head: string;
  version: string;
  flags: string;
  crcType: string;
  destination: string;
  source: string;
  reportTo: string;
  timestamp: string;
  lifetime: string;
  fragment: string;
  /** Behind the CRC: the break of an array of indefinite length. */
  end: string;
}

const PRIMARY: PrimaryItems = {
  head: '89',
  version: '07',
  flags: '00',
  crcType: '01',
  destination: '8202821402',
  source: '8202820a01',
  reportTo: '8202820a00',
  timestamp: '821b000000bdc1c9167b07',
  lifetime: '1a0036ee80',
  fragment: '',
  end: '',
};

/** A bundle in hex: a primary block with the given items and a right CRC-16, then the blocks. */
function bundleOf(items: Partial<PrimaryItems>, ...blocks: string[]): string {
  const { end, ...rest } = { ...PRIMARY, ...items };
  const body = Object.values(rest).join('');
  const crc = crc16(fromHex(`${body}420000${end}`));
  return `9f${body}42${crc.toString(16).padStart(4, '0')}${end}${blocks.join('')}ff`;
}

const FRAGMENT = { head: '8b', flags: '01' };

const CASES: [rule: BundleRule, what: string, hex: string][] = [
  ['cbor-truncated', 'nothing', ''],
  ['cbor-truncated', 'a byte string longer than the input', '9f5b7fffffffffffffff'],
  ['cbor-unexpected-break', 'an array of 2^32 items', bundleOf({ destination: '9affffffff' })],
  ['cbor-truncated', 'no break at the end', bundleOf({}, PAYLOAD).slice(0, -2)],
  ['cbor-reserved-ai', 'additional information 28', bundleOf({ flags: '1c' }, PAYLOAD)],
  ['cbor-reserved-ai', 'additional information 30 in a string', bundleOf({ destination: '5e' }, PAYLOAD)],
  ['cbor-bad-indefinite', 'an integer of indefinite length', bundleOf({ flags: '1f' }, PAYLOAD)],
  ['cbor-bad-indefinite', 'a tag of indefinite length', bundleOf({ destination: 'df' }, PAYLOAD)],
  ['cbor-bad-indefinite', 'a text chunk in a byte string', bundleOf({ destination: '5f6161ff' }, PAYLOAD)],
  ['cbor-bad-utf8', 'an overlong form', bundleOf({ destination: '820164c0af2f2f' }, PAYLOAD)],
  ['cbor-bad-utf8', 'a surrogate', bundleOf({ destination: '820163eda080' }, PAYLOAD)],
  ['cbor-bad-utf8', 'a code point above U+10FFFF', bundleOf({ destination: '820164f4908080' }, PAYLOAD)],
  ['cbor-bad-utf8', 'a third byte that is none', bundleOf({ destination: '820163e28241' }, PAYLOAD)],
  ['cbor-bad-utf8', 'in a text where none should be', bundleOf({ destination: '62c0af' }, PAYLOAD)],
  ['cbor-bad-utf8', 'a cut sequence', bundleOf({ destination: '820162e282' }, PAYLOAD)],
  ['cbor-unexpected-break', 'a break as an item', bundleOf({ flags: 'ff' }, PAYLOAD)],
  ['cbor-unexpected-break', 'a map that ends after a key', bundleOf({ destination: 'bf01ff' }, PAYLOAD)],
  ['cbor-depth', 'twenty arrays in each other', bundleOf({ destination: `${'81'.repeat(20)}00` }, PAYLOAD)],
  [
    'cbor-depth',
    'a hundred thousand tags in each other',
    bundleOf({ destination: `${'c1'.repeat(100_000)}00` }, PAYLOAD),
  ],
  ['cbor-not-shortest', 'a version in two bytes', bundleOf({ version: '1807' }, PAYLOAD)],
  [
    'cbor-not-shortest',
    'a time in eight bytes that fits four',
    bundleOf({ timestamp: '821b00000000ffffffff00' }, PAYLOAD),
  ],
  ['cbor-not-shortest', 'an array head in two bytes', bundleOf({ head: '9809' }, PAYLOAD)],
  ['bundle-not-indefinite-array', 'a definite outer array', `82${bundleOf({}, PAYLOAD).slice(2, -2)}`],
  ['bundle-not-indefinite-array', 'a tag in front', `d9d9f7${bundleOf({}, PAYLOAD)}`],
  ['bundle-trailing-bytes', 'a second break', `${bundleOf({}, PAYLOAD)}ff`],
  ['bundle-too-few-blocks', 'nothing in the array', '9fff'],
  ['primary-not-array', 'a map', `9fa0${PAYLOAD}ff`],
  ['primary-version', 'version 6', bundleOf({ version: '06' }, PAYLOAD)],
  ['primary-version', 'a text as version', bundleOf({ version: '6137' }, PAYLOAD)],
  ['primary-length', 'no items', `9f80${PAYLOAD}ff`],
  ['primary-length', 'fragment fields without the flag', bundleOf({ head: '8b', fragment: '0005' }, PAYLOAD)],
  ['primary-length', 'the flag without fragment fields', bundleOf({ flags: '01' }, PAYLOAD)],
  ['primary-flags', 'flags as bytes', bundleOf({ flags: '4100' }, PAYLOAD)],
  ['primary-crc-type', 'CRC type 3', bundleOf({ crcType: '03' }, PAYLOAD)],
  ['primary-crc-form', 'a CRC of three bytes', `9f${Object.values(PRIMARY).join('')}43000000${PAYLOAD}ff`],
  ['primary-crc-value', 'a wrong CRC', `9f${Object.values(PRIMARY).join('')}420000${PAYLOAD}ff`],
  [
    'primary-crc-missing',
    'no CRC',
    `9f${Object.values({ ...PRIMARY, head: '88', crcType: '00' }).join('')}${PAYLOAD}ff`,
  ],
  ['primary-timestamp', 'three items', bundleOf({ timestamp: '83010203' }, PAYLOAD)],
  ['primary-lifetime', 'a negative lifetime', bundleOf({ lifetime: '20' }, PAYLOAD)],
  ['primary-fragment-fields', 'a negative offset', bundleOf({ ...FRAGMENT, fragment: '2005' }, PAYLOAD)],
  ['primary-admin-with-report-flags', 'a record that asks for reports', bundleOf({ flags: '194002' }, PAYLOAD)],
  ['primary-anonymous-fragmentable', 'source ipn:0.7', bundleOf({ source: '8202820007' }, PAYLOAD)],
  ['primary-anonymous-with-report-flags', 'source dtn:none', bundleOf({ source: '820100', flags: '194004' }, PAYLOAD)],
  ['primary-source-not-singleton', 'a group as source', bundleOf({ source: '8201672f2f6e2f7e6772' }, PAYLOAD)],
  ['primary-fragment-and-no-fragment', 'both flags', bundleOf({ head: '8b', flags: '05', fragment: '0005' }, PAYLOAD)],
  ['fragment-out-of-range', 'one byte too many', bundleOf({ ...FRAGMENT, fragment: '0004' }, PAYLOAD)],
  [
    'fragment-out-of-range',
    'a sum above 2^64',
    bundleOf({ ...FRAGMENT, fragment: '1bffffffffffffffff1bffffffffffffffff' }, PAYLOAD),
  ],
  ['fragment-empty', 'no payload', bundleOf({ ...FRAGMENT, fragment: '0004' }, '850101000040')],
  ['eid-shape', 'one item', bundleOf({ destination: '8102' }, PAYLOAD)],
  ['eid-shape', 'three items', bundleOf({ destination: '830201820101' }, PAYLOAD)],
  ['eid-scheme', 'scheme 3', bundleOf({ destination: '820300' }, PAYLOAD)],
  ['eid-dtn-ssp', 'no slashes', bundleOf({ destination: '820163666f6f' }, PAYLOAD)],
  ['eid-dtn-ssp', 'a space', bundleOf({ destination: '8201662f2f6e2f6120' }, PAYLOAD)],
  ['eid-dtn-none-text', 'none as text', bundleOf({ destination: '8201646e6f6e65' }, PAYLOAD)],
  ['eid-ipn-ssp', 'text', bundleOf({ destination: '820263312e32' }, PAYLOAD)],
  [
    'eid-ipn-range',
    'a node of 2^32 in three elements',
    bundleOf({ destination: '820283001b000000010000000001' }, PAYLOAD),
  ],
  ['eid-localnode', 'report-to LocalNode in three elements', bundleOf({ reportTo: '820283001affffffff00' }, PAYLOAD)],
  ['block-not-array', 'an integer', bundleOf({}, '05', PAYLOAD)],
  ['block-length', 'four items', bundleOf({}, '8401010000', PAYLOAD)],
  ['block-length', 'a CRC without a type', bundleOf({}, '86010100004101420000')],
  ['block-type', 'type 0', bundleOf({}, '850002000040', PAYLOAD)],
  ['block-number', 'number 0', bundleOf({}, '8518c800000040', PAYLOAD)],
  ['block-flags', 'negative flags', bundleOf({}, '8518c802200040', PAYLOAD)],
  ['block-crc-type', 'CRC type 4', bundleOf({}, '8618c80200044041aa', PAYLOAD)],
  ['block-crc-form', 'a CRC as an integer', bundleOf({}, '8618c80200014005', PAYLOAD)],
  ['block-crc-value', 'a wrong CRC', bundleOf({}, '8618c802000140420000', PAYLOAD)],
  ['block-data-not-bstr', 'an array', bundleOf({}, '850101000080')],
  ['block-data-indefinite', 'two chunks', bundleOf({}, '85010100005f41014102ff')],
  ['block-number-duplicate', 'number 2 twice', bundleOf({}, '8518c802000040', '8518c902000040', PAYLOAD)],
  [
    'block-number-duplicate',
    'one of forty twice',
    bundleOf(
      {},
      ...Array.from({ length: 40 }, (_, i) => `8518c818${(i + 24).toString(16)}000040`),
      '8518c8181a000040',
      PAYLOAD,
    ),
  ],
  ['payload-number', 'a payload block with number 2', bundleOf({}, '850102000040')],
  ['block-number-one-not-payload', 'type 200 with number 1', bundleOf({}, '8518c801000040', PAYLOAD)],
  ['payload-multiple', 'two payload blocks', bundleOf({}, PAYLOAD, PAYLOAD)],
  ['payload-missing', 'only an extension block', bundleOf({}, '8518c802000040')],
  ['payload-not-last', 'an extension block at the end', bundleOf({}, PAYLOAD, '8518c802000040')],
  ['block-report-flag-forbidden', 'in an administrative record', bundleOf({ flags: '02' }, '85010102004101')],
  [
    'block-report-flag-forbidden',
    'in an anonymous bundle',
    bundleOf({ source: '820100', flags: '04' }, '85010102004101'),
  ],
  ['age-form', 'a negative age', bundleOf({}, '85070200004120', PAYLOAD)],
  ['age-form', 'a byte too many', bundleOf({}, '8507020000420101', PAYLOAD)],
  ['age-multiple', 'two', bundleOf({}, '85070200004101', '85070300004101', PAYLOAD)],
  ['age-missing', 'creation time 0', bundleOf({ timestamp: '820007' }, PAYLOAD)],
  ['hop-form', 'three items', bundleOf({}, '850a0200004483050101', PAYLOAD)],
  ['hop-limit-range', 'limit 0', bundleOf({}, '850a02000043820001', PAYLOAD)],
  ['hop-multiple', 'two', bundleOf({}, '850a02000043820501', '850a03000043820501', PAYLOAD)],
  ['prev-node-form', 'LocalNode', bundleOf({}, '8506020000498202821affffffff00', PAYLOAD)],
  ['prev-node-form', 'a number in a long form', bundleOf({}, '850602000046820282180100', PAYLOAD)],
  ['prev-node-multiple', 'two', bundleOf({}, '850602000043820100', '850603000043820100', PAYLOAD)],
];

describe('each rule', () => {
  it.each(CASES)('%s: %s', (rule, _what, hex) => {
    expect(bundleErrorOf(() => decodeBundle(fromHex(hex))).code).toBe(rule);
  });

  it('has a case', () => {
    const vectors = loadVectors<{ bad: { rule: BundleRule }[] }>('bundles.json');
    const tested = new Set([...CASES.map(([rule]) => rule), ...vectors.bad.map(({ rule }) => rule)]);
    // Contents that the bundle decoder leaves unread; security blocks have tests of their own.
    const elsewhere: BundleRule[] = ['admin-form', 'custody-form', 'reporting-form', 'qos-form'];
    const isElsewhere = (rule: BundleRule) => elsewhere.includes(rule) || /^(sec|bib|bcb)-/.test(rule);
    expect(BUNDLE_RULES.filter((rule) => !tested.has(rule) && !isElsewhere(rule))).toEqual([]);
  });
});

describe('an error', () => {
  it('names rule, block, offset and section', () => {
    const hex = bundleOf({}, '850a02000043820001', PAYLOAD);
    const error = bundleErrorOf(() => decodeBundle(fromHex(hex)));
    expect(error).toBeInstanceOf(BundleError);
    expect(error.block).toBe(1);
    expect(error.section).toBe('RFC 9171 4.4.3');
    expect(error.message).toContain('hop limit 0');
    const offset = hex.indexOf('820001') / 2;
    expect(error.offset).toBe(offset);
  });

  const where: [rule: BundleRule, block: number, marked: string, hex: string][] = [
    ['primary-version', 0, '08', bundleOf({ version: '08' }, PAYLOAD)],
    ['primary-length', 0, '8c', bundleOf({ head: '8c', fragment: '010203' }, PAYLOAD)],
    ['primary-timestamp', 0, '8107', bundleOf({ timestamp: '8107' }, PAYLOAD)],
    ['eid-shape', 0, '8102', bundleOf({ destination: '8102' }, PAYLOAD)],
    ['eid-ipn-ssp', 0, '8114', bundleOf({ destination: '82028114' }, PAYLOAD)],
    [
      'primary-crc-missing',
      0,
      '88',
      `9f${Object.values({ ...PRIMARY, head: '88', crcType: '00' }).join('')}${PAYLOAD}ff`,
    ],
    ['fragment-out-of-range', 0, '8b', bundleOf({ ...FRAGMENT, fragment: '0104' }, PAYLOAD)],
    ['fragment-empty', 1, '8501010000', bundleOf({ ...FRAGMENT, fragment: '0104' }, '850101000040')],
    ['block-length', 1, '80', bundleOf({}, '80', PAYLOAD)],
    ['block-length', 1, '9f0102', bundleOf({}, '9f0102ff', PAYLOAD)],
    ['block-type', 1, '0002', bundleOf({}, '85000200004100', PAYLOAD)],
    ['block-number', 1, '000000', bundleOf({}, '8518c80000004100', PAYLOAD)],
    ['hop-form', 1, '8105', bundleOf({}, '850a020000428105', PAYLOAD)],
  ];

  it.each(where)('of %s points at block %s and there at %s', (rule, block, marked, hex) => {
    const error = bundleErrorOf(() => decodeBundle(fromHex(hex)));
    expect([error.code, error.block]).toEqual([rule, block]);
    expect(hex.slice(2 * error.offset)).toMatch(new RegExp(`^${marked}`));
  });
});

describe('accepted', () => {
  const indefinite = { head: '9f', end: 'ff' };

  it.each([
    ['a primary block of indefinite length', bundleOf(indefinite, PAYLOAD)],
    ['a canonical block of indefinite length', bundleOf({}, '9f010100004568656c6c6fff')],
    ['a canonical block of indefinite length with a CRC', bundleOf({}, withBlockCrc('9f010100014568656c6c6f'))],
    [
      'endpoint ID and timestamp of indefinite length',
      bundleOf({ destination: '9f029f1402ffff', timestamp: '9f0107ff' }, PAYLOAD),
    ],
  ])('%s, with its bytes kept', (_what, hex) => {
    const bundle = decodeBundle(fromHex(hex));
    expect(eidToString(bundle.primary.destination)).toBe('ipn:20.2');
    expect(toHex(payloadOf(bundle).data)).toBe('68656c6c6f');
    expect(toHex(encodeBundle(bundle))).toBe(hex);
    // Afresh it takes the definite form, which decodes to the same.
    expect(withoutRaw(decodeBundle(encodeBundle(withoutRaw(bundle))))).toEqual(withoutRaw(bundle));
  });

  it('a text of indefinite length', () => {
    const bundle = decodeBundle(fromHex(bundleOf({ destination: '82017f632f2f6e622f78ff' }, PAYLOAD)));
    expect(eidToString(bundle.primary.destination)).toBe('dtn://n/x');
  });

  it('a primary block without CRC under a block integrity block', () => {
    const primary = Object.values({ ...PRIMARY, head: '88', crcType: '00' }).join('');
    const bundle = decodeBundle(fromHex(`9f${primary}850b0200004b810001008202820a018180${PAYLOAD}ff`));
    expect(bundle.primary.crcType).toBe(0);
  });

  it('ciphertext in a hop count block under a block confidentiality block', () => {
    const hop = '850a02000043ffffff';
    expect(bundleErrorOf(() => decodeBundle(fromHex(bundleOf({}, hop, PAYLOAD)))).code).toBe('hop-form');
    decodeBundle(fromHex(bundleOf({}, hop, '850c0300004b810202008202820a018180', PAYLOAD)));
  });
});

function withBlockCrc(open: string): string {
  const crc = crc16(fromHex(`${open}420000ff`));
  return `${open}42${crc.toString(16).padStart(4, '0')}ff`;
}
