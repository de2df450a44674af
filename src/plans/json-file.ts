/**
 * A user's JSON file with errors that point at a line and a field. Values are parsed at once by JSON.parse; places are looked for
 * only when there is something to say about one.
 */
import { InputFileError } from '../base/errors.js';
import { MAX_NODE } from '../routing/index.js';
import { COARSE_SECONDS, parseSeconds, type ReadSeconds, secondsOf } from './decimal.js';
import { findJsonFault, findRepeatedMember, type JsonPath, JsonPlaces } from './json-scan.js';

/** Steps of a path that a message names: plans are at most nine deep, and a file that is not one may be of any depth. */
const MAX_FIELD_DEPTH = 12;

const DECIMAL = /^\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** A parsed file. */
export class JsonFile {
  readonly root: unknown;
  readonly #text: string;
  readonly #file: string;
  #places: JsonPlaces | undefined;
  #lineStarts: number[] | undefined;

  /** Throws an InputFileError where the text is no JSON, and where an object has two members of one name. */
  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
    try {
      this.root = JSON.parse(text);
    } catch {
      const fault = findJsonFault(text);
      const offset = fault?.offset ?? text.length;
      const found =
        offset >= text.length ? 'the file ends' : `found ${JSON.stringify(text.slice(offset, offset + 20))}`;
      throw this.#errorAt(offset, fault?.path ?? [], `${found}, expected ${fault?.expected ?? 'JSON'}`);
    }
    const repeated = findRepeatedMember(text);
    if (repeated !== undefined) {
      throw this.#errorAt(repeated.offset, repeated.path, 'stands there a second time, expected every member once');
    }
  }

  /** An error about the value at a path, or the place where it should be. */
  error(path: JsonPath, problem: string): InputFileError {
    this.#places ??= new JsonPlaces(this.#text);
    return this.#errorAt(this.#places.offsetOf(path), path, problem);
  }

  /** A value as it is written. */
  sourceOf(path: JsonPath): string {
    this.#places ??= new JsonPlaces(this.#text);
    return this.#places.sourceOf(path);
  }

  #errorAt(offset: number, path: JsonPath, problem: string): InputFileError {
    this.#lineStarts ??= lineStartsOf(this.#text);
    const line = countUpTo(this.#lineStarts, offset);
    const column = offset - (this.#lineStarts[line - 1] as number) + 1;
    return new InputFileError({ file: this.#file, line, column, field: fieldOf(path) }, problem);
  }
}

/** An object or a list of a file, whose members are asked for by what they must be. Every method throws an InputFileError. */
export class JsonItem {
  readonly file: JsonFile;
  readonly path: JsonPath;
  readonly #value: object;
  readonly #acceptsTexts: boolean;

  /** Throws unless the value is an object, or a list where that is asked for. Numbers may stand in quotes where `acceptsTexts`. */
  constructor(
    file: JsonFile,
    path: JsonPath,
    value: unknown,
    expected: string,
    { isList = false, acceptsTexts = false }: { readonly isList?: boolean; readonly acceptsTexts?: boolean } = {},
  ) {
    if (value === null || typeof value !== 'object' || Array.isArray(value) !== isList) {
      throw file.error(path, `found ${shown(value)}, expected ${expected}`);
    }
    this.file = file;
    this.path = path;
    this.#value = value;
    this.#acceptsTexts = acceptsTexts;
  }

  /** The names of all members. */
  get keys(): string[] {
    return Object.keys(this.#value);
  }

  /** How many elements a list has. */
  get length(): number {
    return (this.#value as readonly unknown[]).length;
  }

  /** The member as it was parsed; undefined where there is none. */
  get(key: string | number): unknown {
    return Object.hasOwn(this.#value, key) ? (this.#value as { [key: string]: unknown })[key] : undefined;
  }

  /** An error about a member. */
  bad(key: string | number, expected: string): InputFileError {
    const value = this.get(key);
    const path = [...this.path, key];
    if (value === undefined) return this.file.error(path, `is missing, expected ${expected}`);
    // What a number was parsed to need not be what stands there: 1e999 is Infinity, and from 2^53 on digits are lost.
    const found = typeof value === 'number' ? shortened(this.file.sourceOf(path)) : shown(value);
    return this.file.error(path, `found ${found}, expected ${expected}`);
  }

  /** An error about the whole. */
  badItself(expected: string): InputFileError {
    return this.file.error(this.path, `found ${shown(this.#value)}, expected ${expected}`);
  }

  /** An error about a member that there should not be. */
  unknown(key: string, known: readonly string[]): InputFileError {
    return this.file.error([...this.path, key], `is not known here, expected only ${known.join(', ')}`);
  }

  /** An object. */
  object(key: string | number, expected: string): JsonItem {
    const value = this.get(key);
    if (value === undefined) throw this.bad(key, expected);
    return new JsonItem(this.file, [...this.path, key], value, expected, { acceptsTexts: this.#acceptsTexts });
  }

  /** A list. */
  list(key: string | number, expected: string): JsonItem {
    const value = this.get(key);
    if (value === undefined) throw this.bad(key, expected);
    const form = { isList: true, acceptsTexts: this.#acceptsTexts };
    return new JsonItem(this.file, [...this.path, key], value, expected, form);
  }

  /** A text. */
  text(key: string | number, expected: string): string {
    const value = this.get(key);
    if (typeof value !== 'string') throw this.bad(key, expected);
    return value;
  }

  /** A finite number of at least 0. */
  number(key: string | number, expected: string): number {
    const value = this.get(key);
    let number = Number.NaN;
    if (typeof value === 'number') number = value;
    else if (this.#isNumberText(value)) number = Number(value);
    if (!(number >= 0 && number < Infinity)) throw this.bad(key, expected);
    return number;
  }

  /** A time or length of time in seconds. */
  seconds(key: string | number, expected: string): ReadSeconds {
    const value = this.get(key);
    let read: ReadSeconds | undefined;
    if (typeof value === 'number' && value >= 0 && value < COARSE_SECONDS) read = secondsOf(value);
    else if (typeof value === 'number') read = parseSeconds(this.file.sourceOf([...this.path, key]));
    else if (this.#isNumberText(value)) read = parseSeconds(value);
    if (read === undefined) throw this.bad(key, expected);
    if (!Number.isSafeInteger(read.us)) throw this.bad(key, `${expected}, within 2^53 microseconds`);
    return read;
  }

  /** A node number. */
  node(key: string | number): number {
    const value = this.get(key);
    const number = typeof value === 'string' && this.#isNumberText(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > MAX_NODE) {
      throw this.bad(key, `a whole node number from 0 to ${MAX_NODE}`);
    }
    return number;
  }

  #isNumberText(value: unknown): value is string {
    return this.#acceptsTexts && typeof value === 'string' && DECIMAL.test(value);
  }
}

function shown(value: unknown): string {
  return shortened(JSON.stringify(value));
}

function shortened(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 37)}...`;
}

/** A path in words; of one that is deeper than any plan only the outer part. */
function fieldOf(path: JsonPath): string {
  const words = path.slice(0, MAX_FIELD_DEPTH).join('.');
  return path.length > MAX_FIELD_DEPTH ? `${words}...` : words;
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** How many of the ascending numbers are at most `most`. */
function countUpTo(ascending: readonly number[], most: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}
