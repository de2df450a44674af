/** The bundle protocol agent and its store. */
export { type AgentParts, BundleAgent, type Delivery } from './agent.js';
export { BundleRecord, PRIORITY, type Priority } from './bundle-record.js';
export { type AgentConfig, type CustodyConfig, DEFAULT_CUSTODY, DEFAULT_LIMITS, defaultAgentConfig } from './config.js';
export type { TransmitOutput } from './forwarder.js';
export type { OpenContact } from './links.js';
export { BUNDLE_OVERHEAD_BYTES, type SendRequest } from './sourcing.js';
export { type BundleStore, MemoryBundleStore, type RemovalReason } from './store.js';
