/** Bundle security at nodes: what a policy adds at the source, demands on the way, and does where that fails (RFC 9172). */
import { describe, expect, it } from 'vitest';
import { HOP_CHECKSUM_BLOCK } from '../../src/agent/hop-checksum.js';
import { reportInWords } from '../../src/agent/index.js';
import { nodeSecurityCrypto as crypto } from '../../src/bpsec/crypto.node.js';
import {
  checkedPolicyForm,
  encryptBundle,
  InitializationVectors,
  KeySet,
  SecretKey,
  SecurityPolicy,
  signBundle,
} from '../../src/bpsec/index.js';
import {
  BLOCK_FLAGS,
  BUNDLE_FLAGS,
  type Bundle,
  type CanonicalBlock,
  decodeBundle,
  encodeBundle,
  encodeBundleAge,
  encodeHopCount,
  encodePreviousNode,
  encodeSecurityBlock,
  findBlock,
  fragmentBundle,
  ipn,
  newBlock,
  payloadOf,
  REASONS,
} from '../../src/bpv7/index.js';
import { foreignBundle } from '../helpers/foreign.js';
import { line, Network, type NetworkOptions } from '../helpers/pair.js';

const PLAIN = { custody: false } as const;
const bytes = (length: number, first: number) => Uint8Array.from({ length }, (_, i) => first + i);
const KEYS = new KeySet([
  new SecretKey(bytes(48, 1), 'mac', 'HS384'),
  new SecretKey(bytes(48, 9), 'wrong-mac', 'HS384'),
  new SecretKey(bytes(32, 2), 'gcm', 'A256GCM'),
]);
const vectors = new InitializationVectors(crypto);

type Rule = { readonly [field: string]: unknown };
const integrity = (role: string, more: Rule = {}): Rule => {
  return { role, service: 'integrity', targets: ['primary', 'payload'], key: 'mac', ...more };
};
const secrecy = (role: string, more: Rule = {}): Rule => {
  return { role, service: 'confidentiality', targets: ['payload'], key: 'gcm', ...more };
};

function policy(node: number, rules: readonly Rule[], more: object = {}): SecurityPolicy {
  const form = checkedPolicyForm({ rules, ...more }, 'policy.json');
  return new SecurityPolicy({ form, keys: KEYS, crypto, vectors, source: ipn(node, 0) });
}

/** Nodes in a line with the rules that some of them have. */
function network(
  rules: { readonly [node: number]: readonly Rule[] },
  more: Partial<NetworkOptions> & { unexpected?: string; maxBundleBytes?: number } = {},
): Network {
  const { unexpected = 'keep', maxBundleBytes = 65_507, ...options } = more;
  return new Network({
    contacts: line(1, 2, 3),
    config: (_, config) => ({ ...config, statusReports: true, maxBundleBytes }),
    security: (node) => (rules[node] === undefined ? undefined : policy(node, rules[node], { unexpected })),
    ...options,
  });
}

/** A bundle from node 9 to node 3 by way of node 1, as a stranger's node might make it. */
const foreign = (more: object = {}): Bundle =>
  decodeBundle(
    foreignBundle({ destination: 'ipn:3.7', reportTo: 'ipn:1.0', flags: BUNDLE_FLAGS.reportDeletion, ...more }),
  );

const signed = (bundle: Bundle, key = 'mac') =>
  signBundle(bundle, { crypto, source: ipn(9, 0), targets: ['primary', 'payload'], key: KEYS.get(key) });

/** The bundle as a node sends it that adds no hop checksum. */
const unchecked = ({ primary, blocks }: Bundle): Bundle => {
  return { primary, blocks: blocks.filter(({ type }) => type !== HOP_CHECKSUM_BLOCK) };
};

/** The bundle with a flipped bit in a block, under a CRC that hides it. */
function tampered(bundle: Bundle, number = 1): Bundle {
  const blocks = bundle.blocks.map((block): CanonicalBlock => {
    if (block.number !== number) return block;
    const data = block.data.slice();
    data[0] = (data[0] as number) ^ 1;
    return newBlock(Number(block.type), block.number, data, block.flags, block.crcType);
  });
  return { primary: bundle.primary, blocks };
}

const heard = (net: Network) =>
  net.reports.map(({ node, received }) => `${received.fromNode}>${node} ${reportInWords(received.report)}`);

