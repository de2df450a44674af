/** Numbers that the standards assign (RFC 9171 sections 4.2, 6 and 9; RFC 9758; CCSDS 734.6-O-1). */

/** The Bundle Protocol version that this codec speaks. */
export const BP_VERSION = 7;

/** Bundle processing control flags (RFC 9171 section 4.2.3). */
export const BUNDLE_FLAGS = {
  /** The bundle is a fragment. */
  isFragment: 0x000001,
  /** The payload is an administrative record. */
  isAdministrativeRecord: 0x000002,
  /** The bundle must not be fragmented. */
  mustNotFragment: 0x000004,
  /** The destination application is asked to acknowledge. */
  acknowledgementRequested: 0x000020,
  /** Status reports shall carry the time of what they report. */
  statusTimeRequested: 0x000040,
  reportReception: 0x004000,
  reportForwarding: 0x010000,
  reportDelivery: 0x020000,
  reportDeletion: 0x040000,
} as const;

/** All four flags that ask for status reports. */
export const ALL_REPORT_FLAGS =
  BUNDLE_FLAGS.reportReception |
  BUNDLE_FLAGS.reportForwarding |
  BUNDLE_FLAGS.reportDelivery |
  BUNDLE_FLAGS.reportDeletion;

/** Block processing control flags (RFC 9171 section 4.2.4). */
export const BLOCK_FLAGS = {
  /** Copy the block into every fragment. */
  replicateInFragments: 0x01,
  /** Send a status report where the block cannot be processed. */
  reportIfUnprocessed: 0x02,
  /** Delete the bundle where the block cannot be processed. */
  deleteBundleIfUnprocessed: 0x04,
  /** Discard the block where it cannot be processed. */
  discardIfUnprocessed: 0x10,
} as const;

/** Block types (RFC 9171 section 9.1; the custody and reporting blocks by CCSDS 734.6-O-1). */
export const BLOCK_TYPES = {
  payload: 1,
  previousNode: 6,
  bundleAge: 7,
  hopCount: 10,
  blockIntegrity: 11,
  blockConfidentiality: 12,
  /** Custody transfer extension block (CTEB). */
  custodyTransfer: 13,
  /** Compressed reporting extension block (CREB). */
  compressedReporting: 14,
} as const;

/** The number of every payload block; the primary block's implicit number is 0 (RFC 9171 section 4.1). */
export const PAYLOAD_BLOCK_NUMBER = 1;

/** CRC types (RFC 9171 section 4.2.1). */
export const CRC_TYPES = {
  none: 0,
  /** CRC-16/X.25, two bytes. */
  crc16: 1,
  /** CRC-32C (Castagnoli), four bytes. */
  crc32c: 2,
} as const;

/** A CRC type by its number on the wire. */
export type CrcTypeCode = 0 | 1 | 2;

/** Administrative record types (RFC 9171 section 6.1, RFC 9713; the signals by CCSDS 734.6-O-1). */
export const ADMIN_TYPES = {
  statusReport: 1,
  /** Compressed custody signal (CCS). */
  custodySignal: 13,
  /** Compressed reporting signal (CRS). */
  reportingSignal: 14,
} as const;

/** Reasons in status reports (RFC 9171 section 9.5, RFC 9172 section 11.2). */
export const REASONS = {
  noInformation: 0,
  lifetimeExpired: 1,
  forwardedOverUnidirectionalLink: 2,
  transmissionCanceled: 3,
  depletedStorage: 4,
  destinationUnavailable: 5,
  noKnownRoute: 6,
  noTimelyContact: 7,
  blockUnintelligible: 8,
  hopLimitExceeded: 9,
  trafficPared: 10,
  blockUnsupported: 11,
  missingSecurityOperation: 12,
  unknownSecurityOperation: 13,
  unexpectedSecurityOperation: 14,
  failedSecurityOperation: 15,
  conflictingSecurityOperation: 16,
} as const;

/** URI scheme codes in endpoint IDs (RFC 9171 section 9.6). */
export const SCHEME_CODES = { dtn: 1, ipn: 2 } as const;
