/**
 * Reassembly at the destination (RFC 9171 section 5.9): the fragments that wait for the rest of their bundle, until that is whole,
 * its lifetime ends, or others need the room. How fragments make a bundle is bpv7/reassembly.ts; what becomes of the bundle is
 * the agent's business.
 *
 * What is incomplete stands under limits of its own and not in the store: it belongs to no other node any more, nothing of it is
 * sent, and a flood of fragments must not close the node to the bundles that pass through.
 */
import type { Instant } from '../base/time.js';
import type { TraceSink } from '../base/trace.js';
import {
  type DroppedSet,
  encodedLength,
  Reassembler,
  type ReassemblyDropReason,
  type ReassemblyRefusal,
  reassemblyKey,
} from '../bpv7/index.js';
import type { BundleRecord } from './bundle-record.js';
import type { AgentConfig } from './config.js';
import type { DeletionReason } from './deletion.js';
import type { ReportedBundle } from './report-policy.js';

/** What becomes of a fragment. */
export type FragmentOutcome =
  | { readonly kind: 'incomplete' | 'duplicate' }
  | { readonly kind: 'complete'; readonly whole: BundleRecord }
  | { readonly kind: 'refused'; readonly reason: DeletionReason };

/** What reassembly needs of the agent. */
export interface ReassemblyParts {
  readonly config: AgentConfig;
  readonly trace: TraceSink;
  /** An incomplete bundle was given up; `first` is the fragment that came first. */
  dropped(first: ReportedBundle, reason: DeletionReason, now: Instant): void;
}

const REFUSALS: { readonly [refusal in ReassemblyRefusal]: DeletionReason } = {
  'anonymous-source': 'block unintelligible',
  'fragment-range': 'block unintelligible',
  'adu-too-long': 'depleted storage',
  'total-mismatch': 'conflicting fragment',
  'primary-mismatch': 'conflicting fragment',
  'content-conflict': 'conflicting fragment',
  'too-many-fragments': 'depleted storage',
  'no-room': 'depleted storage',
};

const DROPS: { readonly [reason in ReassemblyDropReason]: DeletionReason } = {
  // The node's own limit on a lifetime that has not ended (RFC 9171 section 5.5).
  'hold-over': 'traffic pared',
  'room-needed': 'depleted storage',
  'over-limit': 'depleted storage',
  abandoned: 'lifetime expired',
};

/** The incomplete bundles of one node. */
export class LocalReassembly {
  readonly #parts: ReassemblyParts;
  readonly #reassembler: Reassembler;
  /** The first fragment of each, without its payload. */
  readonly #open = new Map<string, ReportedBundle>();
  /** When the lifetime of the first of them ends; undefined where that must be looked for. */
  #soonestUs: number | undefined = Number.POSITIVE_INFINITY;

  constructor(parts: ReassemblyParts) {
    this.#parts = parts;
    const { reassembly, onFragmentConflict } = parts.config;
    this.#reassembler = new Reassembler(reassembly, { onConflict: onFragmentConflict });
  }

  /** Takes a fragment for this node. */
  add(record: BundleRecord, now: Instant): FragmentOutcome {
    const outcome = this.#reassembler.add(record.bundle, now.monotonicUs);
    const key = reassemblyKey(record.primary);
    if (outcome.conflict) this.#tell('fragment-conflict', record, 1, now);
    for (const each of outcome.dropped) this.#drop(each, now);
    switch (outcome.kind) {
      case 'complete': {
        this.#close(key);
        const whole = record.withBundle(outcome.bundle, encodedLength(outcome.bundle));
        this.#tell('reassembled', whole, whole.payloadBytes, now);
        return { kind: 'complete', whole };
      }
      case 'incomplete':
        if (!this.#open.has(key)) this.#hold(key, record);
        return { kind: 'incomplete' };
      case 'duplicate':
        return { kind: 'duplicate' };
      case 'refused':
        return { kind: 'refused', reason: REFUSALS[outcome.reason] };
    }
  }

  /** A bundle that was put together proved to be spoilt: its fragments may come again. */
  reopen(whole: BundleRecord): void {
    this.#reassembler.forget(reassemblyKey(whole.primary));
  }

  /** When the next incomplete bundle is given up, in monotonic microseconds. */
  nextUs(): number | undefined {
    // There are at most `sets` of them, and few of them go by the end of their lifetime.
    this.#soonestUs ??= Math.min(...[...this.#open.values()].map(({ expiryUs }) => expiryUs));
    const nextUs = Math.min(this.#soonestUs, this.#reassembler.nextUs() ?? Number.POSITIVE_INFINITY);
    return nextUs === Number.POSITIVE_INFINITY ? undefined : nextUs;
  }

  /** Gives up what is due. */
  expire(now: Instant): void {
    const nowUs = now.monotonicUs;
    if ((this.nextUs() ?? Number.POSITIVE_INFINITY) > nowUs) return;
    for (const [key, { expiryUs }] of this.#open) {
      const dropped = expiryUs <= nowUs ? this.#reassembler.abandon(key) : undefined;
      if (dropped !== undefined) this.#drop(dropped, now);
    }
    for (const dropped of this.#reassembler.expire(nowUs)) this.#drop(dropped, now);
  }

  #hold(key: string, record: BundleRecord): void {
    const { sourceKey, sourceNode, sourceService, destinationNode, destinationService } = record;
    const { creationTimeMs, sequence, payloadBytes, expiryUs } = record;
    this.#open.set(key, {
      // A spread copy leaves behind the datagram that the block was read from.
      primary: { ...record.primary, raw: undefined },
      sourceKey,
      sourceNode,
      sourceService,
      destinationNode,
      destinationService,
      creationTimeMs,
      sequence,
      payloadBytes,
      expiryUs,
    });
    if (this.#soonestUs !== undefined) this.#soonestUs = Math.min(this.#soonestUs, expiryUs);
  }

  #close(key: string): void {
    this.#open.delete(key);
    this.#soonestUs = undefined;
  }

  #drop({ key, reason, fragments }: DroppedSet, now: Instant): void {
    const first = this.#open.get(key);
    if (first === undefined) return;
    this.#close(key);
    this.#tell('fragments-dropped', first, fragments, now, DROPS[reason]);
    this.#parts.dropped(first, DROPS[reason], now);
  }

  #tell(
    event: 'fragment-conflict' | 'reassembled' | 'fragments-dropped',
    bundle: ReportedBundle,
    count: number,
    now: Instant,
    detail?: string,
  ): void {
    this.#parts.trace.processing(event, now.monotonicUs, this.#parts.config.node, bundle, 0, count, detail);
  }
}
