import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputFileError, UsageError } from '../../src/base/errors.js';
import {
  checkedPolicyForm,
  encryptBundle,
  KeySet,
  MAX_SECURITY_OPERATIONS,
  parseSecurityPolicy,
  SecretKey,
  type SecurityOutcome,
  SecurityPolicy,
  signBundle,
} from '../../src/bpsec/index.js';
import {
  type Bundle,
  type CanonicalBlock,
  decodeBundle,
  encodeBundle,
  encodeSecurityBlock,
  ipn,
  newBlock,
} from '../../src/bpv7/index.js';
import { AGE, BUNDLE, crypto, HOP, NODE, PAYLOAD, PRIMARY, vectors } from './support.js';

const bytes = (length: number, first: number): Uint8Array => Uint8Array.from({ length }, (_, i) => first + i);
const KEYS = new KeySet([
  new SecretKey(bytes(48, 1), 'mac', 'HS384'),
  new SecretKey(bytes(32, 2), 'mac256', 'HS256'),
  new SecretKey(bytes(32, 3), 'gcm', 'A256GCM'),
  new SecretKey(bytes(32, 4), 'other', 'A256GCM'),
  new SecretKey(bytes(24, 5), 'wrap', 'A192KW'),
]);
const MAC = KEYS.get('mac');
const GCM = KEYS.get('gcm');

type Rule = Record<string, unknown>;
const policyOf = (rules: readonly Rule[], over: object = {}): SecurityPolicy =>
  new SecurityPolicy({
    form: checkedPolicyForm({ rules, ...over }, 'policy.json'),
    keys: KEYS,
    crypto,
    vectors: vectors(),
    source: NODE,
  });
const integrity = (role: string, over: Rule = {}): Rule => ({
  role,
  service: 'integrity',
  targets: ['payload'],
  key: 'mac',
  ...over,
});
const secrecy = (role: string, over: Rule = {}): Rule => ({
  role,
  service: 'confidentiality',
  targets: ['payload'],
  key: 'gcm',
  ...over,
});

const recoded = (bundle: Bundle): Bundle => decodeBundle(encodeBundle(bundle));
const left = (outcome: SecurityOutcome): Bundle => {
  if (outcome.kind === 'deleted') throw new Error(`deleted: ${JSON.stringify(outcome)}`);
  return recoded(outcome.bundle);
};
const types = (bundle: Bundle): (number | bigint)[] => bundle.blocks.map(({ type }) => type);
const kinds = (outcome: SecurityOutcome): string[] => outcome.events.map(({ kind, target }) => `${kind} ${target}`);
const HERE = { isDestination: true };
const ELSEWHERE = { isDestination: false };

const signed = signBundle(BUNDLE, { crypto, source: NODE, targets: ['payload'], key: MAC });
const sealed = encryptBundle(BUNDLE, { crypto, vectors: vectors(), source: NODE, targets: ['payload'], key: GCM });
const damaged = (bundle: Bundle, number = 1): Bundle => ({
  primary: bundle.primary,
  blocks: bundle.blocks.map((block) => {
    if (block.number !== number) return block;
    const data = block.data.slice();
    data[0] ^= 1;
    return newBlock(Number(block.type), block.number, data, block.flags);
  }),
});

