/**
 * What can be asked of a running node over its control socket, and the form of it: one JSON object a line. A call is
 * `{id, call, ...}`; its answer `{id, result}` or `{id, error: {code, message}}`, in any order. The bytes of a call that has some follow
 * its line as they are, and `payloadBytes` in the line says how many.
 */
import { z } from 'zod';
import { MAX_ADU_BYTES } from '../agent/index.js';
import { MAX_NODE } from '../routing/index.js';
import { DEFAULT_WINDOW_BYTES, MAX_STREAM_NAME_BYTES, MAX_WINDOW_BYTES, MIN_WINDOW_BYTES } from '../streams/index.js';

/** The longest line that either side reads: a ledger of the most entries that one answer may have, some 500 bytes each. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** The most bytes behind a line: the longest data unit. */
export const MAX_PAYLOAD_BYTES = MAX_ADU_BYTES;

/** Entries of a ledger in one answer unless told otherwise, and at most. */
export const DEFAULT_LEDGER_ENTRIES = 10_000;
const MAX_LEDGER_ENTRIES = 100_000;

const node = z.int().min(1).max(MAX_NODE);
const stream = z.string().min(1).max(MAX_STREAM_NAME_BYTES);
const service = z.int().min(1).max(4_294_967_295);

/** The parameters of each call. */
export const CONTROL_CALLS = {
  status: z.strictObject({}),
  ledger: z.strictObject({
    sourceNode: node.optional(),
    destinationNode: node.optional(),
    limit: z.int().min(1).max(MAX_LEDGER_ENTRIES).default(DEFAULT_LEDGER_ENTRIES),
  }),
  /** Answered when the bundle is durable. With `wait` a full store is waited for, else it is the error `refused`. */
  send: z.strictObject({
    to: node,
    service,
    sourceService: service,
    custody: z.boolean(),
    lifetimeMs: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
    wait: z.boolean().default(true),
  }),
  /** Opens a byte stream or takes one up again; answered with where it stands. */
  'stream-open': z.strictObject({
    stream,
    to: node,
    lifetimeMs: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
    windowBytes: z.int().min(MIN_WINDOW_BYTES).max(MAX_WINDOW_BYTES).default(DEFAULT_WINDOW_BYTES),
  }),
  /** Bytes of a stream from an offset on; answered, when they are durable, with where it stands: what found no room was not taken. */
  'stream-write': z.strictObject({
    stream,
    offset: z.int().min(0),
    isEnd: z.boolean().default(false),
  }),
  /** Answered when a stream takes bytes again, or is over. */
  'stream-room': z.strictObject({ stream }),
  /** Answered when a stream is over: all of it was taken at the other end, or its lifetime has passed. */
  'stream-end': z.strictObject({ stream }),
  mailbox: z.strictObject({}),
  'mailbox-take': z.strictObject({ name: z.string() }),
  /** Answered when something has come into the mailbox since the call was made. */
  'mailbox-wait': z.strictObject({}),
} as const;

/** The names of the calls. */
export type ControlCall = keyof typeof CONTROL_CALLS;

/** What a call takes, before defaults are filled in. */
export type ControlInput<C extends ControlCall> = z.input<(typeof CONTROL_CALLS)[C]>;

/** What a call takes, with its defaults. */
export type ControlParams<C extends ControlCall> = z.output<(typeof CONTROL_CALLS)[C]>;

/** What is known of who made a call. */
export interface Caller {
  /** The connection is gone: nobody waits for the answer. */
  readonly isGone: boolean;
  /** Calls `listener` when it goes, until the function that it returns is called. */
  onGone(listener: () => void): () => void;
}

/** What answers each call. */
export type ControlHandlers = {
  readonly [C in ControlCall]: (params: ControlParams<C>, payload: Uint8Array, caller: Caller) => unknown;
};
