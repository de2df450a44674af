/** What the codec's tests share: vectors and bundles by chance. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { UsageError } from '../../src/base/errors.js';
import {
  ALL_REPORT_FLAGS,
  BLOCK_FLAGS,
  BLOCK_TYPES,
  BUNDLE_FLAGS,
  type Bundle,
  BundleError,
  type CanonicalBlock,
  DTN_NONE,
  type Eid,
  encodeBundleAge,
  encodeHopCount,
  encodePreviousNode,
  ipn,
  isNullEid,
  MAX_UINT64,
  newBlock,
  type PrimaryBlock,
  type UInt,
  uintOf,
} from '../../src/bpv7/index.js';

/** The content of a file in test/vectors. */
export function loadVectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8')) as T;
}

/** The same bundle without `raw`, so that all of it is encoded afresh. */
export function withoutRaw(bundle: Bundle): Bundle {
  return {
    primary: { ...bundle.primary, raw: undefined },
    blocks: bundle.blocks.map((b) => ({ ...b, raw: undefined })),
  };
}

/** What `call` throws; fails where it returns or throws anything but a BundleError. */
export function bundleErrorOf(call: () => unknown): BundleError {
  try {
    call();
  } catch (thrown) {
    if (thrown instanceof BundleError) return thrown;
    throw thrown;
  }
  throw new Error('expected a BundleError, but nothing was thrown');
}

/** What `call` throws; fails where it returns or throws anything but a UsageError. */
export function usageErrorOf(call: () => unknown): UsageError {
  try {
    call();
  } catch (thrown) {
    if (thrown instanceof UsageError) return thrown;
    throw thrown;
  }
  throw new Error('expected a UsageError, but nothing was thrown');
}

/** Integers of all encoded lengths up to 2^64-1. */
export const anyUInt: fc.Arbitrary<UInt> = fc.oneof(
  fc.nat(30),
  fc.nat(70_000),
  fc.nat(Number.MAX_SAFE_INTEGER),
  fc.bigInt(0n, MAX_UINT64).map(uintOf),
);

const anyDtn: fc.Arbitrary<Eid> = fc
  .tuple(fc.stringMatching(/^[a-z0-9.\-~%]{0,12}$/), fc.stringMatching(/^[\x21-\x7d]{0,30}$/))
  .map(([node, demux]): Eid => ({ scheme: 'dtn', ssp: `//${node.replaceAll('%', '%2F')}/${demux}` }));

const anyIpn: fc.Arbitrary<Eid> = fc
  .tuple(fc.oneof(fc.constant(0), fc.nat(0xffff_ffff)), fc.nat(0xffff_fffe), anyUInt, fc.boolean())
  .map(
    ([allocator, node, service, threeElement]): Eid => ({
      scheme: 'ipn',
      allocator,
      node,
      service: Number(service),
      wideService: typeof service === 'bigint' ? service : undefined,
      threeElement: threeElement ? true : undefined,
    }),
  );

/** Endpoint IDs of both schemes, null ones among them. */
export const anyEid: fc.Arbitrary<Eid> = fc.oneof(
  fc.constantFrom<Eid>(DTN_NONE, ipn(0, 0), ipn(10, 1)),
  anyIpn,
  anyDtn,
);

const anyCrcType = fc.constantFrom(0, 1, 2) as fc.Arbitrary<0 | 1 | 2>;
const anyData = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 250, maxLength: 700 }));

/** Valid bundles of every kind that a node can meet. */
export const anyBundle: fc.Arbitrary<Bundle> = fc
  .record({
    flags: anyUInt,
    primaryCrc: fc.constantFrom(1, 2) as fc.Arbitrary<1 | 2>,
    destination: anyEid,
    source: anyEid.filter((eid) => eid.scheme === 'ipn' || !eid.ssp.split('/')[3]?.startsWith('~')),
    reportTo: anyEid,
    creationTimeMs: anyUInt,
    sequence: anyUInt,
    lifetimeMs: anyUInt,
    fragmentOffset: anyUInt.filter((offset) => offset < 2 ** 62),
    behind: fc.nat(5000),
    previousNode: fc.option(anyEid),
    ageMs: fc.option(anyUInt),
    hops: fc.option(fc.tuple(fc.integer({ min: 1, max: 255 }), fc.nat(300))),
    unknown: fc.array(
      fc.record({
        type: anyUInt.filter((t) => t > 14),
        number: anyUInt.filter((n) => n > 9),
        flags: anyUInt,
        crcType: anyCrcType,
        data: anyData,
      }),
      { maxLength: 20 },
    ),
    payload: anyData,
    payloadFlags: anyUInt,
    payloadCrc: anyCrcType,
    crcType: anyCrcType,
  })
  .map((draw) => {
    let flags = BigInt(draw.flags);
    const anonymous = isNullEid(draw.source);
    if (anonymous) flags = (flags | BigInt(BUNDLE_FLAGS.mustNotFragment)) & ~BigInt(BUNDLE_FLAGS.isFragment);
    const isAdmin = (flags & BigInt(BUNDLE_FLAGS.isAdministrativeRecord)) !== 0n;
    if (isAdmin || anonymous) flags &= ~BigInt(ALL_REPORT_FLAGS);
    if (draw.payload.length === 0) flags &= ~BigInt(BUNDLE_FLAGS.isFragment);
    const isFragment = (flags & BigInt(BUNDLE_FLAGS.isFragment)) !== 0n;
    if (isFragment) flags &= ~BigInt(BUNDLE_FLAGS.mustNotFragment);
    const primary: PrimaryBlock = {
      flags: uintOf(flags),
      crcType: draw.primaryCrc,
      destination: draw.destination,
      source: draw.source,
      reportTo: draw.reportTo,
      creationTimeMs: draw.creationTimeMs,
      sequence: draw.sequence,
      lifetimeMs: draw.lifetimeMs,
      fragmentOffset: isFragment ? draw.fragmentOffset : undefined,
      totalAduLength: isFragment
        ? uintOf(BigInt(draw.fragmentOffset) + BigInt(draw.payload.length + draw.behind))
        : undefined,
    };
    const blockFlags = (wanted: UInt): UInt =>
      isAdmin || anonymous ? uintOf(BigInt(wanted) & ~BigInt(BLOCK_FLAGS.reportIfUnprocessed)) : wanted;
    const numbers = new Set<UInt>();
    const blocks: CanonicalBlock[] = [];
    for (const { type, number, flags: wanted, crcType, data } of draw.unknown) {
      if (numbers.has(number)) continue;
      numbers.add(number);
      blocks.push({ type, number, flags: blockFlags(wanted), crcType, data });
    }
    const { previousNode, ageMs, hops, crcType } = draw;
    if (previousNode !== null)
      blocks.push(newBlock(BLOCK_TYPES.previousNode, 2, encodePreviousNode(previousNode), 0, crcType));
    if (ageMs !== null || draw.creationTimeMs === 0) {
      blocks.push(newBlock(BLOCK_TYPES.bundleAge, 3, encodeBundleAge(ageMs ?? 0), 0, crcType));
    }
    if (hops !== null) blocks.unshift(newBlock(BLOCK_TYPES.hopCount, 4, encodeHopCount(...hops), 0, crcType));
    blocks.push(newBlock(BLOCK_TYPES.payload, 1, draw.payload, blockFlags(draw.payloadFlags), draw.payloadCrc));
    return { primary, blocks };
  });
