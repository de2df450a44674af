/** events.jsonl, written while a run goes on: one line an event, never more than a piece of it in memory. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { RunEvent } from '../simulator/report.js';

/** Characters that are kept back until a write is worth its system call. */
const PIECE = 1 << 16;

/**
 * Writes without waiting for the event loop, which a simulation in full flight hardly ever gives back: a stream would keep
 * everything in memory until the end.
 */
export class EventLog {
  #descriptor: number | undefined;
  #waiting: string[] = [];
  #length = 0;
  /** What went wrong while writing, such as a full disk; nothing is written after it. */
  failure: Error | undefined;

  constructor(file: string) {
    this.#descriptor = openSync(file, 'w');
  }

  /** Adds one line. */
  add(event: RunEvent): void {
    if (this.failure !== undefined) return;
    const line = `${JSON.stringify(event)}\n`;
    this.#waiting.push(line);
    this.#length += line.length;
    if (this.#length >= PIECE) this.#write();
  }

  /** Writes what is left and closes the file. */
  close(): void {
    this.#write();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #write(): void {
    const bytes = Buffer.from(this.#waiting.join(''), 'utf8');
    this.#waiting = [];
    this.#length = 0;
    if (this.failure !== undefined || this.#descriptor === undefined) return;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    } catch (error) {
      this.failure = error as Error;
    }
  }
}
