/** What custody and reporting signals (CCSDS 734.6-O-1) have in common when they are sent. */
import type { SequenceRuns, TypeProfile } from '../bpv7/index.js';

/** What is signalled as records that the peers of a type profile read: some read one sequence in each. */
export function inRecords<Signal extends { readonly sequences: readonly SequenceRuns[] }>(
  signals: readonly Signal[],
  types: TypeProfile,
): readonly (readonly Signal[])[] {
  if (types.sequences === 'list') return [signals];
  return signals.flatMap((signal) => signal.sequences.map((sequence) => [{ ...signal, sequences: [sequence] }]));
}
