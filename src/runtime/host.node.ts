/**
 * Drives one satellite node over a UDP socket on the wall clock. Inputs are handled in batches; what a batch puts out is performed only
 * after the flush of the node's store that covers it, so that nothing leaves ahead of what it promises. While one flush is under way the
 * next batch is handled; its outputs go with the next flush.
 *
 * Everything here that grows by what comes from outside has a limit. A datagram that finds the queue full is dropped and counted, as the
 * kernel does where its buffer is full: custody repairs it. What the node asked for itself is never dropped.
 */
import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { lengthOf } from '../base/bytes.js';
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

/** Datagrams that wait to be handled, by bytes and by number: what a fast link brings while one flush is under way. */
const MAX_QUEUED_BYTES = 8 * 1024 * 1024;
const MAX_QUEUED_DATAGRAMS = 16_384;

/** Inputs that are handled before the socket and the timers get their turn again. */
const MAX_BATCH_INPUTS = 512;

/** Bytes of datagrams that wait for a flush; beyond it no further input is handled before the flush has ended. */
const MAX_HELD_BYTES = 8 * 1024 * 1024;

/** Bytes that the system has not taken yet; a datagram beyond it is dropped and counted, as a full buffer of the system does. */
const MAX_UNSENT_BYTES = 8 * 1024 * 1024;

/** How long after a flush that failed the next one is tried, in milliseconds: at first, and at most. */
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 2_000;

/** Where a node listens. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** What became of a submission: it is durable, or the store has no room for it and it may be asked for again later. */
export type SubmissionResult = 'accepted' | 'refused';

/** What a host counts. */
export interface HostCounters {
  /** Datagrams that came from an address that is no peer's. */
  strangers: number;
  /** Datagrams that came while the queue of inputs was full. */
  droppedIn: number;
  /** Datagrams that were to leave while the system did not take any. */
  droppedOut: number;
  /** Flushes that failed and were tried again. */
  failedFlushes: number;
}

/** What a host is built from. */
export interface HostParts {
  readonly node: SatelliteNode;
  readonly runner: ProcessorRunner;
  readonly clock: Pick<WallClock, 'now' | 'nowUs' | 'wallMsUntil'>;
  /** The version of the Internet Protocol; default 4. */
  readonly ipVersion?: 4 | 6;
  /** False for a satellite whose clock does not know the date (RFC 9171 section 4.2.7). */
  readonly hasDate?: boolean;
  /** Called for every output that is not about a processor or a datagram, nor the answer to a submission. */
  onOutput(
    output: Exclude<NodeOutput, { kind: 'transmit' | 'step-processor' | 'cancel-processor' | 'forget-processors' }>,
  ): void;
  /**
   * Called for every datagram to send; `send` puts it on the wire. Links with hardships drop, delay or repeat it here. By default it
   * goes on the wire as it is.
   */
  onTransmit?(
    output: Extract<NodeOutput, { kind: 'transmit' }>,
    send: (datagram: Uint8Array | readonly Uint8Array[]) => void,
  ): void;
  /**
   * Called when a flush begins; the function that it returns is called when all that was handled before is durable, ahead of the
   * outputs.
   */
  onFlush?(): () => void;
  /**
   * The store cannot be flushed, or can again (undefined). Until then nothing is handled and every submission is refused; the host
   * goes on trying.
   */
  onStoreTrouble?(error: Error | undefined): void;
  /** Takes a step of a processor; by default the runner's own. */
  readonly step?: Stepper;
  /** Microseconds of the node's time that a step is to take, for a scenario with slow processors; default 0. */
  stepCostUs?(request: StepRequest, outcome: StepOutcome): number;
  /** True while the satellite is dark: what comes in is lost and nothing wakes it. */
  isDark?(): boolean;
  /** The socket or the node failed. */
  onError(error: Error): void;
}

/** Who waits for what becomes of an input. */
interface Waiter {
  /** The node has just handled it; nothing is durable yet. */
  handled?(): void;
  resolve(result: SubmissionResult): void;
  reject(error: unknown): void;
}

/** One satellite on one UDP socket. */
export class UdpHost {
  readonly counters: HostCounters = { strangers: 0, droppedIn: 0, droppedOut: 0, failedFlushes: 0 };
  readonly #parts: HostParts;
  readonly #socket: Socket;
  readonly #peers = new Map<number, SocketAddress>();
  /** Peers by their port: hardly two share one. */
  readonly #peersByPort = new Map<number, { readonly node: number; readonly address: string }[]>();
  /** Addresses of peers, with their family: 4 or 6. */
  readonly #addresses = new Map<string, number>();
  /** When a task's steps so far are paid for, in microseconds. */
  readonly #busyUntilUs = new Map<number, number>();
  #inputs: NodeInput[] = [];
  #handled = 0;
  #queuedBytes = 0;
  #queuedDatagrams = 0;
  readonly #waiters = new Map<NodeInput, Waiter>();

