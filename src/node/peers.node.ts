/**
 * Where the neighbours of a node are: their names are resolved at the start and again from time to time, and one that cannot be resolved
 * is tried for ever, less and less often. UDP knows no connections, so that a neighbour that is away needs nothing else to come back.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { SocketAddress } from '../runtime/host.node.js';
import type { HostPort } from './host-port.js';

/** How long after a name that could not be resolved it is tried again, in milliseconds: at first, and at most. */
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/** Time between two looks at a name that was resolved, in milliseconds: it may move. */
const REFRESH_MS = 300_000;

/** What a book of peers is told. */
export interface PeerBookParts {
  readonly peers: ReadonlyMap<number, HostPort>;
  readonly ipVersion: 4 | 6;
  /** A neighbour listens there from now on. */
  found(node: number, address: SocketAddress): void;
  /** A name cannot be resolved; it is tried again. */
  missing(node: number, host: string, error: Error): void;
}

/** The addresses of a node's neighbours. */
export class PeerBook {
  readonly #parts: PeerBookParts;
  readonly #timers = new Map<number, NodeJS.Timeout>();
  readonly #known = new Map<number, string>();
  #isClosed = false;

  constructor(parts: PeerBookParts) {
    this.#parts = parts;
  }

  /** Looks all of them up once, and goes on looking at those that are names. */
  async start(): Promise<void> {
    await Promise.all([...this.#parts.peers].map(([node, address]) => this.#look(node, address, FIRST_RETRY_MS)));
  }

  /** Ends all looking. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  async #look(node: number, { host, port }: HostPort, retryMs: number): Promise<void> {
    if (isIP(host) !== 0) {
      this.#parts.found(node, { address: host, port });
      return;
    }
    let againMs = REFRESH_MS;
    let nextRetryMs = FIRST_RETRY_MS;
    try {
      const { address } = await lookup(host, { family: this.#parts.ipVersion });
      if (this.#isClosed) return;
      if (this.#known.get(node) !== address) this.#parts.found(node, { address, port });
      this.#known.set(node, address);
    } catch (error) {
      if (this.#isClosed) return;
      this.#parts.missing(node, host, error as Error);
      againMs = retryMs;
      nextRetryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
    }
    const timer = setTimeout(() => void this.#look(node, { host, port }, nextRetryMs), againMs);
    timer.unref();
    this.#timers.set(node, timer);
  }
}
