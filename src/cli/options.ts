/** Options that more than one command has, and how their values are read. */
import { type Command, InvalidArgumentError } from 'commander';
import { pino } from 'pino';
import { UsageError } from '../base/errors.js';
import type { RunLog } from '../simulator/run.node.js';
import type { Io } from './io.js';

/** What `--log` takes. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Adds a repeatable `--set path=value`; what it collects is undefined where it is not given. */
export function addSetOption(command: Command, description: string): Command {
  const collect = (value: string, before: string[] | undefined) => [...(before ?? []), value];
  return command.option('--set <path=value>', description, collect);
}

/** Reads a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(
      `Expected a whole number${least > Number.MIN_SAFE_INTEGER ? ` of at least ${least}` : ''}.`,
    );
  };
}

/** Reads a log level. */
export function logLevel(text: string): string {
  if ((LOG_LEVELS as readonly string[]).includes(text)) return text;
  throw new InvalidArgumentError(`Expected one of ${LOG_LEVELS.join(', ')}.`);
}

/** Structured logs, one JSON object a line, on standard error. */
export function makeLog(level: string, io: Io): RunLog {
  return pino({ name: 'leodtn', level }, { write: (line: string) => io.err(line) });
}

/** Values after the first one of a `--set` end up among the arguments: takes them out, and leaves exactly one argument. */
export function splitArguments(
  given: readonly string[],
  what: string,
): { readonly file: string; readonly extraSets: string[] } {
  const looksSet = (text: string) => /^[A-Za-z_][\w.[\]]*=/.test(text);
  const files = given.filter((text) => !looksSet(text));
  if (files.length !== 1) {
    const found = files.length === 0 ? 'none' : files.join(' ');
    throw new UsageError('arguments', `expected one ${what}, found ${found}`);
  }
  return { file: files[0]!, extraSets: given.filter(looksSet) };
}
