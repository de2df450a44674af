/**
 * Who collects, maps and reduces (SpaceCoMP design document section 1): collectors from the area of interest, mappers by what
 * it costs to bring the data to them, the reducer by its nearness to the mappers. Cost is predicted arrival over the contact
 * plan, so that outages count and not only hops.
 */
import { assert, UsageError } from '../base/errors.js';
import { assignRows } from './assignment.js';
import type { JobPlan, JobSpec, Pair } from './job.js';
import {
  type ArrivalTree,
  NOMINAL_DATA_BYTES,
  NOMINAL_REQUEST_BYTES,
  type PlanningContext,
} from './planning-context.js';
import { placeReducer } from './reducer-placement.js';

/**
 * Plans a job submitted at `nowUs`. The same context, spec and random state give the same plan. Satellites that cannot be
 * reached are chosen last; a plan that needs one has Infinity in its place instead of failing here.
 *
 * Throws a UsageError: `no-collectors`, `too-few-satellites` (the message says how many the area has and how many are needed),
 * `unknown-reducer`, `unknown-allocator`.
 */
export function planJob(spec: JobSpec, context: PlanningContext, nowUs: number): JobPlan {
  const area = [...new Set(context.satellitesInArea(spec.aoi, nowUs))];
  checkSize(spec, context, area.length);
  const requests = context.arrivals(context.los, nowUs, NOMINAL_REQUEST_BYTES);
  const collectors = pickCollectors(area, spec.collectors, requests);
  const starts = collectors.map((collector) => ({ collector, requestUs: requests.arrivalUs(collector) }));
  const pairs = context.skipsMap ? pairWithSelf(starts) : pairWithMappers(spec, context, starts, area);
  const mappers = pairs.map(({ mapper, transferUs }, i) => ({
    node: mapper,
    readyUs: (starts[i] as Start).requestUs + transferUs,
  }));
  const { reducer, resultUs } = placeReducer(spec.reducer, mappers, area, context);
  return { los: context.los, pairs, reducer, predictedResultUs: resultUs };
}

/** A collector and when the collect request reaches it. */
interface Start {
  readonly collector: number;
  readonly requestUs: number;
}

function checkSize(spec: JobSpec, context: PlanningContext, available: number): void {
  const { collectors } = spec;
  if (!Number.isInteger(collectors) || collectors < 1) {
    throw new UsageError('no-collectors', `a job needs a whole number of collectors from 1, but has ${collectors}`);
  }
  const needed = context.skipsMap ? collectors : 2 * collectors;
  if (available >= needed) return;
  const reason = context.skipsMap ? 'for its collectors' : 'for its collectors and as many mappers';
  throw new UsageError(
    'too-few-satellites',
    `the area of interest has ${available} satellite${available === 1 ? '' : 's'}, but the job needs ${needed} ${reason}`,
  );
}

/** Evenly spread over the area's list, so that mappers are near each; satellites out of reach only where there are no others. */
function pickCollectors(area: readonly number[], count: number, requests: ArrivalTree): number[] {
  const reachable = area.filter((node) => requests.arrivalUs(node) < Number.POSITIVE_INFINITY);
  if (reachable.length >= count) return spread(reachable, count);
  const others = area.filter((node) => requests.arrivalUs(node) === Number.POSITIVE_INFINITY);
  return [...reachable, ...spread(others, count - reachable.length)];
}

function spread(nodes: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, i) => nodes[Math.floor((i * nodes.length) / count)] as number);
}

function pairWithSelf(starts: readonly Start[]): Pair[] {
  return starts.map(({ collector, requestUs }, i) => ({
    index: i + 1,
    collector,
    mapper: collector,
    transferUs: requestUs === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : 0,
  }));
}

function pairWithMappers(
  spec: JobSpec,
  context: PlanningContext,
  starts: readonly Start[],
  area: readonly number[],
): Pair[] {
  const collecting = new Set(starts.map(({ collector }) => collector));
  const candidates = area.filter((node) => !collecting.has(node));
  const transfersUs = starts.map((start) => transfersTo(candidates, start, context));
  const chosen = fillGaps(chooseMappers(spec, context, transfersUs, candidates.length), candidates.length);
  return starts.map(({ collector }, row) => {
    const candidate = chosen[row] as number;
    const transferUs = (transfersUs[row] as Float64Array)[candidate] as number;
    return { index: row + 1, collector, mapper: candidates[candidate] as number, transferUs };
  });
}

/** How long a batch takes to each candidate when it leaves as the collect request arrives. */
function transfersTo(candidates: readonly number[], start: Start, context: PlanningContext): Float64Array {
  const { collector, requestUs } = start;
  const transfersUs = new Float64Array(candidates.length).fill(Number.POSITIVE_INFINITY);
  if (requestUs === Number.POSITIVE_INFINITY) return transfersUs;
  const tree = context.arrivals(collector, requestUs, NOMINAL_DATA_BYTES);
  for (let i = 0; i < candidates.length; i++) transfersUs[i] = tree.arrivalUs(candidates[i] as number) - requestUs;
  return transfersUs;
}

/** The candidate's index for each collector; -1 where none can be reached. */
function chooseMappers(
  spec: JobSpec,
  context: PlanningContext,
  transfersUs: readonly Float64Array[],
  candidates: number,
): Int32Array {
  switch (spec.allocator) {
    case 'bipartite':
      return assignRows(transfersUs.length, candidates, (row, i) => (transfersUs[row] as Float64Array)[i] as number)
        .columnOfRow;
    case 'greedy':
      return takeInTurn(transfersUs, (free, row) => cheapest(free, transfersUs[row] as Float64Array), candidates);
    case 'random': {
      const lots = context.random.shuffled(Array.from({ length: candidates }, (_, i) => i));
      const reached = (free: Uint8Array, row: number) =>
        lots.find(
          (i) => free[i] === 1 && ((transfersUs[row] as Float64Array)[i] as number) < Number.POSITIVE_INFINITY,
        ) ?? -1;
      return takeInTurn(transfersUs, reached, candidates);
    }
    default:
      throw new UsageError(
        'unknown-allocator',
        `there is no allocator "${spec.allocator}"; known: bipartite, greedy, random`,
      );
  }
}

/** Collectors choose one after the other from what is still free. */
function takeInTurn(
  transfersUs: readonly Float64Array[],
  choose: (free: Uint8Array, row: number) => number,
  candidates: number,
): Int32Array {
  const free = new Uint8Array(candidates).fill(1);
  return Int32Array.from(transfersUs, (_, row) => {
    const chosen = choose(free, row);
    if (chosen >= 0) free[chosen] = 0;
    return chosen;
  });
}

/** The cheapest free candidate in reach, the first of equals; -1 where there is none. */
function cheapest(free: Uint8Array, transfersUs: Float64Array): number {
  let chosen = -1;
  let leastUs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < transfersUs.length; i++) {
    const transferUs = transfersUs[i] as number;
    if (free[i] === 1 && transferUs < leastUs) {
      leastUs = transferUs;
      chosen = i;
    }
  }
  return chosen;
}

/** Gives those without a mapper in reach the first ones that nobody has: a plan always names everybody. */
function fillGaps(chosen: Int32Array, candidates: number): Int32Array {
  const taken = new Set(chosen);
  let next = 0;
  return chosen.map((candidate) => {
    if (candidate >= 0) return candidate;
    while (taken.has(next)) next++;
    assert(next < candidates, 'the area has a mapper for each collector');
    return next++;
  });
}
