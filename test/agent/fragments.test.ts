/** Fragments at a node: cut where a link is too small, cut again, put together at the destination (RFC 9171 sections 5.8 and 5.9). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeAvoidance, ROUTE_AVOIDANCE_BLOCK } from '../../src/agent/avoidance.js';
import { type AgentConfig, DEFAULT_LIMITS, reportInWords } from '../../src/agent/index.js';
import {
  BLOCK_FLAGS,
  BUNDLE_FLAGS,
  type Bundle,
  decodeBundle,
  decodeBundleAge,
  decodeHopCount,
  encodeBundle,
  encodeStatusReport,
  findBlock,
  fragmentBundle,
  ipn,
  newBlock,
  payloadOf,
  REASONS,
} from '../../src/bpv7/index.js';
import { foreignBundle } from '../helpers/foreign.js';
import { both, EPOCH_MS, line, Network, type NetworkOptions, s } from '../helpers/pair.js';

const PLAIN = { custody: false } as const;
const FRAGMENT = BUNDLE_FLAGS.isFragment;

/** Bytes that differ from their neighbours and from those 256 further on. */
const adu = (length: number, salt = 0) =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + Math.floor(i / 256) * 13 + salt) & 0xff);

/** Nodes whose links take so much; by node where they differ. */
function small(
  options: NetworkOptions,
  maxBundleBytes: number | { readonly [node: number]: number },
  more: Partial<AgentConfig> = {},
): Network {
  const limitOf = (node: number) => (typeof maxBundleBytes === 'number' ? maxBundleBytes : maxBundleBytes[node]);
  return new Network({
    ...options,
    config: (node, config) => ({ ...config, maxBundleBytes: limitOf(node) ?? config.maxBundleBytes, ...more }),
  });
}

const place = ({ primary }: Bundle) => [primary.fragmentOffset, primary.totalAduLength];
const heard = (net: Network) =>
  net.reports.map(({ node, received }) => `${received.fromNode}>${node} ${reportInWords(received.report)}`);

