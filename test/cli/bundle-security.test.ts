import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import { type CanonicalBlock, decodeBundle, encodeBundle, newBlock } from '../../src/bpv7/index.js';
import { loadVectors } from '../bpv7/support.js';
import { bundle, hexOf, testFile, testFolder } from './bundle-support.js';
import { leodtn, type Ran } from './test-io.js';

interface Example {
  readonly id: string;
  readonly hmac_key: string;
  readonly content_key: string;
  readonly kek: string;
  readonly iv: string;
  readonly original_bundle: string;
  readonly final_bundle: string;
}

const examples = new Map(loadVectors<{ vectors: Example[] }>('rfc9173.json').vectors.map((v) => [v.id, v]));
const example = (id: string): Example => examples.get(id) as Example;

const base64Url = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');
/** A key set with keys of these names, algorithms and bytes in hex. */
const keySet = (...keys: [kid: string, alg: string, hex: string][]): string =>
  testFile(
    'keys.json',
    JSON.stringify({ keys: keys.map(([kid, alg, hex]) => ({ kty: 'oct', kid, alg, k: base64Url(hex) })) }),
  );

const MAC = '0f'.repeat(32);
const SECRET = 'a7'.repeat(32);
const standardKeys = () =>
  keySet(
    ['mac', 'HS256', MAC],
    ['other-mac', 'HS256', '10'.repeat(32)],
    ['enc', 'A256GCM', SECRET],
    ['wrap', 'A256KW', '33'.repeat(32)],
  );

/** A strict bundle with an age block and CRC-32C on the payload, which is what an acceptor puts back. */
const V = (() => {
  const { primary, blocks } = decodeBundle(fromHex(hexOf('V25')));
  const [age, payload] = blocks as [CanonicalBlock, CanonicalBlock];
  return toHex(encodeBundle({ primary, blocks: [age, newBlock(1, 1, payload.data, 0, 2)] }));
})();

/** `leodtn bundle COMMAND --hex` with a bundle in hex, which shall write one and say nothing but what the profile let pass. */
async function made(hex: string, ...args: string[]): Promise<string> {
  const { status, out, err } = await bundle([...args, '--hex'], hex);
  expect([status, err.replace(/^leodtn: (standard input: let pass: |--iv: never use).*\n/gm, '')]).toEqual([0, '']);
  return out.trim();
}

async function reportOf(
  hex: string,
  ...args: string[]
): Promise<{ status: number; verified: boolean; all: unknown[] }> {
  const { status, out, err } = await bundle(['verify', '--hex', '--json', ...args], hex);
  expect(err).toBe('');
  const { verified, operations } = JSON.parse(out) as { verified: boolean; operations: unknown[] };
  return { status, verified, all: operations };
}

/** The bundle with the last byte of a block's data changed. */
function tampered(hex: string, blockNumber: number): string {
  const { primary, blocks } = decodeBundle(fromHex(hex));
  return toHex(
    encodeBundle({
      primary,
      blocks: blocks.map((block) => {
        if (block.number !== blockNumber) return block;
        const data = block.data.slice();
        data[data.length - 1] = (data[data.length - 1] as number) ^ 1;
        return newBlock(block.type, block.number, data, block.flags, block.crcType);
      }),
    }),
  );
}

