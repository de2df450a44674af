/** Endpoint IDs on the wire (RFC 9171 section 4.2.5.1, RFC 9758 section 6.1). */
import { UsageError } from '../base/errors.js';
import type { CborReader } from './cbor-reader.js';
import { headLength, MAX_HEAD_BYTES, Major, writeAscii, writeHead, writeUInt } from './cbor-writer.js';
import { SCHEME_CODES } from './constants.js';
import { DTN_NONE, type DtnEid, type Eid, type IpnEid, ipnOf, isDtnSsp, isLocalNode, LOCAL_NODE } from './eid.js';
import { addUInt, type UInt } from './uint.js';

// Names of this file for what is written most: the engine takes these for numbers, and not for properties to be looked up.
const ARRAY_OF_2 = Major.array | 2;
const ARRAY_OF_3 = Major.array | 3;
const { ipn: IPN, dtn: DTN } = SCHEME_CODES;

const TWO_32 = 0x1_0000_0000;

/** What an endpoint ID takes at the most, the text of a dtn one apart: two arrays, scheme code and three integers. */
export const MAX_EID_BYTES = 3 + 3 * MAX_HEAD_BYTES;

/** Length of an endpoint ID's encoding in bytes. Throws a UsageError on an ID that must not be on the wire. */
export function eidLength(eid: Eid): number {
  if (eid.scheme === 'dtn') return eid.ssp === 'none' ? 3 : 2 + headLength(eid.ssp.length) + eid.ssp.length;
  if (eid.node >= LOCAL_NODE) checkNode(eid);
  const service = eid.wideService === undefined ? headLength(eid.service) : headLength(eid.wideService);
  if (eid.threeElement === true) return 3 + headLength(eid.allocator) + headLength(eid.node) + service;
  return 3 + headLength(eid.allocator === 0 ? eid.node : qualifiedNode(eid)) + service;
}

/** Writes an endpoint ID and returns the place behind it. Throws a UsageError on an ID that must not be on the wire. */
export function writeEid(into: Uint8Array, at: number, eid: Eid): number {
  into[at] = ARRAY_OF_2;
  if (eid.scheme === 'dtn') return writeDtn(into, at + 1, eid.ssp);
  const { node, allocator, wideService } = eid;
  if (node >= LOCAL_NODE) checkNode(eid);
  into[at + 1] = IPN;
  let behind: number;
  if (eid.threeElement === true) {
    into[at + 2] = ARRAY_OF_3;
    behind = writeUInt(into, writeUInt(into, at + 3, allocator), node);
  } else {
    into[at + 2] = ARRAY_OF_2;
    behind = writeUInt(into, at + 3, allocator === 0 ? node : qualifiedNode(eid));
  }
  return writeUInt(into, behind, wideService === undefined ? eid.service : wideService);
}

function writeDtn(into: Uint8Array, at: number, ssp: string): number {
  into[at] = DTN;
  if (ssp !== 'none') return writeAscii(into, writeHead(into, at + 1, Major.text, ssp.length), ssp);
  into[at + 1] = 0;
  return at + 2;
}

/** Reads an endpoint ID. */
export function readEid(reader: CborReader): Eid {
  return readCommonIpn(reader) ?? readAnyEid(reader);
}

/**
 * An ipn endpoint ID under the default allocator in its two-element form, read without opening one array after the other: nearly
 * all endpoint IDs are such ones. Undefined, with nothing read, for any other.
 */
function readCommonIpn(reader: CborReader): Eid | undefined {
  if (!reader.takeBytes(0x82, SCHEME_CODES.ipn, 0x82)) return undefined;
  const start = reader.offset;
  const node = reader.readUInt('eid-ipn-ssp', 'a fully qualified node number');
  if (node < LOCAL_NODE) return ipnOf(0, node as number, reader.readUInt('eid-ipn-ssp', 'a service number'), false);
  reader.offset = start - 3;
  return undefined;
}

function readAnyEid(reader: CborReader): Eid {
  const start = reader.offset;
  const count = reader.openArray('eid-shape', 'an endpoint ID as an array of scheme and scheme-specific part');
  const indefinite = reader.openedIndefinite;
  if (count !== 2) reader.failArray(count, 'eid-shape', 'an endpoint ID of 2 items');
  const scheme = reader.readUInt('eid-scheme', 'a scheme code');
  let eid: Eid;
  if (scheme === SCHEME_CODES.ipn) {
    eid = readIpn(reader);
    if (isLocalNode(eid)) reader.fail('eid-localnode', 'LocalNode must not leave its node', start);
  } else if (scheme === SCHEME_CODES.dtn) {
    eid = readDtn(reader);
  } else {
    reader.skipItem();
    return reader.fail('eid-scheme', `scheme code ${scheme}, expected 1 (dtn) or 2 (ipn)`, start);
  }
  reader.closeArray(indefinite);
  return eid;
}

function readDtn(reader: CborReader): DtnEid {
  const at = reader.offset;
  if (reader.peek() >> 5 === 0) {
    const zero = reader.readUInt('eid-dtn-ssp', 'a dtn scheme-specific part');
    if (zero !== 0) reader.fail('eid-dtn-ssp', `the integer ${zero}, expected 0 or text`, at);
    return DTN_NONE;
  }
  const ssp = reader.readAscii('eid-dtn-ssp', 'a dtn scheme-specific part of visible ASCII characters');
  if (ssp === 'none') reader.fail('eid-dtn-none-text', 'the null endpoint is encoded as the integer 0', at);
  if (!isDtnSsp(ssp)) reader.fail('eid-dtn-ssp', 'expected //node-name/demux', at);
  return { scheme: 'dtn', ssp };
}

function readIpn(reader: CborReader): IpnEid {
  const start = reader.offset;
  const count = reader.openArray('eid-ipn-ssp', 'an ipn scheme-specific part as an array');
  const indefinite = reader.openedIndefinite;
  if (count !== 2 && count !== 3) reader.failArray(count, 'eid-ipn-ssp', 'an ipn scheme-specific part of 2 or 3 items');
  let allocator: UInt = 0;
  let node: UInt;
  if (count === 3) {
    allocator = reader.readUInt('eid-ipn-ssp', 'an allocator identifier');
    node = reader.readUInt('eid-ipn-ssp', 'a node number');
    if (allocator >= TWO_32 || node >= TWO_32) {
      reader.fail('eid-ipn-range', 'allocator identifier or node number above 2^32-1', start);
    }
  } else {
    node = reader.readUInt('eid-ipn-ssp', 'a fully qualified node number');
    if (node >= TWO_32) {
      const wide = BigInt(node);
      allocator = Number(wide >> 32n);
      node = Number(wide & 0xffff_ffffn);
    }
  }
  const service = reader.readUInt('eid-ipn-ssp', 'a service number');
  reader.closeArray(indefinite);
  return ipnOf(allocator as number, node as number, service, count === 3);
}

function checkNode(eid: IpnEid): void {
  if (isLocalNode(eid)) throw new UsageError('eid-localnode', 'ipn:! stands for the node itself and must not leave it');
  if (eid.node >= TWO_32) throw new UsageError('eid-ipn-range', `node number ${eid.node} is above 2^32-1`);
}

/** Allocator and node in one number (RFC 9758 section 6.1.1). */
function qualifiedNode(eid: IpnEid): UInt {
  return eid.allocator < 0x20_0000
    ? eid.allocator * TWO_32 + eid.node
    : addUInt(BigInt(eid.allocator) << 32n, eid.node);
}
