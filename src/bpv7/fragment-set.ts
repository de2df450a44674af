/** The fragments of one bundle as they come in (RFC 9171 section 5.9): what is kept of them, and the bundle that they make. */
import type { Bundle, CanonicalBlock, PrimaryBlock } from './bundle.js';
import { payloadOf } from './bundle.js';
import { BUNDLE_FLAGS, type CrcTypeCode } from './constants.js';
import { type Eid, eidEquals } from './eid.js';
import { type ExtentComparison, ExtentList } from './extent-list.js';
import { wholePrimary } from './fragment.js';
import { type UInt, withoutFlag } from './uint.js';

/** What a set costs beside what its fragments bring: the objects, its key, its entry in the table, its primary block. */
const SET_OVERHEAD_BYTES = 1_024;

/** What a stored piece costs beside its bytes: a typed array with a buffer of its own. */
const PIECE_OVERHEAD_BYTES = 256;

/** What a kept extension block costs beside its bytes. */
const BLOCK_OVERHEAD_BYTES = 512;

/** A fragment with its place as plain numbers. */
export interface PlacedFragment {
  readonly bundle: Bundle;
  readonly offset: number;
  readonly totalBytes: number;
}

/** The fragments of one bundle that have come so far. Nothing in it refers to the bytes that they were read from. */
export class FragmentSet {
  readonly key: string;
  /** The primary block of the fragment that came first. */
  readonly primary: PrimaryBlock;
  readonly totalBytes: number;
  readonly holdUntilUs: number;
  /** Fragments that brought something new. */
  fragments = 0;
  /** Memory that the set is charged for. */
  chargedBytes = 0;
  readonly #extents = new ExtentList();
  #first: KeptFirst | undefined;

  constructor(key: string, { bundle, totalBytes }: PlacedFragment, holdUntilUs: number) {
    this.key = key;
    // A spread copy leaves `raw` behind, and with it the datagram.
    this.primary = { ...bundle.primary, raw: undefined };
    this.totalBytes = totalBytes;
    this.holdUntilUs = holdUntilUs;
  }

  /** Payload bytes that have come. */
  get receivedBytes(): number {
    return this.#extents.bytes;
  }

  get isComplete(): boolean {
    return this.#extents.bytes === this.totalBytes;
  }

  /** Whether the primary block says of the bundle what the first one said; its CRC type may differ. */
  agreesWith({ destination, reportTo, lifetimeMs, flags }: PrimaryBlock): boolean {
    const { primary } = this;
    return (
      lifetimeMs === primary.lifetimeMs &&
      wholeFlags(flags) === wholeFlags(primary.flags) &&
      eidEquals(destination, primary.destination) &&
      eidEquals(reportTo, primary.reportTo)
    );
  }

  /** Holds the payload of a fragment against what has come. */
  compare({ bundle, offset }: PlacedFragment): ExtentComparison {
    return this.#extents.compare(offset, payloadOf(bundle).data);
  }

  /** The memory that {@link insert} will charge. */
  costOf({ bundle, offset }: PlacedFragment, { gaps, newBytes }: ExtentComparison): number {
    let cost = newBytes + (gaps.length / 2) * PIECE_OVERHEAD_BYTES;
    if (this.fragments === 0) cost += SET_OVERHEAD_BYTES + 2 * this.key.length + textBytes(this.primary);
    if (offset === 0 && this.#first === undefined) {
      for (const block of bundle.blocks.slice(0, -1)) cost += costOfBlock(block);
    }
    return cost;
  }

  /** Keeps what is new of a fragment. */
  insert(fragment: PlacedFragment, comparison: ExtentComparison): void {
    this.chargedBytes += this.costOf(fragment, comparison);
    this.fragments++;
    const { bundle, offset } = fragment;
    const payload = payloadOf(bundle);
    this.#extents.insert(offset, payload.data, comparison);
    if (offset !== 0 || this.#first !== undefined) return;
    this.#first = {
      primary: { ...bundle.primary, raw: undefined },
      extensions: bundle.blocks.slice(0, -1).map(keptBlock),
      payload: { type: payload.type, number: payload.number, flags: payload.flags, crcType: payload.crcType },
    };
  }

  /** The bundle that the fragments make once all have come; undefined before. */
  whole(): Bundle | undefined {
    const first = this.#first;
    if (first === undefined || !this.isComplete) return undefined;
    const payload = { ...first.payload, data: this.#extents.join(), raw: undefined };
    return { primary: wholePrimary(first.primary), blocks: [...first.extensions, payload] };
  }
}

/** What the whole takes over from the fragment at offset 0. */
interface KeptFirst {
  readonly primary: PrimaryBlock;
  readonly extensions: readonly CanonicalBlock[];
  readonly payload: Omit<CanonicalBlock, 'data' | 'raw'>;
}

/** A block with its bytes copied out of the datagram. `raw` is no own property, as {@link CanonicalBlock} promises. */
class KeptBlock implements CanonicalBlock {
  readonly type: UInt;
  readonly number: UInt;
  readonly flags: UInt;
  readonly crcType: CrcTypeCode;
  readonly data: Uint8Array;
  readonly #raw: Uint8Array;

  constructor(block: CanonicalBlock, raw: Uint8Array) {
    this.type = block.type;
    this.number = block.number;
    this.flags = block.flags;
    this.crcType = block.crcType;
    this.data = new Uint8Array(block.data);
    this.#raw = new Uint8Array(raw);
  }

  get raw(): Uint8Array {
    return this.#raw;
  }
}

function keptBlock(block: CanonicalBlock): CanonicalBlock {
  if (block.raw !== undefined) return new KeptBlock(block, block.raw);
  return { ...block, data: new Uint8Array(block.data) };
}

function costOfBlock({ data, raw }: CanonicalBlock): number {
  return BLOCK_OVERHEAD_BYTES + data.length + (raw?.length ?? 0);
}

function wholeFlags(flags: UInt): UInt {
  return withoutFlag(flags, BUNDLE_FLAGS.isFragment);
}

/** Bytes of the texts in a primary block; a stranger's dtn endpoint may be as long as a datagram. */
function textBytes({ destination, source, reportTo }: PrimaryBlock): number {
  return 2 * (textLength(destination) + textLength(source) + textLength(reportTo));
}

function textLength(eid: Eid): number {
  return eid.scheme === 'dtn' ? eid.ssp.length : 0;
}
