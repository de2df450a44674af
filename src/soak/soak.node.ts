/** A soak: hands seeds to workers, watches that each run ends, and adds up what they found. */
import { Worker } from 'node:worker_threads';
import { messageOf } from '../base/errors.js';
import { keepCase } from './case-files.node.js';
import { casesOf } from './case-source.node.js';
import { type CaseSource, NO_FIGURES, type RunFigures, type SoakCase, type Violation } from './soak-case.js';
import type { Order, SeedOrder, WorkerTask, WorkerWord } from './worker-words.js';

/** A run that takes longer than this on the wall clock hangs, in milliseconds: a hundred times what the slowest case takes. */
const HANG_MS = 60_000;

/** After this, what is left of a seed that is being made small counts as hanging too, beyond the time that it is given. */
const SHRINK_GRACE_MS = 30_000;

/** How long a failing case is made small at the most, in milliseconds. */
const SHRINK_MS = 45_000;

/** Failing seeds beyond these are kept as they are: whoever has so many starts with the small ones. */
const MAX_SHRUNK_SEEDS = 20;

/** How often the watch looks whether a worker hangs, in milliseconds. */
const WATCH_MS = 250;

/** The thread of a worker. */
const WORKER_ENTRY = new URL('./worker.node.js', import.meta.url);

/** What is soaked, and for how long. */
export interface SoakOptions extends CaseSource {
  readonly firstSeed: number;
  /** The last seed, itself included; Infinity for as many as the time allows. */
  readonly lastSeed: number;
  readonly workers: number;
  /** Folder for failing cases; undefined where they are not kept. */
  readonly outFolder: string | undefined;
  /** Ends the soak with what it has: it was interrupted, or its time is over. */
  readonly signal: AbortSignal;
  /** Called after each seed. */
  readonly onSeed?: ((totals: SoakTotals) => void) | undefined;
  readonly onViolations?:
    | ((seed: number, violations: readonly Violation[], file: string | undefined) => void)
    | undefined;
  /** Called when a failing seed is about to be made small. */
  readonly onShrinking?: ((seed: number) => void) | undefined;
  /** The longest that a run may take on the wall clock, in milliseconds. */
  readonly hangMs?: number;
  /** The file that a worker's thread runs. */
  readonly workerEntry?: URL;
}

/** A violation with its seed. */
export interface SeedViolation extends Violation {
  readonly seed: number;
  /** The scenario file that shows it; null where it could not be kept. */
  readonly file: string | null;
}

/** What a soak comes to, over the seeds that have been run. */
export interface SoakTotals extends RunFigures {
  readonly seedsRun: number;
  /** Ascending by seed. */
  readonly violations: readonly SeedViolation[];
}

/** Runs the seeds. Throws the UsageError of a scenario that cannot be flown, and an Error where no worker can be started. */
export async function soak(options: SoakOptions): Promise<SoakTotals> {
  return new Soak(options, await casesOf(options)).run();
}

/** A soak as a command sees it. */
export type SoakEngine = typeof soak;

/** A worker and what it is at. */
interface Station {
  readonly worker: Worker;
  seed: number | undefined;
  /** When its present seed hangs, by the wall clock's milliseconds. */
  hangsAtMs: number;
}

class Soak {
  readonly #options: SoakOptions;
  readonly #caseOf: (seed: number) => SoakCase;
  readonly #hangMs: number;
  readonly #stations = new Set<Station>();
  readonly #violations: SeedViolation[] = [];
  #figures: RunFigures = NO_FIGURES;
  #seedsRun = 0;
  #failedSeeds = 0;
  #nextSeed: number;
  #settle: { resolve: (totals: SoakTotals) => void; reject: (error: unknown) => void } | undefined;

  constructor(options: SoakOptions, caseOf: (seed: number) => SoakCase) {
    this.#options = options;
    this.#caseOf = caseOf;
    this.#hangMs = options.hangMs ?? HANG_MS;
    this.#nextSeed = options.firstSeed;
  }

