import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import {
  annotateBundle,
  BUNDLE_FLAGS,
  type BundleField,
  crc16,
  decodeBundle,
  encodeBundle,
} from '../../src/bpv7/index.js';
import { anyBundle, loadVectors } from './support.js';

const vectors = loadVectors<{ valid: { id: string; hex: string }[]; bad: { id: string; hex: string }[] }>(
  'bundles.json',
);
const captured = loadVectors<{ cases: { name: string; hex: string }[] }>('bundles-captured.json');
const custody = loadVectors<{ ccs: { record: string }[]; cteb: { btsd: string }[]; creb: { btsd: string }[] }>(
  'bundles-custody.json',
);

const vector = (id: string) => fromHex([...vectors.valid, ...vectors.bad].find((each) => each.id === id)!.hex);
const named = (fields: readonly BundleField[], name: string) => fields.filter((field) => field.name === name);

/** The fields of an input, checked to cover it byte by byte. */
function fieldsOf(bytes: Uint8Array): BundleField[] {
  const fields = [...annotateBundle(bytes)];
  let at = 0;
  for (const { offset, length } of fields) {
    expect([offset, length > 0]).toEqual([at, true]);
    at += length;
  }
  expect(at).toBe(bytes.length);
  return fields;
}

/** An administrative bundle with this payload. */
function adminBundle(record: string): Uint8Array {
  const { primary, blocks } = decodeBundle(vector('V34'));
  const payload = { ...blocks[0]!, data: fromHex(record) };
  return encodeBundle({ primary: { ...primary, flags: BUNDLE_FLAGS.isAdministrativeRecord }, blocks: [payload] });
}

/** A bundle with an extension block of this type and data before its payload. */
function extended(type: number, data: string): Uint8Array {
  const { primary, blocks } = decodeBundle(vector('V01'));
  return encodeBundle({
    primary,
    blocks: [{ type, number: 2, flags: 0, crcType: 0, data: fromHex(data) }, ...blocks],
  });
}

