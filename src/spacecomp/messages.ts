/**
 * The messages of a job, as the CBOR arrays that travel between satellites. Records are JSON texts inside: CBOR maps would lose
 * keys such as `__proto__`, and JSON is what the processor contract promises anyway.
 *
 * Every message is keyed by (job, role, from, index), so that a role can tell a repeated one from a new one. End markers carry
 * totals, so that "all" never depends on order.
 */
import { Encoder } from 'cbor-x';
import type { JsonValue } from '../base/json.js';

/** The roles that satellites take in a job. */
export type Role = 'collector' | 'mapper' | 'reducer';

/** What every role must know of the job; it comes with the first message to a role. */
export interface JobContext {
  readonly job: string;
  readonly los: number;
  readonly reducer: number;
  /** How many collectors the job has. */
  readonly size: number;
  readonly collectTask: string;
  readonly mapTask: string;
  readonly combineTask: string;
  readonly reduceTask: string;
  readonly maxCollectRecords: number;
  /** `job_data` as JSON. */
  readonly jobData: string;
  /** Seconds since the Unix epoch. */
  readonly startUnixSeconds: number;
  /** Milliseconds from the job's submission to its deadline. */
  readonly deadlineMs: number;
  /** DTN time of the deadline; 0 where the LOS satellite does not know the time. */
  readonly deadlineDtnMs: number;
}

/** A file beside a record: its stream comes from the same satellite as the message. */
export interface FileReference {
  readonly name: string;
  readonly stream: number;
}

/** One message between roles: `collect` starts a collector, `map` brings a batch, `reduce` a record, `taken` gives credit, `result` ends a job. */
export type JobMessage =
  | { readonly type: 'collect'; readonly context: JobContext; readonly index: number; readonly mapper: number }
  | {
      readonly type: 'map';
      readonly job: string;
      /** LeoPyMR's data_id of the collector. */
      readonly index: number;
      /** Ordinal of the batch, from 1. */
      readonly batch: number;
      /** With the first batch. */
      readonly context: JobContext | undefined;
      readonly records: readonly string[];
      readonly files: readonly FileReference[];
      /** Ordinal of the batch's last record. */
      readonly collectedIndex: number;
      /** The last batch: `batch` is their total. */
      readonly isEnd: boolean;
    }
  | {
      readonly type: 'reduce';
      readonly job: string;
      readonly index: number;
      /** Ordinal of the record, from 1; 0 in the end marker of a mapper without records. */
      readonly ordinal: number;
      /** With the first record. */
      readonly context: JobContext | undefined;
      readonly record: string | undefined;
      readonly files: readonly FileReference[];
      /** The last record: `ordinal` is their total. */
      readonly isEnd: boolean;
    }
  | {
      readonly type: 'result';
      readonly job: string;
      /** JSON of the result, undefined for a failure. */
      readonly result: string | undefined;
      readonly files: readonly FileReference[];
      /** Why a role gave up, undefined for a result. */
      readonly failure: string | undefined;
    }
  | {
      readonly type: 'progress';
      readonly job: string;
      readonly role: Role;
      readonly index: number;
      readonly state: 'started' | 'done';
      /** Records that the role gave out so far. */
      readonly records: number;
    }
  | {
      /** The job is called off; with its deadline, since it may be the first that a satellite hears of the job. */
      readonly type: 'cancel';
      readonly job: string;
      readonly deadlineMs: number;
      readonly deadlineDtnMs: number;
    }
  | {
      /** To a collector: its mapper has run its batches up to this one. */
      readonly type: 'taken';
      readonly job: string;
      /** LeoPyMR's data_id of the collector. */
      readonly index: number;
      /** Ordinal of the last batch that was run. */
      readonly batch: number;
    };

const encoder = new Encoder({
  useRecords: false,
  tagUint8Array: false,
  int64AsNumber: true,
} as ConstructorParameters<typeof Encoder>[0]);

const TYPES = ['collect', 'map', 'reduce', 'result', 'progress', 'cancel', 'taken'] as const;

/** The bytes of a message: a CBOR array with the number of its type first. */
export function encodeMessage(message: JobMessage): Uint8Array {
  return encoder.encode([TYPES.indexOf(message.type), ...bodyOf(message)]);
}

function bodyOf(message: JobMessage): unknown[] {
  switch (message.type) {
    case 'collect':
      return [contextItems(message.context), message.index, message.mapper];
    case 'map': {
      const { job, index, batch, records, collectedIndex, isEnd } = message;
      return [
        job,
        index,
        batch,
        contextItems(message.context),
        records,
        fileItems(message.files),
        collectedIndex,
        isEnd,
      ];
    }
    case 'reduce': {
      const { job, index, ordinal, record, isEnd } = message;
      return [job, index, ordinal, contextItems(message.context), record ?? null, fileItems(message.files), isEnd];
    }
    case 'result':
      return [message.job, message.result ?? null, fileItems(message.files), message.failure ?? null];
    case 'progress':
      return [message.job, message.role, message.index, message.state, message.records];
    case 'cancel':
      return [message.job, message.deadlineMs, message.deadlineDtnMs];
    case 'taken':
      return [message.job, message.index, message.batch];
  }
}

