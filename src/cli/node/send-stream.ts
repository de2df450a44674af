/** Sends data of any length as a byte stream through a running node, also while that is restarted. */
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../../base/errors.js';
import type { NodeConfig } from '../../node/config-file.node.js';
import type { ControlCall, ControlInput } from '../../node/control-calls.js';
import { ControlClient } from '../../node/control-client.node.js';
import type { StreamState } from '../../node/outgoing-streams.js';
import type { DataSource } from './data-source.js';
import type { Flags, Sent } from './send-command.js';

/** Bytes of one write: what is not taken of it is written again. */
const WRITE_BYTES = 1024 * 1024;

/** How long a node that is away is waited for between two looks, in milliseconds. */
const RECONNECT_MS = 250;

/** Codes of errors that say that the node is away. */
const AWAY: ReadonlySet<string> = new Set(['node-not-running', 'node-gone', 'closed']);

/** Sends all that the source has. Rejects with a UsageError where the node refuses the stream. */
export async function sendStream(config: NodeConfig, flags: Flags, source: DataSource): Promise<Sent> {
  const name = flags.stream ?? nameFor(source.name);
  const stream = new PatientStream(config, flags, name);
  try {
    await stream.open();
    let offset = 0;
    for await (const piece of source.pieces()) {
      if (!(await stream.write(offset, piece))) break;
      offset += piece.length;
    }
    await stream.end(offset);
    const { outcome, detail } = flags.untilDelivered === true ? await stream.over() : stream.state;
    const refusal =
      outcome === undefined || outcome === 'delivered' ? undefined : `stream ${name} has ${outcome}; ${detail}`;
    return { sent: { stream: name, bytes: offset }, refusal };
  } finally {
    stream.close();
  }
}

/** A name that no other stream of this node is likely to have. */
function nameFor(source: string): string {
  const shown = basename(source)
    .replace(/[^\w.-]/g, '_')
    .slice(0, 64);
  return `${shown}-${Date.now().toString(36)}`;
}

/** A stream of a node that may go away and come back. */
class PatientStream {
  state: StreamState = { offset: 0, room: 0, isEnded: false, outcome: undefined, detail: '' };
  #client: ControlClient | undefined;
  #isOver = false;

  constructor(
    private readonly config: NodeConfig,
    private readonly flags: Flags,
    private readonly stream: string,
  ) {}

  /** Opens the stream. Rejects where no node runs: it is waited for only once it was there. */
  async open(): Promise<void> {
    this.#client = await ControlClient.connect(this.config.control);
    await this.#open();
  }

  /** Hands over bytes until the node has all of them; false where the stream is over. */
  async write(offset: number, bytes: Uint8Array): Promise<boolean> {
    const end = offset + bytes.length;
    while (this.state.offset < end && !this.#isDone) {
      if (this.state.room === 0) {
        await this.#ask('stream-room', { stream: this.stream });
        continue;
      }
      const from = this.state.offset - offset;
      // The node has less than it had durably: its store is another one.
      if (from < 0)
        throw new UsageError('stream-refused', `the node has lost stream ${this.stream}; send it under another name`);
      const part = bytes.subarray(from, from + Math.min(this.state.room, WRITE_BYTES));
      await this.#ask('stream-write', { stream: this.stream, offset: this.state.offset }, part);
    }
    return this.state.outcome === undefined;
  }

  /** Says that there is no more. */
  async end(offset: number): Promise<void> {
    while (!this.#isDone) {
      await this.#ask('stream-write', { stream: this.stream, offset, isEnd: true });
      if (!this.#isDone) await this.#ask('stream-room', { stream: this.stream });
    }
  }

  /** How the stream ended, when it has. */
  async over(): Promise<StreamState> {
    while (this.state.outcome === undefined) await this.#ask('stream-end', { stream: this.stream });
    return this.state;
  }

  close(): void {
    this.#isOver = true;
    this.#client?.close();
  }

  get #isDone(): boolean {
    return this.state.isEnded || this.state.outcome !== undefined;
  }

  async #open(): Promise<void> {
    const { to, lifetime } = this.flags;
    const params = { stream: this.stream, to: to.node, lifetimeMs: lifetime * 1_000 };
    this.state = await (this.#client as ControlClient).call('stream-open', params);
  }

  /** Asks the node; where that goes away, opens the stream again when it is back. */
  async #ask<C extends ControlCall>(call: C, params: ControlInput<C>, payload?: Uint8Array): Promise<void> {
    try {
      this.state = await (this.#client as ControlClient).call(call, params, payload);
      return;
    } catch (error) {
      if (!isAway(error) || !this.flags.wait) throw error;
    }
    while (!this.#isOver) {
      await sleep(RECONNECT_MS);
      try {
        this.#client?.close();
        this.#client = await ControlClient.connect(this.config.control);
        await this.#open();
        return;
      } catch (error) {
        if (!isAway(error)) throw error;
      }
    }
  }
}

function isAway(error: unknown): boolean {
  return error instanceof UsageError && AWAY.has(error.code);
}
