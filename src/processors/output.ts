/**
 * What processors hand out, made uniform: iterators that may answer at once, records as JSON text, files as pieces
 * (SpaceCoMP design document sections 2 to 5). Knows nothing of tasks, nodes or messages.
 */
import { UsageError } from '../base/errors.js';
import type { ByteStream, ProcessorOutput } from './contract.js';

/**
 * An iterator whose `next` may answer at once or with a promise. Sync iterators, async iterators and {@link BatchIterator}
 * all are; a caller that looks before it awaits pays for a promise only where there is one.
 */
export interface StepIterator<T> {
  next(): IteratorResult<T> | PromiseLike<IteratorResult<T>>;
  /** Releases what the iterator holds; called at most once, after a cancel or a failure. */
  return?(): unknown;
}

/** A validated `_COMP_FILE_` of an output. */
export interface OutputFile {
  /** Not empty. */
  readonly name: string;
  readonly stream: ByteStream;
}

/** Objects and arrays nested deeper than this are refused, so that a cyclic value is an error and no endless loop. */
export const MAX_JSON_DEPTH = 512;

/** True for a promise or anything else with a `then`. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

/**
 * The iterator over what `collect` or `run_map` returned; `method` names it in errors. Throws a UsageError `not-iterable` for
 * a string (it would come out as characters), bytes, a promise, or what cannot be iterated at all.
 */
export function iteratorOf(yielded: unknown, method: string): StepIterator<ProcessorOutput> {
  if (typeof yielded === 'object' && yielded !== null && !ArrayBuffer.isView(yielded)) {
    const iterator = openIterator(yielded);
    if (iterator !== undefined) return iterator as StepIterator<ProcessorOutput>;
  }
  throw new UsageError(
    'not-iterable',
    `${method} must return records to iterate over (an array, a generator or an async generator), but returned ${describe(yielded)}`,
  );
}

/** The iterator over the pieces of a stream. Throws a UsageError `bad-file` where the stream is none. */
export function pieceIteratorOf(file: OutputFile): StepIterator<Uint8Array> {
  const { stream } = file;
  if (stream instanceof Uint8Array) return [stream][Symbol.iterator]();
  if (typeof stream === 'object' && stream !== null && !ArrayBuffer.isView(stream)) {
    const iterator = openIterator(stream);
    if (iterator !== undefined) return iterator as StepIterator<Uint8Array>;
  }
  throw new UsageError(
    'bad-file',
    `the stream of file "${file.name}" must be a Uint8Array or an iterable of them, but is ${describe(stream)}`,
  );
}

/** Throws a UsageError `bad-file` unless the piece that a file's stream gave is a Uint8Array. */
export function checkPiece(piece: unknown, name: string): asserts piece is Uint8Array {
  if (piece instanceof Uint8Array) return;
  throw new UsageError('bad-file', `the stream of file "${name}" must give Uint8Arrays, but gave ${describe(piece)}`);
}

/** The file of an output, or undefined for a plain value. Throws a UsageError `bad-file` for a malformed `_COMP_FILE_`. */
export function fileOf(output: unknown): OutputFile | undefined {
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return undefined;
  if (!Object.hasOwn(output, '_COMP_FILE_')) return undefined;
  const file: unknown = (output as { _COMP_FILE_: unknown })._COMP_FILE_;
  if (typeof file !== 'object' || file === null) {
    throw new UsageError('bad-file', `_COMP_FILE_ must be {name, stream}, but is ${describe(file)}`);
  }
  const { name, stream } = file as { name?: unknown; stream?: unknown };
  if (typeof name !== 'string' || name === '') {
    throw new UsageError('bad-file', `_COMP_FILE_.name must be a string that is not empty, but is ${describe(name)}`);
  }
  return { name, stream: stream as ByteStream };
}

/** The `value` beside a file; null where it was left out. */
export function valueBesideFile(output: unknown): unknown {
  return (output as { value?: unknown }).value ?? null;
}

/**
 * JSON text of a record. Throws a UsageError `not-json` that says what stands where, for anything that JSON would drop or
 * change: undefined, functions, NaN, bytes, dates, maps, class instances, nesting beyond {@link MAX_JSON_DEPTH}.
 */
export function encodeRecord(value: unknown): string {
  if (typeof value !== 'string') checkJson(value, [], 0);
  return JSON.stringify(value);
}

/** What a value is, in a few words for an error message. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'function':
      return value.name === '' ? 'a function' : `the function ${value.name}`;
    case 'number':
    case 'boolean':
      return String(value);
    case 'bigint':
      return `the bigint ${value}`;
    case 'symbol':
      return 'a symbol';
    case 'string':
      return value.length <= 40 ? JSON.stringify(value) : `a string of ${value.length} characters`;
  }
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (isPromiseLike(value)) return 'a promise';
  const maker: unknown = (value as { constructor?: unknown }).constructor;
  const name = typeof maker === 'function' ? maker.name : '';
  if (name === '' || name === 'Object') return 'an object';
  return ArrayBuffer.isView(value) ? `bytes (${name})` : `an instance of ${name}`;
}

function openIterator(source: object): StepIterator<unknown> | undefined {
  const openers = source as { [Symbol.asyncIterator]?: unknown; [Symbol.iterator]?: unknown };
  const open = openers[Symbol.asyncIterator] ?? openers[Symbol.iterator];
  if (typeof open !== 'function') return undefined;
  return open.call(source) as StepIterator<unknown>;
}

function checkJson(value: unknown, path: (string | number)[], depth: number): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return;
    case 'number':
      if (Number.isFinite(value)) return;
      break;
    case 'object': {
      if (value === null) return;
      if (depth > MAX_JSON_DEPTH) {
        throw new UsageError('not-json', `a record is nested deeper than ${MAX_JSON_DEPTH} levels, or contains itself`);
      }
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) checkMember(value[i], i, path, depth);
        return;
      }
      if (!isPlainObject(value)) break;
      const members = value as { [key: string]: unknown };
      for (const key of Object.keys(members)) checkMember(members[key], key, path, depth);
      return;
    }
  }
  throw new UsageError('not-json', notJsonMessage(value, path));
}

function checkMember(member: unknown, key: string | number, path: (string | number)[], depth: number): void {
  if (typeof member === 'string') return;
  if (typeof member === 'number' && Number.isFinite(member)) return;
  path.push(key);
  checkJson(member, path, depth + 1);
  path.pop();
}

/** Plain in any realm: no prototype, or one that has none itself. */
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function notJsonMessage(value: unknown, path: readonly (string | number)[]): string {
  const place = path.length === 0 ? 'a record' : `a record's ${path.map(String).join('.')}`;
  const hint = ArrayBuffer.isView(value) ? '; hand bytes out as a _COMP_FILE_' : '';
  return `${place} must be JSON, but is ${describe(value)}${hint}`;
}

/** Calls an iterator's `return()`; what that throws or rejects with concerns nobody, since its reader has given up. */
export function closeQuietly(iterator: StepIterator<unknown> | undefined): void {
  try {
    const closed: unknown = iterator?.return?.();
    if (isPromiseLike(closed)) closed.then(undefined, () => undefined);
  } catch {
    // Told to nobody, as said above.
  }
}
