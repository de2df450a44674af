/** What one worker of a soak does with a seed: makes its case, runs it, and makes a failing one small and keeps it. */
import { keepCase } from './case-files.node.js';
import { casesOf } from './case-source.node.js';
import { CaseRunner, runCaseFile } from './run-case.node.js';
import { shrinkCase, sizeOf } from './shrink.js';
import type { CaseOutcome, SoakCase } from './soak-case.js';
import type { SeedOrder, WorkerTask } from './worker-words.js';

/** What came of a seed. */
export interface SeedResult {
  readonly outcome: CaseOutcome;
  /** The scenario file of a failing case; undefined where nothing failed, or failing cases are not kept. */
  readonly file: string | undefined;
}

/** Runs seeds one after the other. */
export class SeedRunner {
  readonly #task: WorkerTask;
  readonly #caseOf: (seed: number) => SoakCase;
  readonly #runner = new CaseRunner();
  #isHurried = false;

  /** Throws the error of a scenario file that cannot be read. */
  static async open(task: WorkerTask): Promise<SeedRunner> {
    return new SeedRunner(task, await casesOf(task));
  }

  private constructor(task: WorkerTask, caseOf: (seed: number) => SoakCase) {
    this.#task = task;
    this.#caseOf = caseOf;
  }

  /** Runs a seed; `shrinking` is called before a failing case is made small. */
  async run({ seed, isShrunk }: SeedOrder, shrinking: () => void): Promise<SeedResult> {
    const soakCase = this.#caseOf(seed);
    const outcome = await this.#runner.run(soakCase);
    const { outFolder } = this.#task;
    if (outcome.violations.length === 0 || outFolder === undefined) return { outcome, file: undefined };
    if (!isShrunk) return { outcome, file: keepCase(soakCase, outcome.violations, outFolder) };
    shrinking();
    return { outcome, file: await this.#keepShrunk(soakCase, outcome, outFolder) };
  }

  /** Takes the case that is being made small as it is by now. */
  hurry(): void {
    this.#isHurried = true;
  }

  /** Removes what it has on the disk beside the failing cases. */
  close(): void {
    this.#runner.close();
  }

  async #keepShrunk(soakCase: SoakCase, outcome: CaseOutcome, folder: string): Promise<string> {
    const checker = firstChecker(outcome);
    const hasIt = ({ violations }: CaseOutcome) => violations.some((violation) => violation.checker === checker);
    const endMs = performance.now() + this.#task.shrinkMs;
    const { soakCase: small, runs } = await shrinkCase(soakCase, checker, {
      fails: async (candidate) => hasIt(await this.#runner.run(candidate)),
      isOver: () => this.#isHurried || performance.now() > endMs,
    });
    const [before, after] = [sizeOf(soakCase), sizeOf(small)];
    const parts = (['nodes', 'contacts', 'faults', 'flows', 'jobs'] as const).map(
      (part) => `${part} ${before[part]} -> ${after[part]}`,
    );
    const again = await this.#runner.run(small);
    const file = keepCase(small, again.violations, folder, [`Made small in ${runs} runs: ${parts.join(', ')}.`]);
    // What is handed over is the file, so the file is what has to fail.
    if (hasIt(await runCaseFile(file))) return file;
    return keepCase(soakCase, outcome.violations, folder, ['Could not be made small.']);
  }
}

/** The checker that a failing case is held to while it is made small. */
function firstChecker({ violations }: CaseOutcome): string {
  return violations[0]?.checker ?? '';
}