describe('a policy at the source and at the destination', () => {
  const BOTH = { 1: [integrity('source'), secrecy('source')], 3: [integrity('acceptor'), secrecy('acceptor')] };

  it.each([false, true])('secures a bundle on all of its way, custody %s', (custody) => {
    const net = network(BOTH);
    const payload = bytes(100, 50);
    net.send(1, 3, payload, { custody });
    net.runUntil(5);
    for (const [from, to] of [
      [1, 2],
      [2, 3],
    ] as const) {
      const [bundle] = net.bundles(from, to);
      expect(bundle?.blocks.map(({ type }) => type)).toEqual(expect.arrayContaining([11, 12]));
      expect(payloadOf(bundle!).data).not.toEqual(payload);
    }
    expect(net.delivered).toMatchObject([{ node: 3, payload }]);
    expect(net.count('security-applied', 1)).toBeGreaterThanOrEqual(3);
    expect(net.count('security-verified', 3)).toBeGreaterThanOrEqual(3);
    expect(net.count('security-failed')).toBe(0);
    expect(net.stored()).toBe(0);
  });

  it('covers fragments, and is judged on the whole', () => {
    const net = network(BOTH, { maxBundleBytes: 1_500 });
    const payload = bytes(8_000, 3);
    net.send(1, 3, payload, PLAIN);
    net.runUntil(5);
    expect(net.bundles(2, 3).length).toBeGreaterThan(5);
    expect(net.delivered).toMatchObject([{ node: 3, payload }]);
    expect(net.count('security-failed')).toBe(0);
  });

  it('finds a fragment that was changed on the way', () => {
    const net = network(BOTH, { maxBundleBytes: 1_500 });
    let isFirst = true;
    net.script = (sent, bundle) => {
      if (sent.from !== 2 || !isFirst || bundle.primary.fragmentOffset === 0) return undefined;
      isFirst = false;
      net.at(net.nowUs / 1e6, () => net.inject(2, 3, encodeBundle(tampered(unchecked(bundle)))));
      return 'lose';
    };
    net.send(1, 3, bytes(4_000, 3), { ...PLAIN, reports: { deletion: true } });
    net.runUntil(5);
    expect(net.delivered).toEqual([]);
    expect(net.count('security-failed', 3)).toBeGreaterThan(0);
    expect(heard(net)).toEqual([`3>1 deleted ${REASONS.failedSecurityOperation}`]);
  });

  it('takes the fragments of a bundle that came spoilt before', () => {
    const net = network(BOTH, { maxBundleBytes: 1_500 });
    const fragments: Bundle[] = [];
    net.script = (sent, bundle) => {
      if (sent.from !== 2) return undefined;
      fragments.push(unchecked(bundle));
      return 'lose';
    };
    net.send(1, 3, bytes(4_000, 3), PLAIN);
    net.runUntil(5);
    for (const [i, fragment] of fragments.entries()) {
      net.inject(2, 3, encodeBundle(i === 1 ? tampered(fragment) : fragment));
    }
    expect(net.delivered).toEqual([]);
    for (let round = 0; round < 2; round++) {
      for (const fragment of fragments) net.inject(2, 3, encodeBundle(fragment));
      expect(net.delivered).toMatchObject([{ node: 3, payload: bytes(4_000, 3) }]);
    }
  });

  it('needs no policy for what stays at the node', () => {
    const net = network({ 1: [integrity('source'), secrecy('source'), integrity('acceptor', { required: true })] });
    net.send(1, 1, bytes(5, 0), PLAIN);
    expect(net.delivered).toMatchObject([{ node: 1, payload: bytes(5, 0) }]);
  });
});

describe('a bundle is deleted with the reason of its fault', () => {
  const unknown = () => {
    const bundle = foreign();
    const data = encodeSecurityBlock({
      targets: [1],
      contextId: 77,
      source: ipn(9, 0),
      contextFlags: 0,
      parameters: [],
      results: [[{ id: 1, value: Uint8Array.of(0) }]],
    });
    return { ...bundle, blocks: [newBlock(11, 2, data), ...bundle.blocks] };
  };

  it.each([
    ['an operation that does not hold', tampered(signed(foreign())), 'failed', REASONS.failedSecurityOperation],
    ['an operation with another key', signed(foreign(), 'wrong-mac'), 'failed', REASONS.failedSecurityOperation],
    ['a missing operation', foreign(), 'missing', REASONS.missingSecurityOperation],
    ['a context that nobody knows', unknown(), 'unknown', REASONS.unknownSecurityOperation],
  ])('%s', (_, bundle, kind, reason) => {
    const net = network({ 2: [integrity('verifier', { targets: ['payload'] })] });
    net.inject(1, 2, encodeBundle(bundle));
    net.runUntil(5);
    expect(net.of('deleted', 2)).toMatchObject([{ detail: `${kind} security operation` }]);
    expect(net.of('security-failed', 2)[0]?.detail).toContain(kind);
    expect(heard(net)).toEqual([`2>1 deleted ${reason}`]);
    expect(net.delivered).toEqual([]);
  });

  it('an operation that no rule expects', () => {
    const net = network({ 3: [] }, { unexpected: 'delete-bundle' });
    net.inject(1, 2, encodeBundle(signed(foreign())));
    net.runUntil(5);
    expect(heard(net)).toEqual([`3>1 deleted ${REASONS.unexpectedSecurityOperation}`]);
  });

  it('unless the policy forbids to tell', () => {
    const net = network({ 2: [integrity('verifier', { report: false })] });
    net.inject(1, 2, encodeBundle(foreign()));
    net.runUntil(5);
    expect(net.count('deleted', 2)).toBe(1);
    expect(net.reports).toEqual([]);
  });

  it('and its custodian is told that it keeps it', () => {
    const net = network({ 2: [integrity('verifier')] });
    net.inject(1, 2, encodeBundle(foreign({ custody: [1, 2, 0], flags: 4 | BUNDLE_FLAGS.reportDeletion })));
    expect(net.count('custody-refused', 2, 1)).toBe(1);
  });
});

