/**
 * Whom a node tells what of the load of its own contacts, and when: those who could choose another way, as soon as a bundle that
 * comes now would wait long for a contact, and again when that has changed by much. It knows what was told and not how it travels.
 *
 * Where nothing queues for long nothing is told, and a network without congestion sends the same bytes as without all this.
 */
import { US_PER_MS, US_PER_SECOND } from '../base/time.js';
import { type ContactGraph, RANKS, type Rank } from '../routing/index.js';
import { type ContactLoad, encodeLoads, MAX_TOLD_CONTACTS } from './load-notice.js';

/** A wait for a contact that is worth telling of: shorter ones are over before the news has made a difference ... */
const TOLD_FROM_US = US_PER_SECOND;
/** ... but this part of a short contact's time is worth it too. */
const TOLD_FROM_PART = 1 / 4;

/**
 * A wait is told anew when it has changed by this part of itself or of the time that is left behind it, whichever is less, but
 * never for less than what is worth telling: the fuller a contact is, the more depends on how full.
 */
const CHANGE_PART = 1 / 8;

/** How often a node looks at its contacts. */
const LOOK_EVERY_US = 100 * US_PER_MS;

/** What was told may be lost, so it is repeated after this on what goes there anyway. */
const REPEAT_US = 10 * US_PER_SECOND;

/** How long a change waits for a bundle that goes to the neighbour anyway: longer than a custody signal takes to leave. */
const BUNDLE_DELAY_US = 200 * US_PER_MS;

/** Bundles for the sake of a notice leave no more often than this for one neighbour. */
const BUNDLE_EVERY_US = US_PER_SECOND;

/** What a teller asks of its node. */
export interface LoadTellerParts {
  readonly node: number;
  /** Contacts of its own that something is booked on, by index. */
  ownContacts(): Iterable<number>;
  /** Bytes of a contact that a bundle of this rank finds taken. */
  takenBytes(contact: number, rank: Rank): number;
  /** Bytes that have left on a contact. */
  spentBytes(contact: number): number;
  /** When the transmitter of the open contact to a neighbour has sent what was given to it; undefined where none is open. */
  freeUs(neighbour: number): number | undefined;
  /** Neighbours that a contact is open to. */
  openNeighbours(): Iterable<number>;
}

/** What is taken of a contact of this node. */
interface OwnLoad {
  readonly contact: number;
  readonly to: number;
  readonly startUs: number;
  readonly endUs: number;
  readonly takenBytes: readonly number[];
  /** When a bundle of the lowest rank could begin to leave that is ready now. */
  readonly leaveUs: number;
  /** How long it waits, counted from the contact's start where that is still to come. */
  readonly waitUs: number;
  /** A wait from here on is told. */
  readonly toldFromUs: number;
}

/** What one neighbour was told. */
interface Told {
  /** When a bundle could begin to leave, by contact. */
  readonly leavesUs: Map<number, number>;
  atUs: number;
  /** When a bundle was last sent for the sake of the notice. */
  bundleUs: number;
  /** When one is due; Infinity where nothing is to be told. */
  dueUs: number;
}

/** Decides what one node tells its neighbours of its load. */
export class LoadTeller {
  readonly #parts: LoadTellerParts;
  #graph: ContactGraph;
  readonly #told = new Map<number, Told>();
  /** Contacts that are worth telling of, or were when they were told, the longest wait first. */
  #loads: readonly OwnLoad[] = [];
  #nextLookUs = Number.NEGATIVE_INFINITY;

  constructor(graph: ContactGraph, parts: LoadTellerParts) {
    this.#graph = graph;
    this.#parts = parts;
  }

  /** Contacts have other indexes in another plan: all is told anew. */
  planUpdated(graph: ContactGraph): void {
    this.#graph = graph;
    this.#told.clear();
    this.#loads = [];
    this.#nextLookUs = Number.NEGATIVE_INFINITY;
  }

