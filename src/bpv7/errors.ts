/**
 * Faults in bytes from outside. Each broken rule has an identifier of its own, so that counters, traces and tests can name it;
 * a decoder throws nothing but a {@link BundleError}, whatever the bytes are.
 */
import type { PrimaryBlock } from './bundle.js';

/** Every rule that the decoders enforce, with the section of the standard that it comes from. */
const RULE_SECTIONS = {
  // Framing
  'cbor-truncated': 'RFC 8949 3',
  'cbor-reserved-ai': 'RFC 8949 3',
  'cbor-bad-indefinite': 'RFC 8949 3.2',
  'cbor-bad-utf8': 'RFC 8949 3.1',
  'cbor-unexpected-break': 'RFC 8949 3.2.1',
  'cbor-depth': 'RFC 8949 10',
  'cbor-not-shortest': 'RFC 9171 4.1',
  'bundle-not-indefinite-array': 'RFC 9171 4.1',
  'bundle-trailing-bytes': 'RFC 9171 4.1',
  'bundle-too-few-blocks': 'RFC 9171 4.1',
  // Primary block
  'primary-not-array': 'RFC 9171 4.3.1',
  'primary-version': 'RFC 9171 4.3.1',
  'primary-length': 'RFC 9171 4.3.1',
  'primary-flags': 'RFC 9171 4.2.3',
  'primary-crc-type': 'RFC 9171 4.2.1',
  'primary-crc-form': 'RFC 9171 4.2.2',
  'primary-crc-value': 'RFC 9171 4.3.1',
  'primary-crc-missing': 'RFC 9171 4.3.1',
  'primary-timestamp': 'RFC 9171 4.2.7',
  'primary-lifetime': 'RFC 9171 4.3.1',
  'primary-fragment-fields': 'RFC 9171 4.3.1',
  'primary-admin-with-report-flags': 'RFC 9171 4.2.3',
  'primary-anonymous-fragmentable': 'RFC 9171 4.2.3',
  'primary-anonymous-with-report-flags': 'RFC 9171 4.2.3',
  'primary-source-not-singleton': 'RFC 9171 4.3.1',
  'primary-fragment-and-no-fragment': 'RFC 9171 5.8',
  'fragment-out-of-range': 'RFC 9171 5.8',
  'fragment-empty': 'RFC 9171 5.8',
  // Endpoint IDs
  'eid-shape': 'RFC 9171 4.2.5.1',
  'eid-scheme': 'RFC 9171 9.6',
  'eid-dtn-ssp': 'RFC 9171 4.2.5.1.1',
  'eid-dtn-none-text': 'RFC 9171 4.2.5.1.1',
  'eid-ipn-ssp': 'RFC 9758 6.1',
  'eid-ipn-range': 'RFC 9758 6.1',
  'eid-localnode': 'RFC 9758 5.4',
  // Canonical blocks
  'block-not-array': 'RFC 9171 4.3.2',
  'block-length': 'RFC 9171 4.3.2',
  'block-type': 'RFC 9171 9.1',
  'block-number': 'RFC 9171 4.3.2',
  'block-flags': 'RFC 9171 4.2.4',
  'block-crc-type': 'RFC 9171 4.2.1',
  'block-crc-form': 'RFC 9171 4.2.2',
  'block-crc-value': 'RFC 9171 4.3.2',
  'block-data-not-bstr': 'RFC 9171 4.3.2',
  'block-data-indefinite': 'RFC 9171 4.3.2',
  'block-number-duplicate': 'RFC 9171 4.1',
  'payload-number': 'RFC 9171 4.1',
  'block-number-one-not-payload': 'RFC 9171 4.1',
  'payload-multiple': 'RFC 9171 4.1',
  'payload-missing': 'RFC 9171 4.1',
  'payload-not-last': 'RFC 9171 4.1',
  'block-report-flag-forbidden': 'RFC 9171 4.2.4',
  // Standard extension blocks
  'age-form': 'RFC 9171 4.4.2',
  'age-multiple': 'RFC 9171 4.4.2',
  'age-missing': 'RFC 9171 4.4.2',
  'hop-form': 'RFC 9171 4.4.3',
  'hop-limit-range': 'RFC 9171 4.4.3',
  'hop-multiple': 'RFC 9171 4.4.3',
  'prev-node-form': 'RFC 9171 4.4.1',
  'prev-node-multiple': 'RFC 9171 4.4.1',
  // Security blocks
  'sec-asb-form': 'RFC 9172 3.6',
  'sec-params-mismatch': 'RFC 9172 3.6',
  'sec-no-targets': 'RFC 9172 3.6',
  'sec-duplicate-targets': 'RFC 9172 3.6',
  'sec-target-missing': 'RFC 9172 3.6',
  'sec-results-count': 'RFC 9172 3.6',
  'sec-duplicate-operation': 'RFC 9172 3.2',
  'bib-targets-security': 'RFC 9172 3.7',
  'bcb-targets-primary': 'RFC 9172 3.8',
  'bcb-targets-bcb': 'RFC 9172 3.8',
  'bcb-discard-flag': 'RFC 9172 3.8',
  'bcb-payload-not-replicated': 'RFC 9172 3.8',
  'bcb-bib-no-shared-target': 'RFC 9172 3.8',
  // Administrative records, custody and reporting: found when the content is read, never by the bundle decoder
  'admin-form': 'RFC 9171 6.1',
  'custody-form': 'CCSDS 734.6-O-1',
  'reporting-form': 'CCSDS 734.6-O-1',
  // Private blocks of others, likewise
  'qos-form': 'ION 4.1 block 193',
} as const;

/** The identifier of a rule. */
export type BundleRule = keyof typeof RULE_SECTIONS;

/** Document and section that a rule comes from, such as `RFC 9171 4.3.1`. */
export function sectionOf(rule: BundleRule): string {
  return RULE_SECTIONS[rule];
}

/** All rule identifiers, for counters and documentation. */
export const BUNDLE_RULES = Object.keys(RULE_SECTIONS) as readonly BundleRule[];

/** A broken rule in one line: which, what was found, and where. */
export function faultInWords(fault: {
  readonly code: BundleRule;
  readonly message: string;
  readonly block: number | undefined;
  readonly offset: number;
  readonly section: string;
}): string {
  const place = fault.block === undefined ? '' : `block ${fault.block}, `;
  return `${fault.code}: ${fault.message} (${place}offset ${fault.offset}; ${fault.section})`;
}

/** Bytes from outside break a rule. */
export class BundleError extends Error {
  override readonly name: string = 'BundleError';
  /** Document and section that the rule comes from, such as `RFC 9171 4.3.1`. */
  readonly section: string;
  /**
   * The primary block, where that was read whole under a CRC that matches and the fault lies behind it: who asked for reports
   * can still be told (RFC 9171 section 5.6 step 3).
   */
  primary: PrimaryBlock | undefined;

  constructor(
    /** The rule that is broken. */
    readonly code: BundleRule,
    /** Where in the decoded bytes, counted from their first. */
    readonly offset: number,
    /** Position of the block in the bundle, 0 for the primary block; undefined where the fault is in no block. */
    readonly block: number | undefined,
    /** What was found and what is expected, without the place. */
    readonly detail: string,
  ) {
    const section = RULE_SECTIONS[code];
    super(faultInWords({ code, message: detail, block, offset, section }));
    this.section = section;
  }
}

/** Whether a reading throws a BundleError; whatever else it throws goes on. */
export function breaksRule(read: () => void): boolean {
  try {
    read();
    return false;
  } catch (thrown) {
    if (thrown instanceof BundleError) return true;
    throw thrown;
  }
}
