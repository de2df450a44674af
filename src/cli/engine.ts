/** What the commands need of the simulation engine, and how they get it: loaded only when something is to be run. */
import type { RunEvent, RunProgress, RunReport } from '../simulator/report.js';
import type { Scenario } from '../simulator/scenario.js';

/** Takes structured log lines; pino is one. */
export interface LogSink {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** How to run a scenario. */
export interface EngineOptions {
  /** Over real sockets and wall-clock time. */
  readonly udp?: boolean;
  /** Where relative file names of processors start. */
  readonly baseDir?: string;
  readonly onProgress?: (progress: RunProgress) => void;
  readonly onEvent?: (event: RunEvent) => void;
  /** Ends the run with what it has. */
  readonly signal?: AbortSignal;
  readonly log?: LogSink;
}

/** A contact as the run used it. */
export interface UsedContact {
  readonly from: number;
  readonly to: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly interPlane: boolean;
}

/** What a run leaves behind. */
export interface EngineOutcome {
  readonly report: RunReport;
  /** The contact plan as used, in ION's text form. */
  readonly planText: string;
  readonly grid: { readonly planes: number; readonly satellitesPerPlane: number } | undefined;
  readonly contacts: readonly UsedContact[];
  /** Files that reducers gave out. */
  readonly files: readonly { readonly job: string; readonly name: string; readonly bytes: Uint8Array }[];
}

/** Runs one scenario. Rejects with a UsageError where it cannot be run as asked. */
export type Engine = (scenario: Scenario, options?: EngineOptions) => Promise<EngineOutcome>;

/** The engine of this package. */
export async function loadEngine(): Promise<Engine> {
  const module: { runScenario: Engine } = await import(ENGINE_MODULE);
  return module.runScenario;
}

const ENGINE_MODULE: string = '../simulator/run.node.js';