  /** What the next flush covers: outputs, the bytes of their datagrams, and answers to submissions. */
  #held: NodeOutput[] = [];
  #heldBytes = 0;
  #answers: [Waiter, SubmissionResult][] = [];
  /** Something was handled that no flush covers yet. */
  #isDirty = false;
  #flushing: Promise<void> | undefined;
  #isStoreFailing = false;

  #isScheduled = false;
  #isDraining = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #alarmUs = Number.POSITIVE_INFINITY;

  constructor(parts: HostParts) {
    this.#parts = parts;
    const type = parts.ipVersion === 6 ? 'udp6' : 'udp4';
    // By default a socket looks up where each datagram goes, in a turn of its own.
    const resolve: SocketOptions['lookup'] = (name, options, done) => {
      const family = this.#addresses.get(name);
      if (family === undefined) lookup(name, options, done);
      else done(null, name, family);
    };
    this.#socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER_BYTES, lookup: resolve });
    this.#socket.on('error', (error) => parts.onError(error));
    this.#socket.on('message', (datagram, remote) => {
      const from = this.#peersByPort.get(remote.port)?.find(({ address }) => address === remote.address)?.node;
      if (from === undefined) this.counters.strangers++;
      else if (!parts.isDark?.()) this.#datagram(from, datagram);
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

  /** Tells where a neighbour listens, from now on; datagrams from there are its. */
  addPeer(node: number, { address, port }: SocketAddress): void {
    const before = this.#peers.get(node);
    if (before !== undefined) this.#forgetPeer(before);
    this.#forgetPeer({ address, port });
    this.#peers.set(node, { address, port });
    this.#peersByPort.set(port, [...(this.#peersByPort.get(port) ?? []), { node, address }]);
    const family = isIP(address);
    if (family !== 0) this.#addresses.set(address, family);
  }

  #forgetPeer({ address, port }: SocketAddress): void {
    const others = this.#peersByPort.get(port)?.filter((each) => each.address !== address) ?? [];
    if (others.length > 0) this.#peersByPort.set(port, others);
    else this.#peersByPort.delete(port);
  }

  /** Hands the node an input; it is handled with the next batch. */
  input(input: NodeInput): void {
    if (this.#isClosed || this.#isDraining) return;
    this.#inputs.push(input);
    this.#schedule();
  }

  /**
   * Hands the node what an application asks for, or says. Resolves when what it did is durable, or with `refused` where the store has no
   * room for a bundle, or cannot keep anything at present; rejects with a UsageError for a request that no bundle or job can meet, and
   * with UsageError `closed` where the host closes first. `handled` is called as soon as the node has taken a look at it.
   */
  submit(input: NodeInput, handled?: () => void): Promise<SubmissionResult> {
    if (this.#isStoreFailing && isOffer(input)) return Promise.resolve('refused');
    return new Promise((resolve, reject) => {
      if (this.#isClosed || this.#isDraining) {
        reject(closedError());
        return;
      }
      this.#waiters.set(input, handled === undefined ? { resolve, reject } : { handled, resolve, reject });
      this.input(input);
    });
  }

  /** Handles what has come so far, flushes the store and performs the outputs; then closes as {@link close} does. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    while (!this.#isClosed && !this.#isStoreFailing && (this.#hasInputs || this.#flushing !== undefined)) {
      await (this.#flushing ?? sleep(1));
    }
    // What was handed to the system is on its way when the system says so.
    for (let tries = 0; this.#socket.getSendQueueSize() > 0 && tries < 100; tries++) await sleep(1);
    await this.close();
  }

  /** Closes the socket and the processors at work at once; inputs not handled yet, and outputs not flushed, are dropped. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const waiter of this.#waiters.values()) waiter.reject(closedError());
    for (const [waiter] of this.#answers) waiter.reject(closedError());
    this.#waiters.clear();
    this.#parts.runner.forgetJob('');
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  get #hasInputs(): boolean {
    return this.#handled < this.#inputs.length;
  }

  #datagram(from: number, datagram: Uint8Array): void {
    if (this.#queuedDatagrams >= MAX_QUEUED_DATAGRAMS || this.#queuedBytes + datagram.length > MAX_QUEUED_BYTES) {
      this.counters.droppedIn++;
      return;
    }
    this.#queuedDatagrams++;
    this.#queuedBytes += datagram.length;
    this.input({ kind: 'datagram-received', from, datagram });
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed || !this.#hasInputs) return;
    if (this.#isStoreFailing || this.#heldBytes > MAX_HELD_BYTES) return; // the end of the flush schedules again
    this.#isScheduled = true;
    setImmediate(() => this.#work());
  }

  /** Handles a batch, and has it flushed where no flush is under way. */
  #work(): void {
    this.#isScheduled = false;
    if (this.#isClosed) return;
    try {
      for (let left = MAX_BATCH_INPUTS; left > 0 && this.#heldBytes <= MAX_HELD_BYTES; left--) {
        const input = this.#inputs[this.#handled];
        if (input === undefined) break;
        this.#handled++;
        this.#handle(input);
      }
      if (!this.#hasInputs) {
        this.#inputs = [];
        this.#handled = 0;
      } else if (this.#handled > MAX_QUEUED_DATAGRAMS) {
        this.#inputs.splice(0, this.#handled);
        this.#handled = 0;
      }
      this.#startFlush();
    } catch (error) {
      this.#parts.onError(error instanceof Error ? error : new Error(String(error)));
    }
    this.#setAlarm();
    this.#schedule();
  }

  #handle(input: NodeInput): void {
    const { node, clock, hasDate } = this.#parts;
    if (input.kind === 'datagram-received') {
      this.#queuedDatagrams--;
      this.#queuedBytes -= input.datagram.length;
    }
    const waiter = this.#waiters.size === 0 ? undefined : this.#waiters.get(input);
    if (waiter !== undefined) this.#waiters.delete(input);
    this.#isDirty = true;
    const now = clock.now();
    let result: SubmissionResult = 'accepted';
    try {
      node.handle(input, hasDate === false ? { ...now, dtnTimeMs: undefined } : now);
    } catch (error) {
      // What an application asks for and nobody can do is its mistake and not the node's.
      if (waiter === undefined || !(error instanceof UsageError)) throw error;
      waiter.reject(error);
      return;
    }
    for (let output = node.poll(); output !== undefined; output = node.poll()) {
      if (output.kind === 'transmit') this.#heldBytes += lengthOf(output.pieces);
      else if (waiter !== undefined && output.kind === 'bundle-refused') {
        result = 'refused';
        continue;
      }
      this.#held.push(output);
    }
    if (waiter === undefined) return;
    waiter.handled?.();
    this.#answers.push([waiter, result]);
  }

  #startFlush(): void {
    if (!this.#isDirty || this.#flushing !== undefined || this.#isClosed) return;
    this.#flushing = this.#flush().catch((error) => this.#parts.onError(error as Error));
  }

  /** Makes durable what was handled so far, then performs its outputs and gives its answers. */
  async #flush(): Promise<void> {
    const outputs = this.#held;
    const bytes = this.#heldBytes;
    const answers = this.#answers;
    this.#held = [];
    this.#answers = [];
    this.#isDirty = false;
    const isDurable = this.#parts.onFlush?.();
    await this.#flushUntilDone();
    this.#flushing = undefined;
    this.#heldBytes -= bytes;
    if (this.#isClosed) {
      for (const [waiter] of answers) waiter.reject(closedError());
      return;
    }
    isDurable?.();
    for (const output of outputs) this.#perform(output);
    for (const [waiter, result] of answers) waiter.resolve(result);
    this.#startFlush();
    this.#schedule();
  }

