import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import { decodeBundle } from '../../src/bpv7/index.js';
import { keySet, MAC, made, reportOf, SECRET, standardKeys, tampered, V } from './bundle-security-support.js';
import { bundle, hexOf, testFolder } from './bundle-support.js';
import { leodtn, type Ran } from './test-io.js';

describe('bundle sign and verify', () => {
  it('verifies what it signed, and gives the bundle back as it was', async () => {
    const keys = standardKeys();
    const targets = ['--target', 'primary', '--target', 'payload', '--target', 'type:7'];
    const signed = await made(V, 'sign', '--keys', keys, '--key', 'mac', ...targets);
    const { status, out, err } = await bundle(['verify', '--hex', '--keys', keys], signed);
    const by = `by ${JSON.parse((await bundle(['decode', '--hex', '--json'], V)).out).primary.source}: verified`;
    expect([status, err, out]).toEqual([
      0,
      '',
      `integrity of the primary block, ${by}\nintegrity of block 1 (payload), ${by}\nintegrity of block 2 (bundle-age), ${by}\n`,
    ]);
    const file = join(testFolder(), 'plain.bin');
    const input = fromHex(signed);
    expect((await bundle(['verify', '--keys', keys, '--accept', '--out', file], input)).status).toBe(0);
    const accepted = await bundle(['decode', '--json', file]);
    expect(accepted.status).toBe(0);
    const { primary, blocks } = JSON.parse(accepted.out);
    expect([primary.crcType, blocks.map((block: { crcType: number }) => block.crcType)]).toEqual([2, [2, 2]]);
  });

  it('prints one object with --json', async () => {
    const keys = standardKeys();
    const signed = await made(V, 'sign', '--keys', keys, '--key', 'mac', '--source', 'ipn:7.0');
    const operation = { service: 'integrity', block: 3, target: 1, source: 'ipn:7.0' };
    expect(await reportOf(signed, '--keys', keys)).toEqual({
      status: 0,
      verified: true,
      all: [{ ...operation, status: 'verified' }],
    });
    expect(await reportOf(tampered(signed, 1), '--keys', keys)).toEqual({
      status: 1,
      verified: false,
      all: [{ ...operation, status: 'failed', detail: 'the MAC does not match' }],
    });
    expect(await reportOf(signed, '--keys', keySet(['enc', 'A256GCM', SECRET]))).toMatchObject({
      status: 1,
      verified: false,
      all: [{ ...operation, status: 'no-key' }],
    });
    const nothing = await bundle(['verify', '--hex', '--json', '--keys', keys, '--service', 'all'], V);
    expect([nothing.status, JSON.parse(nothing.out)]).toEqual([1, { verified: false, operations: [] }]);
    expect(nothing.err).toContain('there is no security block: nothing to verify is not verified');
    const broken = await bundle(['verify', '--hex', '--json', '--keys', keys], hexOf('C06'));
    expect([broken.status, JSON.parse(broken.out).error.code]).toEqual([1, 'block-crc-value']);
  });

  it('fails where the bundle was changed or the key is another, and then accepts nothing', async () => {
    const keys = standardKeys();
    const signed = await made(V, 'sign', '--keys', keys, '--key', 'mac');
    const out = join(testFolder(), 'accepted.bin');
    const accept = ['--accept', '--out', out];
    for (const [hex, kid] of [
      [tampered(signed, 1), 'mac'],
      [signed, 'other-mac'],
    ] as const) {
      const ran = await bundle(['verify', '--hex', '--keys', keys, '--key', kid, ...accept], hex);
      expect([ran.status, ran.out]).toEqual([1, expect.stringMatching(/: failed: the MAC does not match\n$/)]);
      expect(ran.err).toContain('an operation failed; nothing is written');
    }
    const keyless = await bundle(['verify', '--hex', '--keys', keys, '--key', 'enc', ...accept], signed);
    expect([keyless.status, keyless.out]).toEqual([1, expect.stringContaining(': no-key: there is no key for it')]);
    expect(existsSync(out)).toBe(false);
  });

  it('does not call verified what is so in part, and accepts nothing of it where an operation failed', async () => {
    const keys = standardKeys();
    const sign = (hex: string, target: string) => made(hex, 'sign', '--keys', keys, '--key', 'mac', '--target', target);
    const twice = await sign(await sign(V, 'payload'), 'type:7');
    const out = join(testFolder(), 'accepted.hex');
    const accept = ['verify', '--hex', '--keys', keys, '--accept', '--out', out];
    const part = await bundle(accept, tampered(twice, 2));
    expect([part.status, part.out.match(/: (verified|failed)/g)]).toEqual([1, [': failed', ': verified']]);
    expect(existsSync(out)).toBe(false);
    const sealed = await made(twice, 'encrypt', '--keys', keys, '--key', 'enc');
    const { status, verified, all } = await reportOf(sealed, '--keys', keys);
    expect([status, verified]).toEqual([1, false]);
    expect(all).toMatchObject([
      { target: 2, status: 'verified' },
      { target: null, source: null, status: 'unreadable' },
    ]);
    // The operation that can be read is this node's to accept; the other one travels on.
    expect((await bundle(accept, sealed)).status).toBe(1);
    const rest = decodeBundle(fromHex(readFileSync(out, 'utf8').trim()));
    expect(rest.blocks.map(({ type }) => type).sort((a, b) => Number(a) - Number(b))).toEqual([1, 7, 11, 12, 12]);
  });

  it('does not call verified what has nothing to verify', async () => {
    const keys = standardKeys();
    const { status, out, err } = await bundle(['verify', '--hex', '--keys', keys], V);
    expect([status, out, err]).toEqual([
      1,
      '',
      'leodtn: standard input: there is no integrity block: nothing to verify is not verified\n',
    ]);
    const sealed = await made(V, 'encrypt', '--keys', keys, '--key', 'enc');
    const encrypted = await bundle(['verify', '--hex', '--keys', keys], sealed);
    expect([encrypted.status, encrypted.err]).toEqual([
      1,
      expect.stringContaining('(--service confidentiality checks'),
    ]);
    const tags = await reportOf(sealed, '--keys', keys, '--service', 'confidentiality');
    expect(tags).toMatchObject({ status: 0, verified: true, all: [{ service: 'confidentiality', target: 1 }] });
    const spoilt = await reportOf(tampered(sealed, 1), '--keys', keys, '--service', 'all');
    expect(spoilt).toMatchObject({ status: 1, all: [{ status: 'failed' }] });
  });

  it('keeps the CRC of the primary block where a signed bundle is to be cut', async () => {
    const sign = [
      'sign',
      '--keys',
      standardKeys(),
      '--key',
      'mac',
      '--target',
      'primary',
      '--number',
      `${2n ** 64n - 1n}`,
    ];
    const cut = async (signed: string) => await bundle(['fragment', '--hex', '--payload', '2'], signed);
    const refused = await cut(await made(V, ...sign));
    expect([refused.status, refused.err]).toEqual([1, expect.stringContaining('the CRC of the primary block kept')]);
    const signed = await made(V, ...sign, '--keep-primary-crc');
    expect(decodeBundle(fromHex(signed)).primary.crcType).toBe(1);
    expect((await cut(signed)).status).toBe(0);
  });

  it('signs with a fresh key that is wrapped, and with each algorithm', async () => {
    const wrapped = standardKeys();
    const signed = await made(V, 'sign', '--keys', wrapped, '--key', 'wrap', '--algorithm', 'HS512');
    expect((await reportOf(signed, '--keys', wrapped)).verified).toBe(true);
    for (const [alg, bytes] of [
      ['HS256', 32],
      ['HS384', 48],
      ['HS512', 64],
    ] as const) {
      const keys = keySet(['k', alg, '5a'.repeat(bytes)]);
      const each = await made(V, 'sign', '--keys', keys, '--key', 'k');
      expect((await reportOf(each, '--keys', keys)).verified).toBe(true);
    }
  });

  it('is told where the bundle does not allow it', async () => {
    const keys = standardKeys();
    const sign = (hex: string, ...args: string[]) =>
      bundle(['sign', '--hex', '--keys', keys, '--key', 'mac', ...args], hex);
    const signed = await made(V, 'sign', '--keys', keys, '--key', 'mac');
    const sealed = await made(V, 'encrypt', '--keys', keys, '--key', 'enc');
    for (const [ran, message] of [
      [await sign(signed), 'a BIB covers block 1 already'],
      [await sign(sealed), 'block 1 is encrypted: sign before encrypting'],
      [await sign(V, '--target', 'block:9'), 'the bundle has no block number 9'],
      [await sign(V, '--target', 'type:77'), 'the bundle has no block of type 77'],
      [await sign(V + V), 'bundle-trailing-bytes'],
      [await sign(hexOf('C06')), 'block-crc-value'],
    ] as const) {
      expect([ran.status, ran.out, ran.err]).toEqual([1, '', expect.stringContaining(message)]);
      expect(ran.err).toMatch(/^leodtn: standard input: .*\n$/);
    }
  });
});

