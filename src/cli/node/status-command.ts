/** `leodtn status`: how a running node is. */
import type { Command } from 'commander';
import type { NodeStatus } from '../../node/status.node.js';
import type { Io } from '../io.js';
import { STATUS_OK, type StatusCell } from '../status.js';
import { duration, plural } from '../style.js';
import { addNodeOptions, type NodeFlags, withNode } from './connection.js';

interface Flags extends NodeFlags {
  readonly json?: boolean;
}

/** Adds the command to the program. */
export function addStatusCommand(program: Command, io: Io, cell: StatusCell): void {
  const command = program
    .command('status')
    .description('say how a running node is: store, mailbox, contacts, counters');
  addNodeOptions(command)
    .option('--json', 'print all of it as JSON')
    .action(async (flags: Flags) => {
      const status = (await withNode(flags, (client) => client.call('status', {}))) as NodeStatus;
      io.out(flags.json === true ? `${JSON.stringify(status)}\n` : textOf(status));
      cell.status = STATUS_OK;
    });
}

function textOf(status: NodeStatus): string {
  const { store, mailbox, memory, datagrams, counters } = status;
  const upSeconds = Math.floor((Date.now() - status.startedUnixMs) / 1_000);
  const lines = [
    `node ${status.node} on ${status.address.address}:${status.address.port}, process ${status.pid}, up for ${duration(upSeconds)}`,
    `contacts open: ${status.openContacts}`,
    `store: ${plural(store.bundles, 'bundle')}, ${store.bytes} bytes${store.trouble === undefined ? '' : `; cannot be written: ${store.trouble}`}`,
    ...setAsideLines(store.setAside),
    `mailbox: ${plural(mailbox.files, 'file')}, ${mailbox.bytes} bytes${mailbox.isFull ? ', full' : ''}${mailbox.waiting === 0 ? '' : `, ${mailbox.waiting} waiting`}`,
    `memory: ${memory.bytes} bytes, at most ${memory.peakBytes}, ${memory.baselineBytes} at the start`,
    `datagrams dropped: ${datagrams.droppedIn} in, ${datagrams.droppedOut} out; of strangers: ${datagrams.strangers}`,
    ...Object.entries(counters).map(([name, count]) => `${name}: ${count}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** Nothing where nothing was: otherwise how many, and which. */
function setAsideLines({ count, words }: NodeStatus['store']['setAside']): string[] {
  if (count === 0) return [];
  const more = count > words.length ? [`  and ${count - words.length} more`] : [];
  const head = `store: ${plural(count, 'thing')} damaged or missing since the start, set aside and held here no more:`;
  return [head, ...words.map((each) => `  ${each}`), ...more];
}