describe('a bundle longer than a datagram', () => {
  it('is cut at its source, and delivered whole and once', () => {
    const net = small({ contacts: line(1, 2, 3) }, 2_000);
    net.send(1, 3, adu(20_000), PLAIN);
    net.runUntil(5);
    expect(net.delivered).toMatchObject([{ node: 3, sourceNode: 1, payload: adu(20_000) }]);
    expect(Math.max(...net.sent.map(({ datagram }) => datagram.length))).toBeLessThanOrEqual(2_000);
    expect(net.of('fragmented')).toMatchObject([{ node: 1, count: net.bundles(1, 2).length }]);
    expect(net.of('reassembled')).toMatchObject([{ node: 3, count: 20_000 }]);
    // The relay passes fragments on as they are.
    expect(net.bundles(2, 3).map(place)).toEqual(net.bundles(1, 2).map(place));
    expect(net.stored()).toBe(0);
  });

  it('is cut on the way where only a later link is too small for it', () => {
    const net = small({ contacts: line(1, 2, 3) }, { 2: 1_500 });
    net.send(1, 3, adu(9_000), PLAIN);
    net.runUntil(5);
    expect(net.bundles(1, 2).map(place)).toEqual([[undefined, undefined]]);
    expect(net.bundles(2, 3).length).toBeGreaterThan(5);
    expect(net.delivered).toMatchObject([{ node: 3, payload: adu(9_000) }]);
  });

  it('may be cut again where links become smaller still, always with offsets in the whole', () => {
    const net = small({ contacts: line(1, 2, 3, 4) }, { 1: 4_000, 2: 1_500 });
    net.send(1, 4, adu(9_000), PLAIN);
    net.runUntil(5);
    expect(net.bundles(1, 2).length).toBe(3);
    const last = net.bundles(3, 4);
    expect(last.length).toBeGreaterThan(6);
    for (const fragment of last) {
      const offset = Number(fragment.primary.fragmentOffset);
      const { data } = payloadOf(fragment);
      expect(fragment.primary.totalAduLength).toBe(9_000);
      expect(data).toEqual(adu(9_000).subarray(offset, offset + data.length));
    }
    expect(net.delivered).toMatchObject([{ node: 4, payload: adu(9_000) }]);
  });

  it('that must not be fragmented is deleted where it does not fit', () => {
    const net = small({ contacts: line(1, 2, 3) }, { 2: 1_500 }, { statusReports: true });
    net.send(1, 3, adu(3_000), { ...PLAIN, mustNotFragment: true, reports: { deletion: true } });
    net.runUntil(5);
    expect(net.of('deleted', 2)).toMatchObject([{ detail: 'too large' }]);
    expect(heard(net)).toEqual(['2>1 deleted 0']);
    expect(net.delivered).toEqual([]);
  });

  it('in custody is refused where it does not fit, and its custodian keeps it', () => {
    const net = small({ contacts: line(1, 2, 3) }, { 2: 1_500 });
    net.send(1, 3, adu(3_000));
    net.runUntil(2);
    expect(net.count('custody-refused', 2, 1)).toBeGreaterThan(0);
    expect(net.stored(1)).toBe(1);
    expect(net.count('fragmented')).toBe(0);
  });

  it('takes as many places in a store as it has fragments', () => {
    const limits = { ...DEFAULT_LIMITS, storedBundles: 5, storedBytes: 1e9 };
    const net = small({ contacts: both(1, 2, 50, 90) }, 2_000, { limits });
    expect(net.send(1, 2, adu(20_000), PLAIN)).toBe(false);
    expect(net.send(1, 2, adu(5_000), PLAIN)).toBe(true);
    expect(net.agent(1).localBundles()).toBe(3);
    net.runUntil(60);
    expect(net.delivered).toHaveLength(1);
    expect(net.agent(1).localBundles()).toBe(0);
  });
});

