import { truncateSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import { decodeBundle, type Eid, encodeBundle, newBlock } from '../../src/bpv7/index.js';
import { MAX_INPUT_BYTES } from '../../src/cli/bundle/input.js';
import { loadVectors } from '../bpv7/support.js';
import { bundle, captured, hexOf, linesOf, testFile, vectors } from './bundle-support.js';
import { leodtn } from './test-io.js';

const V01 = hexOf('V01');

interface BundleJson {
  readonly primary: Record<string, unknown>;
  readonly blocks: Record<string, unknown>[];
  readonly profile: string;
  readonly allowances: Record<string, unknown>[];
}

const json = async (hex: string, ...args: string[]): Promise<BundleJson> =>
  JSON.parse((await bundle(['decode', '--hex', '--json', ...args], hex)).out);

describe('bundle decode --json', () => {
  it.each(vectors.valid)('prints the fields of $id: $desc', async ({ hex, decoded }) => {
    const { status, out, err } = await bundle(['decode', '--json'], fromHex(hex));
    expect([status, err]).toEqual([0, '']);
    const { primary, blocks, profile, allowances } = JSON.parse(out) as BundleJson;
    const { blocks: expected, payload, age, hop, ...fields } = decoded as Record<string, unknown> & typeof decoded;
    const { flagNames, crcTypeName, creationTimeUtc, ...numbers } = primary;
    expect(numbers).toEqual(fields);
    expect(
      blocks.map(({ type, number, flags, crcType, data }) => ({ type, number, flags, crc: crcType, data })),
    ).toEqual(expected);
    expect([profile, allowances]).toEqual(['strict', []]);
    expect(blocks.at(-1)!['data']).toBe(payload);
    const content = (type: number) => blocks.find((block) => block['type'] === type)?.['decoded'];
    if (age !== undefined) expect(content(7)).toEqual({ ageMs: age });
    if (hop !== undefined) expect(content(10)).toEqual({ limit: (hop as number[])[0], count: (hop as number[])[1] });
  });

  it.each(vectors.bad)('names what is wrong with $id: $desc', async ({ hex, rule }) => {
    const { status, out, err } = await bundle(['decode', '--hex', '--json'], hex);
    expect([status, err]).toEqual([1, '']);
    const { error } = JSON.parse(out) as { error: Record<string, unknown> };
    expect(Object.keys(error)).toEqual(['code', 'section', 'offset', 'block', 'message']);
    expect(error['code']).toBe(rule);
    expect(error['section']).toMatch(/^(RFC \d+ [\d.]+|CCSDS .*)$/);
    expect(error['offset']).toBeTypeOf('number');
    expect(error['block'] === null || typeof error['block'] === 'number').toBe(true);
  });

  it('prints integers above 2^53-1 as decimal strings, in endpoint IDs too', async () => {
    expect((await json(hexOf('V37'))).primary).toMatchObject({ lifetime: '9223372036854775809', sequence: 2 ** 40 });
    expect((await json(hexOf('V19'))).primary['destination']).toBe('ipn:20.9223372036854775813');
    const { primary, blocks } = decodeBundle(fromHex(hexOf('V01')));
    const hops = newBlock(10, 2, fromHex('82051bffffffffffffffff'));
    const told = await json(toHex(encodeBundle({ primary, blocks: [hops, ...blocks] })));
    expect(told.blocks[0]!['decoded']).toEqual({ limit: 5, count: '18446744073709551615' });
  });

  it('prints both forms of an ipn endpoint ID alike', async () => {
    const { primary, blocks } = decodeBundle(fromHex(hexOf('V16')));
    const destination = { ...primary.destination, threeElement: undefined } as Eid;
    const two = toHex(encodeBundle({ primary: { ...primary, destination }, blocks }));
    expect(two).not.toBe(hexOf('V16'));
    const told = await json(two);
    expect(told.primary).toMatchObject({ destination: 'ipn:977000.100.1', destinationForm: 'two-element' });
    delete told.primary['destinationForm'];
    expect(told).toEqual(await json(hexOf('V16')));
  });

  it('adds names in fields of their own', async () => {
    const { primary, blocks } = await json(hexOf('V46'));
    expect(primary).toMatchObject({ flagNames: ['must-not-fragment'], crcTypeName: 'CRC-16/X.25' });
    expect(primary['creationTimeUtc']).toBe('2025-10-28T20:53:20.123Z');
    expect(blocks[0]).toMatchObject({
      typeName: 'custody-transfer',
      flagNames: ['replicate-in-fragments'],
      decoded: { sequence: 7, sequenceId: 1, custodian: 'ipn:10.0' },
    });
    expect((await json(hexOf('V25'))).primary['creationTimeUtc']).toBeNull();
  });

  it('says which blocks are encrypted, and does not read them', async () => {
    const { blocks } = await json(hexOf('V43'));
    expect(blocks.map((block) => [block['type'], block['encrypted'], 'decoded' in block])).toEqual([
      [11, true, false],
      [12, undefined, true],
      [1, true, false],
    ]);
  });

  it('reads security blocks', async () => {
    const { blocks } = await json(hexOf('V43'));
    expect(blocks[1]!['decoded']).toMatchObject({
      targets: [3, 1],
      contextId: 2,
      contextName: 'BCB-AES-GCM',
      contextFlags: 1,
      source: 'ipn:10.1',
      parameters: [
        { id: 1, name: 'initialization vector', bytes: '000000000000000000000000' },
        { id: 2, name: 'AES variant', value: 3 },
        { id: 4, name: 'AAD scope flags', value: 7 },
      ],
      results: [[{ id: 1, name: 'authentication tag', bytes: '00'.repeat(16) }], [{ id: 1 }]],
    });
  });

  it('reads administrative records, and says what is wrong with those that cannot be read', async () => {
    const { blocks } = await json(hexOf('V34'));
    expect(blocks[0]!['decoded']).toEqual({
      kind: 'status-report',
      received: { asserted: false },
      forwarded: { asserted: true, time: 815_000_005_123 },
      delivered: { asserted: false },
      deleted: { asserted: false },
      reason: 0,
      reasonName: 'no additional information',
      source: 'ipn:10.1',
      creationTime: 815_000_000_123,
      sequence: 7,
    });
    for (const { id, hex } of vectors.ignored_admin_records) {
      const payload = (await json(hex)).blocks.at(-1)!;
      if (id === 'A04') expect(payload['decoded']).toEqual({ kind: 'unknown', typeCode: 60_000 });
      else expect(payload['contentError']).toMatch(/^admin-form: /);
    }
  });

  it('reads custody signals and reporting blocks', async () => {
    const custody = loadVectors<{ ccs: { record: string }[] }>('bundles-custody.json');
    const { primary, blocks } = decodeBundle(fromHex(hexOf('V34')));
    const withPayload = (data: string) =>
      toHex(encodeBundle({ primary, blocks: [{ ...blocks[0]!, data: fromHex(data), raw: undefined }] }));
    const signal = (await json(withPayload(custody.ccs[0]!.record))).blocks[0]!['decoded'];
    expect(signal).toEqual({
      kind: 'custody-signal',
      signals: [
        {
          disposition: 'accepted',
          sequences: [
            {
              sequenceId: 1,
              first: 12,
              runs: [2, 4, 5],
              intervals: [
                [12, 13],
                [18, 22],
              ],
            },
          ],
        },
      ],
    });
    const report = (await json(withPayload('820ea1028184010c01820282' + '0a00'))).blocks[0]!['decoded'];
    expect(report).toMatchObject({
      kind: 'reporting-signal',
      signals: [{ reason: 'delivered', sequences: [{ blockSource: 'ipn:10.0' }] }],
    });
    const spec = { destination: 'ipn:1.1', source: 'ipn:2.1', flags: ['must-not-fragment'] };
    const decoded = { sequence: 7, sequenceId: 5, requestFlags: 63, blockSource: 'ipn:10.0', reportTo: 'ipn:2.9' };
    const made = await bundle(
      ['encode', '--hex'],
      JSON.stringify({ primary: spec, blocks: [{ type: 'compressed-reporting', decoded }], payload: { text: '' } }),
    );
    expect((await json(made.out)).blocks[0]).toMatchObject({ data: '85070518' + '3f8202820a008202820209', decoded });
  });

  it('tells what the lenient profile let pass', async () => {
    const fragment = captured.cases.find(({ name }) => name.startsWith('ion-frag'))!;
    expect((await bundle(['decode', '--hex'], fragment.hex)).status).toBe(1);
    const { profile, allowances } = await json(fragment.hex, '--profile', 'lenient');
    expect(profile).toBe('lenient');
    expect(allowances.length).toBeGreaterThan(0);
    expect(Object.keys(allowances[0]!)).toEqual(['code', 'section', 'offset', 'block', 'message']);
    expect(allowances[0]).toMatchObject({ code: 'block-number', section: 'RFC 9171 4.3.2', block: 1 });
  });

  it('reads the bundles of other implementations', async () => {
    for (const { name, hex } of captured.cases) {
      if (name.startsWith('ion-frag')) continue;
      expect((await bundle(['decode', '--hex', '--json'], hex)).status, name).toBe(0);
    }
  });
});

describe('bundle decode', () => {
  it('prints a line for each field, with its offset, bytes, meaning and section', async () => {
    const { status, out, err } = await bundle(['decode'], fromHex(V01));
    expect([status, err]).toEqual([0, '']);
    const lines = out.split('\n');
    expect(lines[5]).toMatch(/^ {2}5 {2}8202821402 +destination +ipn:20\.2 +RFC 9171 4\.2\.5$/);
    expect(out).toMatch(/45 {2}68656c6c6f +application data +5 bytes, "hello"/);
    expect(out).toMatch(/0fd6 right/);
    expect(lines.at(-2)).toBe('54 bytes, 2 blocks; right by the strict profile');
    expect(out).not.toContain('\x1b');
  });

  it('marks the broken rule in the tree, and says it on standard error in one line', async () => {
    const { status, out, err } = await bundle(['decode', '--hex'], hexOf('C06'));
    expect(status).toBe(1);
    expect(out).toMatch(/CRC +[0-9a-f]{4} wrong, 4bf3 computed .*<-- block-crc-value\n/);
    expect(err).toMatch(/^leodtn: standard input: block-crc-value: .*\(block 1, offset \d+; RFC 9171 4\.3\.2\)\n$/);
    const cut = await bundle(['decode', '--hex'], V01.slice(0, 40));
    expect(cut.out).toMatch(/20 {2}end of input {2}<-- cbor-truncated\n$/);
    expect((await bundle(['decode'], '')).err).toContain('cbor-truncated');
  });

  it('marks each deviation that it let pass', async () => {
    const anonymous = hexOf('P23');
    const { status, out } = await bundle(['decode', '--hex', '--profile', 'lenient'], anonymous);
    expect(status).toBe(0);
    expect(out).toContain('<-- let pass: primary-anonymous-fragmentable');
    expect(out).toContain('right by the lenient profile, 1 deviation let pass');
  });

  it('colours a terminal only', async () => {
    const { out } = await leodtn(['bundle', 'decode', '--hex', '-'], { input: V01, tty: true });
    expect(out).toContain('\x1b[32m');
  });

  it('reads a file, and standard input as - or by default', async () => {
    const file = testFile('one.bin', fromHex(V01));
    const outs = await Promise.all([
      bundle(['decode', file]),
      bundle(['decode', '-'], fromHex(V01)),
      bundle(['decode'], fromHex(V01)),
    ]);
    expect(new Set(outs.map(({ out }) => out)).size).toBe(1);
  });
});

describe('hex input', () => {
  it.each([
    ['upper case', V01.toUpperCase()],
    ['a leading 0x', `0x${V01}`],
    [
      'spaces and lines',
      `  ${V01.match(/../g)!
        .join(' ')
        .replace(/(.{30})/g, '$1\r\n')}\n`,
    ],
    ['a byte order mark', `\ufeff${V01}`],
  ])('may have %s', async (_, text) => {
    expect((await bundle(['decode', '--hex', '--json'], text)).status).toBe(0);
  });

  it('with a foreign character is refused with its place', async () => {
    const { status, out, err } = await bundle(['decode', '--hex', '--json'], `${V01.slice(0, 10)}\n12g4`);
    expect([status, out]).toEqual([2, '']);
    expect(err).toBe('leodtn: standard input:2:3: found "g"; expected hex digits and white space\n');
    expect((await bundle(['decode', '--hex'], '0x9f0x')).err).toContain('standard input:1:6: found "x"');
  });

  it('with half a byte is refused', async () => {
    const { status, err } = await bundle(['decode', '--hex'], '9f8');
    expect(status).toBe(2);
    expect(err).toContain('found 3 hex digits; expected an even number');
  });

  it('that is raw is told from hex, and raw input that is hex from raw', async () => {
    const raw = await bundle(['decode', '--hex'], fromHex(V01));
    expect([raw.status, raw.err]).toEqual([2, expect.stringContaining('it seems to be raw; leave out --hex')]);
    const text = await bundle(['decode', '--json'], V01);
    expect([text.status, text.err]).toEqual([1, expect.stringContaining('--hex reads it as that')]);
    expect(JSON.parse(text.out)).toHaveProperty('error.code', 'bundle-not-indefinite-array');
  });
});

describe('bundle decode --many', () => {
  const three = fromHex(V01 + hexOf('V37') + hexOf('V43'));

  it('prints one object a line for bundles that stand one behind the other', async () => {
    const { status, out, err } = await bundle(['decode', '--many'], three);
    expect([status, err]).toEqual([0, '']);
    expect(linesOf(out).map(({ index, offset, profile }) => [index, offset, profile])).toEqual([
      [0, 0, 'strict'],
      [1, 54, 'strict'],
      [2, 54 + hexOf('V37').length / 2, 'strict'],
    ]);
    const { index, offset, ...first } = linesOf(out)[0]!;
    expect(first).toEqual(await json(V01));
  });

  it('ends at a broken raw bundle, whose offset counts from the start of the input', async () => {
    const broken = fromHex(V01 + hexOf('C06') + V01);
    const { status, out, err } = await bundle(['decode', '--many'], broken);
    expect(status).toBe(1);
    const lines = linesOf(out);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatchObject({ error: { code: 'block-crc-value', offset: 54 + 51 }, index: 1, offset: 54 });
    expect(err).toContain('bundle 1 is broken');
  });

  it('goes on behind a broken line of hex', async () => {
    const text = `${V01}\n\n0x${hexOf('C06')}\r\n  ${hexOf('V37')}`;
    const { status, out, err } = await bundle(['decode', '--many', '--hex'], text);
    expect([status, err]).toEqual([1, '']);
    expect(linesOf(out).map(({ index, line, error }) => [index, line, error === undefined])).toEqual([
      [0, 1, true],
      [1, 3, false],
      [2, 4, true],
    ]);
    expect(linesOf(out)[1]).toHaveProperty('error.offset', 51);
  });

  it('takes a line of two bundles for one with bytes behind it', async () => {
    const { out } = await bundle(['decode', '--many', '--hex'], V01 + V01);
    expect(linesOf(out)[0]).toHaveProperty('error.code', 'bundle-trailing-bytes');
  });

  it('refuses wrong hex before it prints anything', async () => {
    const { status, out, err } = await bundle(['decode', '--many', '--hex'], `${V01}\n9fzz\n`);
    expect([status, out]).toEqual([2, '']);
    expect(err).toContain('standard input:2:3: found "z"');
  });

  it('has nothing to say of no bundle at all', async () => {
    for (const args of [['--many'], ['--many', '--hex']]) {
      expect(await bundle(['decode', ...args], '')).toMatchObject({ status: 0, out: '', err: '' });
    }
  });
});

describe('a wrong command', () => {
  it.each([
    [['decode', 'no-such-file'], 'no-such-file: no such file; expected a bundle'],
    [['decode', '.'], '.: a folder; expected a bundle'],
    [['decode', '--hexx'], "unknown option '--hexx'"],
    [['decode', '--profile', 'loose'], 'Allowed choices are strict, lenient'],
    [['decode', 'a', 'b'], 'too many arguments'],
    [['dekode'], "unknown command 'dekode'"],
    [[], 'expected a command after leodtn bundle: decode'],
  ])('is told: bundle %j', async (args, message) => {
    const { status, out, err } = await bundle(args);
    expect([status, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  it('is one whose input is larger than what is read at once', async () => {
    const file = testFile('large.bin', '');
    truncateSync(file, MAX_INPUT_BYTES + 1);
    const { status, out, err } = await bundle(['decode', file]);
    expect([status, out, err]).toEqual([2, '', `leodtn: ${file}: more than 67108864 bytes, the most read at once\n`]);
  });

  it('is shown how to be right', async () => {
    const { status, out } = await bundle(['decode', '--help']);
    expect(status).toBe(0);
    expect(out).toContain('Examples:');
    expect(out).toContain('the offsets in it count from');
  });
});
