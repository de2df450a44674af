/** Satellites on circular orbits and real ones: positions, +Grid contact plans with crossover outages, and areas of interest. */
export { type AreaShape, type EarthArea, type GeographicBox, type GeographicCircle, shapeOf, unionOf } from './area.js';
export {
  ATMOSPHERE_KM,
  EARTH_MU_KM3_PER_S2,
  EARTH_RADIUS_KM,
  EARTH_ROTATION_RAD_PER_S,
  LIGHT_KM_PER_S,
  RAD_PER_DEG,
} from './constants.js';
export { satellitesInGrid, satellitesOverArea } from './coverage.js';
export {
  type CoverageOptions,
  type CoveragePass,
  type CoverageTotals,
  coveragePasses,
  coverageTotals,
  coverageWindows,
  reachRad,
} from './coverage-windows.js';
export {
  type CrossoverLimits,
  CrossPlaneLink,
  intraPlaneKm,
  lightUs,
  lineOfSightKm,
  neighbouringPlanes,
  type PlanePair,
  seamPlanes,
} from './crossover.js';
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
  zenithOf,
} from './ephemeris.js';
export { geodeticPointOf, onEllipsoid } from './geodetic.js';
export { type GeoJsonArea, readGeoJson } from './geojson.js';
export {
  type ConstellationPlanOptions,
  checkRing,
  constellationPlan,
  type GridLink,
  type GridLinkWindows,
  type GridOptions,
  gridLinks,
  gridLinkWindows,
} from './grid-links.js';
export {
  groundPasses,
  highestElevationDeg,
  PASS_STEP_US,
  PASS_TOLERANCE_US,
  type PassLimits,
  UNBOUNDED_STEP_US,
} from './ground-passes.js';
export {
  addContacts,
  type ContactRules,
  constantLength,
  cutWindow,
  DISTANCE_STEP_US,
  type LinkLength,
  sampledLength,
} from './link-contacts.js';
export {
  BOLTZMANN_J_PER_K,
  budgetBytesPerSecond,
  checkRate,
  freeSpaceLossDb,
  type LinkBudget,
  type LinkRate,
  rateAt,
  rateOfBudget,
  rateRangeKm,
} from './link-rate.js';
export { latestElements, latestEpochUnixUs, MAX_ELEMENT_SETS, type MeanElements } from './mean-elements.js';
export {
  CANDIDATES_PER_TERMINAL,
  type NearestLink,
  type NearestMember,
  type NearestOptions,
  nearestLinks,
} from './nearest-links.js';
export { readOmm } from './omm.js';
export { type OutageRates, randomOutages } from './outages.js';
export { type GeographicPoint, MAX_AREA_POINTS, type Ring, unwrappedLongitudesDeg } from './polygon.js';
export { ELEMENTS_LIFE_US, positionsEndUs, Sgp4Orbit, siderealRotation } from './sgp4.js';
export { looksLikeTle, readTle } from './tle.js';
export {
  absoluteLatitudeDeg,
  coverageAngleRad,
  elevationRad,
  pointingRateRadPerS,
  type StateVector,
  sightLimitKm,
  sightMarginKm,
  stateOf,
} from './visibility.js';
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