describe('the examples of RFC 9173 from the command line', () => {
  const lenient = ['--profile', 'lenient'];
  const back = async (hex: string, keys: string): Promise<string> => {
    const out = join(testFolder(), 'accepted.hex');
    const args = ['--hex', ...lenient, '--keys', keys, '--no-crc', '--accept', '--out', out];
    expect((await bundle(['verify', ...args], hex)).status).toBe(0);
    return readFileSync(out, 'utf8').trim();
  };

  it('A.1: signs the payload', async () => {
    const { hmac_key, original_bundle, final_bundle } = example('A.1');
    const keys = keySet(['m', 'HS512', hmac_key]);
    const signed = await made(original_bundle, 'sign', ...lenient, '--keys', keys, '--key', 'm', '--scope', '0');
    expect(signed).toBe(final_bundle);
    expect(await back(final_bundle, keys)).toBe(original_bundle);
  });

  it('A.2: encrypts the payload with a key that is wrapped', async () => {
    const { content_key, kek, iv, original_bundle, final_bundle } = example('A.2');
    const keys = keySet(['c', 'A128GCM', content_key], ['w', 'A128KW', kek]);
    const args = [...lenient, '--keys', keys];
    const how = ['--key', 'c', '--wrap', 'w', '--scope', '0', '--iv', iv];
    expect(await made(original_bundle, 'encrypt', ...args, ...how)).toBe(final_bundle);
    expect(await made(final_bundle, 'decrypt', ...args, '--no-crc')).toBe(original_bundle);
  });

  it('A.3: a payload encrypted by one node, primary and age block signed by another', async () => {
    const { hmac_key, content_key, iv, original_bundle, final_bundle } = example('A.3');
    const keys = keySet(['c', 'A128GCM', content_key], ['m', 'HS256', hmac_key]);
    const args = [...lenient, '--keys', keys, '--scope', '0'];
    const sealed = await made(original_bundle, 'encrypt', ...args, '--key', 'c', '--iv', iv, '--number', '4');
    const targets = ['--target', 'primary', '--target', 'type:7'];
    const signed = await made(
      sealed,
      'sign',
      ...args,
      '--key',
      'm',
      ...targets,
      '--source',
      'ipn:3.0',
      '--number',
      '3',
    );
    expect(signed).toBe(final_bundle);
    const opened = await made(final_bundle, 'decrypt', ...lenient, '--keys', keys, '--no-crc');
    expect(await back(opened, keys)).toBe(original_bundle);
  });

  it('A.4: a BIB and its target under one BCB', async () => {
    const { hmac_key, content_key, iv, original_bundle, final_bundle } = example('A.4');
    const keys = keySet(['c', 'A256GCM', content_key], ['m', 'HS384', hmac_key]);
    const args = [...lenient, '--keys', keys];
    const signed = await made(original_bundle, 'sign', ...args, '--key', 'm', '--number', '3');
    const how = ['--key', 'c', '--number', '2', '--iv', iv];
    const apart = await bundle(['encrypt', '--hex', ...args, ...how], signed);
    expect([apart.status, apart.out, apart.err]).toEqual([2, '', expect.stringContaining('2 BCBs are needed')]);
    const sealed = await made(signed, 'encrypt', ...args, ...how, '--unsafe-shared-iv');
    expect(sealed).toBe(final_bundle);
    const hidden = await bundle(['verify', '--hex', ...args], final_bundle);
    expect([hidden.status, hidden.out]).toEqual([
      1,
      'integrity by block 3 (block-integrity): unreadable: it is encrypted; decrypt first\n',
    ]);
    const opened = await made(final_bundle, 'decrypt', ...args, '--no-crc');
    expect(await back(opened, keys)).toBe(original_bundle);
  });

  it('shows what a security block says in the JSON of decode', async () => {
    const { out } = await bundle(['decode', '--hex', '--json', '--profile', 'lenient'], example('A.3').final_bundle);
    const { blocks } = JSON.parse(out) as { blocks: { type: number; decoded?: object }[] };
    expect(blocks.find(({ type }) => type === 12)?.decoded).toEqual({
      targets: [1],
      contextId: 2,
      contextName: 'BCB-AES-GCM',
      contextFlags: 1,
      source: 'ipn:2.1',
      parameters: [
        { id: 1, name: 'initialization vector', bytes: '5477656c7665313231323132' },
        { id: 2, name: 'AES variant', value: 1 },
        { id: 4, name: 'AAD scope flags', value: 0 },
      ],
      results: [[{ id: 1, name: 'authentication tag', bytes: 'efa4b5ac0108e3816c5606479801bc04' }]],
    });
    expect(blocks.find(({ type }) => type === 11)?.decoded).toMatchObject({
      targets: [0, 2],
      contextName: 'BIB-HMAC-SHA2',
      source: 'ipn:3.0',
      parameters: [
        { name: 'SHA variant', value: 5 },
        { name: 'integrity scope flags', value: 0 },
      ],
    });
  });
});

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

