/** `leodtn receive`: what lies in the mailbox of a running node. */
import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import type { ControlClient } from '../../node/control-client.node.js';
import type { MailboxEntry } from '../../node/mailbox.node.js';
import type { Io } from '../io.js';
import { STATUS_FAILED, STATUS_OK, type StatusCell } from '../status.js';
import { addNodeOptions, type NodeFlags, withNode } from './connection.js';

interface Flags extends NodeFlags {
  readonly next?: boolean;
  readonly take?: boolean;
  readonly wait?: boolean;
  readonly json?: boolean;
}

/** Adds the command to the program. */
export function addReceiveCommand(program: Command, io: Io, cell: StatusCell): void {
  const command = program
    .command('receive')
    .description('list what came for applications of a running node, print it, and take it out of the mailbox')
    .argument('[name]', 'what to print, as listed; without it the mailbox is listed');
  addNodeOptions(command)
    .option('--next', 'print the one that came first')
    .option('--wait', 'wait until something is there')
    .option('--take', 'take what is printed out of the mailbox')
    .option('--json', 'list as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn receive --config node.yaml
        NAME, bytes and time of arrival of all that is there
  $ leodtn receive --config node.yaml 2/7.1-852076800000-12 > picture.jpg
  $ leodtn receive --config node.yaml --next --wait --take
        print the next one, wait for it if need be, and take it out

An application may as well read the files of the mailbox folder itself; it takes them out with this command, since the node may not
have let go of a bundle yet whose file is there.

Exit status: 0 printed, 1 nothing is there, 2 cannot be done as asked.
`,
    )
    .action(async (name: string | undefined, flags: Flags) => {
      cell.status = await withNode(flags, (client) => receive(client, name, flags, io));
    });
}

async function receive(client: ControlClient, name: string | undefined, flags: Flags, io: Io): Promise<number> {
  let entries = await entriesOf(client);
  while (flags.wait === true && !entries.some((entry) => name === undefined || entry.name === name)) {
    await client.call('mailbox-wait', {});
    entries = await entriesOf(client);
  }
  if (name === undefined && flags.next !== true) {
    io.out(flags.json === true ? `${JSON.stringify(entries)}\n` : entries.map(lineOf).join(''));
    return STATUS_OK;
  }
  const entry = name === undefined ? entries[0] : entries.find((each) => each.name === name);
  if (entry === undefined) {
    io.err(`leodtn: ${name === undefined ? 'the mailbox is empty' : `the mailbox has no ${name}`}\n`);
    return STATUS_FAILED;
  }
  for await (const piece of createReadStream(entry.file)) {
    io.out(piece as Uint8Array);
    if (!(await io.outReady())) return STATUS_FAILED;
  }
  if (flags.take === true) await client.call('mailbox-take', { name: entry.name });
  return STATUS_OK;
}

/** What is there, the first to come first. */
async function entriesOf(client: ControlClient): Promise<MailboxEntry[]> {
  const entries = (await client.call('mailbox', {})) as MailboxEntry[];
  return entries.sort((a, b) => a.arrivedUnixMs - b.arrivedUnixMs || (a.name < b.name ? -1 : 1));
}

function lineOf({ name, bytes, arrivedUnixMs }: MailboxEntry): string {
  return `${name}  ${bytes} bytes  ${new Date(arrivedUnixMs).toISOString()}\n`;
}
