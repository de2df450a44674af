/** Where to reduce: near the mappers, and from there on the way to the LOS satellite. */
import { UsageError } from '../base/errors.js';
import type { ReducerChoice } from './job.js';
import { type ArrivalTree, NOMINAL_DATA_BYTES, type PlanningContext } from './planning-context.js';

/** A mapper and when its batch is there; Infinity: never. */
export interface ReadyMapper {
  readonly node: number;
  readonly readyUs: number;
}

/** The reducer, and when its result is at the LOS satellite; Infinity: never. */
export interface PlacedReducer {
  readonly reducer: number;
  readonly resultUs: number;
}

/**
 * How many of the places nearest to the mappers are compared by when their result is at the LOS satellite. Each costs a search
 * over the contact plan. A short list also keeps the reducer among the mappers: on arrival times alone no place beats the LOS
 * satellite itself, but then every mapped record travels all the way, where one result would do.
 */
export const REDUCER_SHORT_LIST = 8;

/**
 * Places the reducer. `auto`: of the {@link REDUCER_SHORT_LIST} nodes of the constellation that have everything first (by the
 * last arrival from a mapper, then the sum of the arrivals, then node number), the one whose result is at the LOS satellite
 * first. `center`: the area's median, the satellite with the least sum of arrivals. Mappers that are never ready are left out
 * of the choice. Throws a UsageError `unknown-reducer` for a given node that is none of the constellation's.
 */
export function placeReducer(
  choice: ReducerChoice,
  mappers: readonly ReadyMapper[],
  area: readonly number[],
  context: PlanningContext,
): PlacedReducer {
  if (typeof choice === 'number' && !context.allNodes.includes(choice)) {
    throw new UsageError('unknown-reducer', `the reducer ${choice} is no satellite of the constellation`);
  }
  const ready = mappers.filter(({ readyUs }) => readyUs < Number.POSITIVE_INFINITY);
  const trees = ready.map(({ node, readyUs }) => context.arrivals(node, readyUs, NOMINAL_DATA_BYTES));
  const isComplete = ready.length === mappers.length;
  const place = (node: number): PlacedReducer => {
    const resultUs = resultArrivalUs(placeAt(node, trees), context);
    return { reducer: node, resultUs: isComplete ? resultUs : Number.POSITIVE_INFINITY };
  };
  if (typeof choice === 'number') return place(choice);
  if (choice === 'los' || ready.length === 0) return place(context.los);
  if (choice === 'center') return place(medianOf(area, trees) ?? context.los);
  return place(quickestOf(trees, context));
}

/** A place for the reducer as the mappers see it. */
interface Place {
  readonly node: number;
  /** When the last mapper's record is there. */
  readonly lastUs: number;
  /** Sum of all mappers' arrivals. */
  readonly sumUs: number;
}

function placeAt(node: number, trees: readonly ArrivalTree[]): Place {
  let lastUs = 0;
  let sumUs = 0;
  for (const tree of trees) {
    const arrivalUs = tree.arrivalUs(node);
    sumUs += arrivalUs;
    if (arrivalUs > lastUs) lastUs = arrivalUs;
  }
  return { node, lastUs, sumUs };
}

function resultArrivalUs(place: Place, context: PlanningContext): number {
  if (place.lastUs === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  return context.arrivals(place.node, place.lastUs, NOMINAL_DATA_BYTES).arrivalUs(context.los);
}

/** The node with the least sum, then the lowest number; undefined where no node is in reach of all mappers. */
function medianOf(nodes: readonly number[], trees: readonly ArrivalTree[]): number | undefined {
  let median: Place | undefined;
  for (const node of nodes) {
    const place = placeAt(node, trees);
    if (place.sumUs === Number.POSITIVE_INFINITY) continue;
    if (median === undefined || place.sumUs < median.sumUs || (place.sumUs === median.sumUs && node < median.node))
      median = place;
  }
  return median?.node;
}

/** The short-listed node with the earliest result; the LOS satellite where none of the list can bring it there. */
function quickestOf(trees: readonly ArrivalTree[], context: PlanningContext): number {
  let quickest = context.los;
  let leastUs = Number.POSITIVE_INFINITY;
  for (const place of shortList(trees, context.allNodes)) {
    const resultUs = resultArrivalUs(place, context);
    if (resultUs < leastUs) {
      leastUs = resultUs;
      quickest = place.node;
    }
  }
  return quickest;
}

/** The nearest places in reach of all mappers, nearest first. */
function shortList(trees: readonly ArrivalTree[], nodes: readonly number[]): Place[] {
  const list: Place[] = [];
  for (const node of nodes) {
    const place = placeAt(node, trees);
    if (place.lastUs === Number.POSITIVE_INFINITY) continue;
    if (list.length === REDUCER_SHORT_LIST && compare(place, list[list.length - 1] as Place) >= 0) continue;
    const at = list.findIndex((other) => compare(place, other) < 0);
    list.splice(at < 0 ? list.length : at, 0, place);
    if (list.length > REDUCER_SHORT_LIST) list.pop();
  }
  return list;
}

function compare(a: Place, b: Place): number {
  return a.lastUs - b.lastUs || a.sumUs - b.sumUs || a.node - b.node;
}
