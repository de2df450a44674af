/**
 * A YAML document of a user's: its value, what `--set` made of it, and where each field came from, so that an error can name
 * the line, or the option, to mend. What the fields mean is not known here.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parse, parseDocument } from 'yaml';
import { type FilePosition, InputFileError, messageOf } from '../base/errors.js';
import { type FieldPath, FieldProblem } from './problem.js';
import { type Assignment, assignmentPlace, setPath } from './set-path.js';

/** What a source must know of the documents that it reads. */
export interface YamlSourceOptions {
  /** Of a document that is no mapping: `a mapping of fields such as name, constellation and jobs`. */
  readonly expected: string;
  /** Spells a shorthand out, before a field inside of it is overridden; hands back the whole document. */
  readonly spellOut?: (root: { readonly [field: string]: unknown }, path: readonly string[]) => unknown;
}

/** A document, its overrides and its places. */
export class YamlSource {
  /** The document with all overrides. */
  value: unknown;
  readonly #root: Node | null;
  readonly #lines = new LineCounter();
  readonly #resolveAlias: (node: Node) => Node | undefined;
  readonly #overrides: Override[] = [];

  /** Throws an {@link InputFileError} where the text is no YAML, or no mapping; nothing at all counts as an empty one. */
  constructor(
    readonly file: string,
    text: string,
    private readonly options: YamlSourceOptions,
  ) {
    const document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    const error = document.errors[0];
    if (error !== undefined) {
      const { line, col } = this.#lines.linePos(error.pos[0]);
      throw new InputFileError({ file, line, column: col }, `not YAML: ${oneLine(error.message)}`);
    }
    this.#root = document.contents;
    this.#resolveAlias = (node) => (isAlias(node) ? node.resolve(document) : node);
    try {
      this.value = document.toJS() ?? {};
    } catch (thrown) {
      throw new InputFileError({ file }, `not YAML: ${oneLine(messageOf(thrown))}`);
    }
    if (typeof this.value !== 'object' || Array.isArray(this.value)) {
      throw new InputFileError({ file, line: 1 }, `expected ${options.expected}`);
    }
  }

  /** Gives a field another value, which is YAML. Throws an {@link InputFileError} where it has no such place, or is no YAML. */
  override(assignment: Assignment): void {
    let value: unknown;
    try {
      value = parse(assignment.value, { prettyErrors: false });
    } catch (error) {
      throw new InputFileError(
        assignmentPlace(assignment.source),
        `the value is not YAML: ${oneLine(messageOf(error))}`,
      );
    }
    const before = this.value as { readonly [field: string]: unknown };
    this.value = setPath(this.options.spellOut?.(before, assignment.path) ?? before, assignment, value);
    this.#overrides.push({ ...assignment, parsed: value });
  }

  /** Where a field was given: a line of the file, or the `--set` that overrode it. */
  place(path: FieldPath): FilePosition {
    const field = path.join('.');
    const { offset, depth } = this.#find(path);
    const override = path.length === 0 ? undefined : this.#overrideOf(path, depth);
    if (override !== undefined) return assignmentPlace(override.source, field);
    if (offset === undefined) return { file: this.file, line: 1, field };
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line, column: col, field };
  }

  /** What `read` makes of the document; a {@link FieldProblem} becomes an {@link InputFileError} with the field's place. */
  read<T>(read: (value: unknown) => T): T {
    try {
      return read(this.value);
    } catch (error) {
      throw this.placed(error);
    }
  }

  /** A {@link FieldProblem} as an {@link InputFileError} with the field's place; anything else as it is. */
  placed(thrown: unknown): unknown {
    return thrown instanceof FieldProblem ? new InputFileError(this.place(thrown.path), thrown.problem) : thrown;
  }

  /** The last assignment that gave the field its value; where the field is missing, the last one that made the place where it is. */
  #overrideOf(path: FieldPath, depthInFile: number): Override | undefined {
    const shared = (set: readonly string[]) => {
      const steps = path.findIndex((step, i) => String(step) !== set[i]);
      return steps < 0 ? path.length : steps;
    };
    // Of the field, of what holds it, or of a part of it.
    const last = this.#overrides.reduce(
      (before, { path: set }, i) => (shared(set) === path.length || shared(set) === set.length ? i : before),
      -1,
    );
    const override = this.#overrides[last];
    const rest = override === undefined ? [] : path.slice(override.path.length);
    if (override !== undefined && hasField(override.parsed, rest)) return override;
    const depth = override === undefined ? depthInFile : -1;
    const makers = this.#overrides.slice(last + 1).filter(({ path: set }) => {
      const steps = shared(set);
      return depth < steps && steps === path.length - 1;
    });
    return makers.at(-1) ?? override;
  }

  /** Where the field begins, or the innermost mapping or list that should hold it, and how many steps of the path are there. */
  #find(path: FieldPath): { readonly offset: number | undefined; readonly depth: number } {
    let node: Node | null | undefined = this.#root;
    let offset = node?.range?.[0];
    for (const [depth, step] of path.entries()) {
      const inside: Node | undefined = node ? this.#resolveAlias(node) : undefined;
      if (isMap(inside)) {
        const pair = inside.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
        if (pair === undefined) return { offset, depth };
        offset = (pair.key as Node).range?.[0] ?? offset;
        node = pair.value as Node | null;
      } else if (isSeq(inside)) {
        node = inside.items[Number(step)] as Node | undefined;
        if (!node) return { offset, depth };
        offset = node.range?.[0] ?? offset;
      } else return { offset, depth };
    }
    return { offset, depth: path.length };
  }
}

/**
 * A copy without the fields that are null: `faults:` with nothing after it means no faults. What `isData` says is data is kept as it
 * is, since null is a value there.
 */
export function withoutNulls(value: unknown, isData: (path: FieldPath) => boolean, path: FieldPath = []): unknown {
  if (typeof value !== 'object' || value === null || isData(path)) return value;
  if (Array.isArray(value)) return value.map((item, i) => withoutNulls(item, isData, [...path, i]));
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (inner === null) continue;
    const kept = withoutNulls(inner, isData, [...path, key]);
    // Not an assignment, which would make a field named __proto__ vanish unreported.
    Object.defineProperty(copy, key, { value: kept, enumerable: true, configurable: true, writable: true });
  }
  return copy;
}

/** An assignment with its value as YAML has it. */
interface Override extends Assignment {
  readonly parsed: unknown;
}

function hasField(value: unknown, path: FieldPath): boolean {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return false;
    at = (at as Record<string | number, unknown>)[step];
  }
  return true;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
