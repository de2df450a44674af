/** How much a route can carry (the effective volume limits of CCSDS 734.3-B-1 section 3.2.6): its narrowest contact and that one's volume. */
import { US_PER_SECOND } from '../base/time.js';
import type { ContactGraph } from './contact-graph.js';
import type { Route } from './route.js';

/** The narrowest hop of a route. */
export interface RouteLimit {
  /** Index of the limiting contact, the first one where several are; -1 for a route without hops. */
  readonly contact: number;
  /** Whole bytes that the route takes, the route volume limit; Infinity where nothing limits it. */
  readonly volumeBytes: number;
}

/**
 * The limit of a route: over its hops the least of rate times the span from the first byte's departure to the effective stop,
 * which is the earliest end of this and all later hops, and of what `residualBytes` says is left of the contact (the default is
 * no limit). A contact without a rate limit carries any volume.
 */
export function limitOf(
  graph: ContactGraph,
  route: Route,
  residualBytes?: (contactIndex: number) => number,
): RouteLimit {
  let limit: RouteLimit = { contact: -1, volumeBytes: Infinity };
  let stopUs = Infinity;
  for (let hop = route.hops - 1; hop >= 0; hop--) {
    const contact = route.contacts[hop] as number;
    const { endUs, rateBytesPerSecond } = graph.contact(contact);
    stopUs = Math.min(stopUs, endUs);
    const spanUs = stopUs - (route.departuresUs[hop] as number);
    const sentBytes =
      rateBytesPerSecond === Infinity ? Infinity : Math.floor((rateBytesPerSecond * spanUs) / US_PER_SECOND);
    const volumeBytes = Math.max(0, Math.min(sentBytes, residualBytes?.(contact) ?? Infinity));
    if (volumeBytes <= limit.volumeBytes) limit = { contact, volumeBytes };
  }
  return limit;
}
