/** `leodtn bundle`: bundles by hand. The commands of the group are in files of their own. */
import type { Command } from 'commander';
import { addDecodeCommand } from './bundle-decode-command.js';
import { addEncodeCommand } from './bundle-encode-command.js';
import { addEncryptCommands } from './bundle-encrypt-command.js';
import { addFragmentCommands } from './bundle-fragment-command.js';
import { addKeygenCommand } from './bundle-keygen-command.js';
import { addSignCommand } from './bundle-sign-command.js';
import { addVerifyCommand } from './bundle-verify-command.js';
import type { Io } from './io.js';
import type { StatusCell } from './status.js';

/** Adds the group to the program. */
export function addBundleCommand(program: Command, io: Io, cell: StatusCell): void {
  const group = program.command('bundle').description('look at bundles, and make them by hand');
  addDecodeCommand(group, io, cell);
  addEncodeCommand(group, io, cell);
  addSignCommand(group, io, cell);
  addVerifyCommand(group, io, cell);
  addEncryptCommands(group, io, cell);
  addKeygenCommand(group, io, cell);
  addFragmentCommands(group, io, cell);
}
