/**
 * Polygons on the Earth. An edge is straight in longitude and latitude, as RFC 7946 section 3.1.1 has it: an edge between two points
 * of one parallel runs along the parallel. Between longitudes that are more than half a turn apart it takes the shorter way, across
 * the antimeridian; a whole turn, as from -180 to 180, is gone. Whether a point is inside is exact under this reading; distances
 * are to arcs of great circles that follow the edges to within 100 m.
 *
 * A border that closes only after going around the Earth encloses the pole that it is nearer to on average; for one that is as
 * near to both, the pole on the left of its direction. Otherwise the direction says nothing. Where a border crosses itself,
 * what it encloses an odd number of times is inside.
 */
import { UsageError } from '../base/errors.js';
import type { AreaShape } from './area.js';
import { RAD_PER_DEG } from './constants.js';
import { angleRad, type Vec3 } from './ephemeris.js';
import { ArcList, directionOf } from './sphere.js';

/** A point on the Earth. */
export interface GeographicPoint {
  /** North positive, -90 to 90. */
  readonly latitudeDeg: number;
  /** East positive. */
  readonly longitudeDeg: number;
}

/** A closed border: at least three points; the last may repeat the first or not. */
export type Ring = readonly GeographicPoint[];

/** The most points of all borders of an area. */
export const MAX_AREA_POINTS = 100_000;

/** The most arcs that the edges of an area are followed by: edges half around the Earth take some hundreds each. */
const MAX_ARCS = 500_000;

/** How far arcs may be from the edges that they follow, rad: 100 m on the ground. */
const ARC_DEVIATION_RAD = 1.57e-5;

/** This far beyond what is asked for the distance to the circle around a polygon does instead of that to its edges, rad. */
const NEAR_RAD = 0.1;

/** A circle around a polygon is of use where it is well within half the sphere, rad. */
const MAX_CAP_RAD = 1.2;

/** Polygons made ready. Throws a UsageError `bad-polygon` for too few or too many points, or values out of range. */
export class PolygonShape implements AreaShape {
  readonly #polygons: readonly (readonly RingShape[])[];
  readonly #arcs = new ArcList();
  readonly #cap: { readonly centre: Vec3; readonly radiusRad: number } | undefined;

  constructor(polygons: readonly (readonly Ring[])[]) {
    const rings = polygons.flat();
    if (polygons.length === 0 || polygons.some((polygon) => polygon.length === 0)) {
      throw new UsageError('bad-polygon', 'a polygon without a border: expected at least three points');
    }
    const points = rings.reduce((sum, ring) => sum + ring.length, 0);
    if (points > MAX_AREA_POINTS) {
      throw new UsageError('bad-polygon', `${points} points: expected at most ${MAX_AREA_POINTS}`);
    }
    this.#polygons = polygons.map((polygon) => polygon.map((ring) => new RingShape(ring)));
    const corners: Vec3[] = [];
    for (const ring of this.#polygons.flat()) ring.appendArcs(this.#arcs, corners);
    this.#cap = capAround(corners);
  }

  contains(latitudeDeg: number, longitudeDeg: number): boolean {
    return this.#polygons.some(([border, ...holes]) => {
      if ((border as RingShape).sideOf(latitudeDeg, longitudeDeg) === 'outside') return false;
      return !holes.some((hole) => hole.sideOf(latitudeDeg, longitudeDeg) === 'inside');
    });
  }

  distanceRad(latitudeDeg: number, longitudeDeg: number, reachRad = 0): number {
    const point = directionOf(latitudeDeg, longitudeDeg);
    if (this.#cap !== undefined) {
      const toCap = angleRad(this.#cap.centre, point) - this.#cap.radiusRad;
      if (toCap > reachRad + NEAR_RAD) return toCap;
    }
    const distance = this.#arcs.distanceRad(point);
    return this.contains(latitudeDeg, longitudeDeg) ? -distance : distance;
  }
}

