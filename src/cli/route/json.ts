/** Routes as `leodtn route --json` prints them: seconds as numbers, nodes as the plan calls them, null for what has no limit. */
import { usToSeconds } from '../../base/time.js';
import { limitOf, type Route } from '../../routing/index.js';
import { secondsOrNull } from '../plan/time.js';
import type { Asked } from './asked.js';
import { hopsOf } from './hops.js';

/** A node: its name, or its number where the plan has no name for it. */
type NodeJson = string | number;

/** A contact of a route. */
export interface ContactJson {
  readonly from: NodeJson;
  readonly to: NodeJson;
  readonly start: number;
  readonly end: number;
  /** Null without a limit. */
  readonly rateBytesPerSecond: number | null;
  /** As in the plan, without a margin. */
  readonly oneWayLightTime: number;
  /** When the first byte leaves. */
  readonly departure: number;
  /** When the last byte is at the receiver. */
  readonly arrival: number;
}

/** A route. One without hops, from a node to itself, has null for what only hops have. */
export interface RouteJson {
  readonly arrival: number;
  readonly hops: number;
  readonly termination: number | null;
  readonly entryNode: NodeJson | null;
  /** What the route has room for, this bundle included; null without a limit. */
  readonly volumeBytes: number | null;
  readonly contacts: readonly ContactJson[];
  /** The contact that sets `volumeBytes`: its place in `contacts`, from 0, and what it is; null where nothing does. */
  readonly limitingContact: ({ readonly index: number } & ContactJson) | null;
}

/** A route for JSON. */
export function routeJson(route: Route, asked: Asked): RouteJson {
  const { names } = asked;
  const contacts = hopsOf(route, asked).map(({ contact, departureUs, arrivalUs }) => ({
    from: names.labelOf(contact.from),
    to: names.labelOf(contact.to),
    start: usToSeconds(contact.startUs),
    end: usToSeconds(contact.endUs),
    rateBytesPerSecond: contact.rateBytesPerSecond === Infinity ? null : contact.rateBytesPerSecond,
    oneWayLightTime: usToSeconds(contact.owltUs),
    departure: usToSeconds(departureUs),
    arrival: usToSeconds(arrivalUs),
  }));
  const limit = limitHop(route, asked);
  return {
    arrival: usToSeconds(route.arrivalUs),
    hops: route.hops,
    termination: secondsOrNull(route.terminationUs),
    entryNode: route.hops === 0 ? null : names.labelOf(route.entryNode),
    volumeBytes: limit === undefined ? null : limit.volumeBytes,
    contacts,
    limitingContact: limit === undefined ? null : { index: limit.hop, ...contacts[limit.hop]! },
  };
}

/** The hop that limits what a route has room for, and how much that is; undefined where nothing does. */
export function limitHop(route: Route, { graph }: Asked): { hop: number; volumeBytes: number } | undefined {
  if (route.hops === 0) return undefined;
  const { contact, volumeBytes } = limitOf(graph, route);
  if (volumeBytes === Infinity) return undefined;
  return { hop: route.contacts.indexOf(contact), volumeBytes: Math.floor(volumeBytes) };
}
