import fc from 'fast-check';
import { linearSumAssignment } from 'linear-sum-assignment';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.js';
import { assignRows } from '../../src/scheduler/assignment.js';

const INFINITY = Number.POSITIVE_INFINITY;

const assign = (costs: readonly (readonly number[])[], columns = costs[0]?.length ?? 0) =>
  assignRows(costs.length, columns, (row, column) => costs[row]?.[column] as number);

/** The most rows that can be served, and the least cost at which so many can. */
function bruteForce(costs: readonly (readonly number[])[]): { served: number; cost: number } {
  const taken = new Set<number>();
  const search = (row: number): { served: number; cost: number } => {
    const options = costs[row];
    if (options === undefined) return { served: 0, cost: 0 };
    let best = search(row + 1);
    options.forEach((cost, column) => {
      if (cost === INFINITY || taken.has(column)) return;
      taken.add(column);
      const rest = search(row + 1);
      taken.delete(column);
      const here = { served: rest.served + 1, cost: rest.cost + cost };
      if (here.served > best.served || (here.served === best.served && here.cost < best.cost)) best = here;
    });
    return best;
  };
  return search(0);
}

/** Matrices with at least as many columns as rows. */
const matrices = (cell: fc.Arbitrary<number>, maxRows: number, maxColumns: number) =>
  fc
    .tuple(fc.integer({ min: 1, max: maxRows }), fc.integer({ min: 0, max: maxColumns - maxRows }))
    .chain(([rows, extra]) => {
      const columns = rows + extra;
      return fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows });
    });

describe('assignRows', () => {
  it('finds the least cost, as trying everything does', () => {
    fc.assert(
      fc.property(matrices(fc.integer({ min: -20, max: 20 }), 5, 7), (costs) => {
        const { columnOfRow, totalCost } = assign(costs);
        expect(new Set(columnOfRow).size).toBe(costs.length);
        expect(totalCost).toBe(bruteForce(costs).cost);
      }),
      { numRuns: 400 },
    );
  });

  it('serves as many rows as possible where pairs are forbidden, at the least cost for these rows', () => {
    const cell = fc.oneof(fc.constant(INFINITY), fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(matrices(cell, 5, 6), (costs) => {
        const { columnOfRow, totalCost } = assign(costs);
        const servedRows = costs.filter((_, row) => (columnOfRow[row] as number) >= 0);
        const columns = [...columnOfRow].filter((column) => column >= 0);
        expect(new Set(columns).size).toBe(columns.length);
        expect(servedRows.length).toBe(bruteForce(costs).served);
        expect(totalCost).toBe(bruteForce(servedRows).cost);
      }),
      { numRuns: 400 },
    );
  });

  it('agrees with another implementation on larger matrices', () => {
    const random = new Random(7);
    for (const [rows, columns] of [
      [30, 30],
      [40, 120],
      [84, 300],
    ] as const) {
      const costs = Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.below(1_000_000)));
      const oracle = linearSumAssignment(costs, { maximaze: false });
      let expected = 0;
      oracle.rowAssignments.forEach((column, row) => {
        if (column >= 0) expected += costs[row]?.[column] ?? 0;
      });
      expect(assign(costs).totalCost).toBe(expected);
    }
  });

  it('breaks ties in favour of the lowest columns', () => {
    expect([
      ...assign([
        [5, 5, 5],
        [5, 5, 5],
      ]).columnOfRow,
    ]).toEqual([0, 1]);
    expect(
      [
        ...assign([
          [1, 1, 9],
          [1, 1, 9],
          [1, 1, 9],
        ]).columnOfRow,
      ].sort(),
    ).toEqual([0, 1, 2]);
  });

  it('moves earlier rows where that is cheaper in all', () => {
    expect([
      ...assign([
        [1, 2],
        [1, 100],
      ]).columnOfRow,
    ]).toEqual([1, 0]);
  });

  it('takes no rows', () => {
    expect(assign([], 3)).toEqual({ columnOfRow: new Int32Array(0), totalCost: 0 });
  });

  it('refuses more rows than columns, and costs that are none', () => {
    expect(() => assign([[1], [2]])).toThrow('2 rows cannot have a column each of 1');
    expect(() => assign([[Number.NaN]])).toThrow('the cost of row 0 and column 0 is NaN');
    expect(() => assign([[Number.NEGATIVE_INFINITY]])).toThrow('-Infinity');
  });
});
