/**
 * A custody signal never leaves ahead of what it promises: a node that accepts a bundle has it durably, or had it before. The checker
 * reads the signals that nodes really send, looks up in the store of the custodian which bundles they release, and compares with what
 * was committed. It needs no crash to see that one would have cost a bundle.
 */
import type { BundleRecord, BundleStore } from '../agent/index.js';
import type { BundleIdentity } from '../base/trace.js';
import {
  BUNDLE_FLAGS,
  BundleError,
  type CustodySignal,
  decodeAdminRecord,
  decodeBundle,
  hasFlag,
  includedIntervals,
  payloadOf,
  type SequenceInterval,
  type TypeProfile,
} from '../bpv7/index.js';
import { bundleName, Checker, NumbersByKey } from './checkers.js';
import type { CheckReport } from './report.js';

/** What the numbers in one counter of a custodian are accepted of. */
interface AcceptedRuns {
  readonly sequenceId: number;
  readonly intervals: readonly SequenceInterval[];
}

/** Holds the custody signals of a run against the stores. */
export class SignalChecker {
  readonly #checker = new Checker('signals: no custody accepted before the bundle is durable');
  readonly #types: TypeProfile;
  readonly #storeOf: (node: number) => BundleStore | undefined;
  /** Sequence numbers of what was ever durable in custody at a node, by `node/source node`. */
  readonly #taken = new NumbersByKey<string>();
  #signals = 0;

  /** `storeOf` gives the store of a node as it sees it. */
  constructor(types: TypeProfile, storeOf: (node: number) => BundleStore | undefined) {
    this.#types = types;
    this.#storeOf = storeOf;
  }

  /** A record is durable at a node. */
  stored(node: number, record: BundleRecord): void {
    if (record.inCustody || record.state === 'delivering') this.taken(node, record);
  }

  /** A node is durably done with a bundle: its application has it, or the compute service inside of it. */
  taken(node: number, { sourceNode, sequence }: Pick<BundleIdentity, 'sourceNode' | 'sequence'>): void {
    this.#taken.add(`${node}/${sourceNode}`, sequence);
  }

  /** A node hands a datagram to a link. */
  sent(node: number, datagram: Uint8Array): void {
    if (!isAdministrative(datagram)) return;
    const signal = readSignal(datagram, this.#types);
    // A signal on its way through another node was looked at where it came from.
    if (signal === undefined || signal.source !== node) return;
    const accepted = acceptedIn(signal.signals);
    if (accepted.length === 0) return;
    this.#signals++;
    for (const record of this.#storeOf(signal.custodian)?.records() ?? []) {
      if (!isIn(record, accepted) || this.#taken.has(`${node}/${record.sourceNode}`, record.sequence)) continue;
      this.#checker.violated(
        `node ${node} told node ${signal.custodian} that it has ${bundleName(record)}, which a crash would have taken from it`,
      );
    }
  }

  report(): CheckReport {
    return this.#checker.report(`${this.#signals} signals of acceptance, each behind its bundles`);
  }
}

/** The first bytes of a bundle as nodes write it: an array of indefinite length, the primary block, version 7, flags. */
const FLAGS_AT = 3;

/** Whether a datagram carries an administrative record, told by its first bytes. */
function isAdministrative(datagram: Uint8Array): boolean {
  const first = datagram[FLAGS_AT] as number;
  const low =
    first < 24
      ? first
      : first === 0x18
        ? datagram[FLAGS_AT + 1]
        : first === 0x19
          ? datagram[FLAGS_AT + 2]
          : datagram[FLAGS_AT + 4];
  return ((low as number) & BUNDLE_FLAGS.isAdministrativeRecord) !== 0;
}

function readSignal(
  datagram: Uint8Array,
  types: TypeProfile,
): { source: number; custodian: number; signals: readonly CustodySignal[] } | undefined {
  try {
    const bundle = decodeBundle(datagram);
    const { source, destination, flags } = bundle.primary;
    if (!hasFlag(flags, BUNDLE_FLAGS.isAdministrativeRecord)) return undefined;
    if (source.scheme !== 'ipn' || destination.scheme !== 'ipn') return undefined;
    const content = decodeAdminRecord(payloadOf(bundle).data, types);
    if (content.kind !== 'custody-signal') return undefined;
    return { source: source.node, custodian: destination.node, signals: content.signals };
  } catch (error) {
    // Encrypted, or damaged on purpose: nothing that could be judged.
    if (error instanceof BundleError) return undefined;
    throw error;
  }
}

function acceptedIn(signals: readonly CustodySignal[]): AcceptedRuns[] {
  return signals
    .filter(({ disposition }) => disposition === 'accepted')
    .flatMap(({ sequences }) =>
      sequences.map((each) => ({ sequenceId: Number(each.sequenceId), intervals: includedIntervals(each) })),
    );
}

function isIn({ custodySequence, custodySequenceId, inCustody }: BundleRecord, accepted: AcceptedRuns[]): boolean {
  if (!inCustody || custodySequence < 0) return false;
  return accepted.some(
    ({ sequenceId, intervals }) =>
      sequenceId === custodySequenceId &&
      intervals.some(({ first, last }) => custodySequence >= first && custodySequence <= last),
  );
}
