import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadVectors } from '../bpv7/support.js';
import { keySet, made } from './bundle-security-support.js';
import { bundle, testFolder } from './bundle-support.js';

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
