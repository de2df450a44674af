/** Why there is no route, in words: found by asking the search again without one of the things that may stand in the way. */

import { formatSeconds } from '../../plans/index.js';
import { ContactGraph, findRoute, type Route, type RouteQuery } from '../../routing/index.js';
import { timeWords } from '../plan/time.js';
import { count, plural } from '../style.js';
import type { Asked } from './asked.js';
import { hopsOf, pairWords } from './hops.js';

/** The reason, one sentence without a full stop. The question must have no route. */
export function noRouteReason(asked: Asked): string {
  const { names, graph, query } = asked;
  const { contacts } = graph.plan;
  const [from, to] = [names.labelOf(query.from), names.labelOf(query.to)];
  if (!contacts.some((contact) => contact.from === query.from)) return `${from} sends on no contact of the plan`;
  if (!contacts.some((contact) => contact.to === query.to)) return `no contact of the plan leads to ${to}`;
  if (query.excludedNodes?.has(query.to)) return `${to} is excluded itself`;
  const obstacles = obstaclesOf(asked);
  for (const { without, words } of obstacles) {
    const eased = without(asked);
    const route = findRoute(eased.graph, eased.query);
    if (route !== undefined) return words(route);
  }
  const isFree = (some: readonly Obstacle[]) => {
    const eased = some.reduce((rest, { without }) => without(rest), asked);
    return findRoute(eased.graph, eased.query) !== undefined;
  };
  if (!isFree(obstacles)) return unconnectedReason(asked);
  let needed = obstacles;
  for (const each of obstacles) {
    const rest = needed.filter((other) => other !== each);
    if (isFree(rest)) needed = rest;
  }
  return `several things together stand in the way: ${needed.map(({ name }) => name).join(', ')}`;
}

/** Something that a route may fail on. */
interface Obstacle {
  /** What it is where it does not stand alone. */
  readonly name: string;
  /** The question without it. */
  readonly without: (asked: Asked) => Asked;
  /** The reason, where the question without it alone has this route. */
  readonly words: (route: Route) => string;
}

/** Those that the question has, the ones that its asker chose first. */
function obstaclesOf(asked: Asked): Obstacle[] {
  const { graph, query } = asked;
  const obstacles: Obstacle[] = [];
  const add = (has: boolean, obstacle: Obstacle) => void (has && obstacles.push(obstacle));
  add(query.deadlineUs !== undefined, {
    name: 'the deadline',
    without: (rest) => changed(rest, { deadlineUs: undefined }),
    words: ({ arrivalUs }) =>
      `the earliest arrival is at ${words(arrivalUs, asked)}, ${formatSeconds(arrivalUs - query.deadlineUs!)} s after the deadline`,
  });
  add((query.excludedNeighbours?.size ?? 0) > 0, {
    name: 'the excluded neighbours',
    without: (rest) => changed(rest, { excludedNeighbours: undefined }),
    words: ({ entryNode, arrivalUs }) =>
      `every way begins with an excluded neighbour; by way of ${asked.names.labelOf(entryNode)} the bundle would arrive at ${words(arrivalUs, asked)}`,
  });
  add((query.excludedNodes?.size ?? 0) > 0, {
    name: 'the excluded nodes',
    without: (rest) => changed(rest, { excludedNodes: undefined }),
    words: (route) => excludedWords(route, asked),
  });
  add(query.sizeBytes > 0, {
    name: 'the size of the bundle',
    without: (rest) => changed(rest, { sizeBytes: 0 }),
    words: () => sizeWords(asked),
  });
  add(graph.owltMarginRatio > 0, {
    name: 'the light time margin',
    without: (rest) => regraphed(rest, { owltMarginRatio: 0, windowEnd: rest.graph.windowEnd }),
    words: ({ arrivalUs }) =>
      `the light time margin leaves no route; without it the bundle would arrive at ${words(arrivalUs, asked)}`,
  });
  add(graph.windowEnd === 'open', {
    name: 'the open window end',
    without: (rest) => regraphed(rest, { owltMarginRatio: rest.graph.owltMarginRatio, windowEnd: 'closed' }),
    words: () => 'the bundle would have to leave at the very end of a contact, which --window-end open does not allow',
  });
  add(query.atUs > 0, {
    name: 'the time',
    without: (rest) => changed(rest, { atUs: 0 }),
    words: () => timeReason(asked),
  });
  return obstacles;
}

