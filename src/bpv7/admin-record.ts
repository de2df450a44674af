/**
 * Administrative records (RFC 9171 section 6.1): tells which kind a payload is and reads it. Each kind has a file of its own; which
 * record types stand for custody and reporting signals is the type profile's to say.
 */
import { CborReader } from './cbor-reader.js';
import { ADMIN_TYPES } from './constants.js';
import { type CustodySignal, readCustodySignal } from './custody-signal.js';
import { type ReportingSignal, readReportingSignal } from './reporting.js';
import { readStatusReport, type StatusReport } from './status-report.js';
import { CCSDS_TYPES, type TypeProfile } from './type-profile.js';
import type { UInt } from './uint.js';

/** The content of an administrative record. */
export type AdminRecord =
  | { readonly kind: 'status-report'; readonly report: StatusReport }
  | { readonly kind: 'custody-signal'; readonly signals: readonly CustodySignal[] }
  | { readonly kind: 'reporting-signal'; readonly signals: readonly ReportingSignal[] }
  | { readonly kind: 'unknown'; readonly typeCode: UInt };

/**
 * The record in an administrative bundle's payload. A record of a type that is not known here, such as those of bundle-in-bundle
 * encapsulation, is `unknown` and to be ignored, and so is what throws a BundleError `admin-form`; the bundle was delivered all
 * the same.
 */
export function decodeAdminRecord(payload: Uint8Array, types: TypeProfile = CCSDS_TYPES): AdminRecord {
  const reader = new CborReader(payload, 'admin-form');
  const items = reader.openArray('admin-form', 'an administrative record as an array');
  const indefinite = reader.openedIndefinite;
  if (items !== 2) reader.failArray(items, 'admin-form', 'record type and content');
  const typeCode = reader.readUInt('admin-form', 'a record type');
  const record = readContent(reader, typeCode, types);
  reader.closeArray(indefinite);
  if (!reader.atEnd) reader.fail('admin-form', 'bytes left behind the record');
  return record;
}

function readContent(reader: CborReader, typeCode: UInt, types: TypeProfile): AdminRecord {
  switch (typeCode) {
    case ADMIN_TYPES.statusReport:
      return { kind: 'status-report', report: readStatusReport(reader) };
    case types.custodySignal:
      return { kind: 'custody-signal', signals: readCustodySignal(reader) };
    case types.reportingSignal:
      return { kind: 'reporting-signal', signals: readReportingSignal(reader) };
    default:
      reader.skipItem();
      return { kind: 'unknown', typeCode };
  }
}
