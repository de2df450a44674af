/** The byte streams of one node: what its applications ask, what comes over the network, and what the node answers. */
import type { StateStore } from '../agent/index.js';
import { decodeByteStreamFrame } from './byte-stream-frames.js';
import type { ByteStreamInput, ByteStreamOutput } from './byte-stream-io.js';
import { ByteStreamReceiver } from './byte-stream-receiver.js';
import { ByteStreamSender } from './byte-stream-sender.js';
import type { StreamTransport } from './transport.js';

/** Both sides of a node's byte streams; driven like the node: an input, then {@link poll} until nothing comes. */
export class ByteStreams {
  readonly #transport: StreamTransport;
  readonly #sender: ByteStreamSender;
  readonly #receiver: ByteStreamReceiver;
  readonly #outputs: ByteStreamOutput[] = [];

  /** With a `state` streams survive restarts. */
  constructor(transport: StreamTransport, state: StateStore | undefined) {
    const emit = (output: ByteStreamOutput) => void this.#outputs.push(output);
    this.#transport = transport;
    this.#sender = new ByteStreamSender({ transport, state, emit });
    this.#receiver = new ByteStreamReceiver({ transport, state, emit });
  }

  /** Takes up what was kept through a restart; called once, before anything else. */
  start(): void {
    this.#sender.start();
    this.#receiver.start();
  }

  /** Takes what an application asks. */
  handle(input: ByteStreamInput, nowUs: number): void {
    switch (input.kind) {
      case 'stream-open':
        this.#sender.open(input, nowUs);
        break;
      case 'stream-write':
        this.#sender.write(input);
        break;
      case 'stream-piece-taken':
        this.#receiver.pieceTaken(input);
    }
  }

  /** Takes one data unit from `source`, whose bundle lives until `expiryUs`. */
  receive(source: number, payload: Uint8Array, expiryUs: number): void {
    const frame = decodeByteStreamFrame(payload);
    if (frame === undefined) this.#transport.malformed(source, 'stream-frame');
    else if (frame.kind === 'piece') this.#receiver.receive(source, frame, expiryUs);
    else this.#sender.taken(source, frame.stream, frame.pieces, frame.bytes);
  }

  /** Goes on with what had to wait for room; called when bundles may have left this node. */
  resume(): void {
    this.#sender.resume();
    this.#receiver.resume();
  }

  /** When {@link timeout} wants to be called, in monotonic microseconds; Infinity for never. */
  nextTimeoutUs(): number {
    return Math.min(this.#sender.nextExpiryUs(), this.#receiver.nextExpiryUs());
  }

  /** Ends what has reached the end of its lifetime. */
  timeout(nowUs: number): void {
    this.#sender.expire(nowUs);
    this.#receiver.expire(nowUs);
  }

  /** The next output, or undefined. */
  poll(): ByteStreamOutput | undefined {
    return this.#outputs.shift();
  }
}