describe('a fragment', () => {
  it('takes as many bytes in a store as its fragments have', () => {
    const payload = adu(10_000);
    const limits = { ...DEFAULT_LIMITS, storedBundles: 1_000, storedBytes: 10_600, standardShare: 1 };
    const net = small({ contacts: both(1, 2, 10, 20) }, 1_000, { limits });
    net.send(1, 2, payload, PLAIN);
    expect(net.stores.get(1)?.bytes).toBeLessThanOrEqual(limits.storedBytes);
  });

  it('keeps its fragments away from a contact that let it down', () => {
    const block = newBlock(
      ROUTE_AVOIDANCE_BLOCK,
      9,
      encodeAvoidance([{ from: 2, to: 3, untilUs: s(60), times: 1 }], 0),
    );
    const net = small({ contacts: [...line(1, 2, 3), ...line(2, 4), ...line(4, 3)] }, { 2: 1_500 });
    net.inject(1, 2, foreignBundle({ destination: 'ipn:3.7', extra: [block], payload: adu(4_000), flags: 0 }));
    net.runUntil(5);
    expect(net.bundles(2, 3)).toEqual([]);
    expect(net.bundles(2, 4).length).toBeGreaterThan(2);
    expect(net.delivered).toMatchObject([{ node: 3, payload: adu(4_000) }]);
  });

  it('carries what its blocks say: all at the start, behind it those to be replicated', () => {
    const net = small({ contacts: line(1, 2) }, 1_500);
    const block = (type: number, flags: number) => ({ type, flags, data: Uint8Array.of(type) });
    net.send(1, 2, adu(4_000), { ...PLAIN, blocks: [block(200, 0), block(201, BLOCK_FLAGS.replicateInFragments)] });
    net.runUntil(1);
    const [first, ...others] = net.bundles(1, 2);
    expect(findBlock(first!, 200)).toBeDefined();
    expect(findBlock(first!, 201)).toBeDefined();
    expect(others.length).toBeGreaterThan(1);
    for (const each of others) {
      expect(findBlock(each, 200)).toBeUndefined();
      expect(findBlock(each, 201)).toBeDefined();
    }
  });

  it('counts its hops and knows its age, also behind the first one and cut again', () => {
    const net = small({ contacts: line(1, 2, 3) }, { 1: 4_000, 2: 1_500 });
    const clockless = small({ contacts: line(1, 2, 3), clockless: [1, 2, 3] }, { 1: 4_000, 2: 1_500 });
    for (const each of [net, clockless]) {
      each.send(1, 3, adu(9_000), { ...PLAIN, hopLimit: 4 });
      each.runUntil(5);
      expect(each.delivered).toMatchObject([{ payload: adu(9_000) }]);
      for (const bundle of each.bundles(2, 3)) {
        expect(decodeHopCount(findBlock(bundle, 10)!.data)).toMatchObject({ limit: 4, count: 2 });
      }
    }
    for (const bundle of clockless.bundles(2, 3)) {
      expect(bundle.primary.creationTimeMs).toBe(0);
      expect(Number(decodeBundleAge(findBlock(bundle, 7)!.data))).toBeGreaterThanOrEqual(10);
    }
  });

  it('is reported with its place, and the delivery once for the whole', () => {
    const net = small({ contacts: line(1, 2) }, 1_500, { statusReports: true });
    net.send(1, 2, adu(2_000), { ...PLAIN, reports: { reception: true, forwarding: true, delivery: true } });
    net.runUntil(5);
    const told = net.reports.map(({ received: { fromNode, report } }) => {
      return [fromNode, reportInWords(report), report.fragmentOffset, report.payloadLength];
    });
    const length = Number(told[0]?.[3]);
    expect(told).toEqual([
      [1, 'forwarded 0', 0, length],
      [1, 'forwarded 0', length, 2_000 - length],
      [2, 'received 0', 0, length],
      [2, 'received 0', length, 2_000 - length],
      [2, 'delivered 0', undefined, undefined],
    ]);
  });
});

/** The fragments of a bundle from node 9 to the test service of node 2, as datagrams. */
function foreignFragments(payload: Uint8Array, maxPayloadBytes: number, flags = 0, more: object = {}): Uint8Array[] {
  const whole = decodeBundle(foreignBundle({ payload, flags, reportTo: 'ipn:1.0', ...more }));
  return fragmentBundle(whole, { maxPayloadBytes }).map(encodeBundle);
}

