import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import { decodeBundle, encodeBundle } from '../../src/bpv7/index.js';
import { anyBundle, withoutRaw } from '../bpv7/support.js';
import { bundle, captured, hexOf, testFile, testFolder, vectors } from './bundle-support.js';
import { leodtn } from './test-io.js';

const PRIMARY = { destination: 'ipn:20.2', source: 'ipn:10.1', creationTime: 815_000_000_123 };

const encode = (spec: unknown, ...args: string[]) => bundle(['encode', '--hex', ...args], JSON.stringify(spec));
const made = async (spec: unknown) => {
  const { status, out, err } = await encode(spec);
  expect([status, err]).toEqual([0, '']);
  return decodeBundle(fromHex(out));
};

/** True where the bundle has the one form that the encoder writes; indefinite length is another. */
const isCanonical = (hex: string) => {
  const decoded = decodeBundle(fromHex(hex), { profile: 'lenient' });
  return toHex(encodeBundle(withoutRaw(decoded))) === hex;
};

describe('bundle encode', () => {
  it('makes of what decode prints the bytes that it was', async () => {
    const hexes = [...vectors.valid, ...vectors.ignored_admin_records, ...captured.cases].map(({ hex }) => hex);
    const canonical = hexes.filter(isCanonical);
    expect(canonical.length).toBeGreaterThan(hexes.length * 0.8);
    for (const hex of canonical) {
      const { out } = await bundle(['decode', '--hex', '--json', '--profile', 'lenient'], hex);
      const again = await bundle(['encode', '--hex', '--profile', 'lenient'], out);
      expect([again.status, again.out]).toEqual([0, `${hex}\n`]);
    }
  });

  it('does so with bundles by chance', async () => {
    await fc.assert(
      fc.asyncProperty(anyBundle, async (each) => {
        const hex = toHex(encodeBundle(each));
        const { out } = await bundle(['decode', '--hex', '--json'], hex);
        const again = await bundle(['encode', '--hex'], out);
        expect([again.status, again.out]).toEqual([0, `${hex}\n`]);
      }),
      { numRuns: 50 },
    );
  });

  it('writes ipn endpoint IDs in their usual form, or in the one that is named', async () => {
    const destination = 'ipn:977000.100.1';
    const two = await made({
      primary: { ...PRIMARY, destination, destinationForm: 'two-element' },
      payload: { text: '' },
    });
    expect(two.primary.destination).toMatchObject({ allocator: 977_000, node: 100, threeElement: undefined });
    const three = await made({
      primary: { ...PRIMARY, destination, sourceForm: 'three-element' },
      payload: { text: '' },
    });
    expect([three.primary.destination, three.primary.source, three.primary.reportTo]).toMatchObject([
      { threeElement: true },
      { threeElement: true },
      { threeElement: true },
    ]);
    const told = JSON.parse((await bundle(['decode', '--hex', '--json'], toHex(encodeBundle(three)))).out).primary;
    expect(told).toMatchObject({ sourceForm: 'three-element', reportToForm: 'three-element' });
    expect(told).not.toHaveProperty('destinationForm');
  });

  it('warns of a null endpoint under another name', async () => {
    const { status, err } = await encode({ primary: { ...PRIMARY, destination: 'ipn:0.5' }, payload: { text: '' } });
    expect(status).toBe(0);
    expect(err).toContain('primary.destination: everybody reads ipn:0.5 as the null endpoint');
  });

  it('fills in what a spec leaves out', async () => {
    const { primary, blocks } = await made({ primary: PRIMARY, payload: { text: 'hällo' } });
    expect(primary).toMatchObject({
      flags: 0,
      crcType: 2,
      sequence: 0,
      lifetimeMs: 3_600_000,
      reportTo: primary.source,
    });
    expect(blocks).toMatchObject([{ type: 1, number: 1, flags: 0, crcType: 2 }]);
    expect(Buffer.from(blocks[0]!.data).toString()).toBe('hällo');
    const { creationTime, ...timeless } = PRIMARY;
    const { primary: fresh } = await made({ primary: timeless, payload: { text: '' } });
    expect(fresh.creationTimeMs).toBeGreaterThan(800_000_000_000);
  });

  it('takes names for numbers, times of the calendar, and big integers as strings', async () => {
    const { primary, blocks } = await made({
      primary: {
        ...PRIMARY,
        creationTime: '2025-10-28T20:53:20.123Z',
        flags: ['must-not-fragment', 'report-delivery', 'bit-63'],
        sequence: '18446744073709551615',
        lifetime: '7',
      },
      blocks: [
        { type: 'hop-count', flags: ['replicate-in-fragments', 2], decoded: { limit: 30 } },
        { type: 6, number: 9, decoded: { node: 'ipn:5.0' } },
        { type: '18446744073709551615', crcType: 1, data: '00 FF' },
        { type: 13, decoded: { sequence: '18446744073709551615', sequenceId: 1, custodian: 'ipn:5.0' } },
      ],
      payload: { hex: 'dead', crcType: 1 },
    });
    expect(primary).toMatchObject({
      creationTimeMs: 815_000_000_123,
      flags: 0x8000_0000_0002_0004n,
      sequence: 2n ** 64n - 1n,
      lifetimeMs: 7,
    });
    expect(blocks.map(({ type, number, flags, crcType, data }) => [type, number, flags, crcType, toHex(data)])).toEqual(
      [
        [10, 2, 3, 0, '82181e00'],
        [6, 9, 0, 0, '8202820500'],
        [2n ** 64n - 1n, 3, 0, 1, '00ff'],
        [13, 4, 0, 0, '831bffffffffffffffff018202820500'],
        [1, 1, 0, 1, 'dead'],
      ],
    );
  });

  it('reads a payload from a file beside the spec', async () => {
    const folder = testFolder();
    writeFileSync(join(folder, 'data.bin'), Uint8Array.of(1, 2, 3));
    const spec = join(folder, 'spec.json');
    writeFileSync(spec, JSON.stringify({ primary: PRIMARY, payload: { file: 'data.bin' } }));
    const { out } = await bundle(['encode', spec, '--hex']);
    expect(toHex(decodeBundle(fromHex(out)).blocks[0]!.data)).toBe('010203');
    const missing = await encode({ primary: PRIMARY, payload: { file: 'no-such-file' } });
    expect([missing.status, missing.err]).toEqual([2, expect.stringMatching(/payload\.file: .*no such file/)]);
  });

  it('writes raw bytes to standard output or a file, and not to a terminal', async () => {
    const spec = (await bundle(['decode', '--hex', '--json'], hexOf('V01'))).out;
    expect(toHex((await bundle(['encode'], spec)).outBytes)).toBe(hexOf('V01'));
    const file = join(testFolder(), 'out.bin');
    expect(await bundle(['encode', '--out', file], spec)).toMatchObject({ status: 0, out: '' });
    expect(toHex(readFileSync(file))).toBe(hexOf('V01'));
    const terminal = await leodtn(['bundle', 'encode', '-'], { input: spec, tty: true });
    expect([terminal.status, terminal.out, terminal.err]).toEqual([
      2,
      '',
      expect.stringContaining('--hex or --out FILE'),
    ]);
    const nowhere = await bundle(['encode', '--out', join(file, 'x')], spec);
    expect([nowhere.status, nowhere.err]).toEqual([2, expect.stringContaining('cannot write there')]);
  });

  it('writes nothing that would break a rule, unless the lenient profile lets it pass', async () => {
    const spec = { primary: { ...PRIMARY, source: 'dtn:none' }, payload: { text: 'x' } };
    const strict = await encode(spec);
    expect([strict.status, strict.out]).toEqual([1, '']);
    expect(strict.err).toMatch(/^leodtn: standard input: the bundle would break primary-anonymous-fragmentable: .*\n$/);
    const lenient = await encode(spec, '--profile', 'lenient');
    expect([lenient.status, lenient.err]).toEqual([
      0,
      expect.stringContaining('let pass: primary-anonymous-fragmentable'),
    ]);
    const hopeless = await encode({ primary: PRIMARY }, '--profile', 'lenient');
    expect([hopeless.status, hopeless.err]).toEqual([1, expect.stringContaining('bundle-too-few-blocks')]);
  });

  it('goes by flag names where the number is left out, and refuses what contradicts itself', async () => {
    const named = await made({ primary: { ...PRIMARY, flagNames: ['must-not-fragment'] }, payload: { text: '' } });
    expect(named.primary.flags).toBe(4);
    const told = JSON.parse((await bundle(['decode', '--hex', '--json'], hexOf('V25'))).out);
    told.blocks[0].decoded.ageMs = 9;
    const changed = await encode(told);
    expect([changed.status, changed.out]).toEqual([2, '']);
    expect(changed.err).toContain("blocks.0.decoded: found {'ageMs':9}, but the rest says {'ageMs':0}");
    delete told.blocks[0].data;
    expect(toHex(fromHex((await encode(told)).out))).toContain('8507020000' + '4109');
  });
});

