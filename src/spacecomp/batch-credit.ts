/**
 * The credit between a collector and its mapper. Batches that arrive at a mapper wait there in memory for their turn, and a mapper may be
 * slower than its collector by any factor; so a collector stops reading while too much of what it sent has not been run, and a mapper
 * says from time to time how far it is. Both count in the same way, each what it has seen itself.
 *
 * A job whose collectors give less than {@link CREDIT_STEP_BYTES} each knows nothing of it.
 */

/** What a collector may have sent beyond what its mapper is known to have run: what a mapper has waiting at most, and a batch. */
export const CREDIT_WINDOW_BYTES = 16 * 1024 * 1024;

/**
 * A mapper that has run so much since it last said so says so again. Well below the window, so that a collector whose mapper keeps pace
 * need not stop for the time that the word takes to come back; large, so that ordinary jobs send nothing more.
 */
export const CREDIT_STEP_BYTES = 4 * 1024 * 1024;

/** What a batch and a record cost in memory beside their text, so that empty ones are not free. */
const BATCH_BYTES = 256;
const RECORD_BYTES = 64;

/** What counts of a batch: its records as JSON texts and its files, with `filesBytes` together. */
export function batchBytes(records: readonly string[], filesBytes: number): number {
  let bytes = BATCH_BYTES + filesBytes;
  for (const record of records) bytes += RECORD_BYTES + record.length;
  return bytes;
}

/** What a collector has sent and its mapper is not known to have run. */
export class SentBatches {
  /** Oldest first. */
  readonly #waiting: { readonly batch: number; readonly bytes: number }[] = [];
  #bytes = 0;
  #taken = 0;

  /** Whether the collector has to stop. */
  get isFull(): boolean {
    return this.#bytes >= CREDIT_WINDOW_BYTES;
  }

  /** A batch was sent, now or before a restart. */
  sent(batch: number, bytes: number): void {
    if (batch <= this.#taken) return;
    this.#waiting.push({ batch, bytes });
    this.#bytes += bytes;
  }

  /** The mapper has run all batches up to this one; false where that is no news. After a restart the word may come before the batch. */
  taken(batch: number): boolean {
    if (batch <= this.#taken) return false;
    this.#taken = batch;
    const count = this.#waiting.findIndex((each) => each.batch > batch);
    for (const { bytes } of this.#waiting.splice(0, count < 0 ? this.#waiting.length : count)) this.#bytes -= bytes;
    return true;
  }
}

/** What a mapper has run and not said yet. */
export class RunBatches {
  #bytes = 0;

  /** Another batch was run; true where it is time to say so. */
  run(bytes: number): boolean {
    this.#bytes += bytes;
    if (this.#bytes < CREDIT_STEP_BYTES) return false;
    this.#bytes = 0;
    return true;
  }
}
