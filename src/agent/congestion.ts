/**
 * One node's part in keeping traffic out of contacts that are full: it tells its neighbours how much of its own contacts is taken, and
 * hears the same of them. It joins the parts that know what is booked, what queues and what is told, and decides nothing itself.
 */
import type { Instant } from '../base/time.js';
import type { ContactGraph } from '../routing/index.js';
import type { BundleRecord } from './bundle-record.js';
import type { AgentConfig } from './config.js';
import { encodeLoadRecord } from './load-notice.js';
import { LoadTeller } from './load-teller.js';
import type { NeighbourLoads } from './neighbour-loads.js';
import { PRIORITY } from './priority.js';
import type { Promises } from './promises.js';
import type { SendRequest } from './sourcing.js';
import type { Transmitter } from './transmitter.js';

/** What a notice says is old after that. */
const NOTICE_LIFETIME_MS = 10_000;

/** What it is built from. */
export interface CongestionParts {
  readonly config: Pick<AgentConfig, 'node' | 'congestion'>;
  readonly graph: ContactGraph;
  readonly loads: NeighbourLoads;
  readonly promises: Promises;
  readonly transmitter: Pick<Transmitter, 'linkTo' | 'links'>;
}

/** Tells and hears loads; with `congestion: off` it does neither. */
export class Congestion {
  readonly #parts: CongestionParts;
  readonly #teller: LoadTeller | undefined;

  constructor(parts: CongestionParts) {
    const { config, graph, promises, transmitter } = parts;
    this.#parts = parts;
    if (config.congestion === 'off') return;
    this.#teller = new LoadTeller(graph, {
      node: config.node,
      ownContacts: () => promises.book.ownContacts(),
      takenBytes: (contact, rank) => promises.book.takenBytes(contact, rank),
      spentBytes: (contact) => promises.book.spentBytes(contact),
      freeUs: (neighbour) => {
        const link = transmitter.linkTo(neighbour);
        return link?.open === undefined ? undefined : link.freeUs;
      },
      openNeighbours: () => openNeighbours(transmitter),
    });
  }

  /** The contact plan changed. */
  planUpdated(graph: ContactGraph): void {
    this.#teller?.planUpdated(graph);
  }

  /** Takes in what a neighbour told; returns the records that lose their booking by it and are still here. */
  hear(data: Uint8Array, from: number, now: Instant): readonly BundleRecord[] {
    if (this.#teller === undefined) return [];
    const { loads, promises } = this.#parts;
    const displaced: BundleRecord[] = [];
    for (const contact of loads.hear(data, from, now.monotonicUs)) {
      displaced.push(...promises.told(contact, loads.takenBytes(contact, 0, now.monotonicUs)));
    }
    return displaced;
  }

  /** Looks whether there is something new to tell. */
  look(now: Instant): void {
    this.#teller?.look(now.monotonicUs);
  }

  /** Data of the load block for a bundle that leaves for a neighbour; undefined where there is nothing to tell. */
  noticeFor(neighbour: number, arrivalUs: number, nowUs: number): Uint8Array | undefined {
    return this.#teller?.noticeFor(neighbour, arrivalUs, nowUs);
  }

  /** When {@link takeNotices} has something; Infinity for never. */
  nextUs(): number {
    return this.#teller?.nextUs() ?? Number.POSITIVE_INFINITY;
  }

  /** Bundles for neighbours that are to be told something and that no other bundle goes to. */
  takeNotices(now: Instant): readonly SendRequest[] {
    return this.#teller?.takeDue(now.monotonicUs).map(noticeFor) ?? [];
  }
}

function noticeFor(neighbour: number): SendRequest {
  return {
    destinationNode: neighbour,
    destinationService: 0,
    sourceService: 0,
    payload: encodeLoadRecord(),
    lifetimeMs: NOTICE_LIFETIME_MS,
    custody: false,
    priority: PRIORITY.administrative,
    administrative: true,
    hopLimit: 1,
  };
}

function* openNeighbours(transmitter: Pick<Transmitter, 'links'>): Iterable<number> {
  for (const link of transmitter.links()) if (link.open !== undefined) yield link.neighbour;
}
