/**
 * The way out of a node: bundles queue on the links to its neighbours and leave as datagrams while those are free. It knows when a
 * link is free and what fits into its contact; which link a bundle is for was decided before.
 */
import { lengthOf } from '../base/bytes.js';
import { Fifo } from '../base/fifo.js';
import { type Instant, transmissionUs } from '../base/time.js';
import type { TraceSink } from '../base/trace.js';
import { joinPieces } from '../bpv7/index.js';
import { checkDatagramLength } from '../convergence/udpcl.js';
import { type BundleRecord, UnreadableBundleError } from './bundle-record.js';
import type { AgentConfig } from './config.js';
import { Link } from './links.js';
import { outgoingPieces } from './outbound.js';

/** A datagram to hand to the convergence layer now. */
export interface TransmitOutput {
  readonly kind: 'transmit';
  readonly to: number;
  /** Index of the contact in the plan, -1 for one that the plan does not know. */
  readonly contact: number;
  readonly datagram: Uint8Array;
  /** The same in pieces, one behind the other: a long payload is not copied unless somebody asks for the whole. */
  readonly pieces: readonly Uint8Array[];
}

class Transmission implements TransmitOutput {
  readonly kind = 'transmit';
  #whole: Uint8Array | undefined = undefined;

  constructor(
    readonly to: number,
    readonly contact: number,
    readonly pieces: readonly Uint8Array[],
  ) {}

  get datagram(): Uint8Array {
    this.#whole ??= joinPieces(this.pieces);
    return this.#whole;
  }
}

/** What a transmitter is built from, and what it tells. */
export interface TransmitterParts {
  readonly config: AgentConfig;
  readonly trace: TraceSink;
  /** Gives a record in custody its number before its first transmission to a neighbour. */
  beforeSending(record: BundleRecord, neighbour: number): void;
  /** Data of the load block for a bundle that leaves for a neighbour; undefined where there is nothing to tell. */
  noticeFor(neighbour: number, arrivalUs: number, nowUs: number): Uint8Array | undefined;
  /** A record was handed to a link, `bytes` long; `arrivalUs` is when its last byte reaches the neighbour. */
  sent(record: BundleRecord, neighbour: number, arrivalUs: number, bytes: number, now: Instant): void;
  /** The open contact of a link, which ends at `endUs`, is too short for a record: it needs another way. */
  tooLate(record: BundleRecord, neighbour: number, endUs: number, now: Instant): void;
  /** The store has lost the bundle of a record that was to leave. */
  unreadable(record: BundleRecord, now: Instant): void;
}

/** The links of one node and what leaves over them. */
export class Transmitter {
  readonly #parts: TransmitterParts;
  readonly #links = new Map<number, Link>();
  /** Links with something new on their queue, each once. */
  readonly #ready = new Fifo<Link>();
  readonly #transmissions = new Fifo<TransmitOutput>();

  constructor(parts: TransmitterParts) {
    this.#parts = parts;
  }

  /** The next datagram to transmit, or undefined. */
  take(): TransmitOutput | undefined {
    return this.#transmissions.shift();
  }

  /** The link to a neighbour; undefined where there has been none so far. */
  linkTo(neighbour: number): Link | undefined {
    return this.#links.get(neighbour);
  }

  /** The link to a neighbour, made where there is none. */
  link(neighbour: number): Link {
    let link = this.#links.get(neighbour);
    if (link === undefined) {
      link = new Link(neighbour);
      this.#links.set(neighbour, link);
    }
    return link;
  }

  /** All links so far. */
  links(): Iterable<Link> {
    return this.#links.values();
  }

  /** Puts a record on the queue of a link; the records that are too many there now come back. */
  enqueue(record: BundleRecord, link: Link, now: Instant): readonly BundleRecord[] {
    record.enter('queued', link.neighbour);
    const { config, trace } = this.#parts;
    trace.bundle('queued', now.monotonicUs, config.node, record, link.neighbour, record.sizeBytes);
    link.enqueue(record);
    this.wake(link);
    return link.takeOverflow(now.monotonicUs, record);
  }

  /** Has a look taken at a link by the next {@link pumpReady}. */
  wake(link: Link): void {
    if (link.isReady) return;
    link.isReady = true;
    this.#ready.push(link);
  }

  /** When the next queued bundle can leave, in monotonic microseconds; undefined for never. */
  nextUs(): number | undefined {
    let next: number | undefined;
    for (const link of this.#links.values()) {
      if (link.queued === 0 || link.open === undefined) continue;
      const ready = link.freeUs - this.#parts.config.pacingBurstUs;
      if (next === undefined || ready < next) next = ready;
    }
    return next;
  }

  /** Sends what queues on links that are free. */
  pumpAll(now: Instant): void {
    for (const link of this.#links.values()) if (link.queued > 0) this.wake(link);
    this.pumpReady(now);
  }

  /** Pumps the links that got something; one that a pumped bundle is moved to comes round in the same loop, not deeper. */
  pumpReady(now: Instant): void {
    for (let link = this.#ready.shift(); link !== undefined; link = this.#ready.shift()) {
      link.isReady = false;
      this.#pump(link, now);
    }
  }

  /** Hands queued bundles to the link while it is free. */
  #pump(link: Link, now: Instant): void {
    const { config, trace } = this.#parts;
    const nowUs = now.monotonicUs;
    while (link.open !== undefined && link.freeUs - config.pacingBurstUs <= nowUs) {
      const record = link.next();
      if (record === undefined) return;
      if (record.expiryUs <= nowUs) continue; // the calendar will find it
      this.#parts.beforeSending(record, link.neighbour);
      const { rateBytesPerSecond, endUs, owltUs, contact } = link.open;
      const startUs = Math.max(link.freeUs, nowUs);
      const expectedUs = startUs + transmissionUs(record.sizeBytes, rateBytesPerSecond) + owltUs;
      const loads = this.#parts.noticeFor(link.neighbour, expectedUs, nowUs);
      const pieces = piecesIfReadable(record, config, now, expectedUs, loads);
      if (pieces === undefined) {
        this.#parts.unreadable(record, now);
        continue;
      }
      const bytes = lengthOf(pieces);
      checkDatagramLength(bytes);
      const sentUs = startUs + transmissionUs(bytes, rateBytesPerSecond);
      if (sentUs > endUs) {
        this.#parts.tooLate(record, link.neighbour, endUs, now);
        continue;
      }
      link.freeUs = sentUs;
      const event = record.sentTo.includes(link.neighbour) ? 'retransmitted' : 'transmitted';
      if (event === 'transmitted') record.sentTo.push(link.neighbour);
      record.attempts++;
      record.sentUs = nowUs;
      record.notBackTo = 0;
      this.#transmissions.push(new Transmission(link.neighbour, contact, pieces));
      trace.bundle(event, nowUs, config.node, record, link.neighbour, bytes);
      this.#parts.sent(record, link.neighbour, sentUs + owltUs, bytes, now);
    }
  }
}

/** {@link outgoingPieces}, or undefined where the store has lost the bundle. */
function piecesIfReadable(...args: Parameters<typeof outgoingPieces>): readonly Uint8Array[] | undefined {
  try {
    return outgoingPieces(...args);
  } catch (error) {
    if (error instanceof UnreadableBundleError) return undefined;
    throw error;
  }
}
