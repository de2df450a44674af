/** Reads a scenario from a YAML file: overrides, checks, and the places of errors and of the files that it names. */
import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parse, parseDocument } from 'yaml';
import { type FilePosition, InputFileError, messageOf } from '../base/errors.js';
import { emptyRecord, type JsonValue } from '../base/json.js';
import type { Scenario, ScenarioFault } from './scenario.js';
import { type FieldPath, ScenarioProblem } from './scenario-problem.js';
import { parseScenario } from './scenario-resolve.js';
import { type Assignment, assignmentPlace, parseAssignment, setPath } from './set-path.js';

/** What a command line changes in a scenario file. */
export interface LoadOptions {
  /** `path=value` each, the value as YAML; later ones win. */
  readonly set?: readonly string[];
  /** Goes before the seed of the file and of `set`. */
  readonly seed?: number | undefined;
}

/** A scenario with the way back to where its fields were written. */
export interface LoadedScenario {
  readonly scenario: Scenario;
  /** Where a field was given: a line of the file, or the `--set` that overrode it. */
  place(path: FieldPath): FilePosition;
}

/** The scenario in `file`. Throws an {@link InputFileError} that names file, line, field and what was expected. */
export async function loadScenario(file: string, options: LoadOptions = {}): Promise<Scenario> {
  return (await loadScenarioWithPlaces(file, options)).scenario;
}

/** The same, with the places of its fields for errors that show only later. */
export async function loadScenarioWithPlaces(file: string, options: LoadOptions = {}): Promise<LoadedScenario> {
  const source = new ScenarioSource(file, await readText(file));
  for (const set of options.set ?? []) source.override(parseAssignment(set));
  if (options.seed !== undefined) source.override(parseAssignment(`seed=${options.seed}`));
  const place = (path: FieldPath) => source.place(path);
  try {
    const scenario = parseScenario(source.value, basename(file).replace(/\.ya?ml$/i, ''));
    return { scenario: await findFiles(scenario, dirname(resolve(file))), place };
  } catch (error) {
    if (error instanceof ScenarioProblem) throw new InputFileError(place(error.path), error.problem);
    throw error;
  }
}

/** A YAML document, what `--set` made of it, and where each field came from. */
class ScenarioSource {
  value: unknown;
  readonly #root: Node | null;
  readonly #lines = new LineCounter();
  readonly #resolveAlias: (node: Node) => Node | undefined;
  readonly #overrides: Override[] = [];

  constructor(
    readonly file: string,
    text: string,
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
      throw new InputFileError({ file, line: 1 }, 'expected a mapping of fields such as name, constellation and jobs');
    }
  }

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
    const { plan } = this.value as { plan?: unknown };
    // A bare file name is short for a mapping, so that plan.satellitesPerPlane can be set beside it.
    const root =
      typeof plan === 'string' && assignment.path.length > 1
        ? { ...(this.value as object), plan: { filename: plan } }
        : this.value;
    this.value = setPath(root, assignment, value);
    this.#overrides.push({ ...assignment, parsed: value });
  }

  place(path: FieldPath): FilePosition {
    const field = path.join('.');
    const { offset, depth } = this.#find(path);
    const override = path.length === 0 ? undefined : this.#overrideOf(path, depth);
    if (override !== undefined) return assignmentPlace(override.source, field);
    if (offset === undefined) return { file: this.file, line: 1, field };
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line, column: col, field };
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

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new InputFileError({ file }, fileProblem(error, 'expected a scenario in YAML'));
  }
}

/** Makes the names of the plan and the key set absolute, finds the jobs' input files, and checks that they are there. */
async function findFiles(scenario: Scenario, base: string): Promise<Scenario> {
  const { plan } = scenario;
  const found =
    plan === undefined
      ? undefined
      : { ...plan, filename: await findFile(plan.filename, base, ['plan', 'filename'], 'a contact plan') };
  const files = emptyRecord<string>();
  for (const [i, job] of scenario.jobs.entries()) {
    const name = filenameOf(job.data);
    if (name !== undefined) files[name] = await findFile(name, base, ['jobs', i, 'data', 'filename'], 'an input file');
  }
  const security = scenario.security && {
    ...scenario.security,
    keys: await findFile(scenario.security.keys, base, ['security', 'keys'], 'a JSON Web Key Set'),
  };
  const faults: ScenarioFault[] = [];
  for (const [i, fault] of scenario.faults.entries()) {
    if (fault.kind !== 'plan-update') faults.push(fault);
    else faults.push({ ...fault, plan: await findFile(fault.plan, base, ['faults', i, 'plan'], 'a contact plan') });
  }
  return { ...scenario, plan: found, security, faults, files };
}

function filenameOf(data: JsonValue): string | undefined {
  if (data === null || typeof data !== 'object' || Array.isArray(data)) return undefined;
  return typeof data['filename'] === 'string' ? data['filename'] : undefined;
}

async function findFile(name: string, base: string, path: FieldPath, what: string): Promise<string> {
  const absolute = name.startsWith('package:')
    ? await findInPackage(name, path)
    : isAbsolute(name)
      ? name
      : resolve(base, name);
  const found = absolute === name ? `'${name}'` : `'${name}' (${absolute})`;
  try {
    if (!(await stat(absolute)).isFile())
      throw new ScenarioProblem(path, `found ${found}, which is not a file; expected ${what}`);
    await access(absolute, constants.R_OK);
  } catch (error) {
    if (error instanceof ScenarioProblem) throw error;
    throw new ScenarioProblem(path, `found ${found}: ${fileProblem(error, `expected ${what}`)}`);
  }
  return absolute;
}

/** `package:@scope/name/path` or `package:name/path`, in the packages that leodtn or the current folder can import. */
async function findInPackage(name: string, path: FieldPath): Promise<string> {
  const match = /^package:((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(name);
  const inside = match?.[2];
  if (match === null || inside === undefined || inside.split(/[/\\]/).includes('..')) {
    throw new ScenarioProblem(path, `found '${name}'; expected package:NAME/path with a path inside the package`);
  }
  const folders = [import.meta.url, join(process.cwd(), 'x.js')].flatMap(
    (from) => createRequire(from).resolve.paths(`${match[1]}/x`) ?? [],
  );
  let installed = false;
  for (const folder of folders) {
    const root = join(folder, ...match[1]!.split('/'));
    if (!(await exists(root))) continue;
    installed = true;
    const file = join(root, inside.split('/').join(sep));
    if (await exists(file)) return file;
  }
  const expected = installed
    ? `a file of the package ${match[1]}`
    : `an installed package; npm install ${match[1]} may help`;
  throw new ScenarioProblem(path, `found '${name}', which does not exist; expected ${expected}`);
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Why a file cannot be read, in words, and what was expected instead. */
export function fileProblem(error: unknown, expected: string): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `no such file; ${expected}`;
    case 'EISDIR':
      return `a folder; ${expected}`;
    case 'EACCES':
      return `no permission to read it; ${expected}`;
    default:
      return `${oneLine(messageOf(error))}; ${expected}`;
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
