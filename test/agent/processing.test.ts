/** How a node reads and passes on what others made: profiles, blocks that are not its own, clocks (RFC 9171 sections 4.4, 5.4 and 5.6). */
import { describe, expect, it } from 'vitest';
import type { AgentConfig } from '../../src/agent/index.js';
import {
  BUNDLE_FLAGS,
  type Bundle,
  CRC_TYPES,
  decodeBundle,
  decodeBundleAge,
  decodePreviousNode,
  encodeBundle,
  encodeBundleAge,
  encodePreviousNode,
  findBlock,
  ipn,
  newBlock,
  parseEid,
} from '../../src/bpv7/index.js';
import { foreignBundle } from '../helpers/foreign.js';
import { both, EPOCH_MS, line, Network, s } from '../helpers/pair.js';

const TO_3 = { destination: 'ipn:3.7' } as const;

function network(config: Partial<AgentConfig> = {}, clockless: number[] = []): Network {
  return new Network({ contacts: line(1, 2, 3), clockless, config: (_, base) => ({ ...base, ...config }) });
}

/** The bytes with another outer array: one of definite length instead of one up to a break. */
function definite(bytes: Uint8Array): Uint8Array {
  const blocks = decodeBundle(bytes).blocks.length;
  return Uint8Array.of(0x80 | (blocks + 1), ...bytes.subarray(1, -1));
}

/** A bundle whose primary block has no CRC. */
function withoutCrc(): Uint8Array {
  const bundle = decodeBundle(foreignBundle(TO_3));
  return encodeBundle({ ...bundle, primary: { ...bundle.primary, crcType: CRC_TYPES.none } });
}

/** A fragment as ION 4.1 sends it: extension blocks with number 0. */
function ionFragment(offset: number): Uint8Array {
  const bytes = foreignBundle({ ...TO_3, fragment: [offset, 40], extra: [newBlock(7, 9, encodeBundleAge(3))] });
  // The block is [7, 9, 0, 0, h'03'].
  const at = bytes.findIndex((_, i) => bytes[i] === 0x85 && bytes[i + 1] === 7 && bytes[i + 2] === 9);
  bytes[at + 2] = 0;
  return bytes;
}

describe('a node with the strict profile', () => {
  it.each([
    ['a definite outer array', definite(foreignBundle(TO_3)), 'bundle-not-indefinite-array'],
    ['a primary block without CRC', withoutCrc(), 'primary-crc-missing'],
    ['a block number 0', ionFragment(0), 'block-number'],
  ])('drops %s', (_, bytes, rule) => {
    const net = network();
    net.inject(1, 2, bytes);
    expect(net.of('malformed', 2)).toMatchObject([{ detail: rule }]);
    expect(net.count('allowance')).toBe(0);
    expect(net.stored(2)).toBe(0);
  });
});

describe('a node with the lenient profile', () => {
  it.each([
    ['a definite outer array', definite(foreignBundle(TO_3)), 'bundle-not-indefinite-array'],
    ['a primary block without CRC', withoutCrc(), 'primary-crc-missing'],
  ])('takes %s, tells of it by name, and delivers the bundle', (_, bytes, rule) => {
    const net = network({ profile: 'lenient' });
    net.inject(1, 2, bytes);
    expect(net.of('allowance', 2, 1)).toMatchObject([{ detail: rule, count: 1 }]);
    net.runUntil(1);
    expect(net.delivered).toMatchObject([{ node: 3 }]);
  });

  it('passes fragments of ION on in a form that a strict node takes', () => {
    const net = new Network({
      contacts: line(1, 2, 3),
      config: (node, base) => ({ ...base, profile: node === 2 ? 'lenient' : 'strict' }),
    });
    for (const offset of [20, 0]) net.inject(1, 2, ionFragment(offset));
    net.runUntil(1);
    expect(net.of('allowance').map(({ node, detail }) => [node, detail])).toEqual([
      [2, 'block-number'],
      [2, 'block-number'],
    ]);
    expect(net.count('malformed', 3)).toBe(0);
    expect(net.delivered).toMatchObject([{ node: 3, payload: new Uint8Array(40) }]);
  });

  it('still drops what cannot be read, and tells of both', () => {
    const net = network({ profile: 'lenient' });
    net.inject(1, 2, Uint8Array.of(0x82, 0x00));
    expect(net.count('malformed', 2, 1)).toBe(1);
    expect(net.count('allowance', 2)).toBe(1);
  });

  it('sends no reports where a bundle asks for them that must not', () => {
    const net = network({ profile: 'lenient', statusReports: true });
    const { reportDeletion, reportReception, mustNotFragment } = BUNDLE_FLAGS;
    const bundle = decodeBundle(foreignBundle({ ...TO_3, reportTo: 'ipn:1.0' }));
    const flags = reportDeletion | reportReception | mustNotFragment;
    net.inject(1, 2, encodeBundle({ ...bundle, primary: { ...bundle.primary, flags, source: parseEid('dtn:none') } }));
    net.runUntil(1);
    expect(net.of('allowance', 2)).toMatchObject([{ detail: 'primary-anonymous-with-report-flags' }]);
    expect(net.count('report-sent')).toBe(0);
    expect(net.of('received', 2)).toHaveLength(1);
  });
});

