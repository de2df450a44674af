/**
 * Bundle security at the door (RFC 9172): what a node's policy makes of the bundles that it sends and receives, told in the
 * agent's words. Which operations are applied and demanded is the policy's to say (src/bpsec), and what follows for the bundle is
 * the agent's.
 */
import type { Instant } from '../base/time.js';
import type { BundleIdentity, TraceSink } from '../base/trace.js';
import type { SecurityEvent, SecurityEventKind, SecurityOutcome } from '../bpsec/index.js';
import { BUNDLE_FLAGS, type Bundle, encodedLength, hasFlag, REASONS } from '../bpv7/index.js';
import type { BundleRecord } from './bundle-record.js';
import type { DeletionReason } from './deletion.js';
import { endpointNumbers } from './endpoints.js';

/** A node's policy; the SecurityPolicy of src/bpsec is one. */
export interface BundleSecurity {
  /** Adds what is to be added to a bundle of this node; the CRC of the primary block stays where it is to be kept. */
  applySource(bundle: Bundle, options: { readonly keepPrimaryCrc: boolean }): SecurityOutcome;
  /** Holds a received bundle against what is demanded. */
  receive(bundle: Bundle, options: { readonly isDestination: boolean }): SecurityOutcome;
}

/** What the gate needs of the agent. */
export interface SecurityGateParts {
  readonly node: number;
  readonly trace: TraceSink;
  /** Undefined for a node that leaves security blocks to others. */
  readonly policy: BundleSecurity | undefined;
}

/** Why a bundle is deleted, and whether the policy allows to report that. */
export interface SecurityDeletion {
  readonly reason: DeletionReason;
  readonly mayReport: boolean;
}

/** What the policy made of a bundle that passed, or why that one is to be deleted; in both cases what it found. */
export type SecurityVerdict = { readonly events: readonly SecurityEvent[] } & (
  | { readonly bundle: Bundle; readonly deletion: undefined }
  | { readonly bundle: undefined; readonly deletion: SecurityDeletion }
);

const REASON_WORDS: ReadonlyMap<number, DeletionReason> = new Map([
  [REASONS.blockUnintelligible, 'block unintelligible'],
  [REASONS.missingSecurityOperation, 'missing security operation'],
  [REASONS.unknownSecurityOperation, 'unknown security operation'],
  [REASONS.unexpectedSecurityOperation, 'unexpected security operation'],
  [REASONS.conflictingSecurityOperation, 'conflicting security operation'],
]);

/** Findings that are told as good ones; of what was skipped nothing is told, all others are failures. */
const GOOD: { readonly [kind in SecurityEventKind]?: 'security-applied' | 'security-verified' } = {
  applied: 'security-applied',
  verified: 'security-verified',
  accepted: 'security-verified',
};

/** Holds the bundles of one node against its policy. */
export class SecurityGate {
  readonly #parts: SecurityGateParts;

  constructor(parts: SecurityGateParts) {
    this.#parts = parts;
  }

  /** Whether this node processes security blocks. */
  get isOpen(): boolean {
    return this.#parts.policy !== undefined;
  }

  /** A record of this node with what the policy adds, or why it must not leave. */
  apply(record: BundleRecord): { readonly record: BundleRecord; readonly verdict: SecurityVerdict | undefined } {
    const { policy } = this.#parts;
    if (policy === undefined) return { record, verdict: undefined };
    // Without its CRC reassembly could not give back the primary block that was signed (bpv7/fragment.ts).
    const keepPrimaryCrc = !hasFlag(record.primary.flags, BUNDLE_FLAGS.mustNotFragment);
    const verdict = verdictOf(policy.applySource(record.bundle, { keepPrimaryCrc }));
    const { bundle } = verdict;
    if (bundle === undefined || bundle === record.bundle) return { record, verdict };
    const sizeBytes = record.sizeBytes + encodedLength(bundle) - encodedLength(record.bundle);
    return { record: record.withBundle(bundle, sizeBytes), verdict };
  }

  /** What the policy makes of a received bundle; undefined without a policy. */
  judge(bundle: Bundle): SecurityVerdict | undefined {
    const { node, policy } = this.#parts;
    if (policy === undefined) return undefined;
    const isDestination = endpointNumbers(bundle.primary.destination).node === node;
    return verdictOf(policy.receive(bundle, { isDestination }));
  }

  /** Tells what was found. */
  tell(verdict: SecurityVerdict | undefined, bundle: BundleIdentity, peer: number, now: Instant): void {
    const { node, trace } = this.#parts;
    for (const { kind, service, target, detail } of verdict?.events ?? []) {
      if (kind === 'skipped') continue;
      const about = [kind, service, target === undefined ? undefined : `of block ${target}`, detail];
      const words = about.filter((word) => word !== undefined && word !== '').join(' ');
      trace.processing(GOOD[kind] ?? 'security-failed', now.monotonicUs, node, bundle, peer, 1, words);
    }
  }
}

function verdictOf(outcome: SecurityOutcome): SecurityVerdict {
  const { events } = outcome;
  if (outcome.kind === 'passed') return { bundle: outcome.bundle, deletion: undefined, events };
  const reason = REASON_WORDS.get(outcome.reason) ?? 'failed security operation';
  return { bundle: undefined, deletion: { reason, mayReport: outcome.mayReport }, events };
}
