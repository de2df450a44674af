/** Constellations on circular orbits: positions, +Grid contact plans with crossover outages, and areas of interest. */
export {
  ATMOSPHERE_KM,
  EARTH_MU_KM3_PER_S2,
  EARTH_RADIUS_KM,
  EARTH_ROTATION_RAD_PER_S,
  LIGHT_KM_PER_S,
  RAD_PER_DEG,
} from './constants.js';
export { type GeographicBox, satellitesInGrid, satellitesOverBox } from './coverage.js';
export { CrossPlaneLink, intraPlaneKm, lightUs, lineOfSightKm, type Window } from './crossover.js';
export { type ConstellationPlanOptions, constellationPlan, type GridLink, gridLinks } from './grid-links.js';
export {
  argumentOfLatitudeRad,
  ascendingNodeRad,
  checkShell,
  meanMotionRadPerS,
  nodeNumber,
  periodUs,
  positionKm,
  type SubSatellitePoint,
  satelliteCount,
  satelliteName,
  semiMajorAxisKm,
  startingArgumentRad,
  subSatellitePoint,
  type WalkerShell,
} from './walker.js';
