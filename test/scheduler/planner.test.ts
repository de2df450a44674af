import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/errors.js';
import { Random } from '../../src/base/random.js';
import { type PlanningContext, planJob, REDUCER_SHORT_LIST } from '../../src/scheduler/index.js';
import type { Allocator, JobSpec } from '../../src/scheduler/job.js';

const INFINITY = Number.POSITIVE_INFINITY;

const job: JobSpec = {
  aoi: { kind: 'nodes', nodes: [] },
  collectors: 3,
  collectTask: 'doccollector',
  mapTask: 'wordcountmapper',
  combineTask: 'mergecombiner',
  reduceTask: 'sumreducer',
  maxCollectRecords: 10,
  jobData: null,
  allocator: 'bipartite',
  reducer: 'auto',
  deadlineUs: 1e9,
};

interface World {
  readonly side: number;
  readonly hopUs: (from: number, to: number) => number;
  readonly searches: { count: number };
  readonly context: PlanningContext;
}

/** A torus of side x side nodes; a hop takes `hopUs`, dead nodes are out of reach, nodes may be cut off until a time. */
function world(options: {
  side?: number;
  area: readonly number[];
  los?: number;
  dead?: readonly number[];
  /** Nothing gets to the node before this time. */
  cutUntilUs?: { readonly [node: number]: number };
  skipsMap?: boolean;
  seed?: number;
}): World {
  const { side = 6, area, los = 0, dead = [], cutUntilUs = {}, skipsMap = false, seed = 1 } = options;
  const ring = (a: number, b: number) => Math.min(Math.abs(a - b), side - Math.abs(a - b));
  const hops = (a: number, b: number) => ring(a % side, b % side) + ring(Math.floor(a / side), Math.floor(b / side));
  const isDead = new Set(dead);
  const searches = { count: 0 };
  const context: PlanningContext = {
    los,
    satellitesInArea: () => area,
    arrivals: (from, atUs) => {
      searches.count++;
      return {
        arrivalUs: (to) => {
          if (from === to) return atUs;
          if (isDead.has(from) || isDead.has(to)) return INFINITY;
          return Math.max(atUs, cutUntilUs[to] ?? 0) + 1000 * hops(from, to);
        },
      };
    },
    random: new Random(seed),
    skipsMap,
    allNodes: Array.from({ length: side * side }, (_, i) => i),
  };
  return { side, hopUs: (a, b) => 1000 * hops(a, b), searches, context };
}

const nodesOf = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

describe('planJob', () => {
  it('gives every collector a mapper of its own, all of them different satellites of the area', () => {
    const allocators: Allocator[] = ['bipartite', 'greedy', 'random'];
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 35 }), { minLength: 2 }),
        fc.integer({ min: 1, max: 18 }),
        fc.constantFrom(...allocators),
        fc.subarray(nodesOf(36)),
        (area, collectors, allocator, dead) => {
          fc.pre(2 * collectors <= area.length);
          const { context } = world({ area, dead });
          const { pairs } = planJob({ ...job, collectors, allocator }, context, 5);
          expect(pairs.map(({ index }) => index)).toEqual(nodesOf(collectors, 1));
          const roles = pairs.flatMap(({ collector, mapper }) => [collector, mapper]);
          expect(new Set(roles).size).toBe(2 * collectors);
          for (const role of roles) expect(area).toContain(role);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('spreads the collectors evenly over the area', () => {
    const { pairs } = planJob(job, world({ area: nodesOf(12) }).context, 0);
    expect(pairs.map(({ collector }) => collector)).toEqual([0, 4, 8]);
  });

  it('counts the time of a transfer from the arrival of the collect request', () => {
    const { context } = world({ area: [8, 9], los: 0 });
    const { pairs, los } = planJob({ ...job, collectors: 1, reducer: 'los' }, context, 500);
    expect(pairs).toEqual([{ index: 1, collector: 8, mapper: 9, transferUs: 1000 }]);
    expect(los).toBe(0);
  });

  it('says how many satellites the area has and how many are needed', () => {
    const plan = () => planJob(job, world({ area: [1, 2, 2, 3, 4, 5] }).context, 0);
    expect(plan).toThrow(UsageError);
    expect(plan).toThrow(
      'the area of interest has 5 satellites, but the job needs 6 for its collectors and as many mappers',
    );
    const skipping = () => planJob({ ...job, collectors: 2 }, world({ area: [1], skipsMap: true }).context, 0);
    expect(skipping).toThrow('the area of interest has 1 satellite, but the job needs 2 for its collectors');
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %d collectors', (collectors) => {
    expect(() => planJob({ ...job, collectors }, world({ area: nodesOf(12) }).context, 0)).toThrow(
      'whole number of collectors',
    );
  });

  it('keeps the mapper on the collector where the map phase is skipped', () => {
    const { context } = world({ area: [7, 9, 11], skipsMap: true });
    expect(planJob(job, context, 0).pairs).toEqual(
      [7, 9, 11].map((node, i) => ({ index: i + 1, collector: node, mapper: node, transferUs: 0 })),
    );
  });

  it('gives the same plan for the same seed, by lot too', () => {
    const spec = { ...job, collectors: 6, allocator: 'random' } as const;
    const plan = (seed: number) => planJob(spec, world({ area: nodesOf(36), seed }).context, 0);
    expect(plan(3)).toEqual(plan(3));
    expect(plan(3)).not.toEqual(plan(4));
  });
});