describe('a source', () => {
  it('leaves the CRC of the primary block where a bundle may have to be fragmented', () => {
    const policy = policyOf([integrity('source', { targets: ['primary', 'payload'] })]);
    expect(left(policy.applySource(BUNDLE)).primary.crcType).toBe(0);
    const kept = left(policy.applySource(BUNDLE, { keepPrimaryCrc: true }));
    expect(kept.primary.crcType).toBe(PRIMARY.crcType);
    const acceptor = policyOf([integrity('acceptor', { targets: ['primary', 'payload'] })]);
    expect(kinds(acceptor.receive(kept, HERE))).toEqual(['accepted 0', 'accepted 1']);
  });

  it('signs and encrypts, and the acceptor at the destination gets the bundle back', () => {
    const rules = (role: string) => [
      integrity(role, { targets: ['primary', 'payload', 7] }),
      secrecy(role, { targets: ['payload', 10] }),
    ];
    const applied = policyOf(rules('source')).applySource(BUNDLE);
    expect(kinds(applied)).toEqual(['applied 0', 'applied 2', 'applied 1', 'applied 3', 'applied 1']);
    const sent = left(applied);
    expect(types(sent)).toEqual([11, 11, 12, 12, 12, 7, 10, 1]);
    const outcome = policyOf(rules('acceptor')).receive(sent, HERE);
    expect(outcome.kind === 'passed' && types(outcome.bundle)).toEqual([7, 10, 1]);
    expect(outcome.events.map(({ kind }) => kind)).toEqual(Array(6).fill('accepted'));
  });

  it('leaves alone what it is not about, and what is secured already', () => {
    const policy = policyOf([integrity('source', { source: 'ipn:11.*' }), secrecy('verifier')]);
    expect(policy.applySource(BUNDLE)).toEqual({ kind: 'passed', bundle: BUNDLE, events: [] });
    const again = policyOf([integrity('source'), secrecy('source')]);
    const once = left(again.applySource(BUNDLE));
    const twice = again.applySource(once);
    expect(twice.kind === 'passed' && twice.bundle).toBe(once);
    expect(kinds(twice)).toEqual(['skipped 1']);
  });

  it('makes a fresh key for each security block where the key is for wrapping', () => {
    const rules = (role: string) => [integrity(role, { key: 'wrap' }), secrecy(role, { key: 'wrap' })];
    const sent = left(policyOf(rules('source')).applySource(BUNDLE));
    expect(types(left(policyOf(rules('acceptor')).receive(sent, HERE)))).toEqual([7, 10, 1]);
  });

  it('does not send a bundle that it cannot secure, unless the rule says so', () => {
    const fragment: Bundle = {
      primary: { ...PRIMARY, flags: 1, fragmentOffset: 0, totalAduLength: 100 },
      blocks: [PAYLOAD],
    };
    const outcome = policyOf([secrecy('source', { report: false })]).applySource(fragment);
    expect(outcome).toMatchObject({ kind: 'deleted', reason: 16, mayReport: false });
    const kept = policyOf([secrecy('source', { onFailure: 'keep' })]).applySource(fragment);
    expect(kept).toMatchObject({ kind: 'passed', bundle: fragment });
    expect(kinds(kept)).toEqual(['conflicting 1']);
    const bound = signBundle(BUNDLE, { crypto, source: NODE, targets: ['primary', 'payload'], key: MAC });
    expect(policyOf([secrecy('source')]).applySource(bound)).toMatchObject({ kind: 'deleted', reason: 16 });
  });
});

