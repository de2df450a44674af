/** Compressed custody signals (CCS, CCSDS 734.6-O-1). Who may signal, and what follows from it, is the agent's business. */
import type { SequenceRuns } from './bundle-sequence.js';
import type { CborReader } from './cbor-reader.js';
import { Major } from './cbor-writer.js';
import { ADMIN_TYPES } from './constants.js';
import { encodeSignal, readSignal, type SignalForm, type SignalShape } from './signal-map.js';
import { CCSDS_TYPES, type TypeProfile } from './type-profile.js';

/** Did the custodian-to-be take custody? */
export type CustodyDisposition = 'accepted' | 'refused';

/** One disposition of a custody signal with the bundles that it holds for. */
export interface CustodySignal {
  readonly disposition: CustodyDisposition;
  readonly sequences: readonly SequenceRuns[];
}

/**
 * The payload of a custody signal: an administrative record. Entries of one disposition are joined, accepted ones first. Throws a
 * UsageError where nothing is signalled, a sequence is none that a custody signal can hold, or the profile has no custody signals.
 */
export function encodeCustodySignal(
  signals: readonly CustodySignal[],
  types: TypeProfile = CCSDS_TYPES,
  form: SignalForm = 'bare',
): Uint8Array {
  const entries = signals.map(({ disposition, sequences }) => ({ meaning: disposition, sequences }));
  return encodeSignal(entries, SHAPE, types.custodySignal, types, form);
}

/** The content of a custody signal. Throws a BundleError `admin-form`. */
export function readCustodySignal(reader: CborReader): CustodySignal[] {
  return readSignal(reader, SHAPE).map(({ meaning, sequences }) => ({ disposition: meaning, sequences }));
}

/** The keys are 1 (accepted) and -1 (refused); those below -1 are reserved. */
const SHAPE: SignalShape<CustodyDisposition> = {
  what: 'custody signal',
  tag: ADMIN_TYPES.custodySignal,
  keys: [
    [Major.unsigned | 1, 'accepted'],
    [Major.negative | 0, 'refused'],
  ],
  withSource: false,
};
