/**
 * Bundle sequences (CCSDS 734.6-O-1): how custody and reporting signals name bundles, by runs of sequence numbers. They stay runs:
 * one may claim 2^63 numbers, so nothing here or above may walk them one by one. Knows nothing of what is said about the bundles.
 */
import { UsageError } from '../base/errors.js';
import type { CborReader } from './cbor-reader.js';
import { headLength, Major, writeHead, writeUInt } from './cbor-writer.js';
import type { Eid } from './eid.js';
import { eidLength, readEid, writeEid } from './eid-codec.js';
import { addUInt, MAX_UINT64, type UInt, uintOf } from './uint.js';

/** Runs of sequence numbers of one counter: a custodian's, or that of a source which asks for compressed reports. */
export interface SequenceRuns {
  /** Which counter; 0 for a counter of its own for each destination, then `destination` tells whose. */
  readonly sequenceId: UInt;
  readonly destination?: Eid | undefined;
  /** The first number, which is included. */
  readonly first: UInt;
  /** Lengths of runs from `first` on: included, excluded, included, ...; an odd number of them. */
  readonly runs: readonly UInt[];
  /**
   * Whose counter it is, in reporting signals only; left out where that is the destination of the signal. In a custody signal it
   * always is.
   */
  readonly blockSource?: Eid | undefined;
}

/** The numbers from `first` to `last`, both included. */
export interface SequenceInterval {
  readonly first: UInt;
  readonly last: UInt;
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

/**
 * A list of sequences, or a single one in its place as bplib writes it. Each takes at least four bytes, so that the input's length
 * bounds how many there are. `withSource` admits a block source as the fourth item. Throws a BundleError `admin-form`.
 */
export function readSequences(reader: CborReader, withSource: boolean): SequenceRuns[] {
  const start = reader.offset;
  const items = reader.openArray('admin-form', 'a list of sequences');
  const indefinite = reader.openedIndefinite;
  if (items === 0) reader.fail('admin-form', 'an empty list of sequences', start);
  const sequences: SequenceRuns[] = [];
  if (startsSequence(reader)) {
    sequences.push(readSequenceItems(reader, items, withSource));
  } else {
    for (let i = 0; i < items; i++) {
      const length = reader.openArray('admin-form', 'a sequence as an array');
      const innerIndefinite = reader.openedIndefinite;
      sequences.push(readSequenceItems(reader, length, withSource));
      reader.closeArray(innerIndefinite);
    }
  }
  reader.closeArray(indefinite);
  return sequences;
}

/**
 * Length of a list of sequences, or of the lone sequence where that is to stand in place of the list. Throws a UsageError on a
 * sequence that {@link readSequences} would reject.
 */
export function sequencesLength(
  sequences: readonly SequenceRuns[],
  form: 'list' | 'single',
  withSource: boolean,
): number {
  let length = form === 'single' && sequences.length === 1 ? 0 : headLength(sequences.length);
  for (const sequence of sequences) {
    checkSequence(sequence, withSource);
    const { sequenceId, destination, first, runs, blockSource } = sequence;
    length += 1 + (destination === undefined ? headLength(sequenceId) : eidLength(destination)) + headLength(first);
    if (runs.length > 1) length += headLength(runs.length);
    for (const run of runs) length += headLength(run);
    if (endOf(first, runs) > MAX_END) throw new UsageError('sequence-range', 'a sequence runs beyond 2^64-1');
    if (blockSource !== undefined) length += eidLength(blockSource);
  }
  return length;
}

/** Writes what {@link sequencesLength} has measured, and returns the place behind it. */
export function writeSequences(
  into: Uint8Array,
  start: number,
  sequences: readonly SequenceRuns[],
  form: 'list' | 'single',
): number {
  let at = start;
  if (form === 'list' || sequences.length > 1) at = writeHead(into, at, Major.array, sequences.length);
  for (const { sequenceId, destination, first, runs, blockSource } of sequences) {
    into[at++] = Major.array | (blockSource === undefined ? 3 : 4);
    at = destination === undefined ? writeUInt(into, at, sequenceId) : writeEid(into, at, destination);
    at = writeUInt(into, at, first);
    if (runs.length > 1) at = writeHead(into, at, Major.array, runs.length);
    for (const run of runs) at = writeUInt(into, at, run);
    if (blockSource !== undefined) at = writeEid(into, at, blockSource);
  }
  return at;
}

/**
 * Tells a sequence from a list of them, behind the array's head. A sequence starts with an integer or with an endpoint ID, which
 * is an array of 2; a list starts with a sequence, which is an array of 3 or 4.
 */
function startsSequence(reader: CborReader): boolean {
  if (reader.peek() >> 5 !== 4) return true;
  const start = reader.offset;
  const items = reader.openArray('admin-form', 'an endpoint ID or a sequence');
  reader.closeArray(false);
  reader.offset = start;
  return items === 2;
}

function readSequenceItems(reader: CborReader, items: number, withSource: boolean): SequenceRuns {
  if (items !== 3 && !(withSource && items === 4)) {
    reader.failArray(items, 'admin-form', 'sequence id, first number and extent');
  }
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
  if (endOf(first, runs) > MAX_END) reader.fail('admin-form', 'a sequence runs beyond 2^64-1');
  const blockSource = items === 4 ? readEid(reader) : undefined;
  return { sequenceId, destination, first, runs, blockSource };
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

/** The end lies one behind the last number, which may be 2^64-1. */
const MAX_END = MAX_UINT64 + 1n;

function endOf(first: UInt, runs: readonly UInt[]): UInt {
  let end = first;
  for (const run of runs) end = addUInt(end, run);
  return end;
}

function checkSequence(sequence: SequenceRuns, withSource: boolean): void {
  const { sequenceId, destination, runs, blockSource } = sequence;
  if (runs.length % 2 === 0) throw new UsageError('sequence-runs', 'expected an odd number of run lengths');
  if ((sequenceId === 0) !== (destination !== undefined)) {
    throw new UsageError('sequence-destination', 'sequence id 0 needs a destination, and no other id has one');
  }
  if (blockSource !== undefined && !withSource) {
    throw new UsageError('sequence-block-source', 'a custody signal goes to the block source and does not name it');
  }
}
