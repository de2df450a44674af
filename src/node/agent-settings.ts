/** What a node file comes to for the bundle protocol agent and for the processors. */
import { type AgentConfig, type AgentLimits, defaultAgentConfig } from '../agent/index.js';
import { US_PER_MS } from '../base/time.js';
import { PROCESSOR_KINDS } from '../processors/catalogue.js';
import type { ProcessorKind } from '../processors/contract.js';
import type { NodeForm } from './form.js';

/** Time by which a timer or a busy process may be late, in microseconds. */
const WALL_SLACK_US = 50 * US_PER_MS;

/** How far a link may run ahead of its rate, in microseconds: timers come to the millisecond only. */
const PACING_BURST_US = 4 * US_PER_MS;

/** What a flush of a durable store at either end adds to the time in which a signal is expected, in microseconds. */
const FLUSH_SLACK_US = 150 * US_PER_MS;

/** The part of a node file that the agent is told. */
export type AgentSettings = Pick<NodeForm, 'node' | 'custody' | 'store' | 'statusReports' | 'maxBundleBytes'>;

/** The configuration of the agent. */
export function agentConfigOf({ node, custody, store, statusReports, maxBundleBytes }: AgentSettings): AgentConfig {
  const base = defaultAgentConfig(node);
  const isDurable = store.kind === 'durable';
  return {
    ...base,
    custody: {
      ...base.custody,
      acceptsCustody: custody.accepts ?? isDurable,
      retransmitMarginUs: base.custody.retransmitMarginUs + WALL_SLACK_US + (isDurable ? FLUSH_SLACK_US : 0),
    },
    pacingBurstUs: PACING_BURST_US,
    contactGraceUs: base.contactGraceUs + WALL_SLACK_US,
    statusReports,
    maxBundleBytes,
    limits: limitsOf(base.limits, store),
  };
}

function limitsOf(base: AgentLimits, store: NodeForm['store']): AgentLimits {
  return {
    ...base,
    storedBundles: store.bundles,
    storedBytes: store.bytes,
    bulkShare: store.bulkShare,
    standardShare: store.standardShare,
    sourceBundles: store.sourceBundles ?? base.sourceBundles,
    sourceBytes: store.sourceBytes ?? base.sourceBytes,
  };
}

/** The processors that a node file names beside the built-in ones. */
export function processorNamesOf({
  processors,
}: Pick<NodeForm, 'processors'>): { kind: ProcessorKind; name: string }[] {
  return PROCESSOR_KINDS.flatMap((kind) => processors[kind].map((name) => ({ kind, name })));
}