/** The link from 1 to 2 spoils the first bundles with more than a payload. */
function damaging(net: Network, times: number, damage: (bundle: Bundle) => Bundle): void {
  let damages = times;
  net.script = (sent, bundle) => {
    if (sent.from !== 1 || bundle.blocks.length < 3 || damages-- <= 0) return undefined;
    net.at(net.nowUs / 1e6, () => net.inject(1, 2, encodeBundle(damage(bundle))));
    return 'lose';
  };
}

describe('damage of a link to what is secured', () => {
  it('is repaired by custody like any other: the bundle is sent again to the same neighbour', () => {
    const net = network({ 1: [integrity('source')], 2: [integrity('verifier')], 3: [integrity('acceptor')] });
    damaging(net, 3, (bundle) => tampered(unchecked(bundle)));
    net.send(1, 3, bytes(50, 1));
    net.runUntil(30);
    expect(net.of('security-failed', 2).length).toBeGreaterThanOrEqual(3);
    expect(net.count('custody-refused')).toBe(0);
    expect(net.delivered).toMatchObject([{ node: 3, payload: bytes(50, 1) }]);
  });

  it.each([
    ['payload', 1],
    ['security block', undefined],
  ])('is seen by a node that cannot verify: it takes no custody of a bundle with a damaged %s', (_, block) => {
    const net = network({
      1: [integrity('source'), secrecy('source')],
      3: [integrity('acceptor'), secrecy('acceptor')],
    });
    damaging(net, 3, (bundle) => tampered(bundle, block ?? Number(findBlock(bundle, 12)?.number)));
    net.send(1, 3, bytes(50, 1), { reports: { deletion: true } });
    net.runUntil(30);
    expect(net.of('malformed', 2)).toHaveLength(3);
    expect(net.count('custody-accepted', 2)).toBe(1);
    expect(net.delivered).toMatchObject([{ node: 3, payload: bytes(50, 1) }]);
    expect(net.count('security-failed')).toBe(0);
    expect(net.reports).toEqual([]);
  });

  it('in the primary block is seen too', () => {
    const net = network({ 1: [integrity('source')], 3: [integrity('acceptor')] });
    damaging(net, 1, ({ primary, blocks }) => ({ primary: { ...primary, lifetimeMs: 7, raw: undefined }, blocks }));
    net.send(1, 3, bytes(50, 1));
    net.runUntil(30);
    expect(net.of('malformed', 2)).toHaveLength(1);
    expect(net.delivered).toHaveLength(1);
  });

  it('cannot be seen by whom nobody gave a checksum: such a node leaves custody where it is', () => {
    const custody = [1, 2, 0] as const;
    const bundle = encodeBundle(signed(foreign({ custody })));
    const blind = network({});
    blind.inject(1, 2, bundle);
    blind.runUntil(5);
    expect(blind.count('custody-accepted', 2)).toBe(0);
    expect(blind.delivered).toHaveLength(1);
    const verifier = network({ 2: [integrity('verifier')] });
    verifier.inject(1, 2, bundle);
    expect(verifier.count('custody-accepted', 2)).toBe(1);
    const plain = network({});
    plain.inject(1, 2, encodeBundle(foreign({ custody })));
    expect(plain.count('custody-accepted', 2)).toBe(1);
  });

  it('leaves a checksum of another node than the neighbour to its flags', () => {
    const source = network({ 1: [integrity('source')] });
    source.send(1, 3, 50, PLAIN);
    source.runUntil(5);
    const [bundle] = source.bundles(1, 2);
    const net = network({});
    // Node 9 passed on what node 1 had added, and changed the bundle.
    net.inject(9, 2, encodeBundle(tampered(bundle!)));
    net.runUntil(5);
    expect(net.delivered).toHaveLength(1);
    const added = net.bundles(2, 3)[0]?.blocks.filter(({ type }) => type === HOP_CHECKSUM_BLOCK);
    expect(added).toHaveLength(1);
  });
});

