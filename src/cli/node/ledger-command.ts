/** `leodtn ledger`: what a node holds in custody. */
import type { Command } from 'commander';
import { DEFAULT_LEDGER_ENTRIES } from '../../node/control-calls.js';
import type { Io } from '../io.js';
import { wholeNumber } from '../options.js';
import { STATUS_OK, type StatusCell } from '../status.js';
import { addNodeOptions, type NodeFlags, withNode } from './connection.js';

interface Flags extends NodeFlags {
  readonly limit: number;
  readonly json?: boolean;
}

/** Adds the command to the program. */
export function addLedgerCommand(program: Command, io: Io, cell: StatusCell): void {
  const command = program
    .command('ledger')
    .description('say what a node holds in custody, for whom, and what it waits for');
  addNodeOptions(command)
    .option('--limit <n>', 'at most that many entries', wholeNumber(1), DEFAULT_LEDGER_ENTRIES)
    .option('--json', 'print JSON')
    .action(async (flags: Flags) => {
      const entries = await withNode(flags, (client) => client.call('ledger', { limit: flags.limit }));
      io.out(`${JSON.stringify(entries)}\n`);
      cell.status = STATUS_OK;
    });
}
