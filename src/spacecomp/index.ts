/** The SpaceCoMP job engine: roles, messages, coordination. */
export type { JobStatus } from './coordinator.js';
export { type EngineOutput, type EngineParts, JobEngine } from './engine.js';
export type { ArrivedFile } from './role-host.js';
