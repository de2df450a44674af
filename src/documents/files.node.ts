/** The files of a user's document: reading it, and finding those that it names, with words for what is wrong with them. */
import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve, sep } from 'node:path';
import { InputFileError, messageOf } from '../base/errors.js';
import { type FieldPath, FieldProblem } from './problem.js';

/** The text of a document. Throws an {@link InputFileError}; `expected` says what the file should be: `a scenario in YAML`. */
export async function readDocument(file: string, expected: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new InputFileError({ file }, fileProblem(error, `expected ${expected}`));
  }
}

/**
 * The absolute path of a file that the field at `path` names: absolute, beside `base`, or `package:NAME/path` in an installed
 * package. Throws a {@link FieldProblem} where it cannot be read; `what` says what it should be: `a contact plan`.
 */
export async function findFile(name: string, base: string, path: FieldPath, what: string): Promise<string> {
  const absolute = name.startsWith('package:')
    ? await findInPackage(name, path)
    : isAbsolute(name)
      ? name
      : resolve(base, name);
  const found = absolute === name ? `'${name}'` : `'${name}' (${absolute})`;
  try {
    if (!(await stat(absolute)).isFile())
      throw new FieldProblem(path, `found ${found}, which is not a file; expected ${what}`);
    await access(absolute, constants.R_OK);
  } catch (error) {
    if (error instanceof FieldProblem) throw error;
    throw new FieldProblem(path, `found ${found}: ${fileProblem(error, `expected ${what}`)}`);
  }
  return absolute;
}

/** `package:@scope/name/path` or `package:name/path`, in the packages that leodtn or the current folder can import. */
async function findInPackage(name: string, path: FieldPath): Promise<string> {
  const match = /^package:((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(name);
  const inside = match?.[2];
  if (match === null || inside === undefined || inside.split(/[/\\]/).includes('..')) {
    throw new FieldProblem(path, `found '${name}'; expected package:NAME/path with a path inside the package`);
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
  throw new FieldProblem(path, `found '${name}', which does not exist; expected ${expected}`);
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
