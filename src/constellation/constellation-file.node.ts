/** Reads a constellation from a YAML file, with the files of elements that it names. */
import { basename, dirname, resolve } from 'node:path';
import { parseIsoTime } from '../base/calendar.js';
import { findFile, readDocument } from '../documents/files.node.js';
import { FieldProblem, inWords } from '../documents/problem.js';
import { parseAssignment } from '../documents/set-path.js';
import { YamlSource } from '../documents/yaml-source.js';
import { latestElements, type MeanElements, readOmm, readTle } from '../orbit/index.js';
import type { Constellation } from './constellation.js';
import { sourcesOf } from './elements.js';
import type { ConstellationForm } from './form.js';
import { type ConstellationSources, parseConstellationForm, resolveConstellation } from './resolve.js';

/** What a command line changes in a constellation file. */
export interface LoadConstellationOptions {
  /** `path=value` each, the value as YAML; later ones win. */
  readonly set?: readonly string[];
  /** Goes before the seed of the file and of `set`. */
  readonly seed?: number | undefined;
  /** Goes before the horizon of the file and of `set`. */
  readonly horizonSeconds?: number | undefined;
}

/** The constellation in `file`. Throws an {@link InputFileError} that names file, line, field and what was expected. */
export async function loadConstellation(file: string, options: LoadConstellationOptions = {}): Promise<Constellation> {
  const text = await readDocument(file, 'a constellation in YAML');
  const source = new YamlSource(file, text, { expected: 'a mapping of fields such as shells and stations' });
  for (const set of options.set ?? []) source.override(parseAssignment(set));
  if (options.seed !== undefined) source.override(parseAssignment(`seed=${options.seed}`));
  if (options.horizonSeconds !== undefined)
    source.override(parseAssignment(`horizonSeconds=${options.horizonSeconds}`));
  const name = basename(file).replace(/\.ya?ml$/i, '');
  const form = source.read(parseConstellationForm);
  try {
    return resolveConstellation(form, await readSources(form, dirname(resolve(file))), name);
  } catch (thrown) {
    throw source.placed(thrown);
  }
}

/** The satellites of the files of elements that a constellation names. */
async function readSources(form: ConstellationForm, base: string): Promise<ConstellationSources> {
  const groups: MeanElements[][] = [];
  for (const [i, { tle, omm }] of form.satellites.entries()) {
    const field = tle === undefined ? 'omm' : 'tle';
    const path = ['satellites', i, field];
    const name = tle ?? omm;
    if (name === undefined || (tle !== undefined && omm !== undefined)) {
      const place = name === undefined ? ['satellites', i] : path;
      const found = name === undefined ? 'neither tle nor omm' : 'both tle and omm';
      throw new FieldProblem(place, `found ${found}; expected one of them, a file of elements`);
    }
    const found = await findFile(name, base, path, 'a file of elements');
    const read = tle === undefined ? readOmm : readTle;
    groups.push(latestElements(read(await readDocument(found, 'a file of elements'), found)));
  }
  return sourcesOf(groups, epochOf(form));
}

function epochOf({ epoch }: ConstellationForm): number | undefined {
  if (epoch === undefined) return undefined;
  const unixUs = parseIsoTime(epoch);
  if (unixUs !== undefined) return unixUs;
  throw new FieldProblem(['epoch'], `found ${inWords(epoch)}; expected a time such as 2026-06-15T00:00:00Z`);
}
