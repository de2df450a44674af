/**
 * Misuse against remote fault: a caller that misuses an API gets a {@link UsageError}; what a peer or a link does wrong is an
 * outcome and a counter, never an exception; a broken invariant of our own asserts.
 */

/** The caller asked for something that cannot be done as asked. `code` is stable, the message says what to do instead. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';

  constructor(
    /** A stable, kebab-case name of the rule that was broken. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** A place in a user's file, for an error message. */
export interface FilePosition {
  readonly file: string;
  /** 1-based; undefined where the fault is not on one line. */
  readonly line?: number | undefined;
  /** 1-based. */
  readonly column?: number | undefined;
  /** The field's path, such as `jobs.0.collectors`. */
  readonly field?: string | undefined;
}

/** A user's file breaks a rule: says where, what was found and what was expected, in one line. */
export class InputFileError extends UsageError {
  override readonly name: string = 'InputFileError';

  constructor(
    readonly position: FilePosition,
    /** What is wrong and what was expected, without the position. */
    readonly problem: string,
  ) {
    super('input-file', `${formatPosition(position)}: ${problem}`);
  }
}

/** `file:line:column: field`, leaving out what is not known. */
export function formatPosition(position: FilePosition): string {
  let text = position.file;
  if (position.line !== undefined) text += `:${position.line}`;
  if (position.line !== undefined && position.column !== undefined) text += `:${position.column}`;
  if (position.field !== undefined && position.field !== '') text += `: ${position.field}`;
  return text;
}

/** Throws when an invariant of our own code is broken; never used on input from outside. */
export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${invariant}`);
}

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
