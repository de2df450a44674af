import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../src/base/bytes.js';
import { decodeBundle, encodeBundle, payloadOf } from '../../src/bpv7/index.js';
import { loadVectors } from '../bpv7/support.js';
import { bundle, hexOf, testFile, testFolder } from './bundle-support.js';

const { sets } = loadVectors<{ sets: { id: string; desc: string; fragments: string[]; reassembled: string | null }[] }>(
  'fragments.json',
);

/** A bundle of 1,000 bytes of payload. */
const WHOLE = (() => {
  const { primary, blocks } = decodeBundle(fromHex(hexOf('V28')));
  const data = Uint8Array.from({ length: 1_000 }, (_, i) => (37 * i + 11) % 256);
  return encodeBundle({ primary, blocks: [blocks[0]!, { ...blocks[1]!, data, raw: undefined }] }).slice();
})();

const lines = (text: string) => text.trim().split('\n');
/** The fragments of WHOLE as hex, with at most so many bytes of payload each. */
const pieces = async (size: number) =>
  lines((await bundle(['fragment', '--hex', '--payload', String(size)], toHex(WHOLE))).out);

describe('bundle fragment', () => {
  it('cuts by the size of a bundle or of its payload', async () => {
    const bySize = await bundle(['fragment', '--hex', '--size', '200'], toHex(WHOLE));
    expect([bySize.status, bySize.err]).toEqual([
      0,
      expect.stringMatching(/^leodtn: standard input: \d+ fragments\n$/),
    ]);
    for (const hex of lines(bySize.out)) expect(hex.length / 2).toBeLessThanOrEqual(200);
    const byPayload = (await pieces(300)).map((hex) => decodeBundle(fromHex(hex)));
    expect(byPayload.map((each) => [each.primary.fragmentOffset, payloadOf(each).data.length])).toEqual([
      [0, 300],
      [300, 300],
      [600, 300],
      [900, 100],
    ]);
  });

  it('writes a file for each fragment, or all of them one behind the other', async () => {
    const folder = join(testFolder(), 'a', 'b');
    const { status, out } = await bundle(['fragment', '--payload', '100', '--out', folder], WHOLE);
    expect([status, out]).toEqual([0, '']);
    const names = readdirSync(folder).sort();
    expect([names.length, names[0], names[9]]).toEqual([10, 'fragment-01-of-10.bin', 'fragment-10-of-10.bin']);
    const raw = await bundle(['fragment', '--payload', '100'], WHOLE);
    expect(toHex(raw.outBytes)).toBe(toHex(concatBytes(names.map((name) => readFileSync(join(folder, name))))));
    const hexFolder = testFolder();
    await bundle(['fragment', '--payload', '500', '--hex', '--out', hexFolder], toHex(WHOLE));
    expect(readdirSync(hexFolder).sort()).toEqual(['fragment-1-of-2.hex', 'fragment-2-of-2.hex']);
  });

  it('leaves a bundle as it is that is short enough', async () => {
    const { status, out, err } = await bundle(['fragment', '--hex', '--size', '2000'], toHex(WHOLE));
    expect([status, out]).toEqual([0, `${toHex(WHOLE)}\n`]);
    expect(err).toContain('short enough, not fragmented');
  });

  it('fails on a bundle that is broken or must not be fragmented', async () => {
    const broken = await bundle(['fragment', '--hex', '--payload', '1'], hexOf('C06'));
    expect([broken.status, broken.out, broken.err]).toEqual([1, '', expect.stringContaining('block-crc-value')]);
    const forbidden = await bundle(['fragment', '--hex', '--payload', '1'], hexOf('V13'));
    expect([forbidden.status, forbidden.out]).toEqual([1, '']);
    expect(lines(forbidden.err)).toHaveLength(1);
  });

  it.each([
    [[], 'expected one of --size BYTES and --payload BYTES'],
    [['--size', '9', '--payload', '9'], 'expected one of --size BYTES and --payload BYTES'],
    [['--size', '0'], 'Expected a whole number of at least 1'],
    [['--size', '20'], 'at least 63 bytes work'],
  ])('refuses %j', async (args, message) => {
    const { status, out, err } = await bundle(['fragment', '--hex', ...args], toHex(WHOLE));
    expect([status, out, err]).toEqual([2, '', expect.stringContaining(message)]);
    expect(lines(err)).toHaveLength(1);
  });
});

