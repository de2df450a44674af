/** Bundles and their blocks as values (RFC 9171 sections 4.1 and 4.3). */
import type { BLOCK_TYPES, CrcTypeCode } from './constants.js';
import type { Eid } from './eid.js';
import type { UInt } from './uint.js';

/**
 * The primary block (RFC 9171 section 4.3.1). Immutable from end to end.
 *
 * `raw` holds the exact bytes received, and the encoder carries them verbatim. A decoded block has `raw` on its prototype:
 * `{ ...primary, lifetimeMs: 1 }` leaves it behind and so is encoded afresh.
 */
export interface PrimaryBlock {
  /** Bundle processing control flags; see {@link BUNDLE_FLAGS}. */
  readonly flags: UInt;
  readonly crcType: CrcTypeCode;
  readonly destination: Eid;
  readonly source: Eid;
  readonly reportTo: Eid;
  /** Milliseconds since the DTN epoch; 0 where the source had no trusted clock. */
  readonly creationTimeMs: UInt;
  readonly sequence: UInt;
  readonly lifetimeMs: UInt;
  /** Bytes of the original application data unit before this fragment; present in fragments only, as is `totalAduLength`. */
  readonly fragmentOffset?: UInt | undefined;
  /** Length of the original application data unit in bytes. */
  readonly totalAduLength?: UInt | undefined;
  readonly raw?: Uint8Array | undefined;
}

/** Any block but the primary (RFC 9171 section 4.3.2). `raw` is as in {@link PrimaryBlock}. */
export interface CanonicalBlock {
  readonly type: UInt;
  /** Unique in the bundle; 1 for the payload block and only for it. */
  readonly number: UInt;
  /** Block processing control flags; see {@link BLOCK_FLAGS}. */
  readonly flags: UInt;
  readonly crcType: CrcTypeCode;
  /** Block-type-specific data without its byte string head; in a decoded bundle a view of the input. */
  readonly data: Uint8Array;
  readonly raw?: Uint8Array | undefined;
}

/** A bundle: the primary block, then extension blocks in any order, the payload block last. */
export interface Bundle {
  readonly primary: PrimaryBlock;
  /** At least the payload block, which is the last. */
  readonly blocks: readonly CanonicalBlock[];
}

/** The content of a hop count block (RFC 9171 section 4.4.3). */
export interface HopCount {
  /** 1..255. */
  readonly limit: number;
  /** Hops so far; a count beyond 2^53-1 reads as 2^53-1, which is over every limit as well. */
  readonly count: number;
}

/**
 * A block to be sent that has its content as a value, which the encoder writes straight to its place: a node makes such blocks for
 * every bundle that it sends, and an array of a few bytes for each costs more than to encode them.
 */
interface ContentBlock<Type extends number, Content> {
  readonly type: Type;
  readonly number: UInt;
  readonly flags: UInt;
  readonly crcType: CrcTypeCode;
  readonly content: Content;
  readonly data?: undefined;
  readonly raw?: undefined;
}

/** A previous node block; its content is the node ID. */
export type PreviousNodeBlock = ContentBlock<typeof BLOCK_TYPES.previousNode, Eid>;
/** A bundle age block; its content is the age in milliseconds. */
export type BundleAgeBlock = ContentBlock<typeof BLOCK_TYPES.bundleAge, UInt>;
/** A hop count block. */
export type HopCountBlock = ContentBlock<typeof BLOCK_TYPES.hopCount, HopCount>;

/** The content of a custody transfer extension block, CTEB (CCSDS 734.6-O-1). */
export interface CustodyBlock {
  /** The custodian's number for this bundle. */
  readonly sequence: UInt;
  /** Which of the custodian's counters `sequence` belongs to; 0, one counter for each destination, cannot serve for custody. */
  readonly sequenceId: UInt;
  /** Administrative endpoint of the current custodian, which custody signals go to. */
  readonly custodian: Eid;
}

/** A custody transfer block, whose type number depends on the type profile. */
export interface CustodyTransferBlock {
  readonly type: UInt;
  readonly number: UInt;
  readonly flags: UInt;
  readonly crcType: CrcTypeCode;
  readonly content: CustodyBlock;
  readonly data?: undefined;
  readonly raw?: undefined;
}

/** A block as the encoder takes it: with its data, or with its content. */
export type OutgoingBlock = CanonicalBlock | PreviousNodeBlock | BundleAgeBlock | HopCountBlock | CustodyTransferBlock;

/** A bundle as the encoder takes it: a {@link Bundle}, or one with blocks that have a content and no data. */
export interface OutgoingBundle {
  readonly primary: PrimaryBlock;
  /** At least the payload block, which is the last. */
  readonly blocks: readonly OutgoingBlock[];
}

/** The payload block of a bundle. */
export function payloadOf(bundle: Bundle): CanonicalBlock {
  return bundle.blocks[bundle.blocks.length - 1];
}

/** The first block of the given type, or undefined. */
export function findBlock(bundle: Bundle, type: number): CanonicalBlock | undefined {
  for (const block of bundle.blocks) if (block.type === type) return block;
  return undefined;
}