describe('a wrong spec', () => {
  const payload = { text: 'x' };
  it.each<[string, unknown, string]>([
    [
      'an unknown field',
      { primary: { ...PRIMARY, lifetim: 3 }, payload },
      "primary.lifetim: unknown field; did you mean 'primary.lifetime'?",
    ],
    [
      'a missing field',
      { primary: { source: 'ipn:1.1' }, payload },
      'primary.destination: missing; expected an endpoint ID',
    ],
    ['no primary block', { payload }, 'primary: missing; expected a mapping with version, flags'],
    [
      'LocalNode',
      { primary: { ...PRIMARY, source: 'ipn:!.1' }, payload },
      "primary.source: found 'ipn:!.1'; expected an endpoint ID",
    ],
    [
      'an inexact integer',
      { primary: { ...PRIMARY, sequence: 2 ** 60 }, payload },
      'primary.sequence: found 1152921504606847000; expected a whole number',
    ],
    [
      'an integer of 65 bits',
      { primary: { ...PRIMARY, lifetime: '18446744073709551616' }, payload },
      "primary.lifetime: found '18446744073709551616'",
    ],
    [
      'an unknown flag',
      { primary: { ...PRIMARY, flags: ['urgent'] }, payload },
      "primary.flags: found ['urgent']; expected a number or a list of is-fragment",
    ],
    [
      'a CRC type',
      { primary: { ...PRIMARY, crcType: 3 }, payload },
      'primary.crcType: found 3; expected 0 (none), 1 (CRC-16) or 2 (CRC-32C)',
    ],
    ['another version', { primary: { ...PRIMARY, version: 6 }, payload }, 'primary.version: found 6; expected 7'],
    [
      'a time before 2000',
      { primary: { ...PRIMARY, creationTime: '1999-01-01T00:00:00Z' }, payload },
      "primary.creationTime: found '1999-01-01T00:00:00Z'",
    ],
    [
      'a block without content',
      { primary: PRIMARY, blocks: [{ type: 7 }], payload },
      'blocks.0.data: missing; expected data in hex, or decoded',
    ],
    [
      'content of an unknown form',
      { primary: PRIMARY, blocks: [{ type: 200, decoded: { a: 1 } }], payload },
      'blocks.0.decoded: a block of type 200 cannot be written so',
    ],
    [
      'a wrong field of a content',
      { primary: PRIMARY, blocks: [{ type: 7, decoded: { agems: 1 } }], payload },
      "blocks.0.decoded.agems: unknown field; did you mean 'ageMs'?",
    ],
    [
      'a hop limit',
      { primary: PRIMARY, blocks: [{ type: 10, decoded: { limit: 256 } }], payload },
      'blocks.0.decoded.limit: found 256; expected a whole number from 1 to 255',
    ],
    [
      'data that is no hex',
      { primary: PRIMARY, blocks: [{ type: 200, data: '0' }], payload },
      "blocks.0.data: found '0'; expected hex digits",
    ],
    [
      'a form of a dtn endpoint ID',
      { primary: { ...PRIMARY, destination: 'dtn://n/x', destinationForm: 'two-element' }, payload },
      "primary.destinationForm: found 'two-element' for a dtn endpoint ID",
    ],
    [
      'a fragment without its place',
      { primary: { ...PRIMARY, flags: ['is-fragment'], totalAduLength: 9 }, payload },
      'primary.fragmentOffset: missing; expected a whole number, as the flags say is-fragment',
    ],
    [
      'a gap in a content',
      { primary: PRIMARY, blocks: [{ type: 14, decoded: { sequence: 1, requestFlags: 1 } }], payload },
      'blocks.0.decoded: an item of a reporting block needs all those before it',
    ],
    [
      'a block type',
      { primary: PRIMARY, blocks: [{ type: 'age', data: '00' }], payload },
      "blocks.0.type: found 'age'; expected a number, payload, previous-node",
    ],
    [
      'two payloads',
      { primary: PRIMARY, blocks: [{ type: 1, data: '00' }], payload },
      'payload: there is a payload already in blocks.0',
    ],
    [
      'two contents of a payload',
      { primary: PRIMARY, payload: { text: 'x', hex: '00' } },
      'payload: found 2 of text, hex and file',
    ],
    [
      'fragment fields without the flag',
      { primary: { ...PRIMARY, fragmentOffset: 0, totalAduLength: 9 }, payload },
      'primary.fragmentOffset: found one without the flag is-fragment; set the flag, or leave this out',
    ],
    ['a list', [], 'found []; expected a mapping with primary'],
  ])('with %s is refused in one line', async (_, spec, message) => {
    const { status, out, err } = await encode(spec);
    expect([status, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  it('is told with the place in the file', async () => {
    const file = testFile('spec.json', '{\n  "primary": {"destination": "ipn:20.2",\n    "source": "mars"}\n}');
    expect((await bundle(['encode', '--hex', file])).err).toContain(`${file}:3:5: primary.source: found 'mars'`);
    const open = testFile('open.json', '{\n  "primary": {} "a": 1}');
    expect((await bundle(['encode', '--hex', open])).err).toContain(`${open}:2:17: not JSON: `);
    expect((await bundle(['encode', '--hex'], '{"primary": }')).err).toContain('standard input: not JSON: Unexpected');
    expect((await bundle(['encode', '--hex'], '{"primary":')).err).toContain('standard input:1:12: not JSON: ');
  });
});
