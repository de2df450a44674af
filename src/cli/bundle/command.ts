/** `leodtn bundle`: bundles by hand. The commands of the group are in files of their own. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../../base/errors.js';
import type { Io } from '../io.js';
import type { StatusCell } from '../status.js';
import { addDecodeCommand } from './decode-command.js';
import { addEncodeCommand } from './encode-command.js';
import { addEncryptCommands } from './encrypt-command.js';
import { addFragmentCommands } from './fragment-command.js';
import { addKeygenCommand } from './keygen-command.js';
import { addSignCommand } from './sign-command.js';
import { addVerifyCommand } from './verify-command.js';

/** Adds the group to the program. */
export function addBundleCommand(program: Command, io: Io, cell: StatusCell): void {
  const group = program.command('bundle').description('look at bundles, and make them by hand');
  group.hook('preAction', (_, command) => refuseOverwriting(command));
  addDecodeCommand(group, io, cell);
  addEncodeCommand(group, io, cell);
  addSignCommand(group, io, cell);
  addVerifyCommand(group, io, cell);
  addEncryptCommands(group, io, cell);
  addKeygenCommand(group, io, cell);
  addFragmentCommands(group, io, cell);
}

/** A capture is written beside what a command reads and makes, never over it. */
function refuseOverwriting(command: Command): void {
  const { pcap, out, keys } = command.opts<{ pcap?: string; out?: string; keys?: string }>();
  if (pcap === undefined) return;
  const others = [...command.args, out, keys].filter((name) => name !== undefined && name !== '-');
  if (!others.some((name) => resolve(name!) === resolve(pcap))) return;
  throw new UsageError(
    'pcap-over-other',
    `--pcap ${pcap}: names a file that the command reads or writes; expected another`,
  );
}