describe('what passes through a node', () => {
  it('keeps the bytes of its primary block, its payload and every block that is not of this hop', () => {
    const net = network();
    const extra = [
      newBlock(200, 7, Uint8Array.of(1, 2, 3), 1, 2),
      newBlock(4711, 2 ** 40, new Uint8Array(300), 0x10000, 1),
      newBlock(12, 8, Uint8Array.of(0x81, 0, 3, 0, 0x82, 2, 0x82, 9, 0, 0x80), 0, 0),
    ].slice(0, 2);
    const bytes = foreignBundle({ ...TO_3, extra, hops: [9, 1], flags: 0 });
    net.inject(1, 2, bytes);
    net.runUntil(1);
    const [came, went] = [decodeBundle(bytes), net.bundles(2, 3)[0]!];
    expect(went.primary.raw).toEqual(came.primary.raw);
    for (const type of [200, 4711, 1]) expect(findBlock(went, type)?.raw).toEqual(findBlock(came, type)?.raw);
  });

  it('has one previous node block, which is of this node, in place of any that came', () => {
    const net = network();
    const extra = [newBlock(6, 9, encodePreviousNode(ipn(99, 0)))];
    net.inject(1, 2, foreignBundle({ ...TO_3, extra }));
    net.inject(1, 2, foreignBundle({ ...TO_3, sequence: 1 }));
    net.runUntil(1);
    const previous = (bundle: Bundle) => bundle.blocks.filter((each) => each.type === 6);
    for (const bundle of net.bundles(2, 3)) {
      expect(previous(bundle).map((each) => decodePreviousNode(each.data))).toMatchObject([{ node: 2, service: 0 }]);
    }
  });
});

describe('a node without a clock', () => {
  it('passes bundles on by their age, and deletes them by it', () => {
    const net = new Network({ contacts: [...both(1, 2), ...both(2, 3, 30, 90)], clockless: [2] });
    net.inject(1, 2, foreignBundle({ ...TO_3, creationTimeMs: 0, ageMs: 25_000, lifetimeMs: 60_000 }));
    net.inject(1, 2, foreignBundle({ ...TO_3, creationTimeMs: 0, ageMs: 40_000, lifetimeMs: 60_000, sequence: 1 }));
    net.runUntil(60);
    expect(net.of('expired')).toMatchObject([{ node: 2, bundle: { sequence: 1 }, atUs: s(20) }]);
    expect(net.delivered).toHaveLength(1);
    expect(Number(decodeBundleAge(findBlock(net.bundles(2, 3)[0]!, 7)!.data))).toBeCloseTo(55_005, -1);
  });

  it('counts the lifetime of a bundle from a clock that it does not have from reception', () => {
    const net = new Network({ contacts: [...both(1, 2), ...both(2, 3, 30, 90)], clockless: [2] });
    const old = { ...TO_3, creationTimeMs: EPOCH_MS - 50_000, lifetimeMs: 60_000 };
    net.inject(1, 2, foreignBundle(old));
    net.runUntil(20);
    expect(net.count('expired')).toBe(0);
    net.runUntil(60);
    // Node 3 has a clock: what node 2 could not know is over there.
    expect(net.of('expired')).toMatchObject([{ node: 3 }]);
  });

  it('by its age block judges what has no creation time also where a clock is', () => {
    const net = network();
    net.inject(1, 2, foreignBundle({ ...TO_3, creationTimeMs: 0, ageMs: 60_001, lifetimeMs: 60_000 }));
    net.inject(1, 2, foreignBundle({ ...TO_3, creationTimeMs: 0, ageMs: 59_000, lifetimeMs: 60_000, sequence: 1 }));
    net.runUntil(1);
    expect(net.of('expired')).toMatchObject([{ node: 2, bundle: { sequence: 0 } }]);
    expect(net.delivered).toHaveLength(1);
  });
});
