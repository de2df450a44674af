/** Contents that only nodes make, as JSON: security blocks and administrative records. */

import { CborReader } from '../../bpv7/cbor-reader.js';
import {
  type AbstractSecurityBlock,
  type AdminRecord,
  eidToString,
  includedIntervals,
  parameterName,
  reasonInWords,
  resultName,
  type SecurityValue,
  type SequenceRuns,
  type StatusItem,
  type StatusReport,
  securityContextName,
  type UInt,
} from '../../bpv7/index.js';
import { hexJson, type JsonObject, uintJson } from './fields.js';

/** A security block. A parameter or result has its value as a number or as `bytes`, and any other item as `cbor`, both in hex. */
export function securityJson(content: AbstractSecurityBlock): JsonObject {
  const { targets, contextId, contextFlags, source, parameters, results } = content;
  const named = (value: SecurityValue, name: string | undefined): JsonObject => ({
    id: uintJson(value.id),
    ...(name === undefined ? {} : { name }),
    ...valueJson(value.value),
  });
  return {
    targets: targets.map(uintJson),
    contextId,
    contextName: securityContextName(contextId) ?? null,
    contextFlags: uintJson(contextFlags),
    source: eidToString(source),
    parameters: parameters.map((value) => named(value, parameterName(contextId, value.id))),
    results: results.map((values) => values.map((value) => named(value, resultName(contextId, value.id)))),
  };
}

/** An administrative record. */
export function recordJson(record: AdminRecord): JsonObject {
  const { kind } = record;
  if (kind === 'status-report') return { kind, ...statusReportJson(record.report) };
  if (kind === 'unknown') return { kind, typeCode: uintJson(record.typeCode) };
  if (kind === 'custody-signal') {
    const signals = record.signals.map(({ disposition, sequences }) => ({
      disposition,
      sequences: sequences.map(sequenceJson),
    }));
    return { kind, signals };
  }
  const signals = record.signals.map(({ reason, sequences }) => ({ reason, sequences: sequences.map(sequenceJson) }));
  return { kind, signals };
}

function statusReportJson(report: StatusReport): JsonObject {
  const { fragmentOffset, payloadLength } = report;
  return {
    received: itemJson(report.received),
    forwarded: itemJson(report.forwarded),
    delivered: itemJson(report.delivered),
    deleted: itemJson(report.deleted),
    reason: uintJson(report.reason),
    reasonName: reasonInWords(report.reason),
    source: eidToString(report.source),
    creationTime: uintJson(report.creationTimeMs),
    sequence: uintJson(report.sequence),
    ...optional('fragmentOffset', fragmentOffset),
    ...optional('payloadLength', payloadLength),
  };
}

function itemJson({ asserted, timeMs }: StatusItem): JsonObject {
  return { asserted, ...optional('time', timeMs) };
}

/** A sequence with the numbers that it names as intervals, both ends included. */
function sequenceJson(sequence: SequenceRuns): JsonObject {
  const { sequenceId, destination, first, runs, blockSource } = sequence;
  return {
    sequenceId: uintJson(sequenceId),
    ...(destination === undefined ? {} : { destination: eidToString(destination) }),
    first: uintJson(first),
    runs: runs.map(uintJson),
    intervals: includedIntervals(sequence).map((interval) => [uintJson(interval.first), uintJson(interval.last)]),
    ...(blockSource === undefined ? {} : { blockSource: eidToString(blockSource) }),
  };
}

function optional(name: string, value: UInt | undefined): JsonObject {
  return value === undefined ? {} : { [name]: uintJson(value) };
}

/** An item that is known to be well-formed. */
function valueJson(item: Uint8Array): JsonObject {
  const reader = new CborReader(item);
  const major = reader.peek() >> 5;
  if (major === 0) return { value: uintJson(reader.readUInt('sec-asb-form', 'an integer')) };
  if (major !== 2 || reader.peek() === 0x5f) return { cbor: hexJson(item) };
  const start = reader.readBytes('sec-asb-form', 'sec-asb-form', 'bytes');
  return { bytes: hexJson(item.subarray(start)) };
}
