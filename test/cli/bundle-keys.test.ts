import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { base64Url, MAC, made, reportOf, SECRET, standardKeys, V } from './bundle-security-support.js';
import { bundle, testFile, testFolder } from './bundle-support.js';
import { leodtn } from './test-io.js';

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
    [
      'nobody as source',
      ['sign', '--keys', 'KEYS', '--key', 'mac', '--source', 'dtn:none'],
      '--source: found dtn:none',
    ],
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
