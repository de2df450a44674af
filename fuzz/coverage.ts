/**
 * Which code inputs reach, by V8's own block coverage of this thread. It makes code slower, so it guides the first part of a run and
 * is then switched off; what it found stays in the corpus.
 */
import { type Profiler, Session } from 'node:inspector';

/** The modules under test. */
const UNDER_TEST = /\/src\/(?:bpv7|bpsec|base)\//;

/** Block coverage of the modules under test. */
export class Coverage {
  readonly #session = new Session();
  readonly #known = new Set<string>();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Number of blocks of code that inputs reached so far. */
  get blocks(): number {
    return this.#known.size;
  }

  /** Blocks reached since the last call that are not marked as known. */
  takeNew(): string[] {
    let result: readonly Profiler.ScriptCoverage[] = [];
    // Commands to the thread's own session are answered before the call returns.
    this.#session.post('Profiler.takePreciseCoverage', (_, answer) => {
      result = answer.result;
    });
    const reached: string[] = [];
    for (const { url, functions } of result) {
      if (!UNDER_TEST.test(url)) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          const name = `${url} ${startOffset} ${endOffset}`;
          if (count > 0 && !this.#known.has(name)) reached.push(name);
        }
      }
    }
    return reached;
  }

  /** From now on these are not new. */
  mark(blocks: readonly string[]): void {
    for (const name of blocks) this.#known.add(name);
  }

  /** Switches coverage off. */
  stop(): void {
    this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }
}
