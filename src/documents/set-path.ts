/** `--set path=value`: overrides one field of a document before it is checked. */
import { type FilePosition, InputFileError } from '../base/errors.js';
import { inWords } from './problem.js';

/** Longest piece of an assignment that an error message repeats. */
const MAX_SOURCE = 120;

/** One `path=value` of the command line, its value not yet parsed. */
export interface Assignment {
  /** As the user wrote it, for error messages. */
  readonly source: string;
  readonly path: readonly string[];
  readonly value: string;
}

/** Splits `jobs.0.collectors=23`; `jobs[0].collectors=23` is the same. */
export function parseAssignment(source: string): Assignment {
  const equals = source.indexOf('=');
  const path = (equals < 0 ? source : source.slice(0, equals))
    .trim()
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.');
  if (equals < 0 || path.some((step) => step === '')) {
    throw new InputFileError(
      assignmentPlace(source),
      'expected path=value, such as seed=7, with dots between the fields of a path',
    );
  }
  return { source, path, value: source.slice(equals + 1) };
}

/** Where an assignment's errors are: the assignment itself, on one line. */
export function assignmentPlace(source: string, field?: string): FilePosition {
  const line = source.replace(/\s+/g, ' ');
  return { file: `--set ${line.length > MAX_SOURCE ? `${line.slice(0, MAX_SOURCE)}...` : line}`, field };
}

/**
 * A copy of `root` with `value` at `path`; parents that are missing are made, `null` takes a field away. Numbers index lists,
 * and the index just past the end appends.
 */
export function setPath(root: unknown, assignment: Assignment, value: unknown): unknown {
  return set(root, assignment.path, 0, value, assignment.source);
}

function set(at: unknown, path: readonly string[], depth: number, value: unknown, source: string): unknown {
  if (depth === path.length) return value;
  const step = path[depth]!;
  const isIndex = /^\d+$/.test(step);
  const inside = at === undefined || at === null ? (isIndex ? [] : {}) : at;
  if (Array.isArray(inside)) {
    const index = isIndex ? Number(step) : Number.NaN;
    if (!(index <= inside.length)) {
      const last = inside.length - 1;
      const range = last < 0 ? '0, since the list is empty' : `an index from 0 to ${last}, or ${last + 1} to append`;
      throw new InputFileError(assignmentPlace(source), `found '${step}' in the path; expected ${range}`);
    }
    const copy = inside.slice();
    const inner = set(inside[index], path, depth + 1, value, source);
    if (inner === null && depth === path.length - 1) copy.splice(index, 1);
    else copy[index] = inner;
    return copy;
  }
  if (typeof inside !== 'object') {
    const parent = path.slice(0, depth).join('.');
    throw new InputFileError(assignmentPlace(source), `${parent} is ${inWords(inside)} and has no field '${step}'`);
  }
  const copy = { ...inside };
  const old = Object.hasOwn(inside, step) ? (inside as Record<string, unknown>)[step] : undefined;
  // Not an assignment: a field named __proto__ is a field like others, and an unknown one.
  Object.defineProperty(copy, step, {
    value: set(old, path, depth + 1, value, source),
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return copy;
}
