/** Reads a scenario from a YAML file: overrides, checks, and the places of errors and of the files that it names. */
import { basename, dirname, resolve } from 'node:path';
import type { FilePosition } from '../base/errors.js';
import { emptyRecord, type JsonValue } from '../base/json.js';
import { findFile, readDocument } from '../documents/files.node.js';
import type { FieldPath } from '../documents/problem.js';
import { parseAssignment } from '../documents/set-path.js';
import { YamlSource } from '../documents/yaml-source.js';
import type { Scenario } from './scenario.js';
import type { ScenarioFault } from './scenario-faults.js';
import { parseScenario } from './scenario-resolve.js';

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
  const text = await readDocument(file, 'a scenario in YAML');
  const expected = 'a mapping of fields such as name, constellation and jobs';
  const source = new YamlSource(file, text, { expected, spellOut });
  for (const set of options.set ?? []) source.override(parseAssignment(set));
  if (options.seed !== undefined) source.override(parseAssignment(`seed=${options.seed}`));
  const scenario = source.read((value) => parseScenario(value, basename(file).replace(/\.ya?ml$/i, '')));
  try {
    return {
      scenario: await findFiles(scenario, dirname(resolve(file))),
      place: (path) => source.place(path),
    };
  } catch (error) {
    throw source.placed(error);
  }
}

/** A bare file name is short for a mapping, so that plan.satellitesPerPlane can be set beside it. */
function spellOut(root: { readonly [field: string]: unknown }, path: readonly string[]): unknown {
  const plan = root['plan'];
  return typeof plan === 'string' && path[0] !== undefined && path.length > 1
    ? { ...root, plan: { filename: plan } }
    : root;
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