describe('a wrong command', () => {
  it.each<[name: string, args: string[], message: string | RegExp]>([
    ['no key set', ['sign', '--key', 'mac'], "required option '--keys <file>' not specified"],
    ['no key', ['sign', '--keys', 'KEYS'], "required option '--key <kid>' not specified"],
    [
      'an unknown key',
      ['sign', '--keys', 'KEYS', '--key', 'mak'],
      /--key: .*keys.json: there is no key "mak"; there are "mac", "other-mac", "enc", "wrap"/,
    ],
    ['an unknown key to verify with', ['verify', '--keys', 'KEYS', '--key', 'x'], 'there is no key "x"'],
    ['an unknown key to wrap under', ['sign', '--keys', 'KEYS', '--key', 'mac', '--wrap', 'x'], '--wrap: '],
    [
      'a key for encryption to sign with',
      ['sign', '--keys', 'KEYS', '--key', 'enc'],
      '--key: key "enc" is for A256GCM, expected a key for HS256, HS384, HS512, or one for key wrapping',
    ],
    ['a key for signing to encrypt with', ['encrypt', '--keys', 'KEYS', '--key', 'mac'], 'is for HS256, expected'],
    ['a key that cannot wrap', ['encrypt', '--keys', 'KEYS', '--key', 'enc', '--wrap', 'mac'], '--wrap: key "mac"'],
    ['two keys that wrap', ['encrypt', '--keys', 'KEYS', '--key', 'wrap', '--wrap', 'wrap'], 'leave out --wrap'],
    [
      'another algorithm than the key',
      ['sign', '--keys', 'KEYS', '--key', 'mac', '--algorithm', 'HS512'],
      'key "mac" is for HS256, not for HS512',
    ],
    [
      'an unknown algorithm',
      ['sign', '--keys', 'KEYS', '--key', 'mac', '--algorithm', 'MD5'],
      'Allowed choices are HS256',
    ],
    [
      'a wrong target',
      ['sign', '--keys', 'KEYS', '--key', 'mac', '--target', 'age'],
      /--target.*expected primary, payload/,
    ],
    ['a wrong scope', ['sign', '--keys', 'KEYS', '--key', 'mac', '--scope', '8'], 'Expected a number from 0 to 7'],
    ['a wrong source', ['sign', '--keys', 'KEYS', '--key', 'mac', '--source', 'me'], /--source/],
    ['LocalNode as source', ['sign', '--keys', 'KEYS', '--key', 'mac', '--source', 'ipn:!.1'], /--source/],
    ['a number that is taken', ['sign', '--keys', 'KEYS', '--key', 'mac', '--number', '2'], 'block number 2 is taken'],
    [
      'the primary block to encrypt',
      ['encrypt', '--keys', 'KEYS', '--key', 'enc', '--target', 'primary'],
      'the primary block',
    ],
    ['block 0 to encrypt', ['encrypt', '--keys', 'KEYS', '--key', 'enc', '--target', 'block:0'], 'the primary block'],
    ['a vector that is no hex', ['encrypt', '--keys', 'KEYS', '--key', 'enc', '--iv', 'xy'], 'Expected hex digits'],
    ['a short vector', ['encrypt', '--keys', 'KEYS', '--key', 'enc', '--iv', '0011'], 'has 8 to 16 bytes, not 2'],
    ['no vector to share', ['encrypt', '--keys', 'KEYS', '--key', 'enc', '--unsafe-shared-iv'], 'expected --iv HEX'],
    ['--accept without a file', ['verify', '--keys', 'KEYS', '--accept'], '--accept: expected --out FILE'],
    [
      '--out without --accept',
      ['verify', '--keys', 'KEYS', '--out', 'x'],
      '--out: nothing is written without --accept',
    ],
    [
      '--accept of what is encrypted',
      ['verify', '--keys', 'KEYS', '--accept', '--out', 'x', '--service', 'all'],
      'bundle decrypt accepts',
    ],
    ['one input for bundle and keys', ['verify', '--keys', '-'], 'standard input is the bundle already'],
    ['a key file that is not there', ['verify', '--keys', 'no-such-file'], /^leodtn: no-such-file: no such file/],
    ['a name without letters', ['keygen', '--kid', ''], '--kid: found no name'],
  ])('is refused with status 2: %s', async (_, args, message) => {
    const file = standardKeys();
    const ran = await bundle(
      args.map((arg) => (arg === 'KEYS' ? file : arg)).concat(args[0] === 'keygen' ? [] : ['--hex']),
      V,
    );
    expect([ran.status, ran.out]).toEqual([2, '']);
    expect(ran.err).toMatch(message);
    expect(ran.err.match(/\n/g)).toHaveLength(ran.err.includes('--iv: never') ? 2 : 1);
  });

  it.each<[name: string, file: string, message: string]>([
    ['no JSON', '{', 'keys.json: this is no JSON'],
    ['no key set', '[]', 'expected a JSON Web Key Set'],
    [
      'a key of the wrong length',
      JSON.stringify({ keys: [{ kty: 'oct', kid: 'enc', alg: 'A256GCM', k: base64Url('ab'.repeat(31)) }] }),
      'keys.json: keys.0.k: key "enc": 31 bytes, expected 32 for A256GCM',
    ],
    [
      'an HMAC key that is too short',
      JSON.stringify({ keys: [{ kty: 'oct', kid: 'mac', alg: 'HS256', k: base64Url('ab'.repeat(15)) }] }),
      'key "mac": 15 bytes, expected 32 for HS256, at least 16',
    ],
    [
      'a key that is not base64url',
      JSON.stringify({ keys: [{ kty: 'oct', kid: 'mac', alg: 'HS256', k: 'q6ur+q6ur' }] }),
      'expected base64url',
    ],
  ])('is refused for a key file with %s, which is not repeated', async (_, text, message) => {
    const file = testFile('keys.json', text);
    const ran = await bundle(['verify', '--hex', '--keys', file], V);
    expect([ran.status, ran.out, ran.err]).toEqual([2, '', expect.stringContaining(message)]);
    expect(ran.err).not.toMatch(/q6ur/);
  });
});

