/**
 * leodtn: delay-tolerant middleware for computing in orbit.
 *
 * Three ways in, from the outside to the inside:
 *  - {@link loadScenario} and {@link runScenario} fly a whole constellation and report on it;
 *  - {@link SatelliteNode} is one satellite as a state machine without I/O: hand it a {@link NodeInput}, drain its
 *    {@link NodeOutput}s, and bring your own clock, links and store;
 *  - {@link BundleAgent} is the bundle protocol agent alone, and {@link decodeBundle} and {@link encodeBundle} its codec.
 *
 * The parts have entries of their own with all of their names: `leodtn/bpv7`, `leodtn/bpsec`, `leodtn/routing`,
 * `leodtn/plans`, `leodtn/orbit`, `leodtn/processors` and `leodtn/simulator`.
 *
 * @packageDocumentation
 */
export {
  type AgentConfig,
  type AgentParts,
  BundleAgent,
  type BundleRecord,
  type BundleSecurity,
  type BundleStore,
  type CustodyConfig,
  type DeletionReason,
  type Delivery,
  defaultAgentConfig,
  type ExtraBlock,
  MemoryBundleStore,
  type OpenContact,
  PRIORITY,
  type ReceivedReport,
  type RemovalReason,
  type ReportRequest,
  reportInWords,
  type SendRequest,
  type TransmitOutput,
} from './agent/index.js';
export { type FilePosition, InputFileError, UsageError } from './base/errors.js';
export type { JsonValue } from './base/json.js';
export type { Digest, InputFile, Platform } from './base/platform.js';
export { Random } from './base/random.js';
export type { Instant } from './base/time.js';
export { SILENT_TRACE, type TraceSink } from './base/trace.js';
export { nodeSecurityCrypto, type SecurityCrypto } from './bpsec/index.node.js';
export { type Bundle, BundleError, decodeBundle, encodeBundle } from './bpv7/index.js';
export { type LoadConstellationOptions, loadConstellation } from './constellation/constellation-file.node.js';
export { type Constellation, type GeneratedPlan, generatePlan, type PlanSummary } from './constellation/index.js';
export { type ConstellationPlanOptions, constellationPlan, type WalkerShell } from './orbit/index.js';
export {
  checkPlan,
  formatIonPlan,
  mergePlans,
  type ParsedPlan,
  type PlanFormat,
  type PlanLoss,
  type PlanNote,
  parseIonPlan,
  planLosses,
  type ReadPlan,
  readPlan,
  recognisePlan,
  shiftPlan,
  writePlan,
} from './plans/index.js';
export {
  type Collector,
  type CollectPayload,
  type Combiner,
  type MapPayload,
  type Mapper,
  type MetaData,
  ProcessorCatalogue,
  type ProcessorFactory,
  type ProcessorKind,
  type ProcessorOutput,
  type ReceivedFile,
  type ReducePayload,
  type Reducer,
  type SatelliteName,
} from './processors/index.js';
export {
  type ArrivalTree,
  arrivalTree,
  type Contact,
  ContactGraph,
  type ContactGraphOptions,
  ContactPlan,
  compareRoutes,
  findRoute,
  findRoutes,
  limitOf,
  type PlanContact,
  type PlanDocument,
  PlanNames,
  type Route,
  type RouteLimit,
  type RouteQuery,
  RouteTable,
  routesByNeighbour,
  type TreeQuery,
} from './routing/index.js';
export {
  DEFAULT_STORE_LIMITS,
  type LmdbStore,
  type LmdbStoreOptions,
  type OpenedStore,
  openLmdbStore,
  type StoreFindings,
} from './runtime/lmdb-store.node.js';
export { type NodeParts, SatelliteNode } from './runtime/node.js';
export type { NodeInput, NodeOutput } from './runtime/node-io.js';
export { nodePlatform } from './runtime/platform.node.js';
export {
  type AreaOfInterest,
  type JobPlan,
  type JobSpec,
  type Pair,
  type PlanningContext,
  planJob,
} from './scheduler/index.js';
export {
  loadScenario,
  type RunOptions,
  type RunOutcome,
  type RunReport,
  runScenario,
  type Scenario,
} from './simulator/index.node.js';
export type { JobStatus } from './spacecomp/index.js';
