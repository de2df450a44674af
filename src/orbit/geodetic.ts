/** Geodetic coordinates: the Earth as the ellipsoid of WGS-84, whose latitudes maps and GeoJSON use. */
import { EARTH_RADIUS_KM, RAD_PER_DEG } from './constants.js';
import { type EarthFixedPoint, type EarthRotation, earthFixedPointOf, type Vec3 } from './ephemeris.js';

/** Flattening of the ellipsoid. */
const FLATTENING = 1 / 298.257223563;

/** The square of its eccentricity. */
const ECCENTRICITY_2 = FLATTENING * (2 - FLATTENING);

/** A latitude that moves less than this from one step to the next is found, rad: 0.1 mm on the ground. */
const FOUND_RAD = 1e-11;

/** Steps until the latitude is found: 5 for satellites; a point near the Earth's centre, which has no geodetic latitude, ends there. */
const MAX_STEPS = 20;

/** The point of the ellipsoid below a position, with geodetic latitude and height. */
export function geodeticPointOf(position: Vec3, atUs: number, earth: EarthRotation): EarthFixedPoint {
  const { longitudeDeg, latitudeDeg } = earthFixedPointOf(position, atUs, earth);
  const [x, y, z] = position;
  const flat = Math.hypot(x, y);
  let latitude = latitudeDeg * RAD_PER_DEG;
  for (let step = 0; step < MAX_STEPS; step++) {
    const sine = Math.sin(latitude);
    const next = Math.atan2(z + curvatureKm(sine) * ECCENTRICITY_2 * sine, flat);
    const hasMoved = Math.abs(next - latitude) > FOUND_RAD;
    latitude = next;
    if (!hasMoved) break;
  }
  const [sine, cosine] = [Math.sin(latitude), Math.cos(latitude)];
  const surface = curvatureKm(sine);
  // Along the normal; this form holds at the poles too.
  const altitudeKm = flat * cosine + (z + surface * ECCENTRICITY_2 * sine) * sine - surface;
  return { latitudeDeg: latitude / RAD_PER_DEG, longitudeDeg, altitudeKm };
}

/**
 * Where a point with geodetic latitude and height lies, as the geocentric latitude and the height above the sphere that
 * earthFixedPositionKm takes, with the zenith of the ellipsoid: the inverse of {@link geodeticPointOf}.
 */
export function onEllipsoid({ latitudeDeg, longitudeDeg, altitudeKm }: EarthFixedPoint): EarthFixedPoint {
  const [sine, cosine] = [Math.sin(latitudeDeg * RAD_PER_DEG), Math.cos(latitudeDeg * RAD_PER_DEG)];
  const surface = curvatureKm(sine);
  const flat = (surface + altitudeKm) * cosine;
  const north = (surface * (1 - ECCENTRICITY_2) + altitudeKm) * sine;
  const radius = Math.hypot(flat, north);
  return {
    latitudeDeg: Math.atan2(north, flat) / RAD_PER_DEG,
    longitudeDeg,
    altitudeKm: radius - EARTH_RADIUS_KM,
    zenithLatitudeDeg: latitudeDeg,
  };
}

/** From the surface along the normal to the axis, km. */
function curvatureKm(sine: number): number {
  return EARTH_RADIUS_KM / Math.sqrt(1 - ECCENTRICITY_2 * sine * sine);
}
