import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.js';
import { InputFileError, UsageError } from '../../src/base/errors.js';
import { KeySet, MAX_KEYS, parseKeySet, SecretKey } from '../../src/bpsec/index.js';
import { NODE } from './support.js';

const k = (bytes: number): string => Buffer.alloc(bytes, 0xab).toString('base64url');
const key = (over: object = {}): object => ({ kty: 'oct', kid: 'a', alg: 'HS256', k: k(32), ...over });
const text = (...keys: object[]): string => JSON.stringify({ keys });
const SECRET = /q6ur|abab|171, ?171/i;

describe('a JSON Web Key Set', () => {
  it('gives its keys by name', () => {
    const set = parseKeySet(
      text(
        key({ use: 'sig', key_ops: ['sign', 'verify'], 'x-note': 'ours' }),
        key({ kid: 'b', alg: 'A128GCM', k: k(16), use: 'enc' }),
        key({ kid: 'c', alg: 'A192KW', k: k(24), key_ops: ['unwrapKey'] }),
        key({ kid: 'd', alg: 'HS512', k: k(16) }),
      ),
      'keys.json',
    );
    expect(set.kids).toEqual(['a', 'b', 'c', 'd']);
    expect(toHex(set.get('b').reveal())).toBe('ab'.repeat(16));
    expect(set.find('z')).toBeUndefined();
    expect(() => set.get('z')).toThrow('there is no key "z"; there are "a", "b", "c", "d"');
  });

  it('reads base64url of every length, and of every character', () => {
    for (let bytes = 16; bytes < 70; bytes++) {
      const value = Buffer.from(Array.from({ length: bytes }, (_, i) => (i * 37 + bytes) & 255));
      const set = parseKeySet(text(key({ k: value.toString('base64url') })), 'keys.json');
      expect(toHex(set.get('a').reveal())).toBe(value.toString('hex'));
    }
  });

  it.each<[string, string, string]>([
    ['no JSON', '{"keys": [', 'keys.json: this is no JSON'],
    ['no object', '[]', 'keys.json: expected a JSON Web Key Set'],
    ['no keys', '{}', 'keys.json: keys: expected a list of keys'],
    ['a key that is a text', '{"keys": ["x"]}', 'keys.json: keys.0: expected a key'],
    ['another key type', text(key({ kty: 'RSA' })), 'keys.json: keys.0.kty: expected "oct"'],
    ['no name', text(key({ kid: undefined })), 'keys.json: keys.0.kid: expected a name'],
    ['an empty name', text(key({ kid: '' })), 'keys.json: keys.0.kid: expected a name'],
    ['no algorithm', text(key({ alg: undefined })), 'keys.json: keys.0.alg: expected one of HS256'],
    [
      'an unknown algorithm',
      text(key(), key({ kid: 'b', alg: 'none' })),
      'keys.json: keys.1.alg: expected one of HS256',
    ],
    ['no value', text(key({ k: undefined })), 'keys.json: keys.0.k: expected the key in base64url'],
    ['padding', text(key({ k: `${k(32)}=` })), 'keys.json: keys.0.k: key "a": expected base64url without padding'],
    ['the other alphabet', text(key({ k: `${k(32).slice(1)}+` })), 'keys.0.k: key "a": expected base64url'],
    ['an impossible length', text(key({ k: `${k(33)}A` })), 'keys.0.k: key "a": expected base64url'],
    ['bits of no byte', text(key({ k: `${k(32).slice(0, -1)}t` })), 'keys.0.k: key "a": expected base64url'],
    ['a short key', text(key({ k: k(15) })), 'keys.0.k: key "a": 15 bytes, expected 32 for HS256, at least 16'],
    ['a length', text(key({ alg: 'A256GCM', k: k(16) })), 'keys.0.k: key "a": 16 bytes, expected 32 for A256GCM'],
    ['a use', text(key({ use: 'enc' })), 'keys.0.use: key "a": expected "sig" for HS256'],
    ['an unknown use', text(key({ use: 'x' })), 'keys.0.use: expected "sig" or "enc"'],
    ['operations', text(key({ key_ops: ['encrypt'] })), 'keys.0.key_ops: key "a": expected sign or verify for HS256'],
    ['a name twice', text(key(), key({ kid: 'b' }), key()), 'keys.2.kid: "a" is the name of keys.0 already'],
    ['too many', text(...Array.from({ length: MAX_KEYS + 1 }, (_, i) => key({ kid: `${i}` }))), 'at most 1024 keys'],
  ])('is refused with %s, and no key in the message', (_, json, message) => {
    let thrown: unknown;
    try {
      parseKeySet(json, 'keys.json');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InputFileError);
    expect((thrown as Error).message).toContain(message);
    expect(inspect(thrown)).not.toMatch(SECRET);
  });

  it('quotes no key of a text that is no JSON', () => {
    for (const broken of [`{"keys":[{"k":"${k(32)}`, `{"keys":[{"k":"${k(32)}" x}]}`, k(40)]) {
      expect(() => parseKeySet(broken, 'keys.json')).toThrow(InputFileError);
      try {
        parseKeySet(broken, 'keys.json');
      } catch (thrown) {
        expect(inspect(thrown)).not.toMatch(SECRET);
      }
    }
  });

  it('shows no key in JSON, text, or an inspection', () => {
    const set = parseKeySet(text(key()), 'keys.json');
    const shown = [
      JSON.stringify(set),
      `${set.get('a')}`,
      inspect(set, { depth: 9, showHidden: true }),
      inspect(set.get('a')),
    ];
    for (const words of shown) expect(words).not.toMatch(SECRET);
    expect(JSON.stringify(set)).toContain('"kid":"a"');
  });

  it('cannot hold a name twice', () => {
    const twice = [new SecretKey(new Uint8Array(16), 'a'), new SecretKey(new Uint8Array(16), 'a')];
    expect(() => new KeySet(twice)).toThrow(UsageError);
  });

  it('finds the keys whose algorithm a security block asks for', () => {
    const set = parseKeySet(
      text(
        key({ kid: 'mac256' }),
        key({ kid: 'mac512', alg: 'HS512', k: k(64) }),
        key({ kid: 'gcm', alg: 'A256GCM' }),
        key({ kid: 'wrap', alg: 'A256KW' }),
      ),
      'keys.json',
    );
    const found = (variant: 3 | 5 | 7, wrapped: boolean): string[] =>
      set
        .finder()({ service: 'integrity', wrapped, source: NODE, variant, target: 1 })
        .map(({ kid }) => kid);
    expect(found(5, false)).toEqual(['mac256']);
    expect(found(7, false)).toEqual(['mac512']);
    expect(found(3, false)).toEqual(['gcm']);
    expect(found(5, true)).toEqual(['wrap']);
  });

  it('keeps a copy of the bytes', () => {
    const bytes = new Uint8Array(16);
    const secret = new SecretKey(bytes);
    bytes.fill(1);
    expect(secret.reveal()[0]).toBe(0);
  });
});
