/** Finds what is nearest among many points: the cells of a cube around the Earth, looked through from the inside out. */
import { distanceKm, type Vec3 } from './ephemeris.js';

/** A point found, and how far it is. */
export interface Neighbour {
  /** Place in the list of points. */
  readonly index: number;
  readonly km: number;
}

/** Points in a cell where they are spread over a sphere: enough that few cells are empty, few enough to look at all. */
const POINTS_PER_CELL = 4;

/** Points in cells. */
export class NeighbourGrid {
  readonly #points: readonly (Vec3 | undefined)[];
  /** Half the side of the cube, km. */
  readonly #half: number;
  readonly #cellKm: number;
  /** Cells along a side. */
  readonly #side: number;
  /** Where the points of each cell begin in `#order`, with an end behind the last. */
  readonly #starts: Int32Array;
  readonly #order: Int32Array;

  /** Points that are undefined are nowhere. */
  constructor(points: readonly (Vec3 | undefined)[]) {
    this.#points = points;
    let half = 1;
    for (const point of points) {
      if (point !== undefined) half = Math.max(half, Math.abs(point[0]), Math.abs(point[1]), Math.abs(point[2]));
    }
    this.#half = half;
    // A sphere goes through some 6 side^2 / 2 cells of its cube.
    this.#side = Math.max(1, Math.floor(Math.sqrt(points.length / (3 * POINTS_PER_CELL))));
    this.#cellKm = (2 * half) / this.#side;
    const cells = points.map((point) => (point === undefined ? -1 : this.#cellOf(point)));
    this.#starts = new Int32Array(this.#side ** 3 + 1);
    for (const cell of cells) if (cell >= 0) this.#starts[cell + 1]!++;
    for (let cell = 1; cell < this.#starts.length; cell++) this.#starts[cell]! += this.#starts[cell - 1]!;
    const next = this.#starts.slice();
    this.#order = new Int32Array(points.length);
    cells.forEach((cell, index) => {
      if (cell >= 0) this.#order[next[cell]!++] = index;
    });
  }

  /** The `count` points nearest to `at` within `rangeKm` of those that `mayBe`, nearest first; of equals the lower index. */
  nearest(at: Vec3, count: number, rangeKm: number, mayBe: (index: number) => boolean): Neighbour[] {
    const found: Neighbour[] = [];
    const edge = this.#side - 1;
    const steps = [this.#step(at[0]), this.#step(at[1]), this.#step(at[2])] as const;
    // Rings that miss the cube on one side, or lie all around it, have no cells.
    const innermost = Math.max(0, ...steps.map((step) => Math.max(-step, step - edge)));
    const outermost = Math.max(...steps.map((step) => Math.max(step, edge - step)));
    const [x, y, z] = steps;
    for (let ring = innermost; ring <= outermost; ring++) {
      // What lies in this ring is at least ring - 1 cells away.
      const leastKm = (ring - 1) * this.#cellKm;
      const last = found[count - 1];
      if (leastKm > rangeKm || (last !== undefined && leastKm > last.km)) break;
      for (let i = Math.max(0, x - ring); i <= Math.min(edge, x + ring); i++) {
        for (let j = Math.max(0, y - ring); j <= Math.min(edge, y + ring); j++) {
          if (Math.abs(i - x) === ring || Math.abs(j - y) === ring) {
            for (let k = Math.max(0, z - ring); k <= Math.min(edge, z + ring); k++) {
              this.#look(i, j, k, at, count, rangeKm, mayBe, found);
            }
            continue;
          }
          if (z - ring >= 0) this.#look(i, j, z - ring, at, count, rangeKm, mayBe, found);
          if (z + ring <= edge) this.#look(i, j, z + ring, at, count, rangeKm, mayBe, found);
        }
      }
    }
    return found;
  }

  #look(
    x: number,
    y: number,
    z: number,
    at: Vec3,
    count: number,
    rangeKm: number,
    mayBe: (index: number) => boolean,
    found: Neighbour[],
  ): void {
    const cell = (x * this.#side + y) * this.#side + z;
    for (let i = this.#starts[cell]!; i < this.#starts[cell + 1]!; i++) {
      const index = this.#order[i]!;
      const km = distanceKm(at, this.#points[index] as Vec3);
      if (km > rangeKm) continue;
      const last = found[count - 1];
      if (last !== undefined && !isBefore(km, index, last)) continue;
      if (mayBe(index)) insert(found, { index, km }, count);
    }
  }

  /** Steps from the edge of the cube; a point outside of it has fewer than 0 or more than there are. */
  #step(value: number): number {
    return Math.floor((value + this.#half) / this.#cellKm);
  }

  #cellOf(point: Vec3): number {
    const inside = (value: number) => Math.min(this.#side - 1, this.#step(value));
    return (inside(point[0]) * this.#side + inside(point[1])) * this.#side + inside(point[2]);
  }
}

function isBefore(km: number, index: number, other: Neighbour): boolean {
  return km < other.km || (km === other.km && index < other.index);
}

function insert(found: Neighbour[], candidate: Neighbour, count: number): void {
  let place = found.length;
  while (place > 0 && isBefore(candidate.km, candidate.index, found[place - 1] as Neighbour)) place--;
  found.splice(place, 0, candidate);
  if (found.length > count) found.pop();
}
