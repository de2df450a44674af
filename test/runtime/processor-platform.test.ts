import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.js';
import type { Platform } from '../../src/base/platform.js';
import { nodePlatform } from '../../src/runtime/platform.node.js';
import { PlainPlatform } from '../helpers/plain-platform.js';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'leodtn-platform-'));
  await writeFile(join(directory, 'text'), 'some text');
});

afterAll(() => rm(directory, { recursive: true }));

describe.each<[string, Platform, (name: string) => string]>([
  ['nodePlatform', nodePlatform, (name) => join(directory, name)],
  ['PlainPlatform', new PlainPlatform({ text: 'some text' }), (name) => name],
])('%s', (_, platform, path) => {
  it('turns text into UTF-8 and back', () => {
    expect(toHex(platform.encodeUtf8('é😀\ud800'))).toBe('c3a9f09f9880efbfbd');
    expect(platform.decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0xc3, 0xa9, 0xff))).toBe('\ufeffé\ufffd');
  });

  it('digests in pieces (FIPS 180-4, the example of one block)', () => {
    const digest = platform.sha256();
    digest.update(platform.encodeUtf8('a'));
    digest.update(platform.encodeUtf8('bc'));
    expect(toHex(digest.finish())).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('reads files at any offset, and less only at the end', async () => {
    const file = await platform.openFile(path('text'));
    expect(file.size).toBe(9);
    expect(platform.decodeUtf8(await file.read(0, 4))).toBe('some');
    expect(platform.decodeUtf8(await file.read(5, 100))).toBe('text');
    expect((await file.read(9, 10)).length).toBe(0);
    expect((await file.read(20, 10)).length).toBe(0);
    await file.close();
  });

  it('names a file that it cannot open', async () => {
    await expect(platform.openFile(path('nowhere'))).rejects.toThrow(
      `cannot open ${path('nowhere')}: there is no such file`,
    );
  });
});

describe('nodePlatform', () => {
  it('refuses a directory', async () => {
    await expect(nodePlatform.openFile(directory)).rejects.toThrow('it is no regular file');
  });
});
