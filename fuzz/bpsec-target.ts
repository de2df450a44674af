/**
 * Bundle security on bundles from outside: verifying, decrypting and a policy, with the keys that genuine blocks were made with, so
 * that inputs get behind the first check of a MAC.
 */
import { equalBytes } from '../src/base/bytes.js';
import { UsageError } from '../src/base/errors.js';
import { Random } from '../src/base/random.js';
import {
  checkedPolicyForm,
  decryptBundle,
  encryptBundle,
  InitializationVectors,
  type KeyRequest,
  KeySet,
  nodeSecurityCrypto,
  type OperationResult,
  SecretKey,
  type SecurityCrypto,
  type SecurityOutcome,
  SecurityPolicy,
  type SecurityTarget,
  signBundle,
  verifyBundle,
  verifyEncryption,
} from '../src/bpsec/index.node.js';
import {
  type Bundle,
  type CanonicalBlock,
  DTN_NONE,
  decodeBundle,
  encodeBundle,
  ipn,
  isNullEid,
  type UInt,
} from '../src/bpv7/index.js';
import { drawBundle } from './bundles.js';
import { drawBytes, pick } from './draw.js';
import { decoded, expect, type Tally, type Target } from './target.js';

const HMAC_KEY = new SecretKey(drawBytes(new Random(1), 64), 'mac', 'HS512');
const GCM_KEYS = { 1: new SecretKey(drawBytes(new Random(2), 16)), 3: new SecretKey(drawBytes(new Random(3), 32)) };
const WRAPPING_KEY = new SecretKey(drawBytes(new Random(4), 32), 'wrap', 'A256KW');
const GCM_KEY = new SecretKey(GCM_KEYS[3].reveal(), 'gcm', 'A256GCM');

/** The node whose policies these are. */
const NODE = ipn(9, 0);
const crypto = seeded(new Random(5));
const POLICIES = [policy('delete-bundle', 'keep'), policy('discard-target', 'delete-bundle'), policy('keep', 'keep')];

/** Decodes, and does with the bundle what a verifier, an acceptor and a node with a policy do. */
export const bpsecTarget: Target = {
  name: 'bpsec',
  // Verified twice, decrypted, by three policies received and secured, and once more for each operation that held.
  passes: 10,
  draw: drawSecured,
  run(input, tally) {
    const bundle =
      decoded(tally, input, 'strict', () => decodeBundle(input)) ??
      decoded(tally, input, 'lenient', () => decodeBundle(input, { profile: 'lenient' }));
    if (bundle === undefined) return;
    const before = encodeBundle(bundle).slice();
    const options = { crypto, keys };
    noteAll(tally, verifyBundle(bundle, options).operations);
    const checked = [...verifyBundle(bundle, options).operations, ...verifyEncryption(bundle, options).operations];
    for (const operation of checked) if (operation.status === 'verified') checkDamage(bundle, operation);
    const opened = decryptBundle(bundle, { ...options, isDestination: (input.length & 1) === 1 });
    noteAll(tally, opened.operations);
    if (opened.bundle !== undefined) checkResult(opened.bundle, tally);
    for (const each of POLICIES) {
      checkOutcome(each.receive(bundle, { isDestination: (input.length & 2) === 2 }), tally);
      checkOutcome(each.applySource(bundle), tally);
    }
    expect(equalBytes(encodeBundle(bundle), before), 'a bundle is changed by being checked');
  },
};

/** What was verified is not any more once its target is changed. */
function checkDamage(bundle: Bundle, { service, target, security }: OperationResult): void {
  const damaged = target === 0 ? withOtherLifetime(bundle) : withOtherData(bundle, target);
  if (damaged === undefined) return;
  const options = { crypto, keys, only: (each: UInt) => each === target };
  const again = service === 'integrity' ? verifyBundle(damaged, options) : verifyEncryption(damaged, options);
  const isStill = again.operations.some(
    (each) => each.security.block.number === security.block.number && each.status === 'verified',
  );
  expect(!isStill, 'a changed block is verified');
}

function withOtherLifetime({ primary, blocks }: Bundle): Bundle {
  return { primary: { ...primary, lifetimeMs: primary.lifetimeMs === 5 ? 6 : 5, raw: undefined }, blocks };
}

/** Undefined where the block has no data to change. */
function withOtherData({ primary, blocks }: Bundle, number: UInt): Bundle | undefined {
  const index = blocks.findIndex((each) => each.number === number);
  if (index < 0 || blocks[index].data.length === 0) return undefined;
  const data = blocks[index].data.slice();
  data[data.length >> 1] ^= 1;
  const changed: CanonicalBlock = { ...plainBlock(blocks[index]), data };
  return { primary, blocks: blocks.map((each, i) => (i === index ? changed : each)) };
}

function plainBlock({ type, number, flags, crcType, data }: CanonicalBlock): CanonicalBlock {
  return { type, number, flags, crcType, data, raw: undefined };
}

