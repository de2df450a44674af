/** `leodtn plan convert`: a plan in another format, with all that this format cannot hold. */
import { type Command, Option } from 'commander';
import { PLAN_FORMATS, type PlanFormat } from '../../plans/index.js';
import type { Io } from '../io.js';
import type { StatusCell } from '../status.js';
import { addPlanInputOptions, formatsHelp } from './input.js';
import { type MergeFlags, readMerged } from './merged.js';
import { checkPlanOutput, type PlanOutputFlags, writePlanOutput } from './output.js';

interface ConvertFlags extends MergeFlags, PlanOutputFlags {
  readonly to: PlanFormat;
}

/** Adds the command to the group. */
export function addConvertCommand(group: Command, io: Io, cell: StatusCell): void {
  const command = group
    .command('convert')
    .description('write a contact plan in another format, and say what that format cannot hold')
    .argument('[files...]', 'plan files, gzipped or not; several become one plan; standard input without one, or for -')
    .addOption(toOption())
    .option('--epoch <date>', 'the date of time 0 of those plans that do not give it');
  addPlanInputOptions(addPlanOutputOptions(command))
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn plan convert scenarios/plans/relay.ionrc --to hdtn
  $ leodtn plan convert scenarios/plans/moon.json --to ion
        names and the like are lost and told of on standard error; what changes when or how much can be sent is refused
  $ leodtn plan convert scenarios/plans/moon.json --to ion --allow-loss --out moon.ionrc
        ... or, where that is allowed, written as near as the format can say it
  $ leodtn plan convert plan.json.gz --skip-bad --to leodtn --json | jq .losses

${formatsHelp()}

Bits and bytes are converted; --rate-unit says what the numbers of the input mean where that is not the unit of its format. A file
that the command reads is not written over.

Exit status: 0 written, 2 a wrong command or file, or a loss that was not allowed; then nothing is written.
`,
    )
    .action(async (files: string[], flags: ConvertFlags) => {
      checkPlanOutput(flags, files);
      const { document, plans } = await readMerged(files, flags, io);
      cell.status = await writePlanOutput(document, flags.to, plans, flags, io);
    });
}

/** `--to`, the format that is written. */
export function toOption(): Option {
  const formats = PLAN_FORMATS.map(({ format }) => format);
  return new Option('--to <format>', 'the format to write').choices(formats).makeOptionMandatory();
}

/** The options of every command that writes a plan. */
export function addPlanOutputOptions(command: Command): Command {
  return command
    .option('-o, --out <file>', 'write the plan there and not to standard output')
    .option('--allow-loss', 'write what is nearest to what the format cannot hold, instead of refusing')
    .option('--json', 'print one JSON object with losses and notes, and with the plan as text where no file is named');
}
