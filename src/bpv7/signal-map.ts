/**
 * The shape that compressed custody and reporting signals share (CCSDS 734.6-O-1): an administrative record whose content is a map
 * from what is said to the bundle sequences that it is said about.
 */
import { UsageError } from '../base/errors.js';
import { readSequences, type SequenceRuns, sequencesLength, writeSequences } from './bundle-sequence.js';
import type { CborReader } from './cbor-reader.js';
import { headLength, Major, writeHead, writeUInt } from './cbor-writer.js';
import type { TypeProfile } from './type-profile.js';
import type { UInt } from './uint.js';

/**
 * How a signal's map is written: bare, as ION writes it, or in the tag that the book has around it. Both are read.
 */
export type SignalForm = 'bare' | 'tagged';

/** What tells one kind of signal from the other. */
export interface SignalShape<Meaning extends string> {
  readonly what: string;
  /** The tag that the book has around the map, which is the same under every type profile. */
  readonly tag: UInt;
  /** What can be said, in the order in which it is written, each by its key's encoding, which is one byte. */
  readonly keys: readonly (readonly [key: number, meaning: Meaning])[];
  /** Whether a sequence may name its block source. */
  readonly withSource: boolean;
}

/** One entry of the map. */
export interface SignalEntry<Meaning extends string> {
  readonly meaning: Meaning;
  readonly sequences: readonly SequenceRuns[];
}

/** The map of a signal, its entries in the order of the wire. Throws a BundleError `admin-form`. */
export function readSignal<Meaning extends string>(
  reader: CborReader,
  shape: SignalShape<Meaning>,
): SignalEntry<Meaning>[] {
  const tag = reader.takeTag();
  if (tag !== undefined && tag !== shape.tag) reader.fail('admin-form', `tag ${tag} around a ${shape.what}`);
  const pairs = reader.openMap('admin-form', `the map of a ${shape.what}`);
  const indefinite = reader.openedIndefinite;
  if (pairs === 0) reader.fail('admin-form', `a ${shape.what} that says nothing`);
  const entries: SignalEntry<Meaning>[] = [];
  for (let i = 0; i < pairs; i++) {
    const key = reader.peek();
    const known = shape.keys.find(([each]) => each === key);
    if (known === undefined) reader.failItem('admin-form', `one of the ${shape.keys.length} keys of a ${shape.what}`);
    const meaning = known[1];
    if (entries.some((entry) => entry.meaning === meaning)) reader.fail('admin-form', `${meaning} twice`);
    reader.offset++;
    entries.push({ meaning, sequences: readSequences(reader, shape.withSource) });
  }
  reader.closeArray(indefinite);
  return entries;
}

/**
 * The administrative record of a signal. Entries of one meaning are joined. Throws a UsageError where the profile has no
 * `typeCode` for it, where nothing is said, or on a sequence that has no form.
 */
export function encodeSignal<Meaning extends string>(
  entries: readonly SignalEntry<Meaning>[],
  shape: SignalShape<Meaning>,
  typeCode: number | undefined,
  types: TypeProfile,
  form: SignalForm,
): Uint8Array {
  if (typeCode === undefined) {
    throw new UsageError('signal-type', `type profile ${types.name} has no record type for a ${shape.what}`);
  }
  const said: [key: number, sequences: SequenceRuns[]][] = [];
  let length = 1 + headLength(typeCode) + (form === 'tagged' ? headLength(shape.tag) : 0) + 1;
  for (const [key, meaning] of shape.keys) {
    const sequences = entries.filter((entry) => entry.meaning === meaning).flatMap((entry) => entry.sequences);
    if (sequences.length === 0) continue;
    said.push([key, sequences]);
    length += 1 + sequencesLength(sequences, types.sequences, shape.withSource);
  }
  if (said.length === 0) throw new UsageError('signal-empty', `a ${shape.what} needs at least one sequence`);
  const data = new Uint8Array(length);
  data[0] = Major.array | 2;
  let at = writeUInt(data, 1, typeCode);
  if (form === 'tagged') at = writeHead(data, at, Major.tag, shape.tag);
  data[at++] = Major.map | said.length;
  for (const [key, sequences] of said) {
    data[at++] = key;
    at = writeSequences(data, at, sequences, types.sequences);
  }
  return data;
}
