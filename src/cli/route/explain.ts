/** Why a route is the best one: what the other ways are, and which key or which contact decided against each. */
import { usToSeconds } from '../../base/time.js';
import { formatSeconds } from '../../plans/index.js';
import { findRoute, findRoutes, type Route, routesByNeighbour } from '../../routing/index.js';
import { timeWords } from '../plan/time.js';
import { plural } from '../style.js';
import type { Asked } from './asked.js';
import { type Hop, hopsOf, pairWords } from './hops.js';

/** Routes behind those asked for that are looked at. */
const NEXT_BEST = 3;

/** Neighbours that are told of one by one, with a route and without one each. */
const MAX_NEIGHBOURS = 8;

/** The four keys of CCSDS 734.3-B-1 section 3.2.8.1.4 a, and what decides where they tie. */
export type RouteKey = 'arrival' | 'hops' | 'termination' | 'entry-node' | 'contacts';

/** Another route, and why it is not the best one. */
export interface Alternative {
  readonly route: Route;
  readonly decidedBy: RouteKey;
  readonly reason: string;
}

/** A neighbour that the bundle could not go by. */
export interface ClosedNeighbour {
  readonly node: number;
  readonly reason: string;
}

/** What there is beside the best route. */
export interface Explanation {
  /** The next best routes, then the best ones by up to {@link MAX_NEIGHBOURS} other neighbours; each once. */
  readonly alternatives: readonly Alternative[];
  /** Neighbours with a route that is not told. */
  readonly moreNeighbours: number;
  /** Neighbours that the source has contacts with, but no route by; at most {@link MAX_NEIGHBOURS} of them. */
  readonly closedNeighbours: readonly ClosedNeighbour[];
  /** How many more of those there are. */
  readonly moreClosed: number;
}

/** Explains the best route, `shown` of which with those behind it are told anyway and are not told again. */
export function explain(shown: readonly Route[], asked: Asked): Explanation {
  const { graph, query } = asked;
  const best = shown[0]!;
  if (best.hops === 0) return { alternatives: [], moreNeighbours: 0, closedNeighbours: [], moreClosed: 0 };
  const byNeighbour = routesByNeighbour(graph, query);
  const next = findRoutes(graph, query, shown.length + NEXT_BEST);
  const near = new Set([...shown, ...next].map(({ entryNode }) => entryNode));
  const byOthers = byNeighbour.filter(({ entryNode }) => !near.has(entryNode));
  const told = new Set(shown.map(keyOf));
  const alternatives: Alternative[] = [];
  for (const route of [...next, ...byOthers.slice(0, MAX_NEIGHBOURS)]) {
    if (told.has(keyOf(route))) continue;
    told.add(keyOf(route));
    alternatives.push(compared(best, route, asked));
  }
  const open = new Set(byNeighbour.map(({ entryNode }) => entryNode));
  const closed = neighboursOf(asked).filter((node) => !open.has(node));
  return {
    alternatives,
    moreNeighbours: Math.max(0, byOthers.length - MAX_NEIGHBOURS),
    closedNeighbours: closed.slice(0, MAX_NEIGHBOURS).map((node) => ({ node, reason: closedReason(node, asked) })),
    moreClosed: Math.max(0, closed.length - MAX_NEIGHBOURS),
  };
}

/** Which key decided for the better one of two routes, and in words what is against the other. */
export function compared(best: Route, route: Route, asked: Asked): Alternative {
  const { names } = asked;
  if (route.arrivalUs > best.arrivalUs) {
    const later = `arrives ${seconds(route.arrivalUs - best.arrivalUs)} later`;
    return { route, decidedBy: 'arrival', reason: `${later}: ${longestPart(best, route, asked)}` };
  }
  if (route.hops > best.hops) {
    const more = plural(route.hops - best.hops, 'hop');
    return { route, decidedBy: 'hops', reason: `arrives at the same time, with ${more} more` };
  }
  if (route.terminationUs < best.terminationUs) {
    const { contact } = hopsOf(route, asked).find(({ contact }) => contact.endUs === route.terminationUs)!;
    const earlier = `terminates ${seconds(best.terminationUs - route.terminationUs)} earlier`;
    const reason = `same arrival and hops, but ${earlier}, with the contact ${pairWords(contact, asked)}`;
    return { route, decidedBy: 'termination', reason };
  }
  if (route.entryNode !== best.entryNode) {
    const [node, other] = [names.labelOf(route.entryNode), names.labelOf(best.entryNode)];
    return {
      route,
      decidedBy: 'entry-node',
      reason: `same arrival, hops and termination, but entry node ${node} has a larger number than ${other}`,
    };
  }
  const reason = 'the same in all four keys; of such routes the one whose contacts come first in the plan is taken';
  return { route, decidedBy: 'contacts', reason };
}