/** A context as it stands in a message. */
export function contextItems(context: JobContext | undefined): unknown {
  if (context === undefined) return null;
  return [
    context.job,
    context.los,
    context.reducer,
    context.size,
    context.collectTask,
    context.mapTask,
    context.combineTask,
    context.reduceTask,
    context.maxCollectRecords,
    context.jobData,
    context.startUnixSeconds,
    context.deadlineMs,
    context.deadlineDtnMs,
  ];
}

/** Names travel as JSON like records do: UTF-8 would make names with lone surrogates alike. */
function fileItems(files: readonly FileReference[]): unknown[] {
  return files.map((file) => [JSON.stringify(file.name), file.stream]);
}

/** The message in the bytes, or undefined where they hold none: a stranger's bytes are dropped and counted, not thrown. */
export function decodeMessage(bytes: Uint8Array): JobMessage | undefined {
  try {
    const items: unknown = encoder.decode(bytes);
    return Array.isArray(items) ? messageOf(new Items(items)) : undefined;
  } catch {
    return undefined;
  }
}

function messageOf(items: Items): JobMessage | undefined {
  const type = TYPES[items.count()];
  switch (type) {
    case 'collect':
      return { type, context: contextOf(items.list()), index: items.count(), mapper: items.count() };
    case 'map':
      return {
        type,
        job: items.text(),
        index: items.count(),
        batch: items.count(),
        context: items.optional(() => contextOf(items.list())),
        records: items.list().texts(),
        files: filesOf(items.list()),
        collectedIndex: items.count(),
        isEnd: items.flag(),
      };
    case 'reduce':
      return {
        type,
        job: items.text(),
        index: items.count(),
        ordinal: items.count(),
        context: items.optional(() => contextOf(items.list())),
        record: items.optional(() => items.text()),
        files: filesOf(items.list()),
        isEnd: items.flag(),
      };
    case 'result':
      return {
        type,
        job: items.text(),
        result: items.optional(() => items.text()),
        files: filesOf(items.list()),
        failure: items.optional(() => items.text()),
      };
    case 'progress': {
      const [job, role, index, state, records] = [
        items.text(),
        items.text(),
        items.count(),
        items.text(),
        items.count(),
      ];
      if (role !== 'collector' && role !== 'mapper' && role !== 'reducer') return undefined;
      if (state !== 'started' && state !== 'done') return undefined;
      return { type, job, role, index, state, records };
    }
    case 'cancel':
      return { type, job: items.text(), deadlineMs: items.count(), deadlineDtnMs: items.count() };
    case 'taken':
      return { type, job: items.text(), index: items.count(), batch: items.count() };
    default:
      return undefined;
  }
}

/** The context that {@link contextItems} made; undefined where the items are none. */
export function contextOfItems(items: unknown): JobContext | undefined {
  try {
    return Array.isArray(items) ? contextOf(new Items(items)) : undefined;
  } catch {
    return undefined;
  }
}

function contextOf(items: Items): JobContext {
  return {
    job: items.text(),
    los: items.count(),
    reducer: items.count(),
    size: items.count(),
    collectTask: items.text(),
    mapTask: items.text(),
    combineTask: items.text(),
    reduceTask: items.text(),
    maxCollectRecords: items.count(),
    jobData: items.text(),
    startUnixSeconds: items.number(),
    deadlineMs: items.count(),
    deadlineDtnMs: items.count(),
  };
}

function filesOf(items: Items): FileReference[] {
  return items.lists().map((file) => {
    const name: unknown = JSON.parse(file.text());
    if (typeof name !== 'string') throw new TypeError('expected a file name');
    return { name, stream: file.count() };
  });
}

/** Takes typed items off a decoded array, in order; throws where one is of another type. */
class Items {
  readonly #items: readonly unknown[];
  #at = 0;

  constructor(items: readonly unknown[]) {
    this.#items = items;
  }

  text(): string {
    return this.#take((item): item is string => typeof item === 'string');
  }

  number(): number {
    return this.#take((item): item is number => typeof item === 'number');
  }

  count(): number {
    return this.#take((item): item is number => Number.isSafeInteger(item) && (item as number) >= 0);
  }

  flag(): boolean {
    return this.#take((item): item is boolean => typeof item === 'boolean');
  }

  list(): Items {
    return new Items(this.#take((item): item is unknown[] => Array.isArray(item)));
  }

  optional<T>(take: () => T): T | undefined {
    if (this.#items[this.#at] !== null) return take();
    this.#at++;
    return undefined;
  }

  texts(): string[] {
    if (!this.#items.every((item) => typeof item === 'string')) throw new TypeError('expected texts');
    return this.#items as string[];
  }

  lists(): Items[] {
    return this.#items.map((item) => {
      if (!Array.isArray(item)) throw new TypeError('expected lists');
      return new Items(item);
    });
  }

  #take<T>(is: (item: unknown) => item is T): T {
    const item = this.#items[this.#at++];
    if (!is(item)) throw new TypeError(`item ${this.#at - 1} is of another type`);
    return item;
  }
}

/** Parses JSON that came over the network; undefined where it is none. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
