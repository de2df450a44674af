/** The simulation engine as the commands see it; its code is loaded only when something is to be run. */
import type { RunOptions, RunOutcome } from '../simulator/run.node.js';
import type { Scenario } from '../simulator/scenario.js';
import type { SoakEngine } from '../soak/soak.node.js';

export type { SoakEngine };

/** Runs one scenario. Rejects with a UsageError where it cannot be run as asked. */
export type Engine = (scenario: Scenario, options?: RunOptions) => Promise<RunOutcome>;

/** The engine of this package; this process is its own from now on. */
export async function loadEngine(): Promise<Engine> {
  (await import('../simulator/heap.node.js')).keepHeapSmall();
  return (await import('../simulator/run.node.js')).runScenario;
}

/** The soak of this package, which runs the engine in threads of its own. */
export async function loadSoak(): Promise<SoakEngine> {
  return (await import('../soak/soak.node.js')).soak;
}