function checkOutcome(outcome: SecurityOutcome, tally: Tally): void {
  for (const { kind, detail } of outcome.events) tally.see(`event ${kind} ${detail.replace(/\d+/g, '')}`);
  tally.count(outcome.kind === 'passed' ? 'policy passed' : `policy deleted, reason ${outcome.reason}`);
  if (outcome.kind === 'passed') checkResult(outcome.bundle, tally);
}

/** What comes out can be sent; whether its content is right is for the decoder to say. */
function checkResult(bundle: Bundle, tally: Tally): void {
  const bytes = encodeBundle(bundle);
  if (decoded(tally, bytes, 'result', () => decodeBundle(bytes, { profile: 'lenient' })) === undefined) {
    tally.count('result that no decoder takes');
  }
}

function noteAll(tally: Tally, operations: readonly OperationResult[]): void {
  for (const { service, status } of operations) {
    tally.count(`${service} ${status}`);
    tally.see(`${service} ${status}`);
  }
}

function keys({ service, wrapped, variant }: KeyRequest): readonly SecretKey[] {
  if (wrapped) return [WRAPPING_KEY];
  if (service === 'integrity') return [HMAC_KEY];
  return [GCM_KEYS[variant as 1 | 3]];
}

/** A node that adds and demands both services; what happens on a failure of integrity, and to what no rule is about, differs. */
function policy(onFailure: string, unexpected: string): SecurityPolicy {
  const targets = ['payload', 6, 192];
  const form = {
    rules: [
      { role: 'source', service: 'integrity', key: 'mac', targets },
      { role: 'source', service: 'confidentiality', key: 'gcm', source: 'ipn:1.*', targets: ['payload'] },
      { role: 'verifier', service: 'integrity', key: 'mac', source: 'ipn:2.*', targets: ['payload'], onFailure },
      { role: 'acceptor', service: 'confidentiality', key: 'wrap', source: 'ipn:3.*', targets },
      { role: 'acceptor', service: 'confidentiality', key: 'gcm', targets, required: false },
      { role: 'acceptor', service: 'integrity', key: 'mac', targets, onFailure, required: false },
    ],
    unexpected,
  };
  return new SecurityPolicy({
    form: checkedPolicyForm(form, 'policy'),
    keys: new KeySet([HMAC_KEY, GCM_KEY, WRAPPING_KEY]),
    crypto,
    vectors: new InitializationVectors(crypto),
    source: NODE,
  });
}

function seeded(random: Random): SecurityCrypto {
  return { ...nodeSecurityCrypto, randomBytes: (length) => drawBytes(random, length) };
}

/** A bundle, signed and encrypted by a few nodes one after the other, as far as the standard lets them. */
function drawSecured(random: Random): Uint8Array {
  const bytes = drawBundle(random, { mayBeCut: random.chance(0.9) });
  let bundle: Bundle;
  try {
    bundle = decodeBundle(bytes, { profile: 'lenient' });
  } catch {
    return bytes;
  }
  const own = seeded(random);
  const vectors = new InitializationVectors(own);
  for (let times = random.below(4); times > 0; times--) {
    try {
      bundle = random.chance(0.5) ? sign(random, own, bundle) : encrypt(random, own, vectors, bundle);
    } catch (thrown) {
      if (!(thrown instanceof UsageError)) throw thrown;
    }
  }
  return encodeBundle(bundle).slice();
}

function sign(random: Random, own: SecurityCrypto, bundle: Bundle): Bundle {
  return signBundle(bundle, {
    crypto: own,
    source: sourceOf(random, bundle),
    targets: targetsOf(random, bundle, true),
    algorithm: pick(random, ['HS256', 'HS384', 'HS512'] as const),
    scopeFlags: random.below(8),
    apart: random.chance(0.5),
    ...(random.chance(0.3) ? { wrappingKey: WRAPPING_KEY } : { key: HMAC_KEY }),
  });
}

function encrypt(random: Random, own: SecurityCrypto, vectors: InitializationVectors, bundle: Bundle): Bundle {
  const algorithm = pick(random, ['A128GCM', 'A256GCM'] as const);
  return encryptBundle(bundle, {
    crypto: own,
    vectors,
    source: sourceOf(random, bundle),
    targets: targetsOf(random, bundle, false),
    algorithm,
    scopeFlags: random.below(8),
    ...(random.chance(0.3) ? { wrappingKey: WRAPPING_KEY } : { key: GCM_KEYS[algorithm === 'A128GCM' ? 1 : 3] }),
  });
}

function sourceOf(random: Random, { primary }: Bundle) {
  if (random.chance(0.5) && !isNullEid(primary.source)) return primary.source;
  return random.chance(0.02) ? DTN_NONE : NODE;
}

function targetsOf(random: Random, { blocks }: Bundle, mayBePrimary: boolean): SecurityTarget[] {
  const numbers = random.shuffled(blocks.filter(({ type }) => type !== 11 && type !== 12).map(({ number }) => number));
  const targets: SecurityTarget[] = numbers.slice(0, 1 + random.below(2)).map((block) => ({ block }));
  return mayBePrimary && random.chance(0.4) ? [...targets, 'primary'] : targets;
}
