/**
 * What an application and its node say to each other about byte streams: a stream of any length from an application on one node to one on
 * another, in order, each byte once, also over restarts of the sender, of the receiver and of what lies between them.
 *
 * Both sides go by offsets, so that either may ask or say again what a restart has cut off: the node ignores bytes that it has,
 * and an application that keeps what it took (a file, say) ignores pieces below its own offset.
 */

/** What an application asks of its node. */
export type ByteStreamInput =
  /**
   * Opens a stream to another node under a name of the application's, or takes one up again; answered with `stream-writable`. A name
   * means one stream until its lifetime is over.
   */
  | {
      readonly kind: 'stream-open';
      /** At most {@link MAX_STREAM_NAME_BYTES} of ASCII; the receiver is told it. */
      readonly stream: string;
      readonly destination: number;
      /** The whole stream is to be there within this time from its opening. */
      readonly lifetimeMs: number;
      /**
       * Bytes that may be on their way before the receiving application has taken them; default {@link DEFAULT_WINDOW_BYTES}. A path holds
       * its rate times the time there and back.
       */
      readonly windowBytes?: number | undefined;
    }
  /** Bytes of the stream from `offset` on, the last ones where `isEnd`. What is beyond the room is left to be written again. */
  | {
      readonly kind: 'stream-write';
      readonly stream: string;
      readonly offset: number;
      readonly bytes: Uint8Array;
      readonly isEnd: boolean;
    }
  /** The receiving application has all pieces of a stream up to `index`, as durably as it wants them. */
  | {
      readonly kind: 'stream-piece-taken';
      readonly source: number;
      readonly number: number;
      readonly index: number;
    };

/** What a node tells its applications. */
export type ByteStreamOutput =
  /**
   * The answer to each `stream-open` and `stream-write`, and the word that there is room again after a room of 0: the node has the bytes
   * up to `offset` durably, and takes `room` bytes from there on. `isEnded` where it has the last one.
   */
  | {
      readonly kind: 'stream-writable';
      readonly stream: string;
      readonly offset: number;
      readonly room: number;
      readonly isEnded: boolean;
    }
  /**
   * An outgoing stream is over: the receiving application has taken all of it (`delivered`), its lifetime has passed (`expired`), or it could
   * not be opened (`refused`, with the reason in `detail`).
   */
  | {
      readonly kind: 'stream-ended';
      readonly stream: string;
      readonly outcome: 'delivered' | 'expired' | 'refused';
      readonly detail: string;
    }
  /**
   * The next piece of an incoming stream, in order. At most {@link UNTAKEN_PIECES} of a stream are handed over before the application says
   * `stream-piece-taken`; what is not taken is handed over again after a restart.
   */
  | {
      readonly kind: 'stream-piece';
      /** The node that the stream comes from, and its number there: together they name the stream. */
      readonly source: number;
      readonly number: number;
      /** The name that the sending application gave it. */
      readonly name: string;
      readonly index: number;
      /** Where its first byte stands in the stream. */
      readonly offset: number;
      readonly bytes: Uint8Array;
      readonly isLast: boolean;
      /** It may have been handed over before a restart. */
      readonly isRepeated: boolean;
    }
  /** The lifetime of an incoming stream has passed before its last piece was taken: nothing more of it comes. */
  | {
      readonly kind: 'stream-broken';
      readonly source: number;
      readonly number: number;
      readonly name: string;
      /** Bytes that the application has taken. */
      readonly offset: number;
    };

/** Longest name of a stream. */
export const MAX_STREAM_NAME_BYTES = 128;

/** The window of a stream unless told otherwise: enough for some hops in low orbit, and bearable in memory at a receiver without a disk. */
export const DEFAULT_WINDOW_BYTES = 16 * 1024 * 1024;

/** Pieces of one stream in the hands of an application that has not said that it took them. */
export const UNTAKEN_PIECES = 32;
