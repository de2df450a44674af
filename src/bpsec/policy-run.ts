/** A bundle on its way through a security policy: what was found, what is left of it, and how that ends (RFC 9172 section 11.2). */
import { UsageError } from '../base/errors.js';
import {
  BLOCK_TYPES,
  type Bundle,
  BundleError,
  checkSecurityBlocks,
  isSecurityBlock,
  PAYLOAD_BLOCK_NUMBER,
  REASONS,
  type UInt,
} from '../bpv7/index.js';
import type { SecurityService } from './contexts.js';
import { type OperationResult, withoutBlocks } from './operations.js';
import type { SecurityRule } from './policy-form.js';
import { operationLimit, viewSecurity } from './security-view.js';

/**
 * What a policy did or found: `applied` an operation to a target, `verified` one, or `accepted` it (verified and removed);
 * or one is `missing`, of an `unknown` context, `unexpected`, has `failed`, or is `conflicting` with others; `skipped` where
 * nothing was to be done about it here, since the bundle is a fragment or the target is encrypted.
 */
export type SecurityEventKind =
  | 'applied'
  | 'verified'
  | 'accepted'
  | 'missing'
  | 'unknown'
  | 'unexpected'
  | 'failed'
  | 'conflicting'
  | 'skipped';

/** One finding about one operation. */
export interface SecurityEvent {
  readonly kind: SecurityEventKind;
  readonly service: SecurityService | undefined;
  /** Number of the target block, 0 for the primary block; undefined where it is about the bundle. */
  readonly target: UInt | undefined;
  /** The rule's place in the policy, from 0; undefined where there is no rule for it. */
  readonly rule: number | undefined;
  /** In words, for people. */
  readonly detail: string;
}

/** What became of a bundle. */
export type SecurityOutcome =
  | { readonly kind: 'passed'; readonly bundle: Bundle; readonly events: readonly SecurityEvent[] }
  | {
      readonly kind: 'deleted';
      /** The reason for a status report, one of {@link REASONS}: 12 to 16, or 8 where a security block is malformed. */
      readonly reason: number;
      /** False where the policy forbids to report it. */
      readonly mayReport: boolean;
      readonly events: readonly SecurityEvent[];
    };

/** Reasons in status reports by what was found (RFC 9172 section 11.2). */
const REASON_OF: { readonly [kind in SecurityEventKind]?: number } = {
  missing: REASONS.missingSecurityOperation,
  unknown: REASONS.unknownSecurityOperation,
  unexpected: REASONS.unexpectedSecurityOperation,
  failed: REASONS.failedSecurityOperation,
  conflicting: REASONS.conflictingSecurityOperation,
};

/** Refusals of signing and encrypting that are due to what the bundle holds already. */
const CONFLICTS = new Set([
  'security-on-fragment',
  'security-target',
  'security-duplicate',
  'security-split',
  'security-limit',
]);

/** A bundle on its way through the rules. */
export class PolicyRun {
  readonly events: SecurityEvent[] = [];
  /** Operations that were there, whatever became of them: service and target. */
  readonly seen = new Set<string>();

  constructor(public bundle: Bundle) {}

  passed(): SecurityOutcome {
    return { kind: 'passed', bundle: this.bundle, events: this.events };
  }

  /** The outcome of what was thrown on the way; throws on what is no deletion. */
  deletedBy(thrown: unknown): SecurityOutcome {
    if (thrown instanceof Deletion) {
      const reason = REASON_OF[thrown.kind] ?? REASONS.noInformation;
      return { kind: 'deleted', reason, mayReport: thrown.mayReport, events: this.events };
    }
    if (!(thrown instanceof BundleError)) throw thrown;
    const isForm = thrown.code === 'sec-asb-form' || !/^(bib|bcb)-|^sec-duplicate-operation$/.test(thrown.code);
    this.note(isForm ? 'failed' : 'conflicting', undefined, undefined, undefined, thrown.message);
    const reason = isForm ? REASONS.blockUnintelligible : REASONS.conflictingSecurityOperation;
    return { kind: 'deleted', reason, mayReport: true, events: this.events };
  }

