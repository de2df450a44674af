/** Points of a sphere as directions from its centre, and arcs of great circles. Nothing here knows of satellites or time. */
import { RAD_PER_DEG } from './constants.js';
import type { Vec3 } from './ephemeris.js';

/** The direction to a point of the sphere, of length 1: x towards longitude 0, z north. */
export function directionOf(latitudeDeg: number, longitudeDeg: number): Vec3 {
  const latitude = latitudeDeg * RAD_PER_DEG;
  const longitude = longitudeDeg * RAD_PER_DEG;
  const flat = Math.cos(latitude);
  return [flat * Math.cos(longitude), flat * Math.sin(longitude), Math.sin(latitude)];
}

/** Numbers that an arc takes in the list: its first end, its normal, and the normals of the planes that bound it at its ends. */
const ARC_NUMBERS = 12;

/** A zero-length arc has no normal: only its end counts. */
const LEAST_NORMAL = 1e-14;

/** Arcs of great circles, each shorter than half a turn, and the distance to the nearest. */
export class ArcList {
  #numbers = new Float64Array(16 * ARC_NUMBERS);
  #length = 0;

  /** How many arcs there are. */
  get length(): number {
    return this.#length;
  }

  /** Adds the arc between two directions of length 1. Its second end counts only as far as it is the first of another. */
  add(from: Vec3, to: Vec3): void {
    const at = this.#length * ARC_NUMBERS;
    if (at === this.#numbers.length) {
      const larger = new Float64Array(2 * at);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    const normal = cross(from, to);
    const length = Math.hypot(normal[0], normal[1], normal[2]);
    const scale = length < LEAST_NORMAL ? Number.NaN : 1 / length;
    const unit: Vec3 = [normal[0] * scale, normal[1] * scale, normal[2] * scale];
    this.#numbers.set([...from, ...unit, ...cross(unit, from), ...cross(to, unit)], at);
    this.#length++;
  }

  /** The angle from a direction of length 1 to the nearest point of all arcs, rad; Infinity where there is none. */
  distanceRad(point: Vec3): number {
    const [x, y, z] = point;
    const numbers = this.#numbers;
    let least = Infinity; // The square of the straight distance, which grows with the angle.
    for (let at = 0; at < this.#length * ARC_NUMBERS; at += ARC_NUMBERS) {
      const [dx, dy, dz] = [x - numbers[at]!, y - numbers[at + 1]!, z - numbers[at + 2]!];
      const toEnd = dx * dx + dy * dy + dz * dz;
      if (toEnd < least) least = toEnd;
      const beyondFrom = x * numbers[at + 6]! + y * numbers[at + 7]! + z * numbers[at + 8]!;
      const beforeTo = x * numbers[at + 9]! + y * numbers[at + 10]! + z * numbers[at + 11]!;
      if (!(beyondFrom >= 0 && beforeTo >= 0)) continue;
      const sine = x * numbers[at + 3]! + y * numbers[at + 4]! + z * numbers[at + 5]!;
      const square = sine * sine;
      const toArc = (2 * square) / (1 + Math.sqrt(Math.max(0, 1 - square)));
      if (toArc < least) least = toArc;
    }
    return least === Infinity ? Infinity : 2 * Math.asin(Math.min(1, Math.sqrt(least) / 2));
  }
}

/** The vector product. */
export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