describe('bundle reassemble', () => {
  it('puts the fragments in any order together, repeats passed over', async () => {
    const fragments = await pieces(300);
    const text = [...fragments].reverse().concat(fragments[1]!).join('\n');
    expect(await bundle(['reassemble', '--many', '--hex', '-'], text)).toMatchObject({
      status: 0,
      out: `${toHex(WHOLE)}\n`,
      err: '',
    });
    const files = fragments.map((hex, i) => testFile(`${i}.bin`, fromHex(hex)));
    const out = join(testFolder(), 'whole.bin');
    expect(await bundle(['reassemble', ...files, '--out', out])).toMatchObject({ status: 0, out: '', err: '' });
    expect(toHex(readFileSync(out))).toBe(toHex(WHOLE));
  });

  it('reads raw fragments one behind the other', async () => {
    const raw = concatBytes((await pieces(100)).map(fromHex));
    expect(toHex((await bundle(['reassemble', '--many', '-'], raw)).outBytes)).toBe(toHex(WHOLE));
  });

  it.each(sets)('makes of the set $id what it should: $desc', async ({ id, fragments, reassembled }) => {
    const { status, out, err } = await bundle(['reassemble', '--many', '--hex', '-'], fragments.join('\n'));
    expect([status, out === '']).toEqual(reassembled === null ? [1, true] : [0, false]);
    if (reassembled !== null) expect(toHex(payloadOf(decodeBundle(fromHex(out))).data)).toBe(reassembled);
    if (id === 'G10') expect(err).toContain('disagrees with one before it');
  });

  it('says which bytes are missing', async () => {
    const [first, , third] = await pieces(300);
    const { status, out, err } = await bundle(['reassemble', '--many', '--hex', '-'], `${third}\n${first}`);
    expect([status, out]).toEqual([1, '']);
    expect(err).toBe(
      'leodtn: bundle ipn:10.1 815000000123 7: not whole: of bytes 0 to 999 there are missing 300 to 599, 900 to 999\n',
    );
    const inner = (await pieces(100))[7];
    const inside = await bundle(['reassemble', '--many', '--hex', '-'], [inner, third, first].join('\n'));
    expect(inside.err).toContain('there are missing 300 to 599, 900 to 999\n');
    const single = await pieces(999);
    expect((await bundle(['reassemble', '--many', '--hex', '-'], single[0])).err).toContain('missing 999\n');
  });

  it('keeps the bytes that came first where fragments disagree, and says so; or refuses the later one', async () => {
    const [first, second] = await pieces(500);
    const { primary, blocks } = decodeBundle(fromHex(first!));
    const other = payloadOf({ primary, blocks }).data.slice();
    other[7] = 0;
    const changed = { ...payloadOf({ primary, blocks }), data: other, raw: undefined };
    const conflicting = toHex(encodeBundle({ primary, blocks: [...blocks.slice(0, -1), changed] }));
    const text = [first, conflicting, second].join('\n');
    const kept = await bundle(['reassemble', '--many', '--hex', '-'], text);
    expect([kept.status, kept.out]).toEqual([0, `${toHex(WHOLE)}\n`]);
    expect(kept.err).toBe(
      'leodtn: standard input:2: the fragment disagrees with one before it, whose bytes were kept\n',
    );
    const refused = await bundle(['reassemble', '--many', '--hex', '--on-conflict', 'refuse', '-'], text);
    expect([refused.status, refused.out]).toEqual([1, `${toHex(WHOLE)}\n`]);
    expect(refused.err).toContain('standard input:2: the fragment was refused: content-conflict');
  });

  it('goes on behind what is broken, and passes on what is no fragment', async () => {
    const [first, second] = await pieces(500);
    const text = [hexOf('V01'), first, hexOf('C06'), second].join('\n');
    const { status, out, err } = await bundle(['reassemble', '--many', '--hex', '-'], text);
    expect([status, lines(out)]).toEqual([1, [hexOf('V01'), toHex(WHOLE)]]);
    expect(err).toContain('standard input:3: block-crc-value');
    const folder = testFolder();
    writeFileSync(join(folder, 'many.bin'), fromHex(first! + hexOf('C06') + second));
    const raw = await bundle(['reassemble', '--many', join(folder, 'many.bin')]);
    expect([raw.status, raw.err]).toEqual([1, expect.stringContaining('many.bin: bundle 1: block-crc-value')]);
  });

  it('needs files that are there', async () => {
    expect(await bundle(['reassemble'])).toMatchObject({
      status: 2,
      err: expect.stringContaining("missing required argument 'files'"),
    });
    expect(await bundle(['reassemble', 'no-such-file'])).toMatchObject({ status: 2, out: '' });
  });
});
