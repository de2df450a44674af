/**
 * The byte streams that applications send through a running node: what the node last said of each, for whoever asks or waits. The streams
 * themselves are the node's; nothing of their bytes is kept here.
 */
import { UsageError } from '../base/errors.js';
import type { ByteStreamInput, ByteStreamOutput } from '../streams/index.js';
import type { Caller } from './control-calls.js';

/** Streams of which the last word is remembered: the most that a node sends at a time, and as many that are over. */
const MAX_REMEMBERED = 2_048;

/** Where a stream stands. */
export interface StreamState {
  /** The node has the bytes before this durably. */
  readonly offset: number;
  /** Bytes that it takes from there on. */
  readonly room: number;
  /** It has the last one. */
  readonly isEnded: boolean;
  /** How it ended: undefined while it is under way. */
  readonly outcome: 'delivered' | 'expired' | 'refused' | undefined;
  readonly detail: string;
}

const NEW: StreamState = { offset: 0, room: 0, isEnded: false, outcome: undefined, detail: '' };

/** What is known of the streams that applications of this node send. */
export class OutgoingStreams {
  readonly #submit: (input: ByteStreamInput) => Promise<unknown>;
  readonly #states = new Map<string, StreamState>();
  readonly #waiting = new Set<() => void>();

  /** `submit` hands the node an input and resolves when what it did is durable and its outputs were told. */
  constructor(submit: (input: ByteStreamInput) => Promise<unknown>) {
    this.#submit = submit;
  }

  /** Takes what the node says of a stream. */
  told(output: Extract<ByteStreamOutput, { kind: 'stream-writable' | 'stream-ended' }>): void {
    const before = this.#states.get(output.stream) ?? NEW;
    this.#states.delete(output.stream);
    if (output.kind === 'stream-ended') {
      this.#states.set(output.stream, { ...before, room: 0, outcome: output.outcome, detail: output.detail });
    } else {
      const { offset, room, isEnded } = output;
      this.#states.set(output.stream, { offset, room, isEnded, outcome: undefined, detail: '' });
    }
    const [oldest] = this.#states.keys();
    if (this.#states.size > MAX_REMEMBERED && oldest !== undefined) this.#states.delete(oldest);
    for (const wake of [...this.#waiting]) wake();
  }

  /** Opens a stream or takes one up again. Rejects with a UsageError `stream-refused`. */
  async open(input: Extract<ByteStreamInput, { kind: 'stream-open' }>): Promise<StreamState> {
    this.#states.delete(input.stream);
    await this.#submit(input);
    return this.#stateOf(input.stream);
  }

  /** Writes to a stream; the answer says up to where. Rejects with a UsageError `stream-refused`. */
  async write(input: Extract<ByteStreamInput, { kind: 'stream-write' }>): Promise<StreamState> {
    await this.#submit(input);
    return this.#stateOf(input.stream);
  }

  /** Resolves when a stream takes bytes, or is over, or the caller is gone. */
  async waitForRoom(stream: string, caller: Caller): Promise<StreamState> {
    await this.#waitUntil(caller, () => {
      const { room, isEnded, outcome } = this.#states.get(stream) ?? NEW;
      return room > 0 || isEnded || outcome !== undefined;
    });
    return this.#stateOf(stream);
  }

  /** Resolves when a stream is over, or the caller is gone. */
  async waitForEnd(stream: string, caller: Caller): Promise<StreamState> {
    await this.#waitUntil(caller, () => this.#states.get(stream)?.outcome !== undefined);
    return this.#states.get(stream) ?? NEW;
  }

  #stateOf(stream: string): StreamState {
    const state = this.#states.get(stream) ?? NEW;
    if (state.outcome === 'refused') throw new UsageError('stream-refused', `stream ${stream}: ${state.detail}`);
    return state;
  }

  #waitUntil(caller: Caller, isDone: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!caller.isGone && !isDone()) return;
        this.#waiting.delete(look);
        forget();
        resolve();
      };
      this.#waiting.add(look);
      const forget = caller.onGone(look);
      look();
    });
  }
}
