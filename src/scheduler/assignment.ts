/**
 * Rectangular minimum-cost assignment by shortest augmenting paths with dual variables (the method of Jonker and Volgenant,
 * without their initialisation phases): rows one after the other, each by one Dijkstra search over reduced costs.
 * O(rows^2 * columns).
 */
import { UsageError } from '../base/errors.js';

/** Which column each row got. */
export interface Assignment {
  /** By row; -1 where no allowed column is left for the row. */
  readonly columnOfRow: Int32Array;
  /** Sum over the assigned rows, in the unit of the costs. */
  readonly totalCost: number;
}

/**
 * Assigns each row a column of its own at the least total cost. `cost(row, column)` may be negative; Infinity forbids the pair.
 * Where not all rows can be served, as many as possible are, earlier rows first, and these at the least cost among them. Equal
 * costs give equal answers on every machine, as long as sums of the costs are exact (integers below 2^53).
 *
 * Throws a UsageError `more-rows-than-columns`, or `bad-cost` for NaN and -Infinity.
 */
export function assignRows(rows: number, columns: number, cost: (row: number, column: number) => number): Assignment {
  if (rows > columns) {
    throw new UsageError('more-rows-than-columns', `${rows} rows cannot have a column each of ${columns}`);
  }
  const costs = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = cost(row, column);
      if (Number.isNaN(value) || value === Number.NEGATIVE_INFINITY) {
        throw new UsageError('bad-cost', `the cost of row ${row} and column ${column} is ${value}`);
      }
      costs[row * columns + column] = value;
    }
  }
  const search = new PathSearch(rows, columns, costs);
  for (let row = 0; row < rows; row++) search.augment(row);
  let totalCost = 0;
  for (let row = 0; row < rows; row++) {
    const column = search.columnOfRow[row] as number;
    if (column >= 0) totalCost += costs[row * columns + column] as number;
  }
  return { columnOfRow: search.columnOfRow, totalCost };
}

/**
 * The matching so far and its dual prices. Between two calls of `augment`, cost - rowPrice - columnPrice is 0 on matched pairs
 * and never negative elsewhere, and columns without a row have price 0 (a column never loses its row again).
 */
class PathSearch {
  readonly columnOfRow: Int32Array;
  readonly #rowOfColumn: Int32Array;
  readonly #rowPrice: Float64Array;
  readonly #columnPrice: Float64Array;
  readonly #columns: number;
  readonly #costs: Float64Array;
  /** Of the current search: the cheapest way found to each column, the row before it, and whether it is final. */
  readonly #distance: Float64Array;
  readonly #rowBefore: Int32Array;
  readonly #isFinal: Uint8Array;

  constructor(rows: number, columns: number, costs: Float64Array) {
    this.#columns = columns;
    this.#costs = costs;
    this.columnOfRow = new Int32Array(rows).fill(-1);
    this.#rowOfColumn = new Int32Array(columns).fill(-1);
    this.#rowPrice = new Float64Array(rows);
    this.#columnPrice = new Float64Array(columns);
    this.#distance = new Float64Array(columns);
    this.#rowBefore = new Int32Array(columns);
    this.#isFinal = new Uint8Array(columns);
  }

  /** Gives the row a column, moving other rows where that is cheaper; leaves all as it was where no free column is in reach. */
  augment(row: number): void {
    this.#distance.fill(Number.POSITIVE_INFINITY);
    this.#isFinal.fill(0);
    const visited: number[] = [];
    let from = row;
    let travelled = 0;
    for (;;) {
      this.#relax(from, travelled);
      const column = this.#nearestOpen();
      if (column < 0) return;
      travelled = this.#distance[column] as number;
      const owner = this.#rowOfColumn[column] as number;
      if (owner < 0) {
        this.#reprice(row, visited, travelled);
        this.#flip(row, column);
        return;
      }
      this.#isFinal[column] = 1;
      visited.push(column);
      from = owner;
    }
  }

  /** Looks from a row, reached at cost `travelled`, at all columns that are not final. */
  #relax(row: number, travelled: number): void {
    const base = row * this.#columns;
    const price = this.#rowPrice[row] as number;
    for (let column = 0; column < this.#columns; column++) {
      if (this.#isFinal[column] === 1) continue;
      const reduced = (this.#costs[base + column] as number) - price - (this.#columnPrice[column] as number);
      const distance = travelled + reduced;
      if (distance < (this.#distance[column] as number)) {
        this.#distance[column] = distance;
        this.#rowBefore[column] = row;
      }
    }
  }

  /** The nearest column that is not final: a free one among equals, then the lowest; -1 where none is in reach. */
  #nearestOpen(): number {
    let nearest = -1;
    let least = Number.POSITIVE_INFINITY;
    let isFree = false;
    for (let column = 0; column < this.#columns; column++) {
      if (this.#isFinal[column] === 1) continue;
      const distance = this.#distance[column] as number;
      if (distance > least || distance === Number.POSITIVE_INFINITY) continue;
      const free = (this.#rowOfColumn[column] as number) < 0;
      if (distance < least || (free && !isFree)) {
        nearest = column;
        least = distance;
        isFree = free;
      }
    }
    return nearest;
  }

  /** Keeps the invariant for the path that is about to be taken, whose length is `length`. */
  #reprice(row: number, visited: readonly number[], length: number): void {
    this.#rowPrice[row] = (this.#rowPrice[row] as number) + length;
    for (const column of visited) {
      const slack = length - (this.#distance[column] as number);
      const owner = this.#rowOfColumn[column] as number;
      this.#rowPrice[owner] = (this.#rowPrice[owner] as number) + slack;
      this.#columnPrice[column] = (this.#columnPrice[column] as number) - slack;
    }
  }

  /** Hands the columns along the path on, from the free one at its end back to the row at its start. */
  #flip(row: number, end: number): void {
    let column = end;
    for (;;) {
      const owner = this.#rowBefore[column] as number;
      const given = this.columnOfRow[owner] as number;
      this.columnOfRow[owner] = column;
      this.#rowOfColumn[column] = owner;
      if (owner === row) return;
      column = given;
    }
  }
}