  async run(): Promise<SoakTotals> {
    const { workers, firstSeed, lastSeed, signal } = this.#options;
    const watch = setInterval(() => this.#watch(), WATCH_MS);
    const stop = () => this.#stop();
    signal.addEventListener('abort', stop);
    try {
      return await new Promise<SoakTotals>((resolve, reject) => {
        this.#settle = { resolve, reject };
        for (let i = 0; i < Math.min(workers, lastSeed - firstSeed + 1); i++) this.#start();
      });
    } finally {
      clearInterval(watch);
      signal.removeEventListener('abort', stop);
      for (const { worker } of this.#stations) void worker.terminate();
    }
  }

  #start(): void {
    const { profile, scenario, outFolder } = this.#options;
    const task: WorkerTask = { profile, scenario, outFolder, shrinkMs: SHRINK_MS };
    const worker = new Worker(this.#options.workerEntry ?? WORKER_ENTRY, { workerData: task });
    const station: Station = { worker, seed: undefined, hangsAtMs: Number.POSITIVE_INFINITY };
    this.#stations.add(station);
    worker.on('message', (word: WorkerWord) => this.#heard(station, word));
    worker.on('error', (error) => this.#broken(station, error));
    worker.on('exit', () => this.#gone(station));
  }

  #heard(station: Station, word: WorkerWord): void {
    switch (word.kind) {
      case 'ready':
        break;
      case 'shrinking':
        station.hangsAtMs = performance.now() + SHRINK_MS + SHRINK_GRACE_MS + this.#hangMs;
        this.#options.onShrinking?.(word.seed);
        return;
      case 'done':
        this.#done(word.seed, word.outcome, word.outcome.violations, word.file);
    }
    this.#next(station);
  }

  /** Gives a worker its next seed, or lets it go. */
  #next(station: Station): void {
    const { lastSeed, signal } = this.#options;
    station.seed = undefined;
    station.hangsAtMs = Number.POSITIVE_INFINITY;
    if (signal.aborted || this.#nextSeed > lastSeed) {
      this.#order(station, 'end');
      return;
    }
    const order: SeedOrder = { seed: this.#nextSeed++, isShrunk: this.#failedSeeds < MAX_SHRUNK_SEEDS };
    station.seed = order.seed;
    station.hangsAtMs = performance.now() + this.#hangMs;
    this.#order(station, order);
  }

  #done(seed: number, figures: RunFigures, violations: readonly Violation[], file: string | undefined): void {
    this.#seedsRun++;
    this.#figures = {
      bundles: this.#figures.bundles + figures.bundles,
      crashes: this.#figures.crashes + figures.crashes,
      jobsDone: this.#figures.jobsDone + figures.jobsDone,
      jobsFailed: this.#figures.jobsFailed + figures.jobsFailed,
    };
    if (violations.length > 0) {
      this.#failedSeeds++;
      for (const violation of violations) this.#violations.push({ seed, ...violation, file: file ?? null });
      this.#options.onViolations?.(seed, violations, file);
    }
    this.#options.onSeed?.(this.#totals());
  }

  /** A worker's thread failed: a fault of its own while it starts, a violation while it runs a seed. */
  #broken(station: Station, error: unknown): void {
    const { seed } = station;
    if (seed === undefined) this.#settle?.reject(error);
    else this.#lost(station, seed, `the run brought its thread down: ${messageOf(error)}`);
  }

  #watch(): void {
    const nowMs = performance.now();
    for (const station of this.#stations) {
      if (station.seed === undefined || nowMs < station.hangsAtMs) continue;
      this.#lost(
        station,
        station.seed,
        `the run has not ended after ${Math.round(this.#hangMs / 1000)} s on the wall clock`,
      );
    }
  }

  /** Ends a worker that will not come back from its seed, and puts another one in its place. */
  #lost(station: Station, seed: number, detail: string): void {
    station.seed = undefined;
    void station.worker.terminate();
    const violations = [{ checker: 'run', detail }];
    const { outFolder } = this.#options;
    const file = outFolder === undefined ? undefined : keepCase(this.#caseOf(seed), violations, outFolder);
    this.#done(seed, NO_FIGURES, violations, file);
    if (!this.#options.signal.aborted && this.#nextSeed <= this.#options.lastSeed) this.#start();
  }

  /** Whoever is at a seed finishes it, and makes a failing one no smaller. */
  #stop(): void {
    for (const station of this.#stations) this.#order(station, station.seed === undefined ? 'end' : 'hurry');
  }

  #order(station: Station, order: Order): void {
    station.worker.postMessage(order);
  }

  #gone(station: Station): void {
    this.#stations.delete(station);
    if (this.#stations.size === 0) this.#settle?.resolve(this.#totals());
  }

  #totals(): SoakTotals {
    const violations = this.#violations.slice().sort((a, b) => a.seed - b.seed);
    return { seedsRun: this.#seedsRun, ...this.#figures, violations };
  }
}
