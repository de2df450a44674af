/** Runs one case in the simulator, through the very files that `leodtn run` would read, and gathers what its checkers found. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../base/errors.js';
import type { RunReport } from '../simulator/report.js';
import { runScenario } from '../simulator/run.node.js';
import { loadScenario } from '../simulator/scenario-file.node.js';
import { writeCase } from './case-files.node.js';
import { type CaseOutcome, NO_FIGURES, type SoakCase, type Violation } from './soak-case.js';

/** A folder of its own for the cases of a thread, written over by each. */
export class CaseRunner {
  readonly #folder = mkdtempSync(join(tmpdir(), 'leodtn-soak-'));

  /** Runs a case. A run that throws is a violation of the checker `run`. */
  async run(soakCase: SoakCase): Promise<CaseOutcome> {
    try {
      return await runCaseFile(writeCase(soakCase, this.#folder, 'case'));
    } catch (error) {
      return { ...NO_FIGURES, violations: [thrown(error)] };
    }
  }

  /** Removes the folder. */
  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Runs a scenario file; what its run throws is a violation of the checker `run`. */
export async function runCaseFile(path: string, signal?: AbortSignal): Promise<CaseOutcome> {
  try {
    const scenario = await loadScenario(path);
    const { report } = await runScenario(scenario, signal === undefined ? {} : { signal });
    return outcomeOf(report);
  } catch (error) {
    return { ...NO_FIGURES, violations: [thrown(error)] };
  }
}

/** What the report of a run comes to. */
export function outcomeOf({ checks, network, jobs }: RunReport): CaseOutcome {
  const jobsDone = jobs.filter(({ state }) => state === 'done').length;
  return {
    bundles: network.bundlesSourced,
    crashes: network.crashes,
    jobsDone,
    jobsFailed: jobs.length - jobsDone,
    violations: checks.filter(({ ok }) => !ok).map(({ name, detail }) => ({ checker: checkerKey(name), detail })),
  };
}

/** The key of a checker: its name up to the colon, or its first word. */
function checkerKey(name: string): string {
  return (name.split(':')[0] as string).split(' ')[0] as string;
}

function thrown(error: unknown): Violation {
  const where = error instanceof Error ? (error.stack?.split('\n')[1]?.trim() ?? '') : '';
  return { checker: 'run', detail: `the run threw: ${messageOf(error)} ${where}`.trim() };
}
