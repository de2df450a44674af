/** events.jsonl, written while a run goes on: one line an event. */
import type { RunEvent } from '../simulator/report.js';
import { DiskWriter } from './disk-writer.js';

/** A log that is open for one run. */
export class EventLog {
  readonly #writer: DiskWriter;

  constructor(file: string) {
    this.#writer = new DiskWriter(file);
  }

  /** What went wrong while writing, such as a full disk; nothing is written after it. */
  get failure(): Error | undefined {
    return this.#writer.failure;
  }

  /** Adds one line. */
  add(event: RunEvent): void {
    if (this.failure === undefined) this.#writer.add(Buffer.from(`${JSON.stringify(event)}\n`, 'utf8'));
  }

  /** Writes what is left and closes the file. */
  close(): void {
    this.#writer.close();
  }
}
