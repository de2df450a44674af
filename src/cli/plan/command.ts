/** `leodtn plan`: contact plans by hand. The commands of the group are in files of their own. */
import type { Command } from 'commander';
import type { Io } from '../io.js';
import type { StatusCell } from '../status.js';
import { addCheckCommand } from './check-command.js';
import { addConvertCommand } from './convert-command.js';
import { addCoverageCommand } from './coverage-command.js';
import { addMergeCommand } from './merge-command.js';
import { addShiftCommand } from './shift-command.js';
import { addShowCommand } from './show-command.js';

/** Adds the group to the program. */
export function addPlanCommand(program: Command, io: Io, cell: StatusCell): void {
  const group = program.command('plan').description('look at contact plans, and convert, merge and shift them');
  addShowCommand(group, io, cell);
  addCheckCommand(group, io, cell);
  addConvertCommand(group, io, cell);
  addMergeCommand(group, io, cell);
  addShiftCommand(group, io, cell);
  addCoverageCommand(group, io, cell);
}
