/** Calls a running node over its control socket. */
import { connect, type Socket } from 'node:net';
import { UsageError } from '../base/errors.js';
import type { ControlCall, ControlInput } from './control-calls.js';
import { LineReader } from './line-reader.js';

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
  readonly #lines = new LineReader();
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

  /** Makes a call. Rejects with a UsageError of the node's code, or `node-gone`. */
  call<C extends ControlCall, R = unknown>(name: C, params: ControlInput<C>): Promise<R> {
    const id = this.#nextId++;
    return new Promise<R>((resolve, reject) => {
      if (this.#isClosed) {
        reject(new UsageError('node-gone', 'the node went down; ask again when it is up'));
        return;
      }
      this.#outstanding.set(id, { resolve: (result) => resolve(result as R), reject });
      this.#socket.write(`${JSON.stringify({ id, call: name, ...params })}\n`);
    });
  }

  /** Ends the connection; what is not answered is rejected. */
  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Uint8Array): void {
    this.#lines.push(chunk);
    for (let line = this.#lines.take(); line !== undefined; line = this.#lines.take()) {
      const answer = JSON.parse(Buffer.from(line).toString('utf8')) as Answer;
      const waiting = answer.id === null ? undefined : this.#outstanding.get(answer.id);
      if (waiting === undefined) continue;
      this.#outstanding.delete(answer.id as number);
      if (answer.error === undefined) waiting.resolve(answer.result);
      else waiting.reject(new UsageError(answer.error.code, answer.error.message));
    }
  }
}
