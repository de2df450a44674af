/** Bundle Protocol version 7: bundles and their blocks to bytes and back (RFC 9171, RFC 9758, CCSDS 734.6-O-1). */
export { type AdminRecord, decodeAdminRecord } from './admin-record.js';
export { annotateBundle } from './annotate.js';
export { freeBlockNumbers } from './block-numbers.js';
export {
  bundleAgeBlock,
  CUSTODY_BLOCK_FLAGS,
  custodyTransferBlock,
  decodeBundleAge,
  decodeHopCount,
  decodePreviousNode,
  encodeBundleAge,
  encodeCustodyBlock,
  encodeHopCount,
  encodePreviousNode,
  hopCountBlock,
  newBlock,
  previousNodeBlock,
} from './blocks.js';
export {
  type Bundle,
  type BundleAgeBlock,
  type CanonicalBlock,
  type CustodyBlock,
  type CustodyTransferBlock,
  findBlock,
  type HopCount,
  type HopCountBlock,
  type OutgoingBlock,
  type OutgoingBundle,
  type PreviousNodeBlock,
  type PrimaryBlock,
  payloadOf,
} from './bundle.js';
export { includedIntervals, type SequenceInterval, type SequenceRuns } from './bundle-sequence.js';
export {
  ADMIN_TYPES,
  ALL_REPORT_FLAGS,
  BLOCK_FLAGS,
  BLOCK_TYPES,
  BP_VERSION,
  BUNDLE_FLAGS,
  CRC_TYPES,
  type CrcTypeCode,
  PAYLOAD_BLOCK_NUMBER,
  REASONS,
} from './constants.js';
export { type Crc32cFunction, crc16, crc32c, setCrc32cAccelerator } from './crc.js';
export { type CustodyDisposition, type CustodySignal, encodeCustodySignal } from './custody-signal.js';
export { type DecodedSpan, decodeBundle, decodeBundleAt } from './decode.js';
export { dtnTimeToText, parseDtnTime } from './dtn-time.js';
export {
  DTN_NONE,
  type DtnEid,
  type Eid,
  eidEquals,
  eidToString,
  type IpnEid,
  ipn,
  isLocalNode,
  isNullEid,
  isSingleton,
  LOCAL_NODE,
  parseEid,
} from './eid.js';
export { eidLength } from './eid-codec.js';
export {
  encodeBundle,
  encodeBundleInPieces,
  encodeBundleInto,
  encodedLength,
  encodePrimary,
  joinPieces,
  setBufferAllocator,
} from './encode.js';
export { BUNDLE_RULES, BundleError, type BundleRule, faultInWords, sectionOf } from './errors.js';
export type { BundleField, FieldVerdict } from './field-walker.js';
export { type FragmentSize, fragmentBundle, MAX_FRAGMENT_BLOCKS, MAX_FRAGMENTS, splitBundle } from './fragment.js';
export {
  BLOCK_FLAG_NAMES,
  BLOCK_TYPE_NAMES,
  BUNDLE_FLAG_NAMES,
  blockTypeName,
  crcTypeName,
  flagNames,
  flagOfName,
  type NameTable,
} from './names.js';
export { type Allowance, type DecodeOptions, LENIENT_ALLOWANCES, type ProfileName } from './profile.js';
export {
  decodeIonQualityOfService,
  encodeIonQualityOfService,
  ION_QOS_BLOCK,
  ION_QOS_BLOCK_FLAGS,
  ION_QOS_CLASSES,
  ION_QOS_FLAGS,
  type IonQualityOfService,
} from './quality-of-service.js';
export {
  DEFAULT_REASSEMBLY_LIMITS,
  type DroppedSet,
  MAX_REMEMBERED_KEYS,
  Reassembler,
  type ReassemblyCounters,
  type ReassemblyDropReason,
  type ReassemblyLimits,
  type ReassemblyNotes,
  type ReassemblyOptions,
  type ReassemblyOutcome,
  type ReassemblyRefusal,
  reassemblyKey,
} from './reassembly.js';
export {
  decodeReportingBlock,
  encodeReportingBlock,
  encodeReportingSignal,
  REPORTING_BLOCK_FLAGS,
  REPORTING_REQUESTS,
  type ReportingBlock,
  type ReportingReason,
  type ReportingSignal,
} from './reporting.js';
export {
  type AbstractSecurityBlock,
  decodeSecurityBlock,
  encodeSecurityBlock,
  SECURITY_CONTEXT_FLAGS,
  type SecurityValue,
} from './security-block.js';
export { parameterName, resultName, securityContextName } from './security-names.js';
export {
  checkSecurityBlocks,
  isSecurityBlock,
  type SecurityCover,
  securityCoverOf,
} from './security-rules.js';
export type { SignalForm } from './signal-map.js';
export {
  encodeStatusReport,
  type ReportSubject,
  reasonInWords,
  reportSubjectOf,
  type StatusItem,
  type StatusReport,
} from './status-report.js';
export { strictForm } from './strict-form.js';
export { BPLIB_TYPES, CCSDS_TYPES, HDTN_TYPES, TYPE_PROFILES, type TypeProfile } from './type-profile.js';
export { addUInt, hasFlag, MAX_UINT64, type UInt, uintOf } from './uint.js';
export { decodeCustodyBlock } from './usual-form.js';