describe('a policy that does not delete', () => {
  it('lets pass what fails, and counts it', () => {
    const net = network({ 2: [integrity('verifier', { onFailure: 'keep' })] });
    net.inject(1, 2, encodeBundle(tampered(signed(foreign()))));
    net.runUntil(5);
    expect(net.delivered).toMatchObject([{ node: 3 }]);
    expect(net.count('security-failed', 2)).toBeGreaterThan(0);
  });

  it('discards a block that fails, with the operations over it', () => {
    const net = network({ 2: [integrity('verifier', { targets: [200], onFailure: 'discard-target' })] });
    const bundle = foreign({ extra: [newBlock(200, 7, bytes(5, 0)), newBlock(201, 8, bytes(5, 0))] });
    const covered = signBundle(bundle, { crypto, source: ipn(9, 0), targets: [{ type: 200 }], key: KEYS.get('mac') });
    net.inject(1, 2, encodeBundle(tampered(covered, 7)));
    net.runUntil(5);
    expect(
      net
        .bundles(2, 3)[0]
        ?.blocks.map(({ type }) => type)
        .sort(),
    ).toEqual([1, 201, 6]);
    expect(net.delivered).toHaveLength(1);
  });
});

describe('a node without a policy', () => {
  const onRoute = (bundle: Bundle) => {
    const net = network({});
    net.inject(1, 2, encodeBundle(bundle));
    net.runUntil(5);
    return { net, went: net.bundles(2, 3)[0] };
  };

  it('passes security blocks on byte for byte', () => {
    const bundle = signed(foreign());
    const { went } = onRoute(bundle);
    expect(findBlock(went!, 11)?.data).toEqual(findBlock(bundle, 11)?.data);
  });

  it('does with a security block what its flags say', () => {
    const bundle = signed(foreign());
    const flagged = (flags: number): Bundle => ({
      ...bundle,
      blocks: bundle.blocks.map((block) => (block.type === 11 ? newBlock(11, block.number, block.data, flags) : block)),
    });
    expect(onRoute(flagged(BLOCK_FLAGS.deleteBundleIfUnprocessed)).net.of('deleted', 2)).toMatchObject([
      { detail: 'block unsupported' },
    ]);
    expect(findBlock(onRoute(flagged(BLOCK_FLAGS.discardIfUnprocessed)).went!, 11)).toBeUndefined();
  });

  it('leaves encrypted blocks of the kinds that it changes otherwise as they are', () => {
    const extra = [newBlock(7, 8, encodeBundleAge(10)), newBlock(10, 9, encodeHopCount(9, 1))];
    const bundle = encryptBundle(foreign({ extra }), {
      crypto,
      vectors,
      source: ipn(9, 0),
      targets: [{ type: 7 }, { type: 10 }],
      key: KEYS.get('gcm'),
    });
    const { went, net } = onRoute(bundle);
    for (const type of [7, 10]) expect(findBlock(went!, type)?.data).toEqual(findBlock(bundle, type)?.data);
    expect(went?.blocks.filter(({ type }) => type === 10)).toHaveLength(1);
    expect(net.delivered).toHaveLength(1);
  });

  it('takes the operations over a block away with it', () => {
    const extra = [
      newBlock(6, 8, encodePreviousNode(ipn(9, 0))),
      newBlock(200, 9, bytes(5, 0), BLOCK_FLAGS.discardIfUnprocessed),
    ];
    const targets = [{ type: 6 }, { type: 200 }, 'payload' as const];
    const { went, net } = onRoute(
      signBundle(foreign({ extra }), { crypto, source: ipn(9, 0), targets, key: KEYS.get('mac') }),
    );
    // What is left is a bundle by the strict rules, or node 3 would not have taken it.
    expect(net.delivered).toHaveLength(1);
    expect(went?.blocks.map(({ type }) => type)).toEqual([11, 6, HOP_CHECKSUM_BLOCK, 1]);
  });
});

describe('a node without a policy', () => {
  const sealed = (more: object = {}) =>
    encryptBundle(foreign(more), { crypto, vectors, source: ipn(9, 0), targets: ['payload'], key: KEYS.get('gcm') });

  it('passes ciphertext on, and at its destination deletes it in place of delivering it', () => {
    const net = network({});
    net.inject(1, 2, encodeBundle(sealed()));
    net.runUntil(5);
    expect(net.delivered).toEqual([]);
    expect(heard(net)).toEqual([`3>1 deleted ${REASONS.unexpectedSecurityOperation}`]);
  });

  it('does so with what it put together of fragments', () => {
    const net = network({});
    for (const fragment of fragmentBundle(sealed(), { maxPayloadBytes: 8 })) net.inject(1, 2, encodeBundle(fragment));
    net.runUntil(5);
    expect(net.delivered).toEqual([]);
    expect(heard(net)).toContain(`3>1 deleted ${REASONS.unexpectedSecurityOperation}`);
  });
});
