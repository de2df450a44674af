/** Constellations as files, and the contact plans that are made of them. */
export type {
  Constellation,
  Maintenance,
  NearestRule,
  OutageRules,
  SatelliteGroup,
  ShellGrid,
  Station,
} from './constellation.js';
export { sourcesOf } from './elements.js';
export {
  type ConstellationForm,
  constellationForm,
  constellationJsonSchema,
  DEFAULT_GROUND_BYTES_PER_SECOND,
  DEFAULT_SATELLITE_BYTES_PER_SECOND,
  MAX_HORIZON_SECONDS,
} from './form.js';
export {
  type GeneratedPlan,
  type GenerateProgress,
  generatePlan,
  MAX_PLAN_CONTACTS,
  type PlanSummary,
} from './generate.js';
export type { LinkKind } from './link-form.js';
export {
  type ConstellationSources,
  MAX_CONSTELLATION_SATELLITES,
  type NamedEphemeris,
  NO_SOURCES,
  parseConstellationForm,
  resolveConstellation,
} from './resolve.js';
export { checkShellForm, MAX_GRID_SIDE, MAX_SATELLITES, type ShellForm, shellFields } from './shell-form.js';
