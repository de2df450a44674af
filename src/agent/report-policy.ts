/**
 * Of which bundles something may be reported, for how long reports live, and how many leave in a second: what status reports and
 * compressed ones have in common. It knows the form of neither.
 */
import { type Instant, US_PER_MS, US_PER_SECOND } from '../base/time.js';
import type { BundleIdentity } from '../base/trace.js';
import { BUNDLE_FLAGS, type Eid, hasFlag, isLocalNode, isNullEid, type PrimaryBlock } from '../bpv7/index.js';

/** The bundle that a report is about. */
export interface ReportedBundle extends BundleIdentity {
  readonly primary: PrimaryBlock;
  /** As in BundleRecord. */
  readonly sourceKey: number;
  readonly payloadBytes: number;
  /** Monotonic microseconds. */
  readonly expiryUs: number;
}

/** A report lives as long as its subject still would, but at least this long: it is about the end of a lifetime too. */
const MIN_LIFETIME_MS = 600_000;

/** A stranger's lifetime may be without end, its report's is not. */
const MAX_LIFETIME_MS = 86_400_000;

/** No reports on administrative records, on bundles without source, to nobody, or of what was sent to nobody. */
export function mayBeReported({ flags, source, destination }: PrimaryBlock, reportTo: Eid): boolean {
  if (hasFlag(flags, BUNDLE_FLAGS.isAdministrativeRecord)) return false;
  return !isNullEid(source) && !isNullEid(destination) && !isNullEid(reportTo) && !isLocalNode(reportTo);
}

/** The lifetime of a report on a bundle that would expire at `expiryUs`, in milliseconds. */
export function reportLifetimeMs(expiryUs: number, now: Instant): number {
  const remainingMs = Math.ceil((expiryUs - now.monotonicUs) / US_PER_MS);
  return Math.min(Math.max(remainingMs, MIN_LIFETIME_MS), MAX_LIFETIME_MS);
}

/** Until when it is remembered that something was reported of a bundle, in monotonic microseconds. */
export function reportedUntilUs(expiryUs: number, now: Instant): number {
  return Math.max(expiryUs, now.monotonicUs + MIN_LIFETIME_MS * US_PER_MS);
}

/** Counts the reports that leave a node, of whatever form: whoever asks for them by the thousand need not get all. */
export class ReportAllowance {
  readonly #perSecond: number;
  #windowStartUs = Number.NEGATIVE_INFINITY;
  #windowReports = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Why a report to `node` does not leave; undefined where it may. Counts it where it may. */
  withheld(node: number, now: Instant): string | undefined {
    if (node <= 0) return 'no known route';
    if (now.monotonicUs - this.#windowStartUs >= US_PER_SECOND) {
      this.#windowStartUs = now.monotonicUs;
      this.#windowReports = 0;
    }
    if (this.#windowReports >= this.#perSecond) return 'too many reports';
    this.#windowReports++;
    return undefined;
  }
}
