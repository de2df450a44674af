/** The progress line of a run: one that is rewritten on a terminal, a plain one every few seconds elsewhere. */
import type { RunProgress } from '../simulator/report.js';
import type { Io } from './io.js';
import { count, duration, shorten } from './style.js';

/** Milliseconds between two states of the line on a terminal. */
const REWRITE_MS = 100;
/** Milliseconds between two plain lines. */
const PLAIN_MS = 3_000;

/** Shows texts as they come, not more often than a reader can follow. */
export class ProgressLine {
  readonly #io: Io;
  readonly #rewrites: boolean;
  readonly #isOn: boolean;
  #lastAt: number;
  #isShown = false;

  /** `plain` switches the rewriting off, for a terminal that log lines go to as well. */
  constructor(io: Io, options: { readonly quiet: boolean; readonly json: boolean; readonly plain?: boolean }) {
    this.#io = io;
    this.#isOn = !options.quiet && (!options.json || io.errIsTty);
    this.#rewrites = io.errIsTty && options.plain !== true && io.env['TERM'] !== 'dumb';
    this.#lastAt = this.#rewrites ? Number.NEGATIVE_INFINITY : io.now();
  }

  /** Shows the text when it is time for one; `text` is only called then. */
  update(text: () => string): void {
    if (!this.#isOn) return;
    const now = this.#io.now();
    if (now - this.#lastAt < (this.#rewrites ? REWRITE_MS : PLAIN_MS)) return;
    this.#lastAt = now;
    if (this.#rewrites) {
      this.#io.err(`\r\x1b[2K${shorten(text(), Math.max(20, this.#io.columns - 1))}`);
      this.#isShown = true;
    } else this.#io.err(`${text()}\n`);
  }

  /** Writes a line that stays, whatever the time. */
  note(text: string): void {
    if (!this.#isOn) return;
    this.clear();
    this.#io.err(`${text}\n`);
  }

  /** Takes the rewritten line away. */
  clear(): void {
    if (this.#isShown) this.#io.err('\r\x1b[2K');
    this.#isShown = false;
  }
}

/** A run's progress in one line. */
export function progressText(progress: RunProgress): string {
  const parts = [`t ${duration(progress.virtualSeconds)}`];
  if (progress.jobs > 0) parts.push(`jobs ${progress.jobsDone}/${progress.jobs}`);
  if (progress.phase !== '') parts.push(progress.phase);
  parts.push(`${count(progress.transmissions)} sent, ${count(progress.lost)} lost`);
  return parts.join(' | ');
}
