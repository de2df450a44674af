/** Runs a target in a thread of its own with a bound on memory, and watches it: a hang or exhausted memory is a finding as well. */
import { Worker } from 'node:worker_threads';
import type { CampaignResult, Finding } from './campaign.js';

/** A case that has not ended after this is a hang. The longest regular ones take some milliseconds. */
const HANG_MS = 10_000;

const POLL_MS = 500;

/** Heap of the thread: some tens of times what the corpus, the counters and the longest input need. */
const MAX_HEAP_MB = 512;

/** Room for the input under way; longer ones are shown cut. */
const SLOT_BYTES = 1_048_576;

/** What a thread is to do. */
export interface Assignment {
  readonly targetName: string;
  readonly seed: number;
  readonly cases: number;
  readonly milliseconds: number;
  readonly slot: SharedArrayBuffer;
}

/** The input under way, in memory that both threads see. */
export class InputSlot {
  /** Number of inputs so far, and the length of the last. */
  readonly #numbers: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.#numbers = new Int32Array(memory, 0, 2);
    this.#bytes = new Uint8Array(memory, 8);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(8 + SLOT_BYTES);
  }

  /** Number of inputs so far, modulo 2^32. */
  get count(): number {
    return Atomics.load(this.#numbers, 0);
  }

  put(input: Uint8Array): void {
    const shown = input.length <= SLOT_BYTES ? input : input.subarray(0, SLOT_BYTES);
    this.#bytes.set(shown);
    this.#numbers[1] = shown.length;
    Atomics.add(this.#numbers, 0, 1);
  }

  take(): Uint8Array {
    return this.#bytes.slice(0, this.#numbers[1]);
  }
}

/** The result of a thread, or the finding that it hung or ran out of memory. */
export function superviseTarget(assignment: Omit<Assignment, 'slot'>, hangMs = HANG_MS): Promise<CampaignResult> {
  const slot = InputSlot.memory();
  const input = new InputSlot(slot);
  const worker = new Worker(new URL('./worker-entry.mjs', import.meta.url), {
    workerData: { ...assignment, slot } satisfies Assignment,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  return new Promise((resolve) => {
    let lastCount = -1;
    let lastChangeMs = performance.now();
    const watch = setInterval(() => {
      const { count } = input;
      if (count !== lastCount) lastChangeMs = performance.now();
      lastCount = count;
      if (count > 0 && performance.now() - lastChangeMs > hangMs) end(`hang: a case has not ended after ${hangMs} ms`);
    }, POLL_MS);
    const end = (outcome: string | CampaignResult): void => {
      clearInterval(watch);
      void worker.terminate();
      resolve(typeof outcome === 'string' ? failed(assignment, input, outcome) : outcome);
    };
    worker.once('message', end);
    worker.once('error', (error) => end(`${error.name}: ${error.message}`));
  });
}

function failed({ targetName, seed }: Omit<Assignment, 'slot'>, input: InputSlot, message: string): CampaignResult {
  const hex = Buffer.from(input.take()).toString('hex');
  const finding: Finding = { target: targetName, seed, message, hex };
  return { target: targetName, cases: input.count, corpus: 0, blocks: 0, counts: {}, findings: [finding] };
}
