/** Where the plan commands read from: a file or standard input, compressed by gzip or not, in any format that a plan has. */
import { type Command, Option } from 'commander';
import { PLAN_FORMATS, type PlanFormat, type PlanNote, type ReadPlan, readPlan } from '../../plans/index.js';
import { MAX_PLAN_BYTES, planTextOf } from '../../plans/plan-bytes.node.js';
import { readSource } from '../input-source.js';
import type { Io } from '../io.js';
import { count, printable } from '../style.js';

/** Notes of one kind that standard error tells one by one; the others are counted. */
const TOLD_NOTES = 10;

/** Options of every command that reads plans. */
export interface PlanInputFlags {
  readonly format?: PlanFormat;
  readonly skipBad?: boolean;
  readonly rateUnit?: 'bits' | 'bytes';
}

/** A plan with the name of the file that it came from. */
export interface NamedPlan extends ReadPlan {
  readonly name: string;
}

/** How a note stands in JSON: what is not known is left out. */
export interface NoteJson {
  readonly file: string;
  readonly kind: PlanNote['kind'];
  readonly line?: number;
  readonly field?: string;
  readonly message: string;
}

/** Adds the options that say how plans are read. */
export function addPlanInputOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--format <name>', 'the format of the input; found by its content where it is not given').choices(
        PLAN_FORMATS.map(({ format }) => format),
      ),
    )
    .option('--skip-bad', 'leave out bad lines and contacts, and name them, instead of refusing the file')
    .addOption(
      new Option('--rate-unit <unit>', "what the input's rates mean, where that is not its format's unit").choices([
        'bits',
        'bytes',
      ]),
    );
}

/** What every help says of formats. */
export function formatsHelp(): string {
  const lines = PLAN_FORMATS.map(({ format, title, units }) => `  ${format.padEnd(7)} ${title}: ${units}`);
  return `Formats:\n${lines.join('\n')}`;
}

/**
 * Reads a plan and tells standard error of what was not taken as it stands. Throws a UsageError for a file that cannot be read or that
 * is none, an InputFileError with file, line and field for one that is wrong.
 */
export async function readPlanInput(file: string | undefined, flags: PlanInputFlags, io: Io): Promise<NamedPlan> {
  const input = await readSource(file, MAX_PLAN_BYTES, io, 'a contact plan');
  const text = await planTextOf(input.bytes, input.name);
  const { format, skipBad, rateUnit } = flags;
  const plan = readPlan(text, input.name, { format, skipBad, rateUnit });
  tellNotes(input.name, plan.notes, io);
  return { ...plan, name: input.name };
}

/** The notes of a plan for JSON, all of them. */
export function notesJson({ name, notes }: NamedPlan): NoteJson[] {
  return notes.map(({ kind, line, field, message }) => ({
    file: name,
    kind,
    ...(line === undefined ? {} : { line }),
    ...(field === undefined ? {} : { field }),
    message,
  }));
}

/** Whether a note is on the whole file, such as how many contacts were left out, and not on a place in it. */
export function isOnFile({ line, field }: PlanNote): boolean {
  return line === undefined && field === undefined;
}

/** Tells standard error of notes: the first ones of each kind by their place, and those on the whole file. */
function tellNotes(name: string, notes: readonly PlanNote[], io: Io): void {
  for (const kind of new Set(notes.map((note) => note.kind))) {
    const ofKind = notes.filter((note) => note.kind === kind && !isOnFile(note));
    for (const { line, field, message } of ofKind.slice(0, TOLD_NOTES)) {
      const place = [line === undefined ? name : `${name}:${line}`, ...(field === undefined ? [] : [field])].join(': ');
      io.err(`leodtn: ${place}: ${kind}: ${printable(message)}\n`);
    }
    const rest = ofKind.length - TOLD_NOTES;
    if (rest > 0) io.err(`leodtn: ${name}: ${kind}: ${count(rest)} more like these\n`);
  }
  for (const { kind, message } of notes.filter(isOnFile)) {
    io.err(`leodtn: ${name}: ${kind}: ${printable(message)}\n`);
  }
}