/**
 * The longitudes of a closed border, the first point's again at the end, going on beyond 180 degrees instead of leaping: each is the one
 * given, plus whole turns, so that equal ones stay equal to the last bit.
 */
export function unwrappedLongitudesDeg(ring: Ring): number[] {
  let turns = 0;
  return [...ring, ring[0] as GeographicPoint].map(({ longitudeDeg }, i) => {
    if (i > 0) turns -= turnsBack(longitudeDeg - (ring[i - 1] as GeographicPoint).longitudeDeg);
    return longitudeDeg + 360 * turns;
  });
}

/** One border. */
class RingShape {
  /** Points of the border with longitudes that go on beyond 180 degrees instead of leaping; the last is the first again. */
  readonly #latitudes: readonly number[];
  readonly #longitudes: readonly number[];
  readonly #westDeg: number;
  readonly #eastDeg: number;
  readonly #enclosesNorth: boolean;

  constructor(ring: Ring) {
    const points = withoutRepeats(ring);
    if (points.length < 3) {
      throw new UsageError('bad-polygon', `a border of ${points.length} points: expected at least 3 that differ`);
    }
    this.#longitudes = unwrappedLongitudesDeg(points);
    this.#latitudes = [...points, points[0] as GeographicPoint].map((point) => point.latitudeDeg);
    let underEdges = 0; // Latitude integrated over longitude.
    for (let i = 0; i + 1 < this.#longitudes.length; i++) {
      const width = this.#longitudes[i + 1]! - this.#longitudes[i]!;
      underEdges += (width * (this.#latitudes[i]! + this.#latitudes[i + 1]!)) / 2;
    }
    const turnedDeg = this.#longitudes.at(-1)! - this.#longitudes[0]!;
    const isAround = Math.abs(turnedDeg) > 180;
    const meanLatitudeDeg = isAround ? underEdges / turnedDeg : 0;
    this.#enclosesNorth = isAround && (Math.abs(meanLatitudeDeg) < 1e-9 ? turnedDeg > 0 : meanLatitudeDeg > 0);
    this.#westDeg = this.#longitudes.reduce((least, value) => Math.min(least, value), Infinity);
    this.#eastDeg = this.#longitudes.reduce((greatest, value) => Math.max(greatest, value), -Infinity);
  }

  /** On which side of the border a point is. */
  sideOf(latitudeDeg: number, longitudeDeg: number): 'inside' | 'border' | 'outside' {
    // How often the meridian north of the point crosses the border, on every turn that the border's longitudes go through.
    let isOdd = false;
    const isPole = Math.abs(latitudeDeg) === 90;
    let longitude = longitudeDeg + 360 * Math.ceil((this.#westDeg - longitudeDeg) / 360);
    for (; longitude <= this.#eastDeg; longitude += 360) {
      for (let i = 0; i + 1 < this.#longitudes.length; i++) {
        const [fromLon, toLon] = [this.#longitudes[i]!, this.#longitudes[i + 1]!];
        const [fromLat, toLat] = [this.#latitudes[i]!, this.#latitudes[i + 1]!];
        if (isPole && (fromLat === latitudeDeg || toLat === latitudeDeg)) return 'border';
        if ((fromLon < longitude && toLon < longitude) || (fromLon > longitude && toLon > longitude)) continue;
        if (fromLon === toLon) {
          if (Math.min(fromLat, toLat) <= latitudeDeg && latitudeDeg <= Math.max(fromLat, toLat)) return 'border';
          continue;
        }
        const crossing = fromLat + ((longitude - fromLon) / (toLon - fromLon)) * (toLat - fromLat);
        if (crossing === latitudeDeg) return 'border';
        // Half-open: an end where two edges meet counts once.
        if (fromLon <= longitude === toLon <= longitude) continue;
        if (crossing > latitudeDeg) isOdd = !isOdd;
      }
    }
    return isOdd !== this.#enclosesNorth ? 'inside' : 'outside';
  }

  /** Adds arcs that follow the edges, and their ends. Throws a UsageError `bad-polygon` where there are too many. */
  appendArcs(arcs: ArcList, ends: Vec3[]): void {
    for (let i = 0; i + 1 < this.#longitudes.length; i++) {
      const [fromLon, fromLat] = [this.#longitudes[i]!, this.#latitudes[i]!];
      const [width, height] = [this.#longitudes[i + 1]! - fromLon, this.#latitudes[i + 1]! - fromLat];
      const pieces = piecesOf(width * RAD_PER_DEG, height * RAD_PER_DEG);
      if (arcs.length + pieces > MAX_ARCS) {
        throw new UsageError(
          'bad-polygon',
          `edges that take more than ${MAX_ARCS} arcs: expected shorter or fewer edges`,
        );
      }
      let from = directionOf(fromLat, fromLon);
      for (let piece = 1; piece <= pieces; piece++) {
        const share = piece / pieces;
        const to = directionOf(fromLat + share * height, fromLon + share * width);
        arcs.add(from, to);
        ends.push(from);
        from = to;
      }
    }
  }
}

/** Checked, and without points that only repeat the one before them. */
function withoutRepeats(ring: Ring): GeographicPoint[] {
  const points = ring.filter((point, i) => {
    const { latitudeDeg, longitudeDeg } = point;
    if (!(latitudeDeg >= -90 && latitudeDeg <= 90)) {
      throw new UsageError('bad-polygon', `latitude ${latitudeDeg}: expected -90 to 90`);
    }
    if (!(longitudeDeg >= -360 && longitudeDeg <= 360)) {
      throw new UsageError('bad-polygon', `longitude ${longitudeDeg}: expected -180 to 180, or to 360 across it`);
    }
    return i === 0 || !isSame(point, ring[i - 1] as GeographicPoint);
  });
  while (points.length > 1 && isSame(points[0] as GeographicPoint, points.at(-1) as GeographicPoint)) points.pop();
  return points;
}

function isSame(a: GeographicPoint, b: GeographicPoint): boolean {
  return a.latitudeDeg === b.latitudeDeg && a.longitudeDeg === b.longitudeDeg;
}

/** How many turns the shorter way around is less than a width, degrees; none for a whole turn. */
function turnsBack(widthDeg: number): number {
  return Math.abs(widthDeg) <= 180 || Math.abs(widthDeg) === 360 ? 0 : Math.round(widthDeg / 360);
}

/**
 * How many arcs follow an edge. The line has at most the geodesic curvature sin f (cos^2 f + 2 m^2) / (cos^2 f + m^2)^(3/2) at
 * latitude f where it climbs m radians for each radian east, and a piece of length s is away from its chord by that times s^2/8.
 */
function piecesOf(widthRad: number, heightRad: number): number {
  const [width, height] = [Math.abs(widthRad), Math.abs(heightRad)];
  const sag = (width * width + 2 * width * height) / 8;
  return Math.max(1, Math.ceil(Math.sqrt(sag / ARC_DEVIATION_RAD)), Math.ceil(height / (Math.PI / 2)));
}

/** A circle around all points; undefined where none is small enough to be of use. */
function capAround(points: readonly Vec3[]): { centre: Vec3; radiusRad: number } | undefined {
  let [x, y, z] = [0, 0, 0];
  for (const point of points) [x, y, z] = [x + point[0], y + point[1], z + point[2]];
  const length = Math.hypot(x, y, z);
  if (!(length > 1e-6 * points.length)) return undefined;
  const centre: Vec3 = [x / length, y / length, z / length];
  const radiusRad = points.reduce((greatest, point) => Math.max(greatest, angleRad(centre, point)), 0);
  return radiusRad < MAX_CAP_RAD ? { centre, radiusRad } : undefined;
}