  note(
    kind: SecurityEventKind,
    service: SecurityService | undefined,
    target: UInt | undefined,
    rule: number | undefined,
    detail = '',
  ): void {
    this.events.push({ kind, service, target, rule, detail });
  }

  /** Throws a BundleError where the security blocks break a rule, and a Deletion where there are too many operations. */
  checkBlocks(): void {
    const { primary, blocks } = this.bundle;
    if (!blocks.some(isSecurityBlock)) return;
    checkSecurityBlocks(primary, blocks, () => 0);
    const limit = operationLimit(this.bundle);
    if (viewSecurity(this.bundle).operationCount <= limit) return;
    this.note('failed', undefined, undefined, undefined, `more than ${limit} security operations`);
    throw new Deletion('failed', true);
  }

  /** Applies an operation of a rule of role source. */
  apply(rule: SecurityRule, targets: readonly UInt[], operation: (bundle: Bundle) => Bundle): void {
    try {
      this.bundle = operation(this.bundle);
      for (const target of targets) this.note('applied', rule.service, target, rule.index);
    } catch (thrown) {
      if (!(thrown instanceof UsageError) || !CONFLICTS.has(thrown.code)) throw thrown;
      this.note('conflicting', rule.service, targets[0], rule.index, thrown.message);
      if (rule.onFailure !== 'keep') throw new Deletion('conflicting', rule.mayReport);
    }
  }

  /** Notes what became of operations, and does what the rule says of those that were not verified. */
  judge(rule: SecurityRule, operations: readonly OperationResult[]): void {
    const discarded = new Set<UInt>();
    for (const { service, status, target, detail } of operations) {
      if (status === 'unreadable') {
        this.note('skipped', service, target, rule.index, detail);
        continue;
      }
      this.seen.add(`${service} ${target}`);
      if (status === 'verified') {
        this.note(rule.role === 'acceptor' ? 'accepted' : 'verified', service, target, rule.index);
        continue;
      }
      const kind = status === 'unknown-context' ? 'unknown' : 'failed';
      // The key is the rule's: where it is not used, the security block asks for one of another algorithm.
      this.note(
        kind,
        service,
        target,
        rule.index,
        status === 'no-key' ? 'not made with the algorithm of the key' : detail,
      );
      if (this.#mustDiscard(kind, rule, target)) discarded.add(target);
    }
    this.bundle = withoutBlocks(this.bundle, discarded);
  }

  /** Does what the rule says about targets that lack the operation. */
  miss(rule: SecurityRule, targets: readonly UInt[]): void {
    const discarded = new Set<UInt>();
    for (const target of targets) {
      this.note('missing', rule.service, target, rule.index);
      if (this.#mustDiscard('missing', rule, target)) discarded.add(target);
    }
    this.bundle = withoutBlocks(this.bundle, discarded);
  }

  /** Discards encrypted BIBs where nothing but BIBs is encrypted any more: what they cover is readable, they never will be. */
  dropLockedIntegrity(): void {
    const { encrypted, blocks } = viewSecurity(this.bundle);
    const locked = [...encrypted.keys()].filter((target) => blocks.get(target)?.type === BLOCK_TYPES.blockIntegrity);
    if (locked.length === 0 || locked.length < encrypted.size) return;
    for (const target of locked) this.note('failed', 'confidentiality', target, undefined, 'no rule opens this BIB');
    this.bundle = withoutBlocks(this.bundle, new Set(locked));
  }

  /** True where the target is to be discarded; throws a Deletion where the bundle is. */
  #mustDiscard(kind: SecurityEventKind, rule: SecurityRule, target: UInt): boolean {
    if (rule.onFailure === 'keep') return false;
    if (rule.onFailure === 'delete-bundle' || target === 0 || target === PAYLOAD_BLOCK_NUMBER) {
      throw new Deletion(kind, rule.mayReport);
    }
    return true;
  }
}

/** The bundle is to be deleted; caught where the rules are gone through. */
export class Deletion extends Error {
  constructor(
    readonly kind: SecurityEventKind,
    readonly mayReport: boolean,
  ) {
    super(kind);
  }
}
