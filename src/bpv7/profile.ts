/**
 * How strictly bundles are read. `strict` takes what RFC 9171 allows and nothing else; `lenient` also takes what deployed
 * implementations put on the wire today, and tells of each deviation that it let pass. A deviation has the identifier of the
 * rule that it breaks, so that the two profiles are counted in the same words.
 */
import type { BundleRule } from './errors.js';

/** The name of a profile; `strict` is the default everywhere. */
export type ProfileName = 'strict' | 'lenient';

/** A broken rule that the lenient profile let pass. */
export interface Allowance {
  /** The rule of the strict profile that is broken. */
  readonly code: BundleRule;
  /** Document and section of that rule. */
  readonly section: string;
  /** Where in the decoded bytes, counted from their first. */
  readonly offset: number;
  /** Position of the block in the bundle, 0 for the primary block; undefined where the fault is in no block. */
  readonly block: number | undefined;
  /** What was found and what is expected. */
  readonly message: string;
}

/** How a bundle is to be read. */
export interface DecodeOptions {
  readonly profile?: ProfileName | undefined;
  /**
   * Judge the content of security blocks and what they target (RFC 9172), which is the default. With `false` they are only
   * looked at for which blocks are encrypted and whether the primary block is covered.
   */
  readonly securityRules?: boolean | undefined;
  /** Called for each deviation that the lenient profile lets pass, as it is found: also where the bundle fails later. */
  readonly onAllowance?: ((allowance: Allowance) => void) | undefined;
}

/**
 * The rules that the lenient profile lets pass, each with who breaks it. They have in common that the bundle can still be read
 * in one way only and be carried on safely.
 */
export const LENIENT_ALLOWANCES: ReadonlySet<BundleRule> = new Set<BundleRule>([
  // A definite-length outer array, or tag 55799 before it: RFC 9171 section 4.1 lets a receiver repair the framing.
  'bundle-not-indefinite-array',
  // Integers and lengths in more bytes than they need: a re-encoder's slip that changes no value.
  'cbor-not-shortest',
  // No CRC and no integrity block on the primary block: ION, bp7-rs, uD3TN; also the examples of RFC 9173 Appendix A.
  'primary-crc-missing',
  // A fragment that also says that it must not be fragmented: ION, ESA BP.
  'primary-fragment-and-no-fragment',
  // An anonymous bundle without the must-not-fragment flag: bp7-rs. It is not fragmented all the same.
  'primary-anonymous-fragmentable',
  // Report requests where none may be: bp7-rs. No report is made.
  'primary-anonymous-with-report-flags',
  'primary-admin-with-report-flags',
  'block-report-flag-forbidden',
  // Block number 0 on every extension block of a fragment: ION.
  'block-number',
  // No bundle age block beside creation time 0: ION accepts it, RFC 9173 Appendix A prints it. Its age counts from reception.
  'age-missing',
]);
