/**
 * A node's security policy at work (RFC 9172 sections 1.3, 5.1 and 8): what it adds to bundles that it sends, and what it demands of
 * those that it receives. What bundles hold never throws here: it is an outcome with a reason, and events for counters and traces.
 */
import { UsageError } from '../base/errors.js';
import { BLOCK_TYPES, type Bundle, type Eid, isSecurityBlock, PAYLOAD_BLOCK_NUMBER, type UInt } from '../bpv7/index.js';
import { decryptBundle, encryptBundle, verifyEncryption } from './confidentiality.js';
import type { SecurityService } from './contexts.js';
import type { SecurityCrypto } from './crypto.js';
import type { InitializationVectors } from './initialization-vectors.js';
import { signBundle, verifyBundle } from './integrity.js';
import type { KeySet } from './key-set.js';
import { acceptOperations } from './operations.js';
import { coversTarget, isAbout, resolveRules, type SecurityPolicyForm, type SecurityRule } from './policy-form.js';
import { Deletion, PolicyRun, type SecurityOutcome } from './policy-run.js';
import { isFragment, type SecurityBlock, viewSecurity } from './security-view.js';

/** What a policy needs of its node. */
export interface SecurityPolicyParts {
  readonly form: SecurityPolicyForm;
  readonly keys: KeySet;
  readonly crypto: SecurityCrypto;
  readonly vectors: InitializationVectors;
  /** The node, as the security source of what it adds. */
  readonly source: Eid;
}

/** Applies and enforces the rules of one node. Holds no state but its rules. */
export class SecurityPolicy {
  readonly #parts: SecurityPolicyParts;
  readonly #rules: readonly SecurityRule[];

  /** Throws a UsageError `security-policy` or `unknown-key` where the rules and the keys do not go together. */
  constructor(parts: SecurityPolicyParts) {
    this.#parts = parts;
    this.#rules = resolveRules(parts.form, parts.keys);
  }

  /**
   * Adds what the rules of role `source` ask for, to a bundle that is about to be sent: integrity first. A target that has
   * the operation already is left alone, and so is what is encrypted already, which no BIB may be added to (RFC 9172 section 3.9;
   * the tag of its BCB guards it). Where the bundle forbids an operation otherwise (it is a fragment, or a BIB would have to be
   * split that cannot) the rule's `onFailure` says whether it is sent without. `keepPrimaryCrc` is as in SignOptions: a bundle
   * that may have to be fragmented needs it.
   */
  applySource(bundle: Bundle, options: { readonly keepPrimaryCrc?: boolean } = {}): SecurityOutcome {
    const { source, destination } = bundle.primary;
    const rules = this.#rules.filter((rule) => rule.role === 'source' && isAbout(rule, source, destination));
    const run = new PolicyRun(bundle);
    try {
      for (const rule of rules) if (rule.service === 'integrity') this.#sign(run, rule, rules, options.keepPrimaryCrc);
      for (const rule of rules) if (rule.service === 'confidentiality') this.#encrypt(run, rule);
    } catch (thrown) {
      return run.deletedBy(thrown);
    }
    return run.passed();
  }

  /**
   * Holds a received bundle against the rules of the roles `verifier` and `acceptor`: BCBs first, then BIBs, then what is missing.
   * A destination never passes a payload that is still encrypted. Fragments pass: security is judged when they are put together (RFC 9172 section 5.2).
   */
  receive(bundle: Bundle, options: { readonly isDestination: boolean }): SecurityOutcome {
    const { source, destination } = bundle.primary;
    const { isDestination } = options;
    const rules = this.#rules.filter((rule) => rule.role !== 'source' && isAbout(rule, source, destination));
    const run = new PolicyRun(bundle);
    const isConcerned = rules.length > 0 || (isDestination && bundle.blocks.some(isSecurityBlock));
    if (!isConcerned) return run.passed();
    if (isFragment(bundle)) {
      run.note('skipped', undefined, undefined, undefined, 'a fragment');
      return run.passed();
    }
    try {
      run.checkBlocks();
      for (const service of ['confidentiality', 'integrity'] as const) {
        const ruleOf = assignment(run.bundle, rules, service);
        for (const rule of rules) if (rule.service === service) this.#check(run, rule, ruleOf, isDestination);
        if (service === 'confidentiality') run.dropLockedIntegrity();
        run.checkBlocks();
      }
      if (isDestination) this.#judgeUnexpected(run, rules);
      for (const rule of rules) if (rule.required) demand(run, rule, isDestination);
      if (isDestination) refuseCiphertext(run);
    } catch (thrown) {
      // A leniently read bundle may hold what cannot be encoded for a MAC.
      if (thrown instanceof UsageError) {
        run.note('failed', undefined, undefined, undefined, thrown.message);
        return run.deletedBy(new Deletion('failed', true));
      }
      return run.deletedBy(thrown);
    }
    return run.passed();
  }