describe('bundle encrypt and decrypt', () => {
  it('gives back the bytes that it was', async () => {
    const keys = standardKeys();
    for (const kid of ['enc', 'wrap']) {
      const sealed = await made(V, 'encrypt', '--keys', keys, '--key', kid);
      expect(sealed).not.toBe(await made(V, 'encrypt', '--keys', keys, '--key', kid));
      expect(await made(sealed, 'decrypt', '--keys', keys)).toBe(V);
    }
  });

  it('works in pipelines of raw bundles', async () => {
    const keys = standardKeys();
    const spec = { primary: { destination: 'ipn:20.2', source: 'ipn:10.1' }, payload: { text: 'hello' } };
    const plain = await bundle(['encode'], JSON.stringify(spec));
    const signed = await bundle(['sign', '--keys', keys, '--key', 'mac'], plain.outBytes);
    const sealed = await bundle(['encrypt', '--keys', keys, '--key', 'enc'], signed.outBytes);
    const shown = JSON.parse((await bundle(['decode', '--json'], sealed.outBytes)).out);
    expect(shown.blocks.map(({ type }: { type: number }) => type).sort()).toEqual([1, 11, 12, 12]);
    const opened = await bundle(['decrypt', '--keys', keys, '--no-crc'], sealed.outBytes);
    expect([opened.status, toHex(opened.outBytes)]).toEqual([0, toHex(signed.outBytes)]);
    expect((await bundle(['verify', '--keys', keys], opened.outBytes)).status).toBe(0);
  });

  it('splits no integrity block that covers its own number, which --apart makes needless', async () => {
    const keys = standardKeys();
    const sign = ['sign', '--keys', keys, '--key', 'mac', '--target', 'primary', '--target', 'payload'];
    const encrypt = ['encrypt', '--keys', keys, '--key', 'enc'];
    const refused = await bundle([...encrypt, '--hex'], await made(V, ...sign));
    expect([refused.status, refused.out, refused.err]).toEqual([1, '', expect.stringContaining('sign in BIBs apart')]);
    const opened = await made(await made(await made(V, ...sign, '--apart'), ...encrypt), 'decrypt', '--keys', keys);
    expect(await reportOf(opened, '--keys', keys)).toMatchObject({
      verified: true,
      all: [{ target: 0 }, { target: 1 }],
    });
  });

  it('writes nothing where the payload does not decrypt', async () => {
    const keys = standardKeys();
    const sealed = await made(V, 'encrypt', '--keys', keys, '--key', 'enc');
    const wrong = keySet(['enc', 'A256GCM', 'a8'.repeat(32)]);
    for (const [hex, file, why] of [
      [tampered(sealed, 1), keys, 'the authentication tag does not match'],
      [sealed, wrong, 'the authentication tag does not match'],
      [sealed, keySet(['m', 'HS256', MAC]), 'no-key: there is no key for it'],
    ] as const) {
      const out = join(testFolder(), 'opened.bin');
      const ran = await bundle(['decrypt', '--hex', '--keys', file, '--out', out], hex);
      expect([ran.status, ran.out, existsSync(out)]).toEqual([1, '', false]);
      expect(ran.err).toContain(`confidentiality of block 1 (payload), by `);
      expect(ran.err).toContain(why);
      expect(ran.err).toContain('nothing is written');
    }
    const nothing = await bundle(['decrypt', '--hex', '--keys', keys], V);
    expect([nothing.status, nothing.out, nothing.err]).toEqual([1, '', expect.stringContaining('nothing to decrypt')]);
  });

  it('decrypts what there are keys for, discards a block that fails, and says what is left', async () => {
    const keys = standardKeys();
    const other = keySet(['age', 'A128GCM', '77'.repeat(16)]);
    const inner = await made(V, 'encrypt', '--keys', other, '--key', 'age', '--target', 'type:7');
    const both = await made(inner, 'encrypt', '--keys', keys, '--key', 'enc');
    const typesOf = (ran: Ran) => decodeBundle(fromHex(ran.out), { profile: 'lenient' }).blocks.map(({ type }) => type);
    const part = await bundle(['decrypt', '--hex', '--keys', keys], both);
    expect([part.status, typesOf(part)]).toEqual([1, [12, 7, 1]]);
    expect(part.err).toMatch(/^leodtn: .*confidentiality of block 2 \(bundle-age\), by .*: no-key: .*\n$/);
    const all = keySet(['enc', 'A256GCM', SECRET], ['age', 'A128GCM', '77'.repeat(16)]);
    expect(await made(both, 'decrypt', '--keys', all)).toMatch(
      /^9f.*8607020002410044[0-9a-f]{8}86010100024568656c6c6f44/,
    );
    const spoilt = await bundle(['decrypt', '--hex', '--profile', 'lenient', '--keys', all], tampered(both, 2));
    expect([spoilt.status, typesOf(spoilt)]).toEqual([1, [1]]);
    expect(spoilt.err).toContain('block 2 (bundle-age), by ipn:10.1: failed: the authentication tag does not match');
    const unsafe = await bundle(['decrypt', '--hex', '--keys', all], tampered(both, 2));
    expect([unsafe.status, unsafe.out, unsafe.err]).toEqual([1, '', expect.stringContaining('the bundle would break')]);
  });

  it('warns of an initialization vector of one’s own', async () => {
    const keys = standardKeys();
    const iv = ['--iv', '00112233445566778899aabb'];
    const { status, err } = await bundle(['encrypt', '--hex', '--keys', keys, '--key', 'enc', ...iv], V);
    expect([status, err]).toEqual([0, expect.stringMatching(/^leodtn: --iv: never use .* twice under one key/)]);
  });
});