describe('reassembly', () => {
  const reporting = (more: Partial<AgentConfig> = {}) =>
    small({ contacts: line(1, 2) }, 65_507, { statusReports: true, ...more });

  it('takes fragments in any order, with repeats and overlaps', () => {
    const net = reporting();
    const small = foreignFragments(adu(1_000), 100);
    const large = foreignFragments(adu(1_000), 333);
    for (const each of [...small.slice(3).reverse(), large[2]!, small[5]!, small[5]!, large[0]!])
      net.inject(1, 2, each);
    expect(net.delivered).toMatchObject([{ node: 2, sourceNode: 9, payload: adu(1_000) }]);
    // What comes late belongs to a bundle that is delivered.
    for (const each of [...small, ...large]) net.inject(1, 2, each);
    expect(net.delivered).toHaveLength(1);
    expect(net.count('delivered', 2)).toBe(1);
  });

  it('does not begin where the bundle came whole by another way, nor deliver it again where that comes later', () => {
    const net = reporting();
    const whole = foreignBundle({ payload: adu(500), flags: 0, reportTo: 'ipn:1.0' });
    const fragments = foreignFragments(adu(500), 200);
    net.inject(1, 2, whole);
    for (const each of fragments) net.inject(1, 2, each);
    expect(net.count('duplicate', 2)).toBe(fragments.length);
    const other = reporting();
    for (const each of fragments) other.inject(1, 2, each);
    other.inject(1, 2, whole);
    for (const each of [net, other]) expect(each.delivered).toHaveLength(1);
  });

  it('counts contents that disagree; what came first stands', () => {
    const net = reporting();
    const [first, second] = foreignFragments(adu(200), 150);
    const forged = foreignFragments(adu(200, 1), 150)[0]!;
    for (const each of [first!, forged, second!]) net.inject(1, 2, each);
    expect(net.count('fragment-conflict', 2)).toBe(1);
    expect(net.delivered).toMatchObject([{ payload: adu(200) }]);
  });

  it('can refuse contents that disagree, and says so', () => {
    const net = reporting({ onFragmentConflict: 'refuse' });
    const [, second] = foreignFragments(adu(200), 150);
    const forged = foreignFragments(adu(200, 1), 170, BUNDLE_FLAGS.reportDeletion)[1]!;
    net.inject(1, 2, second!);
    net.inject(1, 2, forged);
    expect(net.count('fragment-conflict', 2)).toBe(1);
    expect(net.of('deleted', 2)).toMatchObject([{ detail: 'conflicting fragment' }]);
  });

  it('of a bundle for a service that nobody registered never begins', () => {
    const net = reporting();
    for (const each of foreignFragments(adu(500), 200, 0, { destination: 'ipn:2.99' })) net.inject(1, 2, each);
    expect(net.of('deleted', 2).map(({ detail }) => detail)).toEqual(Array(3).fill('destination unavailable'));
  });

  it('gives up at the end of the lifetime, tells how many fragments it drops, and reports that once', () => {
    const net = reporting();
    const fragments = foreignFragments(adu(1_000), 100, BUNDLE_FLAGS.reportDeletion, { lifetimeMs: 20_000 });
    for (const each of fragments.slice(1)) net.inject(1, 2, each);
    expect(net.agent(2).nextTimeoutUs()).toBe(s(20));
    net.runUntil(30);
    expect(net.of('fragments-dropped', 2)).toMatchObject([{ count: 9, detail: 'lifetime expired', atUs: s(20) }]);
    expect(heard(net)).toEqual([`2>1 deleted ${REASONS.lifetimeExpired}`]);
    expect(net.reports[0]?.received.report).toMatchObject({ fragmentOffset: 100, payloadLength: 100 });
    expect(net.agent(2).nextTimeoutUs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('holds no longer than the node is told to', () => {
    const net = reporting({ reassembly: { holdMs: 5_000 } });
    net.inject(1, 2, foreignFragments(adu(1_000), 100, BUNDLE_FLAGS.reportDeletion)[0]!);
    net.runUntil(30);
    expect(net.of('fragments-dropped', 2)).toMatchObject([{ detail: 'traffic pared', atUs: s(5) }]);
    expect(heard(net)).toEqual([`2>1 deleted ${REASONS.trafficPared}`]);
  });

  it('holds no more than the node is told to: the oldest goes', () => {
    const net = reporting({ reassembly: { sets: 2 } });
    const first = (sequence: number) =>
      foreignFragments(adu(1_000), 100, BUNDLE_FLAGS.reportDeletion, { sequence })[0]!;
    for (const sequence of [0, 1, 2]) net.inject(1, 2, first(sequence));
    net.runUntil(1);
    expect(net.of('fragments-dropped', 2)).toMatchObject([{ detail: 'depleted storage', bundle: { sequence: 0 } }]);
    expect(heard(net)).toEqual([`2>1 deleted ${REASONS.depletedStorage}`]);
  });

  it('refuses what is longer than the node puts together', () => {
    const net = reporting({ reassembly: { bytesPerSet: 999 } });
    net.inject(1, 2, foreignFragments(adu(1_000), 100)[0]!);
    expect(net.of('deleted', 2)).toMatchObject([{ detail: 'depleted storage' }]);
  });

  it('leaves room in the store for bundles that pass through', () => {
    const net = small({ contacts: line(1, 2, 3) }, 65_507, {
      limits: { ...DEFAULT_LIMITS, storedBundles: 1, storedBytes: 1_000 },
    });
    for (const each of foreignFragments(adu(60_000), 10_000).slice(1)) net.inject(1, 2, each);
    expect(net.stored(2)).toBe(0);
    net.inject(1, 2, foreignBundle({ destination: 'ipn:3.7' }));
    net.runUntil(1);
    expect(net.delivered).toMatchObject([{ node: 3 }]);
  });

  it('comes before the record of an administrative bundle is read', () => {
    const net = reporting();
    const item = { asserted: false };
    const payload = encodeStatusReport({
      ...{ received: item, forwarded: item, deleted: item, delivered: { asserted: true } },
      ...{ reason: 0, source: ipn(2, 7), creationTimeMs: EPOCH_MS, sequence: 0 },
    });
    const flags = BUNDLE_FLAGS.isAdministrativeRecord;
    for (const each of foreignFragments(payload, 10, flags, { destination: 'ipn:2.0' })) net.inject(1, 2, each);
    expect(net.reports).toMatchObject([{ node: 2, received: { fromNode: 9 } }]);
    expect(net.count('admin-ignored')).toBe(0);
  });
});

describe('repeats', () => {
  it('of a fragment are recognised on the way by offset and length', () => {
    const net = small({ contacts: line(1, 2, 3) }, 65_507);
    const options = { destination: 'ipn:3.7', flags: FRAGMENT, extra: [newBlock(200, 7, new Uint8Array(1))] };
    const of = (offset: number, length: number) =>
      foreignBundle({ ...options, fragment: [offset, 90], payload: adu(length) });
    for (const each of [of(0, 20), of(0, 20), of(0, 30), of(20, 20)]) net.inject(1, 2, each);
    net.runUntil(1);
    expect(net.bundles(2, 3)).toHaveLength(3);
    expect(net.count('duplicate', 2)).toBe(1);
  });
});

describe('whatever links do, an application data unit in fragments', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 12_000 }), { minLength: 1, maxLength: 4 });
  const links = fc.record({
    seed: fc.nat(),
    first: fc.integer({ min: 700, max: 3_000 }),
    second: fc.integer({ min: 700, max: 3_000 }),
  });

  const fly = (
    lengths: readonly number[],
    { seed, first, second }: { seed: number; first: number; second: number },
    loss: number,
  ) => {
    const impairments = { loss, duplication: 0.3, reordering: { probability: 0.4, delayUs: s(0.2) } };
    const net = small({ contacts: line(1, 2, 3), seed, impairments }, { 1: first, 2: second });
    for (const [i, length] of lengths.entries()) net.send(1, 3, adu(length, i), PLAIN);
    net.runUntil(60);
    return net;
  };

  it('arrives exactly once where nothing is lost', () => {
    fc.assert(
      fc.property(sizes, links, (lengths, shape) => {
        const net = fly(lengths, shape, 0);
        const arrived = net.delivered.map(({ payload }) => payload);
        expect(arrived).toHaveLength(lengths.length);
        for (const [i, length] of lengths.entries()) expect(arrived).toContainEqual(adu(length, i));
        expect(net.count('fragment-conflict')).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('never arrives changed, cut short or twice where fragments are lost', () => {
    fc.assert(
      fc.property(sizes, links, (lengths, shape) => {
        const net = fly(lengths, shape, 0.1);
        const sent = lengths.map((length, i) => adu(length, i).join());
        const arrived = net.delivered.map(({ payload }) => payload.join());
        expect(new Set(arrived).size).toBe(arrived.length);
        for (const each of arrived) expect(sent).toContain(each);
      }),
      { numRuns: 40 },
    );
  });
});
