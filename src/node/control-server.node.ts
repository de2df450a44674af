/** The control socket of a running node: takes calls, one JSON object a line, and gives back what the handlers answer. */
import { chmod, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { messageOf, UsageError } from '../base/errors.js';
import { type Caller, CONTROL_CALLS, type ControlCall, type ControlHandlers } from './control-calls.js';
import { type Frame, FrameReader } from './frame-reader.js';

/**
 * Calls of one connection that are not answered yet, by number and by bytes. Beyond it no more is read from there until some are: an
 * application that sends faster than the node takes it finds its socket full.
 */
const MAX_OUTSTANDING_CALLS = 64;
const MAX_OUTSTANDING_BYTES = 2 * 1024 * 1024;

/** Bytes of answers that a client has not read; beyond it no more of its calls are taken until it has. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/** Connections at a time. */
const MAX_CONNECTIONS = 256;

/** A control socket that is open. */
export class ControlServer {
  readonly #path: string;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();

  private constructor(path: string, handlers: ControlHandlers) {
    this.#path = path;
    this.#server = createServer((socket) => {
      const connection = new Connection(socket, handlers);
      this.#connections.add(connection);
      socket.once('close', () => this.#connections.delete(connection));
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /**
   * Opens a socket that only the user of this process may use. One that a killed node left behind is removed. Rejects with a UsageError
   * `control-socket` where another node answers there, or the path is no good.
   */
  static async listen(path: string, handlers: ControlHandlers): Promise<ControlServer> {
    const server = new ControlServer(path, handlers);
    if (await isAnswered(path)) {
      throw new UsageError(
        'control-socket',
        `${path}: another node answers there; stop it, or give this one another control`,
      );
    }
    const isFile = process.platform !== 'win32';
    if (isFile) await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', (error) =>
        reject(new UsageError('control-socket', `cannot open the control socket ${path}: ${error.message}`)),
      );
      server.#server.listen(path, resolve);
    });
    if (isFile) await chmod(path, 0o600);
    return server;
  }

  /** Ends all connections and removes the socket. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.close();
    await closed;
    if (process.platform !== 'win32') await rm(this.#path, { force: true });
  }
}

/** Whether somebody listens at a path. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    const settle = (answer: boolean) => {
      probe.destroy();
      resolve(answer);
    };
    probe.once('connect', () => settle(true));
    probe.once('error', () => settle(false));
  });
}

/** One connection to the control socket. */
class Connection implements Caller {
  readonly #socket: Socket;
  readonly #handlers: ControlHandlers;
  readonly #frames = new FrameReader(textOf);
  readonly #onGone = new Set<() => void>();
  #calls = 0;
  #bytes = 0;
  isGone = false;

  constructor(socket: Socket, handlers: ControlHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('drain', () => this.#takeFrames());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.isGone = true;
      for (const listener of [...this.#onGone]) listener();
    });
  }

  onGone(listener: () => void): () => void {
    this.#onGone.add(listener);
    return () => void this.#onGone.delete(listener);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Uint8Array): void {
    try {
      this.#frames.push(chunk);
    } catch (error) {
      this.#answer({ id: null, error: errorForm(error) });
      this.#socket.end();
      return;
    }
    this.#takeFrames();
  }

  #takeFrames(): void {
    while (!this.#isBusy) {
      const frame = this.#frames.take();
      if (frame === undefined) break;
      void this.#call(frame);
    }
    if (this.#isBusy) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  get #isBusy(): boolean {
    return (
      this.#calls >= MAX_OUTSTANDING_CALLS ||
      this.#bytes >= MAX_OUTSTANDING_BYTES ||
      this.#socket.writableLength >= MAX_UNREAD_BYTES
    );
  }

  async #call({ head, payload }: Frame): Promise<void> {
    const { id = null, call, payloadBytes: _, ...params } = head;
    this.#calls++;
    this.#bytes += payload.length;
    try {
      const name = nameOf(call);
      const parsed = CONTROL_CALLS[name].safeParse(params);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw new UsageError('bad-call', `${name}: ${issue?.path.join('.')}: ${issue?.message}`);
      }
      const handler = this.#handlers[name] as (params: unknown, payload: Uint8Array, caller: Caller) => unknown;
      this.#answer({ id, result: (await handler(parsed.data, payload, this)) ?? null });
    } catch (error) {
      this.#answer({ id, error: errorForm(error) });
    }
    this.#calls--;
    this.#bytes -= payload.length;
    this.#takeFrames();
  }

  #answer(answer: object): void {
    if (!this.isGone) this.#socket.write(`${JSON.stringify(answer, jsonOf)}\n`);
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

function nameOf(call: unknown): ControlCall {
  if (typeof call === 'string' && Object.hasOwn(CONTROL_CALLS, call)) return call as ControlCall;
  throw new UsageError('bad-call', `expected call to be one of ${Object.keys(CONTROL_CALLS).join(', ')}`);
}

function errorForm(error: unknown): { code: string; message: string } {
  return { code: error instanceof UsageError ? error.code : 'internal', message: messageOf(error) };
}

/** Integers that JSON's numbers do not reach are text. */
function jsonOf(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