describe('the output', () => {
  it('is raw or hex, to standard output or a file, and never raw to a terminal', async () => {
    const keys = standardKeys();
    const sign = ['sign', '--keys', keys, '--key', 'mac'];
    const hex = await made(V, ...sign);
    expect(toHex((await bundle(sign, fromHex(V))).outBytes)).toBe(hex);
    const file = join(testFolder(), 'signed.bin');
    expect(await bundle([...sign, '--out', file, '-'], fromHex(V))).toMatchObject({ status: 0, out: '' });
    expect(toHex(readFileSync(file))).toBe(hex);
    expect((await bundle(['verify', '--keys', keys, file])).status).toBe(0);
    const terminal = await leodtn(['bundle', ...sign], { input: fromHex(V), tty: true });
    expect([terminal.status, terminal.out, terminal.err]).toEqual([2, '', expect.stringContaining('--hex or --out')]);
    const forgotten = await bundle(sign, V);
    expect([forgotten.status, forgotten.err]).toEqual([1, expect.stringContaining('--hex reads it as that')]);
  });

  it('has examples in the help of each command', async () => {
    for (const command of ['sign', 'verify', 'encrypt', 'decrypt', 'keygen']) {
      const { status, out } = await bundle([command, '--help']);
      expect(status).toBe(0);
      expect(out).toMatch(/Examples:\n {2}\$ .*leodtn bundle/);
      expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(140);
    }
  });
});