  /** A store that fails, on a full disk say, is asked again until it can. */
  async #flushUntilDone(): Promise<void> {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)) {
      try {
        await this.#parts.node.flush();
        break;
      } catch (error) {
        if (this.#isClosed) return;
        this.counters.failedFlushes++;
        this.#isStoreFailing = true;
        this.#parts.onStoreTrouble?.(error instanceof Error ? error : new Error(String(error)));
      }
      await sleep(waitMs);
      if (this.#isClosed) return;
    }
    if (!this.#isStoreFailing) return;
    this.#isStoreFailing = false;
    this.#parts.onStoreTrouble?.(undefined);
  }

  #perform(output: NodeOutput): void {
    if (this.#isClosed) return;
    const { onTransmit, runner, onOutput } = this.#parts;
    switch (output.kind) {
      case 'transmit':
        if (onTransmit === undefined) this.#send(output.to, output.pieces);
        else onTransmit(output, (datagram) => this.#send(output.to, datagram));
        break;
      case 'step-processor':
        void this.#step(output.request);
        break;
      case 'cancel-processor':
        runner.cancel(output.task);
        this.#busyUntilUs.delete(output.task);
        break;
      case 'forget-processors':
        runner.forgetJob(`${output.job}/`);
        break;
      default:
        onOutput(output);
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

  #send(to: number, datagram: Uint8Array | readonly Uint8Array[]): void {
    const peer = this.#peers.get(to);
    if (peer === undefined || this.#isClosed) return;
    const pieces = datagram instanceof Uint8Array ? [datagram] : datagram;
    const bytes = lengthOf(pieces);
    if (this.#socket.getSendQueueSize() + bytes > MAX_UNSENT_BYTES) {
      this.counters.droppedOut++;
      return;
    }
    // What the system drops here is a lost bundle like any other: custody sends it again. So nobody is called back.
    this.#socket.send(pieces.length === 1 ? (pieces[0] as Uint8Array) : pieces, peer.port, peer.address);
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

/** Whether an input brings something new, which can be offered again, and does not tell of something that has happened. */
function isOffer({ kind }: NodeInput): boolean {
  return kind === 'bundle-submitted' || kind === 'job-submitted';
}

function closedError(): UsageError {
  return new UsageError('closed', 'the node is going down; ask again when it is up');
}