describe('allocators', () => {
  const total = (allocator: Allocator, area: readonly number[], collectors: number, seed: number) => {
    const { pairs } = planJob({ ...job, allocator, collectors }, world({ area, seed }).context, 0);
    return pairs.reduce((sum, { transferUs }) => sum + transferUs, 0);
  };

  it('bipartite is never dearer than greedy or random', () => {
    const random = new Random(11);
    for (let seed = 0; seed < 40; seed++) {
      const area = random.shuffled(nodesOf(36)).slice(0, 20);
      const least = total('bipartite', area, 8, seed);
      expect(least).toBeLessThanOrEqual(total('greedy', area, 8, seed));
      expect(least).toBeLessThanOrEqual(total('random', area, 8, seed));
    }
  });

  it('greedy lets collectors choose in turn where bipartite looks at all of them', () => {
    // On a ring of eight, collectors 0 and 1 and mappers 2 and 5: 0 takes the nearer 2 and leaves the far 5 to 1.
    const area = [0, 5, 1, 2];
    const spread = world({ area, side: 8 });
    expect(
      planJob({ ...job, collectors: 2, allocator: 'greedy' }, spread.context, 0).pairs.map(({ mapper }) => mapper),
    ).toEqual([2, 5]);
    expect(planJob({ ...job, collectors: 2 }, spread.context, 0).pairs.map(({ mapper }) => mapper)).toEqual([5, 2]);
  });

  it('refuses an unknown one', () => {
    const spec = { ...job, allocator: 'best' as Allocator };
    expect(() => planJob(spec, world({ area: nodesOf(12) }).context, 0)).toThrow('there is no allocator "best"');
  });
});

