/**
 * Drives one satellite node over a UDP socket on the wall clock. Inputs are gathered and handled in batches; after each batch the
 * node's store is flushed, and only then its outputs are performed, so that nothing leaves ahead of what it promises.
 */
import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../base/errors.js';
import type { StepOutcome, StepRequest } from '../processors/step.js';
import type { SatelliteNode } from './node.js';
import type { NodeInput, NodeOutput } from './node-io.js';
import type { ProcessorRunner, Stepper } from './processor-runner.js';
import type { WallClock } from './wall-clock.node.js';

/** Asked of the system for each socket: a burst of the largest bundles must find room while the process is busy. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** Longest wall-clock time between two looks at the clock, in milliseconds; setTimeout cannot wait for longer than 2^31 ms. */
const MAX_SLEEP_MS = 60_000;

/** Where a node listens. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** What a host is built from. */
export interface HostParts {
  readonly node: SatelliteNode;
  readonly runner: ProcessorRunner;
  readonly clock: WallClock;
  /** False for a satellite whose clock does not know the date (RFC 9171 section 4.2.7). */
  readonly hasDate?: boolean;
  /** Called for every output that is not about a processor or a datagram. */
  onOutput(
    output: Exclude<NodeOutput, { kind: 'transmit' | 'step-processor' | 'cancel-processor' | 'forget-processors' }>,
  ): void;
  /** Called for every datagram to send; `send` puts it on the wire. Links with hardships drop, delay or repeat it here. */
  onTransmit(output: Extract<NodeOutput, { kind: 'transmit' }>, send: (datagram: Uint8Array) => void): void;
  /** Takes a step of a processor; by default the runner's own. */
  readonly step?: Stepper;
  /** Microseconds of the node's time that a step is to take, for a scenario with slow processors; default 0. */
  stepCostUs?(request: StepRequest, outcome: StepOutcome): number;
  /** True while the satellite is dark: what comes in is lost and nothing wakes it. */
  isDark?(): boolean;
  /** The socket or the node failed. */
  onError(error: Error): void;
}

/** One satellite on one UDP socket. */
export class UdpHost {
  readonly #parts: HostParts;
  readonly #socket: Socket;
  readonly #peers = new Map<number, SocketAddress>();
  readonly #nodesByPort = new Map<string, number>();
  /** When a task's steps so far are paid for, in microseconds. */
  readonly #busyUntilUs = new Map<number, number>();
  #inputs: NodeInput[] = [];
  #isWorking = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #alarmUs = Number.POSITIVE_INFINITY;
  /** Datagrams that came from an address that is no peer's. */
  strangers = 0;

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.#socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
    this.#socket.on('error', (error) => parts.onError(error));
    this.#socket.on('message', (datagram, remote) => {
      const from = this.#nodesByPort.get(`${remote.address}:${remote.port}`);
      if (from === undefined) this.strangers++;
      else if (!parts.isDark?.()) this.input({ kind: 'datagram-received', from, datagram });
    });
  }

  /** Binds the socket; port 0 takes any free one. The address in use. Rejects with UsageError `socket` when it cannot. */
  async listen(address: string, port: number): Promise<SocketAddress> {
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error) =>
        reject(new UsageError('socket', `cannot listen on ${address}:${port}: ${error.message}`));
      this.#socket.once('error', failed);
      this.#socket.bind(port, address, () => {
        this.#socket.off('error', failed);
        resolve();
      });
    });
    const bound = this.#socket.address();
    return { address: bound.address, port: bound.port };
  }

  /** Tells where a neighbour listens; datagrams from there are its. */
  addPeer(node: number, address: SocketAddress): void {
    this.#peers.set(node, address);
    this.#nodesByPort.set(`${address.address}:${address.port}`, node);
  }

  /** Hands the node an input; it is handled with the next batch. */
  input(input: NodeInput): void {
    if (this.#isClosed) return;
    this.#inputs.push(input);
    if (!this.#isWorking) {
      this.#isWorking = true;
      setImmediate(() => void this.#work());
    }
  }

  /** Closes the socket; inputs that are not handled yet are dropped. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  /** Handles batches until no input is left. */
  async #work(): Promise<void> {
    const { node, clock, hasDate } = this.#parts;
    try {
      while (this.#inputs.length > 0 && !this.#isClosed) {
        const inputs = this.#inputs;
        this.#inputs = [];
        const outputs: NodeOutput[] = [];
        for (const input of inputs) {
          const now = clock.now();
          node.handle(input, hasDate === false ? { ...now, dtnTimeMs: undefined } : now);
          for (let output = node.poll(); output !== undefined; output = node.poll()) outputs.push(output);
        }
        await node.flush();
        for (const output of outputs) this.#perform(output);
      }
    } catch (error) {
      this.#parts.onError(error instanceof Error ? error : new Error(String(error)));
    }
    this.#isWorking = false;
    this.#setAlarm();
  }

  #perform(output: NodeOutput): void {
    if (this.#isClosed) return;
    switch (output.kind) {
      case 'transmit':
        this.#parts.onTransmit(output, (datagram) => this.#send(output.to, datagram));
        break;
      case 'step-processor':
        void this.#step(output.request);
        break;
      case 'cancel-processor':
        this.#parts.runner.cancel(output.task);
        this.#busyUntilUs.delete(output.task);
        break;
      case 'forget-processors':
        this.#parts.runner.forgetJob(`${output.job}/`);
        break;
      default:
        this.#parts.onOutput(output);
    }
  }

  async #step(request: StepRequest): Promise<void> {
    const { runner, clock, step, stepCostUs } = this.#parts;
    const startUs = Math.max(clock.nowUs(), this.#busyUntilUs.get(request.task) ?? 0);
    const outcome = await (step === undefined ? runner.step(request) : step(runner, request));
    const readyUs = startUs + (stepCostUs?.(request, outcome) ?? 0);
    const isLast = outcome.kind === 'ended' || outcome.kind === 'failed';
    if (isLast) this.#busyUntilUs.delete(request.task);
    else this.#busyUntilUs.set(request.task, readyUs);
    // Timers come to the millisecond: what is due within one is not waited for, and the task's time goes on from when it was due.
    const waitMs = clock.wallMsUntil(readyUs);
    if (waitMs >= 1) await sleep(waitMs);
    this.input({ kind: 'processor-stepped', task: request.task, outcome });
  }

  #send(to: number, datagram: Uint8Array): void {
    const peer = this.#peers.get(to);
    if (peer === undefined || this.#isClosed) return;
    // What the system drops here is a lost bundle like any other: custody sends it again.
    this.#socket.send(datagram, peer.port, peer.address, () => {});
  }

  #setAlarm(): void {
    if (this.#isClosed) return;
    const nextUs = this.#parts.node.nextTimeout() ?? Number.POSITIVE_INFINITY;
    if (nextUs === this.#alarmUs && this.#timer !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#alarmUs = nextUs;
    if (nextUs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.min(this.#parts.clock.wallMsUntil(nextUs), MAX_SLEEP_MS);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // A dark satellite sleeps; it is woken by a timeout input when it comes back.
      if (!this.#parts.isDark?.()) this.input({ kind: 'timeout' });
    }, Math.ceil(waitMs));
  }
}
