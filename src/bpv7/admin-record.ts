/**
 * Administrative records (RFC 9171 section 6.1) and the compressed custody signal (CCSDS 734.6-O-1).
 *
 * A custody signal names bundles by runs of sequence numbers. They stay runs: one signal may claim 2^63 numbers, so nothing here
 * or above may walk them one by one.
 */
import { UsageError } from '../base/errors.js';
import { CborReader } from './cbor-reader.js';
import { headLength, Major, writeHead, writeUInt } from './cbor-writer.js';
import { ADMIN_TYPES } from './constants.js';
import type { Eid } from './eid.js';
import { eidLength, readEid, writeEid } from './eid-codec.js';
import { addUInt, MAX_UINT64, type UInt, uintOf } from './uint.js';

/** Did the custodian-to-be take custody? */
export type CustodyDisposition = 'accepted' | 'refused';

/** Runs of sequence numbers of one of the custodian's counters. */
export interface SequenceRuns {
  /** Which counter; 0 for a counter of its own for each destination, then `destination` tells whose. */
  readonly sequenceId: UInt;
  readonly destination?: Eid | undefined;
  /** The first number, which is included. */
  readonly first: UInt;
  /** Lengths of runs from `first` on: included, excluded, included, ...; an odd number of them. */
  readonly runs: readonly UInt[];
}

/** The numbers from `first` to `last`, both included. */
export interface SequenceInterval {
  readonly first: UInt;
  readonly last: UInt;
}

/** One disposition of a custody signal with the bundles that it holds for. */
export interface CustodySignal {
  readonly disposition: CustodyDisposition;
  readonly sequences: readonly SequenceRuns[];
}

/** The content of an administrative record. */
export type AdminRecord =
  | { readonly kind: 'custody-signal'; readonly signals: readonly CustodySignal[] }
  | { readonly kind: 'unknown'; readonly typeCode: UInt };

/**
 * The payload of a custody signal: an administrative record of type 13 whose map stands bare, as ION writes it. Entries of one
 * disposition are joined. Throws a UsageError where nothing is signalled or a sequence has an even number of runs.
 */
export function encodeCustodySignal(signal: readonly CustodySignal[]): Uint8Array {
  const accepted = sequencesOf(signal, 'accepted');
  const refused = sequencesOf(signal, 'refused');
  const pairs = (accepted.length > 0 ? 1 : 0) + (refused.length > 0 ? 1 : 0);
  if (pairs === 0) throw new UsageError('custody-signal-empty', 'a custody signal needs at least one sequence');
  const data = new Uint8Array(3 + listLength(accepted) + listLength(refused));
  data[0] = Major.array | 2;
  data[1] = ADMIN_TYPES.custodySignal;
  data[2] = Major.map | pairs;
  writeList(data, writeList(data, 3, ACCEPTED_KEY, accepted), REFUSED_KEY, refused);
  return data;
}

/** The record in an administrative bundle's payload. Throws a BundleError `admin-form`; such a record is to be ignored. */
export function decodeAdminRecord(payload: Uint8Array): AdminRecord {
  const reader = new CborReader(payload, 'admin-form');
  const items = reader.openArray('admin-form', 'an administrative record as an array');
  const indefinite = reader.openedIndefinite;
  if (items !== 2) reader.failArray(items, 'admin-form', 'record type and content');
  const typeCode = reader.readUInt('admin-form', 'a record type');
  let record: AdminRecord;
  if (typeCode === ADMIN_TYPES.custodySignal) {
    record = { kind: 'custody-signal', signals: readCustodySignal(reader) };
  } else {
    reader.skipItem();
    record = { kind: 'unknown', typeCode };
  }
  reader.closeArray(indefinite);
  if (!reader.atEnd) reader.fail('admin-form', 'bytes left behind the record');
  return record;
}

/** The included runs of a sequence as intervals, in ascending order; adjoining ones are joined. */
export function includedIntervals(sequence: SequenceRuns): SequenceInterval[] {
  const intervals: SequenceInterval[] = [];
  let start: UInt = sequence.first;
  for (let i = 0; i < sequence.runs.length; i++) {
    const run = sequence.runs[i];
    const next = addUInt(start, run);
    if (i % 2 === 0 && run > 0) {
      const last = typeof next === 'number' ? next - 1 : uintOf(next - 1n);
      const before = intervals[intervals.length - 1];
      if (before !== undefined && addUInt(before.last, 1) === start) {
        intervals[intervals.length - 1] = { first: before.first, last };
      } else {
        intervals.push({ first: start, last });
      }
    }
    start = next;
  }
  return intervals;
}

/** The heads of the map keys 1 (accepted) and -1 (refused). */
const ACCEPTED_KEY = Major.unsigned | 1;
const REFUSED_KEY = Major.negative | 0;

function readCustodySignal(reader: CborReader): CustodySignal[] {
  const tag = reader.takeTag();
  if (tag !== undefined && tag !== ADMIN_TYPES.custodySignal)
    reader.fail('admin-form', `tag ${tag} around a custody signal`);
  const pairs = reader.openMap('admin-form', 'a map from dispositions to sequences');
  const indefinite = reader.openedIndefinite;
  const entries: CustodySignal[] = [];
  for (let i = 0; i < pairs; i++) {
    const disposition = readDisposition(reader);
    if (entries.some((entry) => entry.disposition === disposition)) reader.fail('admin-form', `${disposition} twice`);
    entries.push({ disposition, sequences: readSequences(reader) });
  }
  if (pairs === 0) reader.fail('admin-form', 'a custody signal without disposition');
  reader.closeArray(indefinite);
  return entries;
}

