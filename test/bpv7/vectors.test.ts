import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.js';
import {
  BLOCK_TYPES,
  type Bundle,
  decodeAdminRecord,
  decodeBundle,
  decodeBundleAge,
  decodeHopCount,
  decodePreviousNode,
  eidToString,
  encodeBundle,
  encodedLength,
  findBlock,
  payloadOf,
} from '../../src/bpv7/index.js';
import { bundleErrorOf, loadVectors, withoutRaw } from './support.js';

interface BundleVectors {
  valid: { id: string; desc: string; hex: string; decoded: Record<string, unknown> }[];
  bad: { id: string; desc: string; hex: string; rule: string }[];
  ignored_admin_records: { id: string; desc: string; hex: string; record: string }[];
}

interface CapturedVectors {
  cases: {
    name: string;
    hex: string;
    primary: Record<string, number | string>;
    blocks: {
      type: number;
      number: number;
      flags: number;
      crc_type: number;
      data_len: number;
      data_hex?: string;
      previous_node?: string;
      age_ms?: number;
    }[];
  }[];
}

const bundles = loadVectors<BundleVectors>('bundles.json');
const captured = loadVectors<CapturedVectors>('bundles-captured.json');
const peers = loadVectors<{ cases: { id: string; desc: string; rule: string | null; hex: string }[] }>(
  'bundles-peers.json',
);

/** The bundle's fields as the vectors spell them. */
function described(bundle: Bundle): Record<string, unknown> {
  const { primary } = bundle;
  const plain = (value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  const age = findBlock(bundle, BLOCK_TYPES.bundleAge);
  const hop = findBlock(bundle, BLOCK_TYPES.hopCount);
  const hops = hop === undefined ? undefined : decodeHopCount(hop.data);
  return {
    version: 7,
    flags: primary.flags,
    crcType: primary.crcType,
    destination: eidToString(primary.destination),
    source: eidToString(primary.source),
    reportTo: eidToString(primary.reportTo),
    creationTime: plain(primary.creationTimeMs),
    sequence: plain(primary.sequence),
    lifetime: plain(primary.lifetimeMs),
    ...(primary.fragmentOffset === undefined
      ? {}
      : { fragmentOffset: primary.fragmentOffset, totalAduLength: primary.totalAduLength }),
    blocks: bundle.blocks.map((block) => ({
      type: block.type,
      number: block.number,
      flags: block.flags,
      crc: block.crcType,
      data: toHex(block.data),
    })),
    payload: toHex(payloadOf(bundle).data),
    ...(age === undefined ? {} : { age: decodeBundleAge(age.data) }),
    ...(hops === undefined ? {} : { hop: [hops.limit, hops.count] }),
  };
}

describe('valid bundles', () => {
  it.each(bundles.valid)('$id $desc', ({ hex, decoded }) => {
    const bundle = decodeBundle(fromHex(hex));
    expect(described(bundle)).toEqual(decoded);
    expect(toHex(encodeBundle(bundle))).toBe(hex);
    expect(toHex(encodeBundle(withoutRaw(bundle)))).toBe(hex);
    expect(encodedLength(withoutRaw(bundle))).toBe(hex.length / 2);
  });
});

describe('bad bundles', () => {
  it.each(bundles.bad)('$id $rule: $desc', ({ hex, rule }) => {
    const error = bundleErrorOf(() => decodeBundle(fromHex(hex)));
    expect(error.code).toBe(rule);
    expect(error.offset).toBeLessThanOrEqual(hex.length / 2);
    expect(error.section).toMatch(/^(RFC|CCSDS) /);
  });
});

describe('bundles with records to be ignored', () => {
  it.each(bundles.ignored_admin_records)('$id $desc', ({ id, hex, record }) => {
    const payload = payloadOf(decodeBundle(fromHex(hex))).data;
    expect(toHex(payload)).toBe(record);
    if (id === 'A04') expect(decodeAdminRecord(payload)).toEqual({ kind: 'unknown', typeCode: 60_000 });
    else expect(bundleErrorOf(() => decodeAdminRecord(payload)).code).toBe('admin-form');
  });
});

describe('bundles captured from other implementations', () => {
  it.each(captured.cases)('$name', ({ name, hex, primary, blocks }) => {
    // ION gives the extension blocks of its fragments number 0.
    if (name.startsWith('ion-frag')) {
      expect(bundleErrorOf(() => decodeBundle(fromHex(hex))).code).toBe('block-number');
      return;
    }
    const bundle = decodeBundle(fromHex(hex));
    expect({
      flags: bundle.primary.flags,
      crc_type: bundle.primary.crcType,
      destination: eidToString(bundle.primary.destination),
      source: eidToString(bundle.primary.source),
      report_to: eidToString(bundle.primary.reportTo),
      creation_time_ms: bundle.primary.creationTimeMs,
      sequence: bundle.primary.sequence,
      lifetime_ms: bundle.primary.lifetimeMs,
    }).toEqual(primary);
    expect(bundle.blocks).toHaveLength(blocks.length);
    bundle.blocks.forEach((block, i) => {
      const told = blocks[i];
      expect([block.type, block.number, block.flags, block.crcType, block.data.length]).toEqual([
        told.type,
        told.number,
        told.flags,
        told.crc_type,
        told.data_len,
      ]);
      if (told.data_hex !== undefined) expect(toHex(block.data)).toBe(told.data_hex);
      if (told.previous_node !== undefined)
        expect(eidToString(decodePreviousNode(block.data))).toBe(told.previous_node);
      if (told.age_ms !== undefined) expect(decodeBundleAge(block.data)).toBe(told.age_ms);
    });
    expect(toHex(encodeBundle(bundle))).toBe(hex);
    expect(toHex(encodeBundle(withoutRaw(bundle)))).toBe(hex);
  });
});

describe('bundles that others stumbled over', () => {
  it.each(peers.cases)('$id $desc', ({ hex, rule }) => {
    if (rule !== null) {
      expect(bundleErrorOf(() => decodeBundle(fromHex(hex))).code).toBe(rule);
      return;
    }
    const bundle = decodeBundle(fromHex(hex));
    expect(toHex(encodeBundle(bundle))).toBe(hex);
    // Not all of them are in the shortest form within the payload, but all of them are outside it.
    expect(toHex(encodeBundle(withoutRaw(bundle)))).toBe(hex);
  });
});
