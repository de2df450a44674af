/**
 * What is wrong with a scenario, in one line: which field, what was found, what was expected. The words come from the JSON
 * Schema of the file form, so that a message says the whole rule of a field and not just the part that was broken first.
 */
import type { z } from 'zod';
import { type JsonSchema, scenarioJsonSchema } from './scenario-schema.js';

/** Keys and indexes from the root of a file to a field. */
export type FieldPath = readonly (string | number)[];

/** A field of a scenario breaks a rule. Whoever read the file adds file and line. */
export class ScenarioProblem extends Error {
  override readonly name = 'ScenarioProblem';

  constructor(
    readonly path: FieldPath,
    /** What is wrong and what was expected. */
    readonly problem: string,
  ) {
    super(`${path.join('.')}: ${problem}`);
  }
}

type Issue = z.core.$ZodIssue;

/** Longest piece of a user's value that a message repeats. */
const MAX_QUOTED = 60;

/**
 * The problem that a user should hear of first, from what zod found wrong with `value`. `root` is the JSON Schema of the whole file,
 * by default that of a scenario.
 */
export function problemOf(issues: readonly Issue[], value: unknown, root = scenarioJsonSchema()): ScenarioProblem {
  const flat = issues.map((issue) => mostTelling(issue, [], value));
  // An unknown field goes first: a missing one is often the same mistake seen from the other side.
  const { issue, path } = flat.find((candidate) => candidate.issue.code === 'unrecognized_keys') ?? flat[0]!;
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    return new ScenarioProblem([...path, key], `unknown field; ${nearestWords(path, key, root)}`);
  }
  return mismatch(path, valueAt(value, path), root);
}

/** The problem of a field whose value is not what its schema asks for. */
export function mismatch(path: FieldPath, found: unknown, root = scenarioJsonSchema()): ScenarioProblem {
  const schema = schemaAt(path, root);
  const expected = schema === undefined ? 'something else' : expectation(schema);
  return new ScenarioProblem(
    path,
    found === undefined ? `missing; expected ${expected}` : `found ${inWords(found)}; expected ${expected}`,
  );
}

/** A value of a user's, short enough for an error message. */
export function inWords(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object') return String(value);
  const json = JSON.stringify(value) ?? 'something';
  if (json.length <= MAX_QUOTED) return json.replaceAll('"', "'");
  return Array.isArray(value) ? `a list of ${value.length}` : `a mapping with ${Object.keys(value).length} fields`;
}

/** What a schema node asks for, in words. */
export function expectation(schema: JsonSchema): string {
  if (schema.title !== undefined) return schema.title;
  if (schema.const !== undefined) return inWords(schema.const);
  if (schema.enum !== undefined) return oneOf(schema.enum.map(inWords));
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches?.every((branch) => branch.enum !== undefined || branch.const !== undefined)) {
    return oneOf(branches.flatMap((branch) => branch.enum ?? [branch.const]).map(inWords));
  }
  if (branches !== undefined) return oneOf(branches.map(expectation));
  switch (schema.type) {
    case 'integer':
      return `a whole number${bounds(schema)}`;
    case 'number':
      return `a number${bounds(schema)}`;
    case 'string':
      return schema.minLength ? 'some text' : 'text';
    case 'boolean':
      return 'true or false';
    case 'array':
      return schema.minItems ? 'a list with at least one entry' : 'a list';
    case 'object':
      return `a mapping with ${Object.keys(schema.properties ?? {})
        .slice(0, 8)
        .join(', ')}`;
    default:
      return 'a value';
  }
}

/** The schema of the field at `path`, or undefined where there is none; where a union gives it more than one, any of them. */
export function schemaAt(path: FieldPath, root = scenarioJsonSchema()): JsonSchema | undefined {
  const found = schemasAt(path, root);
  if (found.length < 2) return found[0];
  if (found.every((schema) => schema.enum !== undefined))
    return { enum: [...new Set(found.flatMap((schema) => schema.enum!))] };
  return new Set(found.map(expectation)).size === 1 ? found[0] : { anyOf: found };
}

