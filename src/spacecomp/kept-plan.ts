/** A job's plan as items of a kept value. */
import type { JobPlan } from '../scheduler/index.js';
import { isCount } from '../streams/index.js';

/** The items of a plan; null for none. */
export function planItems(plan: JobPlan | undefined): unknown {
  if (plan === undefined) return null;
  const pairs = plan.pairs.map(({ index, collector, mapper, transferUs }) => [index, collector, mapper, transferUs]);
  return [plan.los, plan.reducer, plan.predictedResultUs, pairs];
}

/** The plan of {@link planItems}; undefined where there was none, or where the items are not a plan's. */
export function planOfItems(items: unknown): JobPlan | undefined {
  if (!Array.isArray(items)) return undefined;
  const [los, reducer, predictedResultUs, pairs] = items as unknown[];
  if (!isCount(los) || !isCount(reducer) || typeof predictedResultUs !== 'number' || !Array.isArray(pairs))
    return undefined;
  const isPair = (pair: unknown): pair is [number, number, number, number] =>
    Array.isArray(pair) && pair.length === 4 && pair.every((each) => typeof each === 'number');
  if (!pairs.every(isPair)) return undefined;
  return {
    los,
    reducer,
    predictedResultUs,
    pairs: pairs.map(([index, collector, mapper, transferUs]) => ({ index, collector, mapper, transferUs })),
  };
}
