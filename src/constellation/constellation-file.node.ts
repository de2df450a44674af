/** Reads a constellation from a YAML file, with the files of elements that it names. */
import { basename } from 'node:path';
import { readDocument } from '../documents/files.node.js';
import { parseAssignment } from '../documents/set-path.js';
import { YamlSource } from '../documents/yaml-source.js';
import type { Constellation } from './constellation.js';
import { parseConstellationForm, resolveConstellation } from './resolve.js';

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
  return source.read((value) => resolveConstellation(parseConstellationForm(value), undefined, name));
}
