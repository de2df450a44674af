/** Scenarios: loading them, running them, and what they report. */
export type * from './report.js';
export { type RunContact, type RunLog, type RunOptions, type RunOutcome, runScenario } from './run.node.js';
export type * from './scenario.js';
export type * from './scenario-faults.js';
export { loadScenario } from './scenario-file.node.js';
