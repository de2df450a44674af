/** What the tests of the bundle commands share: the vectors, and files that last for one test. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadVectors } from '../bpv7/support.js';
import { leodtn, type Ran } from './test-io.js';

/** A bundle of the vectors with the fields that decode shall print. */
export interface ValidVector {
  readonly id: string;
  readonly desc: string;
  readonly hex: string;
  readonly decoded: { readonly [field: string]: unknown } & {
    readonly blocks: readonly { type: number; number: number; flags: number; crc: number; data: string }[];
  };
}

/** Hand-made bundles: valid ones, and ones that break a rule. */
export const vectors = loadVectors<{
  valid: ValidVector[];
  bad: { id: string; desc: string; hex: string; rule: string }[];
  ignored_admin_records: { id: string; hex: string }[];
}>('bundles.json');

/** Bundles of other implementations. */
export const captured = loadVectors<{ cases: { name: string; hex: string }[] }>('bundles-captured.json');

/** The hex of a vector. */
export function hexOf(id: string): string {
  const found = [...vectors.valid, ...vectors.bad].find((vector) => vector.id === id);
  if (found === undefined) throw new Error(`no vector ${id}`);
  return found.hex;
}

/** A folder that is gone after the test. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'leodtn-bundle-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A file that is gone after the test. */
export function testFile(name: string, data: string | Uint8Array): string {
  const file = join(testFolder(), name);
  writeFileSync(file, data);
  return file;
}

/** `leodtn bundle` with these arguments and this standard input. */
export function bundle(args: readonly string[], input: string | Uint8Array = ''): Promise<Ran> {
  return leodtn(['bundle', ...args], { input });
}

/** The objects of JSON Lines. */
export function linesOf(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