describe('a receiver', () => {
  it.each<[string, Rule, Bundle, string, number | undefined]>([
    ['a good MAC', integrity('verifier'), signed, 'verified 1', undefined],
    ['a good MAC to be accepted', integrity('acceptor'), signed, 'accepted 1', undefined],
    ['a bad MAC', integrity('verifier'), damaged(signed), 'failed 1', 15],
    ['a missing BIB', integrity('acceptor'), BUNDLE, 'missing 1', 12],
    ['a BIB of another algorithm', integrity('verifier', { key: 'mac256' }), signed, 'failed 1', 15],
    ['a wrong key', secrecy('acceptor', { key: 'other' }), sealed, 'failed 1', 15],
    ['a good tag', secrecy('verifier'), sealed, 'verified 1', undefined],
    ['a good tag to be accepted', secrecy('acceptor'), sealed, 'accepted 1', undefined],
    ['a bad tag', secrecy('verifier'), damaged(sealed), 'failed 1', 15],
    ['a bad tag at an acceptor', secrecy('acceptor'), damaged(sealed), 'failed 1', 15],
    ['a missing BCB', secrecy('acceptor'), BUNDLE, 'missing 1', 12],
    ['a BIB of another node', integrity('verifier', { securitySource: 'ipn:11.*' }), signed, 'missing 1', 12],
  ])('judges %s', (_, rule, bundle, event, reason) => {
    const outcome = policyOf([rule]).receive(recoded(bundle), ELSEWHERE);
    expect(kinds(outcome)).toEqual([event]);
    expect(outcome.kind === 'deleted' ? outcome.reason : undefined).toBe(reason);
    if (outcome.kind === 'passed') left(outcome);
  });

  it('keeps or discards what fails as the rule says', () => {
    const bad = damaged(signBundle(BUNDLE, { crypto, source: NODE, targets: [{ block: 3 }], key: MAC }), 3);
    const outcome = (onFailure: string) =>
      policyOf([integrity('verifier', { targets: [10], onFailure })]).receive(bad, ELSEWHERE);
    expect(
      types(left(policyOf([integrity('verifier', { targets: [10], onFailure: 'discard-target' })]).receive(bad, HERE))),
    ).toEqual([7, 1]);
    const kept = outcome('keep');
    expect(kept.kind === 'passed' && kept.bundle.blocks).toHaveLength(4);
    expect(kinds(kept)).toEqual(['failed 3']);
    expect(outcome('delete-bundle')).toMatchObject({ kind: 'deleted', reason: 15, mayReport: true });
  });

  it('discards a block that does not decrypt, and the bundle with the payload', () => {
    const options = { crypto, vectors: vectors(), source: NODE, targets: [{ block: 3 }], key: GCM };
    const bad = damaged(encryptBundle(BUNDLE, options), 3);
    const outcome = policyOf([secrecy('acceptor', { targets: [10] })]).receive(bad, ELSEWHERE);
    expect(types(left(outcome))).toEqual([7, 1]);
    expect(kinds(outcome)).toEqual(['failed 3']);
  });

  it('misses nothing where the rule does not require it, or the target is not there', () => {
    expect(kinds(policyOf([integrity('verifier', { required: false })]).receive(BUNDLE, HERE))).toEqual([]);
    expect(kinds(policyOf([integrity('verifier', { targets: [200] })]).receive(BUNDLE, HERE))).toEqual([]);
    const discarding = policyOf([integrity('verifier', { targets: [10], onFailure: 'discard-target' })]);
    expect(types(left(discarding.receive(BUNDLE, ELSEWHERE)))).toEqual([7, 1]);
  });

  const foreign = (contextId: number): Bundle => {
    const content = { targets: [1], contextId, contextFlags: 0, source: NODE, parameters: [], results: [[]] };
    return { primary: PRIMARY, blocks: [newBlock(11, 4, encodeSecurityBlock(content)), AGE, HOP, PAYLOAD] };
  };

  it('does not know every context', () => {
    expect(policyOf([integrity('verifier')]).receive(foreign(9), HERE)).toMatchObject({ kind: 'deleted', reason: 13 });
    const kept = policyOf([integrity('verifier', { onFailure: 'keep' })]).receive(foreign(-9), HERE);
    expect(kinds(kept)).toEqual(['unknown 1']);
  });

  it('notes operations that no rule is about at the destination, and deletes the bundle where told', () => {
    for (const bundle of [signed, sealed]) {
      const kept = policyOf([]).receive(bundle, HERE);
      expect(kept.kind).toBe(bundle === signed ? 'passed' : 'deleted');
      expect(kinds(kept)).toEqual(['unexpected 1']);
      const strict = policyOf([], { unexpected: 'delete-bundle' });
      expect(strict.receive(bundle, HERE)).toMatchObject({ kind: 'deleted', reason: 14 });
      expect(strict.receive(bundle, ELSEWHERE)).toEqual({ kind: 'passed', bundle, events: [] });
    }
  });

  it('never delivers a payload that is still encrypted', () => {
    expect(policyOf([]).receive(sealed, HERE)).toMatchObject({ kind: 'deleted', reason: 14 });
    const verifier = policyOf([secrecy('verifier')]);
    expect(verifier.receive(sealed, ELSEWHERE)).toMatchObject({ kind: 'passed' });
    expect(verifier.receive(sealed, HERE)).toMatchObject({ kind: 'deleted', reason: 14 });
    const hopOnly = left(policyOf([secrecy('source', { targets: [10] })]).applySource(BUNDLE));
    expect(policyOf([]).receive(hopOnly, HERE).kind).toBe('passed');
  });

  it('deletes a bundle whose operations conflict, or whose security blocks are malformed', () => {
    const bib = (number: number) => newBlock(11, number, signed.blocks[0].data);
    const with_ = (...blocks: CanonicalBlock[]): Bundle => ({ primary: PRIMARY, blocks: [...blocks, PAYLOAD] });
    const policy = policyOf([integrity('verifier')]);
    expect(policy.receive(with_(bib(4), bib(5)), HERE)).toMatchObject({ kind: 'deleted', reason: 16 });
    const broken = with_(newBlock(11, 4, Uint8Array.of(0xff)));
    expect(policy.receive(broken, HERE)).toMatchObject({ kind: 'deleted', reason: 8 });
    expect(policyOf([integrity('source')]).applySource(broken)).toMatchObject({ kind: 'deleted', reason: 8 });
  });

  it('lets fragments pass until they are put together', () => {
    const primary = { ...PRIMARY, flags: 1, fragmentOffset: 0, totalAduLength: 100 };
    const fragment = { primary, blocks: damaged(signed).blocks };
    expect(kinds(policyOf([integrity('verifier')]).receive(fragment, HERE))).toEqual(['skipped undefined']);
  });

  it('passes on what is encrypted, and checks what is under it at the destination', () => {
    const sent = left(policyOf([integrity('source'), secrecy('source')]).applySource(BUNDLE));
    const transit = policyOf([integrity('verifier')]).receive(sent, ELSEWHERE);
    expect(transit).toMatchObject({ kind: 'passed', events: [] });
    expect(policyOf([integrity('verifier')]).receive(sent, HERE)).toMatchObject({ kind: 'deleted', reason: 12 });
    const end = policyOf([secrecy('acceptor'), integrity('acceptor')]).receive(sent, HERE);
    expect(end.events.map(({ kind, service }) => `${kind} ${service}`)).toEqual([
      'accepted confidentiality',
      'accepted confidentiality',
      'accepted integrity',
    ]);
  });

  it('opens the BIBs that its key is for, and leaves the others to those whose key it is', () => {
    const double = left(
      policyOf([
        integrity('source', { targets: ['payload', 10] }),
        secrecy('source'),
        secrecy('source', { targets: [10], key: 'other' }),
      ]).applySource(BUNDLE),
    );
    const gateway = left(policyOf([secrecy('acceptor', { targets: [10], key: 'other' })]).receive(double, ELSEWHERE));
    const end = policyOf([secrecy('acceptor'), integrity('acceptor', { targets: ['payload', 10] })]).receive(
      gateway,
      HERE,
    );
    expect(types(left(end))).toEqual([7, 10, 1]);
  });

  it('discards a BIB that stays locked when all that it could cover is readable', () => {
    const blocks = encryptBundle(signed, {
      crypto,
      vectors: vectors(),
      source: NODE,
      targets: ['payload'],
      key: GCM,
    }).blocks;
    const locked = {
      primary: PRIMARY,
      blocks: damaged({ primary: PRIMARY, blocks }, Number(signed.blocks[0].number)).blocks,
    };
    const outcome = policyOf([secrecy('acceptor')]).receive(recoded(locked), ELSEWHERE);
    expect(types(left(outcome))).toEqual([7, 10, 1]);
    expect(kinds(outcome)).toEqual(['accepted 1', 'failed 4']);
    const demanding = policyOf([secrecy('acceptor'), integrity('acceptor')]);
    expect(demanding.receive(recoded(locked), ELSEWHERE)).toMatchObject({ kind: 'deleted', reason: 12 });
  });

  it('works on a bounded number of operations', () => {
    const count = MAX_SECURITY_OPERATIONS + 1;
    const extra = Array.from({ length: count }, (_, i) => newBlock(200, i + 10, new Uint8Array(1)));
    const content = {
      targets: extra.map(({ number }) => number),
      contextId: 1,
      contextFlags: 0,
      source: NODE,
      parameters: [],
      results: extra.map(() => []),
    };
    const hostile = { primary: PRIMARY, blocks: [newBlock(11, 2, encodeSecurityBlock(content)), ...extra, PAYLOAD] };
    expect(
      policyOf([integrity('verifier', { targets: [200], onFailure: 'keep' })]).receive(hostile, HERE),
    ).toMatchObject({
      kind: 'deleted',
      reason: 15,
    });
  });

  it('never throws on what a bundle holds', () => {
    const policy = policyOf([
      integrity('acceptor', { targets: ['primary', 'payload', 7, 10], onFailure: 'discard-target' }),
      secrecy('acceptor', { targets: ['payload', 7, 10] }),
    ]);
    const good = left(
      policyOf([
        integrity('source', { targets: ['primary', 'payload', 7] }),
        secrecy('source', { targets: [7, 10] }),
      ]).applySource(BUNDLE),
    );
    const change = fc.tuple(fc.nat(7), fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), fc.boolean(), (changes, isDestination) => {
        const blocks = good.blocks.map((block, i) => {
          const data = block.data.slice();
          for (const [at, offset, value] of changes) if (at === i) data[offset % data.length] = value;
          return newBlock(Number(block.type), block.number, data, block.flags);
        });
        const outcome = policy.receive({ primary: good.primary, blocks }, { isDestination });
        if (outcome.kind === 'deleted') expect([8, 12, 13, 14, 15, 16]).toContain(outcome.reason);
      }),
      { numRuns: 400 },
    );
  });
});

