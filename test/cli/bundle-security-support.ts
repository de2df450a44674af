/** What the tests of the commands that secure bundles share: key sets, a bundle, and shorthands. */
import { expect } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import { type CanonicalBlock, decodeBundle, encodeBundle, newBlock } from '../../src/bpv7/index.js';
import { bundle, hexOf, testFile } from './bundle-support.js';

/** Hex as base64url. */
export const base64Url = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');

/** A key set with keys of these names, algorithms and bytes in hex. */
export const keySet = (...keys: [kid: string, alg: string, hex: string][]): string =>
  testFile(
    'keys.json',
    JSON.stringify({ keys: keys.map(([kid, alg, hex]) => ({ kty: 'oct', kid, alg, k: base64Url(hex) })) }),
  );

/** The key "mac" of {@link standardKeys} in hex. */
export const MAC = '0f'.repeat(32);
/** The key "enc" of it. */
export const SECRET = 'a7'.repeat(32);

/** A key set with keys to sign, encrypt and wrap. */
export const standardKeys = () =>
  keySet(
    ['mac', 'HS256', MAC],
    ['other-mac', 'HS256', '10'.repeat(32)],
    ['enc', 'A256GCM', SECRET],
    ['wrap', 'A256KW', '33'.repeat(32)],
  );

/** A strict bundle with an age block and CRC-32C on the payload, which is what an acceptor puts back. */
export const V = (() => {
  const { primary, blocks } = decodeBundle(fromHex(hexOf('V25')));
  const [age, payload] = blocks as [CanonicalBlock, CanonicalBlock];
  return toHex(encodeBundle({ primary, blocks: [age, newBlock(1, 1, payload.data, 0, 2)] }));
})();

/** `leodtn bundle COMMAND --hex` with a bundle in hex, which shall write one and say nothing but what the profile let pass. */
export async function made(hex: string, ...args: string[]): Promise<string> {
  const { status, out, err } = await bundle([...args, '--hex'], hex);
  expect([status, err.replace(/^leodtn: (standard input: let pass: |--iv: never use).*\n/gm, '')]).toEqual([0, '']);
  return out.trim();
}

/** What `leodtn bundle verify --json` says of a bundle in hex. */
export async function reportOf(
  hex: string,
  ...args: string[]
): Promise<{ status: number; verified: boolean; all: unknown[] }> {
  const { status, out, err } = await bundle(['verify', '--hex', '--json', ...args], hex);
  expect(err).toBe('');
  const { verified, operations } = JSON.parse(out) as { verified: boolean; operations: unknown[] };
  return { status, verified, all: operations };
}

/** The bundle with the last byte of a block's data changed. */
export function tampered(hex: string, blockNumber: number): string {
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