describe('reducer', () => {
  const place = (options: Parameters<typeof world>[0], spec: Partial<JobSpec> = {}) =>
    planJob({ ...job, ...spec }, world(options).context, 0);

  it('auto has everything at one of the places that are nearest to the mappers', () => {
    const area = [14, 15, 20, 21, 26, 27];
    const { context, hopUs } = world({ area, los: 0 });
    const { pairs, reducer } = planJob(job, context, 0);
    const lastUs = (node: number) =>
      Math.max(
        ...pairs.map(({ collector, mapper, transferUs }) => hopUs(0, collector) + transferUs + hopUs(mapper, node)),
      );
    const nearest = context.allNodes.map(lastUs).sort((a, b) => a - b);
    expect(lastUs(reducer)).toBeLessThanOrEqual(nearest[REDUCER_SHORT_LIST - 1] as number);
  });

  it('auto takes of equally near places the one on the way to the LOS satellite', () => {
    // One mapper beside its collector: the mapper itself is nearest, and no place brings the result home sooner.
    expect(place({ area: [14, 15] }, { collectors: 1 }).reducer).toBe(15);
    const { pairs, reducer, predictedResultUs } = place({ area: [3, 20, 4, 19], los: 0 }, { collectors: 2 });
    const { context, hopUs } = world({ area: [3, 20, 4, 19], los: 0 });
    const resultUs = (node: number) =>
      Math.max(
        ...pairs.map(({ collector, mapper, transferUs }) => hopUs(0, collector) + transferUs + hopUs(mapper, node)),
      ) + hopUs(node, 0);
    expect(predictedResultUs).toBe(resultUs(reducer));
    expect(predictedResultUs).toBeLessThanOrEqual(Math.min(...pairs.map(({ mapper }) => resultUs(mapper))));
    expect(context.allNodes).toContain(reducer);
  });

  it('auto avoids a place that cannot bring its result to the LOS satellite', () => {
    const { context } = world({ area: [14, 15] });
    const arrivals: PlanningContext['arrivals'] = (from, atUs, sizeBytes) => {
      const tree = context.arrivals(from, atUs, sizeBytes);
      return { arrivalUs: (to) => (to === 0 && from === 15 ? INFINITY : tree.arrivalUs(to)) };
    };
    const plan = planJob({ ...job, collectors: 1 }, { ...context, arrivals }, 0);
    expect(plan.reducer).not.toBe(15);
    expect(plan.predictedResultUs).toBeLessThan(INFINITY);
  });

  it('auto searches the contact plan once for each mapper and once for each place on the short list', () => {
    const { context, searches } = world({ area: nodesOf(36) });
    planJob({ ...job, collectors: 10 }, context, 0);
    // The LOS satellite, the collectors, the mappers, the short list, and the prediction of the chosen place.
    expect(searches.count).toBeLessThanOrEqual(1 + 10 + 10 + REDUCER_SHORT_LIST + 1);
  });

  it('los, center and a number are taken at their word', () => {
    const area = [13, 14, 15, 19, 20, 21, 25, 26, 27];
    expect(place({ area, los: 5 }, { reducer: 'los' }).reducer).toBe(5);
    expect(place({ area }, { reducer: 30 }).reducer).toBe(30);
    const { context, hopUs } = world({ area });
    const { pairs, reducer } = planJob({ ...job, reducer: 'center' }, context, 0);
    const sumUs = (node: number) => pairs.reduce((sum, { mapper }) => sum + hopUs(mapper, node), 0);
    expect(area).toContain(reducer);
    expect(sumUs(reducer)).toBe(Math.min(...area.map(sumUs)));
  });

  it('refuses a number that is no satellite', () => {
    expect(() => place({ area: nodesOf(12) }, { reducer: 36 })).toThrow(
      'the reducer 36 is no satellite of the constellation',
    );
  });
});

describe('satellites out of reach', () => {
  it('are chosen only where there are no others', () => {
    const dead = [0, 2, 4, 6].map((i) => i + 12);
    const { pairs, reducer, predictedResultUs } = planJob(job, world({ area: nodesOf(12, 12), dead }).context, 0);
    for (const role of pairs.flatMap(({ collector, mapper }) => [collector, mapper])) expect(dead).not.toContain(role);
    expect(dead).not.toContain(reducer);
    expect(predictedResultUs).toBeLessThan(INFINITY);
  });

  it('have Infinity in the plan where they are needed, which succeeds all the same', () => {
    for (const allocator of ['bipartite', 'greedy', 'random'] as const) {
      const { pairs, predictedResultUs } = planJob(
        { ...job, allocator },
        world({ area: nodesOf(6, 12), dead: [12, 13] }).context,
        0,
      );
      expect(pairs.map(({ collector }) => collector)).toEqual([14, 15, 16]);
      const unreachable = pairs.filter(({ transferUs }) => transferUs === INFINITY);
      expect(unreachable.map(({ mapper }) => mapper)).toEqual([12, 13]);
      expect(predictedResultUs).toBe(INFINITY);
    }
    const alone = planJob(job, world({ area: nodesOf(6, 12), dead: nodesOf(6, 12) }).context, 0);
    expect(alone.pairs.every(({ transferUs }) => transferUs === INFINITY)).toBe(true);
    expect(alone.reducer).toBe(0);
  });

  it('for a while are worth waiting for only where nothing nearer in time is free', () => {
    // 15 is beside the collector, but cut off for a minute.
    const { pairs } = planJob(
      { ...job, collectors: 1 },
      world({ area: [14, 15, 20], cutUntilUs: { 15: 60e6 } }).context,
      0,
    );
    expect(pairs[0]?.mapper).toBe(20);
  });
});