/** "did you mean 'links.loss'?" where a known field is near, and otherwise the fields that are known there. */
export function nearestWords(parent: FieldPath, key: string, root = scenarioJsonSchema()): string {
  const siblings = fieldsAt(parent, root);
  const sibling = nearest(key, siblings);
  if (sibling !== undefined) return `did you mean '${[...parent, sibling].join('.')}'?`;
  const paths = allPaths(root, []);
  const elsewhere = paths.find((path) => path.at(-1) === key);
  if (elsewhere !== undefined) return `did you mean '${elsewhere.join('.')}'?`;
  const similar = nearest(key, [...new Set(paths.map((path) => path.at(-1) as string))]);
  if (similar !== undefined) {
    return `did you mean '${paths.find((candidate) => candidate.at(-1) === similar)!.join('.')}'?`;
  }
  return siblings.length === 0 ? 'expected no fields here' : `expected one of ${siblings.slice(0, 16).join(', ')}`;
}

/** The candidate with the least edit distance to `word`, when it is near enough to be meant. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = (word.length <= 4 ? 1 : Math.max(2, Math.floor(word.length / 3))) + 1;
  for (const candidate of candidates) {
    // "rate" is meant for "rateBytesPerSecond", although most of the letters are missing.
    const isStart = word.length >= 3 && candidate.toLowerCase().startsWith(word.toLowerCase());
    const distance = isStart ? 1 : editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least && distance < Math.max(word.length, 2)) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Of a union's branches, the one the user seems to have meant; its first issue stands for all. */
function mostTelling(issue: Issue, base: FieldPath, value: unknown): { issue: Issue; path: FieldPath } {
  const path = [...base, ...(issue.path as (string | number)[])];
  if (issue.code !== 'invalid_union') return { issue, path };
  const here = valueAt(value, path);
  const structured = typeof here === 'object' && here !== null;
  const near = issue.errors
    .filter((branch) => !branch.some((inner) => inner.path.length === 0 && inner.code === 'invalid_type'))
    .map((branch) => ({ branch, weight: weightOf(branch) }))
    .sort((a, b) => a.weight - b.weight);
  const best = near[0];
  if (!structured || best === undefined || best.weight === near[1]?.weight) return { issue, path };
  const telling = best.branch.find((inner) => inner.code === 'unrecognized_keys') ?? best.branch[0]!;
  return mostTelling(telling, path, value);
}

function weightOf(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
}

function children(schema: JsonSchema, step: string | number): readonly JsonSchema[] {
  const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((branch) => children(branch, step));
  const item =
    typeof step === 'number' || /^\d+$/.test(step) ? (schema.prefixItems?.[Number(step)] ?? schema.items) : undefined;
  const own = item ?? (Object.hasOwn(schema.properties ?? {}, step) ? schema.properties![step] : undefined);
  return own === undefined ? inner : [own, ...inner];
}

function schemasAt(path: FieldPath, root: JsonSchema): readonly JsonSchema[] {
  let found: readonly JsonSchema[] = [root];
  for (const step of path) found = found.flatMap((schema) => children(schema, step));
  return found;
}

function fieldsAt(path: FieldPath, root: JsonSchema): string[] {
  const names = (schema: JsonSchema): string[] => [
    ...Object.keys(schema.properties ?? {}),
    ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(names),
  ];
  return [...new Set(schemasAt(path, root).flatMap(names))];
}

function allPaths(schema: JsonSchema, path: FieldPath): FieldPath[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => [
    [...path, name],
    ...allPaths(child, [...path, name]),
  ]);
  const items = schema.items === undefined ? [] : allPaths(schema.items, [...path, 0]);
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((branch) => allPaths(branch, path));
  return [...own, ...items, ...branches];
}

function valueAt(value: unknown, path: FieldPath): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}

function bounds(schema: JsonSchema): string {
  const low = schema.minimum !== undefined && schema.minimum > Number.MIN_SAFE_INTEGER ? schema.minimum : undefined;
  const high = schema.maximum !== undefined && schema.maximum < Number.MAX_SAFE_INTEGER ? schema.maximum : undefined;
  if (schema.exclusiveMinimum !== undefined) {
    return ` above ${schema.exclusiveMinimum}${high === undefined ? '' : ` and at most ${high}`}`;
  }
  if (low !== undefined && high !== undefined) return ` from ${low} to ${high}`;
  if (low !== undefined) return ` of at least ${low}`;
  return high === undefined ? '' : ` of at most ${high}`;
}

function oneOf(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? 'nothing') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function quoted(value: string): string {
  const line = value.replace(/\s+/g, ' ');
  return `'${line.length > MAX_QUOTED ? `${line.slice(0, MAX_QUOTED)}...` : line}'`;
}

/** Restricted Damerau-Levenshtein distance: insertions, deletions, substitutions, swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
