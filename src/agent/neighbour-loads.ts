/**
 * What a node has heard of how much of its neighbours' contacts is taken, and what that means for the choice of a route.
 *
 * It only advises. A neighbour speaks of contacts that it sends on itself and of no others, what cannot be is passed over, what
 * is old is forgotten, and whoever chooses a route by it looks once more without it where it leaves none: wrong numbers send
 * bundles a longer way, and stop none.
 */
import { US_PER_MS, US_PER_SECOND } from '../base/time.js';
import { type ContactGraph, contactVolumeBytes, type Rank } from '../routing/index.js';
import { decodeLoads } from './load-notice.js';

/** Contacts that one node remembers loads of; the one heard longest ago is forgotten. */
export const MAX_HEARD_CONTACTS = 4_096;

/** What is older than this says nothing any more. */
const MAX_LOAD_AGE_US = 3_600 * US_PER_SECOND;

/** A contact is taken for the one told of where their starts lie no further apart: notices wait in queues, and plans differ a little. */
const START_TOLERANCE_US = 10 * US_PER_SECOND;

interface HeardLoad {
  readonly takenBytes: readonly number[];
  readonly untilUs: number;
}

/** The loads that one node has heard of. */
export class NeighbourLoads {
  #graph: ContactGraph;
  /** By contact, the one heard longest ago first. */
  readonly #heard = new Map<number, HeardLoad>();

  constructor(graph: ContactGraph) {
    this.#graph = graph;
  }

  /** How many contacts something is known of. */
  get size(): number {
    return this.#heard.size;
  }

  /** Contacts have other indexes in another plan, and neighbours tell what is taken of those. */
  planUpdated(graph: ContactGraph): void {
    this.#graph = graph;
    this.#heard.clear();
  }

  /** Takes in the block data that neighbour `teller` sent; returns the contacts that it told of, by index. */
  hear(data: Uint8Array, teller: number, nowUs: number): readonly number[] {
    const told: number[] = [];
    for (const { to, startsInMs, takenBytes } of decodeLoads(data, teller)) {
      const contact = this.#contactAt(teller, to, nowUs + startsInMs * US_PER_MS);
      if (contact === undefined) continue;
      const value = this.#graph.contact(contact);
      // More than there is cannot be taken.
      if ((takenBytes[0] as number) > contactVolumeBytes(value) || value.endUs < nowUs) continue;
      this.#heard.delete(contact);
      this.#heard.set(contact, { takenBytes, untilUs: Math.min(value.endUs, nowUs + MAX_LOAD_AGE_US) });
      told.push(contact);
    }
    for (const oldest of this.#heard.keys()) {
      if (this.#heard.size <= MAX_HEARD_CONTACTS) break;
      this.#heard.delete(oldest);
    }
    return told;
  }

  /** What a bundle of this rank finds taken of a contact, as far as was heard. */
  takenBytes(contact: number, rank: Rank, nowUs: number): number {
    const heard = this.#heard.get(contact);
    if (heard === undefined) return 0;
    if (heard.untilUs >= nowUs) return heard.takenBytes[rank] as number;
    this.#heard.delete(contact);
    return 0;
  }

  /** Whether anything was heard of a contact of a route. */
  concern(contacts: readonly number[], nowUs: number): boolean {
    return this.#heard.size > 0 && contacts.some((contact) => this.takenBytes(contact, 0, nowUs) > 0);
  }

  /** The contact between two nodes that starts the least far from a time. */
  #contactAt(from: number, to: number, startUs: number): number | undefined {
    let best: number | undefined;
    let bestUs = START_TOLERANCE_US;
    for (const index of this.#graph.contactsBetween(from, to)) {
      const apartUs = Math.abs(this.#graph.contact(index).startUs - startUs);
      if (apartUs > bestUs) continue;
      best = index;
      bestUs = apartUs;
    }
    return best;
  }
}
