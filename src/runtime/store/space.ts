/**
 * How much more a store may take: by its own quota, and by what the disk has left. It owns the arithmetic and the reserve that is kept
 * for administrative traffic, and asks nobody: what the disk and the index say is handed to it.
 */

/** Bounds on the disk space of a store. */
export interface SpaceLimits {
  /** Most that the store takes on the disk, in bytes. */
  readonly diskBytes: number;
  /** Of that and of what the disk has left, so much is kept for administrative traffic and for removals, which write too. */
  readonly reserveBytes: number;
}

/** The reserve unless told otherwise, in bytes: some ten thousand signals, and what removals write. */
export const DEFAULT_RESERVE_BYTES = 16 * 1024 ** 2;

/** What the disk and the index say at one moment. */
export interface SpaceSample {
  /** What the file system has left for this process. */
  readonly freeBytes: number;
  /** Pages of the index that hold something, and files. */
  readonly usedBytes: number;
  /** Pages of the index file that hold nothing and are written next. */
  readonly reusableBytes: number;
}

/** What a record takes on the disk beside its bundle: its state, keys, and pages that are not full. */
const RECORD_OVERHEAD_BYTES = 1_024;

/** What a bundle of so many bytes may take on the disk. */
export function diskBytesOf(bundleBytes: number): number {
  return bundleBytes + (bundleBytes >> 2) + RECORD_OVERHEAD_BYTES;
}

/** Keeps count between samples. */
export class SpaceGauge {
  readonly #limits: SpaceLimits;
  #sample: SpaceSample = { freeBytes: 0, usedBytes: 0, reusableBytes: 0 };
  /** Put since the sample, whether it left again or not: that the next sample says. */
  #putBytes = 0;

  constructor(limits: SpaceLimits) {
    this.#limits = limits;
  }

  /** Counts a bundle that was put. */
  put(bundleBytes: number): void {
    this.#putBytes += diskBytesOf(bundleBytes);
  }

  /** Takes a new look; `unwrittenBytes` is what was put and is on its way to the disk yet, as bundles. */
  look(sample: SpaceSample, unwrittenBytes: number): void {
    this.#sample = sample;
    this.#putBytes = unwrittenBytes;
  }

  /** Bytes that may still be put, of bundles that are no administrative traffic; below 0 where the reserve is touched. */
  get leftBytes(): number {
    const { freeBytes, usedBytes, reusableBytes } = this.#sample;
    const { diskBytes, reserveBytes } = this.#limits;
    return Math.min(diskBytes - usedBytes, freeBytes + reusableBytes) - reserveBytes - this.#putBytes;
  }

  /** Whether a bundle of so many bytes finds room. */
  hasSpaceFor(bundleBytes: number): boolean {
    return diskBytesOf(bundleBytes) <= this.leftBytes;
  }
}
