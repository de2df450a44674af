/** `leodtn plan merge`: several plans as one. */
import type { Command } from 'commander';
import type { PlanFormat } from '../../plans/index.js';
import type { Io } from '../io.js';
import type { StatusCell } from '../status.js';
import { addPlanOutputOptions, toOption } from './convert-command.js';
import { addPlanInputOptions } from './input.js';
import { type MergeFlags, readMerged } from './merged.js';
import { checkPlanOutput, type PlanOutputFlags, writePlanOutput } from './output.js';

/** Adds the command to the group. */
export function addMergeCommand(group: Command, io: Io, cell: StatusCell): void {
  const command = group
    .command('merge')
    .description('put contact plans together')
    .argument('<files...>', 'plan files, gzipped or not; - is standard input')
    .addOption(toOption().makeOptionMandatory(false))
    .option('--epoch <date>', 'the date of time 0 of those plans that do not give it');
  addPlanInputOptions(addPlanOutputOptions(command))
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn plan merge scenarios/plans/moon.json extra.json --out both.json
  $ leodtn plan merge scenarios/plans/moon.json today.ionrc --epoch 2026-06-15T00:00:00Z --to leodtn --out both.json

The merged plan is in the format of the first one, or in that of --to. Where plans begin at different dates it begins at the earliest,
and times move with it; plans with a date and without one cannot be put together, unless --epoch gives it. Nodes of one name are one
node, and so are those of one number where not both have a name. Of two nodes with one number and different names the later one gets a free number, which is told. Contacts that are equal stay
once.

Exit status: 0 written, 2 a wrong command or file, or a loss that was not allowed; then nothing is written.
`,
    )
    .action(async (files: string[], flags: MergeFlags & PlanOutputFlags & { to?: PlanFormat }) => {
      checkPlanOutput(flags, files);
      const { document, plans } = await readMerged(files, flags, io);
      cell.status = await writePlanOutput(document, flags.to ?? plans[0]!.format, plans, flags, io);
    });
}