  /** Block data for a bundle that leaves for a neighbour now and arrives at `arrivalUs`; undefined where there is nothing to tell. */
  noticeFor(neighbour: number, arrivalUs: number, nowUs: number): Uint8Array | undefined {
    this.look(nowUs);
    if (this.#loads.length === 0) return undefined;
    const told = this.#toldTo(neighbour);
    const loads = this.#loads.filter(({ to, endUs }) => to !== neighbour && endUs > arrivalUs);
    const isRepeat = told.atUs + REPEAT_US <= nowUs && loads.some((load) => load.waitUs >= load.toldFromUs);
    if (!isRepeat && !loads.some((load) => isNews(load, told))) return undefined;
    told.atUs = nowUs;
    told.dueUs = Number.POSITIVE_INFINITY;
    told.leavesUs.clear();
    for (const { contact, leaveUs } of loads) told.leavesUs.set(contact, leaveUs);
    return encodeLoads(
      this.#parts.node,
      loads.map((load) => contactLoad(load, arrivalUs)),
    );
  }

  /** Looks at the contacts, if that was not done just now, and notes who should hear of them. */
  look(nowUs: number): void {
    if (nowUs < this.#nextLookUs) return;
    this.#nextLookUs = nowUs + LOOK_EVERY_US;
    const loads = this.#worthTelling(nowUs);
    if (loads.length === 0 && this.#loads.length === 0) return;
    this.#loads = loads;
    for (const neighbour of this.#parts.openNeighbours()) {
      const told = this.#toldTo(neighbour);
      if (told.dueUs !== Number.POSITIVE_INFINITY) continue;
      if (loads.some((load) => load.to !== neighbour && isNews(load, told))) {
        told.dueUs = Math.max(nowUs + BUNDLE_DELAY_US, told.bundleUs + BUNDLE_EVERY_US);
      }
    }
  }

  /** When {@link takeDue} has somebody to tell. */
  nextUs(): number {
    let nextUs = Number.POSITIVE_INFINITY;
    for (const { dueUs } of this.#told.values()) nextUs = Math.min(nextUs, dueUs);
    return nextUs;
  }

  /** Neighbours that no bundle has gone to since there was news for them: one is due for the sake of the notice. */
  takeDue(nowUs: number): number[] {
    const due: number[] = [];
    for (const [neighbour, told] of this.#told) {
      if (told.dueUs > nowUs) continue;
      const freeUs = this.#parts.freeUs(neighbour) ?? Number.POSITIVE_INFINITY;
      // What is being sent there now may take longer than the news is worth.
      told.dueUs = freeUs > nowUs ? freeUs : Number.POSITIVE_INFINITY;
      if (freeUs > nowUs) continue;
      told.bundleUs = nowUs;
      due.push(neighbour);
    }
    return due;
  }

  #worthTelling(nowUs: number): OwnLoad[] {
    const loads: OwnLoad[] = [];
    for (const contact of this.#parts.ownContacts()) {
      const load = this.#loadOf(contact, nowUs);
      if (load === undefined) continue;
      const wasTold = this.#loads.some((each) => each.contact === contact);
      if (wasTold || load.waitUs >= load.toldFromUs) loads.push(load);
    }
    return loads.sort((a, b) => b.waitUs - a.waitUs || a.contact - b.contact).slice(0, MAX_TOLD_CONTACTS);
  }

  #loadOf(contact: number, nowUs: number): OwnLoad | undefined {
    const { from, to, startUs, endUs, rateBytesPerSecond } = this.#graph.contact(contact);
    if (from !== this.#parts.node || endUs <= nowUs || rateBytesPerSecond === Number.POSITIVE_INFINITY)
      return undefined;
    // Time that passed without a transmission is gone as well as what was sent.
    const freeUs = startUs <= nowUs ? Math.max(nowUs, this.#parts.freeUs(to) ?? nowUs) : startUs;
    const goneBytes = Math.floor(((Math.min(freeUs, endUs) - startUs) * rateBytesPerSecond) / US_PER_SECOND);
    const idleBytes = Math.max(0, goneBytes - this.#parts.spentBytes(contact));
    const mostBytes = Math.floor(((endUs - startUs) * rateBytesPerSecond) / US_PER_SECOND);
    const takenBytes: number[] = [];
    for (let rank = 0; rank < RANKS; rank++) {
      takenBytes.push(Math.min(mostBytes, this.#parts.takenBytes(contact, rank as Rank) + idleBytes));
    }
    const fromUs = Math.max(startUs, nowUs);
    const leaveUs = Math.max(fromUs, startUs + ((takenBytes[0] as number) * US_PER_SECOND) / rateBytesPerSecond);
    const toldFromUs = Math.min(TOLD_FROM_US, (endUs - startUs) * TOLD_FROM_PART);
    return { contact, to, startUs, endUs, takenBytes, leaveUs, waitUs: leaveUs - fromUs, toldFromUs };
  }

  #toldTo(neighbour: number): Told {
    let told = this.#told.get(neighbour);
    if (told === undefined) {
      const never = Number.NEGATIVE_INFINITY;
      told = { leavesUs: new Map(), atUs: never, bundleUs: never, dueUs: Number.POSITIVE_INFINITY };
      this.#told.set(neighbour, told);
    }
    return told;
  }
}

/** Time that merely passes is no news: who was told when a bundle could leave knows the queue to shrink until then. */
function isNews({ contact, endUs, leaveUs, waitUs, toldFromUs }: OwnLoad, { leavesUs }: Told): boolean {
  const toldUs = leavesUs.get(contact);
  if (toldUs === undefined) return waitUs >= toldFromUs;
  const soonestUs = leaveUs - waitUs;
  const changeUs = Math.abs(leaveUs - Math.max(toldUs, soonestUs));
  return changeUs >= Math.max(toldFromUs, Math.min(waitUs, endUs - leaveUs) * CHANGE_PART);
}

function contactLoad({ to, startUs, takenBytes }: OwnLoad, arrivalUs: number): ContactLoad {
  return { to, startsInMs: Math.round((startUs - arrivalUs) / US_PER_MS), takenBytes };
}
