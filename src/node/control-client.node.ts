/** Calls a running node over its control socket. */
import { connect, type Socket } from 'node:net';
import { UsageError } from '../base/errors.js';
import type { ControlCall, ControlInput } from './control-calls.js';
import { FrameReader } from './frame-reader.js';

/** A call that is not answered yet. */
interface Outstanding {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** The answer to a call as it comes over the socket. */
interface Answer {
  readonly id: number | null;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** A connection to a running node. */
export class ControlClient {
  readonly #socket: Socket;
  readonly #frames = new FrameReader((bytes) => Buffer.from(bytes).toString('utf8'));
  readonly #outstanding = new Map<number, Outstanding>();
  #nextId = 1;
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#isClosed = true;
      const gone = new UsageError('node-gone', 'the node went down before it answered; ask again when it is up');
      for (const { reject } of this.#outstanding.values()) reject(gone);
      this.#outstanding.clear();
    });
  }

  /** Rejects with a UsageError `node-not-running` where nobody answers at the path. */
  static connect(path: string): Promise<ControlClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      socket.once('connect', () => resolve(new ControlClient(socket)));
      socket.once('error', (error) =>
        reject(
          new UsageError(
            'node-not-running',
            `no node answers at ${path} (${error.message}); start it with leodtn node --config`,
          ),
        ),
      );
    });
  }

  /** Makes a call, with the bytes that belong to it. Rejects with a UsageError of the node's code, or `node-gone`. */
  call<C extends ControlCall, R = unknown>(name: C, params: ControlInput<C>, payload?: Uint8Array): Promise<R> {
    const id = this.#nextId++;
    return new Promise<R>((resolve, reject) => {
      if (this.#isClosed) {
        reject(new UsageError('node-gone', 'the node went down; ask again when it is up'));
        return;
      }
      this.#outstanding.set(id, { resolve: (result) => resolve(result as R), reject });
      const payloadBytes = payload?.length;
      this.#socket.write(`${JSON.stringify({ id, call: name, ...params, payloadBytes })}\n`);
      if (payload !== undefined) this.#socket.write(payload);
    });
  }

  /** Ends the connection; what is not answered is rejected. */
  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Uint8Array): void {
    this.#frames.push(chunk);
    for (let frame = this.#frames.take(); frame !== undefined; frame = this.#frames.take()) {
      const answer = frame.head as unknown as Answer;
      const waiting = answer.id === null ? undefined : this.#outstanding.get(answer.id);
      if (waiting === undefined) continue;
      this.#outstanding.delete(answer.id as number);
      if (answer.error === undefined) waiting.resolve(answer.result);
      else waiting.reject(new UsageError(answer.error.code, answer.error.message));
    }
  }
}
