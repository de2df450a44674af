/** A question for routes as the command line asks it: names for numbers, seconds for microseconds. */
import { UsageError } from '../../base/errors.js';
import { ContactGraph, ContactPlan, type PlanDocument, PlanNames, type RouteQuery } from '../../routing/index.js';
import { nodeOf, nodesOf } from '../plan/nodes.js';
import { axisTime, epochOf } from '../plan/time.js';

/** Options that make the question. */
export interface QuestionFlags {
  readonly from: string;
  readonly to: string;
  readonly at: string;
  readonly size: number;
  readonly epoch?: string;
  readonly exclude?: readonly string[];
  readonly excludeNeighbour?: readonly string[];
  readonly deadline?: string;
  readonly windowEnd: 'closed' | 'open';
  readonly owltMargin: number;
}

/** The question, and what it is asked of. */
export interface Asked {
  readonly names: PlanNames;
  readonly graph: ContactGraph;
  readonly query: RouteQuery;
  /** Date of time 0, in microseconds since 1970, where it is known. */
  readonly epochUnixUs: number | undefined;
}

/** Makes the question. Throws a UsageError that names the option for a node or a time that there is not. */
export function askOf(document: PlanDocument, flags: QuestionFlags): Asked {
  const names = new PlanNames(document.nodes);
  const epochUnixUs = epochOf(document.epochUnixUs, flags.epoch);
  const node = (option: string, text: string) => nodeOf(option, text, document, names);
  const atUs = axisTime('--at', flags.at, epochUnixUs);
  const deadlineUs = flags.deadline === undefined ? undefined : axisTime('--deadline', flags.deadline, epochUnixUs);
  if (deadlineUs !== undefined && deadlineUs < atUs) {
    throw new UsageError('bad-time', `--deadline ${flags.deadline}: before --at ${flags.at}; expected a later time`);
  }
  const query: RouteQuery = {
    from: node('--from', flags.from),
    to: node('--to', flags.to),
    atUs,
    sizeBytes: flags.size,
    excludedNodes: nodesOf('--exclude', flags.exclude ?? [], document, names),
    excludedNeighbours: nodesOf('--exclude-neighbour', flags.excludeNeighbour ?? [], document, names),
    deadlineUs,
  };
  const graph = graphOf(new ContactPlan(document.contacts), flags);
  return { names, graph, query, epochUnixUs };
}

function graphOf(plan: ContactPlan, { owltMargin, windowEnd }: QuestionFlags): ContactGraph {
  return new ContactGraph(plan, { owltMarginRatio: owltMargin, windowEnd });
}