function excludedWords(route: Route, asked: Asked): string {
  const { query, names, graph } = asked;
  const met = route.contacts
    .map((index) => graph.plan.contacts[index]!.to)
    .filter((node) => query.excludedNodes!.has(node));
  const labels = met.map((node) => names.labelOf(node)).join(', ');
  return `every way passes an excluded node; by way of ${labels} the bundle would arrive at ${words(route.arrivalUs, asked)}`;
}

/** What fits once fits at any smaller size, so that the largest one is found by bisection. */
function sizeWords(asked: Asked): string {
  const { graph, query } = asked;
  let fits = 0;
  let tooBig = query.sizeBytes;
  while (tooBig - fits > 1) {
    const sizeBytes = Math.floor((fits + tooBig) / 2);
    if (findRoute(graph, { ...query, sizeBytes }) === undefined) tooBig = sizeBytes;
    else fits = sizeBytes;
  }
  const eased = changed(asked, { sizeBytes: fits });
  const tightest = tightestHop(findRoute(graph, eased.query)!, eased);
  const isOne = query.sizeBytes === 1;
  return `${plural(query.sizeBytes, 'byte')} ${isOne ? 'is' : 'are'} too many: the largest bundle that gets through has ${count(fits)}, and ${tightest} leaves no room for more`;
}

/** What is in time at some time is so at any earlier one, so that the latest one is found by bisection. */
function timeReason(asked: Asked): string {
  const { graph, query } = asked;
  let inTime = 0;
  let tooLate = query.atUs;
  while (tooLate - inTime > 1) {
    const atUs = Math.floor(inTime / 2 + tooLate / 2);
    if (findRoute(graph, { ...query, atUs }) === undefined) tooLate = atUs;
    else inTime = atUs;
  }
  const eased = changed(asked, { atUs: inTime });
  const tightest = tightestHop(findRoute(graph, eased.query)!, eased);
  return `too late: the last route had to begin by ${words(inTime, asked)}; ${tightest} is over too soon after that`;
}

/** The contact of a route that leaves the least time after the bundle has left. */
function tightestHop(route: Route, asked: Asked): string {
  const hops = hopsOf(route, asked);
  const slackUs = hops.map(({ contact, departureUs, transmissionUs }) => contact.endUs - departureUs - transmissionUs);
  const { contact } = hops[slackUs.indexOf(Math.min(...slackUs))]!;
  const window = `${formatSeconds(contact.startUs)} to ${formatSeconds(contact.endUs)} s`;
  return `the contact ${pairWords(contact, asked)} (${window})`;
}

/** Where not even a bundle without length from the beginning of time gets there. */
function unconnectedReason(asked: Asked): string {
  const { names, graph, query } = asked;
  const [from, to] = [names.labelOf(query.from), names.labelOf(query.to)];
  const next = new Map<number, Set<number>>();
  for (const contact of graph.plan.contacts) {
    const list = next.get(contact.from);
    if (list === undefined) next.set(contact.from, new Set([contact.to]));
    else list.add(contact.to);
  }
  const reached = new Set([query.from]);
  for (const node of reached) for (const other of next.get(node) ?? []) reached.add(other);
  if (reached.has(query.to)) {
    return `contacts lead from ${from} to ${to}, but never one after the other: the later ones are over before the bundle could be there`;
  }
  return `no chain of contacts leads from ${from} to ${to} at any time; from ${from} only ${plural(reached.size - 1, 'other node')} can be reached`;
}

function changed(asked: Asked, query: Partial<RouteQuery>): Asked {
  return { ...asked, query: { ...asked.query, ...query } };
}

function regraphed(asked: Asked, options: Pick<ContactGraph, 'owltMarginRatio' | 'windowEnd'>): Asked {
  return { ...asked, graph: new ContactGraph(asked.graph.plan, options) };
}

function words(us: number, { epochUnixUs }: Asked): string {
  return timeWords(us, epochUnixUs);
}
