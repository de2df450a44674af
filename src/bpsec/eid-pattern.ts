/**
 * Patterns of endpoint IDs, as policies name sources and destinations:
 *
 * | pattern | matches |
 * |---|---|
 * | `*` | every endpoint ID, the null endpoint too |
 * | `ipn:NODE.SERVICE` | endpoints of the default allocator |
 * | `ipn:ALLOCATOR.NODE.SERVICE` | endpoints of an allocator |
 * | `ipn:**` | every ipn endpoint |
 * | `dtn:none` | the null endpoint in each of its forms |
 * | `dtn://NODE/PATH` | endpoints of the dtn scheme |
 * | `dtn:**` | every dtn endpoint |
 *
 * A part of an ipn pattern is a number, `*`, or ranges such as `[10-20,30]`, both ends included. In the segments of a dtn pattern `*`
 * stands for any characters but the slash, and `**` as the last segment for all that follows, nothing included.
 */
import { UsageError } from '../base/errors.js';
import { serviceOf } from '../bpv7/eid.js';
import { type Eid, type IpnEid, isNullEid, MAX_UINT64, type UInt, uintOf } from '../bpv7/index.js';

/** A pattern that endpoint IDs are matched with. */
export interface EidPattern {
  /** The pattern as it was written. */
  readonly text: string;
  /** True where the endpoint ID is one of those meant. */
  matches(eid: Eid): boolean;
}

/** The pattern of its text. Throws a UsageError `eid-pattern` that says what is expected. */
export function parseEidPattern(text: string): EidPattern {
  return { text, matches: matcherOf(text) };
}

function matcherOf(text: string): (eid: Eid) => boolean {
  if (text === '*') return () => true;
  if (text === 'dtn:none') return isNullEid;
  if (text === 'ipn:**') return (eid) => eid.scheme === 'ipn';
  if (text === 'dtn:**') return (eid) => eid.scheme === 'dtn';
  if (text.startsWith('ipn:')) return ipnMatcher(text);
  if (text.startsWith('dtn://')) return dtnMatcher(text);
  return badPattern(text, 'expected *, ipn:..., dtn://... or dtn:none');
}

type Ranges = readonly (readonly [from: UInt, to: UInt])[];

function ipnMatcher(text: string): (eid: Eid) => boolean {
  const parts = text.slice(4).split('.');
  if (parts.length !== 2 && parts.length !== 3)
    badPattern(text, 'expected ipn:NODE.SERVICE or ipn:ALLOCATOR.NODE.SERVICE');
  const ranges = parts.map((part, i) => rangesOf(text, part, i === parts.length - 1 ? MAX_UINT64 : 0xffff_ffffn));
  const [allocators, nodes, services] = ranges.length === 3 ? ranges : [[[0, 0]] as Ranges, ...ranges];
  return (eid) => {
    if (eid.scheme !== 'ipn') return false;
    const { allocator, node }: IpnEid = eid;
    return isIn(allocators, allocator) && isIn(nodes, node) && isIn(services, serviceOf(eid));
  };
}

function rangesOf(text: string, part: string, limit: bigint): Ranges {
  if (part === '*') return [[0, uintOf(limit)]];
  const list = /^\[(.+)\]$/.exec(part)?.[1].split(',') ?? (part.includes('-') ? [''] : [part]);
  return list.map((range) => {
    const match = /^(0|[1-9]\d{0,19})(?:-(0|[1-9]\d{0,19}))?$/.exec(range);
    if (match === null)
      badPattern(text, `expected a number, * or ranges such as [10-20,30], found ${JSON.stringify(part)}`);
    const from = BigInt(match[1]);
    const to = BigInt(match[2] ?? match[1]);
    if (to > limit || from > to)
      badPattern(text, `expected numbers up to ${limit} in order, found ${JSON.stringify(range)}`);
    return [uintOf(from), uintOf(to)] as const;
  });
}

function isIn(ranges: Ranges, value: UInt): boolean {
  return ranges.some(([from, to]) => value >= from && value <= to);
}

function dtnMatcher(text: string): (eid: Eid) => boolean {
  const segments = text.slice(6).split('/');
  if (segments.length < 2) badPattern(text, 'expected dtn://NODE/PATH');
  const isOpen = segments[segments.length - 1] === '**';
  const fixed = isOpen ? segments.slice(0, -1) : segments;
  if (fixed.some((segment) => segment.includes('**'))) badPattern(text, 'expected ** as the last segment only');
  return (eid) => {
    if (eid.scheme !== 'dtn' || eid.ssp === 'none') return false;
    const found = eid.ssp.slice(2).split('/');
    if (isOpen ? found.length <= fixed.length : found.length !== fixed.length) return false;
    return fixed.every((segment, i) => isGlob(segment, found[i]));
  };
}

/** True where the text fits a pattern in which a star stands for any characters; time at most pattern times text. */
function isGlob(pattern: string, text: string): boolean {
  const pieces = pattern.split('*');
  if (pieces.length === 1) return pattern === text;
  const last = pieces[pieces.length - 1];
  if (!text.startsWith(pieces[0])) return false;
  let at = pieces[0].length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

function badPattern(text: string, problem: string): never {
  throw new UsageError('eid-pattern', `${JSON.stringify(text)} is no pattern of endpoint IDs: ${problem}`);
}