describe('keys', () => {
  it('are never printed', async () => {
    const keys = standardKeys();
    const seen: string[] = [];
    const run = async (hex: string, ...args: string[]) => {
      const ran = await bundle([...args, '--hex', '--keys', keys], hex);
      seen.push(ran.out, ran.err);
      return ran.out.trim();
    };
    const signed = await run(V, 'sign', '--key', 'mac');
    const sealed = await run(signed, 'encrypt', '--key', 'enc');
    await run(await run(sealed, 'decrypt'), 'verify');
    await run(V, 'sign', '--key', 'enc');
    await run(V, 'sign', '--key', 'nobody');
    await run(sealed, 'verify', '--json', '--service', 'all');
    const text = seen.join('\n');
    for (const secret of [MAC, SECRET, base64Url(MAC), base64Url(SECRET)]) {
      expect(text).not.toContain(secret.slice(0, 12));
    }
  });

  it.each(['HS256', 'HS384', 'HS512', 'A128GCM', 'A256GCM', 'A128KW', 'A192KW', 'A256KW'])(
    'are made for %s',
    async (algorithm) => {
      const { status, out } = await bundle(['keygen', '--algorithm', algorithm, '--kid', 'k']);
      expect(status).toBe(0);
      expect(out).not.toBe((await bundle(['keygen', '--algorithm', algorithm, '--kid', 'k'])).out);
      const keys = testFile('keys.json', out);
      if (algorithm.startsWith('HS') || algorithm.endsWith('KW')) {
        const signed = await made(V, 'sign', '--keys', keys, '--key', 'k');
        expect((await reportOf(signed, '--keys', keys)).verified).toBe(true);
      }
      if (!algorithm.startsWith('HS')) {
        const sealed = await made(V, 'encrypt', '--keys', keys, '--key', 'k');
        expect(await made(sealed, 'decrypt', '--keys', keys)).toBe(V);
      }
    },
  );

  it('have a name of their own where none is given', async () => {
    const { keys } = JSON.parse((await bundle(['keygen'])).out);
    expect(keys).toEqual([
      { kty: 'oct', kid: expect.stringMatching(/^a256gcm-[0-9a-f]{8}$/), alg: 'A256GCM', k: expect.any(String) },
    ]);
  });
});

describe('the README', () => {
  /** Runs `leodtn ... | leodtn ... > FILE` with all files in a folder, and returns what comes out at the end. */
  async function shell(line: string, folder: string): Promise<string> {
    const [pipeline, target] = line.split(' > ') as [string, string?];
    let input: Uint8Array = new Uint8Array();
    let out = '';
    for (const command of pipeline.split(' | ')) {
      const [npx, name, ...args] = command.split(' ');
      expect([npx, name]).toEqual(['npx', 'leodtn']);
      const inFolder = args.map((arg) => (/\.(json|bin)$/.test(arg) ? join(folder, arg) : arg));
      const ran = await leodtn(inFolder, { input });
      expect([ran.status, ran.err], command).toEqual([0, '']);
      input = ran.outBytes;
      out = ran.out;
    }
    if (target === undefined) return out;
    writeFileSync(join(folder, target), input);
    return '';
  }

  it('shows commands that do what it says', async () => {
    const text = readFileSync('README.md', 'utf8');
    const example = text.split('```\n').find((part) => part.includes('$ npx leodtn bundle keygen')) as string;
    const spec = /leodtn bundle encode spec\.json[^\n]*`(\{.*\})`/.exec(text)?.[1] as string;
    const folder = testFolder();
    writeFileSync(join(folder, 'spec.json'), spec);
    let expected = '';
    let out = '';
    for (const line of example.split('\n')) {
      if (!line.startsWith('$ ')) {
        expected += line === '' ? '' : `${line}\n`;
        continue;
      }
      out += await shell(line.slice(2), folder);
    }
    expect(out).toBe(expected);
    expect(out).toContain('verified');
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