  #sign(run: PolicyRun, rule: SecurityRule, rules: readonly SecurityRule[], keepPrimaryCrc?: boolean): void {
    const { crypto, source } = this.#parts;
    const { covered, encrypted, blocks } = viewSecurity(run.bundle);
    const targets: UInt[] = [];
    for (const target of presentTargets(run.bundle, rule)) {
      if (encrypted.has(target)) run.note('skipped', rule.service, target, rule.index, 'encrypted already');
      else if (!covered.has(target)) targets.push(target);
    }
    const willBeEncrypted = (target: UInt): boolean =>
      rules.some(
        (other) => other.service === 'confidentiality' && coversTarget(other, target, blocks.get(target)?.type),
      );
    // A BIB whose targets are encrypted in part would have to be split, which MACs over its own number do not survive.
    const inClear = targets.filter((target) => !willBeEncrypted(target));
    const toEncrypt = targets.filter(willBeEncrypted);
    for (const group of [inClear, toEncrypt]) {
      if (group.length === 0) continue;
      run.apply(rule, group, (bundle) =>
        signBundle(bundle, {
          crypto,
          source,
          targets: group.map((block) => ({ block })),
          algorithm: rule.hmac,
          scopeFlags: rule.scopeFlags,
          apart: group === toEncrypt,
          keepPrimaryCrc,
          ...keyOf(rule),
        }),
      );
    }
  }

  #encrypt(run: PolicyRun, rule: SecurityRule): void {
    const { crypto, source, vectors } = this.#parts;
    const { encrypted } = viewSecurity(run.bundle);
    const targets = presentTargets(run.bundle, rule).filter((target) => !encrypted.has(target));
    if (targets.length === 0) return;
    run.apply(rule, targets, (bundle) =>
      encryptBundle(bundle, {
        crypto,
        vectors,
        source,
        targets: targets.map((block) => ({ block })),
        algorithm: rule.gcm,
        scopeFlags: rule.scopeFlags,
        ...keyOf(rule),
      }),
    );
  }

  /** Works on the operations that a rule is about. */
  #check(run: PolicyRun, rule: SecurityRule, ruleOf: RuleFinder, isDestination: boolean): void {
    const { crypto } = this.#parts;
    const only = (target: UInt, security: SecurityBlock): boolean => ruleOf(security, target) === rule;
    const options = { crypto, keys: rule.keys, only, isDestination };
    const isAcceptor = rule.role === 'acceptor';
    if (rule.service === 'integrity') {
      const { operations } = verifyBundle(run.bundle, options);
      if (isAcceptor) run.bundle = acceptOperations(run.bundle, operations, { isDestination });
      run.judge(rule, operations);
    } else if (isAcceptor) {
      const { bundle, operations } = decryptBundle(run.bundle, options);
      // Without a bundle there is a failed operation over the payload, which the judgement ends with.
      run.bundle = bundle ?? run.bundle;
      run.judge(rule, operations);
      this.#openIntegrityBlocks(run, rule);
    } else {
      run.judge(rule, verifyEncryption(run.bundle, options).operations);
    }
  }

  /**
   * Decrypts the BIBs that the rule's key opens. Which rule a BCB over a BIB belongs to does not show, since the targets of the BIB are
   * encrypted with it; one that does not open under this rule may under another, or is for a node further on.
   */
  #openIntegrityBlocks(run: PolicyRun, rule: SecurityRule): void {
    const { crypto } = this.#parts;
    const { blocks } = viewSecurity(run.bundle);
    const isCandidate = (target: UInt, { content }: SecurityBlock): boolean =>
      blocks.get(target)?.type === BLOCK_TYPES.blockIntegrity && rule.securitySource?.matches(content.source) !== false;
    const { operations } = verifyEncryption(run.bundle, { crypto, keys: rule.keys, only: isCandidate });
    const opened = new Set(operations.filter(({ status }) => status === 'verified').map(({ target }) => target));
    if (opened.size === 0) return;
    const result = decryptBundle(run.bundle, {
      crypto,
      keys: rule.keys,
      only: (target) => opened.has(target),
      isDestination: true,
    });
    run.bundle = result.bundle ?? run.bundle;
    run.judge(rule, result.operations);
  }

  /** Operations that no rule is about, at the end of the bundle's way. */
  #judgeUnexpected(run: PolicyRun, rules: readonly SecurityRule[]): void {
    const { confidentiality, integrity, blocks } = viewSecurity(run.bundle);
    for (const [service, list] of [['confidentiality', confidentiality] as const, ['integrity', integrity] as const]) {
      const ruleOf = assignment(run.bundle, rules, service);
      for (const security of list) {
        const target = security.content.targets.find(
          (candidate) =>
            blocks.get(candidate)?.type !== BLOCK_TYPES.blockIntegrity && ruleOf(security, candidate) === undefined,
        );
        if (target === undefined) continue;
        const detail = `no rule is about this operation of block ${security.block.number}`;
        run.note('unexpected', service, target, undefined, detail);
        if (this.#parts.form.unexpected === 'delete-bundle') throw new Deletion('unexpected', true);
      }
    }
  }
}

