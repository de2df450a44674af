/** The grid of a sweep: which fields vary, over which values, and every combination of them. */
import { parse } from 'yaml';
import { z } from 'zod';
import { InputFileError } from '../../base/errors.js';
import { schemaAt } from '../../documents/problem.js';
import { assignmentPlace, parseAssignment } from '../../documents/set-path.js';
import { scenarioJsonSchema } from '../../simulator/scenario-schema.js';

/** A field that varies. */
export interface SweepAxis {
  /** `links.loss` */
  readonly path: string;
  /** Values as a `--set` takes them. */
  readonly values: readonly string[];
}

/** One combination of values, one for each axis. */
export type SweepPoint = readonly string[];

/** What the `--set` options of a sweep ask for. */
export interface SweepGrid {
  readonly axes: readonly SweepAxis[];
  /** `path=value` that are the same at every point. */
  readonly fixed: readonly string[];
}

/** Most values on an axis, and most points of a grid. */
export const MAX_POINTS = 10_000;

/** Tells ranges (`a..b:step`) and lists (`[a, b]`) from plain values. */
export function parseGrid(sets: readonly string[]): SweepGrid {
  const axes: SweepAxis[] = [];
  const fixed: string[] = [];
  for (const source of sets) {
    const { path, value } = parseAssignment(source);
    const values = rangeOf(value, source) ?? listOf(value, path);
    if (values === undefined && isBareList(value, path)) {
      throw new InputFileError(
        assignmentPlace(source),
        `found '${value.trim()}'; expected a range a..b:step such as 0..0.5:0.1, or a list in brackets such as [${value.trim()}]`,
      );
    }
    if (values === undefined) fixed.push(source);
    else axes.push({ path: path.join('.'), values });
  }
  const size = axes.reduce((product, axis) => product * axis.values.length, 1);
  if (size > MAX_POINTS) {
    throw new InputFileError({ file: '--set' }, `the grid has ${size} points; expected at most ${MAX_POINTS}`);
  }
  const twice = axes.find((axis, i) => axes.findIndex((other) => other.path === axis.path) !== i);
  if (twice !== undefined)
    throw new InputFileError({ file: `--set ${twice.path}` }, 'varies twice; expected one range for a field');
  return { axes, fixed };
}

/** Every combination, the last axis varying fastest. */
export function pointsOf(grid: SweepGrid): SweepPoint[] {
  let points: string[][] = [[]];
  for (const { values } of grid.axes) points = points.flatMap((point) => values.map((value) => [...point, value]));
  return points;
}

/** The `path=value` of a point, fixed ones first so that the point's own win. */
export function setsAt(grid: SweepGrid, point: SweepPoint): string[] {
  return [...grid.fixed, ...grid.axes.map(({ path }, i) => `${path}=${point[i]}`)];
}

const NUMBER = '[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?';
const RANGE = new RegExp(`^(${NUMBER})\\.\\.(${NUMBER})(?::(${NUMBER}))?$`);

/** The values of `a..b:step`, both ends included, without the noise that repeated addition would bring. */
function rangeOf(value: string, source: string): string[] | undefined {
  const match = RANGE.exec(value.trim());
  if (match === null) return undefined;
  const place = assignmentPlace(source);
  const [from, to, step] = [Number(match[1]), Number(match[2]), Number(match[3] ?? Number.NaN)] as const;
  if (!(step > 0))
    throw new InputFileError(place, 'the range has no step above 0; expected a..b:step such as 0..0.5:0.1');
  if (from > to) throw new InputFileError(place, 'the range runs backwards; expected a..b:step with a at most b');
  const steps = Math.floor((to - from) / step + 1e-9);
  if (steps >= MAX_POINTS)
    throw new InputFileError(place, `the range has ${steps + 1} values; expected at most ${MAX_POINTS}`);
  const digits = Math.min(15, Math.max(decimalsOf(match[1]!), decimalsOf(match[3]!)));
  return Array.from({ length: steps + 1 }, (_, i) => String(Number((from + i * step).toFixed(digits))));
}

function decimalsOf(number: string): number {
  const [mantissa, exponent] = number.toLowerCase().split('e');
  return Math.max(0, (mantissa!.split('.')[1] ?? '').length - Number(exponent ?? 0));
}

/** The entries of `[a, b, c]`, unless the list as it stands is a value that the field takes. */
function listOf(value: string, path: readonly string[]): string[] | undefined {
  if (!value.trim().startsWith('[')) return undefined;
  let entries: unknown;
  try {
    entries = parse(value, { prettyErrors: false });
  } catch {
    return undefined; // The scenario loader says what is wrong with it.
  }
  if (!Array.isArray(entries) || entries.length === 0) return undefined;
  if (isValueOf(path, entries)) return undefined;
  return entries.map((entry) => (typeof entry === 'string' && parsesAsText(entry) ? entry : JSON.stringify(entry)));
}

/** Whether a value is a list but for its brackets, such as `5,11`, and no value that the field takes. */
function isBareList(value: string, path: readonly string[]): boolean {
  if (!/^[^[\]{}"',]+(,[^[\]{}"',]+)+$/.test(value.trim())) return false;
  const isData = path[0] === 'jobs' && path[2] === 'data';
  return !isData && !isValueOf(path, value.trim());
}

/** Whether a value is one of the field as it stands: not several, even where it is a list, such as a satellite. */
function isValueOf(path: readonly string[], value: unknown): boolean {
  const schema = schemaAt(path, scenarioJsonSchema());
  if (schema === undefined) return false;
  const isAnything = schema.type === undefined && schema.anyOf === undefined && schema.oneOf === undefined;
  return !isAnything && z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value).success;
}

function parsesAsText(text: string): boolean {
  try {
    return parse(text, { prettyErrors: false }) === text;
  } catch {
    return false;
  }
}
