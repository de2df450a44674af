/** Bundles as a stranger's implementation might make them. */
import {
  BUNDLE_FLAGS,
  type Bundle,
  type CanonicalBlock,
  CRC_TYPES,
  type CustodySignal,
  type Eid,
  encodeBundle,
  encodeBundleAge,
  encodeCustodyBlock,
  encodeCustodySignal,
  encodeHopCount,
  ipn,
  newBlock,
  parseEid,
  type UInt,
} from '../../src/bpv7/index.js';
import { EPOCH_MS, SERVICE } from './pair.js';

export interface ForeignBundle {
  readonly source?: Eid | string;
  readonly destination?: Eid | string;
  /** The null endpoint unless told otherwise. */
  readonly reportTo?: Eid | string;
  readonly payload?: Uint8Array;
  readonly flags?: number;
  readonly creationTimeMs?: UInt;
  readonly sequence?: UInt;
  readonly lifetimeMs?: UInt;
  /** Custody block: custodian's node, sequence id, number. */
  readonly custody?: readonly [custodian: number | Eid, sequenceId: UInt, sequence: UInt];
  readonly hops?: readonly [limit: number, count: number];
  readonly ageMs?: UInt;
  readonly extra?: readonly CanonicalBlock[];
  readonly fragment?: readonly [offset: number, total: number];
}

const eid = (value: Eid | string): Eid => (typeof value === 'string' ? parseEid(value) : value);

/** The bytes of a bundle from node 9 to the test service of node 2 unless told otherwise. */
export function foreignBundle(options: ForeignBundle = {}): Uint8Array {
  const blocks: CanonicalBlock[] = [...(options.extra ?? [])];
  if (options.custody !== undefined) {
    const [custodian, sequenceId, sequence] = options.custody;
    const named = typeof custodian === 'number' ? ipn(custodian, 0) : custodian;
    blocks.push(newBlock(13, 20, encodeCustodyBlock({ custodian: named, sequenceId, sequence }), 1));
  }
  if (options.hops !== undefined) blocks.push(newBlock(10, 21, encodeHopCount(...options.hops)));
  if (options.ageMs !== undefined) blocks.push(newBlock(7, 22, encodeBundleAge(options.ageMs)));
  blocks.push(newBlock(1, 1, options.payload ?? new Uint8Array(20)));
  const bundle: Bundle = {
    primary: {
      flags: options.flags ?? (options.fragment === undefined ? BUNDLE_FLAGS.mustNotFragment : BUNDLE_FLAGS.isFragment),
      crcType: CRC_TYPES.crc32c,
      destination: eid(options.destination ?? ipn(2, SERVICE)),
      source: eid(options.source ?? ipn(9, 1)),
      reportTo: eid(options.reportTo ?? ipn(0, 0)),
      creationTimeMs: options.creationTimeMs ?? EPOCH_MS,
      sequence: options.sequence ?? 0,
      lifetimeMs: options.lifetimeMs ?? 60_000,
      ...(options.fragment && { fragmentOffset: options.fragment[0], totalAduLength: options.fragment[1] }),
    },
    blocks,
  };
  return encodeBundle(bundle);
}

/** The bytes of a custody signal from node `from` to node `to`. */
export function foreignSignal(from: number, to: number, signals: readonly CustodySignal[], sequence = 0): Uint8Array {
  return foreignBundle({
    source: ipn(from, 0),
    destination: ipn(to, 0),
    flags: BUNDLE_FLAGS.isAdministrativeRecord,
    payload: encodeCustodySignal(signals),
    sequence,
  });
}
