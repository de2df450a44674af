/**
 * The `bp7` tool of the Rust crate of that name, both ways: it reads what we write, and we read what it writes. Left out where there
 * is no bp7 on the PATH and no LEODTN_BP7 that names one; CONTRIBUTING.md tells how to get it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { equalBytes, toHex } from '../../src/base/bytes.js';
import {
  BLOCK_TYPES,
  type Bundle,
  type BundleRule,
  type CanonicalBlock,
  decodeBundle,
  decodeHopCount,
  decodePreviousNode,
  type Eid,
  encodeBundle,
  encodeHopCount,
  encodePreviousNode,
  ipn,
  isNullEid,
  payloadOf,
  strictForm,
  type UInt,
  uintOf,
} from '../../src/bpv7/index.js';
import { anyBundle } from '../bpv7/support.js';

const BP7 = process.env['LEODTN_BP7'] ?? 'bp7';
/** Its usage, which it prints without a command. */
const isThere = /rnd \[-r\]/.test(spawnSync(BP7, { encoding: 'utf8' }).stdout ?? '');

const folder = mkdtempSync(join(tmpdir(), 'leodtn-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Flags that bp7 takes for reserved, and refuses (RFC 9171 sections 4.2.3 and 4.2.4 want them ignored). */
const RESERVED_BUNDLE_FLAGS = 0x18bf98n;
const RESERVED_BLOCK_FLAGS = 0x68n;

/** The same bundle in the forms that bp7 0.12.1 knows; what it does not know is listed in docs/interop.md. */
function forBp7({ primary, blocks }: Bundle): Bundle {
  return {
    primary: {
      ...primary,
      flags: uintOf(BigInt(primary.flags) & ~RESERVED_BUNDLE_FLAGS),
      destination: eidForBp7(primary.destination),
      source: eidForBp7(primary.source),
      reportTo: eidForBp7(primary.reportTo),
    },
    blocks: blocks.map((block) => ({ ...block, flags: blockFlagsForBp7(block.flags), data: dataForBp7(block) })),
  };
}

function blockFlagsForBp7(flags: UInt): UInt {
  return uintOf(BigInt(flags) & 0xffn & ~RESERVED_BLOCK_FLAGS);
}

function eidForBp7(eid: Eid): Eid {
  if (eid.scheme === 'dtn') return eid.ssp.startsWith('///') ? { ...eid, ssp: `//n${eid.ssp.slice(2)}` } : eid;
  return isNullEid(eid) ? ipn(0, 0) : { ...eid, threeElement: undefined };
}

function dataForBp7({ type, data }: CanonicalBlock): Uint8Array {
  if (type === BLOCK_TYPES.previousNode) return encodePreviousNode(eidForBp7(decodePreviousNode(data)));
  if (type !== BLOCK_TYPES.hopCount) return data;
  const { limit, count } = decodeHopCount(data);
  return encodeHopCount(limit, Math.min(Number(count), 255));
}

/** A bundle that bp7 makes of a manifest with these lines. */
function encodedByBp7(...lines: string[]): Uint8Array {
  const manifest = join(folder, 'manifest');
  writeFileSync(manifest, ['destination=dtn://node2/in', 'lifetime=1h', ...lines].join('\n'));
  const { status, stdout, stderr } = spawnSync(BP7, ['encode', manifest, '-'], { input: 'hello' });
  expect(status, String(stderr)).toBe(0);
  return stdout;
}

/** Rules that the bytes break, each of them allowed by the lenient profile; fails where they are not. */
function deviationsOf(bytes: Uint8Array): BundleRule[] {
  const rules: BundleRule[] = [];
  const bundle = decodeBundle(bytes, { profile: 'lenient', onAllowance: ({ code }) => rules.push(code) });
  expect(equalBytes(encodeBundle(bundle), bytes)).toBe(true);
  return rules;
}

describe.skipIf(!isThere)('bp7 (skipped where it is not on the PATH and LEODTN_BP7 names none)', () => {
  it('accepts bundles of our encoder, and hands out their payload', () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    for (const drawn of fc.sample(anyBundle, { seed, numRuns: 250 })) {
      const bundle = forBp7(drawn);
      const bytes = encodeBundle(bundle);
      const where = `seed ${seed}, ${toHex(bytes)}`;
      const { status, stdout, stderr } = spawnSync(BP7, ['decode', '-', '-p'], { input: bytes });
      expect(status, `${where}: ${stderr}`).toBe(0);
      expect(equalBytes(stdout, payloadOf(bundle).data), where).toBe(true);
    }
  });

  it('refuses a bundle of ours with a wrong CRC', () => {
    const [bundle] = fc.sample(anyBundle, { seed: 1, numRuns: 1 }) as [Bundle];
    const bytes = encodeBundle(forBp7({ ...bundle, primary: { ...bundle.primary, crcType: 1 } }));
    expect(spawnSync(BP7, ['decode', '-'], { input: bytes }).status).toBe(0);
    const lifetimeOf = decodeBundle(bytes).primary.raw as Uint8Array;
    const spoilt = bytes.slice();
    spoilt[lifetimeOf.length] = (spoilt[lifetimeOf.length] as number) ^ 1; // the last byte of the primary block's CRC
    expect(spawnSync(BP7, ['decode', '-'], { input: spoilt }).status).not.toBe(0);
  });

  it('writes random bundles that decode leniently, and lack nothing but a CRC on the primary block', () => {
    for (let i = 0; i < 300; i++) {
      const { stdout } = spawnSync(BP7, ['rnd', '-r']);
      expect(deviationsOf(stdout), toHex(stdout)).toEqual(['primary-crc-missing']);
    }
  });

  it('writes bundles that our own agent may send on once they are in the strict form and have a CRC', () => {
    const { stdout } = spawnSync(BP7, ['rnd', '-r']);
    const { primary, blocks } = strictForm(decodeBundle(stdout, { profile: 'lenient' }));
    expect(() =>
      decodeBundle(encodeBundle({ primary: { ...primary, crcType: 1, raw: undefined }, blocks })),
    ).not.toThrow();
  });

  it.each<[lines: string[], rules: BundleRule[]]>([
    [['source=dtn://node1/a'], []],
    [['source=ipn:1.1', 'report_to=ipn:1.0', 'flags=16384'], []],
    [[], ['primary-anonymous-fragmentable']],
    [['source=ipn:0.0'], ['primary-anonymous-fragmentable']],
    [['flags=16388'], ['primary-anonymous-with-report-flags']],
  ])('encodes a manifest with %j so that it breaks %j and lacks a CRC', (lines, rules) => {
    expect(deviationsOf(encodedByBp7(...lines))).toEqual([...rules, 'primary-crc-missing']);
  });

  it.each<[lines: string[], rule: BundleRule]>([
    [['source=dtn://group/~news'], 'primary-source-not-singleton'],
    [['source=ipn:1.1', 'flags=1'], 'fragment-out-of-range'],
  ])('encodes a manifest with %j as nothing that the lenient profile takes: %s', (lines, rule) => {
    expect(() => decodeBundle(encodedByBp7(...lines), { profile: 'lenient' })).toThrow(rule);
  });
});
