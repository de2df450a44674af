/**
 * How much memory the process takes, now, at its start and at most; and that what is garbage goes in time. Datagrams and payloads lie outside
 * of the heap, where V8 lets some 64 MiB of garbage gather before it looks: more than all that a busy node holds. So this asks for a
 * collection where memory has grown by a part of that.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Time between two looks, in milliseconds: at most this long garbage gathers unseen. */
const LOOK_MS = 50;

/** Growth since the last collection at which the young are collected, in bytes as {@link MemoryState} counts them. */
const MINOR_BYTES = 6 * 1024 * 1024;

/** Growth since the last full collection at which all is collected. */
const FULL_BYTES = 12 * 1024 * 1024;

/** Memory of a process in bytes: heapUsed, external and arrayBuffers together. */
export interface MemoryState {
  readonly baselineBytes: number;
  readonly bytes: number;
  readonly peakBytes: number;
}

/** Looks at the memory of this process from time to time. */
export class MemoryWatch {
  readonly #collect = collector();
  #baselineBytes = 0;
  #peakBytes = 0;
  /** What was left by the last collection of either kind, and by the last full one. */
  #afterMinorBytes = 0;
  #afterFullBytes = 0;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  /** Everything is loaded: what is taken now is the baseline. */
  begin(): void {
    this.#collect?.('full');
    this.#baselineBytes = bytesNow();
    this.#peakBytes = this.#baselineBytes;
    this.#afterMinorBytes = this.#baselineBytes;
    this.#afterFullBytes = this.#baselineBytes;
  }

  get state(): MemoryState {
    return { baselineBytes: this.#baselineBytes, bytes: this.#look(), peakBytes: this.#peakBytes };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): number {
    let bytes = bytesNow();
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
    if (this.#collect === undefined || bytes - this.#afterMinorBytes < MINOR_BYTES) return bytes;
    this.#collect('minor');
    bytes = bytesNow();
    if (bytes - this.#afterFullBytes >= FULL_BYTES) {
      this.#collect('full');
      bytes = bytesNow();
      this.#afterFullBytes = bytes;
    }
    this.#afterMinorBytes = bytes;
    return bytes;
  }
}

function bytesNow(): number {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

/** Asks V8 for a collection; undefined where it takes no such wishes. */
function collector(): ((kind: 'minor' | 'full') => void) | undefined {
  try {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as (options?: { type: 'minor' }) => void;
    return (kind) => (kind === 'minor' ? gc({ type: 'minor' }) : gc());
  } catch {
    return undefined;
  }
}