function readDisposition(reader: CborReader): CustodyDisposition {
  const head = reader.peek();
  if (head !== ACCEPTED_KEY && head !== REFUSED_KEY) reader.failItem('admin-form', 'disposition 1 or -1');
  reader.offset++;
  return head === ACCEPTED_KEY ? 'accepted' : 'refused';
}

/** A list of sequences, or a single one in its place as bplib's tests write it. */
function readSequences(reader: CborReader): SequenceRuns[] {
  const start = reader.offset;
  const items = reader.openArray('admin-form', 'a list of sequences');
  const indefinite = reader.openedIndefinite;
  if (items === 0) reader.fail('admin-form', 'an empty list of sequences', start);
  if (isSingleSequence(reader)) {
    const sequence = readSequenceItems(reader, items);
    reader.closeArray(indefinite);
    return [sequence];
  }
  const sequences: SequenceRuns[] = [];
  for (let i = 0; i < items; i++) {
    const length = reader.openArray('admin-form', 'a sequence as an array');
    const innerIndefinite = reader.openedIndefinite;
    sequences.push(readSequenceItems(reader, length));
    reader.closeArray(innerIndefinite);
  }
  reader.closeArray(indefinite);
  return sequences;
}

/**
 * Tells a sequence from a list of them, behind the array's head. A sequence starts with an integer or with an endpoint ID, which
 * is an array of 2; a list starts with a sequence, which is an array of 3.
 */
function isSingleSequence(reader: CborReader): boolean {
  const head = reader.peek();
  return head >> 5 === 0 || head === (Major.array | 2);
}

function readSequenceItems(reader: CborReader, items: number): SequenceRuns {
  if (items !== 3) reader.failArray(items, 'admin-form', 'sequence id, first number and extent');
  let sequenceId: UInt = 0;
  let destination: Eid | undefined;
  if (reader.peek() >> 5 === 4) {
    destination = readEid(reader);
  } else {
    sequenceId = reader.readUInt('admin-form', 'a sequence id or an endpoint ID');
    if (sequenceId === 0) reader.fail('admin-form', 'sequence id 0 stands for a destination, which must be given');
  }
  const first = reader.readUInt('admin-form', 'a sequence number');
  const runs = readExtent(reader);
  let end: UInt = first;
  for (const run of runs) end = addUInt(end, run);
  // The end lies one behind the last number, which may be 2^64-1.
  if (end > MAX_UINT64 + 1n) reader.fail('admin-form', 'a sequence runs beyond 2^64-1');
  return { sequenceId, destination, first, runs };
}

/** A count of numbers in a row, or run lengths included, excluded, included, ... */
function readExtent(reader: CborReader): UInt[] {
  if (reader.peek() >> 5 !== 4) return [reader.readUInt('admin-form', 'a count or a list of run lengths')];
  const count = reader.openArray('admin-form', 'run lengths');
  const indefinite = reader.openedIndefinite;
  if (count % 2 === 0) reader.failArray(count, 'admin-form', 'an odd number of run lengths');
  const runs: UInt[] = [];
  for (let i = 0; i < count; i++) runs.push(reader.readUInt('admin-form', 'a run length'));
  reader.closeArray(indefinite);
  return runs;
}

function sequencesOf(signal: readonly CustodySignal[], disposition: CustodyDisposition): SequenceRuns[] {
  const sequences: SequenceRuns[] = [];
  for (const entry of signal) if (entry.disposition === disposition) sequences.push(...entry.sequences);
  return sequences;
}

/** Length of a map entry; 0 where the list is empty and so the entry is left out. */
function listLength(sequences: readonly SequenceRuns[]): number {
  if (sequences.length === 0) return 0;
  let length = 1 + headLength(sequences.length);
  for (const { sequenceId, destination, first, runs } of sequences) {
    if (runs.length % 2 === 0) throw new UsageError('custody-signal-runs', 'expected an odd number of run lengths');
    if (sequenceId === 0 && destination === undefined) {
      throw new UsageError('custody-signal-destination', 'sequence id 0 needs a destination');
    }
    length += 1 + (destination === undefined ? headLength(sequenceId) : eidLength(destination)) + headLength(first);
    if (runs.length > 1) length += headLength(runs.length);
    for (const run of runs) length += headLength(run);
  }
  return length;
}

function writeList(into: Uint8Array, start: number, key: number, sequences: readonly SequenceRuns[]): number {
  let at = start;
  if (sequences.length === 0) return at;
  into[at++] = key;
  at = writeHead(into, at, Major.array, sequences.length);
  for (const { sequenceId, destination, first, runs } of sequences) {
    into[at++] = Major.array | 3;
    at = destination === undefined ? writeUInt(into, at, sequenceId) : writeEid(into, at, destination);
    at = writeUInt(into, at, first);
    if (runs.length > 1) at = writeHead(into, at, Major.array, runs.length);
    for (const run of runs) at = writeUInt(into, at, run);
  }
  return at;
}
