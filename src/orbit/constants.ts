/** The constants of the circular two-body model. */

/** Gravitational parameter of the Earth, km^3/s^2. */
export const EARTH_MU_KM3_PER_S2 = 398_600.4418;

/** Radius of the spherical Earth, km (WGS-84 equatorial). */
export const EARTH_RADIUS_KM = 6_378.137;

/** Rotation of the Earth against the stars, rad/s. */
export const EARTH_ROTATION_RAD_PER_S = 7.2921159e-5;

/** Speed of light in vacuum, km/s. */
export const LIGHT_KM_PER_S = 299_792.458;

/** A line of sight keeps this far above the Earth, km: lower down the atmosphere bends and absorbs it. */
export const ATMOSPHERE_KM = 80;

/** Radians in a degree. */
export const RAD_PER_DEG = Math.PI / 180;