/** Finds the rule about an operation. */
type RuleFinder = (security: SecurityBlock, target: UInt) => SecurityRule | undefined;

/** Which rule each operation of a service falls under: the first that covers its target and names its security source. */
function assignment(bundle: Bundle, rules: readonly SecurityRule[], service: SecurityService): RuleFinder {
  const types = new Map(bundle.blocks.map(({ number, type }) => [number, type]));
  const found = new Map<string, SecurityRule | undefined>();
  const candidates = rules.filter((rule) => rule.service === service);
  return (security, target) => {
    const name = `${security.block.number} ${target}`;
    if (found.has(name)) return found.get(name);
    const rule = candidates.find(
      (candidate) =>
        coversTarget(candidate, target, types.get(target)) &&
        candidate.securitySource?.matches(security.content.source) !== false,
    );
    found.set(name, rule);
    return rule;
  };
}

/**
 * Deletes a bundle that would have its payload delivered as ciphertext: a destination decrypts what is encrypted, or discards
 * it (RFC 9172 section 5.1.1).
 */
function refuseCiphertext(run: PolicyRun): void {
  if (!viewSecurity(run.bundle).encrypted.has(PAYLOAD_BLOCK_NUMBER)) return;
  const isNoted = run.events.some(({ kind, target }) => kind === 'unexpected' && target === PAYLOAD_BLOCK_NUMBER);
  if (!isNoted) {
    run.note('unexpected', 'confidentiality', PAYLOAD_BLOCK_NUMBER, undefined, 'no rule decrypts the payload');
  }
  throw new Deletion('unexpected', true);
}

/** Holds a rule against the targets that lack its operation. What is still encrypted may have it, for others to see. */
function demand(run: PolicyRun, rule: SecurityRule, isDestination: boolean): void {
  const { encrypted } = viewSecurity(run.bundle);
  const lacking = presentTargets(run.bundle, rule).filter(
    (target) =>
      !run.seen.has(`${rule.service} ${target}`) &&
      (rule.service === 'confidentiality' || !encrypted.has(target) || isDestination),
  );
  if (lacking.length > 0) run.miss(rule, lacking);
}

/** Numbers of the blocks that are there and that the rule covers; of the security blocks none. */
function presentTargets(bundle: Bundle, rule: SecurityRule): UInt[] {
  const numbers = bundle.blocks
    .filter(({ number, type }) => coversTarget(rule, number, type))
    .map(({ number }) => number);
  return rule.targets.includes('primary') ? [0, ...numbers] : numbers;
}

function keyOf(rule: SecurityRule): { key: SecurityRule['key'] } | { wrappingKey: SecurityRule['key'] } {
  return rule.wraps ? { wrappingKey: rule.key } : { key: rule.key };
}
