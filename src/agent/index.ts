/** The bundle protocol agent and its store. */
export { type AgentParts, BundleAgent } from './agent.js';
export { type BundleLoader, BundleRecord, UnreadableBundleError } from './bundle-record.js';
export type { CompressedReportEvent, ReceivedCompressedReport } from './compressed-reports.js';
export {
  type AgentConfig,
  type AgentLimits,
  type CounterBits,
  type CustodyConfig,
  type CustodyPolicy,
  DEFAULT_CUSTODY,
  DEFAULT_LIMITS,
  DEFAULT_REPORTING,
  defaultAgentConfig,
  type EndpointRule,
  type ReportingConfig,
} from './config.js';
export { DELETION_REASONS, type DeletionReason } from './deletion.js';
export { type Delivery, type ReceivedReport, reportInWords } from './delivery.js';
export { type LedgerEntry, type LedgerFilter, ledgerOf } from './ledger.js';
export { LIMBO_REASONS, type LimboReason } from './limbo.js';
export type { OpenContact } from './links.js';
export {
  DEFAULT_PRIORITIES,
  MAX_ORDINAL,
  PRIORITY,
  type Priority,
  type PriorityPolicy,
  type Urgency,
} from './priority.js';
export type { BundleSecurity } from './security.js';
export {
  BUNDLE_OVERHEAD_BYTES,
  type CompressedReportRequest,
  type ExtraBlock,
  isOwnBlockType,
  MAX_ADU_BYTES,
  type ReportRequest,
  type SendRequest,
} from './sourcing.js';
export { type BundleStore, MemoryBundleStore, type RemovalReason, type StateStore } from './store.js';
export { decodeRecordState, encodeRecordState, MAX_RECORD_STATE_BYTES } from './stored-record.js';
export type { TransmitOutput } from './transmitter.js';
export type { HeldBundle } from './whereabouts.js';
