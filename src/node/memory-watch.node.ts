/** How much memory the process takes, now, at its start and at most. */

/** Time between two looks, in milliseconds: a peak of any length is seen, at a cost that is none. */
const LOOK_MS = 100;

/** Memory of a process in bytes: heapUsed, external and arrayBuffers together. */
export interface MemoryState {
  readonly baselineBytes: number;
  readonly bytes: number;
  readonly peakBytes: number;
}

/** Looks at the memory of this process from time to time. */
export class MemoryWatch {
  readonly #baselineBytes: number;
  #peakBytes: number;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#baselineBytes = bytesNow();
    this.#peakBytes = this.#baselineBytes;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  get state(): MemoryState {
    return { baselineBytes: this.#baselineBytes, bytes: this.#look(), peakBytes: this.#peakBytes };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): number {
    const bytes = bytesNow();
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
    return bytes;
  }
}

function bytesNow(): number {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}