/** Where a route spends the most of its time on contacts that the best one does not use. */
function longestPart(best: Route, route: Route, asked: Asked): string {
  const { names } = asked;
  const used = new Set(best.contacts);
  const own = hopsOf(route, asked).filter((_, i) => !used.has(route.contacts[i]!));
  const parts = own.flatMap((hop: Hop) => {
    const { contact, waitUs, transmissionUs, lightUs } = hop;
    const pair = pairWords(contact, asked);
    const opening = `until the contact ${pair} opens at ${timeWords(contact.startUs, asked.epochUnixUs)}`;
    return [
      { us: waitUs, words: `waits ${seconds(waitUs)} at ${names.labelOf(contact.from)} ${opening}` },
      { us: transmissionUs, words: `is ${seconds(transmissionUs)} in transmission on ${pair}` },
      { us: lightUs, words: `is ${seconds(lightUs)} under way on ${pair}` },
    ];
  });
  return parts.reduce((most, part) => (part.us > most.us ? part : most)).words;
}

function neighboursOf({ graph, query }: Asked): number[] {
  const nodes = new Set<number>();
  for (const { from, to } of graph.plan.contacts) if (from === query.from) nodes.add(to);
  return [...nodes].sort((a, b) => a - b);
}

function closedReason(node: number, { graph, query, names, epochUnixUs }: Asked): string {
  if (query.excludedNodes?.has(node) || query.excludedNeighbours?.has(node)) return 'excluded';
  const { contacts } = graph.plan;
  const isOther = (index: number) => contacts[index]!.from !== query.from || contacts[index]!.to !== node;
  const direct = findRoute(graph, { ...query, to: node, excludedContacts: isOther });
  if (direct === undefined) return 'no contact with it is left that takes the bundle in time';
  const reached = timeWords(direct.arrivalUs, epochUnixUs);
  return `reached at ${reached}, but from there no route to ${names.labelOf(query.to)} in time that does not come back`;
}

function keyOf({ contacts }: Route): string {
  return contacts.join(' ');
}

function seconds(us: number): string {
  return `${formatSeconds(us)} s`;
}

/** The explanation for JSON; `routeJson` says how a route stands there. */
export function explanationJson(
  explanation: Explanation,
  shown: readonly Route[],
  asked: Asked,
  routeJson: (route: Route) => object,
): object {
  const { names } = asked;
  return {
    timelines: shown.map((route) =>
      hopsOf(route, asked).map(({ contact, readyUs, waitUs, departureUs, transmissionUs, lightUs, arrivalUs }) => ({
        from: names.labelOf(contact.from),
        to: names.labelOf(contact.to),
        ready: usToSeconds(readyUs),
        wait: usToSeconds(waitUs),
        departure: usToSeconds(departureUs),
        transmission: usToSeconds(transmissionUs),
        light: usToSeconds(lightUs),
        arrival: usToSeconds(arrivalUs),
      })),
    ),
    alternatives: explanation.alternatives.map(({ route, decidedBy, reason }) => ({
      decidedBy,
      reason,
      route: routeJson(route),
    })),
    moreNeighbours: explanation.moreNeighbours,
    closedNeighbours: explanation.closedNeighbours.map(({ node, reason }) => ({ node: names.labelOf(node), reason })),
    moreClosedNeighbours: explanation.moreClosed,
  };
}
