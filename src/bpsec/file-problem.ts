/** What is wrong with a JSON file of a user's, in one line that names file and field, and never repeats a value: it may be a key. */
import type { z } from 'zod';
import { InputFileError, messageOf } from '../base/errors.js';

/** The value of a JSON text. Throws an InputFileError. */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    // The parser's words quote the text around the fault; only the place is of use.
    const place = /at position \d+|line \d+ column \d+/.exec(messageOf(thrown))?.[0];
    throw new InputFileError({ file }, `this is no JSON${place === undefined ? '' : ` (${place})`}`);
  }
}

/** What a schema makes of a value. Throws an InputFileError that names the first field that is not as it should be. */
export function parseForm<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, problem } = inWords(result.error.issues[0]);
  throw new InputFileError({ file, field: path.join('.') }, problem);
}

type Issue = z.core.$ZodIssue;

function inWords(issue: Issue): { path: PropertyKey[]; problem: string } {
  if (issue.code === 'unrecognized_keys') return { path: [...issue.path, issue.keys[0]], problem: 'unknown field' };
  // The branch that came furthest is the one that was meant.
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const branches = issue.errors.map((issues) => inWords(issues[0]));
    const deepest = branches.reduce((best, branch) => (branch.path.length > best.path.length ? branch : best));
    if (deepest.path.length > 0) return { path: [...issue.path, ...deepest.path], problem: deepest.problem };
  }
  return { path: [...issue.path], problem: issue.message };
}
