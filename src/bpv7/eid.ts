/** Endpoint IDs as values and as text (RFC 9171 section 4.2.5, RFC 9758). */
import { UsageError } from '../base/errors.js';
import type { UInt } from './uint.js';

/** An endpoint ID in one of the two schemes. */
export type Eid = IpnEid | DtnEid;

/** An endpoint ID of the ipn scheme: the node (allocator, node) and the service at it. */
export interface IpnEid {
  readonly scheme: 'ipn';
  /** Allocator identifier, 0..2^32-1; 0 for the default allocator. */
  readonly allocator: number;
  /** Node number, 0..2^32-1, unique under its allocator. */
  readonly node: number;
  /**
   * Service number; 0 is the administrative endpoint. A service number above 2^53-1, which only a foreign node may bring, is
   * rounded here, and exact in `wideService`.
   */
  readonly service: number;
  /** The service number where it exceeds 2^53-1. */
  readonly wideService?: bigint | undefined;
  /** Encoded as three elements, which is the form of choice for an allocator other than 0 (RFC 9758 section 6.1). */
  readonly threeElement?: true | undefined;
}

/** An endpoint ID of the dtn scheme. `ssp` is `none` for the null endpoint, else `//node/demux`. */
export interface DtnEid {
  readonly scheme: 'dtn';
  readonly ssp: string;
}

/** The null endpoint. */
export const DTN_NONE: DtnEid = { scheme: 'dtn', ssp: 'none' };

/** The node number that stands for the node itself, under allocator 0; never on the wire (RFC 9758 section 5.4). */
export const LOCAL_NODE = 0xffff_ffff;

const MAX_UINT32 = 0xffff_ffff;
const MAX_SERVICE = 0xffff_ffff_ffff_ffffn;

/** The ipn endpoint ID of a service at a node of the default allocator. */
export function ipn(node: number, service: number): IpnEid {
  const place = (Math.imul(node, 31) + service) & (RECENT_EIDS - 1);
  const recent = recentEids[place];
  if (recent !== undefined && recent.node === node && recent.service === service) return recent;
  const eid: IpnEid = { scheme: 'ipn', allocator: 0, node, service, wideService: undefined, threeElement: undefined };
  recentEids[place] = eid;
  return eid;
}

/** Endpoint IDs that were made not long ago, to be given again: a node meets the same few in each bundle. A power of two. */
const RECENT_EIDS = 256;
const recentEids = new Array<IpnEid | undefined>(RECENT_EIDS).fill(undefined);

/** True for the null endpoint in any of its forms: dtn:none and every ipn endpoint at node 0.0 (RFC 9758). */
export function isNullEid(eid: Eid): boolean {
  return eid.scheme === 'ipn' ? eid.node === 0 && eid.allocator === 0 : eid.ssp === 'none';
}

/** True for ipn endpoint IDs of the node that it is used on (RFC 9758 section 5.4). */
export function isLocalNode(eid: Eid): boolean {
  return eid.scheme === 'ipn' && eid.node === LOCAL_NODE && eid.allocator === 0;
}

/** True where at most one node can be a member: all but dtn endpoints whose demux starts with a tilde. */
export function isSingleton(eid: Eid): boolean {
  if (eid.scheme === 'ipn' || eid.ssp === 'none') return true;
  return eid.ssp.charCodeAt(eid.ssp.indexOf('/', 2) + 1) !== 0x7e;
}

/** The service number in full. */
export function serviceOf(eid: IpnEid): UInt {
  return eid.wideService ?? eid.service;
}

/** True where both name the same endpoint, however they are encoded. */
export function eidEquals(a: Eid, b: Eid): boolean {
  if (a === b) return true;
  if (a.scheme === 'ipn' && b.scheme === 'ipn') {
    if (a.node === b.node && a.allocator === b.allocator && serviceOf(a) === serviceOf(b)) return true;
  } else if (a.scheme === 'dtn' && b.scheme === 'dtn') {
    return a.ssp === b.ssp;
  }
  return isNullEid(a) && isNullEid(b);
}

/** The text of an endpoint ID: `ipn:[allocator.]node.service`, `ipn:!.service`, `dtn:none` or `dtn://node/demux`. */
export function eidToString(eid: Eid): string {
  if (eid.scheme === 'dtn') return `dtn:${eid.ssp}`;
  const service = serviceOf(eid);
  if (isLocalNode(eid)) return `ipn:!.${service}`;
  return eid.allocator === 0 ? `ipn:${eid.node}.${service}` : `ipn:${eid.allocator}.${eid.node}.${service}`;
}

/** The endpoint ID of its text. Throws a UsageError that says what is expected. */
export function parseEid(text: string): Eid {
  if (text === 'dtn:none') return DTN_NONE;
  if (text.startsWith('dtn:')) {
    const ssp = text.slice(4);
    if (isDtnSsp(ssp)) return { scheme: 'dtn', ssp };
    return badText(text, 'dtn:none or dtn://node-name/demux');
  }
  const match = /^ipn:(?:(0|[1-9]\d*)\.)?(0|[1-9]\d*|!)\.(0|[1-9]\d*)$/.exec(text);
  if (match === null || (match[1] !== undefined && match[2] === '!')) {
    return badText(
      text,
      'ipn:[allocator.]node.service without leading zeros, ipn:!.service, dtn:none or dtn://node-name/demux',
    );
  }
  const allocator = Number(match[1] ?? 0);
  const node = match[2] === '!' ? LOCAL_NODE : Number(match[2]);
  const service = BigInt(match[3]);
  if (allocator > MAX_UINT32 || node > MAX_UINT32 || service > MAX_SERVICE) {
    return badText(text, 'allocator and node below 2^32 and service below 2^64');
  }
  return ipnOf(allocator, node, service <= 9_007_199_254_740_991n ? Number(service) : service, allocator !== 0);
}

/** An ipn endpoint ID of all its parts, which must be in range. */
export function ipnOf(allocator: number, node: number, service: UInt, threeElement: boolean): IpnEid {
  return {
    scheme: 'ipn',
    allocator,
    node,
    service: Number(service),
    wideService: typeof service === 'bigint' ? service : undefined,
    threeElement: threeElement ? true : undefined,
  };
}

/**
 * True for the scheme-specific part of a dtn endpoint other than the null endpoint: `//`, a reg-name that may be empty (RFC
 * 3986 section 3.2.2), a slash, and visible ASCII characters (RFC 9171 section 4.2.5.1.1).
 */
export function isDtnSsp(ssp: string): boolean {
  return /^\/\/(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*\/[\x21-\x7e]*$/.test(ssp);
}

function badText(text: string, expected: string): never {
  throw new UsageError('eid-text', `${JSON.stringify(text)} is no endpoint ID: expected ${expected}`);
}
