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
export { CrossPlaneLink, intraPlaneKm, lightUs, lineOfSightKm } from './crossover.js';
export {
  angleRad,
  CircularOrbit,
  distanceKm,
  type EarthFixedPoint,
  type EarthRotation,
  type Ephemeris,
  earthFixedPointOf,
  earthFixedPositionKm,
  GREENWICH_AT_X,
  type OrbitBounds,
  type Vec3,
  walkerEphemerides,
} from './ephemeris.js';
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
export {
  intersectWindows,
  mergeWindows,
  searchWindows,
  subtractWindows,
  type Window,
  type WindowSearch,
} from './window-search.js';
