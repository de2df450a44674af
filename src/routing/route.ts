/**
 * What a route search is asked and what it answers, as values: a question, a route, and the order of routes (the four keys of
 * CCSDS 734.3-B-1 section 3.2.8.1.4 a). Knows no search.
 */
import { UsageError } from '../base/errors.js';

/** A question for routes. Node numbers throughout; times are whole microseconds on the plan's axis. */
export interface RouteQuery {
  /** Node that holds the bundle. */
  readonly from: number;
  /** Node that it is meant for. */
  readonly to: number;
  /** When the bundle is ready to leave. */
  readonly atUs: number;
  /** Its length on the wire; 0 asks for the first bit. */
  readonly sizeBytes: number;
  /** Nodes that no hop may lead to. */
  readonly excludedNodes?: ReadonlySet<number> | undefined;
  /**
   * Neighbours that the first hop may not lead to: where the bundle came from, who refused it (CCSDS 734.3-B-1 section
   * 3.2.6.9 b). Later hops may visit them.
   */
  readonly excludedNeighbours?: ReadonlySet<number> | undefined;
  /** Contacts, by index in the plan, that no hop may use. Must not search the same graph itself. */
  readonly excludedContacts?: ((contactIndex: number) => boolean) | undefined;
  /**
   * When the bundle's first byte can leave on a contact, given what is queued or booked there, if the bundle is ready at `readyUs`,
   * which is never before the contact's start: at or after that, Infinity where it does not fit any more. Must not decrease when
   * `readyUs` grows. Fractions of a microsecond are rounded up. Must not search the same graph itself. Default: at once.
   */
  readonly departUs?: ((contactIndex: number, readyUs: number) => number) | undefined;
  /** Only a route that arrives by then counts. */
  readonly deadlineUs?: number | undefined;
}

/** A way through the plan; all lists have one entry for each hop. */
export interface Route {
  /** When the last byte is at the destination. */
  readonly arrivalUs: number;
  readonly hops: number;
  /** Indexes into the plan's contacts. */
  readonly contacts: readonly number[];
  /** When the first byte leaves on each hop. */
  readonly departuresUs: readonly number[];
  /** When the last byte is at the end of each hop. */
  readonly arrivalsUs: readonly number[];
  /** The earliest end of its contacts; Infinity without hops. */
  readonly terminationUs: number;
  /** The receiver of the first hop; the node itself without hops. */
  readonly entryNode: number;
}

/**
 * Below 0 where `a` is the better route: it arrives earlier, else has fewer hops, else terminates later, else has the smaller
 * entry node (CCSDS 734.3-B-1 section 3.2.8.1.4 a), else the smaller contact index at the first hop that differs. 0 for two routes
 * over the same contacts.
 */
export function compareRoutes(a: Route, b: Route): number {
  if (a.arrivalUs !== b.arrivalUs) return a.arrivalUs < b.arrivalUs ? -1 : 1;
  if (a.hops !== b.hops) return a.hops - b.hops;
  if (a.terminationUs !== b.terminationUs) return a.terminationUs > b.terminationUs ? -1 : 1;
  if (a.entryNode !== b.entryNode) return a.entryNode - b.entryNode;
  for (let hop = 0; hop < a.hops; hop++) {
    const difference = (a.contacts[hop] as number) - (b.contacts[hop] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Throws a UsageError `bad-route-query` for a time or a size that is not a number of at least 0, or a time that is not whole. */
export function checkQuery({ atUs, sizeBytes }: { readonly atUs: number; readonly sizeBytes: number }): void {
  if (!(atUs >= 0 && Number.isSafeInteger(atUs))) {
    throw new UsageError('bad-route-query', `the time ${atUs} must be whole microseconds, at least 0`);
  }
  if (!(sizeBytes >= 0 && sizeBytes < Infinity)) {
    throw new UsageError('bad-route-query', `the size ${sizeBytes} must be at least 0 bytes`);
  }
}