describe('the fields of the annotated tree', () => {
  it('show integers beyond 2^53 exactly, also where they may be negative', () => {
    const record = '820da21bffffffffffffffff81830100013bffffffffffffffff8183010001';
    expect(named(fieldsOf(adminBundle(record)), 'disposition').map(({ meaning }) => meaning)).toEqual([
      '18446744073709551615 unknown',
      '-18446744073709551616 unknown',
    ]);
  });

  it('cover every valid bundle once, and nothing of it is unread', () => {
    for (const { hex } of [...vectors.valid, ...captured.cases]) {
      const fields = fieldsOf(fromHex(hex));
      expect(fields.filter(({ verdict }) => verdict === 'unread')).toEqual([]);
      expect(named(fields, 'CRC').every(({ verdict }) => verdict === 'right')).toBe(true);
    }
    fc.assert(fc.property(anyBundle, (bundle) => void fieldsOf(encodeBundle(bundle))));
  });

  it('cover every broken input once, whatever it is', () => {
    for (const { hex } of vectors.bad) fieldsOf(fromHex(hex));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void fieldsOf(bytes)));
    const whole = vectors.valid.map(({ hex }) => fromHex(hex));
    fc.assert(
      fc.property(fc.constantFrom(...whole), fc.nat(), fc.nat(255), fc.nat(), (bytes, at, value, cut) => {
        const changed = bytes.slice();
        changed[at % bytes.length] = value;
        fieldsOf(changed);
        fieldsOf(bytes.subarray(0, cut % bytes.length));
      }),
      { numRuns: 1_000 },
    );
  });

  it('name what each part of a plain bundle is and where it is defined', () => {
    const fields = fieldsOf(vector('V01'));
    const lines = fields.map(({ offset, depth, name, meaning }) => [offset, depth, name, meaning]);
    expect(lines.slice(0, 8)).toEqual([
      [0, 0, 'bundle', 'array of indefinite length'],
      [1, 1, 'block 0', 'primary block, array of 9 items'],
      [2, 2, 'version', '7'],
      [3, 2, 'flags', '0 none'],
      [4, 2, 'CRC type', '1 CRC-16/X.25'],
      [5, 2, 'destination', 'ipn:20.2'],
      [10, 2, 'source', 'ipn:10.1'],
      [15, 2, 'report-to', 'ipn:10.0'],
    ]);
    expect(named(fields, 'creation time')[0]?.meaning).toBe('815000000123 ms, 2025-10-28T20:53:20.123Z');
    expect(named(fields, 'lifetime')[0]?.meaning).toBe('3600000 ms, 1 h');
    expect(named(fields, 'application data')[0]?.meaning).toBe('5 bytes, "hello"');
    expect(named(fields, 'destination')[0]?.section).toBe('RFC 9171 4.2.5');
  });

  it('tell a wrong CRC from a right one', () => {
    const fields = fieldsOf(vector('C06'));
    expect(named(fields, 'CRC').map(({ verdict }) => verdict)).toEqual(['right', 'wrong']);
    expect(named(fields, 'CRC')[1]?.meaning).toMatch(/^[0-9a-f]{4} wrong, 4bf3 computed$/);
  });

  it('read blocks that are arrays of indefinite length, whose CRC covers their break', () => {
    const fields = '07000182028214028202820a018202820a00821b000000bdc1c9167b071a0036ee80';
    const bundleOf = (inner: string) => {
      const crc = crc16(fromHex(`9f${inner}420000ff`))
        .toString(16)
        .padStart(4, '0');
      return fromHex(`9f9f${inner}42${crc}ff86010100014568656c6c6f424bf3ff`);
    };
    expect(decodeBundle(bundleOf(fields)).primary.sequence).toBe(7);
    const right = fieldsOf(bundleOf(fields));
    expect(right.filter(({ name }) => name === '').map(({ offset, depth }) => [offset, depth])).toEqual([
      [39, 2],
      [54, 0],
    ]);
    expect(named(right, 'CRC').map(({ verdict }) => verdict)).toEqual(['right', 'right']);
    const long = fieldsOf(bundleOf(fields.replace('0700018202', '070018018202')));
    expect(long.filter(({ verdict }) => verdict === 'wrong').map(({ name, meaning }) => [name, meaning])).toEqual([
      ['CRC type', '1 CRC-16/X.25, not in its shortest form'],
    ]);
  });

  it('go on behind a field of a wrong kind, and behind an integer that is too long', () => {
    const flags = fieldsOf(vector('P20'));
    expect(named(flags, 'flags')[0]).toMatchObject({ verdict: 'wrong', meaning: 'not an unsigned integer' });
    expect(named(flags, 'application data')).toHaveLength(1);
    const long = fieldsOf(vector('F16'));
    expect(long.filter(({ verdict }) => verdict === 'wrong').map(({ name }) => name)).toEqual(['data']);
    expect(named(long, 'CRC')[1]?.verdict).toBe('right');
  });

  it('end where the input is no CBOR any more', () => {
    const cut = fieldsOf(vector('V01').subarray(0, 22));
    expect(cut.slice(-2).map(({ name, length }) => [name, length])).toEqual([
      ['creation timestamp', 1],
      ['unread', 1],
    ]);
  });

  it('read custody blocks, reporting blocks and administrative records', () => {
    for (const { btsd } of custody.cteb) {
      expect(named(fieldsOf(extended(13, btsd)), 'custodian')[0]?.meaning).toBe('ipn:10.0');
    }
    for (const { btsd } of custody.creb) {
      const fields = fieldsOf(extended(14, btsd));
      expect(named(fields, 'sequence number')[1]?.meaning).toBe('7');
      expect(fields.filter(({ verdict }) => verdict === 'unread' || verdict === 'wrong')).toEqual([]);
    }
    for (const { record } of custody.ccs) {
      const fields = fieldsOf(adminBundle(record));
      expect(fields.filter(({ verdict }) => verdict === 'unread' || verdict === 'wrong')).toEqual([]);
      expect(named(fields, 'disposition')[0]?.meaning).toMatch(/custody (accepted|refused)$/);
    }
    const report = fieldsOf(vector('V34'));
    expect(named(report, 'forwarded')).toHaveLength(1);
    expect(named(report, 'asserted').map(({ meaning }) => meaning)).toEqual(['no', 'yes', 'no', 'no']);
    expect(named(report, 'time')[0]?.meaning).toContain('2025-10-28T');
    expect(named(report, 'reason')[0]?.meaning).toBe('0 no additional information');
  });

  it('read security blocks, and nothing of what they encrypt', () => {
    const fields = fieldsOf(vector('V43'));
    expect(named(fields, 'ciphertext').map(({ length }) => length)).toEqual([40, 2]);
    expect(named(fields, 'target').map(({ meaning }) => meaning)).toEqual(['block number 3', 'block number 1']);
    expect(named(fields, 'security context')[0]?.meaning).toBe('2 BCB-AES-GCM');
    expect(named(fields, 'AES variant')[0]?.meaning).toBe('3');
    expect(named(fields, 'authentication tag')).toHaveLength(2);
  });

  it('list a long list in part', () => {
    const targets = `99012c${'01'.repeat(300)}`;
    const fields = fieldsOf(extended(11, `${targets}01008202820a0080`));
    expect(named(fields, 'target')).toHaveLength(256);
    expect(named(fields, 'more')[0]).toMatchObject({ length: 44, meaning: '44 more entries, not listed' });
  });

  it('say what they cannot make sense of in the content of a block', () => {
    const fields = fieldsOf(extended(7, '1b00'));
    expect(named(fields, 'unread')[0]?.meaning).toMatch(/^cbor-truncated: /);
    expect(named(fields, 'application data')).toHaveLength(1);
    expect(named(fieldsOf(extended(7, '0501')), 'surplus bytes')[0]?.meaning).toBe('1 behind the content');
    expect(toHex(vector('V22'))).toContain('0102');
    expect(named(fieldsOf(vector('V22')), 'content')[0]?.meaning).toBe('2 bytes');
  });
});
