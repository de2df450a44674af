/**
 * Whole binary streams over bundles. A stream is cut into pieces that fit a datagram and the contacts ahead (bundles in custody must
 * not be fragmented), each piece travels as a bundle of its own and may overtake others, and the receiver puts them in order
 * and checks the digest of the whole. What is lost on the way is custody's business, not repeated here.
 *
 * Back-pressure: `isCongested` tells the sender to stop producing for a destination while too much for it still waits on this node.
 */
import type { StateStore } from '../agent/index.js';
import type { Platform } from '../base/platform.js';
import type { StreamKind } from './frames.js';
import { DEFAULT_STREAM_LIMITS, type ReceivedStream, type StreamLimits, StreamReceiver } from './stream-receiver.js';
import { type StreamHandle, type StreamPosition, StreamSender } from './stream-sender.js';
import type { StreamTransport } from './transport.js';

/** All whole streams that one node sends and receives. */
export class Streams {
  readonly #sender: StreamSender;
  readonly #receiver: StreamReceiver;

  /** With a `state` streams survive restarts. */
  constructor(
    transport: StreamTransport,
    platform: Platform,
    limits: StreamLimits = DEFAULT_STREAM_LIMITS,
    state: StateStore | undefined = undefined,
  ) {
    this.#sender = new StreamSender(transport, platform, state);
    this.#receiver = new StreamReceiver(transport, platform, limits, state);
  }

  /**
   * Takes up what was kept through a restart; called once, before anything else. Gives the files that were whole and not let go of: the
   * caller keeps those that it needs and releases the others.
   */
  start(): readonly { readonly file: ReceivedStream; readonly expiryUs: number }[] {
    this.#sender.start();
    return this.#receiver.start();
  }

  /** True while so much of this node's own traffic waits here, for that destination or in all, that no more should be produced. */
  isCongested(destination: number): boolean {
    return this.#sender.isCongested(destination);
  }

  /**
   * Opens a stream; its pieces live until `untilUs`. Where `from` is given it is one that was under way before a restart, which is to be
   * written from its first byte again: what was sent is not sent twice.
   */
  open(destination: number, kind: StreamKind, untilUs: number, from?: StreamPosition): StreamHandle {
    return this.#sender.open(destination, kind, untilUs, from);
  }

  /** How far a stream being written is. Throws UsageError `stream-closed` after {@link close}. */
  position(handle: StreamHandle): StreamPosition {
    return this.#sender.position(handle);
  }

  /** Adds bytes; they are not copied and must not change any more. Throws UsageError `stream-closed` after {@link close}. */
  write(handle: StreamHandle, bytes: Uint8Array): void {
    this.#sender.write(handle, bytes);
  }

  /** Ends a stream: its last piece leaves with the count and the digest. Throws UsageError `stream-closed` the second time. */
  close(handle: StreamHandle): void {
    this.#sender.close(handle);
  }

  /** Gives a stream up unfinished: what was sent of it is never put together. Nothing for one that is closed. */
  abandon(handle: StreamHandle): void {
    this.#sender.abandon(handle);
  }

  /** Sends a whole message as a stream of its own. */
  sendMessage(destination: number, bytes: Uint8Array, untilUs: number): void {
    const handle = this.open(destination, 'message', untilUs);
    this.write(handle, bytes);
    this.close(handle);
  }

  /** Offers again what found no room. */
  flush(): void {
    this.#sender.flush();
  }

  /**
   * Takes one data unit from `source`, whose bundle lives until `expiryUs`; the whole stream when it completes one. Pieces may
   * come in any order and repeatedly. A file of a node with a durable store stays there until {@link release}.
   */
  receive(source: number, payload: Uint8Array, expiryUs: number): ReceivedStream | undefined {
    return this.#receiver.receive(source, payload, expiryUs);
  }

  /** Lets go of the bytes of a file that arrived whole; nothing where they are in memory only. */
  release(source: number, stream: number): void {
    this.#receiver.release(source, stream);
  }

  /** When the first unfinished stream may be given up; Infinity for never. */
  nextExpiryUs(): number {
    return this.#receiver.nextExpiryUs();
  }

  /** Gives up streams whose missing pieces can come no more. */
  expire(nowUs: number): void {
    this.#receiver.expire(nowUs);
  }
}
