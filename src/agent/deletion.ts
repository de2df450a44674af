/** Why this node deletes a bundle (RFC 9171 section 5.10), in words for the trace and as the reason code of a status report. */
import { REASONS } from '../bpv7/index.js';

/** The reason code (RFC 9171 section 9.5, RFC 9172 section 11.2) of each cause that this node deletes bundles for. */
export const DELETION_REASONS = {
  'lifetime expired': REASONS.lifetimeExpired,
  'depleted storage': REASONS.depletedStorage,
  'destination unavailable': REASONS.destinationUnavailable,
  'no known route': REASONS.noKnownRoute,
  'no timely contact': REASONS.noTimelyContact,
  /** The operator's rules leave custody with whoever has it, which has no code. */
  'custody not admitted': REASONS.noInformation,
  'block unintelligible': REASONS.blockUnintelligible,
  'hop limit exceeded': REASONS.hopLimitExceeded,
  'block unsupported': REASONS.blockUnsupported,
  'missing security operation': REASONS.missingSecurityOperation,
  'unknown security operation': REASONS.unknownSecurityOperation,
  'unexpected security operation': REASONS.unexpectedSecurityOperation,
  'failed security operation': REASONS.failedSecurityOperation,
  'conflicting security operation': REASONS.conflictingSecurityOperation,
  'traffic pared': REASONS.trafficPared,
  /** The disk harmed it where it was stored, which has no code. */
  'stored bundle damaged': REASONS.noInformation,
  /** Fragments that contradict each other have no code of their own either. */
  'conflicting fragment': REASONS.noInformation,
  /** No datagram carries it and it must not be fragmented, which has no code. */
  'too large': REASONS.noInformation,
} as const;

/** A cause in words. */
export type DeletionReason = keyof typeof DELETION_REASONS;
