/** `leodtn node`, and the commands that talk to a node that runs: `send`, `receive`, `ledger` and `status`. */
import type { Command } from 'commander';
import type { Io } from '../io.js';
import type { StatusCell } from '../status.js';
import { addLedgerCommand } from './ledger-command.js';
import { addNodeCommand } from './node-command.js';
import { addReceiveCommand } from './receive-command.js';
import { addSendCommand } from './send-command.js';
import { addStatusCommand } from './status-command.js';

/** Adds the commands to the program. */
export function addNodeCommands(program: Command, io: Io, cell: StatusCell): void {
  addNodeCommand(program, io, cell);
  addSendCommand(program, io, cell);
  addReceiveCommand(program, io, cell);
  addLedgerCommand(program, io, cell);
  addStatusCommand(program, io, cell);
}