describe('the form of a policy', () => {
  const json = (rule: Rule, over: object = {}): string => JSON.stringify({ rules: [rule], ...over });
  it('has defaults', () => {
    const form = parseSecurityPolicy(json(integrity('verifier')), 'policy.json');
    expect(form).toEqual({
      rules: [{ ...integrity('verifier'), source: '*', destination: '*', report: true }],
      unexpected: 'keep',
    });
    expect(checkedPolicyForm(JSON.parse(JSON.stringify(form)), 'policy.json')).toEqual(form);
  });

  it.each<[string, string, string]>([
    ['no JSON', '{', 'policy.json: this is no JSON'],
    ['no rules', '{}', 'policy.json: rules: '],
    ['an unknown field', json(integrity('verifier', { kid: 'a' })), 'policy.json: rules.0.kid: unknown field'],
    ['a role', json(integrity('reader')), 'rules.0.role: expected source, verifier, acceptor'],
    ['a service', json(integrity('source', { service: 'x' })), 'rules.0.service: expected integrity, confidentiality'],
    ['a pattern', json(integrity('source', { source: 'ipn:1' })), 'rules.0.source: "ipn:1" is no pattern'],
    ['no targets', json(integrity('source', { targets: [] })), 'rules.0.targets: '],
    ['a target', json(integrity('source', { targets: ['age'] })), "rules.0.targets.0: expected 'primary', 'payload'"],
    ['the payload by its type', json(integrity('source', { targets: [1] })), "rules.0.targets.0: expected 'primary'"],
    [
      'a BIB as target',
      json(integrity('source', { targets: [11] })),
      'rules.0.targets: security blocks are no targets',
    ],
    ['an encrypted primary block', json(secrecy('source', { targets: ['primary'] })), 'rules.0.targets: the primary'],
    ['scope flags', json(integrity('source', { scopeFlags: 8 })), 'rules.0.scopeFlags: '],
    ['scope flags of a verifier', json(integrity('verifier', { scopeFlags: 7 })), 'rules.0.scopeFlags: this is for'],
    [
      'a source that discards',
      json(integrity('source', { onFailure: 'discard-target' })),
      'rules.0.onFailure: expected',
    ],
    ['an acceptor that keeps', json(secrecy('acceptor', { onFailure: 'keep' })), 'rules.0.onFailure: what an acceptor'],
    ['a source that requires', json(integrity('source', { required: true })), 'rules.0.required: this is for'],
    ['a source by security source', json(integrity('source', { securitySource: '*' })), 'rules.0.securitySource: this'],
    ['what is unexpected', json(integrity('source'), { unexpected: 'x' }), 'policy.json: unexpected: '],
  ])('is refused with %s', (_, text, message) => {
    expect(() => parseSecurityPolicy(text, 'policy.json')).toThrow(InputFileError);
    expect(() => parseSecurityPolicy(text, 'policy.json')).toThrow(message);
  });

  it.each<[string, Rule, string]>([
    ['a key that is not there', integrity('source', { key: 'z' }), 'there is no key "z"'],
    ['another algorithm than the key', integrity('source', { algorithm: 'HS512' }), 'is for HS384, not for HS512'],
    ['a key for encryption', integrity('source', { key: 'gcm' }), 'A256GCM is not for integrity'],
    [
      'an algorithm for integrity',
      secrecy('source', { key: 'wrap', algorithm: 'HS256' }),
      'is not for confidentiality',
    ],
  ])('goes with its keys, or is refused: %s', (_, rule, message) => {
    expect(() => policyOf([rule])).toThrow(UsageError);
    expect(() => policyOf([rule])).toThrow(message);
  });

  it('names patterns of bundles', () => {
    const policy = policyOf([integrity('verifier', { source: 'ipn:10.*', destination: 'ipn:[20-29].2' })]);
    expect(policy.receive(BUNDLE, HERE).kind).toBe('deleted');
    const other = { ...BUNDLE, primary: { ...PRIMARY, destination: ipn(30, 2) } };
    expect(policy.receive(other, HERE)).toEqual({ kind: 'passed', bundle: other, events: [] });
  });
});
